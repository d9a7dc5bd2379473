"""Whether the XHTML of a narrative is what FHIR allows.

Source:
    FHIR R4, "Narrative", rules txt-1 and txt-2.
"""

from __future__ import annotations

import re

from lxml import etree

_XHTML = "{http://www.w3.org/1999/xhtml}"
_ELEMENTS = frozenset(
    re.split(
        r"\s+",
        "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 "
        "h2 h3 h4 h5 h6 hr i img li ol p pre q samp small span strong sub sup table tbody td tfoot "
        "th thead tr tt ul var",
    )
)
_ATTRIBUTES = frozenset(
    re.split(
        r"\s+",
        "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing "
        "cellvalign char charoff charset cite class colspan compact coords dir frame headers "
        "height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope "
        "shape span src start style summary tabindex title type valign value vspace width",
    )
)
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def is_allowed(text: str) -> bool:
    """Whether a narrative is one ``div`` of allowed elements and attributes, and says something."""
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return False
    if root.tag != f"{_XHTML}div" or root.getroottree().docinfo.doctype:
        return False
    says = False
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if not element.tag.startswith(_XHTML) or element.tag[len(_XHTML) :] not in _ELEMENTS:
            return False
        if any(str(name) not in _ATTRIBUTES and ":" not in str(name) for name in element.attrib):
            return False
        says = says or element.tag == f"{_XHTML}img"
    return says or bool("".join(root.itertext()).strip())
