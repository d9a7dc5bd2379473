"""The YAML that a person writes, without what bombs are made of.

Anchors, aliases, tags and deep nesting are refused before anything is built: nobody needs them in
a file of ours, and ten lines of merge keys unfold to more than any memory holds.
"""

from __future__ import annotations

from typing import Any

import yaml

DEPTH_MAX = 40


def refuse_tricks(text: str) -> None:
    """Look through a text before it is read.

    Raises:
        yaml.YAMLError: it is no YAML, or holds what is refused.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _refused("aliases are refused", event)
        if getattr(event, "anchor", None):
            raise _refused("anchors are refused", event)
        if getattr(event, "tag", None):
            raise _refused("tags are refused", event)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MAX:
            raise _refused("it is nested too deeply", event)


def plain_yaml(text: str) -> Any:  # noqa: ANN401 - whatever YAML can say
    """Return the data of a text.

    Raises:
        yaml.YAMLError: it is no YAML, or holds what is refused.
    """
    refuse_tricks(text)
    try:
        return yaml.safe_load(text)
    except ValueError as error:  # a day that is in no month, a number of ten thousand digits
        raise yaml.YAMLError(str(error)) from error


def _refused(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    mark = event.start_mark
    return yaml.MarkedYAMLError(
        problem=problem, problem_mark=mark if isinstance(mark, yaml.error.Mark) else None
    )
