"""What stands in a row of a view. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lianyi.formats.fhir import json_text

Row = Mapping[str, Any]
"""By name of the column; JSON values."""


def as_text(value: Any) -> str | None:  # noqa: ANN401 - JSON of any kind
    """Return a value as text; what is no text as its JSON; None: there is none."""
    if value is None or isinstance(value, str):
        return value
    return json_text.write({"v": value})[5:-1].decode()
