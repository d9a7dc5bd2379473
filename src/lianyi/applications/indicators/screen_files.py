"""Reads what screens are made of: a file of YAML for each, ours or the hospital's own."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lianyi.base.errors import LianyiError
from lianyi.base.plain_yaml import plain_yaml

FILE_BYTES_MAX: Final = 65_536
_REMEMBERED: Final = 64
_Model = TypeVar("_Model", bound=BaseModel)


def parse_screen(
    file: Traversable,
    folder: str,
    name: str,
    *,
    kind: type[_Model],
    key: str,
    bad: type[LianyiError],
) -> _Model:
    """Read one file.

    Args:
        file: which.
        folder: where people look for it.
        name: of the file, without its ending.
        kind: what stands in it.
        key: under which it says its own name.
        bad: raised where it cannot be used.
    """
    place = f"{folder}/{name}.yaml"
    try:
        raw = file.read_bytes()
        if len(raw) > FILE_BYTES_MAX:
            raise bad(where=place, why="it is too long", why_zh="文件过大")
        found: _Model = _understood(raw, kind)
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{place}: {'.'.join(map(str, first['loc']))}"
        raise bad(where=where, why=first["msg"], why_zh=first["msg"]) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise bad(where=place, why="it cannot be read", why_zh="文件无法读取") from error
    if getattr(found, key) != name:
        why, why_zh = "it differs from the name of the file", "与文件名不一致"
        raise bad(where=f"{place}: {key}", why=why, why_zh=why_zh)
    return found


@lru_cache(maxsize=_REMEMBERED)
def _understood(raw: bytes, kind: type[_Model]) -> _Model:
    """Return what a file says; most of the time of a board would else go into its YAML."""
    return kind.model_validate(plain_yaml(raw.decode("utf-8")))
