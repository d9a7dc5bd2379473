import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import CannotEncode, Delimiters, UnusableDelimiters, escape, unescape
from lianyi.formats.hl7v2.delimiters import USUAL, delimiters_of

dotted = st.permutations("|^~.&").map(lambda some: Delimiters(*some))
marks = dotted | st.permutations(list(string.punctuation)).map(lambda some: Delimiters(*some[:6]))
texts = st.text(st.characters(codec="utf-8"))


@given(text=texts, delimiters=marks)
def test_what_is_escaped_comes_back(text: str, delimiters: Delimiters) -> None:
    assert unescape(escape(text, delimiters), delimiters) == text


@given(text=texts, delimiters=marks)
def test_escaped_text_holds_no_delimiter_and_no_line_end(text: str, delimiters: Delimiters) -> None:
    without_sequences = escape(text, delimiters).replace(delimiters.escape, "")
    others = {mark for mark in delimiters if mark != delimiters.escape}
    assert not others & set(without_sequences)
    assert not set("\r\n") & set(without_sequences)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("a\\.br\\b\\.BR\\c\\.sp2\\d\\.sp\\e", "a\nb\nc\n\nd\ne"),
        ("\\H\\bold\\N\\ plain", "bold plain"),
        ("\\.in+4\\text\\.ti-2\\.", "text\\.ti-2\\."[:4] + "."),
        ("\\X41\\\\X4243\\", "ABC"),
        ("\\XE6B58B\\", "测"),
        ("\\X4\\ \\XZZ\\ \\X\\", "\\X4\\ \\XZZ\\ \\X\\"),
        ("\\C2842\\ \\M2442\\ \\Z1\\", "\\C2842\\ \\M2442\\ \\Z1\\"),
        ("C:\\temp\\new", "C:\\temp\\new"),
        ("ends\\", "ends\\"),
        ("\\P\\", "#"),
    ],
)
def test_escape_sequences_mean_what_the_standard_says(raw: str, text: str) -> None:
    assert unescape(raw, USUAL) == text


def test_hexadecimal_data_is_read_in_the_codec_of_the_message() -> None:
    assert unescape("\\XB2E2\\", USUAL, "gb18030") == "测"


def test_the_truncation_mark_is_escaped_only_where_there_is_one() -> None:
    assert escape("a#b", USUAL) == "a#b"
    assert escape("a#b", delimiters_of("|", "^~\\&#")) == "a\\P\\b"


@pytest.mark.parametrize("encoding", ["", "^~\\&#@", "^^~\\", "|~\\&", "^~\\A", "^ \\&", "^~\\\t"])
def test_unusable_delimiters_are_refused(encoding: str) -> None:
    with pytest.raises(UnusableDelimiters):
        delimiters_of("|", encoding)


def test_without_an_escape_character_a_delimiter_cannot_be_written() -> None:
    short = delimiters_of("|", "^~")
    assert escape("plain", short) == "plain"
    assert unescape("a\\F\\b", short) == "a\\F\\b"
    with pytest.raises(CannotEncode):
        escape("a|b", short)
