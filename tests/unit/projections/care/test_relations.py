"""Who treats whom, asked of a real database through the pool of the doors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from lianyi.base.database import connect
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.care import read_store
from lianyi.projections.care.follow import Care
from lianyi.projections.problems import ProjectionNotReady
from lianyi.projections.rebuilding import rebuild
from lianyi.security.practitioner_store import Called

from .conftest import LAB, NOBODYS, ONE, TWO, WARDS, Town, served, wards
from .saying import ZONE, adt, order


def name(identifier: str, authority: str = "", organisation: str = "") -> Called:
    return Called("messages", authority, identifier, organisation)


async def told(town: Town, *messages: object) -> None:
    """Let the master data and some messages be known."""
    await town.append(3, wards(*WARDS))
    await town.append(1, *messages)  # type: ignore[arg-type]
    await town.learn()


async def test_before_anything_was_learned_it_says_that_it_does_not_know(town: Town) -> None:
    doctor = await town.add("doctor", ("clinician", "D1"))
    with served(doctor), pytest.raises(ProjectionNotReady):
        await town.relations().explain(doctor, "P1^HIS")
    assert await town.treated(doctor, "P1^HIS") == []  # and shows nobody more for it


async def test_nobody_asked_for_is_nobody_treated(town: Town) -> None:
    assert await town.treated(await town.add("doctor", ("clinician", "D1"))) == []


# ---- messages name him -------------------------------------------------------------------------


async def test_whom_messages_name_treats_by_whatever_identifier_is_asked(town: Town) -> None:
    patient = "P1^^^HIS~N7^^^PRC"
    await told(town, adt("A01", "8", doctor="D7^王^一^^^^^^HR", patient=patient))
    doctor = await town.add("doctor", ("engineer", "D1"), names=[name("D7", "HR")])
    other = await town.add("other", ("engineer", "D1"), names=[name("D7")])
    asked = ("P1^HIS", "N7^PRC", "P1^", "P9^HIS")
    assert await town.treated(doctor, *asked) == ["N7^PRC", "P1^HIS"]
    assert await town.treated(other, *asked) == []


async def test_a_practitioner_of_the_master_data_has_his_numbers_there(town: Town) -> None:
    staff = (
        "MSH|^~\\&|HR|G|||20260301080000||MFN^M02|7|P|2.5.1||||||UNICODE UTF-8\rMFI|STF||UPD|||NE\r"
        "MFE|MUP|1||E7|CE\rSTF|E7|4711^^^HIS^EI|测试^医生\r"
    )
    message = wards(*WARDS)._replace(kind="hl7v2 MFN^M02", body=staff.encode())
    by_number = adt("A01", "8", doctor="4711^^^^^^^^HIS", patient="P1^^^HIS")
    by_code = adt("A01", "8", doctor="E7", patient="P2^^^HIS", visit="V2")
    await told(town, message, by_number, by_code)
    doctor = await town.add(
        "doctor", ("engineer", "H1"), names=[Called("masterdata", "", "E7", "H1")]
    )
    assert await town.treated(doctor, "P1^HIS", "P2^HIS") == ["P1^HIS", "P2^HIS"]


async def test_he_treats_for_some_days_after_his_part_in_it(town: Town) -> None:
    await told(town, adt("A01", "8", doctor="D7"), adt("A08", "9", doctor="D8"))
    doctor = await town.add("doctor", ("engineer", "D1"), names=[name("D7")])
    assert await town.treated(doctor, "P1^HIS") == ["P1^HIS"]
    assert await town.treated(doctor, "P1^HIS", treatment_days_after=0) == []
    town.clock.advance(timedelta(days=29))
    assert await town.treated(doctor, "P1^HIS") == ["P1^HIS"]
    town.clock.advance(timedelta(days=2))
    assert await town.treated(doctor, "P1^HIS") == []
    successor = await town.add("successor", ("engineer", "D1"), names=[name("D8")])
    assert await town.treated(successor, "P1^HIS", treatment_days_after=0) == ["P1^HIS"]


async def test_the_days_begin_when_the_encounter_ends(town: Town) -> None:
    await told(town, adt("A01", "8", doctor="D7"))
    doctor = await town.add("doctor", ("engineer", "D1"), names=[name("D7")])
    town.clock.advance(timedelta(days=400))
    assert await town.treated(doctor, "P1^HIS", treatment_days_after=0) == ["P1^HIS"]
    await town.append(1, adt("A03", "20270410080000"))  # a clock ahead: it ended when it was told
    await town.learn()
    town.clock.advance(timedelta(minutes=1))
    assert await town.treated(doctor, "P1^HIS", treatment_days_after=0) == []
    assert await town.treated(doctor, "P1^HIS", treatment_days_after=1) == ["P1^HIS"]


async def test_a_cancelled_admission_makes_nobody_treat(town: Town) -> None:
    await told(town, adt("A01", "8", doctor="D7", place="W1"), adt("A11", "9"))
    doctor = await town.add("doctor", ("clinician", "D1"), names=[name("D7")])
    everybody = await town.add("ed", ("emergency", "H1"))
    assert await town.treated(doctor, "P1^HIS") == []
    assert await town.treated(everybody, "P1^HIS") == []


async def test_who_ordered_treats_also_after_a_merge_that_another_channel_told(
    town: Town,
) -> None:
    await told(
        town,
        order("9", patient="P0^^^HIS", channel=LAB),
        adt("A40", "10", patient="P1^^^HIS", gone="P0^^^HIS", channel=ONE),
        adt("A40", "11", patient="P2^^^HIS", gone="P0^^^HIS", channel=TWO),
    )
    doctor = await town.add("doctor", ("engineer", "D1"), names=[name("D9", "", "H1")])
    assert await town.treated(doctor, "P0^HIS", "P1^HIS", "P2^HIS") == ["P0^HIS"]
    await town.pool.execute(
        "UPDATE messagelog.channel SET organisation = 'H1' WHERE channel = $1", LAB
    )
    assert await town.treated(doctor, "P0^HIS", "P1^HIS", "P2^HIS") == ["P0^HIS", "P1^HIS"]


async def test_a_channel_of_a_sister_department_counts_where_his_name_is_of_the_hospital(
    town: Town,
) -> None:
    await told(town, order("9", channel=LAB))
    here = await town.add("here", ("engineer", "D1"), names=[name("D9")])
    hospital = await town.add("hospital", ("engineer", "D1"), names=[name("D9", "", "H1")])
    elsewhere = await town.add("elsewhere", ("engineer", "D1"), names=[name("D9", "", "H2")])
    assert await town.treated(here, "P1^HIS") == []
    assert await town.treated(hospital, "P1^HIS") == ["P1^HIS"]
    assert await town.treated(elsewhere, "P1^HIS") == []


# ---- he works where the patient lies -----------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "where", "treats"),
    [
        ("clinician", "N1", True), ("clinician", "D1", True), ("clinician", "D2", False),
        ("clinician", "H1", False), ("clinician", "*", False), ("engineer", "N1", False),
        ("emergency", "H1", True), ("emergency", "D1", True), ("emergency", "D2", False),
        ("emergency", "G", True), ("emergency", "*", True), ("emergency", "H2", False),
    ],
)  # fmt: skip
async def test_a_role_for_treatment_treats_the_patients_of_its_department(
    town: Town, role: str, where: str, treats: bool
) -> None:
    await told(town, adt("A01", "8", place="W1^01^05"))
    somebody = await town.add("somebody", (role, where))
    assert await town.treated(somebody, "P1^HIS") == (["P1^HIS"] if treats else [])


async def test_a_patient_who_moved_is_of_the_old_ward_for_some_days(town: Town) -> None:
    await told(town, adt("A01", "8", place="W1"), adt("A02", "9", place="W2"))
    old = await town.add("old", ("clinician", "N1"))
    new = await town.add("new", ("clinician", "N2"))
    assert await town.treated(new, "P1^HIS", treatment_days_after=0) == ["P1^HIS"]
    assert await town.treated(old, "P1^HIS", treatment_days_after=0) == []
    assert await town.treated(old, "P1^HIS", treatment_days_after=1) == ["P1^HIS"]


async def test_a_ward_that_moved_takes_its_present_patients_and_not_the_past_ones(
    town: Town,
) -> None:
    await told(
        town,
        adt("A01", "8", place="W1", patient="P1^^^HIS"),
        adt("A01", "8", place="W1", patient="P2^^^HIS", visit="V2"),
        adt("A03", "9", patient="P2^^^HIS", visit="V2"),
    )
    moved = ["N1|内科一病区||WARD|D2||20260304"]
    await town.append(3, wards(*moved, control="2"))
    town.clock.advance(timedelta(days=3))
    await town.learn()
    one = await town.add("one", ("clinician", "D1"))
    two = await town.add("two", ("clinician", "D2"))
    assert await town.treated(one, "P1^HIS", "P2^HIS") == ["P2^HIS"]
    assert await town.treated(two, "P1^HIS", "P2^HIS") == ["P1^HIS"]


async def test_a_role_that_ended_or_was_taken_away_counts_no_more(town: Town) -> None:
    await told(town, adt("A01", "8", place="W1"))
    nurse = await town.add("nurse", ("clinician", "N1"))
    await town.pool.execute(
        "UPDATE security.assignment SET valid_until = $1", town.clock.now() + timedelta(hours=1)
    )
    assert await town.treated(nurse, "P1^HIS") == ["P1^HIS"]
    town.clock.advance(timedelta(hours=2))
    assert await town.treated(nurse, "P1^HIS") == []
    await town.pool.execute(
        "UPDATE security.assignment SET valid_until = NULL, ended_at = $1, ended_by = 't'",
        town.clock.now(),
    )
    assert await town.treated(nurse, "P1^HIS") == []


# ---- two hospitals -----------------------------------------------------------------------------


async def test_two_hospitals_with_the_same_numbers_share_no_patient(town: Town) -> None:
    """The same record number, authority, visit, ward and doctor's number on both sides."""
    here = adt("A01", "8", place="W1", doctor="D7", patient="P1^^^HIS", channel=ONE)
    there = adt("A01", "8", place="W1", doctor="D7", patient="P2^^^HIS", channel=TWO)
    ours = adt("A01", "8", place="WX", doctor="D8", patient="P3^^^HIS", visit="V3", channel=TWO)
    nobodys = adt("A01", "8", place="W1", doctor="D7", patient="P4^^^HIS", channel=NOBODYS)
    await told(town, here, there, ours, nobodys)
    asked = ("P1^HIS", "P2^HIS", "P3^HIS", "P4^HIS")
    doctor = await town.add("doctor", ("engineer", "D1"), names=[name("D7"), name("D8")])
    nurse = await town.add("nurse", ("clinician", "D1"))
    emergency = await town.add("emergency", ("emergency", "H1"))
    for somebody in (doctor, nurse, emergency):
        assert await town.treated(somebody, *asked) == ["P1^HIS"], somebody.name
    second = await town.add("second", ("clinician", "X1"), names=[name("D7", "", "H2")])
    assert await town.treated(second, *asked) == ["P2^HIS", "P3^HIS"]
    group = await town.add("group", ("engineer", "G"), names=[name("D7", "", "H1")])
    assert await town.treated(group, *asked) == ["P1^HIS"]
    house = await town.add("house", ("emergency", "*"))
    assert await town.treated(house, *asked) == list(asked)


