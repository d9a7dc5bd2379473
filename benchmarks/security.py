"""What keeping secrets costs: a password checked, a value sealed and opened, a token looked at.

Run: ``python benchmarks/security.py`` (with ``src`` on the path). Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.cover import Cover
from lianyi.messagelog.message import NewMessage, Position
from lianyi.security.familiar import cost
from lianyi.security.field_cipher import KeyedFieldCipher
from lianyi.security.keyring import Root, make_key_file, rotate
from lianyi.security.passwords import PasswordHasher, PasswordHashing
from lianyi.security.tokens import Kind, new_token, stored_form
from lianyi.security.vault import Place, Suites, Vault

ROUNDS, CALLS, CHECKS = 15, 200, 15
PLACE = Place("account.totp", "a1")
PASSWORD = Sensitive("Ju9#tRop4Lq")


def median_us(call: Callable[[], object]) -> float:
    """Return the median over rounds of the mean time of a call."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        times.append((time.perf_counter() - start) / CALLS * 1e6)
    return round(statistics.median(times), 2)


async def checks() -> dict[str, float]:
    """Measure the default cost of a password: one after another, and all workers at once."""
    settings = PasswordHashing()
    hasher = PasswordHasher(settings)
    stored = await hasher.hash(PASSWORD)
    found = {}
    for name, line in (("right", stored), ("nobody", None)):
        times = []
        for _ in range(CHECKS):
            start = time.perf_counter()
            await hasher.check(PASSWORD, line)
            times.append((time.perf_counter() - start) * 1e3)
        found[f"argon2_{name}_ms"] = round(statistics.median(times), 1)
    start = time.perf_counter()
    await asyncio.gather(*(hasher.check(PASSWORD, stored) for _ in range(2 * CHECKS)))
    found["argon2_per_second"] = round(2 * CHECKS / (time.perf_counter() - start), 1)
    hasher.close()
    return found


def vaults(folder: Path) -> dict[str, float]:
    """Measure one record in each cipher, for a secret of 32 bytes and a document of 4 KiB."""
    key_file = folder / "keys.json"
    make_key_file(key_file, datetime(2026, 3, 2, tzinfo=UTC))
    found: dict[str, float] = {}
    for cipher in ("aes-256-gcm", "sm4-gcm"):
        vault = Vault(key_file, cipher)
        short = cipher.partition("-")[0]
        for size, name in ((32, "32b"), (4096, "4kib")):
            value = Sensitive(bytes(size))
            sealed = vault.seal(value, PLACE)
            found[f"seal_{short}_{name}_us"] = median_us(lambda v=value, b=vault: b.seal(v, PLACE))
            found[f"open_{short}_{name}_us"] = median_us(lambda s=sealed, b=vault: b.open(s, PLACE))
        card = Sensitive("110101199003071234")
        found[f"tag_{short}_us"] = median_us(lambda b=vault, c=card: b.tag(c, "patient.card"))
    vault = Vault(key_file)
    old = vault.seal(Sensitive(bytes(4096)), PLACE)
    rotate(key_file, datetime(2026, 3, 3, tzinfo=UTC))
    vault.refresh()
    found["rewrap_us"] = median_us(lambda: vault.rewrap(old, PLACE))
    return found


def fields() -> dict[str, float]:
    """Measure what a message costs that lies hidden: a usual one of 600 bytes with four keys."""
    root = Root("k1", datetime(2026, 3, 2, tzinfo=UTC), Sensitive(bytes(32)))
    known = NewMessage(
        1, "hl7v2 ORU^R01", bytes(600), "utf-8", "LIS|H1",
        ("c:1", "p:4711^HIS", "e:E1^HIS", "o:O-1"),
    )  # fmt: skip
    at = Position(1, 1)
    found: dict[str, float] = {}
    for suite in Suites:
        short = suite.value.name.partition("-")[0]
        cipher = KeyedFieldCipher(root, suite)
        numbers = itertools.count(1)
        found[f"hide_new_{short}_us"] = median_us(lambda c=cipher, n=numbers: c.hide(str(next(n))))
        for bodies in (False, True):
            cover = Cover(cipher, keys=True, bodies=bodies)
            name = "message" if bodies else "keys"
            found[f"hide_{name}_{short}_us"] = median_us(lambda c=cover: c.hide(known, at))
    return found


def measure(folder: Path) -> dict[str, float]:
    """Return all figures."""
    token = new_token(Kind.SESSION)
    return {
        **asyncio.run(checks()),
        **vaults(folder),
        **fields(),
        "token_us": median_us(lambda: stored_form(token.shown, Kind.SESSION)),
        "familiar_us": median_us(lambda: cost(PASSWORD.reveal())),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        json.dump(measure(Path(made)), sys.stdout, indent=2)
