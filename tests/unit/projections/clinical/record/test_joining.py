"""A document and what it says are one line, and neither is shown without the other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.record.gathering import Asked, Line, is_asked, joined, replaced
from lianyi.projections.clinical.record.items import item_of
from lianyi.projections.clinical.record.record_store import KeptRow

AT = datetime(2026, 3, 1, tzinfo=UTC)
COMPOSITION = {
    "resourceType": "Composition", "id": "c1", "status": "final", "title": "出院小结",
    "type": {"text": "出院小结"},
    "section": [
        {"title": "经过", "section": [{"text": {"div": "<div>夜间<b>胸</b>闷 &amp; 咳</div>"}}]}
    ],
}  # fmt: skip
REFERENCE = {
    "resourceType": "DocumentReference", "id": "d1", "status": "current",
    "type": {"text": "出院小结"}, "content": [{"attachment": {"title": "CDA"}}],
    "context": {"related": [{"reference": "Composition/c1"}]},
}  # fmt: skip


def line(
    resource: dict[str, Any], *, whole: bool = True, channel: int = 1, number: int = 1
) -> Line:
    item = item_of(resource)
    assert item is not None
    row = KeptRow(1, item.type, item.id, 1, AT, channel, 0, number, json_text.write(resource))
    return Line(item, row, cast(Any, None), is_whole=whole)


def test_a_document_is_one_line_and_is_found_by_the_words_of_its_sections() -> None:
    (one,) = joined([line(COMPOSITION), line(REFERENCE)])
    assert (one.item.type, one.is_whole) == ("DocumentReference", True)
    assert is_asked(one, Asked(words=("胸闷 & 咳",)))
    assert is_asked(one, Asked(words=("经过",)))
    assert not is_asked(one, Asked(words=("div",)))


def test_where_what_it_says_may_not_be_shown_the_document_is_not_either() -> None:
    (one,) = joined([line(REFERENCE), line(COMPOSITION, whole=False)])
    assert (one.item.title, one.item.attached, one.is_whole) == ("****", (), False)
    assert not is_asked(one, Asked(words=("经过",)))


@pytest.mark.parametrize("context", [None, {}, {"related": "x"}, {"related": [{"reference": 7}]}])
def test_what_leads_nowhere_stays_beside(context: Any) -> None:
    lines = joined([line(COMPOSITION), line({**REFERENCE, "context": context})])
    assert [one.item.type for one in lines] == ["Composition", "DocumentReference"]


def test_the_document_of_another_channel_stays_beside() -> None:
    assert len(joined([line(COMPOSITION), line(REFERENCE, channel=2)])) == 2


@pytest.mark.parametrize(
    ("said", "since", "until", "asked"),
    [
        ("2026-03-02T01:00:00+08:00", "2026-03-02", "2026-03-02", True),
        ("2026-03-01T17:00:00Z", "2026-03-02", "2026-03-02", True),
        ("2026-03-02T16:30:00Z", "", "2026-03-02", False),
        ("2026-03-02", "2026-03-02", "2026-03-02", True),
        ("2026-03", "2026-03-02", "", True),
        ("2026-02", "2026-03-02", "", False),
        ("2026-03-05", "", "2026-03", True),
        ("2026-04-01", "", "2026-03", False),
        ("no time at all", "2026-03-02", "2026-03-02", True),
    ],
)
def test_a_day_begins_and_ends_where_the_house_stands(
    said: str, since: str, until: str, *, asked: bool
) -> None:
    one = line({"resourceType": "Condition", "recordedDate": said})
    zone = ZoneInfo("Asia/Shanghai")
    assert is_asked(one, Asked(since=since, until=until, zone=zone)) is asked


def said(type_: str, id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": type_, "id": id_, "status": "final", "code": {"text": id_}, **more}


def referring(*names: str) -> dict[str, Any]:
    inner = [{"entry": [{"reference": name} for name in names]}]
    return COMPOSITION | {"section": [{"title": "过敏", "section": inner}]}


def test_what_only_a_replaced_document_said_is_replaced_as_well() -> None:
    report = said("DiagnosticReport", "r1", result=[{"reference": "Observation/member"}])
    composition = referring("AllergyIntolerance/gone", "DiagnosticReport/r1", "Condition/kept")
    lines = joined(
        [
            line(REFERENCE | {"status": "superseded"}, number=2),
            line(composition),
            line(said("AllergyIntolerance", "gone")),
            line(report),
            line(said("Observation", "member")),
            line(said("Condition", "kept"), number=2),  # the new document says it, too
            line(said("Observation", "beside")),  # of the same message, not in the document
        ]
    )
    found = {one.item.id: one.item.status for one in replaced(lines)}
    assert {name for name, status in found.items() if status == "superseded"} == {
        "d1", "gone", "r1", "member",
    }  # fmt: skip
    assert [one.item.id for one in replaced(lines)] == [one.item.id for one in lines]


def test_what_the_new_document_says_with_the_same_words_stands() -> None:
    old, new = referring("Condition/c", "Condition/dropped"), referring("Condition/c")
    newer = REFERENCE | {"id": "d2", "context": {"related": [{"reference": "Composition/c2"}]}}
    lines = joined(
        [
            line(REFERENCE | {"status": "superseded"}, number=2),
            line(old),
            line(newer, number=2),
            line(new | {"id": "c2"}, number=2),
            line(said("Condition", "c")),  # nothing has changed of it: the first message brought it
            line(said("Condition", "dropped")),
        ]
    )
    found = {one.item.id: one.item.status for one in replaced(lines)}
    assert (found["c"], found["dropped"]) == ("final", "superseded")


def test_what_a_document_in_force_says_stands() -> None:
    lines = joined([line(REFERENCE), line(referring("Condition/c")), line(said("Condition", "c"))])
    assert [one.item.status for one in replaced(lines)] == ["current", "final"]


def test_documents_that_say_each_other_are_looked_through_once() -> None:
    one = said("DiagnosticReport", "a", result=[{"reference": "DiagnosticReport/b"}])
    other = said("DiagnosticReport", "b", result=[{"reference": "DiagnosticReport/a"}])
    composition = referring("DiagnosticReport/a", "Nothing/known")
    lines = joined(
        [line(REFERENCE | {"status": "superseded"}), line(composition), line(one), line(other)]
    )
    assert {one.item.status for one in replaced(lines)} == {"superseded"}
