"""What the API takes and gives about apps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from lianyi.security.smart.model import AppKind
from lianyi.security.smart.rules import PARAMETERS
from lianyi.security.views import Name, View, Wish

Address = Annotated[str, Field(max_length=500)]
Part = Annotated[str, Field(max_length=100)]
Parameters = Annotated[
    dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=4000)]],
    Field(max_length=len(PARAMETERS)),
]


class AppView(View):
    """What a system is registered with as an app."""

    kind: AppKind
    redirect_uris: list[str]
    launch_uri: str
    scopes: str


class RegisteredApp(Wish):
    """What a system is to be registered with; scopes are separated by spaces."""

    kind: AppKind
    redirect_uris: Annotated[list[Address], Field(max_length=10)]
    launch_uri: Address = ""
    scopes: Annotated[str, Field(max_length=4000)]


class Identifier(Wish):
    """A number and who gave it."""

    value: Part
    authority: Part


class StartedApp(Wish):
    """An app to start, and about whom."""

    app: Name
    patient: Identifier | None = None
    encounter: Identifier | None = None
    need_patient_banner: bool = True


class LaunchView(View):
    """A start: the handle is good once, for five minutes. Without an address ``url`` is empty."""

    launch: str
    url: str


class AppRequest(Wish):
    """A request of an app, as its address says it."""

    request: Parameters


class ScopeView(View):
    """One scope in words."""

    scope: str
    zh: str
    en: str
    changes: bool


class QuestionView(View):
    """What a person is asked: who asks, where the browser goes, what it would let the app do."""

    app: str
    display_name: str
    host: str
    scopes: list[ScopeView]
    patient: str
    encounter: str
    misses: list[str]


class Decision(AppRequest):
    """What a person has decided; ``patient`` and ``encounter`` where the request misses them."""

    approve: bool
    patient: Identifier | None = None
    encounter: Identifier | None = None


class ApprovalView(View):
    """What somebody has approved: of which app, what, about whom, and until when."""

    id: UUID
    app: str
    display_name: str
    scopes: list[ScopeView]
    patient: str
    approved_at: datetime
    expires_at: datetime


class Onward(View):
    """Where the browser goes now."""

    url: str
