r"""What an app may do with FHIR data: SMART scopes as a set that can be compared and cut.

``patient/Observation.rs?category=laboratory`` is broken into **rights**: one level, one resource
type or ``*``, one interaction, and a conjunction of search parameters. A comma in a parameter is
an *or*: such a scope is several rights. A right lies below another one when whatever it allows the
other one allows, too. A set keeps only rights that lie below no other of it; so two sets that allow
the same are the same, and each has one canonical text.

``patient/``, ``user/`` and ``system/`` are apart: none lies below another one, as what they mean
depends on who asks.

Sources:
    SMART App Launch 2.2, "Scopes and Launch Context"; RFC 6749, 3.3 (what a scope is made of);
    HL7 FHIR R4, 3.1.1.4 (repeated parameters are *and*, commas are *or*, ``\,`` is a comma).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from lianyi.base.errors import Category, LianyiError, Told

INTERACTIONS = "cruds"
"""Create, read, update, delete, search: the order in which a scope names them."""

FIRST_VERSION = {"read": "rs", "write": "cud", "*": INTERACTIONS}
"""What the scopes of SMART 1.0 mean."""

LEVELS = ("patient", "user", "system")
ANY = "*"
SPECIAL = frozenset(
    {
        "openid", "fhirUser", "launch", "launch/patient", "launch/encounter", "offline_access",
        "online_access",
    }
)  # fmt: skip
CHARACTERS_MAX = 4000
RIGHTS_MAX = 500
ALTERNATIVES_MAX = 200

_CLINICAL = re.compile(
    rf"({'|'.join(LEVELS)})/(\*|[A-Z][A-Za-z]{{0,63}})\.(read|write|\*|(?=[cruds])c?r?u?d?s?)"
    r"(?:\?(.+))?"
)
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
_COMMA = re.compile(r"(?<!\\),")
_PLAIN = "|:/.-_~$*!@,;()'"
"""What a value may show as it is; the rest is percent-encoded, so that it is a scope token."""

Pair = tuple[str, str]


class BrokenScope(LianyiError):
    """A text that is no SMART scope."""

    code = "LY-1869"
    category = Category.INVALID
    en = Told("cannot understand this scope", "{why}", "write it like patient/Observation.rs")
    zh = Told("无法理解该 scope", "{why_zh}", "按 patient/Observation.rs 的形式书写")


class Right(NamedTuple):
    """One thing that is allowed.

    Attributes:
        level: of :data:`LEVELS`.
        resource: a type of resource, or :data:`ANY`.
        interaction: one of :data:`INTERACTIONS`.
        where: what a resource must fulfil: names and values of search parameters, all of them.
    """

    level: str
    resource: str
    interaction: str
    where: frozenset[Pair] = frozenset()

    def below(self, other: Right) -> bool:
        """Tell whether the other one allows whatever this one does."""
        return (
            self.level == other.level
            and self.interaction == other.interaction
            and other.resource in {ANY, self.resource}
            and other.where <= self.where
        )

    def meet(self, other: Right) -> Right | None:
        """Return what both allow; None: nothing."""
        if (self.level, self.interaction) != (other.level, other.interaction):
            return None
        if ANY not in {self.resource, other.resource} and self.resource != other.resource:
            return None
        resource = other.resource if self.resource == ANY else self.resource
        return Right(self.level, resource, self.interaction, self.where | other.where)


class Group(NamedTuple):
    """One scope with rights: its level, type of resource, letters and parameters."""

    level: str
    resource: str
    letters: str
    where: frozenset[Pair]

    def __str__(self) -> str:
        """Return the canonical text."""
        query = "&".join(
            f"{quote(key, safe=':')}={quote(value, safe=_PLAIN)}"
            for key, value in sorted(self.where)
        )
        return f"{self.level}/{self.resource}.{self.letters}{'?' if query else ''}{query}"


@dataclass(frozen=True, slots=True)
class Scopes:
    """A set of scopes; make one with :func:`parse` or :func:`scopes_of`.

    Attributes:
        rights: none of them below another one.
        special: the other scopes: of :data:`SPECIAL`.
    """

    rights: frozenset[Right] = frozenset()
    special: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """Return the canonical text."""
        return " ".join(self.names())

    def __bool__(self) -> bool:
        """Tell whether anything is allowed."""
        return bool(self.rights or self.special)

    def __and__(self, other: Scopes) -> Scopes:
        """Return what both sets allow."""
        both = (one.meet(two) for one in self.rights for two in other.rights)
        return scopes_of((one for one in both if one), self.special & other.special)

    def __or__(self, other: Scopes) -> Scopes:
        """Return what one of the sets allows."""
        return scopes_of(self.rights | other.rights, self.special | other.special)

    def __le__(self, other: Scopes) -> bool:
        """Tell whether the other set allows whatever this one does."""
        return self.special <= other.special and all(
            any(one.below(two) for two in other.rights) for one in self.rights
        )

    def names(self) -> list[str]:
        """Return the canonical scopes, in order."""
        return [*sorted(self.special), *(str(group) for group in self.groups())]

    def groups(self) -> list[Group]:
        """Return the scopes with rights, in order."""
        found: dict[tuple[str, str, tuple[Pair, ...]], set[str]] = {}
        for one in self.rights:
            key = (one.level, one.resource, tuple(sorted(one.where)))
            found.setdefault(key, set()).add(one.interaction)
        return [
            Group(level, resource, _in_order(letters), frozenset(where))
            for (level, resource, where), letters in sorted(found.items())
        ]

    def of_level(self, *levels: str) -> Scopes:
        """Return the part with rights of these levels, and nothing else."""
        return Scopes(frozenset(one for one in self.rights if one.level in levels))


NO_SCOPES = Scopes()


def scopes_of(rights: Iterable[Right], special: Iterable[str] = ()) -> Scopes:
    """Return the set of these rights, without those that others of them include."""
    given = set(rights)
    kept = {
        one for one in given if not any(one != other and one.below(other) for other in given)
    }  # no two different rights lie below each other
    return Scopes(frozenset(kept), frozenset(special))


def parse(text: str) -> Scopes:
    """Read scopes that are separated by spaces.

    Raises:
        BrokenScope: one of them is no scope of SMART, or they are too many.
    """
    if len(text) > CHARACTERS_MAX:
        raise _broken("scope", "it is too long", "内容过长")
    rights: set[Right] = set()
    special: set[str] = set()
    for name in text.split():
        if name in SPECIAL:
            special.add(name)
            continue
        rights.update(_rights(name))
        if len(rights) > RIGHTS_MAX:
            raise _broken("scope", "these are too many", "数量过多")
    return scopes_of(rights, special)


def is_smart(name: str) -> bool:
    """Tell whether a scope is one of SMART's, rightly written or not; ours have a dot, no slash."""
    return name in SPECIAL or name.partition("/")[0] in LEVELS


