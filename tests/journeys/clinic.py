"""A clinic for journeys through the console: the real platform, two receivers and a sender.

The platform runs as people run it, ``lianyi serve`` on a folder of channels, with its embedded
database. The receivers answer over MLLP and can be told to refuse or to be gone.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.ports import free_port

from lianyi.base.database import connect
from lianyi.base.embedded.server import find_dsn

START, END = b"\x0b", b"\x1c\r"
REFUSED = "REFUSE"
"""A message that holds this word is answered AE."""

CHEAP = {
    "LIANYI__PASSWORD_HASHING__MEMORY_MIB": "19",
    "LIANYI__PASSWORD_HASHING__PASSES": "1",
    "LIANYI__PASSWORD_HASHING__LANES": "1",
}
"""The least that a check of a password may cost a house."""

CHANNEL = """
channel: admissions
description: 入院登记：挂号处 → 病历、病区
source: {{ connector: mllp, port: {source}, default_codec: utf-8 }}
gate:
  rules:
    - {{ path: PID-3.1, required: true, otherwise: hold, zh: 缺少患者标识, en: no patient }}
    - {{ path: PID-8, in: [M, F], zh: 性别代码不在表中, en: sex is not of the table }}
destinations:
  - name: record
    connector: mllp
    address: 127.0.0.1:{record}
    transform:
      - set: {{ MSH-5: RECORD }}
  - name: ward
    connector: mllp
    address: 127.0.0.1:{ward}
    filter: {{ event: [ADT^A01] }}
    breaker: {{ failures_to_open: 1, first_wait_seconds: 1, longest_wait_seconds: 1 }}
examples:
  - name: an admission reaches both
    event: ADT^A01
    fields: {{ PID-3.1: "1", PID-8: M }}
    delivered_to: [record, ward]
  - name: a change reaches the record only
    event: ADT^A08
    fields: {{ PID-3.1: "1", PID-8: M }}
    delivered_to: [record]
