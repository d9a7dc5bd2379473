"""Scores as files: CSV, Excel and PDF, with what they are of above, as all files of indicators."""

from __future__ import annotations

import asyncio
from typing import Literal

from lianyi.applications.indicators.reports.files import READS, TYPES, File, Files
from lianyi.applications.indicators.reports.sheets import Sheet, csv_text
from lianyi.applications.indicators.reports.tables import Language, said
from lianyi.applications.indicators.scores.service import Scoring
from lianyi.applications.indicators.scores.tables import head, score_paper, score_table
from lianyi.projections.operational.star import star
from lianyi.security.access import current


class ScoreFiles:
    """Saves scores as they may be seen."""

    def __init__(self, scoring: Scoring, files: Files) -> None:
        """Save what is scored; ``files`` says as of what."""
        self._scoring = scoring
        self._files = files

    async def save(
        self,
        card: str,
        *,
        month: str,
        hospital: str,
        form: Literal["csv", "xlsx", "pdf"],
        language: Language,
    ) -> File:
        """Save the departments of a hospital by a card.

        Raises:
            RowsMoved: the facts changed meanwhile.
            BadCard, NotScoredThen, AskedOfNoHospital, UnreadablePeriod, NothingInSight, NoStar,
                CountingTooBig: see :meth:`.Scoring.score`.
        """
        since = await self._files.standing()
        view = await self._scoring.score(card, month=month, hospital=hospital, also=(READS,))
        watermark = await self._files.watermark(set(star()), since=since)
        lines = [*head(view, language), *self._files.taken(watermark, language)]
        table, title = score_table(view, language), said(view.title, language)
        now = self._files.clock.now().astimezone(self._files.zone)
        as_of = f"{title} · {now:%Y-%m-%d %H:%M} · {current().actor.name}"

        def written() -> bytes:
            if form == "csv":
                text = csv_text(lines, table.columns, table.rows, language)
                return text.encode("utf-8-sig")
            if form == "pdf":
                from lianyi.applications.indicators.reports.printing import print_paper

                return print_paper(score_paper(view, watermark, as_of, language))[0]
            with Sheet(title, language, made_at=self._files.clock.now()) as sheet:
                sheet.head(title, lines, table.columns)
                sheet.add(table.rows)
                return sheet.bytes()

        name = f"scores-{view.card}-{view.hospital.code}-{view.period.period}.{form}"
        plain = name.encode("ascii", "ignore").decode()
        return File(plain, TYPES[form], await asyncio.to_thread(written))
