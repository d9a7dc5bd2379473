"""Forms, sheets and filings as the API shows them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from lianyi.applications.indicators.forms.differing import (
    Cause,
    Compared,
    causes,
    is_filed,
    why,
)
from lianyi.applications.indicators.forms.filings import Filing
from lianyi.applications.indicators.forms.lining import FiledLine
from lianyi.applications.indicators.forms.model import Edition, Form
from lianyi.applications.indicators.forms.problems import BadForm
from lianyi.applications.indicators.forms.views import (
    DifferenceLine,
    FilingDetail,
    FilingView,
    FormDifference,
    FormEdition,
    FormLine,
    FormList,
    FormSheet,
    FormSheetLine,
    FormView,
)
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.views import UnusableFile
from lianyi.applications.indicators.wording import said_of
from lianyi.messagelog.message import Position


def list_view(forms: Mapping[str, Form], problems: Iterable[BadForm]) -> FormList:
    """Return the forms, and the files that define none."""
    return FormList(
        items=[
            FormView(
                form=one.form,
                name=said_of(one.name),
                authority=said_of(one.authority),
                period=one.period,
                editions=[
                    edition_view(edition)
                    for edition in sorted(
                        one.editions, key=lambda each: each.valid_from, reverse=True
                    )
                ],
            )
            for one in forms.values()
        ],
        unusable=[
            UnusableFile(code=one.code, where=one.where, zh=one.text("zh"), en=one.text("en"))
            for one in problems
        ],
    )


def edition_view(one: Edition) -> FormEdition:
    """Return an edition."""
    return FormEdition(
        edition=one.edition,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        document=one.source.document,
        paragraph=one.source.paragraph,
    )


def sheet_view(
    form: Form,
    edition: Edition,
    of: tuple[Period, str],
    lines: Sequence[FiledLine],
    before: Mapping[str, str | None],
    *,
    digest: str,
    over: bool,
    filed: FilingView | None,
    enters: Collection[str] = (),
) -> FormSheet:
    """Return a sheet.

    Args:
        form: what it is of.
        edition: of it.
        of: period and hospital.
        lines: as they would be filed.
        before: what would be printed of a year before, by number.
        digest: SHA-256 of what it says.
        over: whether the period is.
        filed: what was filed of it.
        enters: numbers of the lines whose figure a person enters.
    """
    return FormSheet(
        form=form.form,
        name=said_of(form.name),
        authority=said_of(form.authority),
        edition=edition_view(edition),
        period=str(of[0]),
        hospital=of[1],
        over=over,
        known=sum(one.shown is not None for one in lines),
        digest=digest,
        filed=filed,
        lines=[
            FormSheetLine(
                **_line(one).model_dump(),
                previous=before.get(one.number),
                enters=one.number in enters,
            )
            for one in lines
        ],
    )


def _line(one: FiledLine) -> FormLine:
    return FormLine(**one.facts())


def filing_view(one: Filing) -> FilingView:
    """Return a filing without its lines."""
    filed, by = one.filed, one.confirmed
    facts, lines = filed.facts, one.lines
    return FilingView(
        number=one.number,
        form=filed.code,
        edition=str(facts["edition"]),
        period=one.period,
        hospital=filed.hospital,
        state=one.state,
        known=sum(line.shown is not None for line in lines),
        lines=len(lines),
        digest=facts["digest"],
        file=facts["file"],
        sha256=facts["sha256"],
        bytes=facts["bytes"],
        watermark=facts["watermark"],
        note=facts["note"],
        reason=facts["reason"],
        filed_by=filed.by_name,
        filed_at=filed.at,
        confirmed_by=by.by_name if by else "",
        confirmed_at=by.at if by else None,
        position=str(Position(filed.shard, filed.number)),
    )


def filing_detail(one: Filing) -> FilingDetail:
    """Return a filing with its lines."""
    view = filing_view(one)
    return FilingDetail(**view.model_dump(), items=[_line(line) for line in one.lines])


def difference_view(
    form: Form, of: tuple[Period, str], lines: Sequence[Compared], filing: FilingView | None
) -> FormDifference:
    """Return what was filed beside what it comes to now and what boards show."""
    found = [_difference(one) for one in lines]
    return FormDifference(
        form=form.form,
        name=said_of(form.name),
        period=str(of[0]),
        hospital=of[1],
        filing=filing,
        differs=sum(one.causes != [Cause.SAME.value] for one in found),
        lines=found,
    )


def _difference(one: Compared) -> DifferenceLine:
    line, filed, now = one.line, one.filed, one.now
    was = filed.shown if filed is not None and is_filed(filed) else None
    found = causes(one)
    board = one.board
    return DifferenceLine(
        number=line.number,
        section=line.section,
        name=line.name,
        code=line.code,
        unit=line.unit,
        filed=was,
        filed_caliber=filed.caliber if filed else "",
        filed_version=filed.version if filed else 0,
        now=now.shown if now else None,
        caliber=now.caliber if now else "",
        version=now.version if now else 0,
        difference=less(now.shown if now else None, was),
        by_then=one.by_then.shown if one.by_then else None,
        board=board.shown if board else None,
        board_caliber=one.board_title,
        board_difference=less(board.shown if board else None, was),
        causes=[cause.value for cause in found],
        why=why(found),
    )


def less(now: str | None, was: str | None) -> str | None:
    """Return how much more is printed now than then; None: one of them says nothing."""
    if now is None or was is None:
        return None
    return f"{Decimal(now) - Decimal(was):f}"
