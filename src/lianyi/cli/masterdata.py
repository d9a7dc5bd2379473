"""``lianyi masterdata``: bring organisations, locations and practitioners in from a table."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.groups import Group

KINDS = ("organisation", "location", "practitioner")


@click.group(cls=Group)
def masterdata() -> None:
    """导入主数据 / import master data."""


@masterdata.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    required=True,
    help="表中是机构、位置还是人员 / what the rows are.",
)
@where_options
@json_option
@told
def import_table(file: Path, kind: str, where: Where, *, as_json: bool) -> None:
    """由 CSV 表导入（UTF-8 或 GB18030） / import a CSV table (UTF-8 or GB18030).

    文件作为一条消息写入日志，再逐行学习；未能学习的行会列出，退出码为 1。

    The file goes into the log as one message and is then learned row by row; rows that cannot be
    learned are listed, and the exit code is 1.
    """
    from lianyi.cli.console import Console

    with Console(where) as console:
        done = console.post_bytes(
            "masterdata", kind, "import", body=file.read_bytes(), content_type="text/csv"
        )
    if as_json:
        say_json(done)
    else:
        for row in done["set_aside"]:
            words = row[in_words("zh", "en")]
            click.echo(f"✗ {row['where']}  {row['code']} {words['what']}：{words['why']}", err=True)
        left = len(done["set_aside"])
        click.echo(
            in_words(
                f"{'✓' if not left else '!'} {done['position']} 已导入，{left} 项未能学习",
                f"{'✓' if not left else '!'} {done['position']} imported, {left} set aside",
            )
        )
    if done["set_aside"]:
        sys.exit(1)
