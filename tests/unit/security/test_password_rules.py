from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lianyi.base.errors import from_record
from lianyi.base.sensitive import Sensitive
from lianyi.security.familiar import CHARACTERS_MAX, UNEXPECTED, cost, is_familiar
from lianyi.security.password_rules import (
    PasswordRefused,
    PasswordRules,
    Rule,
    age_of_password,
    broken_rules,
    check_new_password,
)
from lianyi.security.passwords import PasswordHasher, PasswordHashing

RULES = PasswordRules()
GOOD = "Ju9#tRop4Lq"


def broken(password: str, *about: str, rules: PasswordRules = RULES) -> set[Rule]:
    return {one.rule for one in broken_rules(Sensitive(password), rules, about)}


@pytest.mark.parametrize(
    "password",
    [
        "Admin@123",
        "Woaini@1314",
        "Yiyuan2024!",
        "zhangwei19850101",
        "1qaz@WSX",
        "Qwer1234!",
        "P@ssw0rd2024",
        "Aa123456!",
        "Xinxike@123",
        "Lianyi@2026!",
        "Zhang@13812345678",
        "Wo4iNi!520",
        "ILoveYou520!",
        "Qaz123!@#",
        "Abc@123456",
        "abcabcabcabc",
        "110101199003071234",
        "5201314520",
        "Hushi#888888",
        "hospital!@#$",
        "QwErTyUiOp98",
        "Ａｄｍｉｎ＠１２３４",
    ],
)
def test_what_people_in_hospitals_think_of_is_familiar(password: str) -> None:
    assert is_familiar(password)


@pytest.mark.parametrize(
    "password",
    [GOOD, "k7$Qzm2!xx", "correct-horse-battery-staple", "Tr0ut&bicycle~9", "vDq-2mw-Kx8",
     "北京的秋天很美丽呀"],
)  # fmt: skip
def test_what_nobody_expects_is_not(password: str) -> None:
    assert not is_familiar(password)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200))
def test_case_and_width_hide_nothing(text: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign > " " else sign for sign in text)
    assert cost(text) == cost(text.swapcase()) == cost(wide)
    assert 0 <= cost(text) <= UNEXPECTED * CHARACTERS_MAX


@given(st.text(min_size=1, max_size=12), st.integers(2, 9))
@example("0000000000¨¼", 9)  # grows when its width is taken away
@example("\u0301bcxq1wa", 3)  # its ends grow together
def test_repeating_a_password_adds_next_to_nothing(block: str, times: int) -> None:
    assert cost(block * times) <= cost(block) + 2


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("Ju9#tRop4", Rule.TOO_SHORT),
        (GOOD * 13, Rule.TOO_LONG),
        ("Ju9#tR\x00op4Lq", Rule.CONTROL_CHARACTERS),
        ("juktropwlqzv", Rule.TOO_FEW_CLASSES),
        ("Kw7_zyx.gnilrebmik!", Rule.ABOUT_THE_PERSON),
        ("7Vw!KimberlinG_pq", Rule.ABOUT_THE_PERSON),
        ("Hospital@2025", Rule.FAMILIAR),
    ],
)
def test_each_rule_is_told_by_name(password: str, rule: Rule) -> None:
    assert broken(password, "kimberling") == {rule}


def test_a_good_password_breaks_no_rule() -> None:
    assert broken(GOOD, "wangfang", "10086", "") == set()
    assert broken("北京的Qiu天很mei丽 77", "wangfang") == set()


def test_a_short_name_may_stand_in_a_long_password() -> None:
    assert broken(GOOD, "ju", "lq4") == set()
    assert Rule.ABOUT_THE_PERSON in broken("Ab1", "1ba")


def test_the_rules_are_settings() -> None:
    lenient = PasswordRules(length_min=8, classes_min=1, familiar_allowed=True)
    assert broken("password", rules=lenient) == set()


@given(st.text(min_size=5, max_size=30))
def test_no_message_echoes_the_password(password: str) -> None:
    found = broken_rules(Sensitive(password), RULES, [password])
    for one in found:
        for language in ("zh", "en"):
            text = one.text(language)
            assert password not in text or password in re.sub(r"\d", "", text)
            assert "{" not in text
    assert Rule.ABOUT_THE_PERSON in {one.rule for one in found} or len(password.strip()) < 4


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    made = PasswordHasher(PasswordHashing(memory_mib=19, passes=1, lanes=1))
    yield made
    made.close()


async def test_every_broken_rule_is_told_at_once_in_both_languages(hasher: PasswordHasher) -> None:
    with pytest.raises(PasswordRefused) as raised:
        await check_new_password(
            Sensitive("admin1"), RULES, about=["admin"], last=[], hasher=hasher
        )
    assert raised.value.facts["rules"] == "too_short too_few_classes about_the_person familiar"
    assert "at least 10 characters; it needs 3 of these" in raised.value.text("en")
    assert "至少需要 10 个字符；小写字母" in raised.value.text("zh")
    assert "admin1" not in raised.value.text("en") + raised.value.text("zh")
    assert from_record(raised.value.record()).text("zh") == raised.value.text("zh")


async def test_one_of_the_last_passwords_is_not_taken_again(hasher: PasswordHasher) -> None:
    last = [await hasher.hash(Sensitive(word)) for word in ("second", GOOD)]
    with pytest.raises(PasswordRefused, match="one of this account's last 5 passwords"):
        await check_new_password(Sensitive(GOOD), RULES, about=[], last=last, hasher=hasher)
    only_one = RULES.model_copy(update={"history": 1})
    await check_new_password(Sensitive(GOOD), only_one, about=[], last=last, hasher=hasher)
    none = RULES.model_copy(update={"history": 0})
    await check_new_password(Sensitive(GOOD), none, about=[], last=last, hasher=hasher)


@given(st.integers(0, 400), st.integers(0, 24 * 3600 - 1))
def test_a_password_lasts_its_days(days: int, seconds: int) -> None:
    chosen = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    age = age_of_password(chosen, chosen + timedelta(days=days, seconds=seconds), RULES)
    assert age.expired == (days >= 90)
    assert age.warn == (timedelta(days=83) <= timedelta(days=days, seconds=seconds)
                        < timedelta(days=90))  # fmt: skip
    assert age.days_left is not None
    assert age.days_left >= 0


def test_a_password_may_last_for_ever() -> None:
    for_ever = RULES.model_copy(update={"max_age_days": 0})
    old = datetime(1999, 1, 1, tzinfo=UTC)
    age = age_of_password(old, datetime(2026, 3, 2, tzinfo=UTC), for_ever)
    assert (age.expired, age.warn, age.days_left) == (False, False, None)
