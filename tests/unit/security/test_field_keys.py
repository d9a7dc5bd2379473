"""The key of field encryption is made once, and never replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.api.house import House

from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.message import NewMessage, Position
from lianyi.security.field_keys import FieldEncryptionSettings, found_cover, open_cover
from lianyi.security.keyring import make_key_file
from lianyi.security.strongroom import KeyFileLost, KeyFileOfAnother
from lianyi.security.vault import VaultSettings

ON = FieldEncryptionSettings(identifiers=True)
OFF = FieldEncryptionSettings()
MESSAGE = NewMessage(1, "x", b"MSH", keys=("p:4711^HIS",))


async def cover_of(house: House, settings: FieldEncryptionSettings) -> Cover:
    return await open_cover(
        house.pool,
        house.log,
        house.clock,
        settings=settings,
        vault=VaultSettings(),
        data_dir=house.data_dir,
    )


def hidden_key(cover: Cover) -> str:
    return cover.hide(MESSAGE, Position(1, 1)).keys[0]


async def test_off_as_shipped_and_no_key_is_made(house: House) -> None:
    assert await cover_of(house, OFF) is PLAIN
    assert not (house.data_dir / "field-keys.json").exists()


async def test_the_key_is_made_once_told_in_the_log_and_the_same_in_every_process(
    house: House,
) -> None:
    first, second = await cover_of(house, ON), await cover_of(house, ON)
    assert hidden_key(first) == hidden_key(second) != "p:4711^HIS"
    made = [one for one in await house.acts() if one.kind == "act key.made"]
    assert len(made) == 1
    assert (house.data_dir / "field-keys.json").stat().st_mode & 0o777 == 0o600


async def test_switched_off_it_still_shows_what_lies_hidden(house: House) -> None:
    hidden = hidden_key(await cover_of(house, ON))
    off = await cover_of(house, OFF)
    assert hidden_key(off) == "p:4711^HIS"
    assert hidden in off.forms_of_key("p:4711^HIS")


@pytest.mark.parametrize("settings", [ON, OFF])
async def test_a_lost_key_is_told_and_no_new_one_is_made(
    house: House, settings: FieldEncryptionSettings
) -> None:
    await cover_of(house, ON)
    file = house.data_dir / "field-keys.json"
    file.unlink()
    with pytest.raises(KeyFileLost):
        await cover_of(house, settings)
    assert not file.exists()


async def test_a_key_of_another_installation_is_told(house: House) -> None:
    await cover_of(house, ON)
    file = house.data_dir / "field-keys.json"
    file.unlink()
    make_key_file(file, house.clock.now())
    with pytest.raises(KeyFileOfAnother):
        await cover_of(house, ON)


async def test_an_empty_installation_takes_the_key_that_was_brought_along(
    house: House, tmp_path: Path
) -> None:
    hidden = hidden_key(await cover_of(house, ON))
    (house.data_dir / "field-keys.json").rename(tmp_path / "field-keys.json")
    brought = found_cover(settings=ON, vault=VaultSettings(), data_dir=tmp_path)
    assert hidden_key(brought) == hidden
    empty = found_cover(settings=ON, vault=VaultSettings(), data_dir=tmp_path / "empty")
    assert empty is PLAIN


def test_messages_are_not_encrypted_without_their_identifiers() -> None:
    with pytest.raises(ValueError, match="identifiers = true"):
        FieldEncryptionSettings(messages=True)
