"""Whoever works in hospital A learns nothing of hospital B: no row, no byte, no number.

All that is B's says CANARY (:mod:`two_hospitals`). The second wall is tested alone, too: with the
application's own filter switched off, row-level security must let nothing through.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from tests.conftest import copied_database
from tests.unit.api.house import House, hl7, serving
from tests.unit.security import streaming
from tests.unit.security.matrix import write_view
from tests.unit.security.two_figures import COUNTED, ENTERED, FORM, PERIOD, WALLED
from tests.unit.security.two_hospitals import CANARY, ROLES, Hospital, Town, build, busy

from lianyi.api import live
from lianyi.api.addresses import bare_app
from lianyi.applications.indicators.model import definition_hash
from lianyi.applications.indicators.reading import read_indicators
from lianyi.base.clock import SteppedClock
from lianyi.base.embedded import PostgresServer
from lianyi.projections.identity.systems import system_of
from lianyi.security.model import Access
from lianyi.security.settings import SecuritySettings

NARROWER, WIDER = (
    definition_hash(one, caliber)
    for one in [read_indicators(Path("/nonexistent"))[0]["EX-02"]]
    for caliber in one.calibers
)
"""Two calibers of one indicator; what only the second counts has moved out."""

OPERATIONS = [
    (method.upper(), path, described)
    for path, methods in bare_app().openapi()["paths"].items()
    for method, described in methods.items()
    if not path.startswith("/oauth/") and "{provider}" not in path  # ways in, for strangers
]
READING = [
    (method, path)
    for method, path, _ in OPERATIONS
    if method == "GET" or path.endswith(("/check", "/dry-run"))
]
OWN_TABLES = ("/accounts", "/access", "/roles", "/permissions")
"""What the tables of schema security say; they have one wall only, so that people can sign in."""
ACTS = (*OWN_TABLES, "/masterdata")
"""Whose change is an act in the log: what it touches is decided before it is written."""
OF_NOBODY = ("/quality/runs", "/fhir/SearchParameter", "/fhir/ViewDefinition")
"""What is asked of the platform, or is defined for all, and changes nothing of a hospital."""


CLOSED = SecuritySettings(metrics_open=False)
"""Else whoever is on the machine may read them."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def built(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Town, Path]]:
    """The town as it was built, which nobody enters, and its folder."""
    folder = tmp_path_factory.mktemp("town")
    async with serving(module_database, folder, security=CLOSED) as house:
        write_view(house.content_dir)
        town = await build(house)
    yield town, folder


@pytest.fixture
async def town(
    built: tuple[Town, Path], postgres: PostgresServer, tmp_path: Path
) -> AsyncIterator[Town]:
    """A copy of the town for each test."""
    first, folder = built
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    async with (
        copied_database(postgres, first.house.dsn) as database,
        serving(
            database, tmp_path, clock=SteppedClock(first.house.clock.now()), security=CLOSED
        ) as house,
    ):
        yield first.copied(house)


