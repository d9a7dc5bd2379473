"""HTTP in, one call of :class:`Accounts`, HTTP out. No decision is made here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from lianyi.base.sensitive import Sensitive
from lianyi.security.account_store import AccountRecord, AssignmentRecord, KeyRecord
from lianyi.security.accounts import Accounts
from lianyi.security.client_certificates import Binding
from lianyi.security.identities import Identities
from lianyi.security.identity_store import IdentityRecord
from lianyi.security.oauth import TokenServer
from lianyi.security.own_account import OwnAccount
from lianyi.security.permissions import PERMISSIONS, SIGNED_IN, needs
from lianyi.security.practitioner_store import Called
from lianyi.security.tokens import Kind, name_of, stored_form
from lianyi.security.views import (
    AccountDetail,
    AccountPage,
    AccountRow,
    AssignmentView,
    BindingView,
    ChangedAccount,
    ChangePassword,
    Code,
    ExplanationOfAccess,
    FactorOfferView,
    GivenKey,
    GivenPassword,
    IdentityView,
    KeyView,
    NewAccount,
    NewAssignment,
    NewBindings,
    NewIdentity,
    NewKey,
    PermissionView,
    PractitionerName,
    PractitionerNames,
    Proof,
    PublicKeys,
    ReasonView,
    RecoveryCodesView,
    RoleView,
    SessionView,
)

router = APIRouter(tags=["accounts"])


async def _accounts(request: Request) -> Accounts:
    found: Accounts = request.app.state.accounts
    return found


async def _own(request: Request) -> OwnAccount:
    found: OwnAccount = request.app.state.own_account
    return found


async def _links(request: Request) -> Identities:
    found: Identities = request.app.state.identities
    return found


def _tokens(request: Request) -> TokenServer:
    found: TokenServer = request.app.state.token_server
    return found


Links = Annotated[Identities, Depends(_links)]
Own = Annotated[OwnAccount, Depends(_own)]
Does = Annotated[Accounts, Depends(_accounts)]
AccountName = Annotated[str, Path(max_length=64)]


def _session(request: Request) -> bytes:
    shown = Sensitive(request.cookies.get("lianyi_session", ""))
    return stored_form(shown, Kind.SESSION) or b""


def _assignment(one: AssignmentRecord) -> AssignmentView:
    return AssignmentView(
        id=one.assignment,
        role=one.role,
        organisation=one.organisation,
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        reason=one.reason,
        granted_by=one.granted_by,
    )


def _row(account: AccountRecord, held: Sequence[AssignmentRecord]) -> AccountRow:
    return AccountRow(
        name=account.name,
        display_name=account.display_name,
        kind=account.kind,
        organisation=account.organisation,
        state=account.state,
        locked_until=account.locked_until,
        created_at=account.created_at,
        roles=[_assignment(one) for one in held if one.account == account.account],
    )


def _key(key: KeyRecord) -> KeyView:
    return KeyView(
        id=name_of(key.stored),
        title=key.title,
        created_at=key.created_at,
        expires_at=key.expires_at,
    )


def _identity(one: IdentityRecord) -> IdentityView:
    return IdentityView(
        provider=one.provider,
        subject=one.subject,
        linked_at=one.linked_at,
        linked_by=one.linked_by,
        seen_at=one.seen_at,
    )


def _names(found: Sequence[Called]) -> PractitionerNames:
    return PractitionerNames(names=[PractitionerName(**one._asdict()) for one in found])


def _binding(one: Binding) -> BindingView:
    return BindingView(
        method=one.method.value, value=one.value, expires_at=one.expires_at, seen_at=one.seen_at
    )


async def _told(does: Accounts, account: AccountRecord) -> AccountRow:
    return _row(account, await does.held_by([account]))


@router.get("/accounts", openapi_extra=needs("accounts.read"))
async def list_accounts(
    does: Does, cursor: Annotated[str, Query(max_length=64)] = ""
) -> AccountPage:
    """Accounts of people and systems by name."""
    found, following = await does.page(after=cursor)
    held = await does.held_by(found)
    return AccountPage(items=[_row(one, held) for one in found], next_cursor=following)


@router.post("/accounts", openapi_extra=needs("accounts.manage"))
async def create_account(does: Does, wanted: NewAccount) -> GivenPassword:
    """Make an account; a person gets a password to change at the first sign-in."""
    account, password = await does.create(
        wanted.name,
        display_name=wanted.display_name,
        kind=wanted.kind,
        organisation=wanted.organisation,
    )
    shown = password.reveal() if password else None
    return GivenPassword(account=await _told(does, account), password=shown)


@router.get("/accounts/{name}", openapi_extra=needs("accounts.read"))
async def get_account(does: Does, name: AccountName) -> AccountDetail:
    """An account with its roles, sessions and keys."""
    account = await does.get(name)
    found = await does.belongings(account)
    row = _row(account, await does.held_by([account]))
    return AccountDetail(
        **vars(row),
        must_change=account.must_change,
        second_factor=found.second_factor,
        sessions=[
            SessionView(
                id=name_of(one.stored),
                began_at=one.began_at,
                seen_at=one.seen_at,
                expires_at=one.expires_at,
                address=one.address,
                agent=one.agent,
                factors=list(one.factors),
            )
            for one in found.sessions
        ],
        keys=[_key(one) for one in found.keys],
    )


@router.patch("/accounts/{name}", openapi_extra=needs("accounts.manage"))
async def change_account(does: Does, name: AccountName, wanted: ChangedAccount) -> AccountRow:
    """Change what an account says of itself, or disable it."""
    account = await does.change(
        name,
        display_name=wanted.display_name,
        organisation=wanted.organisation,
        state=wanted.state,
    )
    return await _told(does, account)


@router.post("/accounts/{name}/unlock", openapi_extra=needs("accounts.manage"))
async def unlock_account(does: Does, name: AccountName) -> AccountRow:
    """Let somebody try again who was locked out."""
    return await _told(does, await does.unlock(name))


@router.post("/accounts/{name}/password", openapi_extra=needs("accounts.manage"))
async def reset_password(does: Does, name: AccountName) -> GivenPassword:
    """Give a person a new password, shown once; his sessions end."""
    password = await does.reset_password(name)
    return GivenPassword(
        account=await _told(does, await does.get(name)), password=password.reveal()
    )


@router.delete("/accounts/{name}/second-factor", openapi_extra=needs("accounts.manage"))
async def remove_factor(request: Request, does: Does, own: Own, name: AccountName) -> AccountRow:
    """Take a lost second factor away; the person's sessions end.

    Whoever does so has shown his own password in the last five minutes.
    """
    await own.need_proof(_session(request))
    await does.remove_factor(name)
    return await _told(does, await does.get(name))


@router.delete("/accounts/{name}/sessions", openapi_extra=needs("accounts.manage"))
async def end_sessions(
    does: Does, name: AccountName, session: Annotated[str | None, Query(max_length=12)] = None
) -> AccountRow:
    """End one session of an account, or all of them."""
    await does.end_session(name, session)
    return await _told(does, await does.get(name))


@router.post("/accounts/{name}/keys", openapi_extra=needs("accounts.manage"))
async def add_key(does: Does, name: AccountName, wanted: NewKey) -> GivenKey:
    """Give a system a key, shown once."""
    key, shown = await does.add_key(name, title=wanted.title, expires_at=wanted.expires_at)
    return GivenKey(key=_key(key), secret=shown.reveal())


@router.delete("/accounts/{name}/keys/{key}", openapi_extra=needs("accounts.manage"))
async def end_key(
    does: Does, name: AccountName, key: Annotated[str, Path(max_length=12)]
) -> AccountRow:
    """End a key of a system."""
    await does.end_key(name, key)
    return await _told(does, await does.get(name))


@router.post("/accounts/{name}/roles", openapi_extra=needs("roles.assign"))
async def assign_role(does: Does, name: AccountName, wanted: NewAssignment) -> AssignmentView:
    """Give a role in an organisation and all below it."""
    return _assignment(
        await does.assign(
            name,
            role=wanted.role,
            organisation=wanted.organisation,
            until=wanted.until,
            reason=wanted.reason,
        )
    )


@router.delete("/accounts/{name}/roles/{assignment}", openapi_extra=needs("roles.assign"))
async def unassign_role(does: Does, name: AccountName, assignment: UUID) -> AccountRow:
    """Take a role away."""
    await does.unassign(name, assignment)
    return await _told(does, await does.get(name))


@router.get("/accounts/{name}/identities", openapi_extra=needs("accounts.read"))
async def list_identities(links: Links, name: AccountName) -> list[IdentityView]:
    """Who an account is in the hospital's directories."""
    return [_identity(one) for one in await links.list_of(name)]


