"""What pydantic says about a definition, in our words: misspelt keys first, in both languages."""

from __future__ import annotations

from collections.abc import Container
from typing import get_args

from pydantic import BaseModel, ValidationError

from lianyi.base.settings import nearest
from lianyi.channels.problems import BadChannel, UnknownKey
from lianyi.channels.reading import Place, Report

_CHINESE = {
    "missing": "缺少必填的键",
    "string_type": "应为文本",
    "string_pattern_mismatch": "应匹配 {pattern}",
    "string_too_long": "至多 {max_length} 个字符",
    "literal_error": "应为 {expected} 之一",
    "int_parsing": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "too_short": "至少需要 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "tuple_type": "应为列表",
    "dict_type": "应为键值对",
    "model_type": "应为键值对",
    "model_attributes_type": "应为键值对",
}


def explain(
    error: ValidationError,
    model: type[BaseModel],
    report: Report,
    place: Place = (),
    *,
    beside: tuple[str, ...] = (),
    nested: bool = False,
    meant: Container[Place] = (),
) -> None:
    """Note every problem that pydantic found; misspelt keys first.

    Args:
        error: what it raised.
        model: the model that was validated.
        report: gets the problems.
        place: of the model in the file.
        beside: keys that may stand beside those of the model.
        nested: the file may hold the model's keys one level deeper, under ``settings``.
        meant: what is not missing, because a misspelt key stands for it.
    """
    found = error.errors(include_url=False, include_input=False)
    suggested: set[Place] = set()
    for problem in found:
        if problem["type"] != "extra_forbidden":
            continue
        loc = tuple(problem["loc"])
        key = str(loc[-1])
        known = [*_keys_at(model, loc[:-1]), *(beside if len(loc) == 1 else ())]
        close = nearest(key, known)
        suggested.add((*loc[:-1], close))
        at = _in_file(loc, place, report, nested=nested)
        report.add(UnknownKey, at, key=key, nearest=close)
    for problem in found:
        loc = tuple(problem["loc"])
        missing = problem["type"] == "missing"
        if problem["type"] == "extra_forbidden" or (
            missing and (loc in suggested or (*place, *loc) in meant)
        ):
            continue
        if any(len(other["loc"]) > len(loc) == _shared(other["loc"], loc) for other in found):
            continue  # what is inside is wrong; that the whole is too, then, helps nobody
        english = problem["msg"].removeprefix("Value error, ")
        english = english[:1].lower() + english[1:]
        chinese = _CHINESE.get(problem["type"], english)
        chinese = chinese.format_map({k: str(v) for k, v in problem.get("ctx", {}).items()})
        at = _in_file(loc, place, report, nested=nested)
        report.add(BadChannel, at, why=english, why_zh=chinese)


def _shared(one: Place, other: Place) -> int:
    """Return how many steps two places have in common from the start."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))


def _in_file(loc: Place, place: Place, report: Report, *, nested: bool) -> Place:
    """Return where in the file something stands that pydantic places at ``loc``.

    pydantic also names the branch of a union that it tried; the file does not.
    """
    at = place
    for n, part in enumerate(loc):
        longer = (*at, part)
        if longer in report.lines:
            at = longer
        elif nested and n == 0 and (*place, "settings", part) in report.lines:
            at = (*place, "settings", part)
        elif n == len(loc) - 1:
            at = longer
    return at


def _keys_at(model: type[BaseModel], loc: Place) -> list[str]:
    """Return the keys that are known at a place of a model, as they are written."""
    kinds: list[type[BaseModel]] = [model]
    for part in loc:
        inner: list[type[BaseModel]] = []
        for kind in kinds:
            for name, field in kind.model_fields.items():
                if part in (field.alias or name, name):
                    inner += _models_in(field.annotation)
        kinds = inner or kinds
    return [f.alias or n for kind in kinds for n, f in kind.model_fields.items()]


def _models_in(annotation: object) -> list[type[BaseModel]]:
    """Return the models that an annotation speaks of: ``tuple[Step, ...]`` speaks of Step."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models_in(part)]
