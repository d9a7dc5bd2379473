"""How right the patient index is with the shipped model: precision, recall, F1, questions.

``python -m benchmarks.identity_quality city [COUNT] [SEED]``: a simulated city.
``python -m benchmarks.identity_quality county [COUNT] [SEED]``: a county of another author's hand.
``python -m benchmarks.identity_quality febrl FILE [FILE]``: one file with duplicates, or two to
link, in the layout of FEBRL 3 and 4 (``rec_id`` says the truth; not in this repository).

Every figure is over pairs after the partition: ``alone`` without anybody, ``answered`` when people
answer every question rightly.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.county import County
from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.meeting import meeting_pairs
from lianyi.projections.identity.partition import (
    Decision,
    Edge,
    RecordKey,
    Said,
    member_of,
    partition,
)
from lianyi.projections.identity.registration import Identifier, IdKind, Name, Registration
from lianyi.projections.identity.scoring import Scorer
from lianyi.projections.identity.traits import Traits, read_registration
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings

Judged = list[tuple[object, Traits]]
"""The truth about each registration, and the registration."""


def city(count: int, seed: int) -> Judged:
    """Registrations of the simulated city."""
    entries = registrations(CitySettings(seed=seed), count)
    return [(entry.person, read_registration(entry.registration)) for entry in entries]


def county(count: int, seed: int) -> Judged:
    """Registrations of the county (``county``)."""
    people = County(seed).registrations(count)
    return [(person, read_registration(said)) for person, said in people]


def febrl(files: Iterable[str]) -> Iterator[tuple[object, Traits]]:
    """Records of FEBRL files: ``soc_sec_id`` is a social security number."""
    for file in files:
        with Path(file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, skipinitialspace=True):
                yield _febrl_record({k.strip(): (v or "").strip() for k, v in row.items()})


def _febrl_record(row: dict[str, str]) -> tuple[object, Traits]:
    street = f"{row['street_number']} {row['address_1']}".strip()
    place = f"{row['state']} {row['postcode']}".strip()
    address = ", ".join(filter(None, (street, row["address_2"], row["suburb"], place)))
    number = row["soc_sec_id"]
    said = Registration(
        "FEBRL",
        row["rec_id"],
        (Name(f"{row['given_name']} {row['surname']}".strip(), family=row["surname"]),),
        born=row["date_of_birth"],
        identifiers=(Identifier(IdKind.SOCIAL_SECURITY, number),) if number else (),
        addresses=(address,) if address else (),
    )
    return row["rec_id"].split("-")[1], read_registration(said)


def candidates(records: Judged) -> list[tuple[int, int]]:
    """Each pair of places whose registrations share a key."""
    keys = [blocking_keys(traits) for _, traits in records]
    places = np.repeat(np.arange(len(keys), dtype=np.uint32), list(map(len, keys)))
    found = meeting_pairs(np.array([key for of_one in keys for key in of_one], np.int64), places)
    return [(first, second) for first, second in found.tolist()]


def pairs_in(sizes: Counter[object]) -> int:
    """So many pairs are in groups of these sizes."""
    return sum(size * (size - 1) // 2 for size in sizes.values())


def judge(records: Judged) -> None:
    """Score, cut into persons and print how right it is."""
    score = Scorer()
    keys: list[RecordKey] = [(traits.source, traits.mrn) for _, traits in records]
    at = {key: place for place, key in enumerate(keys)}
    edges: list[Edge] = []
    answers: list[Decision] = []
    pairs = candidates(records)
    begin = time.process_time()
    for a, b in pairs:
        found = score.judge(records[a][1], records[b][1])
        if found is None:
            continue
        if found.lane is Lane.AUTO:
            edges.append(Edge(keys[a], keys[b], found.bits))
        elif found.lane is Lane.REVIEW:
            said = Said.LINK if records[a][0] == records[b][0] else Said.NEVER_LINK
            answers.append(Decision(len(answers), said, keys[a], keys[b]))
    each = (time.process_time() - begin) / len(pairs) * 1e6
    print(f"{len(records)} records, {len(pairs)} candidate pairs, {each:.1f} µs to score one")
    members = [member_of(key, at[key], records[at[key]][1]) for key in keys]
    true = pairs_in(Counter(person for person, _ in records))
    for name, decisions in (("alone", []), ("answered", answers)):
        cut = partition(
            members,
            edges,
            decisions,
            lambda a, b: score.together(records[at[a]][1], records[at[b]][1]),
            together_bits=score.model.together_bits,
        )
        person_of = cut.person_of()
        linked = pairs_in(Counter(person_of.values()))
        right = pairs_in(Counter((person_of[k], records[at[k]][0]) for k in keys))
        print(
            f"{name:9} precision {right / max(linked, 1):.6f}, recall {right / true:.4f}, "
            f"F1 {2 * right / (linked + true):.4f}, {linked - right} wrong pairs"
        )
        if not decisions:
            open_ = {frozenset({person_of[d.a], person_of[d.b]}) for d in answers}
            asked = sum(len(two) == 2 for two in open_)
            print(f"questions {asked / len(records):.4f} of the registrations")


if __name__ == "__main__":
    what, *rest = sys.argv[1:] or ["city"]
    if what == "febrl":
        judge(list(febrl(rest)))
    else:
        make = county if what == "county" else city
        judge(make(int(rest[0]) if rest else 20_000, int(rest[1]) if rest[1:] else 7))
