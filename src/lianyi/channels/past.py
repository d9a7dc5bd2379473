"""The definitions that a channel had, compiled as they were.

What a destination was sent is kept nowhere. It is computed again from the definition that sent it,
with the tables, step lists and functions which that definition used.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from lianyi.base.errors import LianyiError
from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.loading import compile_kept, load_channel
from lianyi.channels.read_store import ChannelRecord, ReadStore
from lianyi.channels.views import ShownBy

COMPILED_MAX = 32
RECEIPT_VERSIONS = 32_768
"""A receipt keeps the version modulo this number."""


class Past(NamedTuple):
    """A definition, and whether it is the one that was asked for."""

    compiled: CompiledChannel
    by: ShownBy


class PastDefinitions:
    """Definitions of channels by version, the last used ones compiled."""

    def __init__(self, store: ReadStore, content_dir: Path, timezone: ZoneInfo) -> None:
        self._store = store
        self._content_dir = content_dir
        self._timezone = timezone
        self._compiled: OrderedDict[tuple[int, int, bool], CompiledChannel] = OrderedDict()

    async def at(self, channel: ChannelRecord, version: int) -> Past | None:
        """Return a version; the one in force where it cannot be rebuilt; None without either."""
        compiled = await self._cached(channel, version, kept=True)
        if compiled:
            return Past(compiled, ShownBy(version=version, instead_of=None))
        return await self._instead_of(channel, version)

    async def in_force(self, channel: ChannelRecord) -> Past | None:
        """Return the definition in force, or the newest when the channel's file is gone."""
        version = channel.version or await self._store.newest_version(channel.channel)
        return await self.at(channel, version)

    async def of_receipt(self, channel: ChannelRecord, version: int) -> int:
        """Return the version that a receipt names."""
        newest = await self._store.newest_version(channel.channel)
        # 0: the channel's file was gone, and what it still had to deliver went on by the newest.
        return newest - (newest - version) % RECEIPT_VERSIONS if version else newest

    async def _instead_of(self, channel: ChannelRecord, version: int) -> Past | None:
        """Return the definition in force, with the files as they lie in the content folder."""
        now = channel.version or await self._store.newest_version(channel.channel)
        compiled = None
        if now != version:
            compiled = await self._cached(channel, now, kept=True)
        compiled = compiled or await self._cached(channel, now, kept=False)
        if compiled is None:
            return None  # a table that it uses is broken now; the channel's card says so
        return Past(compiled, ShownBy(version=now, instead_of=version))

    async def _cached(
        self, channel: ChannelRecord, version: int, *, kept: bool
    ) -> CompiledChannel | None:
        place = channel.channel, version, kept
        known = self._compiled.get(place)
        if known:
            self._compiled.move_to_end(place)
            return known
        definition = await self._store.definition(channel.channel, version)
        if definition is None:
            return None
        files = await self._store.files_of(channel.channel, version) if kept else None
        try:
            compiled = await asyncio.to_thread(self._compile, definition.yaml, channel.name, files)
        except (LianyiError, ValidationError):
            return None
        self._compiled[place] = compiled
        while len(self._compiled) > COMPILED_MAX:
            self._compiled.popitem(last=False)
        return compiled

    def _compile(self, text: str, name: str, files: Mapping[str, bytes] | None) -> CompiledChannel:
        if files is None:
            definition = load_channel(text, name, self._content_dir)
            return compile_channel(definition, self._content_dir, timezone=self._timezone)
        # One whose files were not kept says here that it misses them.
        return compile_kept(text, name, files, timezone=self._timezone)
