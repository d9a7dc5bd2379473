"""The channels and destinations by number and by name."""

from __future__ import annotations

from collections.abc import Sequence

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.channels.read_store import ChannelRecord, DestinationRecord


class NoSuchChannel(LianyiError):
    """A channel that does not exist."""

    code = "LY-1621"
    category = Category.NOT_FOUND
    en = Told("there is no such channel", "no definition has this name", "check the name")
    zh = Told("没有这个通道", "没有该名称的通道定义", "请核对名称")


class NoSuchDestination(LianyiError):
    """A destination that does not exist."""

    code = "LY-1622"
    category = Category.NOT_FOUND
    en = Told("there is no such destination", "the channel has none of this name", "check the name")
    zh = Told("没有这个目的端", "该通道没有此目的端", "请核对名称")


class Catalogue:
    """The channels and destinations by number and by name, as they were read."""

    def __init__(
        self, channels: Sequence[ChannelRecord], destinations: Sequence[DestinationRecord]
    ) -> None:
        self.channels = {channel.channel: channel for channel in channels}
        self.destinations = {one.destination: one for one in destinations}
        self._by_name = {channel.name: channel for channel in channels}

    def channel(self, name: str) -> ChannelRecord:
        """Return a channel by name, or raise :class:`NoSuchChannel`."""
        found = self._by_name.get(name)
        if found is None:
            raise NoSuchChannel(where="channel")
        return found

    def destination(self, channel: ChannelRecord, name: str) -> DestinationRecord:
        """Return a destination by name, or raise :class:`NoSuchDestination`."""
        for one in self.of(channel.channel):
            if one.name == name:
                return one
        raise NoSuchDestination(where=channel.name)

    def of(self, channel: int) -> list[DestinationRecord]:
        """Return the destinations of a channel that its definition in force names."""
        return [
            one for one in self.destinations.values() if one.channel == channel and not one.retired
        ]

    def name_of(self, channel: int) -> str | None:
        """Return the name of a channel; None for acts."""
        found = self.channels.get(channel)
        return found.name if found else None

    def organisation(self, channel: int) -> str:
        """Return whose messages a channel carries; empty for acts and for nobody's."""
        found = self.channels.get(channel)
        return found.organisation if found else ""
