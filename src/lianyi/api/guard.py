"""Stands before every door: who asks, may he, for what purpose; and writes down what was done.

The one place where a permission is checked. Each operation of the API names what it needs beside
itself (``openapi_extra=needs(…)``); one that names nothing does not start. Whether a row may be
seen is the other half: within the operation an :class:`~lianyi.security.model.Access` holds, and
whoever reads asks it.

A request is judged before its body is read. A browser sends cookies with requests that other sites
cause: SameSite=Strict stops that, and for browsers that forget it every change made by cookie
needs the header ``X-Lianyi: 1``, which no foreign page can set.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, parse_qsl

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lianyi.api.failures import answer, status_of
from lianyi.api.first_token import Failures
from lianyi.api.operations import Operation, Operations
from lianyi.base.clock import Clock
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sensitive import Sensitive
from lianyi.security.access import OutsideOfReach, Seen, acting, current, seen
from lianyi.security.acts import ALLOWED, FAILED, REFUSED, act
from lianyi.security.client_certificates import ShownCertificate, read_shown
from lianyi.security.failures import FactorMustBegin, PasswordMustChange
from lianyi.security.links.problems import OutsideOfLink
from lianyi.security.links.rules import is_within
from lianyi.security.links.service import Links
from lianyi.security.model import Access, Actor, Purpose
from lianyi.security.permissions import ANYBODY, SIGNED_IN
from lianyi.security.privacy.failures import NotYourPurpose
from lianyi.security.scopes import Granted, covers
from lianyi.security.settings import SecuritySettings
from lianyi.security.signing_in import SigningIn
from lianyi.security.smart.problems import OutsideOfScopes
from lianyi.security.trail import Trail

COOKIE = "lianyi_session"
GUARDED = ("/api/", "/fhir/")
REFRESHING = {"get_session", "get_overview", "list_glass", "follow"}
"""What an open page asks by itself: it does not say that somebody sits before it."""

FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
"""What a proxy adds: then the request does not come from where its connection does."""

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
QUERY_MAX = 300


class NotSignedIn(LianyiError):
    """A request without a valid session or key."""

    code = "LY-1606"
    category = Category.FORBIDDEN
    en = Told("sign in first", "the request carries no valid session or key", "sign in")
    zh = Told("请先登录", "请求没有携带有效的会话或密钥", "请登录")


class ForeignRequest(LianyiError):
    """A change by cookie without the header that only our own pages send."""

    code = "LY-1607"
    category = Category.FORBIDDEN
    en = Told(
        "this change was refused",
        "the request lacks the header X-Lianyi, so another web site may have caused it",
        "use the console, or send the header X-Lianyi: 1",
    )
    zh = Told(
        "该操作被拒绝",
        "请求缺少 X-Lianyi 请求头，可能由其他网站发起",
        "请使用本平台页面操作，或携带请求头 X-Lianyi: 1",
    )


class TooManyTries(LianyiError):
    """Too many wrong sign-ins from one address."""

    code = "LY-1608"
    category = Category.BUSY
    en = Told("too many wrong sign-ins", "the limit for one minute is reached", "wait one minute")
    zh = Told("登录失败次数过多", "已达到每分钟上限", "请等待一分钟后再试")


class UnknownPurpose(LianyiError):
    """The header X-Purpose names nothing that data are looked at for."""

    code = "LY-1640"
    category = Category.INVALID
    en = Told(
        "this purpose is unknown",
        "X-Purpose is one of {known}",
        "send one of these codes, or leave the header out",
    )
    zh = Told(
        "未知的使用目的", "X-Purpose 只能是 {known} 之一", "使用其中一个代码，或不携带该请求头"
    )


class Gatekeeper:
    """Says who asks; used by the guard and by the emergency page."""

    def __init__(
        self, signing_in: SigningIn, links: Links, clock: Clock, *, settings: SecuritySettings
    ) -> None:
        self.signing_in = signing_in
        self.links = links
        self._failures = Failures(clock, failures_max=settings.address_failures_max)

    def let_try(self, address: str) -> None:
        """Raise :class:`TooManyTries` when an address has tried too often."""
        if self._failures.blocked(address):
            raise TooManyTries(where=address or "address")

    def count(self, address: str) -> None:
        """Count a wrong try."""
        self._failures.count(address)

    async def identify(
        self,
        method: str,
        headers: Headers,
        *,
        address: str,
        in_use: bool = True,
        certificate: ShownCertificate | None = None,
    ) -> Actor | None:
        """Return who asks; None when the request says nothing valid.

        Args:
            method: of the request.
            headers: of the request.
            address: from where.
            in_use: whether somebody did something, or a page only refreshes itself.
            certificate: what the client showed in the handshake.

        Raises:
            TooManyTries: this address has sent too many wrong tokens.
            ForeignRequest: a change by cookie that another site may have caused.
        """
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            self.let_try(address)
            digest, shown = certificate.digest if certificate else b"", Sensitive(token.strip())
            actor = await self.links.by_token(shown)
            actor = actor or await self.signing_in.by_bearer(shown, digest)
            if actor is None:
                self.count(address)
            return actor
        cookie = cookie_of(headers)
        signing_in = self.signing_in
        actor = await signing_in.by_session(Sensitive(cookie), in_use=in_use) if cookie else None
        if actor and method not in SAFE_METHODS and headers.get("x-lianyi") != "1":
            raise ForeignRequest(where=method)
        return actor


def judge(actor: Actor | None, operation: Operation | None, query: bytes = b"") -> Actor:
    """Return who may do an operation.

    Args:
        actor: who asks.
        operation: what for; None: for something that is not there.
        query: of the request; it may make a search narrower.

    Raises:
        NotSignedIn: nobody asks.
        OutsideOfScopes: an app asks for more than it was given.
        OutsideOfLink: somebody who came by a link asks for more than its record.
        PasswordMustChange, FactorMustBegin: something else comes first.
        OutsideOfReach: none of his roles allows it anywhere.
    """
    if actor is None:
        raise NotSignedIn(where="session")
    if actor.granted is not None and not _granted(actor.granted, operation, query):
        raise OutsideOfScopes(where=operation.name if operation else "unknown")
    if actor.confined is not None:
        asked = operation or Operation("unknown", "", "", "")
        if not is_within(actor.confined, asked.name, asked.path, asked.person):
            raise OutsideOfLink(where=asked.name)
    if operation is None or operation.permission == SIGNED_IN:
        return actor
    if actor.must_change:
        raise PasswordMustChange(where=operation.name)
    if actor.needs_factor:
        raise FactorMustBegin(where=operation.name)
    if not actor.reach.organisations(operation.permission_of(actor)):
        raise OutsideOfReach(where=operation.name)
    return actor


def _granted(granted: Granted, operation: Operation | None, query: bytes) -> bool:
    """Tell whether an app may do an operation; one that says nothing of FHIR is not for apps."""
    if operation is None or not operation.interaction or not isinstance(operation.resource, str):
        return False
    try:
        asked = parse_qs(query.decode("latin-1"), max_num_fields=100)
    except ValueError:  # more of them than anybody needs
        return False
    # What the operation does not know makes its answer no narrower.
    asked = {name: values for name, values in asked.items() if name in operation.asks}
    if operation.narrows and granted.patient:
        asked["patient"] = [granted.patient]
    if operation.narrows and operation.resource == "*":
        return True  # it leaves out the types that the app may not read
    return covers(granted, operation.resource, operation.interaction, asked)


class Guard:
    """Lets a request pass or answers it, and keeps the trail (ASGI middleware)."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        keeper: Gatekeeper,
        operations: Operations,
        trail: Trail,
        metrics_open: bool,
    ) -> None:
        self._app = app
        self._keeper = keeper
        self._operations = operations
        self._trail = trail
        self._metrics_open = metrics_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or not (path.startswith(GUARDED) or path == "/metrics"):
            await self._app(scope, receive, send)
            return
        method, address = str(scope["method"]), address_of(scope)
        operation = self._operations.of(method, path)
        headers = Headers(scope=scope)
        if self._is_open(operation, path, address, headers):
            await self._app(scope, receive, send)
            return
        actor: Actor | None = None
        try:
            in_use = operation is None or operation.name not in REFRESHING
            actor = await self._keeper.identify(
                method,
                headers,
                address=address,
                in_use=in_use,
                certificate=certificate_of(scope),
            )
            judge(actor, operation, scope.get("query_string", b""))
            purpose = _purpose(headers, actor)
        except LianyiError as refusal:
            meant = actor.purpose if actor else Purpose.OPERATIONS
            access = _access(actor or _nobody(), operation, address, meant)
            await self._refuse(refusal, access, operation, scope, receive, send)
            return
        assert actor is not None  # noqa: S101 - judge has raised otherwise
        access = _access(actor, operation, address, purpose)
        with acting(access), seen() as found:
            recording = self._recording(access, operation, scope, found, send, receive)
            await self._app(scope, receive, recording)

    def _is_open(
        self, operation: Operation | None, path: str, address: str, headers: Headers
    ) -> bool:
        if operation is not None and operation.permission == ANYBODY:
            return True
        here = address in {"127.0.0.1", "::1"} and not any(name in headers for name in FORWARDED)
        return path == "/metrics" and self._metrics_open and here

    async def _refuse(
        self,
        refusal: LianyiError,
        access: Access,
        operation: Operation | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        response = answer(refusal)
        if access.actor.name:
            with acting(access), seen() as found:
                recording = self._recording(
                    access, operation, scope, found, send, receive, refusal.code
                )
                await response(scope, receive, recording)
        else:
            await response(scope, receive, send)  # nobody: counted by the metrics of the proxy

    def _recording(
        self,
        access: Access,
        operation: Operation | None,
        scope: Scope,
        found: Seen,
        send: Send,
        receive: Receive,
        code: str = "",
    ) -> Send:
        """Return a ``send`` that writes the access down before the first byte of the answer."""
        swallowing = False

        async def recorded(message: Message) -> None:
            nonlocal swallowing
            if message["type"] == "http.response.start":
                try:
                    asked = _query(scope, operation)
                    await self._write(access, scope, asked, found, int(message["status"]), code)
                except LianyiError as failure:
                    swallowing = True
                    await answer(failure)(scope, receive, send)
            if not swallowing:
                await send(message)

        return recorded

    async def _write(
        self,
        access: Access,
        scope: Scope,
        asked: Mapping[str, str],
        found: Seen,
        status: int,
        code: str,
    ) -> None:
        facts = {
            "operation": access.operation,
            "method": scope["method"],
            "path": str(scope["path"])[:200],
            "query": asked,
            "result": result_of_status(status),
            "status": status,
            "code": code,
            "factors": access.actor.factors,
        }
        if access.actor.granted:
            facts["app"] = access.actor.granted.app
        if access.actor.confined:
            facts["system"] = access.actor.confined.system
        for channel, whose in found.by_channel().items():
            await self._trail.write(
                act(f"access.{access.operation}", facts, channel=channel, whose=whose, by=access)
            )


def result_of_status(status: int) -> str:
    """Return what came of an access, by its HTTP status."""
    return ALLOWED if status < 400 else REFUSED if status in {401, 403} else FAILED


def _query(scope: Scope, operation: Operation | None) -> Mapping[str, str]:
    """Return what a query asks, for the trail: only what the operation knows.

    Whatever else stands there, perhaps a secret that somebody put into an address, is not kept
    for ever.
    """
    known = operation.asks if operation else frozenset()
    pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"))
    return {key: value[:QUERY_MAX] for key, value in pairs if key in known}


def _purpose(headers: Headers, actor: Actor | None) -> Purpose:
    named = headers.get("x-purpose", "")
    if not named:
        return actor.purpose if actor else Purpose.OPERATIONS
    try:
        said = Purpose(named)
    except ValueError as error:
        known = " ".join(one.value for one in Purpose)
        raise UnknownPurpose(where="X-Purpose", known=known) from error
    if actor is None or said not in {actor.purpose, *actor.purposes}:
        raise NotYourPurpose(where="X-Purpose")
    return said


def _access(actor: Actor, operation: Operation | None, address: str, purpose: Purpose) -> Access:
    name = operation.name if operation else "unknown"
    permission = operation.permission_of(actor) if operation else ""
    return Access(actor, permission, name, purpose, address)


def _nobody() -> Actor:
    return current().actor


def cookie_of(headers: Headers) -> str:
    """Return our cookie of a request; empty when there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def address_of(scope: Scope) -> str:
    """Return the network address a request came from."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def certificate_of(scope: Scope) -> ShownCertificate | None:
    """Return the certificate that the client has shown and TLS has verified; None: none."""
    tls = (scope.get("extensions") or {}).get("tls") or {}
    chain = tls.get("client_cert_chain") or ()
    return read_shown(chain[0]) if chain else None


def refused(failure: LianyiError) -> bool:
    """Tell whether a failure is a refusal rather than a mistake."""
    return status_of(failure) in {401, 403}
