"""What was said of a record means the same, in whatever order and however often it came."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.projections.identity.people import citizen
from tests.unit.projections.identity.sayings import at, say, sayings, unhurried

from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.folding import FieldValue, Saying, content_of, fold
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name
from lianyi.projections.identity.traits import read_registration

PHONE, OTHER_PHONE = "15412987326", "15412987327"
CARD = citizen()
INSURANCE = Identifier(IdKind.INSURANCE, "88001")


def texts(names: tuple[Name, ...]) -> list[tuple[str, str]]:
    return [(name.text, name.use) for name in names]


@unhurried
@given(st.lists(sayings(), min_size=1, max_size=6), st.data())
def test_neither_order_nor_repetition_counts(said: list[Saying], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(said), max_size=4))
    shuffled = data.draw(st.permutations(said + again))
    assert fold(shuffled) == fold(said)


@unhurried
@given(st.lists(sayings(), min_size=1, max_size=6), st.data())
def test_one_content_said_twice_is_one_saying_that_lasted(
    said: list[Saying], data: st.DataObject
) -> None:
    """Each saying, cut into the times at which it was said, means what it meant."""
    cut = []
    for one in said:
        parts = [replace(one, last_at=one.first_at), replace(one, first_at=one.last_at)]
        cut += data.draw(st.sampled_from([parts, [one], [one, parts[0]], [*parts, one]]))
    assert fold(data.draw(st.permutations(cut))) == fold(said)


@unhurried
@given(st.lists(sayings(), min_size=1, max_size=6))
def test_what_stands_comes_first_and_was_said_by_somebody(said: list[Saying]) -> None:
    record = fold(said)
    for field in record.__struct_fields__[4:]:
        heard: tuple[FieldValue[object], ...] = getattr(record, field)
        stands = [one.stands for one in heard]
        assert stands == sorted(stands, reverse=True)
        assert all(record.first_at <= one.first_at <= one.last_at for one in heard)
        assert all(one.last_at <= record.last_at for one in heard)
    spoken = {name.text for one in said for name in one.said.registration.names}
    assert {name.text for name in record.registration.names} <= spoken
    assert {heard.value.text for heard in record.names} == spoken


@unhurried
@given(sayings())
def test_what_was_said_once_is_what_stands(said: Saying) -> None:
    once, record = said.said.registration, fold([said]).registration
    assert (record.sex, record.born, record.mother) == (once.sex, once.born, once.mother)
    assert record.phones == tuple(dict.fromkeys(once.phones))
    assert set(record.flags) == set(once.flags)


def test_a_field_has_what_was_said_last_and_keeps_what_it_had() -> None:
    record = fold(
        [say(2, phones=(OTHER_PHONE,)), say(1, "王小明", phones=(PHONE,)), say(3, sex="1")]
    )
    assert record.registration.phones == (OTHER_PHONE,)
    assert record.registration.sex == "1"
    assert [(one.value, one.last_at, one.stands) for one in record.phones] == [
        (OTHER_PHONE, at(2), True),
        (PHONE, at(1), False),
    ]
    assert record.registration.received_at == record.last_at == at(3)
    assert record.first_at == at(1)


def test_a_late_message_says_nothing_about_now() -> None:
    now = [say(5, "王小明", phones=(PHONE,))]
    late = say(1, "王晓明", phones=(OTHER_PHONE,))
    assert fold([*now, late]).registration.phones == (PHONE,)
    assert texts(fold([*now, late]).registration.names)[0] == ("王小明", "official")


def test_a_content_said_again_is_newer_than_what_came_between() -> None:
    record = fold([say(1, born="19800315", until=3), say(2, born="19800316")])
    assert record.registration.born == "19800315"
    assert (record.born[0].first_at, record.born[0].last_at) == (at(1), at(3))


def test_a_cleared_field_is_empty_until_somebody_fills_it() -> None:
    said = [say(1, "王小明", phones=(PHONE,)), say(2, cleared=("phones",))]
    assert fold(said).registration.phones == ()
    assert [one.stands for one in fold(said).phones] == [False]
    assert fold([*said, say(3, phones=(OTHER_PHONE,))]).registration.phones == (OTHER_PHONE,)


def test_a_saying_that_fills_and_clears_a_field_fills_it() -> None:
    record = fold([say(1, sex="1"), say(2, sex="2", cleared=("sex",))])
    assert record.registration.sex == "2"


def test_a_changed_name_still_matches() -> None:
    record = fold([say(1, "王小明", born="19800315"), say(2, "李小明", born="19800315")])
    assert texts(record.registration.names) == [("李小明", "official"), ("王小明", "old")]
    before = fold([say(1, "王小明", born="19800315")])
    keys = [set(blocking_keys(read_registration(one.registration))) for one in (record, before)]
    assert keys[1] <= keys[0]


def test_an_earlier_writing_of_the_same_name_is_no_other_name() -> None:
    assert texts(fold([say(1, "陳靜"), say(2, "陈静")]).registration.names) == [
        ("陈静", "official")
    ]


@pytest.mark.parametrize("placeholder", ["无名氏", "王丽之子", "测试"])
def test_no_placeholder_becomes_an_old_name(placeholder: str) -> None:
    record = fold([say(1, placeholder), say(2, "王小明")])
    assert texts(record.registration.names) == [("王小明", "official")]
    assert [one.value.text for one in record.names] == ["王小明", placeholder]


def test_who_was_identified_wrongly_is_unknown_again() -> None:
    record = fold([say(1, "王小明"), say(2, "无名氏", flags=(Flag.UNKNOWN,))])
    assert texts(record.registration.names) == [("无名氏", "official")]
    assert read_registration(record.registration).is_unknown


@pytest.mark.parametrize("flag", [Flag.NEWBORN, Flag.UNKNOWN, Flag.ALIAS, Flag.TEST])
def test_a_real_name_ends_a_flag_about_who_it_is(flag: Flag) -> None:
    marked = say(1, "王丽之子", flags=(flag,))
    assert fold([marked]).registration.flags == (flag,)
    assert fold([marked, say(2, phones=(PHONE,))]).registration.flags == (flag,)
    assert fold([marked, say(2, "王丽之大子")]).registration.flags == (flag,)
    assert fold([marked, say(2, "王小明")]).registration.flags == ()
    assert fold([marked, say(2, "王小明", flags=(flag,))]).registration.flags == (flag,)
    assert [one.stands for one in fold([marked, say(2, "王小明")]).flags] == [False]


def test_a_date_said_without_doubt_is_no_guess() -> None:
    guess = say(1, "王小明", born="1980", flags=(Flag.ESTIMATED_BIRTH,))
    assert fold([guess, say(2, "王小明")]).registration.flags == (Flag.ESTIMATED_BIRTH,)
    assert fold([guess, say(2, born="19800315")]).registration.flags == ()


@pytest.mark.parametrize("flag", [Flag.DECEASED, Flag.STILLBORN, Flag.VIP])
def test_death_and_secrecy_hold_until_they_are_cleared(flag: Flag) -> None:
    marked = say(1, "王小明", flags=(flag,))
    assert fold([marked, say(2, "王小明")]).registration.flags == (flag,)
    assert fold([marked, say(2, "王小明", cleared=("flags",))]).registration.flags == ()


def test_kinds_of_identifiers_are_fields_of_their_own() -> None:
    first = say(1, "王小明", identifiers=(CARD,))
    assert fold([first, say(2, identifiers=(INSURANCE,))]).registration.identifiers == (
        INSURANCE,
        CARD,
    )
    corrected = citizen(order=321)
    record = fold([first, say(2, identifiers=(corrected,))])
    assert record.registration.identifiers == (corrected,)
    assert [one.value for one in record.identifiers if not one.stands] == [CARD]
    assert fold([first, say(2, cleared=("identifiers",))]).registration.identifiers == ()


def test_cards_of_two_hospitals_stand_beside_each_other() -> None:
    cards = [Identifier(IdKind.HOSPITAL_CARD, "1", issuer) for issuer in "AB"]
    record = fold([say(day, identifiers=(card,)) for day, card in enumerate(cards)])
    assert set(record.registration.identifiers) == set(cards)


def test_a_number_keeps_what_was_known_of_it() -> None:
    read = Identifier(
        IdKind.CITIZEN, CARD.value, valid_until=date(2030, 1, 1), capture="reader", status="active"
    )
    again = Identifier(IdKind.CITIZEN, CARD.value.lower(), capture="typed")
    record = fold([say(1, identifiers=(read,)), say(2, identifiers=(again,))])
    (number,) = record.registration.identifiers
    assert number == replace(read, value=again.value)
    (heard,) = record.identifiers
    assert (heard.capture, heard.first_at, heard.last_at) == ("reader", at(1), at(2))


def test_what_was_said_beside_a_card_that_was_read_bears_its_proof() -> None:
    read = replace(CARD, capture="reader", valid_until=date(2030, 1, 1))
    record = fold([say(1, "王小明", identifiers=(read,)), say(2, "王小明")])
    assert (record.names[0].capture, record.names[0].card_until) == ("reader", date(2030, 1, 1))
    card = Identifier(IdKind.HOSPITAL_CARD, "1", "A", capture="reader")
    assert fold([say(1, "王小明", identifiers=(card,))]).names[0].capture == ""


def test_a_content_is_what_is_said_and_by_whom_and_not_when() -> None:
    said = say(1, "王小明")
    received = replace(said.said.registration, received_at=at(9))
    later = replace(say(4, "王小明"), said=replace(say(4, "王小明").said, registration=received))
    assert content_of(said) == content_of(later)
    assert content_of(said) != content_of(replace(said, channel="other"))
    assert content_of(said) != content_of(say(1, "王小明", cleared=("sex",)))


def test_a_fold_is_of_one_record() -> None:
    with pytest.raises(ValueError, match="one record"):
        fold([])
    with pytest.raises(ValueError, match="one record"):
        fold([say(1, "王小明"), say(1, "王小明", record=("HIS", "2"))])
