"""Rows of a patient table: CSV, JSON objects, or rows that a SQL source has read. Pure.

Today a file that a channel takes is ``raw`` in the log and an object is ``json``, whatever is in
it. So a table is taken for one of patients only if it has a column of patient identifiers and one
of names, and no column at all that is about anything else: a list of results has the patient's
name too. Where a message says itself that it is of patients (a channel with ``identify: event``
calls it ``json patient``, a SQL source calls its table ``patient``) other columns are left out. A
file that a person imports, ``act identity.imported``, must have no other: whoever imports it can
be told.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from lianyi.base import rows as polled
from lianyi.messagelog.message import LogMessage, storable_text
from lianyi.projections.identity.feeds.fhir import load, moment_of
from lianyi.projections.identity.feeds.id_kinds import (
    Number,
    identifiers_of,
    kind_by_shape,
    kind_said,
)
from lianyi.projections.identity.feeds.limits import RECORDS_MAX, checked, sender_of
from lianyi.projections.identity.feeds.problems import (
    NamesNoPatient,
    UnreadableRegistration,
    unreadable,
)
from lianyi.projections.identity.feeds.wording import arranged, count_in, named, yes_or_no
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Registration
from lianyi.projections.identity.statements import Registered, Statement
from lianyi.projections.identity.values.text import digits_of

IMPORTED: Final = "act identity.imported"
EVENT: Final = "row"
_NAMED: Final = frozenset({"json patient", "json patients", "json 患者"})
_UNNAMED: Final = frozenset({"json", "raw"})
_POLLED: Final = re.compile(r"rows [^.]+\.(patients?|患者)", re.IGNORECASE)
_CODECS: Final = ("utf-8-sig", "gb18030")
_COLUMNS: Final = {
    "mrn": "患者ID 患者编号 患者标识 患者号 病人ID 病人编号 病历号 病案号 登记号 MRN PATIENTID "
    "PATIENTNO",
    "source": "机构 机构编码 医疗机构 医院 来源 来源系统 SOURCE AUTHORITY ORGANISATION",
    "name": "姓名 患者姓名 病人姓名 NAME PATIENTNAME",
    "old": "曾用名 别名 OLDNAME",
    "phonetic": "英文名 拼音 姓名拼音 NAMELATIN",
    "sex": "性别 性别代码 SEX GENDER",
    "born": "出生日期 出生年月日 生日 出生时间 BORN BIRTHDATE DATEOFBIRTH DOB",
    "phone": "电话 电话号码 联系电话 本人电话 手机 手机号 手机号码 移动电话 家庭电话 PHONE MOBILE "
    "TELEPHONE",
    "address": "住址 现住址 家庭住址 居住地址 地址 联系地址 ADDRESS",
    "registered": "户籍地址 户口地址 REGISTEREDADDRESS",
    "id_type": "证件类型 证件类别 身份证件类别 IDTYPE",
    "id_number": "证件号 证件号码 身份证件号码 IDNUMBER",
    "mother_name": "母亲姓名 MOTHERNAME",
    "mother_id": "母亲证件号 母亲证件号码 母亲身份证 母亲身份证号 MOTHERID",
    "mother_mrn": "母亲患者ID 母亲病历号 MOTHERMRN",
    "multiple": "多胞胎 是否多胞胎 MULTIPLEBIRTH",
    "order": "出生顺序 BIRTHORDER",
    "newborn": "新生儿 新生儿标志 是否新生儿 NEWBORN",
    "deceased": "死亡标志 是否死亡 DECEASED",
    "updated": "更新时间 修改时间 最后更新时间 UPDATEDAT LASTUPDATED",
    "id:SFZ": "IDCARD IDCARDNO CITIZENID",
    "id:PPN": "PASSPORT",
    "id:SS": "SOCIALSECURITY",
    "id:MC": "INSURANCE",
    "id:HC": "HEALTHCARD",
    "id:BR": "BIRTHCERTIFICATE",
}
_HEADINGS: Final = {word: name for name, words in _COLUMNS.items() for word in words.split()}
_IDENTIFIER: Final = "id:"
_WRITTEN: Final = "IDENTIFIER:"
"""Begins the heading of any other number: ``identifier:JZK``, with a code of table 0203 or ours."""
_HEAD_BYTES_MAX: Final = 4_096

Row = Mapping[str, list[str]]
"""Values by the name of their column; several columns may have one name."""


class _Table(NamedTuple):
    """What a message holds.

    Attributes:
        rows: each with where it stands.
        codec: of the texts.
    """

    rows: list[tuple[str, Row]]
    codec: str


def wants(kind: str) -> bool:
    """Tell whether messages of a kind may be rows of patients."""
    return (
        kind == IMPORTED
        or kind in _UNNAMED
        or kind.lower() in _NAMED
        or _POLLED.fullmatch(kind) is not None
    )


def read(message: LogMessage, zone: ZoneInfo) -> list[Statement]:
    """Return what each row says; of a table that is none of patients, nothing.

    Args:
        message: of a kind that :func:`wants`.
        zone: of times without one.

    Raises:
        NamesNoPatient: a row has no patient identifier.
        UnreadableRegistration: a table of patients cannot be read.
    """
    if message.kind in (IMPORTED, "raw"):
        table = _csv(message)
    elif message.kind.startswith("rows "):
        table = _polled(message)
    else:
        table = _json(message)
    if len(table.rows) > RECORDS_MAX:
        raise unreadable(
            "table",
            f"it has more than {RECORDS_MAX} rows; send it in parts",
            f"超过 {RECORDS_MAX} 行；请分批发送",
        )
    source = "" if message.kind == IMPORTED else sender_of(message)
    return [
        Registered(
            checked(_registration(row, source, where, table.codec, message.received_at), where),
            moment_of(_first(row, "updated"), zone, received_at=message.received_at),
            EVENT,
        )
        for where, row in table.rows
    ]


# --- tables -------------------------------------------------------------------------------------


def column_of(heading: str) -> str:
    """Return the name of a column by its heading; empty for one that is not about a patient."""
    text = digits_of(heading).replace("_", "")
    if found := _HEADINGS.get(text):
        return found
    if text.startswith(_WRITTEN):
        return _IDENTIFIER + text.removeprefix(_WRITTEN)
    if text.isascii() or kind_said(text) is None:
        return ""
    return _IDENTIFIER + text


def _is_of_patients(columns: Iterable[str], *, strictly: bool) -> bool:
    found = set(columns)
    return {"mrn", "name"} <= found and not (strictly and "" in found)


def _csv(message: LogMessage) -> _Table:
    imported = message.kind == IMPORTED
    head = message.body[:_HEAD_BYTES_MAX].partition(b"\n")[0]
    if not imported and not _is_of_patients(_head_columns(head), strictly=True):
        return _Table([], "")
    codec = next((one for one in _CODECS if _is_text(message.body, one)), "")
    if not codec:
        raise unreadable("file", "it is neither UTF-8 nor GB18030", "既不是 UTF-8 也不是 GB18030")
    text = message.body.decode(codec)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        strict=True,
        delimiter="\t" if "\t" in text.partition("\n")[0] else ",",
    )
    try:
        columns = [column_of(heading) for heading in next(reader, [])]
        if imported:
            _check_headings(columns)
        rows = [
            (f"line {reader.line_num}", _row(zip(columns, cells, strict=False)))
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise unreadable(
            f"line {reader.line_num}", "the quotes do not match", "引号不成对"
        ) from error
    return _Table(rows, "utf-8" if codec == "utf-8-sig" else codec)


def _is_text(body: bytes, codec: str) -> bool:
    try:
        body.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _head_columns(head: bytes) -> list[str]:
    codec = next((one for one in _CODECS if _is_text(head, one)), "")
    text = head.decode(codec).rstrip("\r") if codec else ""
    return [column_of(one.strip('"')) for one in text.split("\t" if "\t" in text else ",")]


def _check_headings(columns: list[str]) -> None:
    """Refuse a file whose first line is none of headings; it is not told, it may be a patient."""
    if "" in columns:
        number = columns.index("") + 1
        raise unreadable(
            "line 1", f"the heading of column {number} is not known", f"第 {number} 列的列名未知"
        )
    for wanted, zh in (("mrn", "患者ID"), ("name", "姓名"), ("source", "机构")):
        if wanted not in columns:
            raise unreadable("line 1", f"there is no column '{wanted}'", f"没有“{zh}”列")


def _json(message: LogMessage) -> _Table:
    named_so = message.kind.lower() in _NAMED
    nothing = _Table([], "")
    if b'"resourceType"' in message.body:
        return nothing
    try:
        found = load(message)
    except UnreadableRegistration:
        if named_so:
            raise
        return nothing
    rows = []
    for number, one in enumerate(found if isinstance(found, list) else [found], start=1):
        columns = {name: column_of(name) for name in one} if isinstance(one, dict) else {}
        if not _is_of_patients(columns.values(), strictly=not named_so):
            if named_so:
                raise NamesNoPatient(where=f"row {number}")
            return nothing
        rows.append((f"row {number}", _row((columns[name], cell) for name, cell in one.items())))
    return _Table(rows, message.codec or "utf-8")


def _polled(message: LogMessage) -> _Table:
    try:
        header, found = polled.read(message.body)
    except ValueError as error:
        raise unreadable("body", "it is no message of rows", "不是行数据消息") from error
    columns = [column_of(column.name) for column in header.columns]
    if found and not _is_of_patients(columns, strictly=False):
        raise NamesNoPatient(where="columns")
    rows = [
        (f"row {number}", _row(zip(columns, row, strict=True)))
        for number, row in enumerate(found, start=1)
    ]
    return _Table(rows, "utf-8")


def _row(cells: Iterable[tuple[str, object]]) -> Row:
    found: dict[str, list[str]] = {}
    for column, cell in cells:
        if isinstance(cell, str):
            text = storable_text(cell).strip()
        elif isinstance(cell, bool):
            text = "1" if cell else "0"
        else:
            text = str(cell) if isinstance(cell, int) else ""
        if column and text:
            found.setdefault(column, []).append(text)
    return found


# --- one row ------------------------------------------------------------------------------------


def _first(row: Row, column: str) -> str:
    return row.get(column, [""])[0]


def _registration(
    row: Row, sender: str, where: str, codec: str, received_at: datetime
) -> Registration:
    mrn, source = _first(row, "mrn"), _first(row, "source") or sender
    if not mrn:
        raise NamesNoPatient(where=where)
    if not source:
        raise unreadable(where, "the column 'source' is empty", "“机构”列为空")
    uses = (("name", "official"), ("old", "old"), ("phonetic", "phonetic"))
    return Registration(
        source,
        mrn,
        arranged(
            named(text, use, text, codec) for column, use in uses for text in row.get(column, ())
        ),
        _first(row, "sex"),
        _first(row, "born"),
        identifiers_of(list(_numbers(row)), Number(mrn, "MR", source)),
        tuple(dict.fromkeys(row.get("phone", ()))),
        tuple(dict.fromkeys((*row.get("address", ()), *row.get("registered", ())))),
        yes_or_no(_first(row, "multiple")),
        count_in(_first(row, "order")),
        _mother(row, source),
        _first(row, "mother_name"),
        tuple(
            flag
            for column, flag in (("newborn", Flag.NEWBORN), ("deceased", Flag.DECEASED))
            if yes_or_no(_first(row, column))
        ),
        received_at,
    )


def _numbers(row: Row) -> Iterator[Number]:
    for number in row.get("id_number", ()):
        yield Number(number, _first(row, "id_type") or "证件")
    for column, values in row.items():
        if column.startswith(_IDENTIFIER):
            for value in values:
                yield Number(value, column.removeprefix(_IDENTIFIER))


def _mother(row: Row, source: str) -> Identifier | None:
    if number := _first(row, "mother_id"):
        return Identifier(kind_by_shape(number), number)
    number = _first(row, "mother_mrn")
    return Identifier(IdKind.OTHER, number, source) if number else None
