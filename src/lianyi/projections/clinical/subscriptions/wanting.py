"""A Subscription, read: what is wanted, to whom it is told, and how. Pure.

Source:
    HL7 Subscriptions R5 Backport 1.1.0, R4 Topic-Based Subscription profile; FHIR R4 Subscription.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from lianyi.projections.clinical.subscriptions.problems import ReceiverNotAllowed, unusable

IG: Final = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
PROFILE: Final = f"{IG}/backport-subscription"
PACT: Final = "urn:lianyi:subscription-pact"
"""The extension that says by whose leave a subscription is followed; the platform writes it."""
SEALED: Final = "***"
"""What stands in a header in place of its value, which is sealed."""
FILTERS_MAX: Final = 20
HEADERS_MAX: Final = 20
CHARACTERS_MAX: Final = 4000
HEARTBEAT_MIN: Final = 10
_FORMS: Final = {
    "": "json",
    "application/fhir+json": "json",
    "application/json": "json",
    "application/fhir+xml": "xml",
    "application/xml": "xml",
}
_HEADER: Final = re.compile(r"([A-Za-z][A-Za-z0-9\-]{0,63}):[ ]*([\x20-\x7e]{1,4000})", re.ASCII)
_OURS: Final = frozenset(
    {"host", "content-length", "content-type", "connection", "transfer-encoding", "upgrade",
     "expect", "te", "trailer", "keep-alive", "proxy-authorization"}
)  # fmt: skip
"""Headers that say how a notification is sent, and not from whom."""

Content = Literal["empty", "id-only", "full-resource"]


class Wanted(msgspec.Struct, frozen=True):
    """What a Subscription asks for.

    Attributes:
        topic: its canonical address.
        filters: ``Type?name=value&…``, all of which must hold.
        endpoint: to whom it is told.
        headers: names of the headers that go with each notification; what they say is sealed.
        content: what of an event is told.
        form: ``json`` or ``xml``.
        heartbeat_seconds: after so long without an event the receiver hears so; 0: never.
        timeout_seconds: how long it may take to answer; 0: as the platform says.
        together_max: so many events in one notification; 0: as the platform says.
        end: from then on it is off.
    """

    topic: str
    filters: tuple[str, ...] = ()
    endpoint: str = ""
    headers: tuple[str, ...] = ()
    content: Content = "empty"
    form: Literal["json", "xml"] = "json"
    heartbeat_seconds: int = 0
    timeout_seconds: int = 0
    together_max: int = 0
    end: datetime | None = None

    @property
    def digest(self) -> bytes:
        """SHA-256 of all this."""
        return hashlib.sha256(msgspec.json.encode(self)).digest()


def read(resource: Mapping[str, Any]) -> Wanted:
    """Read a Subscription, whose shape was checked.

    Raises:
        UnusableSubscription: it cannot be followed.
    """
    channel = resource.get("channel")
    if not isinstance(channel, Mapping) or channel.get("type") != "rest-hook":
        raise unusable("Subscription.channel.type", "only rest-hook is done", "仅支持 rest-hook")
    criteria, beside = resource.get("criteria"), _mapping(resource.get("_criteria"))
    if not isinstance(criteria, str) or not criteria.strip():
        raise unusable("Subscription.criteria", "it names no topic", "未指明主题")
    filters = tuple(
        str(one.get("valueString") or "")
        for one in _extensions(beside, f"{IG}/backport-filter-criteria")
    )
    if len(filters) > FILTERS_MAX or sum(map(len, filters)) > CHARACTERS_MAX:
        raise unusable("Subscription.criteria", "it has too many filters", "过滤条件过多")
    return Wanted(
        criteria.strip(),
        filters,
        str(channel.get("endpoint") or ""),
        tuple(name for name, _ in headers_of(resource)),
        _content(channel),
        _form(channel),
        _number(channel, "backport-heartbeat-period"),
        _number(channel, "backport-timeout"),
        _number(channel, "backport-max-count"),
        _end(resource),
    )


def _content(channel: Mapping[str, Any]) -> Content:
    found = _extensions(_mapping(channel.get("_payload")), f"{IG}/backport-payload-content")
    said = str(found[0].get("valueCode")) if found else "empty"
    if said == "empty":
        return "empty"
    if said == "id-only":
        return "id-only"
    if said == "full-resource":
        return "full-resource"
    raise unusable(
        "Subscription.channel.payload",
        "its content is empty, id-only or full-resource",
        "内容须为 empty、id-only 或 full-resource",
    )


def _form(channel: Mapping[str, Any]) -> Literal["json", "xml"]:
    said = str(channel.get("payload") or "").partition(";")[0].strip()
    if said not in _FORMS:
        raise unusable(
            "Subscription.channel.payload",
            "it is application/fhir+json or application/fhir+xml",
            "须为 application/fhir+json 或 application/fhir+xml",
        )
    return "xml" if _FORMS[said] == "xml" else "json"


def _number(channel: Mapping[str, Any], name: str) -> int:
    found = _extensions(channel, f"{IG}/{name}")
    if not found:
        return 0
    values = [value for key, value in found[0].items() if key.startswith("value")]
    value = values[0] if values else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**7:
        raise unusable(f"Subscription.channel.{name}", "it is no number", "不是正整数")
    return max(value, HEARTBEAT_MIN) if name == "backport-heartbeat-period" else value


def _end(resource: Mapping[str, Any]) -> datetime | None:
    said = resource.get("end")
    if said is None:
        return None
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        raise unusable("Subscription.end", "it is no instant", "不是时间") from None
    if at.tzinfo is None:
        raise unusable("Subscription.end", "it has no zone", "缺少时区")
    return at


def headers_of(resource: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the headers of a Subscription, names and values.

    Raises:
        UnusableSubscription: one is no header, or none that a subscription may set.
    """
    said = _mapping(resource.get("channel")).get("header")
    found = []
    for one in said if isinstance(said, list) else []:
        match = _HEADER.fullmatch(str(one))
        if match is None or match[1].lower() in _OURS:
            raise unusable(
                "Subscription.channel.header",
                "it is written Name: value, and is none that says how a message is sent",
                "应写作“名称: 值”，且不能是传输控制头",
            )
        found.append((match[1], match[2]))
    if len(found) > HEADERS_MAX:
        raise unusable("Subscription.channel.header", "there are too many", "数量过多")
    return found


