"""The houses that are attacked: those of the API's own tests."""

from __future__ import annotations

from tests.unit.api.conftest import house, lab

__all__ = ["house", "lab"]
