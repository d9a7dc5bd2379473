"""What is known of a table of the lake: how much, how fresh, and whether all of it is here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from lianyi.projections.lake import segments as files
from lianyi.projections.lake.kinds import type_of
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.model import Contents, Loaded, Named
from lianyi.projections.lake.problems import BrokenSegment
from lianyi.projections.lake.segments import Segment
from lianyi.projections.lake.settings import LakeSettings
from lianyi.projections.lake.views import (
    FreshnessClass,
    LakeColumnView,
    LakeFinding,
    LakeTableDetail,
    LakeTableView,
    LoadView,
)

BOUNDS: Final[dict[FreshnessClass, timedelta]] = {
    "real-time": timedelta(minutes=15),
    "hourly": timedelta(hours=2),
    "daily": timedelta(hours=36),
}
"""How old the newest message of a table may be."""


def table_of(
    lake: Lake, named: Named, *, settings: LakeSettings, now: datetime
) -> LakeTableDetail | None:
    """Return what is known of a table; None when none of it was written by us.

    Raises:
        NoSuchLakeTable: there is no such table.
        BrokenSegment: a file of it is damaged.
    """
    segments = lake.segments(*named)
    contents = lake.contents(*named)
    if contents is None:
        return None
    rows = sum(files.rows_of(one.path) for one in segments)
    newest = datetime.fromisoformat(contents.received_to)
    age = max(now - newest, timedelta(0))
    expected = settings.freshness.get(str(named))
    missing = max(contents.batch_to - contents.messages, 0)
    load = _load(contents)
    return LakeTableDetail(
        source=named.source,
        table=named.table,
        mode=contents.mode,
        key=list(contents.key),
        rows=rows,
        rows_said=contents.rows,
        rows_erased=contents.erased_rows,
        odd_values=contents.odd,
        messages=contents.messages,
        messages_missing=missing,
        files=len(segments),
        size_bytes=sum(one.path.stat().st_size for one in segments),
        newest_at=newest,
        age_seconds=age.total_seconds(),
        freshness=freshness_of(age),
        expected=expected,
        is_late=expected is not None and age > BOUNDS[expected],
        watermark=dict(zip(contents.marked, contents.mark, strict=True)),
        load=load,
        agrees=rows == contents.present
        and not missing
        and (load is None or load.rows_said == load.rows_held),
        columns=[
            LakeColumnView(
                name=one.name,
                said=one.said,
                type=one.type,
                kind=one.kind,
                lies_as=str(type_of(one.kind, one.type)),
                known=one.known,
            )
            for one in contents.columns
        ],
    )


def freshness_of(age: timedelta) -> FreshnessClass:
    """Return the class of an age."""
    return next((name for name, bound in BOUNDS.items() if age <= bound), "stale")


def tables_of(lake: Lake, *, settings: LakeSettings, now: datetime) -> list[LakeTableView]:
    """Return what is known of every table.

    Raises:
        BrokenSegment: a file is damaged.
    """
    known = (
        table_of(lake, named, settings=settings, now=now) for named in files.tables_of(lake.folder)
    )
    return [
        LakeTableView(**one.model_dump(exclude={"columns"})) for one in known if one is not None
    ]


def _load(contents: Contents) -> LoadView | None:
    load = contents.newest_load
    if load is None or contents.mode != "full":
        return None
    return LoadView(
        number=load.number,
        began_at=load.began_at,
        ended_at=datetime.fromisoformat(load.received_to),
        rows_said=load.said,
        rows_held=load.rows,
        rows_erased=load.erased,
        open_loads=sum(_is_open_since(one, load) for one in contents.loads),
    )


def _is_open_since(one: Loaded, load: Loaded) -> bool:
    return not one.ended and one.received_from > load.received_from


def findings_of(
    lake: Lake, named: Named, *, settings: LakeSettings, now: datetime
) -> Iterator[LakeFinding]:
    """Read every byte of a table, and give what is not as it should be."""

    def found(zh: str, en: str) -> LakeFinding:
        return LakeFinding(table=str(named), zh=zh, en=en)

    try:
        segments = lake.segments(*named)
        yield from (found(*words) for words in _of_files(segments))
        view = table_of(lake, named, settings=settings, now=now)
    except BrokenSegment as failure:
        yield found(failure.text("zh"), failure.text("en"))
        return
    if view is None:
        return
    if view.rows != view.rows_said - view.rows_erased:
        yield found(
            f"消息称有 {view.rows_said} 行，湖中有 {view.rows} 行，已擦除 {view.rows_erased} 行",
            f"its messages hold {view.rows_said} rows, the lake {view.rows}, "
            f"{view.rows_erased} were erased",
        )
    if view.messages_missing:
        yield found(
            f"缺 {view.messages_missing} 条消息（被通道暂扣、被拒，或入湖前已擦除）",
            f"{view.messages_missing} messages are missing (held by a channel, refused, or erased "
            "before they came)",
        )
    if view.load and view.load.rows_said != view.load.rows_held:
        yield found(
            f"第 {view.load.number} 次全量：源端 {view.load.rows_said} 行，"
            f"湖中 {view.load.rows_held} 行",
            f"load {view.load.number}: {view.load.rows_said} rows at the source, "
            f"{view.load.rows_held} in the lake",
        )
    if view.is_late:
        yield found(
            f"最新数据已 {view.age_seconds / 3600:.1f} 小时，应为 {view.expected}",
            f"its newest rows are {view.age_seconds / 3600:.1f} hours old; "
            f"it should be {view.expected}",
        )


def _of_files(segments: Sequence[Segment]) -> Iterator[tuple[str, str]]:
    for one, other in files.overlapping(segments):
        yield (
            f"{one.path.name} 与 {other.path.name} 重叠",
            f"{one.path.name} and {other.path.name} overlap",
        )
    for segment in segments:
        table = files.read(segment.path)
        places = list(
            zip(table[files.POSITION].to_pylist(), table["_row"].to_pylist(), strict=True)
        )
        if len(set(places)) < len(places):
            yield f"{segment.path.name} 中有重复行", f"{segment.path.name} holds a row twice"
