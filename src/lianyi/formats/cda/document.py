"""What a clinical document holds: its header, its sections, its entries.

The header is words; an entry stays the element that it is, because only a template says what its
parts mean.

Source:
    HL7 CDA R2 (2005), 4.2 header, 4.3 body.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

from lianyi.formats.cda.names import (
    Element,
    find,
    find_all,
    local,
    text_of,
    value_at,
)

_ACTS: Final = "*[@classCode or @moodCode]"
SECTIONS_MAX: Final = 5_000
WORDS_MAX: Final = 20_000
"""So many characters of a narrative are taken as the words of one act."""
_RELATIONS: Final = {"RPLC": "replaces", "APND": "appends", "XFRM": "transforms"}


class Id(NamedTuple):
    """An instance identifier (II).

    Attributes:
        root: OID or UUID.
        extension: number within the root; empty: the root alone identifies.
    """

    root: str
    extension: str


class Related(NamedTuple):
    """A document to which one relates.

    Attributes:
        relation: ``replaces``, ``appends`` or ``transforms``.
        ids: of the other.
    """

    relation: str
    ids: tuple[Id, ...]


class Body(NamedTuple):
    """The body of a document that is no XML.

    Attributes:
        media_type: as said; empty: nobody says.
        data: its bytes; empty where it lies elsewhere.
        url: where it lies.
    """

    media_type: str
    data: bytes
    url: str


class Section:
    """A section: code, title, narrative, entries, and sections within."""

    __slots__ = ("element",)

    def __init__(self, element: Element) -> None:
        """See what stands in an element ``section``."""
        self.element = element

    @property
    def code(self) -> Element | None:
        """What it is about."""
        return find(self.element, "code")

    @property
    def title(self) -> str:
        """Its heading, or what its code is called."""
        return text_of(find(self.element, "title")) or value_at(self.element, "code/@displayName")

    @property
    def narrative(self) -> Element | None:
        """What people read."""
        return find(self.element, "text")

    @property
    def entries(self) -> list[Element]:
        """The acts of its entries."""
        return find_all(self.element, f"entry/{_ACTS}")

    @property
    def sections(self) -> list[Section]:
        """Sections within."""
        return [Section(one) for one in find_all(self.element, "component/section")]


class Document:
    """A clinical document."""

    def __init__(self, root: Element) -> None:
        """See what stands in an element ``ClinicalDocument``."""
        self.root = root
        self._referred: dict[str, str] = {}

    @cached_property
    def id(self) -> Id:
        """Which document it is."""
        return id_of(self.root.find("{*}id"))

    @cached_property
    def set_id(self) -> Id:
        """Which document it is a version of; its parts are empty where nobody says."""
        return id_of(find(self.root, "setId"))

    @property
    def version(self) -> int:
        """The number of the version, 0 where nobody says."""
        said = value_at(self.root, "versionNumber/@value")
        return int(said) if said.isascii() and said.isdecimal() and len(said) < 7 else 0

    @property
    def title(self) -> str:
        """Its title, or what its code is called."""
        return text_of(find(self.root, "title")) or value_at(self.root, "code/@displayName")

    @property
    def effective_time(self) -> str:
        """When it was made, as written."""
        return value_at(self.root, "effectiveTime/@value")

    @property
    def language(self) -> str:
        """Its language, as written."""
        return value_at(self.root, "languageCode/@code")

    @cached_property
    def patient_role(self) -> Element:
        """Whose document it is."""
        found: Element = find_all(self.root, "recordTarget/patientRole")[0]
        return found

    @property
    def encounter(self) -> Element | None:
        """During which visit it was made."""
        return find(self.root, "componentOf/encompassingEncounter")

    @property
    def related(self) -> list[Related]:
        """The documents it replaces, appends or transforms."""
        return [
            Related(relation, ids)
            for one in find_all(self.root, "relatedDocument")
            if (relation := _RELATIONS.get(one.get("typeCode") or ""))
            if (ids := ids_of(find_all(one, "parentDocument/id")))
        ]

    @cached_property
    def sections(self) -> list[Section]:
        """The sections of its body, outermost."""
        return [
            Section(one)
            for one in find_all(self.root, "component/structuredBody/component/section")
        ]

    def every_section(self) -> Iterator[Section]:
        """Give all sections, those within after the one around them."""
        left = list(reversed(self.sections))
        seen = 0
        while left and seen < SECTIONS_MAX:
            one = left.pop()
            seen += 1
            yield one
            left += reversed(one.sections)

    @cached_property
    def body(self) -> Body | None:
        """What it holds that is no XML; None where it has sections."""
        text = find(self.root, "component/nonXMLBody/text")
        if text is None:
            return None
        url = value_at(text, "reference/@value")
        return Body(str(text.get("mediaType") or "").strip().lower(), bytes_of(text), url)

    @cached_property
    def by_name(self) -> Mapping[str, Element]:
        """Parts of narratives, and media, by the ID to which others refer."""
        found: dict[str, Element] = {}
        for one in self.root.iter("{*}*"):
            if name := one.get("ID"):
                found.setdefault(name, one)
        return found

    def referred(self, element: Element | None) -> str:
        """Return what a text says: its own words, or those of the narrative it refers to.

        Args:
            element: ``text`` or ``originalText``; None says nothing.
        """
        if element is None:
            return ""
        own = text_of(element)
        if own:
            return own
        name = value_at(element, "reference/@value").removeprefix("#")
        if name not in self._referred:
            self._referred[name] = text_of(self.by_name.get(name))[:WORDS_MAX]
        return self._referred[name]


def id_of(element: Element | None) -> Id:
    """Return an identifier; its parts are empty where there is none."""
    if element is None:
        return Id("", "")
    return Id((element.get("root") or "").strip(), (element.get("extension") or "").strip())


def ids_of(elements: list[Element]) -> tuple[Id, ...]:
    """Return the identifiers that say something."""
    return tuple(found for one in elements if any(found := id_of(one)))


def templates_of(element: Element) -> list[str]:
    """Return the templates that an element follows, without their versions."""
    found = (str(one.get("root") or "").strip() for one in element if local(one) == "templateId")
    return list(dict.fromkeys(filter(None, found)))


def bytes_of(element: Element) -> bytes:
    """Return the bytes of an ED: base64, or its text as UTF-8."""
    text = "".join(element.itertext())
    if (element.get("representation") or "").upper() != "B64":
        return text.strip().encode()
    compact = "".join(text.split())
    try:
        return b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (NoBase64, ValueError):
        return text.strip().encode()
