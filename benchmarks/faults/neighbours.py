"""The neighbours of a platform under test: receivers that misbehave, senders that never give up."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable

START, END = b"\x0b", b"\x1c\r"


def control_id_of(message: bytes) -> str:
    """Return MSH-10."""
    return message.split(b"|", 10)[9].decode("ascii", "replace")


def acknowledgment(code: str, control_id: str) -> bytes:
    """Return a framed HL7 v2 acknowledgment."""
    head = f"MSH|^~\\&|SINK|SINK|||20260301||ACK|A{control_id}|P|2.4\r"
    return START + f"{head}MSA|{code}|{control_id}\r".encode() + END


class Sink:
    """An MLLP receiver. ``behave(control_id)`` says what becomes of a message.

    ``AA``, ``AE``, ``AR`` answer so; ``wrong`` answers for another message; ``hang`` never answers;
    ``late:2.5`` answers after so many seconds; ``cut`` hangs up in the middle of the answer.
    """

    def __init__(self, behave: Callable[[str], str] | None = None) -> None:
        self.behave = behave or (lambda _: "AA")
        self.port = 0
        self.seen: list[str] = []
        self.taken: list[str] = []
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Be there, at the same port as before."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Be gone: connections end, and nobody answers at the address."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    frame = await reader.readuntil(END)
                    await self._answer(frame[1:-2], writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _answer(self, message: bytes, writer: asyncio.StreamWriter) -> None:
        control_id = control_id_of(message)
        self.seen.append(control_id)
        what, _, seconds = self.behave(control_id).partition(":")
        if what == "hang":
            return
        if what == "late":
            await asyncio.sleep(float(seconds))
        if what in ("AE", "AR"):
            writer.write(acknowledgment(what, control_id))
        elif what == "wrong":
            writer.write(acknowledgment("AA", "X" + control_id))
        elif what == "cut":
            writer.write(acknowledgment("AA", control_id)[:20])
            await writer.drain()
            raise ConnectionResetError
        else:
            self.taken.append(control_id)
            writer.write(acknowledgment("AA", control_id))
        await writer.drain()


class Senders:
    """Senders that keep every message until it is acknowledged with AA, and repeat it until then.

    Each has patients of its own and numbers its messages, so that order can be checked by the
    control id alone: ``S<sender>P<patient>N<number>``.
    """

    def __init__(self, port: int, *, senders: int = 8, patients: int = 4, rate: float = 100.0):
        self._port = port
        self._senders = senders
        self._patients = patients
        self._pause = senders / rate
        self._stop = asyncio.Event()
        self.answers: Counter[str] = Counter()
        self.acked: set[str] = set()
        self.sent: set[str] = set()
        self.repeats = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to send."""
        self._tasks = [asyncio.create_task(self._send_on(n)) for n in range(self._senders)]

    async def stop(self, *, patience_seconds: float = 60.0) -> None:
        """Begin no new message; wait until what was begun is acknowledged."""
        self._stop.set()
        done, pending = await asyncio.wait(self._tasks, timeout=patience_seconds)
        for task in pending:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _send_on(self, sender: int) -> None:
        number = 0
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while not self._stop.is_set():
            number += 1
            patient = number % self._patients
            control_id = f"S{sender:02d}P{patient}N{number:07d}"
            frame = START + message(control_id, f"{sender:02d}-{patient}") + END
            self.sent.add(control_id)
            while control_id not in self.acked:
                try:
                    if connection is None:
                        connection = await asyncio.open_connection("127.0.0.1", self._port)
                    code = await self._exchange(frame, *connection)
                except (OSError, TimeoutError, asyncio.IncompleteReadError):
                    if connection is not None:
                        connection[1].transport.abort()
                        connection = None
                    code = "none"
                self.answers[code] += 1
                if code == "AA":
                    self.acked.add(control_id)
                else:
                    self.repeats += 1
                    await asyncio.sleep(0.1)
            await asyncio.sleep(self._pause)
        if connection is not None:
            connection[1].transport.abort()

    @staticmethod
    async def _exchange(
        frame: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str:
        writer.write(frame)
        async with asyncio.timeout(15):
            answer = await reader.readuntil(END)
        return answer.split(b"\rMSA|")[1][:2].decode()


def message(control_id: str, patient: str, *, event: str = "A01", size: int = 0) -> bytes:
    """Return an invented admission of about ``size`` bytes or more."""
    text = (
        f"MSH|^~\\&|DESK|CLINIC|||20260301081502||ADT^{event}|{control_id}|P|2.4\r"
        f"EVN|{event}|20260301081500\r"
        f"PID|1||{patient}^^^CLINIC^PI||试验^甲||19900101|M\r"
        f"PV1|1|I|W03^0312^02||||||||||||||||V{patient}\r"
    ).encode()
    if size > len(text):
        text += b"NTE|1||" + b"x" * (size - len(text)) + b"\r"
    return text
