"""Rows of a table as filters and steps see them: ``table``, ``load.number``, ``rows[0].sex``.

The body is the form of :mod:`lianyi.base.rows`. Paths are those of JSON, over the header with the
rows beside it as objects; what is written back is the form again.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from lianyi.base import rows
from lianyi.channels.lazy import lazy
from lianyi.channels.problems import UnreadableContent
from lianyi.channels.structured import Json, JsonContent


class RowsContent(JsonContent):
    """A message of rows. Its event is ``<source>.<table>``, its sender the source."""

    format = "rows"
    content_type = rows.CONTENT_TYPE

    _shown: Json = None

    @lazy
    def _parsed(self) -> tuple[rows.Header, list[list[rows.Value]]]:
        try:
            return rows.read(self.body)
        except ValueError:
            raise UnreadableContent(where="line 1", format="rows", why="form") from None

    def read(self) -> None:
        """Parse it; see :class:`~lianyi.channels.content.Content`."""
        _ = self._parsed

    @property
    def value(self) -> Json:
        """The header, and ``rows`` as objects.

        Raises:
            UnreadableContent: it is not of the form.
        """
        if self._shown is None:
            header, found = self._parsed
            names = [column.name for column in header.columns]
            self._shown = orjson.loads(orjson.dumps(header))
            self._shown["rows"] = [dict(zip(names, row, strict=True)) for row in found]
        return self._shown

    @lazy
    def event(self) -> str:
        """Source and table, unless the channel names another place."""
        header = self._parsed[0]
        return self.at(self.places.event) or f"{header.source}.{header.table}"

    @lazy
    def sending_application(self) -> str:
        """The source, unless the channel names another place."""
        return self.at(self.places.sending_application) or self._parsed[0].source

    def copy(self) -> RowsContent:
        """Return a content that can be changed."""
        twin = RowsContent(self.body, codec=self.codec, places=self.places)
        twin.inherit(self)
        if self._changed:
            twin.body = self.encode()
        return twin

    def encode(self) -> bytes:
        """Return the bytes; ``body`` itself when nothing changed."""
        if not self._changed:
            return self.body
        said = dict(self.value)
        names = [column["name"] for column in said["columns"]]
        found: Sequence[dict[str, Json]] = said.pop("rows")
        said["rows"] = len(found)
        lines = (rows.line([row.get(name) for name in names]) for row in found)
        return b"".join((orjson.dumps(said), b"\n", *lines))
