"""What the records of one person claim, field by field: everything that can be held true.

Placeholders that say nothing (default dates, the ward's telephone, numbers of nobody) claim
nothing. A placeholder in the place of a *name* does, and comes last: somebody without a name must
be shown somehow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from lianyi.projections.identity.cards import CardState, state_of
from lianyi.projections.identity.folding import FieldValue, SourceRecord, capture_rank
from lianyi.projections.identity.partition import LIFELONG
from lianyi.projections.identity.rarity import address_key
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name
from lianyi.projections.identity.survivorship import Claim
from lianyi.projections.identity.traits import LocalDefaults
from lianyi.projections.identity.values.addresses import read_address
from lianyi.projections.identity.values.births import BirthValue, read_birth
from lianyi.projections.identity.values.identifier_levels import WITHOUT_ISSUER
from lianyi.projections.identity.values.identifiers import read_identifier
from lianyi.projections.identity.values.name_levels import NameLevel, compare_names
from lianyi.projections.identity.values.names import NameKind, NameValue, read_name
from lianyi.projections.identity.values.phones import PhoneKind, read_phone
from lianyi.projections.identity.values.sexes import read_sex
from lianyi.projections.identity.values.text import digits_of

NOT_OWN_USES: Final = ("temp", "anonymous", "nickname")
"""Uses of a name that is not the person's own."""

OWN, ROMANISED, NOT_OWN, NEWBORN, NOBODY = 4, 3, 2, 1, 0
"""How real a name is: her own, the same in letters, an alias, a newborn's, a placeholder."""
_VERIFIED: Final = capture_rank("verified")
_READER: Final = capture_rank("reader")
_OTHER_SCRIPTS: Final = (NameKind.HANZI, NameKind.SEGMENTED)


