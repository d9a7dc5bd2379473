"""Codes that no table maps, as the API shows them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class UncodedView(BaseModel):
    """A code that a sender uses and no table maps.

    Attributes:
        field: where it stands: ``OBX-8``.
        codes: the code map that does not know it; empty: it is a code of the sender's own.
        system: URI; may be empty.
        messages: how many use it.
        first, last: positions of the first and the last of them.
        row: what to add to ``content/clinical/hl7v2/codes.csv`` when it is known what the code
            means, its target left out; empty where no code map is asked.
    """

    channel: str
    organisation: str
    sender: str
    field: str
    codes: str
    system: str
    code: str
    display: str
    messages: int
    first_at: datetime
    first: str
    last_at: datetime
    last: str
    row: str


class UncodedPage(BaseModel):
    """A page of them, those first that most messages use."""

    items: list[UncodedView]
    total: int
