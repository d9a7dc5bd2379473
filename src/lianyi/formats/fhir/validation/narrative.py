"""Whether the XHTML of a narrative is safe, and says anything.

Source:
    FHIR R4, 2.4.0.1 (narrative): elements of HTML 4.0 chapters 7 to 11 and 15, no forms, scripts,
    objects or stylesheets from elsewhere; ``txt-1`` and ``txt-2``.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

XHTML = "{http://www.w3.org/1999/xhtml}"
ELEMENTS = frozenset(
    [
        *("div", "p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "a", "span", "b", "em", "i"),
        *("strong", "small", "big", "tt", "dfn", "q", "var", "abbr", "acronym", "cite", "code"),
        *("blockquote", "address", "bdo", "pre", "samp", "sub", "sup", "kbd", "li", "ol", "ul"),
        *("dl", "dt", "dd", "table", "caption", "colgroup", "col", "thead", "tr", "tfoot", "tbody"),
        *("th", "td", "hr", "img", "ins", "del", "map", "area", "u", "s", "strike", "center"),
    ]
)
ATTRIBUTES = frozenset(
    [
        *("title", "style", "class", "id", "lang", "dir", "accesskey", "tabindex", "xml:lang"),
        *("span", "width", "align", "valign", "char", "charoff", "abbr", "axis", "headers"),
        *("scope", "rowspan", "colspan", "cellpadding", "cellspacing", "border", "summary"),
        *("frame", "rules", "name", "href", "type", "charset", "hreflang", "rel", "rev", "shape"),
        *("coords", "src", "alt", "longdesc", "height", "usemap", "ismap", "cite", "datetime"),
        *("nohref", "start", "value", "compact", "bgcolor", "color", "target", "noshade", "size"),
        *("nowrap", "clear", "hspace", "vspace", "data-name"),
    ]
)
LINKS = frozenset({"href", "src", "cite", "longdesc"})
SCHEMES = ("javascript:", "vbscript:", "data:text")
DEPTH_MAX = 250


def parse(text: str) -> etree._Element | None:
    """Return the tree of a narrative, None when it is no well-formed ``<div>`` of XHTML."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.tag != f"{XHTML}div" or root.getroottree().docinfo.doctype:
        return None
    return root


def forbidden(root: etree._Element) -> Iterator[str]:
    """Yield the names of elements and attributes that a narrative must not have."""
    for element in root.iter():
        if isinstance(element, etree._Comment):
            continue
        if not isinstance(element.tag, str):
            yield "an entity or instruction"
            continue
        name = element.tag.removeprefix(XHTML)
        if name not in ELEMENTS:
            yield name
        if name == "p" and next(element.iterancestors(f"{XHTML}p"), None) is not None:
            yield "p in p"
        for key, value in element.attrib.items():
            attribute = str(key).replace("{http://www.w3.org/XML/1998/namespace}", "xml:")
            if attribute not in ATTRIBUTES or (attribute in LINKS and _is_active(str(value))):
                yield f"{name}@{attribute}"


def _is_active(link: str) -> bool:
    """Whether following a link runs something."""
    return "".join(link.split()).lower().startswith(SCHEMES)


def says_something(root: etree._Element) -> bool:
    """Whether there is text that is not white space, or an image."""
    return bool("".join(root.itertext()).strip()) or root.find(f".//{XHTML}img") is not None


def dead_links(root: etree._Element) -> list[str]:
    """Return the links to places in this narrative that are not in it."""
    places: set[str] = set()
    wanted: list[str] = []
    for element in root.iter(etree.Element):
        places.update(str(element.attrib[key]) for key in ("id", "name") if key in element.attrib)
        link = str(element.attrib.get("href", ""))
        if link.startswith("#") and len(link) > 1:
            wanted.append(link)
    return [link for link in wanted if link[1:] not in places]
