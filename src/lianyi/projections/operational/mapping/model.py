"""A mapping: which rows of which tables of a source are rows of a fact, and what each column is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, field_validator

from lianyi.base.settings import Section
from lianyi.projections.operational.mapping.terms import Column, Reader, Term, Value, readers
from lianyi.projections.operational.star import Fact

Name = Annotated[str, Field(min_length=1, max_length=128)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]


class LookupFile(Section):
    """A table that has at most one row for each row.

    Attributes:
        table: of the same source.
        by: column of the row to column of that table; the former may be ``lookup.column`` of a
            lookup that stands before.
    """

    table: Name
    by: Annotated[dict[Name, Name], Field(min_length=1, max_length=6)]


class PartFile(Section):
    """The rows of one table.

    Attributes:
        table: as the lake calls it.
        where: a flag; rows of which it does not hold are no rows of the fact.
        lookups: by the name that terms call them.
        columns: column of the star to what it is.
    """

    table: Name
    where: str = Field(default="", max_length=2_000)
    lookups: dict[Word, LookupFile] = Field(default_factory=dict, max_length=8)
    columns: dict[str, Text]

    @field_validator("columns", mode="before")
    @classmethod
    def _plain(cls, given: Any) -> Any:  # noqa: ANN401 - whatever YAML can say
        """Take ``true`` and ``3``, which YAML makes values of, as they are written."""
        if not isinstance(given, dict):
            return given
        return {
            name: str(one).lower() if isinstance(one, (bool, int)) else one
            for name, one in given.items()
        }


class MappingFile(Section):
    """What a file ``<source>/<fact>.yaml`` says.

    Attributes:
        fact: of the star; as the file is called.
        about: what a reader should know of it.
        hospital: the organisation code of the hospital whose tables these are, where no column
            of them says it.
        codes: maps of codes: of the source to words of the star, to flags or to whole numbers.
        parts: one for each table.
    """

    fact: str
    about: str = Field(default="", max_length=1_000)
    hospital: str = Field(default="", max_length=64)
    codes: dict[Word, Annotated[dict[str, str | int | bool | None], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    parts: Annotated[list[PartFile], Field(min_length=1, max_length=20)]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table that is looked up; see :class:`LookupFile`.

    Attributes:
        name: how terms call it.
        table: of the source.
        by: column of the row, and column of that table.
    """

    name: str
    table: str
    by: tuple[tuple[Column, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one table; see :class:`PartFile`."""

    table: str
    where: Term | None
    lookups: tuple[Lookup, ...]
    columns: Mapping[str, Term]

    def readers(self) -> dict[str, tuple[Reader, ...]]:
        """Return what is read for each column of the star, and for the condition, ``where``."""
        found = {name: tuple(readers(term)) for name, term in self.columns.items()}
        return found | ({"where": tuple(readers(self.where))} if self.where else {})


@dataclass(frozen=True, slots=True)
class FactMapping:
    """A file that can be used.

    Attributes:
        source: whose tables; also the producer on the shelf.
        fact: what is made of them.
        parts: of the file.
        codes: the maps of codes, by name.
        name: of the file, for people.
        digest: SHA-256 of its text, in hexadecimal.
    """

    source: str
    fact: Fact
    parts: tuple[Part, ...]
    codes: Mapping[str, Mapping[str, Value]]
    name: str
    digest: str

    def tables(self) -> list[str]:
        """Return every table that is read, each once."""
        named = [
            table for part in self.parts for table in (part.table, *(x.table for x in part.lookups))
        ]
        return list(dict.fromkeys(named))
