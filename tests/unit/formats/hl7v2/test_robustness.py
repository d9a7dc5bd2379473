"""Whatever arrives, nothing but our own failures comes out, and big input is no special case."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.formats.hl7v2 import (
    acknowledge,
    browse_keys,
    judge,
    parse,
    read_acknowledgment,
    read_header,
    split_batch,
    tree,
)

AT = datetime(2026, 1, 2, tzinfo=UTC)
HEAD = b"MSH|^~\\&|A|B|C|D|2026||ORU^R01^ORU_R01|1|P|2.5||||||%s\rPID|1||1^^^A||B^C\r"
CHARSETS = ["", "GB18030", "UNICODE UTF-8", "8859/1", "~ISO IR87", "BIG-5", "HZ-GB-2312", "x"]
BIG = 200_000


def use_everything(body: bytes, default_codec: str = "utf-8") -> None:
    try:
        header = read_header(body, default_codec=default_codec)
        acknowledge(header, code="AA", at=AT, control_id="1")
        message = parse(body, default_codec=default_codec)
        assert message.header == header
        browse_keys(message)
        tree(message)
        findings = judge(message)
        acknowledge(header, code="AE", at=AT, control_id="1", warnings=findings)
        message.get("OBX(3)-5.2.1")
        message.get_all("PID(*)-3.4")
        message.set("PID-3(2).4.2", "a|b")
        message.set("NTE(2)-3", "c\n")
        message.delete_segment("OBX")
        message.encode()
    except LianyiError as error:
        message_of_error = error.text("zh") + error.text("en")
        assert "{" not in message_of_error
        acknowledge(None, code="AR", at=AT, control_id="1", error=error)


@given(body=st.binary(max_size=300), codec=st.sampled_from(["utf-8", "gb18030", "big5"]))
def test_random_bytes(body: bytes, codec: str) -> None:
    use_everything(body, codec)
    use_everything(b"MSH|" + body, codec)
    split_batch(body)


@given(
    charset=st.sampled_from(CHARSETS).map(str.encode),
    pieces=st.lists(
        st.one_of(
            st.sampled_from(
                [b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"OBX|", b"MSH|", b"ZAB|"]
            ),
            st.sampled_from([b"\x1b$B", b"\x1b(B", b"\xb2\xe2", "测".encode(), b"~{", b'""', b"1"]),
            st.binary(max_size=3),
        ),
        max_size=40,
    ),
)
@settings(max_examples=300)
def test_messages_out_of_everything_that_means_something(charset: bytes, pieces) -> None:
    use_everything(HEAD % charset + b"".join(pieces))


@given(data=st.data())
def test_a_message_cut_or_changed_anywhere(adt_bytes: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(adt_bytes)))
    use_everything(adt_bytes[:at])
    use_everything(adt_bytes[:at] + data.draw(st.binary(min_size=1, max_size=3)) + adt_bytes[at:])
    use_everything(adt_bytes[:at] + adt_bytes[at + 1 :])


@pytest.fixture(scope="module")
def adt_bytes() -> bytes:
    return (
        b"MSH|^~\\&|A|B|C|D|2026||ADT^A01^ADT_A01|1|P|2.5\rEVN||2026\r"
        b"PID|1||1^^^A&B~2||C\\T\\D\rPV1|1|I\r"
    )


UNITS = [
    b"~",
    b"^",
    b"|",
    b"&",
    b"\\",
    b"\r",
    b"\n",
    b" ",
    b"a~",
    b"\\X41\\",
    b"\r\n",
    b"A\r",
    b"#\r",
]
UNITS += [
    b"NTE|1\r",
    b"OBX|1|ST|a||b||||||F\r",
    b"ORC|1\rOBR|1\r",
    b"\nMSH",
    b"\x0b\x1c\r",
    b"\xc4\x7c",
]


@pytest.mark.parametrize("unit", UNITS)
def test_a_lot_of_the_same(unit: bytes) -> None:
    body = HEAD % b"GB18030" + b"OBX|1|TX|x||" + unit * (BIG // len(unit)) + b"x"
    use_everything(body)
    split_batch(body)
    read_acknowledgment(b"MSA|AA|" + body)
