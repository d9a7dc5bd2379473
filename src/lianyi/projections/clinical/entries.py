"""What an entry of a Bundle reads: the same that the door of its address would answer.

Source:
    HL7 FHIR R4, 3.1.0.11: "GET ... read, vread, history or search"; 3.1.0.1.6 (conditional read).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lianyi.projections.clinical import answering
from lianyi.projections.clinical.asking import Asked
from lianyi.projections.clinical.bundles import Step
from lianyi.projections.clinical.everything import everything, everything_of_encounter
from lianyi.projections.clinical.past import history
from lianyi.projections.clinical.patients.service import PatientSearch
from lianyi.projections.clinical.problems import broken
from lianyi.projections.clinical.reading import Reading, Shown, check_type
from lianyi.projections.clinical.search.last_observations import LASTN, LastObservations
from lianyi.projections.clinical.search.service import SearchService
from lianyi.projections.clinical.transactions import Read
from lianyi.security.access import current
from lianyi.security.scopes import covers
from lianyi.security.smart.problems import OutsideOfScopes

HISTORY: Final = "_history"
EVERYTHING: Final = {"Patient": everything, "Encounter": everything_of_encounter}


class Entries:
    """Reads what entries want."""

    def __init__(
        self,
        reading: Reading,
        search: SearchService,
        last: LastObservations,
        *,
        patients: PatientSearch,
    ) -> None:
        """Read as the doors do.

        Args:
            reading: of resources, versions and histories.
            search: of every type.
            last: of observations.
            patients: finds and reads Patients.
        """
        self._reading = reading
        self._search = search
        self._last = last
        self._patients = patients

    async def read(self, step: Step, *, strict: bool) -> Read:
        """Return what an entry reads; see :class:`~.transactions.Reads`."""
        headers = {
            "if-none-match": step.if_none_match,
            "if-modified-since": step.if_modified_since,
        }
        at = Asked(step.query, headers, base=self._search.base)
        parts = [part for part in step.path.split("/") if part]
        if HISTORY in parts[:3]:
            return await self._history(at, parts)
        if parts[-1:] == ["$everything"] and len(parts) == 3 and parts[0] in EVERYTHING:
            found = await EVERYTHING[parts[0]](
                self._reading, parts[1], at.everything(self._search.zone)
            )
            body = answering.everything_of(found, base=at.base, path=step.path, query=at.query)
            return Read(body)
        if parts == ["Observation", LASTN]:
            self._judge("Observation", at.query)
            return Read(await self._last.last(at.query, strict=strict))
        if any(part.startswith(("$", "_")) for part in parts) or len(parts) > 3:
            raise broken(step.where, "this cannot be asked in a Bundle", "Bundle 中不支持该请求")
        if len(parts) == 2:
            if parts[0] == "Patient" and (person := await self._patients.read_person(parts[1])):
                return Read(person)
            return _shown(at, await self._reading.read(*parts))
        return Read(await self._searched(at, parts, strict=strict))

    async def _searched(self, at: Asked, parts: Sequence[str], *, strict: bool) -> bytes:
        kind = parts[-1] if parts else ""
        of = (parts[0], parts[1]) if len(parts) == 3 else None
        place = self._search.place(kind, of)
        if place.types:
            self._judge(kind, at.query)
        if parts == ["Patient"]:
            return await self._patients.find_patients(at.query, strict=strict)
        return await self._search.search(place, at.query, strict=strict)

    async def _history(self, at: Asked, parts: Sequence[str]) -> Read:
        if len(parts) == 4 and parts[2] == HISTORY:
            type_, id_, _, version = parts
            number = int(version) if version.isascii() and version.isdigit() else 0
            number = number if number < 1 << 31 else 0
            return _shown(at, await self._reading.read_version(type_, id_, number))
        if parts[-1] != HISTORY:
            raise broken("Bundle", "this cannot be asked in a Bundle", "Bundle 中不支持该请求")
        of = dict(zip(("type_", "id_"), parts[:-1], strict=False))
        return Read(await history(self._reading, at, "/".join(parts), **of))

    @staticmethod
    def _judge(type_: str, query: Sequence[tuple[str, str]]) -> None:
        """Do nothing when whoever asks may search a type; the search itself shows no more.

        Raises:
            OutsideOfScopes: an app may not.
            NoSuchResource: it is no type.
        """
        check_type(type_)
        granted = current().actor.granted
        if granted is None:
            return
        asked: dict[str, list[str]] = {}
        for name, value in query:
            asked.setdefault(name, []).append(value)
        if granted.patient:
            asked["patient"] = [granted.patient]
        if not covers(granted, type_, "s", asked):
            raise OutsideOfScopes(where=type_)


def _shown(at: Asked, shown: Shown) -> Read:
    kept = shown.kept
    known = at.has(kept.version, kept.updated_at)
    return Read(b"" if known else shown.body, kept.version, kept.updated_at, known)
