"""OpenID Connect: authorization code with PKCE, state, nonce and issuer, as BCP 240 demands.

Everything that must match the answer is made anew for each sign-in and kept on the server. The
caller takes it out once; so an answer that comes twice finds nothing.

Sources: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0, Back-Channel Logout 1.0;
    RFC 7636 (PKCE), RFC 9207 (issuer in the answer), RFC 9700 (best current practice).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx

from lianyi.base.clock import Clock, IdSource
from lianyi.base.sensitive import Sensitive
from lianyi.security.providers import oidc_tokens
from lianyi.security.providers.asking import Asker, make_client, read_object
from lianyi.security.providers.files import LOOPBACK, OidcFile, read_secret
from lianyi.security.providers.oidc_keys import OidcKeys
from lianyi.security.providers.oidc_tokens import Claims, Unbelievable
from lianyi.security.providers.problems import SignInRefused, expired, refused, unavailable
from lianyi.security.providers.provider import (
    ExternalIdentity,
    KeptState,
    LogoutNotice,
    Redirect,
    SeenOnce,
)

WELL_KNOWN = "/.well-known/openid-configuration"
METADATA_SECONDS = 3600
AWAY_MAX = timedelta(minutes=10)
"""How long somebody may take at the sign-in page of the hospital."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
NOBODY = frozenset(
    {"login_required", "interaction_required", "consent_required", "account_selection_required"}
)
GROUPS_MAX = 2_000


