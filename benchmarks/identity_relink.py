"""How long it takes to link a whole city anew, with what memory, and how right the result is.

``python benchmarks/identity_relink.py [COUNT] [SEED] [PROCESSES]``. The city is written to a file
first, by another process, so that only linking is measured; reading that file is part of it.
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

from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.relinking import relink
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings

LENGTH_BYTES = 4


def write_city(file: str, count: int, seed: int) -> None:
    """Write registrations, each with its person, after its length."""
    encode = msgspec.msgpack.Encoder().encode
    with Path(file).open("wb") as out:
        for entry in registrations(CitySettings(seed=seed), count):
            row = encode((entry.person, entry.registration))
            out.write(len(row).to_bytes(LENGTH_BYTES, "big"))
            out.write(row)


def read_city(file: str) -> Iterator[tuple[int, Registration]]:
    """Read what ``write_city`` wrote."""
    decode = msgspec.msgpack.Decoder(tuple[int, Registration]).decode
    with Path(file).open("rb") as rows:
        while length := rows.read(LENGTH_BYTES):
            yield decode(rows.read(int.from_bytes(length, "big")))


def pairs_in(sizes: Counter[object]) -> int:
    """So many pairs are in groups of these sizes."""
    return sum(size * (size - 1) // 2 for size in sizes.values())


def main(count: int, seed: int, processes: int) -> None:
    """Write, link, judge and print."""
    with tempfile.NamedTemporaryFile(suffix=".city") as file:
        writer = get_context("spawn").Process(target=write_city, args=(file.name, count, seed))
        writer.start()
        writer.join()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin, worked = time.perf_counter(), time.process_time()
        stream = ((number, one) for number, (_, one) in enumerate(read_city(file.name)))
        found = relink(stream, processes=processes)
        seconds, own = time.perf_counter() - begin, time.process_time() - worked
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        truth = {record_id(*one.key): person for person, one in read_city(file.name)}
    others = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each_mb = after.ru_maxrss / 1024 if processes > 1 else 0.0
    print(
        f"{count} registrations, {processes} processes: {seconds:.1f} s "
        f"(processor: {own:.1f} s here, {others:.1f} s in the others), at most "
        f"{own_mb:.0f} MB here and {each_mb:.0f} MB in each of the others"
    )
    true = pairs_in(Counter(truth.values()))
    persons = found.partition.persons
    linked = pairs_in(Counter({person: len(keys) for person, keys in persons.items()}))
    both: Counter[object] = Counter()
    for person, keys in persons.items():
        both.update((person, truth[key]) for key in keys)
    right = pairs_in(both)
    person_of = found.partition.person_of()
    asked = {
        frozenset(two) for e in found.review if len(two := {person_of[e.a], person_of[e.b]}) == 2
    }
    print(
        f"precision {right / max(linked, 1):.6f}, recall {right / true:.4f}, "
        f"{linked - right} wrong pairs, questions {len(asked) / count:.4f}"
    )


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(100_000, 9, 2)[len(given) :])
