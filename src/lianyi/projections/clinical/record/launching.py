"""Another system launches us (SMART App Launch) and its user sees the record of its patient.

What its tokens say becomes a link like those that systems ask for themselves: made by its account
for its user, opened at once, for that one record. So rights, frames and trail are the same.

A frame of another site has no cookie of ours, so the page keeps what binds the answer to it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import NamedTuple

import asyncpg

from lianyi.base.errors import LianyiError
from lianyi.projections.clinical.record.linking import NewLink, RecordLinks
from lianyi.projections.clinical.record.problems import (
    LaunchWithoutPatient,
    LaunchWithoutRight,
    UnknownLauncher,
)
from lianyi.projections.identity.problems import NoSuchPerson
from lianyi.security import account_store
from lianyi.security.access import acting
from lianyi.security.links.service import Links, MadeLink, OpenedLink
from lianyi.security.model import Access
from lianyi.security.outside_sign_in import Away, OutsideSignIn
from lianyi.security.providers.book import Offered
from lianyi.security.providers.files import SmartFile
from lianyi.security.providers.problems import NoSuchProvider
from lianyi.security.providers.provider import ExternalIdentity
from lianyi.security.providers.smart import SmartProvider
from lianyi.security.signing_in import SigningIn

MAKES = "record.link"
OPERATION = "finish_record_launch"
BINDING_BYTES = 32


class Launch(NamedTuple):
    """A launch that has begun.

    Attributes:
        system: name of the file of the system that launches.
        away: where the browser goes, and what its page keeps.
    """

    system: str
    away: Away


class RecordLaunches:
    """Takes launches of other systems."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        outside: OutsideSignIn,
        signing_in: SigningIn,
        record_links: RecordLinks,
        links: Links,
    ) -> None:
        """Let people in as their own system knows them.

        Args:
            pool: of the database.
            outside: knows the systems, and whose accounts their users have.
            signing_in: says what an account may do.
            record_links: makes a link.
            links: opens it.
        """
        self._pool = pool
        self._outside = outside
        self._signing_in = signing_in
        self._record_links = record_links
        self._links = links

    async def begin(self, iss: str, launch: str) -> Launch:
        """Return where a browser goes that another system has launched us in.

        Args:
            iss: address of the FHIR server of the system.
            launch: its handle.

        Raises:
            UnknownLauncher: no file names it.
            SignInUnavailable: it does not answer.
            DoorBusy: too many launches are under way.
        """
        provider = self._outside.book.find_launcher(iss)
        if provider is None:
            raise UnknownLauncher(where="iss")
        redirect = await provider.begin_launch(launch)
        binding = secrets.token_hex(BINDING_BYTES)
        await self._outside.keep(redirect.kept, binding)
        return Launch(provider.name, Away(redirect.url, binding))

    async def finish(
        self, system: str, answer: Mapping[str, str], *, binding: str, address: str, agent: str
    ) -> OpenedLink:
        """Open the record that a launch is about.

        Args:
            system: name of the file.
            answer: what the browser brought back: ``state``, ``code``, ``iss``, ``error``.
            binding: what the page has kept.
            address: from where.
            agent: with which browser.

        Raises:
            SignInExpired, SignInRefused, NoAccountHere, SignInUnavailable: nobody is let in.
            LaunchWithoutPatient: it is about nobody whom the system has here.
            LaunchWithoutRight: the system may open no records.
            NotForThisUser: its user may see none.
        """
        identity: ExternalIdentity | None = None
        try:
            offered = self._outside.book.get(system)
            provider, file = _launcher(offered)
            kept = await self._outside.take(system, answer.get("state", ""), binding)
            launched = await provider.finish_launch(answer, kept)
            identity = launched.identity
            user = await self._outside.recognise(identity, file, address=address)
            with acting(await self._as_system(file, address)):
                link = await self._link(user.name, launched.patients)
            return await self._links.open(link.shown, address=address, agent=agent)
        except LianyiError as failure:
            await self._outside.refused(system, failure, identity, address=address)
            raise

    async def _as_system(self, file: SmartFile, address: str) -> Access:
        account = await account_store.find_account(self._pool, file.system)
        if account is None or account.kind != "service" or account.state != "active":
            raise LaunchWithoutRight(where=file.provider)
        actor = await self._signing_in.actor_of(account, [])
        if not actor.reach.organisations(MAKES):
            raise LaunchWithoutRight(where=file.provider)
        return Access(actor, MAKES, OPERATION, actor.purpose, address)

    async def _link(self, user: str, patients: tuple[str, ...]) -> MadeLink:
        for patient in patients:
            try:
                return await self._record_links.give(NewLink(patient=patient, user=user))
            except NoSuchPerson:
                continue
        raise LaunchWithoutPatient(where="patient")


def _launcher(offered: Offered) -> tuple[SmartProvider, SmartFile]:
    if isinstance(offered.provider, SmartProvider) and isinstance(offered.file, SmartFile):
        return offered.provider, offered.file
    raise NoSuchProvider(where="provider")
