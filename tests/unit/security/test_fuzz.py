"""Whatever is asked, the API answers as its document says; a short run of the long fuzzer.

The long one, by hand: ``python -m benchmarks.fuzz_api --cases 50000``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.fuzz_api import ENDLESS, fuzz, served

from lianyi.api.addresses import bare_app
from lianyi.api.operations import Operation, operations_of
from lianyi.security.permissions import ANYBODY

CASES = 300
DOCUMENT = bare_app().openapi()
OPERATIONS = list(operations_of(bare_app()))


def test_whatever_is_asked_is_answered_as_documented(database: str, tmp_path: Path) -> None:
    with served(database, tmp_path) as target:
        report = fuzz(target, cases=CASES)
    idle = "LY-2002"  # nobody learns master data in this house
    assert [found for found in report.findings if idle not in found.why] == []
    asked = {operation.name for operation in OPERATIONS} - ENDLESS
    assert set(report.statuses) == asked, "every operation was asked"
    answered = {status for seen in report.statuses.values() for status in seen}
    assert {200, 404, 409, 422} <= answered, "some got past the first check"


PLAIN = [  # the others answer with pages, or as RFC 6749 says
    one for one in OPERATIONS if "{provider}" not in one.path and one.path.startswith("/api/")
]


@pytest.mark.parametrize("operation", PLAIN, ids=lambda one: one.name)
def test_every_operation_documents_how_it_refuses(operation: Operation) -> None:
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    if operation.permission != ANYBODY:
        assert {"401", "403", "429"} <= set(described)
    for status, answer in described.items():
        if status.startswith("4"):
            (content,) = answer["content"].values()
            assert content["schema"]["$ref"].endswith("/Failure"), status
