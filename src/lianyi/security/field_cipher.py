"""Field encryption: identifiers hidden so that they can still be found, bodies so that they cannot.

*Identifiers* are encrypted deterministically, by one of two constructions:

- AES-SIV with 512 bits of key (RFC 5297). The tag over the plain text is the nonce, so equal texts
  give equal results and nothing else leaks but the length.
- SM4-GCM with a synthetic nonce: the first 96 bits of HMAC-SM3 over the plain text, under a key of
  its own, are the nonce of SM4-GCM. Equal texts have equal nonces and equal results; two different
  texts share a nonce by chance only (about 2^-33 for 2^32 of them), and then their tags still
  differ. On opening, the nonce is computed again and compared. There is no standard for SIV with
  SM4; this is the same idea, made of parts that GB/T 32905 and GB/T 32907 give.

What both leak on purpose is *equality*: whoever reads the table sees which rows have the same
identifier, and how often. He who can also make the platform store a text of his choice can test a
guess. Without that, and without the key, a guess cannot be tested.

*Bodies* are encrypted with AES-256-GCM or SM4-GCM under a random nonce and a key derived for each
segment of the log, so that no key meets more nonces than a segment has messages (SP 800-38D, 8.3).
The position is authenticated: a body that was moved does not open.

Sources:
    RFC 5297; RFC 8998; NIST SP 800-38D; GB/T 32905, GB/T 32907.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import constant_time, hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from lianyi.messagelog.message import Position
from lianyi.messagelog.segments import segment_of
from lianyi.security.keyring import Root
from lianyi.security.vault import SealBroken, Suites

NONCE, TAG = 12, 16
REMEMBERED_VALUES = 65_536
"""One patient has many messages in a row: his identifiers are hidden and shown once."""

_PURPOSE = b"lianyi identifier"


class KeyedFieldCipher:
    """Hides with one key; what another suite of the same key has hidden is shown, too."""

    overhead_bytes = 1 + NONCE + TAG

    def __init__(self, root: Root, suite: Suites) -> None:
        self._suite = suite
        self._hiders = {one: _hider(root, one) for one in Suites}
        self._body_key = lru_cache(maxsize=256)(
            lambda one, shard, segment: root.derive(
                f"field body {one.value.name} {shard} {segment}",
                one.value.key_bytes,
                one.value.digest,
            )
        )
        self.hide: Callable[[str], str] = lru_cache(maxsize=REMEMBERED_VALUES)(self._hide)
        self.show: Callable[[str], str | None] = lru_cache(maxsize=REMEMBERED_VALUES)(self._show)

    def _hide(self, text: str) -> str:
        return self._hidden(text, self._suite)

    def _hidden(self, text: str, suite: Suites) -> str:
        encrypt, _ = self._hiders[suite]
        sealed = encrypt(text.encode("utf-8", "surrogatepass"))
        return f"~{suite.value.number}~{urlsafe_b64encode(sealed).rstrip(b'=').decode()}"

    def forms(self, text: str) -> list[str]:
        """Return how a text lies, whichever suite was in use."""
        return [self._hidden(text, suite) for suite in Suites]

    def _show(self, hidden: str) -> str | None:
        for suite in Suites:
            if hidden.startswith(f"~{suite.value.number}~"):
                body = hidden[3:]
                try:
                    sealed = urlsafe_b64decode(body + "=" * (-len(body) % 4))
                    return self._hiders[suite][1](sealed).decode("utf-8", "surrogatepass")
                except (InvalidTag, ValueError):
                    return None  # somebody's identifier looks like it, or it was changed
        return None

    def seal(self, body: bytes, at: Position) -> bytes:
        """Return a body that opens at one position only."""
        suite, nonce = self._suite, secrets.token_bytes(NONCE)
        key = self._body_key(suite, at.shard, segment_of(at.number))
        head = bytes([suite.value.number])
        if suite is Suites.AES:
            return head + nonce + AESGCM(key).encrypt(nonce, body, str(at).encode())
        return head + nonce + _sm4_encrypt(key, nonce, body, str(at).encode())

    def open(self, sealed: bytes, at: Position) -> bytes:
        """Return the body again.

        Raises:
            SealBroken: it was changed, cut, or belongs to another position or another key.
        """
        suite = next((one for one in Suites if sealed[:1] == bytes([one.value.number])), None)
        if suite is None or len(sealed) < self.overhead_bytes:
            raise SealBroken(where=str(at))
        nonce, body = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
        key = self._body_key(suite, at.shard, segment_of(at.number))
        try:
            if suite is Suites.AES:
                return AESGCM(key).decrypt(nonce, body, str(at).encode())
            return _sm4_decrypt(key, nonce, body, str(at).encode())
        except InvalidTag as error:
            raise SealBroken(where=str(at)) from error


def _hider(root: Root, suite: Suites) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """Return what encrypts identifiers deterministically, and what decrypts them."""
    if suite is Suites.AES:
        siv = AESSIV(root.derive("field aes-siv", 64, hashes.SHA256()))
        return (
            lambda text: siv.encrypt(text, [_PURPOSE]),
            lambda sealed: siv.decrypt(sealed, [_PURPOSE]),
        )
    key = root.derive("field sm4-gcm", 16, hashes.SM3())
    nonce_key = root.derive("field sm4-gcm nonce", 32, hashes.SM3())

    def nonce_of(text: bytes) -> bytes:
        mac = hmac.HMAC(nonce_key, hashes.SM3())
        mac.update(text)
        return mac.finalize()[:NONCE]

    def encrypt(text: bytes) -> bytes:
        nonce = nonce_of(text)
        return nonce + _sm4_encrypt(key, nonce, text, _PURPOSE)

    def decrypt(sealed: bytes) -> bytes:
        nonce = sealed[:NONCE]
        text = _sm4_decrypt(key, nonce, sealed[NONCE:], _PURPOSE)
        if not constant_time.bytes_eq(nonce, nonce_of(text)):
            raise InvalidTag
        return text

    return encrypt, decrypt


def _sm4_encrypt(key: bytes, nonce: bytes, value: bytes, bound: bytes) -> bytes:
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(bound)
    return cipher.update(value) + cipher.finalize() + cipher.tag


def _sm4_decrypt(key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    if len(nonce) != NONCE or len(sealed) < TAG:
        raise InvalidTag
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-TAG:])).decryptor()
    cipher.authenticate_additional_data(bound)
    return cipher.update(sealed[:-TAG]) + cipher.finalize()
