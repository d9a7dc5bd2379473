"""Every value arrives as it stands at the source, to the last digit, and says what it is."""

from __future__ import annotations

import base64

from lianyi.base.rows import Column
from lianyi.connectors.sql import types

from .site import Desk, MariadbSite, PostgresqlSite, Reading

POSTGRESQL = {
    "small": ("smallint", "-32768", "-32768", "integer"),
    "big": ("bigint", "9223372036854775807", "9223372036854775807", "integer"),
    "exact": ("numeric(30,10)", "12345678901234567890.0123456789", None, "decimal"),
    "loose": ("numeric", "1.10", "1.10", "decimal"),
    "nan": ("numeric", "NaN", "NaN", "decimal"),
    "endless": ("numeric", "Infinity", "Infinity", "decimal"),
    "real": ("real", "0.1234567", "0.1234567", "float"),
    "double": ("double precision", "0.1", "0.1", "float"),
    "yes": ("boolean", "true", "true", "boolean"),
    "empty": ("text", "", "", "text"),
    "padded": ("character(4)", "ab", "ab  ", "text"),
    "name": ("varchar(20)", "张三\n\\丰'", None, "text"),
    "bytes": ("bytea", "\\x00ff0a", base64.b64encode(b"\0\xff\n").decode(), "bytes"),
    "day": ("date", "2026-03-02", "2026-03-02", "date"),
    "forever": ("date", "infinity", "infinity", "date"),
    "clock": ("time", "08:00:30.123456", "08:00:30.123456", "time"),
    "local": ("timestamp", "2026-03-02 08:00:30.123456", None, "timestamp"),
    "instant": ("timestamptz", "2026-03-02 08:00:30+08", "2026-03-02 00:00:30+00", "instant"),
    "while_": ("interval", "1 day 2 hours", "P1DT2H", "interval"),
    "doc": ("json", '{"b": 1,  "a": 1.0}', '{"b": 1,  "a": 1.0}', "json"),
    "id": ("uuid", "123e4567-e89b-12d3-a456-426655440000", None, "uuid"),
    "flags": ("bit(5)", "00101", "00101", "bits"),
    "list": ("int[]", "{1,NULL,3}", "{1,NULL,3}", "array"),
    "span": ("int4range", "[1,5)", "[1,5)", "range"),
    "mood": ("mood", "sad", "sad", "text"),
    "code": ("code", "A1", "A1", "text"),
    "pair": ("pair", '(1,"a b")', '(1,"a b")', "composite"),
    "where_": ("inet", "10.0.0.1/32", "10.0.0.1/32", "text"),
    "odd": ("pg_snapshot", "10:20:10,14", "10:20:10,14", "text"),
    "absent": ("text", None, None, "text"),
}
TYPES = """
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE DOMAIN code AS varchar(10);
    CREATE TYPE pair AS (a int, b text);
"""


async def test_postgresql_values_are_whole(postgresql: PostgresqlSite, desk: Desk) -> None:
    columns = ", ".join(f"{name} {type_}" for name, (type_, *_) in POSTGRESQL.items())
    values = ", ".join(
        "NULL" if value is None else "'" + value.replace("'", "''") + "'"
        for _, value, _, _ in POSTGRESQL.values()
    )
    await postgresql.run(f"{TYPES} CREATE TABLE all_types ({columns}, PRIMARY KEY (big))")
    await postgresql.run(f"INSERT INTO all_types VALUES ({values})")
    table = {"name": "all_types", "key": "big", "mode": "full", "every_seconds": 3600}
    async with Reading(desk.source(postgresql.settings(table))):
        await desk.until(lambda: len(desk.arrivals) == 2)

    header, rows = desk.batches[0]
    assert [(column.name, column.kind) for column in header.columns] == [
        (name, kind) for name, (*_, kind) in POSTGRESQL.items()
    ]
    wanted = {
        name: value if shown is None else shown for name, (_, value, shown, _) in POSTGRESQL.items()
    }
    assert dict(zip(POSTGRESQL, rows[0], strict=True)) == wanted
    types = {column.name: column.type for column in header.columns}
    assert types["exact"] == "numeric(30,10)"
    assert types["code"] == "character varying(10)"
    assert [column.name for column in header.columns if not column.known] == ["odd"]
    assert desk.codes() == ["LY-1148"]


