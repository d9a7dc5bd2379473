"""How good the data of the index are, and what they teach: from counts, nothing else.

``counting`` says how the counts come about. What is learned here stands in the model in force and
changes only with it: a verdict never depends on what was counted a minute ago.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from lianyi.projections.identity.counting import Counts, Fault, Tally, Value
from lianyi.projections.identity.rarity import ValueCounts
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.traits import LocalDefaults
from lianyi.projections.identity.values.births import default_dates


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when on a value says nothing about a person.

    Attributes:
        number_persons: a number of so many persons was filled in for nobody.
        phone_persons: a telephone of so many is the ward's or the village doctor's...
        phone_share: ...and of at least this share of all persons.
        address_persons: an address, written the same, of so many is the hospital's own...
        address_share: ...and of at least this share of all persons.
        name_persons: a name of so many is a placeholder...
        name_bare_share: ...if of this share of them nothing else is known.
        birth_records: a date in fewer records is never called a default...
        birth_times: ...nor one that is not so many times as frequent as its neighbours.
    """

    number_persons: int = 20
    phone_persons: int = 100
    phone_share: float = 0.0002
    address_persons: int = 200
    address_share: float = 0.002
    name_persons: int = 30
    name_bare_share: float = 0.9
    birth_records: int = 30
    birth_times: float = 12.0


USUAL: Final = Limits()


def _default_dates(counts: Counts, limits: Limits) -> frozenset[str]:
    return default_dates(
        {date: tally.count for date, tally in counts.births.items()},
        times_expected=limits.birth_times,
        least=limits.birth_records,
    )


def learned_defaults(counts: Counts, limits: Limits = USUAL) -> LocalDefaults:
    """Find the values that say nothing at this hospital."""

    def at_least(kind: Value, persons: int, share: float = 0.0) -> frozenset[str]:
        least = max(persons, counts.persons * share)
        return frozenset(value for value, tally in counts.crowded(kind) if tally.count >= least)

    names = frozenset(
        value
        for value, tally in counts.crowded(Value.NAME)
        if tally.count >= limits.name_persons and tally.bare >= limits.name_bare_share * tally.count
    )
    return LocalDefaults(
        ids=at_least(Value.NUMBER, limits.number_persons),
        dates=_default_dates(counts, limits),
        phones=at_least(Value.PHONE, limits.phone_persons, limits.phone_share),
        names=names,
        addresses=at_least(Value.ADDRESS_TEXT, limits.address_persons, limits.address_share),
    )


def value_counts(counts: Counts) -> ValueCounts:
    """Give how many persons have each crowded value, as scores ask for it."""

    def of(kind: Value) -> dict[str, int]:
        return {value: tally.count for value, tally in counts.crowded(kind)}

    return ValueCounts(
        counts.persons,
        of(Value.PHONE),
        of(Value.ADDRESS),
        of(Value.NUMBER),
        of(Value.NAME),
    )


class Words(NamedTuple):
    """What was found, in Chinese and English."""

    zh: str
    en: str


class Finding(msgspec.Struct, frozen=True):
    """Something about the data that somebody should see.

    Attributes:
        kind: a ``Fault``, or ``shared-phone``, ``shared-address``, ``shared-number``,
            ``default-birth``.
        zh: what it is, in Chinese.
        en: likewise, in English.
        count: of records; of a shared value, of persons.
        of: of how many: all records of the source; all persons.
        source: whose records; empty where they are of all sources.
        value: the value that is shared; it is somebody's, and shown only to who may see them.
        examples: some of the records.
    """

    kind: str
    zh: str
    en: str
    count: int
    of: int
    source: str = ""
    value: str = ""
    examples: tuple[RecordKey, ...] = ()


