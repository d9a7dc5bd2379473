"""What the section ``[operational]`` of ``lianyi.toml`` says."""

from __future__ import annotations

from pydantic import Field

from lianyi.base.settings import Section


class OperationalSettings(Section):
    """How operations data are kept.

    Attributes:
        settle_seconds: at most so often the months that changed are written as files; what is
            newer is read from the database, so no figure waits for it.
    """

    settle_seconds: float = Field(default=60.0, ge=1.0, le=86_400.0)
