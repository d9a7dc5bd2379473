"""How two versions of a projection differ: in words that name things, and never what they say."""

from __future__ import annotations

from typing import Final, NamedTuple

EXAMPLES_MAX: Final = 3
"""So many examples stand for each way in which things of one kind differ."""


class Example(NamedTuple):
    """One thing that differs.

    Attributes:
        id: what it is called: ``Observation/1``.
        how: ``added``, ``changed`` or ``gone``.
        where: the first element that is not the same; empty where the whole thing is.
    """

    id: str
    how: str
    where: str


class Difference(NamedTuple):
    """How many things of one kind differ.

    Attributes:
        what: a type of resource, or a table.
        organisation: whose they are; empty: nobody's, or it does not matter.
        added: how many the built version alone has.
        changed: how many both have, but otherwise.
        gone: how many the version in force alone has.
        examples: a few of them.
    """

    what: str
    organisation: str
    added: int
    changed: int
    gone: int
    examples: tuple[Example, ...] = ()
