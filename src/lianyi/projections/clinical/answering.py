"""What the doors answer: resources, histories, outcomes, and the headers that go with them. Pure.

Source:
    HL7 FHIR R4, 3.1.0: ETag, Last-Modified, Location; 3.1.0.9 history; Bundle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.everything import Everything
from lianyi.projections.clinical.reading import Page, Shown
from lianyi.projections.clinical.resources import instant
from lianyi.projections.clinical.sending import http_date
from lianyi.projections.clinical.service import Written

_DONE: Final = {
    True: ("已新建", "created"),
    False: ("已更新", "updated"),
}


def headers_of(version: int, updated_at: datetime | None) -> dict[str, str]:
    """Return the headers that say which version is answered."""
    headers = {"ETag": f'W/"{version}"'} if version else {}
    return headers | ({"Last-Modified": http_date(updated_at)} if updated_at else {})


def headers_of_write(written: Written, base: str) -> dict[str, str]:
    """Return the headers of the answer to a write.

    Args:
        written: what became of it.
        base: address of these doors, without a slash at the end.
    """
    headers = headers_of(written.version, written.updated_at)
    if written.version:
        place = f"{base}/{written.type}/{written.id}/_history/{written.version}"
        headers |= {"Location": place, "Content-Location": place}
    return headers


def outcome_of(written: Written) -> bytes:
    """Return what became of a write as an OperationOutcome."""
    zh, en = _DONE[written.created] if written.body else ("已删除", "deleted")
    name = f"{written.type}/{written.id}"
    issue = {
        "severity": "information",
        "code": "informational",
        "details": {"text": f"{name} {zh}（版本 {written.version}）"},
        "diagnostics": f"{name} {en}, version {written.version}",
    }
    return json_text.write({"resourceType": "OperationOutcome", "issue": [issue]})


def history_of(
    page: Page, *, base: str, path: str, query: Sequence[tuple[str, str]], more: str
) -> bytes:
    """Return a page of a history as a Bundle.

    Args:
        page: of the history.
        base: address of these doors.
        path: below it.
        query: as it was sent.
        more: place of the next page; empty: there is none.
    """
    links = [{"relation": "self", "url": _address(base, path, query)}]
    if more:
        rest = [pair for pair in query if pair[0] != "page"] + [("page", more)]
        links.append({"relation": "next", "url": _address(base, path, rest)})
    head = {
        "resourceType": "Bundle",
        "type": "history",
        "total": page.total,
        "link": links,
    }
    return with_entries(head, [_past(one, base) for one in page.items])


def _address(base: str, path: str, query: Sequence[tuple[str, str]]) -> str:
    return f"{base}/{path}" + (f"?{urlencode(query)}" if query else "")


def _past(shown: Shown, base: str) -> tuple[dict[str, Any], bytes]:
    kept = shown.kept
    url = kept.type if kept.method == "POST" else f"{kept.type}/{kept.id}"
    status = {"POST": "201 Created", "PUT": "200 OK"}.get(kept.method, "204 No Content")
    entry = {
        "fullUrl": f"{base}/{kept.type}/{kept.id}",
        "request": {"method": kept.method, "url": url},
        "response": {
            "status": status,
            "etag": f'W/"{kept.version}"',
            "lastModified": instant(kept.updated_at),
        },
    }
    return entry, shown.body


def everything_of(
    found: Everything, *, base: str, path: str, query: Sequence[tuple[str, str]]
) -> bytes:
    """Return a page of what is about a patient as a Bundle; see :func:`history_of`."""
    links = [{"relation": "self", "url": _address(base, path, query)}]
    if found.next is not None:
        rest = [pair for pair in query if pair[0] != "page"] + [("page", str(found.next))]
        links.append({"relation": "next", "url": _address(base, path, rest)})
    head = {"resourceType": "Bundle", "type": "searchset", "link": links}
    entries = [(_found(one, base, "match"), one.body) for one in found.items]
    entries += [(_found(one, base, "include"), one.body) for one in found.others]
    return with_entries(head, entries)


def _found(shown: Shown, base: str, mode: str) -> dict[str, Any]:
    name = f"{shown.kept.type}/{shown.kept.id}"
    return {"fullUrl": f"{base}/{name}", "search": {"mode": mode}}


def with_entries(
    head: Mapping[str, Any], entries: Sequence[tuple[Mapping[str, Any], bytes]]
) -> bytes:
    """Return a Bundle of resources that are JSON already.

    Args:
        head: the Bundle without its entries.
        entries: each without its resource, and the resource; empty: it has none.
    """
    if not entries:
        return json_text.write(head)
    made = []
    for entry, body in entries:
        text = json_text.write(entry)
        if body:
            rest = b"," + text[1:] if len(text) > 2 else b"}"
            text = b'{"resource":' + body + rest
        made.append(text)
    return json_text.write(head)[:-1] + b',"entry":[' + b",".join(made) + b"]}"
