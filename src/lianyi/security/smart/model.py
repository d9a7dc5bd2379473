"""The words of SMART App Launch: apps, what is on the screen when one starts, approvals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from lianyi.security.scopes import Scopes

CODE_LASTS = timedelta(seconds=60)
LAUNCH_LASTS = timedelta(minutes=5)
APPROVAL_LASTS = timedelta(days=30)
"""After this a person approves again what goes on when he has left."""


class AppKind(StrEnum):
    """How an app shows who it is."""

    PUBLIC = "public"
    SYMMETRIC = "symmetric"
    ASYMMETRIC = "asymmetric"


@dataclass(frozen=True, slots=True)
class App:
    """A system that people may let act for them.

    Attributes:
        account: of the system.
        name: ``client_id``.
        display_name: what people call it.
        kind: how it shows who it is.
        redirect_uris: where a browser may be sent back to, each compared letter by letter.
        launch_uri: where it is started from here; empty: it starts by itself only.
        scopes: it never gets more.
    """

    account: UUID
    name: str
    display_name: str
    kind: AppKind
    redirect_uris: Sequence[str]
    launch_uri: str
    scopes: Scopes


@dataclass(frozen=True, slots=True)
class Context:
    """What an app is started about.

    Attributes:
        patient: ``value^authority``; empty: nobody.
        encounter: ``value^authority``; empty: none.
        banner: whether the app itself must show who the patient is.
    """

    patient: str = field(default="", repr=False)
    encounter: str = field(default="", repr=False)
    banner: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {"patient": self.patient, "encounter": self.encounter, "banner": self.banner}

    @staticmethod
    def of_json(stored: Mapping[str, Any]) -> Context:
        """Return what was stored."""
        return Context(stored["patient"], stored["encounter"], stored["banner"])


@dataclass(frozen=True, slots=True)
class Approval:
    """A person has let an app act for him.

    Attributes:
        approval: identifier; all that came of it ends with it.
        account: the person.
        app: the account of the app.
        session: in which he said so, as stored.
        factors: how he had shown who he is.
        scopes: what he said yes to.
        context: about whom.
        code: the authorization code, as stored.
        code_until: the code is good until then, and once.
        redirect_uri, challenge, nonce: what the request said.
        approved_at, expires_at: instants.
    """

    approval: UUID
    account: UUID
    app: UUID
    session: bytes
    factors: Sequence[str]
    scopes: Scopes
    context: Context
    code: bytes = field(repr=False)
    code_until: datetime
    redirect_uri: str
    challenge: str
    nonce: str
    approved_at: datetime
    expires_at: datetime

    @property
    def is_refreshed(self) -> bool:
        """Whether the app gets refresh tokens."""
        return bool(self.scopes.special & {"offline_access", "online_access"})
