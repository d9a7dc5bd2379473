"""``lianyi star``: facts made of the tables in the lake, and what became of their rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from lianyi.cli.common import (
    Where,
    in_words,
    json_option,
    reading_order,
    say_json,
    told,
    where_options,
)
from lianyi.cli.groups import Group
from lianyi.cli.printing import one_line, table

if TYPE_CHECKING:
    from lianyi.base.errors import LianyiError
    from lianyi.projections.operational.mapping.report import Checked, Report
    from lianyi.projections.operational.mapping.running import Star


@click.group(cls=Group)
def star() -> None:
    """由数据湖的表生成运营事实，并说明每一行的去向 / make facts of the tables in the lake.

    映射文件由平台自带，医院可在 content/operational/<来源>/<事实>.yaml 中替换或增加。

    A hospital replaces the mappings that the platform brings, or adds its own, in
    content/operational/<source>/<fact>.yaml.
    """


@star.command()
@click.option("--source", default="", help="只做这个来源 / only this source.")
@click.option("--fact", default="", help="只做这个事实 / only this fact.")
@click.option("--anew", is_flag=True, help="重做所有行 / make all rows anew.")
@where_options
@json_option
@told
def build(source: str, fact: str, where: Where, *, anew: bool, as_json: bool) -> None:
    """生成有变化的事实，只重写有变化的月份 / make what has changed, month by month.

    有文件不可用或未能生成时退出码为 1。

    Exit code 1 says that a file cannot be used, or that a fact was not made.
    """
    from lianyi.projections.operational.mapping.running import Only

    made = _star(where).build(Only(source, fact), anew=anew)
    if as_json:
        say_json(
            {
                "facts": [one.model_dump(mode="json") for one in made.reports],
                "problems": [one.record() for one in made.problems],
            }
        )
    else:
        click.echo(_reports(made.reports))
        for report in made.reports:
            for line in (*_whole(report), *_oddities(report)):
                click.echo(line)
        _tell(made.problems)
    sys.exit(1 if made.problems else 0)


@star.command()
@where_options
@json_option
@told
def check(where: Where, *, as_json: bool) -> None:
    """检查全部映射文件和上次生成的结果，什么也不改 / check all files, and what was made.

    列出不可用的文件、未映射的代码、无法读取的值，并核对数据湖的行数与事实的行数。
    有文件不可用、行数对不上或数据湖已有新数据时退出码为 1。

    Lists files that cannot be used, codes that no map knows and values that cannot be read, and
    compares the rows in the lake with those of the facts. Exit code 1 says that a file cannot be
    used, that rows do not add up, or that there is something new in the lake.
    """
    checked, problems = _star(where).check()
    if as_json:
        say_json(
            {
                "facts": [one.model_dump(mode="json") for one in checked],
                "problems": [one.record() for one in problems],
            }
        )
    else:
        click.echo(_reports([one.report for one in checked if one.report]))
        for one in checked:
            for line in _findings(one):
                click.echo(line)
        _tell(problems)
    sys.exit(1 if problems or any(not one.is_whole for one in checked) else 0)


def _star(where: Where) -> Star:
    from lianyi.projections.lake.lake import Lake
    from lianyi.projections.operational.mapping.lake import TablesOfLake
    from lianyi.projections.operational.mapping.running import Star

    settings = where.load()
    return Star(
        TablesOfLake(Lake(settings.data_dir / "lake")),
        settings.data_dir / "star",
        settings.content_dir,
        zone=settings.api.timezone,
        settings=settings.mapping,
    )


def _tell(problems: list[LianyiError]) -> None:
    for problem in problems:
        for language in reading_order():
            click.echo(problem.text(language), err=True)


def _reports(reports: list[Report]) -> str:
    heads = in_words(
        "来源 事实 表 数据湖行数 不计 无键 键重复 事实行数 重写月份",
        "source fact table lake left-out no-key key-twice rows months-written",
    ).split()
    rows = [
        (
            report.source,
            report.fact,
            part.table,
            part.lake,
            part.left_out,
            part.no_key.count,
            part.key_twice.count,
            part.written,
            report.months_written if part is report.parts[0] else "",
        )
        for report in reports
        for part in report.parts
    ]
    return table(heads, rows)


def _whole(report: Report) -> Iterator[str]:
    if report.whole not in ("", "first", "asked"):
        said = in_words("无法只映射有变化的行，已映射所有行", "all rows were mapped, because of")
        yield f"{report.source}.{report.fact}: {said}: {report.whole}"


def _oddities(report: Report) -> Iterator[str]:
    place = f"{report.source}.{report.fact}"
    for part in report.parts:
        for noted, said in (
            (part.no_key, in_words("没有键", "without a key")),
            (part.key_twice, in_words("键重复", "with the key of another row")),
        ):
            if noted.count:
                yield f"{place} {part.table}: {noted.count} {said}: {', '.join(noted.examples)}"
    for column, codes in report.unmapped.items():
        listed = ", ".join(f"{one_line(code, 40)} ({count})" for code, count in codes.items())
        said = in_words("行的代码没有映射", "rows with a code that no map knows")
        yield f"{place}.{column}: {report.unmapped_rows[column]} {said}: {listed}"
    for notes, said in (
        (report.unread, in_words("行的值无法读取", "rows with a value that cannot be read")),
        (report.rounded, in_words("行的金额经四舍五入到分", "rows with an amount rounded to fen")),
    ):
        for column, noted in notes.items():
            if column not in report.unmapped or notes is report.rounded:
                yield f"{place}.{column}: {noted.count} {said}: {', '.join(noted.examples)}"


def _findings(checked: Checked) -> Iterator[str]:
    place = f"{checked.source}.{checked.fact}"
    if checked.report is None:
        yield f"{place}: " + in_words("尚未生成", "not made yet")
        return
    yield from _oddities(checked.report)
    if checked.is_new:
        yield f"{place}: " + in_words(
            "数据湖或映射文件已有变化，请运行 lianyi star build",
            "the lake or the file has changed since; run 'lianyi star build'",
        )
    elif not checked.is_whole:
        yield f"{place}: " + in_words(
            f"行数对不上：数据湖 {checked.lake}，有去向 {checked.report.accounted}，"
            f"事实文件 {checked.on_shelf}",
            f"rows do not add up: {checked.lake} in the lake, {checked.report.accounted} accounted "
            f"for, {checked.on_shelf} in the files of the fact",
        )
