"""The platform itself as a source: what it has to say stands in the log already.

A channel with this source lives in the shard of acts, to which the platform appends; nothing is
listened for. It is no receiver: nobody delivers to the platform what it said itself.
"""

from __future__ import annotations

from typing import NoReturn

from pydantic import model_validator

from lianyi.base.errors import LianyiError
from lianyi.base.settings import Section
from lianyi.connectors.connector import CannotCarry, OnTrouble, Receive

PLATFORM = "platform"
"""Its name in channel files."""


class PlatformSourceSettings(Section):
    """There is nothing to be told."""


class PlatformSource:
    """Takes nothing from anybody."""

    address = PLATFORM
    connections = 0

    def __init__(
        self, settings: PlatformSourceSettings, receive: Receive, on_trouble: OnTrouble
    ) -> None:
        """Take nothing."""

    @property
    def trouble(self) -> LianyiError | None:
        """There is none."""
        return None

    async def start(self) -> None:
        """Do nothing."""

    def pause(self) -> None:
        """Do nothing."""

    def resume(self) -> None:
        """Do nothing."""

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Do nothing."""


class SourceOnlySettings(Section):
    """No destination can have them: the connector is a source and nothing else."""

    @model_validator(mode="after")
    def _is_no_receiver(self) -> SourceOnlySettings:
        raise ValueError("this connector is a source only")


def no_sender(settings: SourceOnlySettings) -> NoReturn:
    """Raise: there are no such settings."""
    raise CannotCarry(where=PLATFORM, byte="", wire=PLATFORM)
