"""How long it takes to link a whole city anew, with what memory, and how right the result is.

``python benchmarks/identity_relink.py [COUNT] [SEED] [PROCESSES] [said|read]``. The city is written
to a file first, by another process, so that only linking is measured; reading that file is part of
it. ``read`` (as it comes) links what the index keeps of its records: read and keyed, as when a
model is put in force. ``said`` begins with registrations as they were said.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import msgspec

from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.matching import packed
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.relinking import ReadRow, relink, relink_read
from lianyi.projections.identity.traits import read_registration
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings

LENGTH_BYTES = 4


def write_city(file: str, count: int, seed: int) -> None:
    """Write registrations, each with its person, after its length."""
    encode = msgspec.msgpack.Encoder().encode
    with Path(file).open("wb") as out:
        for number, entry in enumerate(registrations(CitySettings(seed=seed), count)):
            traits = read_registration(entry.registration)
            record = record_id(*entry.registration.key)
            read = ReadRow(record, number, blocking_keys(traits), packed(traits))
            for row in (encode((entry.person, entry.registration)), encode(read)):
                out.write(len(row).to_bytes(LENGTH_BYTES, "big"))
                out.write(row)


def lines(file: str, *, read: bool) -> Iterator[bytes]:
    """Give what ``write_city`` wrote: each as it was said, or each read."""
    with Path(file).open("rb") as rows:
        wanted = not read
        while length := rows.read(LENGTH_BYTES):
            row = rows.read(int.from_bytes(length, "big"))
            if wanted:
                yield row
            wanted = not wanted


def read_city(file: str) -> Iterator[tuple[int, Registration]]:
    """Read everybody as said, with the person."""
    return map(msgspec.msgpack.Decoder(tuple[int, Registration]).decode, lines(file, read=False))


def link(file: str, *, read: bool, processes: int) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """Link everybody; give whose each record is, and the pairs that are asked about."""
    if read:
        rows = map(msgspec.msgpack.Decoder(ReadRow).decode, lines(file, read=True))
        linked = relink_read(rows, processes=processes)
        persons = linked.records[linked.persons].tolist()
        asked = linked.lanes == Lane.REVIEW
        pairs = zip(linked.a[asked].tolist(), linked.b[asked].tolist(), strict=True)
        return dict(zip(linked.records.tolist(), persons, strict=True)), list(pairs)
    stream = ((number, one) for number, (_, one) in enumerate(read_city(file)))
    found = relink(stream, processes=processes)
    return found.partition.person_of(), [(edge.a, edge.b) for edge in found.review]


def pairs_in(sizes: Counter[object]) -> int:
    """So many pairs are in groups of these sizes."""
    return sum(size * (size - 1) // 2 for size in sizes.values())


def main(count: int, seed: int, processes: int, *, read: bool) -> None:
    """Write, link, judge and print."""
    with tempfile.NamedTemporaryFile(suffix=".city") as file:
        writer = get_context("spawn").Process(target=write_city, args=(file.name, count, seed))
        writer.start()
        writer.join()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin, worked = time.perf_counter(), time.process_time()
        person_of, review = link(file.name, read=read, processes=processes)
        seconds, own = time.perf_counter() - begin, time.process_time() - worked
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        truth = {record_id(*one.key): person for person, one in read_city(file.name)}
    others = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    each_mb = after.ru_maxrss / 1024 if processes > 1 else 0.0
    print(
        f"{count} registrations {'read' if read else 'said'}, {processes} processes: "
        f"{seconds:.1f} s "
        f"(processor: {own:.1f} s here, {others:.1f} s in the others), at most "
        f"{own_mb:.0f} MB here and {each_mb:.0f} MB in each of the others"
    )
    true = pairs_in(Counter(truth.values()))
    linked = pairs_in(Counter(person_of.values()))
    right = pairs_in(Counter((person, truth[key]) for key, person in person_of.items()))
    asked = {frozenset(two) for a, b in review if len(two := {person_of[a], person_of[b]}) == 2}
    print(
        f"precision {right / max(linked, 1):.6f}, recall {right / true:.4f}, "
        f"{linked - right} wrong pairs, questions {len(asked) / count:.4f}"
    )


if __name__ == "__main__":
    said = "said" in sys.argv[1:]
    given = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    main(*given, *(100_000, 9, 2)[len(given) :], read=not said)
