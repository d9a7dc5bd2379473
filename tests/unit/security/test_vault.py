from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.base.sensitive import Sensitive
from lianyi.security.keyring import (
    KeyInUse,
    UnknownKey,
    make_key_file,
    read_key_file,
    remove_key,
    rotate,
)
from lianyi.security.secret_files import SecretFileOpen, SecretFileUnusable
from lianyi.security.vault import (
    Place,
    SealBroken,
    SealedRow,
    UnknownSeal,
    Vault,
    key_name,
    rewrap_all,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CIPHERS = ["aes-256-gcm", "sm4-gcm"]
TOTP = Place("account.totp", "a1")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    make_key_file(tmp_path / "keys.json", NOW)
    return tmp_path / "keys.json"


@pytest.fixture(scope="module")
def vaults(tmp_path_factory: pytest.TempPathFactory) -> list[Vault]:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    make_key_file(path, NOW)
    return [Vault(path, cipher) for cipher in CIPHERS]


texts = st.text(max_size=20)


@given(value=st.binary(max_size=300), purpose=texts, record=texts, which=st.integers(0, 1))
def test_what_is_sealed_opens_again_and_never_looks_the_same(
    vaults: list[Vault], value: bytes, purpose: str, record: str, which: int
) -> None:
    vault, place = vaults[which], Place(purpose, record)
    first, second = (vault.seal(Sensitive(value), place) for _ in range(2))
    assert first != second
    assert vaults[1 - which].open(first, place).reveal() == vault.open(second, place).reveal()
    assert vault.open(first, place) == Sensitive(value)
    assert len(first) - len(value) == (93 if which == 0 else 77)
    assert len(value) < 4 or value not in first


@given(st.data(), st.integers(0, 1))
def test_one_changed_bit_is_noticed(vaults: list[Vault], data: st.DataObject, which: int) -> None:
    vault = vaults[which]
    sealed = bytearray(vault.seal(Sensitive(b"JBSWY3DPEHPK3PXP"), TOTP))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((SealBroken, UnknownSeal, UnknownKey)) as raised:
        vault.open(bytes(sealed), TOTP)
    assert "JBSWY" not in str(raised.value)
    if place >= 5:
        assert isinstance(raised.value, SealBroken)


@given(st.integers(0, 120), st.binary(max_size=5), st.integers(0, 1))
def test_what_is_cut_or_longer_does_not_open(
    vaults: list[Vault], keep: int, more: bytes, which: int
) -> None:
    sealed = vaults[which].seal(Sensitive(b"JBSWY3DPEHPK3PXP"), TOTP)
    changed = sealed[:keep] + more
    if changed != sealed:
        with pytest.raises((SealBroken, UnknownSeal, UnknownKey)):
            vaults[which].open(changed, TOTP)


@given(st.tuples(texts, texts), st.tuples(texts, texts), st.integers(0, 1))
def test_it_opens_at_its_own_place_only(
    vaults: list[Vault], here: tuple[str, str], there: tuple[str, str], which: int
) -> None:
    sealed = vaults[which].seal(Sensitive(b"110101"), Place(*here))
    if here != there:
        with pytest.raises(SealBroken, match="another record or another purpose"):
            vaults[which].open(sealed, Place(*there))


def test_the_border_between_purpose_and_record_cannot_be_moved(vaults: list[Vault]) -> None:
    sealed = vaults[0].seal(Sensitive(b"x"), Place("ab", "c"))
    with pytest.raises(SealBroken):
        vaults[0].open(sealed, Place("a", "bc"))


@given(st.binary(max_size=200))
def test_other_bytes_are_told_not_guessed(vaults: list[Vault], strange: bytes) -> None:
    with pytest.raises((SealBroken, UnknownSeal, UnknownKey)):
        vaults[0].open(strange, TOTP)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_search_tag_is_the_same_for_the_same_value_and_purpose_only(
    vaults: list[Vault], value: str, other: str
) -> None:
    aes, sm4 = vaults
    tag = aes.tag(Sensitive(value), "patient.card")
    assert len(tag) == 32
    assert tag == aes.tag(Sensitive(value), "patient.card")
    assert tag != aes.tag(Sensitive(value), "patient.telephone")
    assert tag != sm4.tag(Sensitive(value), "patient.card")
    assert (tag == aes.tag(Sensitive(other), "patient.card")) == (value == other)
    assert tag in sm4.tags(Sensitive(value), "patient.card")
    assert aes.tags(Sensitive(value), "patient.card")[0] == tag


@pytest.mark.parametrize("cipher", CIPHERS)
def test_after_a_rotation_the_new_key_seals_and_the_old_one_opens(
    key_file: Path, cipher: str
) -> None:
    vault, beside = Vault(key_file, cipher), Vault(key_file, cipher)
    old = vault.seal(Sensitive(b"one"), TOTP)
    old_tag = vault.tag(Sensitive("one"), "card")
    assert rotate(key_file, NOW).names == ("k1", "k2")
    new = vault.seal(Sensitive(b"two"), TOTP)
    assert (key_name(old), key_name(new)) == ("k1", "k2")
    assert beside.open(new, TOTP).reveal() == b"two"
    assert beside.open(old, TOTP).reveal() == b"one"
    assert vault.is_old(old)
    assert not vault.is_old(new)
    assert old_tag != vault.tag(Sensitive("one"), "card")
    assert old_tag in vault.tags(Sensitive("one"), "card")

    wrapped = vault.rewrap(old, TOTP)
    assert key_name(wrapped) == "k2"
    assert wrapped[-20:] == old[-20:]
    remove_key(key_file, "k1")
    vault.refresh()
    assert vault.open(wrapped, TOTP).reveal() == b"one"
    with pytest.raises(UnknownKey, match="key k1") as raised:
        vault.open(old, TOTP)
    assert "k1" in raised.value.text("zh")


def test_another_cipher_takes_over_with_the_next_wrapping(key_file: Path) -> None:
    aes, sm4 = (Vault(key_file, cipher) for cipher in CIPHERS)
    old = aes.seal(Sensitive(b"one"), TOTP)
    assert sm4.is_old(old)
    new = sm4.rewrap(old, TOTP)
    assert not sm4.is_old(new)
    assert new[1] == 2
    assert aes.open(new, TOTP).reveal() == b"one"


def test_the_key_that_seals_cannot_be_removed(key_file: Path) -> None:
    with pytest.raises(KeyInUse, match="rotate first"):
        remove_key(key_file, "k1")
    with pytest.raises(UnknownKey):
        remove_key(key_file, "k7")
    assert read_key_file(key_file).names == ("k1",)


def test_no_name_of_a_key_comes_twice(key_file: Path) -> None:
    rotate(key_file, NOW)
    remove_key(key_file, "k1")
    assert rotate(key_file, NOW).names == ("k2", "k3")


def test_rotations_at_the_same_moment_lose_no_key(key_file: Path) -> None:
    threads = [threading.Thread(target=rotate, args=(key_file, NOW)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keyring = read_key_file(key_file)
    assert keyring.names == tuple(f"k{number}" for number in range(1, 14))
    assert len({root.secret for root in keyring.roots}) == 13


def test_two_processes_that_start_together_get_the_same_keys(tmp_path: Path) -> None:
    path, found = tmp_path / "keys.json", []
    threads = [
        threading.Thread(target=lambda: found.append(make_key_file(path, NOW))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert len({one.active.secret for one in found}) == 1


def test_the_key_file_is_the_owners_and_no_key_prints(key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o777 == 0o600
    secret = json.loads(key_file.read_text())["keys"][0]["secret"]
    keyring = read_key_file(key_file)
    assert secret not in repr(keyring)
    assert repr(keyring.active.secret.reveal()) not in repr(keyring)
    rotate(key_file, NOW)
    assert key_file.stat().st_mode & 0o777 == 0o600
    key_file.chmod(0o640)
    for look in (read_key_file, Vault):
        with pytest.raises(SecretFileOpen, match="chmod 600"):
            look(key_file)
    with pytest.raises(SecretFileOpen):
        rotate(key_file, NOW)


def damage(change: Callable[[dict], object]) -> Callable[[str], str]:  # type: ignore[type-arg]
    def changed(text: str) -> str:
        content = json.loads(text)
        change(content)
        return json.dumps(content)

    return changed


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-30],
        lambda _: "",
        lambda _: "[]",
        lambda _: "\x00\xff",
        damage(lambda file: file.update(version=9)),
        damage(lambda file: file.update(what="other")),
        damage(lambda file: file.update(keys=[])),
        damage(lambda file: file.update(keys={"a": 1})),
        damage(lambda file: file["keys"].append("k2")),
        damage(lambda file: file["keys"].append(file["keys"][0])),
        damage(lambda file: file["keys"][0].update(name="../k1")),
        damage(lambda file: file["keys"][0].update(secret="c2hvcnQ=")),
        damage(lambda file: file["keys"][0].update(secret=None)),
        damage(lambda file: file["keys"][0].update(made_at="2026-03-02")),
    ],
)
def test_a_damaged_key_file_is_told_without_a_key(
    key_file: Path, change: Callable[[str], str]
) -> None:
    text = key_file.read_text()
    secret = json.loads(text)["keys"][0]["secret"]
    key_file.write_bytes(change(text).encode("latin-1"))
    with pytest.raises(SecretFileUnusable, match="no key file") as raised:
        read_key_file(key_file)
    assert secret[:8] not in raised.value.text("zh") + raised.value.text("en")
    assert raised.value.__cause__ is None


def test_a_vault_whose_file_went_away_seals_with_the_keys_it_has(key_file: Path) -> None:
    vault = Vault(key_file)
    content = key_file.read_bytes()
    key_file.unlink()
    sealed = vault.seal(Sensitive(b"one"), TOTP)
    assert vault.open(sealed, TOTP).reveal() == b"one"
    key_file.write_bytes(content)
    key_file.chmod(0o644)
    with pytest.raises(SecretFileOpen):
        vault.seal(Sensitive(b"one"), TOTP)


class Table:
    """Rows in memory that give way to others at every step, as a database does."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[bytes, bytes | None]] = {}

    async def batches(self) -> AsyncIterator[Sequence[SealedRow]]:
        names = sorted(self.rows)
        for start in range(0, len(names), 7):
            await asyncio.sleep(0)
            yield [
                SealedRow(Place("patient.card", name), self.rows[name][0])
                for name in names[start : start + 7]
            ]

    async def replace(self, row: SealedRow, fresh: bytes, tag: bytes | None) -> bool:
        await asyncio.sleep(0)
        held, old_tag = self.rows[row.place.record]
        if held != row.sealed:
            return False
        self.rows[row.place.record] = (fresh, old_tag if tag is None else tag)
        return True


def text_of(value: Sensitive[bytes]) -> Sensitive[str]:
    return Sensitive(value.reveal().decode())


@pytest.mark.parametrize("cipher", CIPHERS)
@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_rotation_under_load_loses_no_value_and_no_reader(
    tmp_path_factory: pytest.TempPathFactory, cipher: str, seed: int
) -> None:
    path = tmp_path_factory.mktemp("rotation") / "keys.json"
    make_key_file(path, NOW)
    chance = random.Random(seed)
    table, truth = Table(), {}
    writer, reader, worker = (Vault(path, cipher) for _ in range(3))
    rotated = done = False

    async def write(name: str) -> None:
        value = str(chance.randrange(10**6))
        sealed = writer.seal(Sensitive(value.encode()), Place("patient.card", name))
        tag = writer.tag(Sensitive(value), "patient.card")
        if chance.random() < 0.5:
            await asyncio.sleep(0)  # sealed before a rotation, written after it
        table.rows[name], truth[name] = (sealed, tag), value

    async def write_on() -> None:
        while not done:
            await write(str(chance.randrange(40)))
            await asyncio.sleep(0)

    async def read_on() -> int:
        reads = 0
        while not done:
            name = chance.choice(list(truth))
            sealed, tag = table.rows[name]
            assert reader.open(sealed, Place("patient.card", name)).reveal() == truth[name].encode()
            assert tag in reader.tags(Sensitive(truth[name]), "patient.card")
            reads += 1
            await asyncio.sleep(0)
        return reads

    async def turn() -> None:
        nonlocal rotated, done
        for _ in range(2):
            before = read_key_file(path).active.name
            rotate(path, NOW)
            rotated = True
            for _ in range(50):
                came = await rewrap_all(table, worker, tagged=text_of)
                if came.clean and came.rewrapped == 0:
                    break
            assert came.clean
            remove_key(path, before)
        done = True

    async def all_of_it() -> int:
        for number in range(30):
            await write(str(number))
        _, reads, _ = await asyncio.gather(write_on(), read_on(), turn())
        return reads

    assert asyncio.run(all_of_it()) > 0
    assert rotated
    last = Vault(path, cipher)
    assert last.keyring.names == ("k3",)
    for name, value in truth.items():
        sealed, tag = table.rows[name]
        assert last.open(sealed, Place("patient.card", name)).reveal() == value.encode()
        assert tag == last.tag(Sensitive(value), "patient.card")


async def test_wrapping_again_counts_what_it_met(key_file: Path) -> None:
    vault, table = Vault(key_file), Table()
    for name in "abcd":
        place = Place("patient.card", name)
        table.rows[name] = (vault.seal(Sensitive(name.encode()), place), None)
    table.rows["b"] = table.rows["a"]
    table.rows["d"] = (b"not sealed", None)
    rotate(key_file, NOW)
    table.rows["c"] = (vault.seal(Sensitive(b"c"), Place("patient.card", "c")), None)
    came = await rewrap_all(table, vault, tagged=None)
    assert (came.rewrapped, came.current, came.overtaken) == (1, 1, 0)
    assert [place.record for place in came.broken] == ["b", "d"]
    assert not came.clean
    assert table.rows["a"][1] is None
