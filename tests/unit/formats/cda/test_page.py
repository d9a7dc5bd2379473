"""A document is shown as it reads, and nothing that its sender writes can run in a browser."""

# ruff: noqa: E501 - XML is not broken where it may not be
from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.formats import cda
from lianyi.formats.cda import page
from lianyi.formats.cda.narrative import as_text, as_xhtml
from lianyi.formats.fhir.validation import narrative as fhir

from .texts import document

PNG = b64encode(b"\x89PNG\r\n\x1a\n rest").decode()
TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "h3",
        "dl",
        "dt",
        "dd",
        "div",
        "p",
        "span",
        "br",
        "table",
        "caption",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "ul",
        "ol",
        "li",
        "b",
        "i",
        "u",
        "em",
        "del",
        "sub",
        "sup",
        "img",
    ]
)
ATTRIBUTES = frozenset(
    ["lang", "charset", "class", "colspan", "rowspan", "span", "align", "src", "alt", "xmlns"]
)


class Seen(HTMLParser):
    """Everything that a browser would see in a page, checked as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        self.tags.append(tag)
        for name, value in attrs:
            assert name in ATTRIBUTES, name
            if name == "src":
                assert re.fullmatch(
                    r"data:image/(png|gif|jpeg);base64,[A-Za-z0-9+/=]*", value or ""
                )

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_data(self, data: str) -> None:
        self.words += data


def shown(text: str, media: str = "") -> Seen:
    seen = Seen()
    seen.feed(page.as_page(cda.read(document(text=text, media=media).encode())))
    seen.close()
    return seen


def inside(text: str, media: str = "") -> str:
    found = cda.read(document(text=text, media=media).encode())
    narrative = found.sections[0].narrative
    assert narrative is not None
    return as_xhtml(found, narrative, pictures=set()).partition(">")[2].removesuffix("</div>")


def test_the_header_stands_on_the_page_in_both_languages() -> None:
    words = shown("").words
    for part in ("患者 Patient", "王小明", "男 male", "1980-03-15", "张 医生", "替代 Replaces",
                 "2026-03-01 10:30:00 +0800"):  # fmt: skip
        assert part in words, part


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<table><thead><tr><th colspan='2'>甲</th></tr></thead><tbody><tr><td>乙</td></tr></tbody></table>",
         '<table><thead><tr><th colspan="2">甲</th></tr></thead><tbody><tr><td>乙</td></tr></tbody></table>'),
        ("<list listType='ordered'><caption>表</caption><item>一</item><item>二</item></list>",
         '<div class="caption">表</div><ol><li>一</li><li>二</li></ol>'),
        ("<list>零<content>一</content><item>二</item></list>",
         "<div>零</div><ul><li>一</li><li>二</li></ul>"),
        ("<content styleCode='Bold Italics'>重</content><sub>2</sub><br/>",
         "<span><b><i>重</i></b></span><sub>2</sub><br/>"),
        ("<paragraph>见<footnoteRef IDREF='f'/></paragraph><footnote ID='f'>注</footnote>",
         '<p>见*</p><span class="footnote">注</span>'),
        ("<linkHtml href='https://a.example/x'>片</linkHtml>", "<span>片</span> [https://a.example/x]"),
        ("<linkHtml href='javascript:alert(1)'>片</linkHtml>", "<span>片</span>"),
        ("<content xmlns='urn:x' onclick='y'>词</content><script>z</script>", "词z"),
        ("<td style='x' onload='y' colspan='9999999'>1 &lt;b&gt;</td>", "<td>1 &lt;b&gt;</td>"),
    ],
)  # fmt: skip
def test_each_element_has_its_counterpart(text: str, expected: str) -> None:
    assert inside(text) == expected
    shown(text)


def test_pictures_are_those_of_the_document() -> None:
    media = (
        '<entry><observationMedia classCode="OBS" moodCode="EVN" ID="m1"><value mediaType="image/png"'
        f' representation="B64">{PNG}</value></observationMedia></entry>'
    )
    text = '<renderMultiMedia referencedObject="m1"><caption>胸片</caption></renderMultiMedia>'
    assert inside(text, media).startswith(f'<img src="data:image/png;base64,{PNG}" alt="胸片"/>')
    for other in (media.replace("image/png", "image/svg+xml"), media.replace(PNG, "PHN2Zz4="), ""):
        assert inside(text, other).startswith('<span class="picture">[胸片]</span>')


def test_a_picture_that_is_shown_again_and_again_is_put_in_once() -> None:
    media = (
        '<entry><observationMedia classCode="OBS" moodCode="EVN" ID="m1"><value mediaType="image/png"'
        f' representation="B64">{PNG}</value></observationMedia></entry>'
    )
    text = '<renderMultiMedia referencedObject="m1"/>' * 50
    assert shown(text, media).tags.count("img") == 1


def test_words_of_a_page_are_what_people_read() -> None:
    found = page.words_of(page.as_page(cda.read(document(text="<b>胸</b>痛 &amp; 咳").encode())))
    assert "痛 & 咳" in found
    assert "font" not in found


def test_a_narrative_as_text_has_a_line_for_each_row() -> None:
    found = cda.read(
        document(
            text="<table><tr><td>钾</td><td>6.2</td></tr><tr><td>钠</td></tr></table>"
        ).encode()
    )
    assert as_text(found.sections[0].narrative) == "钾 6.2\n钠"


NAMES = st.sampled_from(
    [
        "paragraph",
        "content",
        "list",
        "item",
        "table",
        "tr",
        "td",
        "th",
        "caption",
        "script",
        "style",
        "iframe",
        "object",
        "svg",
        "a",
        "img",
        "footnote",
        "renderMultiMedia",
        "linkHtml",
        "br",
        "col",
        "colgroup",
        "sub",
        "html:script",
        "x:y",
        "form",
    ]
)
ATTRIBUTE = st.sampled_from(
    [
        "onclick",
        "href",
        "src",
        "style",
        "styleCode",
        "ID",
        "IDREF",
        "colspan",
        "align",
        "referencedObject",
        "xlink:href",
    ]
)
VALUES = st.sampled_from(
    ["javascript:alert(1)", "\"><script>alert(1)</script>", "9", "Bold", "url(x)", "data:text/html,x",
     "' onload='x", "center", "#m1", "jav&#x09;ascript:x", "</style><script>"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["胸痛", "<script>alert(1)</script>", "&lt;b&gt;", "]]>", "<!--", "--><img src=x>", "\u202e"]
)


@st.composite
def narratives(draw: st.DrawFn, depth: int = 4) -> str:
    """A narrative that means harm."""
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        if depth == 0 or draw(st.booleans()):
            parts.append(escape(draw(WORDS)))
            continue
        name, attribute = draw(NAMES), draw(ATTRIBUTE)
        value = escape(draw(VALUES), quote=True)
        inner = draw(narratives(depth=depth - 1))
        parts.append(f'<{name} {attribute}="{value}">{inner}</{name}>')
    return "".join(parts)


@settings(max_examples=150, deadline=None)
@given(text=narratives())
def test_no_narrative_brings_anything_in_that_runs(text: str) -> None:
    spaces = 'xmlns:html="http://www.w3.org/1999/xhtml" xmlns:x="urn:x" xmlns:xlink="urn:l"'
    raw = document(text=f"<content {spaces}>{text}</content>")
    found = cda.read(raw.encode())
    seen = Seen()
    seen.feed(page.as_page(found))
    seen.close()
    assert seen.tags.count("script") == 0
    narrative = found.sections[0].narrative
    assert narrative is not None
    root = fhir.parse(as_xhtml(found, narrative))
    assert root is not None
    assert list(fhir.forbidden(root)) == []


def test_the_policy_lets_only_our_style_and_pictures_of_the_page_in() -> None:
    assert "default-src 'none'" in page.POLICY
    assert "script-src" not in page.POLICY
    assert "sandbox" in page.POLICY
