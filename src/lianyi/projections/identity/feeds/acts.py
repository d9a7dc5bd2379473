"""The registration at the desk of the platform itself, as an act in the log. Pure."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import orjson

from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.identity.feeds.limits import checked
from lianyi.projections.identity.feeds.problems import unreadable
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.registration_json import from_json, to_json
from lianyi.projections.identity.statements import Registered, Statement
from lianyi.security.acts import act

REGISTERED: Final = "act identity.registered"
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
        raise unreadable(
            "registration", "the act holds no registration", "操作中没有患者登记"
        ) from error
    said = msgspec.structs.replace(said, received_at=message.received_at)
    return [Registered(checked(said, "registration"), message.received_at, EVENT)]


def write(registration: Registration, *, reason: str) -> NewMessage:
    """Return the act of whoever acts now.

    Args:
        registration: what the desk says.
        reason: why; may be empty.

    Raises:
        NamesNoPatient, UnreadableRegistration: nobody could keep it.
    """
    said = checked(registration, "registration")
    return act(
        REGISTERED.removeprefix("act "),
        {"reason": reason, "registration": to_json(said)},
        whose=[f"{said.mrn}^{said.source}"],
    )
