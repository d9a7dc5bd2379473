"""How soon a result on the wire is told to a receiver, and how many events a second are told.

Run: ``python -m benchmarks.subscriptions [ONE_BY_ONE [TOGETHER]]`` (with ``src`` on the path; 40
and 2,000 as it comes). Prints one JSON object.

The product as people run it (``lianyi serve``) takes HL7 v2 results over MLLP; a receiver over HTTP
on this machine has subscribed to ``result-final`` with content ``id-only``. First results come one
by one, each a little after the one before was told: milliseconds from the first byte of the message
to the notification at the receiver. Then as many as were asked for come over one connection, each
when the one before was acknowledged: events a second from the first message to the last
notification, intake and repository included.
"""

from __future__ import annotations

import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from benchmarks.product import CHANNEL, Product

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
START, END = b"\x0b", b"\x1c\r"
PASSWORD = "Willow-Anchor-93-Brisk"


class Hook:
    """Counts events, and remembers when each came."""

    def __init__(self) -> None:
        self.came: dict[int, float] = {}
        self.posts = 0
        hook = self

        class Taking(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                """Take a notification."""
                bundle = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                now = time.perf_counter()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                hook.posts += 1
                for number in numbers(bundle):
                    hook.came.setdefault(number, now)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def until(self, events: int) -> None:
        """Wait until so many events were told."""
        while len(self.came) < events:
            time.sleep(0.002)


def numbers(bundle: Any) -> list[int]:
    """Return the numbers of the events of a notification."""
    return [
        int(part["valueString"])
        for one in bundle["entry"][0]["resource"]["parameter"]
        if one["name"] == "notification-event"
        for part in one["part"]
        if part["name"] == "event-number"
    ]


def result(number: int) -> bytes:
    """Return an invented result of one of a thousand patients."""
    return (
        f"MSH|^~\\&|LIS|LAB|||20260301081502||ORU^R01|R{number}|P|2.5\r"
        f"PID|1||{number % 1000}^^^BENCH^PI||Test^P{number % 1000}||19900101|M\r"
        f"OBR|1|O{number}|F{number}|GLU^Glucose^L|||20260301080000|||||||||||||||20260301081500|||F\r"
        f"OBX|1|NM|2345-7^Glucose^LN||7.1|mmol/L|3.9-6.1|H|||F|||20260301080000\r"
    ).encode()


class Wire:
    """The laboratory's connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))

    def send(self, body: bytes) -> None:
        """Send a message, and wait for its acknowledgment."""
        self._socket.sendall(START + body + END)
        answer = b""
        while END not in answer:
            answer += self._socket.recv(65536)
        assert b"MSA|AA" in answer, answer


def subscribe(product: Product, hook: Hook) -> None:
    """Let a clinical system subscribe to results."""
    given = product.api("POST", "/accounts", {"name": "reader", "display_name": "R"})["password"]
    role = {"role": "clinical-system", "organisation": "*", "reason": "bench"}
    product.api("POST", "/accounts/reader/roles", role)
    base = f"http://127.0.0.1:{product.http_port}"
    with httpx.Client(base_url=base, headers={"X-Lianyi": "1"}, timeout=60) as client:
        client.post("/api/v1/session", json={"name": "reader", "password": given})
        change = {"old": given, "new": PASSWORD}
        client.post("/api/v1/me/password", json=change).raise_for_status()
        client.post("/api/v1/session", json={"name": "reader", "password": PASSWORD})
        content = {"url": f"{BACKPORT}/backport-payload-content", "valueCode": "id-only"}
        wanted = {
            "resourceType": "Subscription", "status": "requested", "reason": "bench",
            "criteria": "urn:lianyi:topic:result-final",
            "channel": {
                "type": "rest-hook", "endpoint": hook.address,
                "payload": "application/fhir+json", "_payload": {"extension": [content]},
            },
        }  # fmt: skip
        client.post(f"/fhir/Subscription?channel={CHANNEL}", json=wanted).raise_for_status()
    while not hook.posts:
        time.sleep(0.01)


def measured(product: Product, one_by_one: int, together: int) -> dict[str, Any]:
    """Return what was measured."""
    hook = Hook()
    subscribe(product, hook)
    wire, waits = Wire(product.port), []
    for number in range(1, one_by_one + 1):
        begun = time.perf_counter()
        wire.send(result(number))
        hook.until(number)
        waits.append((hook.came[number] - begun) * 1000)
        time.sleep(0.05 + number % 10 / 50)  # not in step with whoever looks
    posts, begun = hook.posts, time.perf_counter()
    for number in range(one_by_one + 1, one_by_one + together + 1):
        wire.send(result(number))
    sent = time.perf_counter() - begun
    hook.until(one_by_one + together)
    seconds = time.perf_counter() - begun
    waits.sort()
    return {
        "results_one_by_one": one_by_one,
        "wire_to_hook_p50_ms": round(statistics.median(waits)),
        "wire_to_hook_p99_ms": round(waits[min(len(waits) - 1, int(len(waits) * 0.99))]),
        "results_together": together,
        "taken_in_seconds": round(sent, 2),
        "told_in_seconds": round(seconds, 2),
        "events_per_second": round(together / seconds),
        "notifications": hook.posts - posts,
    }


def main() -> None:
    """Measure, and print."""
    one_by_one, together = (
        int(one) for one in (*sys.argv[1:3], *("40", "2000")[len(sys.argv) - 1 :])
    )
    product = Product(Path(tempfile.gettempdir()))
    settings = product.home / "lianyi.toml"
    settings.write_text('[subscriptions]\nhosts = ["127.0.0.1"]\n', encoding="utf-8")
    product.channel("name: nobody, connector: mllp, address: '127.0.0.1:9', enabled: false")
    try:
        product.start("--settings", str(settings))
        print(json.dumps(measured(product, one_by_one, together), indent=2))
    finally:
        product.stop()


if __name__ == "__main__":
    main()
