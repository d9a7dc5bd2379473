"""The bytes of a clinical document are read in every encoding, and hostile ones are refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.formats import cda
from lianyi.formats.cda.errors import CdaTooDeep, CdaTooLarge, MalformedCda
from lianyi.formats.cda.reading import DEPTH_MAX

from .texts import document


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UTF-8", "utf-8"), ("UTF-8", "utf-8-sig"), ("GB18030", "gb18030"), ("gb2312", "gb18030"),
        ("GBK", "gbk"), ("UTF-16", "utf-16"), ("UTF-16", "utf-16-le"),
    ],
)  # fmt: skip
def test_every_declared_encoding_is_read(declared: str, codec: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>{document(title="出院小結")}'
    found = cda.read(text.encode(codec))
    assert (found.title, found.id.extension) == ("出院小結", "1")
    assert cda.looks_like_cda(text.encode(codec))


def test_text_that_declares_nothing_is_of_the_codec_of_the_channel() -> None:
    data = document(title="出院小结").encode("gb18030")
    assert cda.read(data, default_codec="gb18030").title == "出院小结"
    with pytest.raises(MalformedCda) as failure:
        cda.read(data)
    assert failure.value.where.startswith("byte ")


def test_the_header_gives_what_the_document_is_about() -> None:
    found = cda.read(document().encode())
    assert (found.version, found.set_id.extension, found.language) == (3, "set", "zh-CN")
    assert [(one.relation, one.ids[0].extension) for one in found.related] == [("replaces", "0")]
    assert [one.title for one in found.every_section()] == ["主诉", "现病史"]
    (inner,) = found.sections[0].sections
    assert inner.entries[0].get("classCode") == "OBS"


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
FILE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("prolog", [BOMB, FILE, "<!DOCTYPE x SYSTEM 'http://127.0.0.1/x.dtd'>"])
@pytest.mark.parametrize("before", ["", "\n<!-- a note -->\n", "<?pi x?>\n"])
def test_a_document_type_is_refused_before_it_is_parsed(prolog: str, before: str) -> None:
    text = f'<?xml version="1.0"?>{before}{prolog}{document(title="&b;&f;")}'
    for codec in ("utf-8", "utf-16"):
        with pytest.raises(MalformedCda) as failure:
            cda.read(text.encode(codec))
        assert "DOCTYPE" in str(failure.value)


def test_a_document_type_within_words_is_words() -> None:
    text = document(text="<![CDATA[<!DOCTYPE html><p>]]>")
    assert cda.read(text.encode()).sections[0].narrative is not None


def test_elements_too_deep_are_refused() -> None:
    deep = "<content>" * (DEPTH_MAX + 5) + "x" + "</content>" * (DEPTH_MAX + 5)
    with pytest.raises(CdaTooDeep):
        cda.read(document(text=deep).encode())
    with pytest.raises(CdaTooDeep):
        cda.read(document(text="<a>" * 5000 + "</a>" * 5000).encode())


def test_more_bytes_than_allowed_are_refused() -> None:
    with pytest.raises(CdaTooLarge):
        cda.read(document().encode(), size_bytes_max=100)
    with pytest.raises(CdaTooLarge):
        cda.read(document(text="x" * 10_000_001).encode())


@pytest.mark.parametrize(
    ("gone", "where", "missing"),
    [
        ('<id root="1.2.3" extension="1"/>', "ClinicalDocument (line 1)", "'id'"),
        ('<id root="1.2.3" extension="P1"/>',
         "ClinicalDocument/recordTarget/patientRole (line 3)", "'id'"),
        ("<component>", "line ", "no XML"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_with_element_and_line(
    gone: str, where: str, missing: str
) -> None:
    with pytest.raises(MalformedCda) as failure:
        cda.read(document().replace(gone, "", 1).encode())
    assert failure.value.where.startswith(where)
    assert missing in failure.value.facts["why"]


@pytest.mark.parametrize(
    "data",
    [b"", b"<", b"\xff\xfe", b"\x00<", b"<ClinicalDocument/>", b"<a xmlns='urn:hl7-org:v3'/>"],
)
def test_what_is_no_document_is_refused_in_our_words(data: bytes) -> None:
    with pytest.raises(MalformedCda):
        cda.read(data)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_damaged_document_is_read_or_refused_in_our_words(data: st.DataObject) -> None:
    raw = bytearray(document().encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    with suppress(MalformedCda, CdaTooDeep):
        cda.read(bytes(raw))


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (b"<!-- <Order/> --><ClinicalDocument xmlns='x'/>", True),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><n1:ClinicalDocument/>", True),
        (b"<Envelope><Body><ClinicalDocument/></Body></Envelope>", False),
        (b"<ClinicalDocuments/>", False),
        (b"text", False),
        (b"", False),
    ],
)
def test_what_its_root_says_is_a_clinical_document(data: bytes, is_one: bool) -> None:
    assert cda.looks_like_cda(data) is is_one
