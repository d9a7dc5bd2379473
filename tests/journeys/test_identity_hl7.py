"""From the feed of a real socket to the answer of a query and the notice of a change.

Sources:
    IHE ITI TF-2: ITI-8 (feed), ITI-9 (query), ITI-10 (notification), ITI-21 (demographics).
"""

from __future__ import annotations

import itertools
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lianyi.formats import hl7v2

from .clinic import END, START, Clinic, free_port
from .conftest import open_house
from .people import Asking

pytestmark = pytest.mark.slow

CONTROLS = itertools.count(1)
SETTINGS = """
[identity]
query_listen = "127.0.0.1:{port}"
query_peers = [{{ account = "lis", application = "LIS", facility = "LAB", network = "127.0.0.1" }}]
notify = [{{ channel = "identity-changes" }}]
[identity.domains]
HIS = "1.2.156.99.1"
"""
FEED = """
channel: his
description: 患者身份推送：HIS → 平台
source: {{ connector: mllp, port: {port} }}
destinations:
  - {{ name: archive, connector: mllp, address: "127.0.0.1:{record}", enabled: false }}
"""
CHANGES = """
channel: identity-changes
description: 主索引变更通知：平台 → 检验系统
format: hl7v2
source: {{ connector: platform }}
destinations:
  - {{ name: lab, connector: mllp, address: "127.0.0.1:{ward}" }}
examples:
  - {{ name: a change reaches the laboratory, event: ADT^A31, delivered_to: [lab] }}
"""
WANG = "王试^一||19800315|M|||云溪市望江区解放路12号||15412987326"
LI = "李试^二||19520304|F"


