"""The few keys by which people look for a message: patient, encounter, order, accession."""

from __future__ import annotations

from typing import NamedTuple

from lianyi.formats.hl7v2.delimiters import NULL, Delimiters, unescape
from lianyi.formats.hl7v2.message import Message

_KEYS_MAX = 32


class BrowseKeys(NamedTuple):
    """What a message can be found by, in the order of the message, nothing twice, 32 at most.

    Attributes:
        patients: ``value^authority`` of PID-3, PID-2, PID-4 and MRG-1; ``value^`` without one.
        encounters: PV1-19 and PID-18.
        orders: ORC-2, ORC-3, OBR-2 and OBR-3 of all groups.
        accessions: OBR-18, else OBR-3 (as most imaging systems fill them); IPC-1.
    """

    patients: tuple[str, ...] = ()
    encounters: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    accessions: tuple[str, ...] = ()


def browse_keys(message: Message) -> BrowseKeys:
    """Return the keys of a message."""
    marks = message.delimiters
    patients: dict[str, None] = {}
    encounters: dict[str, None] = {}
    orders: dict[str, None] = {}
    accessions: dict[str, None] = {}
    codec = message.codec
    for fields in message.fields_of("PID"):
        for n in (3, 2, 4):
            if n < len(fields) and fields[n]:
                _add_patients(patients, fields[n], marks, codec)
        if len(fields) > 18:
            _add(encounters, fields[18], marks, codec)
    for fields in message.fields_of("MRG"):
        if len(fields) > 1:
            _add_patients(patients, fields[1], marks, codec)
    for fields in message.fields_of("PV1"):
        if len(fields) > 19:
            _add(encounters, fields[19], marks, codec)
    for fields in message.fields_of("ORC"):
        for value in fields[2:4]:
            _add(orders, value, marks, codec)
    for fields in message.fields_of("OBR"):
        for value in fields[2:4]:
            _add(orders, value, marks, codec)
        own = fields[18] if len(fields) > 18 else ""
        _add(accessions, own or (fields[3] if len(fields) > 3 else ""), marks, codec)
    for fields in message.fields_of("IPC"):
        if len(fields) > 1:
            _add(accessions, fields[1], marks, codec)
    return BrowseKeys(tuple(patients), tuple(encounters), tuple(orders), tuple(accessions))


def _add_patients(found: dict[str, None], raw: str, marks: Delimiters, codec: str) -> None:
    """Add each repetition of a field of identifiers (CX)."""
    _, component, repetition, mark, subcomponent, _ = marks
    repetitions = raw.split(repetition, _KEYS_MAX) if repetition and repetition in raw else [raw]
    for identifier in repetitions[:_KEYS_MAX]:
        parts = identifier.split(component, 4) if component else [identifier]
        value = parts[0]
        if not value or value == NULL or len(found) >= _KEYS_MAX:
            continue
        authority = parts[3] if len(parts) > 3 else ""
        if subcomponent and subcomponent in authority:
            names = authority.split(subcomponent, 2)
            authority = names[0] or names[1]
        if mark and mark in identifier:
            value, authority = unescape(value, marks, codec), unescape(authority, marks, codec)
        found[f"{value}^{authority}"] = None


def _add(found: dict[str, None], raw: str, marks: Delimiters, codec: str) -> None:
    """Add the first component of a field."""
    if not raw or len(found) >= _KEYS_MAX:
        return
    if marks.repetition and marks.repetition in raw:
        raw = raw[: raw.index(marks.repetition)]
    if marks.component and marks.component in raw:
        raw = raw[: raw.index(marks.component)]
    if raw and raw != NULL:
        found[unescape(raw, marks, codec)] = None
