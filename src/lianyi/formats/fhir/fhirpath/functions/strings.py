"""Texts.

Source:
    FHIRPath N1, "String Manipulation"; STU ``encode`` ... ``join``.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable
from typing import Any

from lianyi.formats.fhir.fhirpath import patterns
from lianyi.formats.fhir.fhirpath.calling import Site, function
from lianyi.formats.fhir.fhirpath.nodes import Items, system
from lianyi.formats.fhir.fhirpath.running import TEXT_MAX, TEXT_PER_STEP, Run


def _register(name: str, answer: Callable[..., Any], arguments: int = 0) -> None:
    """Register a function of texts: no answer where the input or an argument is empty."""

    @function(name, arguments)
    def run_(site: Site, run: Run, items: Items, *given: Items) -> Items:
        texts = [site.text(items), *(site.text(each) for each in given)]
        if any(text is None for text in texts):
            return []
        run.spend(sum(len(text or "") for text in texts) // TEXT_PER_STEP, site.at)
        found = answer(*texts)
        return [] if found is None else [found]


for _name, _answer, _count in (
    ("startsWith", str.startswith, 1),
    ("endsWith", str.endswith, 1),
    ("contains", str.__contains__, 1),
    ("indexOf", str.find, 1),
    ("lastIndexOf", str.rfind, 1),
    ("upper", str.upper, 0),
    ("lower", str.lower, 0),
    ("trim", str.strip, 0),
    ("length", len, 0),
):
    _register(_name, _answer, _count)


@function("substring", 1, 2)
def substring(
    site: Site, run: Run, items: Items, start: Items, length: Items | None = None
) -> Items:
    """Return the text from a place on, so many characters of it; nothing outside of it."""
    text, begin = site.text(items), site.integer(start)
    count = site.integer(length) if length is not None else None
    if text is None or begin is None or not 0 <= begin < len(text):
        return []
    return [text[begin:] if count is None else text[begin : begin + max(0, count)]]


@function("replace", 2)
def replace(site: Site, run: Run, items: Items, pattern: Items, substitution: Items) -> Items:
    """Return the text with every occurrence of another replaced."""
    text, old, new = site.text(items), site.text(pattern), site.text(substitution)
    if text is None or old is None or new is None:
        return []
    count = text.count(old)
    site.bound(len(text) + count * (len(new) - len(old)))
    run.spend(count // 10 + len(text) // TEXT_PER_STEP, site.at)
    return [text.replace(old, new)]


@function("matches", 1, 2)
def matches(
    site: Site, run: Run, items: Items, pattern: Items, flags: Items | None = None
) -> Items:
    """Whether any part of the text matches a regular expression; ``.`` is any character."""
    text, wanted = site.text(items), site.text(pattern)
    if text is None or wanted is None:
        return []
    run.spend(len(text) // 10, site.at)
    return [
        patterns.found(
            wanted, text, at=site.at, spend=_spending(site, run), flags=_flags(site, flags)
        )
    ]


@function("matchesFull", 1, 2)
def matches_full(
    site: Site, run: Run, items: Items, pattern: Items, flags: Items | None = None
) -> Items:
    """Whether the whole text matches a regular expression."""
    text, wanted = site.text(items), site.text(pattern)
    if text is None or wanted is None:
        return []
    run.spend(len(text) // 10, site.at)
    return [
        patterns.found(
            wanted,
            text,
            at=site.at,
            spend=_spending(site, run),
            flags=_flags(site, flags),
            whole=True,
        )
    ]


@function("replaceMatches", 2, 3)
def replace_matches(
    site: Site,
    run: Run,
    items: Items,
    pattern: Items,
    substitution: Items,
    flags: Items | None = None,
) -> Items:
    """Return the text with every match replaced; ``$1`` and ``${name}`` stand for groups."""
    text, wanted, new = site.text(items), site.text(pattern), site.text(substitution)
    if text is None or wanted is None or new is None:
        return []
    if not wanted:
        return [text]
    run.spend(len(text) // 10, site.at)
    return [
        patterns.replaced(
            wanted,
            text,
            new,
            at=site.at,
            spend=_spending(site, run),
            flags=_flags(site, flags),
            length_max=TEXT_MAX,
        )
    ]


def _spending(site: Site, run: Run) -> Callable[[int], None]:
    return lambda steps: run.spend(steps, site.at)


def _flags(site: Site, flags: Items | None) -> str:
    return (site.text(flags) or "") if flags is not None else ""


@function("toChars")
def to_chars(site: Site, run: Run, items: Items) -> Items:
    """Return the characters."""
    text = site.text(items) or ""
    run.spend(len(text), site.at)
    return list(text)


@function("split", 1)
def split(site: Site, run: Run, items: Items, separator: Items) -> Items:
    """Return the parts between separators."""
    text, between = site.text(items), site.text(separator)
    if text is None or between is None:
        return []
    parts: Items = list(text.split(between)) if between else list(text)
    run.spend(len(parts), site.at)
    return parts


@function("join", 0, 1)
def join(site: Site, run: Run, items: Items, separator: Items | None = None) -> Items:
    """Return all texts as one, the separator between."""
    between = (site.text(separator) or "") if separator is not None else ""
    if not items:
        return []
    texts: list[str] = []
    length = 0
    for item in items:
        text = system(item)
        if not isinstance(text, str):
            raise site.unfit(text)
        length += len(text) + len(between)
        site.bound(length)
        run.spend(1 + len(text) // TEXT_PER_STEP, site.at)
        texts.append(text)
    return [between.join(texts)]


_ENCODERS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda raw: base64.b64encode(raw).decode(),
    "urlbase64": lambda raw: base64.urlsafe_b64encode(raw).decode(),
    "hex": bytes.hex,
}
_DECODERS: dict[str, Callable[[str], bytes]] = {
    "base64": lambda text: base64.b64decode(text, validate=True),
    "urlbase64": lambda text: base64.b64decode(text, altchars=b"-_", validate=True),
    "hex": bytes.fromhex,
}


@function("encode", 1)
def encode(site: Site, run: Run, items: Items, format_: Items) -> Items:
    """Return the UTF-8 bytes of the text as base64, urlbase64 or hex."""
    text, name = site.text(items), site.text(format_)
    encoder = _ENCODERS.get(name or "")
    if text is None or encoder is None:
        return []
    return [encoder(text.encode("utf-8", "surrogatepass"))]


@function("decode", 1)
def decode(site: Site, run: Run, items: Items, format_: Items) -> Items:
    """Return the text whose UTF-8 bytes were encoded; nothing where they were not."""
    text, name = site.text(items), site.text(format_)
    decoder = _DECODERS.get(name or "")
    if text is None or decoder is None:
        return []
    try:
        return [decoder(text).decode("utf-8")]
    except (ValueError, binascii.Error):
        return []


@function("escape", 1)
def escape(site: Site, run: Run, items: Items, target: Items) -> Items:
    """Return the text with what html or json would read as marks escaped."""
    text, name = site.text(items), site.text(target)
    if text is None:
        return []
    match name:
        case "html":
            return [site.bounded(html.escape(text))]
        case "json":
            return [site.bounded(json.dumps(text, ensure_ascii=False)[1:-1])]
        case _:
            return []


_JSON_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_JSON_MEANS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@function("unescape", 1)
def unescape(site: Site, run: Run, items: Items, target: Items) -> Items:
    """Return what an escaped text means."""
    text, name = site.text(items), site.text(target)
    if text is None:
        return []
    match name:
        case "html":
            return [html.unescape(text)]
        case "json":
            return [
                _JSON_ESCAPE.sub(
                    lambda m: chr(int(m[1], 16)) if m[1] else _JSON_MEANS.get(m[2], m[2]), text
                )
            ]
        case _:
            return []
