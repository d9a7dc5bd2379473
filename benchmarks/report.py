"""Figures, the table that people read, and the file that machines read."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Figure:
    """One thing that was measured.

    Attributes:
        name: what was measured.
        unit: of the values.
        values: one for each run.
        target: what is asked of the median; None: nothing is.
        more_is_better: whether the target is a least or a most.
        floors: name of a floor to the median as a share of it.
        details: what else the runs said.
    """

    name: str
    unit: str
    values: list[float]
    target: float | None = None
    more_is_better: bool = True
    floors: dict[str, float] = field(default_factory=dict)
    details: dict[str, object] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """The value in the middle."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median meets the target; None without one."""
        if self.target is None:
            return None
        return self.median >= self.target if self.more_is_better else self.median <= self.target

    def as_dict(self) -> dict[str, object]:
        """Return everything for the file."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": round(self.median, 4),
            "min": round(min(self.values), 4),
            "max": round(max(self.values), 4),
            "runs": len(self.values),
            "target": self.target,
            "target_is": "at least" if self.more_is_better else "at most",
            "met": self.met,
            "share_of_floor": {name: round(share, 3) for name, share in self.floors.items()},
            "details": self.details,
        }


def figure(
    name: str,
    unit: str,
    values: Iterable[float],
    *,
    least: float | None = None,
    most: float | None = None,
    details: Mapping[str, object] | None = None,
) -> Figure:
    """Return a figure with a target that is a least, a most, or none."""
    return Figure(
        name,
        unit,
        list(values),
        target=least if least is not None else most,
        more_is_better=most is None,
        details=dict(details or {}),
    )


def row(one: Figure) -> str:
    """Return one line of the table."""
    measured = short(one.median)
    if len(one.values) > 1:
        measured += f" ({short(min(one.values))} to {short(max(one.values))})"
    sign = "≥" if one.more_is_better else "≤"
    target = f"{sign} {short(one.target)}" if one.target is not None else ""
    met = {True: "met", False: "MISSED", None: ""}[one.met]
    floors = ", ".join(f"{share:.0%} of {name}" for name, share in one.floors.items())
    return f"{one.name:<52} {measured:>27} {one.unit:<8} {target:>9}  {met:<6} {floors}".rstrip()


def short(value: float) -> str:
    """Return a number with three digits that mean something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def write(path: Path, figures: Sequence[Figure], about: dict[str, object]) -> None:
    """Write the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({**about, "figures": [one.as_dict() for one in figures]}, indent=2) + "\n",
        encoding="utf-8",
    )
