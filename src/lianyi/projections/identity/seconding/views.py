"""What the JSON API asks and answers about decisions that take two people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from lianyi.projections.identity.views import (
    Asked,
    EvidenceView,
    PersonSummary,
    PersonView,
    Reason,
    RecordKeyView,
    View,
)


class ConfirmDecisionRequest(Asked):
    """A second person confirms; what he adds stands beside the first one's reason."""

    reason: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = ""


class DeclineDecisionRequest(Asked):
    """Whoever proposed it withdraws it, anybody else rejects it."""

    reason: Reason


class ProposedDecision(View):
    """A decision that waits for a second person.

    ``said`` is ``link``, ``never-link``, ``undecided`` or ``replacement-undone``; ``own``: whoever
    asks proposed it; ``records`` are the ones that it names, ``away`` those of them that it parts
    from the others.
    """

    position: str
    said: str
    at: datetime
    actor: str
    reason: str
    own: bool
    persons: list[PersonSummary]
    records: list[RecordKeyView]
    away: list[RecordKeyView]


class ProposedDecisions(View):
    """Decisions that wait for a second person, the oldest first."""

    items: list[ProposedDecision]


class ProposedDecisionDetail(View):
    """A decision that waits, the persons that it speaks of, and what speaks for or against it."""

    decision: ProposedDecision
    persons: list[PersonView]
    evidence: list[EvidenceView]


class DeclinedView(View):
    """A proposal was withdrawn by whoever made it, or rejected."""

    position: str
    how: str
