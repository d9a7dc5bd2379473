"""S12: whatever is done leaves its acts, one for each, and each says all that an act must say.

Generated from the OpenAPI document, from the reviewed table of decisions and from the commands: an
operation or command that nobody thought about fails here.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click
import orjson
import pytest
from tests.conftest import TEMPLATE, _new_database
from tests.unit.api.house import House, serving
from tests.unit.security import matrix
from tests.unit.security.people import PASSWORD, People

from lianyi.api.operations import Operation
from lianyi.base.embedded import PostgresServer
from lianyi.cli.main import main
from lianyi.messagelog.message import LogMessage
from lianyi.security.permissions import ANYBODY, SIGNED_IN
from lianyi.security.roles import read_roles

OPERATIONS = {one.name: one for one in matrix.operations()}
REVIEWED = matrix.read_table()

OPEN = {
    "authorise": "",
    "authorise_by_form": "",
    "describe_openid": "",
    "get_metadata": "",
    "list_signing_keys": "",
    "begin_sign_in": "",
    "describe_oauth": "",
    "describe_fhir": "",
    "describe_smart": "",
    "describe_smart_of_fhir": "",
    "finish_sign_in": "session.began session.refused",
    "finish_sign_in_by_form": "session.began session.refused",
    "finish_with_code": "session.began session.refused",
    "get_error": "",
    "get_session": "",
    "give_token": "token.given token.refused",
    "hear_of_logout": "session.ended",
    "introspect_token": "",
    "live": "",
    "open_record_link": "link.opened link.refused",
    "begin_record_launch": "",
    "finish_record_launch": "link.made link.opened session.refused",
    "ready": "",
    "revoke_token": "token.ended",
    "sign_in": "session.began session.refused",
}
"""Reviewed: what needs no sign-in, and the acts that it leaves; nothing: it tells no secret."""

COMMANDS = {
    "API": {
        "channel list", "channel start", "channel stop", "delivery dismiss", "delivery held",
        "delivery parked", "delivery release", "delivery replay", "delivery replays",
        "delivery resend", "delivery stop-replay", "masterdata import", "message find",
        "message open", "message show", "report list", "report run", "report save", "report show",
    },
    "act": {
        "account assign", "account create", "account list", "account make-command-key",
        "account remove-second-factor", "account reset-password", "account unlock",
        "account app", "account export", "account import", "account practitioner",
        "audit export", "audit find", "audit verify", "log erase", "log export", "log import",
        "log verify", "projection rebuild", "rebuild", "views follow",
        "views run",
    },
}  # fmt: skip
"""Reviewed: commands that ask the platform, and those that open the database themselves."""


Heard = dict[tuple[str, str], list[LogMessage]]


@pytest.fixture(scope="module")
def heard(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heard]:
    """The accesses that each operation left, asked once by whoever may and once by one who not."""

    async def ask() -> Heard:
        found: Heard = {}
        async with (
            _new_database(postgres, template=TEMPLATE) as database,
            matrix.asking(database, tmp_path_factory.mktemp("trail")) as asked,
        ):
            log = asked.people.house.log
            for operation in OPERATIONS.values():
                for decision in decisions_of(operation):
                    role = role_for(operation, decision)
                    if role is None:
                        continue
                    before = await log.end(0)
                    told = await asked._ask(operation, role, "everywhere")
                    assert told == decision, (operation.name, role)
                    acts = await log.read(0, after=before, limit=1000)
                    found[operation.name, decision] = [
                        one for one in acts if one.kind.startswith("act access.")
                    ]
        return found

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner.run(ask())


OWN = {
    "end_glass", "get_proposed_decision", "confirm_proposed_decision", "decline_proposed_decision",
    "get_indicator_report", "change_indicator_report", "run_indicator_report",
    "retry_indicator_report", "download_indicator_report",
    "open_saved_exploration", "change_saved_exploration", "remove_saved_exploration",
    "get_data_service", "decide_data_service", "revoke_data_service", "call_data_service",
    "call_data_service_as_csv",
    "get_figure_request", "amend_figure_request", "decide_figure_request",
    "answer_figure_request", "withdraw_figure_request", "revoke_figure_request",
    "show_requested_figures", "list_requested_rows",
    "export_requested_figures",
    "get_indicator_note_history", "change_indicator_note", "withdraw_indicator_note",
}  # fmt: skip
"""What is done with one's own, or with what waits: nothing does in the table, and all are told."""


def decisions_of(operation: Operation) -> list[str]:
    """Return the decisions that an operation is driven to."""
    if operation.name in OWN:
        return ["invisible"]
    return ["allowed"] if operation.permission == SIGNED_IN else ["allowed", "forbidden"]


def role_for(operation: Operation, decision: str) -> str | None:
    """Return a role that is told this about an operation when it is held everywhere."""
    if operation.permission == ANYBODY:
        return None
    column = matrix.HEAD.index("everywhere")
    for role in matrix.roles():
        if REVIEWED[operation.name, role][column] == decision:
            return role
    return None


