import codecs
from itertools import pairwise

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


IR58 = "MSH|^~\\&|HIS|H|||2026||ADT^A01|1|P|2.5||||||ISO IR58\rPID|1||X^王^x|y\r"
GB_G1, GB_G0, TO_ASCII = b"\x1b$)A", b"\x1b$A", b"\x1b(B"
WANG = "王".encode("gb2312")
WANG_7 = bytes(byte & 0x7F for byte in WANG)


@pytest.mark.parametrize(
    "written",
    [
        GB_G1 + WANG,
        GB_G1 + b"\x0e" + WANG_7 + b"\x0f",
        GB_G0 + WANG_7 + TO_ASCII,
        WANG,
    ],
)
@pytest.mark.parametrize("charset", ["ISO IR58", "GB2312", "~ISO IR58"])
def test_chinese_that_switches_by_escape_sequences_is_read(written: bytes, charset: str) -> None:
    before, after = IR58.replace("ISO IR58", charset).split("王")
    body = before.encode() + written + after.encode()

    message = parse(body)

    assert message.get("PID-3.2") == "王"
    assert message.get("PID-4") == "y"
    assert read_header(body).charset == charset
    assert message.encode() == body
    assert parse(body, forced_codec=message.codec).get("PID-3.2") == "王"


def test_korean_that_switches_by_escape_sequences_is_read() -> None:
    text = message_of("KS X 1001", "김^희중")
    body = text.replace("김", "\x1b$)C김").encode("euc_kr")

    assert parse(body).get("PID-3.2") == "희중"


def test_what_is_changed_switches_as_the_rest_does() -> None:
    before, after = IR58.split("王")
    message = parse(before.encode() + GB_G1 + WANG + after.encode())

    message.set("PID-4", "李")

    written = message.encode()
    assert written.count(GB_G1) == 1
    assert parse(written).get("PID-4") == "李"
    assert parse(written).get("PID-3.2") == "王"


@pytest.mark.parametrize("chinese", [GB_G1 + b"\x0e" + WANG_7 + b"\x0f", GB_G0 + WANG_7 + TO_ASCII])
def test_unchanged_chinese_of_a_changed_segment_keeps_its_switches(chinese: bytes) -> None:
    before, after = IR58.split("王")
    message = parse(before.encode() + chinese + after.encode())

    message.set("PID-4", "z")

    assert message.encode() == before.encode() + chinese + after.replace("y", "z").encode()


CHINESE = [
    b"\x0e" + WANG_7 + b"\x0f",
    GB_G0 + WANG_7 + TO_ASCII,
    GB_G1,
    WANG,
    b"a|^",
    b"\x1b[1m",
    b"\r",
]


@given(pieces=st.lists(st.sampled_from(CHINESE), max_size=12), cuts=st.lists(st.integers(0, 80)))
def test_chinese_that_switches_is_read_the_same_however_it_is_cut(
    pieces: list[bytes], cuts: list[int]
) -> None:
    body = b"".join(pieces)
    reader = codecs.getincrementaldecoder("iso2022_gb")()
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    read = [reader.decode(body[a:b]) for a, b in pairwise(places)]
    assert "".join(read) + reader.decode(b"", final=True) == body.decode("iso2022_gb")


def test_the_beginning_of_a_text_that_switches_is_shown() -> None:
    reader = codecs.getincrementaldecoder("iso2022_gb")(errors="replace")
    assert reader.decode(b"a" + GB_G1 + WANG + b"\x1b$B" + WANG[:1]) == "a王\ufffd"
    assert reader.decode(b"", final=True) == "\ufffd"


@pytest.mark.parametrize("charset", ["", "UNICODE UTF-8", "ISO IR100", "ISO IR58", "ASCII"])
@pytest.mark.parametrize("switch", [b"\x1b$)G", b"\x1b$B", b"\x1b-F"])
def test_a_switch_to_a_set_that_nobody_reads_is_refused(charset: str, switch: bytes) -> None:
    body = message_of(charset, "@").encode().replace(b"@", switch + b"0!")

    with pytest.raises(UnsupportedCharset):
        parse(body)
    with pytest.raises(UnsupportedCharset):
        parse(body, forced_codec="gb18030")


def test_an_escape_that_switches_nothing_stays_a_character() -> None:
    body = message_of("GB18030", "\x1b[1m王\x1bE\x1b(B").encode("gb18030")

    assert parse(body).get("PID-3") == "\x1b[1m王\x1bE\x1b(B"


@given(
    text=st.text(st.sampled_from("王李abc|^\r珀"), max_size=30),
    name=st.sampled_from(["iso2022_gb"]),
)
def test_what_switches_reads_back_as_it_was_written(text: str, name: str) -> None:
    assert text.encode(name).decode(name) == text


def test_half_a_character_after_a_switch_is_found_by_its_place() -> None:
    body = message_of("ISO IR58", "@").encode().replace(b"@|x", GB_G1 + b"\xcd")

    with pytest.raises(WrongCharset) as failure:
        parse(body)

    assert failure.value.where == f"byte {body.index(0xCD)}"
