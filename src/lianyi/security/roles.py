"""Reading roles: those that the product brings, and what a hospital made of them.

A file ``content/roles/<name>.yaml`` takes the place of the shipped role of that name.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field

from lianyi.base.content_files import (
    NOT_ITS_NAME,
    as_model,
    keys_of,
    stamps,
    strangers,
    text_of,
    unknown,
)
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.security.model import Purpose, Role
from lianyi.security.permissions import PERMISSIONS

FOLDER = "roles"
FILE_BYTES_MAX = 65_536

log = structlog.get_logger(__name__)


class BadRole(LianyiError):
    """A file that should describe a role does not."""

    code = "LY-1801"
    category = Category.INVALID
    en = Told(
        "cannot use this role", "{why}", "correct the file; the role gives nothing until then"
    )
    zh = Told("角色定义不可用", "{why_zh}", "改正该文件；在此之前该角色不授予任何权限")


class _Title(BaseModel):
    model_config = ConfigDict(extra="forbid")
    zh: str = Field(min_length=1, max_length=100)
    en: str = Field(min_length=1, max_length=100)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    role: str = Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")
    title: _Title
    permissions: list[str]
    excludes: list[str] = []
    purpose: Purpose = Purpose.OPERATIONS
    purposes: list[Purpose] = []
    second_factor: bool = False
    treats: Literal["unit", "everybody", "always"] = "unit"


def parse_role(text: str, name: str) -> Role:
    """Read one role.

    Args:
        text: YAML.
        name: of the file, for errors; its stem is the name of the role.

    Raises:
        BadRole: with what is wrong first, an unknown key before all else.
    """
    data = keys_of(text, name, BadRole)
    for _, word, model in strangers(data, _File, {}):
        raise BadRole(where=name, **unknown(word, model.model_fields))
    file = as_model(data, _File, name, BadRole)
    if file.role != Path(name).stem:
        raise BadRole(where=f"{name}: role", **NOT_ITS_NAME)
    for permission in file.permissions:
        if permission not in PERMISSIONS:
            raise BadRole(where=f"{name}: permissions", **unknown(permission, PERMISSIONS))
    return Role(
        file.role,
        file.title.zh,
        file.title.en,
        frozenset(file.permissions),
        frozenset(file.excludes),
        file.purpose,
        file.second_factor,
        frozenset(file.purposes),
        file.treats != "unit",
        file.treats == "always",
    )


def read_roles(content_dir: Path) -> tuple[dict[str, Role], list[LianyiError]]:
    """Return the roles by name, and what is wrong with the files of the others."""
    shipped = importlib.resources.files("lianyi.security") / FOLDER
    files: dict[str, Traversable] = {one.name: one for one in shipped.iterdir()}
    own = content_dir / FOLDER
    files |= {path.name: path for path in sorted(own.glob("*.yaml"))}
    roles: dict[str, Role] = {}
    problems: list[LianyiError] = []
    for name, file in sorted(files.items()):
        if not name.endswith(".yaml"):
            continue
        try:
            role = parse_role(text_of(file, name, BadRole, bytes_max=FILE_BYTES_MAX), name)
        except BadRole as problem:
            problems.append(problem)
        else:
            roles[role.name] = role
    for found in problems:
        log.warning("role.refused", where=str(found.where))
    return roles, problems


class RoleBook:
    """The roles as the files are now; looked at anew when a file has changed."""

    def __init__(self, content_dir: Path) -> None:
        self._content_dir = content_dir
        self._stamp: object = None
        self._roles: dict[str, Role] = {}
        self._problems: list[LianyiError] = []

    def refresh(self) -> bool:
        """Look at the files; True when something has changed."""
        stamp = stamps((self._content_dir / FOLDER).glob("*.yaml"))
        if stamp == self._stamp:
            return False
        self._roles, self._problems = read_roles(self._content_dir)
        self._stamp = stamp
        return True

    @property
    def roles(self) -> Mapping[str, Role]:
        """The roles by name."""
        if self._stamp is None:
            self.refresh()
        return self._roles

    @property
    def problems(self) -> list[LianyiError]:
        """What is wrong with files."""
        return self._problems
