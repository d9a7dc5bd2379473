"""``lianyi channel``: list, check, start and stop channels."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from lianyi.base.errors import LianyiError
from lianyi.cli.common import (
    Where,
    console_options,
    in_words,
    json_option,
    say_json,
    told,
    where_options,
)
from lianyi.cli.groups import Group
from lianyi.cli.printing import both_languages, one_line, padded, width
from lianyi.cli.words import word

Card = dict[str, Any]


@click.group(cls=Group)
def channel() -> None:
    """查看、检查、启停通道 / list, check, start and stop channels."""


@channel.command("list")
@console_options
@json_option
@told
def list_channels(where: Where, *, as_json: bool) -> None:
    """列出通道及其目的端 / list the channels with their destinations."""
    from lianyi.cli.console import Console

    with Console(where) as console:
        cards = console.get("channels")
    if as_json:
        say_json(cards)
    else:
        click.echo("\n\n".join(map(card_text, cards)) or in_words("没有通道", "no channels"))


def card_text(card: Card) -> str:
    """Return a channel as people read it: a line of its own, one for each destination."""
    source = card["source"]
    lines = [
        f"{card['name']}  {word(card['state'])}  v{card['version']}"
        f"  {card['description']}".rstrip(),
        f"  ← {source['connector']} {source['address']}  "
        + in_words(
            f"收到 {card['received']}  暂挂 {card['held']}",
            f"received {card['received']}  held {card['held']}",
        ),
    ]
    names = max((width(one["name"]) for one in card["destinations"]), default=0)
    for one in card["destinations"]:
        piles = [
            f"{label} {_at_most(one, key)}{one[key]}"
            for label, key, always in (
                (in_words("排队", "queue"), "queue_depth", True),
                (word("parked"), "parked", True),
                (word("behind"), "behind", False),
                (word("waiting"), "waiting", False),
            )
            if always or one[key]
        ]
        lines.append(
            f"  → {padded(one['name'], names)}  {word(one['state'])}  {'  '.join(piles)}"
            f"  {one['connector']} {one['address']}"
        )
        if one["problem"]:
            lines.append(both_languages(one["problem"], indent="      "))
    if card["problem"]:
        lines.append(both_languages(card["problem"], indent="    "))
    return "\n".join(lines)


def _at_most(destination: dict[str, Any], key: str) -> str:
    """Say so where a filter looks into messages of which not all were looked into."""
    if key != "queue_depth" or destination["queue_exact"]:
        return ""
    return in_words("至多 ", "at most ")


@channel.command()
@click.argument("name")
@click.option("--destination", help="只针对这个目的端 / this destination only.")
@console_options
@json_option
@told
def start(name: str, destination: str | None, where: Where, *, as_json: bool) -> None:
    """启动通道或目的端 / start a channel, or one of its destinations."""
    _want("start", name, destination, where, as_json=as_json)


@channel.command()
@click.argument("name")
@click.option("--destination", help="只针对这个目的端 / this destination only.")
@console_options
@json_option
@told
def stop(name: str, destination: str | None, where: Where, *, as_json: bool) -> None:
    """停止通道或目的端 / stop a channel, or one of its destinations.

    停止的通道不再接收消息；日志中已有的消息仍会投递。停止的目的端，其消息留在日志中等待。

    A stopped channel takes no messages; what is in the log is still delivered. The messages of a
    stopped destination wait in the log.
    """
    _want("stop", name, destination, where, as_json=as_json)


def _want(verb: str, name: str, destination: str | None, where: Where, *, as_json: bool) -> None:
    from lianyi.cli.console import Console

    path = ("channels", name, *(("destinations", destination) if destination else ()), verb)
    with Console(where) as console:
        card = console.post(*path)
    if as_json:
        say_json(card)
    else:
        click.echo(card_text(card))


# --- offline ------------------------------------------------------------------------------------


@channel.command()
@click.argument("files", nargs=-1, metavar="[FILE|NAME]...")
@click.option(
    "--all", "every", is_flag=True, help="全部通道，默认如此 / all channels; the default."
)
@where_options
@json_option
@told
def check(files: tuple[str, ...], where: Where, *, every: bool, as_json: bool) -> None:
    """检查通道文件并运行其中的示例 / check channel files and run their examples.

    无需平台运行。列出每个问题的文件、行号，以及每个示例的结果；有任何不妥时退出码为 1。

    The platform need not run. Every problem comes with file and line, every example with its
    result; exit code 1 says that something is wrong.
    """
    folder = where.content_dir / "channels"
    if files and every:
        raise click.UsageError(in_words("文件与 --all 不能同时使用", "either files or --all"))
    paths = [_path(name, folder) for name in files] or sorted(
        path for path in folder.glob("*.y*ml") if path.suffix in (".yaml", ".yml")
    )
    if not paths:
        raise click.UsageError(
            in_words(f"{folder} 中没有通道文件", f"there are no channel files in {folder}")
        )
    results = _check_files(paths, where.content_dir, together=not files)
    if as_json:
        say_json(results)
    else:
        click.echo("\n".join(map(result_text, results)))
    sys.exit(0 if all(result["ok"] for result in results) else 1)


def _path(name: str, folder: Path) -> Path:
    """Return the file that is meant: a path, or the name of a channel."""
    for path in (Path(name), folder / name, folder / f"{name}.yaml", folder / f"{name}.yml"):
        if path.is_file():
            return path
    raise click.UsageError(
        in_words(f"没有文件或通道“{name}”", f"there is no file and no channel '{name}'")
    )


def _check_files(paths: Sequence[Path], content_dir: Path, *, together: bool) -> list[Card]:
    """Check each file, and where all are looked at, what two of them cannot both have."""
    from lianyi.channels.examples import check as check_file
    from lianyi.channels.loading import check_together
    from lianyi.cli.printing import progress

    results: list[Card] = []
    channels = []
    with progress(len(paths), "检查通道", "checking channels") as bar:
        for path in paths:
            report = check_file(path, content_dir)
            if report.channel is not None:
                channels.append((path, report.channel))
            results.append(
                {
                    "file": str(path),
                    "ok": report.ok,
                    "problems": [_problem(path, problem) for problem in report.problems],
                    "examples": [
                        {
                            "name": example.name,
                            "ok": example.ok,
                            "problems": [_problem(path, one) for one in example.problems],
                        }
                        for example in report.examples
                    ],
                }
            )
            bar.update(1)
    files = {one.channel: path for path, one in channels}
    for clash in check_together([one for _, one in channels]) if together else ():
        path = files.get(clash.where.partition(":")[0], paths[0])
        result = next(one for one in results if one["file"] == str(path))
        result["ok"] = False
        result["problems"].append(_problem(path, clash))
    return results


def _problem(path: Path, failure: LianyiError) -> Card:
    from lianyi.channels.views import problem_facts

    line = re.search(r"\(line (\d+)\)", failure.where)
    return problem_facts(failure) | {"file": str(path), "line": int(line[1]) if line else None}


def result_text(result: Card) -> str:
    """Return what the check of one file found, as people read it."""
    marks = {True: "✓", False: "✗"}
    good = sum(example["ok"] for example in result["examples"])
    count = in_words(
        f"示例 {good}/{len(result['examples'])}", f"examples {good}/{len(result['examples'])}"
    )
    lines = [f"{marks[result['ok']]} {result['file']}  {count}"]
    lines += [_problem_text(problem, "  ") for problem in result["problems"]]
    for example in result["examples"]:
        lines.append(f"  {marks[example['ok']]} {one_line(example['name'], 200)}")
        lines += [_problem_text(problem, "    ") for problem in example["problems"]]
    return "\n".join(lines)


def _problem_text(problem: Card, indent: str) -> str:
    place = problem["file"] + (f":{problem['line']}" if problem["line"] else "")
    return f"{indent}{place}\n" + both_languages(problem, indent=indent + "  ")
