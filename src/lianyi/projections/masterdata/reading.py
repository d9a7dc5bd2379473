"""What a message says about master data, by the format it came in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.verify import ERASED
from lianyi.projections.masterdata import acts, fhir, hl7, table
from lianyi.projections.masterdata.model import Change, Statement
from lianyi.projections.projection import source_of

Reader = Callable[[LogMessage], Sequence[tuple[Change, ...]]]
"""Gives the statements of a message, each as its changes."""


class Said(NamedTuple):
    """What one message says.

    Attributes:
        statements: in order.
        erased: the message whose content must be forgotten.
    """

    statements: tuple[Statement, ...] = ()
    erased: Position | None = None


def wants(kind: str) -> bool:
    """Tell whether messages of a kind may be about master data; JSON may be anything."""
    return _reader(kind) is not None or kind == ERASED


def _reader(kind: str) -> Reader | None:
    if kind.startswith("hl7v2 MFN"):
        return hl7.read
    if kind.startswith(("json", "fhir")):
        return fhir.read
    if kind.startswith(acts.PREFIX):
        return table.read if kind.endswith(table.IMPORTED) else acts.read
    return None


def read(message: LogMessage, *, day: date) -> Said:
    """Return what a message says.

    Args:
        message: of a kind that is wanted.
        day: on which it came, in the hospital's zone.

    Raises:
        LianyiError: it cannot be read.
    """
    if message.kind == ERASED:
        return Said(erased=message.caused_by)
    reader = _reader(message.kind)
    if reader is None:
        return Said()
    return Said(
        tuple(
            Statement(
                message.received_at,
                message.position,
                part,
                source_of(message),
                day,
                message.kind,
                message.sender,
                changes,
                channel=message.channel,
            )
            for part, changes in enumerate(reader(message))
        )
    )
