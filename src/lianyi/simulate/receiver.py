"""How a simulated system receives: over MLLP or HTTP, politely or as badly as it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from random import Random
from typing import Literal, NamedTuple

from lianyi.simulate.behaviour import Behaviour
from lianyi.simulate.errors import UnknownBehaviour
from lianyi.simulate.http_door import Request, Response, serve_connection
from lianyi.simulate.ledger import Ledger
from lianyi.simulate.wire import (
    FRAME_BYTES_MAX,
    Header,
    acknowledge,
    frame,
    read_frame,
    read_header,
)

WireName = Literal["mllp", "http"]
_CODES = {"refuse": "AE", "reject": "AR"}
_STATUSES = {"AA": 200, "AE": 422, "AR": 503}


class Treatment(NamedTuple):
    """What is answered to one message: a code, the bytes, and whether only half of them."""

    code: str
    acknowledgment: bytes
    cut: bool


class Receiver:
    """Listens at one address and treats every message according to its behaviour.

    Attributes:
        ledger: what has arrived and what was answered.
        port: where it listens; the one that was bound when 0 was asked for.
    """

    def __init__(
        self,
        *,
        system: str,
        wire: WireName,
        host: str,
        port: int,
        chance: Random,
        think_seconds: float = 0.0,
    ) -> None:
        self.ledger = Ledger()
        self.port = port
        self._system = system
        self._wire = wire
        self._host = host
        self._chance = chance
        self._think_seconds = think_seconds
        self._behaviour = Behaviour()
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._return: asyncio.Task[None] | None = None

    @property
    def behaviour(self) -> Behaviour:
        """How it treats messages now."""
        return self._behaviour

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the address is taken.
        """
        # Two tasks (a return from "gone" and a word from the control door) may both get here.
        if self._server is not None:
            return
        self._server = await asyncio.start_server(
            self._serve, self._host, self.port, limit=FRAME_BYTES_MAX
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._return is not None:
            self._return.cancel()
            self._return = None
        await self._leave()

    async def behave(self, behaviour: Behaviour) -> None:
        """Treat messages like this from now on. Those that hang are let go, their connection too.

        ``gone`` comes back by itself after its seconds and accepts again.
        """
        self._changed.set()
        self._changed = asyncio.Event()
        self._behaviour = behaviour
        if self._return is not None:
            self._return.cancel()
            self._return = None
        if behaviour.kind == "gone":
            await self._leave()
            self._return = asyncio.create_task(self._come_back(behaviour.seconds))
        else:
            await self.start()

    async def _leave(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _come_back(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.start()
        self._behaviour = Behaviour()  # not before: who reads that it is back may come at once

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            if self._wire == "mllp":
                await self._serve_mllp(reader, writer)
            else:
                await serve_connection(reader, writer, self._treat_request)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.ledger.counts["broken_connections"] += 1
        except asyncio.CancelledError:
            # We cancelled it ourselves; asyncio.streams logs a cancelled handler as a failure.
            return
        finally:
            writer.close()

    async def _serve_mllp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (body := await read_frame(reader)) is not None:
            treatment = await self._treat(body)
            if treatment is None:
                return
            answer = frame(treatment.acknowledgment)
            writer.write(answer[: len(answer) // 2] if treatment.cut else answer)
            await writer.drain()
            if treatment.cut:
                return

    async def _treat_request(self, request: Request) -> Response | None:
        treatment = await self._treat(request.body)
        if treatment is None:
            return None
        is_hl7 = request.body.startswith(b"MSH")
        return Response(
            status=_STATUSES[treatment.code],
            body=treatment.acknowledgment if is_hl7 else _json({"code": treatment.code}),
            content_type="x-application/hl7-v2+er7" if is_hl7 else "application/json",
            cut=treatment.cut,
        )

    async def _treat(self, body: bytes) -> Treatment | None:
        """Decide about one message; None closes the connection without an answer."""
        header = read_header(body)
        self.ledger.note_arrival(header, body)
        behaviour = self._behaviour
        if self._chance.random() >= behaviour.share:
            behaviour = Behaviour()
        await asyncio.sleep(self._think_seconds)
        if behaviour.kind == "hang":
            await self._changed.wait()
            return None
        if behaviour.kind == "slow":
            await asyncio.sleep(behaviour.seconds)
        return self._answer(header, behaviour)

    def _answer(self, header: Header, behaviour: Behaviour) -> Treatment:
        code = _CODES.get(behaviour.kind, "AA")
        text = {"AE": "simulated refusal", "AR": "simulated overload"}.get(code, "")
        wrong = behaviour.kind == "wrong-id"
        control_id = b"SOMEBODYELSE" if wrong else header.control_id
        cut = behaviour.kind == "half-close"
        if not wrong and not cut:
            self.ledger.note_answer(header, code)
        acknowledgment = acknowledge(
            header, system=self._system, code=code, control_id=control_id, text=text
        )
        return Treatment(code, acknowledgment, cut)


class ControlDoor:
    """HTTP on loopback: ``GET /counts`` reports, ``POST /behave`` with a behaviour as text tells.

    Attributes:
        port: where it listens; the one that was bound when 0 was asked for.
    """

    def __init__(
        self,
        *,
        port: int,
        report: Callable[[], dict[str, object]],
        obey: Callable[[str], Awaitable[None]],
    ) -> None:
        self.port = port
        self._report = report
        self._obey = obey
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen on loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await serve_connection(reader, writer, self._handle)
        except OSError:
            return
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _handle(self, request: Request) -> Response:
        if request.method == "GET" and request.path == "/counts":
            return Response(200, _json(self._report()))
        if request.method == "POST" and request.path == "/behave":
            try:
                await self._obey(request.body.decode("utf-8", "replace"))
            except UnknownBehaviour as error:
                return Response(error.category.value.http_status, _json({"error": str(error)}))
            return Response(200, _json(self._report()))
        return Response(404, _json({"error": "GET /counts or POST /behave"}))


def _json(value: dict[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
