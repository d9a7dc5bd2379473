"""Whatever arrives is read or refused in our own words, and what it says does not hang on order."""

from __future__ import annotations

import cProfile
import pstats
import random
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.formats import hl7v2
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.validation import Validator
from lianyi.formats.hl7v2 import MalformedHl7
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical import hl7v2 as clinical
from lianyi.projections.clinical.hl7v2 import reading
from lianyi.projections.clinical.hl7v2.problems import NamesNobody, TooMuchSaid
from lianyi.projections.clinical.statements import Stated
from lianyi.simulate.story import CODECS, StorySettings, tell

from .saying import ZONE, corpus, fold, logged, message, said
from .stories import STORIES

SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
UNREADABLE_MAX = 20
"""Of the 1,442 messages of the corpus: what names nobody, and what is no HL7 v2."""


SENDERS = frozenset(("code-unknown",))
"""Rules that only the sender breaks: he names a coding system for a code that is not of it."""
VITAL = "Observation"
PROFILES = frozenset(
    ("profile-missing", "profile-kind", "slice-closed", "code-not-in-set", "no-code-from-set")
)
"""Rules of the profiles of vital signs: a heart rate without time, number or unit is none."""


@lru_cache(maxsize=1)
def judge() -> Validator:
    return Validator()


def check_valid(stated: list[Stated]) -> None:
    """Every resource that a message alone makes is one of FHIR, by two judges."""
    for (type_, _), resource in fold(stated).items():
        written = json_text.write(resource)
        get_fhir_model_class(type_).model_validate_json(written)
        found = judge().validate(json_text.read(written))
        wrong = [one for one in found if one.severity in ("fatal", "error")]
        excused = SENDERS | (PROFILES if type_ == VITAL else frozenset())
        assert [(one.expression, one.en) for one in wrong if one.rule not in excused] == []


def test_every_message_of_the_corpus_is_read_or_refused_and_makes_valid_resources() -> None:
    refused: Counter[str] = Counter()
    read = 0
    seen = set()
    for name, body in corpus():
        try:
            stated = clinical.read(logged(body), ZONE)
        except LianyiError as failure:
            refused[f"{type(failure).__name__} {name}"] += 1
            continue
        read += 1
        assert stated, name
        shape = tuple(sorted((one.type, *one.resource) for one in stated))
        if shape not in seen:  # a stream of one simulated hospital says the same a thousand times
            seen.add(shape)
            check_valid(stated)
    assert read > 1_000
    assert refused.total() <= UNREADABLE_MAX, refused


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story[0])
def test_our_own_stories_make_valid_resources(story: tuple[str, list[str]]) -> None:
    for segments in story[1]:
        check_valid(said(logged(segments)))


