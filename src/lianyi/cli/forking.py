"""Processes that load nothing, for they are forked from one that has loaded what they share.

:func:`fork_server` splits this process. What called it goes on in a child and may start programs
of ``lianyi`` by their words; this process stays behind, single-threaded, and does nothing but fork
them, hand on TERM and INT, and say how each one ended. The kernel keeps one copy of what was loaded
before, and a program that is started again is there at once.

::

    fork server ─┬─ whoever called fork_server        {"start": 1, "words": ["role", "intake"]}
                 └─ program 1, program 2 …            {"ended": 1, "code": 0}
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from setproctitle import setproctitle

PR_SET_PDEATHSIG = 1  # linux/prctl.h
HANDED_ON = (signal.SIGTERM, signal.SIGINT)

Run = Callable[[Sequence[str]], object]


def fork_server(run: Run, *, load: Sequence[str] = ()) -> Forks:
    """Go on in a child; what it starts is forked from the process that stays behind.

    Args:
        run: does what the words of a program say, in its process.
        load: modules that most programs need; they are loaded once, before any is forked.

    Returns:
        The way to start programs. It returns in the child only: where it was called, it ends with
        ``SystemExit`` and the exit code of the child.
    """
    sys.stdout.flush()
    ours, theirs = socket.socketpair()
    server = _ForkServer(ours, run)
    caller = server.fork()
    if caller == 0:
        ours.close()
        return Forks(theirs, os.getppid())
    theirs.close()
    server.attend(caller)
    gc.disable()  # a collection would write to every page that is to be shared
    for name in load:
        importlib.import_module(name)
    gc.freeze()
    sys.exit(server.serve())


class Forks:
    """The way to start programs, for whoever called :func:`fork_server`."""

    def __init__(self, connection: socket.socket, server: int) -> None:
        """Take our end of the connection, and the number of the process at the other end."""
        self.server = server
        self._connection = connection
        self._heard = b""
        self._running: dict[int, Fork] = {}
        self._started = 0

    async def start(self, words: Sequence[str]) -> Fork:
        """Start a program; it has a session of its own, and ends when the fork server ends."""
        if not self._started:
            asyncio.get_running_loop().add_reader(self._connection, self._listen)
        self._started += 1
        fork = self._running[self._started] = Fork(self._started, self._say)
        self._say({"start": fork.number, "words": list(words)})
        return fork

    def _say(self, what: dict[str, object]) -> None:
        with suppress(ConnectionError):  # then it is gone, and they with it
            self._connection.sendall(json.dumps(what).encode() + b"\n")

    def _listen(self) -> None:
        heard = b""
        with suppress(ConnectionError):
            heard = self._connection.recv(65_536)
        *lines, self._heard = (self._heard + heard).split(b"\n")
        for line in lines:
            told = json.loads(line)
            self._running.pop(told["ended"]).end(told["code"])
        if not heard:
            asyncio.get_running_loop().remove_reader(self._connection)
            for fork in self._running.values():
                fork.end(-signal.SIGTERM)


class Fork:
    """One program that was started.

    Attributes:
        number: which one.
        returncode: its exit code, negative the signal that ended it; None while it runs.
    """

    def __init__(self, number: int, say: Callable[[dict[str, object]], None]) -> None:
        """Take its number and the way to tell the fork server."""
        self.number = number
        self.returncode: int | None = None
        self._say = say
        self._ended = asyncio.Event()

    async def wait(self) -> int:
        """Wait for its end and return the exit code."""
        await self._ended.wait()
        return self.returncode or 0

    def terminate(self) -> None:
        """Ask it to end."""
        self._say({"signal": self.number, "which": signal.SIGTERM})

    def kill(self) -> None:
        """End it."""
        self._say({"signal": self.number, "which": signal.SIGKILL})

    def end(self, code: int) -> None:
        """Note that it has ended."""
        self.returncode = code
        self._ended.set()


class _ForkServer:
    """The process that stays behind."""

    def __init__(self, connection: socket.socket, run: Run) -> None:
        self._connection = connection
        self._run = run
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._heard = b""
        self._numbers: dict[int, int] = {}  # by process
        self._caller = 0

    def fork(self) -> int:
        """Fork; return the number of the child, and 0 in it."""
        server = os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*HANDED_ON, signal.SIGCHLD})
        child = os.fork()
        if child == 0:
            self._be_a_child(server)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return child

    def _be_a_child(self, server: int) -> None:
        signal.set_wakeup_fd(-1)
        for number in HANDED_ON:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._woken.close()
        self._waker.close()
        gc.enable()
        die_with_parent(server)

    def attend(self, caller: int) -> None:
        """Hand signals on to the caller from now on."""
        self._caller = caller
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in HANDED_ON:
            signal.signal(number, self._hand_on)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> int:
        """Fork what the caller asks for, until it ends; return its exit code."""
        heard_from = [self._connection, self._woken]
        while True:
            code = self._bury()
            if code is not None:
                return code
            ready, _, _ = select.select(heard_from, (), ())
            if self._woken in ready:
                with suppress(BlockingIOError):
                    self._woken.recv(4096)
            if self._connection in ready and not self._listen():
                heard_from.remove(self._connection)

    def _hand_on(self, number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._caller, number)

    def _listen(self) -> bool:
        """Do what the caller says; False when it says no more."""
        heard = b""
        with suppress(ConnectionError):
            heard = self._connection.recv(65_536)
        *lines, self._heard = (self._heard + heard).split(b"\n")
        for line in lines:
            wish = json.loads(line)
            if "start" in wish:
                self._start(wish["start"], wish["words"])
            else:
                self._signal(wish["signal"], wish["which"])
        return bool(heard)

    def _start(self, number: int, words: Sequence[str]) -> None:
        process = self.fork()
        if process:
            self._numbers[process] = number
            return
        self._connection.close()
        os.setsid()
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        setproctitle(f"lianyi {' '.join(words)}")
        self._run(words)
        sys.exit()

    def _signal(self, number: int, which: int) -> None:
        for process, known in self._numbers.items():
            if known == number:  # not buried, so the number of the process is still its own
                os.kill(process, which)

    def _bury(self) -> int | None:
        """Say which programs have ended; return the exit code when the caller has."""
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 1
            if not process:
                return None
            code = os.waitstatus_to_exitcode(status)
            if process == self._caller:
                for left in self._numbers:
                    os.kill(left, signal.SIGTERM)
                return code if code >= 0 else 128 - code
            ended = {"ended": self._numbers.pop(process), "code": code}
            with suppress(OSError):
                self._connection.sendall(json.dumps(ended).encode() + b"\n")


def die_with_parent(parent: int) -> None:
    """Let the kernel end this process when its parent is gone (Linux; elsewhere do nothing).

    Args:
        parent: process number of the parent; when it is gone already, this process ends here.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
