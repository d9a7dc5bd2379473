"""What the section ``[exports]`` of ``lianyi.toml`` says about exports of many resources."""

from __future__ import annotations

from pydantic import Field

from lianyi.base.settings import Section


class ExportSettings(Section):
    """How much is exported at a time, and for how long it is kept.

    Attributes:
        running_max: exports that may run at the same time; who asks for one more is told to wait.
        keep_hours: after so long the files of a finished export are removed.
        file_resources_max: resources in one file; after a restart an export goes on behind its
            last whole file.
        settle_seconds: how long a message may be on its way into the log: an export waits so long
            before it looks at what belongs to its instant. Raise it where the clocks of several
            hosts differ by more.
    """

    running_max: int = Field(default=2, ge=1, le=4)
    keep_hours: float = Field(default=24, gt=0, le=720)
    file_resources_max: int = Field(default=100_000, ge=1, le=10_000_000)
    settle_seconds: float = Field(default=2, ge=0.1, le=60)
