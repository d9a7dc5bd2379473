"""What is counted is exact, however the stream is cut; what is told and learned follows from it."""

from __future__ import annotations

import re
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.projections.identity.people import HOME, PHONE, citizen
from tests.unit.projections.identity.sayings import START, registrations, unhurried

from lianyi.projections.identity.counting import (
    EXAMPLES_MAX,
    LEAST,
    Counts,
    Fault,
    Person,
    Sketch,
    Tally,
    Value,
    count,
    sketch,
)
from lianyi.projections.identity.quality import (
    FAULT_WORDS,
    Finding,
    findings,
    learned_defaults,
    value_counts,
)
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name, Registration
from lianyi.projections.identity.traits import read_registration
from lianyi.projections.identity.values.births import read_birth

CELLS = 1 << 10
WORDS = re.compile("[\u4e00-\u9fff]")
CARD = citizen("19800315", 123)


def patient(mrn: int, name: str = "王小明", source: str = "HIS", **facts: Any) -> Registration:
    """A patient of whom everything is known; what is given replaces it."""
    usual: dict[str, Any] = {
        "names": (Name(name),) if name else (),
        "sex": "1",
        "born": "19800315",
        "identifiers": (CARD,),
        "phones": (PHONE,),
        "addresses": (HOME,),
        "received_at": START,
    }
    return Registration(source, f"{mrn:05}", **(usual | facts))


def looked_at(persons: list[Person]) -> Counts:
    return count(persons, sketch(persons, cells=CELLS))


def told(persons: list[Person]) -> dict[tuple[str, str], Finding]:
    """What is told, by kind and value."""
    return {(one.kind, one.value): one for one in findings(looked_at(persons))}


def as_told(counts: Counts) -> tuple[Any, ...]:
    crowded = [list(counts.crowded(kind)) for kind in Value]
    return counts.persons, counts.records, counts.faults, counts.births, crowded


@st.composite
def crowds(draw: st.DrawFn) -> list[Person]:
    """Persons of whom some values are in many."""
    kinds = draw(st.lists(st.lists(registrations, min_size=1, max_size=2), max_size=3))
    persons: list[Person] = []
    for kind in kinds:
        for _ in range(draw(st.sampled_from([1, 4, 5, 19, 20]))):
            start = 10 * len(persons)
            persons.append([replace(one, mrn=f"{start + at:05}") for at, one in enumerate(kind)])
    return persons


@unhurried
@given(crowds(), st.integers(0, 1000))
def test_parts_in_any_order_add_up_to_the_whole(persons: list[Person], seed: int) -> None:
    whole = looked_at(persons)
    chance = Random(seed)
    shuffled = chance.sample(persons, len(persons))
    cut = chance.randint(0, len(persons))
    parts = [shuffled[:cut], shuffled[cut:]]
    crowd = sketch(parts[0], cells=CELLS) + sketch(parts[1], cells=CELLS)
    sum_of_parts = count(parts[1], crowd) + count(parts[0], crowd)
    assert as_told(sum_of_parts) == as_told(whole)
    assert findings(sum_of_parts) == findings(whole)


@unhurried
@given(crowds(), st.sampled_from([4, 64, CELLS]))
def test_crowded_values_are_counted_exactly_however_small_the_sketch(
    persons: list[Person], cells: int
) -> None:
    counts = count(persons, sketch(persons, cells=cells))
    phones: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for person in persons:
        read = [read_registration(replace(said, received_at=None)) for said in person]
        phones.update({phone.digits for one in read for phone in one.phones})
        names.update({one.name.key for one in read if one.name.kind > 1})
    for kind, exact in ((Value.PHONE, phones), (Value.NAME, names)):
        found = {value: tally.count for value, tally in counts.crowded(kind)}
        assert found == {value: n for value, n in exact.items() if n >= LEAST[kind]}


@unhurried
@given(st.lists(st.tuples(st.sampled_from(Value), st.text(max_size=3), st.integers(1, 300))))
def test_a_sketch_never_thinks_a_value_less_crowded_than_it_is(
    added: list[tuple[Value, str, int]],
) -> None:
    crowd, exact = Sketch(16), Counter[tuple[Value, str]]()
    for kind, value, times in added:
        for _ in range(times):
            crowd.add(kind, value)
        exact[kind, value] += times
    assert all(
        crowd.is_crowded(kind, value) for (kind, value), n in exact.items() if n >= LEAST[kind]
    )


