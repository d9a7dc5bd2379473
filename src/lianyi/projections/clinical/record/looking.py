"""Why whoever asks sees a patient's record as he does, and opening it in an emergency.

Whether something is masked is decided for each source record: a doctor may treat the patient in one
hospital and not in another, and she may refuse what another has of her. All of it is told, also of
records that are not shown: that there is something which an emergency opens must be known before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from lianyi.projections.care.deciding import Reason
from lianyi.projections.care.relations import TreatmentRelations
from lianyi.projections.clinical.record.views import View
from lianyi.projections.clinical.record.whose import Owners, Source
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.masterdata.questions import Questions, organisation_names
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import current, shows
from lianyi.security.privacy.glasses import Glasses
from lianyi.security.privacy.model import About, Glass, Why
from lianyi.security.privacy.service import Privacy
from lianyi.security.privacy.views import LookView, look_view


class RecordReason(View):
    """One reason why somebody treats the patient, and until when it counts.

    Attributes:
        rule: ``practitioner``: messages name him; ``unit``: his role in the department of the
            place; ``everybody``: his role treats everybody.
        visit: number of the encounter with its authority; empty: messages give none.
        role, role_organisation: by which role and where he has it; empty where messages name him.
        unit: whose patient the place makes; empty where that does not matter.
        since: when the encounter, the stay or his part in it began.
        until: when that ended; None: it goes on.
        counts_until: so long he treats her because of it; None: as long as it goes on.
        position: of the message that said so.
    """

    rule: Literal["practitioner", "unit", "everybody"]
    visit: str
    role: str
    role_organisation: str
    unit: str
    since: datetime
    until: datetime | None
    counts_until: datetime | None
    position: str


class RecordRight(View):
    """How the record of one hospital is seen, and why.

    Attributes:
        authority: that gave the number under which the hospital knows the patient.
        organisation, name: whose record it is; empty: nobody's.
        reasons: every reason why whoever asks treats the patient there; none: he does not.
    """

    authority: str
    organisation: str
    name: str
    look: LookView
    reasons: list[RecordReason]


class RecordLook(View):
    """How whoever asks sees a patient's record.

    Attributes:
        rights: of each of her source records within his reach.
        roles: names of his roles.
        glasses: his own looks in an emergency that open something of it now.
        glass_until: when the last of them ends; None: there is none.
    """

    rights: list[RecordRight]
    roles: list[str]
    glasses: list[UUID]
    glass_until: datetime | None


class RecordLooks:
    """Says how records are seen, and opens them."""

    def __init__(
        self,
        identity: IdentityService,
        masterdata: Questions,
        *,
        privacy: Privacy,
        relations: TreatmentRelations,
        glasses: Glasses,
    ) -> None:
        """Decide with what decides everywhere.

        Args:
            identity: says who is one person.
            masterdata: what organisations are called.
            privacy: how each source record is seen.
            relations: why somebody treats a patient.
            glasses: opens in an emergency.
        """
        self._owners = Owners(identity, privacy)
        self._masterdata = masterdata
        self._privacy = privacy
        self._relations = relations
        self._glasses = glasses

    async def look(self, person: str) -> RecordLook:
        """Return how whoever asks sees a record, and why.

        Args:
            person: her number in the index, or that of any of her records.

        Raises:
            UnreadableId, NoSuchPerson: it leads to nobody within reach.
            ProjectionNotReady: nothing has been learned yet.
        """
        async with self._owners.reading() as (connection, schemas):
            sources = await self._owners.sources(connection, schemas, person)
            looks = await self._privacy.looks(
                [About([one.whose], organisation=one.organisation) for one in sources],
                on=connection,
            )
        reasons = await self._reasons(sources)
        names = await organisation_names(
            self._masterdata, sorted({one.organisation for one in sources})
        )
        open_now = [
            glass
            for glass in await self._glasses.mine()
            if any(glass.opens([one.whose], "") for one in sources)
        ]
        for one in sources:
            shows(one.channel, [one.whose])
        return RecordLook(
            rights=[
                RecordRight(
                    authority=one.whose.rpartition("^")[2],
                    organisation=one.organisation,
                    name=names.get(one.organisation, (one.organisation, ""))[0],
                    look=look_view(look),
                    reasons=reasons[one.whose],
                )
                for one, look in zip(sources, looks, strict=True)
            ],
            roles=sorted(current().actor.roles),
            glasses=[one.glass for one in open_now],
            glass_until=max((one.until for one in open_now), default=None),
        )

    async def open(
        self, person: str, *, reason: str, words: str, minutes: int | None
    ) -> list[Glass]:
        """Let whoever acts now see everything of a person for some minutes.

        What he sees without is left as it is. Each organisation reviews what was opened of its
        own, so each has a look of its own.

        Args:
            person: as in :meth:`look`.
            reason: name of one of the classification's reasons.
            words: what he says.
            minutes: how long; None: as usual.

        Raises:
            UnreadableId, NoSuchPerson: it leads to nobody within reach.
            UnknownReason: the reason is not on the list.
        """
        async with self._owners.reading() as (connection, schemas):
            sources = await self._owners.sources(connection, schemas, person)
            looks = await self._privacy.looks(
                [About([one.whose], organisation=one.organisation) for one in sources],
                on=connection,
            )
        of: dict[str, list[Source]] = defaultdict(list)
        for one, look in zip(sources, looks, strict=True):
            if look.why is Why.GLASS or not look.clear:
                of[one.organisation].append(one)
        return [
            await self._glasses.open_for(
                [one.whose for one in several],
                organisation=organisation,
                channel=several[0].channel,
                reason=reason,
                words=words,
                minutes=minutes,
            )
            for organisation, several in sorted(of.items())
        ]

    async def _reasons(self, sources: Sequence[Source]) -> dict[str, list[RecordReason]]:
        found: dict[str, list[RecordReason]] = defaultdict(list)
        with suppress(ProjectionNotReady):  # nothing is known of encounters: nobody treats anybody
            patients = [one.whose for one in sources]
            told = await self._relations.explain(current().actor, *patients)
            for one in _longest(told.reasons):
                found[one.evidence.asked].append(self._reason(one))
        return found

    def _reason(self, reason: Reason) -> RecordReason:
        told, held = reason.evidence, reason.held
        after = timedelta(days=self._relations.days_after)
        return RecordReason(
            rule=reason.rule.value,
            visit=reason.encounter.visit,
            role=held.role if held else "",
            role_organisation=held.organisation if held else "",
            unit=reason.unit,
            since=told.since,
            until=told.until,
            counts_until=told.until + after if told.until else None,
            position=told.said,
        )


def _longest(reasons: Iterable[Reason]) -> list[Reason]:
    """Return of each encounter and rule the reason that counts longest, the longest first."""
    best: dict[tuple[object, ...], Reason] = {}
    for one in sorted(reasons, key=_length, reverse=True):
        role = one.held.role if one.held else ""
        best.setdefault((one.evidence.asked, one.encounter, one.rule, role), one)
    return list(best.values())


def _length(reason: Reason) -> tuple[bool, float, float]:
    told = reason.evidence
    until = told.until.timestamp() if told.until else 0.0
    return told.until is None, until, told.since.timestamp()
