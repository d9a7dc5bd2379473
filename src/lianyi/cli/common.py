"""What all commands share: where things are, and how a failure is told.

Nothing heavy is imported here: ``lianyi --help`` must answer at once.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lianyi.base.errors import Category, Language, LianyiError, Told

if TYPE_CHECKING:
    from lianyi.app import Settings

F = TypeVar("F", bound=Callable[..., Any])

SETTINGS_FILE = "lianyi.toml"
DATA_DIR = "data"
CONTENT_DIR = "content"
ADDRESS_FILE = "console-address"
"""In the data folder: where the console of this installation was last told to listen."""
COMMAND_KEY_FILE = "command-key"
"""In the data folder: the key that ``lianyi account make-command-key`` made."""
VERIFIED_FILE = "last-verify.json"
"""In the data folder: what ``lianyi log verify`` found the last time. The doctor reads it."""


def language() -> Language:
    """Return ``zh`` or ``en``: what the environment asks for, Chinese first."""
    wanted = os.environ.get("LIANYI_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return "en" if wanted.lower().startswith("en") else "zh"


def in_words(zh: str, en: str) -> str:
    """Return whichever of two wordings the reader wants."""
    return zh if language() == "zh" else en


@dataclass(frozen=True)
class Where:
    """Where an installation is, as the command line says.

    Attributes:
        settings_file: None means ``lianyi.toml`` where it stands here, else the defaults.
        data_dir: its data folder.
        content_dir: its folder of channels, tables, steps and functions.
        key_file: holds the key to ask the platform with; None: what lies in the data folder.
    """

    settings_file: Path | None
    data_dir: Path
    content_dir: Path
    key_file: Path | None = None

    @property
    def chosen_file(self) -> Path | None:
        """The settings file that counts."""
        here = Path(SETTINGS_FILE)
        return self.settings_file or (here if here.is_file() else None)

    def load(self, *, http_port: int | None = None, http_host: str | None = None) -> Settings:
        """Read the settings; what the command line says wins.

        Raises:
            BadSettings: the file cannot be used.
        """
        from lianyi.app import SECTIONS, Settings
        from lianyi.base.settings import read_settings

        environment = dict(os.environ)
        if http_port is not None:
            environment["LIANYI__API__PORT"] = str(http_port)
        if http_host is not None:
            environment["LIANYI__API__HOST"] = http_host
        sections: dict[str, Any] = dict(read_settings(self.chosen_file, SECTIONS, environment))
        sections["outgoing"] = sections["outgoing"].settled(alone=_serves_nobody_else(sections))
        return Settings(
            **sections, data_dir=self.data_dir.resolve(), content_dir=self.content_dir.resolve()
        )


def _serves_nobody_else(sections: Mapping[str, Any]) -> bool:
    """Whether only who is at this machine reaches what runs here."""
    from lianyi.base.database import EMBEDDED

    api, https, database = sections["api"], sections["https"], sections["database"]
    try:
        here = api.host == "localhost" or ip_address(api.host).is_loopback
    except ValueError:
        return False
    proxied = https.trusted_proxies or api.public_address
    return bool(here and not proxied and database.url == EMBEDDED)


def where_options(command: F) -> F:
    """Add the options that say where the installation is; the command gets them as ``where``."""

    @functools.wraps(command)
    def placed(
        *args: Any,  # noqa: ANN401
        settings_file: Path | None,
        data_dir: Path,
        content_dir: Path,
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        return command(*args, where=Where(settings_file, data_dir, content_dir), **kwargs)

    options: tuple[Any, ...] = (
        click.option(
            "--settings",
            "settings_file",
            type=click.Path(dir_okay=False, path_type=Path),
            envvar="LIANYI_SETTINGS",
            help="设置文件，默认 ./lianyi.toml / settings file; default: ./lianyi.toml.",
        ),
        click.option(
            "--content",
            "content_dir",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path(CONTENT_DIR),
            envvar="LIANYI_CONTENT",
            show_default=True,
            help="内容文件夹 / folder of channels, tables, steps and functions.",
        ),
        click.option(
            "--data",
            "data_dir",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path(DATA_DIR),
            envvar="LIANYI_DATA",
            show_default=True,
            help="数据文件夹 / data folder.",
        ),
    )
    wrapped: Any = placed
    for option in options:
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def console_options(command: F) -> F:
    """Add the options of a command that asks the running platform."""

    @functools.wraps(command)
    def keyed(
        *args: Any,  # noqa: ANN401
        where: Where,
        key_file: Path | None,
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        return command(*args, where=dataclasses.replace(where, key_file=key_file), **kwargs)

    option = click.option(
        "--key-file",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="LIANYI_KEY_FILE",
        help="密钥文件，默认数据文件夹中的 command-key / file of the key; "
        "default: command-key in the data folder.",
    )
    wrapped: Any = where_options(option(keyed))
    return wrapped  # type: ignore[no-any-return]


def json_option(command: F) -> F:
    """Add ``--json``; the command gets it as ``as_json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="以 JSON 输出 / print JSON for programs."
    )(command)