def test_a_large_sketch_does_not_keep_what_is_rare() -> None:
    persons: list[Person] = [
        [patient(n, phones=(f"154{n:08}",), identifiers=(citizen(order=n),))] for n in range(1, 500)
    ]
    counts = count(persons, sketch(persons, cells=1 << 16))
    kept = [kind for kind, _ in counts.values if kind in (Value.PHONE, Value.NUMBER)]
    assert len(kept) < 5


def test_sketches_are_of_one_size() -> None:
    with pytest.raises(ValueError, match="sizes"):
        Sketch(16) + Sketch(32)
    with pytest.raises(ValueError, match="power of two"):
        Sketch(15)


FAULTS = [
    ("无姓名", Fault.NO_NAME, patient(1, "")),
    ("性别不详", Fault.NO_SEX, patient(1, sex="9")),
    ("无生日", Fault.NO_BIRTH, patient(1, born="")),
    ("默认生日", Fault.NO_BIRTH, patient(1, born="19000101")),
    (
        "只有就诊卡",
        Fault.NO_NUMBER,
        patient(1, identifiers=(Identifier(IdKind.HOSPITAL_CARD, "1"),)),
    ),
    ("无电话", Fault.NO_PHONE, patient(1, phones=())),
    ("无住址", Fault.NO_ADDRESS, patient(1, addresses=("",))),
    ("占位姓名", Fault.PLACEHOLDER_NAME, patient(1, "无名氏")),
    ("丢字", Fault.LOST_CHARACTER, patient(1, "李?")),
    (
        "占位证件号",
        Fault.PLACEHOLDER_NUMBER,
        patient(1, identifiers=(replace(CARD, value="未带"),)),
    ),
    ("占位电话", Fault.PLACEHOLDER_PHONE, patient(1, phones=(PHONE, "13800000000"))),
    (
        "校验位错",
        Fault.WRONG_CHECK_DIGIT,
        patient(1, identifiers=(replace(CARD, value="990102198003151231"),)),
    ),
    ("生日不存在", Fault.IMPOSSIBLE_BIRTH, patient(1, born="19800230")),
    ("生日在未来", Fault.IMPOSSIBLE_BIRTH, patient(1, born="20990101")),
    ("生日与证件号不符", Fault.BIRTH_AGAINST_NUMBER, patient(1, born="19800316")),
    ("性别与证件号不符", Fault.SEX_AGAINST_NUMBER, patient(1, sex="2")),
]


