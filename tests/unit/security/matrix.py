"""Who may do what where, asked of the served product; the table that was reviewed stands beside it.

Each cell is one request about a thing of one department, by somebody who has a role there or
elsewhere.

* ``allowed``: he may, and the thing is there for him; that it was done already is no matter.
* ``invisible``: his role may do this, but for him there is no such thing.
* ``forbidden``: he may not, and is told so.
* ``unknown``: nobody knows who he is.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from tests.unit.api.house import LAB, House, hl7, learning, registered, serving
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.publishing.star_house import put, stay
from tests.unit.applications.indicators.quality.running import rounds_of
from tests.unit.projections.lake.making import arrived, land, row
from tests.unit.security.people import People
from tests.unit.security.streaming import follow

from lianyi.api.addresses import bare_app
from lianyi.api.operations import Operation, operations_of
from lianyi.applications.indicators.model import definition_hash
from lianyi.applications.indicators.publishing.settings import PublishingSettings
from lianyi.applications.indicators.reading import read_indicators
from lianyi.messagelog.message import NewMessage, Position
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.waiting import until_learned
from lianyi.security.permissions import ANYBODY
from lianyi.security.roles import read_roles
from lianyi.security.settings import SecuritySettings

TABLE = Path(__file__).with_name("matrix.csv")
NOWHERE = Path("/nonexistent")
TREE = {
    "GROUP": None,
    "H1": "GROUP",
    "LAB": "H1",
    "RAD": "H1",
    "H2": "GROUP",
    "BENCH": "LAB",
    "SPARE": "LAB",
}
HERE = "LAB"
"""The things that are asked for belong here; each place below is where a role is held."""

PLACES = {
    "own": "LAB",
    "parent": "H1",
    "sibling": "RAD",
    "other-hospital": "H2",
    "everywhere": "*",
}
NOBODIES = ("anonymous", "expired-session", "expired-assignment")
HEAD = ("operation", "role", *PLACES, *NOBODIES)

NOT_THERE = "00000000-0000-0000-0000-000000000000"
"""A report, run, note, exploration or request is somebody's own; their tests ask for others'."""

Row = tuple[str, ...]


def roles() -> list[str]:
    """Return the shipped roles by name."""
    return sorted(read_roles(NOWHERE)[0])


def operations() -> list[Operation]:
    """Return the operations of the OpenAPI document by name."""
    return sorted(operations_of(bare_app()), key=lambda one: one.name)


def read_table() -> dict[tuple[str, str], Row]:
    """Return the reviewed rows by operation and role."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == HEAD
    return {(row[0], row[1]): tuple(row) for row in rows}


