"""The rows behind a figure, as whoever asks may see their patients; as a page and as a file."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import asyncpg

from lianyi.applications.indicators.channel_store import channels_of
from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.defining import Meant, drill_columns
from lianyi.applications.indicators.failures import NotCounted, TooMuchAtOnce
from lianyi.applications.indicators.figures import scale
from lianyi.applications.indicators.model import Indicator, Part
from lianyi.applications.indicators.naming import CODED, Names, Naming
from lianyi.applications.indicators.views import NamedColumn, RowCell, RowsOf, RowView
from lianyi.applications.indicators.window import Window
from lianyi.applications.indicators.wording import named, word_of
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.operational.star import HOSPITAL, ORIGIN, Kind
from lianyi.security.access import shows
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.model import About
from lianyi.security.privacy.service import Privacy

if TYPE_CHECKING:
    from lianyi.applications.indicators.engine import Choose

EXPORT_ROWS_MAX: Final = 100_000
PAGE_ROWS: Final = 5_000
"""So many rows of a file are in memory at a time."""
HIDDEN: Final = "****"
PATIENT_OF: Final = "patient_of"
_POSITION: Final = re.compile(r"\d{1,4}-\d{1,18}", re.ASCII)
_ELEMENTS: Final[Mapping[str, str]] = {
    "main_diagnosis": "diagnosis",
    "drg": "diagnosis",
    "drg_risk": "diagnosis",
    "code": "treatment",
    "item": "treatment",
    "antibacterial": "treatment",
    "positive": "result",
    "critical": "result",
    "patient": "patient-identifier",
    "encounter": "patient-identifier",
}
"""What columns are in the classification of data; money is what payment says."""
_OF_DISEASE: Final = frozenset({"diagnosis", "treatment", "result"})
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class Behind(NamedTuple):
    """The rows behind a figure: some of them, and what all of them come to."""

    part: Part
    columns: list[NamedColumn]
    rows: list[RowView]
    total: int
    comes_to: float


class Rows:
    """Lists the rows that were counted."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        counter: Counter,
        *,
        naming: Naming,
        privacy: Privacy,
        identity: IdentityService,
    ) -> None:
        """List what a counter counts.

        Args:
            pool: of the database; as the doors see it.
            counter: reads the rows.
            naming: names departments, practitioners and codes.
            privacy: decides how patients are seen.
            identity: knows which patients are of sensitive sources.
        """
        self._pool = pool
        self._counter = counter
        self._naming = naming
        self._privacy = privacy
        self._identity = identity

    async def page(
        self,
        one: Meant,
        side: RowsOf,
        window: Window,
        *,
        skip: int,
        limit: int,
        columns: Sequence[str] = (),
    ) -> Behind:
        """Return a page of the rows that one side of a figure counts.

        Args:
            one: the indicator.
            side: which rows.
            window: of these.
            skip: so many are passed by.
            limit: so many at most.
            columns: of the fact, that are shown; none: those that the indicator says.

        Raises:
            NotCounted: there are none, for it is not counted from rows.
        """
        part, without = counted_side(one, side)
        if not columns:
            return await self.of_part(
                one.indicator, part, window, skip=skip, limit=limit, without=without
            )
        some = [named(part.of_fact.columns[x]) for x in columns if x in part.of_fact.columns]
        return await self.list_rows(part, some, window, skip=skip, limit=limit, without=without)

    async def of_part(
        self,
        indicator: Indicator,
        part: Part,
        window: Window,
        *,
        skip: int,
        limit: int,
        without: Part | None = None,
    ) -> Behind:
        """Return a page of the rows that a part counts.

        Args:
            indicator: whose columns are shown.
            part: what is counted.
            window: which rows.
            skip: so many are passed by.
            limit: so many at most.
            without: rows that this part counts, too, are left out; None: none are.
        """
        columns = [
            column for column in drill_columns(indicator) if column.column in part.of_fact.columns
        ]
        return await self.list_rows(part, columns, window, skip=skip, limit=limit, without=without)

    async def list_rows(
        self,
        part: Part,
        columns: list[NamedColumn],
        window: Window,
        *,
        skip: int,
        limit: int,
        without: Part | None = None,
        choose: Choose | None = None,
    ) -> Behind:
        """Return a page of rows of a fact, as whoever asks may see their patients.

        Args:
            part: by what time and department they fall into the window.
            columns: that are shown.
            window: which rows, of those that whoever asks may see.
            skip: so many are passed by.
            limit: so many at most.
            without: rows that this part counts, too, are left out; None: none are.
            choose: gives the rows that are meant; None: those that the part counts.
        """
        names = [column.column for column in columns]
        listed = await self._counter.rows(
            part, window, names, skip=skip, limit=limit, without=without, choose=choose
        )
        known = await self._names(part, listed.rows, names)
        rows = await self._seen(part, listed.rows, names, known)
        return Behind(part, columns, rows, listed.total, float(listed.comes_to) * scale(part))

    async def _names(
        self, part: Part, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
    ) -> Names:
        kinds = {name: part.of_fact.columns[name].kind for name in columns}
        organisations = {row[HOSPITAL] for row in rows}
        practitioners: set[str] = set()
        for name, kind in kinds.items():
            if kind is Kind.DEPARTMENT:
                organisations |= {row[name] for row in rows}
            elif kind is Kind.PRACTITIONER:
                practitioners |= {row[name] for row in rows}
        fact = part.fact
        codes = {
            (coded, str(row[name]))
            for name in columns
            if (coded := f"{fact}.{name}") in CODED
            for row in rows
            if row[name]
        }
        return await self._naming.look_up(
            organisations=organisations, practitioners=practitioners, codes=codes
        )

    async def _seen(
        self,
        part: Part,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[str],
        names: Names,
    ) -> list[RowView]:
        """Return rows as they may be seen, and say in the trail whose data were shown."""
        looks = await self._privacy.looks(
            [
                About(
                    [row[PATIENT_OF]] if row[PATIENT_OF] else [], organisation=row[HOSPITAL] or ""
                )
                for row in rows
            ]
        )
        veil = self._identity.veil
        hiders: dict[Any, Hider] = {}
        shown_of: dict[str, set[str]] = defaultdict(set)
        found = []
        for row, look in zip(rows, looks, strict=True):
            mrn, _, authority = row[PATIENT_OF].partition("^")
            withheld = look.withheld or veil.hides(authority)
            key = tuple(
                sorted((category.value, level) for category, level in look.levels.of.items())
            )
            hider = hiders.setdefault(key, self._privacy.hider(look))
            if mrn and not withheld:
                shown_of[row[HOSPITAL] or ""].add(row[PATIENT_OF])
            found.append(_row_view(part, row, columns, names, hider=None if withheld else hider))
        channels = await channels_of(self._pool, sorted(shown_of))
        for hospital, whose in shown_of.items():
            shows(channels.get(hospital, 0), sorted(whose))
        return found

    async def pages(self, one: Meant, side: RowsOf, window: Window) -> AsyncIterator[Behind]:
        """Give all rows that one side of a figure counts, :data:`PAGE_ROWS` at a time.

        Raises:
            NotCounted: there are none, for it is not counted from rows.
            TooMuchAtOnce: there are more than :data:`EXPORT_ROWS_MAX`.
        """
        skip = 0
        while True:
            behind = await self.page(one, side, window, skip=skip, limit=PAGE_ROWS)
            _fits(one.indicator.indicator, behind.total)
            yield behind
            skip += len(behind.rows)
            if not behind.rows or skip >= behind.total:
                return

    async def export(self, one: Meant, side: RowsOf, window: Window) -> str:
        """Return all rows that one side of a figure counts as CSV, for a spreadsheet.

        Raises:
            NotCounted: there are none, for it is not counted from rows.
            TooMuchAtOnce: there are more than :data:`EXPORT_ROWS_MAX`.
        """
        behind = await self.page(one, side, window, skip=0, limit=EXPORT_ROWS_MAX)
        return as_csv(behind, one.indicator.indicator)


