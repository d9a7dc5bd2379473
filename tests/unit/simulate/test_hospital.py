"""The hospital is real processes: they start, tell one story, misbehave, and end together."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.simulate.command import simulate
from lianyi.simulate.demo import demo_plan, demo_story, prepare_demo
from lianyi.simulate.errors import SystemDied
from lianyi.simulate.feed import read_target
from lianyi.simulate.hospital import HospitalSettings, Member, member_arguments, run_hospital
from lianyi.simulate.story import StorySettings, tell

from .peers import raw_exchange, some_lines

PATIENCE_SECONDS = 30


@pytest.fixture
def ports() -> list[int]:
    """Ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(8)]
    found = [made.getsockname()[1] for made in sockets]
    for made in sockets:
        made.close()
    return found


@asynccontextmanager
async def running(settings: HospitalSettings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_hospital(settings, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def counts(port: int) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/counts")
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
                else:
                    told: dict[str, Any] = answer.json()
                    return told


async def all_told(*ports: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = [await counts(port) for port in ports]
            if all(report["told"] for report in found):
                return found
            await asyncio.sleep(0.05)


async def test_four_processes_tell_one_story_and_lose_nothing(
    ports: list[int], tmp_path: Path
) -> None:
    story = StorySettings(patients_per_hour=6, batch_every_hours=4)
    his, lis, ris, emr, *controls = ports
    local = "127.0.0.1"
    members = (
        Member("his", "", (f"mllp://{local}:{lis}",), (f"mllp://{local}:{his}",), controls[0]),
        Member("lis", "", (f"mllp://{local}:{emr}",), (f"mllp://{local}:{lis}",), controls[1]),
        Member("ris", "", (f"mllp://{local}:{his}",), (f"http://{local}:{ris}",), controls[2]),
        Member(
            "emr",
            "",
            (
                f"MDM,ORU=mllp://{local}:{his}",
                f"nursing=http://{local}:{ris}/nursing",
                f"batch={(tmp_path / 'night').as_uri()}",
            ),
            (f"mllp://{local}:{emr}",),
            controls[3],
        ),
    )
    hospital = HospitalSettings(
        members, story, rate=0, count_max=1500, lost_ack_share=0.003, journal_folder=tmp_path
    )

    async with running(hospital):
        reports = await all_told(*controls)

    told = [line for line in islice(tell(story), 1600) if line.number < 1500]
    for name, report in zip(("his", "lis", "ris", "emr"), reports, strict=True):
        sent = [feed.get("sent", 0) for feed in report["sent"].values()]
        assert sum(sent) == sum(line.system == name for line in told)
        journal = (tmp_path / f"{name}.jsonl").read_text().splitlines()
        own = {line.control_id for line in told if line.system == name}
        assert {json.loads(entry)["control_id"] for entry in journal} == own
        (received,) = report["received"].values()
        assert received["received"] == received["first"] + received.get("duplicates", 0)
        assert "out_of_order" not in received
    files = {path.stem: path.read_bytes() for path in (tmp_path / "night").iterdir()}
    assert files == {line.control_id: line.body for line in told if line.kind == "batch"}
    assert len(files) > 1


async def test_a_member_hangs_when_told_by_signal_and_by_the_control_door(
    ports: list[int],
) -> None:
    port, control = ports[:2]
    line = some_lines(1)[0]
    member = Member("insurance", "", (), (f"mllp://127.0.0.1:{port}",), control, behave="hang")

    async with running(HospitalSettings((member,))):
        assert (await counts(control))["behaviour"] == ["hang"]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await raw_exchange(port, line.body)
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.post(f"http://127.0.0.1:{control}/behave", content="accept")
        assert b"MSA|AA" in await raw_exchange(port, line.body)


async def test_signals_make_a_system_hang_and_accept_and_end(ports: list[int]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "lianyi.simulate", "system", "archive"),
        *("--listen", "127.0.0.1:0", "--control", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    assert ready["ready"] == "archive"

    for number, behaviour in ((signal.SIGUSR1, "hang"), (signal.SIGUSR2, "accept")):
        process.send_signal(number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await counts(ready["control"]))["behaviour"] != [behaviour]:
                await asyncio.sleep(0.02)
    process.terminate()
    said, _ = await process.communicate()

    assert process.returncode == 0
    assert json.loads(said)["system"] == "archive"


async def test_the_hospital_says_in_json_who_is_ready_where(tmp_path: Path) -> None:
    said: list[list[dict[str, Any]]] = []
    stop = asyncio.Event()

    def ready(systems: list[dict[str, Any]]) -> None:
        said.append(systems)
        stop.set()

    members = (
        Member("lis", "检验系统", (), ("mllp://127.0.0.1:0",)),
        Member("ris", "放射信息系统", (), ("http://127.0.0.1:0",)),
    )
    await run_hospital(HospitalSettings(members), stop=stop, ready=ready)

    ((lis, ris),) = said
    assert (lis["name"], ris["name"]) == ("lis", "ris")
    assert all(port > 0 for one in (lis, ris) for port in one["ports"])


async def test_a_port_that_is_taken_ends_the_hospital_and_says_who(ports: list[int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        member = Member("lis", "", (), (f"mllp://127.0.0.1:{port}",))
        with pytest.raises(SystemDied) as caught:
            await run_hospital(HospitalSettings((member,)), stop=asyncio.Event())
    assert caught.value.where == "lis"
    assert "in use" in str(caught.value)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs PR_SET_PDEATHSIG")
async def test_children_die_with_their_parent(ports: list[int]) -> None:
    port, control = ports[:2]
    code = (
        "import asyncio\n"
        "from lianyi.simulate.hospital import *\n"
        f"member = Member('lis', '', (), ('mllp://127.0.0.1:{port}',), {control})\n"
        "asyncio.run(run_hospital(HospitalSettings((member,)), stop=asyncio.Event()))\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    await counts(control)
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()

    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                break
            writer.close()
            await writer.wait_closed()
            await asyncio.sleep(0.05)


def test_the_plan_of_the_demo_holds_together(tmp_path: Path) -> None:
    plan = prepare_demo(tmp_path)

    assert plan == demo_plan(tmp_path)
    assert all(folder.is_dir() for folder in plan.folders)
    listens = [listen for member in plan.members for listen in member.listens]
    controls = [member.control_port for member in plan.members]
    assert len(set(listens)) == len(listens)
    assert len(set(controls)) == len(controls)
    assert [member.name for member in plan.members if member.behave == "hang"] == ["insurance"]
    told = {(line.system, line.kind) for line in islice(tell(StorySettings()), 5000)}
    for member in plan.members:
        targets = [read_target(send) for send in member.sends]
        for system, kind in told:
            if system == member.name:
                assert sum(target.takes(kind) for target in targets) == 1, kind


@given(st.integers(0, 5_000_000))
@settings(max_examples=20, deadline=None)
def test_a_demo_started_again_is_another_story(minutes: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    stories = [list(islice(tell(demo_story(now + timedelta(minutes=n))), 40)) for n in range(2)]

    first, second = ({line.control_id for line in story} for story in stories)
    assert not first & second
    first, second = ({line.patient for line in story} for story in stories)
    assert not first & second


def test_every_argument_of_a_member_is_an_option_of_the_command(tmp_path: Path) -> None:
    known = {name for option in simulate.commands["system"].params for name in option.opts}
    members = demo_plan(tmp_path).members
    hospital = HospitalSettings(
        members, rate=1, count_max=1, duration_seconds=1, journal_folder=tmp_path
    )
    for member in hospital.members:
        for argument in member_arguments(member, hospital)[2:]:
            assert argument.partition("=")[0] in known


def test_the_command_writes_the_story_as_files(tmp_path: Path) -> None:
    result = CliRunner().invoke(simulate, ["story", str(tmp_path), "--count", "60", "--seed", "5"])

    assert result.exit_code == 0, result.output
    written = {path.stem: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    told = islice(tell(StorySettings(seed=5)), 60)
    assert written == {line.control_id: line.body for line in told}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["system", "his", "--send", "ftp://x"], "LY-1702"),
        (["system", "his", "--behave", "explode"], "LY-1701"),
        (["system", "his", "--listen", "tcp://x:1"], "mllp://host:port"),
        (["corpus", "/nowhere/at/all"], "does not exist"),
    ],
)
def test_a_wrong_argument_is_explained(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(simulate, arguments)
    assert result.exit_code == 2
    assert said in result.output
