"""HTTP in, one call of :class:`Queries` or :class:`Actions`, HTTP out. No decision is made here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.channels.queries import Queries
from lianyi.channels.search import MessageSearch
from lianyi.channels.service import Actions
from lianyi.channels.views import (
    Balance,
    ChannelCard,
    ChannelDetail,
    CheckResult,
    DefinitionDetail,
    DeliveryPage,
    DeliveryRow,
    DeliveryState,
    DismissRequest,
    DryRun,
    DryRunRequest,
    Failure,
    GateName,
    ListedState,
    MessagePage,
    MessageTrace,
    Neighbours,
    Overview,
    ReleaseRequest,
    ReplayPage,
    ReplayRequest,
    ReplayView,
    ResendRequest,
)
from lianyi.messagelog.message import Position
from lianyi.security.permissions import needs

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": words}
    for status, words in {
        401: "not signed in",
        403: "refused",
        404: "there is no such thing",
        409: "somebody else acted first",
        422: "the request cannot be understood",
        429: "too many requests",
        500: "an unforeseen failure",
        503: "the database is not available, or the question takes too long",
    }.items()
}

router = APIRouter(responses=REFUSALS)


async def _queries(request: Request) -> Queries:
    found: Queries = request.app.state.queries
    return found


async def _actions(request: Request) -> Actions:
    found: Actions = request.app.state.actions
    return found


async def _position(
    position: Annotated[str, Path(pattern=r"^\d{1,4}-\d{1,18}$", examples=["1-4711"])],
) -> Position:
    return Position.parse(position)


Reads = Annotated[Queries, Depends(_queries)]
Acts = Annotated[Actions, Depends(_actions)]
At = Annotated[Position, Depends(_position)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=400)]
Text = Annotated[str | None, Query(max_length=200)]
VersionNumber = Annotated[int, Path(ge=1, le=2_147_483_647)]
DestinationNumber = Annotated[int, Path(ge=1, le=2_147_483_647)]


@router.get("/overview", tags=["overview"], openapi_extra=needs("overview.read"))
async def get_overview(reads: Reads) -> Overview:
    """Whether everything flows, and if not what hurts most."""
    return await reads.overview()


@router.get("/messages", tags=["messages"], openapi_extra=needs("messages.read"))
async def list_messages(
    reads: Reads,
    q: Text = None,
    channel: Text = None,
    kind: Text = None,
    gate: GateName | None = None,
    state: DeliveryState | None = None,
    from_: Annotated[datetime | None, Query(alias="from")] = None,
    to: datetime | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> MessagePage:
    """Messages, newest first.

    ``q`` is a patient identifier, encounter, order or accession number or control id, exactly as
    sent, the patient identifier with or without ``^authority``; or a position. ``kind`` may end
    in ``*``. Acts of people are listed only when ``kind`` begins with ``act``; but ``q`` without
    ``channel``, ``kind``, ``gate`` and ``state`` also finds what people repaired.
    """
    search = MessageSearch(
        q=q, channel=channel, kind=kind, gate=gate, state=state, since=from_, until=to
    )
    return await reads.list_messages(search, cursor=cursor, limit=limit)


@router.get("/messages/{position}", tags=["messages"], openapi_extra=needs("messages.read"))
async def get_message(reads: Reads, position: At) -> MessageTrace:
    """A message and everything that happened to it."""
    return await reads.trace(position)


@router.get(
    "/messages/{position}/neighbours", tags=["messages"], openapi_extra=needs("messages.read")
)
async def get_neighbours(reads: Reads, position: At) -> Neighbours:
    """The messages of the same patient just before and just after a message."""
    return await reads.neighbours(position)


@router.get(
    "/messages/{position}/body",
    tags=["messages"],
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
    openapi_extra=needs("messages.export"),
)
async def get_body(reads: Reads, position: At) -> Response:
    """The message exactly as it arrived."""
    body = await reads.body(position)
    return Response(
        body,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="message-{position}.bin"'},
    )


@router.get("/deliveries", tags=["deliveries"], openapi_extra=needs("deliveries.read"))
async def list_deliveries(
    reads: Reads,
    state: ListedState | None = None,
    channel: Text = None,
    destination: Text = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeliveryPage:
    """Deliveries that wait or need a person, the longest waiting first."""
    return await reads.list_deliveries(
        state=state, channel=channel, destination=destination, cursor=cursor, limit=limit
    )


@router.post(
    "/deliveries/{destination_id}/{position}/resend",
    tags=["deliveries"],
    openapi_extra=needs("deliveries.decide"),
)
async def resend(
    acts: Acts, destination_id: DestinationNumber, position: At, wanted: ResendRequest
) -> DeliveryRow:
    """Try a parked delivery again, if wanted with a repaired message."""
    return await acts.resend(
        destination_id, position, reason=wanted.reason, repaired=wanted.body_text
    )


@router.post(
    "/deliveries/{destination_id}/{position}/dismiss",
    tags=["deliveries"],
    openapi_extra=needs("deliveries.decide"),
)
async def dismiss(
    acts: Acts, destination_id: DestinationNumber, position: At, wanted: DismissRequest
) -> DeliveryRow:
    """Give a parked delivery up, for a reason; what waited behind it goes on."""
    return await acts.dismiss(destination_id, position, reason=wanted.reason)


@router.post(
    "/held/{position}/release", tags=["deliveries"], openapi_extra=needs("deliveries.decide")
)
async def release_held(acts: Acts, position: At, wanted: ReleaseRequest) -> DeliveryRow:
    """Let a message through that the validation gate holds, if wanted repaired."""
    return await acts.release(position, reason=wanted.reason, repaired=wanted.body_text)


@router.post(
    "/held/{position}/dismiss", tags=["deliveries"], openapi_extra=needs("deliveries.decide")
)
async def dismiss_held(acts: Acts, position: At, wanted: DismissRequest) -> DeliveryRow:
    """Never deliver a message that the validation gate holds, for a reason."""
    return await acts.dismiss_held(position, reason=wanted.reason)


@router.post("/replays/dry-run", tags=["replays"], openapi_extra=needs("replays.run"))
async def dry_run(acts: Acts, wanted: DryRunRequest) -> DryRun:
    """What a replay would do; nothing is sent."""
    return await acts.dry_run(wanted.channel, wanted.destination, wanted.filter)


@router.post("/replays", tags=["replays"], openapi_extra=needs("replays.run"))
async def start_replay(acts: Acts, wanted: ReplayRequest) -> ReplayView:
    """Deliver messages again."""
    return await acts.start_replay(
        wanted.channel,
        wanted.destination,
        wanted.filter,
        rate_per_second=wanted.rate_per_second,
        reason=wanted.reason,
    )


@router.get("/replays", tags=["replays"], openapi_extra=needs("deliveries.read"))
async def list_replays(reads: Reads, cursor: Cursor = None, limit: Limit = 50) -> ReplayPage:
    """Replays, newest first."""
    return await reads.list_replays(cursor=cursor, limit=limit)


@router.post("/replays/{replay_id}/stop", tags=["replays"], openapi_extra=needs("replays.run"))
async def stop_replay(acts: Acts, replay_id: Annotated[str, Path(max_length=40)]) -> ReplayView:
    """Stop a replay; what was delivered stays delivered."""
    return await acts.stop_replay(replay_id)


@router.get("/channels", tags=["channels"], openapi_extra=needs("channels.read"))
async def list_channels(reads: Reads) -> list[ChannelCard]:
    """All channels."""
    return await reads.channels()


@router.get("/channels/{name}", tags=["channels"], openapi_extra=needs("channels.read"))
async def get_channel(reads: Reads, name: str) -> ChannelDetail:
    """A channel with the definition in force and those before it."""
    return await reads.channel(name)


@router.get("/channels/{name}/balances", tags=["channels"], openapi_extra=needs("channels.read"))
async def get_balances(reads: Reads, name: str) -> list[Balance]:
    """Whether all that passed each destination is accounted for."""
    return await reads.balances(name)


@router.get(
    "/channels/{name}/versions/{version}", tags=["channels"], openapi_extra=needs("channels.read")
)
async def get_version(reads: Reads, name: str, version: VersionNumber) -> DefinitionDetail:
    """A definition that a channel has or had, and how it differs from the one in force."""
    return await reads.version(name, version)


@router.post("/channels/{name}/start", tags=["channels"], openapi_extra=needs("channels.run"))
async def start_channel(acts: Acts, name: str) -> ChannelCard:
    """Take messages for a channel."""
    return await acts.set_channel(name, wanted="running")


@router.post("/channels/{name}/stop", tags=["channels"], openapi_extra=needs("channels.run"))
async def stop_channel(acts: Acts, name: str) -> ChannelCard:
    """Take no more messages for a channel; what is in the log is still delivered."""
    return await acts.set_channel(name, wanted="stopped")


@router.post("/channels/{name}/check", tags=["channels"], openapi_extra=needs("channels.read"))
async def check_channel(reads: Reads, name: str) -> CheckResult:
    """Run the examples that a channel's file carries."""
    return await reads.check(name)


@router.post(
    "/channels/{name}/destinations/{destination}/start",
    tags=["channels"],
    openapi_extra=needs("channels.run"),
)
async def start_destination(acts: Acts, name: str, destination: str) -> ChannelCard:
    """Deliver to a destination."""
    return await acts.set_destination(name, destination, wanted="running")


@router.post(
    "/channels/{name}/destinations/{destination}/stop",
    tags=["channels"],
    openapi_extra=needs("channels.run"),
)
async def stop_destination(acts: Acts, name: str, destination: str) -> ChannelCard:
    """Deliver nothing to a destination; its messages wait in the log."""
    return await acts.set_destination(name, destination, wanted="stopped")
