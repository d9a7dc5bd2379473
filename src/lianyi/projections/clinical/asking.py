"""What every door of the repository reads in a request: form, conditions, paging. Pure.

Source:
    HL7 FHIR R4, 3.1.0.1.9 (content types), 3.1.0.1.11 (``_format``), 3.1.0.9 (history).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import Any, Final, NamedTuple

from lianyi.formats.fhir import json_text, xml_text
from lianyi.projections.clinical import judging, sending
from lianyi.projections.clinical.bundles import Step
from lianyi.projections.clinical.everything import PAGE as EVERYTHING
from lianyi.projections.clinical.everything import span_of
from lianyi.projections.clinical.everything_store import Wanted
from lianyi.projections.clinical.problems import NoAcceptableForm, unreadable
from lianyi.projections.clinical.reading import check_type
from lianyi.projections.clinical.sending import Conditions

FHIR_JSON: Final = "application/fhir+json"
FHIR_XML: Final = "application/fhir+xml"
COUNT, COUNT_MAX = 50, 500
_OURS: Final = frozenset({"_format", "_pretty", "channel"})
"""What may stand in an address besides criteria."""
_XML: Final = frozenset({"xml", "text/xml", "application/xml", FHIR_XML})
_JSON: Final = frozenset(
    {"json", "text/json", "application/json", FHIR_JSON, "*/*", "application/*", ""}
)


class AskedHistory(NamedTuple):
    """What a history is asked for; see :meth:`~.reading.Reading.history`."""

    since: datetime | None
    at: tuple[datetime, datetime] | None
    after: tuple[datetime, int, int] | None
    most: int


class Asked:
    """One request at a door.

    Attributes:
        base: address of these doors, without a slash at the end.
        query: what stands in the address, in its order.
        channel: whose what is written shall be; empty: not said.
        media_type: of the body; empty: not said.
        wants_xml: whether the answer is to be XML.
        wants_file: whether the answer is to be the file itself that a Binary is.
    """

    def __init__(
        self,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        *,
        base: str,
        is_file: bool = False,
    ) -> None:
        """Read what is asked.

        Args:
            query: what stands in the address, in its order.
            headers: their names in lower case.
            base: address of these doors.
            is_file: whether a Binary is read, so that other forms may be wanted than those of FHIR.

        Raises:
            NoAcceptableForm: the client wants neither JSON nor XML.
        """
        self.base = base
        self.query = query
        self._said = dict(query)
        self._headers = headers
        self.channel = self._said.get("channel", "")
        self.media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        wanted = self._said.get("_format", ""), headers.get("accept", "")
        self.wants_file = is_file and _form(*wanted) is None
        self.wants_xml = not self.wants_file and _wants_xml(*wanted)

    @cached_property
    def conditions(self) -> Conditions:
        """The conditions of the request."""
        return sending.conditions_of(self._headers)

    @property
    def is_strict(self) -> bool:
        """Whether a search parameter that is unknown is to be refused (3.1.1.3)."""
        return "handling=strict" in self._headers.get("prefer", "").replace(" ", "")

    @property
    def bundle_wants(self) -> str:
        """What of each write of a Bundle is to be answered: the least, unless more is said."""
        return self.conditions.wants if "prefer" in self._headers else "minimal"

    def step(self, method: str, type_: str) -> Step:
        """Return a write that means a resource by criteria.

        Raises:
            NoSuchResource: there is no such type.
        """
        check_type(type_)
        criteria = [pair for pair in self.query if pair[0] not in _OURS]
        asked = self.conditions
        return Step(
            0,
            method,
            type_,
            "",
            type_,
            criteria,
            None,
            if_match=asked.if_match,
            if_none_exist=asked.if_none_exist if method == "POST" else "",
        )

    def resource(self, body: bytes, *, type_: str = "", id_: str = "") -> dict[str, Any]:
        """Return the resource that was sent; see :func:`~.sending.resource_of`.

        Args:
            body: a resource; a Binary may be sent as the file that it is.
            type_: that the address says.
            id_: that the address says; empty: none.
        """
        if type_ == "Binary" and self.media_type and self.media_type not in _JSON | _XML:
            said = self._headers["content-type"], self._headers.get("x-security-context", "")
            return sending.binary_of(body, *said, id_=id_)
        return sending.resource_of(body, xml="xml" in self.media_type)

    def text(self, body: bytes) -> dict[str, Any]:
        """Return the resource that was sent, unchecked; see :func:`~.sending.text_of`."""
        return sending.text_of(body, xml="xml" in self.media_type)

    def question(self, type_: str, body: bytes, id_: str = "") -> judging.Question:
        """Return what ``$validate`` is asked; see :func:`~.judging.question`."""
        sent = self.text(body) if body else None
        mode = self._said.get("mode", "")
        return judging.question(type_, sent, id_=id_, mode=mode, profiles=self.profiles)

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles by which a resource is to be judged."""
        return tuple(value for name, value in self.query if name == "profile" and value)

    def has(self, version: int, updated_at: datetime) -> bool:
        """Tell whether the client says that it has this version already."""
        asked = self.conditions
        if asked.if_none_match is not None:
            return asked.if_none_match in (version, -1)
        since = asked.if_modified_since
        return since is not None and updated_at.replace(microsecond=0) <= since

    def file(self, body: bytes) -> tuple[bytes, str]:
        """Return the file that a Binary is, and its media type.

        Raises:
            NoAcceptableForm: it is another kind of file than is wanted, or may not be seen.
        """
        binary = json_text.read(body)
        kind, data = str(binary.get("contentType") or ""), binary.get("data")
        bare = kind.partition(";")[0].strip().lower()
        fits = (bare, f"{bare.partition('/')[0]}/*")
        accepted = self._headers.get("accept", "").lower().split(",")
        wanted = any(one.partition(";")[0].strip() in fits for one in accepted)
        if not wanted or not isinstance(data, str):
            raise NoAcceptableForm(where="_format")
        return base64.b64decode(data), kind

    def form(self, body: bytes) -> tuple[bytes, str]:
        """Return a resource that is JSON in the form that is wanted, and its media type."""
        if self.wants_xml:
            return xml_text.write(json_text.read(body)), FHIR_XML
        return body, FHIR_JSON

    # --- history --------------------------------------------------------------------------------

    def history(self) -> AskedHistory:
        """Return what a history is asked for.

        Raises:
            UnreadableResource: it cannot be read.
        """
        asked = self._said
        return AskedHistory(
            _instant(asked.get("_since", ""), "_since"),
            _stretch(asked.get("_at", ""), "_at"),
            _place(asked.get("page", "")),
            _count(asked.get("_count", "")),
        )

    def everything(self, zone: tzinfo) -> Wanted:
        """Return what of a patient or an encounter is asked for.

        Args:
            zone: of dates of care without one.

        Raises:
            UnreadableResource: it cannot be read.
        """
        asked = self._said
        page, count = asked.get("page", ""), asked.get("_count", "")
        try:
            after = int(page[:20]) if page else None
        except ValueError as error:
            raise unreadable("page", "it is no place of a page", "不是分页位置") from error
        start, end = span_of(asked.get("start", ""), asked.get("end", ""), zone)
        return Wanted(
            frozenset(filter(None, asked.get("_type", "").split(","))),
            _instant(asked.get("_since", ""), "_since"),
            start,
            end,
            after=after,
            limit=_count(count) if count else EVERYTHING,
        )

    @staticmethod
    def place(after: tuple[datetime, int, int]) -> str:
        """Write where the next page begins."""
        at, rid, version = after
        text = f"{at.astimezone(UTC).isoformat()} {rid} {version}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _wants_xml(asked: str, accepted: str) -> bool:
    """Tell whether XML is wanted.

    Raises:
        NoAcceptableForm: neither JSON nor XML is.
    """
    form = _form(asked, accepted)
    if form is None:
        raise NoAcceptableForm(where="_format")
    return form == "xml"


