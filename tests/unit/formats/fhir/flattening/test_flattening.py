"""View definitions make the rows that SQL on FHIR says, or are refused with the place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.formats.fhir import flattening
from lianyi.formats.fhir.definitions import r4

WARD = {
    "resourceType": "Encounter", "id": "e1", "status": "in-progress",
    "class": {"code": "IMP"}, "subject": {"reference": "Patient/p1/_history/2"},
    "serviceProvider": {"reference": "https://elsewhere.example/Organization/o"},
    "length": {"value": Decimal("3.50"), "unit": "d"},
    "location": [
        {"location": {"reference": "Location/a", "display": "一病区"}, "status": "completed"},
        {"location": {"reference": "Location/b", "display": "二病区"}, "status": "active"},
    ],
    "participant": [{"type": [{"text": "x"}, {"text": "y"}]}, {"type": [{"text": "z"}]}],
    "extension": [{"url": "urn:bed", "valueString": "12"}],
}  # fmt: skip


def run(view: Mapping[str, Any], resource: Mapping[str, Any] = WARD) -> list[dict[str, Any]]:
    return flattening.rows(flattening.read({"resource": "Encounter", **view}, r4()), resource)


def column(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "path": path, **more}


def one(path: str) -> Any:
    """The value of one column."""
    (row,) = run({"select": [{"column": [column("v", path)]}]})
    return row["v"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "e1"),
        ("getResourceKey()", "e1"),
        ("subject.getReferenceKey()", "p1"),
        ("subject.getReferenceKey(Patient)", "p1"),
        ("subject.getReferenceKey(Group)", None),
        ("serviceProvider.getReferenceKey()", None),
        ("location.location.display.join('|')", "一病区|二病区"),
        ("extension('urn:bed').value", "12"),
        ("length.value", Decimal("3.50")),
        ("length.value > 3", True),
        ("location.count()", 2),
        ("period.start", None),
        ("@2026-03-01.lowBoundary(8)", "2026-03-01"),
    ],
)
def test_a_column_holds_what_its_path_says(path: str, value: Any) -> None:
    assert one(path) == value
    assert type(one(path)) is type(value)


def test_siblings_are_joined_and_children_repeat_their_parent() -> None:
    found = run({
        "select": [
            {"column": [column("id", "id")]},
            {"forEach": "location", "column": [column("n", "%rowIndex")],
             "select": [{"column": [column("where", "location.display")]}]},
            {"forEach": "participant", "select": [
                {"forEachOrNull": "type.where(text != 'z')", "column": [column("t", "text")]}]},
        ]
    })  # fmt: skip
    assert [tuple(row.values()) for row in found] == [
        ("e1", 0, "一病区", "x"), ("e1", 0, "一病区", "y"), ("e1", 0, "一病区", None),
        ("e1", 1, "二病区", "x"), ("e1", 1, "二病区", "y"), ("e1", 1, "二病区", None),
    ]  # fmt: skip


def test_a_union_stands_one_below_the_other_and_repeat_goes_down() -> None:
    named = [column("what", "$this"), column("how", "'first'")]
    found = run({"select": [{"unionAll": [
        {"forEach": "location.location.display", "column": named},
        {"forEach": "participant.type.text", "column": [named[0], column("how", "'second'")]},
    ]}]})  # fmt: skip
    assert [(row["what"], row["how"]) for row in found] == [
        ("一病区", "first"), ("二病区", "first"), ("x", "second"), ("y", "second"), ("z", "second"),
    ]  # fmt: skip
    deep = {"resourceType": "Questionnaire", "id": "q", "item": [
        {"linkId": "1", "item": [{"linkId": "1.1", "item": [{"linkId": "1.1.1"}]}]},
        {"linkId": "2"},
    ]}  # fmt: skip
    view = {"resource": "Questionnaire",
            "select": [{"repeat": ["item"], "column": [column("id", "linkId")]}]}  # fmt: skip
    assert [row["id"] for row in run(view, deep)] == ["1", "1.1", "1.1.1", "2"]


def test_conditions_and_constants_choose_and_other_types_have_no_rows() -> None:
    view = {
        "constant": [{"name": "state", "valueCode": "active"}, {"name": "n", "valueInteger": 1}],
        "where": [{"path": "location.where(status = %state).count() = %n"}],
        "select": [{"column": [column("s", "location.status", collection=True)]}],
    }
    assert run(view) == [{"s": ["completed", "active"]}]
    assert run(view, {**WARD, "location": []}) == []
    assert run(view, {"resourceType": "Patient", "id": "x"}) == []


@pytest.mark.parametrize(
    ("view", "where"),
    [
        ({"resource": "Ward", "select": []}, "resource"),
        ({"select": []}, "select"),
        ({"select": [{}]}, "select[0]"),
        ({"select": [{"forEach": 1, "column": [column("a", "id")]}]}, "select[0].forEach"),
        ({"select": [{"column": [column("a b", "id")]}]}, "select[0].column[0].name"),
        ({"select": [{"column": [column("a", "id."), column("b", "id")]}]}, "column[0].path"),
        ({"select": [{"column": [column("a", "%nobody")]}]}, "column[0].path"),
        ({"select": [{"column": [column("a", "id"), column("a", "id")]}]}, "select[0]"),
        ({"select": [{"forEach": "id", "repeat": ["id"], "column": [column("a", "id")]}]}, "[0]"),
        ({"select": [{"column": [column("a", "id")]}], "constant": [{"name": "n"}]}, "constant[0]"),
        ({"select": [{"unionAll": [{"column": [column("a", "id")]},
                                   {"column": [column("b", "id")]}]}]}, "unionAll"),
    ],
)  # fmt: skip
def test_what_is_no_view_is_refused_with_its_place(view: dict[str, Any], where: str) -> None:
    with pytest.raises(flattening.UnusableView) as refused:
        run(view)
    assert where in str(refused.value.where)


@pytest.mark.parametrize(
    "view",
    [
        {"select": [{"column": [column("a", "location.status")]}]},
        {"select": [{"column": [column("a", "id")]}], "where": [{"path": "id"}]},
        {"select": [{"column": [column("a", "id")]}], "where": [{"path": "location.status"}]},
    ],
)
def test_what_does_not_fit_a_resource_says_so_without_its_values(view: dict[str, Any]) -> None:
    with pytest.raises(flattening.NotOneValue) as refused:
        run(view)
    assert "e1" not in str(refused.value)


PATHS = {"location": "location", "participant": "participant", "type": "participant.type"}
parts = st.recursive(
    st.builds(lambda n: {"n": n}, st.integers(0, 3)),
    lambda inner: st.builds(
        lambda over, name, own, selects, union: {
            "over": over, "name": name, "own": own, "selects": selects, "union": union,
        },
        st.sampled_from(["", "forEach", "forEachOrNull"]),
        st.sampled_from(sorted(PATHS)),
        st.booleans(),
        st.lists(inner, max_size=2),
        st.integers(0, 2),
    ),
    max_leaves=5,
)  # fmt: skip


def built(part: dict[str, Any], names: Iterator[str], depth: int = 0) -> dict[str, Any]:
    """A select of a view, with columns of their own names."""
    if "n" in part:
        return {"column": [column(next(names), str(part["n"]))]}
    said: dict[str, Any] = {"select": [built(one, names, depth + 1) for one in part["selects"]]}
    if part["own"] or not part["selects"]:
        said["column"] = [column(next(names), "%rowIndex")]
    if part["over"]:
        said[part["over"]] = PATHS[part["name"]] if depth == 0 else "id | type"
    if part["union"]:
        name = next(names)
        said["unionAll"] = [{"column": [column(name, f"'{n}'")]} for n in range(part["union"])]
    return said


def count(part: dict[str, Any], depth: int = 0, size: int = 1) -> int:
    """How many rows a part makes, counted apart from the runner.

    ``size`` is how many elements ``id | type`` has in the element at hand.
    """
    if "n" in part:
        return 1
    inner = [size]
    if part["over"]:
        if depth == 0:
            inner = {"location": [0, 0], "participant": [2, 1], "type": [0, 0, 0]}[part["name"]]
        else:
            inner = [0] * size
        if not inner and part["over"] == "forEachOrNull":
            inner = [0]
    total = 0
    for each in inner:
        rows = max(part["union"], 1)
        for one_ in part["selects"]:
            rows *= count(one_, depth + 1, each)
        total += rows
    return total


@settings(max_examples=60)
@given(part=parts)
def test_rows_are_as_many_as_the_parts_make_together(part: dict[str, Any]) -> None:
    names = (f"c{number}" for number in range(100))
    view = {"resource": "Encounter", "select": [built(part, names)]}
    read = flattening.read(view, r4())
    found = flattening.rows(read, {key: value for key, value in WARD.items() if key != "id"})
    root = 0  # 'id | type' of the Encounter without an id
    assert len(found) == count(part, 0, root)
    assert all(list(row) == [one_.name for one_ in read.columns] for row in found)
