"""The overview says whether everything flows, and what hurts most; the live view follows it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
import uvicorn

from .house import House, hl7


async def alive(house: House, channel: str, **states: dict[str, Any]) -> None:
    """Say what living processes say: the source runs, each destination is in a state."""
    now = house.clock.now().isoformat()
    await house.pool.execute(
        "UPDATE channels.channel SET source_state = $2 WHERE name = $1",
        channel,
        {"address": "127.0.0.1:6661", "connections": 2, "running": True, "updated_at": now},
    )
    for name, state in states.items():
        await house.pool.execute(
            "UPDATE channels.destination SET state = $2 WHERE name = $1",
            name,
            {"breaker": "closed", "rate_per_second": 0.0, "updated_at": now, **state},
        )


async def test_an_empty_house_is_well(house: House) -> None:
    overview = await house.get("/overview")
    assert overview["status"] == "ok"
    assert overview["channels"] == overview["problems"] == []


async def test_where_no_process_runs_the_overview_says_so(lab: House) -> None:
    overview = await lab.get("/overview")
    assert overview["status"] == "down"
    codes = [problem["code"] for problem in overview["problems"]]
    assert codes == ["LY-1613", "LY-1613", "LY-1612", "LY-1612", "LY-1612"]
    await lab.append("lab", [hl7("A1")])
    assert (await lab.get("/overview"))["received_total"] == 1


async def test_a_card_tells_everything_about_a_destination(lab: House) -> None:
    sent = await lab.append("lab", [hl7(f"A{n}") for n in range(10)])
    emr = lab.destinations["emr"]
    await lab.stand(f"destination:{emr}", 1, 4, delivered=3, filtered=0, passed=4)
    await lab.except_(emr, sent[3], "parked")
    lab.clock.advance(timedelta(seconds=30))
    failure = {"code": "LY-1101", "where": "127.0.0.1:7001", "facts": {"why": "refused"}}
    oldest = (lab.clock.now() - timedelta(seconds=25)).isoformat()
    down = {
        "state": "down",
        "breaker": "open",
        "next_try_at": lab.clock.now().isoformat(),
        "rate_per_second": 2.0,
        "oldest_at": oldest,
        "error": failure,
    }
    await alive(lab, "lab", emr=down, alerts={"state": "idle"})
    await alive(lab, "adt", ris={"state": "idle"})

    overview = await lab.get("/overview")

    card = next(one for one in overview["channels"] if one["name"] == "lab")
    assert card["description"].startswith("检验结果")
    assert card["state"] == "running"
    assert card["source"] == {
        "connector": "mllp",
        "address": "127.0.0.1:6661",
        "connections": 2,
    }
    assert card["received"] == 10
    one = card["destinations"][0]
    assert (one["state"], one["breaker"]) == ("down", "open")
    assert (one["connector"], one["address"]) == ("mllp", "127.0.0.1:7001")
    assert one["queue_depth"] == 6
    assert one["drain_seconds"] == 3.0
    assert one["oldest_waiting_seconds"] == 30.0
    assert (one["delivered"], one["parked"]) == (3, 1)
    assert one["last_error"]["code"] == "LY-1101"
    assert overview["status"] == "attention"
    assert overview["parked"] == 1
    hurts = [(problem["code"], problem["destination"]) for problem in overview["problems"]]
    assert hurts == [("LY-1101", "emr"), ("LY-1615", "emr")]


async def test_rates_come_from_two_looks(lab: House) -> None:
    await lab.get("/overview")
    await lab.append("lab", [hl7(f"A{n}") for n in range(4)])  # a second apart
    await lab.stand(f"destination:{lab.destinations['emr']}", 1, 4, delivered=2)
    for _ in range(2):  # a second look at once does not forget the first
        overview = await lab.get("/overview")
        assert overview["received_per_second"] == 1.0
        assert overview["delivered_per_second"] == 0.5


async def test_minutes_are_differences_of_tallies(lab: House) -> None:
    now = lab.clock.now().replace(second=0)
    for minutes_ago, received in [(90, 5), (3, 10), (2, 25), (1, 25)]:
        await lab.pool.execute(
            "INSERT INTO channels.tally (reader, minute, counts) VALUES ($1, $2, $3)",
            "channel:lab",
            now - timedelta(minutes=minutes_ago),
            {"received": received},
        )
    await lab.stand("channel:lab", 1, 32, received=32)
    (adt, card) = await lab.get("/channels")
    assert card["received_per_minute"][-4:] == [5, 15, 0, 7]
    assert sum(card["received_per_minute"]) == 27
    assert adt["received_per_minute"] == [0] * 60


async def test_a_channel_page_has_yaml_and_versions(lab: House) -> None:
    found = await lab.get("/channels/lab")
    assert found["yaml"].lstrip().startswith("channel: lab")
    assert [(one["version"], one["from_position"]) for one in found["versions"]] == [(1, "1-1")]


class Follower:
    """Reads server-sent events straight from the application, as a browser would."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.status = 0
        self._gone = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        token = self._house.client.headers["authorization"].encode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/api/v1/live",
            "raw_path": b"/api/v1/live",
            "query_string": b"",
            "headers": [(b"host", b"lianyi.test"), (b"authorization", token)],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await self._gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                return
            text = message.get("body", b"").decode()
            if text.startswith("event: "):
                name, data = text.removeprefix("event: ").split("\ndata: ")
                self.events.put_nowait((name, orjson.loads(data)))

        await self._house.app(scope, receive, send)

    async def next(self, name: str) -> Any:
        """Return the next event of a name."""
        async with asyncio.timeout(10):
            while True:
                found, data = await self.events.get()
                if found == name:
                    return data

    async def leave(self) -> None:
        self._gone.set()
        async with asyncio.timeout(10):
            await self._task


