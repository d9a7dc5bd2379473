"""Rows in filters and steps: one JSON of the header and the rows."""

from __future__ import annotations

import pytest

from lianyi.base.rows import Column, Header, line, read, write
from lianyi.channels.compiled import compile_channel
from lianyi.channels.loading import load_channel
from lianyi.channels.problems import UnreadableContent
from lianyi.channels.tabular import RowsContent

COLUMNS = (Column("id", "int", "integer"), Column("sex", "char(1)", "text"))
BODY = write(
    Header("his", "visit", "incremental", 4, 2, ("id",), COLUMNS),
    [line(["1", "M"]), line(["2", None])],
)
CHANNEL = """
channel: tables
description: 轮询
format: rows
source:
  connector: sql
  kind: postgresql
  host: db
  database: his
  account: reader
  system: his
  tables: [{ name: visit, key: id, mode: full, at: "02:30" }]
destinations:
  - name: men
    connector: files
    folder: out
    filter: { event: [his.visit], fields: { "rows[*].sex": [M] } }
    transform:
      - set: { "rows[1].sex": "F" }
  - { name: bills, connector: files, folder: out, filter: { event: [his.bill] } }
"""


def test_a_message_of_rows_says_what_it_is() -> None:
    content = RowsContent(BODY)
    assert content.identity()[:2] == ("rows his.visit", "his")
    assert content.get("batch") == "4"
    assert content.get_all("rows[*].sex") == ["M", ""]
    assert content.encode() is BODY


def test_a_channel_filters_and_changes_rows_and_the_form_stays() -> None:
    channel = compile_channel(load_channel(CHANNEL, "tables.yaml", None), None)
    content = channel.open(BODY)
    men, bills = channel.destinations
    assert (men.wants(content), bills.wants(content)) == (True, False)
    (sent,) = men.transform(content)
    header, rows = read(sent.body)
    assert rows == [["1", "M"], ["2", "F"]]
    assert (header.table, header.rows) == ("visit", 2)
    assert content.encode() is BODY


def test_what_is_no_message_of_rows_is_told() -> None:
    with pytest.raises(UnreadableContent):
        RowsContent(b'{"a": 1}').read()
