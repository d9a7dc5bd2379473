"""The few keys by which people look for a message: patient, encounter, order, accession."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lianyi.formats.hl7v2.delimiters import NULL, Delimiters, unescape
from lianyi.formats.hl7v2.message import Message

_KEYS_MAX = 32

KEY_SEGMENTS = ("PID", "MRG", "PV1", "ORC", "OBR", "IPC")
"""The segments that hold keys."""


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


def listed_keys(message: Message) -> list[str]:
    """Return the keys of a message as :func:`keys_in` lists them."""
    segments = {name: found for name in KEY_SEGMENTS if (found := message.fields_of(name))}
    return keys_in(segments, message.delimiters, message.codec)


def browse_keys(message: Message) -> BrowseKeys:
    """Return the keys of a message."""
    found = listed_keys(message)
    kinds: tuple[list[str], ...] = ([], [], [], [])
    for key in found:
        kinds["peoa".index(key[0])].append(key[2:])
    return BrowseKeys(*map(tuple, kinds))


def keys_in(
    segments: Mapping[str, Sequence[Sequence[str]]], marks: Delimiters, codec: str
) -> list[str]:
    """Return the keys that stand in segments, each with its kind before it.

    ``p:`` patients, ``e:`` encounters, ``o:`` orders, ``a:`` accessions, in this order.

    Args:
        segments: the raw fields of every segment of :data:`KEY_SEGMENTS` by name; item n is
            field n. The last item may hold several, as long as it is not below field 20.
        marks: what divides them.
        codec: of the message, for escape sequences.
    """
    patients: dict[str, None] = {}
    encounters: dict[str, None] = {}
    for fields in segments.get("PID", ()):
        for n in (3, 2, 4):
            if n < len(fields) and fields[n]:
                _add_patients(patients, fields[n], marks, codec)
        if len(fields) > 18 and fields[18]:
            _add(encounters, "e:", fields[18], marks, codec)
    for fields in segments.get("MRG", ()):
        if len(fields) > 1:
            _add_patients(patients, fields[1], marks, codec)
    for fields in segments.get("PV1", ()):
        if len(fields) > 19 and fields[19]:
            _add(encounters, "e:", fields[19], marks, codec)
    if "ORC" in segments or "OBR" in segments or "IPC" in segments:
        return [*patients, *encounters, *_orders_and_accessions(segments, marks, codec)]
    return [*patients, *encounters]


def _orders_and_accessions(
    segments: Mapping[str, Sequence[Sequence[str]]], marks: Delimiters, codec: str
) -> list[str]:
    orders: dict[str, None] = {}
    accessions: dict[str, None] = {}
    for fields in segments.get("ORC", ()):
        for value in fields[2:4]:
            _add(orders, "o:", value, marks, codec)
    for fields in segments.get("OBR", ()):
        for value in fields[2:4]:
            _add(orders, "o:", value, marks, codec)
        own = fields[18] if len(fields) > 18 else ""
        _add(accessions, "a:", own or (fields[3] if len(fields) > 3 else ""), marks, codec)
    for fields in segments.get("IPC", ()):
        if len(fields) > 1:
            _add(accessions, "a:", fields[1], marks, codec)
    return [*orders, *accessions]


def _add_patients(found: dict[str, None], raw: str, marks: Delimiters, codec: str) -> None:
    """Add each repetition of a field of identifiers (CX)."""
    _, component, repetition, mark, subcomponent, _ = marks
    repetitions = raw.split(repetition, _KEYS_MAX) if repetition and repetition in raw else (raw,)
    plain = not (mark and mark in raw)
    for identifier in repetitions[:_KEYS_MAX]:
        parts = identifier.split(component, 4) if component else (identifier,)
        value = parts[0]
        if not value or value == NULL or len(found) >= _KEYS_MAX:
            continue
        authority = parts[3] if len(parts) > 3 else ""
        if subcomponent and subcomponent in authority:
            names = authority.split(subcomponent, 2)
            authority = names[0] or names[1]
        if not plain:
            value, authority = unescape(value, marks, codec), unescape(authority, marks, codec)
        found[f"p:{value}^{authority}"] = None


def _add(found: dict[str, None], kind: str, raw: str, marks: Delimiters, codec: str) -> None:
    """Add the first component of a field."""
    if not raw or len(found) >= _KEYS_MAX:
        return
    if marks.repetition and marks.repetition in raw:
        raw = raw[: raw.index(marks.repetition)]
    if marks.component and marks.component in raw:
        raw = raw[: raw.index(marks.component)]
    if raw and raw != NULL:
        found[kind + unescape(raw, marks, codec)] = None