async def test_the_wall_holds_whatever_the_application_asks(town: Town) -> None:
    """A nurse is served; the application asks for the patients of the other hospital."""
    await told(
        town,
        adt("A01", "8", place="W1", doctor="D7", channel=ONE),
        adt("A01", "8", place="WX", doctor="D7", patient="P2^^^HIS", channel=TWO),
    )
    nurse = await town.add("nurse", ("clinician", "D1"))
    schema, far = await town.schema(), town.clock.now() - timedelta(days=9000)
    ask = f"SELECT DISTINCT asked FROM {schema}.evidence($1, $2, $3, $4, true, true)"
    arguments = (["P1^HIS", "P2^HIS"], [ONE, TWO, LAB, NOBODYS], ["D7^"], far)
    with served(nurse):
        assert [row[0] for row in await town.doors.fetch(ask, *arguments)] == ["P1^HIS"]
        for table in ("encounter", "identifier", "stay", "treating"):
            rows = await town.doors.fetch(f"SELECT channel FROM {schema}.{table}")
            assert rows == [], table  # no message of either channel is hers to read
        for table in ("saying", "alike"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await town.doors.fetch(f"SELECT FROM {schema}.{table}")
    assert await town.doors.fetch(ask, *arguments) == []  # nobody is served
    engineer = await town.add("engineer", ("engineer", "H1"))
    with served(engineer):
        rows = await town.doors.fetch(f"SELECT DISTINCT channel FROM {schema}.encounter")
        assert [row[0] for row in rows] == [ONE]


async def test_a_decision_can_be_explained(town: Town) -> None:
    (admitted,) = [adt("A01", "8", place="W1^01^05", doctor="D7", began="7:30")]
    await told(town, admitted)
    both = await town.add("both", ("clinician", "D1"), names=[name("D7")])
    with served(both):
        found, _ = await town.relations().explain(both, "P1^HIS")
        assert await town.relations().explain(both, "P2^HIS") == ([], False)
    assert [(one.rule, one.encounter.visit, one.organisation) for one in found] == [
        ("practitioner", "V1^", "H1"), ("unit", "V1^", "H1"),
    ]  # fmt: skip
    by_name, by_unit = found
    assert (by_name.evidence.who, by_name.evidence.how) == ("D7^", "attending")
    assert by_name.evidence.said == by_unit.evidence.said == "1-1"
    assert (by_unit.evidence.who, by_unit.unit) == ("W1^01^05", "N1")
    assert by_unit.held
    assert by_unit.held[:2] == ("clinician", "D1")


async def test_who_asks_while_a_version_is_switched_is_answered_from_the_next(town: Town) -> None:
    await told(town, adt("A01", "8", place="W1"))
    nurse = await town.add("nurse", ("clinician", "N1"))
    old = await town.schema()
    await rebuild(lambda: connect(town.dsn), town.log, Care(ZONE), clock=town.clock)
    new = await town.schema()
    asked: list[str] = []
    evidence = read_store.evidence

    async def late(connection: Connection, schema: str, *rest: Any, **more: Any) -> Any:
        """The first question still knows the version that has just gone."""
        asked.append(schema)
        return await evidence(connection, schema if len(asked) > 1 else old, *rest, **more)

    with pytest.MonkeyPatch.context() as patch, served(nurse):
        patch.setattr(read_store, "evidence", late)
        assert await town.relations().treated(nurse, ["P1^HIS"]) == {"P1^HIS"}
    assert asked == [new, new]


async def test_a_system_that_keeps_the_records_needs_no_encounter(town: Town) -> None:
    await told(town, adt("A01", "8", place="W1"))
    keeper = await town.add("emr", ("system", "H1"))
    elsewhere = await town.add("emr-too", ("system", "H1"), ("clinician", "H2"))
    everywhere = await town.add("archive", ("system", "*"))
    wanted = [(keeper, {"P9^HIS"}), (elsewhere, set()), (everywhere, {"P9^HIS"})]
    for actor, seen in wanted:
        with served(actor):
            assert await town.relations().treated(actor, ["P9^HIS"]) == seen, actor.name
