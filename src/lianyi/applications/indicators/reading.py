"""Reading indicators: those that the product brings, and those of the hospital.

A file ``content/indicators/<code>.yaml`` takes the place of the shipped one of that code. A file
with an error is refused alone, with file, key and the nearest right name; the others go on.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import BaseModel

from lianyi.applications.indicators.failures import BadIndicator, BadPredicate
from lianyi.applications.indicators.model import Caliber, Indicator, Origin, Part, Title
from lianyi.applications.indicators.predicates import parse_predicate
from lianyi.base.content_files import NOT_ITS_NAME, as_model, keys_of, strangers, text_of, unknown
from lianyi.projections.operational.star import NUMBERS, Kind, star

FOLDER = "indicators"
LIBRARY = "library"


@lru_cache(maxsize=2_000)
def parse_indicator(text: str, name: str) -> Indicator:
    """Read one indicator; the same text is read once.

    Args:
        text: YAML.
        name: of the file, for errors; its stem is the code.

    Raises:
        BadIndicator: with what is wrong first, an unknown key before all else.
    """
    data = keys_of(text, name, BadIndicator)
    for place, word, model in strangers(data, Indicator, _WITHIN):
        raise BadIndicator(where=f"{name}: {place}", **unknown(word, model.model_fields))
    found = as_model(data, Indicator, name, BadIndicator)
    if found.indicator != Path(name).stem:
        raise BadIndicator(where=f"{name}: indicator", **NOT_ITS_NAME)
    _check(found, name)
    return found


def read_indicators(content_dir: Path) -> tuple[dict[str, Indicator], list[BadIndicator]]:
    """Return the indicators by code, and what is wrong with the files of the others."""
    shipped = importlib.resources.files(__package__ or "") / LIBRARY
    files = {one.name: one for one in _files(shipped)}
    own = content_dir / FOLDER
    if own.is_dir():
        files |= {path.name: path for path in sorted(own.rglob("*.yaml"))}
    found: dict[str, Indicator] = {}
    problems: list[BadIndicator] = []
    for name, file in sorted(files.items()):
        try:
            one = parse_indicator(text_of(file, name, BadIndicator), name)
        except BadIndicator as problem:
            problems.append(problem)
        else:
            found[one.indicator] = one
    return found, problems


def _files(folder: Traversable) -> Iterator[Traversable]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _files(one)
        elif one.name.endswith(".yaml"):
            yield one


_WITHIN: Mapping[str, type[BaseModel]] = {
    "name": Title,
    "title": Title,
    "source": Origin,
    "calibers": Caliber,
    "numerator": Part,
    "denominator": Part,
}


def _check(indicator: Indicator, name: str) -> None:
    """Look whether everything that is named exists in the star, and is of the right kind."""
    for number, caliber in enumerate(indicator.calibers):
        for part_name in ("numerator", "denominator"):
            part = getattr(caliber, part_name)
            if part is not None:
                _check_part(part, f"{name}: calibers.{number}.{part_name}")
    facts = {part.fact for one in indicator.calibers for part in one.parts()}
    columns = {column for fact in facts for column in star()[fact].columns}
    for column in indicator.drill if facts else ():
        if column not in columns:
            raise BadIndicator(where=f"{name}: drill", **unknown(column, columns))


def _check_part(part: Part, place: str) -> None:
    if part.fact not in star():
        raise BadIndicator(where=f"{place}.fact", **unknown(part.fact, star()))
    fact = part.of_fact
    for key, kind in (("time", Kind.INSTANT), ("department", Kind.DEPARTMENT)):
        if (word := getattr(part, key)) not in (known := fact.of_kind(kind)):
            raise BadIndicator(where=f"{place}.{key}", **unknown(word, known))
    for key in ("where", "known_by"):
        try:
            parse_predicate(getattr(part, key), fact)
        except BadPredicate as error:
            raise BadIndicator(
                where=f"{place}.{key}, character {error.where}", **_reasons(error)
            ) from error
    if part.aggregate == "rows":
        if part.of:
            raise BadIndicator(
                where=f"{place}.of", why="rows are counted, of nothing", why_zh="计行数时不填 of"
            )
        return
    if part.aggregate == "sum" and "(" in part.of:
        try:
            _ = part.span
        except BadPredicate as error:
            raise BadIndicator(
                where=f"{place}.of, character {error.where}", **_reasons(error)
            ) from error
        return
    if part.adds_days:
        return
    if part.of not in fact.columns:
        raise BadIndicator(where=f"{place}.of", **unknown(part.of, fact.columns))
    if part.aggregate == "sum" and fact.columns[part.of].kind not in NUMBERS:
        raise BadIndicator(
            where=f"{place}.of", why=f"{part.of} is no number", why_zh=f"{part.of} 不是数值"
        )


def _reasons(error: BadPredicate) -> dict[str, str]:
    return {name: str(error.facts.get(name, "")) for name in ("why", "why_zh")}
