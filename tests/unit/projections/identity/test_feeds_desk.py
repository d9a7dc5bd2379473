"""The registration at the desk, and a registration as JSON."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lianyi.messagelog.message import LogMessage, storable_text
from lianyi.projections.identity import feeds
from lianyi.projections.identity.cards import looks_like_token
from lianyi.projections.identity.feeds import desk as door
from lianyi.projections.identity.feeds.problems import NamesNoPatient, UnreadableRegistration
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name, Registration
from lianyi.projections.identity.registration_json import from_json, to_json

from .feeding import RECEIVED, VALID, logged, only, said

TEXT = st.text(max_size=12).map(storable_text)
NUMBERS = st.builds(
    Identifier,
    kind=st.sampled_from(IdKind),
    value=TEXT,
    issuer=TEXT,
    status=TEXT,
    valid_until=st.none() | st.dates(),
    capture=TEXT,
)
REGISTRATIONS = st.builds(
    Registration,
    source=TEXT.filter(str.strip),
    mrn=TEXT.filter(str.strip),
    names=st.lists(
        st.builds(Name, text=TEXT, use=TEXT, lossy=st.booleans(), raw=st.binary(max_size=8)),
        max_size=3,
    ).map(tuple),
    sex=TEXT,
    born=TEXT,
    identifiers=st.lists(NUMBERS, max_size=3).map(tuple),
    phones=st.lists(TEXT, max_size=3).map(tuple),
    addresses=st.lists(TEXT, max_size=3).map(tuple),
    multiple_birth=st.none() | st.booleans(),
    birth_order=st.none() | st.integers(0, 9),
    mother=st.none() | NUMBERS,
    mother_name=TEXT,
    flags=st.lists(st.sampled_from(Flag), unique=True).map(tuple),
    received_at=st.none() | st.datetimes(timezones=st.just(UTC)),
)


def desk(found: Registration) -> LogMessage:
    new = door.write(found, channel=3, actor="clerk")
    return logged(new.kind, new.body)._replace(sender=new.sender, keys=new.keys)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REGISTRATIONS)
def test_a_registration_survives_json(found: Registration) -> None:
    assert from_json(orjson.loads(orjson.dumps(to_json(found)))) == found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REGISTRATIONS)
def test_the_desk_says_what_was_typed(found: Registration) -> None:
    numbers = (*found.identifiers, *([found.mother] if found.mother else []))
    assume(not any(map(looks_like_token, numbers)))
    statement = only(desk(found))
    assert statement.registration == msgspec.structs.replace(found, received_at=RECEIVED)
    assert (statement.event, statement.said_at, statement.cleared) == ("desk", RECEIVED, ())


def test_json_leaves_out_what_nobody_says() -> None:
    assert to_json(Registration("A", "1")) == {"source": "A", "mrn": "1"}
    said_no = Registration("A", "1", (Name("王明"),), multiple_birth=False, birth_order=0)
    assert to_json(said_no) == {
        "source": "A", "mrn": "1", "names": [{"text": "王明"}], "multiple_birth": False,
        "birth_order": 0,
    }  # fmt: skip


def test_a_name_that_is_not_official_and_bytes_that_were_lost_are_kept() -> None:
    found = Registration(
        "A",
        "1",
        (Name("王\ufffd", "", True, b"\xcd\xf5\xfe"),),
        identifiers=(Identifier(IdKind.UNSAID, VALID),),
        received_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    assert to_json(found)["names"] == [
        {"text": "王\ufffd", "use": "", "lossy": True, "raw": "zfX+"}
    ]
    assert from_json(to_json(found)) == found


def test_a_registration_is_found_by_the_patient() -> None:
    message = desk(Registration("HIS", "P1"))
    assert message.kind == "desk registration"
    assert message.keys == ("p:P1^HIS",)
    assert feeds.wants(message.kind)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"null", b'{"registration": 7}', b'{"registration": {"source": "A"}}',
        b'{"registration": {"source": "A", "mrn": 7}}',
        b'{"registration": {"source": "A", "mrn": "1", "flags": ["rich"]}}',
        b'{"registration": {"source": "A", "mrn": "1", "sex": "\\u0000"}}',
    ],
)  # fmt: skip
def test_what_holds_no_registration_is_set_aside(body: bytes) -> None:
    with pytest.raises(UnreadableRegistration):
        said(logged(door.REGISTERED, body))


def test_nobody_is_registered_without_a_source_or_identifier() -> None:
    for found in (Registration("", "1"), Registration("A", " ")):
        with pytest.raises(NamesNoPatient):
            desk(found)
