"""What is wrong with a file of content is said in the same words, with the place of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel

from lianyi.base.content_files import (
    FILE_BYTES_MAX,
    as_model,
    keys_of,
    strangers,
    text_of,
    unknown,
)
from lianyi.base.errors import Category, LianyiError, Told


class Bad(LianyiError):
    code = "LY-0000"
    category = Category.INVALID
    en = Told("cannot use this", "{why}", "correct it")
    zh = Told("不可用", "{why_zh}", "改正")


class Within(BaseModel):
    zh: str = ""


class Thing(BaseModel):
    within: ClassVar = {"name": Within, "names": Within}
    size: int = 0
    name: Within = Within()
    names: list[Within] = []


def said(ask: Callable[[], object]) -> tuple[str, str, str]:
    with pytest.raises(Bad) as caught:
        ask()
    facts = caught.value.facts
    return str(caught.value.where), str(facts["why"]), str(facts["why_zh"])


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"name: \xff", ("it cannot be read", "文件无法读取")),
        (None, ("it cannot be read", "文件无法读取")),
        (b"#" * (FILE_BYTES_MAX + 1), ("it is too long", "文件过大")),
    ],
)
def test_a_file_that_is_no_text_of_ours_is_refused_in_words(
    tmp_path: Path, raw: bytes | None, why: tuple[str, str]
) -> None:
    file = tmp_path / "one.yaml"
    if raw is not None:
        file.write_bytes(raw)

    assert said(lambda: text_of(file, "things/one.yaml", Bad)) == ("things/one.yaml", *why)


def test_a_file_as_long_as_allowed_is_read(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("名: 1", encoding="utf-8")

    assert text_of(file, "one.yaml", Bad, bytes_max=6) == "名: 1"
    assert said(lambda: text_of(file, "one.yaml", Bad, bytes_max=5))[1] == "it is too long"


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("size: 1\nname: [", "one.yaml: line 2", "it is no YAML"),
        ("size: &a 1\n", "one.yaml: line 1", "it is no YAML"),
        ("size: 2026-02-30\n", "one.yaml", "it is no YAML"),
        ("- size\n", "one.yaml", "it is no list of keys"),
        ("", "one.yaml", "it is no list of keys"),
    ],
)
def test_what_is_no_list_of_keys_is_refused_where_it_breaks(
    text: str, where: str, why: str
) -> None:
    assert said(lambda: keys_of(text, "one.yaml", Bad))[:2] == (where, why)


def test_the_first_value_that_does_not_fit_is_named() -> None:
    assert as_model({"size": 3}, Thing, "one.yaml", Bad).size == 3
    data = {"size": 1, "names": [{"zh": "甲"}, {"zh": 2}]}
    assert said(lambda: as_model(data, Thing, "one.yaml", Bad))[0] == "one.yaml: names.1.zh"
    assert said(lambda: as_model(data, Thing, "things.4", Bad, joint="."))[0] == (
        "things.4.names.1.zh"
    )


def test_keys_that_nobody_knows_are_found_at_every_depth() -> None:
    data = {"sice": 1, "name": {"zn": ""}, "names": [{"zh": ""}, {"en": ""}], "size": {"zn": 1}}

    found = [(where, word) for where, word, _ in strangers(data, Thing, Thing.within)]

    assert found == [("sice", "sice"), ("name.zn", "zn"), ("names.1.en", "en")]


def test_the_nearest_known_word_is_told() -> None:
    assert unknown("sice", Thing.model_fields)["why"].endswith("the nearest known one is 'size'")
    assert unknown("sice", ["other"]) == {"why": "unknown 'sice'", "why_zh": "未知的“sice”"}
