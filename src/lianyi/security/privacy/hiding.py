"""Hides in a message what is too sensitive for a look: by place, by value, by form.

Three nets, each for what slips through the one before:

1. By place. What the classification says of a field of HL7 v2, of a key of JSON, of an element of
   XML, is masked there.
2. By value. What was masked at its place is masked wherever else it stands: the name of the patient
   in a text of findings, in an answer of the receiver, in a comparison of two messages.
3. By form. Identity and mobile numbers are found by how they look, in any text.

A text whose form nobody knows is not shown at all: nobody can say what stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import orjson
from lxml import etree

from lianyi.base.errors import LianyiError
from lianyi.formats.hl7v2 import CannotEncode, Delimiters, escape, read_header, unescape
from lianyi.security.privacy.classification import plain_word
from lianyi.security.privacy.masks import IDENTITY_NUMBER, MOBILE, SHORTEST_NUMBER, mask
from lianyi.security.privacy.model import Category, Classification, Element, Levels, Mask

WORDS_MAX = 2_000
"""So many different values of one message are looked for elsewhere."""

DEPTH_MAX = 200
_PART_OF_NAME = {0: Mask.FAMILY, 1: Mask.GIVEN, 2: Mask.GIVEN}
"""How a name in parts is hidden: 张^三 as 张^*."""

_CX = frozenset({("PID", 2), ("PID", 3), ("PID", 4), ("MRG", 1), ("IN1", 49), ("NK1", 33)})
_IDENTITY_TYPES = re.compile(r"NI|NNCHN|NN[A-Z]{3}|PPN|SS|DL|MI|BR|CZ|PRC|TAX|HC|JHN", re.ASCII)
"""CX.5 of numbers that a state gave to a person. Source: HL7 v2.8.2, table 0203."""

_ABOUT_DISEASE = frozenset({Category.HEALTH, Category.TREATMENT})
_CODE = re.compile(r"(?<![A-Z0-9])([A-Z]\d\d)(?:\.\d{1,2})?(?![A-Z0-9])")


class Hider:
    """Hides what some levels do not show. It learns the values of the messages it is shown."""

    def __init__(self, classification: Classification, levels: Levels) -> None:
        """Hide for one look.

        Args:
            classification: what data there are.
            levels: what is shown.
        """
        hidden = [
            one for one in classification.elements if not levels.show(one.category, one.level)
        ]
        self._nothing_hidden = not hidden
        self._places: dict[tuple[str, int], list[tuple[int, int, Element]]] = {}
        self._words: dict[str, Element] = {}
        for one in classification.elements:
            for word in one.words:
                self._words.setdefault(word, one)
            if one in hidden:
                for at in one.places:
                    self._places.setdefault((at.segment, at.field), []).append(
                        (at.first, at.last, one)
                    )
        self._hidden = {one.name: one.mask for one in hidden}
        self._number = next((one for one in hidden if "PID-19" in _written(one)), None)
        """What identity numbers are, when they are hidden; then mobile numbers are, too."""
        self._special = [one for one in hidden if one.icd10 or one.about]
        self._learned: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    # ---- whole messages ------------------------------------------------------------------------

    def body(self, text: str) -> str | None:
        """Return a message as it is shown; None when its form is not known, so that it is not.

        The values that are hidden are remembered for :meth:`text`.
        """
        if self._nothing_hidden:
            return text
        begin = text.lstrip("\ufeff\x0b \t\r\n")
        shown: str | None = None
        if begin[:3] in {"MSH", "FHS", "BHS"}:
            shown = self._hl7(text)
        elif begin[:1] in {"{", "["}:
            shown = self._json(begin)
        elif begin[:1] == "<":
            shown = self._xml(begin)
        return None if shown is None else self.text(shown)

    def text(self, text: str) -> str:
        """Return a text about messages, without what was hidden in them and what looks like it."""
        if self._nothing_hidden or not text:
            return text
        if self._learned:
            if self._pattern is None:
                ordered = sorted(self._learned, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, ordered)))
            text = self._pattern.sub(lambda found: self._learned[found[0]], text)
        if self._number and len(text) >= SHORTEST_NUMBER:
            text = IDENTITY_NUMBER.sub(lambda found: mask(found[0], Mask.NUMBER), text)
            text = MOBILE.sub(lambda found: mask(found[0], Mask.PHONE), text)
        return text

    def identifier(self, value: str) -> str:
        """Return an identifier of a patient as it is shown."""
        if "patient-identifier" in self._hidden:
            return mask(value, Mask.NUMBER)
        return self.text(value)

    def value(self, element: str, value: str) -> str:
        """Return a value as it is shown, of which it is known what it is.

        Args:
            element: its name in the classification, ``person-name``.
            value: as it is.
        """
        how = self._hidden.get(element)
        return mask(value, how) if how and value else value

    def hides(self, element: str) -> bool:
        """Tell whether an element of the classification, by its name, is not shown as it is."""
        return element in self._hidden

    def hides_all_of(self, text: str) -> bool:
        """Tell whether a text speaks of a specially protected disease that is not shown."""
        return bool(self._special) and self._is_special(text)

    # ---- HL7 v2 --------------------------------------------------------------------------------

    def _hl7(self, text: str) -> str | None:
        lines = re.split(r"(\r\n|\r|\n)", text)
        marks: Delimiters | None = None
        shown = []
        for line in lines:
            if line[:3] in {"MSH", "FHS", "BHS"}:
                with suppress(LianyiError):
                    marks = read_header(("MSH" + line[3:]).encode()).delimiters
            elif marks is None and line.strip("\x0b\x1c \t\r\n\ufeff"):
                return None
            elif line.strip():
                line = self._segment(line, marks)
            shown.append(line)
        return "".join(shown) if marks else None

    def _segment(self, line: str, marks: Delimiters | None) -> str:
        if marks is None:
            return line
        fields = line.split(marks.field)
        name = fields[0]
        special = self._special and self._is_special(line)
        for number in range(1, len(fields)):
            if not fields[number]:
                continue
            found = self._places.get((name, number), [])
            if special and number > 1 and name in _CLINICAL:
                found = [(1, 999, self._special[0])]
            if found or (self._number and (name, number) in _CX):
                fields[number] = self._field(fields[number], found, (name, number), marks)
        return marks.field.join(fields)

    def _field(
        self,
        field: str,
        found: list[tuple[int, int, Element]],
        at: tuple[str, int],
        marks: Delimiters,
    ) -> str:
        repetitions = field.split(marks.repetition)
        for n, repetition in enumerate(repetitions):
            parts = repetition.split(marks.component)
            for first, last, element in found:
                if element.mask is Mask.NAME:
                    self._learn_name([unescape(one, marks) for one in parts[:3]])
                split = element.mask is Mask.NAME and any(parts[1:3])
                for index in range(first - 1, min(last, len(parts))):
                    how = _PART_OF_NAME.get(index, Mask.HIDDEN) if split else element.mask
                    parts[index] = self._leaves(parts[index], how, marks)
            typed = parts[4].strip() if len(parts) > 4 else ""
            if self._number and at in _CX and _IDENTITY_TYPES.fullmatch(typed):
                parts[0] = self._leaves(parts[0], Mask.NUMBER, marks)
            repetitions[n] = marks.component.join(parts)
        return marks.repetition.join(repetitions)

    def _leaves(self, component: str, how: Mask, marks: Delimiters) -> str:
        leaves = component.split(marks.subcomponent) if marks.subcomponent else [component]
        for n, leaf in enumerate(leaves):
            if leaf in {"", '""'}:
                continue
            value = unescape(leaf, marks)
            hidden = mask(value, how)
            leaves[n] = _escaped(hidden, marks)
            if leaf == value:
                self._learn(value, hidden, how)
            else:  # as it stands elsewhere in this message; a mark in it must stay no mark
                self._learn(leaf, leaves[n], how)
        return (marks.subcomponent or "").join(leaves)

    def _is_special(self, text: str) -> bool:
        return any(_tells(one, text) for one in self._special)

    # ---- JSON and XML --------------------------------------------------------------------------

    def _json(self, text: str) -> str | None:
        try:
            data = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        special = self._special and self._is_special(text)
        shown = self._value(data, None, bool(special), 0)
        return orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode()

    def _value(self, data: object, within: Element | None, special: bool, depth: int) -> object:
        if depth > DEPTH_MAX:
            return "****"
        if isinstance(data, dict):
            if within and within.mask is Mask.NAME:
                self._learn_name([text for key in _NAME_PARTS for text in _texts(data.get(key))])
            return {
                key: self._value(one, self._of_word(str(key), within, special), special, depth + 1)
                for key, one in data.items()
            }
        if isinstance(data, list):
            return [self._value(one, within, special, depth + 1) for one in data]
        if within is None or data is None or isinstance(data, bool):
            return data
        hidden = mask(str(data), within.mask)
        self._learn(str(data), hidden, within.mask)
        return hidden

    def _of_word(self, word: str, within: Element | None, special: bool) -> Element | None:
        """Return what is hidden below a key: what is said of it, else of what it stands in."""
        plain = plain_word(word.rpartition("}")[2].rpartition(":")[2])
        found = self._words.get(plain)
        if special and found and found.category in _ABOUT_DISEASE:
            return self._special[0]
        if found is None:
            part = _NAME_PARTS.get(plain) if within and within.mask is Mask.NAME else None
            return replace(within, mask=part) if within and part else within
        return found if found.name in self._hidden else within

    def _xml(self, text: str) -> str | None:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
        )
        try:
            root = etree.fromstring(_DECLARATION.sub("", text, count=1).encode(), parser)
        except (etree.XMLSyntaxError, ValueError):
            return None
        if root.getroottree().docinfo.internalDTD is not None:
            return None
        special = bool(self._special and self._is_special(text))
        stack: list[tuple[etree._Element, Element | None]] = [(root, None)]
        while stack:
            node, within = stack.pop()
            if not isinstance(node.tag, str):  # a comment: nobody knows what stands in it
                node.text = "****"
                continue
            here = self._of_word(node.tag, within, special)
            if here is not None and here.mask is Mask.NAME:
                parts = {plain_word(str(one.tag).rpartition("}")[2]): one for one in node}
                self._learn_name(
                    [
                        (parts[name].text or parts[name].get("value") or "").strip()
                        for name in _NAME_PARTS
                        if name in parts
                    ]
                )
            if here is not None:
                self._hide_node(node, here)
            else:
                for key, value in node.attrib.items():
                    of_key = self._of_word(str(key), None, special)
                    if of_key is not None:
                        node.set(key, self._hide(str(value), of_key))
            stack.extend((child, here) for child in node)
        return etree.tostring(root, encoding="unicode")

    def _hide_node(self, node: etree._Element, element: Element) -> None:
        if node.text and node.text.strip():
            node.text = self._hide(node.text, element)
        for child in node:
            if child.tail and child.tail.strip():
                child.tail = self._hide(child.tail, element)
        for key, value in node.attrib.items():
            if str(key) in {"value", "extension"} or self._words.get(plain_word(str(key))):
                node.set(key, self._hide(str(value), element))

    def _hide(self, value: str, element: Element) -> str:
        hidden = mask(value, element.mask)
        self._learn(value.strip(), hidden, element.mask)
        return hidden

    # ---- values --------------------------------------------------------------------------------

    def _learn_name(self, parts: Sequence[str]) -> None:
        """A name in parts stands elsewhere as one word: 张 and 三 as 张三, in both orders."""
        parts = [one for one in parts if one]
        if len(parts) > 1:
            for joint in ("", " ", ", ", "^"):
                for order in (parts, parts[::-1], parts[:2], parts[1::-1]):
                    whole = joint.join(order)
                    self._learn(whole, mask(whole, Mask.NAME), Mask.NAME)

    def _learn(self, value: str, hidden: str, how: Mask) -> None:
        """Remember a value that is looked for elsewhere, if it says enough to be recognised."""
        if len(self._learned) >= WORDS_MAX or not _recognisable(value, how):
            return
        self._learned.setdefault(value, hidden)
        self._pattern = None


_NAME_PARTS = {
    "family": Mask.FAMILY,
    "surname": Mask.FAMILY,
    "given": Mask.GIVEN,
    "firstname": Mask.GIVEN,
    "middlename": Mask.GIVEN,
}
_CLINICAL = frozenset({"DG1", "OBX", "OBR", "ORC", "PRB", "NTE", "PV2", "RXO", "RXE", "RXA", "PR1",
                       "AL1", "TXA"})  # fmt: skip
_DECLARATION = re.compile(r"^<\?xml[^>]{0,200}\?>")


def _escaped(text: str, marks: Delimiters) -> str:
    """Return a masked text as a leaf; without an escape character nothing of it is kept."""
    try:
        return escape(text, marks)
    except CannotEncode:
        return "****"


def _texts(value: object) -> list[str]:
    """Return a text or a list of texts as a list; nothing else."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _recognisable(value: str, how: Mask) -> bool:
    if how in {Mask.NAME, Mask.FAMILY, Mask.GIVEN}:
        chinese = any("\u3400" <= character <= "\u9fff" for character in value)
        return len(value) >= (2 if chinese else 4) and not value.isdigit()
    if how in {Mask.NUMBER, Mask.PHONE}:
        return len(value) >= 6
    if how is Mask.YEAR:
        return len(value) >= 8
    return how is Mask.ADDRESS and len(value) >= 6


def _tells(element: Element, text: str) -> bool:
    folded = text.casefold()
    if any(word in folded for word in element.about):
        return True
    return any(
        first[:3] <= code[:3] <= last[:3]
        for code in _CODE.findall(text)
        for first, last in element.icd10
    )


def _written(element: Element) -> set[str]:
    return {f"{one.segment}-{one.field}" for one in element.places}
