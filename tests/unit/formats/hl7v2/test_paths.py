import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import BadPath, Path

numbers = st.integers(1, 9999)


@given(
    segment=st.from_regex(r"[A-Z][A-Z0-9]{2}", fullmatch=True),
    occurrence=st.one_of(st.just(-1), numbers),
    field=numbers,
    repetition=st.one_of(st.just(-1), st.just(0), numbers),
    component=st.one_of(st.just(0), numbers),
    subcomponent=st.one_of(st.just(0), numbers),
)
def test_a_path_reads_what_it_writes(
    segment, occurrence, field, repetition, component, subcomponent
) -> None:
    slot = field - 1 if segment in ("MSH", "BHS", "FHS") else field
    path = Path(
        segment, occurrence, field, repetition, component, subcomponent if component else 0, slot
    )
    assert Path.of(str(path)) == path


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 1),
        ("PI-3", 1),
        ("pid-3", 1),
        ("PID", 4),
        ("PID-", 5),
        ("PID-0", 5),
        ("PID-3(", 7),
        ("PID-3(2", 8),
        ("PID-3(0)", 7),
        ("PID-3.", 7),
        ("PID-3.1.2.3", 10),
        ("PID-3 ", 6),
        ("PID(x)-3", 5),
        ("PID-12345", 9),
    ],
)
def test_a_bad_path_says_at_which_character(text: str, at: int) -> None:
    with pytest.raises(BadPath) as failure:
        Path.of(text)
    assert failure.value.facts["at"] == at


@given(st.text(max_size=12))
def test_any_text_is_a_path_or_a_bad_one(text: str) -> None:
    try:
        path = Path.of(text)
    except BadPath:
        return
    assert Path.of(str(path)) == path
