"""Reading ``lianyi.toml``. Each folder declares its own section; this module only reads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from lianyi.base.errors import Category, Fact, LianyiError, Told


class BadSettings(LianyiError):
    """The settings file cannot be used. The platform does not start.

    Attributes:
        problems: everything that is wrong with the settings, this one first.
    """

    code = "LY-1001"
    category = Category.INVALID
    en = Told("cannot start with these settings", "{why}", "correct the file and start again")
    zh = Told("设置文件不可用，平台未启动", "{why}", "改正该文件后重新启动")

    def __init__(self, *, where: str, **facts: Fact) -> None:
        super().__init__(where=where, **facts)
        self.problems: tuple[LianyiError, ...] = (self,)


class UnknownSetting(BadSettings):
    """A section or key that nobody declares: nearly always a misspelling."""

    code = "LY-1002"
    en = Told(
        "cannot start with these settings",
        "unknown key; the nearest known one is '{nearest}'",
        "correct the spelling, or remove the key",
    )
    zh = Told(
        "设置文件不可用，平台未启动",
        "未知的键；最接近的已知键是“{nearest}”",
        "改正拼写，或删除该键",
    )


class Section(BaseModel):
    """Base of every section: frozen, defaults for all keys but the required, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that looks most like ``word``; empty when none comes close."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return close[0] if close else ""


def read_settings(
    path: Path | None, sections: Mapping[str, type[Section]], environment: Mapping[str, str]
) -> dict[str, Section]:
    """Read all sections of a settings file.

    Args:
        path: the TOML file; None means defaults and environment alone.
        sections: section name to its class, as the folders declare them.
        environment: ``LIANYI__SECTION__KEY`` here wins over the file.

    Returns:
        One frozen section for each name in ``sections``.

    Raises:
        UnknownSetting: a section or key that nobody declares; told before all else.
        BadSettings: no TOML, a required key is missing, or a value does not fit.
            Either carries all problems.
    """
    name = path.name if path else "environment"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")) if path else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadSettings(where=name, why=str(error)) from error
    for section, keys in found.items():
        if not isinstance(keys, dict):
            raise BadSettings(where=f"{name}: {section}", why=f"write it in a section [{section}]")
    for variable, value in environment.items():
        parts = variable.lower().split("__")
        if len(parts) == 3 and parts[0] == "lianyi":
            found.setdefault(parts[1], {})[parts[2]] = value
    problems: list[BadSettings] = [
        UnknownSetting(where=f"{name}: [{section}]", nearest=nearest(section, sections))
        for section in sorted(found.keys() - sections.keys())
    ]
    read: dict[str, Section] = {}
    for section, kind in sections.items():
        given = found.get(section, {})
        unknown = sorted(given.keys() - kind.model_fields.keys())
        problems += [
            UnknownSetting(
                where=f"{name}: {section}.{key}", nearest=nearest(key, kind.model_fields)
            )
            for key in unknown
        ]
        try:
            read[section] = kind.model_validate(
                {key: value for key, value in given.items() if key not in unknown}
            )
        except ValidationError as error:
            problems += _does_not_fit(error, f"{name}: {section}", misspelt=unknown)
    if problems:
        problems.sort(key=lambda problem: not isinstance(problem, UnknownSetting))
        problems[0].problems = tuple(problems)
        raise problems[0]
    return read


def _does_not_fit(
    error: ValidationError, where: str, *, misspelt: Sequence[str]
) -> list[BadSettings]:
    """Return what does not fit in a section; a key that is there, but misspelt, is not missing."""
    return [
        BadSettings(where=".".join([where, *map(str, problem["loc"])]), why=problem["msg"].lower())
        for problem in error.errors()
        if problem["type"] != "missing"
        or not any(nearest(key, map(str, problem["loc"])) for key in misspelt)
    ]
