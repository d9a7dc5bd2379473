"""The narrative of a section as XHTML that runs nothing, and as plain text.

Nothing of what a sender writes is handed on but text, and numbers of columns and rows that are
numbers. Each element of the narrative has its own counterpart here; of one that has none, only the
words are kept. Pictures are those of the document itself, in a few formats that cannot hold
a program. So the result is safe wherever it is put, and is a narrative of FHIR as well.

Sources:
    HL7 CDA R2 (2005), 4.3.5 Section narrative block; HL7 FHIR R4, 2.4 Narrative.
"""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from typing import Final

from lianyi.formats.cda.document import Document, bytes_of
from lianyi.formats.cda.names import CDA, Element, find_all, local, value_at

XHTML: Final = "http://www.w3.org/1999/xhtml"
_SAME: Final = {
    name: name
    for name in ("table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "sub", "sup")
} | {"item": "li", "br": "br", "col": "col", "colgroup": "colgroup"}
_BLOCKS: Final = {"paragraph": "p", "footnote": "span", "content": "span", "text": "div"}
_VOID: Final = frozenset({"br", "col"})
_ROWS: Final = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup", "list"})
"""Elements between whose children blanks mean nothing."""
_STYLES: Final = {
    "bold": "b",
    "italics": "i",
    "underline": "u",
    "emphasis": "em",
    "strikethrough": "del",
}
"""What a style code that a sender writes is shown as; the others are not."""
_ALIGNED: Final = frozenset({"left", "center", "right", "justify"})
_PICTURES: Final = {
    "image/png": b"\x89PNG\r\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
}
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SPOKEN: Final = ("http://", "https://", "mailto:", "tel:")
"""Addresses that are written out beside the words that lead there; nothing here is a link."""
_BREAKS: Final = frozenset({"br", "paragraph", "tr", "item", "table", "list", "caption", "text"})
_CELLS: Final = frozenset({"td", "th"})


def as_xhtml(document: Document, narrative: Element, *, pictures: set[str] | None = None) -> str:
    """Return a narrative as an element ``div`` of XHTML.

    Args:
        document: of which it is.
        narrative: element ``text`` of a section.
        pictures: names of those that are shown already: each is put in once, and its name stands
            where it comes again. None: only their names stand there.
    """
    inside = _Writer(document, pictures=pictures).write(narrative)
    return f'<div xmlns="{XHTML}">{inside}</div>'


def as_text(narrative: Element | None) -> str:
    """Return the words of a narrative, a line for each row, item and paragraph."""
    if narrative is None:
        return ""
    written: list[str] = []
    _words(narrative, written)
    lines = "".join(written).split("\n")
    return "\n".join(line for line in (" ".join(one.split()) for one in lines) if line)


def _words(element: Element, written: list[str]) -> None:
    name = local(element)
    if name in _BREAKS:
        written.append("\n")
    written.append(element.text or "")
    for child in element:
        if isinstance(child.tag, str):
            _words(child, written)
        written.append(child.tail or "")
    if name in _BREAKS:
        written.append("\n")
    elif name in _CELLS:
        written.append(" \t")


class _Writer:
    """Writes one narrative."""

    def __init__(self, document: Document, *, pictures: set[str] | None) -> None:
        self._document = document
        self._pictures = pictures
        self._written: list[str] = []

    def write(self, narrative: Element) -> str:
        """Return what stands in a narrative."""
        self._children(narrative, parent="div")
        return "".join(self._written)

    def _children(self, element: Element, *, parent: str) -> None:
        """Write what stands in an element, whose counterpart is ``parent``."""
        in_rows = local(element) in _ROWS
        if element.text and not (in_rows and element.text.isspace()):
            self._written.append(_safe(element.text))
        for child in element:
            if isinstance(child.tag, str):
                self._element(child, parent=parent)
            if child.tail and not (in_rows and child.tail.isspace()):
                self._written.append(_safe(child.tail))

    def _element(self, element: Element, *, parent: str) -> None:
        name = local(element) if _is_cda(element) else ""
        if name == "renderMultiMedia":
            self._media(element)
        elif name == "list":
            tag = "ol" if (element.get("listType") or "").lower() == "ordered" else "ul"
            self._list(element, tag)
        elif name == "linkHtml":
            self._wrapped(element, "span", "")
            address = (element.get("href") or "").strip()
            if address.lower().startswith(_SPOKEN) and address not in "".join(element.itertext()):
                self._written.append(f" [{_safe(address)}]")
        elif name == "footnoteRef":
            self._written.append("*")
        elif name in _SAME:
            self._same(element, _SAME[name])
        elif name in _BLOCKS:
            tag = _BLOCKS[name]
            if tag == "p" and parent in ("p", "span"):
                tag = "span"
            more = ' class="footnote"' if name == "footnote" else ""
            self._styled(element, tag, more)
        else:
            self._children(element, parent=parent)

    def _list(self, element: Element, tag: str) -> None:
        for caption in find_all(element, "caption"):
            self._wrapped(caption, "div", ' class="caption"')
        for words in (element.text, *(one.tail for one in element)):
            if words and not words.isspace():
                self._written.append(f"<div>{_safe(words)}</div>")
        items = find_all(element, "*[not(self::caption)]")
        if items:
            self._written.append(f"<{tag}>")
            for item in items:
                self._wrapped(item, "li", "")
            self._written.append(f"</{tag}>")

    def _same(self, element: Element, tag: str) -> None:
        if tag in _VOID:
            self._written.append(f"<{tag}{_numbers(element)}/>" if tag == "col" else "<br/>")
            return
        if tag == "li":  # an item outside of a list
            self._wrapped(element, "div", "")
        elif tag == "caption" and local(_above(element)) != "table":
            self._wrapped(element, "div", ' class="caption"')
        else:
            self._styled(element, tag, _numbers(element))

    def _styled(self, element: Element, tag: str, more: str) -> None:
        """Write an element, with what its style codes ask for around its words."""
        codes = (element.get("styleCode") or "").lower().split()
        inner = [] if tag in _ROWS else [_STYLES[code] for code in codes if code in _STYLES]
        self._written.append(f"<{tag}{more}>")
        self._written.append("".join(f"<{one}>" for one in inner))
        self._children(element, parent=tag)
        self._written.append("".join(f"</{one}>" for one in reversed(inner)))
        self._written.append(f"</{tag}>")

    def _wrapped(self, element: Element, tag: str, more: str) -> None:
        self._written.append(f"<{tag}{more}>")
        self._children(element, parent=tag)
        self._written.append(f"</{tag}>")

    def _media(self, element: Element) -> None:
        """Write the pictures that are shown here."""
        names = (element.get("referencedObject") or "").split()
        caption = " ".join("".join(element.itertext()).split())
        for name in names:
            media = self._document.by_name.get(name.removeprefix("#"))
            picture = self._picture(name, media) if media is not None else ""
            shown = _safe(caption or name)
            if picture:
                self._written.append(f'<img src="{picture}" alt="{shown}"/>')
            else:
                self._written.append(f'<span class="picture">[{shown}]</span>')
        if caption and names and self._pictures is not None:
            self._written.append(f'<div class="caption">{_safe(caption)}</div>')

    def _picture(self, name: str, media: Element) -> str:
        """Return the address of a picture that is to be put in; empty: there is none."""
        if self._pictures is None or name in self._pictures:
            return ""
        self._pictures.add(name)
        for value in find_all(media, "descendant-or-self::observationMedia/value"):
            kind = value_at(value, "@mediaType").lower()
            data = bytes_of(value)
            if kind in _PICTURES and data.startswith(_PICTURES[kind]):
                return f"data:{kind};base64,{b64encode(data).decode()}"
        return ""


def _is_cda(element: Element) -> bool:
    return str(element.tag).startswith(f"{{{CDA}}}")


def _above(element: Element) -> Element:
    parent = element.getparent()
    return element if parent is None else parent


def _numbers(element: Element) -> str:
    """Return the attributes of a cell that are numbers or one of a few words."""
    found = []
    names = ("span",) if local(element).startswith("col") else ("colspan", "rowspan")
    for name in names:
        said = (element.get(name) or "").strip()
        if said.isascii() and said.isdecimal() and 0 < int(said[:4]) <= 1000 and len(said) < 5:
            found.append(f' {name}="{int(said)}"')
    align = (element.get("align") or "").strip().lower()
    if align in _ALIGNED:
        found.append(f' align="{align}"')
    return "".join(found)


def _safe(text: str) -> str:
    return escape(_clean(text), quote=True)


def _clean(text: str) -> str:
    """Return a text without characters that no browser should see in one."""
    return _CONTROLS.sub("", text)
