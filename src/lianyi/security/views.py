"""What the API takes and gives about accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,62}$")]
DisplayName = Annotated[str, Field(min_length=1, max_length=100)]
Organisation = Annotated[str, Field(max_length=100)]
Secret = Annotated[str, Field(min_length=1, max_length=1024, repr=False)]


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class Wish(BaseModel):
    """Base of every request: no unknown keys, and nowhere a NUL, which no table can hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, said: object) -> object:
        if _holds_nul(said):
            raise ValueError("a text holds the character NUL")
        return said


def _holds_nul(said: object) -> bool:
    left = [said]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if "\0" in one:
                return True
        elif isinstance(one, Mapping):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
    return False


class RoleView(View):
    """A role and what its people may do."""

    name: str
    title_zh: str
    title_en: str
    permissions: list[str]
    excludes: list[str]
    purpose: str
    second_factor: bool


class PermissionView(View):
    """One thing that can be permitted."""

    name: str
    zh: str
    en: str


class AssignmentView(View):
    """A role that an account has in an organisation and all below it; ``*`` is everywhere."""

    id: UUID
    role: str
    organisation: str
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    granted_by: str


class AccountRow(View):
    """An account in a list."""

    name: str
    display_name: str
    kind: str
    organisation: str
    state: str
    locked_until: datetime | None
    created_at: datetime
    roles: list[AssignmentView]


class AccountPage(View):
    """Accounts by name; ``next_cursor`` asks for the following ones."""

    items: list[AccountRow]
    next_cursor: str | None


class SessionView(View):
    """An open session. ``id`` names it and opens nothing."""

    id: str
    began_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    factors: list[str]


class KeyView(View):
    """A key of a system. ``id`` names it and opens nothing."""

    id: str
    title: str
    created_at: datetime
    expires_at: datetime | None


class AccountDetail(AccountRow):
    """An account with what belongs to it."""

    must_change: bool
    second_factor: bool
    sessions: list[SessionView]
    keys: list[KeyView]


class NewAccount(Wish):
    """An account to make."""

    name: Name
    display_name: DisplayName
    kind: Literal["person", "service"] = "person"
    organisation: Organisation = ""


class ChangedAccount(Wish):
    """What to change; what is left out stays."""

    display_name: DisplayName | None = None
    organisation: Organisation | None = None
    state: Literal["active", "disabled"] | None = None


class GivenPassword(View):
    """A password that was made for somebody; it is shown once, and he must change it."""

    account: AccountRow
    password: str | None


class NewAssignment(Wish):
    """A role to give."""

    role: str = Field(max_length=64)
    organisation: str = Field(min_length=1, max_length=100)
    until: AwareDatetime | None = None
    reason: str = Field(min_length=1, max_length=500)


class NewKey(Wish):
    """A key to make for a system."""

    title: str = Field(min_length=1, max_length=100)
    expires_at: AwareDatetime | None = None


class GivenKey(View):
    """A key; ``secret`` is shown once."""

    key: KeyView
    secret: str


class IdentityView(View):
    """Who an account is in a directory of the hospital; ``seen_at``: the last sign-in so."""

    provider: str
    subject: str
    linked_at: datetime
    linked_by: str
    seen_at: datetime | None


class NewIdentity(Wish):
    """Somebody of a directory to link: ``subject`` is what it calls him for ever."""

    provider: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    subject: str = Field(min_length=1, max_length=1024)


Named = Annotated[str, Field(max_length=100)]


class PractitionerName(Wish):
    """What somebody is called where practitioners are named.

    ``source`` ``masterdata``: ``identifier`` is the code of a practitioner there, who may have
    more names; ``messages``: number and assigning authority as systems write them (XCN).
    ``organisation``: in the messages of this one and those below it; empty: wherever he works.
    """

    source: Literal["masterdata", "messages"] = "messages"
    authority: Named = ""
    identifier: str = Field(min_length=1, max_length=100, pattern=r"^[^^\x00]+$")
    organisation: Organisation = ""


class PractitionerNames(Wish):
    """All names of an account; none: nothing in messages says whom it treats."""

    names: list[PractitionerName] = Field(max_length=20)


class PublicKeys(Wish):
    """A JWK Set (RFC 7517) of public keys: RSA for RS384, EC P-384 for ES384, each with a kid."""

    keys: list[dict[str, Any]] = Field(max_length=10)


class NewBinding(Wish):
    """A certificate of a system: one of the three."""

    pem: Annotated[str, Field(max_length=16_000)] = ""
    subject: Annotated[str, Field(max_length=1000)] = ""
    public_key_sha256: Annotated[str, Field(max_length=100)] = ""


class NewBindings(Wish):
    """All certificates of a system."""

    certificates: list[NewBinding] = Field(max_length=10)


class BindingView(View):
    """A certificate of a system: ``value`` is its subject, or the SHA-256 of its public key."""

    method: Literal["tls_client_auth", "self_signed_tls_client_auth"]
    value: str
    expires_at: datetime | None
    seen_at: datetime | None


class ChangePassword(Wish):
    """One's own password."""

    old: Secret
    new: Secret


class Proof(Wish):
    """One's own password, shown again."""

    password: Secret


class Code(Wish):
    """A one-time code."""

    code: str = Field(min_length=1, max_length=40)


class FactorOfferView(View):
    """A second factor to be confirmed with its first code."""

    address: str
    secret: str
    qr_svg: str


class RecoveryCodesView(View):
    """Each replaces the second factor once; shown once."""

    codes: list[str]


class FirstAdministrator(Wish):
    """Who administers the accounts from now on."""

    name: Name
    display_name: DisplayName
    password: Secret


class ReasonView(View):
    """An assignment that says yes, and the way from its organisation down to the data's."""

    assignment: AssignmentView
    way: list[str]


class ExplanationOfAccess(View):
    """Why an account may, or may not, do a thing with an organisation's data."""

    account: str
    permission: str
    organisation: str
    allowed: bool
    reasons: list[ReasonView]
