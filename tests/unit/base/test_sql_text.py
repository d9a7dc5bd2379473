from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.sql_text import statements

# Pieces that hold semicolons and quotes which end nothing.
PIECES = [
    "SELECT 1",
    "SELECT 'it''s; one'",
    "SELECT E'a\\'; b'",
    'SELECT 1 AS "odd; ""name"',
    "DO $$ BEGIN PERFORM 1; END $$",
    "DO $body$ BEGIN PERFORM $$;$$; END $body$",
    "SELECT 1 -- no; end\n+ 1",
    "SELECT /* a; /* nested; */ 'b */ 1",
    "SELECT a$b FROM t",
    "SELECT $1",
    "SELECT 'back\\'",
    "SELECT\n\n1",
]
BETWEEN = ["", " ", "\n", "-- a remark; with a semicolon\n", "/* and; 'another */", "\n\n  "]


@given(parts=st.lists(st.tuples(st.sampled_from(BETWEEN), st.sampled_from(PIECES)), max_size=8))
def test_joined_statements_are_cut_where_they_were_joined(parts: list[tuple[str, str]]) -> None:
    sql = "".join(f"{between}{piece};" for between, piece in parts)

    found = statements(sql)

    assert [statement.text for statement in found] == [piece for _, piece in parts]
    lines = sql.split("\n")
    for statement in found:
        assert statement.text.split("\n")[0].rstrip(";") in lines[statement.line - 1]


@given(st.text(alphabet="a;'\"$-/*\\E \n", max_size=60))
def test_any_text_is_cut_without_losing_a_word(sql: str) -> None:
    found = statements(sql)

    at = 0
    for statement in found:
        at = sql.index(statement.text, at) + len(statement.text)
        assert statement.text.strip() == statement.text != ""


@pytest.mark.parametrize("sql", ["", ";", " ;; \n", "-- nothing\n", "/* nothing */;", "/* open"])
def test_blanks_and_comments_are_no_statement(sql: str) -> None:
    assert statements(sql) == []


def test_the_line_is_that_of_the_first_word() -> None:
    assert [s.line for s in statements("\n-- why\nSELECT 1;\n\nSELECT 2; SELECT 3")] == [3, 5, 5]
