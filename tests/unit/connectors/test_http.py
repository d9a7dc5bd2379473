"""HTTP on real sockets: what only this wire can get wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lianyi.base.errors import Category
from lianyi.connectors.connector import (
    AddressInUse,
    Answer,
    AnswerGarbled,
    MessageTooLarge,
    Unreachable,
)
from lianyi.connectors.http import HttpSender, HttpSenderSettings, HttpSource, HttpSourceSettings
from lianyi.connectors.http.refusals import (
    BrokenRequest,
    EncodedBody,
    HeadersTooLarge,
    RequestTooSlow,
    UnfinishedRequest,
    UnknownPath,
    WrongMethod,
    WrongToken,
)
from lianyi.connectors.http.sender import category_of_status, header_value
from lianyi.connectors.http.token import TokenUnreadable
from lianyi.connectors.tls import TlsClient, TlsServer

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
Until = Callable[[Callable[[], bool]], Awaitable[None]]
Open = Callable[..., Awaitable[HttpSource]]


@pytest.fixture
async def listen(desk: Any) -> AsyncIterator[Open]:
    sources = []

    async def listen(
        *, port: int = 0, path: str = "/in", to: Any = None, **settings: Any
    ) -> HttpSource:
        to = to or desk
        source = HttpSource(
            HttpSourceSettings(port=port, path=path, **settings), to.receive, to.troubles.append
        )
        await source.start()
        sources.append(source)
        return source

    yield listen
    for source in sources:
        await source.stop(grace_seconds=0)


def port_of(source: HttpSource) -> int:
    return int(source.address.partition("/")[0].rpartition(":")[2])


async def talk(source: HttpSource, request: bytes, *, shut: bool = False) -> bytes:
    """Send bytes and return all that comes until the source closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(source))
    writer.write(request)
    if shut:
        writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


def post(body: bytes, *, headers: str = "", path: str = "/in") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


async def test_a_real_client_is_served(listen: Open, desk: Any) -> None:
    source = await listen()
    async with httpx.AsyncClient(trust_env=False) as client:
        answers = [
            await client.post(
                f"http://{source.address}?x=1",
                content=body,
                headers={
                    "Content-Type": "application/json",
                    "Idempotency-Key": "K7",
                    "X-Message-Id": "M9",
                },
            )
            for body in (b"{}", b"", b"x" * 300_000)
        ]

    assert [(a.status_code, a.content, a.headers["content-type"]) for a in answers] == [
        (200, b"ok", "text/plain")
    ] * 3
    assert desk.bodies == [b"{}", b"", b"x" * 300_000]
    assert desk.arrivals[0].attributes == {
        "content_type": "application/json",
        "idempotency_key": "K7",
        "message_id": "M9",
        "path": "/in",
    }
    assert source.connections <= 1


async def test_a_chunked_body_is_put_together(listen: Open, desk: Any) -> None:
    source = await listen()

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one ", b"two ", b"three"):
            yield piece

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"http://{source.address}", content=pieces())

    assert answer.status_code == 200
    assert desk.bodies == [b"one two three"]


@pytest.mark.parametrize("category", list(Category))
async def test_a_refusal_has_the_status_of_its_category(
    listen: Open, desk: Any, category: Category
) -> None:
    source = await listen()
    desk.answer = Answer(b"why", category, "application/json")

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"http://{source.address}", content=b"x")

    assert (answer.status_code, answer.content) == (category.value.http_status, b"why")


