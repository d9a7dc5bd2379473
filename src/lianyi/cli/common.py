"""What all commands share: where things are, and how a failure is told."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from lianyi.app import SECTIONS, Settings
from lianyi.base.database import EMBEDDED, address_of
from lianyi.base.embedded import find_dsn
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.settings import read_settings

F = TypeVar("F", bound=Callable[..., Any])

SETTINGS_FILE = "lianyi.toml"
DATA_DIR = "data"
CONTENT_DIR = "content"


def language() -> str:
    """Return ``zh`` or ``en``: what the environment asks for, Chinese first."""
    wanted = os.environ.get("LIANYI_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return "en" if wanted.lower().startswith("en") else "zh"


def where_options(command: F) -> F:
    """Add the options that say where the installation is."""
    options: tuple[Any, ...] = (
        click.option(
            "--config",
            type=click.Path(dir_okay=False, path_type=Path),
            help="设置文件 / settings file; default: lianyi.toml if it is there.",
        ),
        click.option(
            "--content",
            "content_dir",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path(CONTENT_DIR),
            show_default=True,
            help="内容文件夹 / folder of channels, tables, steps and functions.",
        ),
        click.option(
            "--data",
            "data_dir",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path(DATA_DIR),
            show_default=True,
            help="数据文件夹 / data folder.",
        ),
    )
    for option in options:
        command = option(command)
    return command


def load_settings(
    config: Path | None,
    *,
    data_dir: Path,
    content_dir: Path,
    http_port: int | None = None,
    http_host: str | None = None,
) -> Settings:
    """Read the settings; what the command line says wins.

    Raises:
        BadSettings: the file cannot be used.
    """
    if config is None and Path(SETTINGS_FILE).is_file():
        config = Path(SETTINGS_FILE)
    environment = dict(os.environ)
    if http_port is not None:
        environment["LIANYI__API__PORT"] = str(http_port)
    if http_host is not None:
        environment["LIANYI__API__HOST"] = http_host
    sections: dict[str, Any] = dict(read_settings(config, SECTIONS, environment))
    return Settings(**sections, data_dir=data_dir.resolve(), content_dir=content_dir.resolve())


class NotRunning(LianyiError):
    """A command needs the platform's embedded database, and nobody runs it."""

    code = "LY-1721"
    category = Category.UNAVAILABLE
    en = Told("the platform does not run here", "its database is not up", "start 'lianyi serve'")
    zh = Told("平台没有在此运行", "其数据库未启动", "先运行 lianyi serve")


def running_database(settings: Settings) -> str:
    """Return the address of the database that ``serve`` runs, or of the hospital's own server.

    Raises:
        NotRunning: the embedded database is not up.
    """
    if settings.database.url != EMBEDDED:
        return address_of(settings.database)
    dsn = find_dsn(settings.data_dir)
    if dsn is None:
        raise NotRunning(where=str(settings.data_dir))
    return dsn


def told(command: F) -> F:
    """Tell a failure of ours in two languages and end with exit code 1."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        try:
            return command(*args, **kwargs)
        except LianyiError as failure:
            first, second = ("zh", "en") if language() == "zh" else ("en", "zh")
            click.echo(failure.text(first), err=True)  # type: ignore[arg-type]
            click.echo(failure.text(second), err=True)  # type: ignore[arg-type]
            sys.exit(1)

    return guarded  # type: ignore[return-value]


def say(value: object, *, as_json: bool, text: Callable[[], str]) -> None:
    """Print a result: as JSON for machines, as text for people."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str) if as_json else text())
