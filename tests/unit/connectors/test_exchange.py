"""Whoever looks at his clock late looks at what has come before he says that nothing came."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time

import pytest
import uvloop
from tests.unit.connectors.conftest import Authority

from lianyi.connectors.connector import AnswerLate
from lianyi.connectors.mllp.sender import MllpSender, MllpSenderSettings
from lianyi.connectors.tls import TlsClient

MESSAGE = b"MSH|^~\\&|A||||||ADT^A01|1|P|2.5\r"
ANSWER = b"\x0bMSH|^~\\&|||||||ACK|1|P|2.5\rMSA|AA|1\r\x1c\r"


class Ward:
    """A receiver in a thread of its own: what stops us does not stop it."""

    def __init__(self, tls: ssl.SSLContext | None, *, pieces: tuple[bytes, ...]) -> None:
        self.seen = 0
        self._tls = tls
        self._pieces = pieces
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def end(self) -> None:
        """Wait until it has heard that nobody asks any more."""
        self._thread.join(10)

    def _serve(self) -> None:
        with self._door, self._door.accept()[0] as plain, self._secured(plain) as peer:
            while self._hears(peer):
                self.seen += 1
                for piece in self._pieces if self.seen > 1 else (ANSWER,):
                    time.sleep(0.1)
                    peer.sendall(piece)

    def _hears(self, peer: socket.socket) -> bool:
        try:
            return bool(peer.recv(65536))
        except OSError:
            return False

    def _secured(self, plain: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(plain, server_side=True) if self._tls else plain


async def exchange(ward: Ward, tls: TlsClient | None) -> bytes:
    """Send two messages; while the answer to the second is on its way the process stands still."""
    sender = MllpSender(MllpSenderSettings(address=f"127.0.0.1:{ward.port}", tls=tls))
    loop = asyncio.get_running_loop()
    busy, nudge = socket.socketpair()

    def stand_still() -> None:
        busy.recv(1)
        time.sleep(1.0)

    loop.add_reader(busy, stand_still)  # as long work on what another peer sent
    try:
        await sender.send(MESSAGE, attributes={}, timeout_seconds=5)  # connected
        loop.call_later(0.02, nudge.send, b"!")
        return (await sender.send(MESSAGE, attributes={}, timeout_seconds=0.5)).body
    finally:
        loop.remove_reader(busy)
        busy.close()
        nudge.close()
        await sender.close()
        await asyncio.to_thread(ward.end)


@pytest.mark.parametrize("encrypted", [False, True])
def test_an_answer_that_came_in_time_counts_although_we_look_late(
    authority: Authority, *, encrypted: bool
) -> None:
    certificate_file, key_file = authority.issue("ward")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    ward = Ward(context if encrypted else None, pieces=(ANSWER,))
    tls = TlsClient(ca_file=authority.ca_file) if encrypted else None

    assert b"MSA|AA|1" in uvloop.run(exchange(ward, tls))
    assert ward.seen == 2


def test_half_an_answer_is_late_all_the_same() -> None:
    ward = Ward(None, pieces=(ANSWER[:20], ANSWER[20:25]))
    with pytest.raises(AnswerLate):
        uvloop.run(exchange(ward, None))
