"""Messages are found, newest first, and their story is told."""

from __future__ import annotations

import base64
import importlib.resources
import uuid
from typing import Any

import pytest
import yaml

from lianyi.messagelog.message import Position
from lianyi.security.privacy.classification import FILE

from .house import House, hl7


def positions(page: Any) -> list[str]:
    return [row["position"] for row in page["items"]]


async def test_messages_come_newest_first_over_all_shards(lab: House) -> None:
    first = await lab.append("lab", [hl7("A1")])
    second = await lab.append("adt", [hl7("B1", event="ADT^A01")])
    third = await lab.append("lab", [hl7("A2"), hl7("A3")])

    page = await lab.get("/messages")

    assert positions(page) == [str(p) for p in (third[1], third[0], second[0], first[0])]
    assert page["next_cursor"] is None
    row = page["items"][0]
    assert row["channel"] == "lab"
    assert row["control_id"] == "A3"
    assert row["kind"] == "hl7v2 ORU^R01"
    assert {"kind": "patient", "value": "P1", "authority": "H1"} in row["keys"]
    assert {"kind": "order", "value": "O-A3", "authority": None} in row["keys"]


async def test_a_message_says_to_which_data_set_it_belongs_in_the_list_and_in_its_trace(
    lab: House,
) -> None:
    (result,) = await lab.append("lab", [hl7("A1")])
    await lab.append("adt", [hl7("B1", event="ADT^A01"), hl7("B2", event="QRY^A19")])

    listed = {row["kind"]: row["data_set"] for row in (await lab.get("/messages"))["items"]}
    assert {kind: one["name"] for kind, one in listed.items()} == {
        "hl7v2 ORU^R01": "results", "hl7v2 ADT^A01": "encounters", "hl7v2 QRY^A19": "other",
    }  # fmt: skip
    assert listed["hl7v2 ORU^R01"] == {
        "name": "results", "zh": "检验检查结果", "en": "Results", "sharing": "cooperative",
        "domain": "medical",
    }  # fmt: skip
    assert (await lab.get(f"/messages/{result}"))["data_set"] == listed["hl7v2 ORU^R01"]


async def test_the_data_sets_are_those_of_the_hospitals_own_classification(lab: House) -> None:
    (result,) = await lab.append("lab", [hl7("A1")])
    folder = lab.content_dir / "privacy"
    folder.mkdir(parents=True, exist_ok=True)
    shipped = (importlib.resources.files("lianyi.security.privacy") / FILE).read_text("utf-8")
    data = yaml.safe_load(shipped)
    data["data_sets"] = [
        {"name": "own", "title": {"zh": "本院", "en": "Own"}, "sharing": "public",
         "domain": "general", "kinds": ["hl7v2 ADT*"]}
    ]  # fmt: skip
    (folder / FILE).write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    (admitted,) = await lab.append("adt", [hl7("B1", event="ADT^A01")])

    assert (await lab.get(f"/messages/{admitted}"))["data_set"]["name"] == "own"
    assert (await lab.get(f"/messages/{result}"))["data_set"] is None


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_pages_together_are_everything_once_and_in_order(lab: House, limit: int) -> None:
    for turn in range(4):
        await lab.append("lab", [hl7(f"A{turn}"), hl7(f"B{turn}")])
        await lab.append("adt", [hl7(f"C{turn}", event="ADT^A01")])
    whole = positions(await lab.get("/messages", limit=200))

    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = await lab.get("/messages", **params)
        seen += positions(page)
        await lab.append("adt", [hl7("LATE", event="ADT^A08")])  # newer: on none of these pages
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(whole) == 12
    assert seen == whole


@pytest.mark.parametrize("q", ["P7", "P7^H1", "O-A2", "A2"])
async def test_one_box_finds_by_patient_order_and_control_id(lab: House, q: str) -> None:
    await lab.append("lab", [hl7("A1")])
    wanted = await lab.append("lab", [hl7("A2", patient="P7")], patient="P7")
    await lab.append("lab", [hl7("A3", patient="P77")], patient="P77")

    assert positions(await lab.get("/messages", q=q)) == [str(wanted[0])]
    assert positions(await lab.get("/messages", q=q, channel="adt")) == []
    assert positions(await lab.get("/messages", q=f"{q}x")) == []


async def test_the_box_takes_a_position(lab: House) -> None:
    found = await lab.append("lab", [hl7("A1"), hl7("A2")])
    assert positions(await lab.get("/messages", q=str(found[0]))) == [str(found[0])]
    assert positions(await lab.get("/messages", q="1-999")) == []