@pytest.mark.parametrize(
    ("fault", "said"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_a_fault_is_found_in_the_record_that_has_it(fault: Fault, said: Registration) -> None:
    found = told([[patient(2)], [said]])
    one = found[fault.value, ""]
    assert (one.count, one.of, one.source, one.examples) == (1, 2, "HIS", (said.key,))


def test_a_whole_record_has_no_fault() -> None:
    assert told([[patient(1)]]) == {}


def test_every_fault_has_a_case_and_words() -> None:
    assert {row[1] for row in FAULTS} | {Fault.DUPLICATE} == set(Fault)
    assert FAULT_WORDS.keys() == set(Fault)
    assert all(WORDS.search(zh) and not WORDS.search(en) for zh, en in FAULT_WORDS.values())


def test_an_unknown_patient_is_no_placeholder() -> None:
    unknown = patient(1, "无名氏", flags=(Flag.UNKNOWN,))
    assert (Fault.PLACEHOLDER_NAME.value, "") not in told([[unknown]])


def test_a_second_record_of_one_source_is_a_duplicate() -> None:
    twice = [patient(2), patient(1), patient(1, source="EMR")]
    one = told([twice, [patient(3)]])["duplicate", ""]
    assert (one.count, one.of, one.source, one.examples) == (1, 3, "HIS", (("HIS", "00002"),))


def test_a_number_with_several_names_is_told() -> None:
    persons: list[Person] = [[patient(1)], [patient(2, "王小红")]]
    one = told(persons)["shared-number", CARD.value]
    assert (one.count, one.of) == (2, 2)
    assert one.examples == (("HIS", "00001"), ("HIS", "00002"))


@pytest.mark.parametrize("other", ["王小明", "WANG XIAOMING", "王丽之子", "无名氏", "王小?"])
def test_a_number_with_one_name_is_not_told(other: str) -> None:
    assert ("shared-number", CARD.value) not in told([[patient(1)], [patient(2, other)]])


def test_card_numbers_of_two_hospitals_are_not_one_number() -> None:
    persons: list[Person] = [
        [patient(n, name, identifiers=(Identifier(IdKind.HOSPITAL_CARD, "880012", issuer),))]
        for n, (name, issuer) in enumerate([("王小明", "A"), ("李丽", "B")])
    ]
    assert ("shared-number", "880012") not in told(persons)


def test_a_telephone_and_a_home_of_many_are_told_the_most_crowded_first() -> None:
    persons: list[Person] = [
        [patient(n, identifiers=(citizen(order=n),), phones=(PHONE if n < 13 else "15412987327",))]
        for n in range(1, 19)
    ]
    found = findings(looked_at(persons))
    shared = [(one.kind, one.value, one.count) for one in found if one.kind.startswith("shared")]
    assert shared[:2] == [
        ("shared-phone", PHONE, 12),
        ("shared-phone", "15412987327", 6),
    ]
    assert [(kind, n) for kind, _, n in shared[2:]] == [("shared-address", 18)]
    assert all(len(one.examples) <= EXAMPLES_MAX for one in found)


def ordinary(numbers: range) -> list[Person]:
    """Persons whose values are their own, born over three years."""
    return [
        [
            patient(
                n,
                f"王{chr(0x4E00 + n)}",
                born=f"{1980 + n % 3}{1 + n % 12:02}{2 + n % 27:02}",
                identifiers=(Identifier(IdKind.PASSPORT, f"E{n:08}"),),
                phones=(f"154{n * 7919 % 10**8:08}",),
                addresses=(f"云溪市滨江区解放路{n}号",),
            )
        ]
        for n in numbers
    ]


def test_defaults_of_the_hospital_are_learned() -> None:
    ward = "05538701234"
    filled = [
        [
            patient(
                n,
                "路过客" if n % 2 else f"李{chr(0x4E00 + n)}",
                born="19810607" if n % 2 == 0 else "",
                identifiers=() if n % 2 else (Identifier(IdKind.CITIZEN, "990102198106070016"),),
                phones=() if n % 2 else (ward,),
                addresses=("云溪市滨江区滨江大道1号",),
            )
        ]
        for n in range(5000, 5300)
    ]
    persons: list[Person] = [*ordinary(range(2000)), *filled]
    counts = looked_at(persons)
    learned = learned_defaults(counts)
    assert learned.phones == {ward}
    assert learned.dates == {"19810607"}
    assert learned.names == {"路过客"}
    assert learned.addresses == {"云溪市滨江区滨江大道1号"}
    assert learned.ids == {"990102198106070016"}
    assert read_birth("1981-06-07", defaults=learned.dates).is_default
    assert read_registration(filled[1][0], learned).is_unknown
    (told_birth,) = [one for one in findings(counts) if one.kind == "default-birth"]
    assert (told_birth.value, told_birth.count, told_birth.of) == ("19810607", 150, 2300)


def test_a_common_name_is_no_default() -> None:
    persons = [[replace(person[0], names=(Name("王伟"),))] for person in ordinary(range(200))]
    counts = looked_at(persons)
    assert learned_defaults(counts).names == frozenset()
    assert value_counts(counts).names == {"王伟": 200}


def test_ordinary_people_teach_nothing() -> None:
    counts = looked_at(ordinary(range(1500)))
    assert learned_defaults(counts) == type(learned_defaults(counts))()
    assert value_counts(counts).persons == 1500
    assert not value_counts(counts).phones


def test_counts_are_of_persons_and_not_of_records() -> None:
    persons: list[Person] = [
        [patient(n, identifiers=(citizen(order=n),)), patient(n, source="EMR")]
        for n in range(1, 21)
    ]
    counted = value_counts(looked_at(persons))
    assert counted.persons == 20
    assert counted.phones == {PHONE: 20}
    assert counted.names == {"王小明": 20}
    assert counted.identifiers == {CARD.value: 20}


def test_tallies_keep_the_records_that_sort_first() -> None:
    tally = Tally()
    for n in (7, 3, 9, 1, 5, 8, 2):
        tally.see(("HIS", str(n)))
    assert tally.count == 7
    assert tally.examples == tuple(("HIS", str(n)) for n in (1, 2, 3, 5, 7))
