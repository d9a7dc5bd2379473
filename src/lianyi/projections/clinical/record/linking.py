"""Links to one patient's record for a user of another system (界面集成)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from lianyi.projections.clinical.record.whose import Owners
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.problems import NoSuchPerson
from lianyi.projections.identity.service import IdentityService
from lianyi.security.access import shows
from lianyi.security.links.service import Links, MadeLink
from lianyi.security.model import Purpose
from lianyi.security.privacy.service import Privacy
from lianyi.security.views import View, Wish

PAGE = "/embed/record"


class NewLink(Wish):
    """For whom a link is wanted, to whose record.

    Attributes:
        patient: ``value^authority``, as messages of the system write it.
        user: name of the account of whoever looks.
        purpose: for which he looks; None: that of his roles.
    """

    patient: Annotated[str, Field(pattern=r"^[^\^\x00]{1,100}\^[^\^\x00]{1,100}$")]
    user: Annotated[str, Field(min_length=1, max_length=64)]
    purpose: Purpose | None = None


class LinkView(View):
    """A link to a patient's record.

    Attributes:
        address: opens the record once, in a page or a frame.
        expires_at: until when.
    """

    address: str
    expires_at: datetime


class RecordLinks:
    """Makes links to records."""

    def __init__(
        self, identity: IdentityService, *, privacy: Privacy, links: Links, base: str
    ) -> None:
        """Find whose record it is with the index.

        Args:
            identity: says who is one person.
            privacy: says how patients are seen.
            links: makes the link.
            base: address of the platform as users reach it.
        """
        self._owners = Owners(identity, privacy)
        self._links = links
        self._base = base

    async def make(self, wanted: NewLink) -> LinkView:
        """Return a link to a record within the reach of the system that asks; see :meth:`give`."""
        made = await self.give(wanted)
        address = f"{self._base}{PAGE}#link={made.shown.reveal()}"
        return LinkView(address=address, expires_at=made.expires_at)

    async def give(self, wanted: NewLink) -> MadeLink:
        """Return a link to a record within the reach of the system that asks.

        Raises:
            NoSuchPerson: there is no such patient within its reach.
            NotForThisUser: its user may not look.
            ProjectionNotReady: nothing has been learned yet.
        """
        mrn, _, authority = wanted.patient.rpartition("^")
        record = shown(record_id(authority, mrn))
        async with self._owners.reading() as (connection, schemas):
            sources = await self._owners.sources(connection, schemas, record)
        own = next((one for one in sources if one.whose == wanted.patient), None)
        if own is None:  # other hospitals' records of the person are no business of this one
            raise NoSuchPerson(where="patient")
        shows(own.channel, [own.whose])
        return await self._links.make(
            user=wanted.user,
            record=record,
            purpose=wanted.purpose,
            channel=own.channel,
            whose=[own.whose],
        )
