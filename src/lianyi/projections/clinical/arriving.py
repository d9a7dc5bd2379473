"""What FHIR R4 that comes by a channel says: a resource, or the resources of a Bundle. Pure.

An id is unique only at the server that gave it. So a resource keeps its id when that is a UUID,
and so unique in the world; any other becomes part of a name within its sender's realm, here and in
every reference, be what it leads to in this message or in another one of the sender. A Patient
without an id whom the index knows gets the number of her record.

Every kind of Bundle but the answer to a search says something. Of a document the Bundle itself is
kept, too: it is what was signed.

Source:
    HL7 FHIR R4, 3.4 Bundle, 2.27 Resource ids ("unique within the space of all resources of the
    same type on the same server").
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from lianyi.formats.fhir import json_text
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical.ids import ID, clinical_id
from lianyi.projections.clinical.problems import unreadable
from lianyi.projections.clinical.records import KIND as WRITTEN
from lianyi.projections.clinical.records import record_of
from lianyi.projections.clinical.resources import (
    TYPE,
    named,
    read_reference,
    unstamped,
    with_references,
)
from lianyi.projections.clinical.statements import Stated
from lianyi.projections.identity.feeds.fhir import moment_of
from lianyi.projections.identity.feeds.limits import sender_of
from lianyi.projections.identity.ids import shown

ENTRIES_MAX: Final = 20_000
_DEPTH_MAX: Final = 3
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_TELLING: Final = frozenset(
    {"transaction", "batch", "message", "collection", "document", "history"}
)
_CARRIERS: Final = frozenset({"Parameters", "OperationOutcome"})
"""Resources that are never kept."""


class _Found(NamedTuple):
    """A resource of a message.

    Attributes:
        url: its full URL; empty: none.
        resource: as it stands there.
        gone: an entry that deletes; the resource is its type and id.
    """

    url: str
    resource: Mapping[str, Any]
    gone: bool = False


def wants(kind: str) -> bool:
    """Tell whether messages of a kind may be FHIR; JSON of a channel is called ``json``."""
    return kind != WRITTEN and kind.startswith(("json", "fhir "))


def read(message: LogMessage, zone: ZoneInfo) -> list[Stated]:
    """Return what a message says about resources.

    Args:
        message: of a kind that :func:`wants`.
        zone: of times without one.

    Raises:
        MalformedFhir: it is no JSON.
        UnreadableResource: it is no text, or too much.
    """
    if b'"resourceType"' not in message.body or not message.body.lstrip().startswith(b"{"):
        return []
    sent = json_text.read(_text(message))
    found = list(_resources(sent, _DEPTH_MAX))
    if len(found) > ENTRIES_MAX:
        raise unreadable(
            "Bundle.entry",
            f"there are more than {ENTRIES_MAX} resources in one message",
            f"一条消息中的资源超过 {ENTRIES_MAX} 个",
        )
    sender = sender_of(message)
    ids = [_id_of(one, sender) for one in found]
    new: dict[str, str] = {}
    for one, id_ in zip(found, ids, strict=True):
        type_ = str(one.resource["resourceType"])
        for name in (one.url, f"{type_}/{one.resource.get('id', '')}"):
            new.setdefault(name, f"{type_}/{id_}")

    def renamed(text: str) -> str | None:
        leads = None if text in new else read_reference(text)
        return new.get(text) if leads is None else f"{leads.type}/{_named(*leads, sender)}"

    return [_stated(one, id_, renamed, message, zone) for one, id_ in zip(found, ids, strict=True)]


def _text(message: LogMessage) -> bytes:
    codec = message.codec or "utf-8"
    try:
        return message.body if codec == "utf-8" else message.body.decode(codec).encode()
    except (ValueError, LookupError) as error:
        raise unreadable("body", f"it is no {codec} text", f"不是 {codec} 文本") from error


def _resources(sent: object, depth: int) -> Iterator[_Found]:
    """Give what is said: a resource, or those of a bundle."""
    if not isinstance(sent, Mapping) or depth == 0:
        return
    kind = sent.get("resourceType")
    if not isinstance(kind, str) or not TYPE.fullmatch(kind) or kind in _CARRIERS:
        return
    if kind != "Bundle":
        yield _Found("", sent)
        return
    if sent.get("type") == "document":
        yield _Found("", sent)
    if sent.get("type") in _TELLING:
        entries = sent.get("entry")
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, Mapping):
                yield from _entry(entry, depth)


def _entry(entry: Mapping[str, Any], depth: int) -> Iterator[_Found]:
    url, request = entry.get("fullUrl"), entry.get("request")
    asked = request if isinstance(request, Mapping) else {}
    if asked.get("method") == "DELETE":
        leads = read_reference(str(asked.get("url") or ""))
        if leads:
            yield _Found("", {"resourceType": leads.type, "id": leads.id}, gone=True)
        return
    for found in _resources(entry.get("resource"), depth - 1):
        yield found._replace(url=url if isinstance(url, str) and not found.url else found.url)


def _id_of(found: _Found, sender: str) -> str:
    """Return the id under which a resource is kept."""
    resource = found.resource
    type_, own = str(resource["resourceType"]), resource.get("id")
    if isinstance(own, str) and ID.fullmatch(own):
        return _named(type_, own, sender)
    if type_ == "Patient" and (record := record_of(resource, sender=sender)) is not None:
        return shown(record.record)
    uuid = found.url.removeprefix("urn:uuid:")
    if _UUID.fullmatch(uuid):
        return uuid
    content = hashlib.sha256(json_text.write(resource)).hexdigest()
    return clinical_id(type_, sender, "content", content)


def _named(type_: str, own: str, sender: str) -> str:
    """Return under which id a resource is kept that its sender knows by one of his own."""
    return own if _UUID.fullmatch(own) else clinical_id(type_, sender, own)


def _stated(
    found: _Found,
    id_: str,
    renamed: Callable[[str], str | None],
    message: LogMessage,
    zone: ZoneInfo,
) -> Stated:
    type_ = str(found.resource["resourceType"])
    if found.gone:
        return Stated(type_, id_, message.received_at, {}, whole=True, deleted=True)
    meta = found.resource.get("meta")
    told = meta.get("lastUpdated") if isinstance(meta, Mapping) else None
    said_at = moment_of(
        told if isinstance(told, str) else "", zone, received_at=message.received_at
    )
    resource = found.resource
    if type_ != "Bundle":  # what was signed stays as it is
        resource = with_references(resource, renamed)
    return Stated(type_, id_, said_at, unstamped(named(resource, id_)), whole=True)
