"""Reads what screens are made of: a file of YAML for each, ours or the hospital's own."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Final, TypeVar

from pydantic import BaseModel

from lianyi.base.content_files import NOT_ITS_NAME, Bad, as_model, keys_of, text_of

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
    bad: Bad,
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
    found: _Model = _understood(
        text_of(file, place, bad, bytes_max=FILE_BYTES_MAX), place, kind, bad
    )
    if getattr(found, key) != name:
        raise bad(where=f"{place}: {key}", **NOT_ITS_NAME)
    return found


@lru_cache(maxsize=_REMEMBERED)
def _understood(text: str, place: str, kind: type[_Model], bad: Bad) -> _Model:
    """Return what a file says; most of the time of a board would else go into its YAML."""
    return as_model(keys_of(text, place, bad), kind, place, bad)
