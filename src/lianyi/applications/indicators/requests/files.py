"""The answer to a request as a file: within what was granted, and what whoever takes it may see."""

from __future__ import annotations

from uuid import UUID

from lianyi.applications.indicators.reports.files import TYPES, File, Files, SheetForm
from lianyi.applications.indicators.reports.tables import Language
from lianyi.applications.indicators.requests.service import FigureRequestDesk
from lianyi.applications.indicators.views import RowsOf


class AnswerFiles:
    """Saves answers."""

    def __init__(self, desk: FigureRequestDesk, files: Files) -> None:
        """Save what a desk may show; ``files`` says above it what it is of."""
        self._desk = desk
        self._files = files

    async def save(
        self, request: UUID, *, rows_of: str, side: RowsOf, form: SheetForm, language: Language
    ) -> File:
        """Save the figures of an answer, or the rows behind an indicator of it.

        Args:
            request: its number.
            rows_of: code of an indicator; empty: the figures.
            side: which rows.
            form: of the file.
            language: of words.

        Raises:
            NoSuchRequest, AnswerClosed, RowsNotGranted: see :meth:`.FigureRequestDesk.rows`.
            RowsMoved, NotCounted, TooMuchAtOnce, NothingInSight, NoStar, CountingTooBig: see
                :meth:`.Files.rows`.
        """
        one = await self._desk.answer_of(request, rows_of=rows_of)
        within = one.granted.places
        if not rows_of:
            return await self._files.exploration(
                one.codes, one.asked, by=one.by, within=within, form=form, language=language
            )
        if form == "xlsx":
            return await self._files.rows(
                rows_of, one.asked, side=side, language=language, within=within
            )
        text = await self._files.indicators.export(rows_of, one.asked, side=side, within=within)
        return File(f"{rows_of}-{side}.csv", TYPES["csv"], text.encode("utf-8-sig"))
