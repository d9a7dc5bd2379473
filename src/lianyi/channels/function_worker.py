"""The process in which functions of channels run. Started by ``functions``, never imported.

Before it takes a message it gives up what a function does not need: the network, the account it
was started with, writing files, starting processes. This guards against mistakes and against code
that was copied from somewhere; whoever may write ``content/functions`` is trusted to mean well.
"""

from __future__ import annotations

import codecs
import contextlib
import ctypes
import importlib
import os
import resource
import signal
import struct
import sys
import traceback
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any, BinaryIO

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import orjson

from lianyi.base.errors import LianyiError
from lianyi.channels import structured
from lianyi.channels.content import Content, Hl7Content, RawContent
from lianyi.channels.tabular import RowsContent

LENGTH = struct.Struct(">I")
NEW_USER, NEW_NET, NEW_IPC = 0x10000000, 0x40000000, 0x08000000
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
NO_NEW_PRIVILEGES = 38
FILES_MAX = 32
NOBODY = 65_534
SPARE_CPU_SECONDS = 5

# Loaded before the account is given up: the nobody of this machine may not be able to read them.
PRELOADED = (
    "_strptime", "base64", "bisect", "calendar", "collections", "copy", "csv", "dataclasses",
    "datetime", "decimal", "difflib", "enum", "fractions", "functools", "hashlib", "html", "io",
    "itertools", "json", "math", "operator", "random", "re", "statistics", "string", "textwrap",
    "time", "typing", "unicodedata", "urllib.parse", "uuid", "zoneinfo",
)  # fmt: skip
CODECS = (
    "ascii", "utf-8", "utf-8-sig", "gb18030", "gbk", "hz", "big5", "big5hkscs", "cp950", "cp932",
    "shift_jis", "euc_jp", "iso2022_jp", "iso2022_jp_ext", "euc_kr", "tis-620", "idna",
    *(f"iso8859-{n}" for n in range(1, 17) if n != 12), *(f"cp125{n}" for n in range(9)),
)  # fmt: skip

_FORBIDDEN = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
    "os.forkpty", "os.kill", "os.putenv", "os.remove", "os.rename", "os.rmdir", "os.mkdir",
    "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "shutil.", "ctypes.",
    "signal.pthread_kill", "pty.spawn", "urllib.Request", "ftplib.", "smtplib.", "tempfile.",
    "fcntl.", "mmap.__new__", "sqlite3.", "syslog.", "cpython.remote_debugger",
)  # fmt: skip
_FORBIDDEN_IMPORTS = frozenset(
    {"_ctypes", "_posixsubprocess", "_socket", "ctypes", "multiprocessing", "socket", "subprocess"}
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class ForbiddenError(Exception):
    """A function tried something that functions may not do."""


_watching = False


def _audit(event: str, args: tuple[Any, ...]) -> None:
    """Refuse what a function has no business with."""
    if not _watching:
        return
    if event == "open":
        path, mode, flags = args
        writing = (isinstance(flags, int) and flags & _WRITING) or (
            isinstance(mode, str) and set(mode) & set("wax+")
        )
        if writing or not _may_read(path):
            raise ForbiddenError("open")
    elif event.startswith(_FORBIDDEN):
        raise ForbiddenError(event)
    elif event == "import" and args[0] in _FORBIDDEN_IMPORTS:
        raise ForbiddenError(f"import {args[0]}")


_LIBRARY = tuple(
    {
        os.path.realpath(folder) + os.sep
        for folder in (*sys.path, sys.base_prefix, sys.prefix, *zoneinfo.TZPATH)
        if folder
    }
)


def _may_read(path: object) -> bool:
    """Allow what ``import`` reads: Python itself and installed packages."""
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    return isinstance(path, str) and os.path.realpath(path).startswith(_LIBRARY)


def _confine() -> dict[str, Any]:
    """Give up everything that functions do not need; say what could be given up."""
    libc = ctypes.CDLL(None, use_errno=True)
    told: dict[str, Any] = {"network": "audit hook"}
    libc.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    root = os.geteuid() == 0
    flags = NEW_NET | NEW_IPC if root else NEW_USER | NEW_NET | NEW_IPC
    if libc.unshare(flags) == 0:
        told["network"] = "own namespace"
    if root:
        with contextlib.suppress(PermissionError):  # a container may have taken the right away
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        libc.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)  # forgotten with the account
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for what, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, FILES_MAX),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    told["account"] = os.geteuid()
    return told


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipes to the host away from where ``print`` and ``input`` would find them."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def _read(pipe: BinaryIO) -> bytes:
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        os._exit(0)  # the host is gone
    (length,) = LENGTH.unpack(head)
    return pipe.read(length)


