"""A view of one segment: paths inside of it, without its name in front."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lianyi.formats.hl7v2.message import Message


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a message; it reads and writes through the message.

    Paths are relative: ``3(2).4``. Deleting a segment of the same name before it moves it on.
    """

    message: Message
    name: str
    occurrence: int

    def path(self, within: str) -> str:
        """Return the whole path, e.g. ``OBX(3)-5.1`` for ``5.1``."""
        return f"{self.name}({self.occurrence})-{within}"

    def get(self, within: str) -> str:
        """Return the text at a relative path, as :meth:`Message.get`."""
        return self.message.get(self.path(within))

    def get_raw(self, within: str) -> str:
        """Return what is written at a relative path, as :meth:`Message.get_raw`."""
        return self.message.get_raw(self.path(within))

    def get_all(self, within: str) -> list[str]:
        """Return all repetitions at a relative path, as :meth:`Message.get_all`."""
        return self.message.get_all(self.path(within))

    def set(self, within: str, value: str) -> None:
        """Write a text at a relative path, as :meth:`Message.set`."""
        self.message.set(self.path(within), value)
