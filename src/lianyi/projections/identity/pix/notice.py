"""A change of a person's identifiers as a message: ADT^A31 of ITI-10, or JSON. Pure.

The kind of these messages begins with ``told``: the platform says it itself, so that no projection
takes it for what a system says of its patients.

Sources:
    IHE ITI TF-2, 3.10.4.1 (PIX update notification); HL7 v2.5, 3.3.31 (A31).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Final

import orjson

from lianyi.formats.hl7v2 import escape
from lianyi.formats.hl7v2.delimiters import USUAL
from lianyi.messagelog.message import NewMessage, Position
from lianyi.projections.identity.changes import Change, Member
from lianyi.projections.identity.pix.answer import NOBODYS_NAME, instant
from lianyi.projections.identity.pix.forms import Form

SENDER: Final = "LIANYI"
KINDS: Final[Mapping[Form, str]] = {"hl7v2": "told ADT^A31", "json": "told identity.changed"}
KEYS_MAX: Final = 50


def notice(
    change: Change,
    form: Form,
    *,
    channel: int,
    cause: Position,
    part: int,
    at: datetime,
    oids: Mapping[str, str],
) -> NewMessage | None:
    """Return the message that tells a change; None: the form cannot tell it.

    Args:
        change: as far as whoever is told may know it.
        form: of the message.
        channel: that delivers it.
        cause: the message by which it came.
        part: which change of that message.
        at: when it was made, in the zone of the hospital.
        oids: OID of an authority by its name.
    """
    standing = [one for one in change.after if one.stands]
    if form == "hl7v2" and not standing:
        return None  # PID-3 must name somebody
    control = _control(channel, cause, part)
    if form == "hl7v2":
        body = _a31(standing, control, at, oids)
    else:
        body = _json(change, control, at, oids)
    return NewMessage(
        channel=channel,
        kind=KINDS[form],
        body=body,
        codec="utf-8",
        sender=SENDER,
        keys=(
            f"c:{control}",
            *dict.fromkeys(f"p:{one.mrn}^{one.source}" for one in standing[:KEYS_MAX]),
        ),
        caused_by=cause,
    )


def _control(channel: int, cause: Position, part: int) -> str:
    """Return the control id: the same for the same change, so that a receiver knows a repeat."""
    text = f"{channel}/{cause}/{part}"
    return blake2b(text.encode(), digest_size=10).hexdigest().upper()


def _a31(standing: Sequence[Member], control: str, at: datetime, oids: Mapping[str, str]) -> bytes:
    moment = instant(at)
    lines = [
        f"MSH|^~\\&|{SENDER}||||{moment}||ADT^A31^ADT_A05|{control}|P|2.5||||||UNICODE UTF-8",
        f"EVN||{moment}",
        f"PID|||{'~'.join(_cx(one, oids) for one in standing)}||{NOBODYS_NAME}",
        "PV1||N",
    ]
    return "".join(f"{line}\r" for line in lines).encode()


def _cx(one: Member, oids: Mapping[str, str]) -> str:
    oid = oids.get(one.source, "")
    authority = escape(one.source, USUAL) + (f"&{oid}&ISO" if oid else "")
    return f"{escape(one.mrn, USUAL)}^^^{authority}^PI"


def _json(change: Change, control: str, at: datetime, oids: Mapping[str, str]) -> bytes:
    before, after = (
        {(one.source, one.mrn): one for one in members if one.stands}
        for members in (change.before, change.after)
    )
    gone = {(one.source, one.mrn): one for one in change.after if not one.stands}
    gone_before = {(one.source, one.mrn) for one in change.before if not one.stands}

    def told(members: Mapping[tuple[str, str], Member]) -> list[dict[str, str]]:
        return [
            {"source": source, "mrn": mrn, **({"oid": oids[source]} if source in oids else {})}
            for source, mrn in sorted(members)
        ]

    return orjson.dumps(
        {
            "event": "identity.changed",
            "id": control,
            "at": at.isoformat(),
            "person": change.person,
            "identifiers": told(after),
            "joined": told({key: one for key, one in after.items() if key not in before}),
            "left": told(
                {key: one for key, one in before.items() if key not in after and key not in gone}
            ),
            "replaced": told({key: one for key, one in gone.items() if key not in gone_before}),
        }
    )
