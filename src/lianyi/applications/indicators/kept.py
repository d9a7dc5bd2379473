"""What was counted, by the question and by the files that it was counted from."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any


class Kept:
    """The newest cells, as many as fit."""

    def __init__(self, cells_max: int) -> None:
        """Keep nothing yet, and later so many cells."""
        self._of: OrderedDict[Hashable, Any] = OrderedDict()
        self._max = cells_max
        self._cells = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:  # noqa: ANN401 - whatever was put
        """Return what was put under a key; None: it is not kept."""
        with self._lock:
            found = self._of.get(key)
            if found is not None:
                self._of.move_to_end(key)
            return found

    def put(self, key: Hashable, cells: Mapping[Any, Any]) -> None:
        """Keep cells, and forget those that nobody asked for longest when there is no room."""
        with self._lock:
            before = self._of.pop(key, None)
            self._cells += len(cells) + 1 - (len(before) + 1 if before is not None else 0)
            self._of[key] = cells
            while self._cells > self._max and len(self._of) > 1:
                _, gone = self._of.popitem(last=False)
                self._cells -= len(gone) + 1
