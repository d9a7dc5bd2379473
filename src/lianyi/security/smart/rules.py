"""Decisions about apps and what they ask for: pure, no clock, no database.

Sources:
    SMART App Launch 2.2; RFC 6749, 3.1.2 and 4.1; RFC 7636 (PKCE); RFC 9207 (``iss``);
    RFC 9700, 2.1 and 4.1 (redirect URIs are compared letter by letter); RFC 8252, 7.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode, urlsplit

from lianyi.security.model import Actor, Reach
from lianyi.security.rules import narrowed
from lianyi.security.scopes import ANY, BrokenScope, Granted, Scopes, parse, scopes_of
from lianyi.security.smart.model import App, Context
from lianyi.security.smart.problems import (
    AuthorisationRefused,
    BadApp,
    ContextMissing,
    UnknownApp,
)

REDIRECT_URIS_MAX = 10
ADDRESS_CHARACTERS_MAX = 500
STATE_CHARACTERS_MAX = 1000
PARAMETERS = frozenset(
    {
        "response_type", "client_id", "redirect_uri", "scope", "state", "aud", "launch",
        "code_challenge", "code_challenge_method", "nonce", "prompt",
    }
)  # fmt: skip
"""What an app may say when it sends a browser; the rest is ignored (RFC 6749, 3.1)."""

_ADDRESS = re.compile(r"[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+")
"""What RFC 3986 lets stand in an address, without ``"<>\\^`{|}``."""
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
"""A scheme of an app on a telephone: a name of the DNS turned round (RFC 8252, 7.1)."""
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_IDENTIFIER = re.compile(r"[^\s^|\\]([^^|\\\r\n]{0,98}[^\s^|\\])?")

_MASTER_DATA = {"r": "masterdata.read", "s": "masterdata.read", "c": "masterdata.edit",
                "u": "masterdata.edit"}  # fmt: skip
NEEDS: Mapping[str, Mapping[str, str]] = {
    "AuditEvent": {"r": "audit.read", "s": "audit.read"},
    "Organization": _MASTER_DATA,
    "Location": _MASTER_DATA,
    "Practitioner": _MASTER_DATA,
    "PractitionerRole": _MASTER_DATA,
}
"""The permission that an interaction needs; one that is missing here nobody has.

What is said of other types of resources, and by ``*``, is decided where they are asked for: a
token never opens what its person may not do.
"""
_OF_PATIENTS = ("identity.read", "identity.match", "identity.register")
"""What the doors of Patient need. Who gives a scope for it need not have them: it says which data
of a patient an app may see, and opens these doors only to whoever may go through himself."""
_OF_CARE = ("clinical.read", "clinical.write", "clinical.export")
"""What the doors of clinical data need; again, whoever gives a scope need not have them. An export
looks itself at the scopes of the system's level."""
PERMISSIONS_OF_APPS = frozenset(
    {*_OF_PATIENTS, *_OF_CARE, *(name for needed in NEEDS.values() for name in needed.values())}
)
"""All that a token of an app can be good for."""


def held(scopes: Scopes, reach: Reach) -> Scopes:
    """Return the part of scopes that somebody with this reach can give or use."""
    return scopes_of(
        (
            one
            for one in scopes.rights
            if one.resource == ANY
            or one.resource not in NEEDS
            or reach.organisations(NEEDS[one.resource].get(one.interaction, ""))
        ),
        scopes.special,
    )


def by_app(actor: Actor, granted: Granted) -> Actor:
    """Return somebody as far as an app may act for him: its scopes, within his own rights."""
    return replace(
        actor,
        reach=narrowed(actor.reach, PERMISSIONS_OF_APPS),
        granted=replace(granted, scopes=held(granted.scopes, actor.reach)),
    )


# ---- registration ------------------------------------------------------------------------------


def check_redirect_uris(uris: Sequence[str]) -> None:
    """Do nothing when browsers may be sent to these addresses.

    Raises:
        BadApp: with why not.
    """
    if not 0 < len(uris) <= REDIRECT_URIS_MAX or len(set(uris)) != len(uris):
        raise _bad(
            f"it needs 1 to {REDIRECT_URIS_MAX} different addresses to return to",
            f"需要 1 至 {REDIRECT_URIS_MAX} 个互不相同的返回地址",
        )
    for uri in uris:
        check_address(uri)


def check_address(uri: str) -> None:
    """Do nothing when an address is safe to send a browser to.

    Raises:
        BadApp: with why not.
    """
    if len(uri) > ADDRESS_CHARACTERS_MAX or not _ADDRESS.fullmatch(uri) or "#" in uri:
        raise _bad("an address is too long, or holds # or a sign that must be encoded",
                   "地址过长，或含有 # 或须编码的字符")  # fmt: skip
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise _bad("an address is no URL", "地址不是有效的 URL") from error
    if "@" in parts.netloc or "*" in parts.netloc:
        raise _bad("an address names a user or a wildcard", "地址中含有用户名或通配符")
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and host in _LOOPBACK:
        return
    if _OWN_SCHEME.fullmatch(parts.scheme):
        return
    raise _bad(
        "an address must begin with https://, http://127.0.0.1 or the app's own scheme with a dot",
        "地址须以 https://、http://127.0.0.1 或应用自有的带点协议名开头",
    )


