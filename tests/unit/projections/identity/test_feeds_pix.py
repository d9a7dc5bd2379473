"""Scenarios of a patient identifier cross-reference, in the words of IHE, and hl7apy as a witness.

Source:
    IHE ITI TF-2, ITI-8 and ITI-30 (versions 2.3.1 and 2.5); the client registry tests of OpenHIE
    have the same flows. All people and numbers are invented.
"""

from __future__ import annotations

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage
from lianyi.projections.identity.feeds import hl7
from lianyi.projections.identity.feeds.problems import NamesNoPatient
from lianyi.projections.identity.registration import Flag, Identifier, IdKind
from lianyi.projections.identity.statements import Registered, Related, Replaced, Statement

from .feeding import logged, said, shared

A = "HARNESS_A&2.16.840.1.113883.3.9999.9.1&ISO"
B = "HARNESS_B&2.16.840.1.113883.3.9999.9.2&ISO"
WITNESSED = 120


def feed(
    event: str, *segments: str, domain: str = "HARNESS_A", version: str = "2.3.1"
) -> LogMessage:
    header = (
        f"MSH|^~\\&|{domain}|{domain}|CR|H|20260302080000||ADT^{event}|{event}-1|P|{version}\r"
        "EVN||20260302075900\r"
    )
    return logged(f"hl7v2 ADT^{event}", header + "\r".join(segments), sender=f"{domain}|{domain}")


def keys(statements: list[Statement]) -> list[tuple[str, str]]:
    return [one.registration.key for one in statements if isinstance(one, Registered)]


def test_one_person_registered_in_two_domains_is_two_records() -> None:
    first = feed("A04", f"PID|||A-10^^^{A}||JOHNSTON^ROBERT^^^^^L||19830205|M|||1220 CENTENNIAL")
    second = feed("A01", f"PID|||B-20^^^{B}||JOHNSTON^ROBERT^^^^^L||19830205|M", domain="HARNESS_B")
    assert keys([*said(first), *said(second)]) == [("HARNESS_A", "A-10"), ("HARNESS_B", "B-20")]


def test_an_update_is_of_the_same_record_and_says_only_what_it_says() -> None:
    (update,) = said(feed("A08", f"PID|||A-10^^^{A}||JOHNSTON^BOB"))
    assert isinstance(update, Registered)
    assert update.registration.key == ("HARNESS_A", "A-10")
    assert (update.registration.born, update.registration.sex, update.cleared) == ("", "", ())


def test_a_feed_that_names_an_identifier_of_another_domain_is_still_of_its_own() -> None:
    (both,) = said(
        feed("A28", f"PID|||B-20^^^{B}^PI~A-10^^^{A}^PI||JOHNSTON^ROBERT", version="2.5")
    )
    assert isinstance(both, Registered)
    assert both.registration.key == ("HARNESS_A", "A-10")
    assert both.registration.identifiers == (Identifier(IdKind.OTHER, "B-20", "HARNESS_B"),)


def test_a_domain_merges_its_own_and_another_domains_identifiers_are_told_alike() -> None:
    """Whether one may merge what is another's is judged where statements are folded."""
    own = said(feed("A40", f"PID|||A-10^^^{A}||JOHNSTON^ROBERT", f"MRG|A-11^^^{A}"))
    other = said(feed("A40", f"PID|||A-10^^^{A}||JOHNSTON^ROBERT", f"MRG|B-21^^^{B}"))
    gone = [one.gone for one in (*own, *other) if isinstance(one, Replaced)]
    assert gone == [("HARNESS_A", "A-11"), ("HARNESS_B", "B-21")]


def test_a_merge_in_the_wrong_order_says_the_same() -> None:
    """The kept one need not have been heard of: A40 registers it."""
    registered, replaced = said(feed("A40", f"PID|||A-10^^^{A}||ROE^JANE", f"MRG|A-11^^^{A}"))
    assert isinstance(registered, Registered)
    assert isinstance(replaced, Replaced)
    assert registered.registration.key == replaced.kept


