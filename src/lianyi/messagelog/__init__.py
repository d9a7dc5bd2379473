"""The durable, append-only record of every message. The waist of the house.

Everything on one side writes to it, everything on the other side reads from it, and the two
sides never call each other. Whatever lies in ``projections`` can be thrown away and rebuilt
from here. ``message`` is what is written, ``log`` the protocol; ``postgres`` and ``memory`` keep
it.
"""

from lianyi.messagelog.log import (
    ACTS,
    Appender,
    LogUnavailable,
    LostLease,
    MessageLog,
    NoSuchMessage,
)
from lianyi.messagelog.memory import MemoryLog
from lianyi.messagelog.message import Gate, LogMessage, NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog

__all__ = [
    "ACTS",
    "Appender",
    "Gate",
    "LogMessage",
    "LogUnavailable",
    "LostLease",
    "MemoryLog",
    "MessageLog",
    "NewMessage",
    "NoSuchMessage",
    "Position",
    "PostgresLog",
]
