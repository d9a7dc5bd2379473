"""What people do with forms: look at a sheet, save it, file it, confirm it, ask how it differs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lianyi.applications.indicators.book import choose
from lianyi.applications.indicators.forms import keeping
from lianyi.applications.indicators.forms.differing import Compared, paired
from lianyi.applications.indicators.forms.filings import Filing, filings, told_of
from lianyi.applications.indicators.forms.lining import (
    FiledLine,
    SheetLine,
    digest_of,
    filed_line,
    lines_of,
)
from lianyi.applications.indicators.forms.model import Edition, Form
from lianyi.applications.indicators.forms.problems import (
    FiledBefore,
    FilingOver,
    NoSuchFiling,
    NoSuchForm,
    SheetMoved,
)
from lianyi.applications.indicators.forms.reading import read_forms
from lianyi.applications.indicators.forms.showing import (
    difference_view,
    filing_detail,
    filing_view,
    list_view,
    sheet_view,
)
from lianyi.applications.indicators.forms.tables import sheet_head, sheet_table
from lianyi.applications.indicators.forms.views import (
    FileForm,
    FilingDetail,
    FilingList,
    FormDifference,
    FormList,
    FormSheet,
)
from lianyi.applications.indicators.model import Indicator, definition_hash
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.model import FILING, Said
from lianyi.applications.indicators.publishing.periods import over, parse_period
from lianyi.applications.indicators.publishing.problems import BadPeriod, FactsMoved, OwnWork
from lianyi.applications.indicators.publishing.telling import Asks, Telling, Told
from lianyi.applications.indicators.reports.files import TYPES, File, SheetForm, taken, watermark_of
from lianyi.applications.indicators.reports.sheets import Sheet, csv_text
from lianyi.applications.indicators.reports.tables import Language, said
from lianyi.applications.indicators.views import BothWords
from lianyi.applications.indicators.wording import said_of
from lianyi.base.content_files import unknown
from lianyi.projections.operational.star import star
from lianyi.security.access import current, require


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet as it would be filed now.

    Attributes:
        form, edition: what it is of.
        period, hospital: of which and whose.
        lines: with the indicator that each tells.
        told: what is known, by number.
        before: the same of the year before, of lines that are told by how they grew.
        filed: the lines as they would be filed.
    """

    form: Form
    edition: Edition
    period: Period
    hospital: str
    lines: Sequence[SheetLine]
    told: Mapping[str, Told]
    before: Mapping[str, Told]
    filed: Sequence[FiledLine]

    @property
    def digest(self) -> str:
        """SHA-256 of what it says."""
        name = self.form.form
        return digest_of(name, self.edition.edition, self.period, self.hospital, self.filed)

    @property
    def facts(self) -> set[str]:
        """What is counted for it."""
        defined = [one.defined for one in self.told.values() if one.defined]
        return {part.fact for one in defined for part in one.parts}


