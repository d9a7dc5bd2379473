"""Compare what we make of clinical documents with the FHIR that another converter expects.

    python tools/cda_fhir_agreement.py [--examples Type.element] SHARED_DATA

writes ``docs/reference/cda-fhir.md``: how many documents of the public collections are read, what
becomes of them, and how much of each element of each resource agrees with Microsoft FHIR-Converter
(MIT), and why the rest does not. It compares as ``tools/hl7v2_fhir_agreement.py`` does.

Of the C-CDA examples most are no documents but parts of one; each is read within an invented
document of one section, and where that is no XML by itself, with the namespaces it forgot.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import yaml
from hl7v2_fhir_agreement import RECEIVED, Count, facts_of, folded, paired

from lianyi.base.errors import LianyiError
from lianyi.formats.cda import looks_like_cda
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical import cda
from lianyi.projections.clinical.hl7v2.reading import Said

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "cda-fhir.md"
REASONS = Path(__file__).with_name("cda_fhir_reasons.yaml")
ZONE = ZoneInfo("UTC")
SUFFIXES = frozenset({".xml", ".ccda", ".ccd", ".txt"})
SPACES = (
    'xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:voc="urn:hl7-org:v3/voc"'
)
_DECLARATION = re.compile(r"^\s*(<\?xml[^>]*\?>)?(\s|<!--.*?-->)*", re.DOTALL)
_NAMESPACES = re.compile(
    r"\sxmlns(:\w+)?\s*=\s*(\"[^\"]*\"|'[^']*')|\sxsi:schemaLocation=\"[^\"]*\""
)
_ENTRIES = frozenset(
    {
        "act",
        "observation",
        "organizer",
        "procedure",
        "substanceAdministration",
        "encounter",
        "supply",
    }
)


class Corpus(NamedTuple):
    """What became of a collection.

    Attributes:
        documents: how many files are documents.
        refused: by code of error.
        parts: how many files are parts of one; how many of these were read within a document.
        made: resources by type.
        unread: acts that no rule knows, by what they are called.
    """

    documents: int
    refused: Counter[str]
    parts: tuple[int, int]
    made: Counter[str]
    unread: Counter[str]


def logged(body: bytes) -> LogMessage:
    """Return a document as it would lie in the log."""
    return LogMessage(1, 1, RECEIVED, 1, "xml", body, "", "EMR", (), 0, None, b"")


def around(text: str) -> str | None:
    """Return a document around a part of one; None where it is no part of a body."""
    bare = _NAMESPACES.sub("", _DECLARATION.sub("", text, count=1))
    name = (re.match(r"<(\w+)", bare) or [None, ""])[1]
    if name in _ENTRIES:
        bare = f"<entry>{bare}</entry>"
    if name in _ENTRIES or name == "entry":
        bare = f"<section><title>part</title><text>part</text>{bare}</section>"
    if name == "section" or name in _ENTRIES or name == "entry":
        bare = f"<component>{bare}</component>"
    elif name != "component":
        return None
    if "<section" not in bare:
        return None
    return (
        f"<ClinicalDocument {SPACES}>"
        '<id root="1.2.3" extension="1"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>'
        '<title>part</title><effectiveTime value="20200101"/><recordTarget><patientRole>'
        '<id root="1.2.3.4" extension="P1"/></patientRole></recordTarget>'
        f"<component><structuredBody>{bare}</structuredBody></component></ClinicalDocument>"
    )


def files_in(folder: Path) -> Iterator[Path]:
    """Give the files of a collection that may be documents."""
    yield from (one for one in sorted(folder.rglob("*")) if one.suffix in SUFFIXES)


def read(folder: Path) -> Iterator[tuple[Path, Said | str, bool]]:
    """Give each file with what it says, or why it is refused, and whether it is a document."""
    for file in files_in(folder):
        body = file.read_bytes()
        whole = looks_like_cda(body)
        if not whole:
            text = around(body.decode("utf-8-sig", "replace"))
            if text is None:
                continue
            body = text.encode()
        try:
            yield file, cda.look(logged(body), ZONE), whole
        except LianyiError as failure:
            yield file, failure.code, whole


def collected(folder: Path) -> Corpus:
    """Return what became of a collection."""
    documents = parts = parts_read = 0
    refused: Counter[str] = Counter()
    made: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for _, said, whole in read(folder):
        documents += whole
        parts += not whole
        if isinstance(said, str):
            if whole:
                refused[said] += 1
            continue
        parts_read += not whole
        made.update(type_ for type_, _ in {(one.type, one.id) for one in said.stated})
        unread.update(said.unread)
    return Corpus(documents, refused, (parts, parts_read), made, unread)


def compare(
    data: Path, examples: str = ""
) -> tuple[dict[tuple[str, str], Count], Counter[str], dict[str, Count]]:
    """Return how much agrees with the expected bundles; print where an element does not."""
    folder = data / "cda" / "ms-fhir-converter"
    counts: dict[tuple[str, str], Count] = defaultdict(Count)
    both: dict[str, Count] = defaultdict(Count)
    types: Counter[str] = Counter()
    shown = 0
    for bundle in sorted(folder.glob("expected-fhir/*/*-expected.json")):
        file = folder / "documents" / (bundle.name.removesuffix("-expected.json") + ".ccda")
        theirs = [e["resource"] for e in json.loads(bundle.read_text("utf-8-sig"))["entry"]]
        ours = folded(cda.read(logged(file.read_bytes()), ZONE))
        for type_ in sorted({other["resourceType"] for other in theirs}):
            others = [other for other in theirs if other["resourceType"] == type_]
            types[type_] += len(others)
            mine = [own for own in ours if own["resourceType"] == type_]
            for own, other in paired(mine, others):
                said, wanted = Counter(facts_of(own)), Counter(facts_of(other))
                for fact, times in wanted.items():
                    key = (type_, re.split(r"[.(]", fact[0])[0])
                    agreed = min(times, said[fact])
                    counts[key] = Count(counts[key].expected + times, counts[key].agreed + agreed)
                    if own:
                        one = both[type_]
                        both[type_] = Count(one.expected + times, one.agreed + agreed)
                    if agreed < times and examples == ".".join(key) and shown < 40:
                        shown += 1
                        near = [value for path, value in said if path == fact[0]]
                        print(f"{file.stem}: {fact} ours: {near[:5]} {bool(own)}")
    return counts, types, both


def page_of(data: Path) -> str:
    """Return the page."""
    reasons = yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    lines = [reasons["head"].strip(), "", *_collections(data), *_agreement(data, reasons)]
    return "\n".join(lines) + "\n"


def _collections(data: Path) -> Iterator[str]:
    yield from (
        "## Collections / 样例文档",
        "",
        "| collection | documents | read | refused | parts of documents | read within one |",
        "| --- | ---: | ---: | --- | ---: | ---: |",
    )
    made: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for name in ("c-cda-examples", "sample-ccdas", "ms-fhir-converter/documents"):
        found = collected(data / "cda" / name)
        refused = ", ".join(f"{n} {code}" for code, n in sorted(found.refused.items())) or "–"
        whole = found.documents - found.refused.total()
        yield (
            f"| {name} | {found.documents} | {whole} | {refused} | {found.parts[0]}"
            f" | {found.parts[1]} |"
        )
        made += found.made
        unread += found.unread
    yield from ("", "| resource | made |", "| --- | ---: |")
    yield from (f"| {type_} | {count} |" for type_, count in sorted(made.items()))
    yield from (
        "",
        "Acts of which nothing is made; they are kept in the document, and shown with it:",
        "",
        "| act, mood, template | how often |",
        "| --- | ---: |",
    )
    yield from (f"| {name} | {count} |" for name, count in sorted(unread.items()) if count > 1)
    yield ""


def _agreement(data: Path, reasons: dict[str, str]) -> Iterator[str]:
    counts, types, both = compare(data)
    unmade = reasons["not made"]
    made = {key: count for key, count in counts.items() if key[0] not in unmade}
    total = Count(*map(sum, zip(*made.values(), strict=True)))
    same = Count(*map(sum, zip(*both.values(), strict=True)))
    yield from (
        "## Agreement / 对照",
        "",
        f"Of {total.expected:,} values expected, {total.agreed:,} are said by ours "
        f"({total.agreed / total.expected:.0%}); of the {same.expected:,} values of resources that "
        f"correspond to one of ours, **{same.agreed / same.expected:.1%}**.",
        "",
    )
    for type_ in sorted({key[0] for key in made}):
        yield from (
            f"### {type_}",
            "",
            f"{types[type_]} expected.",
            "",
            "| element | values | agree | why the rest differs |",
            "| --- | ---: | ---: | --- |",
        )
        for (kind, element), count in sorted(made.items()):
            if kind == type_:
                why = reasons.get(f"{type_}.{element}") or reasons.get(f"*.{element}") or ""
                why = "" if count.agreed == count.expected else why.strip()
                share = f"{count.agreed / count.expected:.0%}"
                yield f"| {element} | {count.expected} | {share} | {why} |"
        yield ""
    yield from ("### Not made", "", "| type | expected | why |", "| --- | ---: | --- |")
    yield from (f"| {type_} | {types[type_]} | {why.strip()} |" for type_, why in unmade.items())


def main() -> None:
    """Write the page."""
    arguments = sys.argv[1:]
    examples = ""
    if arguments[:1] == ["--examples"]:
        examples, arguments = arguments[1], arguments[2:]
    if examples:
        compare(Path(arguments[0]), examples)
    else:
        PAGE.write_text(page_of(Path(arguments[0])), encoding="utf-8")


if __name__ == "__main__":
    main()
