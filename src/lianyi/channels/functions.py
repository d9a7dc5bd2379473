"""Functions that a hospital writes run apart: in a process of their own, on a budget.

::

    channel ──request──▶ function_worker.py (no network, no files to write, no other processes)
            ◀──answer───

One request is one message. The worker has its limits from the operating system (memory, processor
time, files, processes) and from an audit hook (network, subprocesses, writing files); the host
holds the watch. Whatever goes wrong parks that one message with a name, costs one worker, and
never stops a channel. The function's code travels with the request, so the worker needs to read
nothing and always runs the version that the channel was compiled with.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

import orjson

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.channels.content import Content, Hl7Content
from lianyi.channels.definition import Call
from lianyi.channels.library import Function

START_TIMEOUT_SECONDS = 20.0
LENGTH = struct.Struct(">I")

_WORKER = Path(__file__).with_name("function_worker.py")


class FunctionFailed(LianyiError):
    """The function raised an exception. Its text is not kept: it may name a patient."""

    code = "LY-1420"
    category = Category.INVALID
    en = Told(
        "a function of the channel failed",
        "it raised {exception} in line {line}",
        "correct the function, then send the message again",
    )
    zh = Told(
        "通道函数执行失败",
        "第 {line} 行抛出 {exception}",
        "修正该函数，然后重新投递该消息",
    )


class FunctionTooSlow(LianyiError):
    """The function took longer than it may and was stopped."""

    code = "LY-1421"
    category = Category.INVALID
    en = Told(
        "a function of the channel took too long",
        "it was stopped after {limit} seconds",
        "make the function quicker, or move its decision out of the channel",
    )
    zh = Told(
        "通道函数执行超时",
        "运行 {limit} 秒后被终止",
        "优化该函数，或把其中的业务判断移出通道",
    )


class FunctionTooLarge(LianyiError):
    """The function wanted more memory than it may have."""

    code = "LY-1422"
    category = Category.INVALID
    en = Told(
        "a function of the channel used too much memory",
        "it may use {limit} bytes",
        "make the function smaller, or raise 'memory_limit_bytes'",
    )
    zh = Told(
        "通道函数占用内存过多",
        "至多允许 {limit} 字节",
        "减少该函数的内存占用，或提高 memory_limit_bytes",
    )


class OutputTooLarge(LianyiError):
    """The function made the message larger than it may become."""

    code = "LY-1423"
    category = Category.INVALID
    en = Told(
        "a function of the channel made too large a message",
        "at most {limit} bytes are allowed",
        "correct the function, or raise 'output_limit_bytes'",
    )
    zh = Told(
        "通道函数产生的消息过大",
        "至多允许 {limit} 字节",
        "修正该函数，或提高 output_limit_bytes",
    )


class FunctionForbidden(LianyiError):
    """The function tried something that functions may not do."""

    code = "LY-1424"
    category = Category.INVALID
    en = Told(
        "a function of the channel tried something forbidden",
        "it tried '{what}'; functions have no network, no files to write and no other processes",
        "look at the function; what needs the outside world does not belong into a channel",
    )
    zh = Told(
        "通道函数试图执行被禁止的操作",
        "它试图执行“{what}”；函数不能访问网络、写文件或启动进程",
        "检查该函数；需要访问外部的逻辑不应放在通道中",
    )


class FunctionDied(LianyiError):
    """The process of the function ended in the middle of a message."""

    code = "LY-1425"
    category = Category.INVALID
    en = Told(
        "a function of the channel ended its process",
        "the process ended with {ending}",
        "look at the function; it may not exit, and it may have crashed",
    )
    zh = Told(
        "通道函数结束了所在进程",
        "进程以 {ending} 结束",
        "检查该函数；函数不得退出进程，也可能是发生了崩溃",
    )


class FunctionAnswerUnusable(LianyiError):
    """The function returned something that is no message."""

    code = "LY-1426"
    category = Category.INVALID
    en = Told(
        "a function of the channel returned no message",
        "{why}",
        "have the function change the message it is given and return nothing",
    )
    zh = Told("通道函数未返回消息", "{why}", "请让函数直接修改传入的消息，并且不返回任何内容")


class FunctionsUnavailable(LianyiError):
    """The process that runs functions cannot be started."""

    code = "LY-1427"
    category = Category.UNAVAILABLE
    en = Told(
        "functions cannot run now",
        "{why}",
        "look at memory and process limits of the machine; it is tried again",
    )
    zh = Told("当前无法运行通道函数", "{why}", "检查本机的内存与进程数限制；平台会自动重试")


class _Worker:
    """One process that runs functions, one message at a time."""

    def __init__(self, process: asyncio.subprocess.Process, folder: str) -> None:
        self._process = process
        self._folder = folder
        self._number = 0
        self.confinement: dict[str, Any] = {}

    @classmethod
    async def start(cls) -> _Worker:
        """Start a process and wait until it is ready.

        Raises:
            FunctionsUnavailable: it cannot be started, or does not become ready.
        """
        folder = tempfile.mkdtemp(prefix="lianyi-functions-")
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                str(_WORKER),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"LANG": "C.UTF-8", "PATH": os.defpath},
                cwd=folder,
                close_fds=True,
            )
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise FunctionsUnavailable(where="functions", why=str(error)) from error
        worker = cls(process, folder)
        try:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                ready = await worker._read(1_000_000)
        except (TimeoutError, asyncio.IncompleteReadError, ValueError, OSError) as error:
            await worker.stop()
            why = f"the process did not start ({type(error).__name__})"
            raise FunctionsUnavailable(where="functions", why=why) from error
        except BaseException:
            await worker.stop()
            raise
        worker.confinement = dict(ready)
        return worker

    async def ask(
        self, request: dict[str, Any], body: bytes, answer_limit: int
    ) -> tuple[dict[str, Any], bytes]:
        """Send one request and return head and body of the answer.

        Raises:
            asyncio.IncompleteReadError, OSError: the process ended.
            ValueError: the answer is none.
        """
        self._number += 1
        head = orjson.dumps({**request, "number": self._number})
        stdin = cast(asyncio.StreamWriter, self._process.stdin)
        stdin.write(LENGTH.pack(len(head)) + head + LENGTH.pack(len(body)) + body)
        await stdin.drain()
        answer = await self._read(1_000_000)
        if answer.get("number") != self._number:
            raise ValueError("an answer to another question")
        return answer, await self._bytes(answer_limit)

    async def _read(self, limit: int) -> dict[str, Any]:
        read = orjson.loads(await self._bytes(limit))
        if not isinstance(read, dict):
            raise ValueError("no object")  # noqa: TRY004
        return read

    async def _bytes(self, limit: int) -> bytes:
        stdout = cast(asyncio.StreamReader, self._process.stdout)
        (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
        if length > limit:
            raise ValueError("too long")
        return await stdout.readexactly(length)

    async def ending(self) -> str:
        """Return how the process ended, once it has."""
        try:
            async with asyncio.timeout(1.0):
                code = await self._process.wait()
        except TimeoutError:
            return "closed pipes"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    async def stop(self) -> None:
        """Kill the process and remove its folder."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        stdin = cast(asyncio.StreamWriter, self._process.stdin)
        stdin.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class FunctionHost:
    """Runs functions in processes of their own. Made once for a delivery process.

    Processes start when the first function is called, and again after one had to be killed.

    Args:
        workers_max: how many functions run at the same time; more wait for their turn, and
            waiting does not count against their time.
    """

    def __init__(self, *, workers_max: int = 1) -> None:
        self._turns = asyncio.Semaphore(workers_max)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()

    async def call(self, function: Function, call: Call, draft: Content) -> Content:
        """Have a function change a message, and return the changed message.

        Raises:
            FunctionFailed, FunctionTooSlow, FunctionTooLarge, OutputTooLarge, FunctionForbidden,
            FunctionDied, FunctionAnswerUnusable: the function is to blame; park the message.
            FunctionsUnavailable: no process can be started; try again.
            LianyiError: what the function made of the message cannot be read.
        """
        body = draft.encode()
        request = {
            "name": function.name,
            "source": function.source,
            "format": draft.format,
            "codec": draft.codec,
            "settings": call.with_,
            "time_limit_seconds": call.time_limit_seconds,
            "memory_limit_bytes": call.memory_limit_bytes,
            "output_limit_bytes": call.output_limit_bytes,
        }
        async with self._turns:
            worker = self._idle.pop() if self._idle else await _Worker.start()
            self._busy.add(worker)
            healthy = False
            try:
                answer, changed = await self._ask(worker, request, body, function, call)
                healthy = not answer.get("spent", False)
            finally:
                self._busy.discard(worker)
                if healthy:
                    self._idle.append(worker)
                else:
                    await asyncio.shield(worker.stop())
        _raise_if_failed(answer, function, call)
        return draft if answer.get("same") else _changed(draft, changed)

    async def _ask(
        self,
        worker: _Worker,
        request: dict[str, Any],
        body: bytes,
        function: Function,
        call: Call,
    ) -> tuple[dict[str, Any], bytes]:
        where = f"functions/{function.name}.py"
        try:
            async with asyncio.timeout(call.time_limit_seconds):
                answer, changed = await worker.ask(request, body, call.output_limit_bytes)
        except TimeoutError as error:
            raise FunctionTooSlow(where=where, limit=call.time_limit_seconds) from error
        except (asyncio.IncompleteReadError, OSError) as error:
            raise FunctionDied(where=where, ending=await worker.ending()) from error
        except ValueError as error:
            raise FunctionAnswerUnusable(where=where, why="the answer is garbled") from error
        return answer, changed

    async def close(self) -> None:
        """Stop all processes. Functions that are running fail as if they had died."""
        for worker in [*self._idle, *self._busy]:
            await worker.stop()
        self._idle.clear()


def _raise_if_failed(answer: dict[str, Any], function: Function, call: Call) -> None:
    where = f"functions/{function.name}.py"
    failure = answer.get("failure")
    if failure is None:
        return
    detail, line = str(answer.get("detail", ""))[:200], int(answer.get("line", 0))
    if failure == "memory":
        raise FunctionTooLarge(where=where, limit=call.memory_limit_bytes)
    if failure == "output":
        raise OutputTooLarge(where=where, limit=call.output_limit_bytes)
    if failure == "forbidden":
        raise FunctionForbidden(where=where, what=detail)
    if failure == "answer":
        raise FunctionAnswerUnusable(where=where, why=detail)
    raise FunctionFailed(where=where, exception=detail, line=line)


def _changed(draft: Content, body: bytes) -> Content:
    """Return the message that a function made, in the place of the one it was given."""
    changed = type(draft)(body, codec=draft.codec, places=draft.places)
    changed.inherit(draft)
    if isinstance(changed, Hl7Content) and isinstance(draft, Hl7Content):
        changed.default_codec = draft.default_codec
    changed.read()
    return changed
