"""What becomes of a receiver's connections when telling it is cut short: real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from lianyi.api.rest_hooks import HttpHook
from lianyi.projections.clinical.subscriptions.problems import ReceiverSilent
from lianyi.projections.clinical.subscriptions.settings import SubscriptionSettings
from lianyi.security.providers.careful_transport import LIMITS

STEPS = 40
"""A request has taken fewer turns of the loop when it waits for the answer."""


class Peer:
    """Accepts connections, and answers once it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.open = 0
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read whatever comes; answer each request when it may."""
        self.open += 1
        try:
            while await reader.read(65536):
                await self.may_answer.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except ConnectionError:
            return
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Peer]:
    peer = Peer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield peer
    finally:
        server.close()


async def post(hook: HttpHook, peer: Peer, *, seconds: float = 5) -> None:
    headers = [("X-Of", "test")]
    await hook.post(
        peer.address, b"{}", media_type="application/json", headers=headers, timeout_seconds=seconds
    )


async def cut_short(hook: HttpHook, peer: Peer, steps: int) -> None:
    """Begin to tell the receiver, and stop after so many turns of the loop."""
    telling = asyncio.create_task(post(hook, peer))
    for _ in range(steps):
        await asyncio.sleep(0)
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling


@asynccontextmanager
async def hooking() -> AsyncIterator[HttpHook]:
    hook = HttpHook(SubscriptionSettings(hosts=("127.0.0.1",)))
    try:
        yield hook
    finally:
        await hook.close()


@pytest.mark.parametrize("answers", [False, True])
async def test_a_receiver_is_told_again_however_often_telling_it_was_cut_short(
    answers: bool,
) -> None:
    async with listening() as peer, hooking() as hook:
        if answers:
            peer.may_answer.set()
        for steps in range(STEPS):
            for _ in range(LIMITS.max_connections or 0):
                await cut_short(hook, peer, steps)
        peer.may_answer.set()
        await post(hook, peer)
        await hook.close()
        await asyncio.sleep(0.1)
        assert peer.open == 0  # and nothing of it stays open


async def test_what_is_under_way_is_not_cut_short_with_another() -> None:
    async with listening() as peer, hooking() as hook:
        waiting = asyncio.create_task(post(hook, peer))
        while not peer.open:
            await asyncio.sleep(0.01)
        for _ in range(2 * (LIMITS.max_connections or 0)):
            await cut_short(hook, peer, STEPS)
        peer.may_answer.set()
        await waiting


async def test_a_receiver_that_never_answers_is_given_up_in_time_and_told_later() -> None:
    async with listening() as peer, hooking() as hook:
        many = (post(hook, peer, seconds=0.2) for _ in range(3 * (LIMITS.max_connections or 0)))
        ended = await asyncio.gather(*many, return_exceptions=True)
        assert {type(one) for one in ended} == {ReceiverSilent}
        peer.may_answer.set()
        await post(hook, peer)
