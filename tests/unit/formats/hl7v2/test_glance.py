"""One look sees what reading sees, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.formats.hl7v2 import Glancer, acknowledge, listed_keys, parse, split_batch

AT = datetime(2026, 3, 2, 8, 41, 40, 999_999, tzinfo=UTC)


def check(body: bytes, *, default_codec: str = "utf-8", forced_codec: str = "") -> bool:
    """Compare one look with reading; tell whether the look was enough."""
    glancer = Glancer(default_codec=default_codec, forced_codec=forced_codec)
    for _ in range(2):  # the second time its form is known
        glance = glancer.look(body)
    if glance is None:
        return False
    message = parse(body, default_codec=default_codec, forced_codec=forced_codec or None)
    assert glance.header == message.header
    assert glance.form.header.codec == message.codec
    assert glance.keys == listed_keys(message)
    assert not message.warnings
    for at in (AT, AT + timedelta(microseconds=1)):
        prepared = glance.form.acknowledge("AA", at=at, theirs=glance.control_id, ours="LY1-1")
        assert prepared == acknowledge(message.header, code="AA", at=at, control_id="LY1-1")
    return True


def test_a_usual_message_needs_one_look(adt: str) -> None:
    assert check(adt.encode())
    assert check(adt.encode().rstrip(b"\r"))
    assert check(adt.encode("gb18030"), default_codec="gb18030")
    assert check(adt.encode("gb18030"), forced_codec="gbk")
    assert check(adt.replace("NE\r", "NE||UNICODE UTF-8\r").encode(), default_codec="gb18030")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"MSH",
        b"MSH|^~\\&|A|B",
        b"MSH*^~\\&*A*B*C*D*1**ADT^A01*1*P*2.5\rPID*1**P1\r",
        b"MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\nPID|1||P1\n",
        b"MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rMSH|^~\\&|A|B|C|D|1||ADT^A01|2|P|2.5\r",
        b"MSH|^~\\&|\xe7\x94\xb2|B|C|D|1||ADT^A01|1|P|2.5\rPID|1||P1\r",
        b"MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rPID|1||P1||\xff\xfe\r",
        b"MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5|||||CHN|ISO IR87\rPID|1||P1\r",
        b"MSH|^~\\&|A\x01|B|C|D|1||ADT^A01|1|P|2.5\rPID|1||P1\r",
    ],
)
def test_what_is_unusual_is_left_to_reading(body: bytes) -> None:
    assert not check(body)


def test_utf8_that_calls_itself_gb18030_is_left_to_reading(adt: str) -> None:
    body = adt.replace("NE\r", "NE||GB18030\r").encode()
    assert not check(body)
    assert check(adt.replace("NE\r", "NE||GB18030\r").encode("gb18030"))


FIELD = st.text("AZ09甲|^~&\\ \"'\r\n\x0b\x1c\x00é", max_size=8)
NAMES = st.sampled_from(["PID", "PV1", "MRG", "ORC", "OBR", "IPC", "ZPD", "MSH", "PI", "PIDX", ""])
SEGMENT = st.builds(lambda name, fields: "|".join([name, *fields]), NAMES, st.lists(FIELD))
CODECS = st.sampled_from(["utf-8", "gb18030", "ascii", "iso8859-1", "big5hkscs"])


@given(
    head=st.lists(FIELD, min_size=7, max_size=18),
    segments=st.lists(SEGMENT, max_size=6),
    codec=CODECS,
    default=CODECS,
    forced=st.just("") | CODECS,
    charset=st.sampled_from(
        ["", "UNICODE UTF-8", "GB18030", "ASCII", "8859/1", "UTF-16", "?", "~"]
    ),
)
def test_one_look_sees_what_reading_sees(
    head: list[str], segments: list[str], codec: str, default: str, forced: str, charset: str
) -> None:
    fields = [*head, *[""] * (15 - len(head)), charset][:16]
    body = "\r".join(["MSH|^~\\&|" + "|".join(fields), *segments]).encode(codec, "replace")
    try:
        check(body, default_codec=default, forced_codec=forced)
    except LianyiError as error:
        pytest.fail(f"a look was enough for what cannot be read: {error.code}")


def test_one_look_sees_what_reading_sees_in_real_messages(corpus: Path) -> None:
    looked = enough = 0
    for path in sorted(corpus.rglob("*")):
        if path.is_file():
            for body in split_batch(path.read_bytes()).messages:
                looked += 1
                try:
                    enough += check(body) + check(body.replace(b"\n", b"\r"))
                except LianyiError as error:
                    pytest.fail(f"{path.name}: {error.code}")
    assert looked > 100
    assert enough > looked / 2