async def test_filters_combine(lab: House) -> None:
    early = await lab.append("lab", [hl7("A1")])
    warned = await lab.append("lab", [hl7("A2", event="ORU^R03")], gate=1)
    await lab.append("adt", [hl7("A3", event="ADT^A01")])
    at = (await lab.get("/messages", q="A2"))["items"][0]["received_at"]

    assert positions(await lab.get("/messages", kind="hl7v2 ORU^*")) == [
        str(warned[0]),
        str(early[0]),
    ]
    assert positions(await lab.get("/messages", kind="hl7v2 ORU^R03")) == [str(warned[0])]
    assert positions(await lab.get("/messages", gate="warn")) == [str(warned[0])]
    assert positions(await lab.get("/messages", channel="lab", to=at)) == [str(early[0])]
    assert positions(await lab.get("/messages", **{"channel": "lab", "from": at})) == [
        str(warned[0])
    ]
    assert (await lab.client.get("/api/v1/messages?channel=nope")).status_code == 404


async def test_a_row_says_how_each_delivery_stands(lab: House) -> None:
    done, filtered, parked, queued = await lab.append(
        "lab", [hl7("A1"), hl7("A2"), hl7("A3"), hl7("A4")]
    )
    emr = lab.destinations["emr"]
    await lab.stand(f"destination:{emr}", 1, 3, delivered=1, filtered=1, excepted=1, passed=3)
    await lab.receipt("emr", done)
    await lab.except_(emr, parked, "parked")

    page = await lab.get("/messages")

    states = {
        row["position"]: {mark["destination"]: mark["state"] for mark in row["deliveries"]}
        for row in page["items"]
    }
    assert states == {
        str(done): {"emr": "delivered", "alerts": "queued"},
        str(filtered): {"emr": "filtered", "alerts": "queued"},
        str(parked): {"emr": "parked", "alerts": "queued"},
        str(queued): {"emr": "queued", "alerts": "queued"},
    }
    for state, expected in [
        ("delivered", [done]),
        ("filtered", [filtered]),
        ("parked", [parked]),
        ("queued", [queued, parked, filtered, done]),
        ("waiting", []),
    ]:
        found = positions(await lab.get("/messages", state=state))
        assert found == [str(position) for position in expected], state


async def test_a_replay_delivers_what_was_filtered_but_not_what_is_still_queued(lab: House) -> None:
    past, queued = await lab.append("lab", [hl7("A1"), hl7("A2")])
    await lab.stand(f"destination:{lab.destinations['emr']}", 1, 1, filtered=1, passed=1)
    await lab.receipt("emr", past, replay=uuid.UUID(int=7))
    await lab.receipt("emr", queued, replay=uuid.UUID(int=7))
    rows = (await lab.get("/messages"))["items"]
    assert [row["deliveries"][0]["state"] for row in rows] == ["queued", "delivered"]


async def test_a_held_message_is_held_for_all_until_a_person_decides(lab: House) -> None:
    held, released, dismissed = await lab.append("lab", [hl7("A1"), hl7("A2"), hl7("A3")], gate=2)
    channel = lab.channels["lab"][0]
    await lab.except_(-channel, held, "parked")
    await lab.except_(-channel, released, "delivered")
    await lab.except_(-channel, dismissed, "dismissed")

    rows = {row["position"]: row for row in (await lab.get("/messages"))["items"]}

    def states(position: Position) -> set[str]:
        return {mark["state"] for mark in rows[str(position)]["deliveries"]}

    assert states(held) == {"held"}
    assert states(dismissed) == {"dismissed"}
    assert states(released) == {"queued"}
    assert positions(await lab.get("/messages", state="held")) == [str(held)]
    assert len(positions(await lab.get("/messages", gate="hold"))) == 3


async def test_acts_are_listed_only_when_asked_for(lab: House) -> None:
    await lab.append("lab", [hl7("A1")])
    await lab.post("/channels/lab/stop")
    assert [row["channel"] for row in (await lab.get("/messages"))["items"]] == ["lab"]
    acts = (await lab.get("/messages", kind="act *"))["items"]
    assert [(row["kind"], row["channel"]) for row in acts] == [("act channel.stopped", "lab")]


