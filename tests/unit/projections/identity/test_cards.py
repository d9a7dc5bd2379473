"""Cards: which count, which are keys, and what is no card number at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projections.identity.people import citizen

from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.carding.service import with_card
from lianyi.projections.identity.cards import (
    CARDS,
    CardState,
    is_known_by,
    looks_like_token,
    state_of,
    without_tokens,
)
from lianyi.projections.identity.feeds import desk
from lianyi.projections.identity.folding import Saying, fold
from lianyi.projections.identity.problems import TokenInPlaceOfNumber
from lianyi.projections.identity.registration import Identifier, IdKind, Name, Registration
from lianyi.projections.identity.statements import Registered
from lianyi.projections.identity.traits import read_registration

HEX = "7E5B" * 16
START = datetime(2026, 3, 1, tzinfo=UTC)
TOKENS = [
    (IdKind.E_HEALTH_CARD, f"{HEX}:1:20260301081500:8F3A"),
    (IdKind.E_HEALTH_CARD, "https://ehc.example.org/q?c=8843"),
    (IdKind.INSURANCE, "2800015412987326154129873261"),
    (IdKind.INSURANCE, "eyJhbGciOiJTTTIifQ.eyJlYyI6IjEifQ.c2lnbmF0dXJl"),
    (IdKind.HOSPITAL_CARD, "x" * 65),
    (IdKind.OTHER, "https://pay.example.org/abc"),
]
NUMBERS = [
    (IdKind.E_HEALTH_CARD, HEX),
    (IdKind.HEALTH_CARD, "310115198003150018"),
    (IdKind.INSURANCE, "3101150018"),
    (IdKind.SOCIAL_SECURITY, "A12345678"),
    (IdKind.HOSPITAL_CARD, "0000551200"),
    (IdKind.CITIZEN, "31011519800315001X"),
    (IdKind.OTHER, "DX-2026/0815"),
]


@pytest.mark.parametrize(("kind", "value"), TOKENS)
def test_a_code_is_no_number(kind: IdKind, value: str) -> None:
    said = Registration("HIS", "1", identifiers=(citizen(), Identifier(kind, value)))
    assert looks_like_token(said.identifiers[1])
    assert without_tokens(said).identifiers == (citizen(),)
    with pytest.raises(TokenInPlaceOfNumber) as refused:
        desk.write(said, channel=1, actor="a")
    assert value not in str(refused.value)
    shown = Identifier(IdKind.HOSPITAL_CARD, "5512", replaced_by=value)
    if kind in CARDS:
        with pytest.raises(TokenInPlaceOfNumber):
            desk.refuse_tokens(Registration("HIS", "1", identifiers=(shown,)))


@pytest.mark.parametrize(("kind", "value"), NUMBERS)
def test_a_number_is_no_code(kind: IdKind, value: str) -> None:
    said = Registration("HIS", "1", identifiers=(Identifier(kind, value),))
    assert not looks_like_token(said.identifiers[0])
    assert without_tokens(said) is said
    desk.refuse_tokens(said)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("", "active"), ("active", "active"), ("正常", "active"), ("挂失", "lost"),
        ("LOST", "lost"), (" 已注销 ", "cancelled"), ("已换卡", "replaced"), ("old", "old"),
        ("过期", "expired"),
    ],
)  # fmt: skip
def test_what_senders_call_a_card_that_counts_no_more(status: str, state: str) -> None:
    assert state_of(Identifier(IdKind.HOSPITAL_CARD, "1", status=status)) is CardState(state)


@pytest.mark.parametrize("kind", CARDS)
@pytest.mark.parametrize("status", ["lost", "cancelled", "replaced"])
def test_a_card_that_is_gone_is_no_key(kind: IdKind, status: str) -> None:
    card = Identifier(kind, "55120077", "HIS")
    gone = Identifier(kind, "55120077", "HIS", status)
    found = [
        set(blocking_keys(read_registration(Registration("HIS", "1", identifiers=(one,)))))
        for one in (card, gone)
    ]
    assert (len(found[0]), found[1]) == (1, set())
    traits = read_registration(Registration("HIS", "1", (Name("王小明"),), identifiers=(gone,)))
    assert traits.ids == ()


def test_who_lost_the_card_of_his_identity_keeps_his_number() -> None:
    lost = Identifier(IdKind.CITIZEN, citizen().value, status="lost")
    assert is_known_by(lost)
    assert len(read_registration(Registration("HIS", "1", identifiers=(lost,))).ids) == 1


def saying(day: int, *cards: Identifier) -> Saying:
    at = START + timedelta(days=day)
    return Saying(Registered(Registration("HIS", "1", identifiers=cards), at, "A08"), at, at)


OLD, NEW = (Identifier(IdKind.HOSPITAL_CARD, value, "HIS") for value in ("5512", "5513"))
LOST = Identifier(IdKind.HOSPITAL_CARD, "5512", "HIS", "lost", replaced_by="5513")


def test_a_card_stays_lost_until_somebody_says_otherwise() -> None:
    said = [saying(0, OLD), saying(1, LOST), saying(2, OLD)]
    (card,) = fold(said).registration.identifiers
    assert (state_of(card), card.replaced_by) == (CardState.LOST, "5513")
    again = Identifier(IdKind.HOSPITAL_CARD, "5512", "HIS", "active", date(2027, 1, 1))
    (card,) = fold([*said, saying(3, again)]).registration.identifiers
    assert (state_of(card), card.replaced_by) == (CardState.ACTIVE, "")
    assert card.valid_until == date(2027, 1, 1)


@given(st.permutations([0, 1, 2, 3]))
def test_the_order_of_what_is_said_of_cards_is_no_matter(order: list[int]) -> None:
    said = [saying(0, OLD), saying(1, LOST, NEW), saying(2, OLD), saying(3, NEW)]
    assert fold([said[place] for place in order]) == fold(said)


def test_what_is_said_of_one_card_leaves_the_others() -> None:
    other = Identifier(IdKind.HOSPITAL_CARD, "9", "LIS")
    record = fold([saying(0, OLD, other, citizen())])
    cards = with_card(record, LOST)
    assert [(one.value, one.status) for one in cards] == [("5512", "lost"), ("5513", "active")]
    after = fold([saying(0, OLD, other, citizen()), saying(1, *cards)])
    standing = [(one.value, one.status) for one in after.registration.identifiers]
    assert sorted(standing) == sorted(
        [("5512", "lost"), ("5513", "active"), ("9", ""), (citizen().value, "")]
    )
