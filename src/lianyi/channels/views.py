"""What the console's JSON API answers about channels, messages and deliveries.

These models are the contract with ``web/``: their OpenAPI document is committed as
``web/openapi.json`` and the console's types are generated from it. Instants are UTC, positions
are text such as ``1-4711``, names of channels and destinations are those of the definitions.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lianyi.base.errors import LianyiError, from_record
from lianyi.security.privacy.model import Domain, Sharing
from lianyi.security.privacy.views import LookView
from lianyi.security.views import Wish

PositionText = Annotated[str, StringConstraints(pattern=r"^\d{1,4}-\d{1,18}$")]

CategoryName = Literal[
    "invalid",
    "forbidden",
    "not_found",
    "conflict",
    "unsupported",
    "busy",
    "unavailable",
    "internal",
]
GateName = Literal["accept", "warn", "hold"]
Wanted = Literal["running", "stopped"]
ChannelState = Literal["running", "stopped", "faulty", "retired"]
DestinationState = Literal["flowing", "idle", "slow", "down", "poison", "overloaded", "stopped"]
Breaker = Literal["closed", "open", "half_open"]
DeliveryState = Literal[
    "delivered", "waiting", "parked", "behind", "filtered", "queued", "dismissed", "held"
]
ListedState = Literal["parked", "waiting", "behind", "held"]
KeyKind = Literal["patient", "encounter", "order", "accession", "control"]
AttemptOutcome = Literal["delivered", "refused", "no_answer", "cannot_transform"]
ReplayState = Literal["running", "stopping", "stopped", "finished"]


class View(BaseModel):
    """Base of everything the API answers."""

    model_config = ConfigDict(frozen=True)


class Request(Wish, BaseModel):
    """Base of everything the API takes; a misspelt key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ---- failures -----------------------------------------------------------------------------------


class Words(View):
    """A failure in one language: what failed, why, what to do next."""

    what: str
    why: str
    next_step: str


class Problem(View):
    """A failure in both languages."""

    code: str
    category: CategoryName
    where: str
    zh: Words
    en: Words


class Failure(View):
    """The body of every answer that is not 2xx."""

    error: Problem


def problem_of(failure: LianyiError) -> Problem:
    """Return a failure as the API shows it."""
    return Problem.model_validate(problem_facts(failure))


def problem_facts(failure: LianyiError) -> dict[str, Any]:
    """Return the fields of :class:`Problem` for a failure."""
    return {
        "code": failure.code,
        "category": failure.category.name.lower(),
        "where": failure.where,
        "zh": failure.told("zh")._asdict(),
        "en": failure.told("en")._asdict(),
    }


def problem_of_record(record: dict[str, Any] | None) -> Problem | None:
    """Return a stored failure as the API shows it; None for none."""
    return problem_of(from_record(record)) if record and "code" in record else None


# ---- messages -----------------------------------------------------------------------------------


class Key(View):
    """One thing by which a message is found. ``authority`` is only given for patients."""

    kind: KeyKind
    value: str
    authority: str | None


class DeliveryMark(View):
    """How a message fares with one destination; ``destination`` is empty for the gate."""

    destination: str
    destination_id: int
    state: DeliveryState


class MessageDataSet(View):
    """To which data set of the classification something belongs, and how that is shared."""

    name: str
    zh: str
    en: str
    sharing: Sharing
    domain: Domain


class MessageRow(View):
    """A message in a list. ``channel`` is null for acts of people.

    ``data_set`` follows from its kind; null where the classification says nothing of it.
    """

    position: PositionText
    received_at: datetime
    channel: str | None
    kind: str
    sender: str
    control_id: str | None
    keys: list[Key]
    size_bytes: int
    gate: GateName
    caused_by: PositionText | None
    deliveries: list[DeliveryMark]
    data_set: MessageDataSet | None


