"""Files of ``content/``: what is wrong with one is said in the same words, whatever it holds.

Each step takes the place that an error names, and the error that it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lianyi.base.errors import LianyiError
from lianyi.base.plain_yaml import plain_yaml
from lianyi.base.settings import nearest

FILE_BYTES_MAX: Final = 262_144
Bad = Callable[..., LianyiError]
"""What is raised: a class of errors with ``why`` and ``why_zh``."""
_Model = TypeVar("_Model", bound=BaseModel)
NOT_ITS_NAME: Final = {"why": "it differs from the name of the file", "why_zh": "与文件名不一致"}
"""Said where a file calls what it holds otherwise than itself."""


def stamps(files: Iterable[Path]) -> list[tuple[str, int, int]]:
    """Return what changes when one of some files does: their names, times and lengths."""
    stats = [(str(one), one.stat()) for one in files]
    return [(name, stat.st_mtime_ns, stat.st_size) for name, stat in stats]


def files_by_name(shipped: Traversable, own: Path) -> dict[str, Traversable]:
    """Return YAML files by their stems: those that the product brings, and a hospital's own.

    Args:
        shipped: a folder of the product.
        own: a folder of the hospital, which need not be there; its files take the place of ours.
    """
    found = {one.name: one for one in shipped.iterdir()}
    if own.is_dir():
        found |= {one.name: one for one in own.iterdir() if one.is_file()}
    return {
        name.removesuffix(".yaml"): one
        for name, one in sorted(found.items())
        if name.endswith(".yaml")
    }


def text_of(file: Traversable, place: str, bad: Bad, *, bytes_max: int = FILE_BYTES_MAX) -> str:
    """Return the text of a file; raises ``bad`` where it cannot be read, or is too long."""
    try:
        raw = file.read_bytes()
        if len(raw) > bytes_max:
            raise bad(where=place, why="it is too long", why_zh="文件过大")
        return raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise bad(where=place, why="it cannot be read", why_zh="文件无法读取") from error


def keys_of(text: str, place: str, bad: Bad) -> dict[Any, Any]:
    """Return the keys and values of a text of YAML; raises ``bad``, with the line where it can."""
    try:
        data = plain_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{place}: line {mark.line + 1}" if mark else place
        raise bad(where=where, why="it is no YAML", why_zh="不是有效的 YAML") from error
    if not isinstance(data, dict):
        raise bad(where=place, why="it is no list of keys", why_zh="内容不是键值")
    return data


def as_model(
    data: Mapping[Any, Any],
    kind: type[_Model],
    place: str,
    bad: Bad,
    *,
    joint: str = ": ",
) -> _Model:
    """Return data as a model; raises ``bad`` with the first key that does not fit.

    Args:
        data: keys and values.
        kind: the model.
        place: of the data, for errors.
        bad: raised where they do not fit.
        joint: stands between the place and the key.
    """
    try:
        return kind.model_validate(dict(data))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        where = f"{place}{joint}{key}" if key else place
        raise bad(where=where, why=first["msg"], why_zh=first["msg"]) from error


def strangers(
    data: Mapping[Any, Any],
    model: type[BaseModel],
    within: Mapping[str, type[BaseModel]],
    place: str = "",
) -> Iterator[tuple[str, str, type[BaseModel]]]:
    """Give the keys that nobody knows: where, which, of what.

    Args:
        data: as it stands in a file.
        model: what it should be.
        within: what should stand below a key.
        place: of the data in the file.
    """
    for key, value in data.items():
        here = f"{place}.{key}".lstrip(".")
        if key not in model.model_fields:
            yield here, str(key), model
            continue
        for number, one in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(one, dict) and key in within:
                inner = f"{here}.{number}" if isinstance(value, list) else here
                yield from strangers(one, within[key], within, inner)


def unknown(word: str, known: Iterable[str]) -> dict[str, str]:
    """Say that a word is unknown, and which known one is nearest, in both languages."""
    close = nearest(word, known)
    nearest_en = f"; the nearest known one is '{close}'" if close else ""
    nearest_zh = f"；最接近的是“{close}”" if close else ""
    return {
        "why": f"unknown '{word[:60]}'{nearest_en}",
        "why_zh": f"未知的“{word[:60]}”{nearest_zh}",
    }
