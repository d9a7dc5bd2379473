"""Requests for figures as the API shows them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lianyi.applications.indicators.naming import Names
from lianyi.applications.indicators.requests.model import Request, Said, Word
from lianyi.applications.indicators.requests.views import (
    FigureRequest,
    FigureRequestDetail,
    RequestWord,
)
from lianyi.applications.indicators.saved.views import SavedQuestion
from lianyi.applications.indicators.views import BothWords

_ALL = BothWords(zh="全部机构", en="all organisations")


def shown(
    one: Request, names: Names, *, own: bool, is_open: bool, may: Sequence[Said]
) -> FigureRequest:
    """Return a request as whoever asks sees it."""
    ask = one.ask
    return FigureRequest(
        request=one.request,
        by=one.by_name,
        own=own,
        words=ask.words,
        purpose=ask.purpose,
        period=ask.period,
        organisation=ask.organisation,
        organisation_name=names.organisation(ask.organisation).name if ask.organisation else _ALL,
        wants_rows=ask.wants_rows,
        needed_on=ask.needed_on,
        question=SavedQuestion(**ask.question) if ask.question else None,
        state=one.state.value,
        version=one.version,
        filed_at=one.filed_at,
        changed_at=one.changed_at,
        rows_granted=bool(one.granted and one.granted.rows),
        open_days=one.open_days,
        answer=SavedQuestion(**one.answer) if one.answer else None,
        open_until=one.open_until,
        is_open=is_open,
        may=[said.value for said in may],
    )


def detail(view: FigureRequest, words: Sequence[Word]) -> FigureRequestDetail:
    """Return a request with all that was done with it."""
    history = [
        RequestWord(
            said=one.said.value, version=one.version, note=one.note, by=one.by_name, at=one.at
        )
        for one in words
    ]
    return FigureRequestDetail(**dict(view), history=history)
