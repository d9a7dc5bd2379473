"""What is printed, what holds of what was filed, why a line differs: without a house."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lianyi.applications.indicators.forms.differing import Cause, Compared, causes, paired, why
from lianyi.applications.indicators.forms.filings import filings, told_of
from lianyi.applications.indicators.forms.lining import FiledLine, digest_of, printed
from lianyi.applications.indicators.forms.problems import BadForm
from lianyi.applications.indicators.forms.reading import parse_form, read_forms
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing.model import Decision, Said
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.views import BothWords
from lianyi.cli.indicator import indicator

NOWHERE = Path("/nowhere")
WORDS = BothWords(zh="项目", en="item")


def line(number: str = "1", numerator: str | None = "3", hashed: str = "a") -> FiledLine:
    """An invented line that was counted."""
    return FiledLine(
        number, None, WORDS, "TST-001", "hospital", 1, "value", "count", 0, numerator, numerator,
        None, hashed, "counted" if numerator else "missing", WORDS,
    )  # fmt: skip


figures = st.one_of(st.none(), st.integers(0, 3).map(str))
some_lines = st.builds(line, st.sampled_from("123456"), figures, st.sampled_from("ab"))
sheets = st.lists(some_lines, max_size=6, unique_by=lambda one: one.number)


@given(st.fractions(-(10**9), 10**9), st.integers(0, 4))
def test_a_figure_is_rounded_once_and_half_away_from_zero(value: Fraction, decimals: int) -> None:
    text = printed(value, decimals)
    assert text is not None
    assert len(text.partition(".")[2]) == decimals
    assert abs(Fraction(text) - value) * 2 <= Fraction(1, 10**decimals)
    assert not text.startswith("-0") or float(text) != 0
    assert printed(-value, decimals) in {f"-{text}", text.removeprefix("-")}


@given(st.decimals(-(10**6), 10**6, places=6), st.integers(0, 4))
def test_it_is_rounded_as_decimals_are(value: Decimal, decimals: int) -> None:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    told = printed(Fraction(value), decimals)
    assert told is not None
    assert Decimal(told) == rounded


@given(sheets)
def test_what_was_filed_is_read_back_as_it_was(sheet: list[FiledLine]) -> None:
    assert [FiledLine.of(one.facts()) for one in sheet] == sheet


@given(sheets, sheets)
def test_sheets_have_one_digest_when_they_say_the_same(
    one: list[FiledLine], other: list[FiledLine]
) -> None:
    period = Period(300, 300)
    digests = [digest_of("f", "1", period, "H", lines) for lines in (one, other)]
    assert (digests[0] == digests[1]) == (one == other)


@given(sheets, sheets)
def test_every_line_of_both_sheets_is_compared_once(
    filed: list[FiledLine], now: list[FiledLine]
) -> None:
    pairs = paired(filed, now)
    assert [one for _, one in pairs if one is not None] == now
    told = [one for one, _ in pairs if one is not None]
    assert sorted(told, key=lambda one: one.number) == sorted(filed, key=lambda one: one.number)
    assert all(a is None or b is None or a.number == b.number for a, b in pairs)


@given(some_lines, some_lines, st.one_of(st.none(), some_lines), st.one_of(st.none(), some_lines))
def test_a_line_is_the_same_only_when_nothing_tells_it_apart(
    filed: FiledLine, now: FiledLine, by_then: FiledLine | None, board: FiledLine | None
) -> None:
    by_then = by_then if filed.hash != now.hash else None
    found = causes(Compared(filed, now, by_then, board))
    assert len(set(found)) == len(found) >= 1
    counts = filed.numerator is not None
    same = filed.numerator == now.numerator and (filed.hash == now.hash or not counts)
    assert (found == [Cause.SAME]) == (same and (board is None or board.shown == filed.shown))
    assert (Cause.DEFINITION in found) == (counts and filed.hash != now.hash)
    assert (Cause.NOT_FILED in found) == (not counts and now.numerator is not None)
    words = why(found)
    assert words.zh
    assert words.en


def test_each_cause_has_its_own_words() -> None:
    filed = line()
    of = {
        Cause.SAME: Compared(filed, filed),
        Cause.DATA: Compared(filed, line(numerator="4")),
        Cause.DEFINITION: Compared(filed, line(numerator="4", hashed="b"), line()),
        Cause.CALIBER: Compared(filed, filed, board=line(numerator="5", hashed="c")),
        Cause.NOT_FILED: Compared(None, filed),
        Cause.NOT_ON_FORM: Compared(filed, None),
    }
    assert {cause: causes(one) for cause, one in of.items()} == {one: [one] for one in of}
    assert len({why([cause]).zh for cause in of}) == len(Cause)
    both = Compared(filed, line(numerator="4", hashed="b"), line(numerator="9"))
    assert causes(both) == [Cause.DEFINITION, Cause.DATA]
    assert causes(Compared(filed, replace(filed, numerator="3.0"))) == [Cause.SAME]


def test_of_a_line_that_tells_one_side_only_that_side_is_compared() -> None:
    filed = replace(line(), denominator="10")
    now = replace(filed, denominator="11")
    assert causes(Compared(filed, now)) == [Cause.DATA]
    for side, found in (("numerator", Cause.SAME), ("denominator", Cause.DATA)):
        both = (replace(one, side=side) for one in (filed, now))
        assert causes(Compared(*both)) == [found]


# ---- filings ------------------------------------------------------------------------------------


def decided(number: int, said: Said, **facts: object) -> Decision:
    told = {"period": "2026-06", "two_persons": True, "lines": []} | facts
    at = datetime(2026, 7, 1, tzinfo=UTC)
    return Decision(number, said, "f", "2024", "HA", told, "a", UUID(int=1), at, 0, number)


steps = st.lists(st.tuples(st.booleans(), st.integers(1, 8), st.booleans()), max_size=8)


@given(steps)
def test_of_one_sheet_at_most_one_filing_is_in_force_and_none_is_lost(
    told: list[tuple[bool, int, bool]],
) -> None:
    decisions: list[Decision] = []
    for number, (files, about, two) in enumerate(told, start=1):
        known = {one.number: one.state for one in filings(decisions)}
        if files or known.get(about) != "waiting":
            decisions.append(decided(number, Said.FILED, two_persons=two))
        else:
            decisions.append(decided(number, Said.FILING_CONFIRMED, filing=about))
    found = filings(decisions)
    assert [one.number for one in found] == [
        one.decision for one in decisions if one.said is Said.FILED
    ]
    states = [one.state for one in found]
    assert states.count("in_force") <= 1
    held = [one for one in found if one.confirmed or not one.filed.facts["two_persons"]]
    assert ("in_force" in states) == bool(held)
    judged = told_of(found, ("f", "2026-06", "HA"))
    assert judged == (held[-1] if held else found[-1] if found else None)
    assert told_of(found, ("f", "2026-06", "HB")) is None


# ---- reading ------------------------------------------------------------------------------------

FORM = """
form: own
name: {{ zh: 自有, en: own }}
authority: {{ zh: 市卫健委, en: city }}
period: month
editions:
  - edition: "1"
    valid_from: 2025-01-01
    source: {{ document: 文件, paragraph: 附表 }}
    lines:
      - {line}
