from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.settings import BadSettings, Section, UnknownSetting, nearest, read_settings


class Pool(Section):
    size_max: int = 10
    timeout_seconds: float = 1.5
    names: list[str] = []  # noqa: RUF012 - pydantic copies it


class Place(Section):
    path: Path


SECTIONS = {"pool": Pool, "place": Place}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lianyi.toml"
    path.write_text('[pool]\nsize_max = 3\n[place]\npath = "/data"\n', encoding="utf-8")
    return path


def test_the_file_wins_over_defaults_and_the_environment_over_the_file(file: Path) -> None:
    environment = {"LIANYI__POOL__TIMEOUT_SECONDS": "2.5", "LIANYI__PLACE__PATH": "/else", "A": "b"}

    read = read_settings(file, SECTIONS, environment)

    assert read == {"pool": Pool(size_max=3, timeout_seconds=2.5), "place": Place(path="/else")}


def test_without_a_file_the_environment_is_enough() -> None:
    read = read_settings(None, SECTIONS, {"LIANYI__PLACE__PATH": "/data"})
    assert read["pool"] == Pool()


def test_a_misspelt_key_is_named_with_the_nearest_right_one(file: Path) -> None:
    file.write_text("[pool]\nsize_mx = 3\n", encoding="utf-8")
    with pytest.raises(UnknownSetting) as failure:
        read_settings(file, SECTIONS, {})
    assert failure.value.where == "lianyi.toml: pool.size_mx"
    assert failure.value.facts == {"nearest": "size_max"}


def test_every_misspelt_key_is_told_at_once_before_what_does_not_fit(file: Path) -> None:
    file.write_text("[pool]\nnames = 3\nsize_mx = 3\n[pol]\n[place]\npaht = '/'\n")

    with pytest.raises(UnknownSetting) as failure:
        read_settings(file, SECTIONS, {})

    assert [problem.where for problem in failure.value.problems] == [
        "lianyi.toml: [pol]",
        "lianyi.toml: pool.size_mx",
        "lianyi.toml: place.paht",
        "lianyi.toml: pool.names",
    ]


def test_a_misspelt_section_is_named_with_the_nearest_right_one(file: Path) -> None:
    file.write_text("[pol]\nsize_max = 3\n", encoding="utf-8")
    with pytest.raises(UnknownSetting, match=r"\[lianyi\.toml: \[pol\]\].*'pool'"):
        read_settings(file, SECTIONS, {})


def test_a_misspelt_variable_of_the_environment_is_named_too(file: Path) -> None:
    with pytest.raises(UnknownSetting, match="'size_max'"):
        read_settings(file, SECTIONS, {"LIANYI__POOL__SIZE_MAXI": "3"})


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[pool]\nsize_max = "many"\n[place]\npath = "/"', "lianyi.toml: pool.size_max"),
        ('[pool]\nnames = ["a", 3]\n[place]\npath = "/"', "lianyi.toml: pool.names.1"),
        ("[pool]\nsize_max = 3\n", "lianyi.toml: place.path"),
        ("pool = 3\n", "lianyi.toml: pool"),
        ("pool = 3\n[place]\npath = '/'", "lianyi.toml: pool"),
        ("[pool\n", "lianyi.toml"),
    ],
)
def test_what_cannot_be_used_is_named_by_place(file: Path, text: str, where: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadSettings) as failure:
        read_settings(file, SECTIONS, {})
    assert failure.value.where == where


def test_a_file_that_is_absent_or_no_utf8_is_refused(file: Path) -> None:
    with pytest.raises(BadSettings):
        read_settings(file.with_name("absent.toml"), SECTIONS, {})
    file.write_bytes("[place]\npath = '数据'".encode("gb18030"))
    with pytest.raises(BadSettings):
        read_settings(file, SECTIONS, {})


def test_a_section_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Pool().size_max = 3


@given(st.sampled_from(["size_max", "timeout_seconds"]), st.integers(0, 6))
def test_a_known_word_with_a_letter_missing_is_recognised(word: str, at: int) -> None:
    assert nearest(word[:at] + word[at + 1 :], ["size_max", "timeout_seconds"]) == word


def test_a_word_that_looks_like_none_gets_no_suggestion() -> None:
    assert nearest("zzz", ["size_max"]) == ""
