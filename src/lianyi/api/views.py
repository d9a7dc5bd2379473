"""What the API answers about itself."""

from __future__ import annotations

from pydantic import Field

from lianyi.channels.views import Problem, Request, View


class SignIn(Request):
    """Sign in with the token that the first start printed."""

    token: str = Field(min_length=1, max_length=200)


class Session(View):
    """Where the caller is, and whether it is signed in."""

    site_name: str
    timezone: str
    version: str
    signed_in: bool


class Explanation(View):
    """The paragraph about an error code, in both languages, as Markdown."""

    code: str
    zh_title: str
    zh_text: str
    en_title: str
    en_text: str


class Liveness(View):
    """The process answers."""

    live: bool


class CheckFinding(View):
    """What one check found, in a few words; a failure also in both languages."""

    ok: bool
    detail: str
    problem: Problem | None = None


class Readiness(View):
    """Whether everything that is needed is there, and each part of it."""

    ready: bool
    checks: dict[str, CheckFinding]
