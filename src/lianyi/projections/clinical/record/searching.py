"""Looking for words in a record: in its lines at once, then in its PDF documents.

Words of a PDF take a process to read, so they are read only where a line is asked for by all else
and its words do not stand in it already; and only so many, for so long. What was not read is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.record import attachments, record_store
from lianyi.projections.clinical.record.attachments import File
from lianyi.projections.clinical.record.gathering import Asked, Line, is_asked
from lianyi.projections.clinical.record.pdf_words import PdfWords
from lianyi.projections.clinical.record.whose import Owners

DOCUMENTS_MAX = 200
"""So many documents are read for one question; those that were read before cost nothing."""
SECONDS_MAX = 25.0


class Searching:
    """Finds lines that are asked for."""

    def __init__(self, owners: Owners) -> None:
        """Read files as whoever asks may.

        Args:
            owners: gives the versions in force.
        """
        self._owners = owners
        self._pdfs = PdfWords()

    async def found(self, lines: Sequence[Line], asked: Asked) -> tuple[list[Line], int]:
        """Return the lines that are asked for, in their order.

        Args:
            lines: of a record.
            asked: which are wanted.

        Returns:
            The lines, and how many documents were not read, so that the words may stand there.
        """
        if not asked.words:
            return [line for line in lines if is_asked(line, asked)], 0
        wordless = asked._replace(words=())
        plain = {id(line) for line in lines if is_asked(line, asked)}
        documents = [
            line
            for line in lines
            if id(line) not in plain
            and attachments.pdfs_in(line.resource)
            and is_asked(line, wordless)
        ]
        read = await self._read(documents[:DOCUMENTS_MAX])
        said = {
            id(line)
            for line, words in read
            if attachments.has_words(
                line.item, (line.resource, line.described), asked.words, also=words
            )
        }
        found = [line for line in lines if id(line) in plain or id(line) in said]
        return found, len(documents) - len(read)

    async def _read(self, documents: Sequence[Line]) -> list[tuple[Line, str]]:
        """Return those documents whose every PDF was read in time, with their words."""
        tasks = [asyncio.create_task(self._words(line)) for line in documents]
        if not tasks:
            return []
        _, late = await asyncio.wait(tasks, timeout=SECONDS_MAX)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        read = []
        for line, task in zip(documents, tasks, strict=True):
            words = None if task in late else task.result()
            if words is not None:
                read.append((line, words))
        return read

    async def _words(self, line: Line) -> str | None:
        every = []
        for index in attachments.pdfs_in(line.resource):
            file = await self._file(line, index)
            words = await self._pdfs.of(file.data) if file else None
            if words is None:
                return None
            every.append(words)
        return "\n".join(every)

    async def _file(self, line: Line, index: int) -> File | None:
        found = attachments.held_in(line.resource, index)
        if not isinstance(found, str):
            return found
        async with self._owners.reading() as (connection, schemas):
            number = resource_number("Binary", found)
            row = await record_store.find_resource(connection, schemas.clinical, number)
        return attachments.of_binary(json_text.read(row.body)) if row else None
