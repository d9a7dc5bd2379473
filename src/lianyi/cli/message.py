"""``lianyi message``: find messages, and show everything that happened to one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

import click

from lianyi.base.clock import SystemClock
from lianyi.cli.common import Where, console_options, in_words, json_option, say_json, told
from lianyi.cli.groups import Group
from lianyi.cli.printing import (
    both_languages,
    local,
    one_line,
    padded,
    read_instant,
    safe_text,
    table,
    width,
)
from lianyi.cli.words import word

Row = dict[str, Any]
STATES = (
    "delivered",
    "waiting",
    "parked",
    "behind",
    "filtered",
    "queued",
    "dismissed",
    "held",
)
LIMIT_MAX = 100_000


class PositionType(click.ParamType[str]):
    """A position as people write it: ``1-4711``."""

    name = "POSITION"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return it as it is, or say how one looks."""
        if not re.fullmatch(r"\d{1,4}-\d{1,18}", str(value)):
            self.fail(in_words("位点形如 1-4711", "a position looks like 1-4711"), param, ctx)
        return str(value)


POSITION = PositionType()


@click.group(cls=Group)
def message() -> None:
    """查找和查看消息 / find and show messages."""


def instant(text: str | None, zone: tzinfo, option: str) -> datetime | None:
    """Return the point in time that an option names; None for none.

    Raises:
        click.BadParameter: it is none.
    """
    if text is None:
        return None
    try:
        return read_instant(text, zone=zone, now=SystemClock().now())
    except ValueError:
        raise click.BadParameter(
            in_words(
                "写成 2026-03-01T08:15、2026-03-01，或多久以前：15m、2h、7d",
                "write 2026-03-01T08:15, 2026-03-01, or how long ago: 15m, 2h, 7d",
            ),
            param_hint=option,
        ) from None


@message.command()
@click.argument("query", required=False)
@click.option("--channel", help="只在这个通道 / of this channel only.")
@click.option("--kind", help="消息类型，可用 * 结尾，如 'hl7v2 ADT^*' / kind; may end in *.")
@click.option("--state", type=click.Choice(STATES), help="投递状态 / state of a delivery.")
@click.option(
    "--since",
    help="从此时起，如 2026-03-01T08:15 或 2h（两小时前） / from then on; 2h: two hours ago.",
)
@click.option("--until", help="到此时为止 / until then.")
@click.option(
    "--limit",
    type=click.IntRange(1, LIMIT_MAX),
    default=50,
    show_default=True,
    help="最多条数 / messages at most.",
)
@console_options
@json_option
@told
def find(
    query: str | None,
    channel: str | None,
    kind: str | None,
    state: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    where: Where,
    *,
    as_json: bool,
) -> None:
    """按标识查找消息，最新在前 / find messages by an identifier, the newest first.

    QUERY 为患者标识、就诊号、医嘱或检查号、控制 ID（整值匹配），或位点；省略则列出最新消息。

    QUERY is a patient identifier, encounter, order or accession number or control id, exactly as
    sent, or a position; without it the newest messages are listed.
    """
    from lianyi.cli.console import Console

    with Console(where) as console:
        after, before = (
            instant(since, console.zone, "--since"),
            instant(until, console.zone, "--until"),
        )
        rows = list(
            console.pages(
                "messages",
                limit=limit,
                q=query,
                channel=channel,
                kind=kind,
                state=state,
                from_=after and after.isoformat(),
                to=before and before.isoformat(),
            )
        )
        if as_json:
            say_json(rows)
        elif rows:
            click.echo(messages_table(rows, console.zone))
        else:
            click.echo(in_words("没有符合条件的消息", "no message matches"), err=True)


def messages_table(rows: Sequence[Row], zone: tzinfo) -> str:
    """Return messages as a table."""
    heads = in_words(
        "位点 收到时间 通道 类型 标识 投递", "position received channel kind keys deliveries"
    )
    return table(
        heads.split(),
        [
            (
                row["position"],
                local(row["received_at"], zone),
                row["channel"] or "",
                row["kind"],
                " ".join(
                    key["value"] + (f"^{key['authority']}" if key["authority"] else "")
                    for key in row["keys"]
                ),
                "  ".join(_mark(row, mark) for mark in row["deliveries"]),
            )
            for row in rows
        ],
    )


def _mark(row: Row, mark: Row) -> str:
    """Return how a message fares with a destination, or with the gate."""
    if not mark["destination"]:
        return word(mark["state"])
    return f"{mark['destination']}:{word(mark['state'])}"


@message.command()
@click.argument("position", type=POSITION)
@click.option("--raw", is_flag=True, help="原样输出收到的字节 / the bytes exactly as they came.")
@click.option("--tree", is_flag=True, help="输出解析后的内容 / the parsed message.")
@console_options
@json_option
@told
def show(position: str, where: Where, *, raw: bool, tree: bool, as_json: bool) -> None:
    """显示一条消息的全部经过 / show everything that happened to a message.

    POSITION 形如 1-4711：各目的端的状态、每次尝试及应答、错误及下一步。

    POSITION is like 1-4711. Shows how it fares with each destination, every attempt with its
    answer, errors with what to do next.
    """
    from lianyi.cli.console import Console

    if raw + tree + as_json > 1:
        raise click.UsageError(in_words("只能选一种输出形式", "choose one form of output"))
    with Console(where) as console:
        if raw:
            sys.stdout.buffer.write(console.get_bytes("messages", position, "body"))
            return
        trace = console.get("messages", position)
        if as_json:
            say_json(trace)
        elif tree:
            click.echo("\n".join(tree_lines(trace["tree"])))
        else:
            click.echo(trace_text(trace, console.zone))


