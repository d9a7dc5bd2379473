"""Two hospitals in one installation, with the same patients; all that is B's says CANARY.

Both channels share one shard, so that whatever counts by shard would tell of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.unit.api.house import LAB, House, hl7, learning, registered
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.quality.running import rounds_of
from tests.unit.security import two_figures
from tests.unit.security.people import People
from tests.unit.security.two_figures import Figures

from lianyi.messagelog.message import Position
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.waiting import until_learned

CANARY = "CANARY"

B_LAB = """
channel: canary-lab
description: CANARY 检验结果
organisation: B
source: { connector: mllp, port: 0 }
gate: { rules: [ { path: PID-3.1, required: true, otherwise: hold } ] }
destinations:
  - name: canary-emr
    connector: mllp
    address: canary.internal:7001
  - { name: canary-alerts, connector: http, address: "http://canary.internal/in" }
"""

TREE = {"GROUP": None, "A": "GROUP", "A1": "A", "B": "GROUP", "B1": "B"}

TABLES = {
    "organisation": "code,name_zh,parent\nGROUP,集团,\n{h},{m} 医院,GROUP\n{h}1,{m} 院区,{h}\n"
    "{m}-D,{m} 科室,{h}1\n",
    "location": "code,name_zh\n{m}-L,{m} 病房\n",
    "practitioner": "code,name_zh,organisation,role\n{m}-P,{m} 医生,{m}-D,doctor\n",
    "organisation ": "code,location\n{m}-D,{m}-L\n",
}
"""The master data of a hospital ``h``, in the order in which they are imported."""

ROLES = [
    "audit-administrator", "clinician", "identity-steward", "integration-engineer",
    "integration-watcher", "manager", "monitoring", "operations-analyst", "privacy-officer",
    "registrar",
    "security-administrator", "sensitive-records", "system-administrator",
]  # fmt: skip


@dataclass
class Hospital:
    """What a hospital has, by the names that the API takes."""

    organisation: str
    channel: str
    destination: str
    destination_id: int
    account: str
    service: str
    first: Position
    parked: Position
    held: Position
    replay: str
    act: Position
    control: str
    assignment: str
    key: str
    session: str
    consent: str
    glass: str
    imported: str
    department: str
    ward: str
    doctor: str
    source: str
    person: str
    other: str
    figures: Figures = field(default=Figures("", "", ""))


@dataclass
class Town:
    """Both hospitals, and who works there."""

    house: House
    people: People
    a: Hospital
    b: Hospital
    browsers: dict[str, httpx.AsyncClient]

    def copied(self, house: House) -> Town:
        """Return this town as it is in a house on a copy of its database and its folder."""
        house.channels = dict(self.house.channels)
        house.destinations = dict(self.house.destinations)
        people = People(house)
        people.accounts = dict(self.people.accounts)
        browsers = {role: people.stranger() for role in self.browsers}
        for role, browser in browsers.items():
            browser.cookies = httpx.Cookies(self.browsers[role].cookies)
        return Town(house, people, self.a, self.b, browsers)


async def build(house: House) -> Town:
    """Build both, each with everything that the API can show."""
    people = People(house)
    await people.tree(TREE)
    async with learning(house):
        imported = {h: await _master_data(house, h, m) for h, m in (("A", "A"), ("B", CANARY))}
    await house.add_channel("lab", LAB, organisation="A")
    await house.add_channel("canary-lab", B_LAB, organisation="B")
    assert house.channels["lab"][1] == house.channels["canary-lab"][1]
    a = await _hospital(people, "A", "lab", "emr", "A", imported["A"])
    b = await _hospital(people, "B", "canary-lab", "canary-emr", CANARY, imported["B"])
    async with learning(house):
        for h in (a, b):
            bodies = [registered(mrn, h.source, name=f"{h.source}^甲乙") for mrn in ("I1", "I2")]
            *_, last = await house.append(h.channel, bodies, sender=f"{h.source}|H1")
            await until_learned(house.pool, "identity", last)
    departments = {"A": [a.department], "B": [b.department]}
    two_stars.put(house.data_dir / "star", count=20, town=departments, mark=("B", CANARY))
    await two_figures.approve(people)
    a.figures = await two_figures.publish(people, "A", "A")
    b.figures = await two_figures.publish(people, "B", CANARY)
    assert await rounds_of(house).step(asked=True) == 1
    browsers = {}
    for role in ROLES:
        name = f"{role}.a"
        await people.add(name, (role, "A"), organisation="A")
        browsers[role] = await people.browser(name)
    return Town(house, people, a, b, browsers)


async def _hospital(
    people: People, organisation: str, channel: str, destination: str, mark: str, imported: str
) -> Hospital:
    house, name = people.house, f"{mark.lower()}-engineer"
    await people.add(name, ("integration-engineer", organisation), organisation=organisation)
    service = f"{mark.lower()}-robot"
    await people.add(
        service, ("monitoring", organisation), organisation=organisation, kind="service"
    )
    guard = f"{mark.lower()}-guard"
    await people.add(guard, ("security-administrator", organisation), organisation=organisation)
    keyed = await (await people.browser(guard)).post(
        f"/api/v1/accounts/{service}/keys", json={"title": f"{mark} key"}
    )
    bodies = [hl7(f"{mark}{n}", name=f"{mark}^甲") for n in range(4)]
    first, parked, *_ = await house.append(channel, bodies, sender=f"{mark}|H1")
    (held,) = await house.append(channel, [hl7(f"{mark}H", patient="", name=mark)], gate=2)
    number, to = house.channels[channel][0], house.destinations[destination]
    await house.except_(to, parked, "parked")
    await house.except_(-number, held, "parked")
    await house.pool.execute(
        "UPDATE channels.exception SET error = $1 WHERE channel = $2",
        {"code": "LY-1102", "where": mark, "facts": {"why": mark}},
        number,
    )
    await house.receipt(destination, first, answer=f"AA {mark}")
    await busy(house, channel, destination, mark)
    browser = await people.browser(name)
    started = await browser.post(
        "/api/v1/replays",
        json={
            "channel": channel,
            "destination": destination,
            "filter": {},
            "rate_per_second": 1,
            "reason": f"{mark} reason",
        },
    )
    assert started.status_code == 200, started.text
    acts = await house.acts()
    consent, glass = await _privacy(people, browser, organisation, mark, first)
    return Hospital(
        consent=consent,
        glass=glass,
        organisation=organisation,
        channel=channel,
        destination=destination,
        destination_id=to,
        account=name,
        service=service,
        first=first,
        parked=parked,
        held=held,
        replay=started.json()["id"],
        act=acts[-1].position,
        control=f"{mark}1",
        assignment=str(
            await house.pool.fetchval(
                "SELECT assignment FROM security.assignment JOIN security.account USING (account)"
                " WHERE name = $1",
                name,
            )
        ),
        key=keyed.json()["key"]["id"],
        session=str(
            await house.pool.fetchval(
                "SELECT left(encode(stored, 'hex'), 12) FROM security.session JOIN security.account"
                " USING (account) WHERE name = $1",
                name,
            )
        ),
        imported=imported,
        department=f"{mark}-D",
        ward=f"{mark}-L",
        doctor=f"{mark}-P",
        source=mark,
        person=shown(record_id(mark, "I1")),
        other=shown(record_id(mark, "I2")),
    )


async def _privacy(
    people: People, engineer: httpx.AsyncClient, organisation: str, mark: str, at: Position
) -> tuple[str, str]:
    """Record that a patient refuses research, and look at a message in an emergency."""
    name = f"{mark.lower()}-officer"
    await people.add(name, ("privacy-officer", organisation), organisation=organisation)
    refused = await (await people.browser(name)).post(
        "/api/v1/privacy/consents",
        json={
            "patient": "P1^H1", "decision": "refuse", "purposes": ["HRESCH"], "given_by": mark,
            "document": mark, "organisation": organisation,
        },
    )  # fmt: skip
    looked = await engineer.post(
        "/api/v1/privacy/glass",
        json={"position": str(at), "reason": "fault", "words": f"{mark} words", "minutes": 1},
    )
    assert refused.status_code == looked.status_code == 200, refused.text + looked.text
    return refused.json()["id"], looked.json()["id"]


async def _master_data(house: House, hospital: str, mark: str) -> str:
    """Import what a hospital has; return the position of its organisations."""
    positions = []
    for kind, text in TABLES.items():
        answer = await house.client.post(
            f"/api/v1/masterdata/{kind.strip()}/import",
            content=text.format(h=hospital, m=mark).encode(),
            headers={"Content-Type": "text/csv"},
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["set_aside"] == []
        positions.append(answer.json()["position"])
    return str(positions[0])


async def busy(house: House, channel: str, destination: str, mark: str, *, much: int = 7) -> None:
    """Let numbers grow: what was received and delivered, the minutes, what processes say."""
    number, shard = house.channels[channel]
    to = house.destinations[destination]
    now = house.clock.now()
    said: dict[str, Any] = {
        "updated_at": now.isoformat(), "running": True, "state": "flowing",
        "rate_per_second": much, "address": mark, "connections": much,
        "error": {"code": "LY-1102", "where": mark, "facts": {"why": mark}},
    }  # fmt: skip
    await house.pool.execute(
        "UPDATE channels.channel SET source_state = $1 WHERE channel = $2", said, number
    )
    await house.pool.execute(
        "UPDATE channels.destination SET state = $1 WHERE destination = $2", said, to
    )
    await house.stand(f"channel:{channel}", shard, 1, received=much)
    await house.stand(f"destination:{to}", shard, 1, delivered=much)
    for reader, counts in [
        (f"channel:{channel}", {"received": much - 1}),
        (f"destination:{to}", {"delivered": much - 1}),
    ]:
        await house.pool.execute(
            "INSERT INTO channels.tally VALUES ($1, date_trunc('minute', $2::timestamptz), $3)"
            " ON CONFLICT (reader, minute) DO UPDATE SET counts = excluded.counts",
            reader,
            now,
            counts,
        )
