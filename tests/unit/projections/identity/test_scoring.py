"""What makes two registrations one person: numbers and names, never a telephone alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projections.identity.people import HOME, PHONE, candidate_pairs, citizen, someone

from lianyi.projections.identity.guards import Guard, Lane
from lianyi.projections.identity.model import shipped_model
from lianyi.projections.identity.rarity import ValueCounts, address_key
from lianyi.projections.identity.registration import Flag, Identifier, IdKind
from lianyi.projections.identity.scoring import Score, Scorer
from lianyi.projections.identity.traits import Traits, read_registration
from lianyi.projections.identity.values.births import BirthLevel
from lianyi.projections.identity.values.identifier_levels import IdLevel
from lianyi.projections.identity.values.name_levels import NameLevel
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings
from lianyi.simulate.city.traps import trap_pairs

SCORER = Scorer()
EAGER = Scorer(msgspec.structs.replace(shipped_model(), prior_bits=-8, review_bits=-12))
"""Asks about nearly everybody, so that marks must not tell."""
BARE: dict[str, Any] = {"identifiers": (), "phones": (), "addresses": ()}
OTHER = citizen(order=125)
TYPED_WRONG = Identifier(IdKind.CITIZEN, citizen().value[:-2] + "9" + citizen().value[-1])
CERTIFICATE = Identifier(IdKind.BIRTH_CERTIFICATE, "Y990012345")
CHILD: dict[str, Any] = {"born": "20240610", "identifiers": (), "flags": (Flag.NEWBORN,)}

AUTO = [
    ("证号与姓名", someone(phones=(), addresses=(), born="")),
    ("证号与姓名，生日错一位", someone(born="19800316", phones=(), addresses=())),
    ("证号与拼音姓名", someone("WANG Xiaoming", phones=())),
    ("证号与丢字姓名", someone("王?明", phones=())),
    ("十五位证号", someone(identifiers=(Identifier(IdKind.CITIZEN, "990102800315123"),))),
    ("证号录错一位", someone(identifiers=(TYPED_WRONG,), phones=(), addresses=())),
    ("姓名、生日与电话", someone(identifiers=(), addresses=())),
    ("姓名、生日与住址", someone(identifiers=(), phones=())),
    ("性别填错而证号相同", someone(sex="2", phones=(), addresses=())),
]


@pytest.mark.parametrize("other", [row[1] for row in AUTO], ids=[row[0] for row in AUTO])
def test_they_are_one_person(other: Traits) -> None:
    assert SCORER.score(someone(), other).lane is Lane.AUTO


def test_a_birthday_with_day_and_month_swapped_needs_telephone_and_home() -> None:
    one = someone(born="19800305", identifiers=())
    assert SCORER.score(one, someone(born="19800503", identifiers=())).lane is Lane.AUTO
    without = someone(born="19800503", identifiers=(), addresses=())
    assert SCORER.score(one, without).lane is Lane.REVIEW


MISHEARD = [
    ("同音", someone("李凯帆"), someone("黎凯帆")),
    ("同音，生日只在证号里", someone("李凯帆"), someone("黎凯帆", born="")),
    ("形近", someone("侯凯帆"), someone("候凯帆")),
    (
        "没有证号而电话住址相同",
        someone("李凯帆", identifiers=()),
        someone("黎凯帆", identifiers=()),
    ),
]


@pytest.mark.parametrize(
    ("one", "other"), [row[1:] for row in MISHEARD], ids=[row[0] for row in MISHEARD]
)
def test_a_surname_that_was_misheard_makes_no_second_person_on_one_birthday(
    one: Traits, other: Traits
) -> None:
    assert SCORER.score(one, other).lane is Lane.AUTO
    assert SCORER.score(other, one) == SCORER.score(one, other)


@pytest.mark.parametrize(
    "other",
    [
        someone("黎凯帆", born="19830607"),
        someone("黎凯帆", born="19830315"),
        someone("黎凯帆", sex="2"),
        someone("李楷帆"),
        someone("黎楷帆"),
        someone("黎凯帆", **BARE),
    ],
    ids=[
        "生日不同",
        "生日错一位",
        "性别不同",
        "名同音而姓相同",
        "姓名都同音",
        "没有证号与联系方式",
    ],
)
def test_names_that_sound_alike_are_asked_where_more_than_the_surname_differs(
    other: Traits,
) -> None:
    assert SCORER.score(someone("李凯帆"), other).lane is Lane.REVIEW


def test_one_name_and_number_beside_births_a_generation_apart_are_asked() -> None:
    father, son = someone(), someone(born="20100602")
    found = SCORER.score(father, son)
    assert (found.lane, found.guards) == (Lane.REVIEW, (Guard.CONTRADICTED,))
    assert SCORER.score(son, father) == found
    unsaid = someone(born="")  # its number says the father's day, and he has the son's
    assert SCORER.score(unsaid, son).guards == (Guard.CONTRADICTED,)
    assert SCORER.score(father, someone(born="19830602")).lane is Lane.AUTO


def test_one_name_and_number_beside_another_sex_and_birthday_are_asked() -> None:
    for other in (foreigner(sex="2", born="19831127"), foreigner(sex="2", born="")):
        assert SCORER.score(foreigner(), other).guards == (Guard.CONTRADICTED,)
    assert SCORER.score(foreigner(), foreigner(sex="2")).lane is Lane.AUTO
    assert SCORER.score(foreigner(), foreigner(born="19831127")).lane is Lane.AUTO
    assert SCORER.score(someone(), someone(sex="2", born="19830602")).lane is Lane.REVIEW
    assert SCORER.score(someone(), someone(sex="2", born="")).lane is Lane.AUTO  # the number says


@given(years=st.integers(0, 60), name=st.sampled_from(["王小明", "汪小明", "王晓明"]))
def test_the_years_between_two_births_only_ever_hold_a_pair_back(years: int, name: str) -> None:
    near = SCORER.score(someone(), someone(name))
    far = SCORER.score(someone(), someone(name, born=f"{1980 + years}0720"))
    assert far.lane <= near.lane


PASSPORT = Identifier(IdKind.PASSPORT, "E12345678", "XXX")
SWAPPED = Identifier(IdKind.PASSPORT, "E12345687", "XXX")
MISTYPED = Identifier(IdKind.PASSPORT, "E12845678", "XXX")
NEXT = Identifier(IdKind.PASSPORT, "E12345679", "XXX")
NO_HOUSE: dict[str, Any] = {"addresses": ()}


def foreigner(name: str = "Courtney Painter", number: Identifier = PASSPORT, **more: Any) -> Traits:
    return someone(name, identifiers=(number,), **{"born": "19800305", "phones": ()} | more)


@pytest.mark.parametrize(
    "other",
    [
        foreigner("Courtny Paintre", **NO_HOUSE),
        foreigner("Painter Kourtni"),
        foreigner("Zoe Painter"),
        foreigner("Courtny Paintre", born="19800503"),
        foreigner("Courtny Paintre", SWAPPED),
        foreigner("Courtny Paintre", MISTYPED),
        foreigner("Courtny Paintre", born="19800306"),
        foreigner("Painter", **NO_HOUSE),
    ],
    ids=[
        "two errors",
        "three errors",
        "one word",
        "day and month swapped",
        "digits swapped",
        "a digit",
        "a slip within the year",
        "a word missing",
    ],
)
def test_a_foreign_name_may_be_written_otherwise_beside_passport_and_birthday(
    other: Traits,
) -> None:
    assert SCORER.score(foreigner(), other).lane is Lane.AUTO


@pytest.mark.parametrize(
    "other",
    [
        foreigner("Zoe Painter", **NO_HOUSE),
        foreigner("Courtny Paintre", born="19820719"),
        foreigner("Courtny Paintre", born="19800503", **NO_HOUSE),
        foreigner("Courtny Paintre", NEXT),
        foreigner("Courtny Paintre", sex="2"),
        foreigner("Zoe Baker"),
        foreigner("Courtny Paintre", citizen()),
        foreigner("Zoe Painter", multiple_birth=True),
        foreigner("Courtny Paintre", born=""),
    ],
    ids=[
        "one word, no house",
        "a sister's passport",
        "swapped birthday, no house",
        "twins with consecutive passports",
        "the other sex",
        "another name",
        "another paper",
        "a twin",
        "no birthday",
    ],
)
def test_a_foreigner_s_relatives_are_held_back(other: Traits) -> None:
    assert SCORER.score(foreigner(), other).lane < Lane.AUTO


CALLED: dict[str, Any] = {"family": "Walpole"}
SLIP = foreigner("Laura Walpoe", family="Walpoe", born="")


@pytest.mark.parametrize(
    ("lane", "other"),
    [
        (Lane.AUTO, SLIP),
        (Lane.AUTO, foreigner("Laura Walpoe", family="Walpoe", born="19830305")),
        (Lane.AUTO, foreigner("Laura Walpoe", NEXT, family="Walpoe")),
        (Lane.AUTO, foreigner("Laura Brandt", family="Brandt", **NO_HOUSE)),
        (Lane.AUTO, foreigner("Laura Brandt", family="Brandt", born="19801305")),
        (Lane.AUTO, foreigner("Zoe Walpole", **CALLED, born="19801305")),
        (Lane.REVIEW, foreigner("Laura Walpoe", born="")),
        (Lane.REVIEW, foreigner("Lauran Walpole", **CALLED, born="")),
        (Lane.REVIEW, foreigner("Zoe Walpole", **CALLED, born="19801305", **NO_HOUSE)),
        (Lane.REVIEW, foreigner("Laura Walpoe", family="Walpoe", born="19520305")),
        (Lane.REVIEW, foreigner("Laura Walpoe", family="Walpoe", born="", sex="2")),
        (Lane.REVIEW, foreigner("Laura Brandt", family="Brandt", born="19840722")),
        (Lane.REVIEW, foreigner("Laura Brandt", family="Brandt", born="")),
    ],
    ids=[
        "a slip, no birthday",
        "a slip, years apart that no father is",
        "a slip, another number",
        "married and moved",
        "married, a birthday that is no date",
        "another word, a birthday that is no date",
        "a slip, nobody says which word is the surname",
        "a sister",
        "another word, no house",
        "father and son",
        "the other sex",
        "an in-law",
        "an in-law, no birthday",
    ],
)
def test_a_given_name_that_two_senders_call_so_is_nobody_else_s_at_home(
    lane: Lane, other: Traits
) -> None:
    one = foreigner("Laura Walpole", **CALLED)
    assert SCORER.score(one, other).lane is SCORER.score(other, one).lane is lane


def test_one_foreign_name_and_birthday_in_one_street_are_no_namesakes() -> None:
    street = {"addresses": ("12 Main Street, Rose Bay NSW 2029",), "identifiers": ()}
    other = street | {"addresses": ("7 Main Street, Rose Bay NSW 2092",)}
    facts: dict[str, Any] = {"born": "19800305", "phones": ()}
    one = someone("Laura Walpole", **facts | street)
    assert SCORER.score(one, someone("Laura Walpole", **facts | other)).lane is Lane.AUTO
    for more in ({"born": "19800306"}, {"name": "Laura Walpoe"}, {"sex": "2"}):
        held = someone(**{"name": "Laura Walpole"} | facts | other | more)
        assert SCORER.score(one, held).lane < Lane.AUTO


def test_one_word_of_a_foreign_name_is_enough_in_one_street_whatever_its_number() -> None:
    street = {"addresses": ("12 Main Street, Rose Bay NSW 2029",)}
    other = {"addresses": ("7 Main Street, Rose Bay NSW 2092",)}
    away = {"addresses": ("12 Elliott Crescent, Bedfordale QLD 4081",)}
    one = foreigner(**street)
    assert SCORER.score(one, foreigner("Zoe Painter", **other)).lane is Lane.AUTO
    assert SCORER.score(one, foreigner("Zoe Painter", **away)).lane is Lane.REVIEW
    assert SCORER.score(one, foreigner("Zoe Baker", **other)).lane is Lane.REVIEW
    twin = foreigner("Zoe Painter", multiple_birth=True, **other)
    assert SCORER.score(one, twin).lane is Lane.REVIEW


def test_digits_swapped_beside_one_foreign_name_and_house_are_a_slip_without_a_birthday() -> None:
    assert SCORER.score(foreigner(), foreigner(number=SWAPPED, born="")).lane is Lane.AUTO
    for other in (
        foreigner(number=NEXT, born=""),
        foreigner(number=MISTYPED, born=""),
        foreigner("Courtny Painter", SWAPPED, born=""),
        foreigner(number=SWAPPED, born="", **NO_HOUSE),
    ):
        assert SCORER.score(foreigner(), other).lane < Lane.AUTO


def test_name_and_birthday_and_a_slip_in_the_telephone_are_one_person() -> None:
    one = someone(identifiers=(), addresses=())
    slip = {"phones": ("15412987362",)}, {"phones": ("15412987329",)}
    assert [
        SCORER.score(one, someone(identifiers=(), addresses=(), **how)).lane for how in slip
    ] == [
        Lane.AUTO,
        Lane.AUTO,
    ]
    for other in ({"name": "王小鸣"}, {"born": "19800316"}, {"sex": "2"}):
        held = someone(identifiers=(), addresses=(), **slip[1] | other)
        assert SCORER.score(one, held).lane < Lane.AUTO


def test_name_and_birthday_and_mother_are_one_person() -> None:
    bare: dict[str, Any] = {"identifiers": (), "phones": (), "addresses": ()}
    one = someone("卢莉梅", mother_name="赵丽华", **bare)
    assert SCORER.score(one, someone("卢莉梅", mother_name="赵丽华", **bare)).lane is Lane.AUTO
    by_number = [someone("卢莉梅", mother=citizen("19550402", 126), **bare) for _ in range(2)]
    assert SCORER.score(*by_number).lane is Lane.AUTO
    for mother in ("赵丽?", "赵丽莉", "Zhao Lihua", "不详", ""):
        other = someone("卢莉梅", mother_name=mother, **bare)
        assert SCORER.score(one, other).guards == (Guard.UNPROVEN,), mother
    lost = [someone("卢莉梅", mother_name="赵丽?", **bare) for _ in range(2)]
    assert SCORER.score(*lost).guards == (Guard.UNPROVEN,)
    sister = someone("卢莉菊", mother_name="赵丽华", **bare)
    assert SCORER.score(one, sister).lane < Lane.AUTO


def test_a_lent_number_that_says_the_birthday_and_names_of_chinese_in_letters_are_held_back() -> (
    None
):
    lifelong = foreigner("Courtney Painter", citizen()), foreigner("Courtny Paintre", citizen())
    assert SCORER.score(*lifelong).guards == (Guard.BORROWED_CARD,)
    sisters = foreigner("Wang Xiaoming"), foreigner("Wang Xiaohong")
    assert SCORER.score(*sisters).guards == (Guard.BORROWED_CARD,)


def test_a_surname_in_another_writing_is_one_family_a_given_name_perhaps_a_sibling() -> None:
    surname = someone("萧子哲", identifiers=()), someone("肖子哲", identifiers=())
    given_name = someone("肖子喆", identifiers=()), someone("肖子哲", identifiers=())
    assert SCORER.score(*surname).lane is Lane.AUTO
    assert SCORER.score(*given_name).guards == (Guard.BORN_TOGETHER,)


HELD = [
    ("两个有效证号", someone(identifiers=(OTHER,)), Lane.NEW, Guard.TWO_VALID_NUMBERS),
    ("借卡", someone("李建国"), Lane.REVIEW, Guard.BORROWED_CARD),
    (
        "借卡，无其他相同",
        someone("李建国", sex="2", born="19550102", phones=(), addresses=()),
        Lane.REVIEW,
        Guard.BORROWED_CARD,
    ),
    ("证号相同，姓名同音", someone("王小鸣"), Lane.REVIEW, Guard.NEARLY_ONE_NAME),
    ("一字之差且无证号", someone("王小刚", identifiers=()), Lane.REVIEW, Guard.BORN_TOGETHER),
    ("同音且无证号", someone("王小鸣", identifiers=()), Lane.REVIEW, Guard.BORN_TOGETHER),
    ("只有姓名与生日", someone(**BARE), Lane.REVIEW, Guard.UNPROVEN),
    ("性别不同且无证号", someone(sex="2", identifiers=()), Lane.REVIEW, Guard.UNPROVEN),
    (
        "另一个十五位证号",
        someone(identifiers=(Identifier(IdKind.CITIZEN, "990104800315777"),)),
        Lane.REVIEW,
        Guard.TWO_NUMBERS,
    ),
    (
        "多胞胎且无证号",
        someone(identifiers=(), multiple_birth=True),
        Lane.REVIEW,
        Guard.MULTIPLE_BIRTH,
    ),
    ("测试登记", someone(flags=(Flag.TEST,)), Lane.SUPPRESS, Guard.TEST_RECORD),
    (
        "身份不明，证号相同",
        someone("无名氏"),
        Lane.REVIEW,
        Guard.UNKNOWN_WITH_NUMBER,
    ),
    ("无名氏", someone("无名氏", identifiers=()), Lane.SUPPRESS, Guard.NOBODY),
    (
        "母亲与新生儿",
        someone("王小明之子", **CHILD | {"identifiers": (citizen(),)}),
        Lane.SUPPRESS,
        Guard.MOTHER_AND_CHILD,
    ),
]


@pytest.mark.parametrize(
    ("other", "lane", "guard"), [row[1:] for row in HELD], ids=[row[0] for row in HELD]
)
def test_they_are_held_back(other: Traits, lane: Lane, guard: Guard) -> None:
    found = SCORER.score(someone(), other)
    assert found.lane is lane
    assert guard in found.guards


def test_strangers_are_two_persons_and_nothing_has_to_hold_them_back() -> None:
    found = SCORER.score(someone(), someone("赵丽华", born="19510704", sex="2", **BARE))
    assert found.lane is Lane.NEW
    assert found.guards == ()


def test_an_unnamed_newborn_is_the_named_child_by_its_birth_certificate() -> None:
    newborn = someone("李芳之子", **CHILD | {"identifiers": (CERTIFICATE,), "addresses": ()})
    named = someone("王子昂", born="20240610", identifiers=(CERTIFICATE,))
    slip = someone("王子昂", born="20240601", identifiers=(CERTIFICATE,))
    assert SCORER.score(newborn, named).lane is Lane.AUTO
    assert SCORER.score(newborn, slip).lane is Lane.AUTO
    other = Identifier(IdKind.BIRTH_CERTIFICATE, "Y990098765")
    assert SCORER.score(newborn, someone("王子昂", born="20240601", identifiers=(other,))).lane < (
        Lane.AUTO
    )


NAMED: dict[str, Any] = {"born": "20240610", "identifiers": ()}
MOTHER = citizen("19950402", 126)


@pytest.mark.parametrize(
    "named",
    [
        someone("王子昂", mother_name="李芳", **NAMED | {"phones": ()}),
        someone("王子昂", mother_name="LI Fang", **NAMED | {"addresses": ()}),
        someone("王子昂", mother=MOTHER, **NAMED | {"phones": (), "addresses": ()}),
        someone("王子昂", **NAMED | {"phones": ("15499982712",)}),
    ],
    ids=["mother and home", "mother and telephone", "mother's number", "home"],
)
def test_an_unnamed_newborn_is_the_named_child_of_its_mother_or_home(named: Traits) -> None:
    newborn = someone("李芳之子", mother=MOTHER, mother_name="李芳", **CHILD)
    found = SCORER.score(newborn, named)
    assert (found.lane, found.guards) == (Lane.AUTO, ())
    for held in ({"multiple_birth": True}, {"birth_order": 1}, {"sex": "2"}):
        told = someone("王子昂", mother_name="李芳", **NAMED | held)
        assert SCORER.score(newborn, told).guards == (Guard.NEWBORN_AND_NAMED,)
    younger = someone("李芳之小子", mother=MOTHER, mother_name="李芳", **CHILD)
    assert SCORER.score(younger, named).guards == (Guard.NEWBORN_AND_NAMED,)


@pytest.mark.parametrize(
    "named",
    [
        someone("王子昂", mother_name="赵丽华", **NAMED),
        someone("王子昂", mother_name="李芳", **NAMED | {"phones": (), "addresses": ()}),
        someone("王子昂", **NAMED | {"addresses": ("澜川省云溪市望江区滨江街道解放路7号",)}),
        someone("王子昂", **NAMED | {"addresses": ()}),
        someone("李芳", **NAMED),
    ],
    ids=[
        "another mother",
        "a namesake of the mother",
        "another home",
        "the telephone alone",
        "the mother herself",
    ],
)
def test_a_newborn_is_not_every_child_of_its_day(named: Traits) -> None:
    newborn = someone("李芳之子", mother=MOTHER, mother_name="李芳", **CHILD)
    assert SCORER.score(newborn, named).lane < Lane.AUTO


def test_the_address_of_a_ward_is_no_home() -> None:
    ward = {"addresses": ("澜川省云溪市望江区滨江街道解放路7号",)}
    newborn = someone("李芳之子", mother_name="李芳", **CHILD | ward)
    assert SCORER.score(newborn, someone("王子昂", **NAMED | ward)).lane is Lane.REVIEW


def test_the_waterfall_names_the_mother() -> None:
    newborn = someone("李芳之子", mother=MOTHER, mother_name="李芳", **CHILD)
    told = SCORER.explain(newborn, someone("王子昂", mother_name="李芳", **NAMED))
    (step,) = [step for step in told.steps if step.element == "mother"]
    assert (step.zh, step.level) == ("母亲", "NAME")
    assert step.bits > 9


def test_a_valid_number_corrects_a_birthday_that_was_left_out_or_mistyped() -> None:
    bare: dict[str, Any] = {"identifiers": (), "phones": ()}
    for born in ("19000101", "", "1980", "19800101", "19800316", "19801503"):
        said = someone(born=born, phones=())
        assert SCORER.score(said, someone(**bare)).evidence.birth is BirthLevel.EQUAL, born
        assert SCORER.score(said, someone(**bare)).lane is Lane.AUTO, born
    away = someone(born="19640722", phones=())
    assert SCORER.score(away, someone(**bare)).evidence.birth is BirthLevel.DIFFERENT
    lent = someone("李建国", born="", phones=())
    assert SCORER.score(lent, someone()).guards == (Guard.BORROWED_CARD,)


def test_a_number_that_is_nobody_s_speaks_for_nobody_else() -> None:
    filled_in = Identifier(IdKind.CITIZEN, "990102198001011230")
    found = SCORER.score(someone(), someone(identifiers=(filled_in,)))
    assert (found.lane, found.guards) == (Lane.AUTO, ())


def test_the_end_of_a_name_may_be_missing_beside_number_and_birthday() -> None:
    assert SCORER.score(someone(), someone("王小")).lane is Lane.AUTO
    assert SCORER.score(someone(), someone("王小", born="20080315")).guards == (
        Guard.BORROWED_CARD,
    )
    dotted = someone("买买提·艾力"), someone("买买提")
    assert SCORER.score(*dotted).lane is Lane.AUTO


def test_a_child_may_take_its_mother_s_surname() -> None:
    before, after = someone("王嘉怡", mother_name="李芳"), someone("李嘉怡")
    assert SCORER.score(before, after).lane is Lane.AUTO
    assert SCORER.score(someone("王嘉怡"), after).guards == (Guard.BORROWED_CARD,)


def test_one_name_at_one_door_is_one_person_unless_two_birthdays_say_otherwise() -> None:
    bare: dict[str, Any] = {"identifiers": ()}
    one = someone("卢莉梅", **bare)
    assert SCORER.score(one, someone("卢莉梅", born="", **bare)).lane is Lane.AUTO
    away = someone("卢莉梅", born="", identifiers=(), addresses=())
    assert SCORER.score(one, away).guards == (Guard.UNPROVEN,)
    assert SCORER.score(one, someone("卢莉梅", born="20100722", **bare)).lane < Lane.AUTO
    assert SCORER.score(someone(**bare), someone(born="", **bare)).lane is Lane.REVIEW  # too common
    junior = (
        foreigner("Joel Carter", phones=(PHONE,)),
        foreigner("Joel Carter", NEXT, born="", phones=(PHONE,)),
    )
    assert SCORER.score(*junior).lane < Lane.AUTO


def test_a_slip_within_the_year_needs_telephone_and_home() -> None:
    slip = someone(identifiers=(), born="19800316")
    assert SCORER.score(someone(), slip).lane is Lane.AUTO
    other = {"identifiers": (), "born": "19900315"}
    assert SCORER.score(someone(identifiers=()), someone(**other)).lane < Lane.AUTO


def test_two_newborns_of_one_mother_are_never_linked_by_themselves() -> None:
    one = someone("李芳之子", **CHILD)
    assert SCORER.score(one, someone("李芳之子", **CHILD)).guards == (Guard.TWO_NEWBORNS,)
    later = SCORER.score(one, someone("李芳之子", **CHILD | {"born": "20240108"}))
    assert (later.lane, later.guards) == (Lane.NEW, (Guard.TWO_CHILDREN,))


def test_born_together_in_another_order_is_another_child() -> None:
    a, b = (someone(identifiers=(), birth_order=order) for order in (1, 2))
    assert SCORER.score(a, b).lane is Lane.NEW
    assert Guard.BIRTH_ORDERS_DIFFER in SCORER.score(a, b).guards


def test_telephone_and_home_alone_never_reach_auto_whatever_the_model_says() -> None:
    fields = {
        element: {
            level: msgspec.structs.replace(chances, u=1e-9)
            if element in ("phone", "address")
            else chances
            for level, chances in levels.items()
        }
        for element, levels in shipped_model().fields.items()
    }
    eager = msgspec.structs.replace(shipped_model(), fields=fields, contact_bits_max=100)
    found = Scorer(eager).score(
        someone(identifiers=()), someone("赵丽华", born="19510704", sex="2", identifiers=())
    )
    assert found.bits >= eager.auto_bits
    assert (found.lane, found.guards) == (Lane.REVIEW, (Guard.CONTACT_ONLY,))


def test_what_a_crowd_shares_proves_nothing() -> None:
    (address,) = someone().addresses
    crowded = ValueCounts(1_000_000, phones={PHONE: 400}, addresses={address_key(address): 300})
    other = someone(identifiers=())
    assert SCORER.score(someone(), other).lane is Lane.AUTO
    found = Scorer(counts=crowded).score(someone(), other)
    assert (found.lane, found.guards) == (Lane.REVIEW, (Guard.UNPROVEN,))
    number = ValueCounts(1_000_000, identifiers={citizen().value: 40})
    assert Scorer(counts=number).score(someone(), someone("李建国", **BARE)).lane is Lane.NEW


def test_a_common_name_says_less_than_a_rare_one() -> None:
    rare, common = someone("尉迟珩", **BARE), someone("王伟", **BARE)
    assert SCORER.score(rare, rare).bits - SCORER.score(common, common).bits >= 6
    counted = Scorer(counts=ValueCounts(1_000_000, names={"尉迟珩": 5_000}))
    assert counted.score(rare, rare).bits < SCORER.score(rare, rare).bits


def test_a_name_weighs_the_same_whatever_was_asked_before() -> None:
    dotted, plain = someone("买买提·艾力", **BARE), someone("买买提艾力", **BARE)
    assert dotted.name.key == plain.name.key
    alone = Scorer().score(dotted, dotted).bits
    after = Scorer()
    after.score(plain, plain)
    assert after.score(dotted, dotted).bits == alone


people = st.builds(
    someone,
    st.sampled_from(
        [
            "王小明",
            "王小鸣",
            "王伟",
            "赵丽华",
            "陈",
            "WANG Xiaoming",
            "欧阳娜娜",
            "无名氏",
            "李芳之子",
            "王?明",
        ]
    ),
    sex=st.sampled_from(["1", "2", ""]),
    born=st.sampled_from(
        ["19800315", "19801503", "1980", "19000101", "20240610", "20230610", "198103", ""]
    ),
    identifiers=st.lists(
        st.sampled_from([citizen(), OTHER, TYPED_WRONG, CERTIFICATE]), max_size=2
    ).map(tuple),
    phones=st.sampled_from([(), (PHONE,), ("15499982712",)]),
    addresses=st.sampled_from([(), (HOME,), ("澜川省云溪市望江区滨江街道解放路7号",)]),
    birth_order=st.sampled_from([None, 1, 2]),
    flags=st.sampled_from([(), (Flag.NEWBORN,), (Flag.UNKNOWN,)]),
)


@given(a=people, b=people)
def test_a_score_is_symmetric_and_its_waterfall_adds_up(a: Traits, b: Traits) -> None:
    found, turned = SCORER.score(a, b), SCORER.score(b, a)
    told = SCORER.explain(a, b)
    assert found == turned
    assert sum(step.bits for step in told.steps) == told.bits == found.bits
    assert (told.lane, told.guards, told.model) == (found.lane, found.guards, "shipped-1")
    assert all(step.zh and step.element for step in told.steps)


def is_of_strangers(score: Score) -> bool:
    return score.lane is Lane.NEW and not score.guards


@given(a=people, b=people)
def test_an_early_verdict_is_that_of_the_whole_score(a: Traits, b: Traits) -> None:
    found = SCORER.score(a, b)
    assert SCORER.judge(a, b) == SCORER.judge(b, a) == (None if is_of_strangers(found) else found)


@pytest.mark.parametrize("scorer", [SCORER, EAGER], ids=["shipped", "eager"])
def test_an_early_verdict_is_that_of_the_whole_score_for_every_pair_that_meets(
    scorer: Scorer,
) -> None:
    city = [read_registration(e.registration) for e in registrations(CitySettings(seed=5), 3000)]
    pairs = [(city[a], city[b]) for a, b in candidate_pairs(city)]
    pairs += [
        (read_registration(trap.first), read_registration(trap.second))
        for trap in trap_pairs(seed=5, each=20)
    ]
    lanes = set()
    for a, b in pairs:
        found = scorer.score(a, b)
        lanes.add(found.lane)
        assert scorer.judge(a, b) == (None if is_of_strangers(found) else found)
    assert lanes == set(Lane)


def test_strangers_of_one_home_are_told_apart_by_their_marks() -> None:
    one = someone(identifiers=())
    other = someone("赵丽华", born="19510704", sex="2", identifiers=())
    assert one.marks & other.marks == 0
    assert SCORER.judge(one, other) is None
    again = someone("赵小明", born="19510704", sex="2", identifiers=())
    assert one.marks & again.marks


@given(a=people, b=people)
def test_without_a_mark_in_common_nothing_but_contacts_agrees(a: Traits, b: Traits) -> None:
    e = SCORER.score(a, b).evidence
    if not a.marks & b.marks:
        assert e.name is NameLevel.DIFFERENT
        assert e.birth in (BirthLevel.INCOMPARABLE, BirthLevel.DIFFERENT)
        assert e.identifier < IdLevel.SAME_BODY


@given(a=people, b=people)
def test_what_can_never_be_one_person_has_no_bits(a: Traits, b: Traits) -> None:
    found, bits = SCORER.score(a, b), SCORER.together(a, b)
    assert bits in (None, found.bits)
    if found.evidence.ids_conflict or found.evidence.orders_differ:
        assert bits is None
    if found.lane >= Lane.REVIEW:
        assert bits == found.bits


@given(a=people, b=people)
def test_two_valid_numbers_an_unknown_or_a_newborn_twin_are_never_linked(
    a: Traits, b: Traits
) -> None:
    found = SCORER.score(a, b)
    held = found.evidence.ids_conflict or a.is_unknown or b.is_unknown
    certified = CERTIFICATE.value in {value.text for value in a.ids} & {v.text for v in b.ids}
    told = a.multiple_birth or b.multiple_birth or a.birth_order or b.birth_order
    if held or (a.is_newborn and b.is_newborn and not certified):
        assert found.lane is not Lane.AUTO
    if (a.is_newborn or b.is_newborn) and told and not certified:
        assert found.lane is not Lane.AUTO


def test_the_waterfall_names_element_level_and_weight_in_two_languages() -> None:
    told = SCORER.explain(someone(), someone("李建国", phones=()))
    steps = {step.element: step for step in told.steps}
    assert steps["lifelong"].level == "EQUAL"
    assert steps["lifelong"].bits > 20
    assert steps["name"].bits < 0
    assert "phone" not in steps
    (guard,) = told.guards
    assert "借用证件" in guard.zh
    assert "borrowed card" in guard.en
