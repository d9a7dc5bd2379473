"""What codes are called: by the code systems that are stored, else by what messages say.

The name of a code is nobody's data, so it is looked up for everybody alike. A message may say
something of one patient where the name of a code belongs; so a name counts when it was said of two
patients at least. Of several the one that was said of most is taken. No name is made up: a code
that nobody names stays a code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import asyncpg

from lianyi.base.clock import Clock
from lianyi.formats.fhir import json_text
from lianyi.projections.clinical import index_values as forms
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.reading import Reading
from lianyi.projections.clinical.terms import systems, terms_store
from lianyi.projections.clinical.terms.loading import Terms
from lianyi.security.access import acting, platform
from lianyi.security.privacy.service import Privacy

PATIENTS_MIN: Final = 2
CODES_MAX: Final = 500
"""So many codes are looked up at a time; others keep no name."""
SAMPLE: Final = 10
"""So many resources are read of a code."""
NAME_MAX: Final = 100
KEPT_MAX: Final = 5_000
KEPT_SECONDS: Final = 300.0


class Coded(NamedTuple):
    """Something that has a code.

    Attributes:
        type_: of the resources that say it.
        element: of them that holds the code.
        systems: code systems that list it, the first goes before the others.
    """

    type_: str
    element: str
    systems: tuple[str, ...]


DIAGNOSIS: Final = Coded(
    "Condition",
    "code",
    (
        "urn:lianyi:codesystem:icd-10-clinical",
        "urn:lianyi:codesystem:icd-10-insurance",
        "urn:oid:2.16.156.10011.2.3.3.11",
        *sorted(systems.ICD_10),
    ),
)
OPERATION: Final = Coded(
    "Procedure",
    "code",
    (
        "urn:lianyi:codesystem:icd-9-cm-3-clinical",
        "urn:lianyi:codesystem:icd-9-cm-3-insurance",
        "urn:oid:2.16.156.10011.2.3.3.12",
        "http://hl7.org/fhir/sid/icd-9-cm",
    ),
)
CHARGE: Final = Coded("ChargeItem", "code", ("urn:lianyi:codesystem:insurance-services",))
DRUG: Final = Coded(
    "MedicationRequest", "medicationCodeableConcept", ("urn:lianyi:codesystem:insurance-drugs",)
)


class CodeNames(Reading):
    """Tells what codes are called; keeps what it found for some minutes."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, *, privacy: Privacy, terms: Terms) -> None:
        """Look into the version in force; see :class:`~..reading.Reading`."""
        super().__init__(pool, privacy=privacy)
        self._clock = clock
        self._terms = terms
        self._kept: dict[tuple[Coded, str], tuple[float, str]] = {}

    async def names(self, of: Coded, codes: Collection[str]) -> dict[str, str]:
        """Return the names of codes; of one that nobody names, none.

        Raises:
            ProjectionNotReady: nothing has been learned yet.
        """
        now = self._clock.elapsed_seconds()
        kept = {code: self._kept.get((of, code), (-KEPT_SECONDS, "")) for code in codes}
        found = {code: name for code, (at, name) in kept.items() if now - at < KEPT_SECONDS}
        wanted = sorted(set(codes) - set(found))[:CODES_MAX]
        if wanted:
            with acting(platform("clinical.read", "code_names")):
                looked_up = await self._look_up(of, wanted)
            if len(self._kept) + len(wanted) > KEPT_MAX:
                self._kept.clear()
            for code in wanted:
                found[code] = looked_up.get(code, "")
                self._kept[of, code] = now, found[code]
        return {code: name for code, name in found.items() if name}

    async def _look_up(self, of: Coded, codes: Sequence[str]) -> dict[str, str]:
        async with self.reading() as (connection, schema):
            known = await self._terms.known(connection, schema, code_systems=of.systems)
            listed = [system for one in of.systems if (system := known.system(one)) is not None]
            found = {code: name for code in codes if (name := _listed(listed, code))}
            left = {forms.token_code(code): code for code in codes if code not in found}
            if not left:
                return found
            said = await terms_store.saying(
                connection, schema, parameter_number(of.type_, "code"), list(left), limit=SAMPLE
            )
        resources = defaultdict(list)
        for number, patient, body in said:
            resources[left[number]].append((patient, json_text.read(body).get(of.element)))
        named = {code: name_said(code, some) for code, some in resources.items()}
        return found | {code: name for code, name in named.items() if name}


def _listed(among: Iterable[systems.System], code: str) -> str:
    for one in among:
        written = one.find(code)
        if written is not None and one.concepts[written].display:
            return one.concepts[written].display
    return ""


def name_said(code: str, said: Iterable[tuple[int | None, Mapping[str, Any] | None]]) -> str:
    """Return what a code is called by what was said of patients; empty: nobody names it.

    Args:
        code: whose name.
        said: a patient and a CodeableConcept said of him.
    """
    patients: dict[str, set[int]] = defaultdict(set)
    for patient, concept in said:
        for coding in (concept or {}).get("coding") or ():
            name = str(coding.get("display") or "").strip()
            same = str(coding.get("code") or "").casefold() == code.casefold()
            if patient is not None and same and name != code and 0 < len(name) <= NAME_MAX:
                patients[name].add(patient)
    often = {name: len(of) for name, of in patients.items() if len(of) >= PATIENTS_MIN}
    return min(often, key=lambda name: (-often[name], name), default="")
