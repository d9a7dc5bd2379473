"""View definitions, as the API shows them."""

from __future__ import annotations

from pydantic import BaseModel


class FlatColumn(BaseModel):
    """A column of a view."""

    name: str
    type: str
    collection: bool


class FlatView(BaseModel):
    """A view: the type of its resources, and its columns."""

    name: str
    resource: str
    columns: list[FlatColumn]


class RefusedView(BaseModel):
    """A file that cannot be used, and why."""

    file: str
    code: str
    zh: str
    en: str


class FlatViews(BaseModel):
    """All of them."""

    items: list[FlatView]
    refused: list[RefusedView]
