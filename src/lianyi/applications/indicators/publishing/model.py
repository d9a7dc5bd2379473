"""The words of publishing: what somebody said, a value that was published, an alert."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from lianyi.applications.indicators.model import FACTORS, Part, Unit
from lianyi.applications.indicators.predicates import SPANS

WHOLE = ""
"""In place of a department: the whole hospital."""
ALL = ""
"""In place of a hospital: each of them."""


class Said(StrEnum):
    """What a decision says; the kind of its act is ``indicator.<said>``."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    ENTERED = "entered"
    CONFIRMED = "confirmed"
    TARGETED = "targeted"
    RULED = "ruled"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    FILED = "filed"
    FILING_CONFIRMED = "filing_confirmed"


APPROVING = (Said.PROPOSED, Said.APPROVED, Said.WITHDRAWN)
ENTERING = (Said.ENTERED, Said.CONFIRMED)
WATCHING = (Said.TARGETED, Said.RULED)
HEEDING = (Said.ACKNOWLEDGED, Said.SILENCED)
FILING = (Said.FILED, Said.FILING_CONFIRMED)


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody said about an indicator.

    Attributes:
        decision: number; a later one is higher.
        said: what.
        code, caliber: about which.
        hospital: for which; :data:`ALL`.
        facts: what else, by kind.
        by_name, account: who.
        at: when.
        shard, number: position of the act.
    """

    decision: int
    said: Said
    code: str
    caliber: str
    hospital: str
    facts: Mapping[str, Any]
    by_name: str
    account: UUID
    at: datetime
    shard: int
    number: int

    @property
    def hash(self) -> str:
        """The definition that it is about; empty: none."""
        return str(self.facts.get("hash", ""))


@dataclass(frozen=True, slots=True)
class Published:
    """A value as it was published; see the table ``indicators.published``."""

    published: int
    code: str
    caliber: str
    version: int
    hash: str
    tree_on: date
    hospital: str
    department: str
    first_month: int
    last_month: int
    numerator: Decimal
    denominator: Decimal | None
    watermark: Mapping[str, Any]
    evidence: Mapping[str, Any]
    computed_at: datetime
    published_by: str
    restates: int | None
    reason: str
    chain: bytes = b""
    shard: int = 0
    number: int = 0

    def chained(self, before: bytes) -> bytes:
        """Return SHA-256 over this row and the chain of the row before it."""
        said = [
            self.published, self.code, self.caliber, self.version, self.hash,
            self.tree_on.isoformat(), self.hospital, self.department,
            self.first_month, self.last_month, exact(self.numerator), exact(self.denominator),
            self.watermark, self.evidence, self.computed_at.isoformat(), self.published_by,
            self.restates, self.reason,
        ]  # fmt: skip
        text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(before + text).digest()


@dataclass(frozen=True, slots=True)
class Alert:
    """Something about a value that a person should look at; see ``indicators.alert``."""

    kind: str
    code: str
    caliber: str
    hospital: str
    department: str
    first_month: int
    last_month: int
    value: float | None
    lowest: float | None
    highest: float | None
    published: int
    rule: int
    raised_at: datetime
    alert: int = 0


def exact(number: Decimal | None) -> str | None:
    """Return a number in its one form, every digit of it."""
    if number is None:
        return None
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


@dataclass(frozen=True, slots=True)
class Definition:
    """What a hash stands for, ready to be counted.

    Attributes:
        unit: in which a value is told.
        numerator, denominator: None: there is none.
    """

    unit: Unit
    numerator: Part | None
    denominator: Part | None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Definition:
        """Read what :func:`~lianyi.applications.indicators.model.definition` returned."""
        parts = (Part(**said[one]) if said[one] else None for one in ("numerator", "denominator"))
        return cls(Unit(said["unit"]), *parts)

    @property
    def above(self) -> Part:
        """The numerator of a definition that is counted, and not entered by form."""
        if self.numerator is None:
            raise ValueError("nothing is counted")
        return self.numerator

    @property
    def parts(self) -> list[Part]:
        """Numerator and denominator, as far as there are any."""
        return [one for one in (self.numerator, self.denominator) if one is not None]

    def told(self, part: Part | None, total: Decimal | None) -> float | None:
        """Return a total in the unit of its part: a time in the unit of its span."""
        if total is None:
            return None
        span = part.span if part else None
        return float(total) / SPANS[span.unit] if span else float(total)

    def value(self, numerator: Decimal | None, denominator: Decimal | None) -> float | None:
        """Return the value that is told; None: there is nothing to divide by."""
        above = self.told(self.numerator, numerator)
        return quotient(self.unit, above, self.told(self.denominator, denominator))


def quotient(unit: Unit, above: float | None, below: float | None) -> float | None:
    """Return a value in its unit: ``below`` None is a plain number, 0 has no value."""
    if above is None or below == 0:
        return None
    return above / (1.0 if below is None else below) * FACTORS.get(unit, 1.0)
