"""What the API answers about itself."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from lianyi.channels.views import Problem, Request, View


class SignIn(Request):
    """Sign in with name and password, and a code where one is asked; or with the first token."""

    token: str | None = Field(default=None, max_length=200, repr=False)
    name: str = Field(default="", max_length=100)
    password: str = Field(default="", max_length=1024, repr=False)
    code: str = Field(default="", max_length=40, repr=False)
    provider: str = Field(default="", max_length=40)


class Printed(Request):
    """Which page of the console goes to a printer: its address, without the host."""

    page: str = Field(min_length=1, max_length=200, pattern=r"^/")


class Me(View):
    """Who the caller is, and what he may do where; ``*`` is everywhere.

    Attributes:
        purpose: for which he looks at data of patients when he says nothing.
        purposes: for which he may say he does, in ``X-Purpose``; ``purpose`` is the first.
    """

    name: str
    display_name: str
    organisation: str
    roles: list[str]
    permissions: dict[str, list[str]]
    purpose: str
    purposes: list[str]
    factors: list[str]
    must_change: bool
    needs_factor: bool


class ProviderView(View):
    """A way to sign in through the hospital's own directory.

    ``redirect``: send the browser to ``/session/{name}/begin``. ``password``: send name and
    password to ``/session`` with ``provider``.
    """

    name: str
    title_zh: str
    title_en: str
    kind: Literal["redirect", "password"]


class Session(View):
    """Where the caller is, and who.

    ``first_token``: the token of the first start still opens the console. ``administered``: there
    is a security administrator. ``providers``: the ways to sign in besides our own passwords.
    ``logout_url``: after signing out, where to send the browser to sign out over there, too.
    """

    site_name: str
    timezone: str
    version: str
    signed_in: bool
    first_token: bool
    administered: bool
    account: Me | None
    providers: list[ProviderView]
    logout_url: str | None = None


class CertificateView(View):
    """A certificate of the installation; ``days_left`` is null when its end is not known."""

    used_by: str
    place: str
    subject: str
    issuer: str
    fingerprint: str
    until: datetime | None
    days_left: int | None
    problems: list[Problem]


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
