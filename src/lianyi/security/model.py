"""The words of authorisation: who somebody is, what he was given, what he may do just now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from lianyi.security.scopes import Granted

EVERYWHERE = "*"
"""Stands for all organisations, also for what belongs to none."""

PLATFORM = UUID(int=1)
"""The platform itself: its rounds, its metrics."""

FIRST_TOKEN = UUID(int=2)
"""Whoever holds the token of the first start, until there is an administrator."""


class Purpose(Enum):
    """Why somebody looks at data about a person.

    Source: HL7 v3 ActReason, value set PurposeOfUse (codes); ISO/TS 14265.
    """

    TREATMENT = "TREAT"
    EMERGENCY = "ETREAT"
    OPERATIONS = "HOPERAT"
    PAYMENT = "HPAYMT"
    RESEARCH = "HRESCH"
    PUBLIC_HEALTH = "PUBHLTH"
    PATIENT_REQUEST = "PATRQT"
    RECORDS = "RECORDMGT"
    ADMINISTRATION = "HSYSADMIN"


@dataclass(frozen=True, slots=True)
class Role:
    """What people with a task may do. Data: ``content/roles/<name>.yaml``.

    Attributes:
        name: what assignments mention.
        title_zh, title_en: for people.
        permissions: names from :data:`~lianyi.security.permissions.PERMISSIONS`.
        excludes: roles that nobody may have besides this one (三权分立).
        purpose: for what its people look at patients when they say nothing else.
        purposes: for what else they may say they do.
        second_factor: whether its people must sign in with a second factor.
        treats_everybody: whether its people treat every patient of the organisation in which they
            have it, such as those of the emergency department; else, with the purpose of
            treatment, those of their own department.
        keeps_records: whether it is of a system that keeps the records of the organisation itself,
            and so needs no encounter to see whom they are about.
    """

    name: str
    title_zh: str
    title_en: str
    permissions: frozenset[str]
    excludes: frozenset[str] = frozenset()
    purpose: Purpose = Purpose.OPERATIONS
    second_factor: bool = False
    purposes: frozenset[Purpose] = frozenset()
    treats_everybody: bool = False
    keeps_records: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role that an account has in an organisation and everything below it.

    Attributes:
        assignment: identifier.
        role: name.
        organisation: its code, or :data:`EVERYWHERE`.
        valid_from, valid_until: instants; None: without end.
    """

    assignment: UUID
    role: str
    organisation: str
    valid_from: datetime
    valid_until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether it is valid at an instant."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True)
class Reach:
    """For each permission, the organisations in which an actor has it."""

    of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def organisations(self, permission: str) -> Collection[str]:
        """Return where a permission is held; empty when nowhere."""
        return self.of.get(permission, frozenset())

    def covers(self, permission: str, organisation: str) -> bool:
        """Tell whether a permission is held in an organisation; ``""`` needs all of them."""
        held = self.organisations(permission)
        return EVERYWHERE in held or (organisation != "" and organisation in held)


@dataclass(frozen=True, slots=True)
class Confined:
    """One record that somebody who came by a link of another system may see, and nothing else.

    Attributes:
        record: number of the record, as addresses write it.
        system: name of the system that asked for the link.
    """

    record: str
    system: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who has signed in.

    Attributes:
        account: identifier of the account.
        name: what he signs in with; in the log it is the sender of his acts.
        display_name: what people call him.
        organisation: where he belongs.
        reach: what he may do, and where.
        purpose: what his roles look at patients for.
        purposes: what else they may say they look for.
        factors: how he proved who he is: ``password``, ``one-time code``, ``key``, ``token`` …
        roles: names of the roles that hold now.
        must_change: he must choose a new password before anything else.
        needs_factor: one of his roles asks for a second factor, and he has none.
        granted: what an app that acts for him may do; None: he acts himself.
        confined: the one record that he came for by a link; None: he came by himself.
    """

    account: UUID
    name: str
    display_name: str
    organisation: str
    reach: Reach
    purpose: Purpose = Purpose.OPERATIONS
    factors: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    must_change: bool = False
    needs_factor: bool = False
    purposes: frozenset[Purpose] = frozenset()
    granted: Granted | None = None
    confined: Confined | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """One actor doing one thing: what he sees and touches lies within the reach of that.

    Attributes:
        actor: who.
        permission: what the operation needs.
        operation: its name, as the OpenAPI document says it.
        purpose: for what.
        address: from where.
    """

    actor: Actor
    permission: str
    operation: str
    purpose: Purpose
    address: str = ""

    def sees(self, organisation: str) -> bool:
        """Tell whether what belongs to an organisation may be seen and touched here."""
        return self.actor.reach.covers(self.permission, organisation)

    @property
    def sees_everything(self) -> bool:
        """Whether there is nothing that may not be seen here."""
        return EVERYWHERE in self.actor.reach.organisations(self.permission)
