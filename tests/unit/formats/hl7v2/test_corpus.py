"""Every message of other projects' tests is read without loss, or refused with words."""

from collections import Counter
from pathlib import Path

from lianyi.base.errors import LianyiError
from lianyi.formats.hl7v2 import browse_keys, judge, parse, read_header, split_batch, tree

NO_MESSAGES = {".json", ".md", ".py"}


def files_of(corpus: Path) -> list[Path]:
    found = (path for path in corpus.rglob("*") if path.is_file())
    return sorted(path for path in found if path.suffix.lower() not in NO_MESSAGES)


def test_every_file_comes_back_byte_for_byte_or_says_why_not(corpus: Path, record_property) -> None:
    outcomes: Counter[str] = Counter()
    for path in files_of(corpus):
        body = path.read_bytes()
        try:
            message = parse(body)
        except LianyiError as error:
            outcomes[error.code] += bool(error.where)
            continue
        outcomes["read"] += 1
        assert message.encode() == body
        assert rewritten(body) == body
    record_property("outcomes", dict(outcomes))
    assert sum(outcomes.values()) == len(files_of(corpus))
    assert outcomes["read"] > 300


def rewritten(body: bytes) -> bytes:
    """Write every segment anew, although nothing in it is different."""
    message = parse(body)
    for segment in message.segments():
        number = 3 if segment.name == "MSH" else 1
        try:
            message.set_raw(segment.path(f"{number}(*)"), segment.get_raw(f"{number}(*)"))
        except LianyiError:
            continue  # a line of the corpus that is no segment
    if message.encode() == body:
        return body
    return _without_added_delimiters(message.encode(), body)


def _without_added_delimiters(written: bytes, body: bytes) -> bytes:
    """A segment without field 1 gets a delimiter when field 1 is set; nothing else may differ."""
    mark = body[3:4]
    same = [line.rstrip(mark + b"\r\n") for line in written.splitlines()]
    return body if same == [line.rstrip(mark + b"\r\n") for line in body.splitlines()] else written


def test_every_message_in_every_file_is_taken_apart(corpus: Path) -> None:
    messages = 0
    for path in files_of(corpus):
        for body in split_batch(path.read_bytes()).messages:
            try:
                message = parse(body)
            except LianyiError:
                continue
            messages += 1
            assert message.encode() == body
            assert read_header(body) == message.header
            browse_keys(message)
            if messages % 10 == 0:
                assert all(finding.text("zh") for finding in judge(message))
                assert tree(message)
    assert messages > 1000
