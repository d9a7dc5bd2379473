"""``lianyi lake``: which tables of other systems are here, how fresh, and whether all of it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.groups import Group
from lianyi.cli.printing import table

if TYPE_CHECKING:
    from datetime import datetime

    from lianyi.projections.lake.lake import Lake
    from lianyi.projections.lake.views import LakeTableDetail, LakeTableView


@click.group(cls=Group)
def lake() -> None:
    """查看、核对数据湖 / show the lake, and check it against what the sources said.

    数据湖保存各系统经 SQL 来源给出的原始行，由日志生成。平台运行与否均可。

    The lake keeps the rows of other systems as they gave them, made from the log. The platform may
    run or not.
    """


@lake.command("list")
@where_options
@json_option
@told
def list_tables(where: Where, *, as_json: bool) -> None:
    """列出表及其行数和新鲜度 / list the tables with their rows and how fresh they are."""
    from lianyi.projections.lake import telling

    settings = where.load()
    found = telling.tables_of(_lake(where), settings=settings.lake, now=_now())
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
    elif not found:
        click.echo(in_words("数据湖中尚无表", "the lake has no table yet"), err=True)
    else:
        heads = in_words(
            "表 方式 行 文件 最新 新鲜度 一致", "table mode rows files newest freshness agrees"
        )
        click.echo(table(heads.split(), [_line(one) for one in found]))


@lake.command()
@click.argument("name", metavar="来源.表/SOURCE.TABLE")
@where_options
@json_option
@told
def show(name: str, where: Where, *, as_json: bool) -> None:
    """显示一张表及其列 / show one table, and its columns."""
    from lianyi.projections.lake import telling
    from lianyi.projections.lake.model import Named
    from lianyi.projections.lake.problems import NoSuchLakeTable

    source, _, of = name.partition(".")
    settings = where.load()
    one = telling.table_of(_lake(where), Named(source, of), settings=settings.lake, now=_now())
    if one is None:
        raise NoSuchLakeTable(where=name)
    if as_json:
        say_json(one.model_dump(mode="json"))
        return
    for label, value in _facts(one):
        click.echo(f"{label}: {value}")
    heads = in_words("列 源端类型 种类 湖中类型", "column type kind lies-as").split()
    click.echo(table(heads, [(c.name, c.type, c.kind, c.lies_as) for c in one.columns]))


@lake.command()
@where_options
@json_option
@told
def check(where: Where, *, as_json: bool) -> None:
    """读出全部文件并与源端所称核对 / read every file, and compare it with what the sources said.

    有任何不妥时退出码为 1。

    Exit code 1 says that something is wrong.
    """
    from lianyi.projections.lake import segments, telling

    settings, here, now = where.load(), _lake(where), _now()
    tables = segments.tables_of(here.folder)
    findings = [
        finding
        for named in tables
        for finding in telling.findings_of(here, named, settings=settings.lake, now=now)
    ]
    if as_json:
        said = [one.model_dump() for one in findings]
        say_json({"tables": [str(one) for one in tables], "findings": said})
    else:
        for finding in findings:
            click.echo(f"{finding.table}  {in_words(finding.zh, finding.en)}")
        click.echo(
            in_words(
                f"{len(tables)} 张表；{len(findings)} 处不妥",
                f"{len(tables)} tables; {len(findings)} findings",
            )
        )
    sys.exit(1 if findings else 0)


def _lake(where: Where) -> Lake:
    from lianyi.projections.lake.lake import Lake

    return Lake(where.data_dir / "lake")


def _now() -> datetime:
    from lianyi.base.clock import SystemClock

    return SystemClock().now()


def _line(one: LakeTableView) -> tuple[object, ...]:
    late = in_words("（迟）", " (late)") if one.is_late else ""
    return (
        f"{one.source}.{one.table}",
        one.mode,
        one.rows,
        one.files,
        f"{one.newest_at:%Y-%m-%d %H:%M:%SZ}",
        f"{one.freshness}{late}",
        "✓" if one.agrees else "✗",
    )


def _facts(one: LakeTableDetail) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        (in_words("表", "table"), f"{one.source}.{one.table}"),
        (in_words("方式", "mode"), one.mode),
        (in_words("主键", "key"), ", ".join(one.key)),
        (in_words("行", "rows"), one.rows),
        (in_words("源端所称行", "rows said"), one.rows_said),
        (in_words("已擦除行", "rows erased"), one.rows_erased),
        (in_words("类型不符的值", "odd values"), one.odd_values),
        (in_words("消息", "messages"), one.messages),
        (in_words("缺失消息", "messages missing"), one.messages_missing),
        (in_words("新鲜度", "freshness"), f"{one.freshness} ({one.age_seconds:.0f} s)"),
    ]
    facts += [(f"> {name}", value) for name, value in one.watermark.items()]
    if one.load:
        said = f"#{one.load.number} {one.load.rows_held}/{one.load.rows_said}"
        facts.append((in_words("最近全量", "newest load"), said))
    return facts