def _bad(why: str, why_zh: str) -> BadApp:
    return BadApp(where="app", why=why, why_zh=why_zh)


# ---- what an app asks for ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an app asks for when it sends a browser.

    Attributes:
        redirect_uri: where the browser goes afterwards; one of the app's.
        state, nonce: brought back unchanged; the nonce may be empty.
        scopes: as far as the app may ask for them.
        challenge: of PKCE, S256.
        launch: the handle of a start from here; empty: it started by itself.
    """

    redirect_uri: str
    state: str
    scopes: Scopes
    challenge: str
    nonce: str = ""
    launch: str = field(default="", repr=False)

    def misses(self, context: Context) -> list[str]:
        """Return what must be chosen before an answer: ``patient``, ``encounter``."""
        special = self.scopes.special
        patient = "launch/patient" in special or bool(self.scopes.of_level("patient").rights)
        return [
            name
            for name, needed, known in (
                ("patient", patient, context.patient),
                ("encounter", "launch/encounter" in special, context.encounter),
            )
            if needed and not known
        ]


def redirect_of(app: App | None, asked: Mapping[str, str]) -> str:
    """Return where the browser of a request may be sent.

    Raises:
        UnknownApp: nowhere.
    """
    uri = asked.get("redirect_uri", "")
    if app is None or uri not in app.redirect_uris:
        raise UnknownApp(where="authorization")
    return uri


def read_wanted(app: App, asked: Mapping[str, str], *, audiences: Sequence[str]) -> Wanted:
    """Return what an app asks for.

    Args:
        app: the registered one.
        asked: the parameters, each once.
        audiences: how we are called.

    Raises:
        UnknownApp: the browser may not be sent back.
        AuthorisationRefused: the app is told what is wrong.
    """
    redirect_uri = redirect_of(app, asked)
    if asked.get("response_type") != "code":
        word = "unsupported_response_type" if asked.get("response_type") else "invalid_request"
        raise _refused(word, "response_type must be code", "response_type 须为 code")
    if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
        asked.get("code_challenge", "")
    ):
        raise _refused("invalid_request", "PKCE with S256 is needed", "须使用 PKCE（S256）")
    state, nonce = asked.get("state", ""), asked.get("nonce", "")
    if not state or max(len(state), len(nonce)) > STATE_CHARACTERS_MAX:
        raise _refused("invalid_request", "state is missing, or too long", "缺少 state 或过长")
    if asked.get("aud", "").rstrip("/") not in audiences:
        raise _refused("invalid_request", "aud is not the address of this platform",
                       "aud 不是本平台的地址")  # fmt: skip
    if asked.get("prompt") == "none":
        raise _refused("interaction_required", "a person must approve", "须由用户确认")
    try:
        scopes = parse(asked.get("scope", "")) & app.scopes
    except BrokenScope as error:
        raise _refused("invalid_scope", "a scope is none of SMART", "scope 有误") from error
    scopes = scopes_of(scopes.of_level("patient", "user").rights, scopes.special)
    launch = asked.get("launch", "")
    if "launch" in scopes.special and not launch:
        raise _refused("invalid_request", "launch is missing", "缺少 launch")
    if not scopes.rights and not scopes.special & {"openid", "launch", "launch/patient"}:
        raise _refused(
            "invalid_scope", "the app may have none of these", "该应用不可使用这些 scope"
        )
    launch = launch if "launch" in scopes.special else ""
    return Wanted(redirect_uri, state, scopes, asked["code_challenge"], nonce, launch)


def audiences_of(issuer: str) -> list[str]:
    """Return how we are called: our address, and that of the FHIR doors."""
    return [issuer, f"{issuer}/fhir"]


def _refused(error: str, why: str, why_zh: str) -> AuthorisationRefused:
    return AuthorisationRefused(error, why=why, why_zh=why_zh)


def sent_back(uri: str, answer: Mapping[str, str]) -> str:
    """Return the address that brings an answer to an app."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(answer)}"


def identifier_of(value: str, authority: str, *, what: str, what_zh: str) -> str:
    """Return ``value^authority`` of what somebody entered.

    Raises:
        ContextMissing: one of them is empty, or holds signs that no number has.
    """
    value, authority = value.strip(), authority.strip()
    if not _IDENTIFIER.fullmatch(value) or not _IDENTIFIER.fullmatch(authority):
        raise ContextMissing(where=what, what=what, what_zh=what_zh)
    return f"{value}^{authority}"


# ---- PKCE --------------------------------------------------------------------------------------


def is_verified(verifier: str, challenge: str) -> bool:
    """Tell whether a code verifier belongs to a challenge (RFC 7636, 4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return hmac.compare_digest(made, challenge)
