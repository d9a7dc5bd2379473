import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import (
    UnsupportedCharset,
    WrongCharset,
    browse_keys,
    parse,
    read_header,
)
from lianyi.formats.hl7v2.charsets import codec_declared, codec_of

# Characters whose second byte in GBK is | ^ ~ \ & or another ASCII character.
TREACHEROUS = "".join(
    char
    for lead in range(0x81, 0xFE)
    for trail in b"\\^|~@`{}"
    if (char := bytes((lead, trail)).decode("gb18030", "ignore"))
)


def message_of(charset: str, name: str, sender: str = "HIS") -> str:
    return f"MSH|^~\\&|{sender}|H|||2026||ADT^A01|1|P|2.5||||||{charset}\rPID|1||{name}|x\r"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("", ""),
        ("GB 18030-2000", "gb18030"),
        ("GB18030", "gb18030"),
        ("gbk", "gb18030"),
        ("GB2312", "gb18030"),
        ("UNICODE UTF-8", "utf-8"),
        ("UTF8", "utf-8"),
        ("utf-8", "utf-8"),
        ("8859/1", "iso8859-1"),
        ("8859/15", "iso8859-15"),
        ("ISO-8859-2", "iso8859-2"),
        ("ISO IR100", "iso8859-1"),
        ("ISO IR87", "iso2022_jp_ext"),
        ("JAS2020", "iso2022_jp_ext"),
        ("BIG-5", "big5hkscs"),
        ("UNICODE UTF-16", None),
        ("CNS 11643-1992", None),
    ],
)
def test_names_of_table_0211_and_what_hospitals_write(name: str, codec: str | None) -> None:
    assert codec_of(name) == codec


def test_several_charsets_at_once() -> None:
    assert codec_declared("~ISO IR87") == "iso2022_jp_ext"
    assert codec_declared("ASCII~ISO IR87~ISO IR159") == "iso2022_jp_ext"
    assert codec_declared("ISO IR6~ISO IR100") == "iso8859-1"
    assert codec_declared("8859/1~8859/2") is None


@given(
    name=st.text(st.sampled_from(TREACHEROUS), max_size=8),
    sender=st.text(st.sampled_from(TREACHEROUS), max_size=8),
    charset=st.sampled_from(["GB18030", "GBK", "GB 18030-2000"]),
    default=st.sampled_from(["utf-8", "gb18030"]),
)
def test_characters_that_hold_delimiters_are_not_cut(name, sender, charset, default) -> None:
    body = message_of(charset, name, sender).encode("gb18030")
    message = parse(body, default_codec=default)
    assert message.codec == "gb18030"
    assert message.get("MSH-3") == sender
    assert message.get("PID-3") == name
    assert message.get("PID-4") == "x"
    header = read_header(body, default_codec=default)
    assert (header.charset, header.sending_application) == (charset, sender)
    message.set("PID-4", "y")
    assert message.encode() == body.replace(b"|x\r", b"|y\r")


@pytest.mark.parametrize(
    ("declared", "written", "default", "codec", "warned"),
    [
        ("UNICODE UTF-8", "utf-8", "gb18030", "utf-8", False),
        ("UNICODE UTF-8", "gb18030", "gb18030", "gb18030", True),
        ("GB18030", "utf-8", "utf-8", "utf-8", True),
        ("GB18030", "gb18030", "utf-8", "gb18030", False),
        ("8859/1", "utf-8", "utf-8", "utf-8", True),
        ("", "gb18030", "gb18030", "gb18030", False),
        ("", "utf-8", "utf-8", "utf-8", False),
        ("", "utf-8", "gb18030", "utf-8", True),
        ("ASCII", "gb18030", "gb18030", "gb18030", True),
        ("NONSENSE", "gb18030", "gb18030", "gb18030", True),
    ],
)
def test_senders_that_lie_or_say_nothing(declared, written, default, codec, warned) -> None:
    body = message_of(declared, "测试患者姓名").encode(written)
    message = parse(body, default_codec=default)
    assert message.get("PID-3") == "测试患者姓名"
    assert message.codec == read_header(body, default_codec=default).codec == codec
    assert bool(message.warnings) == warned
    assert message.encode() == body


