"""Vital signs: an Observation with one of their LOINC codes must fit the profile of that sign.

The codes stand in the profiles that HL7 published with R4, as the code each of them fixes.

Source:
    FHIR R4, 10.1.3 (vital signs profiles): "SHALL conform to".
"""

from __future__ import annotations

from functools import cache

from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.validation.trees import TYPES, Tree
from lianyi.formats.fhir.validation.visit import Json, items

LOINC = "http://loinc.org"
SIGNS = (
    *("vitalspanel", "resprate", "heartrate", "oxygensat", "bodytemp", "bodyheight"),
    *("headcircum", "bodyweight", "bmi", "bp"),
)


@cache
def profiles_by_code(definitions: Definitions) -> dict[str, str]:
    """Return the URL of the profile that each LOINC code of a vital sign asks for."""
    found = {}
    for sign in SIGNS:
        definition = definitions.find_profile(TYPES + sign)
        code = Tree(definition).root.children["code"] if definition is not None else None
        coding = code.children.get("coding") if code is not None else None
        for one in coding.slices.values() if coding is not None else ():
            fixed = one.children["code"].fixed if "code" in one.children else None
            if isinstance(fixed, str):
                found[fixed] = TYPES + sign
    return found


def profiles_of(observation: Json, definitions: Definitions) -> list[str]:
    """Return the profiles that the codes of an Observation ask for."""
    code = observation.get("code")
    known = profiles_by_code(definitions)
    asked = []
    for one in items(code.get("coding") if isinstance(code, dict) else None):
        said = one.get("code") if isinstance(one, dict) and one.get("system") == LOINC else None
        if isinstance(said, str) and said in known:
            asked.append(known[said])
    return list(dict.fromkeys(asked))