async def test_a_trace_shows_body_tree_findings_outgoing_and_attempts(lab: House) -> None:
    (at,) = await lab.append("lab", [hl7("A1", name="测试^甲")])
    emr = lab.destinations["emr"]
    await lab.stand(f"destination:{emr}", 1, 1, delivered=1, passed=1)
    refusal = '{"code": "LY-1102", "where": "lab/emr", "facts": {"why": "late", "answer": "AE"}}'
    await lab.receipt("emr", at, outcome=2, answer=refusal)
    await lab.receipt("emr", at)

    trace = await lab.get(f"/messages/{at}")

    assert trace["body_text"] == hl7("A1", name="测试^甲").decode()
    assert trace["body_base64"] is None
    assert not trace["truncated"]
    assert trace["definition_version"] == 1
    assert len(trace["chain_hex"]) == 64
    assert len(trace["trace_id"]) == 32
    pid = next(node for node in trace["tree"] if node["path"] == "PID")
    name = next(node for node in pid["children"] if node["path"] == "PID-5")
    assert [part["value"] for part in name["children"]] == ["测试", "甲"]
    to_emr = next(one for one in trace["destinations"] if one["destination"] == "emr")
    assert to_emr["state"] == "delivered"
    assert [one["outcome"] for one in to_emr["attempts"]] == ["no_answer", "delivered"]
    assert to_emr["attempts"][0]["problem"]["code"] == "LY-1102"
    assert to_emr["attempts"][0]["answer"] == "AE"
    assert to_emr["attempts"][1]["answer"] == "AA"
    assert [one["diff"] for one in to_emr["outgoing"]] == [
        [{"path": "MSH-6", "before": "H1", "after": "EMR"}]
    ]
    assert "|EMR|EMR|" in to_emr["outgoing"][0]["body_text"]


async def test_a_trace_tells_which_acts_a_message_led_to(lab: House) -> None:
    (at,) = await lab.append("lab", [hl7("A1")])
    emr = lab.destinations["emr"]
    await lab.except_(emr, at, "parked")
    await lab.post(f"/deliveries/{emr}/{at}/dismiss", {"reason": "重复"})

    trace = await lab.get(f"/messages/{at}")

    assert trace["causes"] == ["0-1"]
    to_emr = next(one for one in trace["destinations"] if one["destination"] == "emr")
    assert (to_emr["state"], to_emr["decided_by"], to_emr["reason"]) == (
        "dismissed",
        "console",
        "重复",
    )
    act = await lab.get("/messages/0-1")
    assert act["channel"] is None
    assert act["caused_by"] == str(at)


async def test_what_is_no_message_is_shown_too(lab: House) -> None:
    (broken,) = await lab.append("lab", [b"\x00\xff nothing to read"])
    trace = await lab.get(f"/messages/{broken}")
    assert trace["tree"] == []
    assert trace["findings"][0]["severity"] == "error"
    assert trace["findings"][0]["zh"]

    answer = await lab.client.get(f"/api/v1/messages/{broken}/body")
    assert answer.content.startswith(b"\x00\xff nothing")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "attachment" in answer.headers["content-disposition"]


async def test_a_large_body_is_shown_in_part_and_downloaded_whole(lab: House) -> None:
    body = hl7("A1") + b"NTE|1||" + "长".encode() * 700_000 + b"\r"
    (at,) = await lab.append("lab", [body])
    trace = await lab.get(f"/messages/{at}")
    assert trace["truncated"]
    assert body.decode().startswith(trace["body_text"].rstrip("�"))
    answer = await lab.client.get(f"/api/v1/messages/{at}/body")
    assert answer.content == body


async def test_bytes_that_are_no_text_come_in_base64(lab: House) -> None:
    from lianyi.channels.showing import shown_body

    (at,) = await lab.append("lab", [hl7("A1")])
    message = (await lab.log.get(at))._replace(codec="", body=b"\x00\x01")
    assert shown_body(message, 100) == (None, base64.b64encode(b"\x00\x01").decode())


@pytest.mark.parametrize("path", ["/messages/1-99", "/messages/7-1", "/messages/1-99/body"])
async def test_a_position_without_message_is_not_found(lab: House, path: str) -> None:
    answer = await lab.client.get(f"/api/v1{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "LY-1303"


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WzFd", "W1siYSIsMV1d", "%00"])
async def test_a_foreign_cursor_is_refused_or_ends(lab: House, cursor: str) -> None:
    await lab.append("lab", [hl7("A1")])
    for path in ("/messages", "/deliveries", "/replays"):
        answer = await lab.client.get(f"/api/v1{path}", params={"cursor": cursor})
        assert answer.status_code in {200, 422}, answer.text
        if answer.status_code == 422:
            assert answer.json()["error"]["code"] == "LY-1620"
