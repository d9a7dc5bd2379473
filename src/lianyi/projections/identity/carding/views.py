"""What the JSON API asks and answers about cards."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from lianyi.projections.identity.registration import IdKind
from lianyi.projections.identity.views import (
    Asked,
    Key,
    PersonSummary,
    Reason,
    RecordKeyIn,
    Text,
    View,
)

CardKind = Literal[
    IdKind.HEALTH_CARD,
    IdKind.E_HEALTH_CARD,
    IdKind.INSURANCE,
    IdKind.SOCIAL_SECURITY,
    IdKind.HOSPITAL_CARD,
]


class CardRequest(Asked):
    """Say of a card of a record whether it counts; one that is not known yet is added.

    ``replaced_by`` is the number of the card that took its place, and becomes one of the record.
    """

    record: RecordKeyIn
    kind: CardKind
    value: Key
    issuer: Text = ""
    status: Literal["active", "lost", "cancelled", "replaced"]
    valid_from: date | None = None
    valid_until: date | None = None
    replaced_by: Annotated[str, Field(max_length=100, pattern=r"^[^\x00\^]*$")] = ""
    reason: Reason


class ResolveRequest(Asked):
    """Say whose code this is; ``authority`` empty: judged by the form of the code."""

    token: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]+$")]
    authority: Text = ""


class ResolvedCard(View):
    """The lasting number behind a code, and the persons who have it.

    ``state`` is what its issuer says of it; only an ``active`` card proves who shows it.
    """

    authority: str
    kind: str
    value: str
    issuer: str
    state: str
    valid_until: date | None
    name: str
    born: date | None
    persons: list[PersonSummary]