@router.post("/accounts/{name}/identities", openapi_extra=needs("accounts.manage"))
async def link_identity(links: Links, name: AccountName, wanted: NewIdentity) -> IdentityView:
    """Link an account with somebody in a directory, by what never changes there."""
    return _identity(await links.link(name, provider=wanted.provider, subject=wanted.subject))


@router.delete("/accounts/{name}/identities", openapi_extra=needs("accounts.manage"))
async def unlink_identity(
    links: Links,
    name: AccountName,
    provider: Annotated[str, Query(max_length=40)],
    subject: Annotated[str, Query(max_length=1024)],
) -> list[IdentityView]:
    """End a link; the sessions that began through it, and the roles it gave, end."""
    await links.unlink(name, provider=provider, subject=subject)
    return [_identity(one) for one in await links.list_of(name)]


@router.get("/accounts/{name}/practitioner", openapi_extra=needs("accounts.read"))
async def get_practitioner_names(does: Does, name: AccountName) -> PractitionerNames:
    """What an account is called where messages name practitioners."""
    return _names(await does.practitioner_names(name))


@router.put("/accounts/{name}/practitioner", openapi_extra=needs("accounts.manage"))
async def set_practitioner_names(
    does: Does, name: AccountName, wanted: PractitionerNames
) -> PractitionerNames:
    """Say what a person is called in messages: whom these say he treats, he treats."""
    names = [Called(one.source, one.authority, one.identifier, one.organisation)
             for one in wanted.names]  # fmt: skip
    return _names(await does.set_practitioner_names(name, names))


