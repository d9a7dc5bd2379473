"""Identifiers lie hidden so that they are found; bodies so that they are not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.cover import BODY_MARK, KEYS_MARK, PLAIN, Cover, HiddenHere
from lianyi.messagelog.message import LogMessage, NewMessage, Position
from lianyi.messagelog.search import Entry, Wanted
from lianyi.messagelog.segments import SEGMENT_MESSAGES
from lianyi.security.field_cipher import KeyedFieldCipher
from lianyi.security.keyring import Root
from lianyi.security.vault import SealBroken, Suites

AT = Position(1, 42)
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def root(first: int = 7) -> Root:
    return Root("k1", NOW, Sensitive(bytes(range(first, first + 32))))


CIPHERS = [KeyedFieldCipher(root(), suite) for suite in Suites]
each_cipher = pytest.mark.parametrize("cipher", CIPHERS, ids=[s.value.name for s in Suites])
identifiers = st.text(st.characters(exclude_characters="^\x1f\x00"), min_size=1, max_size=40)


@each_cipher
@given(text=identifiers, other=identifiers)
def test_a_text_is_shown_again_and_only_equal_ones_look_equal(
    cipher: KeyedFieldCipher, text: str, other: str
) -> None:
    assert cipher.show(cipher.hide(text)) == text
    assert cipher.hide(text) == KeyedFieldCipher(root(), cipher._suite).hide(text)
    assert (cipher.hide(text) == cipher.hide(other)) == (text == other)
    assert "^" not in cipher.hide(text)
    assert "\x1f" not in cipher.hide(text)
    assert cipher.hide(text) in cipher.forms(text)


@each_cipher
def test_what_one_key_hides_another_neither_gives_nor_shows(cipher: KeyedFieldCipher) -> None:
    other = KeyedFieldCipher(root(8), cipher._suite)
    assert cipher.hide("4711") not in other.forms("4711")
    assert other.show(cipher.hide("4711")) is None


@each_cipher
@given(data=st.data())
def test_a_changed_text_is_not_shown(cipher: KeyedFieldCipher, data: st.DataObject) -> None:
    hidden = cipher.hide("110101199003070000")
    place = data.draw(st.integers(3, len(hidden) - 2))
    letter = "A" if hidden[place] != "A" else "B"
    assert cipher.show(hidden[:place] + letter + hidden[place + 1 :]) is None


@pytest.mark.parametrize("text", ["~1~", "~2~", "~1~AAAA", "~2~" + "A" * 80, "~3~AAAA", "~1~é", ""])
@each_cipher
def test_an_identifier_that_looks_hidden_is_taken_for_what_it_is(
    cipher: KeyedFieldCipher, text: str
) -> None:
    assert cipher.show(text) is None
    assert Cover(cipher, keys=True).show_text(text) == text


def test_aes_siv_is_that_of_the_standard() -> None:
    """RFC 5297, A.1, through the library that we use."""
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    siv = AESSIV(bytes.fromhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))
    found = siv.encrypt(
        bytes.fromhex("112233445566778899aabbccddee"),
        [bytes.fromhex("101112131415161718191a1b1c1d1e1f2021222324252627")],
    )
    assert found.hex() == "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"


@each_cipher
@given(body=st.binary(max_size=300))
def test_a_body_opens_at_its_place_only_and_never_lies_the_same(
    cipher: KeyedFieldCipher, body: bytes
) -> None:
    sealed = cipher.seal(body, AT)
    assert cipher.open(sealed, AT) == body
    assert len(sealed) == len(body) + cipher.overhead_bytes
    assert cipher.seal(body, AT) != sealed
    elsewhere = [Position(1, 43), Position(2, 42), Position(1, 42 + SEGMENT_MESSAGES)]
    for place in elsewhere:
        with pytest.raises(SealBroken):
            cipher.open(sealed, place)


@each_cipher
@given(data=st.data())
def test_a_changed_or_cut_body_does_not_open(cipher: KeyedFieldCipher, data: st.DataObject) -> None:
    sealed = cipher.seal(b"MSH|^~\\&|", AT)
    place = data.draw(st.integers(0, len(sealed) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytes([*sealed[:place], sealed[place] ^ 1 << bit, *sealed[place + 1 :]])
    for broken in (changed, sealed[:place]):
        with pytest.raises(SealBroken):
            cipher.open(broken, AT)


# ---- the cover ---------------------------------------------------------------------------------

keys = st.lists(
    st.tuples(st.sampled_from("peoawcui"), identifiers, st.sampled_from(["", "^HIS", "^H1&x"])).map(
        lambda parts: f"{parts[0]}:{parts[1]}{parts[2]}"
    ),
    max_size=5,
)


def recorded(hidden: NewMessage, at: Position = AT, *, tombstone: bool = False) -> LogMessage:
    return LogMessage(
        at.shard, at.number, NOW, hidden.channel, hidden.kind, hidden.body, hidden.codec,
        hidden.sender, hidden.keys, hidden.gate, hidden.caused_by, bytes(32), tombstone,
    )  # fmt: skip


@each_cipher
@given(keys=keys, body=st.binary(max_size=50), codec=st.sampled_from(["", "utf-8", "gb18030"]))
@pytest.mark.parametrize("bodies", [True, False])
def test_a_message_is_shown_as_it_was(
    cipher: KeyedFieldCipher, bodies: bool, keys: list[str], body: bytes, codec: str
) -> None:
    cover = Cover(cipher, keys=True, bodies=bodies)
    plain = NewMessage(1, "hl7v2 ADT^A01", body, codec, "HIS", tuple(keys))
    hidden = cover.hide(plain, AT)
    assert hidden.codec == (BODY_MARK if bodies else KEYS_MARK) + codec
    assert cover.show(recorded(hidden)) == recorded(plain)
    entry = Entry(1, 42, NOW, 1, plain.kind, hidden.codec, "HIS", tuple(hidden.keys), 0, None,
                  len(hidden.body), tombstone=False)  # fmt: skip
    shown = cover.show_entry(entry)
    assert (shown.keys, shown.codec, shown.size_bytes) == (tuple(keys), codec, len(body))
    for key in keys:
        assert hidden.keys[keys.index(key)] in cover.forms_of_key(key)


def test_authority_letter_and_control_id_stay_and_the_patient_does_not() -> None:
    cover = Cover(CIPHERS[0], keys=True)
    hidden = cover.hide(
        NewMessage(1, "x", b"", keys=("c:77", "p:4711^HIS", "w:4711", "u:li.na")), AT
    )
    assert hidden.keys[0] == "c:77"
    assert hidden.keys[1].endswith("^HIS")
    assert hidden.keys[1][2:].partition("^")[0] == hidden.keys[2][2:]
    assert hidden.keys[3] == "u:li.na"
    assert "4711" not in "".join(hidden.keys)


def test_what_was_plain_stays_readable_and_what_is_hidden_needs_the_key() -> None:
    cover = Cover(CIPHERS[0], keys=True, bodies=True)
    plain = NewMessage(1, "x", b"MSH", "utf-8", keys=("p:4711^HIS",))
    assert cover.show(recorded(plain)) == recorded(plain)
    hidden = cover.hide(plain, AT)
    with pytest.raises(HiddenHere):
        PLAIN.show(recorded(hidden))
    off = Cover(CIPHERS[0])
    assert off.show(recorded(hidden)) == recorded(plain)
    assert off.hide(plain, AT) == plain


def test_a_tombstone_is_read_as_it_lies() -> None:
    cover = Cover(CIPHERS[0], keys=True, bodies=True)
    hidden = cover.hide(NewMessage(1, "x", b"MSH", "utf-8", keys=("p:4711",)), AT)
    erased = recorded(hidden._replace(body=b'{"sha256": ""}'), tombstone=True)
    shown = cover.show(erased)
    assert (shown.body, shown.keys, shown.codec) == (b'{"sha256": ""}', ("p:4711",), "utf-8")
    assert cover.show(cover.hide(shown, AT)) == shown


def test_a_search_looks_for_every_form_and_lacks_all_of_them() -> None:
    cover = Cover(CIPHERS[0], keys=True)
    searches = cover.forms_of_wanted(Wanted(keys=("w:4711^HIS", "u:li.na"), lacks=("w:13",)))
    assert [len(one.keys) for one in searches] == [2, 2, 2]
    assert {tuple(one.keys)[1] for one in searches} == {"u:li.na"}
    assert {next(iter(one.keys)) for one in searches} == set(cover.forms_of_key("w:4711^HIS"))
    assert {tuple(one.lacks) for one in searches} == {tuple(cover.forms_of_key("w:13"))}
    assert cover.forms_of_wanted(Wanted(kind="act *")) == [Wanted(kind="act *")]
    assert len(cover.forms_of_wanted(Wanted(text="4711^HIS"))) == 3
    assert cover.forms_of_wanted(Wanted(keys=("u:li.na",))) == [Wanted(keys=("u:li.na",))]
    assert PLAIN.forms_of_wanted(Wanted(text="4711")) == [Wanted(text="4711")]