def as_csv(behind: Behind, code: str) -> str:
    """Return rows as CSV, for a spreadsheet.

    Raises:
        TooMuchAtOnce: there are more than :data:`EXPORT_ROWS_MAX`.
    """
    _fits(code, behind.total)
    out = io.StringIO()
    writer = csv.writer(out)
    heads = [f"{one.name.zh} {one.column}" for one in behind.columns]
    writer.writerow(["医院 hospital", "标识 key", "患者 patient", "出处 origin", *heads])
    for row in behind.rows:
        cells = [_plain(cell) for cell in row.cells]
        said = [row.hospital, row.key, row.patient, row.origin, *cells]
        writer.writerow([harmless(one) for one in said])
    return out.getvalue()


def _fits(code: str, total: int) -> None:
    if total > EXPORT_ROWS_MAX:
        raise TooMuchAtOnce(
            where=code,
            why=f"{total} rows; at most {EXPORT_ROWS_MAX} go into one file",
            why_zh=f"共 {total} 行，一个文件最多 {EXPORT_ROWS_MAX} 行",
        )


def counted_side(one: Meant, side: RowsOf) -> tuple[Part, Part | None]:
    """Return what a side counts, and what is left out of it.

    Raises:
        NotCounted: there are no rows of it.
    """
    code = one.indicator.indicator
    if not one.counted:
        raise NotCounted(where=code, why=one.why.en, why_zh=one.why.zh)
    part = one.caliber.numerator if side == "numerator" else one.caliber.denominator
    if part is None:
        raise NotCounted(where=code, why="this caliber has no denominator", why_zh="该口径没有分母")
    if side != "rest":
        return part, None
    above = one.caliber.numerator
    if above is None or not _same_rows(above, part):
        raise NotCounted(
            where=code,
            why="numerator and denominator count different rows",
            why_zh="该口径的分子与分母不是同一类明细",
        )
    return part, above


