"""Lines, series and versions as the JSON API answers them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lianyi.messagelog.message import Position
from lianyi.projections.clinical.record.items import Code, Value
from lianyi.projections.clinical.record.measures import Series
from lianyi.projections.clinical.record.record_store import VersionRow
from lianyi.projections.clinical.record.views import (
    RecordAttachment,
    RecordCode,
    RecordItemDetail,
    RecordItemView,
    RecordOrganisation,
    RecordPart,
    RecordPoint,
    RecordSeries,
    RecordValue,
    RecordVersionView,
)
from lianyi.projections.identity.ids import shown
from lianyi.projections.identity.read_store import ChannelRow

if TYPE_CHECKING:
    from lianyi.projections.clinical.record.gathering import Line


def item_view(line: Line) -> RecordItemView:
    """Show a line with where it comes from."""
    item, row = line.item, line.row
    return RecordItemView(
        section=item.section,
        type=item.type,
        id=item.id,
        version=row.version,
        at=item.at,
        until=item.until,
        title=item.title,
        codes=[_code(one) for one in item.codes],
        status=item.status,
        value=_value(item.value),
        parts=[
            RecordPart(
                title=one.title, code=_code(one.code) if one.code else None, value=_value(one.value)
            )
            for one in item.parts
        ],
        detail=item.detail,
        by=item.by,
        encounter=item.encounter,
        results=list(item.results),
        attached=[
            RecordAttachment(
                index=one.number, content_type=one.content_type, title=one.title, size=one.size
            )
            for one in item.attached
        ],
        severity=item.severity,
        organisation=line.channel.organisation if line.channel else "",
        channel=line.channel.name if line.channel else "",
        record=shown(line.whose.record),
        position=str(Position(row.shard, row.number)),
        updated_at=row.updated_at,
    )


def series_view(series: Series, *, last: int | None = None) -> RecordSeries:
    """Show a series.

    Args:
        series: what was measured.
        last: so many of its last points; None: all.
    """
    points = series.points[-last:] if last else series.points
    return RecordSeries(
        key=series.key,
        title=series.title,
        code=_code(series.code) if series.code else None,
        unit=series.unit,
        vital=series.vital,
        section=series.section,
        count=len(series.points),
        points=[
            RecordPoint(
                at=one.at,
                number=one.number,
                status=one.status,
                value=_value(one.value),
                type=one.type,
                id=one.id,
            )
            for one in points
        ],
    )


def organisation_views(
    counts: Mapping[str, int], names: Mapping[str, tuple[str, str]]
) -> list[RecordOrganisation]:
    """Show whose systems brought how much, the most first."""
    found = [
        RecordOrganisation(code=code, name=names.get(code, (code, ""))[0], count=count)
        for code, count in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.count, one.code))


def detail_view(
    line: Line, versions: Sequence[VersionRow], channels: Mapping[int, ChannelRow]
) -> RecordItemDetail:
    """Show an item with its versions, the newest first; a masked one without."""
    return RecordItemDetail(
        item=item_view(line),
        text=line.row.body.decode() if line.is_whole else "",
        versions=[
            RecordVersionView(
                version=one.version,
                updated_at=one.updated_at,
                method=one.method,
                position=str(Position(one.shard, one.number)),
                channel=channels[one.channel].name if one.channel in channels else "",
                resource="" if one.deleted else one.body.decode(),
            )
            for one in versions
        ],
    )


def _code(code: Code) -> RecordCode:
    return RecordCode(system=code.system, code=code.code, display=code.display)


def _value(value: Value) -> RecordValue:
    return RecordValue(**value._asdict(), abnormal=value.is_abnormal)
