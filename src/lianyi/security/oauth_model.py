"""The words of the token server: who asks, and what he is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lianyi.base.sensitive import Sensitive
from lianyi.security.account_store import AccountRecord
from lianyi.security.client_certificates import ShownCertificate

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """How a client shows who it is.

    Attributes:
        client: its name; empty when only the assertion says it.
        secret: its key; None: it sent none.
        assertion: what it signed; empty: nothing.
        certificate: what it showed in the handshake; None: nothing.
    """

    client: str
    secret: Sensitive[str] | None = None
    assertion: str = field(default="", repr=False)
    certificate: ShownCertificate | None = None

    @property
    def method(self) -> str:
        """By what it proves itself."""
        if self.assertion:
            return "assertion"
        return "key" if self.secret or self.certificate is None else "certificate"


@dataclass(frozen=True, slots=True)
class Client:
    """A system that asks.

    Attributes:
        account: its account.
        method: by what it proved itself.
        key: the stored form of its key; None: it showed none.
        certificate: SHA-256 of the certificate that its tokens are bound to; None: to none.
        proved: whether it has proved who it is; a public app only says so.
    """

    account: AccountRecord
    method: str
    key: bytes | None = None
    certificate: bytes | None = None
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
