"""The words of the token server: who asks, and what he is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lianyi.base.sensitive import Sensitive
from lianyi.security.account_store import AccountRecord

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """How a client shows who it is.

    Attributes:
        client: its name; empty when only the assertion says it.
        secret: its key; None: it sent none.
        assertion: what it signed; empty: nothing.
    """

    client: str
    secret: Sensitive[str] | None = None
    assertion: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Client:
    """A system that asks.

    Attributes:
        account: its account.
        key: the stored key that it has shown; None: none.
        proved: whether it has proved who it is; a public app only says so.
    """

    account: AccountRecord
    key: bytes | None
    proved: bool = True


@dataclass(frozen=True, slots=True)
class Given:
    """A token for a client.

    Attributes:
        shown: the access token.
        scopes: what it is good for.
        lasts_seconds: how long.
        more: what else the answer says, by its names there; some of it is secret.
    """

    shown: Sensitive[str]
    scopes: Sequence[str]
    lasts_seconds: int
    more: Mapping[str, Any] = field(default_factory=dict, repr=False)
