"""Calling a peer over TCP, once for all protocols: one connection, one message outstanding.

A protocol supplies how a message is encoded and an :class:`AnswerReader` for what comes back; an
:class:`Exchange` owns the connection. It knows two kinds of failure apart: nothing was sent
(:class:`Unreachable`), or the peer may have the message (:class:`NoAnswer`). After a failure the
connection is gone, so that a late answer is never taken for the answer to the next message.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Protocol, cast

from lianyi.base.outgoing import connect_tcp
from lianyi.connectors.connector import (
    Answer,
    AnswerCutShort,
    AnswerGarbled,
    AnswerLate,
    NoAnswer,
    Unreachable,
)
from lianyi.connectors.listening import keep_alive
from lianyi.connectors.tls import ClientTls

READ_FIRST_SECONDS = 0.25
"""So long after the time limit an answer is read that has come, but that nobody has looked at."""


class Unreadable(Exception):
    """What an :class:`AnswerReader` raises when the bytes follow no protocol; says why."""


class AnswerReader(Protocol):
    """Reads the answers of one connection. No socket here."""

    def feed(self, chunk: bytes) -> list[Answer]:
        """Take bytes and return the answers that they complete.

        Raises:
            Unreadable: the bytes follow no protocol, or are more than allowed.
        """
        ...

    def end(self) -> Answer | None:
        """Return the answer that the end of the stream completes, if it does."""
        ...

    @property
    def last(self) -> bool:
        """Whether the peer said that it closes after this answer."""
        ...


class Exchange:
    """One connection to one peer, opened when needed."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tls: ClientTls | None,
        keepalive_seconds: int,
        reader: Callable[[], AnswerReader],
    ) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._keepalive_seconds = keepalive_seconds
        self._reader = reader
        self._line: _Line | None = None
        self._busy = False

    @property
    def where(self) -> str:
        """The peer, ``host:port``."""
        return f"{self._host}:{self._port}"

    async def send(self, data: bytes, *, timeout_seconds: float) -> Answer:
        """Send encoded bytes and return what the peer answered.

        Args:
            data: the message with its framing.
            timeout_seconds: for the whole exchange, connecting included.

        Raises:
            Unreachable: nothing was sent.
            NoAnswer: it was sent, but no complete answer came in time.
            RuntimeError: another message is outstanding.
        """
        if self._busy:
            raise RuntimeError("a sender has one message outstanding")
        self._busy = True
        try:
            line = self._line
            if line is not None and line.usable():
                until = line.time() + timeout_seconds
            else:
                self.close()
                until = asyncio.get_running_loop().time() + timeout_seconds
                line = self._line = await self._connect(timeout_seconds)
            answer = await line.exchange(data, until=until, timeout_seconds=timeout_seconds)
            line.settled()
        except BaseException:  # a cancelled exchange, too, may be answered late
            self.close()
            raise
        finally:
            self._busy = False
        if not line.open:
            self.close()
        return answer

    def close(self) -> None:
        """Close the connection at once, if there is one."""
        line, self._line = self._line, None
        if line is not None:
            line.shut()

    async def _connect(self, timeout_seconds: float) -> _Line:
        tls = self._tls
        try:
            async with asyncio.timeout(timeout_seconds):
                plain = await connect_tcp(self._host, self._port)
                _, line = await asyncio.get_running_loop().create_connection(
                    lambda: _Line(self.where, self._reader()),
                    sock=plain,
                    ssl=tls.context() if tls else None,
                    server_hostname=(tls.server_name or self._host) if tls else None,
                )
        except TimeoutError as error:
            why = f"no connection within {timeout_seconds:g} s"
            raise Unreachable(where=self.where, why=why) from error
        except OSError as error:  # ssl.SSLError is one
            raise Unreachable(where=self.where, why=error.strerror or str(error)) from error
        if not line.usable():
            line.shut()
            raise Unreachable(where=self.where, why="it closed the new connection at once")
        line.keep_alive(self._keepalive_seconds)
        return line