@pytest.mark.parametrize(
    ("request_", "status", "trouble"),
    [
        (post(b"x", path="/other"), 404, UnknownPath),
        (b"GET /in HTTP/1.1\r\nHost: h\r\n\r\n", 405, WrongMethod),
        (post(b"x" * 1001), 413, MessageTooLarge),
        (
            b"POST /in HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"190\r\n%b\r\n" % (b"x" * 400) * 3,
            413,
            MessageTooLarge,
        ),
        (post(b"x", headers="Content-Encoding: gzip\r\n"), 415, EncodedBody),
        (b"\x0bMSH|^~\\&|\x1c\r", 400, BrokenRequest),
        (b"POST /in HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, BrokenRequest),
        (
            b"POST /in HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            400,
            BrokenRequest,
        ),
        (
            post(b"abc", headers="Transfer-Encoding: chunked\r\n"),
            400,
            BrokenRequest,
        ),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, BrokenRequest),
        (b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n", 404, UnknownPath),
        (b"GET /in HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", 405, WrongMethod),
        (b"POST /in HTTP/1.1\r\nX: " + b"x" * 400_000, 431, HeadersTooLarge),
        (b"POST /" + b"x" * 400_000, 431, HeadersTooLarge),
    ],
)
async def test_what_is_no_message_is_refused_and_the_connection_closed(
    listen: Open, desk: Any, request_: bytes, status: int, trouble: type
) -> None:
    source = await listen(size_limit_bytes=1000)

    answer = await talk(source, request_)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close\r\n" in answer
    assert [type(error) for error in desk.troubles] == [trouble]
    assert desk.arrivals == []


async def test_pipelined_requests_are_answered_in_order(listen: Open, desk: Any) -> None:
    source = await listen()
    desk.answer = None
    requests = post(b"one") + post(b"two") + post(b"three", path="/none")
    talking = asyncio.create_task(talk(source, requests))
    while len(desk.arrivals) < 2:
        await asyncio.sleep(0.005)
    desk.replies[1](Answer(b"second"))
    await asyncio.sleep(0.02)
    desk.replies[0](Answer(b"first"))

    answer = await talking

    assert answer.index(b"first") < answer.index(b"second") < answer.index(b"404")


async def test_after_connection_close_nothing_more_is_read(listen: Open, desk: Any) -> None:
    source = await listen()

    answer = await talk(source, post(b"last", headers="Connection: close\r\n") + post(b"more"))

    assert answer.count(b"HTTP/1.1 200") == 1
    assert desk.bodies == [b"last"]


async def test_old_clients_are_kept_alive_when_they_ask(listen: Open, desk: Any) -> None:
    source = await listen()
    head = b"POST /in HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n"
    last = b"POST /in HTTP/1.0\r\nContent-Length: 1\r\n\r\n"

    answer = await talk(source, head + b"a" + last + b"b")

    assert answer.count(b"Connection: keep-alive\r\n") == 1
    assert desk.bodies == [b"a", b"b"]


async def test_a_client_that_asks_first_is_told_to_go_on(listen: Open, desk: Any) -> None:
    source = await listen()
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(source))
    writer.write(b"POST /in HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"body")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    writer.close()

    assert desk.bodies == [b"body"]


async def test_a_client_that_offers_http_2_is_served_as_it_is(listen: Open, desk: Any) -> None:
    source = await listen()
    offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"

    chunked = f"POST /in HTTP/1.1\r\n{offer}Transfer-Encoding: chunked\r\n\r\n".encode()

    answer = await talk(
        source,
        post(b"one", headers=offer)
        + chunked
        + b"3\r\ntwo\r\n0\r\n\r\n"
        + post(b"three", headers="Connection: close\r\n"),
    )

    assert answer.count(b"HTTP/1.1 200") == 3
    assert desk.bodies == [b"one", b"two", b"three"]


async def test_a_slow_request_is_given_up(listen: Open, desk: Any) -> None:
    source = await listen(message_timeout_seconds=0.1)

    answer = await talk(source, b"POST /in HTTP/1.1\r\nContent-Le")

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert [type(error) for error in desk.troubles] == [RequestTooSlow]


async def test_an_idle_client_is_disconnected_without_trouble(listen: Open, desk: Any) -> None:
    source = await listen(idle_timeout_seconds=0.1)

    answer = await talk(source, post(b"x"))

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert desk.troubles == []


async def test_half_a_request_is_told(listen: Open, desk: Any) -> None:
    source = await listen()

    assert await talk(source, post(b"whole body")[:-4], shut=True) == b""

    assert [type(error) for error in desk.troubles] == [UnfinishedRequest]
    assert desk.arrivals == []


async def test_a_token_is_asked_for(listen: Open, desk: Any, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("open-sesame\n")
    source = await listen(token_file=token_file)
    right = HttpSender(
        HttpSenderSettings(address=f"http://{source.address}", token_file=token_file)
    )
    wrong = HttpSender(HttpSenderSettings(address=f"http://{source.address}"))

    assert (await right.send(b"x", attributes={}, timeout_seconds=5)).category is None
    assert (await wrong.send(b"y", attributes={}, timeout_seconds=5)).category is not None

    assert desk.bodies == [b"x"]
    assert [type(error) for error in desk.troubles] == [WrongToken]
    assert "sesame" not in desk.troubles[0].text()
    await right.close()
    await wrong.close()


@pytest.mark.parametrize("content", [None, "", "two words", "密码"])
async def test_a_token_file_that_holds_none_is_told(
    listen: Open, tmp_path: Path, content: str | None
) -> None:
    token_file = tmp_path / "token"
    if content is not None:
        token_file.write_text(content)

    with pytest.raises(TokenUnreadable):
        await listen(token_file=token_file)


# One address, several sources


async def test_sources_share_an_address_and_differ_by_path(listen: Open, desk: Any) -> None:
    other = type(desk)()
    first = await listen(path="/a")
    second = await listen(path="/b", port=port_of(first), to=other)

    assert (await talk(first, post(b"1", path="/a", headers="Connection: close\r\n")))[
        9:12
    ] == b"200"
    assert (await talk(first, post(b"2", path="/b", headers="Connection: close\r\n")))[
        9:12
    ] == b"200"
    assert (desk.bodies, other.bodies) == ([b"1"], [b"2"])

    await first.stop()
    assert (await talk(second, post(b"3", path="/a")))[9:12] == b"503"
    assert (await talk(second, post(b"3", path="/c")))[9:12] == b"404"
    assert (await talk(second, post(b"4", path="/b", headers="Connection: close\r\n")))[
        9:12
    ] == b"200"
    await second.stop()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port_of(first) or port_of(second) or 1)


async def test_a_paused_source_does_not_hold_up_its_neighbour(listen: Open, desk: Any) -> None:
    other = type(desk)()
    first = await listen(path="/a")
    second = await listen(path="/b", port=port_of(first), to=other)
    first.pause()
    waiting = asyncio.create_task(
        talk(second, post(b"1", path="/a", headers="Connection: close\r\n"))
    )

    assert (await talk(second, post(b"2", path="/b", headers="Connection: close\r\n")))[
        9:12
    ] == b"200"
    assert desk.bodies == []
    first.resume()

    assert (await waiting)[9:12] == b"200"


async def test_stopping_one_of_two_waits_for_its_own_replies(listen: Open, desk: Any) -> None:
    first = await listen(path="/a")
    await listen(path="/b", port=port_of(first))
    desk.answer = None
    waiting = asyncio.create_task(
        talk(first, post(b"1", path="/a", headers="Connection: close\r\n"))
    )
    while not desk.arrivals:
        await asyncio.sleep(0.005)
    stopping = asyncio.create_task(first.stop(grace_seconds=10))
    await asyncio.sleep(0.05)
    assert not stopping.done()

    desk.replies[0](Answer(b"in time"))
    await stopping

    assert (await waiting).endswith(b"in time")


async def test_a_request_half_read_when_its_source_stops_is_not_handed_on(
    listen: Open, desk: Any
) -> None:
    first = await listen(path="/a")
    second = await listen(path="/b", port=port_of(first))
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(second))
    writer.write(post(b"whole", path="/a")[:-1])
    await asyncio.sleep(0.05)
    await first.stop()

    writer.write(b"e")

    assert (await asyncio.wait_for(reader.read(), 10))[9:12] == b"503"
    assert desk.arrivals == []
    writer.close()


