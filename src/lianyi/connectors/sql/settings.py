"""What a SQL source can be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from lianyi.base.rows import Mode
from lianyi.base.settings import Section

Label = Annotated[str, Field(max_length=60, pattern=r"^[\w-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=128)]
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    Field(max_length=16),
]


class TableSettings(Section):
    """One table, or query, and how it is read.

    Attributes:
        name: what it is called in messages: their kind is ``rows <system>.<name>``. A table that
            gets another name is read anew from the beginning.
        table: as the source calls it, ``schema.table``; default: ``name``.
        query: instead of a table: one SELECT without a semicolon.
        key: columns that tell rows apart; together unique and never NULL.
        mode: ``incremental``: rows above a watermark. ``full``: the whole table, as it is at one
            moment. ``outbox``: rows in order of their key, marked done when the log has them.
        watermark: incremental: columns that grow whenever a row is written, e.g. ``updated_at``.
        overlap_seconds: incremental: how far below the highest time is read again, for writers
            that commit late. What was given already is not given again.
        overlap_count: the same for a watermark that is a number.
        every_seconds: between two looks; of ``full``: from the beginning of one load to the next.
            Full must say it, or ``at``.
        at: full: the time of day, ``02:30``, instead of ``every_seconds``.
        done_column: outbox: the column that is NULL (a number: NULL or 0) until a row is done;
            it is set to the time, or to 1.
        delete_done: outbox: rows that are done are deleted instead.
    """

    name: Label
    table: Annotated[str, Field(max_length=200)] = ""
    query: Annotated[str, Field(max_length=20_000)] = ""
    key: Names = Field(min_length=1)
    mode: Mode
    watermark: Names = ()
    overlap_seconds: float = Field(default=0, ge=0, le=864_000)
    overlap_count: int = Field(default=0, ge=0, le=1_000_000)
    every_seconds: float = Field(default=10.0, gt=0, le=31_536_000)
    at: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")] = ""
    done_column: Annotated[str, Field(max_length=128)] = ""
    delete_done: bool = False

    @field_validator("query")
    @classmethod
    def _is_one_select(cls, query: str) -> str:
        if query and (";" in query or query.split(None, 1)[0].upper() not in {"SELECT", "WITH"}):
            raise ValueError("a query is one SELECT, without a semicolon")
        return query

    @model_validator(mode="after")
    def _fits_its_mode(self) -> Self:
        if self.table and self.query:
            raise ValueError("say either 'table' or 'query'")
        if (self.mode == "incremental") != bool(self.watermark):
            raise ValueError("'watermark' belongs to mode incremental, which needs it")
        overlap = self.overlap_seconds or self.overlap_count
        if overlap and len(self.watermark) != 1:
            raise ValueError("an overlap needs exactly one watermark column")
        if self.at and self.mode != "full":
            raise ValueError("'at' belongs to mode full")
        if (self.mode == "outbox") != (bool(self.done_column) + self.delete_done == 1):
            raise ValueError("an outbox, and nothing else, has 'done_column' or 'delete_done'")
        if self.mode == "outbox" and self.query:
            raise ValueError("an outbox is a table")
        if self.mode == "full" and not (self.at or "every_seconds" in self.model_fields_set):
            raise ValueError("say when a table is read in full: 'at' or 'every_seconds'")
        return self

    @property
    def order(self) -> tuple[str, ...]:
        """The columns by which rows are ordered: the watermark, then the key."""
        return (*self.watermark, *(name for name in self.key if name not in self.watermark))


class SqlTls(Section):
    """How the connection is secured; the certificate must carry the name in ``host``.

    Attributes:
        ca_file: PEM, the authorities that may vouch for the database; None: the machine's own.
        certificate_file: PEM, shown when the database asks for a certificate.
        key_file: PEM, the private key of ``certificate_file``.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


class SqlSourceSettings(Section):
    """What a SQL source can be told.

    Attributes:
        kind: of database. ``mysql`` is spoken to like ``mariadb``.
        host: name or address of the database.
        port: default: 5432, 3306.
        database: its name.
        account: one that may read the tables and nothing else (outbox: also mark its rows).
        password_file: holds the password, nothing else; None: the account needs none.
        tls: how the connection is secured; None: it is not.
        system: what the source is called in messages, ``his``.
        tables: what is read; each over a connection of its own.
        zone: of ``at``.
        batch_rows_max: rows in one message.
        size_limit_bytes: of one message; a row that alone is larger stops its table.
        statement_seconds: how long the database may take for one answer.
        connect_seconds: how long connecting may take.
        rows_per_second: of each table at most; None: as fast as the log takes them.
        first_wait_seconds: before the second attempt when something fails; doubles each time.
        longest_wait_seconds: it never waits longer.
    """

    kind: Literal["postgresql", "mariadb", "mysql"]
    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: int | None = Field(default=None, ge=1, le=65_535)
    database: Name
    account: Name
    password_file: Path | None = None
    tls: SqlTls | None = None
    system: Label
    tables: Annotated[tuple[TableSettings, ...], Field(min_length=1, max_length=32)]
    zone: str = "Asia/Shanghai"
    batch_rows_max: int = Field(default=1000, ge=1, le=10_000)
    size_limit_bytes: int = Field(default=8 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)
    statement_seconds: float = Field(default=30.0, gt=0, le=3600)
    connect_seconds: float = Field(default=10.0, gt=0, le=300)
    rows_per_second: float | None = Field(default=None, gt=0)
    first_wait_seconds: float = Field(default=1.0, gt=0, le=3600)
    longest_wait_seconds: float = Field(default=60.0, gt=0, le=86_400)

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("there is no such time zone") from error
        return zone

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [table.name for table in self.tables]
        if len(set(names)) < len(names):
            raise ValueError("two tables have one name")
        return self

    @property
    def address(self) -> str:
        """Where it asks, for people: ``postgresql://his-db:5432/his``."""
        port = self.port or (5432 if self.kind == "postgresql" else 3306)
        return f"{self.kind}://{self.host}:{port}/{self.database}"