class MessagePage(View):
    """Messages, newest first.

    A page may hold fewer than ``limit`` and still have a cursor: a search without an index looks
    at a limited number of messages for each page.
    """

    items: list[MessageRow]
    next_cursor: str | None
    total: int | None


class ShownBy(View):
    """The definition of the channel by which something is computed for showing.

    Attributes:
        version: its number.
        instead_of: the version that was in force then, when that one cannot be rebuilt because its
            tables, step lists or functions were not kept; null when ``version`` is that one.
    """

    version: int
    instead_of: int | None


class Attempt(View):
    """One attempt of a delivery, and what the receiver answered.

    Attributes:
        version: of the channel's definition that it was made with; null when unknown.
    """

    at: datetime
    version: int | None
    millis: int
    outcome: AttemptOutcome
    answer: str
    problem: Problem | None
    replay: UUID | None


class Difference(View):
    """One place that the transformation changed; null where there was or is nothing."""

    path: str
    before: str | None
    after: str | None


class Outgoing(View):
    """What a destination is sent; computed again, see ``DeliveryTrace.outgoing_by``."""

    body_text: str
    diff: list[Difference]


class DeliveryTrace(View):
    """A message on its way to one destination.

    Attributes:
        outgoing: what went out at the last attempt; before the first, what would go out now.
        outgoing_by: the definition by which ``outgoing`` is computed.
    """

    destination: str
    destination_id: int
    state: DeliveryState
    since: datetime | None
    order_key: str | None
    due_at: datetime | None
    error: Problem | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    outgoing: list[Outgoing]
    outgoing_by: ShownBy | None
    attempts: list[Attempt]


class Note(View):
    """A remark in both languages."""

    zh: str
    en: str


class FindingView(View):
    """What the validation says about one place of a message."""

    severity: Literal["error", "warning"]
    path: str
    zh: str
    en: str


class TreeNode(View):
    """A place of a parsed message.

    ``value`` is null where its children hold the values, and for the null value of HL7. Names are
    empty where nobody defines them.
    """

    path: str
    name_zh: str
    name_en: str
    value: str | None
    children: list[TreeNode]


class MessageTrace(MessageRow):
    """A message and everything that happened to it.

    Attributes:
        codec: of the body; empty when nobody could read it, and when it is no text.
        codec_guessed: in which ``body_text`` is shown and a repair is written, when ``codec`` is
            empty.
        findings: by the definition ``judged_by``, and so is ``tree``.
        look: how much of it is shown to whoever asks.
    """

    look: LookView
    codec: str
    codec_guessed: str | None
    body_text: str | None
    body_base64: str | None
    truncated: bool
    tombstone: bool
    tree: list[TreeNode]
    findings: list[FindingView]
    definition_version: int | None
    judged_by: ShownBy | None
    chain_hex: str
    causes: list[PositionText]
    trace_id: str
    destinations: list[DeliveryTrace]


class Neighbour(View):
    """A message beside another. ``channel`` is null for what a person repaired."""

    position: PositionText
    received_at: datetime
    channel: str | None
    kind: str


class Neighbours(View):
    """The messages of the same patient just before and just after one, over all channels.

    Attributes:
        patient: the identifier that they share: the first of the message that names its
            authority; null when there is none, so that there are no neighbours.
        previous: null when the database holds none.
        next: likewise.
        archived_before: whether older segments, which lie in files and were not looked through,
            may hold a nearer one before it.
        archived_after: the same after it.
    """

    patient: Key | None
    previous: Neighbour | None
    next: Neighbour | None
    archived_before: bool
    archived_after: bool


# ---- deliveries that are not simply done --------------------------------------------------------


class DeliveryRow(View):
    """A delivery that waits or needs a person; ``destination`` is empty for the gate."""

    position: PositionText
    channel: str
    destination: str
    destination_id: int
    state: DeliveryState
    since: datetime
    attempts: int
    due_at: datetime | None
    order_key: str
    kind: str
    problem: Problem | None
    messages_behind: int