def _rights(name: str) -> Iterator[Right]:
    found = _CLINICAL.fullmatch(name)
    if found is None:
        raise _broken(_shown(name), "it is no scope of SMART", "不是 SMART scope")
    level, resource, suffix, query = found.groups()
    letters = FIRST_VERSION.get(suffix, suffix)
    if query and suffix in FIRST_VERSION:
        raise _broken(
            _shown(name), "a scope of SMART 1.0 has no parameters", "SMART 1.0 的 scope 不带参数"
        )
    for where in _alternatives(_pairs(name, query or "")):
        for letter in letters:
            yield Right(level, resource, letter, where)


def _pairs(name: str, query: str) -> list[Pair]:
    pairs: list[Pair] = []
    for part in query.split("&") if query else []:
        key, equals, value = part.partition("=")
        try:
            key, value = (unquote_to_bytes(one).decode("utf-8") for one in (key, value))
        except UnicodeDecodeError as error:
            raise _broken(_shown(name), "a parameter is no text", "参数不是文本") from error
        if not equals or not _PARAMETER.fullmatch(key) or not value or not value.isprintable():
            raise _broken(_shown(name), "a parameter has no name or value", "参数缺少名称或取值")
        pairs.append((key, value))
    return pairs


def _alternatives(pairs: Iterable[Pair]) -> list[frozenset[Pair]]:
    """Return every way to fulfil all parameters; each comma offers a choice.

    Raises:
        BrokenScope: there are too many.
    """
    choices = [[(key, one) for one in _COMMA.split(value) if one] for key, value in pairs]
    count = 1
    for choice in choices:
        count *= max(len(choice), 1)
    if count > ALTERNATIVES_MAX:
        raise _broken("scope", "its parameters have too many values", "参数取值过多")
    return [frozenset(one) for one in product(*(choice for choice in choices if choice))]


def _in_order(letters: Collection[str]) -> str:
    return "".join(one for one in INTERACTIONS if one in letters)


def _shown(name: str) -> str:
    return name if name.isascii() and name.isprintable() and len(name) <= 80 else "scope"


def _broken(where: str, why: str, why_zh: str) -> BrokenScope:
    return BrokenScope(where=where, why=why, why_zh=why_zh)


# ---- what a token allows ----------------------------------------------------------------------

ADMINISTRATIVE = frozenset(
    {
        "Organization", "Location", "Practitioner", "PractitionerRole", "HealthcareService",
        "Endpoint", "OrganizationAffiliation",
    }
)  # fmt: skip
"""Types that belong to no patient: a right of a patient's level shows all of them."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token allows.

    Attributes:
        scopes: granted.
        patient: ``value^authority`` of the patient in context; empty: none.
        app: the client that holds the token.
    """

    scopes: Scopes
    patient: str = field(default="", repr=False)
    app: str = ""


def covers(
    granted: Granted,
    resource: str,
    interaction: str,
    parameters: Mapping[str, Sequence[str]] | None = None,
) -> bool:
    """Tell whether a token allows an interaction with a type of resource.

    Args:
        granted: what the token allows.
        resource: the type, such as ``Observation``.
        interaction: one of :data:`INTERACTIONS`; history and operations that only read are ``r``.
        parameters: what is known of the resources that will be shown or changed, as search
            parameters: those of a search as they were sent, each as often as it came; or what one
            resource says of itself. ``patient`` is the patient, ``value^authority``.
    """
    try:
        asked = _alternatives(
            (name, value) for name, values in (parameters or {}).items() for value in values
        )
    except BrokenScope:
        return False
    return all(_covers(granted, resource, interaction, where) for where in asked)


def _covers(granted: Granted, resource: str, interaction: str, where: frozenset[Pair]) -> bool:
    wanted = (Right(level, resource, interaction, where) for level in LEVELS)
    for right in wanted:
        if right.level == "patient" and not _of_the_patient(granted, resource, where):
            continue
        if any(right.below(given) for given in granted.scopes.rights):
            return True
    return False


def _of_the_patient(granted: Granted, resource: str, where: frozenset[Pair]) -> bool:
    if resource in ADMINISTRATIVE:
        return True
    return granted.patient != "" and ("patient", granted.patient) in where
