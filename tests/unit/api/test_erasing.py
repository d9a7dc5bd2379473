"""What the engine keeps about a message goes when the message is erased."""

from __future__ import annotations

from lianyi.base.database import connect
from lianyi.channels.erasing import erase_message
from lianyi.messagelog.message import Position
from lianyi.messagelog.verify import verify

from .house import House, hl7

NAME = "张伟"
REFUSED = '{"code":"LY-1451","where":"lab","facts":{"answer":"AE"},"told":"AE: 张伟 unknown"}'


async def erase(house: House, database: str, at: Position) -> None:
    connection = await connect(database, statement_timeout_seconds=0)
    await erase_message(
        house.log, connection, at, reason="court order", actor="officer", clock=house.clock
    )
    await connection.close()


async def everything(house: House, at: Position) -> str:
    """All that the console can be told about a message, and all that the tables hold of it."""
    rows = await house.pool.fetch(
        "SELECT error::text AS t FROM channels.exception"
        " UNION ALL SELECT answer FROM channels.receipt"
        " UNION ALL SELECT convert_from(body, 'UTF8') FROM messagelog.message"
    )
    answer = await house.client.get(f"/api/v1/messages/{at}")
    return "\n".join([answer.text, *(row["t"] or "" for row in rows)])


async def test_repairs_answers_and_exceptions_of_an_erased_message_hold_nothing_of_it(
    lab: House, database: str
) -> None:
    (at,) = await lab.append("lab", [hl7("A1")])
    emr, alerts = lab.destinations["emr"], lab.destinations["alerts"]
    await lab.except_(emr, at, "parked")
    await lab.except_(alerts, at, "parked")
    text = (await lab.get(f"/messages/{at}"))["body_text"].replace("718-7", NAME)
    await lab.post(f"/deliveries/{emr}/{at}/resend", {"body_text": text})
    await lab.pool.execute(
        "UPDATE channels.exception SET error = $1 WHERE destination = $2",
        {"code": "LY-1451", "where": "lab", "facts": {"answer": NAME, "attempts": 3}},
        alerts,
    )
    await lab.pool.execute(
        "INSERT INTO channels.receipt VALUES ($1, $2, $3, 1, $4, 1, 1, $5, NULL)",
        at.number,
        lab.clock.now(),
        alerts,
        at.shard,
        REFUSED,
    )
    assert NAME in await everything(lab, at)

    await erase(lab, database, at)

    known = await everything(lab, at)
    assert NAME not in known
    assert "718-7" not in known
    assert all(one.ok for one in await verify(lab.log))
    trace = await lab.get(f"/messages/{at}")
    assert trace["tombstone"]
    sent = {one["destination"]: one for one in trace["destinations"]}
    assert [one["outgoing"] for one in sent.values()] == [[], []]
    assert {one["state"] for one in sent.values()} == {"dismissed"}
    assert {one["reason"] for one in sent.values()} == {"court order"}
    assert sent["alerts"]["attempts"][0]["problem"]["code"] == "LY-1451"


async def test_nobody_repairs_or_resends_an_erased_message(lab: House, database: str) -> None:
    (at,) = await lab.append("lab", [hl7("A1")])
    emr = lab.destinations["emr"]
    await lab.except_(emr, at, "parked")
    await erase(lab, database, at)
    acts = len(await lab.acts())

    again = await lab.post(f"/deliveries/{emr}/{at}/resend", {}, status=409)
    repaired = await lab.post(f"/deliveries/{emr}/{at}/resend", {"body_text": "x"}, status=409)

    assert again["error"]["code"] == "LY-1624"
    assert repaired["error"]["code"] == "LY-1461"
    assert len(await lab.acts()) == acts
