"""Master data from a table: CSV in UTF-8 or GB18030, imported as one message. Pure.

Each row is one statement about the record and one for each relation, so that one bad row does not
keep the others out. The body of the message is the file, byte for byte.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lianyi.base.errors import LianyiError
from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.masterdata.changes import day_of, unreadable
from lianyi.projections.masterdata.model import (
    MANAGEMENT,
    PART_OF,
    PLACE,
    ROLE,
    TREE,
    Attach,
    Change,
    Describe,
    Kind,
)
from lianyi.security.acts import act

IMPORTED = "_imported"
IMPORT_BYTES_MAX = 16_777_216
CODECS = ("utf-8-sig", "gb18030")
COLUMNS: Mapping[str, str] = {
    "编码": "code", "代码": "code", "名称": "name_zh", "中文名": "name_zh", "英文名": "name_en",
    "拼音": "pinyin", "类别": "category", "上级": "parent", "上级编码": "parent", "树": "tree",
    "生效日期": "valid_from", "失效日期": "valid_to", "位置": "location", "机构": "organisation",
    "所属机构": "organisation", "角色": "role", "临时机构": "emergency",
}  # fmt: skip
"""What a heading may be called in Chinese; in English it is the name itself."""
KNOWN = {*COLUMNS.values()}
IDENTIFIER = "identifier:"
"""Begins the heading of an identifier: ``identifier:USCC``."""
TRUE = {"1", "true", "yes", "y", "是"}


def codec_of(body: bytes) -> str:
    """Return the codec of a file.

    Raises:
        UnreadableMasterData: it is neither UTF-8 nor GB18030.
    """
    for codec in CODECS:
        try:
            body.decode(codec)
        except UnicodeDecodeError:
            continue
        return codec
    raise unreadable("file", "it is neither UTF-8 nor GB18030", "既不是 UTF-8 也不是 GB18030")


def too_big(limit: int) -> LianyiError:
    """Return the failure of a file that is too big for one message."""
    return unreadable(
        "file",
        f"it is bigger than {limit >> 20} MB; import it in parts",
        f"文件大于 {limit >> 20} MB；请分批导入",
    )


def write(body: bytes, kind: Kind, *, actor: str) -> NewMessage:
    """Return the message that records an import.

    Raises:
        UnreadableMasterData, BadDates: the file cannot be read.
    """
    codec = codec_of(body)
    statements_of(body, kind)
    return act(f"masterdata.{kind}{IMPORTED}", {})._replace(body=body, codec=codec, sender=actor)


def statements_of(body: bytes, kind: Kind) -> Sequence[tuple[Change, ...]]:
    """Return the statements of a file; raises as :func:`write` does."""
    return _statements(kind, body.decode(codec_of(body)))


def read(message: LogMessage) -> Sequence[tuple[Change, ...]]:
    """Return the statements of an imported file: the records first, then their relations.

    Raises:
        UnreadableMasterData, BadDates: it cannot be read; nothing of it is learned.
    """
    kind = Kind(message.kind.rpartition(".")[2].removesuffix(IMPORTED))
    return _statements(kind, message.body.decode(message.codec or "utf-8"))


def _statements(kind: Kind, text: str) -> list[tuple[Change, ...]]:
    rows = list(_rows(text))
    described = [_describe(kind, line, row) for line, row in rows]
    related = [changes for line, row in rows for changes in _relate(kind, line, row)]
    return [*described, *related]


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Give each row with its line, under the names of its columns."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heads = [_column(head) for head in next(reader, [])]
        if "code" not in heads:
            raise unreadable("line 1", "there is no column 'code'", "没有“编码”列")
        for row in reader:
            given = {head: cell.strip() for head, cell in zip(heads, row, strict=False)}
            if any(given.values()):
                if not given.get("code"):
                    raise unreadable(f"line {reader.line_num}", "the code is empty", "编码为空")
                yield reader.line_num, given
    except csv.Error as error:
        raise unreadable(
            f"line {reader.line_num}", "the quotes do not match", "引号不成对"
        ) from error


def _column(head: str) -> str:
    name = head.strip()
    name = COLUMNS.get(name, name.lower() if not name.startswith(IDENTIFIER) else name)
    if name not in KNOWN and not name.startswith(IDENTIFIER):
        raise unreadable("line 1", f"unknown column '{head[:40]}'", f"未知的列“{head[:40]}”")
    return name


def _days(line: int, row: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, name in (("valid_from", "on"), ("valid_to", "until")):
        if row.get(column):
            found[name] = day_of(row[column], where=f"line {line} {column}")
    return found


def _describe(kind: Kind, line: int, row: Mapping[str, str]) -> tuple[Change, ...]:
    texts: dict[str, Any] = {
        name: row[name] for name in ("name_zh", "name_en", "pinyin", "category") if row.get(name)
    }
    if row.get("emergency"):
        texts["emergency"] = row["emergency"].lower() in TRUE
    identifiers = {
        name.removeprefix(IDENTIFIER): value
        for name, value in row.items()
        if name.startswith(IDENTIFIER) and value
    }
    if identifiers:
        texts["identifiers"] = identifiers
    return (Describe(kind, row["code"], texts=texts, **_days(line, row)),)


def _relate(kind: Kind, line: int, row: Mapping[str, str]) -> Iterator[tuple[Change, ...]]:
    code, days = row["code"], _days(line, row)
    if parent := row.get("parent"):
        tree = PART_OF if kind is Kind.LOCATION else TREE + (row.get("tree") or MANAGEMENT)
        yield (Attach(tree, code, parent, **days),)
    if kind is Kind.ORGANISATION and (location := row.get("location")):
        yield (Attach(PLACE, code, location, **days),)
    if kind is Kind.PRACTITIONER and (organisation := row.get("organisation")):
        yield (Attach(ROLE, code, organisation, row.get("role", ""), **days),)
