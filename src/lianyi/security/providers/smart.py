"""SMART App Launch, the other way round: another system launches us about its patient.

It is a sign-in by OpenID Connect whose addresses its FHIR server tells, and whose tokens say about
which patient. His numbers are read from that server with the token it gave; nothing else is read.

Source: SMART App Launch 2.2, "App Launch: Launch and Authorization", "Scopes and Launch Context".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from lianyi.base.clock import Clock, IdSource
from lianyi.security.providers.files import SmartFile
from lianyi.security.providers.oidc import OidcProvider
from lianyi.security.providers.problems import refused
from lianyi.security.providers.provider import ExternalIdentity, KeptState, Redirect

WELL_KNOWN = "/.well-known/smart-configuration"
IDENTIFIERS_MAX = 20
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_NUMBER = re.compile(r"[^\^\x00]{1,100}")


@dataclass(frozen=True, slots=True)
class Launched:
    """What another system has launched us for.

    Attributes:
        identity: its user.
        patients: numbers of its patient, ``value^authority``; all of one person.
    """

    identity: ExternalIdentity
    patients: tuple[str, ...] = field(repr=False)


class SmartProvider(OidcProvider):
    """A system that launches us."""

    def __init__(
        self,
        file: SmartFile,
        clock: Clock,
        ids: IdSource,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(file, clock, ids, client)
        self._fhir = file.fhir.rstrip("/")
        self._authorities = file.authorities

    @property
    def described_at(self) -> str:
        """Where the system says what it offers: at its FHIR server."""
        return self._fhir + WELL_KNOWN

    def is_at(self, iss: str) -> bool:
        """Tell whether a launch says that it is of this system."""
        return iss.rstrip("/") == self._fhir

    async def begin_launch(self, launch: str) -> Redirect:
        """Return where to send the browser that came with a launch.

        Raises:
            SignInUnavailable: the system does not answer.
        """
        return await self.away("", {"launch": launch, "aud": self._fhir})

    async def finish_launch(self, answer: Mapping[str, str], kept: KeptState) -> Launched:
        """Return who launched us, and about whom.

        Raises:
            SignInExpired, SignInRefused, SignInUnavailable: see :meth:`finish`.
        """
        tokens = await self.tokens(answer, kept)
        identity = await self.identify(tokens, kept)
        patient, token = tokens.get("patient"), tokens.get("access_token")
        if not isinstance(patient, str) or not _ID.fullmatch(patient):
            return Launched(identity, ())
        if not isinstance(token, str):
            raise refused(self.name, "no access token")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}
        found = await self._asker.ask_json(f"{self._fhir}/Patient/{patient}", headers=headers)
        if found.get("resourceType") != "Patient" or found.get("id") != patient:
            raise refused(self.name, "another patient than it launched us about")
        return Launched(identity, tuple(numbers_of(found, self._authorities)))


def numbers_of(patient: Mapping[str, Any], authorities: Mapping[str, str]) -> list[str]:
    """Return the numbers of a Patient, ``value^authority``, as far as it is known who gave them.

    Args:
        patient: the resource, as another system sends it.
        authorities: assigning authorities by the ``system`` of an identifier.
    """
    listed = patient.get("identifier")
    named = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    pairs = [
        (one.get("value"), authorities.get(str(one.get("system"))))
        for one in named
        if one.get("use") != "old"
    ]
    numbers = [
        f"{value}^{by}"
        for value, by in pairs
        if by and isinstance(value, str) and _NUMBER.fullmatch(value)
    ]
    return list(dict.fromkeys(numbers))[:IDENTIFIERS_MAX]
