"""``lianyi simulate history``: three years of a hospital, for the lake."""

from __future__ import annotations

import json
import signal
import time
from datetime import datetime
from pathlib import Path

import click

from lianyi.base.errors import LianyiError
from lianyi.simulate.hospital import die_with_parent


@click.command()
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="湖的目录（数据目录下的 lake） / folder of the lake: `lake` below the data folder.",
)
@click.option(
    "--encounters",
    type=click.IntRange(1000, 20_000_000),
    default=5_000_000,
    show_default=True,
    help="就诊总数 / encounters in all months together.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=1,
    help="同样的种子，同样的字节 / the same seed gives the same bytes.",
)
@click.option(
    "--months", type=click.IntRange(1, 60), default=36, show_default=True, help="月数 / how many."
)
@click.option(
    "--ends",
    type=click.DateTime(["%Y-%m"]),
    default="2026-10",
    show_default=True,
    help="最后一个月 / the last month.",
)
@click.option(
    "--rows",
    "as_rows",
    is_flag=True,
    help="写成行消息文件，供 files 通道取走 / write files of rows for a files channel to take.",
)
@click.option(
    "--with-parent", type=int, help="父进程结束时退出 / end when this parent process ends."
)
def history(
    folder: Path,
    encounters: int,
    seed: int,
    months: int,
    ends: datetime,
    with_parent: int | None,
    *,
    as_rows: bool,
) -> None:
    """生成一所医院三年的业务数据 / make three years of a hospital as tables of an invented HIS.

    写入 <目录>/raw/yxhis/<表>/ 与 <目录>/truth/；数据中没有真实的人。

    Written below FOLDER/raw/yxhis/<table>/, the planted faults below FOLDER/truth/. No real person
    is in it.
    """
    from lianyi.simulate.history.making import make_files, make_rows
    from lianyi.simulate.history.store import Wanted

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing half made is left
    if with_parent is not None:
        die_with_parent(with_parent)
    wanted = Wanted(encounters, seed, months, ends.date())
    began = time.monotonic()
    try:
        counts = (make_rows if as_rows else make_files)(wanted, folder)
    except LianyiError as failure:
        raise click.ClickException(failure.text("en")) from failure
    facts = {"rows": counts, "seconds": round(time.monotonic() - began, 1)}
    click.echo(json.dumps(facts, ensure_ascii=False))
