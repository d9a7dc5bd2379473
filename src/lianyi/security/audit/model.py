"""The words of the audit trail: what is asked, and an act as people read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianyi.messagelog.message import Position


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; empty and None mean anything.

    Attributes:
        account: name of whoever acted.
        patient: whose data were seen or changed: a value, or ``value^authority``.
        kind: ``access.get_message``, ``account.created``; ``*`` stands for anything.
        result: one of :data:`~lianyi.security.acts.RESULTS`.
        purpose: code of :class:`~lianyi.security.model.Purpose`.
        channel: name of the channel whose messages it was about.
        organisation: code of whoever those messages belong to.
        address: the network address that was acted from.
        since: then or later.
        until: before.
    """

    account: str = ""
    patient: str = ""
    kind: str = ""
    result: str = ""
    purpose: str = ""
    channel: str = ""
    organisation: str = ""
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def said(self) -> dict[str, str]:
        """Return what was asked, without what was not."""
        facts = {
            "account": self.account,
            "patient": self.patient,
            "kind": self.kind,
            "result": self.result,
            "purpose": self.purpose,
            "channel": self.channel,
            "organisation": self.organisation,
            "address": self.address,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
        }
        return {name: value for name, value in facts.items() if value}


Names = Mapping[str, tuple[str, str]]
"""By code of an organisation its Chinese and English name."""
Resolver = Callable[[Collection[str]], Awaitable[Names]]
"""Gives what codes of organisations mean today; what nobody knows is missing."""


@dataclass(frozen=True, slots=True)
class Called:
    """What acts name by code, as it is called today.

    Attributes:
        accounts: what people call an account, by its name.
        organisations: names by code.
    """

    accounts: Mapping[str, str]
    organisations: Names


@dataclass(frozen=True, slots=True)
class Act:
    """One act.

    Attributes:
        position: where it stands in the log.
        at: when it was recorded.
        kind: ``access.get_message``; without the word act.
        actor: name of the account.
        account: its identifier.
        address: where it acted from.
        purpose: for what.
        result: allowed, refused, failed.
        channel: name of the channel it was about; None: about none.
        organisation: whose messages those are.
        patients: whose data, ``value^authority``.
        about: the message it was about.
        facts: everything else it says.
    """

    position: Position
    at: datetime
    kind: str
    actor: str
    account: str
    address: str
    purpose: str
    result: str
    channel: str | None
    organisation: str
    patients: Sequence[str]
    about: Position | None
    facts: Mapping[str, Any]
