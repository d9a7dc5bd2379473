"""Every command says what it does, in both languages, and saying it is quick."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from lianyi.cli.main import COMMANDS, main

CHINESE = re.compile("[\u4e00-\u9fff]")


def every_command(
    group: click.Group = main, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if command.hidden:
            continue
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*words, name))


EVERY = {" ".join(words): command for words, command in every_command()}


def test_the_list_holds_what_was_promised() -> None:
    promised = """serve demo doctor simulate
        channel list/check/start/stop
        message find/show
        delivery parked/held/resend/dismiss/release/replay/replays/stop-replay
        log verify/export/import
        projection list/rebuild/digest
        masterdata import
        config check/show"""
    for line in promised.splitlines():
        group, _, names = line.strip().partition(" ")
        for name in names.split("/") if "/" in names else [""]:
            assert f"{group} {name}".strip() in EVERY or not name


@pytest.mark.parametrize("words", EVERY)
def test_a_command_explains_itself_in_both_languages(words: str) -> None:
    done = CliRunner().invoke(main, [*words.split(), "--help"])

    assert done.exit_code == 0
    first = (EVERY[words].help or "").split("\n")[0]
    chinese, slash, english = first.partition(" / ")
    assert CHINESE.search(chinese), first
    assert slash, first
    assert not CHINESE.search(english), first


@pytest.mark.parametrize("words", EVERY)
def test_every_option_says_what_it_is_for_in_both_languages(words: str) -> None:
    silent = [
        option.name
        for option in EVERY[words].params
        if isinstance(option, click.Option)
        and not option.hidden
        and not (CHINESE.search(option.help or "") and " / " in (option.help or ""))
    ]
    assert silent == []


@pytest.mark.parametrize("name", [name for name, lazy in COMMANDS.items() if lazy.sentence])
def test_the_list_says_what_the_command_says(name: str) -> None:
    assert EVERY[name].get_short_help_str(limit=400) == COMMANDS[name].sentence


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"], ["message", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    heavy = ["asyncpg", "fastapi", "httpx", "pyarrow", "structlog", "uvloop", "yaml"]
    script = (
        "import sys\n"
        "from lianyi.cli.main import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "finally:\n"
        f"    print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stderr.splitlines()[-1] == "[]"


def test_an_unknown_command_is_a_wrong_use() -> None:
    assert CliRunner().invoke(main, ["chanel"]).exit_code == 2
