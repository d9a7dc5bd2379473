"""What the API gives about acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast

from lianyi.base.errors import LianyiError
from lianyi.security.audit.model import Act, Called
from lianyi.security.audit.reading import operation_of
from lianyi.security.views import View

Result = Literal["allowed", "refused", "failed"]


class ActView(View):
    """One act: who did what with whose data, when, from where, for what purpose.

    The acts keep account and code; what these are called is looked up now.
    """

    position: str
    at: datetime
    kind: str
    operation: str
    actor: str
    actor_name: str
    account: str
    address: str
    purpose: str
    result: Result
    channel: str | None
    organisation: str
    organisation_zh: str
    organisation_en: str
    patients: list[str]
    about: str | None
    facts: dict[str, Any]


class ActPage(View):
    """Acts, the newest first."""

    items: list[ActView]
    next_cursor: str | None


class AuditProblem(View):
    """What is wrong with an act: in which words, in both languages."""

    code: str
    where: str
    zh: str
    en: str


class AuditProof(View):
    """Whether the newest acts are what was written."""

    ok: bool
    number_from: int
    number_to: int
    acts: int
    first_broken: int | None
    problem: AuditProblem | None


class AuditKey(View):
    """The public key of this installation's exports."""

    algorithm: Literal["Ed25519"] = "Ed25519"
    public_key: str


def view_of(one: Act, called: Called) -> ActView:
    """Return an act as the API shows it."""
    zh, en = called.organisations.get(one.organisation, ("", ""))
    return ActView(
        position=str(one.position),
        at=one.at,
        kind=one.kind,
        operation=operation_of(one),
        actor=one.actor,
        actor_name=called.accounts.get(one.actor, ""),
        account=one.account,
        address=one.address,
        purpose=one.purpose,
        result=cast(Result, one.result),
        channel=one.channel,
        organisation=one.organisation,
        organisation_zh=zh,
        organisation_en=en,
        patients=list(one.patients),
        about=str(one.about) if one.about else None,
        facts=dict(one.facts),
    )


def problem_of(failure: LianyiError | None) -> AuditProblem | None:
    """Return what is wrong, in words; None for nothing."""
    if failure is None:
        return None
    return AuditProblem(
        code=failure.code, where=failure.where, zh=failure.text("zh"), en=failure.text("en")
    )
