"""A Bundle of requests, read: what each entry wants, and where references within it lead. Pure.

Source:
    HL7 FHIR R4, 3.1.0.11 batch/transaction: order DELETE, POST, PUT and PATCH, GET; "the server
    SHALL replace all matching links in the bundle"; conditional references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from lianyi.projections.clinical import patching, sending
from lianyi.projections.clinical.ids import ID
from lianyi.projections.clinical.patching import Patch
from lianyi.projections.clinical.problems import broken
from lianyi.projections.clinical.resources import REFERENCE, with_references
from lianyi.projections.clinical.types import TYPES

ENTRIES_MAX: Final = 20_000
ORDER: Final = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 3, "GET": 4, "HEAD": 4}
LETTERS: Final = {"DELETE": "d", "POST": "c", "PUT": "u", "PATCH": "u"}
"""What each method needs of an app that writes; what it reads, whoever reads judges."""
READING: Final = frozenset({"GET", "HEAD"})
_LINKS: Final = REFERENCE | {"url", "valueUri", "valueUrl", "valueUuid", "valueOid"}
"""Elements in which an address within the Bundle is replaced."""

Query = Sequence[tuple[str, str]]


class Step(NamedTuple):
    """What one entry wants.

    Attributes:
        place: of the entry, from 0.
        method: of :data:`ORDER`.
        type, id: of the resource; the id is empty where the platform or criteria say which. The
            type is empty where an entry reads of several types.
        path: the whole address without its query.
        query: criteria, or what else stands in the address.
        resource: that was sent; None: none.
        url: full URL of the entry; empty: none.
        if_match: version that must stand; None: any.
        if_none_exist: criteria of a conditional create; empty: it is none.
        if_none_match: ``*`` wants that nothing stands there; of a read, the version that is known.
        if_modified_since: of a read: instant of what is known.
        patch: that was sent.
        references: the literal references in the resource.
        is_in_transaction: whether the references in it are resolved.
    """

    place: int
    method: str
    type: str
    id: str
    path: str
    query: Query
    resource: Mapping[str, Any] | None
    url: str = ""
    if_match: int | None = None
    if_none_exist: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""
    patch: Patch | None = None
    references: Sequence[str] = ()
    is_in_transaction: bool = False

    def in_transaction(self) -> Step:
        """Return it as it is in a transaction, where references are resolved."""
        return self._replace(is_in_transaction=True)

    @property
    def where(self) -> str:
        """Where in the Bundle it stands."""
        return f"Bundle.entry[{self.place}]"

    @property
    def criteria(self) -> str:
        """``Type?query`` of a conditional write; empty: it is none."""
        if self.if_none_exist:
            return f"{self.type}?{self.if_none_exist}"
        if not self.id and self.method in ("PUT", "PATCH", "DELETE"):
            return f"{self.type}?" + "&".join(sorted(f"{k}={v}" for k, v in self.query))
        return ""


def read_steps(bundle: Mapping[str, Any]) -> list[Step]:
    """Return what the entries of a Bundle want, in their order.

    Raises:
        BrokenTransaction: an entry wants nothing that can be understood.
        UnreadableResource: a resource in it breaks a rule that holds for all.
    """
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > ENTRIES_MAX:
        raise broken(
            "Bundle.entry",
            f"it is no list of at most {ENTRIES_MAX} entries",
            f"不是列表，或条目超过 {ENTRIES_MAX} 个",
        )
    return [read_step(place, entry) for place, entry in enumerate(entries)]


def read_step(place: int, entry: object) -> Step:
    """Return what one entry wants; see :func:`read_steps`."""
    where = f"Bundle.entry[{place}]"
    request = entry.get("request") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(request, Mapping):
        raise broken(where, "it has no request", "缺少 request")
    method, address = request.get("method"), request.get("url")
    if method not in ORDER or not isinstance(address, str):
        raise broken(where, "its request has no method or address", "request 缺少方法或地址")
    path, _, query = address.strip("/").partition("?")
    type_, _, rest = path.partition("/")
    id_, _, rest = rest.partition("/")
    if method in READING:
        type_ = type_ if type_ in TYPES else ""
    elif type_ not in TYPES or (id_ and not ID.fullmatch(id_)) or rest:
        raise broken(where, "its address names no resource", "request.url 未指向资源")
    resource = entry.get("resource")
    if resource is not None:
        if not isinstance(resource, Mapping):
            raise broken(where, "its resource is none", "resource 不是资源")
        sending.check(resource, where=where)
    elif method in ("POST", "PUT"):
        raise broken(where, "it has no resource", "缺少 resource")
    url = entry.get("fullUrl")
    return Step(
        place,
        method,
        type_,
        id_,
        path,
        parse_qsl(query, keep_blank_values=True),
        resource,
        url if isinstance(url, str) else "",
        sending.version_of(str(request.get("ifMatch") or ""), f"{where}.request.ifMatch"),
        str(request.get("ifNoneExist") or "").rpartition("?")[2],
        str(request.get("ifNoneMatch") or ""),
        str(request.get("ifModifiedSince") or ""),
        patching.of_resource(resource) if method == "PATCH" else None,
        references_of(resource),
    )


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Return steps in the order in which a transaction does them."""
    return sorted(steps, key=lambda step: (ORDER[step.method], step.place))


def linked(resource: Mapping[str, Any], leads: Callable[[str], str | None]) -> dict[str, Any]:
    """Return a resource whose references and addresses within the Bundle lead to what was made.

    Args:
        resource: JSON; what is not changed in it is shared with what is returned.
        leads: to what an address leads: ``Type/id``; None: it stays as it is.
    """
    return with_references(resource, leads, elements=_LINKS)


def references_of(resource: object) -> list[str]:
    """Return the literal references in a resource."""
    found: list[str] = []
    _add_references(resource, found)
    return found


def _add_references(value: object, found: list[str]) -> None:
    if value.__class__ is dict:
        for name, inner in value.items():
            if inner.__class__ is dict or inner.__class__ is list:
                _add_references(inner, found)
            elif name == "reference" and inner.__class__ is str:
                found.append(inner)
    elif value.__class__ is list:
        for inner in value:
            if inner.__class__ is dict or inner.__class__ is list:
                _add_references(inner, found)
