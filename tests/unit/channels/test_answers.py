"""What a receiver's answer means for a delivery."""

from __future__ import annotations

import pytest

from lianyi.base.errors import Category
from lianyi.channels.answers import judge_answer, stops_destination
from lianyi.channels.failures import (
    Refused,
    RefusedForNow,
    Unavailable,
    UnreadableAnswer,
    WrongAnswer,
)
from lianyi.connectors.connector import Answer


def ack(code: str, control_id: str = "M1") -> bytes:
    return f"MSH|^~\\&|R|R|||20260301||ACK|A1|P|2.4\rMSA|{code}|{control_id}\r".encode()


MATRIX = [
    # body, category, over MLLP, required: what it means, whether the destination stops
    (ack("AA"), None, True, True, None),
    (ack("CA"), None, True, True, None),
    (ack("AE"), None, True, True, Refused),
    (ack("CE"), None, True, True, Refused),
    (ack("AR"), None, True, True, RefusedForNow),
    (ack("CR"), None, True, True, RefusedForNow),
    (ack("ZZ"), None, True, True, Refused),
    (ack("AA", "X9"), None, True, True, WrongAnswer),
    (ack("AE", "X9"), None, True, True, WrongAnswer),
    (ack("AA", ""), None, True, True, None),
    (b"nonsense", None, True, True, UnreadableAnswer),
    (b"", None, True, True, UnreadableAnswer),
    (b"nonsense", None, True, False, None),
    (b"", None, False, True, None),
    (b"thanks", None, False, True, None),
    (ack("AE"), None, False, True, Refused),
    (b"no", Category.INVALID, False, True, Refused),
    (b"no", Category.FORBIDDEN, False, True, Refused),
    (b"", Category.NOT_FOUND, False, True, Refused),
    (b"later", Category.BUSY, False, True, RefusedForNow),
    (b"oops", Category.INTERNAL, False, True, RefusedForNow),
    (b"away", Category.UNAVAILABLE, False, True, Unavailable),
    (b"no", Category.INVALID, False, False, Refused),
]


@pytest.mark.parametrize(("body", "category", "over_mllp", "required", "kind"), MATRIX)
def test_an_answer_means_what_the_table_says(
    body: bytes, category: Category | None, over_mllp: bool, required: bool, kind: type | None
) -> None:
    _, failure = judge_answer(
        Answer(body, category),
        control_id="M1",
        accepted_codes=("AA", "CA"),
        required=required,
        over_mllp=over_mllp,
        where="a/b",
    )

    assert type(failure) is (kind or type(None))
    silent = (WrongAnswer, UnreadableAnswer, Unavailable)
    assert failure is None or stops_destination(failure) is isinstance(failure, silent)
