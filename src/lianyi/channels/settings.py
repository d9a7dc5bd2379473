"""Sections of ``lianyi.toml`` that the engine reads."""

from __future__ import annotations

from pydantic import Field

from lianyi.base.settings import Section


class MessageLogSettings(Section):
    """Section ``[messagelog]``.

    Attributes:
        shards: parts of the log for channels that are new. A channel keeps the shard it got.
        retention_days: messages stay in the database this long, then lie in files; 0 keeps all.
        archive_dir: where those files lie; relative to the data folder.
    """

    shards: int = Field(default=1, ge=1, le=1000)
    retention_days: int = Field(default=0, ge=0)
    archive_dir: str = "archive"


class ChannelsSettings(Section):
    """Section ``[channels]``.

    Attributes:
        disk_full_percent: above this the platform answers that it cannot store, and stores nothing.
        waiting_bytes_max: of messages that wait for their commit; above it, sources stop reading.
        repeat_window_messages: at least so many messages back a repeat is recognised; 0: never.
        function_workers_max: Python functions of channels that run at the same time.
        trouble_seconds: how long trouble of a source is shown that is not repeated and after which
            no message came; trouble that lasts, such as a lost folder, is shown until it is over.
        stop_grace_seconds: how long a process that ends waits for attempts that run.
    """

    disk_full_percent: float = Field(default=95.0, gt=0, le=100)
    waiting_bytes_max: int = Field(default=33_554_432, ge=1_048_576)
    repeat_window_messages: int = Field(default=50_000, ge=0)
    function_workers_max: int = Field(default=1, ge=1, le=64)
    trouble_seconds: float = Field(default=60.0, gt=0)
    stop_grace_seconds: float = Field(default=3.0, ge=0)
