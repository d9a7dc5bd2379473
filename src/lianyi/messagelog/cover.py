"""How messages lie in a store that must not show whose they are: the one place that hides them.

In memory a message is always plain. It is hidden on its way into a table or a file, and shown on
its way out, so the chain, which is made over the plain message, and everybody who reads the log
know nothing of it. What is hidden:

- of a key that names a person or his care, the value; letter and authority stay: ``p:4711^HIS``
  lies as ``p:~1~…^HIS``. The same value always gives the same text, so keys are found, compared
  and indexed as before. Whoever reads the table learns which rows have the same value, no more.
- of a message, the body, where that is wanted: the same body never lies in the same form.

The codec of a hidden message begins with a mark, so old rows and new ones can stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog.message import LogMessage, NewMessage, Position
from lianyi.messagelog.search import Entry, Wanted

HIDDEN_LETTERS = frozenset("peoaw")
"""Patient, encounter, order, accession, and whose data an act was about."""
KEYS_MARK, BODY_MARK = "hidden-keys ", "hidden "
"""Stand before the codec: of a message whose keys are hidden, and whose body is hidden, too."""

M = TypeVar("M", NewMessage, LogMessage)


class HiddenHere(LianyiError):
    """A message lies hidden, and this process does not have the key."""

    code = "LY-1311"
    category = Category.INTERNAL
    en = Told(
        "this message lies encrypted, and its key is not here",
        "field encryption was in use, and this process has no field key",
        "restore the file 'field-keys.json' of this installation",
    )
    zh = Told(
        "该消息已加密，而此处没有密钥",
        "曾启用字段加密，而本进程没有字段密钥",
        "恢复本套安装的 field-keys.json 文件",
    )


class FieldCipher(Protocol):
    """Hides and shows; :mod:`lianyi.security.field_cipher` says how."""

    overhead_bytes: int
    """By how much a hidden body is longer."""

    def hide(self, text: str) -> str:
        """Return a text that stands for another: the same for the same, without ``^``."""
        ...

    def forms(self, text: str) -> Sequence[str]:
        """Return every form in which a text may lie hidden."""
        ...

    def show(self, hidden: str) -> str | None:
        """Return the text again; None when this was never hidden."""
        ...

    def seal(self, body: bytes, at: Position) -> bytes:
        """Return a body that opens at one position only."""
        ...

    def open(self, sealed: bytes, at: Position) -> bytes:
        """Return the body again.

        Raises:
            LianyiError: it was changed, or belongs elsewhere.
        """
        ...


class Cover:
    """Hides what goes into a store, as far as the installation wants it, and shows what it finds.

    Attributes:
        keys: whether keys of new messages are hidden.
        bodies: whether bodies are.
    """

    def __init__(
        self, cipher: FieldCipher | None = None, *, keys: bool = False, bodies: bool = False
    ) -> None:
        self._cipher = cipher
        self.keys = keys and cipher is not None
        self.bodies = bodies and self.keys

    @property
    def overhead_bytes(self) -> int:
        """By how much a hidden body is longer than the plain one."""
        return self._cipher.overhead_bytes if self._cipher else 0

    # ---- messages ------------------------------------------------------------------------------

    def hide(self, message: M, at: Position) -> M:
        """Return a message as it lies in a store; ``at`` is its position."""
        if not self.keys or self._cipher is None:
            return message
        erased = isinstance(message, LogMessage) and message.tombstone
        mark = BODY_MARK if self.bodies else KEYS_MARK
        body = message.body
        if self.bodies and not erased:
            body = self._cipher.seal(body, at)
        keys = tuple(self._hide_key(key) for key in message.keys)
        return message._replace(keys=keys, body=body, codec=mark + message.codec)

    def show(self, message: LogMessage) -> LogMessage:
        """Return the message that lies hidden, or plainly.

        Raises:
            HiddenHere: it is hidden, and there is no key.
            LianyiError: its body was changed, or belongs elsewhere.
        """
        mark = _mark_of(message.codec)
        if not mark:
            return message
        cipher = self._need(message.position)
        body = message.body
        if mark == BODY_MARK and not message.tombstone:
            body = cipher.open(body, message.position)
        return message._replace(
            keys=self.show_keys(message.keys), body=body, codec=message.codec.removeprefix(mark)
        )

    def show_entry(self, entry: Entry) -> Entry:
        """Return the line of a message that lies hidden, or plainly.

        Raises:
            HiddenHere: it is hidden, and there is no key.
        """
        mark = _mark_of(entry.codec)
        if not mark:
            return entry
        cipher = self._need(entry.position)
        longer = cipher.overhead_bytes if mark == BODY_MARK and not entry.tombstone else 0
        return entry._replace(
            keys=self.show_keys(entry.keys),
            codec=entry.codec.removeprefix(mark),
            size_bytes=entry.size_bytes - longer,
        )

    def show_keys(self, keys: Sequence[str]) -> tuple[str, ...]:
        """Return the keys of a message that lies hidden."""
        return tuple(self._show_key(key) for key in keys)

    def show_names(self, codec: str, keys: Sequence[str]) -> tuple[str, Sequence[str]]:
        """Return codec and keys of a message that lies hidden, or plainly."""
        mark = _mark_of(codec)
        return (codec.removeprefix(mark), self.show_keys(keys)) if mark else (codec, keys)

    def show_body(self, codec: str, body: bytes, at: Position) -> bytes:
        """Return the body of a message that is no tombstone.

        Args:
            codec: as it lies in the store, with its mark.
            body: as it lies there.
            at: its position.
        """
        return self._need(at).open(body, at) if _mark_of(codec) == BODY_MARK else body

    # ---- searching -----------------------------------------------------------------------------

    def forms_of(self, value: str) -> list[str]:
        """Return every form in which a key may lie; ``4711^HIS``, with or without authority."""
        value, caret, authority = value.partition("^")
        forms = self._cipher.forms(value) if self._cipher and value else ()
        return [one + caret + authority for one in (value, *forms)]

    def forms_of_key(self, key: str) -> list[str]:
        """Return every form in which a key with its letter may lie."""
        if key[:1] not in HIDDEN_LETTERS:
            return [key]
        return [key[:2] + form for form in self.forms_of(key[2:])]

    def forms_of_wanted(self, wanted: Wanted) -> list[Wanted]:
        """Return the searches that together find a message however it lies."""
        if self._cipher is None or not (wanted.text or wanted.keys or wanted.lacks):
            return [wanted]
        texts = self.forms_of(wanted.text)
        keys = [self.forms_of_key(key) for key in wanted.keys]
        lacks = [form for key in wanted.lacks for form in self.forms_of_key(key)]
        count = max(map(len, [texts, *keys]))
        searches = [
            wanted._replace(
                text=texts[min(form, len(texts) - 1)],
                keys=tuple(forms[min(form, len(forms) - 1)] for forms in keys),
                lacks=tuple(lacks),
            )
            for form in range(count)
        ]
        return [one for place, one in enumerate(searches) if one not in searches[:place]]

    # ---- order keys ----------------------------------------------------------------------------

    def hide_text(self, text: str) -> str:
        """Return a whole text as it lies in a store."""
        return self._cipher.hide(text) if self.keys and self._cipher and text else text

    def forms_of_text(self, text: str) -> list[str]:
        """Return every form in which a whole text may lie."""
        return [text, *(self._cipher.forms(text) if self._cipher and text else ())]

    def show_text(self, hidden: str) -> str:
        """Return a text that lies hidden, or plainly."""
        shown = self._cipher.show(hidden) if self._cipher else None
        return hidden if shown is None else shown

    def hide_filter(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a search is restricted to, with its key as it lies in a store."""
        return {**wanted, "key": self.hide_text(wanted["key"])} if wanted.get("key") else {**wanted}

    def show_filter(self, hidden: Mapping[str, Any]) -> dict[str, Any]:
        """Return what :meth:`hide_filter` hid."""
        return {**hidden, "key": self.show_text(hidden["key"])} if hidden.get("key") else {**hidden}

    # ---- keys ----------------------------------------------------------------------------------

    def _hide_key(self, key: str) -> str:
        if key[:1] not in HIDDEN_LETTERS or self._cipher is None:
            return key
        value, caret, authority = key[2:].partition("^")
        return key[:2] + (self._cipher.hide(value) if value else "") + caret + authority

    def _show_key(self, key: str) -> str:
        if key[:1] not in HIDDEN_LETTERS:
            return key
        value, caret, authority = key[2:].partition("^")
        return key[:2] + self.show_text(value) + caret + authority

    def _need(self, at: Position) -> FieldCipher:
        if self._cipher is None:
            raise HiddenHere(where=str(at))
        return self._cipher


PLAIN = Cover()
"""Hides nothing."""


def _mark_of(codec: str) -> str:
    """Return the mark with which the codec of a hidden message begins; empty for a plain one."""
    if not codec.startswith("hidden"):
        return ""
    return next((mark for mark in (KEYS_MARK, BODY_MARK) if codec.startswith(mark)), "")
