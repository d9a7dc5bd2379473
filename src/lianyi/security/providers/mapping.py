"""From groups of a directory to roles of ours, as the file of the provider says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lianyi.security.providers.files import GrantRule
from lianyi.security.providers.provider import ExternalIdentity


@dataclass(frozen=True, slots=True, order=True)
class Suggestion:
    """A role below an organisation, and the group because of which it is suggested."""

    role: str
    organisation: str
    group: str


def suggest(identity: ExternalIdentity, rules: Sequence[GrantRule]) -> tuple[Suggestion, ...]:
    """Return what the groups of a person suggest, each role and organisation once, sorted."""
    groups = {_comparable(group) for group in identity.groups}
    found: dict[tuple[str, str], Suggestion] = {}
    for rule in rules:
        if _comparable(rule.group) in groups:
            found.setdefault(
                (rule.role, rule.organisation), Suggestion(rule.role, rule.organisation, rule.group)
            )
    return tuple(sorted(found.values()))


def _comparable(group: str) -> str:
    """Return a group as it is compared: the parts of a DN without case and outer spaces."""
    if "=" not in group:
        return group.strip()
    parts = (part.partition("=") for part in group.split(","))
    return ",".join(f"{name.strip()}={value.strip()}".casefold() for name, _, value in parts)
