"""Bringing a database to the shape that this release needs.

A migration is a file of SQL beside its owner, ``<folder>/migrations/NNNN_expand_….sql`` or
``NNNN_contract_….sql``; the numbers are one line for the whole house, from 0001, without gaps. A
file that was ever applied is never changed again.

*Expand* files run while nodes of the old release still work. *Contract* files take something away
and run when told to, because only a person knows that no old node is left; on an empty database,
which has no old nodes, they run too. Any number of processes may start at once: one does it.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.resources
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.resources.abc import Traversable
from typing import Literal

import asyncpg

from lianyi.base.database import connect
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sql_text import Statement, statements

OUTSIDE = "-- lianyi: outside a transaction"
LOCK_KEY = 0x6C69616E7969  # "lianyi" in ASCII
LOCK_PAUSE_SECONDS = 0.05

# What a failure leaves behind, by whether the file is one transaction.
KEPT = {
    True: ("nothing of it was kept", "未留下任何改动"),
    False: (
        "it runs outside a transaction, so what stands above this line was kept",
        "它在事务之外运行，此行以上的改动已保留",
    ),
}

_NAME = re.compile(r"(\d{4})_(expand|contract)_([a-z0-9_]+)\.sql")
_HEADER = ("-- Why: ", "-- Old release keeps working: ", "-- Undo: ")

_RECORD = """
CREATE SCHEMA IF NOT EXISTS base;
CREATE TABLE IF NOT EXISTS base.migration (
    number     integer     PRIMARY KEY,
    name       text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('expand', 'contract')),
    digest     bytea       NOT NULL,          -- SHA-256 of the file
    release    text        NOT NULL,          -- of the process that applied it
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)"""


class BrokenMigrationFile(LianyiError):
    """The files do not form one line, or one of them does not say what it must."""

    code = "LY-1020"
    category = Category.INTERNAL
    en = Told("the migrations of this release are broken", "{why}", "install the release again")
    zh = Told("本版本的数据库迁移文件有误", "{why}", "重新安装该版本")


class ChangedMigration(LianyiError):
    """A file was changed after it had been applied to this database."""

    code = "LY-1021"
    category = Category.CONFLICT
    en = Told(
        "this database had another migration {number}",
        "the file was changed after release {release} applied it",
        "install an unchanged release; a correction is a new migration",
    )
    zh = Told(
        "该数据库执行过的迁移 {number} 与当前文件不同",
        "文件在版本 {release} 执行之后被修改",
        "安装未经修改的版本；更正应写成新的迁移",
    )


class FailedMigration(LianyiError):
    """A migration did not run to its end and left nothing behind, where it is a transaction."""

    code = "LY-1022"
    category = Category.INTERNAL
    en = Told(
        "a migration failed",
        "{why}; {left}",
        "remove the cause and start again",
    )
    zh = Told("数据库迁移失败", "{why}；{left_zh}", "排除原因后重新启动")


class NewerDatabase(LianyiError):
    """A newer release has already taken away what this one needs."""

    code = "LY-1023"
    category = Category.CONFLICT
    en = Told(
        "this database is too new for this release",
        "release {release} has applied contract migration {number}, which is unknown here",
        "start release {release} or a newer one",
    )
    zh = Told(
        "数据库版本高于当前软件版本",
        "版本 {release} 已执行收缩迁移 {number}，当前版本不认识它",
        "启动版本 {release} 或更新的版本",
    )


@dataclass(frozen=True, slots=True)
class Migration:
    """One file.

    Attributes:
        number: its place in the one line, from 1.
        kind: ``expand`` or ``contract``.
        name: of the file.
        owner: dotted path of the folder it belongs to, e.g. ``lianyi.messagelog``.
        statements: what it does, one after the other.
        digest: SHA-256 of the text, 32 bytes; line ends do not count.
        transaction: whether all of it is one transaction.
    """

    number: int
    kind: Literal["expand", "contract"]
    name: str
    owner: str
    statements: tuple[Statement, ...] = field(repr=False)
    digest: bytes = field(repr=False)
    transaction: bool = True


def find_migrations(roots: Iterable[Traversable] | None = None) -> tuple[Migration, ...]:
    """Read every migration below some folders, by number.

    Args:
        roots: folders to look through; None means the package ``lianyi``.

    Raises:
        BrokenMigrationFile: a name or header is wrong, a number is missing or there twice.
    """
    places = [importlib.resources.files("lianyi")] if roots is None else list(roots)
    found = [_read(file, owner) for root in places for owner, file in _files_below(root, root.name)]
    found.sort(key=lambda migration: migration.number)
    for expected, migration in enumerate(found, start=1):
        if migration.number < expected:
            raise BrokenMigrationFile(
                where=f"{migration.owner}: {migration.name}",
                why=f"number {migration.number:04} is there twice",
            )
        if migration.number > expected:
            raise BrokenMigrationFile(
                where=f"{migration.owner}: {migration.name}",
                why=f"number {expected:04} is missing before it",
            )
    return tuple(found)


def _files_below(folder: Traversable, owner: str) -> Iterator[tuple[str, Traversable]]:
    """Give every SQL file in a folder called ``migrations``, with the dotted name of its owner."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not entry.is_dir() or entry.name == "__pycache__":
            continue
        if entry.name == "migrations":
            yield from ((owner, file) for file in entry.iterdir() if file.name.endswith(".sql"))
        else:
            yield from _files_below(entry, f"{owner}.{entry.name}")


