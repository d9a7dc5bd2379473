"""The registration at the desk of the platform itself, as a message in the log. Pure."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import orjson

from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.identity.cards import looks_like_token
from lianyi.projections.identity.feeds.limits import checked
from lianyi.projections.identity.feeds.problems import unreadable
from lianyi.projections.identity.problems import TokenInPlaceOfNumber
from lianyi.projections.identity.registration import Identifier, Registration
from lianyi.projections.identity.registration_json import from_json, to_json
from lianyi.projections.identity.statements import Registered, Statement

REGISTERED: Final = "desk registration"
EVENT: Final = "desk"


def wants(kind: str) -> bool:
    """Tell whether messages of a kind are registrations at the desk."""
    return kind == REGISTERED


def read(message: LogMessage, zone: ZoneInfo) -> list[Statement]:
    """Return what the desk says; it says it when it is written into the log.

    Raises:
        NamesNoPatient, UnreadableRegistration: it is none of ours.
    """
    try:
        said = from_json(orjson.loads(message.body)["registration"])
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable("registration", "it holds no registration", "其中没有患者登记") from error
    said = msgspec.structs.replace(said, received_at=message.received_at)
    return [Registered(checked(said, "registration"), message.received_at, EVENT)]


def write(registration: Registration, *, channel: int, actor: str, reason: str = "") -> NewMessage:
    """Return the registration as a message of a channel, written by whoever sits at the desk.

    It is no act: what it says of the patient is masked, searched and erased as in any message.

    Raises:
        TokenInPlaceOfNumber: a code that lives for minutes stands where a number should.
        NamesNoPatient, UnreadableRegistration: nobody could keep it.
    """
    refuse_tokens(registration)
    said = checked(registration, "registration")
    facts = {"registration": to_json(said), **({"reason": reason} if reason else {})}
    return NewMessage(
        channel,
        REGISTERED,
        orjson.dumps(facts),
        codec="utf-8",
        sender=actor,
        keys=(f"p:{said.mrn}^{said.source}",),
    )


def refuse_tokens(registration: Registration) -> None:
    """Do nothing when all numbers are numbers.

    Raises:
        TokenInPlaceOfNumber: one is a code that lives for minutes.
    """
    numbers = [*registration.identifiers, *(n for n in [registration.mother] if n)]
    replaced = [Identifier(one.kind, one.replaced_by) for one in numbers if one.replaced_by]
    if any(map(looks_like_token, (*numbers, *replaced))):
        raise TokenInPlaceOfNumber(where="identifiers")
