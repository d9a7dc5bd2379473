"""A file of a search parameter is used as it is meant, or refused with the place and the reason."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.cli.main import main
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.projections.clinical.parameters.problems import UnusableExpression, UnusableParameter
from lianyi.projections.clinical.parameters.reading import read, read_folder


def said(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "SearchParameter", "url": "urn:test:ward", "name": "ward",
        "status": "active", "description": "x", "code": "ward", "base": ["Encounter"],
        "type": "string", "expression": "Encounter.location.location.display", **more,
    }  # fmt: skip


def write(folder: Path, name: str, **more: Any) -> Path:
    path = folder / "clinical" / "parameters" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json_text.write(said(**more)))
    return path


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        ({"resourceType": "Patient"}, "LY-2360", "resourceType"),
        ({"url": ""}, "LY-2360", "url"),
        ({"code": "a~b"}, "LY-2360", "letters"),
        ({"type": "composite"}, "LY-2360", "not offered"),
        ({"base": ["Ward"]}, "LY-2360", "no type"),
        ({"base": []}, "LY-2360", "base is empty"),
        ({"base": "Encounter"}, "LY-2360", "no list"),
        ({"type": "reference"}, "LY-2360", "target"),
        ({"target": ["Patient"]}, "LY-2360", "target"),
        ({"code": "status"}, "LY-2360", "FHIR itself"),
        ({"expression": "Encounter.where("}, "LY-2361", "character 17"),
        ({"expression": "Encounter.ward"}, "LY-2361", "character 11"),
        ({"expression": "Encounter.nosuch()"}, "LY-2361", "character 11"),
    ],
)
def test_what_cannot_be_used_is_refused_with_place_and_reason(
    change: dict[str, Any], code: str, why: str
) -> None:
    with pytest.raises(LianyiError) as refused:
        read(said(**change), "ward.json", r4())
    assert refused.value.code == code
    assert refused.value.where == "ward.json"
    assert why in refused.value.text("en")


def test_what_says_something_else_is_kept_under_another_number() -> None:
    (one,) = read(said(), "a.json", r4())
    (same,) = read(said(name="other", description="y"), "b.json", r4())
    (other,) = read(said(expression="Encounter.location.location.reference"), "a.json", r4())
    assert one.p == same.p != other.p
    assert read(said(status="retired"), "a.json", r4()) == []


def test_of_two_that_name_one_parameter_the_first_counts(tmp_path: Path) -> None:
    write(tmp_path, "a.json")
    write(tmp_path, "b.json", url="urn:test:other")
    write(tmp_path, "c.json", code="c", expression="Encounter.(")
    (tmp_path / "clinical" / "parameters" / "d.json").write_bytes(b"{")
    found = read_folder(tmp_path)
    assert [(one.file, one.code) for one in found.own] == [("a.json", "ward")]
    assert [(one.file, one.problem.code) for one in found.refused] == [
        ("b.json", "LY-2360"), ("c.json", "LY-2361"), ("d.json", "LY-2360"),
    ]  # fmt: skip
    assert read_folder(tmp_path / "nowhere") == ([], [])


def test_the_check_of_the_files_says_where_an_expression_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, "a.json")
    done = CliRunner().invoke(main, ["parameters", "check", "--content", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (0, "✓ Encounter.ward\n")
    write(tmp_path, "c.json", code="c", expression="Encounter.(")
    done = CliRunner().invoke(main, ["parameters", "check", "--content", str(tmp_path)])
    assert done.exit_code == 1
    assert "LY-2361" in done.stderr
    assert "character 11" in done.stderr


@given(text=st.text(alphabet="Encounter.()|'%=[]01 ", max_size=30))
def test_no_expression_breaks_the_reading(text: str) -> None:
    with contextlib.suppress(UnusableParameter, UnusableExpression):
        (one,) = read(said(expression=text), "a.json", r4())
        assert one.parameter.expression == text
