"""Whatever the feeds are given, they read it or say why not; and what other makers sent is read."""

from __future__ import annotations

import json
from collections import Counter
from itertools import takewhile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage
from lianyi.projections.identity import feeds
from lianyi.projections.identity.feeds import hl7
from lianyi.projections.identity.feeds.limits import KEY_CHARACTERS_MAX, VALUES_MAX
from lianyi.projections.identity.feeds.problems import NamesNoPatient, UnreadableRegistration
from lianyi.projections.identity.registration import IdKind, Name
from lianyi.projections.identity.statements import Registered, Replaced
from lianyi.projections.identity.traits import read_registration
from lianyi.simulate.story import StorySettings, tell

from .feeding import RECEIVED, ZONE, adt, logged, registration, said, shared

WORDS = [
    "resourceType", "Patient", "Bundle", "identifier", "value", "system", "type", "coding", "code",
    "use", "period", "end", "name", "text", "family", "given", "telecom", "gender", "birthDate",
    "address", "line", "link", "other", "reference", "replaced-by", "seealso", "entry", "resource",
    "fullUrl", "transaction", "multipleBirthInteger", "deceasedBoolean", "meta", "lastUpdated",
    "contact", "relationship", "extension", "url", "valueCode", "active", "患者ID", "姓名", "电话",
    "身份证号", "更新时间", "是否死亡",
]  # fmt: skip


# --- limits, charsets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        adt("A08", {3: "P" * (KEY_CHARACTERS_MAX + 1)}),
        adt("A08", {3: f"P1^^^{'H' * (KEY_CHARACTERS_MAX + 1)}^MR"}),
        adt("A08", {5: "王" * 1_001}),
        adt("A08", {13: "~".join(f"154129{n:05}" for n in range(VALUES_MAX + 1))}),
        adt("A40", {}, "MRG|" + "~".join(f"Q{n}" for n in range(VALUES_MAX + 1))),
        adt("A40", *([{}, "MRG|P2"] * (hl7.PAIRS_MAX + 1))),
        adt("A24", {3: "P" * 101}, {}),
    ],
)
def test_what_nobody_can_keep_is_refused(message: LogMessage) -> None:
    with pytest.raises(UnreadableRegistration) as failure:
        said(message)
    assert "PPP" not in failure.value.text("en")
    assert "王王" not in failure.value.text("zh")


def test_names_in_gb18030_are_read_and_lost_characters_keep_their_bytes() -> None:
    kept = registration({5: "王^䶮"}, charset="GB18030", codec="gb18030")
    assert kept.names == (Name("王䶮"),)
    known = registration({5: "王^\ue81e"}, charset="GB18030", codec="gb18030")
    assert known.names == (Name("王\ue81e"),), "a code position of the 2022 edition is not lost"
    lost = registration({5: "王^\ue5ff"}, charset="GB18030", codec="gb18030")
    assert lost.names == (Name("王\ue5ff", "official", True, "王^\ue5ff".encode("gb18030")),)
    (name,) = registration({5: "王^\ufffd"}).names
    assert (name.lossy, name.raw) == (True, "王^\ufffd".encode())


def test_no_store_must_hold_what_it_cannot() -> None:
    said = registration({5: "王\\X00\\明", 3: "P\\X00\\1^^^HIS^MR"})
    assert (said.mrn, said.names[0].text) == ("P\ufffd1", "王\ufffd明")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    field=st.text(st.characters(exclude_characters="\r\n"), max_size=30),
    place=st.sampled_from(["PID|1||{}", "PID|1||P1||{}", "PID|1||P1||||{}|{}|{}||{}||{}|{}|||||{}",
                           "MRG|{}", "PV1||{}||{}", "EVN||{}", "PID|{}"]),
    event=st.sampled_from(["A01", "A08", "A40", "A47", "A24", "A37"]),
)  # fmt: skip
def test_no_field_breaks_the_reading(field: str, place: str, event: str) -> None:
    body = (
        f"MSH|^~\\&|HIS|H1|||2026||ADT^{event}|1|P|2.5\r{place.replace('{}', field)}\rPID|1||P1\r"
        f"MRG|P2\r"
    )
    message = logged(f"hl7v2 ADT^{event}", body.encode("utf-8", "replace"))
    _reads_or_refuses(message)


