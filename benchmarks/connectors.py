"""How fast connectors are when nothing stands behind them: the ceiling for everything else.

    python benchmarks/connectors.py [--seconds 3]

MLLP in:  a null receiver that replies at once, under ``tools/mllp_load.py``.
MLLP out: eight senders in one process against ``tools/mllp_sink.py``.
HTTP:     fifty senders against a null source, both in processes of their own.

The tools are looked for in ``$LIANYI_SHARED``, else in ``../shared`` beside the repository.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvloop

from lianyi.connectors.connector import Answer, Arrival, Reply
from lianyi.connectors.registry import build_sender, build_source

SHARED = Path(os.environ.get("LIANYI_SHARED", Path(__file__).parents[1].parent / "shared"))
BODY = b"MSH|^~\\&|HIS|H1|ESB|H1|20260101||ADT^A01|%s|P|2.5\r" + b"PID|1||" + b"x" * 800 + b"\r"
ACK = b"MSH|^~\\&|ESB|H1|HIS|H1|20260101||ACK|1|P|2.5\rMSA|AA|%b\r"


def serve(connector: str, settings: dict[str, Any], pipe: Connection) -> None:
    """Be a source that replies at once, until told to stop; then say how much it cost."""

    def receive(arrival: Arrival, reply: Reply) -> None:
        reply(Answer(ACK % arrival.body.split(b"|", 10)[9]))

    async def main() -> None:
        source = build_source(connector, settings, receive, print)
        await source.start()
        pipe.send(source.address)
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        await source.stop(grace_seconds=0)

    uvloop.run(main())


class NullSource:
    """A source in a process of its own."""

    def __init__(self, connector: str, **settings: Any) -> None:
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=serve, args=(connector, {"port": 0, **settings}, other)
        )

    def __enter__(self) -> NullSource:
        self.process.start()
        self.address: str = self.pipe.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe.send("stop")
        self.process.join()

    def cpu_seconds(self) -> float:
        """Return the processor time it has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def mllp_in(connections: int, seconds: float) -> dict[str, float]:
    with NullSource("mllp") as source:
        load = [sys.executable, str(SHARED / "tools/mllp_load.py"), "--warmup", "1"]
        load += ["--port", source.address.rpartition(":")[2], "--seconds", str(seconds)]
        load += ["--connections", str(connections), "--watch-pid", str(source.process.pid)]
        result = json.loads(subprocess.run(load, check=True, capture_output=True).stdout)
    return {
        "per_second": result["msgs_per_s"],
        "p50_ms": result["p50_ms"],
        "p99_ms": result["p99_ms"],
        "source_cpu_us": round(1e6 * result["server_cpu_s"] / result["msgs"], 1),
    }


async def exchanges(
    connector: str, address: str, lanes: int, seconds: float
) -> tuple[int, float, float]:
    """Send on all lanes for a while; return how many, how long, and our processor seconds."""

    async def lane(number: int) -> int:
        sender = build_sender(connector, {"address": address})
        sent = 0
        while time.perf_counter() < end:
            control_id = b"B%03d%07d" % (number, sent)
            attributes = {"control_id": control_id.decode()}
            answer = await sender.send(BODY % control_id, attributes=attributes, timeout_seconds=5)
            assert control_id in answer.body
            sent += 1
        await sender.close()
        return sent

    start, cpu = time.perf_counter(), time.process_time()
    end = start + seconds
    total = sum(await asyncio.gather(*(lane(number) for number in range(lanes))))
    return total, time.perf_counter() - start, time.process_time() - cpu


def figures(result: tuple[int, float, float]) -> dict[str, float]:
    count, seconds, cpu = result
    return {"per_second": round(count / seconds), "sender_cpu_us": round(1e6 * cpu / count, 1)}


def mllp_out(lanes: int, seconds: float) -> dict[str, float]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    tool = [sys.executable, str(SHARED / "tools/mllp_sink.py"), "--port", str(port)]
    with subprocess.Popen(tool, stdout=subprocess.DEVNULL) as sink:
        time.sleep(1)
        result = uvloop.run(exchanges("mllp", f"127.0.0.1:{port}", lanes, seconds))
        sink.terminate()
    return figures(result)


def http(lanes: int, seconds: float) -> dict[str, float]:
    with NullSource("http", path="/in") as source:
        before = source.cpu_seconds()
        result = uvloop.run(exchanges("http", f"http://{source.address}", lanes, seconds))
        cpu = source.cpu_seconds() - before
    return {**figures(result), "source_cpu_us": round(1e6 * cpu / result[0], 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    multiprocessing.set_start_method("spawn")
    results = {f"mllp in, {n} connections": mllp_in(n, seconds) for n in (1, 50, 200)}
    results |= {f"mllp out, {n} lanes": mllp_out(n, seconds) for n in (1, 8)}
    results |= {f"http in and out, {n} lanes": http(n, seconds) for n in (1, 50)}
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
