"""The words of signing in from outside, and the two shapes a provider can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from lianyi.base.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """Who somebody is, as a directory of the hospital says.

    Attributes:
        provider: the name of the provider's file.
        subject: what the directory calls this person for ever; unique within the provider, never
            given to another person. Accounts are linked by it, not by the name.
        user_name: what the person types; may change.
        display_name, email: for people; empty when the directory does not say.
        groups: as the directory names them, sorted.
        authenticated_at: when the person proved it.
        factors: how, in the words of RFC 8176 (``pwd``, ``otp``, ``hwk``, ``mfa``); empty when the
            directory does not say.
        session: the directory's own name for the session; a logout from there mentions it.
        logout_hint: what a logout at the directory must be given; None where there is none.
    """

    provider: str
    subject: str
    user_name: str
    display_name: str
    email: str
    groups: tuple[str, ...]
    authenticated_at: datetime
    factors: tuple[str, ...] = ()
    session: str = ""
    logout_hint: Sensitive[str] | None = None


@dataclass(frozen=True, slots=True)
class KeptState:
    """What is kept on the server while the browser is away. It is used once, then gone.

    Attributes:
        key: what the browser brings back (``state``, ``RelayState``); unguessable.
        provider: whom the browser was sent to.
        values: what the provider needs to check the answer.
        return_to: where in the console the person wanted to go.
        expires_at: afterwards the answer is refused.
    """

    key: str
    provider: str
    values: Mapping[str, str] = field(repr=False)
    return_to: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where to send the browser, and what to keep until it comes back."""

    url: str
    kept: KeptState


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """A directory says that somebody signed out there: end these sessions here.

    Attributes:
        subject: of whom; empty when only the session is named.
        session: which; empty means every session of the subject.
    """

    provider: str
    subject: str
    session: str


class SeenOnce(Protocol):
    """Remembers what may be used only once: an assertion, a logout token."""

    async def first_time(self, provider: str, identifier: str, until: datetime) -> bool:
        """Return whether this is the first time; remember it until then."""
        ...


class RedirectProvider(Protocol):
    """Sends the browser to a sign-in page of the hospital."""

    @property
    def name(self) -> str:
        """The name of the provider's file."""
        ...

    async def begin(self, return_to: str) -> Redirect:
        """Return where to send the browser.

        Raises:
            SignInUnavailable: the directory does not answer.
        """
        ...

    async def finish(self, answer: Mapping[str, str], kept: KeptState) -> ExternalIdentity:
        """Return who it is.

        Args:
            answer: query or form that the browser brought back.
            kept: from :meth:`begin`; the caller has taken it out, so that it serves once.

        Raises:
            SignInRefused: the answer proves nothing.
            SignInExpired: it comes too late, or belongs to another sign-in.
            SignInUnavailable: the directory does not answer.
        """
        ...


class PasswordProvider(Protocol):
    """Asks a directory whether a password is right."""

    @property
    def name(self) -> str:
        """The name of the provider's file."""
        ...

    async def verify(self, name: str, password: Sensitive[str]) -> ExternalIdentity:
        """Return who it is.

        Raises:
            SignInRefused: nobody has this name and this password.
            SignInUnavailable: no server of the directory answers.
        """
        ...