def as_csv(rows: list[Row]) -> str:
    """Return rows as the file holds them."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([HEAD, *rows])
    return out.getvalue()


class Matrix:
    """The house that is asked."""

    def __init__(self, house: House) -> None:
        self.people = People(house)
        self._here: dict[str, str] = {}
        self._browsers: dict[tuple[str, str], httpx.AsyncClient] = {}

    async def prepare(self) -> None:
        """Put one thing of each kind into :data:`HERE`, and somebody with each role everywhere."""
        people, house = self.people, self.people.house
        await people.tree(TREE)
        two_stars.put(house.data_dir / "star", count=5)
        await self._master_data()
        await house.add_channel("lab", LAB, organisation=HERE)
        (at,) = await house.append("lab", [hl7("A1")])
        (held,) = await house.append("lab", [hl7("A2", patient="")], gate=2)
        await house.except_(house.destinations["emr"], at, "parked")
        await house.except_(-house.channels["lab"][0], held, "parked")
        wanted = BODIES["start_replay"]
        replay = await house.post("/replays", wanted)
        await people.add("them", organisation=HERE)
        await people.add("machine", organisation=HERE, kind="service")
        channel, _ = house.channels["lab"]
        act = await house.log.append_act(
            NewMessage(channel, "act channel.stopped", b"{}", "utf-8", "them", keys=("u:them",))
        )
        self._here |= {
            "name": "lab", "position": str(at), "version": "1", "destination": "emr",
            "destination_id": str(house.destinations["emr"]), "code": "LY-1606",
            "replay_id": replay["id"], "key": "0" * 12,
            "assignment": "00000000-0000-0000-0000-000000000000",
            "approval": "00000000-0000-0000-0000-000000000000", "held": str(held),
            "export": "00000000-0000-0000-0000-000000000000", "file": "1.Patient.ndjson",
            "kind": "organisation", "tree": "management", "provider": "nobody", "act": str(act),
        }  # fmt: skip
        self._here |= {"type": "DiagnosticReport", "id": "here", "index": "0", "view": "results"}
        self._here |= {"source": "his", "table": "visit"}
        self._here |= dict.fromkeys(("report", "run", "note", "saved", "request"), NOT_THERE)
        self._here |= await self._privacy(at)
        self._here |= await self._identity()
        await self._clinical()
        land(house.data_dir / "lake", [arrived(1, 1, [row(1)])])
        await self._indicators()
        assert await rounds_of(house).step(asked=True) == 1
        past = house.clock.now() + timedelta(minutes=1)
        for role in roles():
            for place, where in PLACES.items():
                name = f"{role}.{place}"
                await self._add(name, role, where, until=None)
                self._browsers[role, place] = await people.browser(name)
            await self._add(f"{role}.past", role, "*", until=past)
            self._browsers[role, "expired-session"] = await people.browser(f"{role}.everywhere")
        await people.refresh()
        house.clock.advance(timedelta(minutes=31))
        await house.app.state.accounts.refresh()
        for role in roles():
            for place in PLACES:
                name = f"{role}.{place}"
                self._browsers[role, place] = await people.browser(name)
            self._browsers[role, "expired-assignment"] = await people.browser(f"{role}.past")
            self._browsers[role, "anonymous"] = people.stranger()

    async def _privacy(self, at: Position) -> dict[str, str]:
        """Record a consent here, and look at a message in an emergency."""
        house = self.people.house
        consent = await house.post("/privacy/consents", BODIES["record_consent"])
        wanted = BODIES["break_glass"] | {"position": str(at)}
        glass = await house.post("/privacy/glass", wanted)
        return {"consent": consent["id"], "glass": glass["id"]}

    async def _identity(self) -> dict[str, str]:
        """Register two patients here who are alike, and wait until the index knows them."""
        house = self.people.house
        bodies = [registered(mrn, "H1", name="测试^甲乙") for mrn in ("I1", "I2")]
        *_, last = await house.append("lab", bodies)
        await until_learned(house.pool, "identity", last)
        return {"person": PERSON, "other": OTHER}

    async def _clinical(self) -> None:
        """Write a result here, a report of somebody registered here, and a view; subscribe."""
        write_view(self.people.house.content_dir)
        about = {"subject": {"reference": f"Patient/{PERSON}"}}
        result, told = BODIES["update_resource"], BODIES["resubscribe"]
        for resource in (
            result, REPORT | about, ENCOUNTER | about, COMPOSITION | about, told
        ):  # fmt: skip
            answer = await self.people.house.client.put(
                f"/fhir/{resource['resourceType']}/here?channel=lab", json=resource
            )
            assert answer.status_code == 201, answer.text
        address = f"/fhir/ViewDefinition/{DEFINED['id']}"
        answer = await self.people.house.client.put(address, json=DEFINED)
        assert answer.status_code == 201, answer.text

    async def _indicators(self) -> None:
        """Enter a figure here, raise an alert about here, and publish a value of here."""
        house = self.people.house
        self._here |= {
            "caliber": "national-exam",
            "number": "1",
            "topic": "patients",
            "card": "loops",
        }
        await house.post("/indicators/EX-13/entries", BODIES["enter_indicator_figure"])
        await house.post("/indicators/EX-01/alert-rules", BODIES["set_indicator_alert_rule"])
        raised = await house.post("/indicators/alerts/evaluate", {"period": "2024"})
        assert raised == {"raised": 1}
        one = stay(1, "2025-06-02", hospital=HERE, department="BENCH")
        visited = dict.fromkeys(("registered_at", "seen_at"), one["discharged_at"])
        put(house.data_dir, [one | visited])  # else nothing would be known of outpatients
        path = "/indicators/EX-01/calibers/national-exam"
        for done in ("propose", "approve"):
            await house.post(f"{path}/{done}", BODIES["approve_caliber"])
        published = await house.post("/indicators/publish", {"period": "2025"})
        assert published["new"] == 2
        form = f"/indicators/forms/{FORM}"
        sheet = await house.get(f"{form}/sheet", **FORM_HERE)
        filed = await house.post(f"{form}/file", FORM_HERE | {"digest": sheet["digest"]})
        self._here |= {"form": FORM, "filing": str(filed["number"])}

    async def _master_data(self) -> None:
        """Put a bench into the laboratory, with a room and a person of its own."""
        rows = "\n".join(f"{code},{parent or ''}" for code, parent in TREE.items())
        for kind, table in (
            ("organisation", f"code,parent\n{rows}\n"),
            ("location", "code\nROOM\nROOM2\n"),
            ("practitioner", "code,organisation\nBENCH,BENCH\n"),
            ("organisation", "code,location\nBENCH,ROOM\nLAB,ROOM2\n"),
            ("organisation", "code,name_zh\nBENCH,台面\n"),
        ):
            answer = await self.people.house.client.post(
                f"/api/v1/masterdata/{kind}/import", content=table.encode()
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["set_aside"] == []
            self._here["said"] = answer.json()["position"]

    async def _add(self, name: str, role: str, where: str, *, until: Any) -> None:
        await self.people.add(name, (role, where), organisation="GROUP", until=until)

    def _path(self, operation: Operation) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name == "name" and "/accounts/" in operation.path:
                ends = ("keys", "keys/{key}", "public-keys", "certificates", "app")
                of_systems = operation.path.endswith(ends)
                return "machine" if of_systems else "them"
            if name == "number" and "/filings/" in operation.path:
                name = "filing"
            if name == "code" and "/indicators/" in operation.path:
                last = operation.path.rsplit("/", 1)[1]
                return {
                    "entries": "EX-13",
                    "rows": "VIS-001",
                    "rows.csv": "VIS-001",
                    "rows.xlsx": "VIS-001",
                }.get(last, "EX-01")
            if name == "code" and "/quality/" in operation.path:
                return "EX-01" if "/lineage/" in operation.path else "ENC-015"
            if name == "code" and "/masterdata/" in operation.path:
                return "SPARE" if operation.name == "split_organisation" else "BENCH"
            if operation.name == "read_view_definition":
                return DEFINED["id"]  # "here" is deleted by those who may
            if operation.path.startswith("/fhir/") and name in FHIR_HERE:
                whose = "Patient" in operation.path or "{of}" in operation.path
                return PERSON if name == "id" and whose else FHIR_HERE[name]
            if name == "position" and "/held/" in operation.path:
                name = "held"
            if name == "position" and "/audit/" in operation.path:
                name = "act"
            return self._here[name]

        return re.sub(r"\{(\w+)\}", value, operation.path)

    def _body(self, operation: Operation) -> dict[str, Any] | None:
        if operation.name == "take_back":
            return {"position": self._here["said"]}
        return BODIES.get(operation.name)

    async def row(self, operation: Operation, role: str) -> Row:
        """Ask for one operation as one role, everywhere."""
        told = [await self._ask(operation, role, place) for place in (*PLACES, *NOBODIES)]
        return (operation.name, role, *told)

    async def _ask(self, operation: Operation, role: str, place: str) -> str:
        self.people.house.clock.advance(timedelta(milliseconds=1))
        browser = self._browsers[role, place]
        if operation.name == "sign_out" and place in {*PLACES, "expired-assignment"}:
            name = "past" if place == "expired-assignment" else place
            browser = await self.people.browser(f"{role}.{name}")
        if operation.name == "follow":
            return await self._follow(browser, operation)
        answer = await browser.request(
            operation.method,
            self._path(operation),
            params=QUESTIONS.get(operation.name),
            json=self._body(operation),
            content=TABLES.get(operation.name),
        )
        return decision(answer, operation)

    async def _follow(self, browser: httpx.AsyncClient, operation: Operation) -> str:
        """The live view never ends; its first word is enough."""
        app = self.people.house.app
        status, text = await follow(app, browser, operation.path, enough=lambda at, _: at > 0)
        return decision(httpx.Response(status, content=text), operation)


VIEW = {
    "resourceType": "ViewDefinition", "name": "results", "resource": "Observation",
    "status": "active", "select": [{"column": [{"name": "id", "path": "id"}]}],
}  # fmt: skip
"""Rows of results."""


DEFINED = VIEW | {"id": "kept", "status": "retired"}
"""One that is kept over REST, and whose name nobody else can miss."""
PARAMETER = {
    "resourceType": "SearchParameter", "url": "urn:remark", "name": "remark", "status": "retired",
    "description": "x", "code": "remark", "base": ["Observation"], "type": "string",
    "expression": "Observation.note.text",
}  # fmt: skip


def write_view(content_dir: Path) -> None:
    """Put :data:`VIEW` into the content of a house."""
    path = content_dir / "clinical" / "views" / "results.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(VIEW), encoding="utf-8")


PERSON, OTHER = (shown(record_id("H1", mrn)) for mrn in ("I1", "I2"))
RECORD = {"source": "H1", "mrn": "I1"}
FHIR_H1 = "urn:lianyi:authority:H1"
FHIR_RECORD = f"{FHIR_H1}|I1"
FHIR_PATIENT = {
    "resourceType": "Patient", "name": [{"text": "测试甲乙"}], "birthDate": "1980-03-15",
}  # fmt: skip
FHIR_HERE = {"kind": "Observation", "of": "Patient", "id": "here", "version": "1"}
OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
REPORT = {
    "resourceType": "DiagnosticReport", "id": "here", "status": "final", "code": {"text": "x"},
    "presentedForm": [{"contentType": "text/plain", "data": "eA=="}],
}  # fmt: skip
ENCOUNTER = {
    "resourceType": "Encounter", "id": "here", "status": "finished", "class": {"code": "AMB"},
}  # fmt: skip
COMPOSITION = {
    "resourceType": "Composition", "id": "here", "status": "final", "type": {"text": "x"},
    "date": "2026-03-02", "author": [{"display": "x"}], "title": "x",
}  # fmt: skip
SUBSCRIPTION = {
    "resourceType": "Subscription", "status": "requested", "reason": "r",
    "criteria": "urn:lianyi:topic:result-final",
    "channel": {"type": "rest-hook", "endpoint": "https://hook.example/x"},
}  # fmt: skip
NO_CHANGE = {"resourceType": "Parameters"}
EXPORT = {"resourceType": "Parameters"}
ON = {"on": "2026-03-02"}
NEW = {"code": "BENCH2", "valid_from": "2026-03-02", "parent": "LAB"}
TABLES = {"import_records": b"code,parent\nBENCH3,LAB\n"}
VISITS = read_indicators(NOWHERE)[0]["EX-01"]
SIGNS = {"hash": definition_hash(VISITS, VISITS.calibers[0])}
FORM, FORM_HERE = "monthly-service", {"period": "2025-06", "hospital": HERE}
SAYS = {"title": "r", "sections": [{"kind": "table", "codes": ["VIS-001"]}]}
EXPLORATION = {"name": "r", "asked": {"codes": "EX-04", "by": "department"}}
ASK = {"words": "r", "purpose": "r", "period": "2026-03", "organisation": HERE}
SERVICE = {
    "name": "here", "title": "r", "purpose": "r", "question": EXPLORATION["asked"],
    "columns": ["value"], "organisation": HERE, "roles": ["data-service-client"],
    "first_on": "2026-03-01", "last_on": "2036-03-01",
}  # fmt: skip
FINDING = {"rule": "ENC-015", "source": "his", "hospital": HERE, "department": "BENCH"}
BODIES: dict[str, dict[str, Any]] = {
    "propose_caliber": SIGNS,
    "approve_caliber": SIGNS,
    "withdraw_caliber": SIGNS,
    "publish_indicators": {"period": "2025"},
    "preview_publication": {"period": "2025"},
    "order_indicator_report": {"says": SAYS},
    "change_indicator_report": {"version": 1, "says": SAYS},
    "run_indicator_report": {"mail": False},
    "save_exploration": EXPLORATION,
    "offer_data_service": SERVICE,
    "decide_data_service": {"said": "refused", "note": "r"},
    "revoke_data_service": {},
    "file_figure_request": ASK,
    "amend_figure_request": ASK | {"version": 1},
    "decide_figure_request": {"version": 1, "said": "approved"},
    "answer_figure_request": {"version": 1, "question": EXPLORATION["asked"]},
    "withdraw_figure_request": {"version": 1},
    "revoke_figure_request": {"version": 1},
    "change_saved_exploration": EXPLORATION,
    "write_indicator_note": {"period": "2026-03", "hospital": HERE, "words": "r"},
    "change_indicator_note": {"version": 1, "period": "2026-03", "words": "r"},
    "withdraw_indicator_note": {"version": 1},
    "enter_indicator_figure": {
        "period": "2025", "hospital": HERE, "numerator": "3", "evidence": "r",
    },
    "file_indicator_form": FORM_HERE | {"digest": "0" * 64},
    "set_indicator_target": {"period": "2026", "hospital": HERE, "value": 1},
    "set_indicator_alert_rule": {"hospital": HERE, "kind": "missing"},
    "assign_quality_finding": FINDING | {"to": "r"},
    "acknowledge_quality_finding": FINDING | {"note": "r"},
    "reopen_quality_finding": FINDING,
    "evaluate_indicator_alerts": {"period": "2025"},
    "acknowledge_indicator_alert": {"note": "r"},
    "silence_indicator_alert": {"until": "2030-01-01T00:00:00Z", "note": "r"},
    "match_person": {"person": {"name": "测试甲乙"}},
    "register_person": {**RECORD, "person": {"name": "测试甲乙", "born": "19800315"}},
    "split_person": {"records": [RECORD], "reason": "r"},
    "decide_identity": {"said": "undecided", "person": PERSON, "other": OTHER, "reason": "r"},
    "take_back_decision": {"record": RECORD, "other": {**RECORD, "mrn": "I2"}, "reason": "r"},
    "undo_replacement": {**RECORD, "reason": "r"},
    "match_patient": FHIR_PATIENT,
    "feed_patient": FHIR_PATIENT,
    "submit_bundle": {"resourceType": "Bundle", "type": "batch"},
    "run_view_definition": {"resourceType": "Parameters", "parameter": [
        {"name": "viewResource", "resource": VIEW},
    ]},
    "ask_graph_by_body": {"query": '{ Observation(id: "here") { id } }'},
    "ask_graph_of_resource_by_body": {"query": "{ id }"},
    "create_resource": OBSERVATION,
    "validate_resource": OBSERVATION,
    "start_export_by_parameters": EXPORT,
    "start_patient_export_by_parameters": EXPORT,
    "start_group_export_by_parameters": EXPORT,
    "update_resource": OBSERVATION | {"id": "here"},
    "create_search_parameter": PARAMETER,
    "update_search_parameter": PARAMETER | {"id": "here"},
    "create_view_definition": {name: one for name, one in DEFINED.items() if name != "id"},
    "update_view_definition": DEFINED | {"id": "here"},
    "subscribe": SUBSCRIPTION,
    "resubscribe": SUBSCRIPTION | {"id": "here"},
    "update_resource_by_criteria": OBSERVATION,
    "patch_resource": NO_CHANGE,
    "patch_resource_by_criteria": NO_CHANGE,
    "cross_reference_patient_by_parameters": {"resourceType": "Parameters", "parameter": [
        {"name": "sourceIdentifier", "valueString": FHIR_RECORD},
    ]},
    "unmerge_patient": {"resourceType": "Parameters", "parameter": [
        {"name": "identifier", "valueIdentifier": {"system": FHIR_H1, "value": "I1"}},
        {"name": "reason", "valueString": "r"},
    ]},
    "change_card": {
        "record": RECORD, "kind": "hospital-card", "value": "5512", "status": "active",
        "reason": "r",
    },
    "resolve_card": {"token": "5512"},
    "confirm_proposed_decision": {},
    "decline_proposed_decision": {"reason": "r"},
    "activate_model": {"model": "shipped", "reason": "r"},
    "break_glass": {"patient": "P1^H1", "reason": "fault", "words": "why I look"},
    "make_record_link": {"patient": "I1^H1", "user": "nobody"},
    "open_record_link": {"link": "x"},
    "begin_record_launch": {"iss": "https://emr.test/fhir", "launch": "x"},
    "finish_record_launch": {"system": "emr", "binding": "x", "state": "x"},
    "open_patient_record": {"reason": "fault", "words": "why I look"},
    "record_consent": {
        "patient": "P9^H1", "decision": "refuse", "given_by": "g", "organisation": HERE,
        "purposes": ["HRESCH"],
    },
    "review_glass": {"justified": True, "remark": "r"},
    "decide_proposals": {"accept": False, "proposals": [{"position": "1-1", "part": 0}]},
    "close_record": {**ON},
    "create_emergency": {**NEW, "valid_to": "2026-03-09"},
    "create_record": NEW,
    "edit_record": {**ON, "name_zh": "台"},
    "merge_organisations": {**ON, "codes": ["BENCH"], "into": "LAB"},
    "move_organisation": {**ON, "to": "ROOM2"},
    "set_parent": {**ON, "parent": "LAB"},
    "set_role": {**ON, "organisation": "BENCH", "role": "x"},
    "split_organisation": {**ON, "into": [{"code": "BENCH4"}, {"code": "BENCH5"}]},
    "add_key": {"title": "t"},
    "assign_role": {"role": "manager", "organisation": HERE, "reason": "r"},
    "change_account": {},
    "change_password": {"old": "x", "new": "x"},
    "confirm_factor": {"code": "1"},
    "create_account": {"name": "another", "display_name": "x", "organisation": HERE},
    "decide_about_app": {"request": {}, "approve": False},
    "describe_app_request": {"request": {}},
    "dismiss": {"reason": "r"},
    "dismiss_held": {"reason": "r"},
    "dry_run": {"channel": "lab", "destination": "emr", "filter": {}},
    "launch_app": {"app": "machine"},
    "link_identity": {"provider": "nobody", "subject": "s"},
    "set_practitioner_names": {"names": [{"identifier": "D7", "organisation": HERE}]},
    "set_certificates": {"certificates": []},
    "register_app": {"kind": "public", "redirect_uris": ["https://a.test/"], "scopes": "openid"},
    "set_public_keys": {"keys": []},
    "note_print": {"page": "/messages/1-1"},
    "make_first_administrator": {"name": "first", "display_name": "x", "password": "x"},
    "prove": {"password": "x"},
    "release_held": {"reason": "r"},
    "resend": {"reason": "r"},
    "sign_in": {"token": "wrong"},
    "start_replay": {
        "channel": "lab", "destination": "emr", "filter": {}, "rate_per_second": 1, "reason": "r",
    },
}  # fmt: skip
GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"
QUESTIONS = {
    "get_exam_sheet": {"year": "2025", "hospital": HERE},
    "export_exam_sheet": {"year": "2025", "hospital": HERE},
    "get_form_sheet": FORM_HERE,
    "export_form_sheet": FORM_HERE,
    "export_form_sheet_as_csv": FORM_HERE,
    "compare_filed_form": FORM_HERE,
    "compare_caliber_definitions": {
        "period": "2025",
        "hospital": HERE,
        "before": SIGNS["hash"],
    },
    "list_persons": {"q": "I1^H1"},
    "find_patients": {"q": "I1^H1"},
    "list_persons_at_fault": {"fault": "no-name", "source": "H1"},
    "cross_reference_patient": {"sourceIdentifier": FHIR_RECORD},
    "expand_value_set": {"url": GENDERS},
    "validate_code": {"url": GENDERS, "code": "male"},
    "look_up_code": {"system": "http://hl7.org/fhir/administrative-gender", "code": "male"},
    "feed_patient": {"identifier": FHIR_RECORD},
    "update_resource_by_criteria": {"identifier": "here"},
    "patch_resource_by_criteria": {"identifier": "here"},
    "delete_resource_by_criteria": {"identifier": "here"},
    "find_last_observations": {"patient": PERSON},
    "ask_graph": {"query": '{ Observation(id: "here") { id } }'},
    "ask_graph_of_resource": {"query": "{ id }"},
    "list_encounters": {"patient": "P1^H1"},
    "explain_treatment": {"patient": "P1^H1"},
    "explain_access": {"account": "them", "permission": "messages.read"},
    "list_names": {"code": "BENCH"},
    "count_indicators": {"codes": "VIS-001", "period": "2026-03"},
    "list_indicator_places": {"period": "2026-03"},
    "explore_indicators": {"codes": "VIS-001", "period": "2026-03"},
    "export_exploration": {"codes": "VIS-001", "period": "2026-03"},
    "find_existing_figures": {"words": "r"},
    "list_moved_rows": {"period": "2026-03", "before": SIGNS["hash"], "after": SIGNS["hash"]},
    "list_indicator_rows": {"period": "2026-03"},
    "show_source_impact": {"name": "encounter"},
    "export_indicator_rows": {"period": "2026-03"},
    "show_indicator_topic": {"period": "2026-03"},
    "show_workload": {"period": "2026-03"},
    "score_departments": {"month": "2026-03", "hospital": HERE},
    "export_score_card": {"month": "2026-03", "hospital": HERE},
    "divide_indicator_change": {"period": "2026-03", "against": "previous"},
    "show_indicator_impact": {"period": "2026-03", "against": "previous"},
    "compare_indicator": {"period": "2026-03"},
    "export_indicator_rows_as_sheet": {"period": "2026-03"},
    "export_indicator_figures": {"codes": "VIS-001", "period": "2026-03"},
    "list_indicator_notes": {"period": "2026-03"},
    "end_sessions": {"session": "0" * 12},
    "unlink_identity": {"provider": "nobody", "subject": "s"},
}
GONE = {"LY-1815", "LY-1865", "LY-2153", "LY-2160"}
"""What is around it is there; that there is no such key, assignment, app, model or card authority
is by design."""

TAKEN = {"LY-2240"}
"""An id names one resource in the whole house. Whoever may create learns that one is taken, and
nothing else of what stands under it: neither its content nor whose it is, nor can he change it.
Ids that the platform gives cannot be guessed."""


UNKNOWN_DOMAIN = {"LY-2141"}
"""PIXm has 400 for an authority of which nobody may be seen."""


def code_of(answer: httpx.Response) -> str:
    """Return our code of a failure, be it one of the JSON API or an OperationOutcome."""
    said = answer.json()
    if "issue" in said:
        return str(said["issue"][0]["details"]["coding"][0]["code"])
    return str(said["error"]["code"])


def decision(answer: httpx.Response, operation: Operation) -> str:
    """Return what an answer tells of the decision."""
    if operation.permission == ANYBODY:  # pages, and errors in the form of RFC 6749
        return "allowed"
    code = ""
    if answer.status_code >= 400:
        code = code_of(answer)
    if answer.status_code == 401 and code == "LY-1606":
        return "unknown"
    if answer.status_code == 403 and code == "LY-1800":
        return "forbidden"
    if code in TAKEN:
        return "taken"
    if code in UNKNOWN_DOMAIN or (answer.status_code == 404 and code not in GONE):
        return "invisible"
    not_ready = operation.name == "ready"
    assert answer.status_code < 500 or not_ready, f"{operation.name}: {answer.text}"
    return "allowed"


@asynccontextmanager
async def asking(database: str, folder: Path) -> Any:
    """Serve the house that is asked."""
    closed = SecuritySettings(metrics_open=False)
    alone = PublishingSettings(two_persons=False)
    async with (
        serving(database, folder, security=closed, publishing=alone) as house,
        learning(house),
    ):
        matrix = Matrix(house)
        await matrix.prepare()
        yield matrix


def wanted_rows() -> Iterator[tuple[Operation, str]]:
    """Give every operation with every role."""
    for operation in operations():
        for role in roles():
            yield operation, role
