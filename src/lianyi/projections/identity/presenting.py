"""Persons and records as whoever asks may see them: the refused left out, the rest masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from lianyi.projections.identity.cards import state_of
from lianyi.projections.identity.folding import SourceRecord
from lianyi.projections.identity.golden import GoldenRecord, golden
from lianyi.projections.identity.ids import shown
from lianyi.projections.identity.matching import packed, unpacked
from lianyi.projections.identity.read_store import ChannelRow
from lianyi.projections.identity.registration import Identifier, IdKind, Name
from lianyi.projections.identity.standing import folded_of
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.survivorship import RULE_WORDS, Chosen
from lianyi.projections.identity.table_store import RecordRow
from lianyi.projections.identity.veil import Veil
from lianyi.projections.identity.views import (
    Bilingual,
    ChosenView,
    ConflictView,
    IdentifierView,
    PersonSummary,
    RecordKeyView,
    RecordView,
)
from lianyi.security.privacy.hiding import Hider

_ELEMENT: Final = {
    "name": "person-name",
    "other_names": "person-name",
    "mother_name": "person-name",
    "born": "birth",
    "phones": "contact",
    "addresses": "address",
    "mother": "patient-identifier",
}
"""What fields are in the classification of data."""

_CARDS: Final = frozenset(
    {
        IdKind.HEALTH_CARD,
        IdKind.E_HEALTH_CARD,
        IdKind.HOSPITAL_CARD,
        IdKind.BRACELET,
        IdKind.OTHER,
        IdKind.UNSAID,
    }
)
"""Numbers that are a patient's, and no document of a citizen's."""


class SeenRecord(NamedTuple):
    """A record that may be seen, and what hides of it what may not.

    ``rank`` is how far the hospital trusts its authority: the higher the more.
    """

    row: RecordRow
    folded: SourceRecord
    hider: Hider
    channels: Sequence[ChannelRow]
    rank: int = 0


def key_view(key: RecordKey, record: int, hider: Hider | None) -> RecordKeyView:
    """Show which record."""
    source, mrn = key
    return RecordKeyView(
        id=shown(record), source=source, mrn=hider.identifier(mrn) if hider else mrn
    )


def identifier_view(said: Identifier, hider: Hider) -> IdentifierView:
    """Show a number."""
    element = "patient-identifier" if said.kind in _CARDS else "national-number"
    return IdentifierView(
        kind=said.kind.value,
        value=hider.value(element, said.value),
        issuer=said.issuer,
        status=said.status,
        state=state_of(said).value,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        replaced_by=hider.value(element, said.replaced_by) if said.replaced_by else "",
    )


def record_view(seen: SeenRecord, kept: RecordKeyView | None) -> RecordView:
    """Show what a system says of one of its patients."""
    row, said, hider = seen.row, seen.folded.registration, seen.hider
    return RecordView(
        id=shown(row.record),
        source=row.source,
        mrn=hider.identifier(row.mrn),
        channels=[one.name for one in seen.channels],
        first_at=row.first_at,
        last_at=seen.folded.last_at,
        kept=kept,
        names=[hider.value("person-name", name.text) for name in said.names],
        sex=said.sex,
        born=hider.value("birth", said.born),
        identifiers=[identifier_view(one, hider) for one in said.identifiers],
        phones=[hider.value("contact", one) for one in said.phones],
        addresses=[hider.value("address", one) for one in said.addresses],
        mother_name=hider.value("person-name", said.mother_name),
        multiple_birth=said.multiple_birth,
        birth_order=said.birth_order,
        flags=[flag.value for flag in said.flags],
    )


def golden_of(records: Sequence[SeenRecord]) -> GoldenRecord:
    """Return what is held true, by the records that may be seen and that stand."""
    ranks = {one.row.source: one.rank for one in records}
    return golden((one.folded for one in records if one.row.kept is None), ranks=ranks)


def summary(person: int, records: Sequence[SeenRecord]) -> PersonSummary:
    """Show a person in a list."""
    held = golden_of(records)
    hiders = {(one.row.source, one.row.mrn): one.hider for one in records}

    def of(chosen: Chosen[Any]) -> Hider:
        return hiders[chosen.source, chosen.mrn]

    return PersonSummary(
        id=shown(person),
        name=of(held.name).value("person-name", held.name.value.text) if held.name else "",
        sex=held.sex.value if held.sex else "",
        born=of(held.born).value("birth", held.born.value) if held.born else "",
        identifiers=[
            identifier_view(one.value, of(one))
            for numbers in held.identifiers.values()
            for one in numbers
        ],
        phones=[of(one).value("contact", one.value) for one in held.phones],
        addresses=[of(one).value("address", one.value) for one in held.addresses],
        records=[
            key_view((one.row.source, one.row.mrn), one.row.record, one.hider) for one in records
        ],
    )


def chosen_views(held: GoldenRecord, hiders: Mapping[RecordKey, Hider]) -> list[ChosenView]:
    """Show what is held true, field by field, each with who says so and why it was chosen."""
    return [
        _chosen_view(field, kind, one, hiders[one.source, one.mrn])
        for field, kind, one in _fields(held)
    ]


def conflict_views(held: GoldenRecord, hiders: Mapping[RecordKey, Hider]) -> list[ConflictView]:
    """Show on what records differ."""
    return [
        ConflictView(
            field=one.field,
            values=[
                hiders[voice.records[0]].value(_element(one.field), voice.value)
                for voice in one.values
            ],
        )
        for one in held.conflicts
    ]


def _fields(held: GoldenRecord) -> Iterable[tuple[str, str, Chosen[Any]]]:
    for field in ("name", "other_names", "sex", "born"):
        yield from ((field, "", one) for one in _several(getattr(held, field)))
    for kind, numbers in held.identifiers.items():
        yield from (("identifiers", kind, one) for one in numbers)
    for field in (
        *("phones", "addresses", "multiple_birth", "birth_order"),
        *("mother", "mother_name", "deceased"),
    ):
        yield from ((field, "", one) for one in _several(getattr(held, field)))


def _several(said: Any) -> Sequence[Chosen[Any]]:  # noqa: ANN401 - one of them, several, none
    if said is None:
        return ()
    return (said,) if isinstance(said, Chosen) else said


def _chosen_view(field: str, kind: str, one: Chosen[Any], hider: Hider) -> ChosenView:
    value = one.value
    text = str(value)
    if isinstance(value, Name):
        text = hider.value("person-name", value.text)
    elif isinstance(value, Identifier):
        text = identifier_view(value, hider).value
    elif field in _ELEMENT:
        text = hider.value(_ELEMENT[field], text)
    zh, en = RULE_WORDS[one.rule]
    return ChosenView(
        field=field,
        kind=kind,
        value=text,
        source=one.source,
        mrn=hider.identifier(one.mrn),
        said_at=one.said_at,
        rule=one.rule.value,
        why=Bilingual(zh=zh, en=en),
    )


def _element(field: str) -> str:
    return "national-number" if field.startswith("identifiers.") else _ELEMENT.get(field, "")


def unveiled(seen: SeenRecord, veil: Veil) -> SeenRecord:
    """Return a record without the numbers of sensitive authorities, for who may not know them."""
    if not veil.hides_in(one.organisation for one in seen.channels):
        return seen
    folded = veil.folded(seen.folded)
    if folded is seen.folded:
        return seen
    traits = packed(veil.traits(unpacked(seen.row.traits)))
    return seen._replace(folded=folded, row=seen.row._replace(traits=traits))


def seen_record(row: RecordRow, hider: Hider, channels: Mapping[int, ChannelRow]) -> SeenRecord:
    """Return a record ready to be shown."""
    known = [channels[number] for number in row.channels if number in channels]
    return SeenRecord(row, folded_of(row), hider, known)
