"""How long FHIRPath and reading the search values of one resource take: µs of one core (medians).

``python benchmarks/fhir_index.py [--json] [FOLDER]``; the resources are an invented blood pressure
and patient, and, where a FOLDER of R4 resources is given, all of them.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lianyi.formats.fhir import fhirpath, json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.indexing import index

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
PRESSURE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/vitalsigns"]},
    "identifier": [{"system": "urn:example:lis", "value": "0001"}],
    "status": "final",
    "category": [{"coding": [{"system": "urn:example:category", "code": "vital-signs"}]}],
    "code": {"coding": [{"system": LOINC, "code": "85354-9"}], "text": "血压"},
    "subject": {"reference": "Patient/p1"},
    "encounter": {"reference": "Encounter/e1"},
    "effectiveDateTime": "2026-01-02T03:04:05+08:00",
    "performer": [{"reference": "Practitioner/d1"}],
    "component": [
        {
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "valueQuantity": {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        }
        for code, value in (("8480-6", 120), ("8462-4", 80))
    ],
}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:example:his", "value": "4711"}],
    "active": True,
    "name": [{"text": "测试患者", "family": "测试", "given": ["患者"]}],
    "telecom": [{"system": "phone", "value": "13900000000"}],
    "gender": "female",
    "birthDate": "1980-01-02",
    "address": [{"line": ["测试路一号"], "city": "测试市", "postalCode": "100000"}],
}


def microseconds(work: Callable[[], object], *, times: int = 300, runs: int = 7) -> float:
    """Return the median of several runs."""
    work()
    spent = timeit.repeat(work, number=times, repeat=runs, timer=time.process_time)
    return statistics.median(spent) / times * 1e6


def expressions(resource: dict[str, Any]) -> Callable[[], object]:
    """Return the evaluation of all search expressions of a resource's type."""
    definitions = r4()
    whole = fhirpath.Node(resource, fhirpath.model_of(definitions).kind_of(resource))
    compiled = [
        fhirpath.compile(parameter.expression, definitions)
        for parameter in definitions.search_parameters(resource["resourceType"]).values()
        if parameter.expression
    ]
    return lambda: [each(whole) for each in compiled]


def figures(folder: Path | None) -> dict[str, float]:
    """Measure everything."""
    found = {
        "search expressions of an Observation": microseconds(expressions(PRESSURE)),
        "search expressions of a Patient": microseconds(expressions(PATIENT)),
        "search values of an Observation": microseconds(lambda: index(PRESSURE, r4())),
        "search values of a Patient": microseconds(lambda: index(PATIENT, r4())),
    }
    if folder is not None:
        read = [json_text.read(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
        whole = microseconds(lambda: [index(each, r4()) for each in read], times=1, runs=5)
        found[f"search values of each of {len(read)} resources"] = whole / len(read)
    return found


def main() -> None:
    """Print the figures."""
    folders = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    found = figures(folders[0] if folders else None)
    if "--json" in sys.argv:
        print(json.dumps({name: round(value, 1) for name, value in found.items()}))
        return
    for name, value in found.items():
        print(f"{name:50} {value:8.1f} µs")


if __name__ == "__main__":
    main()
