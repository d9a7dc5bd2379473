"""People decide about deliveries, channels and replays; every decision is an act in the log."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest

from lianyi.base.database import connect
from lianyi.messagelog.message import Position
from lianyi.security.model import FIRST_TOKEN

from .house import House, hl7


@pytest.fixture
async def parked(lab: House) -> tuple[House, int, Position]:
    """A house with a parked delivery and one behind it."""
    first, second = await lab.append("lab", [hl7("A1"), hl7("A2")])
    emr = lab.destinations["emr"]
    await lab.except_(emr, first, "parked")
    await lab.except_(emr, second, "behind")
    return lab, emr, first


async def test_a_parked_delivery_is_listed_with_what_waits_behind(
    parked: tuple[House, int, Position],
) -> None:
    house, emr, at = parked
    page = await house.get("/deliveries", state="parked")
    (row,) = page["items"]
    assert page["total"] == 1
    assert row["position"] == str(at)
    assert (row["channel"], row["destination"], row["destination_id"]) == ("lab", "emr", emr)
    assert row["kind"] == "hl7v2 ORU^R01"
    assert row["messages_behind"] == 1
    assert row["problem"]["code"] == "LY-1102"
    assert len((await house.get("/deliveries"))["items"]) == 2
    assert len((await house.get("/deliveries", channel="adt"))["items"]) == 0
    assert len((await house.get("/deliveries", channel="lab", destination="emr"))["items"]) == 2
    assert len((await house.get("/deliveries", destination="alerts"))["items"]) == 0


async def test_deliveries_come_in_pages_the_longest_waiting_first(lab: House) -> None:
    sent = await lab.append("lab", [hl7(f"A{n}") for n in range(7)])
    for at in sent:
        await lab.except_(lab.destinations["emr"], at, "parked")
        lab.clock.advance(timedelta(seconds=1 if at.number % 2 else 0))
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = await lab.get("/deliveries", **params)
        seen += [row["position"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == [str(at) for at in sent]


async def test_resending_is_an_act_that_wakes_the_delivery(
    parked: tuple[House, int, Position], database: str
) -> None:
    house, emr, at = parked
    woken: asyncio.Queue[Any] = asyncio.Queue()
    listener = await connect(database)
    await listener.add_listener("lianyi_channels", lambda *told: woken.put_nowait(told[3]))

    row = await house.post(f"/deliveries/{emr}/{at}/resend", {"reason": "接收方已修复"})

    assert row["state"] == "waiting"
    assert await asyncio.wait_for(woken.get(), 5) == str(emr)
    await listener.close()
    (act,) = await house.acts()
    assert (act.kind, act.sender, act.caused_by) == ("act delivery.resent", "console", at)
    assert orjson.loads(act.body) == {
        "actor": "console",
        "account": str(FIRST_TOKEN),
        "address": "127.0.0.1",
        "purpose": "HOPERAT",
        "position": str(at),
        "channel": "lab",
        "destination": "emr",
        "reason": "接收方已修复",
    }
    stored = await house.pool.fetchrow(
        "SELECT state, decided_by, reason, repaired_number FROM channels.exception"
        " WHERE destination = $1 AND number = $2",
        emr,
        at.number,
    )
    assert stored is not None
    assert tuple(stored) == ("resend", "console", "接收方已修复", None)


async def test_a_repaired_message_is_an_act_of_its_own_and_the_original_stays(
    parked: tuple[House, int, Position],
) -> None:
    house, emr, at = parked
    trace = await house.get(f"/messages/{at}")
    edited = trace["body_text"].replace("\r", "\n").replace("718-7", "718-8")

    await house.post(f"/deliveries/{emr}/{at}/resend", {"body_text": edited})

    repaired, resent = await house.acts()
    assert repaired.kind == "act message.repaired"
    assert repaired.caused_by == at
    assert repaired.body == hl7("A1").replace(b"718-7", b"718-8")
    assert orjson.loads(resent.body)["repaired"] == str(repaired.position)
    assert (await house.log.get(at)).body == hl7("A1")
    stored = await house.pool.fetchrow(
        "SELECT repaired_shard, repaired_number FROM channels.exception"
        " WHERE destination = $1 AND number = $2",
        emr,
        at.number,
    )
    assert stored is not None
    assert tuple(stored) == (repaired.position.shard, repaired.position.number)
    after = await house.get(f"/messages/{at}")
    sent = {one["destination"]: one["outgoing"] for one in after["destinations"]}
    assert "718-8" in sent["emr"][0]["body_text"]
    assert "718-7" in sent["alerts"][0]["body_text"]


async def test_text_that_the_codec_lacks_is_refused_and_nothing_happens(
    parked: tuple[House, int, Position],
) -> None:
    house, emr, at = parked
    await house.pool.execute("UPDATE messagelog.message SET codec = 'ascii'")
    refused = await house.post(
        f"/deliveries/{emr}/{at}/resend", {"body_text": "MSH|甲"}, status=422
    )
    assert refused["error"]["code"] == "LY-1626"
    assert await house.acts() == []


async def test_whoever_comes_second_is_told(parked: tuple[House, int, Position]) -> None:
    house, emr, at = parked
    path = f"/api/v1/deliveries/{emr}/{at}/dismiss"

    answers = await asyncio.gather(
        *(house.client.post(path, json={"reason": f"r{n}"}) for n in range(4))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    conflict = next(answer for answer in answers if answer.status_code == 409)
    assert conflict.json()["error"]["code"] == "LY-1624"
    assert [act.kind for act in await house.acts()] == ["act delivery.dismissed"]


async def test_what_stands_behind_cannot_be_decided_about(
    parked: tuple[House, int, Position],
) -> None:
    house, emr, at = parked
    behind = Position(at.shard, at.number + 1)
    refused = await house.post(f"/deliveries/{emr}/{behind}/resend", status=409)
    assert refused["error"]["code"] == "LY-1624"


async def test_held_messages_are_released_or_dismissed_at_the_gate(lab: House) -> None:
    one, two = await lab.append("lab", [hl7("A1"), hl7("A2")], gate=2)
    gate = -lab.channels["lab"][0]
    await lab.except_(gate, one, "parked")
    await lab.except_(gate, two, "parked")
    listed = await lab.get("/deliveries", state="held")
    assert [(row["position"], row["destination"], row["state"]) for row in listed["items"]] == [
        (str(one), "", "held"),
        (str(two), "", "held"),
    ]
    assert (await lab.get("/deliveries", state="parked"))["items"] == []

    released = await lab.post(f"/held/{one}/release", {"reason": "核对无误"})
    dismissed = await lab.post(f"/held/{two}/dismiss", {"reason": "测试消息"})

    assert released["state"] == "held"  # until it was given on
    assert dismissed["state"] == "dismissed"
    states = await lab.pool.fetch(
        "SELECT state FROM channels.exception WHERE destination = $1 ORDER BY number", gate
    )
    assert [row["state"] for row in states] == ["resend", "dismissed"]
    assert [act.kind for act in await lab.acts()] == [
        "act message.released",
        "act message.dismissed",
    ]


async def repair(house: House, body: bytes, text: str) -> list[str]:
    """Hold a message without a patient and release what a person made of it; return its keys."""
    (held,) = await house.append("lab", [body], gate=2, patient="")
    await house.except_(-house.channels["lab"][0], held, "parked")
    await house.post(f"/held/{held}/release", {"reason": "已核实", "body_text": text})
    return list((await house.acts())[-2].keys)


async def test_a_repaired_message_is_found_by_what_it_says_now(lab: House) -> None:
    body = hl7("A1", patient="")
    repaired = body.decode().replace("PID|1||", "PID|1||P77").replace("O-A1", "O-B1")

    assert await repair(lab, body, repaired) == ["c:A1", "p:P77^H1", "o:O-B1"]

    for q in ("P77", "P77^H1", "O-B1"):
        (row,) = (await lab.get("/messages", q=q))["items"]
        assert (row["kind"], row["position"], row["caused_by"]) == (
            "act message.repaired",
            "0-1",
            "1-1",
        )
    both = (await lab.get("/messages", q="A1"))["items"]
    assert [row["position"] for row in both] == ["0-1", "1-1"]
    for more in ({"channel": "lab"}, {"kind": "hl7v2 *"}, {"gate": "hold"}):
        assert [
            row["position"] for row in (await lab.get("/messages", q="A1", **more))["items"]
        ] == ["1-1"]
    acts = (await lab.get("/messages", q="P77", kind="act *"))["items"]
    assert [row["position"] for row in acts] == ["0-1"]


async def test_what_is_repaired_and_still_unreadable_is_found_as_before(lab: House) -> None:
    keys = await repair(lab, hl7("A1", patient=""), "this is no HL7")
    assert keys == ["p:^H1", "o:O-A1", "c:A1"]


async def test_a_control_id_that_came_beside_the_body_stays(lab: House) -> None:
    body = hl7("A1", patient="P1")
    keys = await repair(lab, body, body.decode().replace("|A1|", "||", 1))
    assert keys[0] == "c:A1"


async def test_starting_and_stopping_are_acts_once(lab: House) -> None:
    assert (await lab.post("/channels/lab/stop"))["wanted"] == "stopped"
    assert (await lab.post("/channels/lab/stop"))["state"] == "stopped"
    card = await lab.post("/channels/lab/destinations/emr/stop")
    emr = next(one for one in card["destinations"] if one["name"] == "emr")
    assert (emr["wanted"], emr["state"]) == ("stopped", "stopped")
    await lab.post("/channels/lab/start")
    await lab.post("/channels/lab/destinations/emr/start")
    assert [act.kind for act in await lab.acts()] == [
        "act channel.stopped",
        "act destination.stopped",
        "act channel.started",
        "act destination.started",
    ]
    missing = await lab.post("/channels/lab/destinations/ris/stop", status=404)
    assert missing["error"]["code"] == "LY-1622"


async def test_the_check_runs_the_examples_of_the_file_or_of_the_definition(lab: House) -> None:
    good = await lab.post("/channels/lab/check")
    assert good["ok"], good
    assert [one["ok"] for one in good["examples"]] == [True]

    folder = lab.content_dir / "channels"
    folder.mkdir(parents=True)
    file = folder / "lab.yaml"
    yaml = (await lab.get("/channels/lab"))["yaml"]
    file.write_text(yaml.replace("delivered_to: [emr, alerts]", "delivered_to: [emr]"))
    failed = await lab.post("/channels/lab/check")
    assert not failed["ok"]
    assert failed["examples"][0]["detail"]["zh"]
    file.write_text(yaml.replace("description", "descripton"))
    misspelt = await lab.post("/channels/lab/check")
    assert misspelt["problems"][0]["code"] == "LY-1402"


async def test_a_replay_is_counted_before_it_starts(lab: House) -> None:
    sent = await lab.append("lab", [hl7(f"A{n}") for n in range(5)])
    other = await lab.append("lab", [hl7("B1", event="ORU^R03")], patient="P9")
    where = {"channel": "lab", "destination": "emr"}

    async def count(**filter_: Any) -> Any:
        return await lab.post("/replays/dry-run", {**where, "filter": filter_})

    everything = await count()
    assert everything["matching"] == 6
    assert (everything["first"], everything["last"]) == (str(sent[0]), str(other[0]))
    assert len(everything["sample"]) == 6
    assert everything["warning"] == "receiver_may_see_duplicates"
    assert (await count(kind="hl7v2 ORU^R01"))["matching"] == 5
    assert (await count(key="P9"))["matching"] == 1
    assert (await count(key="P9^H1"))["matching"] == 1
    assert (await count(key="P"))["matching"] == 0
    between = await count(from_position=str(sent[1]), to_position=str(sent[3]))
    assert between["matching"] == 3
    received = (await lab.get("/messages", q="A2"))["items"][0]["received_at"]
    assert (await count(**{"from": received}))["matching"] == 4
    assert (await count(to=received))["matching"] == 2
    none = await count(from_position=str(sent[3]), to_position=str(sent[1]))
    assert (none["matching"], none["first"], none["sample"]) == (0, None, [])
    foreign = await lab.post(
        "/replays/dry-run", {**where, "filter": {"from_position": "2-1"}}, status=422
    )
    assert foreign["error"]["code"] == "LY-1629"


async def test_a_replay_runs_until_it_is_stopped(lab: House) -> None:
    sent = await lab.append("lab", [hl7(f"A{n}") for n in range(4)])
    asked = {
        "channel": "lab",
        "destination": "emr",
        "filter": {"from_position": str(sent[1])},
        "rate_per_second": 50,
        "reason": "接收方丢失数据",
    }
    begun = await lab.post("/replays", asked)
    assert begun["state"] == "running"
    assert begun["matching"] == 3
    assert begun["progress"] == 0
    assert begun["filter"]["from_position"] == str(sent[1])
    row = await lab.pool.fetchrow("SELECT * FROM channels.replay")
    assert row is not None
    assert (row["number_from"], row["number_to"], row["position"]) == (2, 4, 1)
    await lab.pool.execute("UPDATE channels.replay SET position = 3, delivered = 2")
    listed = await lab.get("/replays")
    assert listed["items"][0]["progress"] == pytest.approx(2 / 3, abs=0.001)

    stopped = await lab.post(f"/replays/{begun['id']}/stop")

    assert stopped["state"] == "stopping"
    again = await lab.post(f"/replays/{begun['id']}/stop", status=409)
    assert again["error"]["code"] == "LY-1628"
    assert [act.kind for act in await lab.acts()] == ["act replay.started", "act replay.stopped"]
    empty = await lab.post("/replays", {**asked, "filter": {"key": "nobody"}}, status=422)
    assert empty["error"]["code"] == "LY-1627"


async def test_replays_come_in_pages_newest_first(lab: House) -> None:
    await lab.append("lab", [hl7("A1")])
    asked = {"channel": "lab", "destination": "emr", "filter": {}, "rate_per_second": 1}
    begun = []
    for turn in range(5):
        lab.clock.advance(timedelta(seconds=turn % 2))
        begun.append((await lab.post("/replays", {**asked, "reason": f"r{turn}"}))["id"])
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = await lab.get("/replays", **params)
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert sorted(seen) == sorted(begun)
    assert len(set(seen)) == 5
