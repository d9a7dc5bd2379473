"""Reading mappings: those that the product brings, and those of the hospital.

A file ``content/operational/<source>/<fact>.yaml`` takes the place of the shipped one of that name.
A file with an error is refused alone, with file, key and the nearest right name.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import re
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from lianyi.base.content_files import NOT_ITS_NAME, keys_of, text_of, unknown
from lianyi.projections.operational.mapping.model import (
    FactMapping,
    Lookup,
    LookupFile,
    MappingFile,
    Part,
    PartFile,
)
from lianyi.projections.operational.mapping.problems import BadMapping, BadTerm, reasons
from lianyi.projections.operational.mapping.terms import (
    CodeMaps,
    Column,
    Constant,
    Joined,
    Reader,
    Sort,
    Term,
    Value,
    parse_term,
)
from lianyi.projections.operational.star import HOSPITAL, ORIGIN, Fact, Kind, star
from lianyi.projections.operational.star import Column as StarColumn

FOLDER = "operational"
SHIPPED = "shipped"
SOURCE = r"[a-z][a-z0-9_-]{0,60}"
LOG = "log"
"""What the fold of the log calls itself on the shelf: no source."""
SORTS = {
    Kind.INT: Sort.INTEGER,
    Kind.NUMBER: Sort.NUMBER,
    Kind.FEN: Sort.FEN,
    Kind.FLAG: Sort.FLAG,
    Kind.INSTANT: Sort.INSTANT,
}
"""What a column of a kind must be given; a text where none is named."""


def read_mappings(content_dir: Path) -> tuple[list[FactMapping], list[BadMapping]]:
    """Return the mappings in order of their names, and what is wrong with the other files."""
    files = dict(_files(importlib.resources.files(__package__ or "") / SHIPPED))
    files |= dict(_files(content_dir / FOLDER))
    found: list[FactMapping] = []
    problems: list[BadMapping] = []
    for name, file in sorted(files.items()):
        try:
            found.append(parse_mapping(text_of(file, name, BadMapping), name))
        except BadMapping as problem:
            problems.append(problem)
    return found, problems


def parse_mapping(text: str, name: str) -> FactMapping:
    """Read one file.

    Args:
        text: YAML.
        name: ``<source>/<fact>.yaml``, for errors too.

    Raises:
        BadMapping: with what is wrong first, an unknown key before all else.
    """
    source, _, file = name.partition("/")
    if not re.fullmatch(SOURCE, source) or source == LOG:
        raise BadMapping(
            where=name, why="this is no name of a source", why_zh="目录名不能作为来源名称"
        )
    data = keys_of(text, name, BadMapping)
    for place, word, model in _strangers(data):
        raise BadMapping(where=f"{name}: {place}", **unknown(word, model.model_fields))
    _look_at_codes(data.get("codes"), name)
    try:
        said = MappingFile.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        why = why_zh = first["msg"]
        if first["type"] == "string_type" and isinstance(first["input"], (bool, int, float)):
            why, why_zh = (
                "YAML takes this for a value; write it in quotes",
                "须加引号，否则 YAML 会误读",
            )
        raise BadMapping(where=f"{name}: {place}", why=why, why_zh=why_zh) from error
    if said.fact not in star():
        raise BadMapping(where=f"{name}: fact", **unknown(said.fact, star()))
    if f"{said.fact}.yaml" != file:
        raise BadMapping(where=f"{name}: fact", **NOT_ITS_NAME)
    fact = star()[said.fact]
    parts = tuple(
        _part(one, said, fact, f"{name}: parts.{number}") for number, one in enumerate(said.parts)
    )
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return FactMapping(source, fact, parts, said.codes, name, digest)


def _part(said: PartFile, file: MappingFile, fact: Fact, place: str) -> Part:
    columns = {
        name: _column(name, text, fact, file.codes, f"{place}.columns")
        for name, text in said.columns.items()
    }
    if file.hospital and HOSPITAL not in columns:
        columns[HOSPITAL] = Constant(file.hospital, Sort.TEXT)
    for name in (fact.key, HOSPITAL):
        if name not in columns:
            raise BadMapping(
                where=f"{place}.columns",
                why=f"nothing is said of '{name}'",
                why_zh=f"未说明“{name}”",
            )
    where = _term(said.where, Sort.FLAG, file.codes, f"{place}.where") if said.where else None
    lookups = tuple(_lookups(said.lookups, place))
    part = Part(said.table, where, lookups, columns)
    known = [one.name for one in lookups]
    for name, found in part.readers().items():
        for one in found:
            if one.column.of and one.column.of not in known:
                at = "where" if name == "where" else f"columns.{name}"
                raise BadMapping(where=f"{place}.{at}", **unknown(one.column.of, known))
    return part


def _lookups(said: Mapping[str, LookupFile], place: str) -> Iterator[Lookup]:
    before: list[str] = []
    for name, one in said.items():
        by = []
        for ours, theirs in one.by.items():
            of, dot, column = ours.partition(".")
            if dot and of not in before:
                raise BadMapping(where=f"{place}.lookups.{name}.by", **unknown(of, before))
            by.append((Column(of, column) if dot else Column("", ours), theirs))
        yield Lookup(name, one.table, tuple(by))
        before.append(name)


def _column(name: str, text: str, fact: Fact, maps: CodeMaps, place: str) -> Term:
    if name == ORIGIN or name not in fact.columns:
        known = [one for one in fact.columns if one != ORIGIN]
        raise BadMapping(where=place, **unknown(name, known))
    column = fact.columns[name]
    term = _term(text, SORTS.get(column.kind, Sort.TEXT), maps, f"{place}.{name}")
    if column.kind is Kind.CODE:
        _look_at_values(term, column, f"{place}.{name}")
    return term


def _term(text: str, wanted: Sort, maps: CodeMaps, place: str) -> Term:
    try:
        return parse_term(text, wanted, maps)
    except BadTerm as error:
        raise BadMapping(where=f"{place}, character {error.where}", **reasons(error)) from error


def _look_at_values(term: Term, column: StarColumn, place: str) -> None:
    """Look whether a column of codes can only be one of the words that the star has for it."""
    for word in _words(term, place):
        if word not in column.values:
            raise BadMapping(where=place, **unknown(str(word), column.values))


def _words(term: Term, place: str) -> Iterator[Value]:
    if isinstance(term, Constant):
        yield term.value
    elif isinstance(term, Reader) and term.function == "code":
        yield from (value for _, value in term.codes if value is not None)
    elif isinstance(term, Joined) and term.function in ("if", "first_of"):
        for one in term.terms[1:] if term.function == "if" else term.terms:
            yield from _words(one, place)
    else:
        raise BadMapping(
            where=place,
            why="a code is wanted here: write code(column, map)",
            why_zh="此列须为代码：请写 code(列, 映射名)",
        )


def _look_at_codes(given: Any, name: str) -> None:  # noqa: ANN401 - whatever YAML can say
    """Look whether codes are texts, as they stand at the source, and each map is of one sort."""
    for key, codes in given.items() if isinstance(given, dict) else ():
        for code in codes if isinstance(codes, dict) else ():
            if not isinstance(code, str):
                raise BadMapping(
                    where=f"{name}: codes.{key}",
                    why=f"write the code {code} in quotes, as it stands at the source",
                    why_zh=f"代码 {code} 须加引号，按来源原样书写",
                )
        said = codes.values() if isinstance(codes, dict) else ()
        values = [one for one in said if one is not None]
        if len({type(one) for one in values}) > 1 or (
            values and not isinstance(values[0], (str, int, bool))
        ):
            raise BadMapping(
                where=f"{name}: codes.{key}",
                why="all codes of a map must give texts, or flags, or whole numbers",
                why_zh="一个映射的取值须同为文本、真假或整数",
            )


def _files(folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    for source in folder.iterdir() if folder.is_dir() else ():
        for file in source.iterdir() if source.is_dir() else ():
            if file.name.endswith(".yaml"):
                yield f"{source.name}/{file.name}", file


def _strangers(data: Mapping[Any, Any]) -> Iterator[tuple[str, str, type[BaseModel]]]:
    """Give the keys that nobody knows: where, which, of what."""
    yield from _unknown_keys(data, MappingFile, "")
    parts = data.get("parts")
    for number, part in enumerate(parts if isinstance(parts, list) else ()):
        yield from _unknown_keys(part, PartFile, f"parts.{number}.")
        lookups = part.get("lookups") if isinstance(part, dict) else None
        for name, one in lookups.items() if isinstance(lookups, dict) else ():
            yield from _unknown_keys(one, LookupFile, f"parts.{number}.lookups.{name}.")


def _unknown_keys(
    data: Any,  # noqa: ANN401 - whatever YAML can say
    model: type[BaseModel],
    place: str,
) -> Iterator[tuple[str, str, type[BaseModel]]]:
    for key in data if isinstance(data, dict) else ():
        if key not in model.model_fields:
            yield f"{place}{key}", str(key), model