def _write(pipe: BinaryIO, head: dict[str, Any], body: bytes = b"", *, ready: bool = False) -> None:
    told = orjson.dumps(head)
    pipe.write(LENGTH.pack(len(told)) + told)
    if not ready:
        pipe.write(LENGTH.pack(len(body)) + body)
    pipe.flush()


def _address_space() -> int:
    """Return the bytes of address space in use."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


@contextlib.contextmanager
def _budget(request: dict[str, Any], base: int) -> Iterator[None]:
    """Limit memory and processor time for one call."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + request["time_limit_seconds"])
    cpu_hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + SPARE_CPU_SECONDS, cpu_hard))
    if base:
        resource.setrlimit(resource.RLIMIT_AS, (base + request["memory_limit_bytes"], hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _content(request: dict[str, Any], body: bytes) -> Content:
    kinds: dict[str, type[Content]] = {
        "hl7v2": Hl7Content,
        "json": structured.JsonContent,
        "xml": structured.XmlContent,
        "rows": RowsContent,
        "raw": RawContent,
    }
    return kinds[request["format"]](body, codec=request["codec"])


_compiled: dict[str, CodeType] = {}


def _code(request: dict[str, Any]) -> CodeType:
    source = request["source"]
    if source not in _compiled:
        if len(_compiled) > 100:
            _compiled.clear()
        _compiled[source] = compile(source, f"{request['name']}.py", "exec")
    return _compiled[source]


def _run(request: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Run one function over one message, in a name space that no other call has seen."""
    global _watching
    content = _content(request, body)
    content.read()
    space: dict[str, Any] = {"__name__": request["name"]}
    _watching = True
    try:
        exec(_code(request), space)  # noqa: S102  what this process is for
        returned = space["run"](content, request["settings"])
    finally:
        _watching = False
    if isinstance(returned, str | bytes) and request["format"] == "raw":
        changed = returned.encode() if isinstance(returned, str) else returned
    elif returned is None or returned is content:
        changed = content.encode()
    else:
        return {"failure": "answer", "detail": f"it returned {type(returned).__name__}"}, b""
    if changed == body:
        return {"same": True}, b""
    if len(changed) > request["output_limit_bytes"]:
        return {"failure": "output", "spent": True}, b""
    return {}, changed


def _line(error: BaseException, name: str) -> int:
    """Return the line of the function in which an exception was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 0 for f in reversed(frames) if f.filename == f"{name}.py"), 0)


def _answer(request: dict[str, Any], body: bytes, base: int) -> tuple[dict[str, Any], bytes]:
    """Run a function and return what is answered, whatever it does."""
    try:
        with _budget(request, base):
            return _run(request, body)
    except MemoryError:
        return {"failure": "memory", "spent": True}, b""
    except ForbiddenError as error:
        return {"failure": "forbidden", "detail": str(error)}, b""
    except BaseException as error:  # noqa: BLE001  outermost: SystemExit must not end the process
        detail = type(error).__name__
        if isinstance(error, LianyiError):
            detail += f" ({error.code})"
        return {
            "failure": "exception",
            "detail": detail,
            "line": _line(error, request["name"]),
        }, b""


def main() -> None:
    """Serve requests until the host closes the pipe."""
    for module in PRELOADED:
        importlib.import_module(module)
    for codec in CODECS:
        codecs.lookup(codec)
    requests, answers = _pipes()
    told = _confine()
    sys.addaudithook(_audit)
    try:
        base = _address_space()
    except OSError:
        base = 0  # no /proc: the watch of the host and the processor limit remain
    _write(answers, {"ready": True, **told}, ready=True)
    while True:
        request = orjson.loads(_read(requests))
        head, changed = _answer(request, _read(requests), base)
        _write(answers, {**head, "number": request["number"]}, changed)


if __name__ == "__main__":
    main()
