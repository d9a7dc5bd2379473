"""What is held true of a person: each rule, in any order, and for whoever may see only a part."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.projections.identity.people import HOME, PHONE, citizen
from tests.unit.projections.identity.sayings import record, say, sayings, unhurried
from tests.unit.projections.identity.test_survivorship import CARD, FIFTEEN, RANKS, READ, first_of

from lianyi.projections.identity.folding import Saying, SourceRecord, fold
from lianyi.projections.identity.golden import (
    GoldenRecord,
    digest,
    from_json,
    golden,
    to_json,
    without,
)
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Registration
from lianyi.projections.identity.statements import Registered
from lianyi.projections.identity.survivorship import Rule
from lianyi.projections.identity.traits import LocalDefaults

R = record


def test_a_value_is_quoted_from_the_record_that_proves_it_best() -> None:
    held = golden([R("B", 9, "王小明"), R("A", 1, "王小明", identifiers=(READ,), sex="1")])
    assert held.name is not None
    assert (held.name.source, held.name.mrn, held.name.authority) == ("A", "1", "A")
    assert held.name.said_at.day == 2
    assert held.records == (("A", "1"), ("B", "1"))


def test_every_other_name_is_kept_and_says_what_it_was() -> None:
    held = golden(
        [
            fold([say(1, "王小明"), say(5, "李小明")]),
            R("B", 2, "WANG XIAOMING"),
            R("C", 3, "无名氏"),
        ]
    )
    assert held.name is not None
    assert held.name.value.text == "李小明"
    names = [(one.value.text, one.value.use, one.source) for one in held.other_names]
    assert names == [("WANG XIAOMING", "official", "B"), ("王小明", "old", "HIS")]


def test_a_number_is_told_with_its_issuer_validity_status_and_capture() -> None:
    card = Identifier(IdKind.HOSPITAL_CARD, "1", "A", "active", date(2030, 1, 1), "reader")
    held = golden([R("A", 1, identifiers=(card, CARD)), R("B", 1, identifiers=(CARD,))])
    assert [one.value for one in held.identifiers["hospital-card"]] == [card]
    assert list(held.identifiers) == ["citizen", "hospital-card"]


def test_a_date_and_a_sex_follow_the_number_that_is_held_true() -> None:
    """Two valid numbers came into one person by hand: all that is said follows one of them."""
    other = citizen("19810417", 124)
    held = golden([R("A", 1, identifiers=(replace(other, capture="reader"),)),
                   R("B", 2, identifiers=(CARD,)), R("C", 2, identifiers=(CARD,))])  # fmt: skip
    assert first_of(held, "citizen") == (other.value, Rule.READER)
    assert first_of(held, "born")[0] == "19810417"
    assert first_of(held, "sex")[0] == "F"
    assert [one.field for one in held.conflicts] == ["identifiers.citizen"]


def test_what_the_records_do_not_agree_on_is_told() -> None:
    held = golden(
        [
            R("A", 1, "王小明", sex="1", born="19800315", birth_order=1),
            R("B", 2, "王晓明", sex="2", born="19800316", birth_order=1),
            R("C", 3, "王小明", sex="1", born="1980"),
        ]
    )
    told = {one.field: [voice.value for voice in one.values] for one in held.conflicts}
    assert told == {
        "name": ["王小明", "王晓明"],
        "sex": ["M", "F"],
        "born": ["19800316", "19800315"],
    }
    assert held.conflicts[0].values[0].records == (("A", "1"), ("C", "1"))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (R("A", 1, "王小明"), R("B", 2, "无名氏")),
        (R("A", 1, "王小明"), R("B", 2, "李丽之子")),
        (R("A", 1, "李䶮"), R("B", 2, "李?")),
        (R("A", 1, "王小明"), R("B", 2, "Wang Xiaoming")),
        (R("A", 1, "陈静"), R("B", 2, "陳靜")),
        (R("A", 1, born="19800315"), R("B", 2, born="198003")),
        (R("A", 1, born="19800315"), R("B", 2, born="19800101")),
        (R("A", 1, identifiers=(CARD,)), R("B", 2, identifiers=(FIFTEEN,))),
        (R("A", 1, phones=(PHONE,)), R("B", 2, phones=("15412987327",))),
    ],
    ids=["占位名", "新生儿", "缺字", "拼音", "繁体", "只有年月", "只有年份", "十五位", "两个电话"],
)
def test_saying_less_is_no_conflict(a: SourceRecord, b: SourceRecord) -> None:
    assert golden([a, b]).conflicts == ()


def test_what_the_hospital_learned_to_be_a_default_is_never_held_true() -> None:
    learned = LocalDefaults(
        ids=frozenset({CARD.value}),
        dates=frozenset({"19850607"}),
        phones=frozenset({PHONE}),
        names=frozenset({"路过客"}),
        addresses=frozenset({HOME}),
    )
    bare = R("A", 9, "路过客", born="19850607", phones=(PHONE,), addresses=(HOME,),
             identifiers=(CARD,))  # fmt: skip
    held = golden([bare, R("B", 1, "王小明")], learned=learned)
    assert first_of(held, "name") == ("王小明", Rule.REAL)
    assert held.born is None
    assert held.identifiers == {}
    assert (held.phones, held.addresses, held.sex) == ((), (), None)


def people(least: int = 1) -> st.SearchStrategy[list[SourceRecord]]:
    """The records of one person, each of another source."""

    def apart(said: list[list[Saying]]) -> list[SourceRecord]:
        records = []
        for place, one in enumerate(said):
            own = [
                replace(
                    saying,
                    said=replace(
                        saying.said,
                        registration=replace(saying.said.registration, source="ABCD"[place]),
                    ),
                )
                for saying in one
            ]
            records.append(fold(own))
        return records

    one = st.lists(sayings(), min_size=1, max_size=3)
    return st.lists(one, min_size=least, max_size=4).map(apart)


@unhurried
@given(people(), st.data())
def test_the_order_of_the_records_does_not_count(
    records: list[SourceRecord], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(records))
    assert digest(golden(shuffled, ranks=RANKS)) == digest(golden(records, ranks=RANKS))


@unhurried
@given(people())
def test_a_golden_record_is_read_as_it_was_written(records: list[SourceRecord]) -> None:
    held = golden(records)
    assert from_json(to_json(held)) == held
    assert to_json(from_json(to_json(held))) == to_json(held)


def marked(registration: Registration, mark: str) -> Registration:
    """The registration with a mark of its own in every text that it says."""
    return replace(
        registration,
        names=tuple(replace(name, text=name.text + mark) for name in registration.names),
        identifiers=tuple(
            replace(one, value=one.value + mark, issuer=mark) for one in registration.identifiers
        ),
        phones=tuple(phone[:-4] + mark for phone in registration.phones),
        addresses=tuple(f"{mark}路{mark}号" for _ in registration.addresses),
        mother=Identifier(IdKind.OTHER, mark, mark),
        mother_name=mark,
    )


@unhurried
@given(people(least=2), st.sets(st.sampled_from("ABCD")))
def test_nothing_of_a_record_that_may_not_be_seen_is_in_the_result(
    records: list[SourceRecord], hidden: set[str]
) -> None:
    marks = {"A": "7701", "B": "7802", "C": "7903", "D": "7604"}
    said = [
        fold([Saying(Registered(registration, one.last_at, "A08"), one.first_at, one.last_at)])
        for one in records
        for registration in (marked(one.registration, marks[one.key[0]]),)
    ]
    part = to_json(golden(said, ranks=RANKS, sees=without(hidden)))
    seen = [one for one in said if without(hidden)(one)]
    assert part == to_json(golden(seen, ranks=RANKS))
    for source in hidden:
        assert marks[source].encode() not in part
        assert f'"{source}"'.encode() not in part


@unhurried
@given(people(least=2), people(least=2))
def test_what_may_not_be_seen_changes_nothing(
    records: list[SourceRecord], others: list[SourceRecord]
) -> None:
    """Whatever stands in the hidden records, the caller gets the same bytes."""
    hidden = without({"C", "D"})
    seen = [one for one in records if one.key[0] in "AB"]
    one_way = [*seen, *(one for one in records if one.key[0] in "CD")]
    other_way = [*seen, *(one for one in others if one.key[0] in "CD")]
    assert to_json(golden(one_way, sees=hidden)) == to_json(golden(other_way, sees=hidden))


def test_sensitive_authorities_and_vip_are_put_aside() -> None:
    """Also where a sensitive authority spoke first and another said the same after it."""

    def said(source: str, mrn: str, authority: str, day: int) -> list[Saying]:
        return [say(day, "王晓明", record=(source, mrn), authority=authority)]

    plain = R("A", 1, "王小明")
    vip = R("B", 2, "王晓明", flags=(Flag.VIP,))
    spoken = fold(said("C", "1", "PSYCHIATRY", 1))
    again = fold([*said("C", "2", "PSYCHIATRY", 1), *said("C", "2", "C", 2)])
    sees = without({"PSYCHIATRY", "D"})
    held = golden([plain, vip, spoken, again, R("D", 3, "王晓明")], sees=sees)
    assert held == golden([plain])
    assert golden([vip], sees=sees) == GoldenRecord()
