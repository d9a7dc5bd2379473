"""From YAML text to a checked :class:`Channel`: everything that is wrong is told at once.

A misspelt key is told first, with the nearest known one; then what is missing or does not fit; then
what only shows when the channel is compiled (paths, tables, expressions); each with its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from lianyi.base.errors import LianyiError
from lianyi.base.settings import nearest
from lianyi.channels.definition import Channel, Destination, Source
from lianyi.channels.problems import BadChannel, Clash, TransparentChannel, UnknownKey, UnknownName
from lianyi.channels.reading import Place, Report, read_yaml
from lianyi.connectors.registry import CONNECTORS, Connector

ADDRESS_KEYS = ("address", "folder")
"""What connectors call the thing that ``address`` says."""


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


def first_of(problems: list[LianyiError]) -> BadChannel:
    """Return the first problem as an error that carries all of them."""
    first = problems[0]
    if not isinstance(first, BadChannel):
        told, told_zh = first.told("en"), first.told("zh")
        first = BadChannel(
            where=first.where,
            why=f"{told.what}: {told.why}",
            why_zh=f"{told_zh.what}：{told_zh.why}",
        )
    first.problems = tuple(problems)
    return first


def read_channel(
    text: str, name: str, content_dir: Path | None
) -> tuple[Channel | None, list[LianyiError]]:
    """Read one channel definition as far as possible; never raises.

    Returns:
        The definition, None when there is none to speak of, and everything that is wrong.
    """
    from lianyi.channels.compiled import compile_into  # it raises what this module gathers

    report = Report(name)
    data = read_yaml(text, report)
    if report.problems or not _is_mapping(data, report):
        return None, report.problems
    try:
        channel = Channel.model_validate(data)
    except ValidationError as error:
        explain(error, Channel, report)
        return None, report.problems
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


def connector_settings(destination: Destination) -> dict[str, Any]:
    """Return what the connector of a destination is told, its address under the name it uses."""
    kind = CONNECTORS.get(destination.connector)
    settings = dict(destination.settings)
    if destination.address and kind is not None:
        known = kind.sender_settings.model_fields
        settings[next((key for key in ADDRESS_KEYS if key in known), "address")] = (
            destination.address
        )
    return settings


def _check_channel(channel: Channel, stem: str, report: Report) -> None:
    """Check what concerns several keys at once."""
    if stem and stem != channel.channel and report.name.endswith((".yaml", ".yml")):
        report.add(
            BadChannel,
            ("channel",),
            why=f"the file is called '{stem}', the channel '{channel.channel}'",
            why_zh=f"文件名为“{stem}”，通道名为“{channel.channel}”",
        )
    _check_connector(
        channel.source.connector,
        channel.source.settings,
        ("source",),
        tuple(Source.model_fields),
        report,
        as_source=True,
    )
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
        settings = connector_settings(destination)
        _check_connector(destination.connector, settings, place, (), report, as_source=False)
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


def _check_connector(
    name: str,
    settings: Mapping[str, Any],
    place: Place,
    beside: tuple[str, ...],
    report: Report,
    *,
    as_source: bool,
) -> None:
    """Check the settings of a connector as the connector itself will."""
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
        return
    model = kind.source_settings if as_source else kind.sender_settings
    try:
        model.model_validate(settings)
    except ValidationError as error:
        explain(error, model, report, place, beside=beside, nested=not as_source)


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
    port, folder = source.settings.get("port"), source.settings.get("folder")
    claims = []
    if port is not None and str(port) != "0":
        path = source.settings.get("path", "") if source.connector == "http" else ""
        claims.append(("the port", "端口", f"{port}{path}"))
    if folder is not None:
        claims.append(("the folder", "文件夹", str(folder).rstrip("/")))
    return claims


# --- pydantic's errors in our words ----------------------------------------------------------

_CHINESE = {
    "missing": "缺少必填的键",
    "string_type": "应为文本",
    "string_pattern_mismatch": "应匹配 {pattern}",
    "string_too_long": "至多 {max_length} 个字符",
    "literal_error": "应为 {expected} 之一",
    "int_parsing": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "too_short": "至少需要 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "tuple_type": "应为列表",
    "dict_type": "应为键值对",
    "model_type": "应为键值对",
    "model_attributes_type": "应为键值对",
}


def explain(
    error: ValidationError,
    model: type[BaseModel],
    report: Report,
    place: Place = (),
    *,
    beside: tuple[str, ...] = (),
    nested: bool = False,
) -> None:
    """Note every problem that pydantic found; misspelt keys first.

    Args:
        error: what it raised.
        model: the model that was validated.
        report: gets the problems.
        place: of the model in the file.
        beside: keys that may stand beside those of the model.
        nested: the file holds the model's keys one level deeper, under ``settings``.
    """
    found = error.errors(include_url=False, include_input=False)
    suggested: set[Place] = set()
    for problem in found:
        if problem["type"] != "extra_forbidden":
            continue
        loc = tuple(problem["loc"])
        key = str(loc[-1])
        known = [*_keys_at(model, loc[:-1]), *(beside if len(loc) == 1 else ())]
        close = nearest(key, known)
        suggested.add((*loc[:-1], close))
        at = _in_file(loc, place, report, nested=nested)
        report.add(UnknownKey, at, key=key, nearest=close)
    for problem in found:
        loc = tuple(problem["loc"])
        missing = problem["type"] == "missing"
        if problem["type"] == "extra_forbidden" or (missing and loc in suggested):
            continue
        if any(len(other["loc"]) > len(loc) == _shared(other["loc"], loc) for other in found):
            continue  # what is inside is wrong; that the whole is too, then, helps nobody
        english = problem["msg"].removeprefix("Value error, ")
        english = english[:1].lower() + english[1:]
        chinese = _CHINESE.get(problem["type"], english)
        chinese = chinese.format_map({k: str(v) for k, v in problem.get("ctx", {}).items()})
        at = _in_file(loc, place, report, nested=nested)
        report.add(BadChannel, at, why=english, why_zh=chinese)


def _shared(one: Place, other: Place) -> int:
    """Return how many steps two places have in common from the start."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))


def _in_file(loc: Place, place: Place, report: Report, *, nested: bool) -> Place:
    """Return where in the file something stands that pydantic places at ``loc``.

    pydantic also names the branch of a union that it tried; the file does not.
    """
    at = place
    for n, part in enumerate(loc):
        longer = (*at, part)
        if longer in report.lines:
            at = longer
        elif nested and n == 0 and (*place, "settings", part) in report.lines:
            at = (*place, "settings", part)
        elif n == len(loc) - 1:
            at = longer
    return at


def _keys_at(model: type[BaseModel], loc: Place) -> list[str]:
    """Return the keys that are known at a place of a model, as they are written."""
    kinds: list[type[BaseModel]] = [model]
    for part in loc:
        inner: list[type[BaseModel]] = []
        for kind in kinds:
            for name, field in kind.model_fields.items():
                if part in (field.alias or name, name):
                    inner += _models_in(field.annotation)
        kinds = inner or kinds
    return [f.alias or n for kind in kinds for n, f in kind.model_fields.items()]


def _models_in(annotation: object) -> list[type[BaseModel]]:
    """Return the models that an annotation speaks of: ``tuple[Step, ...]`` speaks of Step."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models_in(part)]
