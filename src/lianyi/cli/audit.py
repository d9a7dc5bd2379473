"""``lianyi audit``: who did what with whose data; prove it, export it, check an export.

Whoever may read the data folder asks as the platform itself, and that he asked is an act, too:
it names the account of the machine.
"""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.groups import Group
from lianyi.cli.log import opened, report_facts, report_text, verify_shards
from lianyi.cli.message import instant
from lianyi.cli.printing import local, table

if TYPE_CHECKING:
    from lianyi.app import Settings
    from lianyi.security.audit.model import Asked
    from lianyi.security.audit.service import Audit

RESULTS = ("allowed", "refused", "failed")
LIMIT_MAX = 100_000


@click.group(cls=Group)
def audit() -> None:
    """查询、验证、导出审计记录 / find, verify and export the audit trail.

    平台运行与否均可。每次查询和导出本身也留下审计记录。

    The platform may run or not. Each search and each export is itself written down.
    """


def question(command: Any) -> Any:  # noqa: ANN401 - what click decorates
    """Add the options that say which acts are looked for."""
    options = (
        click.option("--patient", default="", help="患者标识 / a patient identifier, as sent."),
        click.option("--account", default="", help="账户名 / name of whoever acted."),
        click.option("--kind", default="", help="操作，如 'access.*' / kind; may hold *."),
        click.option(
            "--result", type=click.Choice(RESULTS), default=None, help="结果 / what came of it."
        ),
        click.option("--purpose", default="", help="使用目的代码，如 TREAT / code of the purpose."),
        click.option("--channel", default="", help="涉及的通道 / the channel it was about."),
        click.option("--organisation", default="", help="涉及的机构 / whose messages."),
        click.option("--address", default="", help="网络地址 / network address."),
        click.option("--since", help="从此时起，如 2026-03-01 或 2h / from then on."),
        click.option("--until", help="到此时为止 / until then."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _asked(settings: Settings, said: dict[str, Any]) -> Asked:
    from lianyi.security.audit.model import Asked

    zone = ZoneInfo(settings.api.timezone)
    since, until = said.pop("since"), said.pop("until")
    said["result"] = said["result"] or ""
    return Asked(
        **said, since=instant(since, zone, "--since"), until=instant(until, zone, "--until")
    )


@asynccontextmanager
async def _open(settings: Settings, permission: str, operation: str) -> AsyncIterator[Audit]:
    """Give the audit trail, asked by the platform, for as long as the block runs."""
    from lianyi.security.access import acting, platform
    from lianyi.security.audit.export import KEY_FILE, Signer
    from lianyi.security.audit.service import Audit

    async with opened(settings) as process, AsyncExitStack() as stack:
        pool, messages = await process.open(stack)
        with acting(platform(permission, operation)):
            yield Audit(pool, messages, process.clock, signer=Signer(settings.data_dir / KEY_FILE))


@audit.command()
@question
@click.option(
    "--limit",
    type=click.IntRange(1, LIMIT_MAX),
    default=50,
    show_default=True,
    help="最多条数 / acts at most.",
)
@where_options
@json_option
@told
def find(where: Where, limit: int, *, as_json: bool, **said: Any) -> None:  # noqa: ANN401
    """查找审计记录，最新在前 / find acts, the newest first.

    例：lianyi audit find --patient 4711 列出谁看过或改动过该患者的数据。

    Example: lianyi audit find --patient 4711 lists who looked at or changed data of this patient.
    """
    settings = where.load()
    rows = asyncio.run(_find(settings, _asked(settings, said), limit))
    if as_json:
        say_json(rows)
    elif rows:
        click.echo(_table(rows, ZoneInfo(settings.api.timezone)))
    else:
        click.echo(in_words("没有符合条件的审计记录", "no act matches"), err=True)


async def _find(settings: Settings, asked: Asked, limit: int) -> list[dict[str, Any]]:
    from lianyi.security.audit.export import line

    async with _open(settings, "audit.read", "audit find") as trail:
        await trail.note("audit_find", asked, by={"system_account": getpass.getuser()})
        return [line(one) async for one in trail.all(asked, most=limit)]


def _table(rows: list[dict[str, Any]], zone: ZoneInfo) -> str:
    heads = in_words(
        "位点 时间 账户 操作 结果 目的 地址 患者",
        "position at account kind result purpose address patients",
    )
    return table(
        heads.split(),
        [
            (
                row["position"],
                local(row["at"], zone),
                row["actor"],
                row["kind"],
                row["result"],
                row["purpose"],
                row["address"],
                " ".join(row["patients"]),
            )
            for row in rows
        ],
    )


@audit.command()
@where_options
@json_option
@told
def verify(where: Where, *, as_json: bool) -> None:
    """验证审计记录无缺失、无改动 / prove that no act is missing and none was changed.

    沿哈希链逐条验证，包括已归档的部分；发现不符则退出码为 1。

    Follows the chain of hashes, through the archive too; exit code 1 says that something is not
    what was written.
    """
    at, reports = asyncio.run(verify_shards(where.load(), 0, None, None))
    good = all(report.ok for report in reports)
    if as_json:
        say_json(
            {"ok": good, "at": at.isoformat(), "shards": [report_facts(one) for one in reports]}
        )
    else:
        click.echo("\n".join(map(report_text, reports)))
    sys.exit(0 if good else 1)


@audit.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@question
@where_options
@json_option
@told
def export(file: Path, where: Where, *, as_json: bool, **said: Any) -> None:  # noqa: ANN401
    """把审计记录导出为签名文件 / export acts as a signed file.

    ZIP：JSON 行、CSV、清单（条数、范围、查询、哈希链末端）与 Ed25519 签名。

    A ZIP of JSON lines, CSV, a manifest (count, range, question, head of the hash chain) and its
    Ed25519 signature.
    """
    settings = where.load()
    count, digest, key = asyncio.run(_export(settings, _asked(settings, said), file))
    if as_json:
        say_json({"file": str(file), "acts": count, "manifest_sha256": digest, "public_key": key})
        return
    click.echo(
        in_words(
            f"✓ {file}：{count} 条审计记录，公钥 {key}", f"✓ {file}: {count} acts, public key {key}"
        )
    )


async def _export(settings: Settings, asked: Asked, file: Path) -> tuple[int, str, str]:
    async with _open(settings, "audit.export", "audit export") as trail:
        made = await trail.export(asked, by={"system_account": getpass.getuser()})
        file.write_bytes(made.content)
        return made.acts, made.manifest_sha256, trail.signer.public_key


@audit.command("check-export")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--public-key",
    "public_key",
    default="",
    help="来源平台的公钥，见 audit key / of the platform it should come from.",
)
@json_option
@told
def check_export(file: Path, public_key: str, *, as_json: bool) -> None:
    """验证导出文件是否真实、完整 / prove that an export is genuine and whole.

    不需要平台。不给出 --public-key 时只能证明签名之后没有改动。

    No platform is needed. Without --public-key it proves only that nothing was changed since it
    was signed.
    """
    from lianyi.security.audit.export import check_export as check

    checked = check(file.read_bytes(), public_key=public_key)
    if as_json:
        say_json({"ok": True, "public_key": checked.public_key, "manifest": checked.manifest})
        return
    made = datetime.fromisoformat(str(checked.manifest["made_at"]))
    whose = public_key or checked.public_key
    by, count = checked.manifest["made_by"], checked.manifest["count"]
    click.echo(
        in_words(
            f"✓ {file}：{by} 于 {made:%Y-%m-%d %H:%M} UTC 导出 {count} 条，签名有效，公钥 {whose}",
            f"✓ {file}: {count} acts, made by {by} at {made:%Y-%m-%d %H:%M} UTC, genuine for the"
            f" public key {whose}",
        )
    )


@audit.command()
@where_options
@json_option
@told
def key(where: Where, *, as_json: bool) -> None:
    """显示本平台导出签名的公钥 / show the public key of this installation's exports."""
    from lianyi.security.audit.export import KEY_FILE, Signer

    shown = Signer(where.load().data_dir / KEY_FILE).public_key
    if as_json:
        say_json({"algorithm": "Ed25519", "public_key": shown})
    else:
        click.echo(shown)
