"""Which passwords may be chosen, and how long they last. Pure decisions; each says why.

The defaults meet GB/T 22239-2019, 8.1.4.1 (complexity, and change at intervals) and reach beyond it
where that rule alone lets through what everybody guesses (``Admin@123``). A hospital that follows
OWASP ASVS 5.0, V6.2 instead sets ``classes_min = 1`` and ``max_age_days = 0``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from pydantic import Field

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sensitive import Sensitive
from lianyi.base.settings import Section
from lianyi.security.familiar import is_familiar
from lianyi.security.passwords import PasswordHasher

ABOUT_LENGTH_MIN = 4
"""A word about the person that is shorter may stand in his password: ``Li`` stands in many."""


class PasswordRules(Section):
    """What is asked of a password. Section ``[passwords]``.

    Attributes:
        length_min: characters at least.
        length_max: characters at most.
        classes_min: of small letters, capitals, digits and other characters, so many at least.
        familiar_allowed: whether a password of a few familiar pieces (``Admin@123``, a date, a walk
            over the keyboard) is taken.
        history: so many last passwords may not be taken again; 0: any may.
        max_age_days: after so many days a new one has to be chosen; 0: never.
        warn_days: so long before that the person is told.
    """

    length_min: int = Field(default=10, ge=8, le=64)
    length_max: int = Field(default=128, ge=64, le=256)
    classes_min: int = Field(default=3, ge=1, le=4)
    familiar_allowed: bool = False
    history: int = Field(default=5, ge=0, le=50)
    max_age_days: int = Field(default=90, ge=0, le=3650)
    warn_days: int = Field(default=7, ge=0, le=365)


class Rule(Enum):
    """One thing that is asked of a password."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    TOO_FEW_CLASSES = "too_few_classes"
    ABOUT_THE_PERSON = "about_the_person"
    FAMILIAR = "familiar"
    USED_BEFORE = "used_before"


_WORDS: dict[Rule, tuple[str, str]] = {
    Rule.TOO_SHORT: ("it needs at least {0} characters", "至少需要 {0} 个字符"),
    Rule.TOO_LONG: ("it may have at most {0} characters", "最多允许 {0} 个字符"),
    Rule.CONTROL_CHARACTERS: (
        "it holds characters that a keyboard cannot type",
        "含有键盘无法输入的控制字符",
    ),
    Rule.TOO_FEW_CLASSES: (
        "it needs {0} of these four: small letters, capitals, digits, other characters",
        "小写字母、大写字母、数字、其他字符四类中至少需要 {0} 类",
    ),
    Rule.ABOUT_THE_PERSON: (
        "it holds the account's name, forwards or backwards, or something else known about the"
        " person",
        "包含账户名（正序或倒序）或其他与本人有关的信息",
    ),
    Rule.FAMILIAR: (
        "it is made of words, names, dates, numbers or keyboard walks that are tried first",
        "由常见词语、姓名、日期、数字或键盘顺序组成，最容易被猜中",
    ),
    Rule.USED_BEFORE: (
        "it is one of this account's last {0} passwords",
        "与该账户最近 {0} 个口令之一相同",
    ),
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a password breaks. It never holds anything of the password."""

    rule: Rule
    limit: int

    def text(self, language: str) -> str:
        """Return the rule in words, ``zh`` or ``en``."""
        english, chinese = _WORDS[self.rule]
        return (chinese if language == "zh" else english).format(self.limit)


class PasswordRefused(LianyiError):
    """A password that breaks a rule. The facts name the rules, never the password."""

    code = "LY-1830"
    category = Category.INVALID
    en = Told("this password is not taken", "{why}", "choose another one")
    zh = Told("该口令不符合要求", "{why_zh}", "请另选一个口令")


def broken_rules(
    password: Sensitive[str], rules: PasswordRules, about: Iterable[str]
) -> list[Broken]:
    """Return the rules that a password breaks by itself, in the order of :class:`Rule`.

    Args:
        password: what somebody wants as his password.
        rules: the settings.
        about: the account's name, and other words that are known about the person: number of
            the staff, telephone, name in pinyin.
    """
    text = unicodedata.normalize("NFC", password.reveal())
    checks = {
        Rule.TOO_SHORT: (len(text) < rules.length_min, rules.length_min),
        Rule.TOO_LONG: (len(text) > rules.length_max, rules.length_max),
        Rule.CONTROL_CHARACTERS: (any(unicodedata.category(c) in {"Cc", "Cs"} for c in text), 0),
        Rule.TOO_FEW_CLASSES: (len({_class(c) for c in text}) < rules.classes_min,
                               rules.classes_min),
        Rule.ABOUT_THE_PERSON: (_tells_of(text, about), 0),
        Rule.FAMILIAR: (not rules.familiar_allowed and is_familiar(text), 0),
    }  # fmt: skip
    return [Broken(rule, limit) for rule, (broken, limit) in checks.items() if broken]


async def check_new_password(
    password: Sensitive[str],
    rules: PasswordRules,
    *,
    about: Iterable[str],
    last: Sequence[str],
    hasher: PasswordHasher,
) -> None:
    """Do nothing when the password may be taken.

    Args:
        password: what somebody wants as his password.
        rules: the settings.
        about: what is known about the person, see :func:`broken_rules`.
        last: the stored lines of the account's passwords, the newest first, the present one
            included.
        hasher: compares with those. It is asked only when all else is well.

    Raises:
        PasswordRefused: with every rule that it breaks.
        TooManyAtOnce: come again.
    """
    broken = broken_rules(password, rules, about)
    if not broken and rules.history and await hasher.is_one_of(password, last[: rules.history]):
        broken = [Broken(Rule.USED_BEFORE, rules.history)]
    if broken:
        raise PasswordRefused(
            where="password",
            why="; ".join(one.text("en") for one in broken),
            why_zh="；".join(one.text("zh") for one in broken),
            rules=" ".join(one.rule.value for one in broken),
        )


@dataclass(frozen=True, slots=True)
class Age:
    """How old a password is by the rules.

    Attributes:
        expired: whether a new one must be chosen before anything else.
        days_left: whole days until then; None: it lasts for ever.
        warn: whether the person should be told now.
    """

    expired: bool
    days_left: int | None
    warn: bool


def age_of_password(changed_at: datetime, now: datetime, rules: PasswordRules) -> Age:
    """Return how old a password is that was chosen at ``changed_at``."""
    if rules.max_age_days == 0:
        return Age(expired=False, days_left=None, warn=False)
    left = changed_at + timedelta(days=rules.max_age_days) - now
    expired = left <= timedelta(0)
    return Age(
        expired=expired,
        days_left=max(left.days, 0),
        warn=not expired and left <= timedelta(days=rules.warn_days),
    )


def _class(character: str) -> str:
    if character.isdecimal():
        return "digit"
    if character.islower():
        return "small"
    return "capital" if character.isupper() else "other"


def _tells_of(text: str, about: Iterable[str]) -> bool:
    """Whether a word about the person stands in the text, forwards or backwards, in any case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = (unicodedata.normalize("NFKC", word).casefold().strip() for word in about)
    return any(
        (turned in folded) if len(word) >= ABOUT_LENGTH_MIN else (turned == folded)
        for word in words
        if word
        for turned in (word, word[::-1])
    )
