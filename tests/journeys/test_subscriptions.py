"""From a result on a laboratory's wire to a notification at a receiver, also after kill -9."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from .clinic import Clinic
from .conftest import open_house
from .people import hire

pytestmark = pytest.mark.slow

SETTINGS = '[subscriptions]\nhosts = ["127.0.0.1"]\n'


class Hook:
    """A receiver over HTTP; keeps what it is told, and when."""

    def __init__(self) -> None:
        self.told: list[tuple[float, dict[str, Any]]] = []
        told = self.told

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.append((time.monotonic(), json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def events(self) -> dict[int, str]:
        """Return the foci by the numbers of their events; doubles have one number."""
        found = {}
        for _, bundle in self.told:
            for one in bundle["entry"][0]["resource"]["parameter"]:
                if one["name"] == "notification-event":
                    parts = {part["name"]: part for part in one["part"]}
                    number = int(parts["event-number"]["valueString"])
                    found[number] = parts["focus"]["valueReference"]["reference"]
        return found


class Ward(Clinic):
    """A clinic whose platform may tell receivers on this machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "lianyi.toml").write_text(SETTINGS, "utf-8")
        self.options = ("--settings", str(folder / "lianyi.toml"))

    def kill(self) -> None:
        """Let all of it die at once, and start it again."""
        assert self._process
        children = subprocess.run(
            ["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        for _ in range(600):
            if not any(Path(f"/proc/{one}").exists() for one in children):
                break
            time.sleep(0.1)
        self.start()


def result(number: int) -> str:
    """Return an invented result of a patient."""
    return (
        f"MSH|^~\\&|LIS|CLINIC|||20260301081502||ORU^R01|R{number}|P|2.5\r"
        "PID|1||77^^^CLINIC^PI||试验^甲||19900101|M\r"
        f"OBR|1|O{number}|F{number}|GLU^葡萄糖^L|||20260301080000|||||||||||||||20260301081500|||F\r"
        f"OBX|1|NM|2345-7^Glucose^LN||7.{number}|mmol/L|3.9-6.1|H|||F|||20260301080000\r"
    )


@pytest.fixture
def ward() -> Iterator[Ward]:
    with open_house(Ward) as ward:
        yield ward


def test_a_result_on_the_wire_reaches_the_receiver_also_after_a_kill(ward: Ward) -> None:
    hook = Hook()
    password = hire(ward, "lis-reader", "检验系统", "clinical-system")
    with httpx.Client(base_url=ward.address, headers={"X-Lianyi": "1"}, timeout=30) as reader:
        answer = reader.post("/api/v1/session", json={"name": "lis-reader", "password": password})
        assert answer.status_code == 200, answer.text
        backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
        content = {"url": f"{backport}/backport-payload-content", "valueCode": "id-only"}
        wanted = {
            "resourceType": "Subscription", "status": "requested", "reason": "journey",
            "criteria": "urn:lianyi:topic:result-final",
            "channel": {
                "type": "rest-hook", "endpoint": hook.address,
                "payload": "application/fhir+json", "_payload": {"extension": [content]},
            },
        }  # fmt: skip
        made = reader.post("/fhir/Subscription?channel=admissions", json=wanted)
        assert made.status_code == 201, made.text
        ward.until(lambda: bool(hook.told), "no handshake")
        begun = time.monotonic()
        assert ward.send(result(1)) == "AA"
        ward.until(lambda: 1 in hook.events(), "the result is not told")
        print(f"from the wire to the hook: {hook.told[-1][0] - begun:.3f} s")
        name = hook.events()[1]
        seen = reader.get(f"/fhir/{name}").json()
        assert seen["resourceType"] == "Observation"
        assert seen["status"] == "final"
        assert ward.send(result(2)) == "AA"
        ward.kill()
        assert ward.send(result(3)) == "AA"
        ward.until(lambda: len(hook.events()) >= 3, "what came around the kill is not told")
        assert sorted(hook.events()) == [1, 2, 3]
        assert len(set(hook.events().values())) == 3
        status = reader.get(f"/fhir/Subscription/{made.json()['id']}/$status").json()
        told = {one["name"]: one for one in status["entry"][0]["resource"]["parameter"]}
        assert told["events-since-subscription-start"]["valueString"] == "3"
    hook.close()
