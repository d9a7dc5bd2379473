"""HTTP to a collector that connects only where the platform may: the rule ``[outgoing]``.

The name is resolved and looked at where the connection is made, so a redirect and a name server
that changes its mind meanwhile lead nowhere else. No proxy of the environment stands between.
"""

from __future__ import annotations

import socket

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError
from urllib3.util import Timeout

from lianyi.base.outgoing import outgoing_of_settings

CONNECT_SECONDS = 10.0
"""Where whoever connects has set no limit."""


def _connected(connection: HTTPConnection) -> socket.socket:
    """Return a socket to the first allowed address of the host that answers.

    Raises:
        NewConnectionError: none is allowed, or none answers.
    """
    limit = Timeout.resolve_default_timeout(connection.timeout) or CONNECT_SECONDS
    failure: OSError = OSError("no address")
    try:
        found = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in outgoing_of_settings().allowed(found):  # type: ignore[arg-type]
            made = socket.socket(family, kind, protocol)
            made.settimeout(limit)
            try:
                made.connect(address)
            except OSError as error:
                made.close()
                failure = error
            else:
                return made
    except OSError as error:
        failure = error
    raise NewConnectionError(connection, str(failure)) from failure


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Careful(HTTPAdapter):
    def init_poolmanager(self, *args: object, **more: object) -> None:
        super().init_poolmanager(*args, **more)  # type: ignore[arg-type]
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


def careful_session() -> requests.Session:
    """Return a session whose every connection obeys the rule of this process."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Careful())
    return session
