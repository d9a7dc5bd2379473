"""A platform under a flood goes on: messages are taken and delivered, people are answered (S16)."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
import urllib.request
from collections.abc import Iterator

import pytest
from tests.journeys.clinic import Clinic, admission
from tests.journeys.conftest import open_clinic

pytestmark = pytest.mark.slow

CONNECTIONS = 10_000
"""As many as the check of our own security goals asks for; fewer where the machine allows fewer."""
BLOCK = b"x" * 65_536


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    with open_clinic() as clinic:
        yield clinic


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    """Open sockets that are closed again, and leave to have many of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held: list[socket.socket] = []
    yield held
    for one in held:
        one.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def pour(address: tuple[str, int], stop: threading.Event) -> None:
    """Send bodies of a gigabyte, again and again, until told to stop."""
    head = (
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n40000000\r\n"
    )
    while not stop.is_set():
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=5) as wire:
            wire.sendall(head)
            while not stop.is_set():
                wire.sendall(BLOCK)


def test_a_flood_of_the_console_stops_neither_messages_nor_people(
    clinic: Clinic, sockets: list[socket.socket]
) -> None:
    host, port = "127.0.0.1", int(clinic.address.rpartition(":")[2])
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500
    for n in range(min(CONNECTIONS, room)):
        held = socket.create_connection((host, port), timeout=20)
        held.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" if n % 2 else b"")
        sockets.append(held)
    stop = threading.Event()
    floods = [threading.Thread(target=pour, args=((host, port), stop)) for _ in range(4)]
    for flood in floods:
        flood.start()
    try:
        for n in range(20):
            assert clinic.send(admission(f"F{n}", f"FLOOD{n}")) == "AA"
            asked = urllib.request.Request(
                f"{clinic.address}/api/v1/channels/admissions",
                headers={"Authorization": f"Bearer {clinic.token}"},
            )
            with urllib.request.urlopen(asked, timeout=30) as answer:
                assert answer.status == 200
        clinic.until(
            lambda: sum("|F1" in message for message in clinic.record.received) >= 11,
            "nothing is delivered",
        )
    finally:
        stop.set()
        for flood in floods:
            flood.join()
