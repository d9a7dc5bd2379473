"""A saved exploration: who keeps which question under which name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved exploration.

    Attributes:
        saved: its number.
        account: whose it is.
        by_name: what he is called.
        name: that he gave it.
        asked: the question, as ``views.SavedQuestion`` says it.
        is_shared: whether whoever has its link opens it.
        saved_at, changed_at: first, and last.
    """

    saved: UUID
    account: UUID
    by_name: str
    name: str
    asked: Mapping[str, str]
    is_shared: bool
    saved_at: datetime
    changed_at: datetime
