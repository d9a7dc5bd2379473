"""What every feed checks before it hands a registration on, and whom it takes for the source."""

from __future__ import annotations

from collections.abc import Iterator

from lianyi.messagelog.message import LogMessage, is_storable, storable_text
from lianyi.projections.identity.cards import without_tokens
from lianyi.projections.identity.feeds.problems import NamesNoPatient, unreadable
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.statements import RecordKey

KEY_CHARACTERS_MAX = 100
"""Of a patient identifier, and of its authority: no index could hold more."""
TEXT_CHARACTERS_MAX = 1_000
"""Of any other text."""
VALUES_MAX = 100
"""Of names, identifiers, telephones or addresses of one record: more are not a person's."""
RECORDS_MAX = 10_000
"""In one message."""


def sender_of(message: LogMessage) -> str:
    """Return who assigns an identifier that names no authority: the sender, as the log has it."""
    return storable_text(message.sender).strip() or f"channel-{message.channel}"


def checked_key(key: RecordKey, where: str) -> RecordKey:
    """Return a key that every index can hold.

    Raises:
        NamesNoPatient: a part is empty.
        UnreadableRegistration: a part is too long.
    """
    if not all(part.strip() for part in key):
        raise NamesNoPatient(where=where)
    if max(map(len, key)) > KEY_CHARACTERS_MAX:
        raise unreadable(
            where,
            f"the patient identifier is longer than {KEY_CHARACTERS_MAX} characters",
            f"患者标识超过 {KEY_CHARACTERS_MAX} 个字符",
        )
    return key


def checked(registration: Registration, where: str) -> Registration:
    """Return a registration that every store can hold, without codes that are no numbers.

    Raises:
        NamesNoPatient: it has no identifier or no source.
        UnreadableRegistration: a text is too long, there are too many values, or a text is none.
    """
    checked_key(registration.key, where)
    lists = (
        registration.names,
        registration.identifiers,
        registration.phones,
        registration.addresses,
    )
    if max(map(len, lists)) > VALUES_MAX:
        raise unreadable(
            where,
            f"it has more than {VALUES_MAX} names, numbers, telephones or addresses",
            f"姓名、号码、电话或地址超过 {VALUES_MAX} 个",
        )
    for text in _texts(registration):
        if len(text) > TEXT_CHARACTERS_MAX:
            raise unreadable(
                where,
                f"a text in it is longer than {TEXT_CHARACTERS_MAX} characters",
                f"其中有文字超过 {TEXT_CHARACTERS_MAX} 个字符",
            )
        if not text.isprintable() and not is_storable(text):
            raise unreadable(where, "a text in it is no text", "其中有不是文字的内容")
    return without_tokens(registration)


def _texts(said: Registration) -> Iterator[str]:
    yield from said.key
    yield from (said.sex, said.born, said.mother_name, *said.phones, *said.addresses)
    for name in said.names:
        yield from (name.text, name.use)
    for one in (*said.identifiers, *((said.mother,) if said.mother else ())):
        yield from (one.value, one.issuer, one.status, one.capture, one.replaced_by)
