"""In which forms a change of a person's identifiers is told."""

from __future__ import annotations

from typing import Literal

Form = Literal["hl7v2", "json"]
