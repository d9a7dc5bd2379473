from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lianyi.base.database import connect
from lianyi.base.migrations import (
    OUTSIDE,
    BrokenMigrationFile,
    ChangedMigration,
    FailedMigration,
    Migration,
    NewerDatabase,
    find_migrations,
    migrate,
    plan,
)

HEADER = """\
-- {number} {kind}: a test
-- Why: it is needed
-- Old release keeps working: yes
-- Undo: x
"""


class House:
    """A house of migrations that a test builds file by file."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, number: int, sql: str, *, kind: str = "expand", owner: str = "rooms") -> Path:
        folder = self.root / owner / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{number:04}_{kind}_step.sql"
        file.write_text(HEADER.format(number=f"{number:04}", kind=kind) + sql, encoding="utf-8")
        return file

    def migrations(self) -> tuple[Migration, ...]:
        return find_migrations([self.root])


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def value(dsn: str, sql: str) -> object:
    connection = await connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_migrations_of_all_folders_are_applied_once_by_number(
    house: House, empty_database: str
) -> None:
    house.add(1, "CREATE TABLE one (a int);", owner="second")
    house.add(3, "ALTER TABLE two ADD c int;", owner="second")
    house.add(2, "CREATE TABLE two AS SELECT a AS b FROM one;", owner="first")

    applied = await migrate(empty_database, house.migrations(), release="1.0")
    again = await migrate(empty_database, house.migrations(), release="1.1")

    assert [migration.number for migration in applied] == [1, 2, 3]
    assert again == []
    record = "SELECT array_agg(number || ' ' || release ORDER BY number) FROM base.migration"
    assert await value(empty_database, record) == ["1 1.0", "2 1.0", "3 1.0"]


async def test_the_plan_changes_nothing(house: House, empty_database: str) -> None:
    house.add(1, "CREATE TABLE one (a int);")

    planned = await plan(empty_database, house.migrations())

    assert [migration.number for migration in planned] == [1]
    assert await value(empty_database, "SELECT to_regclass('one') IS NULL") is True
    assert await value(empty_database, "SELECT to_regnamespace('base') IS NULL") is True


async def test_a_failing_migration_leaves_nothing_and_names_file_and_line(
    house: House, empty_database: str
) -> None:
    house.add(1, "CREATE TABLE one (a int);")
    house.add(2, "CREATE TABLE two (a int);\nINSERT INTO two\n  VALUES (1, 2, 3);\n")

    with pytest.raises(FailedMigration) as failure:
        await migrate(empty_database, house.migrations())

    assert failure.value.where == f"{house.root.name}.rooms: 0002_expand_step.sql:7"
    assert "more expressions than target columns" in str(failure.value)
    assert await value(empty_database, "SELECT to_regclass('two') IS NULL") is True
    assert await value(empty_database, "SELECT max(number) FROM base.migration") == 1


async def test_an_error_without_a_position_names_the_line_of_its_statement(
    house: House, empty_database: str
) -> None:
    house.add(1, "CREATE TABLE one (a int PRIMARY KEY);\n\nINSERT INTO one VALUES (1), (1);\n")

    with pytest.raises(FailedMigration, match=r"0001_expand_step\.sql:7\]"):
        await migrate(empty_database, house.migrations())


async def test_a_migration_can_be_tried_again_after_its_cause_is_gone(
    house: House, empty_database: str
) -> None:
    house.add(1, "SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'nobody here';")
    with pytest.raises(FailedMigration):
        await migrate(empty_database, house.migrations())

    house.add(1, "SELECT 1;")

    assert len(await migrate(empty_database, house.migrations())) == 1


async def test_many_processes_starting_at_once_migrate_once(
    house: House, empty_database: str
) -> None:
    house.add(1, "CREATE TABLE one (a int);\nSELECT pg_sleep(0.2);")
    house.add(2, "INSERT INTO one VALUES (1);")

    done = await asyncio.gather(*(migrate(empty_database, house.migrations()) for _ in range(8)))

    assert sorted(len(applied) for applied in done) == [0] * 7 + [2]
    assert await value(empty_database, "SELECT count(*) FROM one") == 1


async def test_an_index_is_built_concurrently_while_others_wait_for_their_turn(
    house: House, empty_database: str
) -> None:
    house.add(1, "CREATE TABLE one (a int);\nINSERT INTO one SELECT generate_series(1, 1000);")
    house.add(2, f"{OUTSIDE}\nCREATE INDEX CONCURRENTLY i ON one (a);\nANALYZE one;")

    done = await asyncio.gather(*(migrate(empty_database, house.migrations()) for _ in range(4)))

    assert sum(len(applied) for applied in done) == 2
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"
    assert await value(empty_database, valid) is True


async def test_a_failure_outside_a_transaction_says_that_something_was_kept(
    house: House, empty_database: str
) -> None:
    house.add(1, f"{OUTSIDE}\nCREATE TABLE one (a int);\nbroken;")

    with pytest.raises(FailedMigration, match=r":7\].*was kept"):
        await migrate(empty_database, house.migrations())


async def test_contract_migrations_wait_until_they_are_told_to_run(
    house: House, empty_database: str
) -> None:
    house.add(1, "CREATE TABLE one (a int, b int);")
    await migrate(empty_database, house.migrations())
    house.add(2, "ALTER TABLE one DROP COLUMN b;", kind="contract")
    house.add(3, "ALTER TABLE one ADD COLUMN c int;")

    first = await migrate(empty_database, house.migrations())
    second = await migrate(empty_database, house.migrations(), contract=True)

    assert [migration.number for migration in first] == [3]
    assert [migration.number for migration in second] == [2]


async def test_an_empty_database_gets_contract_migrations_in_their_place(
    house: House, empty_database: str
) -> None:
    house.add(1, "CREATE TABLE one (a int);")
    house.add(2, "DROP TABLE one;", kind="contract")
    house.add(3, "CREATE TABLE one (a text);")

    applied = await migrate(empty_database, house.migrations())

    assert [migration.number for migration in applied] == [1, 2, 3]


async def test_a_file_changed_after_it_was_applied_is_refused(
    house: House, empty_database: str
) -> None:
    file = house.add(1, "CREATE TABLE one (a int);")
    await migrate(empty_database, house.migrations(), release="1.0")
    file.write_text(file.read_text(encoding="utf-8") + "-- a comment\n", encoding="utf-8")

    with pytest.raises(ChangedMigration, match=r"1\.0"):
        await migrate(empty_database, house.migrations())


async def test_other_line_ends_do_not_change_a_file(house: House, empty_database: str) -> None:
    file = house.add(1, "CREATE TABLE one (a int);")
    await migrate(empty_database, house.migrations())
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    assert await plan(empty_database, house.migrations()) == []


async def test_the_old_release_runs_on_what_a_newer_one_expanded_but_not_on_what_it_contracted(
    house: House, empty_database: str
) -> None:
    house.add(1, "CREATE TABLE one (a int);")
    old = house.migrations()
    house.add(2, "ALTER TABLE one ADD b int;")
    await migrate(empty_database, house.migrations(), release="2.0")
    assert await migrate(empty_database, old) == []

    house.add(3, "ALTER TABLE one DROP a;", kind="contract")
    await migrate(empty_database, house.migrations(), contract=True, release="3.0")

    with pytest.raises(NewerDatabase, match=r"3\.0"):
        await migrate(empty_database, old)


def test_a_missing_number_is_refused(house: House) -> None:
    house.add(1, "SELECT 1;")
    house.add(3, "SELECT 1;")
    with pytest.raises(BrokenMigrationFile, match="number 0002 is missing"):
        house.migrations()


def test_a_number_that_is_there_twice_is_refused(house: House) -> None:
    house.add(1, "SELECT 1;", owner="first")
    house.add(1, "SELECT 1;", owner="second")
    with pytest.raises(BrokenMigrationFile, match="0001 is there twice"):
        house.migrations()


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("1_expand_x.sql", HEADER, "not called"),
        ("0001_change_x.sql", HEADER, "not called"),
        ("0001_expand_x.sql", "SELECT 1;", "expected '-- 0001 expand: "),
        ("0001_expand_x.sql", "", "expected '-- 0001 expand: "),
        ("0001_expand_x.sql", "-- 0001 expand: x\n-- Why: y\n-- Undo: z\n", "Old release"),
    ],
)
def test_a_file_that_does_not_say_what_it_must_is_refused(
    house: House, name: str, text: str, complaint: str
) -> None:
    file = house.add(1, "SELECT 1;")
    file.unlink()
    (file.parent / name).write_text(text.format(number="0001", kind="expand"), encoding="utf-8")
    with pytest.raises(BrokenMigrationFile, match=complaint):
        house.migrations()


async def test_the_migrations_of_the_house_are_one_line_and_apply_to_an_empty_database(
    empty_database: str,
) -> None:
    ours = find_migrations()

    applied = await migrate(empty_database)

    assert [migration.number for migration in applied] == list(range(1, len(ours) + 1))
    assert await plan(empty_database, contract=True) == []
