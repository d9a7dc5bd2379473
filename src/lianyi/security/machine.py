"""The owner of the machine, who changes accounts without the platform being asked.

Whoever may read and write the data folder owns the platform anyway. This way at least each of his
changes is an act, with the name of his account of the machine: ``machine:root``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import asyncpg

from lianyi.base.clock import Clock, IdSource
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security import account_store as store
from lianyi.security.account_store import AccountRecord
from lianyi.security.accounts import Accounts
from lianyi.security.failures import NameTaken, NoSuchAccount
from lianyi.security.model import PLATFORM, Access, Actor, Purpose
from lianyi.security.password_rules import PasswordRules
from lianyi.security.passwords import PasswordHasher
from lianyi.security.roles import RoleBook
from lianyi.security.rules import reach_of_all
from lianyi.security.secret_files import write_secret_file
from lianyi.security.settings import SecuritySettings
from lianyi.security.signing_in import SigningIn
from lianyi.security.tokens import name_of
from lianyi.security.vault import Vault

COMMAND_ACCOUNT = "command"
COMMAND_KEY = "command-key"
"""Title of its key."""


def by_machine(user: str, permission: str = "accounts.manage") -> Access:
    """Return an account of the machine that acts here; it may everything."""
    actor = Actor(PLATFORM, f"machine:{user}", user, "", reach_of_all())
    return Access(actor, permission, "command", Purpose.ADMINISTRATION, "")


def accounts_of_machine(
    pool: asyncpg.Pool,
    messages: PostgresLog,
    clock: Clock,
    ids: IdSource,
    *,
    roles: RoleBook,
    settings: SecuritySettings,
    passwords: PasswordRules,
    hasher: PasswordHasher,
) -> Accounts:
    """Return the use cases of accounts for a command; nobody signs in through it."""

    async def no_vault() -> Vault:
        raise NoSuchAccount(where="vault")

    signing_in = SigningIn(
        pool,
        messages,
        clock,
        roles=roles,
        settings=settings,
        passwords=passwords,
        hasher=hasher,
        vault=no_vault,
        first_token="",
    )
    return Accounts(
        pool,
        messages,
        clock,
        ids,
        roles=roles,
        passwords=passwords,
        hasher=hasher,
        signing_in=signing_in,
    )


async def make_command_key(
    accounts: Accounts, pool: asyncpg.Pool, path: Path, *, role: str, organisation: str
) -> Mapping[str, str]:
    """Give the command line a key of its own, in a file that only its owner reads.

    The keys that it had before end, and so do the roles that are not named now.

    Raises:
        NoSuchRole, RolesExclude: it cannot have this role.
        NameTaken: a person has the name of its account.
        SecretFileUnusable: the file cannot be written; then the old key stays.
    """
    account = await _command_account(accounts, pool)
    held = await store.assignments_of(pool, [account.account])
    for one in held:
        if (one.role, one.organisation) != (role, organisation):
            await accounts.unassign(account.name, one.assignment)
    if not any((one.role, one.organisation) == (role, organisation) for one in held):
        await accounts.assign(
            account.name, role=role, organisation=organisation, until=None, reason=COMMAND_KEY
        )
    before = await store.list_keys(pool, account.account)
    key, shown = await accounts.add_key(account.name, title=COMMAND_KEY, expires_at=None)
    write_secret_file(path, Sensitive(shown.reveal().encode() + b"\n"), replace=True)
    for old in before:
        if old.title == COMMAND_KEY:
            await accounts.end_key(account.name, name_of(old.stored))
    return {"account": account.name, "key": name_of(key.stored), "file": str(path),
            "role": role, "organisation": organisation}  # fmt: skip


async def _command_account(accounts: Accounts, pool: asyncpg.Pool) -> AccountRecord:
    found = await store.find_account(pool, COMMAND_ACCOUNT)
    if found is None:
        found, _ = await accounts.create(
            COMMAND_ACCOUNT, display_name="命令行 lianyi", kind="service", organisation=""
        )
    if found.kind != "service":
        raise NameTaken(where="name")
    if found.state != "active":
        found = await accounts.change(
            found.name, display_name=None, organisation=None, state="active"
        )
    return found