"""


def refused(line_: str, *, text: str = FORM) -> BadForm:
    indicators, _ = read_indicators(NOWHERE)
    with pytest.raises(BadForm) as caught:
        parse_form(text.format(line=line_), "own.yaml", indicators)
    return caught.value


@pytest.mark.parametrize(
    ("line_", "where", "why_"),
    [
        ('{ number: "1", indicater: VIS-001 }', "lines.0.indicater", "'indicator'"),
        ('{ number: "1", indicator: VIS-01 }', "lines.0.indicator", "'VIS-0"),
        ('{ number: "1", indicator: EX-04, caliber: case }', "lines.0.caliber", "'cases'"),
        ('{ number: "1", indicator: VIS-001, side: denominator }', "lines.0.side", "no denomin"),
        ('{ number: "1", indicator: VIS-001, decimals: 9 }', "lines.0.decimals", "4"),
        ('{ number: "1" }', "lines.0", "one of them"),
        (
            '{ number: "1", indicator: VIS-001 }\n      - { number: "1", indicator: VIS-002 }',
            "editions.0",
            "two lines have the number 1",
        ),
        ("[", "line", "no YAML"),
    ],
)
def test_a_faulty_form_is_refused_with_file_key_and_the_nearest_name(
    line_: str, where: str, why_: str
) -> None:
    problem = refused(line_)
    assert problem.where.startswith("forms/own.yaml: ")
    assert where in problem.where
    assert why_ in problem.text("en")


def test_two_editions_do_not_hold_on_one_day() -> None:
    second = (
        FORM[FORM.index("  - edition") :].replace('"1"', '"2"').replace("2025-01-01", "2026-01-01")
    )
    line_ = '{ number: "1", indicator: VIS-001 }'
    assert "same day" in refused(line_, text=FORM + second).text("en")
    indicators, _ = read_indicators(NOWHERE)
    ends = FORM.replace("2025-01-01", "2025-01-01\n    valid_to: 2025-12-31")
    form = parse_form((ends + second).format(line=line_), "own.yaml", indicators)
    june, december = Period(300 + 17, 300 + 17), Period(300 + 11, 300 + 11)
    assert [found.edition for one in (june, december) if (found := form.edition_of(one))] == [
        "2", "1",
    ]  # fmt: skip
    assert form.edition_of(Period(290, 290)) is None
    assert not form.fits(Period(300, 302))


def test_a_file_of_the_hospital_takes_the_place_of_ours_and_a_faulty_one_is_alone(
    tmp_path: Path,
) -> None:
    indicators, _ = read_indicators(NOWHERE)
    shipped, problems = read_forms(tmp_path, indicators)
    assert problems == []
    assert set(shipped) == {
        "annual-hospital", "informatics-effect", "monthly-service", "national-exam",
        "quarterly-insurance",
    }  # fmt: skip
    for one in shipped.values():
        for edition in one.editions:
            assert "核对" in edition.source.paragraph or edition.takes == "exam"
    folder = tmp_path / "forms"
    folder.mkdir()
    line_ = '{ number: "1", indicator: VIS-001 }'
    own = FORM.format(line=line_)
    folder.joinpath("own.yaml").write_text(own, encoding="utf-8")
    folder.joinpath("monthly-service.yaml").write_text(
        own.replace("form: own", "form: monthly-service"), encoding="utf-8"
    )
    folder.joinpath("annual-hospital.yaml").write_bytes(b"\xff")
    found, problems = read_forms(tmp_path, indicators)
    assert len(found["monthly-service"].editions[0].lines) == 1
    assert set(found) == {
        "informatics-effect", "monthly-service", "national-exam", "own", "quarterly-insurance",
    }  # fmt: skip
    assert [one.where for one in problems] == ["forms/annual-hospital.yaml"]
    checked = CliRunner().invoke(indicator, ["check", "--content", str(tmp_path)])
    assert checked.exit_code == 1
    assert "forms/annual-hospital.yaml" in checked.output