@pytest.mark.parametrize("settings", [{"path": "/a"}, {"path": "/b", "connections_max": 7}])
async def test_sources_that_disagree_cannot_share(listen: Open, settings: dict[str, Any]) -> None:
    first = await listen(path="/a")

    with pytest.raises(AddressInUse):
        await listen(port=port_of(first), **settings)


# The sender


@pytest.fixture
async def canned() -> AsyncIterator[Callable[[bytes], Awaitable[HttpSender]]]:
    """A server that answers every request with the same bytes and closes."""
    opened: list[Any] = []

    async def canned(answer: bytes, **settings: Any) -> HttpSender:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            requests.append(await reader.readuntil(b"END"))
            writer.write(answer)
            writer.close()

        requests: list[bytes] = []
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        sender = HttpSender(
            HttpSenderSettings(address=f"http://127.0.0.1:{port}/v1?a=b", **settings)
        )
        sender.requests = requests  # type: ignore[attr-defined]
        opened.append((server, sender))
        return sender

    yield canned
    for server, sender in opened:
        await sender.close()
        server.close()
        await server.wait_closed()


async def send(sender: HttpSender, **attributes: str) -> Answer:
    return await sender.send(b"body END", attributes=attributes, timeout_seconds=5)


async def test_a_request_says_what_it_carries(canned: Any) -> None:
    sender = await canned(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", headers={"X-Ward": "7"})

    await send(sender, content_type="application/json", control_id="C1")

    head = sender.requests[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[0] == b"POST /v1?a=b HTTP/1.1"
    assert b"Content-Type: application/json" in head
    assert b"Idempotency-Key: C1" in head
    assert b"Content-Length: 8" in head
    assert b"X-Ward: 7" in head


async def test_a_message_without_a_control_id_is_named_by_its_delivery(canned: Any) -> None:
    sender = await canned(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    await send(sender, control_id="", idempotency="1-7-1-ab")
    await send(sender, control_id="C1", idempotency="1-8-1-ab", traceparent="00-1-2-01")

    unnamed, named = (one.partition(b"\r\n\r\n")[0].split(b"\r\n") for one in sender.requests)
    assert b"Idempotency-Key: 1-7-1-ab" in unnamed
    assert not any(line.startswith(b"traceparent") for line in unnamed)
    assert [line for line in named if line.startswith(b"Idempotency-Key")] == [
        b"Idempotency-Key: C1"
    ]
    assert b"traceparent: 00-1-2-01" in named


@given(text=st.text())
def test_no_text_can_end_a_header(text: str) -> None:
    assert all(0x20 <= byte < 0x7F for byte in header_value(text))


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", Answer(b"until the end")),
        (b"HTTP/1.0 200 OK\r\n\r\nold", Answer(b"old")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Answer()),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok", Answer(b"ok")),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            Answer(b"ok"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            Answer(b"abc", None, "text/xml"),
        ),
        (
            b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 2\r\n\r\nno",
            Answer(b"no", Category.INVALID),
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
            Answer(b"", Category.INVALID),
        ),
    ],
)
async def test_answers_of_all_shapes_are_read(canned: Any, raw: bytes, answer: Answer) -> None:
    assert await send(await canned(raw)) == answer


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400_000,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.0\r\n",
    ],
)
async def test_what_is_no_answer_is_garbled(canned: Any, raw: bytes) -> None:
    with pytest.raises(AnswerGarbled):
        await send(await canned(raw, answer_limit_bytes=1000))