def _read(file: Traversable, owner: str) -> Migration:
    where = f"{owner}: {file.name}"
    name = _NAME.fullmatch(file.name)
    if name is None:
        raise BrokenMigrationFile(where=where, why="it is not called NNNN_expand_what_it_does.sql")
    number, kind = name.group(1), name.group(2)
    text = "\n".join(file.read_bytes().decode("utf-8").splitlines()) + "\n"
    lines = text.splitlines()
    if not lines[0].startswith(f"-- {number} {kind}: "):
        raise BrokenMigrationFile(where=f"{where}:1", why=f"expected '-- {number} {kind}: …'")
    for wanted in _HEADER:
        if not any(line.startswith(wanted) for line in lines):
            raise BrokenMigrationFile(where=where, why=f"there is no line '{wanted}…'")
    return Migration(
        number=int(number),
        kind="expand" if kind == "expand" else "contract",
        name=file.name,
        owner=owner,
        statements=tuple(statements(text)),
        digest=hashlib.sha256(text.encode()).digest(),
        transaction=OUTSIDE not in lines,
    )


async def plan(
    dsn: str, migrations: Sequence[Migration] | None = None, *, contract: bool = False
) -> list[Migration]:
    """Return what :func:`migrate` would apply now, in order. Changes nothing.

    Raises:
        ChangedMigration, NewerDatabase: files and database do not fit each other.
        DatabaseUnreachable, DatabaseRefused: there is no connection.
    """
    connection = await _connect(dsn)
    try:
        return await _pending(connection, _or_all(migrations), contract=contract)
    finally:
        await connection.close()


async def migrate(
    dsn: str,
    migrations: Sequence[Migration] | None = None,
    *,
    contract: bool = False,
    release: str | None = None,
) -> list[Migration]:
    """Apply what is missing, in order; each file is one transaction unless it says otherwise.

    Args:
        dsn: the database; its owner.
        migrations: what :func:`find_migrations` gives; None means that of the package.
        contract: whether to apply contract files too: no node of the old release is left.
        release: is recorded; None means the version of the installed package.

    Returns:
        What this call applied; empty when there was nothing to do, or another process did it.

    Raises:
        FailedMigration: ``where`` says the file and the line.
        ChangedMigration, NewerDatabase: files and database do not fit each other.
        DatabaseUnreachable, DatabaseRefused: there is no connection.
    """
    migrations = _or_all(migrations)
    connection = await _connect(dsn)
    try:
        if not await _pending(connection, migrations, contract=contract):
            return []
        # Waiting inside the server would hold a snapshot, and CREATE INDEX CONCURRENTLY would
        # wait for that snapshot: so ask again and again instead.
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY):
            await asyncio.sleep(LOCK_PAUSE_SECONDS)
        await connection.execute(_RECORD)
        pending = await _pending(connection, migrations, contract=contract)
        for migration in pending:
            await _apply(connection, migration, release or _own_version())
        return pending
    finally:
        await connection.close()  # lets go of the lock


async def _connect(dsn: str) -> asyncpg.Connection:
    return await connect(dsn, application_name="lianyi migrate", statement_timeout_seconds=0)


def _or_all(migrations: Sequence[Migration] | None) -> Sequence[Migration]:
    return find_migrations() if migrations is None else migrations


def _own_version() -> str:
    try:
        return version("lianyi")
    except PackageNotFoundError:  # run from a checkout
        return "unknown"


async def _pending(
    connection: asyncpg.Connection, migrations: Sequence[Migration], *, contract: bool
) -> list[Migration]:
    """Return what the database has not had, after a look at whether it fits at all."""
    applied: dict[int, asyncpg.Record] = {}
    if await connection.fetchval("SELECT to_regclass('base.migration') IS NOT NULL"):
        rows = await connection.fetch("SELECT number, kind, digest, release FROM base.migration")
        applied = {row["number"]: row for row in rows}
    known = {migration.number for migration in migrations}
    for number, row in sorted(applied.items()):
        if number not in known and row["kind"] == "contract":
            raise NewerDatabase(where="base.migration", number=number, release=row["release"])
    for migration in migrations:
        had = applied.get(migration.number)
        if had is not None and had["digest"] != migration.digest:
            raise ChangedMigration(
                where=f"{migration.owner}: {migration.name}",
                number=migration.number,
                release=had["release"],
            )
    return [
        migration
        for migration in migrations
        if migration.number not in applied
        and (migration.kind == "expand" or contract or not applied)
    ]


async def _apply(connection: asyncpg.Connection, migration: Migration, release: str) -> None:
    """Run one file and record it, in one transaction where the file allows it."""
    if not migration.transaction:
        await _run(connection, migration)
        await _remember(connection, migration, release)
        return
    async with connection.transaction():
        await _run(connection, migration)
        await _remember(connection, migration, release)


async def _run(connection: asyncpg.Connection, migration: Migration) -> None:
    left, left_zh = KEPT[migration.transaction]
    for statement in migration.statements:
        try:
            await connection.execute(statement.text)
        except asyncpg.PostgresError as error:
            raise FailedMigration(
                where=f"{migration.owner}: {migration.name}:{_line(error, statement)}",
                why=str(error).partition("\n")[0],
                left=left,
                left_zh=left_zh,
            ) from error


def _line(error: asyncpg.PostgresError, statement: Statement) -> int:
    """Return the line of the file that the server complains about."""
    position = error.as_dict().get("position")  # a character of the statement, from 1
    return statement.line + statement.text.count("\n", 0, int(position) - 1 if position else 0)


async def _remember(connection: asyncpg.Connection, migration: Migration, release: str) -> None:
    await connection.execute(
        "INSERT INTO base.migration (number, name, kind, digest, release) "
        "VALUES ($1, $2, $3, $4, $5)",
        migration.number,
        migration.name,
        migration.kind,
        migration.digest,
        release,
    )
