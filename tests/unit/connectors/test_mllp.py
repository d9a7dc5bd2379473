"""MLLP on real sockets: what only this wire can get wrong."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvloop
from pydantic import ValidationError

from lianyi.connectors.connector import (
    Answer,
    MessageTooLarge,
    NoAnswer,
    TooManyConnections,
    Unreachable,
)
from lianyi.connectors.listening import AnswersNotRead
from lianyi.connectors.mllp import (
    MllpSender,
    MllpSenderSettings,
    MllpSource,
    MllpSourceSettings,
)
from lianyi.connectors.mllp.framing import (
    BytesOutsideFrame,
    EndInsideFrame,
    StartInsideFrame,
    UnfinishedFrame,
)
from lianyi.connectors.tls import TlsClient, TlsServer, TlsUnusable

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
Until = Callable[[Callable[[], bool]], Awaitable[None]]
Open = Callable[..., Awaitable[MllpSource]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def listen(desk: Any) -> AsyncIterator[Open]:
    sources = []

    async def listen(**settings: Any) -> MllpSource:
        source = MllpSource(
            MllpSourceSettings(port=0, **settings), desk.receive, desk.troubles.append
        )
        await source.start()
        sources.append(source)
        return source

    yield listen
    for source in sources:
        await source.stop(grace_seconds=0)


async def connect(source: MllpSource) -> Streams:
    host, _, port = source.address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def rest(streams: Streams) -> bytes:
    """Return all that still comes; b"" also for a connection that was reset."""
    reader, writer = streams
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("stream", "trouble"),
    [
        (b"MSH|no frame", BytesOutsideFrame),
        (b"\x0bMSH|one\x0bMSH|two\x1c\r", StartInsideFrame),
        (b"\x0bMSH|one\x1cMSH|two\x1c\r", EndInsideFrame),
        (b"\x0b" + b"x" * 1001, MessageTooLarge),
    ],
)
async def test_a_broken_stream_answers_what_was_whole_and_closes(
    listen: Open, desk: Any, stream: bytes, trouble: type
) -> None:
    source = await listen(size_limit_bytes=1000)
    streams = await connect(source)

    streams[1].write(b"\x0bwhole\x1c\r" + stream)

    assert await rest(streams) == b"\x0bok\x1c\r"
    assert desk.bodies == [b"whole"]
    assert [type(error) for error in desk.troubles] == [trouble]
    assert desk.troubles[0].where.startswith("127.0.0.1:")


async def test_100_mb_against_the_limit_costs_the_sender_its_connection(
    listen: Open, desk: Any, until: Until
) -> None:
    source = await listen(size_limit_bytes=1_000_000)
    _, writer = await connect(source)
    writer.write(b"\x0b")
    for _ in range(1600):
        if writer.is_closing():
            break
        writer.write(b"x" * 65_536)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
    writer.close()

    assert [type(error) for error in desk.troubles] == [MessageTooLarge]
    assert desk.arrivals == []
    await until(lambda: source.connections == 0)


async def test_half_a_frame_and_gone_is_told_once(listen: Open, desk: Any, until: Until) -> None:
    source = await listen()
    _, writer = await connect(source)
    writer.write(b"\x0bMSH|half of a mess")
    await writer.drain()
    writer.close()
    await until(lambda: source.connections == 0)

    assert [type(error) for error in desk.troubles] == [UnfinishedFrame]
    assert desk.arrivals == []


async def test_a_frame_without_end_block_is_given_up_in_time(listen: Open, desk: Any) -> None:
    source = await listen(message_timeout_seconds=0.1)
    streams = await connect(source)
    streams[1].write(b"\x0bMSH|no end block\r")

    assert await rest(streams) == b""
    assert [type(error) for error in desk.troubles] == [UnfinishedFrame]


async def test_a_silent_peer_is_disconnected_without_trouble(listen: Open, desk: Any) -> None:
    source = await listen(idle_timeout_seconds=0.1)
    streams = await connect(source)

    assert await rest(streams) == b""
    assert desk.troubles == []


async def test_a_peer_that_waits_for_a_reply_is_not_idle(listen: Open, desk: Any) -> None:
    desk.answer = None
    source = await listen(idle_timeout_seconds=0.1)
    reader, writer = await connect(source)
    writer.write(b"\x0bone\x1c\r")
    await asyncio.sleep(0.3)

    desk.replies[0](Answer(b"at last"))

    assert await reader.readexactly(10) == b"\x0bat last\x1c\r"
    writer.close()


async def test_a_peer_that_shuts_its_side_still_gets_its_reply(
    listen: Open, desk: Any, until: Until
) -> None:
    desk.answer = None
    source = await listen()
    streams = await connect(source)
    streams[1].write(b"\x0bone\x1c\r")
    streams[1].write_eof()
    await until(lambda: len(desk.arrivals) == 1)
    await asyncio.sleep(0.05)

    desk.replies[0](Answer(b"ok"))

    assert await rest(streams) == b"\x0bok\x1c\r"
    assert desk.troubles == []


async def test_an_empty_answer_sends_nothing(listen: Open, desk: Any) -> None:
    source = await listen()
    reader, writer = await connect(source)
    desk.answer = Answer(b"")
    writer.write(b"\x0bone\x1c\r")
    await asyncio.sleep(0.05)
    desk.answer = Answer(b"two")
    writer.write(b"\x0btwo\x1c\r")

    assert await reader.readexactly(6) == b"\x0btwo\x1c\r"
    writer.close()


async def test_repeats_are_handed_on_each_time(listen: Open, desk: Any) -> None:
    source = await listen()
    reader, writer = await connect(source)
    writer.write(b"\x0bsame\x1c\r" * 3)

    assert await reader.readexactly(15) == b"\x0bok\x1c\r" * 3
    assert desk.bodies == [b"same"] * 3
    writer.close()


async def test_one_connection_too_many_is_turned_away(
    listen: Open, desk: Any, until: Until
) -> None:
    source = await listen(connections_max=2)
    first, second = await connect(source), await connect(source)
    await until(lambda: source.connections == 2)

    third = await connect(source)

    assert await rest(third) == b""
    assert [type(error) for error in desk.troubles] == [TooManyConnections]
    first[1].write(b"\x0bstill served\x1c\r")
    assert await first[0].readexactly(5) == b"\x0bok\x1c\r"
    first[1].close()
    second[1].close()


async def test_200_peers_are_served_at_once(listen: Open, desk: Any) -> None:
    source = await listen()

    async def talk(number: int) -> None:
        sender = MllpSender(MllpSenderSettings(address=source.address))
        for _ in range(5):
            answer = await sender.send(b"from %d" % number, attributes={}, timeout_seconds=10)
            assert answer.body == b"ok"
        await sender.close()

    await asyncio.gather(*(talk(number) for number in range(200)))

    assert len(desk.arrivals) == 1000
    assert desk.troubles == []


async def test_a_peer_that_does_not_read_its_answers_is_disconnected(
    listen: Open, desk: Any, until: Until
) -> None:
    desk.answer = Answer(b"x" * 1_000_000)
    source = await listen(idle_timeout_seconds=0.2, outstanding_max=10_000)
    host, _, port = source.address.rpartition(":")
    peer = socket.create_connection((host, int(port)))
    peer.setblocking(False)
    await asyncio.get_running_loop().sock_sendall(peer, b"\x0bmessage\x1c\r" * 1000)
    await until(lambda: len(desk.arrivals) > 0)

    await until(lambda: source.connections == 0)
    peer.close()

    assert AnswersNotRead in [type(error) for error in desk.troubles]
    assert len(desk.arrivals) < 100, "a peer that does not read must not be read either"


async def test_the_cr_may_be_missing_when_told_in_both_directions(listen: Open) -> None:
    source = await listen(end_without_cr=True)
    reader, writer = await connect(source)
    writer.write(b"\x0bone\x1c\x0btwo\x1c\r")

    assert await reader.readexactly(10) == b"\x0bok\x1c\r" * 2
    writer.close()


# TLS


async def exchange(source: MllpSource, tls: TlsClient) -> Answer:
    sender = MllpSender(MllpSenderSettings(address=source.address, tls=tls))
    try:
        return await sender.send(b"secret", attributes={}, timeout_seconds=5)
    finally:
        await sender.close()


async def test_tls_lets_in_who_knows_the_authority(listen: Open, desk: Any, authority: Any) -> None:
    certificate_file, key_file = authority.issue("lianyi")
    source = await listen(tls=TlsServer(certificate_file=certificate_file, key_file=key_file))

    answer = await exchange(source, TlsClient(ca_file=authority.ca_file))

    assert answer.body == b"ok"
    assert desk.bodies == [b"secret"]
    assert desk.arrivals[0].attributes == {}


async def test_tls_of_a_stranger_is_unreachable(
    listen: Open, desk: Any, authority: Any, stranger: Any
) -> None:
    certificate_file, key_file = stranger.issue("lianyi")
    source = await listen(tls=TlsServer(certificate_file=certificate_file, key_file=key_file))

    with pytest.raises(Unreachable, match="certificate"):
        await exchange(source, TlsClient(ca_file=authority.ca_file))

    assert desk.arrivals == []


async def test_tls_for_another_name_is_unreachable(listen: Open, authority: Any) -> None:
    certificate_file, key_file = authority.issue("lianyi")
    source = await listen(tls=TlsServer(certificate_file=certificate_file, key_file=key_file))

    with pytest.raises(Unreachable, match="certificate"):
        await exchange(source, TlsClient(ca_file=authority.ca_file, server_name="emr.internal"))


async def test_mutual_tls_knows_who_sends(listen: Open, desk: Any, authority: Any) -> None:
    certificate_file, key_file = authority.issue("lianyi")
    source = await listen(
        tls=TlsServer(
            certificate_file=certificate_file,
            key_file=key_file,
            client_ca_file=authority.ca_file,
        )
    )
    his, his_key = authority.issue("HIS")

    tls = TlsClient(ca_file=authority.ca_file, certificate_file=his, key_file=his_key)
    assert (await exchange(source, tls)).body == b"ok"

    assert desk.arrivals[0].attributes == {"certificate_subject": "commonName=HIS"}


@pytest.mark.parametrize(
    "shows", ["nothing", "a stranger's", "an expired one", "a self-signed one"]
)
async def test_mutual_tls_refuses_whom_nobody_vouches_for(
    listen: Open, desk: Any, authority: Any, stranger: Any, shows: str
) -> None:
    certificate_file, key_file = authority.issue("lianyi")
    source = await listen(
        tls=TlsServer(
            certificate_file=certificate_file,
            key_file=key_file,
            client_ca_file=authority.ca_file,
        )
    )
    own, own_key = {
        "nothing": lambda: (None, None),
        "a stranger's": lambda: stranger.issue("HIS"),
        "an expired one": lambda: authority.issue("HIS", expired=True),
        "a self-signed one": lambda: (stranger.ca_file, stranger.ca_key_file),
    }[shows]()

    # TLS 1.3 lets a client send before the server has judged its certificate
    with pytest.raises((Unreachable, NoAnswer)):
        await exchange(
            source, TlsClient(ca_file=authority.ca_file, certificate_file=own, key_file=own_key)
        )

    assert desk.arrivals == []


async def test_an_authority_taken_out_of_the_file_vouches_for_nobody_any_more(
    listen: Open,
    desk: Any,
    authority: Any,
    stranger: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lianyi.connectors.listening.LOOK_SECONDS", 0.02)
    certificate_file, key_file = authority.issue("lianyi")
    trusted = authority.folder / "trusted.pem"
    trusted.write_bytes(authority.ca_file.read_bytes() + stranger.ca_file.read_bytes())
    tls = TlsServer(certificate_file=certificate_file, key_file=key_file, client_ca_file=trusted)
    source = await listen(tls=tls)
    his, his_key = stranger.issue("HIS")
    shows = TlsClient(ca_file=authority.ca_file, certificate_file=his, key_file=his_key)
    sender = MllpSender(MllpSenderSettings(address=source.address, tls=shows))
    assert (await sender.send(b"before", attributes={}, timeout_seconds=5)).body == b"ok"

    trusted.write_bytes(authority.ca_file.read_bytes())

    async def send_on() -> None:
        while True:
            await sender.send(b"meanwhile", attributes={}, timeout_seconds=5)

    with pytest.raises((Unreachable, NoAnswer)):  # its open connection is closed, too
        await asyncio.wait_for(send_on(), 20)
    await sender.close()
    taken = len(desk.arrivals)
    with pytest.raises((Unreachable, NoAnswer)):
        await exchange(source, shows)
    assert len(desk.arrivals) == taken
    own, own_key = authority.issue("LIS")
    shows = TlsClient(ca_file=authority.ca_file, certificate_file=own, key_file=own_key)
    assert (await exchange(source, shows)).body == b"ok"


async def test_a_sender_shows_its_new_certificate_at_the_next_connection(
    listen: Open, desk: Any, authority: Any
) -> None:
    certificate_file, key_file = authority.issue("lianyi")
    tls = TlsServer(
        certificate_file=certificate_file, key_file=key_file, client_ca_file=authority.ca_file
    )
    source = await listen(tls=tls)
    own, own_key = authority.issue("HIS", expired=True)
    shows = TlsClient(ca_file=authority.ca_file, certificate_file=own, key_file=own_key)
    sender = MllpSender(MllpSenderSettings(address=source.address, tls=shows))
    with pytest.raises((Unreachable, NoAnswer)):
        await sender.send(b"before", attributes={}, timeout_seconds=5)

    authority.issue("HIS")  # the same files

    assert (await sender.send(b"after", attributes={}, timeout_seconds=5)).body == b"ok"
    await sender.close()


async def test_plain_bytes_at_a_tls_port_reach_nobody(
    listen: Open, desk: Any, authority: Any
) -> None:
    certificate_file, key_file = authority.issue("lianyi")
    source = await listen(tls=TlsServer(certificate_file=certificate_file, key_file=key_file))
    streams = await connect(source)
    streams[1].write(b"\x0bplain\x1c\r" * 10)

    await rest(streams)

    assert desk.arrivals == []


async def test_tls_files_that_do_not_fit_are_told_at_the_start(
    listen: Open, authority: Any, stranger: Any
) -> None:
    certificate_file, _ = authority.issue("lianyi")
    _, other_key = stranger.issue("lianyi")

    with pytest.raises(TlsUnusable):
        await listen(tls=TlsServer(certificate_file=certificate_file, key_file=other_key))


@pytest.mark.parametrize("address", ["", "host", "host:", ":7001", "host:0", "host:70000", "h:x"])
def test_an_address_without_host_and_port_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        MllpSenderSettings(address=address)
