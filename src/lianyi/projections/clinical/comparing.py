"""How two versions of the repository differ: which resources, and where; never what they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import comparing_store, table_store
from lianyi.projections.clinical.comparing_store import Differs
from lianyi.projections.comparing import EXAMPLES_MAX, Difference, Example

RESOURCES = "resource"
_STAMPS = ("versionId", "lastUpdated")


async def differences(
    connection: Connection, before: str, after: str, tables: Sequence[str]
) -> list[Difference]:
    """Say which resources differ, by type and organisation, and how many rows of other tables.

    Args:
        connection: in a transaction that sees both as they stand at one moment.
        before: schema of the version in force.
        after: schema of the one that was built.
        tables: whose digests differ.
    """
    found: list[Difference] = []
    if RESOURCES in tables:
        counts: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for one in await comparing_store.count(connection, before, after):
            counts[one.type, one.organisation][one.how] = one.resources
        examples: dict[tuple[str, str], list[Example]] = defaultdict(list)
        for shown in await comparing_store.examples(connection, before, after, limit=EXAMPLES_MAX):
            examples[shown.type, shown.organisation].append(_example(shown))
        found += [
            Difference(
                type_,
                organisation,
                how.get("added", 0),
                how.get("changed", 0),
                how.get("gone", 0),
                tuple(examples[type_, organisation]),
            )
            for (type_, organisation), how in counts.items()
        ]
    rest = {name: table_store.DIGESTED[name] for name in tables if name != RESOURCES}
    return found + await projection_store.differences(connection, before, after, rest)


def _example(differs: Differs) -> Example:
    where = ""
    if differs.how == "changed" and differs.before and differs.after:
        where = first_difference(json_text.read(differs.before), json_text.read(differs.after))
    return Example(f"{differs.type}/{differs.id}", differs.how, where)


def first_difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the path of the first element in which two resources differ; empty: in none.

    That one of them is a later version or was changed later counts only where nothing else does.
    """
    return _first(_unstamped(before), _unstamped(after), "") or _first(before, after, "")


def _unstamped(resource: Mapping[str, Any]) -> dict[str, Any]:
    meta = resource.get("meta")
    if not isinstance(meta, Mapping):
        return dict(resource)
    return {**resource, "meta": {k: v for k, v in meta.items() if k not in _STAMPS}}


def _first(before: object, after: object, path: str) -> str:
    """Return the first path at which two values differ; empty where they are the same."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            inner = f"{path}.{name}" if path else name
            if name not in before or name not in after:
                return inner
            if found := _first(before[name], after[name], inner):
                return found
        return ""
    if isinstance(before, list) and isinstance(after, list):
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            if found := _first(one, other, f"{path}[{number}]"):
                return found
        shorter = min(len(before), len(after))
        return "" if len(before) == len(after) else f"{path}[{shorter}]"
    same = type(before) is type(after) and str(before) == str(after)  # 1.0 is not 1.00
    return "" if same else path
