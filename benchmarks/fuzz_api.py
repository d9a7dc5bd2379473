"""Every operation of the API gets what nobody thought of; it answers what its document says.

Run: ``python -m benchmarks.fuzz_api --cases 50000``. The exit code says whether anything was found.
A real server with a real database is asked over a real socket by an account that may do everything,
half of the time about things that exist, while the projections learn. Found is: an answer 5xx, a
status, a kind of content or a body that the OpenAPI document does not describe.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS as CHECKS_BY_NAME
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from tests.unit.api.house import ADT, LAB, START, House, hl7, learning, registered, serving
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.quality.running import rounds_of
from tests.unit.projections.lake.making import arrived, land, row
from tests.unit.security import two_figures
from tests.unit.security.people import PASSWORD, People

from lianyi.api.guard import COOKIE
from lianyi.base.clock import SteppedClock
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.waiting import until_learned
from lianyi.security.roles import read_roles
from lianyi.security.settings import SecuritySettings

ENDLESS = {"follow"}
"""The live view never ends; tests/unit/security follow it otherwise."""

NOT_READY = {"ready"}
"""May say 503, which its document describes: no engine runs behind this server."""

PATIENCE = 300
"""Seconds until a server stands, and without an answer that end the run."""

load_all_checks()
CHECKS = CHECKS_BY_NAME.get_by_names(
    ["status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)


class TickingClock(SteppedClock):
    """A clock that each look moves on by a millionth of a second."""

    def now(self) -> datetime:
        """Return an instant later than all before."""
        self.advance(timedelta(microseconds=1))
        return super().now()


@dataclass
class Finding:
    """An answer that the document does not describe."""

    operation: str
    status: int
    why: str
    request: str


@dataclass
class Report:
    """What a run has seen."""

    cases: int = 0
    statuses: dict[str, dict[int, int]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass
class Target:
    """A server to ask, and what exists there."""

    url: str
    key: str
    cookie: str
    known: dict[str, list[Any]]

    def headers(self, path: str) -> dict[str, str]:
        """Return how to come in: as a system that may do everything; for ``/me`` as a person."""
        if "/me/" in path:
            return {"Cookie": f"{COOKIE}={self.cookie}", "X-Lianyi": "1"}
        return {"Authorization": f"Bearer {self.key}"}


async def furnish(house: House) -> tuple[str, str, dict[str, list[Any]]]:
    """Fill a house; return a key that may do everything, somebody's cookie, and what exists."""
    people = People(house)
    await house.add_channel("lab", LAB)
    await house.add_channel("adt", ADT)
    positions = await house.append("lab", [hl7(f"A{n}") for n in range(5)])
    positions += await house.append("lab", [hl7("H1", patient="")], gate=2)
    for position in positions[:3]:
        await house.except_(house.destinations["emr"], position, "parked")
    await house.except_(-house.channels["lab"][0], positions[-1], "parked")
    two_stars.put(house.data_dir / "star", count=20)
    land(house.data_dir / "lake", [arrived(1, 1, [row(1)])])
    await two_figures.approve(people)
    figures = [await two_figures.publish(people, h, h) for h in two_stars.DEPARTMENTS]
    assert await rounds_of(house).step(asked=True) == 1
    replay = await house.post("/replays", {
        "channel": "lab", "destination": "emr", "filter": {}, "rate_per_second": 1, "reason": "r",
    })  # fmt: skip
    roles, _ = read_roles(Path("/nonexistent"))
    await people.add("everything", *((role, "*") for role in roles), kind="service")
    await people.add("li.na", ("integration-watcher", "*"), password=PASSWORD)
    await people.add("robot", kind="service")
    await people.add("guard", ("security-administrator", "*"))
    await people.add("own", password=PASSWORD)
    own, guard = await people.browser("own"), await people.browser("guard")
    given_ = await guard.post("/api/v1/accounts/everything/keys", json={"title": "all"})
    return (
        given_.json()["secret"],
        own.cookies[COOKIE],
        {
            "name": ["lab", "adt", "li.na", "robot"],
            "position": [str(one) for one in positions] + ["0-1", "1-99"],
            "destination_id": [str(one) for one in house.destinations.values()],
            "destination": ["emr", "alerts", "ris"],
            "version": ["1", "2"],
            "replay_id": [replay["id"]],
            "code": ["LY-1606", two_figures.COUNTED, two_figures.ENTERED, "VIS-001"],
            "caliber": ["hospital", "national-exam"],
            "period": [two_figures.PERIOD, "2025", "2026Q1"],
            "hospital": ["H1", "H2"],
            "number": [int(one) for of in figures for one in of],
            "hash": [await two_figures.hash_of(people)],
            "codes": [two_figures.COUNTED],
            "year": [2025],
            "table": ["visit"],
            "channel": ["lab", "adt"],
            "account": ["li.na", "robot"],
            "role": [*roles],
            "organisation": ["*", "H1"],
            "permission": ["messages.read"],
            "filter": [{}, {"kind": "hl7v2*"}],
            "q": ["P1", "A1", "1-1", "O-A2"],
            "old": [PASSWORD],
        },
    )


