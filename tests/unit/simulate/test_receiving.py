"""Behaviours happen on the wire, not in a flag."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.simulate.behaviour import read_behaviour
from lianyi.simulate.ledger import Ledger
from lianyi.simulate.receiver import ControlDoor
from lianyi.simulate.wire import Header

from .peers import raw_exchange, receiver, some_lines

LINE = some_lines(1)[0]


@pytest.mark.parametrize(
    ("behave", "code"), [("accept", b"AA"), ("refuse", b"AE"), ("reject", b"AR"), ("slow:0", b"AA")]
)
async def test_the_answer_carries_the_code_and_the_control_id(behave: str, code: bytes) -> None:
    async with receiver(behave) as made:
        answer = await raw_exchange(made.port, LINE.body)

    assert answer.startswith(b"\x0bMSH|")
    assert b"\rMSA|" + code + b"|" + LINE.control_id.encode() in answer
    assert made.ledger.counts[code.decode()] == 1


async def test_who_asks_for_a_commit_gets_one() -> None:
    line = some_lines(1, system="emr")[0]
    async with receiver("accept") as made:
        assert b"\rMSA|CA|" in await raw_exchange(made.port, line.body)


async def test_a_wrong_id_is_of_another_message() -> None:
    async with receiver("wrong-id") as made:
        answer = await raw_exchange(made.port, LINE.body)

    assert b"\rMSA|AA|" in answer
    assert LINE.control_id.encode() not in answer


async def test_a_half_closed_answer_has_no_end() -> None:
    async with receiver("half-close") as made:
        answer = await raw_exchange(made.port, LINE.body)

    assert answer.startswith(b"\x0bMSH")
    assert b"\x1c" not in answer


async def test_who_hangs_takes_the_message_and_says_nothing_until_told_otherwise() -> None:
    async with receiver("hang") as made:
        asking = asyncio.create_task(raw_exchange(made.port, LINE.body))
        while not made.ledger.counts["received"]:
            await asyncio.sleep(0.01)
        assert not asking.done()
        await made.behave(read_behaviour("accept"))
        assert await asking == b""
        assert b"MSA|AA" in await raw_exchange(made.port, LINE.body)

    assert made.ledger.counts["repeats"] == 1
    assert made.ledger.counts["duplicates"] == 0


async def test_who_is_gone_refuses_connections_and_comes_back_at_the_same_address() -> None:
    async with receiver("accept") as made:
        port = made.port
        await made.behave(read_behaviour("gone:0.2"))
        with pytest.raises(ConnectionRefusedError):
            await raw_exchange(port, LINE.body)
        while made.behaviour.kind == "gone":
            await asyncio.sleep(0.02)
        assert b"MSA|AA" in await raw_exchange(port, LINE.body)


async def test_a_share_of_messages_is_refused_the_rest_taken() -> None:
    async with receiver("refuse:0.3") as made:
        for line in some_lines(60):
            await raw_exchange(made.port, line.body)

    assert made.ledger.counts["AA"] + made.ledger.counts["AE"] == 60
    assert 5 < made.ledger.counts["AE"] < 35


@pytest.mark.parametrize(("behave", "status"), [("accept", 200), ("refuse", 422), ("reject", 503)])
async def test_http_says_it_with_a_status_and_for_hl7_with_an_msa(behave: str, status: int) -> None:
    async with receiver(behave, "http") as made, httpx.AsyncClient(trust_env=False) as client:
        url = f"http://127.0.0.1:{made.port}/"
        hl7 = await client.post(url, content=LINE.body)
        told = await client.post(url, json={"event": "x"})

    assert (hl7.status_code, told.status_code) == (status, status)
    assert b"\rMSA|A" in hl7.content
    assert set(told.json()) == {"code"}


async def test_http_half_closes_too() -> None:
    async with receiver("half-close", "http") as made, httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(f"http://127.0.0.1:{made.port}/", content=LINE.body)


async def test_the_control_door_reports_and_obeys() -> None:
    async with receiver("accept") as made:

        async def obey(text: str) -> None:
            await made.behave(read_behaviour(text))

        door = ControlDoor(port=0, report=made.ledger.report, obey=obey)
        await door.start()
        base = f"http://127.0.0.1:{door.port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
            assert (await client.post("/behave", content="refuse")).status_code == 200
            assert b"MSA|AE" in await raw_exchange(made.port, LINE.body)
            assert (await client.get("/counts")).json()["AE"] == 1
            unknown = await client.post("/behave", content="explode")
            assert unknown.status_code == 422
            assert "LY-1701" in unknown.json()["error"]
            assert (await client.get("/behave")).status_code == 404
        await door.stop()


ARRIVALS = st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=1), st.booleans()))


@given(ARRIVALS)
def test_a_ledger_counts_every_arrival_once(arrivals: list[tuple[int, bytes, bool]]) -> None:
    ledger = Ledger()
    acknowledged: dict[int, bytes] = {}
    duplicates = 0
    for number, body, taken in arrivals:
        header = Header(b"HIS", b"", b"ADT^A01", str(number).encode(), b"", b"")
        duplicates += acknowledged.get(number) == body
        ledger.note_arrival(header, body)
        if acknowledged.get(number) != body:
            acknowledged.pop(number, None)
        if taken:
            ledger.note_answer(header, "AA")
            acknowledged[number] = body
    counts = ledger.counts
    parts = ("first", "repeats", "duplicates", "changed")
    assert counts["received"] == sum(counts[part] for part in parts) == len(arrivals)
    assert counts["duplicates"] == duplicates


@given(st.lists(st.integers(10, 99), unique=True, min_size=1))
def test_a_ledger_sees_what_comes_out_of_order(times: list[int]) -> None:
    ledger = Ledger()
    for at in times:
        text = str(at).encode()
        ledger.note_arrival(Header(b"HIS", text, b"ADT^A01", text, b"", b"4711^^^HIS"), text)
        ledger.note_arrival(Header(b"LIS", b"00", b"ORU^R01", text, b"", b"4711^^^HIS"), text)
    late = sum(at < max(times[: place + 1]) for place, at in enumerate(times))
    assert ledger.counts["out_of_order"] == late