@message.command("open")
@click.argument("position", type=POSITION)
@click.option("--reason", required=True, help="理由代码，如 fault / one of the listed reasons.")
@click.option("--words", required=True, help="说明，至少 4 个字 / in words, 4 characters or more.")
@click.option("--minutes", type=click.IntRange(1, 1440), help="时长 / for how long.")
@console_options
@json_option
@told
def open_(
    position: str, reason: str, words: str, minutes: int | None, where: Where, *, as_json: bool
) -> None:
    """应急查看：限时查看该患者未脱敏的数据 / look in an emergency at whoever a message is about.

    该操作会留痕并由他人审查。

    It is written down and reviewed by somebody else.
    """
    from lianyi.cli.console import Console

    with Console(where) as console:
        opened = console.post(
            "privacy", "glass", position=position, reason=reason, words=words, minutes=minutes
        )
        if as_json:
            say_json(opened)
            return
        until = local(opened["until"], console.zone)
        click.echo(in_words(f"已开放，至 {until} 止", f"open until {until}"))


def tree_lines(nodes: Sequence[Row], depth: int = 0) -> Iterator[str]:
    """Yield a parsed message: a line for each place that says something."""
    for node in nodes:
        name = in_words(node["name_zh"], node["name_en"])
        value = "" if node["value"] is None else f"  {one_line(node['value'], 1000)}"
        if node["value"] != "" or node["children"]:
            yield f"{'  ' * depth}{node['path']}  {name}{value}".rstrip()
        yield from tree_lines(node["children"], depth + 1)


def trace_text(trace: Row, zone: tzinfo) -> str:
    """Return everything about a message, as people read it."""
    labelled = [
        (in_words("位点", "position"), trace["position"]),
        (in_words("收到", "received"), local(trace["received_at"], zone)),
        (in_words("通道", "channel"), trace["channel"] or ""),
        (in_words("类型", "kind"), trace["kind"]),
        (in_words("发送方", "sender"), trace["sender"]),
        (in_words("控制 ID", "control id"), trace["control_id"] or ""),
        (in_words("大小", "size"), f"{trace['size_bytes']} B  {_codec(trace)}"),
        (in_words("校验", "gate"), word(trace["gate"])),
        (in_words("源自", "caused by"), trace["caused_by"] or ""),
        (in_words("引出", "causes"), " ".join(trace["causes"])),
    ]
    columns = max(width(label) for label, _ in labelled)
    lines = [
        f"{padded(label, columns)}  {one_line(value, 400)}" for label, value in labelled if value
    ]
    for finding in trace["findings"]:
        said = in_words(finding["zh"], finding["en"])
        lines.append(f"  ! {finding['path']}  {one_line(said, 400)}")
    lines += _instead(trace["judged_by"], "  ")
    for delivery in trace["destinations"]:
        lines += ["", *_delivery_lines(delivery, zone)]
    if trace["tombstone"]:
        lines += ["", in_words("内容已依法删除", "the content was erased by law")]
    elif trace["body_text"] is not None:
        lines += ["", safe_text(trace["body_text"]).rstrip("\n")]
        if trace["truncated"]:
            lines.append(in_words("……（用 --raw 查看全部）", "… (--raw shows all of it)"))
    else:
        lines += ["", in_words("内容不是文本，用 --raw 输出", "this is no text; --raw gives it")]
    return "\n".join(lines)


def _codec(trace: Row) -> str:
    """Return the codec, and whether it is a guess."""
    guessed = trace["codec_guessed"]
    return in_words(f"{guessed}（猜测）", f"{guessed} (guessed)") if guessed else trace["codec"]


def _version(attempt: Row) -> str:
    version = attempt["version"]
    return "" if version is None else in_words(f"版本 {version}  ", f"version {version}  ")


def _instead(by: Row | None, indent: str) -> list[str]:
    """Say that something is not shown by the definition that was in force then."""
    if not by or by["instead_of"] is None:
        return []
    then, now = by["instead_of"], by["version"]
    said = in_words(
        f"按当前定义显示：版本 {then} 已无法还原，现以版本 {now} 计算",
        f"shown by the definition in force: version {then} cannot be rebuilt, {now} says this",
    )
    return [indent + said]


def _delivery_lines(delivery: Row, zone: tzinfo) -> Iterator[str]:
    """Yield how a message fares with one destination."""
    name = delivery["destination"] or in_words("校验", "gate")
    yield "  ".join(
        filter(None, [f"→ {name}", word(delivery["state"]), local(delivery["since"], zone)])
    )
    if delivery["due_at"]:
        yield "    " + in_words("下次尝试 ", "next try ") + local(delivery["due_at"], zone)
    if delivery["error"]:
        yield both_languages(delivery["error"], indent="    ")
    if delivery["decided_at"]:
        by, at = delivery["decided_by"] or "", local(delivery["decided_at"], zone)
        yield (
            "    "
            + in_words("决定 ", "decided ")
            + one_line(f"{at} {by} {delivery['reason'] or ''}", 400)
        )
    for attempt in delivery["attempts"]:
        answer = one_line(attempt["answer"] or "", 200)
        yield (
            f"    {local(attempt['at'], zone)}  {attempt['millis']} ms  {word(attempt['outcome'])}"
            f"  {_version(attempt)}{answer}" + ("  ↻" if attempt["replay"] else "")
        )
        if attempt["problem"] and attempt["problem"] != delivery["error"]:
            yield both_languages(attempt["problem"], indent="      ")
