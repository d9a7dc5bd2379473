"""One assigning authority under several names: by name, by OID, as it was called before. Pure.

A hospital that was renamed, and one of whose systems writes PID-3.4 as a name and another as an
OID, still has one patient under one number. Which names are one authority's is data that people
keep (``content/identity/authorities.yaml``); what systems wrote stays as they wrote it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.systems import authority_from

FILE: Final = Path("identity", "authorities.yaml")
NAMES_MAX: Final = 2_000
NAME_CHARACTERS_MAX: Final = 250


class UnusableAuthorities(LianyiError):
    """The file of the names of authorities does not say what it must say."""

    code = "LY-2170"
    category = Category.INVALID
    en = Told(
        "cannot use the names of assigning authorities",
        "{why}",
        "correct content/identity/authorities.yaml; each name stands in it once",
    )
    zh = Told(
        "无法使用分配机构的名称表",
        "{why_zh}",
        "请修改 content/identity/authorities.yaml；每个名称只能出现一次",
    )


class _Authority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One authority: what it is called here, and what else systems call it."""

    name: str
    also: tuple[str, ...]
    why: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    authorities: tuple[_Authority, ...] = ()


class Authorities:
    """Which names are one authority's.

    Attributes:
        known: each name of an authority that has several, its own among them, to its own.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self.known: Final = dict(known or {})

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for name, own in sorted(self.known.items(), key=lambda one: (one[0] != one[1], one[0])):
            found.setdefault(own, []).append(name)
        return {own: tuple(names) for own, names in found.items()}

    def own(self, name: str) -> str:
        """Return what an authority is called here."""
        return self.known.get(name, name)

    def names(self, name: str) -> tuple[str, ...]:
        """Return all its names, its own first."""
        return self._names.get(self.own(name), (name,))

    def keys(self, key: RecordKey) -> list[RecordKey]:
        """Return what a record may be called, as it is called now first."""
        source, mrn = key
        return [key, *((name, mrn) for name in self.names(source) if name != source)]

    def all_of(self, names: Collection[str]) -> frozenset[str]:
        """Return some authorities under all their names."""
        return frozenset(one for name in names for one in self.names(name))

    def spread(self, values: Mapping[str, int]) -> dict[str, int]:
        """Give all names of an authority what was said of one of them."""
        return {one: value for name, value in values.items() for one in self.names(name)} | dict(
            values
        )


def read_authorities(text: str | bytes, *, where: str) -> Authorities:
    """Read the file of the names.

    Args:
        text: YAML.
        where: file name for the error.

    Raises:
        UnusableAuthorities: a key is unknown, a name is empty, too long or stands there twice.
    """
    try:
        said = msgspec.yaml.decode(text or b"{}", type=_File | None) or _File()
    except msgspec.MsgspecError as error:
        raise UnusableAuthorities(
            where=where, why=str(error), why_zh=f"内容不符合格式（{error}）"
        ) from error
    known: dict[str, str] = {}
    for one in said.authorities:
        own = authority_from(one.name.strip())
        for name in (own, *(authority_from(other.strip()) for other in one.also)):
            if not name or len(name) > NAME_CHARACTERS_MAX:
                raise UnusableAuthorities(
                    where=where, why="a name is empty or too long", why_zh="名称为空或过长"
                )
            if name in known:
                raise UnusableAuthorities(
                    where=where,
                    why=f"'{name}' stands there twice",
                    why_zh=f"“{name}”出现了两次",
                )
            known[name] = own
    if len(known) > NAMES_MAX:
        raise UnusableAuthorities(
            where=where,
            why=f"there are more than {NAMES_MAX} names",
            why_zh=f"名称超过 {NAMES_MAX} 个",
        )
    return Authorities(known)


def authorities_in(content_dir: Path) -> Authorities:
    """Read the names that the hospital keeps; a hospital without the file has none.

    Raises:
        UnusableAuthorities: see ``read_authorities``.
    """
    file = content_dir / FILE
    return read_authorities(file.read_bytes(), where=file.name) if file.is_file() else Authorities()
