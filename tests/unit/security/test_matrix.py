"""Every operation × every shipped role × where it is held: as the reviewed table says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from tests.conftest import TEMPLATE, _new_database
from tests.unit.security import matrix

from lianyi.base.embedded import PostgresServer
from lianyi.security.permissions import ANYBODY, SIGNED_IN

OPERATIONS = {one.name: one for one in matrix.operations()}
REVIEWED = matrix.read_table()


@pytest.fixture(scope="module")
def asked(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[str, str], matrix.Row]]:
    """What the product decides, each operation and role asked once for the whole module."""

    async def ask() -> dict[tuple[str, str], matrix.Row]:
        async with (
            _new_database(postgres, template=TEMPLATE) as database,
            matrix.asking(database, tmp_path_factory.mktemp("matrix")) as house,
        ):
            rows = [await house.row(*wanted) for wanted in matrix.wanted_rows()]
        return {(row[0], row[1]): row for row in rows}

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner.run(ask())


def test_every_operation_and_every_role_was_reviewed() -> None:
    wanted = {(operation.name, role) for operation, role in matrix.wanted_rows()}
    assert set(REVIEWED) == wanted, "run: python tools/authorisation_matrix.py, and review"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_decided_is_what_was_reviewed(
    asked: dict[tuple[str, str], matrix.Row], operation: str
) -> None:
    for role in matrix.roles():
        assert asked[operation, role] == REVIEWED.get((operation, role)), role


def decisions(row: matrix.Row) -> dict[str, str]:
    return dict(zip(matrix.HEAD[2:], row[2:], strict=True))


NEVER_DONE = {"remove_patient_by_number"}
"""Whatever it names, it is told that this is not done; nothing is looked up."""

SEARCHES = {"search_compartment", "search_compartment_by_form", "list_persons_sharing"}
"""Whose address says what is sought, and no thing of anybody: a search that finds nothing is
allowed. test_isolation asks that it finds and counts nothing of others."""


ASKS_FIRST = {"start_group_export", "start_group_export_by_parameters"}
"""Refuse whoever does not say that he will wait, before anything is looked up. test_bulk_troubles
asks that a group of others and none are answered alike."""

OF_INDICATORS = {
    "get_caliber_history",
    "list_published_values",
    "get_indicator",
    "list_indicator_rows",
    "list_moved_rows",
    "get_watch_history",
    "export_indicator_rows",
    "show_indicator_topic",
    "score_departments",
    "export_score_card",
    "divide_indicator_change",
    "show_indicator_impact",
    "forecast_indicator",
    "compare_indicator",
    "export_indicator_rows_as_sheet",
    "list_indicator_notes",
    "get_quality_rule",
    "list_quality_rows",
    "export_quality_rows",
    "show_indicator_lineage",
    "read_view_definition",
}
"""Whose address names an indicator, a topic, a card, a rule or a definition of a view, which is the
same for all hospitals.
test_publishing, test_quality, test_isolation and tests/unit/api/test_indicators ask that nothing is
listed of others."""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_table_itself_breaks_no_rule(operation: str) -> None:
    """What no review may let through: strangers, lost roles, and hospitals beside each other."""
    of = OPERATIONS[operation]
    for role in matrix.roles():
        found = decisions(REVIEWED[operation, role])
        if of.permission == ANYBODY:
            continue
        assert found["anonymous"] == found["expired-session"] == "unknown"
        if of.permission == SIGNED_IN:
            continue
        assert found["expired-assignment"] == "forbidden"
        assert found["own"] == found["parent"], "a role holds for all below"
        names = re.sub(r"\{(kind|tree|view)\}", "", of.path)  # those name no thing of anybody
        if "{" in names and operation not in NEVER_DONE | SEARCHES | ASKS_FIRST | OF_INDICATORS:
            assert found["sibling"] == found["other-hospital"] != "allowed", role
        for place in ("sibling", "other-hospital", "own"):
            if found[place] == "allowed":
                assert found["everywhere"] == "allowed"
