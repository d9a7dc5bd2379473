"""The ways to sign in as the files are now; looked at anew when a file has changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import structlog

from lianyi.base.clock import Clock, IdSource
from lianyi.base.content_files import stamps
from lianyi.security.providers.files import FOLDER, ProviderFile, load_providers
from lianyi.security.providers.ldap import LdapProvider
from lianyi.security.providers.problems import NoSuchProvider, SecretUnreadable
from lianyi.security.providers.registry import Provider, make_provider
from lianyi.security.providers.smart import SmartProvider

log = structlog.get_logger(__name__)


class Offered(NamedTuple):
    """One way to sign in, and what its file says."""

    file: ProviderFile
    provider: Provider

    @property
    def kind(self) -> Literal["password", "redirect"]:
        """``password`` when name and password are typed here, else ``redirect``."""
        return "password" if isinstance(self.provider, LdapProvider) else "redirect"


class ProviderBook:
    """Every enabled provider whose file can be used."""

    def __init__(self, content_dir: Path, clock: Clock, ids: IdSource) -> None:
        self._content_dir = content_dir
        self._clock = clock
        self._ids = ids
        self._stamp: object = None
        self._offered: dict[str, Offered] = {}
        self._old: list[Provider] = []

    def offered(self) -> Sequence[Offered]:
        """Return the ways to sign in by name; systems that launch us are none."""
        self._refresh()
        found = self._offered.values()
        return [one for one in found if not isinstance(one.provider, SmartProvider)]

    def find_launcher(self, iss: str) -> SmartProvider | None:
        """Return the system that a launch is of; None when no file names it."""
        self._refresh()
        found = [one.provider for one in self._offered.values()]
        systems = [one for one in found if isinstance(one, SmartProvider)]
        return next((one for one in systems if one.is_at(iss)), None)

    def find(self, name: str) -> Offered | None:
        """Return one way to sign in; None when there is none."""
        self._refresh()
        return self._offered.get(name)

    def get(self, name: str) -> Offered:
        """Return one way to sign in; raises :class:`NoSuchProvider`."""
        found = self.find(name)
        if found is None:
            raise NoSuchProvider(where="provider")
        return found

    async def close(self) -> None:
        """Close every connection."""
        for provider in [*self._old, *(one.provider for one in self._offered.values())]:
            if not isinstance(provider, LdapProvider):
                await provider.close()
        self._old, self._offered, self._stamp = [], {}, None

    def _refresh(self) -> None:
        stamp = stamps((self._content_dir / FOLDER).glob("*.y*ml"))
        if stamp == self._stamp:
            return
        self._stamp = stamp
        files, problems = load_providers(self._content_dir)
        for problem in problems:
            log.warning("sign-in provider refused", where=problem.where, code=problem.code)
        before, self._offered = self._offered, {}
        for file in files:
            if not file.enabled:
                continue
            same = before.get(file.provider)
            if same and same.file == file:
                self._offered[file.provider] = before.pop(file.provider)
                continue
            try:
                provider = make_provider(file, self._clock, self._ids)
            except SecretUnreadable as problem:
                log.warning("sign-in provider refused", where=problem.where, code=problem.code)
            else:
                self._offered[file.provider] = Offered(file, provider)
        # Somebody may be on his way through an old one: it is closed at the end.
        self._old += [one.provider for one in before.values()]
