import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.formats.hl7v2 import (
    BadPath,
    CannotEncode,
    EmptyMessage,
    FixedByMessage,
    MalformedHl7,
    Path,
    SeveralMessages,
    UnusableDelimiters,
    parse,
)

values = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)
names = st.sampled_from(["PID", "PV1", "OBX", "ZAB", "NTE"])
marks = st.permutations(list(string.punctuation)).map("".join)
ends = st.sampled_from(["\r", "\n", "\r\n"])


@st.composite
def messages(draw) -> str:
    """Any message: any delimiters, superfluous ones, any line ends, blank lines at the end."""
    mark = draw(marks)
    end = draw(ends)
    separator, encoding = mark[0], mark[1:6]
    free = st.text(
        st.one_of(st.sampled_from(list(mark[:6])), st.characters(codec="utf-8")), max_size=30
    ).map(lambda text: text.replace("\r", "").replace("\n", ""))
    lines = [f"MSH{separator}{encoding}{separator}{draw(values).replace(separator, '')}"]
    lines += [f"{draw(names)}{separator}{draw(free)}" for _ in range(draw(st.integers(0, 6)))]
    return end.join(lines) + end * draw(st.integers(0, 3))


paths = st.builds(
    lambda name, field, repetition, component, subcomponent: Path.of(
        f"{name}-{field}({repetition}).{component}.{subcomponent}"
    ),
    names,
    st.integers(1, 6),
    *[st.integers(1, 3)] * 3,
)


@given(messages())
def test_any_message_comes_back_byte_for_byte(text: str) -> None:
    body = text.encode()
    assert parse(body, forced_codec="utf-8").encode() == body


@given(messages(), paths, values)
def test_what_is_set_is_read_and_nothing_else_changes(text: str, path: Path, value: str) -> None:
    message = parse(text.encode(), forced_codec="utf-8")
    before = message.copy()
    message.set(path, value)
    assert message.get(path) == (value if value != '""' else "")
    again = parse(message.encode(), forced_codec="utf-8")
    assert again.get(path) == message.get(path)
    if before.count(path.segment):
        old, new = list(before.lines()), list(again.lines())
        changed = [n for n, line in enumerate(new) if line != old[n]]
        assert len(new) == len(old)
        assert len(changed) <= 1
    assert before.encode() == text.encode()


@given(messages(), paths, values)
def test_setting_leaves_the_neighbours_alone(text: str, path: Path, value: str) -> None:
    message = parse(text.encode(), forced_codec="utf-8")
    neighbours = [
        path._replace(field=n, slot=n, repetition=-1, component=0, subcomponent=0)
        for n in range(1, 8)
        if n != path.field
    ]
    before = [message.get_raw(neighbour) for neighbour in neighbours]
    message.set(path, value)
    assert [message.get_raw(neighbour) for neighbour in neighbours] == before


@given(messages(), names, st.integers(1, 3))
def test_adding_and_deleting_a_segment_is_no_change(text: str, name: str, more: int) -> None:
    body = text.encode()
    message = parse(body, forced_codec="utf-8")
    for _ in range(more):
        message.add_segment(name)
    for _ in range(more):
        assert message.delete_segment(name, message.count(name))
    assert message.encode() == body


@given(st.binary(max_size=200))
def test_random_bytes_are_a_message_or_a_failure_of_ours(body: bytes) -> None:
    for candidate in (body, b"MSH" + body, b"MSH|^~\\&|" + body):
        try:
            message = parse(candidate)
        except LianyiError:
            continue
        assert message.encode() == candidate


def test_reading_by_path(adt: str) -> None:
    message = parse(adt.encode())
    assert message.get("MSH-1") == "|"
    assert message.get("MSH-2") == "^~\\&"
    assert message.get("MSH-9.2") == "A01"
    assert message.get("PID-3.1") == "P001"
    assert message.get("PID-3") == "P001^^^HIS^PI"
    assert message.get("PID-3(2).4.2") == "2.16"
    assert message.get("PID-3(2).4.1") == "MPS"
    assert message.get("PID-3(3)") == ""
    assert message.get("PID-99.1") == ""
    assert message.get("ZZZ-1") == ""
    assert message.get("PID(2)-3") == ""
    assert message.get_all("PID-3.1") == ["P001", "910000199001010000"]
    assert message.get_all("PID-3(1).1") == ["P001"]
    assert message.get_all("PID-3(9).1") == []
    assert message.get_all("PID-99") == []
    assert message.get_raw("PID-3(*)").count("~") == 1
    assert message.get("PID-5.1") == "测试"
    assert message.get("PID-5.1.1") == "测试"
    assert message.get("PID-8.2") == ""


def test_reading_all_segments_of_a_name() -> None:
    message = parse(b"MSH|^~\\&|A\rOBX|1||a~b\rOBX|2||c\rOBX|3\r")
    assert message.get_all("OBX(*)-3") == ["a", "b", "c"]
    assert message.get("OBX(2)-3") == "c"
    assert [segment.get("1") for segment in message.segments("OBX")] == ["1", "2", "3"]
    assert message.count("OBX") == 3


