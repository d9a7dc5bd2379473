"""Counts with Spark, where a hospital has one, or on the processors of this machine.

Expressions are the same as for DuckDB; three things are Spark's own. Instants of the star have no
zone and Spark's have: its session lives in UTC, so both are the same numbers. Arithmetic is that of
ANSI, so that what is too large is an error and never another number. Rows come back as Arrow and
never as pandas, of which Spark knows older releases only. What comes of the rows is small and is
added up by the DuckDB of this process.

Nothing is downloaded and nobody is let in from outside: no package is asked for, no screen is
served, and a Spark of this machine listens on its loopback alone.

Source:
    Apache Spark 4, configuration; SQL reference, "ANSI compliance".
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.applications.indicators.duck import COMPILED_MAX, Duck
from lianyi.applications.indicators.failures import CountingTooBig, SparkFailed
from lianyi.applications.indicators.installed import must_be_there
from lianyi.applications.indicators.runner import TakenAway
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.projections.operational.shelf import schema_of
from lianyi.projections.operational.star import Fact

if TYPE_CHECKING:
    from ibis.expr import operations as ops
    from pyspark.sql import SparkSession

_GONE: Final = ("FILE_NOT_EXIST", "PATH_NOT_FOUND", "FileNotFoundException", "CANNOT_READ_FILE")
_FULL: Final = ("OutOfMemoryError", "UNABLE_TO_ACQUIRE_MEMORY", "maxResultSize", "MEMORY_LIMIT")
_SAID_MAX: Final = 200
_SEEN: Final = "seen"
_OLD_PANDAS: Final = "PySpark does not yet fully support pandas"


def configuration(settings: IndicatorSettings, scratch: Path) -> dict[str, str]:
    """Return how a session is made.

    Args:
        settings: where Spark is, and what it may take of this machine.
        scratch: a folder for what does not fit into memory.
    """
    said = {
        "spark.master": settings.spark_master or f"local[{settings.threads}]",
        "spark.app.name": "lianyi",
        "spark.driver.memory": f"{settings.memory_mb}m",
        "spark.driver.maxResultSize": f"{settings.memory_mb // 2}m",
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if said["spark.master"].startswith("local"):
        said |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.shuffle.partitions": str(settings.threads),
        }
    return said


class Spark:
    """A Spark that is asked, and a DuckDB that adds up."""

    def __init__(self, settings: IndicatorSettings) -> None:
        """Start a session, or join that of this process; takes seconds.

        Raises:
            NoSpark, NoJava: it cannot be started on this machine.
            SparkFailed: it does not start, or the other machine does not answer.
        """
        must_be_there()
        self._scratch = tempfile.TemporaryDirectory(prefix="lianyi-spark-")
        with _told():
            self._session = _session(configuration(settings, Path(self._scratch.name)))
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=_OLD_PANDAS)
                self._backend = ibis.pyspark.connect(self._session)
        self._duck = Duck.opened(threads=settings.threads, memory_mb=settings.memory_mb)

    def read(self, fact: Fact, files: Sequence[Path]) -> ir.Table:
        """Return a fact as a table; its files must lie where Spark's machines see them, too."""
        from ibis.backends.pyspark.datatypes import PySparkSchema  # type: ignore[import-untyped]

        arrow = schema_of(fact)
        schema = PySparkSchema.from_ibis(ibis.Schema.from_pyarrow(arrow))
        with _told():
            rows = (
                self._session.read.schema(schema).parquet(*(one.as_uri() for one in files))
                if files
                else self._session.createDataFrame([], schema=schema)
            )
            rows.createOrReplaceTempView(fact.name)
            return self._backend.table(fact.name)

    def answer(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression."""
        with _told():
            found = self._session.sql(str(self._backend.compile(asked))).toArrow()
        return found.cast(asked.schema().to_pyarrow())

    def page(self, asked: ir.Table, *, skip: int, limit: int) -> pa.Table:
        """Return some rows of an expression that has an order; Ibis 12 loses it with an offset."""
        with _told():
            ordered = self._session.sql(str(self._backend.compile(asked)))
            found = ordered.offset(skip).limit(limit).toArrow()
        return found.cast(asked.schema().to_pyarrow())

    @contextmanager
    def seeing(self, rows: ir.Table) -> Iterator[ir.Table]:
        """Give the rows of an expression a name while something is asked of them."""
        with _told():
            self._session.sql(str(self._backend.compile(rows))).createOrReplaceTempView(_SEEN)
        try:
            yield ibis.table(rows.schema(), name=_SEEN)
        finally:
            self._session.catalog.dropTempView(_SEEN)

    def answer_seen(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression over rows that are seen."""
        with _told():
            found = self._session.sql(_compiled(asked.op())).toArrow()
        return found.cast(asked.schema().to_pyarrow())

    def holding(self, cells: pa.Table) -> AbstractContextManager[ir.Table]:
        """Keep cells for as long as they are added up."""
        return self._duck.holding(cells)

    def add(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression over cells that are held."""
        return self._duck.add(asked)

    def interrupt(self) -> None:
        """Let what is being asked end without a result."""
        self._session.sparkContext.cancelAllJobs()
        self._duck.interrupt()

    def close(self) -> None:
        """Give everything back."""
        self._session.stop()
        self._duck.close()
        self._scratch.cleanup()


@lru_cache(maxsize=COMPILED_MAX)
def _compiled(asked: ops.Relation) -> str:
    return str(ibis.to_sql(asked.to_expr(), dialect="pyspark"))


def _session(said: Mapping[str, str]) -> SparkSession:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_OLD_PANDAS)
        from pyspark.sql import SparkSession

        builder = SparkSession.builder
        for key, value in said.items():
            builder = builder.config(key, value)
        return builder.getOrCreate()


@contextmanager
def _told() -> Iterator[None]:
    """Say what errors of Spark mean; its words may hold values of a row and are not repeated."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, OSError, RuntimeError) as error:
        words = str(error)
        if any(one in words for one in _FULL):
            raise CountingTooBig(where="indicators") from error
        if any(one in words for one in _GONE):
            raise TakenAway(type(error).__name__) from error
        condition = error.getCondition() if isinstance(error, PySparkException) else None
        name = (condition or type(error).__name__)[:_SAID_MAX]
        raise SparkFailed(where="spark", why=name, why_zh=name) from error
