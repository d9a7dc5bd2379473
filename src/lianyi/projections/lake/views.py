"""Tables of the lake as the API and the command line show them; no row is among it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

FreshnessClass = Literal["real-time", "hourly", "daily", "stale"]


class LoadView(BaseModel):
    """The newest load of a whole table that has come to its end.

    Attributes:
        number: as the source counts.
        began_at: the table is shown as it was then.
        ended_at: when its end came.
        rows_said: how many rows the source said it holds.
        rows_held: how many of them came.
        rows_erased: of these, how many were erased since.
        open_loads: how many have begun since and have not ended.
    """

    number: int
    began_at: str
    ended_at: datetime
    rows_said: int
    rows_held: int
    rows_erased: int
    open_loads: int


class LakeTableView(BaseModel):
    """What is known of a table without reading its rows.

    Attributes:
        mode: how it comes: incremental, full, outbox.
        key: the columns that tell rows apart.
        rows: that can be read, of all times.
        rows_said: that its messages said they hold; with ``rows_erased`` it must be ``rows``.
        rows_erased: that were erased by law.
        odd_values: that were not of the type of their column and are kept as text.
        messages: that it came in.
        messages_missing: that the source has given and that are not here: held, refused,
            or erased before they came.
        files: that it lies in.
        size_bytes: of these.
        newest_at: when its newest message came.
        age_seconds: since then.
        freshness: how fresh it is: 15 minutes, 2 hours, 36 hours, older.
        expected: how fresh the settings want it; None: they say nothing.
        is_late: whether it is older than that.
        watermark: the highest value of each watermark column that came; keys are left out.
        load: of a table that comes in full.
        agrees: whether everything that the source said it gave is here.
    """

    source: str
    table: str
    mode: str
    key: list[str]
    rows: int
    rows_said: int
    rows_erased: int
    odd_values: int
    messages: int
    messages_missing: int
    files: int
    size_bytes: int
    newest_at: datetime
    age_seconds: float
    freshness: FreshnessClass
    expected: FreshnessClass | None
    is_late: bool
    watermark: dict[str, str]
    load: LoadView | None
    agrees: bool


class LakeColumnView(BaseModel):
    """A column of a table.

    Attributes:
        name: in the files.
        said: as the source calls it.
        type: as the source calls it.
        kind: how its texts read.
        lies_as: the type in the files.
        known: False: nobody knows the type; its values are texts as the source writes them.
    """

    name: str
    said: str
    type: str
    kind: str
    lies_as: str
    known: bool


class LakeTableDetail(LakeTableView):
    """A table with its columns, as the newest message has them."""

    columns: list[LakeColumnView]


class LakeTables(BaseModel):
    """Every table of the lake."""

    items: list[LakeTableView]


class LakeFinding(BaseModel):
    """Something that is not as it should be."""

    table: str
    zh: str
    en: str
