"""A file with an error is refused alone, with file, key and the nearest right name."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianyi.projections.operational.mapping.problems import BadMapping, BadTerm
from lianyi.projections.operational.mapping.reading import parse_mapping, read_mappings
from lianyi.projections.operational.mapping.terms import Sort, parse_term
from lianyi.projections.operational.star import star

SLOT = """
fact: slot
hospital: H1
codes:
  kind: { "1": ordinary, "2": expert }
  yes_no: { "1": true, "0": false }
parts:
  - table: SLOTS
    where: not(flag(GONE, "1"))
    lookups:
      room: { table: ROOMS, by: { ROOM: ROOM } }
    columns:
      slot: key(NO)
      department: room.DEPT
      starts_at: instant(AT)
      kind: code(KIND, kind)
      booked: code(BOOKED, yes_no)
"""
NAME = "his/slot.yaml"


def refused(text: str, name: str = NAME) -> str:
    with pytest.raises(BadMapping) as found:
        parse_mapping(text, name)
    assert found.value.told("zh").why
    return f"{found.value.where}: {found.value.told('en').why}"


def test_what_a_file_says_is_read() -> None:
    mapping = parse_mapping(SLOT, NAME)
    assert (mapping.source, mapping.fact.name) == ("his", "slot")
    assert mapping.tables() == ["SLOTS", "ROOMS"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("hospital: H1", "hospitl: H1", "hospitl: unknown 'hospitl'; the nearest known one is 'h"),
        ("where: not", "were: not", "parts.0.were: unknown 'were'; the nearest known one is 'wh"),
        ("by: { R", "bye: { R", "parts.0.lookups.room.bye: unknown 'bye'; the nearest known one"),
        ("fact: slot", "fact: slit", "fact: unknown 'slit'; the nearest known one is 'slot'"),
        ("fact: slot", "fact: drug", "fact: it differs from the name of the file"),
        ("hospital: H1\n", "", "parts.0.columns: nothing is said of 'hospital'"),
        ("slot: key(NO)\n", "doctor: WHO\n", "parts.0.columns: nothing is said of 'slot'"),
        ("starts_at:", "start_at:", "parts.0.columns: unknown 'start_at'; the nearest known one "),
        ("room.DEPT", "rom.DEPT", "columns.department: unknown 'rom'; the nearest known one is 'r"),
        ("instant(AT)", "instnt(AT)", "starts_at, character 1: unknown 'instnt'; the nearest kno"),
        ("instant(AT)", 'instant(AT, "Asia/Shangai")', "unknown 'Asia/Shangai'; the nearest known"),
        ("instant(AT)", "text(AT)", "starts_at, character 1: instant is wanted here, this gives"),
        ("code(KIND, kind)", "code(KIND, kinds)", "unknown 'kinds'; the nearest known one is 'ki"),
        ("code(KIND, kind)", "text(KIND)", "kind: a code is wanted here: write code(column, map)"),
        ('"2": expert', '"2": exprt', "kind: unknown 'exprt'; the nearest known one is 'expert'"),
        ('"2": expert', "2: expert", "codes.kind: write the code 2 in quotes, as it stands at th"),
        ('"2": expert', '"2": true', "codes.kind: all codes of a map must give texts, or flags, "),
        ("code(BOOKED, yes_no)", "BOOKED", 'booked, character 1: write flag(…, "1") here'),
        ("key(NO)", "key(NO", "slot, character 7: ) is wanted here"),
        ("key(NO)", "key(NO) KIND", "slot, character 9: 'KIND' is one too many"),
        ("key(NO)", "key(NO;)", "slot, character 7: unknown sign ';'"),
        ("{ ROOM: ROOM }", "{ ROOM: NO }", "by.ROOM: YAML takes this for a value; write it in q"),
        ("{ ROOM: ROOM }", "{ flat.ROOM: ROOM }", "lookups.room.by: unknown 'flat'"),
        ("parts:", "parts: &x", "slot.yaml: line 7: it is no YAML"),
    ],
)
def test_an_error_is_told_with_its_place_and_the_nearest_right_name(
    old: str, new: str, told: str
) -> None:
    assert old in SLOT
    assert told in refused(SLOT.replace(old, new, 1))


def test_a_source_cannot_be_called_as_the_log() -> None:
    assert "no name of a source" in refused(SLOT, "log/slot.yaml")
    assert "no name of a source" in refused(SLOT, "../slot.yaml")


@pytest.mark.parametrize(
    "term",
    [
        "",
        "key()",
        "fen(A, 7)",
        "flag(A)",
        "plus(A, B)",
        "if(A, B)",
        "if(said(A), text(B), 1)",
        "not(not(not(not(not(not(not(not(not(not(not(not(not(said(A))))))))))))))",
        "read_csv(A)",
        "A; DROP TABLE x",
        "x" * 3000,
    ],
)
def test_a_term_that_is_none_is_refused(term: str) -> None:
    for sort in Sort:
        with pytest.raises(BadTerm):
            parse_term(term, sort, {})


def test_a_name_in_backquotes_may_be_any() -> None:
    term = parse_term("text(`费用 类别(新)`)", Sort.TEXT, {})
    assert str(term.column) == "费用 类别(新)"  # type: ignore[union-attr]


OF_A_HIS = set(star()) - {"link_day"}
"""What the platform did itself no HIS tells."""


def test_every_shipped_mapping_can_be_used_and_all_facts_have_one(tmp_path: Path) -> None:
    mappings, problems = read_mappings(tmp_path)
    assert problems == []
    assert {one.fact.name for one in mappings if one.source == "yxhis"} == OF_A_HIS


def test_a_file_of_the_hospital_takes_the_place_of_the_shipped_one_and_fails_alone(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "operational" / "yxhis"
    folder.mkdir(parents=True)
    (folder / "slot.yaml").write_text(SLOT, encoding="utf-8")
    (folder / "drug.yaml").write_text(SLOT.replace("fact: slot", "fact: drog"), encoding="utf-8")
    (folder / "order.yaml").write_bytes(b"\xff")
    mappings, problems = read_mappings(tmp_path)
    assert [one.where for one in problems] == ["yxhis/drug.yaml: fact", "yxhis/order.yaml"]
    found = {one.fact.name: one for one in mappings}
    assert found["slot"].tables() == ["SLOTS", "ROOMS"]
    assert set(found) == OF_A_HIS - {"drug", "order"}


@pytest.mark.parametrize("guide", ["star-mapping.md", "star-mapping.zh.md"])
def test_the_file_that_the_guide_shows_can_be_used(guide: str) -> None:
    text = (Path(__file__).parents[5] / "docs" / "guides" / guide).read_text(encoding="utf-8")
    shown = text.split("```yaml\n")[1].split("```")[0]
    mapping = parse_mapping(shown, "his/charge.yaml")
    assert mapping.tables() == ["MZ_SFMX", "YP_ZD"]
