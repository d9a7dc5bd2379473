"""A queue is what a destination will be sent: nothing that its filter drops or the gate holds."""

from __future__ import annotations

import random

import pytest

from lianyi.channels import backlog, counting

from .house import House, hl7

MIXED = """
channel: mixed
description: 检验与入出转
source: { connector: mllp, port: 0 }
destinations:
  - { name: all, connector: mllp, address: "127.0.0.1:1" }
  - { name: results, connector: mllp, address: "127.0.0.1:1", filter: { event: ["ORU^*"] } }
  - { name: others, connector: mllp, address: "127.0.0.1:1", filter: { not: { event: "ORU^*" } } }
  - { name: tests, connector: mllp, address: "127.0.0.1:1", filter: { fields: { PID-3.1: ["P1"] } } }
"""  # noqa: E501


async def queues(house: House) -> dict[str, tuple[int, bool]]:
    card = await house.get("/channels/mixed")
    return {one["name"]: (one["queue_depth"], one["queue_exact"]) for one in card["destinations"]}


async def test_what_the_filter_drops_and_the_gate_holds_does_not_queue(house: House) -> None:
    await house.add_channel("mixed", MIXED)
    sent = await house.append("mixed", [hl7(f"R{n}") for n in range(3)])
    await house.append("mixed", [hl7("A1", event="ADT^A01"), hl7("A2", patient="P2")])
    await house.append("mixed", [hl7("H1")], gate=2)

    assert await queues(house) == {
        "all": (5, True),
        "results": (4, True),
        "others": (1, True),
        "tests": (4, True),
    }

    await house.except_(house.destinations["results"], sent[2], "parked")
    for name in ("all", "results", "tests"):
        await house.stand(f"destination:{house.destinations[name]}", sent[0].shard, sent[0].number)
    assert await queues(house) == {
        "all": (4, True),
        "results": (2, True),
        "others": (1, True),
        "tests": (3, True),
    }


async def test_where_not_all_was_looked_into_it_is_at_most(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "OPENED_MAX", 4)
    monkeypatch.setattr(backlog, "LOOK_OPENED_MAX", 2)
    monkeypatch.setattr(counting, "OPENED_MAX", 4)
    await house.add_channel("mixed", MIXED)
    await house.append("mixed", [hl7(f"R{n}", patient="P2") for n in range(6)])
    assert [(await queues(house))["tests"] for _ in range(3)] == [
        (4, False),
        (2, False),
        (2, False),
    ]
    told = await house.post(
        "/replays/dry-run", {"channel": "mixed", "destination": "tests", "filter": {}}
    )
    assert (told["matching"], told["sending"], told["filtered"], told["exact"]) == (6, 2, 4, False)


async def test_a_message_that_will_be_dropped_is_listed_as_filtered(house: House) -> None:
    await house.add_channel("mixed", MIXED)
    (at,) = await house.append("mixed", [hl7("A1", event="ADT^A01", patient="P2")])
    (row,) = (await house.get("/messages"))["items"]
    listed = {one["destination"]: one["state"] for one in row["deliveries"]}
    assert listed == {
        "all": "queued", "results": "filtered", "others": "queued", "tests": "queued",
    }  # fmt: skip
    trace = await house.get(f"/messages/{at}")
    assert {one["destination"]: one["state"] for one in trace["destinations"]} == {
        **listed,
        "tests": "filtered",  # its own page looks into it
    }


@pytest.mark.parametrize("seed", range(3))
async def test_a_queue_is_counted_right_however_its_ends_move(
    house: House, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(backlog, "BLOCK_MESSAGES", 7)
    monkeypatch.setattr(backlog, "LOOK_MESSAGES", 10)
    chance = random.Random(seed)
    await house.add_channel("mixed", MIXED)
    await house.add_channel("neighbour", MIXED.replace("channel: mixed", "channel: neighbour"))
    shard = house.channels["mixed"][1]
    here = [one["id"] for one in (await house.get("/channels/mixed"))["destinations"]]
    wanted: list[bool] = []
    position = 0
    for _ in range(12):
        for _ in range(chance.randrange(9)):
            event = chance.choice(["ORU^R01", "ADT^A01"])
            mine = chance.random() < 0.7
            await house.append("mixed" if mine else "neighbour", [hl7("X", event=event)])
            wanted.append(mine and event == "ORU^R01")
        position = chance.randint(position, len(wanted))
        await house.stand(f"destination:{here[1]}", shard, position)
        assert (await queues(house))["results"][0] >= sum(wanted[position:])
        while not (found := (await queues(house))["results"])[1]:
            assert found[0] >= sum(wanted[position:])
        assert found == (sum(wanted[position:]), True)
