"""The indicators in use, read again when a file of the hospital changes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from lianyi.applications.indicators.failures import BadIndicator, NoSuchIndicator
from lianyi.applications.indicators.lint import Finding, lint
from lianyi.applications.indicators.model import Caliber, Indicator
from lianyi.applications.indicators.reading import FOLDER, read_indicators
from lianyi.base.content_files import stamps, unknown


class Chosen(NamedTuple):
    """A version of a caliber, and whether it holds on the day that was asked."""

    caliber: Caliber
    holds: bool


@dataclass(frozen=True, slots=True)
class Definitions:
    """What is defined.

    Attributes:
        indicators: by code.
        problems: what is wrong with the files of others.
        findings: the faults of calibers, by code.
    """

    indicators: Mapping[str, Indicator]
    problems: Sequence[BadIndicator]
    findings: Mapping[str, Sequence[Finding]]

    def get(self, code: str) -> Indicator:
        """Return an indicator.

        Raises:
            NoSuchIndicator: there is none of this code.
        """
        found = self.indicators.get(code)
        if found is None:
            raise NoSuchIndicator(where=code[:20], **unknown(code, self.indicators))
        return found


class Book:
    """Reads the definitions when they are asked for, again after a file has changed."""

    def __init__(self, content_dir: Path) -> None:
        """Read those that the product brings, and those below a folder."""
        self._content_dir = content_dir
        self._held: tuple[object, Definitions] | None = None
        self._reading = asyncio.Lock()

    async def now(self, today: date) -> Definitions:
        """Return what is defined now, its faults as of a day."""
        async with self._reading:
            state = (today, await asyncio.to_thread(self._state))
            if self._held is None or self._held[0] != state:
                self._held = state, await asyncio.to_thread(self._read, today)
            return self._held[1]

    def _state(self) -> list[tuple[str, int, int]]:
        own = (self._content_dir / FOLDER).rglob("*.yaml")
        return stamps(sorted(one for one in own if one.is_file()))

    def _read(self, today: date) -> Definitions:
        indicators, problems = read_indicators(self._content_dir)
        findings: dict[str, list[Finding]] = defaultdict(list)
        for one in lint(indicators.values(), today=today, approved={}):
            findings[one.indicator].append(one)
        return Definitions(indicators, problems, findings)


def choose(indicator: Indicator, name: str, day: date) -> Chosen | None:
    """Return the caliber of a name, in the version that holds on a day; None: there is none.

    Where none holds on that day, it is the last one before it, else the first of all. Without a
    name it is the first caliber that is counted, else the first.
    """
    counted = [one for one in indicator.calibers if one.numerator is not None]
    wanted = name or (counted or indicator.calibers)[0].caliber
    versions = [one for one in indicator.calibers if one.caliber == wanted]
    if not versions:
        return None
    versions.sort(key=lambda one: one.valid_from)
    for one in versions:
        if holds(one, day):
            return Chosen(one, True)
    begun = [one for one in versions if one.valid_from <= day]
    return Chosen((begun or versions[:1])[-1], False)


def holds(caliber: Caliber, day: date) -> bool:
    """Tell whether a version holds on a day."""
    return caliber.valid_from <= day and (caliber.valid_to is None or day <= caliber.valid_to)
