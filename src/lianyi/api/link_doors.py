"""Where the page that another system holds in a frame opens the link that it was given."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import Field

from lianyi.api.guard import Gatekeeper, address_of
from lianyi.base.sensitive import Sensitive
from lianyi.security.links.problems import UnknownLink
from lianyi.security.permissions import ANYBODY, needs
from lianyi.security.views import View, Wish

router = APIRouter(tags=["record"])


class OpenLink(Wish):
    """What stands behind ``#link=`` in the address of a link."""

    link: str = Field(max_length=200)


class LinkOpened(View):
    """What a link opened.

    Attributes:
        token: sent as ``Authorization: Bearer`` with what the page asks; it opens one record.
        person: number of that record.
        ends_at: when it ends.
    """

    token: str
    person: str
    ends_at: datetime


@router.post("/record/links/open", openapi_extra=needs(ANYBODY))
async def open_record_link(request: Request, wanted: OpenLink) -> LinkOpened:
    """Open a link, once: whoever brings it sees one record as the user it was made for."""
    keeper: Gatekeeper = request.app.state.keeper
    address = address_of(request.scope)
    keeper.let_try(address)
    try:
        opened = await keeper.links.open(
            Sensitive(wanted.link),
            address=address,
            agent=request.headers.get("user-agent", ""),
        )
    except UnknownLink:
        keeper.count(address)
        raise
    return LinkOpened(token=opened.shown.reveal(), person=opened.record, ends_at=opened.ends_at)