def test_a_changed_identifier_takes_the_place_of_the_old_one() -> None:
    registered, replaced = said(
        feed("A47", f"PID|||A-12^^^{A}^PI||ROE^JANE", f"MRG|A-11^^^{A}^PI", version="2.5")
    )
    assert isinstance(replaced, Replaced)
    assert (replaced.gone, replaced.kept) == (("HARNESS_A", "A-11"), ("HARNESS_A", "A-12"))
    assert keys([registered]) == [("HARNESS_A", "A-12")]


def test_a_link_is_taken_back_by_an_unlink_of_the_same_two() -> None:
    pids = (f"PID|||A-10^^^{A}", f"PID|||B-20^^^{B}")
    made, undone = said(feed("A24", *pids))[0], said(feed("A37", *pids))[0]
    assert isinstance(made, Related)
    assert isinstance(undone, Related)
    assert (made.a, made.b, made.one) == (undone.a, undone.b, True)
    assert undone.one is False


def test_twins_of_one_mother_are_told_apart_by_their_order() -> None:
    twins = [
        said(
            feed(
                "A01",
                f"PID|||A-3{n}^^^{A}||ROE^BABY {n}^^^^^NB|SMITH^JANE|20260301|F|||||||||||||"
                f"A-30^^^{A}|||Y|{n}",
                "PV1||I||N",
                version="2.5",
            )
        )[0]
        for n in (1, 2)
    ]
    facts = [
        (one.registration.birth_order, one.registration.mother, one.registration.flags)
        for one in twins
        if isinstance(one, Registered)
    ]
    mother = Identifier(IdKind.OTHER, "A-30", "HARNESS_A")
    assert facts == [(1, mother, (Flag.NEWBORN,)), (2, mother, (Flag.NEWBORN,))]


def test_hl7apy_finds_the_same_patients_in_what_others_sent() -> None:
    witnessed = 0
    for path in sorted(shared("hl7v2").rglob("*")):
        for body in hl7v2.split_batch(path.read_bytes()).messages if path.is_file() else ():
            witnessed += witnessed < WITNESSED and _is_witnessed(body)
    assert witnessed == WITNESSED


def _is_witnessed(body: bytes) -> bool:
    """Whether hl7apy reads the message too; then what both say of PID is the same."""
    if not body.startswith(b"MSH|^~\\&|"):
        return False
    try:
        event = hl7v2.parse(body).header.event
        if event[4:7] not in hl7.REGISTER:
            return False
        (statement,) = said(logged(f"hl7v2 {event}", body))
        found = parse_message(
            body.decode().replace("\r\n", "\r").replace("\n", "\r"),
            validation_level=VALIDATION_LEVEL.TOLERANT,
            find_groups=False,
        )
    except (HL7apyException, UnicodeDecodeError, hl7v2.MalformedHl7, NamesNoPatient):
        return False
    assert isinstance(statement, Registered)
    told, pid = statement.registration, found.pid[0]
    fields = [one for field in (pid.pid_3, pid.pid_2, pid.pid_4) for one in field]
    if any(one.datatype != "CX" for one in fields) or pid.pid_5.datatype != "XPN":
        return False
    numbers = {(one.cx_1.value, (one.cx_4.value or "").split("&")[0]) for one in fields}
    assert told.mrn in {value for value, authority in numbers if authority in (told.source, "")}
    assert told.born == (pid.pid_7.value or "").split("^")[0].strip()
    if told.names and "\\" not in pid.pid_5.value and len(pid.pid_5) == 1:
        name = pid.pid_5[0]
        parts = [(name.xpn_1.value or "").split("&")[0], name.xpn_2.value, name.xpn_3.value]
        assert told.names[0].text == " ".join(part.strip() for part in parts if part)
    return True