def test_a_forced_codec_is_the_only_one() -> None:
    body = message_of("8859/1", "测试").encode("gb18030")
    assert parse(body).get("PID-3") != "测试"
    assert parse(body, forced_codec="gbk").get("PID-3") == "测试"


@given(before=st.text("ab测", max_size=20))
def test_bytes_that_are_no_text_are_found_by_their_place(before: str) -> None:
    start = message_of("UNICODE UTF-8", before).encode().rstrip(b"\r")
    body = start + b"\xff\r"
    with pytest.raises(WrongCharset) as failure:
        parse(body)
    assert failure.value.where == f"byte {len(start)}"
    header = read_header(body)
    assert (header.control_id, header.codec) == ("1", "utf-8")


def test_the_error_says_what_was_declared_and_holds_no_text_of_the_message() -> None:
    body = message_of("UNICODE UTF-8", "秘密").encode() + b"\xff"
    with pytest.raises(WrongCharset) as failure:
        parse(body)
    assert "UNICODE UTF-8" in str(failure.value)
    assert "秘密" not in str(failure.value)


def test_japanese_that_switches() -> None:
    body = message_of("~ISO IR87", "山田^太郎").encode("iso2022_jp")
    message = parse(body)
    assert message.get("PID-3.1") == "山田"
    message.set("PID-3.2", "花子")
    assert parse(message.encode()).get("PID-3") == "山田^花子"


def test_needless_switches_are_kept_where_nobody_changed_anything() -> None:
    body = b"MSH|^~\\&|A|||||||||||||||ISO IR87\rPID|\x1b(B\x1b(B1|\x1b$B;3\x1b(B|x\rPV1|\x1b(B1\r"
    message = parse(body)
    message.set("PID-3", "y")
    assert message.encode() == body.replace(b"|x", b"|y")


def test_big5_has_two_codes_for_some_characters_and_keeps_the_one_received() -> None:
    body = b"MSH|^~\\&|A|||||||||||||||BIG-5\rPID|\xa2\xcc|x\rPV1|\xa2\xcc\r"
    message = parse(body)
    message.set("PID-2", "y")
    assert message.encode() == body.replace(b"|x", b"|y")


def test_latin_is_read() -> None:
    assert parse(message_of("8859/1", "Müller").encode("latin-1")).get("PID-3") == "Müller"


@pytest.mark.parametrize(
    "body",
    [
        message_of("", "x").encode("utf-16"),
        message_of("", "x").encode("utf-16-le"),
        message_of("8859/1~8859/2", "\x1b-Ax").encode(),
        message_of("UNICODE UTF-16", "测").encode(),
    ],
)
def test_what_cannot_be_read_is_named(body: bytes) -> None:
    with pytest.raises(UnsupportedCharset):
        parse(body)


def test_an_unknown_default_codec_is_named() -> None:
    with pytest.raises(UnsupportedCharset):
        parse(message_of("", "x").encode(), default_codec="no-such-codec")


def test_a_byte_order_mark_means_utf_8() -> None:
    body = b"\xef\xbb\xbf" + message_of("", "测试é").encode()
    assert parse(body, default_codec="gb18030").get("PID-3") == "测试é"
    assert browse_keys(parse(body, default_codec="gb18030")).patients == ("测试é^", "x^")


def test_a_byte_order_mark_that_swallows_the_header_is_a_wrong_charset() -> None:
    """EF BB BF in GB18030 takes the M of MSH with it; it must not be looked for further down."""
    body = b"\xef\xbb\xbfMSH|^~\\&|HIS|H|||20260301||ADT^A01|1|P|2.4\rNTE|1||\xff MSH\r"

    with pytest.raises(WrongCharset):
        parse(body, default_codec="gb18030")
    assert read_header(body, default_codec="gb18030").control_id == "1"
