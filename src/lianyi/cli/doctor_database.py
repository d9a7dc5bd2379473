"""What the doctor finds out in the database: its shape, the roles at work, what waits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from lianyi.api.certificates import known_of_accounts
from lianyi.app import Settings
from lianyi.base.clock import Clock
from lianyi.base.database import EMBEDDED, address_of, connect, without_password
from lianyi.base.embedded import find_dsn
from lianyi.base.embedded.home import read_record
from lianyi.base.errors import LianyiError, from_record
from lianyi.base.migrations import plan
from lianyi.channels.conditions import NobodyListens
from lianyi.channels.standing import SILENT_SECONDS, retired, silent
from lianyi.cli import doctor_store as store
from lianyi.cli.common import VERIFIED_FILE
from lianyi.cli.doctor_certificates import told
from lianyi.cli.findings import Finding, failed
from lianyi.security.oauth_store import all_bindings

SKEW_WARN_SECONDS = 1.0
SKEW_FAIL_SECONDS = 5.0
INDEXED_WITHIN = timedelta(minutes=15)
DAYS_AHEAD = 2
VERIFY_EVERY = timedelta(days=31)


ROLES = {"intake": "present:intake:", "deliver": "present:deliver:", "learn": "housekeeping"}
"""The leases by which a role shows that it is at work."""


async def look_at_database(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Yield what can be said of the database; nothing more when it cannot be reached."""
    try:
        dsn = _address(settings)
    except LianyiError as failure:
        yield failed("database", failure)
        return
    if dsn is None:
        yield _not_running(settings.data_dir)
        return
    async with AsyncExitStack() as stack:
        try:
            connection = await connect(dsn, application_name="lianyi doctor")
        except LianyiError as failure:
            yield failed("database", failure)
            return
        stack.push_async_callback(connection.close)
        address = without_password(dsn)
        yield Finding(
            "database", "ok", f"数据库应答：{address}", f"the database answers: {address}"
        )
        yield await _skew(connection, clock)
        shape = await _migrations(dsn)
        yield shape
        if shape.status != "ok":
            return
        for role in await _roles(connection):
            yield role
        for source in await _sources(connection, clock.now()):
            yield source
        yield await _piles(connection)
        yield await _segments(connection, clock.now())
        yield await _receipts(connection, clock.now())
        bindings = await all_bindings(connection)
        for of_account in told(known_of_accounts(bindings, clock.now())):
            yield of_account
        yield _verified(settings.data_dir / VERIFIED_FILE, clock.now())


def _address(settings: Settings) -> str | None:
    """Return the address of the database; None when it is our own and nobody runs it."""
    if settings.database.url != EMBEDDED:
        return address_of(settings.database)
    return find_dsn(settings.data_dir)


def _not_running(data_dir: Path) -> Finding:
    if "socket_folder" not in read_record(data_dir):
        return Finding(
            "database",
            "warn",
            "平台尚未在该数据文件夹上启动过",
            "the platform has not been started on this data folder yet",
            "运行 lianyi serve",
            "run 'lianyi serve'",
        )
    return Finding(
        "database",
        "fail",
        "平台没有运行：没有进程在运行该数据文件夹的数据库",
        "the platform does not run: nobody runs the database of this data folder",
        "运行 lianyi serve",
        "run 'lianyi serve'",
    )


async def _skew(connection: asyncpg.Connection, clock: Clock) -> Finding:
    before = clock.now()
    there = await store.database_time(connection)
    skew = abs((there - before).total_seconds())
    zh, en = f"与数据库的时钟相差 {skew:.2f} 秒", f"our clock is {skew:.2f} s off the database's"
    if skew < SKEW_WARN_SECONDS:
        return Finding("clock", "ok", zh, en)
    return Finding(
        "clock",
        "fail" if skew > SKEW_FAIL_SECONDS else "warn",
        zh,
        en,
        "在两台机器上启用 NTP",
        "run NTP on both machines",
    )


async def _migrations(dsn: str) -> Finding:
    try:
        pending = await plan(dsn)
    except LianyiError as failure:
        return failed("migrations", failure)
    if pending:
        names = ", ".join(migration.name for migration in pending)
        return Finding(
            "migrations",
            "fail",
            f"数据库缺少迁移：{names}",
            f"the database lacks migrations: {names}",
            "用当前版本运行 lianyi serve，它会先执行迁移",
            "run 'lianyi serve' of this release; it migrates first",
        )
    return Finding("migrations", "ok", "数据库结构为最新", "the database has the newest shape")


