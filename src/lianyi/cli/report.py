"""``lianyi report``: which reports there are, how they fared, and one more of them now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.groups import Group
from lianyi.cli.printing import table


@click.group(cls=Group)
def report() -> None:
    """查看和运行指标报表 / show the reports of indicators, and make one now.

    只涉及所用密钥的账户订制或可查看的报表；平台须在运行。

    It is about the reports that the account of the key in use ordered or reads; the platform must
    run.
    """


@report.command("list")
@where_options
@json_option
@told
def list_reports(where: Where, *, as_json: bool) -> None:
    """列出报表及最近一次结果 / list the reports with how each fared last."""
    from lianyi.cli.console import Console

    with Console(where) as console:
        found = console.get("indicators", "reports")["items"]
    if as_json:
        say_json(found)
    elif not found:
        click.echo(in_words("没有报表", "there are no reports"), err=True)
    else:
        heads = in_words("编号 报表 启用 下次 最近", "number report on next last").split()
        click.echo(table(heads, [_line(one) for one in found]))


@report.command()
@click.argument("number", metavar="编号/REPORT")
@where_options
@json_option
@told
def show(number: str, where: Where, *, as_json: bool) -> None:
    """显示一份报表及其历史 / show one report with its history."""
    from lianyi.cli.console import Console

    with Console(where) as console:
        one = console.get("indicators", "reports", number)
    _say(one, as_json=as_json)


@report.command()
@click.argument("number", metavar="编号/REPORT")
@click.option("--month", default="", help="所属月份，如 2026-03 / the month it is about.")
@click.option("--mail", is_flag=True, help="同时发送邮件 / send it to its receivers, too.")
@where_options
@json_option
@told
def run(number: str, month: str, where: Where, *, mail: bool, as_json: bool) -> None:
    """立即生成一份报表 / make a report now."""
    from lianyi.cli.console import Console

    with Console(where) as console:
        one = console.post("indicators", "reports", number, "run", month=month, mail=mail)
    _say(one, as_json=as_json)


@report.command()
@click.argument("number", metavar="编号/REPORT")
@click.argument("run_number", metavar="次/RUN")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@where_options
@told
def save(number: str, run_number: str, file: Path, where: Where) -> None:
    """保存某次生成的 PDF / save the PDF of one run."""
    from lianyi.cli.console import Console

    with Console(where) as console:
        content = console.get_bytes("indicators", "reports", number, "runs", run_number, "file")
    file.write_bytes(content)
    click.echo(in_words(f"✓ 已保存 {file}", f"✓ saved {file}"))


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    last = one["runs"][0] if one["runs"] else None
    return (
        one["report"],
        one["says"]["title"],
        in_words("是", "yes") if one["is_on"] else in_words("否", "no"),
        (one["next_at"] or "")[:16],
        f"{last['last_on']} {last['state']}" if last else "",
    )


def _say(one: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(one)
        return
    click.echo(f"{one['says']['title']}  {one['report']}")
    if one["alarm"]:
        words = one["alarm"][in_words("zh", "en")]
        click.echo(f"  ✗ {one['alarm']['code']} {words['what']}：{words['why']}", err=True)
    heads = in_words("次 起 止 状态 页 已送达 错误", "run from to state pages told error").split()
    rows = [
        (
            each["run"],
            each["first_on"],
            each["last_on"],
            each["state"],
            str(each["pages"]),
            ", ".join(each["told"]),
            each["error"]["code"] if each["error"] else "",
        )
        for each in one["runs"]
    ]
    click.echo(table(heads, rows))
