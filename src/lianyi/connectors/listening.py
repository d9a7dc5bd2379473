"""Listening on TCP, once for all protocols: order of replies, back-pressure, limits, stopping.

A protocol supplies a :class:`Connection` that turns bytes into arrivals (:meth:`Connection.parse`)
and answers into bytes (:meth:`Connection.encode`); a :class:`Listener` owns the socket and the
connections. An :class:`Intake` is the side of one source: where its arrivals go, and whether
it takes any now. On one address there may be several (HTTP paths).

Everything here runs in one event loop and is called millions of times: an arrival costs one small
object and no task, and the replies of one loop tick leave in one write for each connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Callable
from typing import cast

from pydantic import Field

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.settings import Section
from lianyi.connectors.connector import (
    AddressInUse,
    Answer,
    Arrival,
    OnTrouble,
    Receive,
    TooManyConnections,
)
from lianyi.connectors.tls import LOOK_SECONDS, Stamp, TlsServer, TlsUnusable, files_of, stamp_of

_LINGER_SECONDS = 1.0
_GATHERED_BYTES_MAX = 256 * 1024
_DRAIN_STEP_SECONDS = 0.005


class AnswersNotRead(LianyiError):
    """A peer sends but does not read what it is answered; it was disconnected."""

    code = "LY-1114"
    category = Category.UNAVAILABLE
    en = Told(
        "disconnected a sender",
        "it has not read its answers for {idle_timeout_seconds} s",
        "look at the sender; unread messages are repeated by it",
    )
    zh = Told(
        "断开了一个发送方",
        "它在 {idle_timeout_seconds} 秒内没有读取应答",
        "检查该发送方；没有读到应答的消息由它重发",
    )


class ListenSettings(Section):
    """What every source on TCP can be told.

    Attributes:
        port: TCP port; 0 lets the system choose one.
        host: the address to listen on; only this machine unless told otherwise.
        tls: certificate and key; None means plain TCP.
        size_limit_bytes: of one message; enforced while it is read.
        connections_max: peers connected at the same time; one more is turned away.
        outstanding_max: messages of one connection that wait for their reply; then its
            socket is not read.
        idle_timeout_seconds: a peer that sends nothing and is owed nothing for so long is
            disconnected; so is one that does not read its answers.
        message_timeout_seconds: a message that has begun must be complete within this.
        keepalive_seconds: TCP asks a silent peer whether it is there this often.
    """

    port: int = Field(ge=0, le=65535)
    host: str = "127.0.0.1"
    tls: TlsServer | None = None
    size_limit_bytes: int = Field(default=50 * 1024 * 1024, ge=1)
    connections_max: int = Field(default=1000, ge=1)
    outstanding_max: int = Field(default=500, ge=1)
    idle_timeout_seconds: float = Field(default=3600.0, gt=0)
    message_timeout_seconds: float = Field(default=120.0, gt=0)
    keepalive_seconds: int = Field(default=60, ge=1)


class Intake:
    """One source, as its connections see it."""

    __slots__ = ("on_trouble", "open", "outstanding", "receive")

    def __init__(self, *, receive: Receive, on_trouble: OnTrouble) -> None:
        self.receive = receive
        self.on_trouble = on_trouble
        self.open = True
        self.outstanding = 0  # replies that living connections still wait for


class Owed:
    """One reply that a connection owes to its peer; calling it is replying."""

    __slots__ = ("answer", "connection", "intake", "note")

    def __init__(self, connection: Connection, intake: Intake | None, note: object = None) -> None:
        self.connection = connection
        self.intake = intake
        self.note = note  # what the protocol must remember to encode the answer
        self.answer: Answer | None = None

    def __call__(self, answer: Answer) -> None:
        """Reply. A second reply to the same arrival is a fault of the caller.

        Raises:
            RuntimeError: there was one already.
        """
        if self.answer is not None:
            raise RuntimeError("an arrival was replied to twice")
        self.answer = answer
        self.connection.advance()


class Connection(asyncio.Protocol):
    """One peer. Protocols derive from it; they see bytes and answers, never the socket."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.peer = ""
        self.read_at = 0.0
        self.began_at: float | None = None  # the message that is not complete; the protocol sets it
        self._reading_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[Arrival | None, Owed]] = deque()  # read, not yet handed on
        self._owed: deque[Owed] = deque()  # handed on, in order of arrival
        self._outgoing: list[bytes] = []
        self._gathered_bytes = 0
        self._outstanding_max = listener.settings.outstanding_max
        self._advancing = False
        self._finishing_since: float | None = None
        self._reading = True
        self._blocked_since: float | None = None  # the peer does not read
        self._no_more_input = False

    # What a protocol supplies

    def parse(self, chunk: bytes) -> None:
        """Take bytes from the peer; call :meth:`offer` for each message in them."""
        raise NotImplementedError

    def encode(self, owed: Owed, answer: Answer, out: list[bytes]) -> None:
        """Append the bytes of one answer to ``out``."""
        raise NotImplementedError

    def ended(self, *, too_slow: bool) -> None:
        """No more is read from the peer. A protocol in the middle of a message says so.

        Args:
            too_slow: the message was not complete in time; else the peer has closed.
        """

    def connected(self) -> None:
        """The peer is known; TLS is done."""

    # What a protocol calls

    def offer(self, intake: Intake, arrival: Arrival, note: object = None) -> None:
        """Hand a message on as soon as its source takes any."""
        self._waiting.append((arrival, Owed(self, intake, note)))

    def answer_here(self, answer: Answer, note: object = None) -> None:
        """Answer without asking a source, in the order of arrivals."""
        owed = Owed(self, None, note)
        owed.answer = answer
        self._waiting.append((None, owed))

    def end_input(self) -> None:
        """Read no more messages: owed replies still leave, then the connection closes."""
        self._no_more_input = True

    def send_now(self, data: bytes) -> None:
        """Send bytes that answer nothing; only sensible when no reply is owed."""
        self.flush()
        if self._transport is not None:
            self._transport.write(data)

    @property
    def owes(self) -> bool:
        """Whether any reply is still to come."""
        return bool(self._owed or self._waiting)

    def peer_attributes(self) -> dict[str, str]:
        """Return ``certificate_subject`` when the peer has shown a certificate."""
        shown = self._transport.get_extra_info("peercert") if self._transport else None
        if not shown:
            return {}
        names = [f"{key}={value}" for part in shown["subject"] for key, value in part]
        return {"certificate_subject": ",".join(names)}

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the peer in, or turn it away when all places are taken."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's only looks like one
        address = transport.get_extra_info("peername") or ("unknown", 0)
        self.peer = f"{address[0]}:{address[1]}"
        self.read_at = self._reading_since = self.listener.loop.time()
        if self.listener.admit(self):
            keep_alive(transport, seconds=self.listener.settings.keepalive_seconds)
            self.connected()
            self.adjust_reading()

    def data_received(self, data: bytes) -> None:
        """Parse and hand on."""
        if self._no_more_input:
            return  # lingering: read, so that our last answers are not lost to a reset
        self.read_at = self.listener.loop.time()
        self.parse(data)
        self.advance()

    def eof_received(self) -> bool:
        """Keep a half-closed connection as long as replies are owed on it."""
        self._end()
        self.flush()
        transport = self._transport
        return self.owes and transport is not None and transport.can_write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the peer. Replies that come later find nobody and are dropped."""
        if self._transport is None:
            return
        self._transport = None
        if not self._no_more_input:
            self._no_more_input = True
            self.ended(too_slow=False)
        for owed in self._owed:
            if owed.intake is not None:
                owed.intake.outstanding -= 1
        self._owed.clear()
        self._waiting.clear()
        self._outgoing.clear()
        self.listener.forget(self)

    def pause_writing(self) -> None:
        """The peer does not read its answers: stop reading its messages."""
        self._blocked_since = self.listener.loop.time()
        self.adjust_reading()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._blocked_since = None
        self.advance()

    # The way of a message

    def advance(self) -> None:
        """Hand on what limits and sources allow; let the replies leave that are ready."""
        if self._advancing or self._transport is None:
            return  # a reply came while its arrival was handed on: the loop below sees it
        self._advancing = True
        try:
            self._settle()
            while self._waiting and not self._stuck():
                arrival, owed = self._waiting.popleft()
                self._owed.append(owed)
                if arrival is not None and owed.intake is not None:
                    owed.intake.outstanding += 1
                    owed.intake.receive(arrival, owed)
                self._settle()
        finally:
            self._advancing = False
        self.adjust_reading()
        if self._no_more_input:
            self._finish_if_settled()

    def _stuck(self) -> bool:
        """Whether the oldest waiting message must wait on."""
        intake = self._waiting[0][1].intake
        return (
            len(self._owed) >= self._outstanding_max
            or self._blocked_since is not None
            or not (intake is None or intake.open)
        )

    def _settle(self) -> None:
        """Encode the replies that are ready, oldest first, and plan to write them."""
        owed_replies, out = self._owed, self._outgoing
        while owed_replies and (answer := owed_replies[0].answer) is not None:
            owed = owed_replies.popleft()
            if owed.intake is not None:
                owed.intake.outstanding -= 1
            if not out:
                self.listener.plan_flush(self)
            self.encode(owed, answer, out)
            self._gathered_bytes += len(answer.body)
            if self._gathered_bytes > _GATHERED_BYTES_MAX:
                self.flush()  # so that a peer that does not read is noticed within the tick

    def flush(self) -> None:
        """Write what has gathered in this tick."""
        if self._transport is not None and self._outgoing:
            data = b"".join(self._outgoing)
            self._outgoing.clear()
            self._gathered_bytes = 0
            self._transport.write(data)
        if self._no_more_input:
            self._finish_if_settled()

    def _finish_if_settled(self) -> None:
        """Close once nothing is owed; linger a moment so that the last answer arrives."""
        transport = self._transport
        if transport is None or self._finishing_since is not None:
            return
        if self.owes or self._outgoing:
            return
        self._finishing_since = self.listener.loop.time()
        if self.listener.stopping or not transport.can_write_eof():
            transport.close()
        else:
            with contextlib.suppress(OSError):  # the peer may have reset the connection already
                transport.write_eof()
            self.listener.loop.call_later(_LINGER_SECONDS, transport.close)

    def _end(self, *, too_slow: bool = False) -> None:
        """No more messages come from the peer; those that wait are still handed on."""
        if not self._no_more_input:
            self._no_more_input = True
            self.ended(too_slow=too_slow)
        self.advance()

    def adjust_reading(self) -> None:
        """Read from the socket exactly when something may come."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        wanted = self._no_more_input or (
            not self._waiting
            and self._blocked_since is None
            and self.listener.takes
            and len(self._owed) < self._outstanding_max
        )
        if wanted is not self._reading:
            self._reading = wanted
            if wanted:
                self._reading_since = self.read_at = self.listener.loop.time()
                transport.resume_reading()
            else:
                transport.pause_reading()

    def drop_input(self) -> None:
        """Stop taking messages; what was not handed on is forgotten, its sender repeats it."""
        self._waiting.clear()
        self._no_more_input = True
        self.flush()

    def come_again(self) -> None:
        """Read no more, let owed replies leave, close: the peer must prove itself anew."""
        if self._transport is not None:
            self._end()
            self.flush()

    def drop_waiting(self, intake: Intake) -> None:
        """Forget what was not handed on for a source that stops; its senders repeat it."""
        if any(owed.intake is intake for _, owed in self._waiting):
            self.abort()

    def owes_for(self, intake: Intake) -> bool:
        """Whether a reply of this source is still to come."""
        return any(owed.intake is intake for owed in self._owed)

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def check_time(self, now: float, settings: ListenSettings) -> None:
        """Disconnect a peer that has been silent, slow, or has not read, for too long."""
        idle_seconds = settings.idle_timeout_seconds
        unread_since = self._blocked_since or self._finishing_since
        if unread_since is not None:
            if now - unread_since > idle_seconds:
                self.listener.trouble(
                    AnswersNotRead(where=self.peer, idle_timeout_seconds=idle_seconds)
                )
                self.abort()
        elif self._reading and not self._no_more_input:
            if self.began_at is not None:
                begun = max(self.began_at, self._reading_since)
                if now - begun > settings.message_timeout_seconds:
                    self._end(too_slow=True)
            elif not self.owes and now - self.read_at > idle_seconds:
                self._end()