def covered(resource: Mapping[str, Any], pact: str) -> dict[str, Any]:
    """Return a Subscription as it is kept: its headers without what they say, and with its pact."""
    channel = dict(_mapping(resource.get("channel")))
    if headers := headers_of(resource):
        channel["header"] = [f"{name}: {SEALED}" for name, _ in headers]
    said = resource.get("extension")
    others = [one for one in said if one.get("url") != PACT] if isinstance(said, list) else []
    return {
        **{name: value for name, value in resource.items() if name != "error"},
        "extension": [*others, {"url": PACT, "valueString": pact}],
        "status": "off" if resource.get("status") == "off" else "requested",
        "channel": channel,
    }


def pact_of(resource: Mapping[str, Any]) -> str:
    """Return by which pact a Subscription is to be followed; empty: it names none."""
    found = _extensions(resource, PACT)
    return str(found[0].get("valueString") or "") if found else ""


def check_receiver(endpoint: str, hosts: Collection[str]) -> None:
    """Do nothing for the address of a receiver that may be told, as far as it can be seen.

    Where its name leads is looked at with every connection.

    Args:
        endpoint: the address.
        hosts: that need not be public, nor be asked over https.

    Raises:
        UnusableSubscription: it is no address.
        ReceiverNotAllowed: it may not be told.
    """
    parts = _split(endpoint)
    host = (parts.hostname or "") if parts else ""
    if parts is None or not host or parts.scheme not in ("http", "https"):
        raise unusable(
            "Subscription.channel.endpoint", "it is no address of the web", "不是有效的网址"
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise unusable(
            "Subscription.channel.endpoint",
            "an address has neither user nor fragment; use channel.header",
            "网址不得带有用户名、密码或片段，请使用 channel.header",
        )
    if host in hosts:
        return
    if parts.scheme != "https" or host == "localhost" or not _may_be_public(host):
        raise ReceiverNotAllowed(where="Subscription.channel.endpoint")


def _split(endpoint: str) -> SplitResult | None:
    if len(endpoint) > CHARACTERS_MAX or not endpoint.isascii() or not endpoint.isprintable():
        return None
    try:
        parts = urlsplit(endpoint)
        is_address = parts.port != 0 and " " not in endpoint
    except ValueError:
        return None
    return parts if is_address else None


def _may_be_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True  # a name


def _extensions(element: Mapping[str, Any], url: str) -> Sequence[Mapping[str, Any]]:
    said = element.get("extension")
    listed = said if isinstance(said, list) else []
    return [one for one in listed if isinstance(one, Mapping) and one.get("url") == url]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