"""


def admission(
    control_id: str, patient: str, *, event: str = "A01", name: str = "试验^甲", sex: str = "M"
) -> str:
    """Return an invented admission; ``patient`` may be empty, which the gate holds."""
    identifier = f"{patient}^^^CLINIC^PI" if patient else ""
    return (
        f"MSH|^~\\&|DESK|CLINIC|||20260301081502||ADT^{event}|{control_id}|P|2.4\r"
        f"EVN|{event}|20260301081500\r"
        f"PID|1||{identifier}||{name}||19900101|{sex}\r"
        f"PV1|1|I|W03^0312^02||||||||||||||||V{patient}\r"
    )


def control_id_of(message: str) -> str:
    """Return MSH-10."""
    return message.split("|")[9]


class Receiver:
    """Answers every message over MLLP, and keeps it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._server: _Server | None = None
        self.received: list[str] = []
        self.open()

    def open(self) -> None:
        """Be there."""
        self._server = _Server(("127.0.0.1", self.port), _Conversation)
        self._server.receiver = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Be gone: connections end, and nobody answers at the address."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.hang_up()
            self._server = None

    def answer(self, message: str) -> str:
        """Keep a message and return what is answered to it."""
        control_id = control_id_of(message)
        if REFUSED in message:
            code, text = "AE", "|unknown patient"
        else:
            self.received.append(message)
            code, text = "AA", ""
        return (
            f"MSH|^~\\&|RECEIVER|CLINIC|||20260301081503||ACK|A{control_id}|P|2.4\r"
            f"MSA|{code}|{control_id}{text}\r"
        )


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    receiver: Receiver

    def __init__(self, *arguments: object) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)  # type: ignore[arg-type]

    def process_request(self, request: socket.socket, client: object) -> None:  # type: ignore[override]
        self._open.add(request)
        super().process_request(request, client)  # type: ignore[arg-type]

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the conversations that are going on."""
        for connection in list(self._open):
            connection.shutdown(socket.SHUT_RDWR)


class _Conversation(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        buffer = b""
        while chunk := self._read():
            buffer += chunk
            while END in buffer:
                frame, _, buffer = buffer.partition(END)
                reply = self.server.receiver.answer(frame.lstrip(START).decode())  # type: ignore[attr-defined]
                self.request.sendall(START + reply.encode() + END)

    def _read(self) -> bytes:
        try:
            return bytes(self.request.recv(65536))
        except OSError:
            return b""


class Clinic:
    """The platform and its neighbours. Use as a context manager."""

    options: tuple[str, ...] = ()  # what else ``lianyi serve`` is told

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._source_port = free_port()
        self.record = Receiver(free_port())
        self.ward = Receiver(free_port())
        self.address = f"http://127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Where the platform keeps what it knows."""
        return self._folder / "data"

    @property
    def token(self) -> str:
        """What the first start printed for the person who installs it."""
        return (self.data / "console-token").read_text().strip()

    def __enter__(self) -> Clinic:
        channels = self._folder / "content" / "channels"
        channels.mkdir(parents=True)
        (channels / "admissions.yaml").write_text(
            CHANNEL.format(source=self._source_port, record=self.record.port, ward=self.ward.port),
            encoding="utf-8",
        )
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.record.close()
        self.ward.close()

    def start(self) -> None:
        """Start the platform; wait until it answers browsers, takes messages and delivers."""
        command = [sys.executable, "-m", "lianyi.cli", "serve"]
        command += ["--data", str(self._folder / "data")]
        command += ["--content", str(self._folder / "content")]
        command += ["--http-port", self.address.rpartition(":")[2], *self.options]
        with (self._folder / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=os.environ | CHEAP
            )
        self.until(self._answers, "the console does not answer")
        self.until(self._listens, "the channel does not listen")
        self.until(self._delivers, "nothing is delivered")

    def stop(self) -> None:
        """Stop the platform as a service manager does."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=60)
            self._process = None

    def redefine(self, old: str, new: str) -> int:
        """Change the channel's file; return the version of the definition once it is in force."""
        file = self._folder / "content" / "channels" / "admissions.yaml"
        version = self._card()["version"]
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
        self.until(lambda: self._card()["version"] > version, "the definition does not change")
        self.until(self._listens, "the channel does not listen")
        return int(self._card()["version"])

    def share(self, name: str, text: str) -> None:
        """Write a table, step list or function that channels share."""
        file = self._folder / "content" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def share_anew(self, name: str, text: str) -> int:
        """Change a shared file that the channel uses; return the version that came of it."""
        version = self._card()["version"]
        self.share(name, text)
        self.until(lambda: self._card()["version"] > version, "the file makes no version")
        return int(self._card()["version"])

    def forget_files(self, version: int) -> None:
        """Make a version as an older release left it, which kept no shared files."""
        self._tell("DELETE FROM channels.definition_file WHERE version = $1", version)

    def let_sessions_age(self) -> None:
        """Let everybody have signed in an hour ago; nobody is asked to do so again."""
        self._tell("UPDATE security.session SET began_at = began_at - interval '1 hour'")

    def _tell(self, statement: str, *values: object) -> None:
        with ThreadPoolExecutor(1) as apart:  # a browser's event loop runs in this thread
            apart.submit(lambda: asyncio.run(self._execute(statement, *values))).result()

    async def _execute(self, statement: str, *values: object) -> None:
        address = find_dsn(self._folder / "data")
        assert address, "its database does not run"
        connection = await connect(address)
        await connection.execute(statement, *values)
        await connection.close()

    def send(self, message: str, *, codec: str = "utf-8") -> str:
        """Send a message to the channel and return the code of the answer."""
        with socket.create_connection(("127.0.0.1", self._source_port), timeout=20) as wire:
            wire.sendall(START + message.encode(codec) + END)
            answer = b""
            while END not in answer:
                chunk = wire.recv(65536)
                assert chunk, "the platform hung up without an answer"
                answer += chunk
        found = re.search(r"MSA\|(\w\w)\|", answer.decode())
        assert found, answer
        return found.group(1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/api/v1/session", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._source_port), timeout=2).close()
        except OSError:
            return False
        return True

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(
            f"{self.address}/api/v1{path}", headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def _card(self) -> dict[str, Any]:
        return dict(self._get("/channels/admissions"))

    def _delivers(self) -> bool:
        channels = self._get("/overview")["channels"]
        lanes = [lane for channel in channels for lane in channel["destinations"]]
        return bool(lanes) and all(lane["state"] != "down" for lane in lanes)

    def until(self, done: Callable[[], bool], complaint: str) -> None:
        """Wait until something is so, while the platform runs."""
        for _ in range(600):
            if done():
                return
            assert self._process, complaint
            assert self._process.poll() is None, (self._folder / "serve.log").read_text()[-3000:]
            time.sleep(0.1)
        raise AssertionError(complaint + "\n" + (self._folder / "serve.log").read_text()[-3000:])