@SLOW
@given(st.sampled_from(STORIES), st.randoms(use_true_random=False))
def test_a_story_ends_the_same_in_whatever_order_it_is_heard(
    story: tuple[str, list[str]], chance: random.Random
) -> None:
    """Of statements of one instant and rank the one that came last holds; these have none such."""
    stated = [one for text in story[1] for one in said(logged(text))]
    mixed = [*stated, *chance.sample(stated, len(stated) // 2)]
    chance.shuffle(mixed)
    assert fold(mixed) == fold(stated)


ALPHABET = st.sampled_from('|^~\\&\r""\t ~A1é王\x00\x1b\ud83dMSHPIDOBX0.9-:<>{}')


@SLOW
@given(st.data())
def test_a_message_however_spoilt_raises_nothing_but_our_errors(data: st.DataObject) -> None:
    _, texts = data.draw(st.sampled_from(STORIES))
    text = data.draw(st.sampled_from(texts))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(8, len(text)))
        cut = data.draw(st.integers(0, 30))
        new = data.draw(st.text(ALPHABET, max_size=12))
        text = text[:at] + new + text[at + cut :]
    body = text.encode("utf-8", "replace")
    try:
        stated = clinical.read(logged(body), ZONE)
    except LianyiError:
        return
    check_valid(stated)


@SLOW
@given(st.data())
def test_a_field_however_wrong_costs_nothing_but_itself(data: st.DataObject) -> None:
    _, texts = data.draw(st.sampled_from(STORIES))
    lines = data.draw(st.sampled_from(texts)).rstrip("\r").split("\r")
    n = data.draw(st.integers(1, len(lines) - 1))
    fields = lines[n].split("|")
    place = data.draw(st.integers(1, len(fields) - 1))
    if lines[n].startswith(("PID", "MRG")) and place < 5:
        return
    fields[place] = data.draw(st.text(ALPHABET.filter(lambda c: c not in "\r|\x1b"), max_size=20))
    lines[n] = "|".join(fields)
    check_valid(clinical.read(logged("\r".join(lines).encode("utf-8", "replace")), ZONE))


def test_a_message_without_a_patient_or_msh_is_refused() -> None:
    with pytest.raises(NamesNobody):
        said(message("ADT^A01", "PV1|1|I"))
    with pytest.raises(MalformedHl7):
        said(logged(b"PID|1||P1"))


MANY = [
    "PV1|1|I||||||||||||||||V{n}", "ROL|{n}||AT|D{n}", "SCH|B{n}", "AIS|{n}||X", "PRD|RP|A",
    "RF1|P|||||Z{n}", "OBR|{n}||F{n}|A^a|||||||||||||||||||||F|B&b^1|||O^F1", "NTE|1||t",
    "OBX|{n}|TX|X||t", "DG1|{n}||C{n}", "SPM|{n}|S{n}",
]  # fmt: skip


def test_the_work_for_a_message_grows_with_it_and_not_with_its_square() -> None:
    """Ten times the segments are some ten times the calls, whatever segments they are."""
    for one in MANY:
        costs = []
        for count in (60, 600):
            told = message("ADT^A08", "PID|1||P1^^^HIS", *(one.format(n=n) for n in range(count)))
            said(told)
            costs.append(calls_of(told))
        assert costs[1] < 14 * costs[0] + 60_000, one


def calls_of(told: LogMessage) -> int:
    """How many functions reading a message calls."""
    profile = cProfile.Profile()
    profile.runcall(said, told)
    return int(pstats.Stats(profile).total_calls)


def test_a_message_that_says_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "STATEMENTS_MAX", 3)
    with pytest.raises(TooMuchSaid):
        said(message("ADT^A01", "PID|1||P1^^^HIS", *(f"AL1|{n}||A{n}" for n in range(5))))


def test_errors_tell_nothing_of_a_person() -> None:
    with pytest.raises(NamesNobody) as failure:
        said(message("ADT^A01", "PID|1||99010219800315123X^^^^NNCHN||王^小明", "PV1|1|I"))
    assert "9901" not in failure.value.text("zh")
    assert "王" not in failure.value.text("en")


def test_the_simulated_hospital_becomes_records_that_hang_together() -> None:
    """A day of it: every resource is valid, and what it refers to is there."""
    stated: list[Stated] = []
    unread: Counter[str] = Counter()
    for line in takewhile(lambda line: line.at_seconds < 43_200, tell(StorySettings())):
        for body in hl7v2.split_batch(line.body).messages:
            told = logged(body, sender=f"{line.system}|H1")._replace(codec=CODECS[line.system])
            if clinical.wants(told.kind):
                found = clinical.look(told, ZONE)
                stated += found.stated
                unread.update(found.unread)
    assert unread == {}
    made = fold(stated)
    types = Counter(type_ for type_, _ in made)
    assert types["Encounter"] > 10
    assert types["DiagnosticReport"] > 10
    assert types["Observation"] > 100
    check_valid(stated)
    missing = Counter(
        f"{type_}: {text}"
        for (type_, _), resource in made.items()
        for text in references_in(resource)
        if tuple(text.split("/")) not in made
    )
    assert missing == {}


def references_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from references_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references_in(inner)