KINDS = [
    "hl7v2 ADT^A01", "hl7v2 ADT^A40", "hl7v2 ADT^A24", "json", "json patient", "raw",
    "fhir Patient", "fhir Bundle", "desk registration", "act identity.imported",
]  # fmt: skip
HEADS = [
    b"", b"MSH|^~\\&|", b"MSH|^~\\&|A|B\rPID|||", "患者ID,姓名,电话\n1,".encode(),
    "机构,患者ID,姓名\nA,1,".encode("gb18030"),
    b'{"resourceType": "Patient", "identifier": [{"value": "1"}], "name": ',
    b'{"registration": {"source": "A", "mrn": "1", "names": ',
]  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.sampled_from(HEADS), st.sampled_from(KINDS))
def test_no_bytes_break_the_reading(body: bytes, head: bytes, kind: str) -> None:
    _reads_or_refuses(logged(kind, head + body))


PLAIN = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.text(max_size=8) | PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=15,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(WORDS), JSON, max_size=8),
    st.sampled_from(["json", "json patient", "fhir Patient", "fhir Bundle"]),
    st.booleans(),
)
def test_no_json_breaks_the_reading(found: dict[str, object], kind: str, good: bool) -> None:
    if good:
        found |= {"resourceType": "Patient", "identifier": [{"value": "1"}], "患者ID": "1"}
        found.setdefault("姓名", "王明")
    _reads_or_refuses(logged(kind, json.dumps(found)))


def _reads_or_refuses(message: LogMessage) -> None:
    try:
        statements = feeds.read(message, ZONE)
    except LianyiError:
        return
    for statement in statements:
        if isinstance(statement, Registered):
            texts = [*statement.registration.key, *(n.text for n in statement.registration.names)]
            assert all("\x00" not in text for text in texts)
            assert statement.said_at <= RECEIVED
            read_registration(statement.registration)


# --- what others sent ---------------------------------------------------------------------------


def test_the_corpus_is_read_or_refused_for_want_of_an_identifier() -> None:
    read = refused = 0
    for path in sorted(shared("hl7v2").rglob("*")):
        for body in hl7v2.split_batch(path.read_bytes()).messages if path.is_file() else ():
            try:
                event = hl7v2.parse(body).header.event
            except LianyiError:
                continue
            if not hl7.wants(f"hl7v2 {event}"):
                continue
            try:
                assert said(logged(f"hl7v2 {event}", body))
                read += 1
            except NamesNoPatient:
                refused += 1
    assert read > 500
    assert refused < 10


def test_a_merge_of_another_maker_is_read() -> None:
    folder = shared("hl7v2", "ms-fhir-converter", "messages")
    body = (folder / "ADT-A40-02.hl7").read_bytes()
    statements = said(logged("hl7v2 ADT^A40", body))
    assert [(s.gone, s.kept) for s in statements if isinstance(s, Replaced)] == [
        (("BCBS", "56789"), ("BCBS", "12345")), (("BCBS", "569"), ("BCBS", "145")),
    ]  # fmt: skip


def test_the_simulated_hospital_is_read_and_every_record_is_its_own() -> None:
    """Its departments repeat PID without number, address and telephone; they are not asked."""
    events: Counter[str] = Counter()
    kinds: Counter[IdKind] = Counter()
    for line in takewhile(lambda line: line.at_seconds < 86_400, tell(StorySettings())):
        if not feeds.wants(f"hl7v2 {line.kind}"):
            continue
        for statement in said(logged(f"hl7v2 {line.kind}", line.body)):
            events[statement.event] += 1
            if isinstance(statement, Registered):
                assert statement.registration.source == "HIS"
                assert statement.registration.names
                kinds.update(one.kind for one in statement.registration.identifiers)
    assert events["A01"] > 10
    assert events["A04"] > 100
    assert set(kinds) <= {IdKind.CITIZEN, IdKind.SOCIAL_SECURITY, IdKind.HEALTH_CARD}
    assert kinds[IdKind.CITIZEN] > 100