async def _roles(connection: asyncpg.Connection) -> list[Finding]:
    held = await store.list_leases(connection)
    findings = []
    for role, prefix in ROLES.items():
        count = sum(name.startswith(prefix) for name in held)
        if count:
            findings.append(
                Finding(
                    f"role.{role}",
                    "ok",
                    f"角色 {role}：{count} 个进程",
                    f"role {role}: {count} at work",
                )
            )
        else:
            findings.append(
                Finding(
                    f"role.{role}",
                    "fail",
                    f"没有进程承担角色 {role}",
                    f"nobody has the role {role}",
                    f"运行 lianyi serve --roles {role}，并查看其日志",
                    f"run 'lianyi serve --roles {role}' and read its log",
                )
            )
    return findings


async def _sources(connection: asyncpg.Connection, now: datetime) -> list[Finding]:
    """Return what is wrong with channels; one finding that all is well when nothing is."""
    records = await store.list_sources(connection)
    findings = [found for one in records if (found := _source(one, now))]
    records = [one for one in records if not retired(one)]
    stopped = [one.name for one in records if one.wanted == "stopped"]
    listening = len(records) - len(stopped) - sum(one.status == "fail" for one in findings)
    names = f": {', '.join(stopped)}" if stopped else ""
    return [
        *findings,
        Finding(
            "channels",
            "ok",
            f"{listening} 个通道在接收，{len(stopped)} 个由人停止{names}",
            f"{listening} channels take messages, {len(stopped)} were stopped by a person{names}",
        ),
    ]


def _source(record: store.SourceRecord, now: datetime) -> Finding | None:
    """Return what is wrong with a channel; None when all is well, or when it was stopped."""
    check = f"channel.{record.name}"
    said = record.source_state
    if record.wanted == "running" and record.version:
        if silent(said, now):
            return failed(check, NobodyListens(where=record.name, seconds=SILENT_SECONDS))
        if error := _failure(said.get("error")):
            return failed(check, error, status="warn" if said.get("running") else "fail")
    if newest := _failure(record.problem):
        return failed(check, newest, status="warn" if record.version else "fail")
    return None


def _failure(stored: object) -> LianyiError | None:
    return from_record(stored) if isinstance(stored, dict) and "code" in stored else None


async def _piles(connection: asyncpg.Connection) -> Finding:
    parked, held = await store.count_open(connection)
    zh, en = f"{parked} 条投递待处理，{held} 条消息暂挂", f"{parked} parked, {held} held"
    if not parked and not held:
        return Finding("parked", "ok", zh, en)
    return Finding(
        "parked",
        "warn",
        zh,
        en,
        "lianyi delivery parked 与 lianyi delivery held 列出它们",
        "'lianyi delivery parked' and 'lianyi delivery held' list them",
    )


async def _segments(connection: asyncpg.Connection, now: datetime) -> Finding:
    late = await store.count_closed_since(connection, before=now - INDEXED_WITHIN)
    if not late:
        return Finding(
            "segments",
            "ok",
            "已满的日志段都有检索索引",
            "all full segments have their search index",
        )
    return Finding(
        "segments",
        "warn",
        f"{late} 个已满的日志段没有检索索引，查找会变慢",
        f"{late} full segments have no search index, which makes finding slow",
        "确认角色 learn 在运行，并查看其日志",
        "see that the role learn runs, and read its log",
    )


async def _receipts(connection: asyncpg.Connection, now: datetime) -> Finding:
    today = now.astimezone(UTC)
    missing: Sequence[str] = await store.missing_receipt_days(
        connection, today=today, days=DAYS_AHEAD
    )
    if not missing:
        return Finding(
            "receipts", "ok", "回执分区已提前建好", "the next partitions of receipts stand ready"
        )
    days = ", ".join(missing)
    return Finding(
        "receipts",
        "fail" if f"{today:%Y%m%d}" in missing else "warn",
        f"缺少回执分区：{days}",
        f"receipts have no partition for {days}",
        "确认角色 learn 在运行，并查看其日志",
        "see that the role learn runs, and read its log",
    )


def _verified(file: Path, now: datetime) -> Finding:
    """Say when the log was last proved, and what came of it."""
    next_zh, next_en = "运行 lianyi log verify", "run 'lianyi log verify'"
    try:
        last = json.loads(file.read_text(encoding="utf-8"))
        at, good = datetime.fromisoformat(last["at"]), bool(last["ok"])
    except (OSError, ValueError, KeyError, TypeError):
        zh, en = "日志尚未验证过", "the log has not been verified yet"
        return Finding("verify", "warn", zh, en, next_zh, next_en)
    if not good:
        zh = f"{at:%Y-%m-%d} 的验证发现日志与写入时不一致"
        en = f"on {at:%Y-%m-%d} verifying found that the log is not what was written"
        return Finding("verify", "fail", zh, en, next_zh, next_en)
    zh, en = f"日志于 {at:%Y-%m-%d} 验证无误", f"the log was verified on {at:%Y-%m-%d}"
    if now - at > VERIFY_EVERY:
        return Finding("verify", "warn", zh, en, next_zh, next_en)
    return Finding("verify", "ok", zh, en)
