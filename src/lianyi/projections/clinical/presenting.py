"""How resources are shown to whoever asks: whole, in part, or not at all; and who is told of it.

A resource about a patient is seen as Privacy lets the patient be seen: for the purpose, by whoever
treats, with consent, through broken glass. One about no patient, such as an Organization, is shown
as it is. Everything that is shown is written into the trail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import read_store
from lianyi.projections.clinical.file_words import without_files
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.record.masking import may_show
from lianyi.projections.clinical.record.sections import section_of
from lianyi.projections.clinical.resources import patients_of
from lianyi.projections.clinical.types import ABOUT_PATIENTS
from lianyi.projections.identity import read_store as index
from lianyi.projections.identity.fhir.resources import MASKED
from lianyi.projections.identity.follow import NAME as INDEX
from lianyi.projections.identity.ids import UnreadableId, read_shown
from lianyi.security.access import current, shows
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.model import About, Look
from lianyi.security.privacy.service import Privacy

_NOBODY: Final[tuple[str, ...]] = ()


class Presenter:
    """Shows resources."""

    def __init__(self, privacy: Privacy) -> None:
        """Show what privacy lets be seen.

        Args:
            privacy: decides how patients are seen.
        """
        self._privacy = privacy

    async def show(
        self, connection: Connection, schema: str, rows: Sequence[Kept], *, whole: bool = False
    ) -> list[bytes | None]:
        """Return the JSON of resources as whoever asks may see it, and say that it is shown.

        Args:
            connection: to the database, in a transaction.
            schema: of the version.
            rows: not deleted.
            whole: show what is seen whole, and nothing of what is seen in part.

        Returns:
            For each row its JSON; None: it is not shown.
        """
        known, organisations = await read_store.whose_and_channels(
            connection,
            schema,
            {row.patient for row in rows if row.patient is not None},
            {row.channel for row in rows},
        )
        whose = await self._whose(connection, rows, known)
        looks = await self._looks(connection, rows, whose, organisations)
        hiders: dict[int, Hider] = {}
        shown: list[bytes | None] = []
        for row, patients, look in zip(rows, whose, looks, strict=True):
            if not current().sees(organisations.get(row.channel, "")):
                body: bytes | None = None
            elif look is None or look.levels.everything:
                body = row.body
            elif look.withheld or whole:
                body = None
            else:
                hider = hiders.setdefault(id(look.levels), self._privacy.hider(look))
                body = _masked(row.body, hider)
            if body is not None:
                shows(row.channel, patients)
            shown.append(body)
        return shown

    async def _looks(
        self,
        connection: Connection,
        rows: Sequence[Kept],
        whose: Sequence[Sequence[str]],
        organisations: Mapping[int, str],
    ) -> list[Look | None]:
        """Return how each is seen; None: it is about no patient."""
        asked = [
            place
            for place, row in enumerate(rows)
            if whose[place] or row.patient is not None or row.type in ABOUT_PATIENTS
        ]
        looks: list[Look | None] = [None] * len(rows)
        if asked:  # what is about one patient at one hospital is seen in one way
            keys = [(tuple(whose[at]), organisations.get(rows[at].channel, "")) for at in asked]
            distinct = list(dict.fromkeys(keys))
            about = [About(patients, organisation=at) for patients, at in distinct]
            seen = dict(zip(distinct, await self._privacy.looks(about, on=connection), strict=True))
            for place, key in zip(asked, keys, strict=True):
                looks[place] = seen[key]
        return looks

    async def _whose(
        self, connection: Connection, rows: Sequence[Kept], known: Mapping[int, str]
    ) -> list[Sequence[str]]:
        """Return for each row the patients it is about, ``value^authority``."""
        strangers = [row for row in rows if row.patient is not None and row.patient not in known]
        if strangers:
            known = {**known, **await self._by_number(connection, strangers)}
        return [
            (known[row.patient],) if row.patient is not None and row.patient in known else _NOBODY
            for row in rows
        ]

    async def _by_number(self, connection: Connection, rows: Sequence[Kept]) -> dict[int, str]:
        """Return whose resources are whose Patient is not stored, but has the index's number."""
        records: dict[int, int] = {}
        for row in rows:
            for id_ in patients_of(json_text.read(row.body))[:1]:
                try:
                    records[row.patient or 0] = read_shown(id_)
                except UnreadableId:
                    continue
        live = await projection_store.hold_live(connection, INDEX) if records else None
        if live is None:
            return {}
        keys = await index.keys_of(connection, live.schema, list(records.values()))
        return {
            patient: f"{keys[record][1]}^{keys[record][0]}"
            for patient, record in records.items()
            if record in keys
        }


def _masked(body: bytes, hider: Hider) -> bytes | None:
    """Return of a resource what a look shows; None: nothing.

    A resource says what it says of health in elements of any name: there is no place to mask. So
    one that stands under a heading which the purpose does not show is not shown at all; nor is a
    file, in which a name may stand anywhere.
    """
    text = body.decode()
    if not may_show(section_of(json_text.read(body)), text, hider):
        return None
    shown_ = hider.body(text)
    return None if shown_ is None else _labelled(body, shown_)


def _labelled(body: bytes, text: str) -> bytes:
    """Return a resource of which parts are hidden, with the label that says so.

    Args:
        body: the whole resource; it is what is shown when nothing in it was hidden.
        text: what may be seen of it.
    """
    resource = without_files(json_text.read(text.encode()))
    if resource == json_text.read(body):
        return body
    meta = resource.get("meta")
    said = meta if isinstance(meta, dict) else {}
    labels = said.get("security")
    labels = labels if isinstance(labels, list) else []
    return json_text.write({**resource, "meta": {**said, "security": [*labels, MASKED]}})
