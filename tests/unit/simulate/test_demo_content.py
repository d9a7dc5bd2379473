"""The channels of the demo take the whole story, and deliver where the plan receives."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import orjson
import pytest

from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.functions import FunctionHost
from lianyi.channels.loading import check_together, load_channel
from lianyi.formats import hl7v2
from lianyi.messagelog.message import Gate, LogMessage
from lianyi.projections.masterdata import hl7 as master
from lianyi.projections.masterdata.model import Describe, Kind
from lianyi.simulate.demo import (
    EXPORTS,
    HISTORY,
    HISTORY_ENCOUNTERS,
    NAMES,
    NIGHT_BATCH,
    demo_plan,
    tell_names,
)
from lianyi.simulate.feed import read_target
from lianyi.simulate.history.making import make_rows
from lianyi.simulate.history.names import HOSPITAL
from lianyi.simulate.history.store import Wanted
from lianyi.simulate.people import check_character
from lianyi.simulate.story import StorySettings, tell

CONTENT = Path(__file__).parents[3] / "content"
PLAN = demo_plan(Path("/data"))
NOW = datetime(2026, 11, 30, tzinfo=UTC)
STORY = StorySettings(seed=2, patients_per_hour=6, batch_every_hours=4)


@pytest.fixture(scope="module")
def channels() -> dict[str, CompiledChannel]:
    """The channels of the demo, by the URL at which they receive."""
    found = {}
    for path in sorted((CONTENT / "channels").glob("*.yaml")):
        definition = load_channel(path.read_text(encoding="utf-8"), path.name, CONTENT)
        source = definition.source
        where = {
            "mllp": lambda s: f"mllp://127.0.0.1:{s['port']}",
            "http": lambda s: f"http://127.0.0.1:{s['port']}{s['path']}",
            "files": lambda s: (Path("/data") / s["folder"]).as_uri(),
        }[source.connector](source.settings)
        found[where] = compile_channel(definition, CONTENT)
    return found


@pytest.fixture
async def functions() -> AsyncIterator[FunctionHost]:
    host = FunctionHost()
    yield host
    await host.close()


def arrivals(count: int) -> Iterator[tuple[str, str, bytes]]:
    """Where each message of the story arrives, from whom, and its bytes."""
    targets = {member.name: [read_target(send) for send in member.sends] for member in PLAN.members}
    for line in islice(tell(STORY), count):
        url = next(target.url for target in targets[line.system] if target.takes(line.kind))
        is_batch = line.kind == "batch"
        for body in hl7v2.split_batch(line.body).messages if is_batch else [line.body]:
            yield url, line.system, body


def test_the_channels_stand_where_the_plan_sends_and_receives(
    channels: dict[str, CompiledChannel],
) -> None:
    assert check_together([channel.definition for channel in channels.values()]) == []
    sends = {read_target(send).url for member in PLAN.members for send in member.sends}
    history = (Path("/data") / HISTORY).as_uri()
    names = (Path("/data") / NAMES).as_uri()
    assert set(channels) == sends | {PLAN.corpus_url, history, names}
    listens = {listen.partition("://")[2] for member in PLAN.members for listen in member.listens}
    for channel in channels.values():
        for destination in channel.definition.destinations:
            address = destination.address
            if destination.connector == "files":
                assert Path(address) in EXPORTS
            else:
                assert address.removeprefix("http://").partition("/")[0] in listens
    assert {Path("/data") / NIGHT_BATCH, Path("/data") / HISTORY} <= set(PLAN.folders)


async def test_the_whole_story_passes_and_nothing_is_parked(
    channels: dict[str, CompiledChannel], functions: FunctionHost
) -> None:
    gates: Counter[tuple[str, Gate]] = Counter()
    delivered: Counter[str] = Counter()
    upgraded = 0
    for url, system, body in arrivals(2500):
        channel = channels[url]
        content = channel.open(body)
        gates[system, channel.judge(content)[0]] += 1
        for destination in channel.destinations:
            if destination.wants(content):
                name = f"{channel.definition.channel} {destination.name}"
                for sent in await destination.transform_apart(content, functions):
                    delivered[name] += 1
                    upgraded += check_sent(name, body, sent.body)

    assert {system for system, gate in gates if gate is not Gate.ACCEPT} == {"ris"}
    assert all(gate is not Gate.HOLD for _, gate in gates)
    assert set(delivered) == {
        f"{channel.definition.channel} {destination.name}"
        for channel in channels.values()
        for destination in channel.destinations
        if channel.definition.channel not in {"corpus", "his-history", "his-masterdata"}
    }
    assert upgraded > 3


def check_sent(name: str, received: bytes, sent: bytes) -> int:
    """Check what a destination gets; return 1 where an old identity number became a new one."""
    if name == "lis-results emr":
        message = hl7v2.parse(sent)
        assert message.get("MSH-18") == "UNICODE UTF-8"
        assert all(message.get_all("OBX(*)-3.4"))
        assert set(message.get_all("OBX(*)-3.6")) == {"LN"}
    if name == "lis-results critical-values":
        assert orjson.loads(sent)["flag"] in ("HH", "LL")
    if name == "his-adt region":
        number = orjson.loads(sent)["identity_number"]
        if len(number) == 18:
            assert check_character(number[:17]) == number[17]
            return len(hl7v2.parse(received).get("PID-3(2).1")) == 15
    return 0


def test_the_names_of_the_history_are_told_once_in_master_files(
    channels: dict[str, CompiledChannel], tmp_path: Path
) -> None:
    folder, rows = tmp_path / "names", tmp_path / "rows"
    (folder / ".working").mkdir(parents=True)  # as the channel makes it before files come
    rows.mkdir()
    tell_names(folder, NOW)
    channel = channels[(Path("/data") / NAMES).as_uri()]
    known: dict[Kind, set[str]] = defaultdict(set)
    for path in sorted(folder.glob("*.hl7")):
        body = path.read_bytes()
        assert channel.judge(channel.open(body))[0] is Gate.ACCEPT, path.name
        message = LogMessage(1, 1, NOW, 1, "hl7v2 MFN", body, "utf-8", "HIS", (), 0, None, b"")
        for (change,) in master.read(message):
            assert isinstance(change, Describe)
            assert change.texts["name_zh"]
            known[change.kind].add(change.code)
        path.rename(tmp_path / path.name)
    (folder / "archive").mkdir()
    tell_names(folder, NOW)
    assert list(folder.glob("*.hl7")) == []

    make_rows(Wanted(HISTORY_ENCOUNTERS, 1, 1, date(2026, 10, 1)), rows)
    assert known[Kind.ORGANISATION] == {"YX01", *codes_of(rows, "KS_ZD")}
    assert known[Kind.PRACTITIONER] == {
        code for code in codes_of(rows, "RY_ZD") if code.startswith("1")
    }


def test_every_channel_of_the_demo_says_whose_messages_it_brings(
    channels: dict[str, CompiledChannel],
) -> None:
    """Else departments would be offered without their hospital; what is replayed is anybody's."""
    of = {one.definition.channel: one.definition.organisation for one in channels.values()}
    assert len(of) > 5
    assert {name for name, code in of.items() if code != HOSPITAL} <= {"corpus"}


def codes_of(folder: Path, table: str) -> set[str]:
    """Return the first column of a table of rows."""
    found = set()
    for path in folder.glob(f"*-{table}.jsonl"):
        _, *lines = path.read_text(encoding="utf-8").splitlines()
        found |= {orjson.loads(line)[0] for line in lines}
    return found


def test_the_history_is_taken_and_its_departments_are_handed_on(
    channels: dict[str, CompiledChannel], tmp_path: Path
) -> None:
    make_rows(Wanted(1000, 1, 1, date(2026, 10, 1)), tmp_path)
    channel = channels[(Path("/data") / HISTORY).as_uri()]
    (dictionaries,) = channel.destinations
    wanted = Counter[str]()
    for path in sorted(tmp_path.iterdir()):
        content = channel.open(path.read_bytes())
        assert channel.judge(content)[0] is Gate.ACCEPT, path.name
        table = path.stem.partition("-")[2]
        wanted[table] += dictionaries.wants(content)
    assert len(wanted) == 20
    assert +wanted == {"KS_ZD": 2}  # its rows, and that they were all
