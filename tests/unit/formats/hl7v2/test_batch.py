import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import parse, split_batch

lines = st.text("abMSHé|^ ", max_size=10).map(lambda text: f"NTE|{text}")
bodies = st.lists(lines, max_size=4)
ends = st.sampled_from(["\r", "\n", "\r\n"])


@given(messages=st.lists(bodies, max_size=5), end=ends, blanks=st.integers(0, 2), data=st.data())
def test_messages_survive_any_way_of_putting_them_into_a_file(messages, end, blanks, data) -> None:
    whole = [
        "".join(line + end for line in (f"MSH|^~\\&|{n}", *body)).encode()
        for n, body in enumerate(messages)
    ]
    gap = (end * blanks).encode()
    file = gap.join(whole)
    if data.draw(st.booleans()):
        comment = b"# a comment" + end.encode()
        file = gap.join(message + comment for message in whole)
    if data.draw(st.booleans()):
        count = str(len(whole)).encode()
        mark = end.encode()
        file = b"FHS|^~\\&|X" + mark + b"BHS|^~\\&|X" + mark + file
        file += b"BTS|" + count + mark + b"FTS|1" + mark
    batch = split_batch(file)
    assert list(batch.messages) == whole
    assert [file[at : at + 3] for at in batch.at_bytes] == [b"MSH"] * len(whole)
    assert batch.warnings == ()


@given(st.lists(bodies, min_size=1, max_size=4))
def test_framing_bytes_in_a_file_belong_to_no_message(messages) -> None:
    whole = [
        "".join(line + "\r" for line in (f"MSH|^~\\&|{n}", *body)).encode()
        for n, body in enumerate(messages)
    ]
    file = b"".join(b"\x0b" + message + b"\x1c\r" for message in whole)
    assert list(split_batch(file).messages) == whole


@given(st.binary(max_size=300))
def test_any_file_gives_messages_that_stand_in_it(file: bytes) -> None:
    for candidate in (file, file.replace(b"\x00", b"\rMSH|")):
        batch = split_batch(candidate)
        for message, at in zip(batch.messages, batch.at_bytes, strict=True):
            assert candidate[at : at + len(message)] == message


@pytest.mark.parametrize(
    ("file", "path", "text"),
    [
        (b"BHS|^~\\&\rMSH|^~\\&|1\rBTS|2\r", "BTS-1", "declares 2, but 1 came"),
        (b"FHS|^~\\&\rBHS|^~\\&\rBTS|0\rFTS|x\r", "FTS-1", "declares x, but 1 came"),
        (b"hello\rMSH|^~\\&|1\r", "byte 0", "5 bytes before the first message belong to none"),
    ],
)
def test_what_is_odd_is_a_warning(file: bytes, path: str, text: str) -> None:
    (warning,) = split_batch(file).warnings
    assert (warning.path, warning.text(), warning.severity) == (path, text, "warning")


def test_an_empty_count_says_nothing() -> None:
    batch = split_batch(b"FHS|^~\\&|A\rBHS|^~\\&\rMSH|^~\\&|1\rBTS\rFTS\r")
    assert (batch.warnings, batch.header) == ((), b"FHS|^~\\&|A")


def test_a_batch_of_gb18030_is_cut_at_lines_only() -> None:
    message = "MSH|^~\\&|测试乗亅\rPID|1\r".encode("gb18030")
    assert split_batch(message * 3).messages == (message,) * 3
    assert parse(message, default_codec="gb18030").get("MSH-3") == "测试乗亅"
