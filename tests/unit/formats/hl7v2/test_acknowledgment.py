from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import (
    MalformedHl7,
    NoAcknowledgment,
    WrongCharset,
    acknowledge,
    judge,
    parse,
    read_acknowledgment,
    read_header,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ERROR = WrongCharset(where="byte 68", codec="utf-8", declared="UNICODE UTF-8")


def answer(version: str = "2.5", charset: str = "", error=None, event="ADT^A01", **more) -> bytes:
    body = f"MSH|^~\\&|HIS|H1|EMR|H2|2026||{event}|C1|T|{version}||||||{charset}\r".encode()
    more = {"code": "AA", "at": AT, "control_id": "A1", "error": error} | more
    return acknowledge(read_header(body), **more)


def test_the_answer_goes_back_to_the_sender() -> None:
    assert answer() == (
        b"MSH|^~\\&|EMR|H2|HIS|H1|20260102030405+0000||ACK^A01^ACK|A1|T|2.5\rMSA|AA|C1\r"
    )


def test_the_time_is_told_with_its_zone() -> None:
    china = timezone(timedelta(hours=8))
    assert b"|20260102110405+0800|" in answer(at=AT.astimezone(china))


@pytest.mark.parametrize(
    ("version", "event", "kind"),
    [
        ("2.1", "ADT^A01", "ACK"),
        ("2.2", "ADT^A01", "ACK^A01"),
        ("2.3", "ADT^A01", "ACK^A01"),
        ("2.3.1", "ADT^A01", "ACK^A01^ACK"),
        ("2.8.2", "ADT^A01", "ACK^A01^ACK"),
        ("2.5", "ORU", "ACK"),
        ("", "ADT^A01", "ACK^A01"),
    ],
)
def test_the_type_of_the_answer_follows_the_version(version: str, event: str, kind: str) -> None:
    assert read_text(answer(version, event=event)).get("MSH-9") == kind


def read_text(body: bytes):
    return parse(body)


@pytest.mark.parametrize("version", ["2.5", "2.5.1", "2.6", "2.8.2"])
def test_new_versions_say_why_in_err(version: str) -> None:
    ack = parse(answer(version, error=ERROR, code="AE"))
    assert ack.get("ERR-3.1") == "102"
    assert ack.get("ERR-3.3") == "HL70357"
    assert ack.get("ERR-4") == "E"
    assert ack.get("ERR-5.1") == "LY-1204"
    assert "无法读取消息" in ack.get("ERR-8")
    assert "cannot read message" in ack.get("ERR-8")


@pytest.mark.parametrize("version", ["2.2", "2.3", "2.4"])
def test_old_versions_say_why_in_msa(version: str) -> None:
    ack = parse(answer(version, error=ERROR, code="AE"))
    assert ack.get("MSA-3").startswith("LY-1204 cannot read message [byte 68]")
    assert len(ack.get("MSA-3")) <= 80
    assert ack.get("ERR-1.4.1") == "102"


def test_a_path_becomes_an_error_location() -> None:
    message = parse(b"MSH|^~\\&|A|B|C|D|2026||ADT^A01^ADT_A01|1|P|2.5\rPID|1\r")
    ack = parse(
        acknowledge(message.header, code="AE", at=AT, control_id="1", warnings=judge(message))
    )
    places = ack.get_all("ERR(*)-2")
    assert "PID^1^3" in places
    assert "EVN^1" in places
    assert set(ack.get_all("ERR(*)-4")) == {"E"}


def test_chinese_is_left_out_where_the_charset_has_none() -> None:
    body = answer(charset="8859/1", error=ERROR, code="AE")
    assert "cannot read" in parse(body).get("ERR-8")
    assert "?" not in body.decode("latin-1").partition("ERR")[2]


def test_the_answer_is_written_in_the_charset_of_the_message() -> None:
    body = answer(charset="GB18030", error=ERROR, code="AE")
    ack = parse(body, default_codec="utf-8")
    assert ack.codec == "gb18030"
    assert "无法读取消息" in ack.get("ERR-8")


def test_an_unreadable_message_is_answered_too() -> None:
    ack = parse(
        acknowledge(None, code="AR", at=AT, control_id="A1", error=MalformedHl7(where="byte 0"))
    )
    assert (ack.get("MSA-1"), ack.get("MSA-2"), ack.get("MSH-9")) == ("AR", "", "ACK")
    assert judge(ack)[0].path == "MSA-2"


@given(
    code=st.sampled_from(["AA", "AE", "AR", "CA", "CE", "CR"]),
    control_id=st.text("abc0189-._ ^&", min_size=1, max_size=20).filter(lambda t: t.strip() == t),
)
def test_what_we_answer_we_can_read(code: str, control_id: str) -> None:
    body = f"MSH|^~\\&|A|B|C|D|2026||ADT^A01|{control_id}|P|2.5\r".encode()
    read = read_acknowledgment(acknowledge(read_header(body), code=code, at=AT, control_id="x"))
    assert (read.code, read.control_id, read.text) == (code, control_id, "")


@pytest.mark.parametrize(
    ("body", "code", "control_id", "text"),
    [
        (b"MSH|^~\\&|A\rMSA|AA|1|fine\r", "AA", "1", "fine"),
        (b"MSH|^~\\&|A\nMSA|aa|1\n", "AA", "1", ""),
        (
            b"\x0bMSH|^~\\&|A\r\nMSA|AE|1|\r\nERR|||207|E||||no \\T\\ bed\r\n\x1c\r",
            "AE",
            "1",
            "no & bed",
        ),
        (b"MSA|AR|77", "AR", "77", ""),
        (b"MSA|CA", "CA", "", ""),
        (b"  MSA*AA*5*ok", "AA", "5", "ok"),
        ("MSH|^~\\&|A\rMSA|AE|1|失败".encode("gb18030"), "AE", "1", "失败"),
        (b"MSH|^~\\&|A\rMSA|AE|1\rERR|^^^207&boom", "AE", "1", "^^^207&boom"),
    ],
)
def test_sloppy_answers_are_understood(body: bytes, code: str, control_id: str, text: str) -> None:
    assert read_acknowledgment(body) == (code, control_id, text)


@pytest.mark.parametrize("body", [b"", b"OK", b"MSH|^~\\&|A\rPID|MSA|AA", b"MSAA|1", b"MSA\xb1AA"])
def test_an_answer_without_msa_is_none(body: bytes) -> None:
    with pytest.raises(NoAcknowledgment):
        read_acknowledgment(body)


@given(st.binary(max_size=100))
def test_random_answers_are_read_or_refused(body: bytes) -> None:
    for candidate in (body, b"MSA|" + body):
        try:
            read_acknowledgment(candidate)
        except NoAcknowledgment:
            assert not candidate.startswith(b"MSA|")
