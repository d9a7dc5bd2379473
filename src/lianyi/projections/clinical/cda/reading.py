"""One clinical document being read: where it comes from, what was found in it. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from lianyi.formats.cda import Document
from lianyi.formats.cda.document import Id, ids_of
from lianyi.formats.cda.names import Element, find_all
from lianyi.projections.clinical.cda.codes import is_uuid
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.ids import clinical_id
from lianyi.projections.identity.feeds.id_kinds import authority_of

Resource = dict[str, Any]
VERSION_MAX: Final = 20_000
"""The highest version that is told apart from later ones; ranks are small numbers."""


class At:
    """A document, and everything that is stated of it.

    Attributes:
        document: being read.
        said: takes the statements; its source is the sender, its patient the document's.
        meaning: of the section that is being read, by the code map ``section``; may be empty.
        section: code of the section.
        rank: of what this version of the document says.
    """

    __slots__ = ("_taken", "document", "meaning", "rank", "said", "section")

    def __init__(self, document: Document, said: Reading) -> None:
        self.document = document
        self.said = said
        self.meaning = ""
        self.section = ""
        self.rank = min(document.version, VERSION_MAX)
        self._taken: dict[tuple[str, str], str] = {}

    @property
    def document_key(self) -> tuple[str, str]:
        """Which document it is, or of which it is a version: what has no number of its own."""
        one = self.document.set_id if any(self.document.set_id) else self.document.id
        return one.root, one.extension

    def authority(self, one: Id) -> str:
        """Return who gave a number: the root, or the sender where that says only its kind."""
        return authority_of(one.root, self.said.source)

    def id_of(self, type_: str, act: Element) -> str:
        """Return the id under which an act is kept: by its own number, else by what it says.

        Templates and examples are copied with their numbers: of several acts of one document
        under one number, the others are called by what they say as well.
        """
        said = _said_in(act)
        numbers = ids_of([one for one in find_all(act, "id") if not one.get("nullFlavor")])
        if not numbers:
            where = (*self.document_key, self.section, said)
            return clinical_id(type_, self.said.source, self.said.patient_key, *where)
        one = numbers[0]
        if type_ == "Encounter":
            return self.encounter_id(one)
        root = one.root.lower() if is_uuid(one.root) else self.authority(one)
        key = (root, self.said.patient_key, one.extension)
        id_ = clinical_id(type_, *key)
        if self._taken.setdefault((type_, id_), said) != said:
            return clinical_id(type_, *key, said)
        return id_

    def encounter_id(self, one: Id) -> str:
        """Return the id of a visit by its number, as HL7 v2 messages of the same sender make it."""
        return clinical_id("Encounter", self.authority(one), one.extension or one.root)

    def state(
        self, type_: str, id_: str, elements: Resource, *, hearsay: bool = False
    ) -> dict[str, str]:
        """State a resource whole, or fill in what nobody has said; return a reference."""
        if hearsay:
            return self.said.state(type_, id_, elements, hearsay=True)
        return self.said.state(type_, id_, elements, rank=self.rank, whole=True)


def _said_in(act: Element) -> str:
    """Return a short text that two acts share when they say the same of the same time."""
    digest = sha256()
    names = ("code", "value", "effectiveTime", "low", "high", "translation", "manufacturedMaterial")
    for one in act.iter("{*}*"):
        name = str(one.tag).rpartition("}")[2]
        if name in names:
            digest.update(f"{name}|{one.get('code')}|{one.get('value')}|{one.text}".encode())
    return digest.hexdigest()[:24]