class Listener:
    """The listening socket of one address and the peers connected to it."""

    def __init__(
        self,
        settings: ListenSettings,
        connection: Callable[[Listener], Connection],
        context: Callable[[TlsServer], ssl.SSLContext],
    ) -> None:
        self.settings = settings
        self.intakes: list[Intake] = []
        self.takes = False  # whether any source of this address takes messages now
        self.connections: set[Connection] = set()
        self.stopping = False
        self.loop: asyncio.AbstractEventLoop
        self._connection = connection
        self._context = context
        self._server: asyncio.Server | None = None
        self._port = settings.port
        self._to_flush: list[Connection] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._stamp: Stamp = ()
        self._renewing: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """``host:port``; the real port once it listens."""
        return f"{self.settings.host}:{self._port}"

    @property
    def port(self) -> int:
        """The real port, once started."""
        return self._port

    async def start(self) -> None:
        """Listen.

        Raises:
            AddressInUse: the address cannot be had.
            TlsUnusable: a certificate, key or CA file cannot be used.
        """
        self.loop = asyncio.get_running_loop()
        self.stopping = False
        tls = self.settings.tls
        self._stamp = stamp_of(files_of(tls)) if tls else ()
        try:
            self._server = await self.loop.create_server(
                lambda: self._connection(self),
                self.settings.host,
                self.settings.port,
                ssl=self._context(tls) if tls else None,
                backlog=1024,
                reuse_address=True,
            )
        except OSError as error:
            raise AddressInUse(where=self.address, why=error.strerror or str(error)) from error
        self._port = self._server.sockets[0].getsockname()[1]
        self._plan_sweep()
        if tls:
            self._renewing = asyncio.create_task(self._look_at_files(tls), name="tls files")

    async def _look_at_files(self, tls: TlsServer) -> None:
        """Listen with new certificates as soon as their files have changed."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            stamp = stamp_of(files_of(tls))
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    await self._renew(tls)
                except TlsUnusable as failure:  # the old ones serve until the new ones are whole
                    self.trouble(failure)

    async def _renew(self, tls: TlsServer) -> None:
        """Listen with what the files hold now; whoever was let in by others comes again."""
        context, old = self._context(tls), self._server
        if old is None:
            return
        again = socket.socket(fileno=socket.dup(old.sockets[0].fileno()))
        self._server = await self.loop.create_server(
            lambda: self._connection(self), sock=again, ssl=context, backlog=1024
        )
        old.close()
        if tls.client_ca_file is not None:
            for connection in list(self.connections):
                connection.come_again()

    async def drain(self, intake: Intake, *, grace_seconds: float) -> None:
        """Wait until nothing is owed for a source; disconnect the peers still owed after that."""
        until = self.loop.time() + grace_seconds
        while intake.outstanding and self.loop.time() < until:
            await asyncio.sleep(_DRAIN_STEP_SECONDS)
        for connection in list(self.connections):
            if connection.owes_for(intake):
                connection.abort()

    async def stop(self, *, grace_seconds: float) -> None:
        """Take no more, let owed replies leave, close; the address is free afterwards."""
        if self._server is None:
            return
        server, self._server = self._server, None
        self.stopping = True
        if self._renewing is not None:
            self._renewing.cancel()
        server.close()
        for connection in list(self.connections):
            connection.drop_input()
        until = self.loop.time() + grace_seconds
        while self.connections and self.loop.time() < until:
            await asyncio.sleep(_DRAIN_STEP_SECONDS)
        while self.connections:
            for connection in list(self.connections):
                connection.abort()
            await asyncio.sleep(0)
        await server.wait_closed()
        if self._sweep is not None:
            self._sweep.cancel()

    def adjust_reading(self) -> None:
        """After a source came, went, was paused or resumed: tell all connections."""
        self.takes = any(intake.open for intake in self.intakes)
        for connection in list(self.connections):
            connection.advance()

    def admit(self, connection: Connection) -> bool:
        """Give a new peer a place, or turn it away."""
        connections_max = self.settings.connections_max
        self.connections.add(connection)
        if self.stopping:
            connection.abort()
        elif len(self.connections) > connections_max:
            self.trouble(TooManyConnections(where=connection.peer, connections_max=connections_max))
            connection.abort()
        else:
            return True
        return False

    def forget(self, connection: Connection) -> None:
        """A peer is gone."""
        self.connections.discard(connection)

    def trouble(self, error: LianyiError) -> None:
        """Tell trouble that belongs to no single source to the first of this address."""
        if self.intakes:
            self.intakes[0].on_trouble(error)

    def plan_flush(self, connection: Connection) -> None:
        """Write for this connection at the end of the tick."""
        if not self._to_flush:
            self.loop.call_soon(self._flush)
        self._to_flush.append(connection)

    def _flush(self) -> None:
        connections, self._to_flush = self._to_flush, []
        for connection in connections:
            connection.flush()

    def _plan_sweep(self) -> None:
        settings = self.settings
        shortest = min(settings.idle_timeout_seconds, settings.message_timeout_seconds)
        step_seconds = min(5.0, shortest / 4)
        self._sweep = self.loop.call_later(step_seconds, self._check_times)

    def _check_times(self) -> None:
        now = self.loop.time()
        for connection in list(self.connections):
            connection.check_time(now, self.settings)
        self._plan_sweep()


def keep_alive(transport: asyncio.BaseTransport, *, seconds: int) -> None:
    """Let TCP find out that a silent peer is gone: asked every ``seconds``, given up after 4."""
    tcp = transport.get_extra_info("socket")
    if tcp is None:
        return
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", seconds),
        ("TCP_KEEPINTVL", seconds),
        ("TCP_KEEPCNT", 4),
    ):
        if hasattr(socket, option):
            tcp.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