def test_a_group_ends_where_the_next_begins() -> None:
    message = parse(b"MSH|^~\\&|A\rOBR|1\rOBX|1\rOBX|2\rOBR|2\rOBX|3\r")
    assert [segment.get("1") for segment in message.group("OBR", 1, "OBX")] == ["1", "2"]
    assert [segment.get("1") for segment in message.group("OBR", 2, "OBX")] == ["3"]
    assert message.group("OBR", 3, "OBX") == []


def test_null_is_not_absent() -> None:
    message = parse(b'MSH|^~\\&|A\rPID|1|""||x^""\r')
    assert message.get_raw("PID-2") == '""'
    assert message.get_raw("PID-3") == ""
    assert message.get("PID-2") == message.get("PID-3") == ""
    assert message.get_all("PID-2") == [""]
    message.set("PID-3", '""')
    assert message.get_raw("PID-3") == '""'


def test_only_the_changed_field_differs() -> None:
    body = b"MSH|^~\\&|A|B^^\rPID|1|x^^||\\Z9\\|||\rPV1|||||\r\r\r"
    message = parse(body)
    message.set("PID-3", "a|b")
    assert message.encode() == body.replace(b"x^^||", b"x^^|a\\F\\b|")


def test_missing_segments_are_made() -> None:
    message = parse(b"MSH|^~\\&|A\r")
    message.set("NTE(2)-3.2", "x")
    assert message.encode() == b"MSH|^~\\&|A\rNTE\rNTE|||^x\r"
    assert parse(b"MSH|^~\\&|A").add_segment("ZAB").path("1") == "ZAB(1)-1"


def test_a_segment_is_added_after_a_line() -> None:
    message = parse(b"MSH|^~\\&|A\nPID|1\nPV1|1")
    message.set("PID-2", "x")
    message.set("PV1-2", "y")
    message.add_segment("PD1", after=1).set("3", "z")
    assert message.encode() == b"MSH|^~\\&|A\nPID|1|x\nPD1|||z\nPV1|1|y"


def test_a_raw_field_is_copied_whole(adt: str) -> None:
    message = parse(adt.encode())
    message.set_raw("ZAB-1", message.get_raw("PID-3(*)"))
    assert message.get_all("ZAB-1.1") == message.get_all("PID-3.1")


def test_delimiters_cannot_be_set(adt: str) -> None:
    message = parse(adt.encode())
    with pytest.raises(FixedByMessage):
        message.set("MSH-2", "^")
    with pytest.raises(FixedByMessage):
        message.delete_segment("MSH")


@pytest.mark.parametrize("path", ["PID(*)-3", "PID-3(*).1"])
def test_many_places_cannot_be_set_at_once(adt: str, path: str) -> None:
    with pytest.raises(BadPath):
        parse(adt.encode()).set(path, "x")


def test_a_raw_value_may_not_end_a_line(adt: str) -> None:
    with pytest.raises(CannotEncode):
        parse(adt.encode()).set_raw("PID-3", "a\rPID|")


@pytest.mark.parametrize(
    ("body", "kind", "where"),
    [
        (b"", EmptyMessage, "byte 0"),
        (b" \r\n", EmptyMessage, "byte 0"),
        (b"PID|1", MalformedHl7, "byte 0"),
        (b"\r\nPID|1", MalformedHl7, "byte 2"),
        (b"MSH", UnusableDelimiters, "byte 3"),
        (b"\r\nMSHA^~\\&", UnusableDelimiters, "byte 5"),
        (b"MSH|^~\\&|A\rMSH|^~\\&|B\r", SeveralMessages, "byte 11"),
    ],
)
def test_what_is_no_message_is_refused_with_the_place(body, kind, where) -> None:
    with pytest.raises(kind) as failure:
        parse(body)
    assert (type(failure.value), failure.value.where) == (kind, where)


def test_a_line_feed_inside_of_text_stays_there() -> None:
    body = b"MSH|^~\\&|A\rNTE|1||one\ntwo\rPV1|1\nPID|1\r\n\n"
    message = parse(body)
    assert message.get("NTE-3") == "one\ntwo"
    assert message.get("PID-1") == "1"
    message.set("PV1-2", "I")
    assert message.encode() == body.replace(b"PV1|1", b"PV1|1|I")


def test_what_stands_before_msh_is_kept() -> None:
    body = "\ufeff\r\nMSH|^~\\&|测\rPID|1\r".encode()
    message = parse(body)
    assert message.get("MSH-3") == "测"
    assert message.encode() == body
    message.set("PID-1", "2")
    assert message.encode() == body.replace(b"PID|1", b"PID|2")


def test_a_value_that_the_codec_lacks_is_refused() -> None:
    message = parse(b"MSH|^~\\&|A|||||||||||||||8859/1\rPID|1\r")
    message.set("PID-2", "测")
    with pytest.raises(CannotEncode) as failure:
        message.encode()
    assert failure.value.where == "line 2"


def test_a_message_is_converted_to_another_charset() -> None:
    text = "MSH|^~\\&|测试|||||||||||||||{}\rPID|1|患者\r"
    message = parse(text.format("GB18030").encode("gb18030"))
    message.convert("UNICODE UTF-8")
    assert message.encode() == text.format("UNICODE UTF-8").encode()
