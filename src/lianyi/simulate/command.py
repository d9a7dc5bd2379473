"""The command ``lianyi simulate``: one system, the whole hospital, a corpus, or just the story."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from lianyi.base.clock import SystemClock
from lianyi.base.errors import LianyiError
from lianyi.simulate.behaviour import KINDS, Behaviour, read_behaviour
from lianyi.simulate.city.command import city, traps
from lianyi.simulate.corpus import Replayed, replay_corpus, summarise
from lianyi.simulate.demo import demo_plan, run_until_stopped
from lianyi.simulate.feed import FeedSettings, FolderWire, Target, read_target
from lianyi.simulate.history.command import history
from lianyi.simulate.hospital import HospitalSettings, die_with_parent
from lianyi.simulate.receiver import WireName
from lianyi.simulate.story import CHINA, StorySettings, tell
from lianyi.simulate.system import Listen, System, SystemSettings, install_signals


class _Told(click.ClickException):
    """A failure of ours, in words, for whoever sits at the terminal."""

    def __init__(self, failure: LianyiError) -> None:
        super().__init__(failure.text("en"))


class _TargetType(click.ParamType[Target]):
    name = "[KINDS=]URL"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Target:
        try:
            return read_target(str(value))
        except LianyiError as failure:
            self.fail(failure.text("en"), param, ctx)


class _ListenType(click.ParamType[Listen]):
    name = "URL"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Listen:
        text = str(value)
        parts = urlsplit(text if "://" in text else f"mllp://{text}")
        wires: dict[str, WireName] = {"mllp": "mllp", "http": "http"}
        try:
            return Listen(wires[parts.scheme], parts.hostname or "127.0.0.1", parts.port or 0)
        except (KeyError, ValueError):
            self.fail("write mllp://host:port or http://host:port", param, ctx)


class _BehaviourType(click.ParamType[Behaviour]):
    name = "BEHAVIOUR"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Behaviour:
        if isinstance(value, Behaviour):
            return value
        try:
            return read_behaviour(str(value))
        except LianyiError as failure:
            self.fail(failure.text("en"), param, ctx)


def _story_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(
        [
            click.option(
                "--seed",
                default=1,
                help="同样的种子，同样的故事 / the same seed gives the same story.",
            ),
            click.option(
                "--begins",
                type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"]),
                default="2026-03-02T07:30",
                help="故事开始的当地时间 / local time at which the story begins.",
            ),
            click.option(
                "--patients-per-hour",
                default=12.0,
                help="故事中每小时到院人数 / arrivals, in story hours.",
            ),
            click.option(
                "--batch-every-hours",
                default=24.0,
                help="EMR 批量文件间隔，故事小时 / of the EMR, in story hours.",
            ),
        ]
    ):
        command = option(command)
    return command


def _pace_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(
        [
            click.option(
                "--speed",
                default=60.0,
                help="一秒真实时间相当于故事多少秒 / story seconds in one real second.",
            ),
            click.option(
                "--rate",
                type=click.FloatRange(min=0),
                help="全部系统每秒消息数，代替 --speed；0 为尽快 / messages a second of all "
                "systems together, instead of --speed; 0 means as fast as they are taken.",
            ),
            click.option(
                "--count",
                "count_max",
                type=int,
                help="整个故事的消息数，默认不限 / lines of the whole story; default: endless.",
            ),
            click.option(
                "--duration",
                "duration_seconds",
                type=float,
                help="秒数，默认不限 / seconds; default: for ever.",
            ),
            click.option(
                "--lost-acks",
                default=0.0,
                type=click.FloatRange(0, 1),
                help="发送方假装没收到的应答比例 / share of acknowledgments that senders pretend "
                "not to have seen.",
            ),
        ]
    ):
        command = option(command)
    return command


@click.group()
def simulate() -> None:
    """模拟医院：HIS、LIS、RIS、EMR / a small hospital of invented people over real sockets."""


@simulate.command()
@click.argument("name")
@click.option("--send", "targets", multiple=True, type=_TargetType(), help="发往 / send to.")
@click.option("--listen", "listens", multiple=True, type=_ListenType(), help="监听 / listen at.")
@click.option(
    "--control",
    "control_port",
    type=int,
    help="控制端口，0 自动选择 / port of the control door, 0 for any.",
)
@click.option(
    "--behave",
    "behaviour",
    type=_BehaviourType(),
    default="accept",
    help="接收方式 / how it receives: " + " ".join(KINDS) + "; refuse:0.2, slow:5.",
)
@click.option(
    "--think-time", "think_seconds", default=0.0, help="应答前等待秒数 / seconds before any answer."
)
@click.option(
    "--ack-timeout", default=20.0, help="发送方重发前的秒数 / seconds until a sender repeats."
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path),
    help="已了结消息的记录文件 / file of settled messages.",
)
@click.option(
    "--with-parent", type=int, help="父进程结束时退出 / end when this parent process ends."
)
@_story_options
@_pace_options
def system(
    name: str,
    targets: tuple[Target, ...],
    listens: tuple[Listen, ...],
    control_port: int | None,
    behaviour: Behaviour,
    think_seconds: float,
    ack_timeout: float,
    journal: Path | None,
    with_parent: int | None,
    seed: int,
    begins: datetime,
    patients_per_hour: float,
    batch_every_hours: float,
    speed: float,
    rate: float | None,
    count_max: int | None,
    duration_seconds: float | None,
    lost_acks: float,
) -> None:
    """运行一个系统 / run one system: its lines of the story go to --send, it receives at --listen.

    就绪时输出一行 JSON（端口），结束时再输出一行（计数）。USR1 使其挂起，USR2 恢复，TERM 结束。

    Prints one line of JSON when it is ready (its ports) and one at the end (its counts). USR1
    makes it hang, USR2 accept again; TERM ends it.
    """
    if with_parent is not None:
        die_with_parent(with_parent)
    settings = SystemSettings(
        name=name,
        targets=targets,
        listens=listens,
        control_port=control_port,
        story=StorySettings(
            seed, begins.replace(tzinfo=CHINA), patients_per_hour, batch_every_hours
        ),
        speed=speed,
        rate=rate,
        count_max=count_max,
        duration_seconds=duration_seconds,
        feed=FeedSettings(lost_ack_share=lost_acks, timeout_seconds=ack_timeout),
        think_seconds=think_seconds,
        behaviour=behaviour,
        journal=journal,
    )
    try:
        asyncio.run(_run_system(settings))
    except OSError as error:
        raise click.ClickException(f"{name}: {error.strerror or error}") from error


async def _run_system(settings: SystemSettings) -> None:
    running = System(settings, SystemClock())
    stop = asyncio.Event()
    install_signals(running, stop)

    def ready() -> None:
        ports = [receiver.port for receiver in running.receivers]
        control = running.control.port if running.control else None
        click.echo(json.dumps({"ready": settings.name, "ports": ports, "control": control}))

    await running.run(stop=stop, ready=ready)
    click.echo(json.dumps(running.report(), ensure_ascii=False))


@simulate.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="平台的数据文件夹，夜间批量文件放在其中 / the platform's data folder; the night batch is "
    "filed there.",
)
@_story_options
@_pace_options
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="就绪时输出一行 JSON / one JSON line when all systems are ready.",
)
def hospital(
    data: Path,
    seed: int,
    begins: datetime,
    patients_per_hour: float,
    batch_every_hours: float,
    speed: float,
    rate: float | None,
    count_max: int | None,
    duration_seconds: float | None,
    lost_acks: float,
    *,
    as_json: bool,
) -> None:
    """对本机平台运行整个模拟医院 / run the whole hospital against a platform on this machine."""

    def ready(systems: list[dict[str, Any]]) -> None:
        if as_json:
            click.echo(json.dumps({"hospital": systems}, ensure_ascii=False))

    plan = demo_plan(data)
    settings = HospitalSettings(
        members=plan.members,
        story=StorySettings(
            seed, begins.replace(tzinfo=CHINA), patients_per_hour, batch_every_hours
        ),
        speed=speed,
        rate=rate,
        count_max=count_max,
        duration_seconds=duration_seconds,
        lost_ack_share=lost_acks,
    )
    try:
        asyncio.run(run_until_stopped(settings, ready=ready))
    except LianyiError as failure:
        raise _Told(failure) from failure


@simulate.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--send",
    "target",
    type=_TargetType(),
    default="mllp://127.0.0.1:6669",
    show_default=True,
    help="发往 / send to.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="每个文件一行 JSON / one JSON line for each file."
)
def corpus(folder: Path, target: Target, as_json: bool) -> None:
    """原样发送 FOLDER 下的全部 HL7 v2 消息 / send every HL7 v2 message under FOLDER, unchanged.

    并报告各自的应答。

    It says what was answered.
    """
    rows: list[Replayed] = []

    async def collect() -> None:
        async for row in replay_corpus(folder, target.url):
            rows.append(row)
            if as_json:
                click.echo(json.dumps(row._asdict(), ensure_ascii=False))

    asyncio.run(collect())
    if not as_json:
        click.echo(summarise(rows))


@simulate.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--count", "count_max", default=100, help="条数 / how many.")
@_story_options
def story(
    folder: Path,
    count_max: int,
    seed: int,
    begins: datetime,
    patients_per_hour: float,
    batch_every_hours: float,
) -> None:
    """把故事的前若干条消息写成文件 / write the first messages as files into FOLDER/<system>/."""
    settings = StorySettings(
        seed, begins.replace(tzinfo=CHINA), patients_per_hour, batch_every_hours
    )

    async def write() -> None:
        for line in itertools.islice(tell(settings), count_max):
            await FolderWire(folder / line.system).exchange(line)

    asyncio.run(write())


simulate.add_command(city)
simulate.add_command(traps)
simulate.add_command(history)
