"""What the section ``[subscriptions]`` of ``lianyi.toml`` says about telling of changes."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from lianyi.base.settings import Section


class SubscriptionSettings(Section):
    """Whom subscriptions may tell, how patiently, and what is kept of it.

    Attributes:
        hosts: names or addresses of receivers within the hospital, or on this machine. Any other
            receiver is told over https and has a public address.
        ca_file: authority of the receivers' certificates; None: those that the machine trusts.
        subscriptions_max: so many may be on at the same time.
        timeout_seconds: how long a receiver may take to answer, where its subscription says
            nothing or more.
        first_wait_seconds: after a failure a receiver is asked again after so long, then after
            twice as long, and so on.
        longest_wait_seconds: but never after longer than this.
        failures_max: after so many failures in a row the subscription is in error; it is still
            tried, and goes on in order.
        together_max: so many events stand in one notification at most.
        waiting_max: of a subscription for which more events wait nothing more is kept: it is off.
        keep_days: for so long ``$events`` tells of events that were told.
    """

    hosts: tuple[str, ...] = ()
    ca_file: Path | None = None
    subscriptions_max: int = Field(default=500, ge=1, le=10_000)
    timeout_seconds: float = Field(default=10, gt=0, le=60)
    first_wait_seconds: float = Field(default=1, ge=0.01, le=60)
    longest_wait_seconds: float = Field(default=300, ge=0.01, le=86_400)
    failures_max: int = Field(default=10, ge=1, le=1000)
    together_max: int = Field(default=50, ge=1, le=500)
    waiting_max: int = Field(default=100_000, ge=100, le=10_000_000)
    keep_days: float = Field(default=7, gt=0, le=365)

    @field_validator("hosts", mode="before")
    @classmethod
    def _of_the_environment(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value