def _form(asked: str, accepted: str) -> str | None:
    """Return which of the forms of FHIR is wanted: ``json`` or ``xml``; None: none of them."""
    wanted = [asked] if asked else accepted.split(",")
    for one in wanted:
        name = one.partition(";")[0].strip().lower().replace(" ", "+")
        if name in _JSON:
            return "json"
        if name in _XML:
            return "xml"
    return None


def _instant(text: str, where: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except ValueError as error:
        raise unreadable(where, "it is no instant", "不是时间") from error


def _stretch(text: str, where: str) -> tuple[datetime, datetime] | None:
    """Read a date or an instant as its first and last moment; one without a zone is of UTC."""
    first, last = span_of(text, text, UTC) if text else (None, None)
    return None if first is None or last is None else (first, last)


def _count(text: str) -> int:
    if not text:
        return COUNT
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise unreadable("_count", "it is no number", "不是数字")
    return max(1, min(int(text), COUNT_MAX))


def _place(text: str) -> tuple[datetime, int, int] | None:
    if not text:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        at, rid, version = base64.urlsafe_b64decode(padded).decode().split(" ")
        return datetime.fromisoformat(at), int(rid), int(version)
    except (ValueError, binascii.Error) as error:
        raise unreadable("page", "it is no place of a page", "不是分页位置") from error
