"""How a simulated system sends: it keeps each message until it has been taken.

AA lets it forget the message, AE makes it write the message off, AR and silence make it try again
with the same bytes. A share of acknowledgments can get lost on purpose: the sender behaves as if
it had not seen them, as senders do after a network failure.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import httpx

from lianyi.simulate.errors import UnknownTarget
from lianyi.simulate.story import Line
from lianyi.simulate.wire import (
    FRAME_BYTES_MAX,
    NoVerdict,
    Verdict,
    frame,
    read_frame,
    read_header,
    read_verdict,
)


class Wire(Protocol):
    """Gives one message to one peer and brings its verdict."""

    async def exchange(self, line: Line) -> Verdict:
        """Send the line's body and return what was answered.

        Raises:
            NoVerdict: nothing usable came back.
        """
        ...

    async def close(self) -> None:
        """Close the connection; the next exchange opens a new one."""
        ...


class MllpWire:
    """One MLLP connection, opened when needed."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, line: Line) -> Verdict:
        """Send a frame and wait for the frame that answers it."""
        verdict = read_verdict(await self.ask(line.body))
        if verdict.control_id != read_header(line.body).control_id:
            raise NoVerdict("the answer is for another message")
        return verdict

    async def ask(self, body: bytes) -> bytes:
        """Send a frame and return the body of the next frame, whatever it says.

        Raises:
            NoVerdict: none came.
        """
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(*self._address, limit=FRAME_BYTES_MAX)
            reader, writer = self._streams
            writer.write(frame(body))
            await writer.drain()
            answer = await read_frame(reader)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise NoVerdict(type(error).__name__) from error
        if answer is None:
            raise NoVerdict("the peer closed the connection")
        return answer

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


class HttpWire:
    """POST with HL7 as ``x-application/hl7-v2+er7``, other things as JSON."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: httpx.AsyncClient | None = None

    async def exchange(self, line: Line) -> Verdict:
        """Post the body; an MSA in the answer decides, else the HTTP status."""
        if self._client is None:
            # The feed limits the time; a proxy has no business between neighbours.
            self._client = httpx.AsyncClient(timeout=None, trust_env=False)  # noqa: S113
        is_hl7 = line.body.startswith(b"MSH")
        kind = "x-application/hl7-v2+er7" if is_hl7 else "application/json"
        headers = {"content-type": kind, "idempotency-key": line.control_id}
        try:
            answer = await self._client.post(self._url, content=line.body, headers=headers)
        except httpx.HTTPError as error:
            raise NoVerdict(type(error).__name__) from error
        if answer.content.startswith(b"MSH"):
            return read_verdict(answer.content)
        status = answer.status_code
        code = "AA" if status < 300 else "AR" if status == 429 or status >= 500 else "AE"
        return Verdict(code, line.control_id.encode(), f"HTTP {status}")

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


class FolderWire:
    """Puts each body as a file into a folder; a file appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def exchange(self, line: Line) -> Verdict:
        """Write the file under a name that no reader takes, then rename it."""
        suffix = ".hl7" if line.body.startswith((b"MSH", b"FHS", b"BHS")) else ".json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = self._folder / f".{line.control_id}.part"
            unfinished.write_bytes(line.body)
            unfinished.rename(self._folder / f"{line.control_id}{suffix}")
        except OSError as error:
            raise NoVerdict(type(error).__name__) from error
        return Verdict("AA", line.control_id.encode(), "")

    async def close(self) -> None:
        """Nothing is open."""


class Target(NamedTuple):
    """Where some kinds of messages go: prefixes of kinds, empty for all, and a URL."""

    kinds: tuple[str, ...]
    url: str

    def takes(self, kind: str) -> bool:
        """Whether a message of this kind goes there."""
        return not self.kinds or kind.startswith(self.kinds)


def read_target(text: str) -> Target:
    """Read ``[KINDS=]URL``, e.g. ``ADT,DFT=mllp://127.0.0.1:6661``; no scheme means MLLP.

    Raises:
        UnknownTarget: a scheme other than mllp, http, https, file; or no port.
    """
    kinds, equals, url = text.partition("=")
    if not equals or "://" in kinds:
        kinds, url = "", text
    if "://" not in url:
        url = f"mllp://{url}"
    open_wire(url)
    return Target(tuple(kind for kind in kinds.split(",") if kind), url)


def open_wire(url: str) -> Wire:
    """Return the wire for a URL; nothing is connected yet.

    Raises:
        UnknownTarget: as :func:`read_target`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnknownTarget(where=url, why=str(error)) from error
    if parts.scheme == "mllp" and parts.hostname and port:
        return MllpWire(parts.hostname, port)
    if parts.scheme in ("http", "https") and parts.hostname:
        return HttpWire(url)
    if parts.scheme == "file" and parts.path:
        return FolderWire(Path(parts.path))
    raise UnknownTarget(where=url, why="neither mllp://host:port nor http:// nor file:///")


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """How patient a sender is.

    Attributes:
        lost_ack_share: 0 to 1; of the acknowledgments, how many it pretends not to have seen.
        timeout_seconds: how long it waits for one.
        retry_seconds: its pause before it repeats.
        attempts_max: after so many it writes the message off; None means never.
    """

    lost_ack_share: float = 0.0
    timeout_seconds: float = 20.0
    retry_seconds: float = 1.0
    attempts_max: int | None = None


class Feed:
    """Sends lines to one target, one at a time and in order.

    Attributes:
        counts: ``sent taken refused rejected unanswered repeated lost_acks given_up``.
    """

    def __init__(
        self,
        wire: Wire,
        settings: FeedSettings,
        chance: Random,
        journal: Callable[[str], None] = lambda entry: None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._wire = wire
        self._settings = settings
        self._chance = chance
        self._journal = journal

    async def deliver(self, line: Line) -> Verdict:
        """Send one line until it is taken, refused, or written off, and return the last verdict."""
        attempt = 0
        while True:
            attempt += 1
            self.counts["sent" if attempt == 1 else "repeated"] += 1
            verdict = await self._try_once(line)
            if verdict.code in ("AA", "AE"):
                self.counts["taken" if verdict.code == "AA" else "refused"] += 1
                self._journal(_entry(line, verdict, attempt))
                return verdict
            if self._settings.attempts_max and attempt >= self._settings.attempts_max:
                self.counts["given_up"] += 1
                self._journal(_entry(line, verdict, attempt))
                return verdict
            await asyncio.sleep(self._settings.retry_seconds)

    async def close(self) -> None:
        """Close the wire."""
        await self._wire.close()

    async def _try_once(self, line: Line) -> Verdict:
        """Return the verdict; code ``AR`` when rejected, empty when none was seen."""
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                verdict = await self._wire.exchange(line)
        except (NoVerdict, TimeoutError) as error:
            self.counts["unanswered"] += 1
            await self._wire.close()
            return Verdict("", b"", str(error) or "no answer in time")
        if self._chance.random() < self._settings.lost_ack_share:
            self.counts["lost_acks"] += 1
            await self._wire.close()
            return Verdict("", b"", "the acknowledgment got lost")
        if verdict.code == "AR":
            self.counts["rejected"] += 1
        return verdict


def _entry(line: Line, verdict: Verdict, attempt: int) -> str:
    digest = hashlib.sha256(line.body).hexdigest()
    return json.dumps(
        {
            "control_id": line.control_id,
            "kind": line.kind,
            "sha256": digest,
            "code": verdict.code,
            "attempts": attempt,
        }
    )
