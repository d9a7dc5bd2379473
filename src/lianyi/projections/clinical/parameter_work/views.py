"""Search parameters of one's own, as the API shows them."""

from __future__ import annotations

from pydantic import BaseModel


class OwnParameterView(BaseModel):
    """A search parameter of one's own.

    Attributes:
        done: resources that are indexed by it of those that stood before it.
        total: as many as there were.
    """

    type: str
    code: str
    kind: str
    url: str
    expression: str
    file: str
    complete: bool
    done: int
    total: int


class RefusedParameter(BaseModel):
    """A file that cannot be used, and why."""

    file: str
    code: str
    zh: str
    en: str


class OwnParameters(BaseModel):
    """All of them."""

    items: list[OwnParameterView]
    refused: list[RefusedParameter]
