"""The YAML that a person writes, without what bombs are made of.

Anchors, aliases, tags and deep nesting are refused before anything is built: nobody needs them in
a file of ours, and ten lines of merge keys unfold to more than any memory holds.
"""

from __future__ import annotations

from typing import Any

import yaml

DEPTH_MAX = 40


class PlainLoader(yaml.SafeLoader):
    """Reads a text, and refuses the tricks as it meets them."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def get_event(self) -> yaml.Event | None:
        """Return the next event.

        Raises:
            yaml.YAMLError: it is refused.
        """
        event: yaml.Event | None = super().get_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refused("aliases are refused", event)
        if getattr(event, "anchor", None):
            raise _refused("anchors are refused", event)
        if getattr(event, "tag", None):
            raise _refused("tags are refused", event)
        if isinstance(event, yaml.CollectionStartEvent):
            self._depth += 1
            if self._depth > DEPTH_MAX:
                raise _refused("it is nested too deeply", event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._depth -= 1
        return event


def plain_yaml(text: str) -> Any:  # noqa: ANN401 - whatever YAML can say
    """Return the data of a text.

    Raises:
        yaml.YAMLError: it is no YAML, or holds what is refused.
    """
    try:
        return yaml.load(text, Loader=PlainLoader)  # noqa: S506 - it is a safe one
    except ValueError as error:  # a day that is in no month, a number of ten thousand digits
        raise yaml.YAMLError(str(error)) from error


def _refused(problem: str, event: yaml.Event | None) -> yaml.MarkedYAMLError:
    mark = getattr(event, "start_mark", None)
    return yaml.MarkedYAMLError(
        problem=problem, problem_mark=mark if isinstance(mark, yaml.error.Mark) else None
    )
