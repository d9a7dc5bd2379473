"""What a publication would say before anybody answers for it: values, rows, what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing.counts import Behind, Counted, Counts
from lianyi.applications.indicators.publishing.model import WHOLE, Definition, Published, exact
from lianyi.applications.indicators.publishing.problems import EvidenceGone
from lianyi.applications.indicators.publishing.views import (
    LeftOut,
    MovedView,
    PreviewCell,
    PublishPreview,
)

NOTHING = Decimal(0)
CELLS_MAX = 2_000
"""So many cells are shown, whole hospitals first; all are summed up."""
MOVED_MAX = 20
"""Of so many restated cells the rows are compared."""

Cell = tuple[str, str, str, str]
"""Code, caliber, hospital, department."""


class Previewed(NamedTuple):
    """A cell that would be published, what it counts, and what is told of it now."""

    view: PreviewCell
    numerator: Part
    was: Published | None


def cell_of(row: Published) -> Cell:
    """Return of which cell a value is."""
    return row.code, row.caliber, row.hospital, row.department


def as_it_was(was: Published, row: Published) -> bool:
    """Tell whether a cell says what it said: the same definition, the same digits."""
    return (was.hash, exact(was.numerator), exact(was.denominator)) == (
        row.hash,
        exact(row.numerator),
        exact(row.denominator),
    )


def previewed(
    row: Published,
    counts: Definition,
    counted: Mapping[Part, Counted],
    was: Published | None,
    defined: Mapping[str, Definition],
) -> Previewed:
    """Return a cell as it would be published.

    Args:
        row: not yet numbered.
        counts: what it is counted by.
        counted: what was counted, with the rows behind.
        was: what is told of the cell now; None: nothing.
        defined: what the hashes of told values stand for.
    """
    place = (row.hospital, row.department)
    below = counts.denominator
    same = was is not None and as_it_was(was, row)
    view = PreviewCell(
        code=row.code,
        caliber=row.caliber,
        version=row.version,
        unit=counts.unit.value,
        hospital=row.hospital,
        department=row.department,
        what="unchanged" if same else "new" if was is None else "restated",
        numerator=exact(row.numerator) or "0",
        denominator=exact(row.denominator),
        value=counts.value(row.numerator, row.denominator),
        numerator_rows=counted[counts.above].rows.get(place, 0),
        denominator_rows=counted[below].rows.get(place, 0) if below else None,
        before=defined[was.hash].value(was.numerator, was.denominator) if was else None,
        before_number=was.published if was else None,
        before_numerator=exact(was.numerator) if was else None,
        before_denominator=exact(was.denominator) if was else None,
        moved=None,
    )
    return Previewed(view, counts.above, was)


def preview_of(
    cells: Sequence[Previewed], *, period: Period, left_out: list[LeftOut], counts: Counts
) -> PublishPreview:
    """Return a preview; of values that would be told anew, which rows came and went.

    Args:
        cells: all of them.
        period: that is counted.
        left_out: what is not approved.
        counts: compares rows; called from a thread.
    """
    order = {"restated": 0, "new": 1, "unchanged": 2}
    ordered = sorted(
        cells,
        key=lambda one: (one.view.department != WHOLE, order[one.view.what], one.view.code),
    )
    shown = []
    compared = 0
    for one in ordered[:CELLS_MAX]:
        view = one.view
        if view.what == "restated" and one.was is not None and compared < MOVED_MAX:
            compared += 1
            view = view.model_copy(update={"moved": _moved(one, one.was, period, counts)})
        shown.append(view)
    return PublishPreview(
        period=str(period),
        new=sum(one.view.what == "new" for one in cells),
        restated=sum(one.view.what == "restated" for one in cells),
        unchanged=sum(one.view.what == "unchanged" for one in cells),
        cells=shown,
        total=len(cells),
        left_out=left_out,
    )


def _moved(one: Previewed, was: Published, period: Period, counts: Counts) -> MovedView | None:
    place = (was.hospital, was.department)
    try:
        found = counts.moved(
            Behind(was.evidence["numerator"], period, *place),
            Behind(one.numerator, period, *place),
        )
    except EvidenceGone:
        return None
    return MovedView(only_then=found.only_then, only_now=found.only_now, otherwise=found.otherwise)