class Claims:
    """The claims of the records of one person, scored by the rules of ``survivorship.ORDER``.

    Args:
        records: at least one.
        ranks: of authorities; see ``golden.golden``.
        learned: values that say nothing at this hospital.
    """

    def __init__(
        self, records: Sequence[SourceRecord], ranks: Mapping[str, int], learned: LocalDefaults
    ) -> None:
        real = [one for one in records if Flag.TEST not in one.registration.flags]
        self._records = real or records
        self._ranks = ranks
        self._learned = learned
        self._today = max([one.last_at for one in records]).date()
        self._names_read: dict[str, NameValue] = {}

    def _claim(
        self,
        record: SourceRecord,
        heard: FieldValue[Any],
        group: str,
        value: object,
        read: object = None,
        scores: tuple[int, ...] = (),
    ) -> Claim:
        """A claim; the rank, by which each order ends, is scored here."""
        rank = self._ranks.get(record.registration.source, 0)
        said_by = heard.authority
        return Claim(group, value, read, record.key, said_by, heard.last_at, (*scores, rank))

    def _heard(self, field: str) -> Iterator[tuple[SourceRecord, FieldValue[Any]]]:
        """What stands in a field of each record."""
        for record in self._records:
            for heard in getattr(record, field):
                if not heard.stands:
                    break
                yield record, heard

    def _captured(self, heard: FieldValue[Any]) -> tuple[int, int]:
        """``VERIFIED`` and ``READER``; a document that has expired proves no more than typing."""
        if not heard.capture or (heard.card_until and heard.card_until < self._today):
            return 0, 0
        rank = capture_rank(heard.capture)
        return int(rank >= _VERIFIED), int(rank >= _READER)

    def names(self) -> list[Claim]:
        """The first name of each record, in the order ``ORDER["name"]``."""
        return _romanised_after(
            [
                self._name(record, record.names[0])
                for record in self._records
                if record.names and record.names[0].stands
            ]
        )

    def _name(self, record: SourceRecord, heard: FieldValue[Name]) -> Claim:
        said = heard.value
        read = self._read_name(said.text)
        if read.kind <= NameKind.NEWBORN:
            real = NEWBORN if read.kind is NameKind.NEWBORN else NOBODY
        elif said.use in NOT_OWN_USES or Flag.ALIAS in record.registration.flags:
            real = NOT_OWN
        else:
            real = OWN
        whole = int(not (read.lossy or said.lossy))
        group = read.key if read.kind > NameKind.NEWBORN else read.text
        scores = (real, whole, *self._captured(heard))
        return self._claim(record, heard, group, said, read, scores)

    def _read_name(self, text: str) -> NameValue:
        known = self._names_read.get(text)
        if known is None:
            known = read_name(text)
            if known.key in self._learned.names:
                known = NameValue(NameKind.NOBODY, known.text)
            self._names_read[text] = known
        return known

    def whole_names(self, worn: NameValue) -> list[Claim]:
        """Every own name of a record that is this one before it lost a character."""
        return [
            claim
            for record in self._records
            for heard in record.names
            for claim in (self._name(record, heard),)
            if claim.scores[:2] == (OWN, 1) and is_worn(worn, claim.read)
        ]

    def other_names(self, best: Claim | None) -> list[Claim]:
        """Every name of somebody but the best; those that stand no more with use ``old``."""
        claims = []
        for record in self._records:
            for heard in record.names:
                said, read = heard.value, self._read_name(heard.value.text)
                if read.kind <= NameKind.NEWBORN:
                    continue
                if best and (read.key == best.group or is_worn(read, best.read)):
                    continue
                name = said if heard.stands or said.use == "old" else replace(said, use="old")
                scores = (int(heard.stands),)
                claims.append(self._claim(record, heard, read.key, name, read, scores))
        return claims

    def identifiers(self) -> dict[IdKind, list[Claim]]:
        """The numbers that stand, by kind."""
        claims: dict[IdKind, list[Claim]] = {}
        for record, heard in self._heard("identifiers"):
            said: Identifier = heard.value
            read = read_identifier(said, today=heard.last_at.date(), defaults=self._learned.ids)
            if read.placeholder:
                continue
            capture = capture_rank(said.capture)
            scores = (
                1 if read.valid is None else 2 * read.valid,
                int(self._is_in_force(said)),
                int(capture >= _VERIFIED),
                int(capture >= _READER),
            )
            issuer = "" if read.kind in WITHOUT_ISSUER else said.issuer
            claim = self._claim(record, heard, f"{read.body}|{issuer}", said, read, scores)
            claims.setdefault(read.kind, []).append(claim)
        return {kind: claims[kind] for kind in IdKind if kind in claims}

    def _is_in_force(self, said: Identifier) -> bool:
        if said.valid_until is not None and said.valid_until < self._today:
            return False
        return state_of(said) is CardState.ACTIVE

    def _proof(self, number: Claim) -> tuple[int, int, int]:
        """How far a number proves what it says: ``VERIFIED``, ``READER``, ``ID_NUMBER``."""
        _, in_force, verified, reader, _ = number.scores  # ORDER["identifiers"]
        return verified * in_force, reader * in_force, int(number.read.valid is True)

    def born(self, numbers: Sequence[Claim]) -> list[Claim]:
        """Dates of birth that were said, and those that these numbers say."""
        claims = []
        for record, heard in self._heard("born"):
            today = heard.last_at.date()
            read = read_birth(heard.value, today=today, defaults=self._learned.dates)
            if not read.year or read.is_default or read.is_future:
                continue
            guessed = Flag.ESTIMATED_BIRTH in record.registration.flags
            whole = int(not (read.is_year_only or guessed)) + int(bool(read.day))
            scores = (*self._captured(heard), 0, whole)
            claims.append(self._claim(record, heard, read.text, read.text, read, scores))
        for number in numbers:
            on = number.read.born_on
            if on is not None and number.read.valid is not False:
                text = on.isoformat().replace("-", "")
                read = BirthValue(text, on.year, on.month, on.day)
                points = (*self._proof(number), 2, number.scores[-1])
                claims.append(number._replace(group=text, value=text, read=read, scores=points))
        return claims

    def sexes(self, numbers: Sequence[Claim]) -> list[Claim]:
        """Sexes that were said, and those that these numbers say."""
        claims = []
        for record, heard in self._heard("sex"):
            if sex := read_sex(heard.value):
                scores = (*self._captured(heard), 0)
                claims.append(self._claim(record, heard, sex, sex, None, scores))
        for number in numbers:
            sex = number.read.sex
            if sex and number.read.valid is not False:
                points = (*self._proof(number), number.scores[-1])
                claims.append(number._replace(group=sex, value=sex, read=None, scores=points))
        return claims

    def phones(self) -> list[Claim]:
        """Telephone numbers that can be called."""
        claims = []
        for record, heard in self._heard("phones"):
            read = read_phone(heard.value)
            if read.kind is not PhoneKind.NOTHING and read.digits not in self._learned.phones:
                claims.append(self._claim(record, heard, read.digits, heard.value))
        return claims

    def addresses(self) -> list[Claim]:
        """Addresses that name a place."""
        claims = []
        for record, heard in self._heard("addresses"):
            read = read_address(heard.value)
            named = read.place or read.district or read.city
            if named and heard.value not in self._learned.addresses:
                claims.append(self._claim(record, heard, address_key(read), heard.value))
        return claims

    def plain(self, field: str) -> list[Claim]:
        """A field whose values are what they are: an order, a yes or no."""
        return [self._claim(*one, str(one[1].value), one[1].value) for one in self._heard(field)]

    def mothers(self) -> list[Claim]:
        """Identifiers of the mother."""
        return [
            self._claim(
                record, heard, f"{heard.value.issuer}|{digits_of(heard.value.value)}", heard.value
            )
            for record, heard in self._heard("mother")
        ]

    def mother_names(self) -> list[Claim]:
        """Names of the mother; no placeholders."""
        claims = []
        for record, heard in self._heard("mother_name"):
            read = self._read_name(heard.value)
            if read.kind is not NameKind.NOBODY:
                scores = (int(not read.lossy),)
                claims.append(self._claim(record, heard, read.key, heard.value, read, scores))
        return claims

    def deceased(self) -> list[Claim]:
        """Who says that she died, or was born dead."""
        return [
            self._claim(record, heard, "", value=True)
            for record, heard in self._heard("flags")
            if heard.value in (Flag.DECEASED, Flag.STILLBORN)
        ]


def is_worn(worn: NameValue, whole: NameValue) -> bool:
    """Whether a name that lost a character is this one that did not."""
    return worn.lossy and not whole.lossy and compare_names(worn, whole) is NameLevel.LOST_CHARACTER


def _romanised_after(claims: list[Claim]) -> list[Claim]:
    """Put a name in letters after the same name in characters."""
    letters = {c.read.letters for c in claims if c.read.kind in _OTHER_SCRIPTS} - {""}
    if not letters:
        return claims
    return [
        claim._replace(scores=(ROMANISED, *claim.scores[1:]))
        if claim.read.kind is NameKind.LATIN
        and claim.scores[0] == OWN
        and claim.read.letters in letters
        else claim
        for claim in claims
    ]


def of_lifelong(
    claims: Mapping[IdKind, Sequence[Claim]], best: Mapping[IdKind, Claim]
) -> list[Claim]:
    """Give every claim of a number that is held true and says a birthday and a sex."""
    return [
        claim
        for kind in LIFELONG
        for claim in claims.get(kind, ())
        if claim.group == best[kind].group
    ]
