"""Both kinds of database, each with a test's own tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers.mariadb import MariadbPeer

from .site import Desk, MariadbSite, PostgresqlSite, Site


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def postgresql(empty_database: str, tmp_path: Path) -> PostgresqlSite:
    return PostgresqlSite(empty_database, tmp_path)


@pytest.fixture
def maria(mariadb: MariadbPeer, tmp_path: Path) -> MariadbSite:
    return MariadbSite(mariadb, tmp_path)


@pytest.fixture(params=["postgresql", "mariadb"])
def site(request: pytest.FixtureRequest) -> Site:
    name = "postgresql" if request.param == "postgresql" else "maria"
    found: Site = request.getfixturevalue(name)
    return found
