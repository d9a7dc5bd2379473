"""The trap corpus: more than ten thousand pairs of two people, each trap with its Chinese name."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import islice

import msgspec
import pytest
from click.testing import CliRunner

from lianyi.projections.identity.evidence import Evidence, compare_registrations
from lianyi.projections.identity.traits import Traits, read_registration
from lianyi.projections.identity.values.births import BirthLevel
from lianyi.projections.identity.values.identifier_levels import IdLevel
from lianyi.projections.identity.values.name_levels import NameLevel
from lianyi.projections.identity.values.phones import PhoneLevel
from lianyi.simulate.city.traps import EACH, TRAPS, TrapPair, trap_pairs
from lianyi.simulate.command import simulate


def read(pair: TrapPair) -> tuple[Traits, Traits, Evidence]:
    a, b = read_registration(pair.first), read_registration(pair.second)
    return a, b, compare_registrations(a, b)


def test_there_are_more_than_ten_thousand_pairs_and_the_same_ones_each_time() -> None:
    counts: Counter[str] = Counter()
    found = hashlib.sha256()
    for pair in trap_pairs():
        counts[pair.trap] += 1
        found.update(msgspec.json.encode(pair))
    assert counts.total() >= 10_000
    assert counts == dict.fromkeys(TRAPS, EACH)
    assert found.hexdigest() == DIGEST


DIGEST = "6b612704696a9b8ac769affa8a9bae6e2bf70368f72073210ca124ff66bb1906"


ANOTHER_DAY = (BirthLevel.DIFFERENT, BirthLevel.SAME_YEAR, BirthLevel.ONE_DIGIT)


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_can_be_told(trap: str) -> None:
    """What tells the two apart, or that nothing makes them one, is there to be read."""
    pairs = list(trap_pairs(seed=9, each=200, only=trap))
    assert len(pairs) == 200
    assert len({pair.first.key for pair in pairs} | {pair.second.key for pair in pairs}) == 400
    for pair in pairs:
        a, b, evidence = read(pair)
        proven = (
            evidence.identifier >= IdLevel.SAME_BODY
            and evidence.name >= NameLevel.SIMILAR_SHAPE
            and evidence.birth not in ANOTHER_DAY
            and (evidence.birth or evidence.name >= NameLevel.VARIANT)
            and not evidence.ids_conflict
        )
        agrees = (
            evidence.name >= NameLevel.VARIANT
            and evidence.birth is BirthLevel.EQUAL
            and evidence.phone is PhoneLevel.EQUAL
            and not (evidence.ids_conflict or evidence.orders_differ or evidence.newborn_and_named)
            and not (a.is_newborn and b.is_newborn)
        )
        assert not proven, pair
        assert not agrees, pair


def test_twins_are_apart_by_one_character() -> None:
    for pair in trap_pairs(each=100, only="双胞胎一字之差"):
        *_, evidence = read(pair)
        assert evidence.birth is BirthLevel.EQUAL
        assert evidence.phone is PhoneLevel.EQUAL
        assert evidence.name < NameLevel.EQUAL


def test_two_valid_numbers_are_a_veto() -> None:
    for trap in ("两个有效证号", "双胞胎各有证号", "父子同月同日"):
        for pair in trap_pairs(each=100, only=trap):
            *_, evidence = read(pair)
            assert evidence.ids_conflict


def test_borrowed_cards_have_equal_numbers() -> None:
    for trap in ("借卡就诊", "借姐妹的证"):
        for pair in trap_pairs(each=100, only=trap):
            *_, evidence = read(pair)
            assert evidence.identifier is IdLevel.EQUAL


@pytest.mark.parametrize("trap", ["两个无名氏", "无名氏未标记", "无名氏与真人", "测试病人"])
def test_nobodys_names_are_never_compared(trap: str) -> None:
    for pair in trap_pairs(each=100, only=trap):
        *_, evidence = read(pair)
        assert evidence.name is NameLevel.INCOMPARABLE


def test_the_command_prints_a_pair_of_each_trap() -> None:
    printed = CliRunner().invoke(simulate, ["traps"])
    assert printed.exit_code == 0
    pairs = [msgspec.json.decode(line, type=TrapPair) for line in printed.output.splitlines()]
    assert [pair.trap for pair in pairs] == list(TRAPS)
    assert pairs == list(islice(trap_pairs(each=1), len(TRAPS)))


def test_the_command_prints_a_city() -> None:
    printed = CliRunner().invoke(simulate, ["city", "--count", "3", "--seed", "4"])
    assert printed.exit_code == 0
    assert len(printed.output.splitlines()) == 3
