"""Every failure has one code and complete words in both languages."""

from __future__ import annotations

import ast
import re
from string import Formatter
from typing import TYPE_CHECKING

from lianyi.base.errors import LianyiError, Told

if TYPE_CHECKING:
    from conftest import SourceFile

CHINESE = re.compile("[\u4e00-\u9fff]")
CODES_OF_FLOOR = {
    "base": "10",
    "connectors": "11",
    "formats": "12 22 23",
    "messagelog": "13",
    "channels": "14 15 16",
    "projections": "20 21 22 23 24 26",
    "applications": "25",
    "api": "16",
    "security": "18 23",
    "cli": "17",
    "simulate": "17",
    "app": "17",
}
"""First two digits of the codes of each floor; a new floor is given its own here.

16 are the doors: ``api``, and the endpoints of every slice.
"""


def facts_of(words: Told) -> set[str]:
    """The names in braces. A fact that is itself words comes as ``why`` and ``why_zh``."""
    return {name for part in words for _, name, _, _ in Formatter().parse(part) if name}


def test_codes_are_unique(errors: list[type[LianyiError]]) -> None:
    codes = [kind.code for kind in errors]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


def test_every_class_declares_a_code_of_its_floor(errors: list[type[LianyiError]]) -> None:
    wrong = []
    for kind in errors:
        floor = kind.__module__.split(".")[1]
        match = re.fullmatch(r"LY-(\d\d)\d\d", str(vars(kind).get("code", "")))
        if kind.code == "LY-0001" and floor == "base":
            continue  # Unforeseen belongs to no condition
        if match is None or match[1] not in CODES_OF_FLOOR.get(floor, "").split():
            wrong.append(f"{kind.__module__}.{kind.__name__}: {kind.code}")
    assert wrong == []


def test_both_languages_mention_the_same_facts(errors: list[type[LianyiError]]) -> None:
    differ = {
        kind.__name__: (sorted(facts_of(kind.en)), sorted(facts_of(kind.zh)))
        for kind in errors
        if facts_of(kind.en) != {fact.removesuffix("_zh") for fact in facts_of(kind.zh)}
    }
    assert differ == {}


def test_chinese_words_are_chinese_and_english_words_are_not(
    errors: list[type[LianyiError]],
) -> None:
    bare = re.compile(r"\{\w+\}")
    wrong = [
        f"{kind.__name__}: {part!r}"
        for kind in errors
        for words, chinese in ((kind.zh, True), (kind.en, False))
        for part in words
        if re.search(r"\w", bare.sub("", part)) and bool(CHINESE.search(part)) != chinese
    ]
    assert wrong == []


def test_no_word_is_left_out(errors: list[type[LianyiError]]) -> None:
    assert [kind.__name__ for kind in errors if not all([*kind.en, *kind.zh])] == []


def test_whoever_raises_an_error_gives_every_fact_its_words_mention(
    files: list[SourceFile], errors: list[type[LianyiError]]
) -> None:
    kinds = {kind.__name__: kind for kind in errors if kind.__init__ is LianyiError.__init__}
    missing = []
    for file in files:
        for node in ast.walk(file.tree):
            if not isinstance(node, ast.Call):
                continue
            kind = kinds.get(ast.unparse(node.func).rsplit(".", 1)[-1])
            given = {keyword.arg for keyword in node.keywords}
            if kind is None or None in given:  # None: **facts, which only a run can judge
                continue
            if lacking := sorted((facts_of(kind.en) | facts_of(kind.zh) | {"where"}) - given):
                missing.append(f"{file.path}:{node.lineno} {kind.__name__} lacks {lacking}")
    assert missing == []
