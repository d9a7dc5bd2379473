"""What became of rows, counted so that some may be taken back and others put in their place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lianyi.projections.operational.mapping.report import Noted, PartReport, Report

EXAMPLES: Final = 5
"""How many places are named of each kind of what was met."""
Codes = Mapping[str, Mapping[str, int]]
"""Of columns the codes that no map knows, to how many rows have them: all of them."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of some rows of the tables of a mapping.

    Attributes:
        parts: one for each table.
        unread, rounded: see :class:`~lianyi.projections.operational.mapping.report.Report`.
        codes: that no map knows.
    """

    parts: tuple[PartReport, ...]
    unread: Mapping[str, Noted]
    rounded: Mapping[str, Noted]
    codes: Codes

    @property
    def written(self) -> int:
        """How many rows of the fact they are."""
        return sum(one.written for one in self.parts)

    def instead(self, old: Tally, new: Tally, gone: Collection[str]) -> Tally:
        """Return the same when some rows have been mapped again.

        Args:
            old: what these rows came to before.
            new: what they come to now.
            gone: the places where the old ones were said.
        """

        def moved(noted: Noted, less: Noted, more: Noted) -> Noted:
            stay = [one for one in noted.examples if one not in gone]
            examples = sorted({*stay, *more.examples})[:EXAMPLES]
            return Noted(count=noted.count - less.count + more.count, examples=tuple(examples))

        def by_column(
            all_: Mapping[str, Noted], less: Mapping[str, Noted], more: Mapping[str, Noted]
        ) -> dict[str, Noted]:
            none = Noted(count=0)
            found = {
                name: moved(all_.get(name, none), less.get(name, none), more.get(name, none))
                for name in {**all_, **more}
            }
            return {name: noted for name, noted in found.items() if noted.count}

        parts = tuple(
            PartReport(
                table=one.table,
                lake=one.lake - less.lake + more.lake,
                left_out=one.left_out - less.left_out + more.left_out,
                no_key=moved(one.no_key, less.no_key, more.no_key),
                key_twice=moved(one.key_twice, less.key_twice, more.key_twice),
                written=one.written - less.written + more.written,
            )
            for one, less, more in zip(self.parts, old.parts, new.parts, strict=True)
        )
        return Tally(
            parts,
            by_column(self.unread, old.unread, new.unread),
            by_column(self.rounded, old.rounded, new.rounded),
            _codes(self.codes, old.codes, new.codes),
        )

    def report(self, source: str, fact: str, *, codes_max: int) -> Report:
        """Return it for people; of the codes the most frequent ones."""
        return Report(
            source=source,
            fact=fact,
            parts=self.parts,
            unread=dict(self.unread),
            rounded=dict(self.rounded),
            unmapped={name: _most(codes, codes_max) for name, codes in self.codes.items()},
            unmapped_rows={name: sum(codes.values()) for name, codes in self.codes.items()},
        )


def both(one: Noted | None, other: Noted) -> Noted:
    """Return what was met in two places."""
    if one is None:
        return other
    examples = sorted({*one.examples, *other.examples})[:EXAMPLES]
    return Noted(count=one.count + other.count, examples=tuple(examples))


def all_codes(found: Sequence[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """Put together column, code and how many rows have it."""
    codes: dict[str, dict[str, int]] = {}
    for column, code, count in found:
        of_column = codes.setdefault(column, {})
        of_column[code] = of_column.get(code, 0) + count
    return codes


def _codes(all_: Codes, less: Codes, more: Codes) -> dict[str, dict[str, int]]:
    counts = all_codes(
        [
            (column, code, sign * count)
            for sign, codes in ((1, all_), (-1, less), (1, more))
            for column, of_column in codes.items()
            for code, count in of_column.items()
        ]
    )
    left = {
        column: {code: count for code, count in codes.items() if count}
        for column, codes in counts.items()
    }
    return {column: codes for column, codes in left.items() if codes}


def _most(codes: Mapping[str, int], most: int) -> dict[str, int]:
    return dict(sorted(codes.items(), key=lambda one: (-one[1], one[0]))[:most])
