"""Which connectors there are, so that a channel can name one in its file.

A new connector is one line in :data:`CONNECTORS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.settings import Section, nearest
from lianyi.connectors.connector import Memory, OnTrouble, Receive, Sender, Source
from lianyi.connectors.files import (
    FilesSender,
    FilesSenderSettings,
    FilesSource,
    FilesSourceSettings,
)
from lianyi.connectors.http import HttpSender, HttpSenderSettings, HttpSource, HttpSourceSettings
from lianyi.connectors.mllp import MllpSender, MllpSenderSettings, MllpSource, MllpSourceSettings
from lianyi.connectors.platform import (
    PLATFORM,
    PlatformSource,
    PlatformSourceSettings,
    SourceOnlySettings,
    no_sender,
)
from lianyi.connectors.sql import SqlSource, SqlSourceSettings


class UnknownConnector(LianyiError):
    """A channel names a connector that does not exist."""

    code = "LY-1100"
    category = Category.INVALID
    en = Told(
        "there is no such connector",
        "nobody knows this name; the nearest known one is '{nearest}'",
        "correct the name",
    )
    zh = Told("没有这个连接器", "未知的名称；最接近的已知名称是“{nearest}”", "改正名称")


@dataclass(frozen=True, slots=True)
class Connector:
    """One kind of connector: the settings a channel file may hold, and what is built from them."""

    source_settings: type[Section]
    source: Callable[..., Source]
    sender_settings: type[Section]
    sender: Callable[[Any], Sender]
    asks: bool = False
    """Whether its source asks a peer, and is given a memory of where it stands."""


CONNECTORS: Mapping[str, Connector] = {
    "mllp": Connector(MllpSourceSettings, MllpSource, MllpSenderSettings, MllpSender),
    "http": Connector(HttpSourceSettings, HttpSource, HttpSenderSettings, HttpSender),
    "files": Connector(FilesSourceSettings, FilesSource, FilesSenderSettings, FilesSender),
    "sql": Connector(SqlSourceSettings, SqlSource, SourceOnlySettings, no_sender, asks=True),
    PLATFORM: Connector(PlatformSourceSettings, PlatformSource, SourceOnlySettings, no_sender),
}


def get_connector(name: str) -> Connector:
    """Return the connector of this name.

    Raises:
        UnknownConnector: there is none.
    """
    if name not in CONNECTORS:
        raise UnknownConnector(where=name, nearest=nearest(name, CONNECTORS))
    return CONNECTORS[name]


def build_source(
    connector: str,
    settings: Mapping[str, Any],
    receive: Receive,
    on_trouble: OnTrouble,
    *,
    memory: Memory | None = None,
) -> Source:
    """Return a source, not yet started, from the part of a channel file that describes it.

    ``memory`` is given to one that asks.

    Raises:
        UnknownConnector: there is no such connector.
        pydantic.ValidationError: a setting is unknown, missing or does not fit.
    """
    kind = get_connector(connector)
    told = kind.source_settings.model_validate(settings)
    if kind.asks:
        return kind.source(told, receive, on_trouble, memory=memory)
    return kind.source(told, receive, on_trouble)


def build_sender(connector: str, settings: Mapping[str, Any]) -> Sender:
    """Return a sender from the part of a channel file that describes it.

    Raises:
        UnknownConnector: there is no such connector.
        TlsUnusable, TokenUnreadable: a file that it names cannot be used.
        pydantic.ValidationError: a setting is unknown, missing or does not fit.
    """
    kind = get_connector(connector)
    return kind.sender(kind.sender_settings.model_validate(settings))
