"""A write over REST as a message of the log: what was decided at the door. Pure.

The body is a FHIR Bundle of type ``history``, the standard's own way to say *this was put* and
*this was deleted*: ids given, references resolved, nothing left to decide. So the log can be read
by people and by others, and is masked and erased as any message.

Source:
    HL7 FHIR R4, Bundle: for ``history`` each entry has a request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from lianyi.formats.fhir import json_text
from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.clinical.problems import unreadable
from lianyi.projections.clinical.resources import Reference, read_reference
from lianyi.projections.clinical.statements import Stated

KIND: Final = "fhir write"


class Put(NamedTuple):
    """A resource that was put, or deleted.

    Attributes:
        type, id: of it.
        resource: as it is kept: with its id, without version and instant; None: deleted.
    """

    type: str
    id: str
    resource: Mapping[str, Any] | None


def write(
    puts: Sequence[Put], *, channel: int, sender: str, patients: Sequence[str] = ()
) -> NewMessage:
    """Return writes as one message.

    Args:
        puts: in their order.
        channel: whose they are.
        sender: who writes.
        patients: whom they are about, ``value^authority``.
    """
    bundle = {
        "resourceType": "Bundle",
        "type": "history",
        "entry": [_entry(one) for one in puts],
    }
    keys = tuple(f"p:{one}" for one in dict.fromkeys(patients))
    return NewMessage(channel, KIND, json_text.write(bundle), "utf-8", sender, keys)


def _entry(put: Put) -> dict[str, Any]:
    url = f"{put.type}/{put.id}"
    if put.resource is None:
        return {"request": {"method": "DELETE", "url": url}}
    return {"resource": put.resource, "request": {"method": "PUT", "url": url}}


def read(message: LogMessage) -> list[Stated]:
    """Return what a write says.

    Raises:
        UnreadableResource: it is none of ours.
    """
    try:
        # How deep it is, the door has judged.
        entries = json_text.read(message.body, depth_max=len(message.body))["entry"]
        return [_stated(one, message) for one in entries]
    except (KeyError, TypeError, AttributeError) as error:
        raise unreadable("Bundle", "it holds no writes", "其中没有写入内容") from error


def _stated(entry: Mapping[str, Any], message: LogMessage) -> Stated:
    leads = read_reference(entry["request"]["url"])
    if not isinstance(leads, Reference):
        raise TypeError("entry.request.url")
    gone = entry["request"]["method"] == "DELETE"
    resource = {} if gone else entry["resource"]
    return Stated(leads.type, leads.id, message.received_at, resource, whole=True, deleted=gone)