def console_trust(settings: Settings) -> ssl.SSLContext | bool:
    """Return whose certificate a command believes when it asks the platform of this machine.

    Only the one that the settings name, whatever host it is for: we come by the loopback address.

    Raises:
        TlsUnusable: the file cannot be used.
    """
    if settings.https.certificate_file is None:
        return True
    from lianyi.connectors.tls import TlsUnusable

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(settings.https.certificate_file)
    except (OSError, ValueError) as error:
        where = str(settings.https.certificate_file)
        raise TlsUnusable(where=where, why=str(error)) from error
    return context


class Refusal(Exception):
    """What the API of the platform answered instead of doing it, in its own words.

    Attributes:
        problem: code, category, where, and the words in both languages.
    """

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(problem["code"])
        self.problem = problem

    def text(self, language: Language) -> str:
        """Return it in one line, as :meth:`LianyiError.text` would."""
        code, where, words = self.problem["code"], self.problem["where"], self.problem[language]
        what, why, next_step = words["what"], words["why"], words["next_step"]
        if language == "zh":
            return f"{code} {what}〔{where}〕：{why}。下一步：{next_step}。"
        return f"{code} {what} [{where}]: {why}. Next: {next_step}."


class NothingRuns(LianyiError):
    """A command needs the platform's embedded database, and nobody runs it."""

    code = "LY-1721"
    category = Category.UNAVAILABLE
    en = Told("the platform does not run here", "its database is not up", "start 'lianyi serve'")
    zh = Told("平台没有在此运行", "其数据库未启动", "先运行 lianyi serve")


def running_database(settings: Settings) -> str:
    """Return the address of the database that ``serve`` runs, or of the hospital's own server.

    Raises:
        NothingRuns: the embedded database is not up.
    """
    from lianyi.base.database import EMBEDDED, address_of
    from lianyi.base.embedded import find_dsn

    if settings.database.url != EMBEDDED:
        return address_of(settings.database)
    dsn = find_dsn(settings.data_dir)
    if dsn is None:
        raise NothingRuns(where=str(settings.data_dir))
    return dsn


def told(command: F) -> F:
    """Tell a failure of ours in two languages and end with exit code 1."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        try:
            return command(*args, **kwargs)
        except (LianyiError, Refusal) as failure:
            problems: tuple[LianyiError | Refusal, ...] = getattr(failure, "problems", (failure,))
            for each in reading_order():
                for problem in problems:
                    click.echo(problem.text(each), err=True)
            sys.exit(1)

    return guarded  # type: ignore[return-value]


def reading_order() -> tuple[Language, Language]:
    """Return both languages, the reader's first."""
    return ("zh", "en") if language() == "zh" else ("en", "zh")


def say_json(value: object) -> None:
    """Print a value for programs: one line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))
