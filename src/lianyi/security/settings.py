"""The section ``[security]`` of ``lianyi.toml``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lianyi.base.settings import Section


class SecuritySettings(Section):
    """How people sign in and how long that lasts.

    Attributes:
        first_token: when the token of the first start opens the console: until there is a security
            administrator, always, or never.
        session_hours: how long a sign-in lasts at most.
        idle_minutes: after so long without a request it ends.
        failures_max: wrong passwords in a row after which an account is locked.
        locked_minutes: for how long.
        address_failures_max: wrong sign-ins taken from one address in a minute.
        access_token_seconds: how long a token lives that a system gets from ``/oauth/token``.
        metrics_open: whether ``/metrics`` answers this machine without a key. Behind a proxy on
            this machine every request comes from here, so it is shut unless it is opened; a key
            with the role ``monitoring`` opens it always.
    """

    first_token: Literal["until-administrator", "always", "never"] = "until-administrator"  # noqa: S105
    session_hours: float = Field(default=12, gt=0, le=8760)
    idle_minutes: float = Field(default=30, gt=0, le=1440)
    failures_max: int = Field(default=5, ge=1, le=100)
    locked_minutes: float = Field(default=15, gt=0, le=1440)
    address_failures_max: int = Field(default=10, ge=1)
    access_token_seconds: int = Field(default=300, ge=10, le=300)
    metrics_open: bool = False
