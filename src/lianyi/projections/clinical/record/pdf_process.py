"""Reads one PDF from standard input and writes its words to standard output, within limits.

It runs as a process of its own: ``python -I -m`` this module. Whatever a PDF makes of it, nothing
else is harmed: it may use so much memory and time, and write no file.
"""

from __future__ import annotations

import resource
import sys

MEMORY_BYTES = 512 * 1024 * 1024
SECONDS = 10
PAGES_MAX = 500
CHARACTERS_MAX = 1_000_000
UNREADABLE = 3
"""How it ends where the PDF has no words to read."""


def main() -> int:
    """Read, and tell how it went as the exit code."""
    from lianyi.formats.pdf import UnreadablePdf, words_of

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    data = sys.stdin.buffer.read()
    try:
        words = words_of(data, pages_max=PAGES_MAX, characters_max=CHARACTERS_MAX)
    except (UnreadablePdf, MemoryError):
        return UNREADABLE
    sys.stdout.buffer.write(words.encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
