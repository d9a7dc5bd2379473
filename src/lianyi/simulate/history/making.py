"""Making a history: from what is wanted to files of the lake, or files of rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from lianyi.simulate.errors import HistoryIsThere, HistoryUnwritable
from lianyi.simulate.history.lake_files import LakeFiles, durable
from lianyi.simulate.history.row_files import RowFiles
from lianyi.simulate.history.store import HistoryStore, Wanted
from lianyi.simulate.history.tables import declared


def make_files(wanted: Wanted, folder: Path) -> Mapping[str, int]:
    """Write a history below the folder of a lake.

    Returns:
        How many rows each table has.

    Raises:
        HistoryIsThere: the lake holds tables of this source already.
        HistoryUnwritable: the disk is full, or the folder may not be written.
    """
    source = folder / "raw" / declared().source
    if source.exists():
        raise HistoryIsThere(where=str(source))
    with _engine(wanted, folder) as engine:
        files = LakeFiles(folder, _came(wanted))
        for piece in engine.pieces():
            files.take(piece)
        files.end(engine.planted)
        durable(source)
    return files.rows


def make_rows(wanted: Wanted, folder: Path) -> Mapping[str, int]:
    """Write a history as files of rows into a folder that a channel watches.

    They are put there when all are written, so whoever is interrupted leaves nothing.

    Returns:
        How many rows each table has.

    Raises:
        HistoryUnwritable: the disk is full, or the folder may not be written.
    """
    with (
        _engine(wanted, folder) as engine,
        tempfile.TemporaryDirectory(prefix=".history-", dir=folder) as made,
    ):
        files = RowFiles(Path(made), _came(wanted))
        for piece in engine.pieces():
            files.take(piece)
        files.end()
        for path in sorted(Path(made).iterdir()):
            path.replace(folder / path.name)
    return files.rows


@contextmanager
def _engine(wanted: Wanted, folder: Path) -> Iterator[HistoryStore]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".history-", dir=folder) as work:
            engine = HistoryStore(wanted, Path(work))
            try:
                yield engine
            finally:
                engine.close()
    except (OSError, duckdb.IOException) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise HistoryUnwritable(where=str(folder), why=why) from error


def _came(wanted: Wanted) -> datetime:
    """Return when the tables were read: the night after the last day, whenever it is made."""
    return datetime.combine(wanted.window.end, datetime.min.time(), UTC) + timedelta(hours=18)
