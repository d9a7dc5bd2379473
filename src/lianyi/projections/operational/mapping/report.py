"""What became of the rows of the tables: all of them, to the last one."""

from __future__ import annotations

from pydantic import Field

from lianyi.base.settings import Section
from lianyi.projections.operational.mapping.news import Standing


class Noted(Section):
    """How often something was met, and where.

    Attributes:
        count: of rows.
        examples: some of their places in the lake.
    """

    count: int
    examples: tuple[str, ...] = ()


class PartReport(Section):
    """What became of the rows of one table.

    Attributes:
        table: of the source.
        lake: rows in it.
        left_out: of which the condition of the mapping does not hold.
        no_key: set aside, for nobody can tell which row they are.
        key_twice: set aside, for several rows have the same key; all of them.
        written: that are rows of the fact.
    """

    table: str
    lake: int
    left_out: int
    no_key: Noted
    key_twice: Noted
    written: int

    @property
    def accounted(self) -> int:
        """How many rows are accounted for."""
        return self.left_out + self.no_key.count + self.key_twice.count + self.written


class Report(Section):
    """What a mapping made.

    Attributes:
        source: whose tables.
        fact: of the star.
        parts: one for each table.
        unread: column of the star to rows with a value that cannot be read.
        rounded: column to rows whose amount had more places than fen.
        unmapped: column to the codes that no map knows, to how many rows have them; the most
            frequent ones.
        unmapped_rows: column to how many rows have such a code.
        months: how many months the fact has.
        months_written: how many of them were other than before.
        rows_mapped: how many rows of the tables were mapped for that; the others stayed.
        whole: why all rows were mapped: ``first``, ``asked`` or ``file`` (it, or what it makes, is
            another), ``lost`` (files of the fact), ``load`` (a table came anew), ``rule`` (how it
            comes), ``columns`` or ``pieces`` of it are others, ``null_key``, ``key`` (that of the
            fact is looked up), ``codes`` (too many are unknown), ``shelf`` (it holds something
            else); empty: only what may be other.
    """

    source: str
    fact: str
    parts: tuple[PartReport, ...]
    unread: dict[str, Noted] = Field(default_factory=dict)
    rounded: dict[str, Noted] = Field(default_factory=dict)
    unmapped: dict[str, dict[str, int]] = Field(default_factory=dict)
    unmapped_rows: dict[str, int] = Field(default_factory=dict)
    months: int = 0
    months_written: int = 0
    rows_mapped: int = 0
    whole: str = ""

    @property
    def written(self) -> int:
        """How many rows the fact has."""
        return sum(one.written for one in self.parts)

    @property
    def accounted(self) -> int:
        """How many rows of the tables are accounted for."""
        return sum(one.accounted for one in self.parts)

    @property
    def set_aside(self) -> int:
        """How many rows were set aside."""
        return sum(one.no_key.count + one.key_twice.count for one in self.parts)


class Manifest(Section):
    """What was made the last time, and of what.

    Attributes:
        made_of: the file of the mapping, the form of the fact: another one has all made anew.
        standings: how each table stood.
        columns: of each table, with their types, as one number.
        months: as the file is called, to how many rows it has and what they add up to.
        report: what was told then.
        codes: of each column all codes that no map knows; None: too many to keep.
        twice: the keys that stood twice; None: too many to keep.
    """

    made_of: str
    standings: dict[str, Standing]
    columns: dict[str, str]
    months: dict[str, tuple[int, str]]
    report: Report
    codes: dict[str, dict[str, int]] | None
    twice: tuple[str, ...] | None


class Checked(Section):
    """How what was made stands beside what there is now.

    Attributes:
        source: whose tables.
        fact: of the star.
        report: what was told when it was made; None: it was not made yet.
        lake: rows in the tables of its parts now.
        on_shelf: rows in the files of the fact now.
        is_new: whether a table, or the file of the mapping, is another than then.
    """

    source: str
    fact: str
    report: Report | None
    lake: int
    on_shelf: int
    is_new: bool

    @property
    def is_whole(self) -> bool:
        """Whether every row of the lake is accounted for, and nothing is waiting."""
        if self.report is None or self.is_new:
            return False
        return (self.lake, self.on_shelf) == (self.report.accounted, self.report.written)
