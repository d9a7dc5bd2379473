"""What a hospital writes of a card authority in the section ``[identity]``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from lianyi.base.settings import Section


class CardAuthoritySettings(Section):
    """A card authority: who says what the codes of a kind of card stand for.

    Attributes:
        name: what it is called here and in answers.
        url: where it is asked, ``https://cards.example.org/resolve``.
        kind: of the cards that it issues.
        issuer: what numbers of it name as their issuer, where the answer names none.
        codes: what its codes look like, as a regular expression for the whole of one.
        token_file: a file with the bearer token that it asks for.
        ca_file: PEM, the authority that signed its certificate; the machine's own otherwise.
        timeout_seconds: so long it is waited for.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    url: str
    kind: Literal["health-card", "e-health-card", "insurance", "social-security", "hospital-card"]
    issuer: str = Field(default="", max_length=100)
    codes: str = Field(default=".+", max_length=500)
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout_seconds: float = Field(default=5.0, gt=0, le=30)

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValueError("write an address without a password: https://cards.example.org/x")
        return url

    @field_validator("codes")
    @classmethod
    def _is_an_expression(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return text
