"""What a simulated receiver remembers: counts, duplicates, and messages out of order."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from typing import TypeVar

from lianyi.simulate.wire import Header

K = TypeVar("K")
V = TypeVar("V")

REMEMBERED_MAX = 200_000


class Ledger:
    """Counts what arrives. Remembers the last 200,000 messages and patients, then forgets.

    Attributes:
        counts: ``received`` (everything), ``first`` (seen for the first time), ``repeats`` (again,
            not acknowledged before), ``duplicates`` (again, though it was acknowledged with AA),
            ``changed`` (same control id, other bytes), ``out_of_order`` (older than the patient's
            last of the same sender and message code), ``AA AE AR`` (answers given).
        kinds: first sights by trigger event.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self._seen: OrderedDict[tuple[bytes, bytes], tuple[bytes, bool]] = OrderedDict()
        self._latest: OrderedDict[tuple[bytes, bytes, bytes], bytes] = OrderedDict()

    def note_arrival(self, header: Header, body: bytes) -> None:
        """Count one message before anything is answered."""
        self.counts["received"] += 1
        key, digest = (header.application, header.control_id), hashlib.sha256(body).digest()
        known = self._seen.get(key)
        if known is None or not header.control_id:
            self._note_first(header)
            self._remember(key, digest, acknowledged=False)
        elif known[0] != digest:
            self.counts["changed"] += 1
            self._remember(key, digest, acknowledged=False)
        else:
            self.counts["duplicates" if known[1] else "repeats"] += 1

    def note_answer(self, header: Header, code: str) -> None:
        """Count one answer that really went out."""
        self.counts[code] += 1
        key = header.application, header.control_id
        if code == "AA" and key in self._seen:
            self._remember(key, self._seen[key][0], acknowledged=True)

    def report(self) -> dict[str, object]:
        """Return all counts for a person or a test."""
        return {**self.counts, "kinds": dict(self.kinds)}

    def _note_first(self, header: Header) -> None:
        self.counts["first"] += 1
        kind = b"^".join(header.kind.split(b"^")[:2])
        self.kinds[kind.decode("ascii", "replace")] += 1
        if not header.patient:
            return
        key = header.application, kind.partition(b"^")[0], header.patient
        if header.at < self._latest.get(key, b""):
            self.counts["out_of_order"] += 1
        else:
            self._latest[key] = header.at
            self._latest.move_to_end(key)
            _forget(self._latest)

    def _remember(self, key: tuple[bytes, bytes], digest: bytes, *, acknowledged: bool) -> None:
        self._seen[key] = digest, acknowledged
        self._seen.move_to_end(key)
        _forget(self._seen)


def _forget(remembered: OrderedDict[K, V]) -> None:
    if len(remembered) > REMEMBERED_MAX:
        remembered.popitem(last=False)
