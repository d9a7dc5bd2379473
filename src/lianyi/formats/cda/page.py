"""A clinical document as a page that people read: its header in words, then its sections.

The page stands alone: one style sheet that is ours, pictures that stand in the document, no link,
no program. :data:`POLICY` lets a browser hold it to that.

Source:
    HL7 CDA R2 (2005), 1.2.3 human readability: a receiver must be able to show the header that
    tells whose document it is, and each section's title and narrative.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape, unescape
from typing import Final

from lianyi.formats.cda.document import Document, Id, Section, id_of
from lianyi.formats.cda.names import Element, find, find_all, text_of, value_at
from lianyi.formats.cda.narrative import as_xhtml

STYLE: Final = (
    "body{font:15px/1.6 system-ui,'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;"
    "margin:16px;color:#1d2433;background:#fff}h1{font-size:20px;margin:0 0 8px}"
    "h2{font-size:16px;border-bottom:1px solid #d5dae3;margin:20px 0 8px}h3{font-size:15px}"
    "table{border-collapse:collapse;margin:6px 0}th,td{border:1px solid #d5dae3;"
    "padding:3px 8px;text-align:left;vertical-align:top}th{background:#f3f5f9}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:0}"
    "dt{color:#5b6577}dd{margin:0}img{max-width:100%}.caption{font-weight:600}"
    ".footnote{font-size:13px;color:#5b6577}"
)
_HASH: Final = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; sandbox;"
    " frame-ancestors 'self'"
)
"""Content-Security-Policy under which the page is handed out."""
_LINES: Final = 200
"""So many sections are shown; a document of more says so."""
_TIME: Final = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{4})?")
_SEXES: Final = {"M": "男 male", "F": "女 female", "1": "男 male", "2": "女 female"}
_TAG: Final = re.compile(r"<[^>]*>")
_WITHIN_WORDS: Final = re.compile(r"</?(?:a|b|del|em|i|span|strong|sub|sup|u)(?:\s[^>]*)?>")
"""Tags that may stand in the midst of a word."""


def as_page(document: Document) -> str:
    """Return a document as a page of HTML."""
    language = escape(document.language[:20] or "zh", quote=True)
    title = escape(document.title or "临床文档 Clinical document", quote=True)
    return "".join(
        [
            f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"/>',
            f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1><dl>",
            *(f"<dt>{label}</dt><dd>{escape(said)}</dd>" for label, said in _header(document)),
            "</dl>",
            *_sections(document),
            "</body></html>",
        ]
    )


def words_of(shown: str) -> str:
    """Return the words that stand on a page, or in any other HTML."""
    inside = shown.partition("</style>")[2] or shown
    return unescape(_TAG.sub(" ", _WITHIN_WORDS.sub("", inside)))


def name_text(element: Element | None) -> str:
    """Return a name (PN, ON) as people write it."""
    if element is None:
        return ""
    parts = [text_of(one) for one in element if isinstance(one.tag, str)]
    return " ".join(filter(None, parts)) or text_of(element)


def time_text(said: str) -> str:
    """Return a time (TS) as people read it; what is none stays as it is written."""
    found = _TIME.fullmatch(said)
    if found is None:
        return said
    year, month, day, hour, minute, second, zone = found.groups()
    date = "-".join(part for part in (year, month, day) if part)
    clock = ":".join(part for part in (hour, minute, second) if part)
    return " ".join(part for part in (date, clock, zone if clock else None) if part)


def _header(document: Document) -> Iterator[tuple[str, str]]:
    for label, said in _said(document):
        if said:
            yield label, said


def _said(document: Document) -> Iterator[tuple[str, str]]:
    root, role = document.root, document.patient_role
    yield "患者 Patient", name_text(find(role, "patient/name"))
    sex = value_at(role, "patient/administrativeGenderCode/@code")
    named = value_at(role, "patient/administrativeGenderCode/@displayName")
    yield "性别 Sex", _SEXES.get(sex, named or sex)
    yield "出生日期 Born", time_text(value_at(role, "patient/birthTime/@value"))
    numbers = [*find_all(role, "id"), *find_all(role, "patient/id")]
    yield "患者标识 Patient numbers", ", ".join(filter(None, map(_number, map(id_of, numbers))))
    yield "文档类型 Kind of document", value_at(root, "code/@displayName")
    yield "文档标识 Document number", _number(document.id)
    yield "版本 Version", str(document.version or "")
    yield "成文时间 Time", time_text(document.effective_time)
    yield "作者 Author", _people(root, "author/assignedAuthor")
    yield "保管机构 Custodian", _custodian(root)
    yield (
        "签署人 Signed by",
        _people(root, "legalAuthenticator/assignedEntity | authenticator/assignedEntity"),
    )
    if (visit := document.encounter) is not None:
        yield "就诊 Encounter", _number(id_of(find(visit, "id")))
        low = value_at(visit, "effectiveTime/low/@value") or value_at(visit, "effectiveTime/@value")
        high = value_at(visit, "effectiveTime/high/@value")
        yield "就诊时间 Encounter time", " – ".join(filter(None, map(time_text, (low, high))))
        place = find(visit, "location/healthCareFacility/location/name")
        yield "地点 Place", name_text(place)
    relations = {
        "replaces": "替代 Replaces",
        "appends": "补充 Adds to",
        "transforms": "转换自 From",
    }
    for one in document.related:
        yield relations[one.relation], ", ".join(map(_number, one.ids))


def _number(one: Id) -> str:
    return one.extension or one.root


def _custodian(root: Element) -> str:
    place = "custodian/assignedCustodian/representedCustodianOrganization"
    return name_text(find(root, f"{place}/name")) or _number(id_of(find(root, f"{place}/id")))


def _people(root: Element, path: str) -> str:
    names = (
        name_text(find(one, "assignedPerson/name"))
        or name_text(find(one, "representedOrganization/name"))
        or text_of(find(one, "assignedAuthoringDevice/softwareName"))
        for one in find_all(root, path)
    )
    return ", ".join(dict.fromkeys(filter(None, names)))


def _sections(document: Document) -> Iterator[str]:
    pictures: set[str] = set()
    for shown, section in enumerate(document.every_section()):
        if shown == _LINES:
            yield "<p>… 其余章节未显示 more sections are not shown</p>"
            return
        yield from _section(document, section, pictures)
    body = document.body
    if body is not None:
        text = body.data.decode("utf-8", "replace") if body.media_type == "text/plain" else ""
        about = body.url or body.media_type or "?"
        yield f"<h2>正文 Body</h2><p>{escape(about)}</p><p>{escape(text)}</p>"


def _section(document: Document, section: Section, pictures: set[str]) -> Iterator[str]:
    depth = sum(1 for one in section.element.iterancestors("{*}section"))
    heading = "h3" if depth else "h2"
    yield f"<{heading}>{escape(section.title)}</{heading}>"
    if section.narrative is not None:
        yield as_xhtml(document, section.narrative, pictures=pictures)