class _Line(asyncio.Protocol):
    """The connection itself."""

    def __init__(self, where: str, reader: AnswerReader) -> None:
        self.open = False
        self._where = where
        self._reader = reader
        self._answer: asyncio.Future[Answer] | None = None
        self._loop = asyncio.get_running_loop()  # asking for it again costs a call of the system
        self.time = self._loop.time
        self._timer: asyncio.TimerHandle | None = None
        self._until = self._timer_at = self._timeout_seconds = 0.0
        self._transport: asyncio.Transport
        self._poll = select.poll()
        self._bytes_wait = select.poll()
        self._read_first = False

    def keep_alive(self, seconds: int) -> None:
        keep_alive(self._transport, seconds=seconds)

    def usable(self) -> bool:
        """Return whether the peer has neither closed nor said anything since the last answer.

        Asks the system, not only the loop: a peer that closes right after its answer would else
        cost the next message a doubtful delivery.
        """
        return self.open and not self._poll.poll(0)

    def exchange(
        self, data: bytes, *, until: float, timeout_seconds: float
    ) -> asyncio.Future[Answer]:
        """Send bytes; the future gets the answer, or why there is none."""
        self._until, self._timeout_seconds = until, timeout_seconds
        self._read_first = False
        if self._timer is None or until < self._timer_at:
            self._set_timer()
        answer = self._answer = self._loop.create_future()
        self._transport.write(data)
        return answer

    def settled(self) -> None:
        """The answer was taken: none is waited for."""
        self._answer = None

    def shut(self) -> None:
        self.open = False
        self._answer = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._transport.abort()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._until
        self._timer = self._loop.call_at(self._until, self._look_at_time)

    def _look_at_time(self) -> None:
        """Fail an exchange that takes too long.

        One timer serves many exchanges: each moves its end, and the timer looks again then.
        """
        self._timer = None
        if not self.open or self._answer is None or self._answer.done():
            return
        if self._loop.time() < self._until:
            self._set_timer()
        elif not self._read_first and self._bytes_wait.poll(0):
            # It is we who are late: a machine that is too busy looks at its clock before its
            # sockets. What has come is read first; else it would be asked for twice.
            self._read_first = True
            self._until = self._loop.time() + READ_FIRST_SECONDS
            self._set_timer()
        else:
            self._fail(AnswerLate(where=self._where, timeout_seconds=self._timeout_seconds))

    def _fail(self, error: NoAnswer) -> None:
        self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's only looks like one
        self.open = True
        tcp = transport.get_extra_info("socket")
        self._bytes_wait.register(tcp.fileno(), select.POLLIN)
        if transport.get_extra_info("sslcontext") is None:
            self._poll.register(tcp.fileno(), select.POLLIN)
        else:  # TLS 1.3 may have something to say at any time; only its end concerns us
            self._poll.register(tcp.fileno(), getattr(select, "POLLRDHUP", 0))

    def data_received(self, data: bytes) -> None:
        if not self.open:
            return
        try:
            answers = self._reader.feed(data)
        except Unreadable as error:
            self._fail(AnswerGarbled(where=self._where, why=str(error)))
            return
        if answers:
            self._take(answers)

    def _take(self, answers: list[Answer]) -> None:
        waits = self._answer is not None and not self._answer.done()
        if not waits or len(answers) > 1 or self._reader.last:
            self.open = False  # more than was asked for, or the last: the next one asks anew
        if self._answer is not None and waits:
            self._answer.set_result(answers[0])

    def eof_received(self) -> bool:
        if self.open and (answer := self._reader.end()) is not None:
            self._take([answer])
        self._fail(AnswerCutShort(where=self._where, why="end of stream"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(AnswerCutShort(where=self._where, why=str(exc) if exc else "end of stream"))