class OidcProvider:
    """A sign-in service that speaks OpenID Connect."""

    def __init__(
        self,
        file: OidcFile,
        clock: Clock,
        ids: IdSource,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        self.name = file.provider
        self._file = file
        self._clock = clock
        self._ids = ids
        self._client = client or make_client(file)
        self._asker = Asker(file.provider, self._client)
        self._keys = OidcKeys(self._asker, clock)
        self._metadata: dict[str, Any] = {}
        self._discovered: float | None = None

    @property
    def home(self) -> str:
        """Our own address as this service knows it, without a path."""
        parts = urlsplit(self._file.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def described_at(self) -> str:
        """Where the service says what it offers."""
        return self._file.issuer.rstrip("/") + WELL_KNOWN

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def metadata(self) -> Mapping[str, Any]:
        """Return what the service says about itself, at most an hour old.

        Raises:
            SignInUnavailable: nothing that can be used.
        """
        now = self._clock.elapsed_seconds()
        if self._discovered is None or now - self._discovered > METADATA_SECONDS:
            found = await self._asker.ask_json(self.described_at)
            if found.get("issuer") != self._file.issuer:
                raise unavailable(self.name, "it names another issuer")
            if not all(_is_safe(found.get(endpoint)) for endpoint in ENDPOINTS):
                raise unavailable(self.name, "an endpoint is missing or not https")
            self._metadata, self._discovered = found, now
        return self._metadata

    async def begin(self, return_to: str) -> Redirect:
        """Return where to send the browser.

        Raises:
            SignInUnavailable: the service does not answer.
        """
        return await self.away(return_to, {})

    async def away(self, return_to: str, more: Mapping[str, str]) -> Redirect:
        """Return where to send the browser, with more parameters than each sign-in has."""
        service = await self.metadata()
        state, nonce = self._secret(), self._secret()
        verifier = self._secret() + self._secret()
        asked = {
            "response_type": "code",
            "client_id": self._file.client_id,
            "redirect_uri": self._file.redirect_uri,
            "scope": " ".join(self._file.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
            **more,
        }
        if self._file.acr_values:
            asked["acr_values"] = " ".join(self._file.acr_values)
        if self._file.max_age_seconds is not None:
            asked["max_age"] = str(self._file.max_age_seconds)
        kept = KeptState(
            key=state,
            provider=self.name,
            values={"nonce": nonce, "verifier": verifier},
            return_to=return_to,
            expires_at=self._clock.now() + AWAY_MAX,
        )
        return Redirect(_with_query(str(service["authorization_endpoint"]), asked), kept)

    async def finish(self, answer: Mapping[str, str], kept: KeptState) -> ExternalIdentity:
        """Return who it is.

        Raises:
            SignInExpired: too late, or the answer to another sign-in.
            SignInRefused: the service said no, or what it said proves nothing.
            SignInUnavailable: the service does not answer.
        """
        return await self.identify(await self.tokens(answer, kept), kept)

    async def tokens(self, answer: Mapping[str, str], kept: KeptState) -> Mapping[str, Any]:
        """Return what the service gives for an answer; see :meth:`finish`."""
        state = answer.get("state", "")
        if kept.provider != self.name or not hmac.compare_digest(state.encode(), kept.key.encode()):
            raise expired(self.name, "other state")
        if self._clock.now() >= kept.expires_at:
            raise expired(self.name, "too late")
        service = await self.metadata()
        demanded = service.get("authorization_response_iss_parameter_supported") is True
        if answer.get("iss", None if demanded else self._file.issuer) != self._file.issuer:
            raise refused(self.name, "answer of another issuer")
        if "error" in answer:
            word = answer["error"] if answer["error"] in NOBODY else "error"
            raise refused(self.name, f"the service answers {word}")
        if not answer.get("code"):
            raise refused(self.name, "no code")
        return await self._redeem(answer["code"], kept.values["verifier"])

    async def identify(self, tokens: Mapping[str, Any], kept: KeptState) -> ExternalIdentity:
        """Return whom tokens are about; see :meth:`finish`."""
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise refused(self.name, "no ID token")
        now = self._clock.now().timestamp()
        claims = await self._claims(token)
        try:
            oidc_tokens.check_sign_in(claims, self._file, nonce=kept.values["nonce"], now=now)
        except Unbelievable as error:
            raise refused(self.name, str(error)) from error
        if self._file.userinfo:
            claims = {**await self._userinfo(tokens.get("access_token"), claims), **claims}
        return self._identity(claims, token)

    async def logout_url(self, logout_hint: Sensitive[str] | None, return_to: str) -> str | None:
        """Return where to send the browser so that the session over there ends too.

        Returns:
            None when the service has no such address.
        """
        endpoint = (await self.metadata()).get("end_session_endpoint")
        if not _is_safe(endpoint):
            return None
        asked = {"client_id": self._file.client_id, "post_logout_redirect_uri": return_to}
        if logout_hint is not None:
            asked["id_token_hint"] = logout_hint.reveal()
        return _with_query(str(endpoint), asked)

    async def logged_out(self, token: str, seen: SeenOnce) -> LogoutNotice:
        """Return whose sessions a back-channel logout ends.

        Raises:
            SignInRefused: the token proves nothing, or came before.
        """
        claims = await self._claims(token)
        now = self._clock.now()
        try:
            subject, session, identifier = oidc_tokens.check_logout(
                claims, self._file, now=now.timestamp()
            )
        except Unbelievable as error:
            raise refused(self.name, str(error)) from error
        until = now + timedelta(seconds=oidc_tokens.LOGOUT_AGE_SECONDS_MAX + 600)
        if not await seen.first_time(self.name, identifier, until):
            raise refused(self.name, "logout token used before")
        return LogoutNotice(self.name, subject, session)

    async def look(self) -> None:
        """Ask for metadata and keys, and show our secret; for ``lianyi sign-in check``.

        Raises:
            SignInUnavailable: something of it does not work; ``reason`` says what.
            SecretUnreadable: the secret cannot be read.
        """
        service = await self.metadata()
        if not await self._keys.suit(str(service["jwks_uri"]), self._file.algorithms):
            raise unavailable(self.name, "none of its keys suits the allowed algorithms")
        try:
            await self._redeem("lianyi-sign-in-check", self._secret() + self._secret())
        except SignInRefused:
            return  # as it should be: it knows us, and no such code
        raise unavailable(self.name, "it gives tokens for an invented code")

    async def _redeem(self, code: str, verifier: str) -> dict[str, Any]:
        """Return the tokens for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._file.redirect_uri,
            "code_verifier": verifier,
        }
        auth: tuple[str, str] | None = None
        if self._file.client_secret_file is None:
            form["client_id"] = self._file.client_id
        elif self._file.client_authentication == "post":
            secret = read_secret(self._file.client_secret_file)
            form |= {"client_id": self._file.client_id, "client_secret": secret}
        else:
            # RFC 6749, 2.3.1: both are form-encoded before they go into the header.
            secret = read_secret(self._file.client_secret_file)
            auth = quote_plus(self._file.client_id), quote_plus(secret)
        service = await self.metadata()
        status, body = await self._asker.ask(
            "POST", str(service["token_endpoint"]), form=form, auth=auth
        )
        tokens = read_object(body)
        if status != 200 or tokens is None:
            said = (tokens or {}).get("error")
            if said in ("invalid_client", "unauthorized_client"):
                raise unavailable(self.name, "it does not accept the client secret")
            raise refused(self.name, "code not accepted", status=status)
        return tokens

    async def _claims(self, token: str) -> Claims:
        """Return the claims of a token that this service signed for us just now.

        Raises:
            SignInRefused: it did not.
        """
        service = await self.metadata()
        try:
            algorithm, kid = oidc_tokens.read_header(token, self._file)
            key = await self._keys.find(str(service["jwks_uri"]), kid, algorithm)
            if key is None:
                raise refused(self.name, "unknown key")
            claims = oidc_tokens.check_signature(token, key, algorithm)
            oidc_tokens.check_issued(
                claims,
                self._file,
                issuer=self._file.issuer,
                now=self._clock.now().timestamp(),
            )
        except Unbelievable as error:
            raise refused(self.name, str(error)) from error
        return claims

    async def _userinfo(self, access_token: object, claims: Claims) -> Claims:
        """Return more claims; they count only when they are about the same subject."""
        endpoint = (await self.metadata()).get("userinfo_endpoint")
        if not isinstance(access_token, str) or not _is_safe(endpoint):
            raise unavailable(self.name, "it gives no userinfo")
        found = await self._asker.ask_json(
            str(endpoint), headers={"Authorization": f"Bearer {access_token}"}
        )
        if found.get("sub") != claims["sub"]:
            raise refused(self.name, "userinfo about another subject")
        return found

    def _identity(self, claims: Claims, token: str) -> ExternalIdentity:
        file = self._file
        subject = _text(claims, file.subject or "sub")
        account = _text(claims, file.account_name or "preferred_username")
        if not file.account_name and not account:
            account = subject
        if not subject or not account:
            raise refused(self.name, "no subject or account name among the claims")
        when = claims.get("auth_time")
        proved = isinstance(when, int | float) and not isinstance(when, bool)
        return ExternalIdentity(
            provider=self.name,
            subject=subject,
            user_name=account,
            display_name=_text(claims, file.display_name or "name"),
            email=""
            if claims.get("email_verified") is False
            else _text(claims, file.email or "email"),
            groups=tuple(sorted(set(_texts(claims, file.groups or "groups")))),
            authenticated_at=_instant(when, self._clock.now()) if proved else self._clock.now(),
            factors=tuple(_texts(claims, "amr")),
            session=_text(claims, "sid"),
            logout_hint=Sensitive(token),
        )

    def _secret(self) -> str:
        """Return 122 unguessable bits, as 32 hexadecimal digits."""
        return self._ids.new_id().hex


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _instant(when: object, now: datetime) -> datetime:
    """Return when somebody proved himself; never later than now."""
    if not isinstance(when, int | float) or not 0 <= when <= now.timestamp():
        return now
    return datetime.fromtimestamp(when, UTC)


def _is_safe(url: object) -> bool:
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _with_query(url: str, asked: Mapping[str, str]) -> str:
    return url + ("&" if "?" in url else "?") + urlencode(asked)


def _value(claims: Claims, path: str) -> object:
    """Return a claim; ``realm_access.roles`` looks into an object, unless a claim is so called."""
    if path in claims:
        return claims[path]
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text(claims: Claims, path: str) -> str:
    value = _value(claims, path)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _texts(claims: Claims, path: str) -> list[str]:
    value = _value(claims, path)
    values = value if isinstance(value, list) else [value]
    return [one for one in values[:GROUPS_MAX] if isinstance(one, str) and one]