@pytest.mark.parametrize(
    "operation", [one.name for one in OPERATIONS.values() if one.permission != ANYBODY]
)
def test_each_use_of_an_operation_is_one_act_that_says_everything(
    heard: Heard, operation: str
) -> None:
    of = OPERATIONS[operation]
    wanted = decisions_of(of)
    asked = [decision for decision in wanted if (operation, decision) in heard]
    assert asked, f"nobody may use {operation}, so nobody knows what it leaves"
    roles = read_roles(matrix.NOWHERE)[0]
    for decision in asked:
        acts = heard[operation, decision]
        role = role_for(of, decision)
        assert role
        assert acts, f"{operation} leaves no act"
        channels = Counter(one.channel for one in acts)
        assert set(channels.values()) == {1}, "one for each channel whose data were shown"
        for one in acts:
            said = orjson.loads(one.body)
            assert one.kind == f"act access.{operation}"
            assert (said["actor"], one.sender) == (f"{role}.everywhere",) * 2
            assert said["account"]
            assert said["address"] == "127.0.0.1"
            assert said["purpose"] == roles[role].purpose.value
            assert said["method"] == of.method
            assert said["factors"] == ["password", "test"]
            if decision == "forbidden":
                assert (said["result"], said["code"]) == ("refused", "LY-1800")
            else:
                assert said["code"] != "LY-1800"
            assert {f"u:{role}.everywhere", "i:127.0.0.1"} <= set(one.keys)
            assert ("r:refused" in one.keys) == (said["result"] == "refused")


@pytest.mark.parametrize("operation", ["get_message", "get_body", "list_messages"])
def test_the_act_of_whoever_saw_a_patient_names_the_patient(heard: Heard, operation: str) -> None:
    if (operation, "allowed") not in heard:
        pytest.fail(f"no operation {operation}")
    assert any("w:P1^H1" in one.keys for one in heard[operation, "allowed"])


def test_what_needs_no_sign_in_was_reviewed() -> None:
    assert {one.name for one in OPERATIONS.values() if one.permission == ANYBODY} == set(OPEN)


def commands(group: click.Command, name: str = "") -> Iterator[str]:
    if isinstance(group, click.Group):
        context = click.Context(group)
        for part in group.list_commands(context):
            one = group.get_command(context, part)
            assert one is not None
            yield from commands(one, f"{name} {part}".strip())
    else:
        yield name


def test_every_command_that_touches_what_is_kept_was_reviewed() -> None:
    """The rest runs, checks or explains the installation and shows no message."""
    groups = {"account", "audit", "channel", "delivery", "log", "masterdata", "message",
              "projection", "rebuild", "report", "views"}  # fmt: skip
    silent = {"audit check-export", "audit key", "channel check", "projection list",
              "projection digest", "views check"}  # fmt: skip
    found = {one for one in commands(main) if one.partition(" ")[0] in groups}
    assert found - silent == COMMANDS["API"] | COMMANDS["act"]


@pytest.fixture
async def closed(database: str, tmp_path: Any) -> Any:
    async with serving(database, tmp_path) as served:
        yield served


async def test_every_sign_in_is_an_act_whatever_comes_of_it(closed: House) -> None:
    people = People(closed)
    await people.add("zhang", ("integration-watcher", "*"), password=PASSWORD)
    for password in ("wrong", PASSWORD):
        await people.sign_in("zhang", password)
    await people.sign_in("nobody", PASSWORD)
    told = [(one.kind, one.sender) for one in await closed.acts()]
    assert told == [
        ("act session.refused", "zhang"), ("act session.began", "zhang"),
        ("act session.refused", "unknown"),
    ]  # fmt: skip
    browser = await people.browser("zhang")
    await browser.delete("/api/v1/session")
    assert (await closed.acts())[-1].kind == "act session.ended"


async def test_a_print_and_a_look_at_the_emergency_page_are_acts(closed: House) -> None:
    people = People(closed)
    await people.add("zhang", ("integration-watcher", "*"))
    await people.add("li", ("security-administrator", "*"))
    zhang, li = await people.browser("zhang"), await people.browser("li")
    assert (await zhang.post("/api/v1/prints", json={"page": "/messages/1-7"})).status_code == 204
    (printed,) = [one for one in await closed.acts() if one.kind == "act page.printed"]
    assert orjson.loads(printed.body)["page"] == "/messages/1-7"
    assert (await zhang.get("/ops")).status_code == 200
    assert (await li.get("/ops")).status_code == 401
    looks = [one for one in await closed.log.read(0, after=0, limit=1000)
             if one.kind == "act access.ops"]  # fmt: skip
    assert [(one.sender, orjson.loads(one.body)["result"]) for one in looks] == [
        ("zhang", "allowed"), ("li", "refused"),
    ]  # fmt: skip
