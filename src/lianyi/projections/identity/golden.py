"""The golden record: what we hold true of a person, field by field, and who said it.

Each field is chosen by itself among what stands in the source records of the person, by the rules
of ``survivorship.ORDER``. What is chosen is something that one record says, as it says it: nothing
is mixed and nothing mended. So name and birthday may come from two records, each with its reason.

A valid number says a date of birth and a sex, and both go before typed ones: its check digit
proves what was typed, and the police wrote it. Before it goes only what the issuer confirmed or a
reader read.

Whoever may see only some of the records gets a golden record made of those alone: the others are
put aside before anything is counted, so nothing about them, not even their number, is in it.

The result depends on the set of records (and what the caller knows), never on their order or on
the day: a card has expired when it had on the day the newest of the records was last spoken of.

Source:
    identity.md section 6.5: verified, card reader, most frequent, newest. FHIR R4 NameUse.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from lianyi.projections.identity.claims import NEWBORN, OWN, Claims, is_worn, of_lifelong
from lianyi.projections.identity.folding import SourceRecord
from lianyi.projections.identity.partition import LIFELONG
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.survivorship import Chosen, Claim, Rule, chosen, first, ranked
from lianyi.projections.identity.traits import NOTHING_LEARNED, LocalDefaults
from lianyi.projections.identity.values.births import BirthLevel, compare_births

Sees = Callable[[SourceRecord], bool]
"""Whether the caller may see a record."""

SINGLE: Final = (*LIFELONG, IdKind.BIRTH_CERTIFICATE)
"""Kinds of number of which nobody has two."""


class Voice(msgspec.Struct, frozen=True):
    """One of several values of a field.

    Attributes:
        value: the value in words.
        records: who says it, sorted.
        said_at: when it was last said (UTC).
    """

    value: str
    records: tuple[RecordKey, ...]
    said_at: datetime


class Conflict(msgspec.Struct, frozen=True):
    """A field that can have one value and has several: somebody should look.

    Attributes:
        field: of ``GoldenRecord``; of a number ``identifiers.`` and its kind.
        values: the one held true first.
    """

    field: str
    values: tuple[Voice, ...]


class GoldenRecord(msgspec.Struct, frozen=True):
    """What is held true of a person.

    Attributes:
        records: the source records it was made of, sorted.
        name: None when no record has one; a placeholder's where there is no other.
        other_names: every other name of hers, the earlier ones with use ``old``.
        sex: ``M`` or ``F``.
        born: ``YYYYMMDD``, shorter when day or month are unknown.
        identifiers: by kind (``IdKind``, ``unsaid`` where nobody knows it), the best first.
        phones: readable ones, the best first.
        addresses: likewise.
        multiple_birth: one of twins or more.
        birth_order: from 1.
        mother: the mother's identifier.
        mother_name: see there.
        deceased: who says that she died or was born dead; None when nobody does.
        conflicts: see there, in the order of these fields.
    """

    records: tuple[RecordKey, ...] = ()
    name: Chosen[Name] | None = None
    other_names: tuple[Chosen[Name], ...] = ()
    sex: Chosen[str] | None = None
    born: Chosen[str] | None = None
    identifiers: Mapping[str, tuple[Chosen[Identifier], ...]] = msgspec.field(default_factory=dict)
    phones: tuple[Chosen[str], ...] = ()
    addresses: tuple[Chosen[str], ...] = ()
    multiple_birth: Chosen[bool] | None = None
    birth_order: Chosen[int] | None = None
    mother: Chosen[Identifier] | None = None
    mother_name: Chosen[str] | None = None
    deceased: Chosen[bool] | None = None
    conflicts: tuple[Conflict, ...] = ()


def everything(record: SourceRecord) -> bool:
    """See every record."""
    return True


def without(authorities: Collection[str]) -> Sees:
    """See no record of these sensitive authorities, none they spoke of, and none marked VIP."""

    def sees(record: SourceRecord) -> bool:
        said = record.registration
        return (
            said.source not in authorities
            and Flag.VIP not in said.flags
            and not any(authority in authorities for authority in record.authorities)
        )

    return sees


def golden(
    records: Iterable[SourceRecord],
    *,
    ranks: Mapping[str, int] | None = None,
    sees: Sees = everything,
    learned: LocalDefaults = NOTHING_LEARNED,
) -> GoldenRecord:
    """Make the golden record of a person.

    Args:
        records: all source records of the person that stand, each once, in any order.
        ranks: how far the hospital trusts an authority (``source``): the higher the more, 0 where
            it is not said.
        sees: what the caller may see; nothing of other records is in the result.
        learned: values that say nothing at this hospital; they are never chosen.

    Returns:
        The empty record when the caller may see none of them.
    """
    seen = sorted((record for record in records if sees(record)), key=lambda record: record.key)
    if not seen:
        return GoldenRecord()
    return _Making(Claims(seen, ranks or {}, learned)).record(tuple([one.key for one in seen]))


def to_json(record: GoldenRecord) -> bytes:
    """Give a golden record as JSON: the same bytes for the same record, everywhere."""
    return msgspec.json.encode(record, order="deterministic")


def from_json(text: bytes) -> GoldenRecord:
    """Read what ``to_json`` wrote."""
    return msgspec.json.decode(text, type=GoldenRecord)


def digest(record: GoldenRecord) -> str:
    """Give the SHA-256 of ``to_json`` in hexadecimal."""
    return sha256(to_json(record)).hexdigest()


_AGREE: Final = (BirthLevel.EQUAL, BirthLevel.MONTH, BirthLevel.YEAR_ONLY)
"""Two dates of birth of which one only says less."""


class _Making:
    """One golden record in the making: chooses, and notes what the records do not agree on."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._conflicts: list[Conflict] = []

    def record(self, keys: tuple[RecordKey, ...]) -> GoldenRecord:
        claims = self._claims
        name = self._name()
        ids = claims.identifiers()
        in_order = {kind: ranked(said, "identifiers") for kind, said in ids.items()}
        best = {kind: found[0][0] for kind, found in in_order.items()}
        numbers = of_lifelong(ids, best)
        sex = self._single("sex", claims.sexes(numbers))
        born = self._born(claims.born(numbers))
        for kind in SINGLE:
            if kind in ids:
                self._tell(f"identifiers.{kind.value}", best[kind], ids[kind])
        return GoldenRecord(
            keys,
            chosen(*name) if name else None,
            _all("other_names", claims.other_names(name[0] if name else None)),
            sex,
            born,
            {
                kind.value or "unsaid": tuple([chosen(*one) for one in found])
                for kind, found in in_order.items()
            },
            _all("phones", claims.phones()),
            _all("addresses", claims.addresses()),
            self._single("multiple_birth", claims.plain("multiple_birth")),
            self._single("birth_order", claims.plain("birth_order")),
            self._single("mother", claims.mothers()),
            self._single("mother_name", claims.mother_names()),
            self._single("deceased", claims.deceased()),
            tuple(self._conflicts),
        )

    def _name(self) -> tuple[Claim, Rule] | None:
        claims = self._claims.names()
        found = first(claims, "name")
        if found is None:
            return None
        if found[0].scores[0] > NEWBORN and found[0].read.lossy:
            claims += self._claims.whole_names(found[0].read)
            found = first(claims, "name") or found
        best = found[0]
        if best.scores[0] > NEWBORN:
            apart = [
                claim
                for claim in claims
                if claim.group == best.group
                or (claim.scores[0] == OWN and not is_worn(claim.read, best.read))
            ]
            self._tell("name", best, apart)
        return found

    def _born(self, claims: list[Claim]) -> Chosen[str] | None:
        found = first(claims, "born")
        if found is None:
            return None
        best = found[0]
        apart = [
            claim
            for claim in claims
            if claim.group == best.group or compare_births(best.read, claim.read) not in _AGREE
        ]
        self._tell("born", best, apart)
        return chosen(*found)

    def _single(self, field: str, claims: list[Claim]) -> Chosen[Any] | None:
        found = first(claims, field)
        if found is None:
            return None
        self._tell(field, found[0], claims)
        return chosen(*found)

    def _tell(self, field: str, best: Claim, claims: Sequence[Claim]) -> None:
        """Note the values of a field, if there are several."""
        if all(claim.group == best.group for claim in claims):
            return
        groups: dict[str, list[Claim]] = {best.group: []}
        for claim in sorted(claims, key=lambda claim: claim.group):
            groups.setdefault(claim.group, []).append(claim)
        voices = tuple([_voice(said) for said in groups.values()])
        self._conflicts.append(Conflict(field, voices))


def _all(field: str, claims: list[Claim]) -> tuple[Chosen[Any], ...]:
    return tuple([chosen(*one) for one in ranked(claims, field)])


def _voice(claims: Sequence[Claim]) -> Voice:
    """One value, in the words of the record that said it last, and everybody who says it."""
    newest = max(claims, key=lambda claim: (claim.said_at, claim.record))
    value = newest.value
    if isinstance(value, Name):
        value = value.text
    elif isinstance(value, Identifier):
        value = value.value
    records = tuple(sorted({claim.record for claim in claims}))
    return Voice(str(value), records, newest.said_at)
