from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.channels.splitting import split_lines

names = st.sampled_from(["PID", "PV1", "ORC", "OBR", "OBX", "NTE", "SPM", "FT1", "NK1", "ZXX"])


def parts(segments: str, by: str) -> list[str]:
    """Split segments written as one text; each is told by name and own number."""
    listed = segments.split()
    return [" ".join(listed[n] for n in part) for part in _split(listed, by)]


def _split(listed: list[str], by: str) -> list[list[int]]:
    return split_lines([name[:3] for name in listed], by)


@pytest.mark.parametrize(
    ("segments", "by", "expected"),
    [
        ("MSH PID OBR OBXa OBXb", "OBX", ["MSH PID OBR OBXa", "MSH PID OBR OBXb"]),
        ("MSH PID OBR OBXa NTEa OBXb", "OBX", ["MSH PID OBR OBXa NTEa", "MSH PID OBR OBXb"]),
        (
            "MSH PID PV1 ORC1 OBR1 OBXa ORC2 OBR2 OBXb",
            "OBR",
            ["MSH PID PV1 ORC1 OBR1 OBXa", "MSH PID PV1 ORC2 OBR2 OBXb"],
        ),
        (
            "MSH PID OBR1 OBXa OBR2 OBXb OBXc",
            "OBX",
            ["MSH PID OBR1 OBXa", "MSH PID OBR2 OBXb", "MSH PID OBR2 OBXc"],
        ),
        ("MSH PID OBR OBXa OBXb SPM", "OBX", ["MSH PID OBR OBXa SPM", "MSH PID OBR OBXb SPM"]),
        (
            "MSH PID OBR1 OBXa OBR2 NTE",
            "OBX",
            ["MSH PID OBR1 OBXa", "MSH PID OBR2 NTE"],
        ),
        ("MSH PID1 OBR1 PID2 OBR2", "PID", ["MSH PID1 OBR1", "MSH PID2 OBR2"]),
        ("MSH PID PV1 IN1a IN2a IN1b", "IN1", ["MSH PID PV1 IN1a IN2a", "MSH PID PV1 IN1b"]),
        ("MSH PID OBR", "OBX", []),
    ],
)
def test_a_part_is_its_branch_and_what_stands_above_it(
    segments: str, by: str, expected: list[str]
) -> None:
    assert parts(segments, by) == expected


@given(st.lists(names, max_size=40), names)
def test_a_split_loses_no_segment_and_keeps_their_order(rest: list[str], by: str) -> None:
    listed = ["MSH", *rest]

    found = split_lines(listed, by)

    assert bool(found) == (by in listed)
    if found:
        assert set().union(*map(set, found)) == set(range(len(listed)))
    for part in found:
        assert part == sorted(set(part))
        assert part[0] == 0


@given(st.lists(names, max_size=40), st.sampled_from(["OBX", "OBR", "FT1", "PID"]))
def test_each_part_segment_opens_exactly_one_part_unless_it_nests(rest: list[str], by: str) -> None:
    listed = ["MSH", *rest]

    found = split_lines(listed, by)

    for n, name in enumerate(listed):
        if name == by:
            assert sum(n in part for part in found) == 1
