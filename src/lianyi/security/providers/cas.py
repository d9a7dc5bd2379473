"""CAS 3.0: the browser brings a service ticket, the CAS server says whose it is.

CAS has no ``state``. Here the service address carries a key of this sign-in, so that a ticket of
another one, slipped in by a third party, is refused (login CSRF).

Source: CAS Protocol 3.0 Specification, 2.1, 2.5, 2.8.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

import httpx
from lxml import etree

from lianyi.base.clock import Clock, IdSource
from lianyi.security.providers.asking import Asker, make_client
from lianyi.security.providers.files import CasFile
from lianyi.security.providers.problems import expired, refused, unavailable
from lianyi.security.providers.provider import ExternalIdentity, KeptState, Redirect

NAMESPACE = {"cas": "http://www.yale.edu/tp/cas"}
KEY = "state"
AWAY_MAX = timedelta(minutes=10)
TICKET_CHARACTERS_MAX = 512
OUR_FAULT = frozenset({"INVALID_SERVICE", "UNAUTHORIZED_SERVICE", "INVALID_REQUEST"})


class CasProvider:
    """A CAS server."""

    def __init__(
        self, file: CasFile, clock: Clock, ids: IdSource, client: httpx.AsyncClient | None = None
    ) -> None:
        self.name = file.provider
        self._file = file
        self._clock = clock
        self._ids = ids
        self._client = client or make_client(file)
        self._asker = Asker(file.provider, self._client)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def begin(self, return_to: str) -> Redirect:
        """Return where to send the browser."""
        key = self._ids.new_id().hex
        asked = {"service": self._service(key)}
        if self._file.renew:
            asked["renew"] = "true"
        kept = KeptState(
            key=key,
            provider=self.name,
            values={},
            return_to=return_to,
            expires_at=self._clock.now() + AWAY_MAX,
        )
        return Redirect(f"{self._file.server.rstrip('/')}/login?{urlencode(asked)}", kept)

    async def finish(self, answer: Mapping[str, str], kept: KeptState) -> ExternalIdentity:
        """Return whose ticket it is.

        Raises:
            SignInExpired: too late, or the ticket of another sign-in.
            SignInRefused: the server does not know the ticket.
            SignInUnavailable: the server does not answer as CAS 3.0 says.
        """
        key, ticket = answer.get(KEY, ""), answer.get("ticket", "")
        if kept.provider != self.name or not hmac.compare_digest(key.encode(), kept.key.encode()):
            raise expired(self.name, "other state")
        if self._clock.now() >= kept.expires_at:
            raise expired(self.name, "too late")
        if not ticket.startswith("ST-") or len(ticket) > TICKET_CHARACTERS_MAX:
            raise refused(self.name, "no service ticket")
        asked = {"service": self._service(key), "ticket": ticket}
        if self._file.renew:
            asked["renew"] = "true"
        status, body = await self._asker.ask(
            "GET", f"{self._file.server.rstrip('/')}/p3/serviceValidate?{urlencode(asked)}"
        )
        if status != 200:
            raise unavailable(self.name, "no answer to a ticket", status=status)
        return self._read(body)

    async def look(self) -> None:
        """Ask about a ticket that nobody has; for ``lianyi sign-in check``.

        Raises:
            SignInRefused: as it should be: the server answers, and knows no such ticket.
            SignInUnavailable: it does not answer as CAS 3.0 says, or does not know our service.
        """
        kept = (await self.begin("/")).kept
        await self.finish({KEY: kept.key, "ticket": "ST-none"}, kept)

    def _service(self, key: str) -> str:
        service = self._file.service
        return service + ("&" if "?" in service else "?") + urlencode({KEY: key})

    def _read(self, body: bytes) -> ExternalIdentity:
        try:
            root = etree.fromstring(body, _parser())
        except etree.XMLSyntaxError as error:
            raise unavailable(self.name, "no XML") from error
        if root.getroottree().docinfo.doctype:
            raise unavailable(self.name, "XML with a document type")
        failure = root.find("cas:authenticationFailure", NAMESPACE)
        if failure is not None:
            code = str(failure.get("code", ""))
            if code in OUR_FAULT:
                raise unavailable(self.name, f"the server answers {code}")
            raise refused(self.name, "ticket not accepted")
        success = root.find("cas:authenticationSuccess", NAMESPACE)
        if root.tag != f"{{{NAMESPACE['cas']}}}serviceResponse" or success is None:
            raise unavailable(self.name, "no CAS answer")
        values: dict[str, list[str]] = {"user": [_words(success.find("cas:user", NAMESPACE))]}
        attributes = success.find("cas:attributes", NAMESPACE)
        for element in attributes if attributes is not None else ():
            values.setdefault(etree.QName(element).localname, []).append(_words(element))
        return self._identity(values)

    def _identity(self, values: Mapping[str, list[str]]) -> ExternalIdentity:
        file = self._file

        def one(name: str) -> str:
            return next(iter(values.get(name, [])), "")

        subject, account = one(file.subject or "user"), one(file.account_name or "user")
        if not subject or not account:
            raise refused(self.name, "no subject or account name in the answer")
        return ExternalIdentity(
            provider=self.name,
            subject=subject,
            user_name=account,
            display_name=one(file.display_name or "displayName"),
            email=one(file.email or "mail"),
            groups=tuple(sorted({*values.get(file.groups or "memberOf", [])} - {""})),
            authenticated_at=self._clock.now(),
            factors=tuple(values.get("amr", [])),
        )


def _parser() -> etree.XMLParser:
    """Return a parser that loads nothing, resolves nothing, and drops what is no element."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )


def _words(element: etree._Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()
