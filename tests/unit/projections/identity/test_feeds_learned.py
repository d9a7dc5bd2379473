"""From bytes to a person: what the feeds read is what the index learns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from lianyi.base.database import connect
from lianyi.projections.identity.follow import Identity
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.problems import ForeignReplacement
from lianyi.projections.projection import Heard, Learned

from .feeding import VALID, ZONE, adt, fhir, logged

SCHEMA = "identity_1"
PID = {5: "王^小明", 7: "19800315", 8: "1", 13: "15412987326", 19: VALID}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [
        {"system": "urn:oid:1.2.9", "value": "L1"},
        {"value": VALID, "type": {"coding": [{"code": "NNCHN"}]}},
    ],
    "name": [{"text": "王小明"}],
    "birthDate": "1980-03-15",
    "gender": "male",
}
TABLE = f"机构,患者ID,姓名,性别,出生日期,身份证号\nEMR,E1,王小明,男,1980-03-15,{VALID}\n"


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    found = await connect(database)
    yield found
    await found.close()


async def test_one_person_in_three_formats_is_one_person(
    connection: asyncpg.Connection,
) -> None:
    projection = Identity(ZONE)
    messages = [
        adt("A04", PID | {3: "P1^^^HIS^MR"}),
        fhir(PATIENT, "json"),
        logged("raw", TABLE, codec="gb18030"),
        adt("A04", {3: "P9^^^HIS^MR", 5: "李^梅", 7: "19900101", 8: "2"}),
        adt("A40", PID | {3: "P1^^^HIS^MR"}, "MRG|P9"),
        adt("A40", PID | {3: "P1^^^HIS^MR"}, "MRG|L1^^^LIS"),
    ]
    assert all(projection.wants(message.kind) for message in messages)
    heard = [
        Heard(message._replace(number=number), projection.read(message), None)
        for number, message in enumerate(messages, start=1)
    ]
    await projection.create(connection, SCHEMA)
    async with connection.transaction():
        learned = await projection.learn(connection, SCHEMA, heard, revision=0)

    persons = dict(await connection.fetch(f"SELECT record, person FROM {SCHEMA}.record"))
    one = persons[record_id("HIS", "P1")]
    assert persons == dict.fromkeys(
        (record_id(*key) for key in (("HIS", "P1"), ("1.2.9", "L1"), ("EMR", "E1"), ("HIS", "P9"))),
        one,
    )
    assert _refused(learned) == [(6, ForeignReplacement)]


def _refused(learned: Learned) -> list[tuple[int, type]]:
    return [(one.position.number, type(one.failure)) for one in learned.set_aside]
