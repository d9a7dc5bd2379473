"""What a change of some records means for all: keys, pairs, persons, questions.

Works in the transaction that also moves the reader. Everything it writes is a function of what was
said, and of nothing else: not of what came first, nor of how many messages came at once.

    sayings -> record (fold) -> keys -> pairs (score) -> persons (partition) -> golden, questions
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import rejudging, store
from lianyi.projections.identity.authorities import Authorities
from lianyi.projections.identity.blocking import CROWD_MAX
from lianyi.projections.identity.changes import Moves
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.linking_by_name import links_by_name
from lianyi.projections.identity.matching import (
    Matching,
    bits_of,
    parts_of,
    share_a_mark,
    unpacked,
)
from lianyi.projections.identity.partition import (
    Decision,
    Edge,
    Said,
    in_force,
    member_of,
    partition,
)
from lianyi.projections.identity.scoring import Score
from lianyi.projections.identity.standing import golden_of, record_of
from lianyi.projections.identity.table_store import (
    DecisionRow,
    EdgeRow,
    QuestionRow,
    RecordRow,
    StandingRow,
)
from lianyi.projections.identity.traits import LocalDefaults, Traits

PAGE: Final = 2000
"""So many records are judged anew at a time."""

Pair = tuple[int, int]
Blocks = Mapping[int, Sequence[int]]
"""The records of keys."""


class Refolded(NamedTuple):
    """What became of records that were spoken of.

    Attributes:
        rows: as they are now, by record.
        restated: those that another verdict could now be given on: new, gone, of other values,
            replaced or no longer.
        left: persons who lost a record.
        keys: keys that came or went, and by how many records each grew.
    """

    rows: Mapping[int, RecordRow]
    restated: frozenset[int]
    left: frozenset[int]
    keys: Mapping[int, int]


class _Component(NamedTuple):
    """All that hangs together with some records.

    Attributes:
        standing: the records.
        edges: all that are at them, also those that only ask.
        decisions: likewise.
    """

    standing: dict[int, StandingRow]
    edges: dict[Pair, EdgeRow]
    decisions: dict[tuple[int, int, int], DecisionRow]


_NOTHING_REFOLDED: Final = Refolded({}, frozenset(), frozenset(), {})


class Linker:
    """Keeps the index right in one transaction."""

    def __init__(
        self, connection: Connection, schema: str, matching: Matching, named: Authorities
    ) -> None:
        """Work in a transaction.

        Args:
            connection: in that transaction.
            schema: of the version.
            matching: the model in force.
            named: which names are one authority's.
        """
        self._named = named
        self._connection = connection
        self._schema = schema
        self._matching = matching
        self._read: dict[bytes, Traits] = {}
        self.moves = Moves()

    async def relink(self, spoken_of: Collection[int], decided: Collection[int] = ()) -> None:
        """Put right what follows from what was said and decided.

        Args:
            spoken_of: records of which something was said or is said no more, or that took
                another's place, or whose place was taken.
            decided: records about which somebody decided or whose decision is no more.
        """
        refolded = await self._refold(set(spoken_of))
        blocks = await self._blocks(refolded.keys)
        rescored = refolded.restated | _crowded_or_not(blocks, refolded.keys)
        moved = await self._rescore(rescored, refolded, blocks)
        await self._regroup({*refolded.restated, *moved, *decided}, refolded)

    async def relink_all(self, before: LocalDefaults) -> None:
        """Judge every pair anew, by another model than before, in batch (``relinking``).

        Args:
            before: what had been learned with the model before; records that do not say anything
                of which one model knows that it says nothing read as they did.
        """
        at = self._connection, self._schema
        reread = await rejudging.reading_otherwise(*at, before, self._matching.learned)
        aside = Linker(*at, self._matching, self._named)  # nobody moves by being read otherwise
        for page in _pages(reread):
            refolded = await aside._refold(set(page))
            await self._describe(await self._persons(refolded.rows, ()))
        await store.plan_as_usual(self._connection)
        found = await rejudging.judge_all(*at, self._matching)
        await store.look_up_by_index(self._connection)
        await self._regroup(found.by_hand, _NOTHING_REFOLDED)
        for record, (was, now) in found.moves.items():
            self.moves.was(record, (was, True))
            self.moves.goes(record, (now, True))
        for page in _pages(sorted(found.changed)):
            await self._describe(page)
        for page in _pages(sorted(found.asked)):
            await self._ask(page, _Component({}, {}, {}))

    # --- records -------------------------------------------------------------------------------

    async def _refold(self, spoken_of: set[int]) -> Refolded:
        """Write the records anew, each from all that was said of it."""
        at = self._connection, self._schema
        sayings = await store.sayings_of(*at, spoken_of)
        before = await store.records_of(*at, spoken_of)
        came_or_went = sayings.keys() ^ before.keys()
        waiting = await store.naming(*at, came_or_went) - spoken_of
        if waiting:  # their place is taken by a record that was not there, or is no more
            sayings |= await store.sayings_of(*at, waiting)
            before |= await store.records_of(*at, waiting)
        kept = await store.replaced(*at, sayings)
        there = sayings.keys() | await store.persons_of(*at, set(kept.values()) - sayings.keys())
        rows = {
            record: record_of(
                said,
                kept=kept[record] if kept.get(record) in there else None,
                person=before[record].person if record in before else record,
                learned=self._matching.learned,
            )
            for record, said in sorted(sayings.items())
        }
        changed = [row for record, row in rows.items() if before.get(record) != row]
        gone = before.keys() - rows.keys()
        await store.write_records(*at, changed, known=before.keys(), gone=gone)
        for record in before.keys() | rows.keys():
            was = before.get(record)
            self.moves.was(record, (was.person, was.kept is None) if was else None)
        for record in gone:
            self.moves.goes(record, None)
        keys = await self._write_keys(before, rows)
        restated = {r.record for r in changed if _verdict(before.get(r.record)) != _verdict(r)}
        return Refolded(
            {row.record: row for row in changed},
            frozenset(restated | gone),
            frozenset(before[record].person for record in gone),
            keys,
        )

    async def _write_keys(
        self, before: Mapping[int, RecordRow], rows: Mapping[int, RecordRow]
    ) -> dict[int, int]:
        added: set[Pair] = set()
        removed: set[Pair] = set()
        for record in before.keys() | rows.keys():
            was = set(before[record].keys) if record in before else set()
            now = set(rows[record].keys) if record in rows else set()
            added |= {(k, record) for k in now - was}
            removed |= {(k, record) for k in was - now}
        await store.write_keys(self._connection, self._schema, added=added, removed=removed)
        grown: dict[int, int] = defaultdict(int)
        for k, _ in added:
            grown[k] += 1
        for k, _ in removed:
            grown[k] -= 1
        return grown

    # --- pairs ---------------------------------------------------------------------------------

    async def _blocks(self, grown: Mapping[int, int]) -> Blocks:
        """Return the records of keys that came or went, of crowded ones more than ever count."""
        limit = CROWD_MAX + 1 + sum(abs(by) for by in grown.values())
        return await store.blocks_of(self._connection, self._schema, grown, limit=limit)

    async def _rescore(
        self, records: Collection[int], refolded: Refolded, blocks: Blocks
    ) -> set[int]:
        """Write the pairs of records anew; return the records of those that changed.

        Args:
            records: whose pairs.
            refolded: what became of those that were spoken of.
            blocks: of some keys, as they are now.
        """
        if not records:
            return set()
        at = self._connection, self._schema
        other = [record for record in records if record not in refolded.rows]
        rows = {**await store.records_of(*at, other), **refolded.rows} if other else refolded.rows
        mine = [rows[record] for record in records if record in rows]
        pairs = await self._candidates(mine, blocks)
        packed = {row.record: row.traits for row in mine}
        packed |= await store.traits_of(*at, set(chain.from_iterable(pairs)) - packed.keys())
        now: dict[Pair, EdgeRow] = {}
        for a, b in pairs:
            found = self._judge(packed[a], packed[b])
            if found is not None:
                now[a, b] = EdgeRow(a, b, int(found.lane), parts_of(found.bits))
        before = await store.edges_of(*at, records)
        removed = [pair for pair, edge in before.items() if now.get(pair) != edge]
        added = [edge for pair, edge in sorted(now.items()) if before.get(pair) != edge]
        await store.write_edges(*at, added=added, removed=removed)
        return set(chain(chain.from_iterable(removed), *((edge.a, edge.b) for edge in added)))

    def _traits(self, data: bytes) -> Traits:
        """What is compared of a record, read once in this transaction."""
        found = self._read.get(data)
        if found is None:
            found = self._read[data] = unpacked(data)
        return found

    def _judge(self, one: bytes, other: bytes) -> Score | None:
        """Judge a pair; of strangers without a common mark nothing else is read."""
        if self._matching.scorer.marks_tell and not share_a_mark(one, other):
            return None
        return self._matching.judge(self._traits(one), self._traits(other))

    async def _candidates(self, rows: Sequence[RecordRow], known: Blocks) -> set[Pair]:
        """Return the pairs of records with all that share a key, each once."""
        keys = {k for row in rows for k in row.keys} - known.keys()
        at = self._connection, self._schema
        blocks = {**known, **await store.blocks_of(*at, keys, limit=CROWD_MAX + 1)}
        pairs: set[Pair] = set()
        for row in rows:
            for k in row.keys:
                records = blocks[k]
                if 1 < len(records) <= CROWD_MAX:
                    pairs |= {_pair(row.record, one) for one in records if one != row.record}
        return pairs

    # --- persons -------------------------------------------------------------------------------

    async def _regroup(self, start: set[int], refolded: Refolded) -> None:
        """Cut the components of records into persons anew, and write what follows."""
        at = self._connection, self._schema
        persons = set(refolded.left)
        changed = set(refolded.left)
        near = _Component({}, {}, {})
        if start or persons:
            near = await self._component(start, persons)
            standing = near.standing
            links = [edge for edge in near.edges.values() if edge.lane == Lane.AUTO]
            of = cut(self._matching, standing, links, near.decisions.values(), read=self._traits)
            moved = {r: person for r, person in of.items() if person != standing[r].person}
            await store.set_persons(*at, moved)
            for record, person in of.items():
                stands = standing[record].kept is None
                self.moves.was(record, (standing[record].person, stands))
                self.moves.goes(record, (person, stands))
            changed |= {*moved.values(), *(standing[record].person for record in moved)}
            persons |= {*of.values(), *(row.person for row in standing.values())}
            for record, person in moved.items():
                standing[record] = standing[record]._replace(person=person)
        await self._describe(await self._persons(refolded.rows, changed))
        await self._ask(persons, near)

    async def _persons(self, records: Collection[int], persons: Collection[int]) -> set[int]:
        """Return some persons, and those of some records."""
        whose = await store.persons_of(self._connection, self._schema, records)
        return {*whose.values(), *persons}

    async def _component(self, start: set[int], persons: set[int]) -> _Component:
        """Return all that hangs together with records, by links, decisions and replacements.

        Args:
            start: records.
            persons: whose records count as well.
        """
        at = self._connection, self._schema
        whose = await store.persons_of(*at, start)
        known = start | (await store.members_of(*at, {*whose.values(), *persons})).keys()
        frontier = set(known)
        edges: dict[Pair, EdgeRow] = {}
        decisions: dict[tuple[int, int, int], DecisionRow] = {}
        while frontier:
            near = await store.replacing(*at, frontier)
            for pair, edge in (await store.edges_of(*at, frontier)).items():
                edges[pair] = edge
                if edge.lane == Lane.AUTO:
                    near.update(pair)
            for one in await self._decisions_at(frontier):
                decisions[one[:3]] = one
                near.update((one.a, one.b))
            frontier = near - known
            known |= frontier
        return _Component(await store.standing_of(*at, known), edges, decisions)

    async def _decisions_at(self, records: Collection[int]) -> list[DecisionRow]:
        """Return all decisions about records, and what the names of authorities say of them."""
        at = self._connection, self._schema
        named = self._named.known and records
        by_name = await links_by_name(*at, records, self._traits) if named else []
        return by_name + await store.decisions_at(*at, records)

    # --- what persons are like, and what to ask about them ----------------------------------------

    async def _describe(self, persons: Collection[int]) -> None:
        """Write the golden records of persons anew."""
        records: dict[int, list[RecordRow]] = defaultdict(list)
        for row in await store.records_of_persons(self._connection, self._schema, persons):
            records[row.person].append(row)
        rows = [(person, len(of), golden_of(of)) for person, of in sorted(records.items())]
        await store.write_persons(self._connection, self._schema, persons, rows)

    async def _ask(self, persons: Collection[int], near: _Component) -> None:
        """Write the questions about persons anew.

        Args:
            persons: all of them.
            near: what is known of their records by now; the rest is looked up.
        """
        if not persons:
            return
        at = self._connection, self._schema
        whose = await store.members_of(*at, persons)
        further_off = whose.keys() - near.standing.keys()
        edges = {
            pair: edge for pair, edge in near.edges.items() if pair[0] in whose or pair[1] in whose
        } | await store.edges_of(*at, further_off)
        known = [*near.decisions.values(), *await self._decisions_at(further_off)]
        decisions = {one[:3]: one for one in known if one.a in whose or one.b in whose}
        named = {r for one in decisions.values() for r in (one.a, one.b)}
        named.update(chain.from_iterable(edges))
        standing = near.standing | await store.standing_of(*at, named - near.standing.keys())
        while further := {row.kept for row in standing.values() if row.kept} - standing.keys():
            standing |= await store.standing_of(*at, further)
        rows = questions(edges.values(), decisions.values(), standing)
        await store.write_questions(*at, persons, rows)


def _crowded_or_not(blocks: Blocks, grown: Mapping[int, int]) -> set[int]:
    """Return all records of keys that just became, or ceased to be, too crowded to be keys."""
    return {
        record
        for k, records in blocks.items()
        if (len(records) > CROWD_MAX) != (len(records) - grown[k] > CROWD_MAX)
        for record in records
    }


def cut(
    matching: Matching,
    standing: Mapping[int, StandingRow],
    edges: Iterable[EdgeRow],
    decisions: Iterable[DecisionRow],
    *,
    read: Callable[[bytes], Traits] = unpacked,
) -> dict[int, int]:
    """Return whose each record is; the person has the number of her oldest record.

    Args:
        matching: the model to judge by.
        standing: records, with all that hangs together with them.
        edges: in the lane AUTO, between records that stand.
        decisions: about these.
        read: reads what is compared of a record.
    """
    stands = sorted(
        (row for row in standing.values() if row.kept is None),
        key=lambda row: (row.first_at, row.record),
    )
    traits: dict[int, Traits] = {row.record: read(row.traits) for row in stands}

    edges = list(edges)
    known = {(edge.a, edge.b): bits_of(edge.bits) for edge in edges}  # no guard held these back

    def weigh(a: int, b: int) -> float | None:
        weighed = known.get(_pair(a, b))
        return matching.scorer.together(traits[a], traits[b]) if weighed is None else weighed

    found = partition(
        [member_of(row.record, n, traits[row.record]) for n, row in enumerate(stands)],
        [Edge(edge.a, edge.b, bits_of(edge.bits)) for edge in edges],
        decided(decisions, survivors(standing)),
        weigh,
        together_bits=matching.together_bits,
    )
    of = {
        record: stands[oldest].record
        for oldest, records in found.persons.items()
        for record in records
    }
    for record, survivor in survivors(standing).items():
        of[record] = of[survivor]
    return of


def survivors(standing: Mapping[int, StandingRow]) -> dict[int, int]:
    """Return for each record whose place was taken the one that stands for it in the end."""
    found = {}
    for record, row in standing.items():
        last = row
        while last.kept is not None and last.kept in standing:
            last = standing[last.kept]
        if last is not row:
            found[record] = last.record
    return found


def decided(rows: Iterable[DecisionRow], survivor: Mapping[int, int]) -> tuple[Decision, ...]:
    """Return the decisions that hold; one about a replaced record is about its survivor."""
    ordered = sorted(rows, key=lambda row: (row.said_at, row[:3]))
    mapped = (
        Decision(n, Said(row.said), survivor.get(row.a, row.a), survivor.get(row.b, row.b))
        for n, row in enumerate(ordered)
    )
    return in_force(one for one in mapped if one.a != one.b)


def questions(
    edges: Iterable[EdgeRow], rows: Iterable[DecisionRow], standing: Mapping[int, StandingRow]
) -> list[QuestionRow]:
    """Return what must be asked: of each two persons the pair of records that says most.

    Args:
        edges: at the records of the persons.
        rows: all decisions about these records.
        standing: the records that edges and decisions name.
    """
    whose = {record: row.person for record, row in standing.items()}
    never: set[Pair] = set()
    refused: dict[Pair, list[Pair]] = defaultdict(list)
    for one in decided(rows, survivors(standing)):
        if one.a in whose and one.b in whose and whose[one.a] != whose[one.b]:
            two = _pair(whose[one.a], whose[one.b])
            if one.said is Said.NEVER_LINK:
                never.add(two)
            else:
                refused[two].append(_pair(one.a, one.b))
    found: dict[Pair, list[tuple[int, int, int, str]]] = defaultdict(list)
    for edge in edges:
        two = _pair(whose[edge.a], whose[edge.b])
        if two[0] != two[1] and two not in never:
            why = "apart" if edge.lane == Lane.AUTO else "score"
            found[two].append((-edge.bits, edge.a, edge.b, why))
    asked = []
    for (p, q), pairs in found.items():
        bits, a, b, why = min(pairs)
        asked.append(QuestionRow(p, q, a, b, -bits, why, len(pairs)))
    for (p, q), links in refused.items():
        if (p, q) not in found:
            asked.append(QuestionRow(p, q, *min(links), 0, "refused", len(links)))
    return sorted(asked)


def _verdict(row: RecordRow | None) -> tuple[object, ...]:
    """What verdicts about a record depend on."""
    return () if row is None else (row.kept, row.first_at, row.keys, row.traits)


def _pages(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(numbers), PAGE):
        yield numbers[begin : begin + PAGE]


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)
