"""Which codes master data know: what a code of a row is looked up in."""

from __future__ import annotations

from typing import Final

from lianyi.applications.indicators.quality.model import Known
from lianyi.projections.masterdata.model import Kind
from lianyi.projections.masterdata.questions import Questions
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import acting, platform

_TOGETHER: Final = 1_000
_DIMENSIONS: Final = {"organisation": Kind.ORGANISATION, "practitioner": Kind.PRACTITIONER}


async def known_codes(data: Questions) -> Known:
    """Return the codes of all organisations and practitioners, also those that are no more.

    None while the master data are being built: then nothing is said about codes.
    """
    found: dict[str, frozenset[str]] = {}
    with acting(platform("masterdata.read", "quality_codes")):
        try:
            for dimension, kind in _DIMENSIONS.items():
                found[dimension] = await _codes(data, kind)
        except ProjectionNotReady:
            return Known()
    return Known(found)


async def _codes(data: Questions, kind: Kind) -> frozenset[str]:
    codes: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await data.list_records(kind, closed=True, cursor=cursor, limit=_TOGETHER)
        codes += [one.code for one in page.items]
        cursor = page.next_cursor
    return frozenset(codes)
