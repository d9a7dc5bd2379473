"""LDAP and Active Directory: is this password right, and whose is it?

Mode *search* finds the entry with an account of its own, then binds as that entry. Mode *direct*
binds at once with a name made of a template, and reads the entry as the person himself.

A wrong password is said by one server only: asking the next one with it would lock accounts twice
as fast. The next server is asked only when one does not answer.

Sources: RFC 4511, 4513 (5.1.2: a bind without a password must be refused), 4514, 4515;
    Microsoft AD: ``sAMAccountName``, ``userPrincipalName``, ``objectGUID``, the codes after
    ``data`` in a refused bind.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import structlog
from sansldap import LDAPResultCode, SearchScope

from lianyi.base.clock import Clock
from lianyi.base.sensitive import Sensitive
from lianyi.security.providers.files import LdapFile, read_secret
from lianyi.security.providers.ldap_filter import escape_dn, fill
from lianyi.security.providers.ldap_wire import ENTRIES_MAX, BrokenTalk, Entry, LdapWire, open_wire
from lianyi.security.providers.problems import refused, unavailable
from lianyi.security.providers.provider import ExternalIdentity
from lianyi.security.providers.trust import trust

log = structlog.get_logger(__name__)

NAME_CHARACTERS_MAX = 256
PASSWORD_CHARACTERS_MAX = 1024
ELSEWHERE = frozenset(
    {
        LDAPResultCode.BUSY,
        LDAPResultCode.UNAVAILABLE,
        LDAPResultCode.UNWILLING_TO_PERFORM,
        LDAPResultCode.OPERATIONS_ERROR,
        LDAPResultCode.OTHER,
    }
)
"""Result codes after which the next server is asked."""

_AD_REASONS = {
    "525": "no such user",
    "52e": "wrong password",
    "530": "not at this time",
    "531": "not at this workstation",
    "532": "password expired",
    "533": "account disabled",
    "701": "account expired",
    "773": "password must be changed",
    "775": "account locked",
}


class LdapProvider:
    """Asks the directory of the hospital. One connection for each question, none kept."""

    def __init__(self, file: LdapFile, clock: Clock) -> None:
        self.name = file.provider
        self.servers = file.servers
        self._file = file
        self._clock = clock
        self._context = trust(file.ca_file)

    async def verify(self, name: str, password: Sensitive[str]) -> ExternalIdentity:
        """Return who has this name and this password.

        Raises:
            SignInRefused: nobody.
            SignInUnavailable: no server answers as it should.
            SecretUnreadable: the password of ``bind_as`` cannot be read.
        """
        typed = name.strip()
        if not password.reveal():
            raise refused(self.name, "no password")
        if not typed or len(typed) > NAME_CHARACTERS_MAX or not typed.isprintable():
            raise refused(self.name, "no usable name")
        if len(password.reveal()) > PASSWORD_CHARACTERS_MAX:
            raise refused(self.name, "password too long")
        for server in self._file.servers:
            try:
                async with self._connected(server) as wire:
                    return await self._ask(wire, typed, password)
            except (BrokenTalk, OSError, TimeoutError) as error:
                log.warning(
                    "directory server does not answer",
                    provider=self.name,
                    server=server,
                    reason=reason_of(error),
                )
        raise unavailable(self.name, "no server answered", n_servers=len(self._file.servers))

    async def look(self, server: str) -> int:
        """Connect to one server and search, as a sign-in would; for ``lianyi sign-in check``.

        Returns:
            How many entries the base shows, at most two; 0 when it shows none.

        Raises:
            BrokenTalk: it refuses the account that searches, or the search.
            OSError: it does not answer, or its certificate does not count.
            SecretUnreadable: the password of ``bind_as`` cannot be read.
        """
        async with self._connected(server) as wire:
            if self._file.mode == "direct":
                return len(
                    await wire.search("", None, ["1.1"], entries_max=1, scope=SearchScope.BASE)
                )
            await self._bind_to_search(wire)
            return len(await wire.search(self._file.base, None, ["1.1"], entries_max=2))

    @asynccontextmanager
    async def _connected(self, server: str) -> AsyncIterator[LdapWire]:
        """Give a connection that lives no longer than the time for one server."""
        async with asyncio.timeout(self._file.timeout_seconds):
            wire = await open_wire(server, self._context, start_tls=self._file.start_tls)
            try:
                yield wire
            finally:
                wire.close()

    async def _ask(self, wire: LdapWire, name: str, password: Sensitive[str]) -> ExternalIdentity:
        if self._file.mode == "direct":
            await self._bind_as_person(wire, self._bind_name(name), password)
            entry = await self._find(wire, name)
            if entry is None:
                raise refused(self.name, "no entry")
            return self._identity(entry, name, await self._groups(wire, entry, name))
        await self._bind_to_search(wire)
        entry = await self._find(wire, name)
        if entry is None:
            # Whoever measures the time learns nothing: a bind is tried all the same.
            await self._bind_as_person(wire, f"cn=nobody,{self._file.base}", password)
            raise refused(self.name, "no entry")
        groups = await self._groups(wire, entry, name)
        await self._bind_as_person(wire, entry.dn, password)
        return self._identity(entry, name, groups)

    def _bind_name(self, name: str) -> str:
        """Return the name to bind with; within a DN it is escaped, elsewhere it must be plain."""
        if "=" in self._file.bind_name:
            return self._file.bind_name.replace("{name}", escape_dn(name))
        if not re.fullmatch(r"[\w.\-]+", name):
            raise refused(self.name, "no usable name")
        return self._file.bind_name.replace("{name}", name)

    async def _bind_to_search(self, wire: LdapWire) -> None:
        secret = self._file.bind_password_file
        if not self._file.bind_as or secret is None:
            return
        code, said = await wire.bind(self._file.bind_as, read_secret(secret))
        if code != LDAPResultCode.SUCCESS:
            reason = ad_reason(said) or "the account that searches is refused"
            raise BrokenTalk(reason, code)

    async def _bind_as_person(self, wire: LdapWire, dn: str, password: Sensitive[str]) -> None:
        code, said = await wire.bind(dn, password.reveal())
        if code in ELSEWHERE:
            raise BrokenTalk("bind not answered", code)
        if code != LDAPResultCode.SUCCESS:
            self._refuse(code, said)

    def _refuse(self, code: LDAPResultCode, said: str) -> NoReturn:
        raise refused(self.name, ad_reason(said) or "bind refused", code=int(code))

    async def _find(self, wire: LdapWire, name: str) -> Entry | None:
        """Return the one entry that belongs to a name; two are as good as none."""
        file = self._file
        wanted = [
            attribute
            for attribute in (
                *(file.subject, file.account_name, file.display_name, file.email),
                file.groups or "memberOf",
                *("entryUUID", "objectGUID", "uid", "sAMAccountName", "userPrincipalName"),
                *("displayName", "cn", "mail"),
            )
            if attribute
        ]
        found = await wire.search(
            file.base, fill(file.user_filter, {"name": name}), wanted, entries_max=2
        )
        if len(found) > 1:
            log.warning("several entries for one name", provider=self.name)
            return None
        return found[0] if found else None

    async def _groups(self, wire: LdapWire, entry: Entry, name: str) -> tuple[str, ...]:
        file = self._file
        groups = set(entry.texts(file.groups or "memberOf"))
        if file.group_base:
            found = await wire.search(
                file.group_base,
                fill(file.group_filter, {"dn": entry.dn, "name": name}),
                [file.group_name or "1.1"],
                entries_max=ENTRIES_MAX,
            )
            groups |= {
                group.text(file.group_name) if file.group_name else group.dn for group in found
            }
        return tuple(sorted(groups - {""}))

    def _identity(self, entry: Entry, name: str, groups: tuple[str, ...]) -> ExternalIdentity:
        file = self._file
        subject = _subject(entry, file.subject)
        if not subject:
            raise refused(self.name, "the entry has no subject")
        account = (
            entry.text(file.account_name)
            if file.account_name
            else entry.text("sAMAccountName") or entry.text("uid") or name
        )
        if not account:
            raise refused(self.name, "the entry has no account name")
        return ExternalIdentity(
            provider=self.name,
            subject=subject,
            user_name=account,
            display_name=entry.text(file.display_name or "displayName") or entry.text("cn"),
            email=entry.text(file.email or "mail"),
            groups=groups,
            authenticated_at=self._clock.now(),
            factors=file.factors,
        )


def _subject(entry: Entry, wanted: str) -> str:
    """Return what names the entry for ever: ``entryUUID``, in AD ``objectGUID``.

    Never its DN: a DN is given away again when somebody of the same name comes.
    """
    if wanted and wanted.lower() != "objectguid":
        return entry.text(wanted)
    guid = next(iter(entry.attributes.get("objectguid", [])), b"")
    if len(guid) == 16:
        return str(uuid.UUID(bytes_le=guid))
    return "" if wanted else entry.text("entryUUID")


def ad_reason(said: str) -> str:
    """Return what an AD server means by the code in its text; empty when it says none."""
    code = re.search(r"\bdata ([0-9a-f]{3}),", said)
    return _AD_REASONS.get(code[1], f"data {code[1]}") if code else ""


def reason_of(error: BrokenTalk | OSError | TimeoutError) -> str:
    """Return why a server was of no use, in a few words without a person in them."""
    if isinstance(error, BrokenTalk):
        return error.reason if error.code is None else f"{error.reason} (LDAP code {error.code})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not count: {error.verify_message}"
    return error.strerror or type(error).__name__
