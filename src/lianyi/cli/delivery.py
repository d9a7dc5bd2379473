"""``lianyi delivery``: decide on deliveries that need a person, and deliver messages again."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.cli.common import Where, console_options, in_words, json_option, say_json, told
from lianyi.cli.groups import Group
from lianyi.cli.message import LIMIT_MAX, POSITION, Row, instant, messages_table
from lianyi.cli.printing import Bar, local, progress, short_problem, table
from lianyi.cli.words import word

if TYPE_CHECKING:
    from lianyi.cli.console import Console

POLL_SECONDS = 0.5
RUNNING = ("running", "stopping")


class NotADestination(LianyiError):
    """A message does not go to the destination that was named."""

    code = "LY-1724"
    category = Category.NOT_FOUND
    en = Told(
        "this message does not go there",
        "its channel has no destination '{name}'; it has: {known}",
        "name one of these with --destination",
    )
    zh = Told(
        "该消息不发往此目的端",
        "其通道没有目的端“{name}”；现有：{known}",
        "用 --destination 指定其中之一",
    )


@click.group(cls=Group)
def delivery() -> None:
    """处理未送达的投递，重放消息 / decide on deliveries that need a person; replay."""


# --- lists --------------------------------------------------------------------------------------


def _limit_option(command: Any) -> Any:  # noqa: ANN401 - click decorates what it is given
    return click.option(
        "--limit",
        type=click.IntRange(1, LIMIT_MAX),
        default=200,
        show_default=True,
        help="最多条数 / rows at most.",
    )(command)


@delivery.command()
@click.option("--channel", help="只看这个通道 / of this channel only.")
@click.option("--destination", help="只看这个目的端 / of this destination only.")
@_limit_option
@console_options
@json_option
@told
def parked(
    channel: str | None, destination: str | None, limit: int, where: Where, *, as_json: bool
) -> None:
    """列出待处理的投递，等待最久的在前 / list parked deliveries, the longest waiting first."""
    _list(where, "parked", limit, as_json=as_json, channel=channel, destination=destination)


@delivery.command()
@click.option("--channel", help="只看这个通道 / of this channel only.")
@_limit_option
@console_options
@json_option
@told
def held(channel: str | None, limit: int, where: Where, *, as_json: bool) -> None:
    """列出校验暂挂的消息 / list the messages that the validation gate holds."""
    _list(where, "held", limit, as_json=as_json, channel=channel)


def _list(where: Where, state: str, limit: int, *, as_json: bool, **query: str | None) -> None:
    from lianyi.cli.console import Console

    with Console(where) as console:
        rows = list(console.pages("deliveries", limit=limit, state=state, **query))
        if as_json:
            say_json(rows)
        elif not rows:
            click.echo(in_words(f"没有{word(state)}的消息", f"nothing is {state}"), err=True)
        else:
            heads = in_words(
                "位点 通道 目的端 自 尝试 其后 类型 问题",
                "position channel destination since attempts behind kind problem",
            )
            click.echo(
                table(
                    heads.split(),
                    [
                        (
                            row["position"],
                            row["channel"],
                            row["destination"],
                            local(row["since"], console.zone),
                            row["attempts"],
                            row["messages_behind"],
                            row["kind"],
                            short_problem(row["problem"]),
                        )
                        for row in rows
                    ],
                )
            )


# --- decisions ----------------------------------------------------------------------------------


def _body_option(command: Any) -> Any:  # noqa: ANN401
    return click.option(
        "--body",
        "body_file",
        type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
        help="改正后的消息文件，- 为标准输入 / file with the repaired message; -: standard input.",
    )(command)


@delivery.command()
@click.argument("position", type=POSITION)
@click.option("--destination", required=True, help="目的端 / the destination.")
@click.option("--reason", default="", help="原因 / why.")
@_body_option
@console_options
@json_option
@told
def resend(
    position: str,
    destination: str,
    reason: str,
    body_file: Path | None,
    where: Where,
    *,
    as_json: bool,
) -> None:
    """重新投递一条待处理的消息 / try a parked delivery again, if wanted with a repaired message."""
    from lianyi.cli.console import Console

    with Console(where) as console:
        trace = console.get("messages", position)
        row = console.post(
            "deliveries",
            str(_destination_id(trace, destination)),
            position,
            "resend",
            reason=reason,
            body_text=_repaired(body_file, trace),
        )
    _say_row(row, as_json=as_json)


@delivery.command()
@click.argument("position", type=POSITION)
@click.option(
    "--destination", help="目的端；省略则指校验暂挂的消息 / without it: what the gate holds."
)
@click.option("--reason", required=True, help="原因 / why.")
@console_options
@json_option
@told
def dismiss(
    position: str, destination: str | None, reason: str, where: Where, *, as_json: bool
) -> None:
    """放弃一条待处理或暂挂的消息 / give up a parked delivery, or a message that is held.

    消息仍在日志中，但不再投递；排在其后的消息继续。

    The message stays in the log and is not delivered; what waited behind it goes on.
    """
    from lianyi.cli.console import Console

    with Console(where) as console:
        if destination is None:
            row = console.post("held", position, "dismiss", reason=reason)
        else:
            number = _destination_id(console.get("messages", position), destination)
            row = console.post("deliveries", str(number), position, "dismiss", reason=reason)
    _say_row(row, as_json=as_json)


@delivery.command()
@click.argument("position", type=POSITION)
@click.option("--reason", required=True, help="原因 / why.")
@_body_option
@console_options
@json_option
@told
def release(
    position: str, reason: str, body_file: Path | None, where: Where, *, as_json: bool
) -> None:
    """放行一条暂挂的消息 / let a held message through, if wanted repaired."""
    from lianyi.cli.console import Console

    with Console(where) as console:
        text = _repaired(body_file, console.get("messages", position)) if body_file else None
        row = console.post("held", position, "release", reason=reason, body_text=text)
    _say_row(row, as_json=as_json)


def _destination_id(trace: Row, name: str) -> int:
    """Return the number of a destination of a message.

    Raises:
        NotADestination: the message does not go there.
    """
    known = {one["destination"]: one["destination_id"] for one in trace["destinations"]}
    known.pop("", None)
    if name not in known:
        raise NotADestination(where=trace["position"], name=name, known=", ".join(sorted(known)))
    return int(known[name])


def _repaired(file: Path | None, trace: Row) -> str | None:
    """Return the text of a repaired message.

    An editor may have saved it in UTF-8, or in what the sender uses, and with its own line ends;
    HL7 v2 ends a segment with a carriage return.

    Raises:
        click.BadParameter: it is neither.
    """
    if file is None:
        return None
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    for codec in ("utf-8-sig", trace["codec"] or "utf-8"):
        try:
            text = body.decode(codec)
        except (UnicodeDecodeError, LookupError):
            continue
        if str(trace["kind"]).startswith("hl7v2"):
            text = text.replace("\r\n", "\r").replace("\n", "\r")
        return text
    raise click.BadParameter(
        in_words("文件不是 UTF-8 文本", "the file is no UTF-8 text"), param_hint="--body"
    )


def _say_row(row: Row, *, as_json: bool) -> None:
    if as_json:
        say_json(row)
    else:
        names = filter(None, [row["position"], row["destination"] or row["channel"]])
        click.echo(f"{' → '.join(names)}  {word(row['state'])}")


# --- replay -------------------------------------------------------------------------------------


@delivery.command()
@click.option("--channel", required=True, help="通道 / the channel.")
@click.option("--destination", required=True, help="目的端 / the destination.")
@click.option("--since", help="收到时间从，如 2026-03-01T08:15 或 2h / received since.")
@click.option("--until", help="收到时间到 / received until.")
@click.option("--from", "from_position", type=POSITION, help="位点从，如 1-4711 / first position.")
@click.option("--to", "to_position", type=POSITION, help="到位点 / last position.")
@click.option("--kind", help="消息类型，可用 * 结尾 / kind; may end in *.")
@click.option("--key", help="患者、就诊、医嘱标识或控制 ID / an identifier, as in 'message find'.")
@click.option(
    "--rate",
    type=click.FloatRange(0, 10_000, min_open=True),
    default=50.0,
    show_default=True,
    help="每秒最多条数 / messages a second at most.",
)
@click.option("--reason", help="原因；省略则询问 / why; asked for when left out.")
@click.option("--yes", is_flag=True, help="不再询问 / do not ask.")
@console_options
@json_option
@told
def replay(
    channel: str,
    destination: str,
    since: str | None,
    until: str | None,
    from_position: str | None,
    to_position: str | None,
    kind: str | None,
    key: str | None,
    rate: float,
    reason: str | None,
    where: Where,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """把日志中的消息再投递一次 / deliver messages of the log again.

    先试算数量并询问，再开始并显示进度。Ctrl-C 只停止查看，重放仍在继续。

    Counts first and asks, then starts and shows how far it is. Ctrl-C stops watching; the replay
    goes on.
    """
    from lianyi.cli.console import Console

    with Console(where) as console:
        after, before = (
            instant(since, console.zone, "--since"),
            instant(until, console.zone, "--until"),
        )
        chosen = {
            "from": after and after.isoformat(),
            "to": before and before.isoformat(),
            "from_position": from_position,
            "to_position": to_position,
            "kind": kind,
            "key": key,
        }
        asked = {
            "channel": channel,
            "destination": destination,
            "filter": {name: value for name, value in chosen.items() if value is not None},
        }
        found = console.post("replays", "dry-run", **asked)
        if not found["matching"]:
            click.echo(in_words("没有符合条件的消息", "no message matches"), err=True)
            sys.exit(1)
        _explain(found, destination, rate, console)
        if not yes:
            click.confirm(in_words("开始重放？", "replay them?"), abort=True, err=True)
        why = reason or click.prompt(in_words("原因", "reason"), err=True)
        started = console.post("replays", **asked, rate_per_second=rate, reason=why)
        ended = _follow(console, started)
    if as_json:
        say_json(ended)
    else:
        click.echo(replays_table([ended], console))
    sys.exit(1 if ended["state"] == "stopped" else 0)


def _explain(found: Row, destination: str, rate: float, console: Console) -> None:
    """Say on standard error what would be delivered again, and what that may do."""
    minutes, seconds = divmod(round(found["sending"] / rate), 60)
    zh, en = ("", "") if found["exact"] else ("至多 ", "at most ")
    click.echo(messages_table(found["sample"], console.zone), err=True)
    click.echo(
        in_words(
            f"\n将向 {destination} 重放{zh or ' '}{found['sending']} 条消息，需 {minutes} 分"
            f" {seconds} 秒。\n符合条件 {found['matching']} 条（{found['first']} 至"
            f" {found['last']}），其中不发送：暂挂 {found['held']}，已放弃 {found['dismissed']}，"
            f"过滤 {found['filtered']}。\n"
            f"接收方可能收到重复消息 / the receiver may see duplicates.",
            f"\n{en}{found['sending']} messages will be delivered again to {destination}; that"
            f" takes {minutes} min {seconds} s.\n{found['matching']} match ({found['first']} to"
            f" {found['last']}); of these not sent: held {found['held']}, dismissed"
            f" {found['dismissed']}, filtered {found['filtered']}.\n"
            f"The receiver may see duplicates / 接收方可能收到重复消息。",
        ),
        err=True,
    )


def _follow(console: Console, replay: Row) -> Row:
    """Show how far a replay is until it ends, or until the person has seen enough."""
    done = 0
    try:
        with progress(replay["matching"], "重放", "replaying") as bar:
            while replay["state"] in RUNNING:
                time.sleep(POLL_SECONDS)
                replay = _find_replay(console, replay)
                done = _advance(bar, replay, done)
    except KeyboardInterrupt:
        click.echo(
            in_words(
                f"\n重放仍在继续。停止：lianyi delivery stop-replay {replay['id']}",
                f"\nThe replay goes on. To stop it: lianyi delivery stop-replay {replay['id']}",
            ),
            err=True,
        )
    return replay


def _advance(bar: Bar, replay: Row, done: int) -> int:
    now = int(replay["progress"] * replay["matching"])
    bar.update(now - done)
    return now


def _find_replay(console: Console, replay: Row) -> Row:
    """Return how a replay is now; it is among the newest."""
    for one in console.pages("replays", limit=LIMIT_MAX):
        if one["id"] == replay["id"]:
            return dict(one)
    return replay


@delivery.command()
@_limit_option
@console_options
@json_option
@told
def replays(limit: int, where: Where, *, as_json: bool) -> None:
    """列出历次重放，最新在前 / list the replays, the newest first."""
    from lianyi.cli.console import Console

    with Console(where) as console:
        rows = list(console.pages("replays", limit=limit))
        if as_json:
            say_json(rows)
        elif rows:
            click.echo(replays_table(rows, console))
        else:
            click.echo(in_words("还没有重放过", "there was none yet"), err=True)


@delivery.command("stop-replay")
@click.argument("replay_id", metavar="ID")
@console_options
@json_option
@told
def stop_replay(replay_id: str, where: Where, *, as_json: bool) -> None:
    """停止一次重放 / stop a replay.

    已发出的不会收回。

    What was delivered stays delivered.
    """
    from lianyi.cli.console import Console

    with Console(where) as console:
        stopped = console.post("replays", replay_id, "stop")
        if as_json:
            say_json(stopped)
        else:
            click.echo(replays_table([stopped], console))


def replays_table(rows: Sequence[Row], console: Console) -> str:
    """Return replays as a table."""
    heads = in_words(
        "标识 通道 目的端 状态 条数 已送达 被拒 暂挂 已放弃 过滤 申请时间 原因",
        "id channel destination state messages delivered refused held dismissed filtered"
        " requested reason",
    )
    return table(
        heads.split(),
        [
            (
                row["id"],
                row["channel"],
                row["destination"],
                word(row["state"]),
                row["matching"],
                row["delivered"],
                row["refused"],
                row["held"],
                row["dismissed"],
                row["filtered"],
                local(row["requested_at"], console.zone),
                row["reason"],
            )
            for row in rows
        ],
    )
