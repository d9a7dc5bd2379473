"""Acts as they lie in the log, read; those of before there were accounts say less."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson

from lianyi.messagelog.message import Position
from lianyi.security.acts import ACCESS, result_of
from lianyi.security.audit.model import Act

KIND = "act "
_OWN = {"actor", "account", "address", "purpose", "position", "result"}
_UNTOLD = {"activated", "proposal"}
"""What only the patient index reads of an act: telephones and numbers that many patients share."""


def act_of(
    position: Position,
    at: datetime,
    kind: str,
    keys: Sequence[str],
    channel: tuple[str, str] | None,
    body: bytes,
) -> Act:
    """Return an act as people read it.

    Args:
        position: where it stands.
        at: when it was recorded.
        kind: with the word act.
        keys: as the log has them.
        channel: name and organisation of the channel it was about; None: none that may be named.
        body: what it says.
    """
    said = _said(body)
    names = [key[2:] for key in keys if key.startswith("u:")]
    about = said.get("position")
    return Act(
        position=position,
        at=at,
        kind=kind.removeprefix(KIND),
        actor=str(said.get("actor") or (names[0] if names else "")),
        account=str(said.get("account") or ""),
        address=str(said.get("address") or ""),
        purpose=str(said.get("purpose") or ""),
        result=result_of(kind, said),
        channel=channel[0] if channel else None,
        organisation=channel[1] if channel else "",
        patients=[key[2:] for key in keys if key.startswith("w:")],
        about=_position(about),
        facts={name: value for name, value in said.items() if name not in _OWN | _UNTOLD},
    )


def _said(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _position(text: object) -> Position | None:
    if not isinstance(text, str):
        return None
    with suppress(ValueError):
        return Position.parse(text)
    return None


def operation_of(one: Act) -> str:
    """Return the operation of an access; empty for other acts."""
    prefix = ACCESS.removeprefix(KIND)
    return one.kind.removeprefix(prefix) if one.kind.startswith(prefix) else ""
