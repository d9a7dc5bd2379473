"""The rules that every connector keeps, whatever its wire.

A :class:`Source` takes messages from a peer; a :class:`Sender` gives one to a peer.

1.  Bytes are handed on exactly as they were, without transport framing. A connector never
    parses, decodes or changes them.
2.  A source calls ``receive(arrival, reply)`` once for each message, in the order of arrival on a
    connection, and does not wait for the reply before it reads on. ``reply`` is called exactly
    once for each arrival, perhaps before ``receive`` returns, perhaps much later, never from
    another thread. Replies leave a connection in the order of its arrivals.
3.  Nothing is acknowledged to the peer before ``reply`` was called. When the connection is gone by
    then, the reply is dropped without a trace in the message: the sender will repeat it.
4.  ``receive`` never raises. What a peer does wrong below the message (a frame that never ends, one
    byte too many) is the connector's to answer: a :class:`LianyiError` of its own, told to
    ``on_trouble``, and a closed connection or a file in the error folder.
5.  Everything has a limit: size of a message, connections, idle time, messages outstanding.
6.  ``pause`` stops reading from peers (back-pressure); ``resume`` goes on. Both may be called
    twice.
7.  ``stop`` stops taking messages at once, waits up to ``grace_seconds`` for outstanding
    replies, and then closes everything. After it, the address is free.
8.  A sender has one connection and one message outstanding. ``send`` returns what the peer
    answered, whatever it says, or raises: :class:`Unreachable` when nothing was sent,
    :class:`NoAnswer` when the message may have arrived, :class:`CannotCarry` when this message
    can never be sent here. After a raise the connection is closed,
    so that a late answer can never be taken for the answer to the next message; the next
    ``send`` opens a new one.
9.  A connector writes no log line that holds bytes of a message or a file name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from lianyi.base.errors import Category, LianyiError, Told


class Unreachable(LianyiError):
    """The peer could not be reached; it has not seen the message."""

    code = "LY-1101"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot reach the receiver",
        "{why}",
        "check that the receiver is running and the address is right; delivery goes on by itself",
    )
    zh = Told(
        "无法连接接收方", "{why}", "检查接收方是否在运行、地址是否正确；恢复后平台会自动继续投递"
    )


class NoAnswer(LianyiError):
    """The message was sent, but no complete answer came. The peer may have it."""

    code = "LY-1102"
    category = Category.UNAVAILABLE
    en = Told(
        "the receiver did not answer",
        "{why}",
        "look at the receiver; the same message is sent again with the same control id",
    )
    zh = Told("接收方没有应答", "{why}", "检查接收方；平台会以相同的控制 ID 重新发送同一条消息")


class CannotCarry(LianyiError):
    """The wire has no way to carry this message: its peer would read something else. Not sent."""

    code = "LY-1158"
    category = Category.INVALID
    en = Told(
        "this message cannot be sent to this receiver",
        "it holds a byte ({byte}) that begins or ends a message in {wire}: the receiver would "
        "take it for several",
        "remove the character, write it as \\X1C\\, or give it up",
    )
    zh = Told(
        "无法将该消息发送给此接收方",
        "消息中含有在 {wire} 中表示开始或结束的字节（{byte}），接收方会误认为是多条消息",
        "删除该字符、写作 \\X1C\\，或放弃该消息",
    )


class AddressInUse(LianyiError):
    """A source cannot listen where it was told to."""

    code = "LY-1103"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot listen",
        "{why}",
        "free the address or give the channel another one; it is tried again",
    )
    zh = Told("无法监听", "{why}", "释放该地址或为通道换一个；平台会自动重试")


class AnswerLate(NoAnswer):
    """The peer did not answer within the time limit of the exchange."""

    code = "LY-1104"
    en = Told(
        NoAnswer.en.what, "nothing complete came within {timeout_seconds} s", NoAnswer.en.next_step
    )
    zh = Told(NoAnswer.zh.what, "{timeout_seconds} 秒之内没有收到完整的应答", NoAnswer.zh.next_step)


class AnswerCutShort(NoAnswer):
    """The peer closed the connection before its answer was complete."""

    code = "LY-1105"
    en = Told(NoAnswer.en.what, "it closed the connection first: {why}", NoAnswer.en.next_step)
    zh = Told(NoAnswer.zh.what, "接收方先断开了连接：{why}", NoAnswer.zh.next_step)


class AnswerGarbled(NoAnswer):
    """What the peer sent back does not follow the protocol of the wire."""

    code = "LY-1106"
    en = Told(
        "the receiver answered something unreadable",
        "{why}",
        "check that the address speaks this protocol; the message is sent again",
    )
    zh = Told("接收方的应答无法读取", "{why}", "确认该地址使用的协议正确；消息会重新发送")


class MessageTooLarge(LianyiError):
    """A peer sent more than the size limit for one message. Nothing of it is kept."""

    code = "LY-1107"
    category = Category.INVALID
    en = Told(
        "refused a message that is too large",
        "it has more than {size_limit_bytes} bytes",
        "if such messages are right, raise 'size_limit_bytes' of the source",
    )
    zh = Told(
        "拒绝了过大的消息",
        "超过了 {size_limit_bytes} 字节",
        "如果这样的消息是正常的，请调高来源的 size_limit_bytes",
    )


class TooManyConnections(LianyiError):
    """A peer connected although all places are taken; it was turned away."""

    code = "LY-1108"
    category = Category.BUSY
    en = Told(
        "turned a connection away",
        "all {connections_max} places are taken",
        "look for a sender that opens connections without closing, or raise 'connections_max'",
    )
    zh = Told(
        "拒绝了一个连接",
        "{connections_max} 个连接已全部占用",
        "检查是否有发送方只建连接不关闭，或调高 connections_max",
    )


class Arrival(NamedTuple):
    """One message as it came in.

    Attributes:
        body: the bytes, without transport framing.
        peer: who sent it, e.g. ``10.1.2.3:51022``; for files the folder. Never a file name.
        attributes: what the wire said besides the body, lower-case names: ``content_type``,
            ``idempotency_key``, ``path``, ``file_name``, ``certificate_subject``.
    """

    body: bytes
    peer: str
    attributes: Mapping[str, str] = MappingProxyType({})


class Answer(NamedTuple):
    """What is answered to one message.

    Attributes:
        body: the bytes of the answer; may be empty where the wire answers by itself.
        category: None when the message was taken; otherwise why not. The wire that has its own way
            to say it uses it: an HTTP status, an error folder.
        content_type: of the body, for wires that say it.
    """

    body: bytes = b""
    category: Category | None = None
    content_type: str = ""


class Memory(Protocol):
    """What a source that asks remembers of where it stands, from one start to the next."""

    async def recall(self) -> tuple[bytes, Sequence[bytes]]:
        """Return what was remembered last, and the bodies that were taken after it, in order.

        Raises:
            LianyiError: it cannot be had now.
        """
        ...

    async def remember(
        self, place: bytes, *, answer: Answer | None = None, resting: bool = False
    ) -> None:
        """Remember a place.

        Args:
            place: what the source made; nobody else reads it.
            answer: the one to the last batch that is in it; None: no batch is outstanding.
            resting: nothing more comes until the next start.

        Raises:
            LianyiError: it was not remembered.
        """
        ...


class PassingMemory:
    """Remembers as long as the process lives."""

    def __init__(self) -> None:
        self.place = b""

    async def recall(self) -> tuple[bytes, Sequence[bytes]]:
        """Return what was remembered last."""
        return self.place, ()

    async def remember(
        self, place: bytes, *, answer: Answer | None = None, resting: bool = False
    ) -> None:
        """Remember a place."""
        self.place = place


Reply = Callable[[Answer], None]
Receive = Callable[[Arrival, Reply], None]
OnTrouble = Callable[[LianyiError], None]


class Source(Protocol):
    """Takes messages from peers. Constructed with its settings, ``receive`` and ``on_trouble``."""

    @property
    def address(self) -> str:
        """Where it listens or looks, once started: ``0.0.0.0:6661``, ``/data/in``."""
        ...

    @property
    def connections(self) -> int:
        """How many peers are connected now."""
        ...

    @property
    def trouble(self) -> LianyiError | None:
        """What keeps it from taking messages now, until it is over; None while nothing does."""
        ...

    async def start(self) -> None:
        """Begin to take messages.

        Raises:
            AddressInUse: the address cannot be had.
        """
        ...

    def pause(self) -> None:
        """Stop reading from peers."""
        ...

    def resume(self) -> None:
        """Go on reading."""
        ...

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Stop taking messages, wait for outstanding replies, close."""
        ...


class Sender(Protocol):
    """Gives messages to one peer, one at a time, over one connection."""

    async def send(
        self, body: bytes, *, attributes: Mapping[str, str], timeout_seconds: float
    ) -> Answer:
        """Send one message and return what the peer answered.

        Args:
            body: the bytes, without transport framing.
            attributes: ``content_type``, ``control_id`` (for idempotency headers and file names),
                ``idempotency`` (names the delivery where there is no control id), ``traceparent``
                (when the message is traced).
            timeout_seconds: for the whole exchange, connecting included.

        Raises:
            Unreachable: nothing was sent.
            NoAnswer: it was sent, but no complete answer came in time.
        """
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...
