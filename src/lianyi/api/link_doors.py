"""Where the page that another system holds in a frame opens a link, or takes a launch (SMART)."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import Field

from lianyi.api.failures import status_of
from lianyi.api.guard import Gatekeeper, address_of
from lianyi.base.errors import LianyiError
from lianyi.base.sensitive import Sensitive
from lianyi.projections.clinical.record.launching import RecordLaunches
from lianyi.security.links.problems import UnknownLink
from lianyi.security.links.service import OpenedLink
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
    keeper, address = _trying(request)
    try:
        opened = await keeper.links.open(
            Sensitive(wanted.link),
            address=address,
            agent=request.headers.get("user-agent", ""),
        )
    except UnknownLink:
        keeper.count(address)
        raise
    return _view(opened)


class RecordLaunch(Wish):
    """A launch of another system, as it stands in the address that it opened.

    Attributes:
        iss: address of the FHIR server of the system.
        launch: its handle.
    """

    iss: str = Field(max_length=500)
    launch: str = Field(max_length=2000)


class LaunchBegun(View):
    """Where the page goes on.

    Attributes:
        system: whose launch it is; sent back at the end.
        address: of the system; the page goes there.
        binding: kept by the page, and sent back at the end.
    """

    system: str
    address: str
    binding: str


class LaunchAnswer(Wish):
    """What the other system sent the page back with.

    Attributes:
        system, binding: of :class:`LaunchBegun`.
        state, code, iss, error: of the address; empty: it says nothing of the kind.
    """

    system: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    binding: str = Field(max_length=64)
    state: str = Field(max_length=200)
    code: str = Field(default="", max_length=4000)
    iss: str | None = Field(default=None, max_length=500)
    error: str = Field(default="", max_length=200)


@router.post("/record/launches", openapi_extra=needs(ANYBODY))
async def begin_record_launch(request: Request, wanted: RecordLaunch) -> LaunchBegun:
    """Take a launch of another system (SMART App Launch): say where its page goes on."""
    keeper, address = _trying(request)
    try:
        begun = await _launches(request).begin(wanted.iss, wanted.launch)
    except LianyiError as failure:
        raise _counted(keeper, address, failure) from None
    return LaunchBegun(system=begun.system, address=begun.away.url, binding=begun.away.binding)


@router.post("/record/launches/finish", openapi_extra=needs(ANYBODY))
async def finish_record_launch(request: Request, wanted: LaunchAnswer) -> LinkOpened:
    """Finish a launch, once: its user sees the record of its patient."""
    keeper, address = _trying(request)
    said = {name: getattr(wanted, name) for name in ("state", "code", "iss", "error")}
    try:
        opened = await _launches(request).finish(
            wanted.system,
            {name: text for name, text in said.items() if text},
            binding=wanted.binding,
            address=address,
            agent=request.headers.get("user-agent", ""),
        )
    except LianyiError as failure:
        raise _counted(keeper, address, failure) from None
    return _view(opened)


def _launches(request: Request) -> RecordLaunches:
    found: RecordLaunches = request.app.state.record_launches
    return found


def _trying(request: Request) -> tuple[Gatekeeper, str]:
    keeper: Gatekeeper = request.app.state.keeper
    address = address_of(request.scope)
    keeper.let_try(address)
    return keeper, address


def _counted(keeper: Gatekeeper, address: str, failure: LianyiError) -> LianyiError:
    if status_of(failure) in {401, 403}:
        keeper.count(address)
    return failure


def _view(opened: OpenedLink) -> LinkOpened:
    return LinkOpened(token=opened.shown.reveal(), person=opened.record, ends_at=opened.ends_at)
