"""All master data in memory, changed statement by statement, each as a whole or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from typing import Any

from lianyi.projections.masterdata.model import (
    MANAGEMENT,
    TREE,
    Description,
    Kind,
    Lineage,
    LinkKey,
    Loss,
    Proposal,
    Thing,
    object_kind,
    subject_kind,
)
from lianyi.projections.masterdata.sources import Sources
from lianyi.projections.masterdata.spans import Spans, on_day

_NONE: Spans = ()
NO_FILE = Sources()


class State:
    """What holds, and what changed since it was last written down.

    Attributes:
        existence: when each record exists.
        descriptions: what each is called and is, by first day.
        links: the links of each subject, by relation.
        lineage: which organisation came from which.
        losses: what was said of a record and does not hold.
        proposals: what people are asked about, and were, by what it is.
    """

    def __init__(self) -> None:
        self.existence: dict[Thing, Spans] = {}
        self.descriptions: dict[Thing, tuple[Description, ...]] = {}
        self.links: dict[LinkKey, Spans] = {}
        self.lineage: dict[str, tuple[Lineage, ...]] = {}
        self.losses: dict[Thing, tuple[Loss, ...]] = {}
        self.proposals: dict[str, Proposal] = {}
        self._rules: dict[str, Sources] = {}
        self.touched_proposals: set[str] = set()
        self.rules_touched = False
        self._leading_to: dict[Thing, set[LinkKey]] = defaultdict(set)
        self._relations: dict[Thing, set[str]] = defaultdict(set)
        self._undo: list[tuple[dict[Any, Any], Hashable, object]] = []
        self.touched: set[Thing | LinkKey | str] = set()

    # --- reading ----------------------------------------------------------------------------

    def exists(self, thing: Thing, day: date) -> bool:
        """Tell whether a record exists on a day."""
        return bool(on_day(self.existence.get(thing, _NONE), day))

    def description(self, thing: Thing, day: date) -> Description | None:
        """Return what a record is called on a day: the newest description by then."""
        found = None
        for description in self.descriptions.get(thing, ()):
            if description.valid_from <= day:
                found = description
        return found

    def links_of(self, thing: Thing) -> Iterator[LinkKey]:
        """Give the keys of the links that are about a record."""
        for relation in sorted(self._relations.get(thing, ())):
            yield LinkKey(relation, thing.code)

    def leading_to(self, thing: Thing) -> list[LinkKey]:
        """Return the keys of links some of which lead, or led, to a record."""
        return sorted(self._leading_to.get(thing, ()))

    def pairs(self, day: date, tree: str = MANAGEMENT) -> list[tuple[str, str | None]]:
        """Return every organisation of a day with its parent in a tree; None: it has none."""
        found: list[tuple[str, str | None]] = []
        for thing, spans in self.existence.items():
            if thing.kind is Kind.ORGANISATION and on_day(spans, day):
                parents = on_day(self.links.get(LinkKey(TREE + tree, thing.code), _NONE), day)
                found.append((thing.code, parents[0].object if parents else None))
        return sorted(found, key=lambda pair: pair[0])

    @property
    def sources(self) -> Sources:
        """The rules about who may say what."""
        return self._rules.get("", NO_FILE)

    # --- changing ---------------------------------------------------------------------------

    def set_existence(self, thing: Thing, spans: Spans) -> None:
        """Say when a record exists."""
        self._put(self.existence, thing, spans)
        self.touched.add(thing)

    def set_descriptions(self, thing: Thing, told: Iterable[Description]) -> None:
        """Say what a record is called, in the order of days."""
        self._put(self.descriptions, thing, tuple(told))
        self.touched.add(thing)

    def set_links(self, key: LinkKey, spans: Spans) -> None:
        """Say which links hold."""
        self._put(self.links, key, spans)
        self._index(key, spans)
        self.touched.add(key)

    def add_lineage(self, line: Lineage) -> None:
        """Say where an organisation came from."""
        lines = self.lineage.get(line.predecessor, ())
        if not any(one[:4] == line[:4] for one in lines):
            self._put(self.lineage, line.predecessor, tuple(sorted((*lines, line))))
            self.touched.add(line.predecessor)

    def set_sources(self, rules: Sources) -> None:
        """Say who may say what."""
        self._put(self._rules, "", rules)
        self.rules_touched = True

    def load_sources(self, rules: Sources) -> None:
        """Take the rules over from a store."""
        self._rules[""] = rules

    def lose(self, thing: Thing, loss: Loss) -> None:
        """Remember what does not hold: of each field and source the newest."""
        by = {(one.field, one.source): one for one in (*self.losses.get(thing, ()), loss)}
        self._put(self.losses, thing, tuple(by[key] for key in sorted(by)))
        self.touched.add(thing)

    def win(self, thing: Thing, field: str, source: str) -> None:
        """Forget what a source had lost: its word holds now."""
        held = self.losses.get(thing, ())
        rest = tuple(one for one in held if (one.field, one.source) != (field, source))
        if rest != held:
            self._put(self.losses, thing, rest)
            self.touched.add(thing)

    def set_proposal(self, key: str, proposal: Proposal) -> None:
        """Say what is proposed, or how it was decided."""
        self._put(self.proposals, key, proposal)
        self.touched_proposals.add(key)

    def load_links(self, key: LinkKey, spans: Spans) -> None:
        """Take links over from a store."""
        self.links[key] = spans
        self._index(key, spans)

    def commit(self) -> None:
        """A statement holds."""
        self._undo.clear()

    def roll_back(self) -> None:
        """A statement does not hold: be as before it."""
        while self._undo:
            book, key, old = self._undo.pop()
            if old is None:
                book.pop(key, None)
            else:
                book[key] = old

    def _index(self, key: LinkKey, spans: Spans) -> None:
        """Remember where to look; an entry too many does no harm."""
        self._relations[Thing(subject_kind(key.relation), key.subject)].add(key.relation)
        for span in spans:
            self._leading_to[Thing(object_kind(key.relation), span.object)].add(key)

    def _put(self, book: dict[Any, Any], key: Hashable, value: object) -> None:
        self._undo.append((book, key, book.get(key)))
        book[key] = value