class Forms:
    """Forms of the hospitals within reach."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        """Serve forms.

        Args:
            desk: of publishing.
            folder: where the files are kept that were given out; made when the first one is.
        """
        self._desk = desk
        self._folder = folder
        self._telling = Telling(desk)

    async def list_forms(self) -> FormList:
        """Return the forms, and the files that define none."""
        known = await self._desk.indicators()
        return list_view(*await asyncio.to_thread(read_forms, self._desk.content_dir, known))

    async def sheet(self, name: str, written: str, hospital: str) -> FormSheet:
        """Return a form of a period and hospital, as it would be filed now.

        Raises:
            NoSuchForm: there is none of this name, or no edition that holds in the period.
            BadPeriod: it is none, or not of the kind of which this form is filed.
            OutsideOfReach: not for this hospital.
        """
        paper = await self._paper(name, written, hospital)
        before = await self._before(paper)
        filed = told_of(await self._filings(name), (name, str(paper.period), hospital))
        known = await self._desk.indicators()
        by_form = {
            (code, one.caliber)
            for code, indicator in known.items()
            for one in indicator.calibers
            if one.by_form
        }
        return sheet_view(
            paper.form,
            paper.edition,
            (paper.period, paper.hospital),
            paper.filed,
            before,
            digest=paper.digest,
            over=paper.period.last_day < self._desk.today,
            filed=filing_view(filed) if filed else None,
            enters=[one.number for one in paper.filed if (one.code, one.caliber) in by_form],
        )

    async def as_file(
        self, name: str, written: str, hospital: str, *, kind: SheetForm, language: Language
    ) -> File:
        """Return a sheet as a file; raises what :meth:`sheet` does, and FactsMoved."""
        paper, watermark = await self._signed(name, written, hospital)
        return await self._file(paper, watermark, kind=kind, language=language)

    async def file(self, name: str, wanted: FileForm) -> FilingDetail:
        """File the sheet of a period that is over; it is kept for ever.

        Raises:
            NoSuchForm, BadPeriod, OutsideOfReach: see :meth:`sheet`; or the period is not over.
            SheetMoved: the sheet says something else than the one that was looked at.
            FiledBefore: it was filed before, and no reason is given.
            FactsMoved: the facts changed meanwhile.
        """
        require(wanted.hospital, where="hospital")
        over(parse_period(wanted.period), self._desk.today)
        paper, watermark = await self._signed(name, wanted.period, wanted.hospital)
        if paper.digest != wanted.digest:
            raise SheetMoved(where="digest")
        made = await self._file(paper, watermark, kind=wanted.kind, language=wanted.language)
        async with self._desk.deciding() as deciding:
            known = filings(await store.decisions(deciding.connection, FILING, code=name))
            sheet = (name, str(paper.period), wanted.hospital)
            if told_of(known, sheet) is not None and not wanted.reason.strip():
                raise FiledBefore(where="reason")
            for line in paper.lines:
                if line.asks is not None and line.asks.caliber is not None:
                    await deciding.define(line.asks.indicator, line.asks.caliber)
            facts = {
                "period": str(paper.period),
                "edition": paper.edition.edition,
                "digest": paper.digest,
                "watermark": watermark,
                "file": made.name,
                "sha256": await asyncio.to_thread(keeping.put, self._folder, made.content),
                "bytes": len(made.content),
                "note": wanted.note,
                "reason": wanted.reason,
                "two_persons": self._desk.settings.two_persons,
                "lines": [one.facts() for one in paper.filed],
            }
            number = await deciding.say(
                Said.FILED,
                facts,
                code=name,
                caliber=paper.edition.edition,
                hospital=wanted.hospital,
            )
        return await self.get_filing(number)

    async def confirm(self, number: int) -> FilingDetail:
        """Confirm what somebody else filed; from now on it is in force.

        Raises:
            NoSuchFiling: none is known within reach.
            FilingOver: it does not wait.
            OwnWork: whoever confirms filed it.
        """
        async with self._desk.deciding() as deciding:
            known = filings(await store.decisions(deciding.connection, FILING))
            found = _found(known, number)
            if found.state != "waiting":
                raise FilingOver(where="number")
            filed = found.filed
            own = filed.account == current().actor.account
            if own and self._desk.settings.two_persons:
                raise OwnWork(where="number")
            await deciding.say(
                Said.FILING_CONFIRMED,
                {"filing": number, "period": found.period, "sha256": filed.facts["sha256"]},
                code=filed.code,
                caliber=filed.caliber,
                hospital=filed.hospital,
            )
        return await self.get_filing(number)

    async def list_filings(self, name: str, *, period: str, hospital: str) -> FilingList:
        """Return what was filed, the newest first; what is empty is not asked for."""
        return FilingList(
            items=[
                filing_view(one)
                for one in reversed(await self._filings(name))
                if period in {"", one.period} and hospital in {"", one.filed.hospital}
            ]
        )

    async def get_filing(self, number: int) -> FilingDetail:
        """Return a filing with its lines; raises :class:`NoSuchFiling`."""
        return filing_detail(_found(await self._filings(""), number))

    async def filed_file(self, number: int) -> File:
        """Return the file that was given out with a filing.

        Raises:
            NoSuchFiling: none is known within reach.
            EvidenceGone: it is not there any more.
        """
        facts = _found(await self._filings(""), number).filed.facts
        content = await asyncio.to_thread(keeping.get, self._folder, str(facts["sha256"]))
        name = str(facts["file"])
        return File(name, TYPES[name.rpartition(".")[2]], content)

    async def difference(self, name: str, written: str, hospital: str) -> FormDifference:
        """Return what was filed beside what it comes to now and what boards show.

        Raises:
            NoSuchForm, BadPeriod, OutsideOfReach: see :meth:`sheet`.
        """
        paper = await self._paper(name, written, hospital, published=False)
        filing = told_of(await self._filings(name), (name, str(paper.period), hospital))
        pairs = paired(filing.lines if filing else [], paper.filed)
        by_number = {one.number: one for one in paper.lines}
        boards = await self._boards(paper)
        hashes = {
            one.hash for one, now in pairs if one and now and one.hash and one.hash != now.hash
        }
        then = await self._telling.defined(hashes, paper.period, hospital)
        lines = []
        for filed, now in pairs:
            by_then = None
            if filed and now and filed.hash in then and filed.code == now.code:
                line = by_number[now.number]
                by_then = filed_line(line, then[filed.hash], paper.before.get(now.number))
            board, title = boards.get(now.number, (None, None)) if now else (None, None)
            lines.append(Compared(filed, now, by_then, board, title))
        return difference_view(
            paper.form, (paper.period, hospital), lines, filing_view(filing) if filing else None
        )

    # ---- what is common to them -----------------------------------------------------------------

    async def _paper(
        self, name: str, written: str, hospital: str, *, published: bool = True
    ) -> Paper:
        """Put a sheet together; ``published`` False: all that can be counted is counted."""
        require(hospital, where="hospital")
        form, indicators = await self._form(name)
        period = parse_period(written)
        edition = _edition(form, period)
        lines = lines_of(edition, indicators, period)
        told, before = await self._told(lines, period, hospital, published=published)
        filed = [filed_line(one, told.get(one.number), before.get(one.number)) for one in lines]
        return Paper(form, edition, period, hospital, lines, told, before, filed)

    async def _told(
        self, lines: Sequence[SheetLine], period: Period, hospital: str, *, published: bool = True
    ) -> tuple[Mapping[str, Told], Mapping[str, Told]]:
        """Return what is known of lines, and of the year before of those that tell a growth."""
        asked = {one.number: one.asks for one in lines if one.asks is not None}
        grow = {one.number: one.asks for one in lines if one.grows and one.asks is not None}
        told = await self._telling.told(asked, period, hospital, published=published)
        if not grow:
            return told, {}
        then = period.before(12)
        return told, await self._telling.told(grow, then, hospital, published=published)

    async def _signed(self, name: str, written: str, hospital: str) -> tuple[Paper, str]:
        """Put a sheet together of facts that stay as they are; return their watermark, too."""
        signature = self._desk.counts.signature
        since = await asyncio.to_thread(signature, _every_fact())
        paper = await self._paper(name, written, hospital)
        now = await asyncio.to_thread(signature, paper.facts)
        if any(since[fact] != now[fact] for fact in now):
            raise FactsMoved(where="period")
        return paper, watermark_of(now)

    async def _form(self, name: str) -> tuple[Form, Mapping[str, Indicator]]:
        indicators = await self._desk.indicators()
        known, problems = await asyncio.to_thread(read_forms, self._desk.content_dir, indicators)
        found = known.get(name)
        if found is None:
            mine = f"forms/{name}.yaml:"
            for problem in problems:
                if f"{problem.where}:".startswith(mine):
                    raise problem
            raise NoSuchForm(where="form", **unknown(name, known))
        return found, indicators

    async def _before(self, paper: Paper) -> dict[str, str | None]:
        """Return what would be printed of the same months a year before, by number."""
        before = paper.period.before(12)
        indicators = await self._desk.indicators()
        lines = lines_of(paper.edition, indicators, before)
        told, then = await self._told(lines, before, paper.hospital)
        return {
            one.number: filed_line(one, told.get(one.number), then.get(one.number)).shown
            for one in lines
        }

    async def _boards(self, paper: Paper) -> dict[str, tuple[FiledLine, BothWords]]:
        """Return what boards show of the lines whose caliber is another one there."""
        asked: dict[str, Asks] = {}
        titles: dict[str, BothWords] = {}
        for one in paper.lines:
            if one.asks is None or one.asks.caliber is None:
                continue
            indicator = one.asks.indicator
            chosen = choose(indicator, "", paper.period.last_day)
            mine = definition_hash(indicator, one.asks.caliber)
            if chosen is not None and definition_hash(indicator, chosen.caliber) != mine:
                asked[one.number] = Asks(indicator, chosen.caliber)
                titles[one.number] = said_of(chosen.caliber.title)
        told = await self._telling.told(asked, paper.period, paper.hospital, published=False)
        return {
            one.number: (
                filed_line(
                    replace(one, asks=asked[one.number]),
                    told[one.number],
                    paper.before.get(one.number),
                ),
                titles[one.number],
            )
            for one in paper.lines
            if one.number in asked
        }

    async def _filings(self, name: str) -> list[Filing]:
        """Return what was filed of a form, or of all, for the hospitals within reach."""
        said_ = await store.decisions(self._desk.pool, FILING, code=name or None)
        return [one for one in filings(said_) if current().sees(one.filed.hospital)]

    async def _file(
        self, paper: Paper, watermark: str, *, kind: SheetForm, language: Language
    ) -> File:
        now = self._desk.clock.now().astimezone(self._desk.zone)
        lines = [
            *sheet_head(
                paper.form, paper.edition, paper.period, paper.hospital, paper.digest, language
            ),
            *taken(now, watermark, language),
        ]
        table = sheet_table(paper.filed, language)
        title = said(said_of(paper.form.name), language)

        def written() -> bytes:
            if kind == "csv":
                return csv_text(lines, table.columns, table.rows, language).encode("utf-8-sig")
            with Sheet(title, language, made_at=self._desk.clock.now()) as sheet:
                sheet.head(title, lines, table.columns)
                sheet.add(table.rows)
                return sheet.bytes()

        name = f"{paper.form.form}-{paper.period}.{kind}"
        return File(name, TYPES[kind], await asyncio.to_thread(written))


def _edition(form: Form, period: Period) -> Edition:
    """Return the edition that holds; raises :class:`BadPeriod`, :class:`NoSuchForm`."""
    if not form.fits(period):
        why_zh = {"year": "该报表按年上报", "quarter": "该报表按季上报", "month": "该报表按月上报"}
        why = f"this form is filed of a {form.period}"
        raise BadPeriod(where="period", why=why, why_zh=why_zh[form.period])
    found = form.edition_of(period)
    if found is None:
        why = f"no edition of it holds in {period}"
        raise NoSuchForm(where="period", why=why, why_zh=f"没有适用于 {period} 的版本")
    return found


def _every_fact() -> list[str]:
    return list(star())


def _found(known: Sequence[Filing], number: int) -> Filing:
    """Return one filing; raises :class:`NoSuchFiling`."""
    found = next((one for one in known if one.number == number), None)
    if found is None or not current().sees(found.filed.hospital):
        raise NoSuchFiling(where="number")
    return found