@router.get("/accounts/{name}/public-keys", openapi_extra=needs("accounts.read"))
async def list_public_keys(request: Request, name: AccountName) -> PublicKeys:
    """The public keys with which a system signs when it asks for tokens (JWK Set)."""
    return PublicKeys(keys=[dict(key) for key in await _tokens(request).keys_of(name)])


@router.put("/accounts/{name}/public-keys", openapi_extra=needs("accounts.manage"))
async def set_public_keys(request: Request, name: AccountName, wanted: PublicKeys) -> PublicKeys:
    """Replace the public keys of a system; its tokens end."""
    return PublicKeys(keys=[dict(k) for k in await _tokens(request).set_keys(name, wanted.keys)])


@router.get("/accounts/{name}/certificates", openapi_extra=needs("accounts.read"))
async def list_certificates(request: Request, name: AccountName) -> list[BindingView]:
    """The TLS certificates with which a system proves who it is (RFC 8705)."""
    return [_binding(one) for one in await _tokens(request).certificates_of(name)]


@router.put("/accounts/{name}/certificates", openapi_extra=needs("accounts.manage"))
async def set_certificates(
    request: Request, name: AccountName, wanted: NewBindings
) -> list[BindingView]:
    """Replace the TLS certificates of a system; tokens that are bound to one end."""
    said = [one.model_dump() for one in wanted.certificates]
    return [_binding(one) for one in await _tokens(request).set_certificates(name, said)]


@router.get("/roles", openapi_extra=needs(SIGNED_IN))
async def list_roles(does: Does) -> list[RoleView]:
    """The roles, as the files of this installation say them."""
    return [
        RoleView(
            name=role.name,
            title_zh=role.title_zh,
            title_en=role.title_en,
            permissions=sorted(role.permissions),
            excludes=sorted(role.excludes),
            purpose=role.purpose.value,
            second_factor=role.second_factor,
        )
        for role in does.roles.values()
    ]


@router.get("/permissions", openapi_extra=needs(SIGNED_IN))
async def list_permissions() -> list[PermissionView]:
    """What there is to be permitted."""
    return [PermissionView(name=name, zh=one.zh, en=one.en) for name, one in PERMISSIONS.items()]


@router.get("/access", openapi_extra=needs("access.explain"))
async def explain_access(
    does: Does,
    account: Annotated[str, Query(max_length=64)],
    permission: Annotated[str, Query(max_length=64)],
    organisation: Annotated[str, Query(max_length=100)] = "",
) -> ExplanationOfAccess:
    """Why an account may, or may not, do a thing with an organisation's data."""
    _, reasons = await does.explain(account, permission=permission, organisation=organisation)
    held = {one.assignment: one for one in await does.held_by([await does.get(account)])}
    return ExplanationOfAccess(
        account=account,
        permission=permission,
        organisation=organisation,
        allowed=bool(reasons),
        reasons=[
            ReasonView(assignment=_assignment(held[one.assignment.assignment]), way=list(one.way))
            for one in reasons
            if one.assignment.assignment in held
        ],
    )


@router.post("/me/password", openapi_extra=needs(SIGNED_IN), status_code=204)
async def change_password(request: Request, own: Own, wanted: ChangePassword) -> None:
    """Choose one's own password; one's other sessions end."""
    old, new = Sensitive(wanted.old), Sensitive(wanted.new)
    await own.change_password(old, new, keep=_session(request))


@router.post("/me/proof", openapi_extra=needs(SIGNED_IN), status_code=204)
async def prove(request: Request, own: Own, wanted: Proof) -> None:
    """Show one's own password again; for five minutes that allows what needs it."""
    await own.prove(Sensitive(wanted.password), session=_session(request))


@router.post("/me/second-factor", openapi_extra=needs(SIGNED_IN))
async def offer_factor(request: Request, own: Own) -> FactorOfferView:
    """Begin one's own second factor; the password was shown in the last five minutes."""
    await own.need_proof(_session(request))
    offer = await own.offer_factor()
    return FactorOfferView(
        address=offer.address.reveal(),
        secret=offer.secret.reveal(),
        qr_svg=offer.qr_svg.reveal(),
    )


@router.post("/me/second-factor/confirm", openapi_extra=needs(SIGNED_IN))
async def confirm_factor(request: Request, own: Own, wanted: Code) -> RecoveryCodesView:
    """Put one's own second factor in force with its first code."""
    codes = await own.confirm_factor(wanted.code, session=_session(request))
    return RecoveryCodesView(codes=list(codes.reveal()))