MARIADB = {
    "id": ("bigint unsigned", "18446744073709551615", "18446744073709551615", "integer"),
    "small": ("int", "-1", "-1", "integer"),
    "exact": ("decimal(30,10)", "12345678901234567890.0123456789", None, "decimal"),
    "real_": ("float", "0.1234567", "0.12345670163631439", "float"),
    "double_": ("double", "0.1", "0.1", "float"),
    "yes": ("boolean", "1", "1", "integer"),
    "flags": ("bit(9)", "b'100000001'", "100000001", "bits"),
    "mood": ("enum('sad','glad')", "sad", "sad", "text"),
    "some": ("set('a','b')", "a,b", "a,b", "text"),
    "doc": ("json", '{"a": 1.0}', '{"a": 1.0}', "text"),
    "never": ("datetime", "0000-00-00 00:00:00", "0000-00-00 00:00:00", "timestamp"),
    "local": ("datetime(6)", "2026-03-02 08:00:30.123456", None, "timestamp"),
    "instant": ("timestamp null", "2026-03-02 08:00:30", "2026-03-02 00:00:30+00", "instant"),
    "day": ("date", "2026-02-00", "2026-02-00", "date"),
    "long_": ("time(2)", "-838:59:59.00", "-838:59:59.00", "time"),
    "year_": ("year", "2026", "2026", "integer"),
    "gbk": ("varchar(20) character set gbk", "张三丰\\'", "张三丰\\'", "text"),
    "latin": ("varchar(20) character set latin1", "é€", "é€", "text"),
    "padded": ("binary(3)", "ab", base64.b64encode(b"ab\0").decode(), "bytes"),
    "blob_": ("blob", "x'00ff0a'", base64.b64encode(b"\0\xff\n").decode(), "bytes"),
    "empty": ("longtext", "", "", "text"),
    "absent": ("varchar(20)", None, None, "text"),
}


async def test_mariadb_values_are_whole(maria: MariadbSite, desk: Desk) -> None:
    def literal(value: str | None) -> str:
        if value is None or value[:2] in ("b'", "x'"):
            return value or "NULL"
        return "'" + value.replace("'", "''") + "'"

    columns = ", ".join(f"{name} {type_}" for name, (type_, *_) in MARIADB.items())
    values = ", ".join(literal(value) for _, value, _, _ in MARIADB.values())
    await maria.run(
        f"SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SET time_zone = '+08:00';"
        f" CREATE TABLE all_types ({columns}, PRIMARY KEY (id));"
        f" INSERT INTO all_types VALUES ({values})"
    )
    table = {"name": "all_types", "key": "id", "mode": "full", "every_seconds": 3600}
    async with Reading(desk.source(maria.settings(table))):
        await desk.until(lambda: len(desk.arrivals) == 2)

    header, rows = desk.batches[0]
    assert [(column.name, column.kind) for column in header.columns] == [
        (name, kind) for name, (*_, kind) in MARIADB.items()
    ]
    wanted = {
        name: value if shown is None else shown for name, (_, value, shown, _) in MARIADB.items()
    }
    assert dict(zip(MARIADB, rows[0], strict=True)) == wanted
    types = {column.name: column.type for column in header.columns}
    assert types["exact"] == "decimal(30,10)"
    assert types["id"] == "bigint unsigned"
    assert types["gbk"] == "varchar(20)"
    assert desk.codes() == []


def test_every_type_of_the_table_has_a_kind_that_says_how_it_reads() -> None:
    kinds = set(types._table().values())
    assert kinds <= types.KINDS.keys()
    assert types.KINDS.keys() >= types.ORDERED | types.NUMBERS | types.TIMES
    assert types.column("postgresql", "c", "numeric(18,4)").kind == "decimal"
    assert types.column("mariadb", "c", "bigint unsigned").kind == "integer"
    assert types.column("oracle", "c", "NUMBER(10)") == Column("c", "NUMBER(10)", "text", False)
