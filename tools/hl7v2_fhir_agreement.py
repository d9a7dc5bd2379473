"""Compare what we make of HL7 v2 messages with the FHIR that others expect of them.

    python tools/hl7v2_fhir_agreement.py [--examples Type.element] SHARED_DATA

writes ``docs/reference/hl7v2-fhir.md``: how much of each element of each resource type agrees, and
why the rest does not. The expectations are the outputs of two other converters, which lie beside
their messages in the shared data: Microsoft FHIR-Converter (MIT) and Google Healthcare Data
Harmonization (Apache-2.0). Neither is the standard; where they differ from HL7 v2-to-FHIR or from
FHIR itself, the page says so.

A resource of ours and one expected are compared when they say most of the same of all resources of
their type; an element agrees as far as the values expected in it are said by ours.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import yaml

from lianyi.base.errors import LianyiError
from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical import hl7v2 as clinical
from lianyi.projections.clinical.folding import Entry, Place, standing
from lianyi.projections.clinical.statements import Stated

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "hl7v2-fhir.md"
REASONS = Path(__file__).with_name("hl7v2_fhir_reasons.yaml")
RECEIVED = datetime(2100, 1, 1, tzinfo=UTC)
NOT_COMPARED = frozenset(("resourceType", "id", "text"))
_LAST = re.compile(r"[^/:#]+$")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT.*")

Resource = Mapping[str, Any]
Fact = tuple[str, str]


class Expected(NamedTuple):
    """A message and the FHIR that somebody else makes of it."""

    name: str
    message: Path
    bundle: Path
    zone: ZoneInfo


class Count(NamedTuple):
    """How many values of an element were expected, and how many of these we say."""

    expected: int = 0
    agreed: int = 0


class Agreement(NamedTuple):
    """What a comparison found.

    Attributes:
        counts: by resource type and element.
        types: how many resources of each type were expected, and messages that are left out.
        both: the values of those expected resources alone that correspond to one of ours.
    """

    counts: Mapping[tuple[str, str], Count]
    types: Mapping[str, int]
    both: Mapping[str, Count]


def expected_in(data: Path) -> Iterator[Expected]:
    """Give every message that has an expected bundle beside it."""
    microsoft = data / "hl7v2" / "ms-fhir-converter"
    for bundle in sorted(microsoft.glob("expected-fhir/*/*-expected.json")):
        name = bundle.name.removesuffix("-expected.json")
        message = microsoft / "messages" / f"{name}.hl7"
        if message.is_file():
            yield Expected(name, message, bundle, ZoneInfo("UTC"))
    google = data / "hl7v2" / "google-hdh-hl7v2-fhir" / "hl7v2_fhir_r4"
    for bundle in sorted(google.glob("*.hl7.fhir.output.json")):
        message = google / bundle.name.removesuffix(".fhir.output.json")
        if message.is_file():
            yield Expected(message.stem, message, bundle, ZoneInfo("Asia/Singapore"))


def logged(body: bytes, number: int = 1) -> LogMessage:
    """Return a message as it would lie in the log."""
    header = hl7v2.parse(body).header
    sender = "|".join(filter(None, (header.sending_application, header.sending_facility)))
    kind = f"hl7v2 {header.event}"
    keys = (f"c:{header.control_id}",)
    return LogMessage(1, number, RECEIVED, 1, kind, body, "utf-8", sender, keys, 0, None, b"")


def folded(stated: list[Stated]) -> list[Resource]:
    """Return the resources that statements make."""
    entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for part, one in enumerate(stated):
        place = Place(RECEIVED, 1, 1, part)
        entries[one.type, one.id].append(
            Entry(one.said_at, one.rank, place, 1, one.whole, one.deleted, one.resource)
        )
    return [found for one in entries.values() if (found := standing(one)) is not None]


def facts_of(value: object, path: str = "") -> Iterator[Fact]:
    """Give the values of a resource, each with the names that lead to it and without indices."""
    if isinstance(value, Mapping):
        if "url" in value and "." not in path.rpartition(".")[2] and path.endswith("extension"):
            path = f"{path}({_LAST.findall(str(value['url']))[-1]})"
        for name, inner in value.items():
            if name == "display" and ("code" in value or "reference" in value):
                continue
            if name not in NOT_COMPARED or path:
                yield from facts_of(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for one in value:
            yield from facts_of(one, path)
    elif value is not None:
        yield path, _plain(path.rpartition(".")[2], value)


def _plain(name: str, value: object) -> str:
    """Return a value so that two ways of writing the same are equal."""
    text = str(value).strip()
    if name == "reference":
        return text.partition("/")[0]
    if name == "url" and text.startswith("Binary/"):
        return "Binary"
    if name in ("system", "url") and (found := _LAST.findall(text)):
        return unquote(found[-1]).upper()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:g}"
    if _TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds")
        except ValueError:
            return text
    try:
        return f"{float(text):g}" if re.fullmatch(r"-?\d+\.\d+", text) else text
    except ValueError:
        return text


def paired(ours: list[Resource], theirs: list[Resource]) -> Iterator[tuple[Resource, Resource]]:
    """Give each resource expected with the one of ours that says most of it; with {} if none."""
    left = [(one, Counter(facts_of(one))) for one in ours]
    found = []
    for n, other in enumerate(theirs):
        facts = Counter(facts_of(other))
        for m, (_, mine) in enumerate(left):
            same = (facts & mine).total()
            if same:
                found.append((same / max(1, facts.total()), n, m))
    taken: set[int] = set()
    matched: dict[int, Resource] = {}
    for _, n, m in sorted(found, key=lambda one: (-one[0], one[1], one[2])):
        if n not in matched and m not in taken:
            matched[n] = left[m][0]
            taken.add(m)
    for n, other in enumerate(theirs):
        yield matched.get(n, {}), other


def compare(data: Path, examples: str = "") -> Agreement:
    """Return how much agrees; print where an element, ``Type.element``, does not."""
    counts: dict[tuple[str, str], Count] = defaultdict(Count)
    types: Counter[str] = Counter()
    both: dict[str, Count] = defaultdict(Count)
    shown = 0
    for one in expected_in(data):
        bundle = json.loads(one.bundle.read_text(encoding="utf-8-sig"))
        theirs = [entry["resource"] for entry in bundle["entry"]]
        try:
            message = logged(one.message.read_bytes())
            if bundle["identifier"]["value"] != message.key("c"):
                types["of another message"] += 1
                continue
            stated = clinical.read(message, one.zone)
        except LianyiError as failure:
            types[f"unreadable: {failure.code}"] += 1
            continue
        ours = folded(stated)
        for type_ in sorted({other["resourceType"] for other in theirs}):
            mine = [own for own in ours if own["resourceType"] == type_]
            others = [other for other in theirs if other["resourceType"] == type_]
            types[type_] += len(others)
            for own, other in paired(mine, others):
                said, wanted = Counter(facts_of(own)), Counter(facts_of(other))
                for fact, times in wanted.items():
                    key = (type_, re.split(r"[.(]", fact[0])[0])
                    agreed = min(times, said[fact])
                    counts[key] = Count(counts[key].expected + times, counts[key].agreed + agreed)
                    if own:
                        before = both[type_]
                        both[type_] = Count(before.expected + times, before.agreed + agreed)
                    if agreed < times and examples == ".".join(key) and shown < 40:
                        shown += 1
                        near = [value for path, value in said if path == fact[0]]
                        print(f"{one.name}: {fact} ours: {near[:5]}")
    return Agreement(counts, types, both)


def page_of(found: Agreement) -> str:
    """Return the page."""
    counts, types = found.counts, found.types
    reasons = yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    unmade = reasons["not made"]
    made = {key: count for key, count in counts.items() if key[0] not in unmade}
    total = Count(*map(sum, zip(*made.values(), strict=True)))
    both = Count(*map(sum, zip(*found.both.values(), strict=True)))
    lines = [reasons["head"].strip(), ""]
    lines += [
        f"Of {total.expected:,} values expected, {total.agreed:,} are said by ours "
        f"({total.agreed / total.expected:.0%}); of the {both.expected:,} values of resources that "
        f"correspond to one of ours, **{both.agreed / both.expected:.1%}**.",
        "",
    ]
    for type_ in sorted({key[0] for key in made}):
        own = {key[1]: count for key, count in made.items() if key[0] == type_}
        whole = Count(*map(sum, zip(*own.values(), strict=True)))
        same = found.both.get(type_, Count(1, 0))
        lines += [
            f"## {type_}",
            "",
            f"{types[type_]} expected; {whole.agreed / whole.expected:.0%} of their values agree, "
            f"{same.agreed / same.expected:.0%} where one of ours corresponds.",
            "",
            "| element | values | agree | why the rest differs |",
            "| --- | ---: | ---: | --- |",
        ]
        for element, count in sorted(own.items()):
            why = reasons.get(f"{type_}.{element}") or reasons.get(f"*.{element}") or ""
            if count.agreed == count.expected:
                why = ""
            share = f"{count.agreed / count.expected:.0%}"
            lines.append(f"| {element} | {count.expected} | {share} | {why.strip()} |")
        lines.append("")
    lines += ["## Not made", "", "| type | expected | why |", "| --- | ---: | --- |"]
    lines += [f"| {type_} | {types[type_]} | {why.strip()} |" for type_, why in unmade.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    arguments = sys.argv[1:]
    examples = ""
    if arguments[:1] == ["--examples"]:
        examples, arguments = arguments[1], arguments[2:]
    found = compare(Path(arguments[0]), examples)
    if not examples:
        PAGE.write_text(page_of(found), encoding="utf-8")


if __name__ == "__main__":
    main()