@pytest.mark.parametrize(
    ("statuses", "category"),
    [
        ([200, 201, 202, 204], None),
        ([400, 422, 413, 418, 301, 302], Category.INVALID),
        ([403], Category.FORBIDDEN),
        ([404, 410], Category.NOT_FOUND),
        ([409], Category.CONFLICT),
        ([405, 415, 501], Category.UNSUPPORTED),
        ([429], Category.BUSY),
        ([401, 407, 408, 425, 500, 502, 503, 504, 599], Category.UNAVAILABLE),
    ],
)
def test_a_status_says_whether_to_try_again(statuses: list[int], category: Category | None) -> None:
    assert {category_of_status(status) for status in statuses} == {category}


@pytest.mark.parametrize(
    "address", ["", "ftp://h/", "http://", "http://u:p@h/", "http://h/a b", "http://h/\r\nX: y"]
)
def test_an_address_that_is_no_url_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        HttpSenderSettings(address=address)


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X:": "a"}, {"": "a"}])
def test_headers_that_could_end_a_header_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        HttpSenderSettings(address="http://h/", headers=headers)


async def test_https_checks_who_answers(
    listen: Open, desk: Any, authority: Any, stranger: Any
) -> None:
    certificate_file, key_file = authority.issue("lianyi")
    source = await listen(tls=TlsServer(certificate_file=certificate_file, key_file=key_file))
    friend, other = (
        HttpSender(
            HttpSenderSettings(
                address=f"https://{source.address}", tls=TlsClient(ca_file=known.ca_file)
            )
        )
        for known in (authority, stranger)
    )

    for _ in range(3):
        assert (await friend.send(b"x", attributes={}, timeout_seconds=5)).body == b"ok"
    with pytest.raises(Unreachable, match="certificate"):
        await other.send(b"x", attributes={}, timeout_seconds=5)

    assert source.connections == 1, "one kept-alive connection"
    assert len(desk.arrivals) == 3
    await friend.close()
