"""What people ask of views."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.flattening import View, rows
from lianyi.projections.clinical.flat import files, flat_store, known
from lianyi.projections.clinical.flat.asked import Run
from lianyi.projections.clinical.flat.forms import Form, written
from lianyi.projections.clinical.flat.values import Row
from lianyi.projections.clinical.flat.views import FlatColumn, FlatView, FlatViews, RefusedView
from lianyi.projections.clinical.persons import for_app, patients_of_person
from lianyi.projections.clinical.problems import unreadable
from lianyi.projections.clinical.reading import Reading
from lianyi.security.access import acting, platform
from lianyi.security.privacy.service import Privacy

PAGE_MAX: Final = 2_000


class Page(NamedTuple):
    """A page of a view.

    Attributes:
        content: the rows as a file.
        next: where the next page begins; None: there is none.
    """

    content: bytes
    next: int | None


class FlatService(Reading):
    """Runs views over resources as whoever asks may see them."""

    def __init__(self, pool: asyncpg.Pool, content_dir: Path, *, privacy: Privacy) -> None:
        """Run over the version in force.

        Args:
            pool: of the database; as the doors see it.
            content_dir: holds the folder of views.
            privacy: decides how patients are seen.
        """
        super().__init__(pool, privacy=privacy)
        self._content_dir = content_dir

    async def list_views(self) -> FlatViews:
        """Return every view, and every file that cannot be used."""
        with acting(platform("masterdata.read", "list_views")):
            async with self.reading() as (connection, schema):
                folder = await known.views(connection, schema, self._content_dir)
        return FlatViews(
            items=[_view(one) for one in folder.views.values()],
            refused=refused_views(folder.refused),
        )

    async def run(self, name: str, form: Form, *, after: int | None, limit: int) -> Page:
        """Return the rows of the next resources, each as far as it may be seen.

        Args:
            name: of the view.
            form: of the file.
            after: ``next`` of the page before; None: the first page.
            limit: so many resources.

        Raises:
            NoSuchView: there is none.
            NotOneValue, FhirPathError: the view does not fit a resource.
        """
        view = await self._called(name)
        found, following = await self._over(view, after=after, limit=limit)
        return Page(written(view.columns, found, form), following)

    async def run_asked(self, run: Run) -> Page:
        """Return the rows that ``$run`` asks for.

        Raises:
            NoSuchView: there is none of the name.
            NotOneValue, FhirPathError: the view does not fit a resource.
            UnreadableResource: neither a view nor its name is given.
        """
        view = run.view
        if view is None:
            if not run.name:
                raise unreadable("viewResource", "there is no view", "缺少视图")
            view = await self._called(run.name)
        if run.resources is None:
            found, following = await self._over(
                view, after=run.after, limit=run.limit, patient=run.patient
            )
        else:
            sent = [one for one in run.resources if one.get("resourceType") == view.resource]
            found, following = [*(row for one in sent for row in rows(view, one))], None
        content = written(view.columns, found, run.file_form)
        if run.form == "csv" and not run.header:
            content = content.partition(b"\r\n")[2]
        if run.form == "json":
            content = b"[" + b",".join(content.splitlines()) + b"]"
        return Page(content, following)

    async def _called(self, name: str) -> View:
        """Return a view: what it says is nobody's data."""
        with acting(platform("masterdata.read", "run_view")):
            async with self.reading() as (connection, schema):
                return await known.view_called(connection, schema, self._content_dir, name)

    async def _over(
        self, view: View, *, after: int | None, limit: int, patient: str = ""
    ) -> tuple[list[Row], int | None]:
        """Return the rows of the next resources, and where those behind them begin."""
        async with self.reading() as (connection, schema):
            whose = await patients_of_person(connection, schema, patient) if patient else None
            kept = await flat_store.page(
                connection, schema, view.resource, whose=whose, after=after, limit=limit + 1
            )
            page = kept[:limit]
            following = page[-1].rid if len(kept) > limit else None
            page = await for_app(connection, schema, page)
            bodies = await self.presenter.show(connection, schema, page)
        found: list[Row] = [
            row for body in bodies if body for row in rows(view, json_text.read(body))
        ]
        return found, following


def _view(view: View) -> FlatView:
    return FlatView(
        name=view.name,
        resource=view.resource,
        columns=[FlatColumn(**column._asdict()) for column in view.columns],
    )


def refused_views(refused: Sequence[files.UnusableFile]) -> list[RefusedView]:
    """Return files that cannot be used as they are shown."""
    return [
        RefusedView(
            file=file, code=problem.code, zh=problem.text("zh"), en=problem.text("en")
        )
        for file, problem in refused
    ]  # fmt: skip
