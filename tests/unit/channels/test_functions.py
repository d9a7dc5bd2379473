"""The sandbox, tried for real: each function here does what a function must not do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.channels.channel_files import RESULT, compiled, destination

from lianyi.base.errors import Category
from lianyi.channels.compiled import Outgoing
from lianyi.channels.functions import (
    FunctionAnswerUnusable,
    FunctionDied,
    FunctionFailed,
    FunctionForbidden,
    FunctionHost,
    FunctionTooLarge,
    FunctionTooSlow,
    OutputTooLarge,
)
from lianyi.formats import hl7v2

BODY = RESULT.encode("gb18030")
GOOD = "def run(message, settings):\n    message.set('ZPI-1', settings.get('say', 'good'))\n"


@pytest.fixture
async def host() -> AsyncIterator[FunctionHost]:
    host = FunctionHost()
    yield host
    await host.close()


async def call(
    host: FunctionHost, folder: Path, source: str, options: str = "", body: bytes = BODY
) -> list[Outgoing]:
    """Run a channel that calls one function, written as given."""
    (folder / "functions").mkdir(exist_ok=True)
    (folder / "functions/tried.py").write_text(source)
    channel = compiled(destination(f"[{{ call: {{ function: tried{options} }} }}]"), folder)
    (to,) = channel.destinations
    assert to.needs_functions
    return await to.transform_apart(channel.open(body), host)


async def test_a_function_changes_the_message(host: FunctionHost, tmp_path: Path) -> None:
    (sent,) = await call(host, tmp_path, GOOD, ", with: { say: 你好 }")

    message = hl7v2.parse(sent.body, default_codec="gb18030")
    assert message.get("ZPI-1") == "你好"
    assert message.get("PID-5.1") == "黄玉梓"
    assert sent.control_id == "R0001"


async def test_a_function_that_changes_nothing_gives_the_very_bytes(
    host: FunctionHost, tmp_path: Path
) -> None:
    (sent,) = await call(host, tmp_path, "def run(message, settings):\n    message.get('PID-3')\n")

    assert sent.body == BODY


async def test_a_function_sees_what_the_steps_before_it_did(
    host: FunctionHost, tmp_path: Path
) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions/tried.py").write_text(
        "def run(message, settings):\n    message.set('ZPI-1', message.get('PID-5.1'))\n"
    )
    steps = "[{ convert: { charset: UNICODE UTF-8 } }, { split: { by: OBX } }, "
    channel = compiled(
        destination(steps + "{ call: { function: tried } }, { set: { ZPI-2: '{ZPI-1}' } }]"),
        tmp_path,
    )

    sent = await channel.destinations[0].transform_apart(channel.open(BODY), host)

    assert [one.control_id for one in sent] == ["R0001-1", "R0001-2"]
    assert all("ZPI|黄玉梓|黄玉梓" in one.body.decode("utf-8") for one in sent)


async def test_a_function_may_use_the_standard_library(host: FunctionHost, tmp_path: Path) -> None:
    source = (
        "import re, json, hashlib, datetime, decimal\n"
        "from zoneinfo import ZoneInfo\n"
        "def run(message, settings):\n"
        "    born = datetime.datetime.strptime(message.get('PID-7'), '%Y%m%d')\n"
        "    message.set('ZPI-1', str(decimal.Decimal(born.year) + 1))\n"
        "    message.set('ZPI-2', re.sub('[0-9]', '#', message.get('PID-3.1')))\n"
    )

    (sent,) = await call(host, tmp_path, source)

    assert hl7v2.parse(sent.body, default_codec="gb18030").get("ZPI-1") == "1979"


LOOP = "def run(message, settings):\n    while True: pass\n"
STUBBORN = (
    "def run(message, settings):\n"
    "    while True:\n"
    "        try:\n"
    "            while True: pass\n"
    "        except BaseException: pass\n"
)
HOG = "def run(message, settings):\n    a = [bytearray(10_000_000) for _ in range(1000)]\n"
ENORMOUS = "def run(message, settings):\n    10 ** (10 ** 9)\n"
EXIT = "import os\ndef run(message, settings):\n    os._exit(3)\n"
SYSTEM_EXIT = "def run(message, settings):\n    raise SystemExit(0)\n"
CRASH = "import os\ndef run(message, settings):\n    os.abort()\n"
DEEP = "def run(message, settings):\n    run(message, settings)\n"
PATIENT = "def run(message, settings):\n    raise ValueError(message.get('PID-5'))\n"
HUGE = "def run(message, settings):\n    message.set('ZPI-1', 'x' * 20_000_000)\n"
NETWORK = (
    "import socket\ndef run(message, settings):\n"
    "    socket.create_connection(('127.0.0.1', 9), timeout=0.2)\n"
)
PROCESS = "import subprocess\ndef run(message, settings):\n    subprocess.run(['true'])\n"
SHELL = "import os\ndef run(message, settings):\n    os.system('true')\n"
FORK = "import os\ndef run(message, settings):\n    os.fork()\n"
READS = "def run(message, settings):\n    open('/etc/passwd').read()\n"
NATIVE = "import ctypes\ndef run(message, settings):\n    ctypes.CDLL(None).getpid()\n"
WRONG = "def run(message, settings):\n    return 7\n"
BROKEN = "def run(message, settings):\n    message.set('PID_8', 'x')\n"
THREADS = (
    "import threading\ndef run(message, settings):\n    threading.Thread(target=print).start()\n"
)


SLOW = ", time_limit_seconds: 10"
OPTIONS = dict.fromkeys((LOOP, STUBBORN), ", time_limit_seconds: 0.5") | {
    HOG: f"{SLOW}, memory_limit_bytes: 67108864"
}


@pytest.mark.parametrize(
    ("source", "failure"),
    [
        (LOOP, FunctionTooSlow),
        (STUBBORN, FunctionTooSlow),
        (HOG, FunctionTooLarge),
        (EXIT, FunctionDied),
        (CRASH, FunctionDied),
        (SYSTEM_EXIT, FunctionFailed),
        (DEEP, FunctionFailed),
        (PATIENT, FunctionFailed),
        (BROKEN, FunctionFailed),
        (THREADS, FunctionFailed),
        (HUGE, OutputTooLarge),
        (NETWORK, FunctionForbidden),
        (PROCESS, FunctionForbidden),
        (SHELL, FunctionForbidden),
        (FORK, FunctionForbidden),
        (READS, FunctionForbidden),
        (NATIVE, FunctionForbidden),
        (WRONG, FunctionAnswerUnusable),
    ],
)
async def test_what_a_function_does_wrong_parks_one_message_and_the_next_is_fine(
    host: FunctionHost, tmp_path: Path, source: str, failure: type[Exception]
) -> None:
    with pytest.raises(failure) as raised:
        await call(host, tmp_path, source, OPTIONS.get(source, SLOW))

    assert getattr(raised.value, "category", None) is Category.INVALID
    assert "黄玉梓" not in str(raised.value)
    (sent,) = await call(host, tmp_path, GOOD)
    assert b"ZPI|good" in sent.body


async def test_a_calculation_without_end_is_stopped(host: FunctionHost, tmp_path: Path) -> None:
    with pytest.raises((FunctionTooSlow, FunctionTooLarge)):
        await call(host, tmp_path, ENORMOUS, ", time_limit_seconds: 0.5")


async def test_a_failure_names_the_line_of_the_function(host: FunctionHost, tmp_path: Path) -> None:
    with pytest.raises(FunctionFailed) as raised:
        await call(host, tmp_path, "\n\ndef run(message, settings):\n\n    {}['x']\n")

    assert raised.value.facts == {"exception": "KeyError", "line": 5}


@pytest.mark.parametrize(
    "prints",
    ["print('garbage' * 100_000)", "import sys; sys.stderr.write('x' * 100_000)", "input_ = open"],
)
async def test_what_a_function_prints_disturbs_nobody(
    host: FunctionHost, tmp_path: Path, prints: str
) -> None:
    source = f"def run(message, settings):\n    {prints}\n    message.set('ZPI-1', 'good')\n"

    (sent,) = await call(host, tmp_path, source)

    assert b"ZPI|good" in sent.body


async def test_a_function_that_writes_into_every_descriptor_is_caught(
    host: FunctionHost, tmp_path: Path
) -> None:
    source = (
        "import os\ndef run(message, settings):\n"
        "    for n in range(3, 32):\n"
        "        try: os.write(n, b'\\xff' * 64)\n"
        "        except OSError: pass\n"
    )

    with pytest.raises((FunctionAnswerUnusable, FunctionTooSlow, FunctionDied)):
        await call(host, tmp_path, source, ", time_limit_seconds: 0.5")

    assert b"ZPI|good" in (await call(host, tmp_path, GOOD))[0].body


@pytest.mark.parametrize("mode", ["w", "a", "r+", "xb"])
async def test_a_function_writes_no_file(host: FunctionHost, tmp_path: Path, mode: str) -> None:
    target = tmp_path / "written"
    tmp_path.chmod(0o777)

    with pytest.raises(FunctionForbidden):
        await call(
            host, tmp_path, f"def run(message, settings):\n    open({str(target)!r}, {mode!r})\n"
        )

    assert not target.exists()


async def test_nothing_is_remembered_from_one_message_to_the_next(
    host: FunctionHost, tmp_path: Path
) -> None:
    source = (
        "seen = 0\ndef run(message, settings):\n"
        "    global seen\n    seen += 1\n    message.set('ZPI-1', str(seen))\n"
    )

    first = await call(host, tmp_path, source)
    second = await call(host, tmp_path, source)

    assert first == second


async def test_functions_wait_for_their_turn(host: FunctionHost, tmp_path: Path) -> None:
    source = (
        "import time\ndef run(message, settings):\n"
        "    time.sleep(0.3)\n    message.set('ZPI-1', message.get('MSH-10'))\n"
    )
    bodies = [BODY.replace(b"R0001", b"R000%d" % n) for n in range(6)]

    sent = await asyncio.gather(
        *(call(host, tmp_path, source, ", time_limit_seconds: 1.5", body) for body in bodies)
    )

    assert [b"ZPI|R000%d" % n in one[0].body for n, one in enumerate(sent)] == [True] * 6


async def test_a_cancelled_call_leaves_no_worker_behind_that_would_answer_late(
    host: FunctionHost, tmp_path: Path
) -> None:
    await call(host, tmp_path, GOOD)
    task = asyncio.create_task(call(host, tmp_path, LOOP, ", time_limit_seconds: 30"))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert b"ZPI|good" in (await call(host, tmp_path, GOOD))[0].body


async def test_a_worker_ends_with_its_host(tmp_path: Path) -> None:
    host = FunctionHost()
    await call(host, tmp_path, GOOD)
    (worker,) = host._idle
    pid = worker._process.pid

    await host.close()

    assert not Path(f"/proc/{pid}").exists()


async def test_a_worker_has_given_up_account_and_network_where_it_can(
    host: FunctionHost, tmp_path: Path
) -> None:
    await call(host, tmp_path, GOOD)
    (worker,) = host._idle

    status = Path(f"/proc/{worker._process.pid}/status").read_text()

    assert "NoNewPrivs:\t1" in status
    assert "Uid:\t0" not in status
    assert worker.confinement["network"] in ("own namespace", "audit hook")