async def register(house: House) -> dict[str, list[Any]]:
    """Let a house that learns register patients; return what exists of them."""
    mrns = ["I1", "I2", "I3"]
    patients = [registered(mrn, "H1", name="测试^甲乙") for mrn in mrns]
    *_, last = await house.append("adt", patients)
    await until_learned(house.pool, "identity", last)
    persons = [shown(record_id("H1", mrn)) for mrn in mrns]
    return {"person": persons, "other": persons, "source": ["H1", "his"], "mrn": mrns}


@contextmanager
def served(database: str, folder: Path) -> Iterator[Target]:
    """Serve a furnished house on a socket, in a thread with a loop of its own."""
    ready, done = threading.Event(), threading.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        open_door = SecuritySettings(address_failures_max=1_000_000, failures_max=100)
        clock = TickingClock(START)
        async with (
            serving(database, folder, clock=clock, security=open_door) as house,
            learning(house),
        ):
            key, cookie, known = await furnish(house)
            known |= await register(house)
            config = uvicorn.Config(house.app, port=0, lifespan="off", log_level="error")
            server = uvicorn.Server(config)
            working = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            found["target"] = Target(f"http://127.0.0.1:{port}", key, cookie, known)
            ready.set()
            while not done.is_set():
                await asyncio.sleep(0.05)
            server.should_exit = True
            await working

    def work() -> None:
        try:
            with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
                runner.run(serve())
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="fuzzed server")
    thread.start()
    ready.wait(PATIENCE)
    try:
        yield found["target"]
    finally:
        done.set()
        thread.join(30)


def fuzz(target: Target, *, cases: int, number: int = 0, only: Sequence[str] = ()) -> Report:
    """Ask every operation equally often.

    Args:
        target: whom.
        cases: how many requests in all.
        number: of the random sequence; the same number asks the same.
        only: those whose address holds one of these; empty: all.
    """
    schema = schemathesis.openapi.from_url(
        f"{target.url}/api/v1/openapi.json", headers=target.headers(""), timeout=PATIENCE
    )
    operations = [one.ok() for one in schema.get_all_operations()]
    operations = [
        one
        for one in operations
        if one.definition.raw["operationId"] not in ENDLESS
        and (not only or any(part in one.path for part in only))
    ]
    report = Report()
    with requests.Session() as session:
        for operation in operations:
            began = time.monotonic()
            _ask(
                operation,
                target,
                session,
                report,
                examples=cases // len(operations) + 1,
                number=number,
            )
            report.seconds[operation.definition.raw["operationId"]] = time.monotonic() - began
    return report


def _ask(
    operation: Any,
    target: Target,
    session: requests.Session,
    report: Report,
    *,
    examples: int,
    number: int,
) -> None:
    name = operation.definition.raw["operationId"]
    known = st.fixed_dictionaries(
        {key: st.sampled_from(values) for key, values in target.known.items()}
    )

    modes = [schemathesis.GenerationMode.POSITIVE]
    if operation.body or list(operation.iter_parameters()):
        modes.append(schemathesis.GenerationMode.NEGATIVE)
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, things=st.none() | known)
    def ask(case: Any, things: dict[str, Any] | None) -> None:
        for part in (case.path_parameters, case.query, case.body):
            if things and isinstance(part, dict):
                part.update({key: things[key] for key in part if key in things})
        headers = target.headers(operation.path)
        answer = case.call(session=session, headers=headers, timeout=PATIENCE)
        report.cases += 1
        seen = report.statuses.setdefault(name, {})
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        documented = answer.status_code < 500 or name in NOT_READY
        if not documented:
            report.findings.append(
                Finding(name, answer.status_code, answer.text[:300], _curl(case))
            )
            return
        try:
            case.validate_response(answer, checks=list(CHECKS))
        except (Failure, FailureGroup) as failure:
            why = str(getattr(failure, "exceptions", failure))[:600]
            report.findings.append(Finding(name, answer.status_code, why, _curl(case)))

    ask()


def _curl(case: Any) -> str:
    return str(case.as_curl_command())[:600]


def main() -> int:
    """Fuzz a server of its own and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_api", description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=None, help="the same number asks the same")
    parser.add_argument(
        "--only", action="append", default=[], help="operations whose address holds this"
    )
    parser.add_argument(
        "--statuses", action="store_true", help="print what each answered, how long"
    )
    options = parser.parse_args()
    number = int(time.monotonic()) if options.seed is None else options.seed
    folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
    folder.chmod(0o711)
    server = PostgresServer(folder / "data")
    try:
        asyncio.run(_prepared(server))
        with served(server.dsn, folder / "house") as target:
            report = fuzz(target, cases=options.cases, number=number, only=options.only)
    finally:
        asyncio.run(server.stop())
        shutil.rmtree(folder)
    for one in report.findings[:50]:
        print(f"{one.operation} {one.status}: {one.why}\n    {one.request}")
    if options.statuses:
        for name, seen in report.statuses.items():
            print(
                f"{name:38}{report.seconds[name]:8.1f} s ",
                *(f"{status}×{count}" for status, count in sorted(seen.items())),
            )
    print(f"{report.cases} requests with seed {number}, {len(report.findings)} findings")
    return 1 if report.findings else 0


async def _prepared(server: PostgresServer) -> None:
    await server.start()
    await migrate(server.dsn)


if __name__ == "__main__":
    sys.exit(main())