def _same_rows(above: Part, below: Part) -> bool:
    """Tell whether what the numerator leaves of the denominator are rows of both."""
    same = ("fact", "time", "department", "aggregate")
    return all(getattr(above, one) == getattr(below, one) for one in same) and not below.of


def _row_view(
    part: Part,
    row: Mapping[str, Any],
    columns: Sequence[str],
    names: Names,
    *,
    hider: Hider | None,
) -> RowView:
    """Return a row as it may be seen; without a hider only that it was counted."""
    mrn, _, authority = row[PATIENT_OF].partition("^")
    key, origin = str(row[part.of_fact.key]), row[ORIGIN] or ""
    if hider is None:
        return RowView(
            key=HIDDEN,
            hospital=row[HOSPITAL] or "",
            origin="",
            position="",
            patient="",
            person="",
            withheld=True,
            cells=[RowCell(value=None) for _ in columns],
        )
    special = any(hider.hides_all_of(str(row.get(one) or "")) for one in ("main_diagnosis", "code"))
    return RowView(
        key=hider.identifier(key) if part.of_fact.key in _ELEMENTS else key,
        hospital=row[HOSPITAL] or "",
        origin=origin,
        position=origin if _POSITION.fullmatch(origin) else "",
        patient=f"{hider.identifier(mrn)}^{authority}" if mrn else "",
        person=shown(record_id(authority, mrn)) if mrn else "",
        withheld=False,
        cells=[
            _cell(part, name, row[name], names, hider=hider, special=special) for name in columns
        ],
    )


def _cell(
    part: Part,
    name: str,
    value: Any,  # noqa: ANN401 - whatever a column holds
    names: Names,
    *,
    hider: Hider,
    special: bool,
) -> RowCell:
    kind = part.of_fact.columns[name].kind
    if value is None:
        return RowCell(value=None)
    element = "payment" if kind is Kind.FEN else _ELEMENTS.get(name, "")
    if element == "patient-identifier":
        return RowCell(value=hider.identifier(str(value)))
    if hider.hides(element) or (special and element in _OF_DISEASE):
        return RowCell(value=HIDDEN)
    if kind is Kind.DEPARTMENT:
        return RowCell(value=value, name=names.organisation(value).name)
    if kind is Kind.PRACTITIONER:
        return RowCell(value=value, name=names.practitioner(value).name)
    if kind is Kind.CODE:
        return RowCell(value=value, name=word_of(part.of_fact.columns[name], value))
    if kind is Kind.TEXT:
        return RowCell(value=value, name=names.code(part.fact, name, value))
    if isinstance(value, datetime):
        return RowCell(value=value.replace(tzinfo=UTC).isoformat())
    return RowCell(value=float(value) if isinstance(value, Decimal) else value)


def _plain(cell: RowCell) -> str | float | int | bool:
    """Return a cell as a file has it: a code with its name beside it."""
    if cell.value is None:
        return ""
    if cell.name is not None and cell.name.zh != cell.value:
        return f"{cell.value} {cell.name.zh}"
    return cell.value


def harmless(value: str | float | int | bool) -> str | float | int | bool:
    """Return what no spreadsheet takes for a formula.

    Source: OWASP, "CSV Injection": a leading quote mark makes it a text.
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value
