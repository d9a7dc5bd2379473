from __future__ import annotations

import contextlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.channels.channel_files import RESULT, compiled, destination

from lianyi.channels.content import RawContent
from lianyi.channels.problems import BadContentPath, NotInFormat, UnreadableContent
from lianyi.channels.structured import JsonContent, XmlContent, json_path, xml_path

JSON = b'{"patient": {"id": "7"}, "items": [{"code": "K", "n": 1.50}, {"code": "NA"}], "ok": true}'
XML = (
    b'<?xml version="1.0" encoding="UTF-8"?><o:Order xmlns:o="urn:x" id="1"><o:Patient o:id="7"/>'
    b'<code use="official">K</code><code>NA</code></o:Order>'
)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("patient.id", "7"),
        ("items[0].code", "K"),
        ("items[1].n", ""),
        ("items[0].n", "1.5"),
        ("ok", "true"),
        ("patient", '{"id":"7"}'),
        ("nothing.at.all", ""),
        ("patient[0]", ""),
    ],
)
def test_json_is_read_by_path(path: str, text: str) -> None:
    assert JsonContent(JSON).get(path) == text


def test_json_gives_all_occurrences() -> None:
    assert JsonContent(JSON).get_all("items[*].code") == ["K", "NA"]


def test_json_is_changed_in_a_copy_only() -> None:
    content = JsonContent(JSON)
    draft = content.copy()

    draft.set("items[0].code", "CL")
    draft.set("new.deep[0].x", "y")

    assert content.encode() == JSON
    read = orjson.loads(draft.encode())
    assert read["items"][0] == {"code": "CL", "n": 1.5}
    assert read["new"] == {"deep": [{"x": "y"}]}


@pytest.mark.parametrize("path", ["patient[0].x", "items.x", "items[5].x", "items[*].code"])
def test_json_cannot_be_written_where_it_does_not_fit(path: str) -> None:
    with pytest.raises(NotInFormat):
        JsonContent(JSON).copy().set(path, "x")


@pytest.mark.parametrize("path", ["", ".a", "a.", "a..b", "a[x]", "a[", "[0]x", "a[-1]"])
def test_a_json_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(BadContentPath):
        json_path(path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/Order/@id", "1"),
        ("/Order/Patient/@id", "7"),
        ("/x:Order/y:Patient/@z:id", "7"),
        ("//code", "K"),
        ("//code[2]", "NA"),
        ("/Order/code[@use='official']", "K"),
        ("/Order/*[2]", "K"),
        ("/Nothing", ""),
        ("/Order/@nothing", ""),
    ],
)
def test_xml_is_read_by_path_in_any_namespace(path: str, text: str) -> None:
    assert XmlContent(XML).get(path) == text


def test_xml_is_changed_in_a_copy_only() -> None:
    content = XmlContent(XML)
    draft = content.copy()

    draft.set("/Order/@id", "2")
    draft.set("//code[2]", "<&>")
    draft.set("/Order/Note", "new")

    assert content.encode() == XML
    again = XmlContent(draft.encode())
    assert [again.get(p) for p in ("/Order/@id", "//code[2]", "/Order/Note")] == ["2", "<&>", "new"]
    assert again.get("/Order/Patient/@id") == "7"


def test_a_changed_xml_can_be_copied_again() -> None:
    draft = XmlContent(XML).copy()
    draft.set("/Order/@id", "2")

    assert draft.copy().get("/Order/@id") == "2"


@pytest.mark.parametrize(
    "path", ["", "Order", "/", "/a//@b", "/a[last()]", "/a/text()", "/a | /b", "/a['x']", "/a/@b/c"]
)
def test_an_xml_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(BadContentPath):
        xml_path(path)


@pytest.mark.parametrize("path", ["/Order/No/Way", "/Other", "/Order/No/@way"])
def test_xml_cannot_be_written_where_nothing_stands(path: str) -> None:
    with pytest.raises(NotInFormat):
        XmlContent(XML).copy().set(path, "x")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b"hello",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        b'<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)
def test_xml_that_cannot_be_trusted_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableContent):
        XmlContent(body).read()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"{'a': 1}", b"[" * 100_000])
def test_json_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableContent):
        JsonContent(body).read()


def test_raw_bytes_have_no_paths() -> None:
    content = RawContent(b"\x00\xff")

    content.read()

    assert content.copy().encode() == b"\x00\xff"
    assert content.kind == "raw"
    for ask in (content.get, content.get_all):
        with pytest.raises(NotInFormat):
            ask("PID-3")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
paths = st.from_regex(r"[a-c](\.[a-c]|\[[0-2]\]){0,3}", fullmatch=True)


@given(json_values, paths, st.text(max_size=5))
def test_what_is_written_into_json_is_read_there(value: object, path: str, text: str) -> None:
    body = orjson.dumps(value)
    draft = JsonContent(body).copy()
    try:
        draft.set(path, text)
    except NotInFormat:
        return

    assert JsonContent(draft.encode()).get(path) == text


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for kind in (JsonContent, XmlContent):
        with contextlib.suppress(UnreadableContent):
            kind(body).read()


@given(st.text(max_size=20))
def test_any_text_is_a_path_or_none(path: str) -> None:
    for read in (json_path, xml_path):
        with contextlib.suppress(BadContentPath):
            assert read(path)


@given(length=st.integers(1, 1000))
def test_a_control_id_too_long_for_the_log_is_whole_when_it_goes_out(length: int) -> None:
    channel = compiled(destination())
    body = RESULT.replace("R0001", "R" * length).encode("gb18030")
    identity = channel.open(body).identity()

    known = channel.open(body, kind=identity.kind, sender=identity.sender, keys=identity.keys)

    assert known.control_id == "R" * length
