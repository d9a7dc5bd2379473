"""The definitions that a channel had, and how one differs from the one in force."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from pydantic import ValidationError

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.channels.loading import compile_kept
from lianyi.channels.read_store import ChannelRecord, Definition, ReadStore
from lianyi.channels.views import (
    DefinitionDetail,
    DefinitionLine,
    DefinitionVersion,
    SharedFileDifference,
)
from lianyi.messagelog.message import Position

LINES_MAX = 5_000
"""Longer definitions are not compared: that would take too long."""


class NoSuchVersion(LianyiError):
    """A channel never had a definition of this number."""

    code = "LY-1630"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such version of the channel",
        "its definitions count from 1, and none has this number",
        "choose one of the versions that the channel's page lists",
    )
    zh = Told(
        "该通道没有这个版本",
        "通道定义的版本从 1 开始编号，没有这个版本号",
        "请在通道页的版本记录中选择",
    )


def version_of(definition: Definition, channel: ChannelRecord) -> DefinitionVersion:
    """Return when and where a definition came into force."""
    return DefinitionVersion(
        version=definition.version,
        activated_at=definition.activated_at,
        from_position=str(Position(channel.shard, definition.from_number)),
    )


async def detail_of(store: ReadStore, channel: ChannelRecord, version: int) -> DefinitionDetail:
    """Return one definition of a channel, and how it differs from the one in force.

    Raises:
        NoSuchVersion: the channel never had one of this number.
    """
    asked = await store.definition(channel.channel, version)
    if asked is None:
        raise NoSuchVersion(where=channel.name)
    following = await store.definition(channel.channel, version + 1)
    in_force = None
    if channel.version != version:
        in_force = await store.definition(channel.channel, channel.version)
    lines, files = None, None
    if in_force:
        lines = await asyncio.to_thread(compare, asked.yaml, in_force.yaml)
        files = await _files(store, channel, asked, in_force)
    return DefinitionDetail(
        **vars(version_of(asked, channel)),
        yaml=asked.yaml,
        followed_by=version_of(following, channel) if following else None,
        in_force=channel.version or None,
        lines=lines,
        files=files,
    )


async def _files(
    store: ReadStore, channel: ChannelRecord, asked: Definition, in_force: Definition
) -> list[SharedFileDifference] | None:
    """Return how the shared files of two definitions differ; None when some were not kept."""
    both: list[Mapping[str, bytes]] = []
    for one in (asked, in_force):
        files = await store.files_of(channel.channel, one.version)
        if not await asyncio.to_thread(_is_complete, one.yaml, channel.name, files):
            return None
        both.append(files)
    return await asyncio.to_thread(compare_files, *both)


def _is_complete(text: str, name: str, files: Mapping[str, bytes]) -> bool:
    """Tell whether all that a definition uses was kept with it."""
    try:
        compile_kept(text, name, files)
    except (LianyiError, ValidationError):
        return bool(files)  # they are kept together or not at all
    return True


def compare_files(
    this: Mapping[str, bytes], in_force: Mapping[str, bytes]
) -> list[SharedFileDifference]:
    """Return each file of two definitions with what differs in it, those that differ first."""
    found = [
        SharedFileDifference(
            name=name,
            where="this" if name not in in_force else "in_force" if name not in this else "both",
            same=this.get(name) == in_force.get(name),
            lines=None
            if this.get(name) == in_force.get(name)
            else compare(_text(this.get(name)), _text(in_force.get(name))),
        )
        for name in sorted(this.keys() | in_force.keys())
    ]
    return sorted(found, key=lambda one: one.same)


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8-sig", "replace")


def compare(this: str, in_force: str) -> list[DefinitionLine] | None:
    """Return all lines of two definitions in order; None when one of them is too long."""
    old, new = this.splitlines(), in_force.splitlines()
    if max(len(old), len(new)) > LINES_MAX:
        return None
    return list(_lines(old, new))


def _lines(old: list[str], new: list[str]) -> Iterator[DefinitionLine]:
    for tag, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            for n, text in enumerate(old[i:j], 1):
                yield DefinitionLine(where="both", number=i + n, number_in_force=k + n, text=text)
            continue
        for number, text in enumerate(old[i:j], i + 1):
            yield DefinitionLine(where="this", number=number, number_in_force=None, text=text)
        for number, text in enumerate(new[k:m], k + 1):
            yield DefinitionLine(where="in_force", number=None, number_in_force=number, text=text)
