"""Acts as FHIR AuditEvents and as ATNA records, sent to a real TLS server."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import asyncpg
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.peers.authority import Authority

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security.audit.atna import audit_message, frame
from lianyi.security.audit.fhir import BALP, audit_event
from lianyi.security.audit.model import Act
from lianyi.security.audit.settings import AuditSettings
from lianyi.security.audit.syslog import READER, SyslogSender

AT = datetime(2026, 3, 2, 8, 0, 30, 123456, tzinfo=UTC)


def made(kind: str = "access.get_message", **changed: Any) -> Act:
    facts: dict[str, Any] = {
        "operation": "get_message",
        "method": "GET",
        "path": "/api/v1/messages/1-7",
        "query": {},
        "status": 200,
        "code": "",
    }
    known: dict[str, Any] = {
        "position": Position(0, 7),
        "at": AT,
        "kind": kind,
        "actor": "zhang",
        "account": str(uuid.UUID(int=9)),
        "address": "10.1.2.3",
        "purpose": "TREAT",
        "result": "allowed",
        "channel": None,
        "organisation": "",
        "patients": ["4711^H1"],
        "about": None,
        "facts": {**facts, **changed.pop("facts", {})},
    }
    return Act(**{**known, **changed})


# ---- FHIR ----------------------------------------------------------------------------------


def codes(event: Any, name: str) -> list[str]:
    return [one["type"]["coding"][0]["code"] for one in event["agent"]] if name == "agent" else []


def check_r4(event: Any) -> None:
    """The cardinalities and value sets of AuditEvent in R4 that we touch."""
    assert event["resourceType"] == "AuditEvent"
    assert set(event) <= {
        "resourceType", "id", "meta", "type", "subtype", "action", "recorded", "outcome",
        "outcomeDesc", "agent", "source", "entity",
    }  # fmt: skip
    assert re.fullmatch(r"[A-Za-z0-9.\-]{1,64}", event["id"])
    assert {"system", "code"} <= set(event["type"])
    assert event["action"] in "CRUDE"
    assert event["outcome"] in {"0", "4", "8", "12"}
    assert datetime.fromisoformat(event["recorded"]).tzinfo
    assert event["source"]["observer"]
    assert event["agent"]
    assert all(isinstance(one["requestor"], bool) for one in event["agent"])
    assert [one["requestor"] for one in event["agent"]].count(True) == 1
    for one in event["entity"]:
        assert {"type", "role"} <= set(one)
        assert "what" in one or "query" in one
        assert not ({"name", "query"} <= set(one)), "sev-1"


def test_a_read_of_one_patient_fits_the_profile_of_balp() -> None:
    event = audit_event(made(), source_id="lianyi")
    check_r4(event)
    assert event["meta"]["profile"] == [f"{BALP}.PatientRead"]
    assert event["type"]["code"] == "rest"
    assert event["subtype"][0] == {
        "system": "http://hl7.org/fhir/restful-interaction",
        "code": "read",
    }
    assert (event["action"], event["outcome"]) == ("R", "0")
    assert codes(event, "agent") == ["110152", "110153", "IRCP"]
    user = event["agent"][2]
    assert user["purposeOfUse"][0]["coding"][0]["code"] == "TREAT"
    assert "network" not in user
    (patient,) = [one for one in event["entity"] if one["role"]["code"] == "1"]
    assert patient["what"] == {
        "type": "Patient",
        "identifier": {"value": "4711", "assigner": {"display": "H1"}},
    }


def test_a_search_holds_the_words_that_were_searched() -> None:
    facts = {"operation": "list_messages", "path": "/api/v1/messages", "query": {"q": "4711"}}
    event = audit_event(made("access.list_messages", facts=facts), source_id="lianyi")
    check_r4(event)
    assert event["meta"]["profile"] == [f"{BALP}.PatientQuery"]
    assert codes(event, "agent") == ["110153", "110152", "IRCP"]
    (asked,) = [one for one in event["entity"] if one["role"]["code"] == "24"]
    assert base64.b64decode(asked["query"]) == b"/api/v1/messages?q=4711"
    assert "what" not in asked


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"result": "refused", "facts": {"code": "LY-1800"}}, "4"),
        ({"result": "failed", "facts": {"code": "LY-1301"}}, "8"),
        ({"patients": ["1^A", "2^A"]}, "0"),
        ({"kind": "session.began", "facts": {"method": ""}}, "0"),
        ({"kind": "account.created", "address": "", "purpose": "", "patients": []}, "0"),
        ({"kind": "role.assigned", "actor": "", "account": ""}, "0"),
    ],
)
def test_what_fits_no_profile_names_none_and_is_still_an_audit_event(
    changed: dict[str, Any], outcome: str
) -> None:
    event = audit_event(made(**changed), source_id="lianyi")
    check_r4(event)
    assert "meta" not in event
    assert event["outcome"] == outcome


# ---- DICOM audit messages -----------------------------------------------------------------------


def test_a_record_says_who_saw_whom_when_and_for_what() -> None:
    root = ET.fromstring(audit_message(made(), source_id="lianyi"))
    order = [one.tag for one in root]
    assert order == [
        "EventIdentification", "ActiveParticipant", "ActiveParticipant",
        "AuditSourceIdentification", "ParticipantObjectIdentification",
        "ParticipantObjectIdentification",
    ]  # fmt: skip
    event = root[0]
    assert event.attrib == {
        "EventActionCode": "R",
        "EventDateTime": AT.isoformat(),
        "EventOutcomeIndicator": "0",
    }
    assert event.find("EventID").attrib["csd-code"] == "110110"  # type: ignore[union-attr]
    assert event.find("PurposeOfUse").attrib["csd-code"] == "TREAT"  # type: ignore[union-attr]
    assert root[1].attrib["UserID"] == "zhang"
    assert root[1].attrib["NetworkAccessPointID"] == "10.1.2.3"
    assert root[4].attrib["ParticipantObjectID"] == "4711^H1"


@given(st.text(), st.text(), st.text())
def test_any_text_gives_a_record_that_can_be_read(name: str, patient: str, path: str) -> None:
    act = made(actor=name, patients=[patient], facts={"path": path, "query": {"q": patient}})
    ET.fromstring(audit_message(act, source_id="lianyi"))
    event = audit_event(act, source_id="lianyi")
    check_r4(event)
    orjson.dumps(event)


def test_a_frame_is_counted_in_bytes_and_says_what_it_holds() -> None:
    sent = frame(made(actor="张"), source_id="联医", host="h", process="1")
    length, _, message = sent.partition(b" ")
    assert int(length) == len(message)
    head, _, body = message.partition(b"\xef\xbb\xbf")
    assert head == b"<85>1 2026-03-02T08:00:30.123456+00:00 h lianyi 1 DICOM+RFC3881 - "
    assert ET.fromstring(body)[1].attrib["UserID"] == "张"


# ---- over TLS ------------------------------------------------------------------------------


class Repository:
    """An audit record repository that can die: it reads frames over TLS and keeps the positions."""

    def __init__(self, files: tuple[Path, Path], client_ca: Path | None = None) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*files)
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.records: list[str] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._read, "127.0.0.1", self.port, ssl=self.context
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        assert self._server
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                length = int((await reader.readuntil(b" ")).decode())
                message = await reader.readexactly(length)
                root = ET.fromstring(message.partition(b"\xef\xbb\xbf")[2])
                self.records.append(root[1].attrib["UserID"])
        self._open.discard(writer)
        writer.close()


@pytest.fixture
async def log(database: str) -> AsyncIterator[tuple[asyncpg.Pool, PostgresLog]]:
    pool = await open_pool(database, size_max=4)
    made = PostgresLog(pool, lambda: connect(database), clock=SystemClock(), owner=uuid.UUID(int=1))
    await made.start()
    yield pool, made
    await made.stop()
    await pool.close()


async def write(log: PostgresLog, *names: str) -> None:
    for name in names:
        body = orjson.dumps({"actor": name, "purpose": "HOPERAT"})
        await log.append_act(
            NewMessage(0, "act account.changed", body, "utf-8", name, (f"u:{name}",))
        )


@contextlib.asynccontextmanager
async def sending(
    pool: asyncpg.Pool, log: PostgresLog, port: int, ca: Path, **settings: Any
) -> AsyncIterator[SyslogSender]:
    sender = SyslogSender(
        pool,
        log,
        AuditSettings(syslog_address=f"localhost:{port}", syslog_ca_file=ca, **settings),
        SystemClock(),
        owner=uuid.UUID(int=1),
        holder="test:1",
        settle_seconds=0.1,
        pauses_seconds=(0.05,),
    )
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], Any], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = holds()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.02)


async def test_acts_reach_the_repository_in_their_order(
    log: tuple[asyncpg.Pool, PostgresLog], tmp_path: Path
) -> None:
    pool, messages = log
    authority = Authority(tmp_path)
    repository = Repository(authority.issue())
    await repository.start()
    await write(messages, "a", "b")
    async with sending(pool, messages, repository.port, authority.ca_file):
        await until(lambda: len(repository.records) == 2)
        await write(messages, "c")
        await until(lambda: len(repository.records) == 3)

        async def moved() -> bool:
            return await messages.position(READER, 0) == 3

        await until(moved)
    assert repository.records == ["a", "b", "c"]
    await repository.die()


async def test_no_act_is_lost_while_the_repository_is_dead(
    log: tuple[asyncpg.Pool, PostgresLog], tmp_path: Path
) -> None:
    pool, messages = log
    authority = Authority(tmp_path)
    repository = Repository(authority.issue())
    await repository.start()
    names = [f"n{number}" for number in range(60)]
    async with sending(pool, messages, repository.port, authority.ca_file):
        for start in range(0, 60, 20):
            await write(messages, *names[start : start + 20])
            await until(lambda start=start: names[start] in repository.records)  # type: ignore[misc]
            await repository.die()
            await write(messages, f"while dead {start}")
            names.append(f"while dead {start}")
            await repository.start()
        await until(lambda: set(names) <= set(repository.records))
    firsts = list(dict.fromkeys(repository.records))
    assert [one for one in firsts if one.startswith("n")] == names[:60]
    await repository.die()


async def test_another_start_goes_on_where_the_last_one_ended(
    log: tuple[asyncpg.Pool, PostgresLog], tmp_path: Path
) -> None:
    pool, messages = log
    authority = Authority(tmp_path)
    repository = Repository(authority.issue())
    await repository.start()

    async def stands_at(number: int) -> bool:
        return await messages.position(READER, 0) == number

    await write(messages, "a")
    async with sending(pool, messages, repository.port, authority.ca_file):
        await until(lambda: stands_at(1))
    await write(messages, "b")
    async with sending(pool, messages, repository.port, authority.ca_file):
        await until(lambda: stands_at(2))
    assert repository.records == ["a", "b"]
    await repository.die()


async def test_a_repository_that_asks_for_our_certificate_gets_it(
    log: tuple[asyncpg.Pool, PostgresLog], tmp_path: Path
) -> None:
    pool, messages = log
    authority = Authority(tmp_path)
    repository = Repository(authority.issue(), client_ca=authority.ca_file)
    await repository.start()
    await write(messages, "a")
    certificate, key = authority.issue("lianyi")
    async with sending(pool, messages, repository.port, authority.ca_file):
        await asyncio.sleep(0.5)
    assert repository.records == []
    assert await messages.position(READER, 0) == 0
    own = {"syslog_certificate_file": certificate, "syslog_key_file": key}
    async with sending(pool, messages, repository.port, authority.ca_file, **own):
        await until(lambda: repository.records == ["a"])
    await repository.die()


@pytest.mark.parametrize("wrong", ["another authority", "expired", "another name"])
async def test_a_repository_that_cannot_prove_itself_gets_nothing(
    log: tuple[asyncpg.Pool, PostgresLog], tmp_path: Path, wrong: str
) -> None:
    pool, messages = log
    authority = Authority(tmp_path)
    files = {
        "another authority": lambda: Authority(tmp_path, "other").issue(),
        "expired": lambda: authority.issue(expired=True),
        "another name": lambda: authority.issue("elsewhere"),
    }[wrong]()
    repository = Repository(files)
    await repository.start()
    await write(messages, "a")
    async with sending(pool, messages, repository.port, authority.ca_file):
        await asyncio.sleep(1)
    assert repository.records == []
    assert await messages.position(READER, 0) == 0
    await repository.die()