async def test_the_live_view_tells_what_changes_and_forgets_who_left(lab: House) -> None:
    one, two = Follower(lab), Follower(lab)
    assert (await one.next("overview"))["received_total"] == 0
    assert (await one.next("messages"))["newest"] is None
    await two.next("overview")

    (at,) = await lab.append("lab", [hl7("A1")])

    assert (await one.next("messages"))["newest"] == str(at)
    assert (await two.next("messages"))["newest"] is None  # of its own first look
    assert (await two.next("messages"))["newest"] == str(at)
    assert lab.app.state.live.followers == 2
    full = await lab.client.get("/api/v1/live")
    assert full.status_code == 429
    assert full.json()["error"]["code"] == "LY-1611"
    await one.leave()
    await two.leave()
    assert lab.app.state.live.followers == 0


async def test_nothing_is_told_while_nothing_changes(lab: House) -> None:
    await alive(lab, "lab", emr={"state": "idle"}, alerts={"state": "idle"})
    follower = Follower(lab)
    await follower.next("overview")
    await follower.next("messages")
    looked = asyncio.Event()
    looks = 0
    look = lab.app.state.live._look

    async def counted() -> Any:
        nonlocal looks
        looks += 1
        if looks == 5:
            looked.set()
        return await look()

    lab.app.state.live._look = counted
    await asyncio.wait_for(looked.wait(), 10)
    assert follower.events.empty()
    await follower.leave()


async def test_followers_hear_that_the_database_is_away_and_that_it_is_back(lab: House) -> None:
    follower = Follower(lab)
    await follower.next("overview")
    look = lab.app.state.live._look

    async def away() -> Any:
        raise ConnectionRefusedError

    lab.app.state.live._look = away
    assert (await follower.next("failure"))["error"]["code"] == "LY-1017"
    await lab.append("lab", [hl7("A1")])
    lab.app.state.live._look = look
    assert (await follower.next("overview"))["received_total"] == 1
    await follower.leave()


async def test_closing_ends_all_live_views(lab: House) -> None:
    follower = Follower(lab)
    await follower.next("overview")
    await lab.app.state.live.close()
    async with asyncio.timeout(10):
        await follower._task


@pytest.mark.parametrize("hook", ["overview", "channels"])
async def test_a_channel_whose_file_is_gone_is_retired_in_the_view(lab: House, hook: str) -> None:
    await lab.pool.execute("UPDATE channels.channel SET version = 0 WHERE name = 'lab'")
    answer = await lab.get(f"/{hook}")
    cards = answer["channels"] if hook == "overview" else answer
    assert {card["name"]: card["state"] for card in cards} == {"adt": "faulty", "lab": "retired"}
    assert cards[1]["problem"] is None


async def test_a_browser_that_closes_its_window_is_forgotten(lab: House) -> None:
    """Over a real socket and the server that is shipped: a lost connection must be noticed."""
    config = uvicorn.Config(
        lab.app, host="127.0.0.1", port=0, http="httptools", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as browser,
            browser.stream("GET", "/api/v1/live", headers=lab.client.headers) as events,
        ):
            lines = events.aiter_lines()
            while await anext(lines) != "event: overview":
                pass
            assert events.headers["content-type"].startswith("text/event-stream")
            assert lab.app.state.live.followers == 1
        while lab.app.state.live.followers:
            await asyncio.sleep(0.01)
        server.should_exit = True
        await serving