@pytest.fixture
def no_filter(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The town after the application has forgotten to ask whose data it shows."""
    monkeypatch.setattr(Access, "sees", lambda _self, _organisation: True)
    monkeypatch.setattr(Access, "sees_everything", property(lambda _self: True))
    return town


# ---- addresses ---------------------------------------------------------------------------------


OF_ROWS = (
    "/rows", "/rows.csv", "/contribution", "/impact", "/forecast", "/benchmark", "/workload",
)  # fmt: skip
"""Ends of addresses at which rows of a period and a place are counted or listed."""


def code_of(path: str) -> str:
    """Return the indicator that an address is asked about."""
    if "/moved" in path:
        return "EX-02"
    return "VIS-001" if path.endswith(OF_ROWS) else COUNTED if "/published" in path else ENTERED


def number_of(path: str, of: Hospital) -> str:
    """Return the number of what a hospital has decided or published."""
    if "/entries/" in path:
        return of.figures.entry
    if "/filings/" in path:
        return of.figures.filing
    return of.figures.alert if "/alerts/" in path else of.figures.value


def paths_of(path: str, *whose: Hospital) -> Iterator[str]:
    """Give an address with every thing of these hospitals in every place of it."""
    account = "/accounts" in path
    choices = {
        "{name}": [n for h in whose for n in ([h.account, h.service] if account else [h.channel])],
        "{position}": [
            str(p) for h in whose for p in (h.first, h.parked, h.held, h.act)
        ],
        "{destination_id}": [str(h.destination_id) for h in whose],
        "{destination}": [h.destination for h in whose],
        "{version}": ["1"],
        "{replay_id}": [h.replay for h in whose],
        "{code}": [c for h in whose for c in (h.organisation, h.department, h.ward, h.doctor)]
        if "/masterdata/" in path
        else ["EX-04" if "/lineage/" in path else "ENC-014"]
        if "/quality/" in path and "/identity/" not in path
        else [code_of(path)]
        if "/indicators/" in path
        else ["LY-1606"],
        "{caliber}": ["national-exam"],
        "{topic}": ["patients", "operations"],
        "{card}": ["loops"],
        "{form}": [FORM],
        "{number}": [number_of(path, h) for h in whose],
        "{key}": [h.key for h in whose],
        "{consent}": [h.consent for h in whose],
        "{glass}": [h.glass for h in whose],
        "{assignment}": [h.assignment for h in whose],
        "{approval}": ["00000000-0000-0000-0000-000000000000"],
        "{kind}": ["Observation", "Patient"]
        if path.startswith("/fhir/")
        else ["organisation", "location", "practitioner"],
        "{of}": ["Patient"],
        "{type}": ["Patient", "Observation"],
        "{report}": ["00000000-0000-0000-0000-000000000000"],
        "{run}": ["00000000-0000-0000-0000-000000000000"],
        "{note}": ["00000000-0000-0000-0000-000000000000"],
        "{request}": ["00000000-0000-0000-0000-000000000000"],
        "{saved}": ["00000000-0000-0000-0000-000000000000"],
        "{export}": ["00000000-0000-0000-0000-000000000000"],
        "{file}": ["1.Patient.ndjson"],
        "{index}": ["0"],
        "{source}": ["his"],
        "{table}": ["visit"],
        "{view}": ["results"],
        "{id}": [h.person for h in whose],
        "{tree}": ["management"],
        "{person}": [h.person for h in whose],
        "{other}": [h.other for h in whose],
    }  # fmt: skip
    wanted = [name for name in choices if name in path]
    for values in itertools.product(*(choices[name] for name in wanted)):
        made = path
        for name, value in zip(wanted, values, strict=True):
            made = made.replace(name, value)
        assert "{" not in made, f"say what to put into {path}"
        yield made


def questions_of(path: str, *whose: Hospital) -> list[dict[str, str]]:
    """Return what to ask at an address, with things of these hospitals."""
    if path.endswith("/messages"):
        looked = ["P1", "P1^H1", "O-CANARY1", "H1", *(h.control for h in whose)]
        looked += [str(p) for h in whose for p in (h.first, h.held, h.act)]
        kinds = ["act*", "act access.*", "act message.*", "hl7v2*", "*"]
        return [
            {},
            {"limit": "200"},
            *({"q": one} for one in looked),
            *({"kind": one} for one in kinds),
            *({"channel": h.channel} for h in whose),
            *({"channel": h.channel, "q": "P1"} for h in whose),
            {"gate": "hold"},
            {"state": "parked"},
            {"state": "held"},
            {"from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"},
        ]
    if path.endswith("/deliveries"):
        states = [{"state": state} for state in ("parked", "waiting", "behind", "held")]
        named = [{"channel": h.channel, "destination": h.destination} for h in whose]
        return [{}, *states, *named, *({"destination": h.destination} for h in whose)]
    if path.endswith("/encounters"):
        return [{"patient": "P1^H1"}]
    if "/api/v1/quality/rules/" in path:
        whole = [{}, *({"hospital": h.organisation} for h in whose)]
        return [*whole, *({"hospital": h.organisation, "department": h.department} for h in whose)]
    if path.endswith("/quality/impact"):
        return [{"name": name} for name in ("encounter", "log", "ADT", "order.doctor")]
    of_figures = (
        *OF_ROWS, "/indicators/values", "/files/values", "/rows.xlsx", "/notes", "/moved",
        "/places", "/explored",
    )  # fmt: skip
    if path.endswith(of_figures) or "/indicators/topics/" in path:
        of_several = path.endswith(("/values", "/explored"))
        asked = {"codes": "VIS-001,INP-001,EX-04"} if of_several else {}
        asked |= {"period": "2026Q1"} | ({"form": "csv"} if "/files/" in path else {})
        asked |= {"by": "hospital,department,doctor"} if "/explored" in path else {}
        asked |= {"before": WIDER, "after": NARROWER} if path.endswith("/moved") else {}
        mine = [asked | {"department": h.department} for h in whose]
        return [asked, *mine, *(asked | {"hospital": h.organisation} for h in whose)]
    if path.endswith("/files/board"):
        return [{"form": "csv"}, *({"form": "csv", "hospital": h.organisation} for h in whose)]
    if "/scores/" in path:
        asked = {"month": "2026-03"} | ({"form": "csv"} if "/files/" in path else {})
        return [asked, *(asked | {"hospital": h.organisation} for h in whose)]
    if path.endswith(("/indicators/board", "/indicators/today")):
        return [{}, *({"hospital": h.organisation} for h in whose)]
    if path.endswith("/treatment"):
        return [{"patient": "P1^H1"}, *({"patient": "P1^H1", "account": h.account} for h in whose)]
    if "/masterdata/names" in path:
        named = [{"code": c} for h in whose for c in (h.department, h.ward, h.doctor)]
        return [*named, *(one | {"message": str(h.first)} for one in named for h in whose)]
    if "/masterdata/" in path:
        return [
            {},
            {"as_of": "2020-01-01", "closed": "true"},
            {"as_of": "2026-12-31", "q": CANARY, "limit": "200"},
        ]
    if path.endswith("/fhir/Patient"):
        asked = [{"_id": h.person} for h in whose]
        asked += [{"_id": h.person, "_sort": "_lastUpdated"} for h in whose]
        asked += [{"_has:Observation:patient:status": "final"}, {"_lastUpdated": "ge2020"}]
        return [*asked, {"identifier": "I1"}, {"family": "甲"}, {"active": "true", "_count": "100"}]
    if path.endswith("/$lastn"):
        return [{"patient": h.person} for h in whose]
    if path.endswith("}/$graphql"):
        return [{"query": "{ id meta { versionId } }"}]
    if path.endswith("/$graphql"):
        return [{"query": graph_of(h)} for h in whose]
    if path.endswith("/$ihe-pix"):
        return [{"sourceIdentifier": f"{system_of(h.source)}|I1"} for h in whose]
    if path.endswith(("/identity/persons", "/api/v1/record")):
        return [{"q": q} for h in whose for q in (h.source, f"I1^{h.source}", h.person, "甲", "I1")]
    if path.endswith("/quality/persons"):
        return [{"fault": "duplicate", "source": h.source} for h in whose]
    if "/indicators/exam" in path:
        return [{"year": "2025", "hospital": h.organisation} for h in whose]
    if "/indicators/forms/" in path and "/filings/" not in path:
        return [{"period": PERIOD, "hospital": h.organisation} for h in whose]
    if path.endswith("/change"):
        return [{"period": "2025", "hospital": h.organisation} for h in whose]
    if path.endswith("/access"):
        return [
            {"account": h.account, "permission": "messages.read", "organisation": h.organisation}
            for h in whose
        ]
    return [{}]


def graph_of(h: Hospital) -> str:
    """Return a question in GraphQL about a patient of a hospital, and about everybody."""
    return (
        f'{{ Patient(id: "{h.person}") {{ id name {{ text }} }}'
        f' mine: ObservationList(subject: "Patient/{h.person}") {{ id code {{ text }} }}'
        " PatientConnection { count edges { resource { id name { text } } } }"
        " ObservationConnection { count edges { resource { id } } } }"
    )


def bodies_of(path: str, *whose: Hospital) -> list[dict[str, Any]]:
    """Return what to send to an address that changes something."""
    if "/replays" in path and "{" not in path:
        more = {} if path.endswith("dry-run") else {"rate_per_second": 1, "reason": "mine"}
        return [
            {"channel": c.channel, "destination": d.destination, "filter": {}} | more
            for c in whose
            for d in whose
        ]
    if "/masterdata/" in path:
        return [one for h in whose for one in master_data_bodies(path, h)]
    if path.endswith("/roles"):
        return [{"role": "manager", "organisation": h.organisation, "reason": "r"} for h in whose]
    if path.endswith("/practitioner"):
        named = {"source": "messages", "authority": "", "identifier": "D7"}
        return [{"names": [named | {"organisation": h.organisation}]} for h in whose]
    if path.endswith("}/$graphql"):
        return [{"query": "{ id meta { versionId } }"}]
    if path.endswith("/$graphql"):
        return [{"query": graph_of(h)} for h in whose]
    if path.endswith("ViewDefinition/$run"):
        view = {"name": "viewReference", "valueString": "ViewDefinition/results"}
        of = [{"name": "patient", "valueString": h.person} for h in whose]
        return [{"resourceType": "Parameters", "parameter": [view, one]} for one in of]
    if path.endswith("/keys"):
        return [{"title": "mine"}]
    if path.endswith("/app"):
        return [{"kind": "public", "redirect_uris": ["https://a.test/"], "scopes": "openid"}]
    if path.endswith("/accounts"):
        return [
            {"name": f"of.{h.organisation.lower()}", "display_name": "x",
             "organisation": h.organisation}
            for h in whose
        ]  # fmt: skip
    if path.endswith("/accounts/{name}"):
        return [{"organisation": h.organisation, "display_name": "mine"} for h in whose]
    if path.endswith("/privacy/glass"):
        said = {"reason": "fault", "words": "mine and mine"}
        return [{"position": str(h.first), **said} for h in whose]
    if path.startswith("/api/v1/record/") and path.endswith("/glass"):
        return [{"reason": "fault", "words": "mine and mine"}]
    if path.endswith("/record/links"):
        return [{"patient": f"I1^{h.source}", "user": h.account} for h in whose]
    if path.endswith("/privacy/consents"):
        said = {"patient": "P1^H1", "decision": "refuse", "given_by": "mine"}
        return [{"organisation": h.organisation, **said} for h in whose]
    if "/identity/" in path:
        return identity_bodies(path, *whose)
    if "/indicators/" in path:
        return indicator_bodies(path, *whose)
    if "/quality/findings/" in path:
        said = {"to": "mine"} if path.endswith("assign") else {"note": "mine"}
        said = {} if path.endswith("reopen") else said
        return [
            {"rule": "ENC-014", "source": "log", "hospital": h.organisation,
             "department": h.department} | said
            for h in whose
        ]  # fmt: skip
    if path.endswith("/review"):
        return [{"justified": True, "remark": "mine"}]
    return [{"reason": "mine"}, {}]


def indicator_bodies(path: str, *whose: Hospital) -> list[dict[str, Any]]:
    """Return what decides about indicators, for these hospitals."""
    said = {
        "entries": {"period": "2025", "numerator": "1", "evidence": "mine"},
        "targets": {"period": PERIOD, "value": 1},
        "alert-rules": {"kind": "missing", "limit": 1},
        "file": {"period": PERIOD, "digest": "0" * 64, "reason": "mine"},
    }.get(path.rpartition("/")[2])
    if said:
        return [said | {"hospital": h.organisation} for h in whose]
    return {
        "confirm": [{}],
        "acknowledge": [{"note": "mine"}],
        "silence": [{"until": "2030-01-01T00:00:00Z", "note": "mine"}],
        "publish": [{"period": PERIOD, "codes": [COUNTED], "reason": "mine"}],
        "evaluate": [{"period": PERIOD}],
    }.get(path.rpartition("/")[2], [{"hash": "0" * 64}])


def identity_bodies(path: str, *whose: Hospital) -> list[dict[str, Any]]:
    """Return what changes persons, with records of these hospitals in every place."""
    records = [{"source": h.source, "mrn": mrn} for h in whose for mrn in ("I1", "I2")]
    persons = [person for h in whose for person in (h.person, h.other)]
    two = [(one, other) for one in records for other in records if one != other]
    why = {"reason": "mine"}
    return {
        "match": [{"person": {"name": "甲乙", "born": "19800315"}}],
        "registrations": [one | {"person": {"name": "甲乙"}} for one in records],
        "split": [{"records": [one]} | why for one in records],
        "taken-back": [{"record": one, "other": other} | why for one, other in two],
        "undone": [one | why for one in records],
        "decisions": [
            {"said": "link", "person": one, "other": other} | why
            for one, other in itertools.permutations(persons, 2)
        ],
        "confirmed": [why],
        "declined": [why],
        "cards": [
            {"record": one, "kind": "hospital-card", "value": "1", "status": "lost"} | why
            for one in records
        ],
        "resolve": [{"token": "5512"}],
        "proposals": [{}],
        "activate": [{"model": str(h.act)} | why for h in whose],
    }[path.rpartition("/")[2]]


def master_data_bodies(path: str, h: Hospital) -> list[dict[str, Any]]:
    """Return changes of master data that name things of a hospital."""
    on = {"on": "2026-03-02"}
    new = {"code": f"{h.department}-N", "valid_from": "2026-03-02", "parent": h.organisation}
    return {
        "merges": [on | {"codes": [h.department], "into": h.organisation}],
        "emergencies": [new | {"valid_to": "2026-03-09"}],
        "retractions": [{"position": h.imported, "part": n} for n in range(3)],
        "decisions": [
            {"accept": True, "proposals": [{"position": str(h.first), "part": 0}]},
        ],
        "edit": [on | {"name_zh": "x"}],
        "parent": [on | {"parent": h.organisation}, on | {"parent": None}],
        "close": [on],
        "move": [on | {"to": h.ward, "reason": h.organisation}],
        "split": [on | {"into": [{"code": "S1"}, {"code": "S2"}]}],
        "role": [on | {"organisation": h.organisation, "role": "x"}],
    }.get(path.rpartition("/")[2], [new, new | {"organisation": h.organisation}])


async def crawl(
    browser: httpx.AsyncClient, town: Town, *, leave: tuple[str, ...] = ()
) -> dict[str, str]:
    """Ask everything that can be asked without a change; return the answers."""
    told: dict[str, str] = {}
    for method, path in READING:
        if path.endswith("/live") or any(f"/api/v1{one}" in path for one in leave):
            continue
        for address in paths_of(path, town.a, town.b):
            for question in questions_of(path, town.a, town.b):
                bodies = bodies_of(path, town.a, town.b) if path.endswith("dry-run") else [None]
                for body in bodies:
                    answer = await browser.request(method, address, params=question, json=body)
                    idle = "LY-2002" in answer.text  # nobody learns in this town
                    assert answer.status_code < 500 or idle, (address, question, answer.text)
                    asked = f"{method} {address} {question} {body}"
                    told[asked] = f"{answer.status_code} {answer.text}"
    return told


def says_canary(asked: str, told: str) -> bool:
    """Tell whether an answer says more of B than was asked."""
    _, _, text = told.partition(" ")
    try:
        problem = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return CANARY in text.upper()
    # A refusal repeats what was asked for, and nothing else.
    where = str(problem.pop("where", ""))
    for code in re.findall(rf"{CANARY}-\w", asked):
        problem = json.loads(json.dumps(problem).replace(code, ""))
    return CANARY in json.dumps(problem).upper() or (
        CANARY in where.upper()
        and not all(part.lower() in asked.lower() for part in where.split(" → "))
    )


# ---- what is there to be seen ------------------------------------------------------------------


async def test_the_canary_sings_for_whoever_belongs_there(town: Town) -> None:
    """Without this the other tests would prove nothing."""
    await town.people.add("all.seeing", ("integration-engineer", "*"))
    told = await crawl(await town.people.browser("all.seeing"), town)
    for part in ("/overview", "/trees/", "/masterdata/location ", "/masterdata/names",
                 f"/masterdata/practitioner/{town.b.doctor} ", "/changes ",
                 "/channels ", "/messages ", "/deliveries ", "/replays ", "/body",
                 "/dry-run", "/balances", "/versions/", "/neighbours", f"/messages/{town.b.first} ",
                 f"/messages/{town.b.act} "):  # fmt: skip
        assert any(
            says_canary(asked, text)
            for asked, text in told.items()
            if part in asked and text.startswith("200")
        ), f"nothing of B was to be seen at {part}"


async def test_the_canary_sings_of_figures_for_whoever_belongs_there(town: Town) -> None:
    everywhere = await town.people.browser("board.one")
    value, code = town.b.figures.value, f"/{COUNTED}/published"
    exam = f"/exam?year=2025&hospital={town.b.organisation}"
    paths = ["/entries", "/targets", "/alert-rules", "/alerts", "/forms/filings", exam, code]
    for path in (*paths, f"/published/{value}/recount"):
        answer = await everywhere.get(f"/api/v1/indicators{path}")
        assert answer.status_code == 200, answer.text
        assert CANARY in answer.text.upper(), path
    chain = await everywhere.get("/api/v1/indicators/published/chain")
    assert chain.json()["broken_at"] is None


@pytest.mark.parametrize("role", ROLES)
async def test_nothing_of_b_reaches_anybody_in_a(town: Town, role: str) -> None:
    told = await crawl(town.browsers[role], town)
    assert sum(text.startswith("200") for text in told.values()) >= 3
    assert [asked for asked, text in told.items() if says_canary(asked, text)] == []


async def test_row_level_security_alone_lets_nothing_of_b_through(no_filter: Town) -> None:
    for role in ("integration-engineer", "audit-administrator", "manager"):
        told = await crawl(no_filter.browsers[role], no_filter, leave=OWN_TABLES)
        assert [asked for asked, text in told.items() if says_canary(asked, text)] == [], role
    told = await crawl(no_filter.browsers["integration-engineer"], no_filter, leave=OWN_TABLES)
    mine = [a for a, t in told.items() if f"/messages/{no_filter.a.first}/body" in a and "甲" in t]
    mine_too = [a for a, t in told.items() if "/masterdata/practitioner " in a and "A-P" in t]
    assert mine, "A's own rows are still there"
    assert mine_too


async def test_whoever_has_no_role_that_sees_has_no_rows_behind_the_filter_either(
    no_filter: Town,
) -> None:
    """What the security administrator may do says nothing about messages; the wall knows."""
    seen = await no_filter.house.pool.fetch(
        "SELECT a.name, s.organisation FROM messagelog.sight AS s JOIN security.account AS a"
        " ON a.account = s.actor WHERE a.name LIKE 'security-administrator%'"
    )
    assert seen == []


# ---- swapped identifiers -----------------------------------------------------------------------


async def everything_of_b(town: Town) -> list[Any]:
    """Return all rows of B, as text."""
    number = town.house.channels[town.b.channel][0]
    rows: list[Any] = []
    for table in ("messagelog.channel", "channels.channel", "channels.destination",
                  "channels.definition", "channels.exception", "channels.replay"):  # fmt: skip
        found = await town.house.pool.fetch(
            f"SELECT t::text FROM {table} AS t WHERE channel = $1 ORDER BY 1", number
        )
        rows += [(table, row[0]) for row in found]
    for table in ("account", "assignment", "session", "api_key", "password", "practitioner"):
        found = await town.house.pool.fetch(
            f"SELECT t::text FROM security.{table} AS t JOIN security.account AS a USING (account)"
            " WHERE a.organisation = 'B' ORDER BY 1"
        )
        rows += [(table, row[0]) for row in found]
    for table in WALLED:
        found = await town.house.pool.fetch(
            f"SELECT t::text FROM indicators.{table} AS t WHERE hospital IN ('B', '') ORDER BY 1"
        )
        assert found, table
        rows += [(table, row[0]) for row in found]
    for table in ("existence", "description", "link"):
        found = await town.house.pool.fetch(
            f"SELECT t::text FROM masterdata_1.{table} AS t WHERE t::text ~ '[(,](B1?|CANARY)'"
            " ORDER BY 1"
        )
        assert len(found) >= 3, table
        rows += [(table, row[0]) for row in found]
    rows += [
        str(one.position) for one in await town.house.acts() if one.channel == number
    ]  # fmt: skip
    return rows


CHANGING = [(method, path) for method, path, _ in OPERATIONS if method != "GET"]


async def try_to_change(town: Town, role: str) -> None:
    """Send every change with B's identifiers in every place, and B's with A's mixed."""
    before = await everything_of_b(town)
    assert len(before) > 12
    browser, only_a = town.browsers[role], set(asdict(town.a).values())
    for method, path in CHANGING:
        if "/session" in path or "/me/" in path:
            continue
        own = set(paths_of(path, town.a))
        for address in paths_of(path, town.a, town.b):
            for body in bodies_of(path, town.a, town.b):
                if address in own and "{" in path and town.b.organisation not in body.values():
                    continue  # A's own business
                if address in own and body in bodies_of(path, town.a):
                    continue
                if "{" not in path and only_a >= {v for v in body.values() if isinstance(v, str)}:
                    continue
                if (
                    body.get("channel") == town.a.channel == body.get("channel")
                    and body.get("destination") == town.a.destination
                ):
                    continue
                if body.get("organisation") == "A" and "{" not in path:
                    continue
                answer = await browser.request(method, address, json=body)
                where = f"{method} {address} {body}: {answer.status_code} {answer.text}"
                undecided = "LY-2061" in answer.text  # what nobody sees is not waiting for him
                assert answer.status_code in {403, 404, 422} or undecided, where
                assert not says_canary(f"{address} {body}", f"{answer.status_code} {answer.text}")
    sessions = {"session": town.b.session}
    for account in (town.a.account, town.b.account):
        await browser.delete(f"/api/v1/accounts/{account}/sessions", params=sessions)
    assert await everything_of_b(town) == before


@pytest.mark.parametrize("role", ["integration-engineer", "manager", "security-administrator"])
async def test_swapped_identifiers_change_nothing_of_b(town: Town, role: str) -> None:
    await try_to_change(town, role)


async def test_row_level_security_alone_keeps_b_from_being_changed(no_filter: Town) -> None:
    before = await everything_of_b(no_filter)
    browser = no_filter.browsers["integration-engineer"]
    for method, path in CHANGING:
        if any(part in path for part in ("/session", "/me/", *ACTS, *OF_NOBODY)):
            continue
        for address in paths_of(path, no_filter.b):
            for body in bodies_of(path, no_filter.b):
                answer = await browser.request(method, address, json=body)
                assert answer.status_code in {403, 404, 409, 422}, f"{address} {answer.text}"
    assert await everything_of_b(no_filter) == before


async def test_row_level_security_alone_keeps_figures_of_b_from_being_changed(
    no_filter: Town,
) -> None:
    """What is for B, and what holds for all: the database refuses, and nothing is half done."""
    before = await everything_of_b(no_filter)
    acts = len(await no_filter.house.acts())
    browser, refused = no_filter.browsers["manager"], 0
    for method, path in CHANGING:
        if "/indicators/" not in path or path.endswith(("/publish", "/evaluate")):
            continue  # these two do what they do for the hospitals that are seen
        for address in paths_of(path, no_filter.b):
            for body in bodies_of(path, no_filter.b):
                answer = await browser.request(method, address, json=body)
                assert answer.status_code in {403, 404, 409, 422, 500}, f"{address} {answer.text}"
                assert not says_canary(f"{address} {body}", f"{answer.status_code} {answer.text}")
                refused += answer.status_code in {404, 500}
    assert refused >= 6
    assert await everything_of_b(no_filter) == before
    assert len(await no_filter.house.acts()) == acts
    published = {"codes": [COUNTED], "reason": "mine"}
    for name, body in (("publish", published), ("alerts/evaluate", {})):
        said = body | {"period": PERIOD}
        answer = await browser.post(f"/api/v1/indicators/{name}", json=said)
        assert answer.status_code in {200, 500}, answer.text
        assert await everything_of_b(no_filter) == before


async def test_a_cursor_of_b_leads_nowhere_in_a(town: Town) -> None:
    await town.people.add("b.watcher", ("integration-watcher", "B"))
    of_b = await town.people.browser("b.watcher")
    engineer = town.browsers["integration-engineer"]
    for path in ("/api/v1/messages", "/api/v1/deliveries", "/api/v1/replays"):
        cursor = (await of_b.get(path, params={"limit": 1})).json().get("next_cursor")
        if cursor:
            answer = await engineer.get(path, params={"cursor": cursor, "limit": 200})
            assert CANARY not in answer.text.upper(), path


async def test_a_mixed_pair_of_channel_and_destination_is_no_pair(town: Town) -> None:
    engineer = town.browsers["integration-engineer"]
    for name, destination in itertools.permutations([town.a, town.b], 2):
        for verb in ("start", "stop"):
            path = f"/api/v1/channels/{name.channel}/destinations/{destination.destination}/{verb}"
            assert (await engineer.post(path)).status_code == 404


async def test_between_two_moments_all_of_ones_own_is_found_among_others(town: Town) -> None:
    engineer = town.browsers["integration-engineer"]
    ever = {"from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"}
    told = [
        (await engineer.get("/api/v1/messages", params={"limit": 200, "kind": "hl7v2*", **more}))
        for more in ({}, ever)
    ]
    newest, between = ([one["position"] for one in answer.json()["items"]] for answer in told)
    assert newest == between
    assert len(newest) >= 7


# ---- numbers -----------------------------------------------------------------------------------


async def b_is_busy(town: Town) -> None:
    """Let much happen in B, and turn the clock back to where it was."""
    house, b = town.house, town.b
    began = house.clock.now()
    number, to = house.channels[b.channel][0], b.destination_id
    positions = await house.append(
        b.channel, [hl7(f"CANARYX{n}") for n in range(9)], sender="CANARY|H1"
    )
    for position in positions[:3]:
        await house.except_(to, position, "parked")
    (held,) = await house.append(b.channel, [hl7("CANARYY", patient="")], gate=2)
    await house.except_(-number, held, "parked")
    for position in positions[3:]:
        await house.receipt(b.destination, position)
    await busy(house, b.channel, b.destination, CANARY, much=4711)
    await town.people.add("b.engineer", ("integration-engineer", "B"), organisation="B")
    browser = await town.people.browser("b.engineer")
    await browser.post(
        f"/api/v1/deliveries/{to}/{positions[0]}/dismiss", json={"reason": f"{CANARY} done"}
    )
    await browser.post(f"/api/v1/channels/{b.channel}/stop")
    house.clock.advance(began - house.clock.now())


@pytest.mark.parametrize("role", ROLES)
async def test_whatever_happens_in_b_changes_no_number_in_a(town: Town, role: str) -> None:
    """Totals, rates, queues, pages and counts are the same to the byte."""
    browser = town.browsers[role]
    before = await crawl(browser, town)
    await b_is_busy(town)
    after = await crawl(browser, town)
    grew = "audit"  # what the asker did himself in between: his own accesses
    changed = [
        asked
        for asked in before
        if before[asked] != after[asked] and "act" not in asked and grew not in asked
    ]
    assert changed == []


async def follow(town: Town, browser: httpx.AsyncClient, *, events: int) -> str:
    """Follow the live view until it has told so much."""
    _, told = await streaming.follow(
        town.house.app,
        browser,
        "/api/v1/live",
        enough=lambda _, text: text.count(b"event:") >= events,
    )
    return told.decode()


async def test_the_live_view_tells_a_nothing_of_b(town: Town) -> None:
    told = await follow(town, town.browsers["integration-watcher"], events=2)
    await b_is_busy(town)
    again = await follow(town, town.browsers["integration-watcher"], events=2)
    assert "event: overview" in told
    assert '"newest":null' in told
    assert CANARY not in told.upper()
    assert told == again
    assert "4711" not in again


async def test_the_live_view_ends_when_its_person_sees_less(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who saw everything and now sees A must not go on seeing everything."""
    monkeypatch.setattr(live, "STILL_SECONDS", 0.0)
    account = await town.people.add("was.wide", ("integration-watcher", "*"))
    browser = await town.people.browser("was.wide")
    assert CANARY in (await follow(town, browser, events=1)).upper()
    following = asyncio.create_task(follow(town, browser, events=1000))
    async with asyncio.timeout(10):
        while not town.house.app.state.live.followers:
            await asyncio.sleep(0.01)
    await town.house.pool.execute(
        "UPDATE security.assignment SET organisation = 'A' WHERE account = $1", account.account
    )
    await town.people.refresh()
    async with asyncio.timeout(10):
        while town.house.app.state.live.followers:
            town.house.clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0.05)
    await following
    assert CANARY not in (await follow(town, browser, events=2)).upper()


# ---- what belongs to nobody --------------------------------------------------------------------


async def test_what_belongs_to_no_organisation_is_seen_by_those_who_see_everything(
    town: Town,
) -> None:
    house: House = town.house
    await house.add_channel("shared", "channel: shared\nsource: { connector: mllp, port: 0 }\n")
    await house.append("shared", [hl7("S1")])
    engineer = town.browsers["integration-engineer"]
    listed = [one["name"] for one in (await engineer.get("/api/v1/channels")).json()]
    assert listed == ["lab"]
    assert (await engineer.get("/api/v1/channels/shared")).status_code == 404
    found = (await engineer.get("/api/v1/messages", params={"q": "S1"})).json()
    assert found["items"] == []
