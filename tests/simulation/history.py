"""What happened in one run, and the rules that every history of deliveries keeps.

The rules are checked at every commit of the store and at every message that reaches a receiver, so
that a run stops at the first step that breaks one.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from lianyi.channels.delivering import ExceptionState
from lianyi.channels.keeping import OVERDUE_SECONDS, SAVE_SECONDS

OPEN = {
    ExceptionState.WAITING,
    ExceptionState.PARKED,
    ExceptionState.BEHIND,
    ExceptionState.RESEND,
}


class Broken(AssertionError):
    """A promise was not kept."""


@dataclass
class Told:
    """What is known of one message before anybody delivers it."""

    number: int
    key: str
    wanted: bool
    held: bool = False
    dropped: bool = False


@dataclass
class Trace:
    """Every event in order; equal hashes mean equal runs."""

    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    events: list[str] = field(default_factory=list)
    broken: Broken | None = None

    def note(self, at: float, *what: object) -> None:
        line = f"{at:.6f} {' '.join(map(str, what))}"
        self.events.append(line)
        self.digest.update(line.encode() + b"\n")


class Ledger:
    """What one receiver got and what one store kept, checked as it happens."""

    def __init__(self, name: str, messages: dict[int, Told], trace: Trace, lanes: int) -> None:
        self.name = name
        self.lanes = lanes
        self.messages = messages
        self.trace = trace
        self.acked: dict[int, float] = {}
        self.attempted: set[int] = set()
        self.kept: set[int] = set()
        self.kept_when_loaded: set[int] = set()
        self.acked_when_loaded: set[int] = set()
        self.settled: set[int] = set()
        self.excepted: set[int] = set()
        self.keyed: dict[str, list[int]] = defaultdict(list)
        self.repeats_after_crash = 0
        self.confirmed_since = self.confirmed_at = 0.0
        self.trouble_seen: float | None = None
        self.saving_since: float | None = None
        self.process = 0
        self.acked_here: dict[int, float] = {}

    def fail(self, what: str) -> None:
        """Say that a promise was not kept; whoever swallows it, the run ends with it."""
        self.trace.broken = self.trace.broken or Broken(f"{self.name}: {what}")
        raise self.trace.broken

    def expect(self, told: Told) -> None:
        """A message has come in that this destination will read."""
        self.messages[told.number] = told
        if told.key and told.wanted and not told.held and not told.dropped:
            self.keyed[told.key].append(told.number)

    def save_begins(self, at: float, *, process: int) -> None:
        """A transaction begins."""
        if process == self.process:
            self.saving_since = at

    def store_failed(self, at: float, *, process: int) -> None:
        """A commit failed, or its confirmation did."""
        self.trace.note(at, self.name, "store failed", process)
        if process == self.process and self.saving_since is not None:
            if self.trouble_seen is None:
                self.trouble_seen = min(at, self.saving_since + OVERDUE_SECONDS)
            self.saving_since = None

    def store_works(self, at: float, *, process: int) -> None:
        """A commit was confirmed."""
        if process == self.process and self.saving_since is not None:
            self.confirmed_since, self.confirmed_at = self.saving_since, at
            self.trouble_seen = self.saving_since = None

    # --- at the receiver --------------------------------------------------------------------

    def attempt(self, number: int, at: float, *, process: int) -> None:
        """A message leaves for the receiver."""
        self.trace.note(at, self.name, "attempt", number, process)
        if process != self.process:
            return  # it has lost its lease and does not know yet: at most until its next save
        told = self.messages[number]
        if not told.wanted or told.dropped:
            self.fail(f"{number} was sent and is not wanted")
        if number in self.settled:
            self.fail(f"{number} was sent after a person had dismissed it")
        if number in self.acked:
            self._repeat(number)
        elif number not in self.attempted:
            self._first_attempt(told)
        self.attempted.add(number)

    def _repeat(self, number: int) -> None:
        """Only a crash that came before the receipt was kept may repeat a delivery."""
        if number in self.kept_when_loaded or number not in self.acked_when_loaded:
            self.fail(f"{number} was delivered twice without need")
        self.repeats_after_crash += 1

    def _first_attempt(self, told: Told) -> None:
        if told.held:
            return  # a person let it go, out of its turn
        for before in self.keyed[told.key]:
            if before < told.number and before not in self.acked and before not in self.settled:
                self.fail(f"{told.number} overtook {before} of the same key")

    def ack(self, number: int, at: float, *, process: int) -> None:
        """The receiver's AA has reached us."""
        self.acked.setdefault(number, at)
        if process == self.process:
            self.acked_here.setdefault(number, at)
        else:
            self.acked_when_loaded.add(number)  # the new owner does not know of it
        self.trace.note(at, self.name, "acked", number)

    def begins(self, process: int) -> None:
        """A worker of a process begins; what others do from now on they do without a lease."""
        self.process = process
        self.acked_here.clear()
        self.confirmed_since = self.confirmed_at = 0.0
        self.trouble_seen = self.saving_since = None

    # --- at the store -----------------------------------------------------------------------

    def loaded(self, at: float) -> None:
        """A worker begins from what the store has kept."""
        self.kept_when_loaded = set(self.kept)
        self.acked_when_loaded = set(self.acked)
        self.trace.note(at, self.name, "loaded")

    def crashed(self, at: float, *, slowest_save: float) -> None:
        """Nothing that was acknowledged long ago may still be unkept."""
        unkept = {
            number: when for number, when in self.acked_here.items() if number not in self.kept
        }
        overdue = self.saving_since + OVERDUE_SECONDS if self.saving_since is not None else at
        seen = min(self.trouble_seen or at, overdue)
        window = SAVE_SECONDS + 3 * slowest_save + 0.01
        idle = (
            self.saving_since is None
            and self.trouble_seen is None
            and self.confirmed_at < at - window
        )
        limit = at - window if idle else self.confirmed_since
        old = [number for number, when in unkept.items() if when < limit]
        if old:
            self.fail(f"{old} were delivered long before the crash and not kept")
        late = [number for number, when in unkept.items() if when > seen]
        if len(late) > self.lanes:
            self.fail("went on delivering what the store could not keep")

    def kept_now(
        self,
        position: int,
        before: int,
        counts: dict[str, int],
        states: dict[int, ExceptionState],
        end: int,
    ) -> None:
        """A transaction has committed."""
        if position < before:
            self.fail(f"the position went back from {before} to {position}")
        if position > end:
            self.fail(f"the position {position} is beyond the end {end}")
        for number in range(before + 1, position + 1):
            told = self.messages.get(number)
            if told is None or not told.wanted or told.held or told.dropped:
                continue
            if number not in self.kept and number not in states and number not in self.settled:
                self.fail(f"the position passed {number}, which is nowhere")
        self._check_counts(position, counts)

    def _check_counts(self, position: int, counts: dict[str, int]) -> None:
        expected: Counter[str] = Counter()
        for number, told in self.messages.items():
            excepted = number in self.excepted and not told.held
            recorded = not told.held and (excepted or number in self.kept)
            if number > position and not recorded:
                continue
            expected["passed"] += 1
            if told.held:
                expected["held"] += 1
            elif not told.wanted or told.dropped:
                expected["filtered"] += 1
        expected["delivered"] = len(self.kept)
        for name in ("passed", "held", "filtered", "delivered"):
            if counts.get(name, 0) != expected[name]:
                self.fail(f"counts {name}={counts.get(name, 0)}, true is {expected[name]}")
        # An exception that was over before it could be kept has no row, and was one all the same.
        excepted = len({number for number in self.excepted if not self.messages[number].held})
        if not excepted <= counts.get("excepted", 0) <= excepted + len(self.kept):
            self.fail(f"counts excepted={counts.get('excepted', 0)}, true is {excepted} or more")

    # --- at the end -------------------------------------------------------------------------

    def finished(self, position: int, states: dict[int, ExceptionState], end: int) -> None:
        """Everybody had time enough: nothing may be on its way any more."""
        if position != end:
            raise Broken(f"{self.name}: stands at {position} of {end} and does not go on")
        parked_keys = {
            self.messages[number].key
            for number, state in states.items()
            if state is ExceptionState.PARKED
        }
        for number, state in states.items():
            told = self.messages[number]
            if state in (ExceptionState.WAITING, ExceptionState.RESEND) or (
                state is ExceptionState.BEHIND and told.key not in parked_keys
            ):
                raise Broken(f"{self.name}: {number} is {state} for ever")
        for number, told in self.messages.items():
            visible = states.get(number) in OPEN
            wanted = told.wanted and not told.held and not told.dropped
            if wanted and number not in self.acked and number not in self.settled and not visible:
                raise Broken(f"{self.name}: {number} is lost")
        # A receiver may take a message, and refuse the repeat that a crash made necessary.
        known = {number for number, state in states.items() if state in OPEN} | self.settled
        differ = sorted((set(self.acked) - known) ^ (self.kept - known))
        if differ:
            raise Broken(f"{self.name}: receipts and deliveries differ in {differ}")
