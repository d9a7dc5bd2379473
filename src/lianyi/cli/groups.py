"""Groups of commands whose list is complete and quick to print."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click


class Group(click.Group):
    """A group that lists its commands with whole sentences; click would cut them in half."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with its sentence."""
        rows = [(name, self.sentence(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([row for row in rows if row[1]])

    def sentence(self, ctx: click.Context, name: str) -> str:
        """Return what a command does, in one sentence; empty when it is hidden."""
        command = self.get_command(ctx, name)
        if command is None or command.hidden:
            return ""
        return command.get_short_help_str(limit=400)

    def group(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as click declares it
        """Make a group within this one, of the same kind."""
        kwargs.setdefault("cls", Group)
        return super().group(*args, **kwargs)


class Lazy(NamedTuple):
    """A command that is imported when it is used.

    Attributes:
        module: where it stands, under the name of the command, ``_`` for ``-``.
        sentence: what it does, as its own help begins; empty for a hidden one.
    """

    module: str
    sentence: str


class LazyGroup(Group):
    """A group that knows its commands without importing them."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._lazy = dict(lazy)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order in which they are needed."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of this name."""
        if cmd_name not in self._lazy:
            return None
        command: click.Command = getattr(
            importlib.import_module(self._lazy[cmd_name].module), cmd_name.replace("-", "_")
        )
        return command

    def sentence(self, ctx: click.Context, name: str) -> str:
        """Return what a command does, without importing it."""
        return self._lazy[name].sentence
