"""Reading forms: those that the product brings, and those of the hospital.

A file ``content/forms/<form>.yaml`` takes the place of the shipped one of that name. A file with
an error is refused alone, with file, key and the nearest right name; the others go on.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from lianyi.applications.indicators.forms.model import Edition, Form, Line
from lianyi.applications.indicators.forms.problems import BadForm
from lianyi.applications.indicators.model import Indicator, Origin, Title
from lianyi.base.content_files import (
    NOT_ITS_NAME,
    as_model,
    files_by_name,
    keys_of,
    strangers,
    text_of,
    unknown,
)

FOLDER: Final = "forms"
_WITHIN: Final[Mapping[str, type[BaseModel]]] = {
    "name": Title,
    "authority": Title,
    "section": Title,
    "missing": Title,
    "source": Origin,
    "editions": Edition,
    "lines": Line,
}


def read_forms(
    content_dir: Path, indicators: Mapping[str, Indicator]
) -> tuple[dict[str, Form], list[BadForm]]:
    """Return the forms by name, and what is wrong with the files of the others.

    Args:
        content_dir: of the hospital.
        indicators: that its lines may name.
    """
    files = files_by_name(importlib.resources.files(__package__ or ""), content_dir / FOLDER)
    found: dict[str, Form] = {}
    problems: list[BadForm] = []
    for stem, file in files.items():
        name = f"{stem}.yaml"
        try:
            one = parse_form(text_of(file, f"{FOLDER}/{name}", BadForm), name, indicators)
        except BadForm as problem:
            problems.append(problem)
        else:
            found[one.form] = one
    return found, problems


def parse_form(text: str, name: str, indicators: Mapping[str, Indicator]) -> Form:
    """Read one form.

    Args:
        text: YAML.
        name: of the file; its stem is the name of the form.
        indicators: that its lines may name.

    Raises:
        BadForm: with what is wrong first, an unknown key before all else.
    """
    found = _parsed(text, name)
    for where, said in _faults(found, indicators):
        raise BadForm(where=f"{FOLDER}/{name}: {where}", **said)
    return found


@lru_cache(maxsize=200)
def _parsed(text: str, name: str) -> Form:
    """Read one form without a look at what its lines name; the same text is read once."""
    place = f"{FOLDER}/{name}"
    data = keys_of(text, place, BadForm)
    for where, word, model in strangers(data, Form, _WITHIN):
        raise BadForm(where=f"{place}: {where}", **unknown(word, model.model_fields))
    found = as_model(data, Form, place, BadForm)
    if found.form != Path(name).stem:
        raise BadForm(where=f"{place}: form", **NOT_ITS_NAME)
    return found


def _faults(
    form: Form, indicators: Mapping[str, Indicator]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Give what lines name that there is not: where, and in words."""
    for at, edition in enumerate(form.editions):
        for number, line in enumerate(edition.lines):
            place = f"editions.{at}.lines.{number}"
            if not line.indicator:
                continue
            indicator = indicators.get(line.indicator)
            if indicator is None:
                yield f"{place}.indicator", unknown(line.indicator, indicators)
                continue
            names = [one.caliber for one in indicator.calibers]
            name = line.caliber or names[0]
            if name not in names:
                yield f"{place}.caliber", unknown(name, names)
            elif line.side == "denominator" and not any(
                one.denominator or one.by_form for one in indicator.calibers if one.caliber == name
            ):
                yield (
                    f"{place}.side",
                    {
                        "why": f"{line.indicator} {name} has no denominator",
                        "why_zh": f"{line.indicator} 的口径 {name} 没有分母",
                    },
                )
