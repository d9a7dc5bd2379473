"""A history as it was asked for: what stands in the address, and the Bundle that answers it."""

from __future__ import annotations

from lianyi.projections.clinical import answering
from lianyi.projections.clinical.asking import Asked
from lianyi.projections.clinical.reading import Reading


async def history(reading: Reading, at: Asked, path: str, **of: str) -> bytes:
    """Return a page of a history as a Bundle.

    Args:
        reading: says what may be seen.
        at: the request.
        path: of the history, below the address of the doors.
        of: ``type_`` and ``id_``; see :meth:`Reading.history`.
    """
    asked = at.history()
    page = await reading.history(
        **of, since=asked.since, at=asked.at, after=asked.after, limit=asked.most
    )
    more = at.place(page.next) if page.next else ""
    return answering.history_of(page, base=at.base, path=path, query=at.query, more=more)
