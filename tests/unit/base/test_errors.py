from __future__ import annotations

import json
import pkgutil
import string
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lianyi
from lianyi.base.errors import (
    Category,
    LianyiError,
    Told,
    Unforeseen,
    every_error,
    from_record,
)
from lianyi.base.settings import BadSettings, UnknownSetting

facts = st.text(max_size=20) | st.integers() | st.floats(allow_nan=False)


def ours() -> list[type[LianyiError]]:
    """Import the whole house, and return every error that is declared in it."""
    for module in pkgutil.walk_packages(lianyi.__path__, "lianyi."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    return [kind for kind in every_error() if kind.__module__.startswith("lianyi.")]


def placeholders(told: Told) -> set[str]:
    """Return the facts that are mentioned; ``why`` and ``why_zh`` are one fact in two languages."""
    fields = (name for part in told for _, name, _, _ in string.Formatter().parse(part))
    return {name.removesuffix("_zh").removesuffix("_en") for name in fields if name is not None}


def test_every_code_is_unique_and_well_formed() -> None:
    codes = sorted(kind.code for kind in ours())
    assert len(codes) == len(set(codes))
    assert all(len(code) == 7 and code[:3] == "LY-" and code[3:].isdigit() for code in codes)


def test_both_languages_mention_the_same_facts() -> None:
    for kind in ours():
        assert placeholders(kind.en) == placeholders(kind.zh), kind


def test_no_sentence_ends_with_a_full_stop_because_the_line_adds_one() -> None:
    for kind in ours():
        assert not any(part.endswith((".", "。")) for told in (kind.en, kind.zh) for part in told)


def test_an_error_says_code_what_where_why_and_next_step_in_both_languages() -> None:
    error = UnknownSetting(where="lianyi.toml: pool", nearest="database")
    assert str(error) == (
        "LY-1002 cannot start with these settings [lianyi.toml: pool]: unknown key; the nearest "
        "known one is 'database'. Next: correct the spelling, or remove the key."
    )
    assert error.text("zh") == (
        "LY-1002 设置文件不可用，平台未启动〔lianyi.toml: pool〕：未知的键；最接近的已知键是"
        "“database”。下一步：改正拼写，或删除该键。"
    )


@given(where=st.text(max_size=40), found=st.dictionaries(st.sampled_from("abc"), facts))
def test_a_stored_failure_reads_back_in_any_language(where: str, found: dict[str, object]) -> None:
    error = BadSettings(where=where, **found)

    again = from_record(json.loads(json.dumps(error.record())))

    assert type(again) is BadSettings
    assert again.record() == error.record()
    assert again.text("zh") == error.text("zh")


def test_a_fact_that_an_old_record_lacks_stays_a_placeholder() -> None:
    old = from_record({"code": "LY-1002", "where": "x", "facts": {}})
    assert "'{nearest}'" in str(old)


def test_a_clause_that_mentions_only_empty_facts_is_left_out() -> None:
    error = UnknownSetting(where="lianyi.toml: pool", nearest="")
    assert error.told("en").why == "unknown key"
    assert error.told("zh").why == "未知的键"


def test_braces_in_a_fact_are_text() -> None:
    assert "why {not} {0}" in str(BadSettings(where="{where}", why="why {not} {0}"))


def test_a_code_of_another_release_is_read_as_unforeseen() -> None:
    read = from_record({"code": "LY-9999", "where": "there", "facts": {"a": 1}})
    assert type(read) is Unforeseen
    assert (read.where, read.facts) == ("there", {"why": "LY-9999"})


@pytest.mark.parametrize("category", Category)
def test_only_what_may_work_later_by_itself_is_tried_again(category: Category) -> None:
    assert category.retry == (category in (Category.BUSY, Category.UNAVAILABLE))
    assert category.value.http_status in range(400, 600)
    assert category.value.hl7_ack in ("AE", "AR")
