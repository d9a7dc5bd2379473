"""What any projection must do, so that it can be followed, rebuilt, compared and switched.

A projection hears every shard in order, but shards may come in any interleaving: live they come
as they are written, in a rebuild one after the other. *Whatever the interleaving, it must end in
the same rows*: the same log gives the same projection, byte for byte. A projection for which the
order across shards matters keeps what was said and orders it by :func:`order_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from lianyi.base.errors import LianyiError, Unforeseen
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.comparing import Difference

T = TypeVar("T")


class Heard(NamedTuple):
    """A message and what the projection read in it.

    Attributes:
        message: of the log; for one that was held and then released, its content at the place of
            the release.
        said: what :meth:`Projection.read` returned; None when it cannot be read.
        failure: why not.
    """

    message: LogMessage
    said: object
    failure: LianyiError | None


class SetAside(NamedTuple):
    """What could not be learned. The rest goes on.

    Attributes:
        position: of the message.
        part: which statement of the message, from 0.
        received_at: of the message.
        kind: of the message.
        failure: why.
        channel: that the message came through; 0: none.
    """

    position: Position
    part: int
    received_at: datetime
    kind: str
    failure: LianyiError
    channel: int


def set_aside(one: Heard, failure: LianyiError) -> SetAside:
    """Return a whole message as what could not be learned."""
    at = one.message
    return SetAside(at.position, 0, at.received_at, at.kind, failure, at.channel)


def sort_out(heard: Sequence[Heard]) -> tuple[list[T], list[Position], list[SetAside]]:
    """Return what a batch says, whose messages it erases, and what of it cannot be read.

    Args:
        heard: in which each message says a list of things, the position of an erased message, or
            nothing.
    """
    said: list[T] = []
    erased: list[Position] = []
    aside: list[SetAside] = []
    for one in heard:
        if isinstance(one.said, Position):
            erased.append(one.said)
        elif isinstance(one.said, list):
            said += one.said
        elif one.failure is not None:
            aside.append(set_aside(one, one.failure))
    return said, erased, aside


class Learned(NamedTuple):
    """What became of a batch.

    Attributes:
        changed: whether any row changed.
        set_aside: what could not be learned.
        anew: whether ``set_aside`` is everything that was ever set aside, and replaces the rest.
    """

    changed: bool
    set_aside: Sequence[SetAside] = ()
    anew: bool = False


class Listens(Protocol):
    """Says which messages it wants and what they say; enough for the log to be heard."""

    def wants(self, kind: str) -> bool:
        """Tell whether messages of a kind say anything about it."""
        ...

    def read(self, message: LogMessage) -> object:
        """Say what a message says. Pure.

        Raises:
            LianyiError: it cannot be read; it is set aside.
        """
        ...


class Projection(Listens, Protocol):
    """Something learned from the log. All its rows lie in the schema that it is given."""

    @property
    def name(self) -> str:
        """As in ``lianyi projection rebuild NAME`` and in the name of its schemas."""
        ...

    @property
    def shape(self) -> int:
        """Grows when a release changes the tables; the next version is then built by itself."""
        ...

    async def create(self, connection: Connection, schema: str) -> None:
        """Make the schema and its empty tables."""
        ...

    async def learn(
        self, connection: Connection, schema: str, heard: Sequence[Heard], *, revision: int
    ) -> Learned:
        """Learn a batch in the transaction that also moves the reader.

        Args:
            connection: in that transaction.
            schema: of the version.
            heard: of one shard, in order.
            revision: of the version before the batch; what was remembered of another is stale.
        """
        ...

    async def settle(
        self, connection: Connection, schema: str, *, revision: int, now: datetime
    ) -> None:
        """Do what depends on the date, for the version in force; often, in a transaction.

        Args:
            connection: in a transaction that has locked the version.
            schema: of the version.
            revision: of the version now.
            now: the moment.
        """
        ...

    def forget(self) -> None:
        """Let go of what is remembered in the process: a transaction did not come to its end."""
        ...

    async def digest(self, connection: Connection, schema: str) -> Mapping[str, bytes]:
        """Return SHA-256 over all that was learned, by table."""
        ...

    async def differences(
        self, connection: Connection, before: str, after: str, tables: Sequence[str]
    ) -> Sequence[Difference]:
        """Say how two versions differ, without what they say.

        Args:
            connection: in a transaction that sees both as they stand at one moment.
            before: schema of the version in force.
            after: schema of the one that was built.
            tables: whose digests differ.
        """
        ...


def order_of(message: LogMessage) -> tuple[datetime, int, int]:
    """Return the place of a message among those of all shards: when it came, then position."""
    return message.received_at, message.shard, message.number


def source_of(message: LogMessage) -> Position:
    """Return where the content lies: elsewhere, where a person released what was held."""
    if message.shard == 0 and not message.kind.startswith("act ") and message.caused_by:
        return message.caused_by
    return message.position


def judged(work: Callable[[], T], *, where: str) -> tuple[T | None, LianyiError | None]:
    """Do pure work on one message; return its result, or why there is none.

    A fault of ours must not stop the following of the log any more than one of the sender: it is
    set aside too, without any detail, because a detail may be about a person.
    """
    try:
        return work(), None
    except LianyiError as failure:
        return None, failure
    except Exception as error:  # noqa: BLE001 - the outermost loop over messages parks the work
        return None, Unforeseen(where=where, why=type(error).__name__)
