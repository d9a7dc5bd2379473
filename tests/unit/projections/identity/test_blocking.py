"""Blocking keys: nine ways to meet, none through a placeholder; and what a pair's evidence is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.projections.identity.blocking import KEYS_MAX, Block, blocking_keys, keys_with_kinds
from lianyi.projections.identity.evidence import compare_registrations
from lianyi.projections.identity.registration import (
    Flag,
    Identifier,
    IdKind,
    Name,
    Registration,
)
from lianyi.projections.identity.traits import LocalDefaults, read_registration
from lianyi.projections.identity.values.identifier_levels import IdLevel
from lianyi.projections.identity.values.name_levels import NameLevel

HOME = "澜川省云溪市望江区滨江街道解放路12号3栋2单元501室"
CITIZEN = Identifier(IdKind.CITIZEN, "990102198003151239")


def said(name: str = "王小明", **more: Any) -> Registration:
    facts: dict[str, Any] = {
        "sex": "1",
        "born": "19800315",
        "identifiers": (CITIZEN, Identifier(IdKind.INSURANCE, "YX00129873")),
        "phones": ("15412987326",),
        "addresses": (HOME,),
    }
    return Registration("A", "1", (Name(name),), **(facts | more))


def blocks(registration: Registration, learned: LocalDefaults | None = None) -> set[Block]:
    traits = read_registration(registration, learned or LocalDefaults())
    return {key.block for key in keys_with_kinds(traits)}


def meet(a: Registration, b: Registration) -> set[Block]:
    x, y = (keys_with_kinds(read_registration(r)) for r in (a, b))
    return {key.block for key in set(x) & set(y)}


def test_a_whole_registration_has_a_key_of_each_kind() -> None:
    assert blocks(said()) == set(Block)


def test_keys_never_change_because_they_are_stored() -> None:
    assert blocking_keys(read_registration(said())) == KEYS


KEYS = (
    -3564497422976192628,
    7635055045745693593,
    -6796592533938945179,
    2378235634183718110,
    -5219230454624820081,
    -3331256282853123758,
    7507611539203721770,
    -2739828340812579829,
    37673311601215473,
)

MEET = [
    (
        "证号",
        said("李建国", born="", phones=(), addresses=(), identifiers=(CITIZEN,)),
        Block.ID_NUMBER,
    ),
    (
        "十五位证号",
        said("李建国", identifiers=(Identifier(IdKind.CITIZEN, "990102800315123"),)),
        Block.ID_NUMBER,
    ),
    ("电话", said("李建国", phones=("+86 154 1298 7326",)), Block.PHONE),
    ("同音同日", said("王晓鸣", identifiers=(), phones=(), addresses=()), Block.SOUND_BIRTH),
    ("拼音同日", said("Xiaoming WANG", identifiers=(), phones=(), addresses=()), Block.SOUND_BIRTH),
    (
        "医保号",
        said("李建国", identifiers=(Identifier(IdKind.INSURANCE, "yx00129873"),)),
        Block.OTHER_ID,
    ),
    ("同名同门牌", said(born="", identifiers=(), phones=()), Block.NAME_HOUSE),
    (
        "同姓同日同区",
        said("王子涵", identifiers=(), phones=(), addresses=("云溪市望江区",)),
        Block.BIRTH_SURNAME_DISTRICT_SEX,
    ),
    (
        "同音同年同区",
        said("王晓鸣", born="19801231", identifiers=(), addresses=("云溪市望江区",)),
        Block.SOUND_YEAR_DISTRICT,
    ),
    ("同日同门牌", said("李建国", identifiers=(), phones=()), Block.BIRTH_HOUSE),
    (
        "地区码录错",
        said(
            born="",
            identifiers=(Identifier(IdKind.CITIZEN, "990104198003151231"),),
            phones=(),
            addresses=(),
        ),
        Block.SOUND_ID_TAIL,
    ),
]


@pytest.mark.parametrize(
    ("other", "block"), [row[1:] for row in MEET], ids=[row[0] for row in MEET]
)
def test_two_registrations_meet(other: Registration, block: Block) -> None:
    assert block in meet(said(), other)


WITH_NAME = {
    Block.SOUND_BIRTH, Block.NAME_HOUSE, Block.BIRTH_SURNAME_DISTRICT_SEX,
    Block.SOUND_YEAR_DISTRICT, Block.SOUND_ID_TAIL,
}  # fmt: skip
WITH_BIRTH = {Block.SOUND_BIRTH, Block.BIRTH_SURNAME_DISTRICT_SEX, Block.BIRTH_HOUSE}
PAPERS = {Block.ID_NUMBER, Block.OTHER_ID, Block.SOUND_ID_TAIL}
NO_PAPERS: dict[str, Any] = {"identifiers": ()}
SUPPRESSED = [
    ("无名氏不按姓名", said("无名氏"), WITH_NAME),
    ("标记为身份不明", said(flags=(Flag.UNKNOWN,)), WITH_NAME),
    (
        "默认生日",
        said(born="19000101", **NO_PAPERS),
        PAPERS | WITH_BIRTH | {Block.SOUND_YEAR_DISTRICT},
    ),
    ("元旦生日", said(born="19800101", **NO_PAPERS), PAPERS | WITH_BIRTH),
    ("只有年份", said(born="1980", **NO_PAPERS), PAPERS | WITH_BIRTH),
    ("占位电话", said(phones=("13800138000", "11111111111")), {Block.PHONE}),
    (
        "占位证号",
        said(identifiers=(Identifier(IdKind.CITIZEN, "1" * 18),)),
        {Block.ID_NUMBER, Block.OTHER_ID, Block.SOUND_ID_TAIL},
    ),
    ("没有门牌", said(addresses=("云溪市望江区",)), {Block.NAME_HOUSE, Block.BIRTH_HOUSE}),
    (
        "丢字姓名",
        said("王?"),
        {Block.SOUND_BIRTH, Block.SOUND_YEAR_DISTRICT, Block.NAME_HOUSE, Block.SOUND_ID_TAIL},
    ),
    (
        "掩码姓名",
        said("王**"),
        {Block.SOUND_BIRTH, Block.SOUND_YEAR_DISTRICT, Block.NAME_HOUSE, Block.SOUND_ID_TAIL},
    ),
    ("测试账户", said(flags=(Flag.TEST,)), set(Block)),
]


@pytest.mark.parametrize(
    ("registration", "absent"), [row[1:] for row in SUPPRESSED], ids=[row[0] for row in SUPPRESSED]
)
def test_a_placeholder_makes_no_key(registration: Registration, absent: set[Block]) -> None:
    assert blocks(registration) == set(Block) - absent


def test_a_shared_telephone_makes_no_key_once_it_was_learned() -> None:
    learned = LocalDefaults(phones=frozenset({"15412987326"}), dates=frozenset({"19800315"}))
    registration = said(identifiers=())
    assert blocks(registration, learned) == {Block.NAME_HOUSE}
    assert Block.PHONE in blocks(registration)


def test_a_newborn_meets_the_child_who_later_says_its_mothers_name() -> None:
    bare: dict[str, Any] = {"identifiers": (), "phones": (), "addresses": (), "born": "20260203"}
    newborn = said("李秀英之女", **bare)
    assert meet(newborn, said("王子涵", mother_name="李秀英", **bare)) == {Block.SOUND_BIRTH}
    assert meet(newborn, said("王子涵", **bare)) == set()


def test_a_bracelet_and_a_card_without_issuer_make_no_key() -> None:
    cards = (
        Identifier(IdKind.BRACELET, "B00129873", "A"),
        Identifier(IdKind.HOSPITAL_CARD, "C00129873"),
    )
    assert Block.OTHER_ID not in blocks(said(identifiers=cards))


registrations = st.builds(
    lambda names, sex, born, ids, phones, addresses: Registration(
        "A",
        "1",
        tuple(Name(name) for name in names),
        sex,
        born,
        tuple(Identifier(kind, value, issuer) for kind, value, issuer in ids),
        tuple(phones),
        tuple(addresses),
    ),
    st.lists(st.text(max_size=6) | st.sampled_from(["王小明", "无名氏", "李秀英之子"]), max_size=9),
    st.text(max_size=2),
    st.text("0123456789-", max_size=10),
    st.lists(
        st.tuples(st.sampled_from(IdKind), st.text(max_size=20), st.sampled_from(["", "A"])),
        max_size=20,
    ),
    st.lists(st.text("0123456789+- ", max_size=14), max_size=9),
    st.lists(st.text(max_size=20), max_size=5),
)


@given(registrations)
def test_keys_are_few_distinct_and_fit_a_bigint(registration: Registration) -> None:
    traits = read_registration(registration)
    keys = blocking_keys(traits)
    assert len(keys) == len(set(keys)) <= KEYS_MAX
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert keys == tuple(key.value for key in keys_with_kinds(traits))


@given(registrations, registrations)
def test_evidence_is_symmetric(a: Registration, b: Registration) -> None:
    x, y = read_registration(a), read_registration(b)
    assert compare_registrations(x, y) == compare_registrations(y, x)


def test_the_nearest_of_several_values_counts_and_a_conflict_stays_seen() -> None:
    other = Registration(
        "B",
        "2",
        (Name("李建国"), Name("王小明", "old")),
        identifiers=(
            Identifier(IdKind.CITIZEN, "990104197705082512"),
            Identifier(IdKind.INSURANCE, "YX00129873"),
        ),
    )
    evidence = compare_registrations(read_registration(said()), read_registration(other))
    assert evidence.name is NameLevel.EQUAL
    assert evidence.identifier is IdLevel.EQUAL
    assert evidence.ids_conflict


def test_names_in_letters_meet_by_one_word_when_another_has_an_error() -> None:
    bare: dict[str, Any] = {"identifiers": (), "phones": (), "addresses": ()}
    assert meet(said("John Smith", **bare), said("Jonh Smith", **bare)) == {Block.SOUND_BIRTH}
    home = {**bare, "born": "", "addresses": ("8 Hill Street, 4810",)}
    assert meet(said("John Smith", **home), said("John Smiht", **home)) == {Block.NAME_HOUSE}


def test_addresses_in_letters_meet_by_one_number_when_another_has_an_error() -> None:
    bare: dict[str, Any] = {"identifiers": (), "phones": ()}
    one = {**bare, "addresses": ("8 Hill Street, Tarago 4810",)}
    postcode = {**bare, "addresses": ("8 Hil Stret, Tarag 4801",)}
    house = {**bare, "addresses": ("18 Hil Stret, Tarag 4810",)}
    for other in (postcode, house):
        assert meet(said("Jo Smith", **one), said("Zoe Smiht", **other)) == {Block.BIRTH_HOUSE}
    nameless = {**house, "born": ""}
    assert meet(said("Jo Smith", **one), said("Jo Smiht", **nameless)) == {Block.NAME_HOUSE}
