"""A message leads to the one before and the one after it of the same patient."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from lianyi.messagelog.message import NewMessage, Position

from .house import House, hl7


async def put(house: House, channel: str, *keys: str) -> Position:
    """Append one message with these keys, a second after the one before."""
    house.clock.advance(timedelta(seconds=1))
    number, shard = house.channels[channel]
    appender = await house.log.open_appender(shard, holder="test")
    done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
    message = NewMessage(number, "hl7v2 ADT^A01", hl7("C1"), "utf-8", "HIS|H1", keys)
    appender.append(message, lambda at, _: done.set_result(at))  # type: ignore[arg-type]
    position = await done
    await appender.close()
    return position


def positions(found: Any) -> tuple[str | None, str | None]:
    return tuple(found[side] and found[side]["position"] for side in ("previous", "next"))  # type: ignore[return-value]


async def test_they_are_the_nearest_of_all_channels(lab: House) -> None:
    assert lab.channels["lab"][1] != lab.channels["adt"][1], "they live in two shards"
    first = await put(lab, "lab", "p:P1^H1")
    second = await put(lab, "adt", "c:1", "p:P1^H1", "p:P2^H1")
    await put(lab, "adt", "p:P3^H1")
    third = await put(lab, "lab", "p:P9^H1", "p:P1^H1")

    beginning = await lab.get(f"/messages/{first}/neighbours")
    middle = await lab.get(f"/messages/{second}/neighbours")

    assert positions(beginning) == (None, str(second))
    assert positions(middle) == (str(first), str(third))
    assert middle["patient"] == {"kind": "patient", "value": "P1", "authority": "H1"}
    assert middle["previous"] == {
        "position": str(first),
        "received_at": (await lab.log.get(first)).received_at.isoformat().replace("+00:00", "Z"),
        "channel": "lab",
        "kind": "hl7v2 ADT^A01",
    }
    assert (middle["archived_before"], middle["archived_after"]) == (False, False)
    end = await lab.get(f"/messages/{third}/neighbours")
    assert end["patient"]["value"] == "P9", "the first identifier is the patient's"
    assert positions(end) == (None, None)


async def test_an_identifier_is_a_value_with_its_authority(lab: House) -> None:
    await put(lab, "lab", "p:P1^")
    one = await put(lab, "lab", "p:P1^H1")
    await put(lab, "lab", "p:P1^H2")
    await put(lab, "lab", "e:P1^H1", "o:P1", "c:P1")
    await put(lab, "lab", "p:P1^H1^X", "p:XP1^H1")

    assert positions(await lab.get(f"/messages/{one}/neighbours")) == (None, None)


async def test_without_an_authority_there_is_no_neighbour(lab: House) -> None:
    for keys in [("p:P1^",), ("p:P1",), ("p:^",), ("c:1",), ()]:
        await put(lab, "lab", *keys)
        at = await put(lab, "lab", *keys)
        found = await lab.get(f"/messages/{at}/neighbours")
        assert (found["patient"], positions(found)) == (None, (None, None)), keys

    at = await put(lab, "lab", "p:P1^", "p:P2^H2")
    assert (await lab.get(f"/messages/{at}/neighbours"))["patient"]["value"] == "P2"


async def test_what_a_person_repaired_stands_among_them(lab: House) -> None:
    body = hl7("A1", patient="")
    (held,) = await lab.append("lab", [body], gate=2, patient="")
    await lab.except_(-lab.channels["lab"][0], held, "parked")
    before = await put(lab, "lab", "p:P1^H1")
    lab.clock.advance(timedelta(seconds=1))
    repaired = body.decode().replace("PID|1||", "PID|1||P1")
    await lab.post(f"/held/{held}/release", {"reason": "已核实", "body_text": repaired})
    after = await put(lab, "adt", "p:P1^H1")

    repair = (await lab.get("/messages", kind="act message.repaired"))["items"][0]["position"]
    assert positions(await lab.get(f"/messages/{before}/neighbours")) == (None, repair)
    found = await lab.get(f"/messages/{repair}/neighbours")
    assert positions(found) == (str(before), str(after))
    assert (await lab.get(f"/messages/{after}/neighbours"))["previous"]["channel"] == "lab"


async def test_what_lies_in_files_is_told(lab: House) -> None:
    at = await put(lab, "lab", "p:P1^H1")
    await lab.pool.execute(
        "INSERT INTO messagelog.segment (shard, segment, number_from, number_to, state, first_at,"
        " last_at) SELECT 2, 0, 1, 9, 'archived', min(received_at) - interval '2 days',"
        " min(received_at) - interval '1 day' FROM messagelog.message"
    )
    found = await lab.get(f"/messages/{at}/neighbours")
    assert (found["archived_before"], found["archived_after"]) == (True, False)


async def test_a_message_that_is_not_there_has_no_neighbours(lab: House) -> None:
    answer = await lab.client.get("/api/v1/messages/1-99/neighbours")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "LY-1303"