class Index(Clinic):
    """A clinic whose platform answers queries and tells changes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.feed, self.queries = free_port(), free_port()
        self.options = ("--settings", str(folder / "lianyi.toml"))

    def start(self) -> None:
        (self.folder / "lianyi.toml").write_text(SETTINGS.format(port=self.queries), "utf-8")
        channels = self.folder / "content" / "channels"
        texts = {
            "his": FEED.format(port=self.feed, record=self.record.port),
            "identity-changes": CHANGES.format(ward=self.ward.port),
        }
        for name, text in texts.items():
            (channels / f"{name}.yaml").write_text(text, "utf-8")
        super().start()
        for port in (self.feed, self.queries):
            self.until(lambda port=port: _listens(port), "a port does not listen")

    def tell(
        self, event: str, mrn: str, person: str, *, source: str = "HIS", gone: str = ""
    ) -> str:
        """Send what a system says of its patient; return the code of the answer."""
        control = f"J{next(CONTROLS)}"
        merged = f"MRG|{gone}^^^{source}^MR\r" if gone else ""
        body = (
            f"MSH|^~\\&|{source}|CLINIC|LIANYI|CLINIC|20260301081502||ADT^{event}|{control}|P|2.5"
            f"||||||UNICODE UTF-8\rEVN||20260301081500\rPID|1||{mrn}^^^{source}^MR||{person}\r"
            f"{merged}PV1|1|O\r"
        )
        answer = _exchange(self.feed, body.encode())
        assert answer.get("MSA-2") == control
        return answer.get("MSA-1")

    def ask(self, event: str, qpd: str, *, charset: str = "UNICODE UTF-8") -> hl7v2.Message:
        body = (
            f"MSH|^~\\&|LIS|LAB|LIANYI|CLINIC|20260301081502||QBP^{event}^QBP_Q21|J{next(CONTROLS)}"
            f"|P|2.5||||||{charset}\rQPD|Q^{event}|T1|{qpd}\rRCP|I|10^RD\r"
        )
        return _exchange(self.queries, body.encode())

    def identifiers(self, mrn: str) -> list[str]:
        answer = self.ask("Q23", f"{mrn}^^^HIS")
        return sorted(answer.get_all("PID-3.1"))

    def notices(self) -> list[list[str]]:
        """What each notice that the laboratory got names."""
        told = [hl7v2.parse(one.encode()) for one in self.ward.received]
        return [sorted(one.get_all("PID-3.1")) for one in told if one.header.event == "ADT^A31"]

    def distinct(self) -> list[list[str]]:
        """The same, each control id once: a delivery whose answer was lost is sent again."""
        told = {hl7v2.parse(one.encode()).get("MSH-10"): one for one in self.ward.received}
        parsed = [hl7v2.parse(one.encode()) for one in told.values()]
        return [sorted(one.get_all("PID-3.1")) for one in parsed if one.header.event == "ADT^A31"]

    def kill(self) -> None:
        """Let all of it die at once, and start it again."""
        assert self._process
        children = subprocess.run(
            ["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        eventually(lambda: [one for one in children if Path(f"/proc/{one}").exists()], [])
        self.start()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _exchange(port: int, body: bytes) -> hl7v2.Message:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(START + body + END)
        answer = b""
        while END not in answer:
            chunk = wire.recv(65536)
            assert chunk
            answer += chunk
    return hl7v2.parse(answer.strip(START + END))


def eventually(check: Callable[[], Any], wanted: Any) -> None:
    for _ in range(400):
        if check() == wanted:
            return
        time.sleep(0.05)
    assert check() == wanted


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with open_house(Index) as index:
        ask = Asking(index, {"Authorization": f"Bearer {index.token}"})
        ask.post("/accounts", {"name": "lis", "display_name": "检验系统", "kind": "service"})
        wanted = {"role": "registrar", "organisation": "*", "reason": "接口"}
        ask.post("/accounts/lis/roles", wanted)
        yield index


def test_every_event_of_the_feed_is_acknowledged_and_learned(index: Index) -> None:
    for event in ("A01", "A04", "A05", "A08", "A28", "A31"):
        assert index.tell(event, f"F{event}", LI) == "AA"
        eventually(lambda event=event: f"F{event}" in index.identifiers(f"F{event}"), wanted=True)


def test_a_query_answers_otherwise_after_a_merge_and_the_change_is_told(index: Index) -> None:
    assert index.tell("A04", "M1", WANG) == "AA"
    assert index.tell("A04", "L1", WANG, source="LIS") == "AA"
    eventually(lambda: index.identifiers("M1"), ["L1", "M1"])
    assert index.tell("A04", "M2", "王试^三||19330101|M") == "AA"
    eventually(lambda: index.identifiers("M2"), ["M2"])
    assert index.tell("A40", "M1", WANG, gone="M2") == "AA"
    eventually(lambda: index.identifiers("M2"), ["L1", "M1"])
    found = index.ask("Q22", "@PID.5.1.1^王试~@PID.7^19800315")
    assert (found.get("QAK-2"), found.count("PID")) == ("OK", 1)
    eventually(lambda: [one for one in index.notices() if "M1" in one], [["L1", "M1"]] * 2)


def test_after_a_death_each_change_was_told_once(index: Index) -> None:
    people = [f"赵试^{n}||197{n}0315|M|||云溪市望江区解放路{n}号||1541298731{n}" for n in range(5)]
    for n, person in enumerate(people):
        assert index.tell("A04", f"K{n}", person) == "AA"
        assert index.tell("A04", f"R{n}", person, source="RIS") == "AA"
    index.kill()
    wanted = [[f"K{n}", f"R{n}"] for n in range(5)]
    eventually(lambda: sorted(one for one in index.distinct() if one in wanted), wanted)
    assert index.tell("A04", "S0", people[0], source="PACS") == "AA"
    eventually(lambda: [one for one in index.distinct() if "S0" in one], [["K0", "R0", "S0"]])
    assert sorted(one for one in index.distinct() if one in wanted) == wanted


def test_an_unknown_system_is_rejected(index: Index) -> None:
    body = (
        "MSH|^~\\&|STRANGER|LAB|||20260301||QBP^Q23^QBP_Q21|X1|P|2.5\rQPD|Q^Q|T|M1^^^HIS\rRCP|I\r"
    )
    answer = _exchange(index.queries, body.encode())
    assert (answer.get("MSA-1"), answer.get("ERR-5.1")) == ("AR", "LY-2145")
