"""Names of CDA, and how elements are found by them.

A path is that of XPath with the names of CDA alone: ``recordTarget/patientRole/id``,
``entryRelationship[@typeCode='SUBJ']/observation``. ``sdtc:`` stands before what HL7 added.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from lxml import etree

CDA: Final = "urn:hl7-org:v3"
SDTC: Final = "urn:hl7-org:sdtc"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
Element = etree._Element

_SPACES: Final = {"h": CDA, "sdtc": SDTC, "xsi": XSI}
_NAME: Final = re.compile(r"('[^']*')|(?<![\w@.-])(?<![^:]:)([A-Za-z_][\w-]*)(?![\w:(-])")
_OPERATORS: Final = frozenset({"and", "or"})


@lru_cache(maxsize=2048)
def compiled(path: str) -> etree.XPath:
    """Return a path ready to use.

    Raises:
        lxml.etree.XPathSyntaxError: it is none.
    """

    def named(found: re.Match[str]) -> str:
        if found[1] is not None or found[2] in _OPERATORS:
            return found[0]
        return f"h:{found[2]}"

    return etree.XPath(_NAME.sub(named, path), namespaces=_SPACES)


def find_all(element: Element, path: str) -> list[Any]:
    """Return the elements, or the values of attributes, at a path."""
    found = compiled(path)(element) if path else [element]
    return found if isinstance(found, list) else [found]


def find(element: Element, path: str) -> Element | None:
    """Return the first element at a path; None: there is none."""
    return next(iter(find_all(element, path)), None)


def value_at(element: Element, path: str) -> str:
    """Return the first attribute at a path, without blanks around it; empty: there is none."""
    return str(next(iter(find_all(element, path)), "")).strip()


def local(element: Element) -> str:
    """Return the name of an element without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def type_of(element: Element) -> str:
    """Return the data type that an element says it has (``xsi:type``), without a prefix."""
    return str(element.get(f"{{{XSI}}}type") or "").rpartition(":")[2]


def text_of(element: Element | None) -> str:
    """Return everything that is written in an element, blanks made one."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def line_of(element: Element) -> int:
    """Return the line on which an element begins."""
    return element.sourceline or 0


def path_of(element: Element) -> str:
    """Return where an element stands: ``ClinicalDocument/recordTarget``."""
    names = [local(element), *(local(one) for one in element.iterancestors())]
    return "/".join(reversed(names))
