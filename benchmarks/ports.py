"""Ports for peers that must know theirs before they listen."""

from __future__ import annotations

import itertools
import os
import secrets
import socket

FIRST, WORKERS_MAX, EACH = 20_000, 12, 1_000
"""Below the ports that systems give to whoever asks for any (32768 on Linux, else 49152)."""

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS_MAX
_BASE = FIRST + _WORKER * EACH
_OFFSETS = itertools.count(secrets.randbelow(EACH))


def free_port() -> int:
    """Return a port of the loopback that nobody uses now, and that is told to nobody else.

    A port that the system chooses may be given away again before its peer listens. These are not:
    each worker of pytest-xdist has a thousand of its own, and takes one after the other.
    """
    for offset in _OFFSETS:
        port = _BASE + offset % EACH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("the offsets do not end")
