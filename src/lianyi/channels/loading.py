"""From YAML text to a checked :class:`Channel`: everything that is wrong is told at once.

A misspelt key is told first, with the nearest known one; then what is missing or does not fit; then
what only shows when the channel is compiled (paths, tables, expressions); each with its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from lianyi.base.errors import LianyiError
from lianyi.base.settings import nearest
from lianyi.channels.compiled import (
    CHINA,
    CompiledChannel,
    compile_channel,
    compile_into,
    told_connector,
)
from lianyi.channels.definition import Channel, Destination, Source, gather
from lianyi.channels.explaining import explain
from lianyi.channels.library import Library
from lianyi.channels.problems import (
    BadChannel,
    Clash,
    TransparentChannel,
    UnknownCodec,
    UnknownKey,
    UnknownName,
    first_of,
)
from lianyi.channels.reading import Place, Report, read_yaml
from lianyi.connectors.registry import CONNECTORS, Connector
from lianyi.formats.hl7v2 import charsets
from lianyi.formats.hl7v2.errors import UnsupportedCharset


def load_channel(text: str, name: str, content_dir: Path | None) -> Channel:
    """Read one channel definition and check everything that can be checked without running it.

    Args:
        text: the YAML.
        name: of the file, for people.
        content_dir: where ``tables``, ``steps`` and ``functions`` lie; None: nowhere.

    Returns:
        The frozen definition.

    Raises:
        BadChannel: names file, key and line; ``problems`` holds all that is wrong.
    """
    channel, problems = read_channel(text, name, content_dir)
    if channel is None or problems:
        raise first_of(problems)
    return channel


def compile_kept(
    text: str, name: str, files: Mapping[str, bytes], *, timezone: ZoneInfo = CHINA
) -> CompiledChannel:
    """Make a definition that was in force ready to run, with the files that were kept with it.

    It was found good when it came into force; only what it needs to run is asked again.

    Raises:
        LianyiError: it cannot be run, perhaps because it misses files that were not kept.
        ValidationError: this release does not know some of what stands in it.
    """
    report = Report(name)
    data = read_yaml(text, report)
    if report.problems:
        raise first_of(report.problems)
    library = Library(None, kept=files)
    return compile_channel(Channel.model_validate(data), library, timezone=timezone)


def read_channel(
    text: str, name: str, content_dir: Path | None
) -> tuple[Channel | None, list[LianyiError]]:
    """Read one channel definition as far as possible; never raises.

    Returns:
        The definition, None when there is none to speak of, and everything that is wrong.
    """
    report = Report(name)
    data = read_yaml(text, report)
    if report.problems or not _is_mapping(data, report):
        return None, report.problems
    meant = _check_connectors(data, report)
    channel: Channel | None = None
    try:
        channel = Channel.model_validate(data)
    except ValidationError as error:
        explain(error, Channel, report, meant=meant)
    else:
        _check_channel(channel, Path(name).stem, report)
        compile_into(channel, content_dir, report)
    return channel, sorted(report.problems, key=lambda p: not isinstance(p, UnknownKey))


def _is_mapping(data: object, report: Report) -> bool:
    if not isinstance(data, dict):
        report.add(
            BadChannel,
            (),
            why="it must hold keys such as channel, source, destinations",
            why_zh="应包含 channel、source、destinations 等键",
        )
    return isinstance(data, dict)


def _check_channel(channel: Channel, stem: str, report: Report) -> None:
    """Check what concerns several keys at once."""
    if stem and stem != channel.channel and report.name.endswith((".yaml", ".yml")):
        report.add(
            BadChannel,
            ("channel",),
            why=f"the file is called '{stem}', the channel '{channel.channel}'",
            why_zh=f"文件名为“{stem}”，通道名为“{channel.channel}”",
        )
    _check_codecs(channel.source, report)
    seen: dict[str, int] = {}
    for n, destination in enumerate(channel.destinations):
        place: Place = ("destinations", n)
        if destination.name in seen:
            report.add(
                Clash,
                (*place, "name"),
                what="the destination",
                what_zh="目的端",
                name=destination.name,
                by=f"destinations[{seen[destination.name]}]",
            )
        seen.setdefault(destination.name, n)
        if channel.mode == "transparent" and destination.transform:
            report.add(TransparentChannel, (*place, "transform"))
    for n, example in enumerate(channel.examples):
        named = {*example.delivered_to, *example.expect, *example.parked}
        for name in sorted(named - seen.keys()):
            report.add(
                UnknownName,
                ("examples", n),
                kind="destination",
                kind_zh="目的端",
                name=name,
                nearest=nearest(name, seen),
            )


def _check_codecs(source: Source, report: Report) -> None:
    for key in ("default_codec", "forced_codec"):
        name = getattr(source, key)
        if not name:
            continue
        try:
            charsets.known_codec(name)
        except UnsupportedCharset:
            close = nearest(name.lower(), charsets.CODEC_NAMES)
            report.add(UnknownCodec, ("source", key), name=name, nearest=close)


def _check_connectors(data: dict[str, Any], report: Report) -> set[Place]:
    """Check what the file tells connectors, also when the rest of it cannot be used.

    Returns:
        The keys that a misspelt one stands for: they are not missing.
    """
    meant = _check_connector(data.get("source"), Source, ("source",), report)
    destinations = data.get("destinations")
    for n, one in enumerate(destinations if isinstance(destinations, list) else ()):
        meant |= _check_connector(one, Destination, ("destinations", n), report)
    return meant


def _check_connector(
    data: object, part: type[Source | Destination], place: Place, report: Report
) -> set[Place]:
    """Check the settings of a connector as the connector itself will."""
    gathered = gather(data, part.model_fields)
    if not isinstance(gathered, dict) or not isinstance(gathered["settings"], dict):
        return set()
    meant = _misspelt(gathered, part, place, report)
    name = gathered.get("connector")
    if not isinstance(name, str):
        return meant
    kind: Connector | None = CONNECTORS.get(name)
    if kind is None:
        report.add(
            UnknownName,
            (*place, "connector"),
            kind="connector",
            kind_zh="连接器",
            name=name,
            nearest=nearest(name, CONNECTORS),
        )
        return meant
    model = kind.source_settings if part is Source else kind.sender_settings
    settings = told_connector(name, gathered["settings"], gathered.get("address"))
    try:
        model.model_validate(settings)
    except ValidationError as error:
        beside = tuple(part.model_fields)
        explain(error, model, report, place, beside=beside, nested=True, meant=meant)
    return meant


def _misspelt(
    gathered: dict[str, Any], part: type[Source | Destination], place: Place, report: Report
) -> set[Place]:
    """Note the keys that stand for a key which every connector needs, and read them as that.

    Keys that a part does not know belong to its connector. Which one that is cannot be told
    while ``connector`` itself is misspelt.
    """
    meant: set[Place] = set()
    needed = [key for key, field in part.model_fields.items() if field.is_required()]
    for key in [key for key in gathered["settings"] if (*place, key) in report.lines]:
        close = nearest(key, needed)
        known = CONNECTORS.get(str(gathered.get("connector")))
        model = known and (known.source_settings if part is Source else known.sender_settings)
        if close and close not in gathered and not (model and key in model.model_fields):
            gathered[close] = gathered["settings"].pop(key)
            meant.add((*place, close))
            report.add(UnknownKey, (*place, key), key=key, nearest=close)
    return meant


def check_together(channels: Iterable[Channel]) -> list[LianyiError]:
    """Return what two channels cannot both have: a name, a port, a folder to read."""
    problems: list[LianyiError] = []
    taken: dict[tuple[str, str], Channel] = {}
    for channel in channels:
        where = f"{channel.channel}: source"
        claims = [("channel", "通道", channel.channel)]
        claims += _claims(channel.source)
        for what, what_zh, name in claims:
            by = taken.setdefault((what, name), channel)
            if by is not channel:
                problems.append(
                    Clash(where=where, what=what, what_zh=what_zh, name=name, by=by.channel)
                )
    return problems


def _claims(source: Source) -> list[tuple[str, str, str]]:
    """Return what a source needs for itself; HTTP sources share a port by their paths."""
    kind = CONNECTORS.get(source.connector)
    if kind is not None and kind.asks:
        return []  # its port is the peer's
    port, folder = source.settings.get("port"), source.settings.get("folder")
    claims = []
    if port is not None and str(port) != "0":
        path = source.settings.get("path", "") if source.connector == "http" else ""
        claims.append(("the port", "端口", f"{port}{path}"))
    if folder is not None:
        claims.append(("the folder", "文件夹", str(folder).rstrip("/")))
    return claims
