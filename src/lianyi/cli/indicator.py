"""``lianyi indicator``: which indicators there are, what each counts, what is wrong with a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

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
from lianyi.cli.printing import table

if TYPE_CHECKING:
    from lianyi.applications.indicators.model import Caliber, Indicator, Part


@click.group(cls=Group)
def indicator() -> None:
    """查看和检查指标及其口径 / show the indicators and check their calibers.

    指标由平台自带，医院可在 content/indicators 中替换或增加。平台无需运行。

    The platform brings indicators; a hospital replaces them or adds its own in
    content/indicators. The platform need not run.
    """


@indicator.command("list")
@click.option("--category", help="只列出这一类 / only those of this class.")
@where_options
@json_option
@told
def list_indicators(category: str | None, where: Where, *, as_json: bool) -> None:
    """列出指标 / list the indicators."""
    from lianyi.applications.indicators.reading import read_indicators

    known, problems = read_indicators(where.content_dir)
    chosen = [one for one in known.values() if category in (None, one.category.value)]
    if as_json:
        say_json([_card(one) for one in chosen])
    else:
        heads = in_words("编码 名称 分类 单位 口径", "code name class unit calibers").split()
        rows = [
            (
                one.indicator,
                in_words(one.name.zh, one.name.en),
                one.category.value,
                one.unit.value,
                ", ".join(caliber.caliber for caliber in one.calibers),
            )
            for one in chosen
        ]
        click.echo(table(heads, rows))
    if problems:
        click.echo(
            in_words(
                f"{len(problems)} 个文件不可用，见 lianyi indicator check",
                f"{len(problems)} files cannot be used; see lianyi indicator check",
            ),
            err=True,
        )


@indicator.command()
@click.argument("code")
@where_options
@json_option
@told
def show(code: str, where: Where, *, as_json: bool) -> None:
    """显示一个指标及其各口径 / show one indicator, and what each caliber counts."""
    from lianyi.applications.indicators.failures import BadIndicator
    from lianyi.applications.indicators.reading import read_indicators
    from lianyi.base.content_files import unknown

    known, _ = read_indicators(where.content_dir)
    if code not in known:
        raise BadIndicator(where=code, **unknown(code, known))
    one = known[code]
    if as_json:
        say_json(_card(one))
        return
    click.echo(f"{one.indicator}  {in_words(one.name.zh, one.name.en)}")
    click.echo(f"  {one.meaning}")
    click.echo(f"  {one.source.document} · {one.source.paragraph} · {one.owner}")
    for caliber in one.calibers:
        click.echo(_caliber_text(one, caliber))


@indicator.command()
@where_options
@json_option
@told
def check(where: Where, *, as_json: bool) -> None:
    """检查指标与固定报表文件，查找八类口径问题 / check all files, and look for the eight faults.

    固定报表（content/forms）一并检查。有任何不妥时退出码为 1。

    Forms (content/forms) are checked, too. Exit code 1 says that something is wrong.
    """
    from lianyi.applications.indicators.forms.reading import read_forms
    from lianyi.applications.indicators.lint import lint
    from lianyi.applications.indicators.reading import read_indicators
    from lianyi.base.clock import SystemClock

    known, unusable = read_indicators(where.content_dir)
    forms, refused = read_forms(where.content_dir, known)
    problems = [*unusable, *refused]
    findings = lint(known.values(), today=SystemClock().now().date(), approved={})
    if as_json:
        say_json(
            {
                "indicators": len(known),
                "forms": len(forms),
                "problems": [one.record() for one in problems],
                "findings": [one._asdict() for one in findings],
            }
        )
    else:
        for problem in problems:
            for language in reading_order():
                click.echo(problem.text(language))
        for finding in findings:
            place = f"{finding.indicator} {finding.caliber}".strip()
            click.echo(f"{place}  {in_words(finding.zh, finding.en)}  ({finding.fault})")
        click.echo(
            in_words(
                f"{len(known)} 个指标，{len(forms)} 种固定报表；"
                f"{len(problems)} 个文件不可用，{len(findings)} 处口径问题",
                f"{len(known)} indicators, {len(forms)} forms; "
                f"{len(problems)} files cannot be used, "
                f"{len(findings)} faults of calibers",
            )
        )
    sys.exit(1 if problems or findings else 0)


def _card(one: Indicator) -> dict[str, Any]:
    from lianyi.applications.indicators.model import definition_hash

    card = one.model_dump(mode="json", exclude_defaults=True)
    for said, caliber in zip(card["calibers"], one.calibers, strict=True):
        said["hash"] = definition_hash(one, caliber)
    return card


def _caliber_text(one: Indicator, caliber: Caliber) -> str:
    from lianyi.applications.indicators.model import definition_hash

    until = caliber.valid_to or ""
    lines = [
        f"  {caliber.caliber} v{caliber.version}  {in_words(caliber.title.zh, caliber.title.en)}"
        f"  {caliber.valid_from} – {until}  {definition_hash(one, caliber)[:12]}"
    ]
    if caliber.numerator is not None:
        lines.append(f"    {in_words('分子', 'numerator')}    {_part_text(caliber.numerator)}")
    if caliber.denominator is not None:
        lines.append(f"    {in_words('分母', 'denominator')}  {_part_text(caliber.denominator)}")
    if caliber.by_form:
        lines.append(f"    {in_words('填报', 'by form')}    {caliber.by_form}")
    if caliber.not_available:
        lines.append(f"    {in_words('无法取得', 'not available')}  {caliber.not_available}")
    return "\n".join(lines)


def _part_text(part: Part) -> str:
    said = part.canonical()
    counted = f"{part.aggregate}({said['of']})" if part.of else part.aggregate
    where = f" where {said['where']}" if said["where"] else ""
    return f"{counted} of {part.fact} by {part.time}, {part.department}{where}"
