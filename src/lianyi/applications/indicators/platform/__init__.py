"""What the platform itself did each day, as rows that are counted like all others (平台运行)."""

from typing import Final

FACT: Final = "link_day"
"""What the platform makes itself, of its own counts, when a day is over; nobody sends it."""