class DeliveryPage(View):
    """Deliveries, the longest waiting first."""

    items: list[DeliveryRow]
    next_cursor: str | None
    total: int | None


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
OptionalReason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
EditedText = Annotated[str, StringConstraints(min_length=1, max_length=16_777_216)]


class ResendRequest(Request):
    """Send again; with ``body_text`` the repaired message is sent instead."""

    reason: OptionalReason = ""
    body_text: EditedText | None = None


class DismissRequest(Request):
    """Never send; a person says why."""

    reason: Reason


class ReleaseRequest(Request):
    """Let a held message through; with ``body_text`` the repaired message goes on instead."""

    reason: Reason
    body_text: EditedText | None = None


# ---- replays ------------------------------------------------------------------------------------


class ReplayFilter(Request):
    """Which messages of a channel are delivered again. All that are given must hold."""

    from_: datetime | None = Field(default=None, alias="from")
    to: datetime | None = None
    from_position: PositionText | None = None
    to_position: PositionText | None = None
    kind: str | None = Field(default=None, max_length=200)
    key: str | None = Field(default=None, max_length=200)

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)


class DryRunRequest(Request):
    """Ask what a replay would do."""

    channel: str
    destination: str
    filter: ReplayFilter


class DryRun(View):
    """What a replay would do.

    Attributes:
        matching: messages asked for; what was erased is not among them.
        sending: how many of them would be sent.
        exact: False when ``sending`` is "at most", because the destination's filter looks into
            messages and not all were looked into; ``filtered`` is "at least" then.
        held: left out, because the gate holds them.
        dismissed: left out, because a person gave them up.
        filtered: left out, because the destination does not want them.
    """

    matching: int
    sending: int
    exact: bool
    held: int
    dismissed: int
    filtered: int
    sample: list[MessageRow]
    first: PositionText | None
    last: PositionText | None
    warning: Literal["receiver_may_see_duplicates"]


class ReplayRequest(DryRunRequest):
    """Start a replay."""

    rate_per_second: float = Field(gt=0, le=10_000)
    reason: Reason


class ReplayView(View):
    """A replay and how far it is; ``held``, ``dismissed`` and ``filtered`` were left out."""

    id: UUID
    channel: str
    destination: str
    filter: ReplayFilter
    rate_per_second: float
    state: ReplayState
    matching: int
    delivered: int
    refused: int
    held: int
    dismissed: int
    filtered: int
    progress: float
    requested_by: str
    reason: str
    requested_at: datetime
    ended_at: datetime | None


class ReplayPage(View):
    """Replays, newest first."""

    items: list[ReplayView]
    next_cursor: str | None
    total: int | None


# ---- channels -----------------------------------------------------------------------------------


class SourceCard(View):
    """What the intake process says of a channel's source."""

    connector: str
    address: str
    connections: int


class DestinationCard(View):
    """A destination and how it fares.

    Attributes:
        state: why it is as it is (A1.10): ``poison`` = single messages fail while others pass,
            ``slow`` = the receiver answers late, ``down`` = it cannot be reached or hangs,
            ``overloaded`` = more arrives than it takes.
        queue_depth: messages that it has not dealt with yet, without those that its filter drops
            or the gate holds.
        queue_exact: False when ``queue_depth`` is "at most".
        drain_seconds: how long that lasts at the present rate; null when unknown.
        delivered_per_minute: 60 numbers, the oldest first.
    """

    id: int
    channel: str
    name: str
    connector: str
    address: str
    wanted: Wanted
    state: DestinationState
    breaker: Breaker
    next_try_at: datetime | None
    queue_depth: int
    queue_exact: bool
    oldest_waiting_seconds: float | None
    rate_per_second: float
    drain_seconds: float | None
    delivered: int
    parked: int
    behind: int
    waiting: int
    problem: Problem | None
    last_error: Problem | None
    delivered_per_minute: list[int]


