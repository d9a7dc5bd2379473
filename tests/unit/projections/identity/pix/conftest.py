"""A house with an index and a door for HL7 v2 queries."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.unit.projections.identity.pix.asking import Line, answering
from tests.unit.projections.identity.test_endpoints import Desk, desk

__all__ = ["desk"]

PEERS = [
    {"account": "lis", "application": "LIS", "facility": "H", "network": "127.0.0.0/8"},
    {"account": "far", "application": "FAR", "facility": "H", "network": "127.0.0.0/8"},
    {"account": "clerk", "application": "CLERK", "facility": "H", "network": "127.0.0.0/8"},
    {"account": "poor", "application": "POOR", "facility": "H", "network": "127.0.0.0/8"},
    {"account": "lis", "application": "AWAY", "facility": "H", "network": "10.1.0.0/16"},
]


@pytest.fixture
async def line(desk: Desk) -> AsyncIterator[Line]:
    people = desk.people
    await people.add("lis", ("registrar", "H1"), organisation="H1", kind="service")
    await people.add("far", ("registrar", "H2"), organisation="H2", kind="service")
    await people.add("poor", organisation="H1", kind="service")
    async with answering(
        desk, query_peers=PEERS, domains={"HIS": "1.2.156.99.1", "EMPTY": "1.2.156.99.2"}
    ) as found:
        yield found