FAULT_WORDS: Final[Mapping[Fault, Words]] = {
    Fault.DUPLICATE: Words("同一人在本系统中有重复建档", "a second record of one person"),
    Fault.NO_NAME: Words("缺姓名", "no name"),
    Fault.NO_SEX: Words("缺性别", "no sex"),
    Fault.NO_BIRTH: Words("缺出生日期或为默认日期", "no date of birth, or a form's default"),
    Fault.NO_NUMBER: Words("缺证件号码", "no identity number"),
    Fault.NO_PHONE: Words("缺可用的电话", "no telephone that can be called"),
    Fault.NO_ADDRESS: Words("缺住址", "no address"),
    Fault.PLACEHOLDER_NAME: Words(
        "姓名栏填的是占位词，且未标明身份不明", "a placeholder typed as a name, not marked unknown"
    ),
    Fault.LOST_CHARACTER: Words("姓名中有丢失的字", "a character of the name was lost"),
    Fault.PLACEHOLDER_NUMBER: Words("证件号码栏填的是占位值", "a placeholder typed as a number"),
    Fault.PLACEHOLDER_PHONE: Words("电话栏填的不是电话号码", "no telephone number typed as one"),
    Fault.WRONG_CHECK_DIGIT: Words(
        "证件号码校验不通过", "an identity number whose check digit or date is wrong"
    ),
    Fault.IMPOSSIBLE_BIRTH: Words(
        "出生日期无法识别或在登记日之后", "a date of birth that is unreadable or in the future"
    ),
    Fault.BIRTH_AGAINST_NUMBER: Words(
        "出生日期与证件号码不符", "a date of birth that its identity number contradicts"
    ),
    Fault.SEX_AGAINST_NUMBER: Words(
        "性别与证件号码不符", "a sex that its identity number contradicts"
    ),
}
"""Each fault in words."""
SHARED_WORDS: Final[Mapping[Value, Words]] = {
    Value.PHONE: Words("多人共用同一电话", "one telephone of many persons"),
    Value.ADDRESS: Words("多人共用同一住址", "one address of many persons"),
    Value.NUMBER: Words("多人共用同一证件号码且姓名不同", "one number of persons of several names"),
}
"""Each shared value in words. Several names beside one number within *one* person are told by her
golden record."""
DEFAULT_BIRTH: Final = Words(
    "出现过多、疑为默认值的出生日期", "a date of birth too frequent to be true"
)
FINDINGS_MAX: Final = 100
"""Of each kind of shared value so many are told, the most crowded."""


def findings(counts: Counts, limits: Limits = USUAL) -> tuple[Finding, ...]:
    """Tell what was found: the faults by kind and source, then the shared values."""
    return (*_faults(counts), *_shared(counts), *_births(counts, limits))


def _faults(counts: Counts) -> Iterator[Finding]:
    for fault, words in FAULT_WORDS.items():
        for source in sorted(counts.records):
            tally = counts.faults.get((fault, source))
            if tally:
                yield Finding(
                    fault.value,
                    words.zh,
                    words.en,
                    tally.count,
                    counts.records[source],
                    source,
                    examples=tally.examples,
                )


def _shared(counts: Counts) -> Iterator[Finding]:
    for kind, words in SHARED_WORDS.items():
        told = (
            (value, tally)
            for value, tally in counts.crowded(kind)
            if kind is not Value.NUMBER or _names_beside(tally) > 1
        )
        for _, (value, tally) in zip(range(FINDINGS_MAX), told, strict=False):
            yield Finding(
                f"shared-{kind.value}",
                words.zh,
                words.en,
                tally.count,
                counts.persons,
                value=value,
                examples=tally.examples,
            )


def _names_beside(tally: Tally) -> int:
    """How many names stand beside a number; one in letters is no other than one in characters."""
    latin = sum(name.isascii() for name in tally.names)
    return max(latin, len(tally.names) - latin)


def _births(counts: Counts, limits: Limits) -> Iterator[Finding]:
    found = _default_dates(counts, limits)
    records = sum(counts.records.values())
    ordered = sorted(found, key=lambda date: (-counts.births[date].count, date))
    for date in ordered[:FINDINGS_MAX]:
        tally = counts.births[date]
        yield Finding(
            "default-birth",
            DEFAULT_BIRTH.zh,
            DEFAULT_BIRTH.en,
            tally.count,
            records,
            value=date,
            examples=tally.examples,
        )