class Balance(View):
    """The books of a destination: what passed it is the sum of the other numbers.

    Attributes:
        passed: messages of its channel that it has decided about, since it began.
        delivered: taken by the receiver, at once or after all.
        filtered: not wanted.
        erased: erased before it came to them.
        held: held by the gate.
        dismissed: given up by a person, here or at the gate.
        waiting: tried again later.
        parked: need a person.
        behind: behind one that is not done.
        off_by: how many more passed than are accounted for; 0: it adds up. Null when nobody knows,
            because the destination was added by a release that did not note with how many.
    """

    id: int
    channel: str
    name: str
    passed: int
    delivered: int
    filtered: int
    erased: int
    held: int
    dismissed: int
    waiting: int
    parked: int
    behind: int
    off_by: int | None


class ChannelCard(View):
    """A channel and how it fares. ``received_per_minute``: 60 numbers, the oldest first."""

    name: str
    description: str
    version: int
    wanted: Wanted
    state: ChannelState
    problem: Problem | None
    source: SourceCard
    received: int
    held: int
    last_received_at: datetime | None
    received_per_minute: list[int]
    destinations: list[DestinationCard]


class DefinitionVersion(View):
    """A definition that was in force from a position on."""

    version: int
    activated_at: datetime
    from_position: PositionText


class DefinitionLine(View):
    """A line of two definitions: in both, only in the one, or only in the other.

    Attributes:
        where: ``both``; ``this`` and not in the one in force; ``in_force`` and not in this.
        number: in this definition; null where it does not stand in it.
        number_in_force: in the one in force; null where it does not stand in it.
    """

    where: Literal["both", "this", "in_force"]
    number: int | None
    number_in_force: int | None
    text: str


class SharedFileDifference(View):
    """A table, step list or function of two definitions: what differs in it, line by line.

    Attributes:
        name: below the content folder: ``tables/tests.csv``.
        where: ``both`` definitions use it; only ``this`` one; only the one ``in_force``.
        same: whether both have it and it holds the same.
        lines: both files line by line; null when they are the same, or too long to compare.
    """

    name: str
    where: Literal["both", "this", "in_force"]
    same: bool
    lines: list[DefinitionLine] | None


class DefinitionDetail(DefinitionVersion):
    """A definition that is or was in force, and how it differs from the one that is now.

    Attributes:
        followed_by: the version that took its place; null for the newest.
        in_force: the version in force now; null when the channel's file is gone.
        lines: both definitions line by line; null when this is the one in force, when none is, and
            when they are too long to compare.
        files: the tables, step lists and functions that they use, each compared, those that differ
            first; null when there is nothing to compare, and when an older release did not keep
            the files of one of them.
    """

    yaml: str
    followed_by: DefinitionVersion | None
    in_force: int | None
    lines: list[DefinitionLine] | None
    files: list[SharedFileDifference] | None


class ChannelDetail(ChannelCard):
    """A channel with its definition."""

    yaml: str
    versions: list[DefinitionVersion]


class ExampleResult(View):
    """What became of one example of a definition."""

    name: str
    ok: bool
    detail: Note | None


class CheckResult(View):
    """What a check of a definition found."""

    ok: bool
    problems: list[Problem]
    examples: list[ExampleResult]


# ---- the whole ----------------------------------------------------------------------------------


class OverviewProblem(Problem):
    """A problem with the place it hurts."""

    since: datetime | None
    channel: str | None
    destination: str | None


class Overview(View):
    """Whether everything flows, and if not what hurts most: ``problems`` begins with that."""

    at: datetime
    status: Literal["ok", "attention", "down"]
    received_per_second: float
    delivered_per_second: float
    received_total: int
    delivered_total: int
    parked: int
    held: int
    waiting: int
    channels: list[ChannelCard]
    problems: list[OverviewProblem]


class NewestMessage(View):
    """Body of the server-sent event ``messages``."""

    newest: PositionText | None
