"""Which source may say what about master data, and whose word counts more. Pure.

The rules are data: ``content/masterdata/sources.yaml``. They come into the log as an act, so that
the same log gives the same master data, whatever the file says today. Without a file every source
may describe records and say places, roles and specialties, the newest word counts, and the
management tree, on which rights hang, is only ever proposed to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lianyi.projections.masterdata.changes import TEXTS
from lianyi.projections.masterdata.model import Kind
from lianyi.projections.masterdata.problems import BadSources

FILE = ("masterdata", "sources.yaml")
FILE_BYTES_MAX = 262_144
USUAL_RANK = 50
PEOPLE = "people"
ALL = "*"
END_OF = "end"
RELATIONS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ORGANISATION: ("place", "tree"),
    Kind.LOCATION: ("part-of",),
    Kind.PRACTITIONER: ("role",),
}
"""What can be said about a kind beside :data:`~.changes.TEXTS` and :data:`END_OF`."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """A system that says something about master data.

    Attributes:
        name: what provenance calls it.
        channels, applications, facilities: where its messages come from: name of the channel,
            MSH-3, MSH-4; an empty list is any.
        channel_numbers: of ``channels``, filled in when the rules go into the log.
        organisation: it speaks for this one and all below; empty: for all.
        rank: the smaller one wins.
        says: by kind the fields, ``end`` and relations; ``*`` is all of them.
        management: whether its word on the management tree is proposed or taken.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    channels: list[str] = []
    applications: list[str] = []
    facilities: list[str] = []
    channel_numbers: list[int] = []
    organisation: Annotated[str, Field(max_length=100)] = ""
    rank: Annotated[int, Field(ge=1, le=99)] = USUAL_RANK
    says: dict[Kind, list[str]] = {kind: [ALL] for kind in Kind}
    management: Literal["propose", "take"] = "propose"

    def sent(self, channel: int, sender: str) -> bool:
        """Tell whether a message of a channel and sender, ``application|facility``, is its own."""
        application, _, facility = sender.partition("|")
        return (
            (not self.channels or channel in self.channel_numbers)
            and (not self.applications or application in self.applications)
            and (not self.facilities or facility in self.facilities)
        )

    def may_say(self, kind: Kind, what: str) -> bool:
        """Tell whether it may say a field or relation of a kind."""
        return bool({what, ALL} & set(self.says.get(kind, ())))


class _People(_Part):
    rank: Annotated[int, Field(ge=1, le=99)] = USUAL_RANK


class Sources(_Part):
    """All rules; ``None`` for sources: there is no file."""

    sources: list[Source] | None = None
    people: _People = _People()

    def of(self, channel: int, sender: str) -> Source | None:
        """Return the first source that a message is from; None: one that may say nothing."""
        if self.sources is None:
            return _ANY
        return next((one for one in self.sources if one.sent(channel, sender)), None)


_ANY = Source(name="any")


def parse(text: str, *, where: str = "/".join(FILE)) -> Sources:
    """Read the file.

    Raises:
        BadSources: with what is wrong first.
    """
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise BadSources(where=where, why="it is no YAML", why_zh="不是有效的 YAML") from error
    if not isinstance(found, Mapping) or not isinstance(found.get("sources"), list):
        raise BadSources(where=where, why="it has no list 'sources'", why_zh="缺少 sources 列表")
    return read(found, where=where)


def read(found: Mapping[str, Any], *, where: str) -> Sources:
    """Read rules as an act or the file has them; raises as :func:`parse` does."""
    try:
        sources = Sources.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise BadSources(
            where=f"{where}: {place}", why=first["msg"], why_zh=first["msg"]
        ) from error
    for one in sources.sources or ():
        for kind, words in one.says.items():
            known = {*TEXTS, END_OF, ALL, *RELATIONS[kind]}
            for word in set(words) - known:
                raise BadSources(
                    where=f"{where}: {one.name}.says.{kind}",
                    why=f"'{word[:40]}' is none of {', '.join(sorted(known))}",
                    why_zh=f"“{word[:40]}”不在可选范围：{'、'.join(sorted(known))}",
                )
    return sources


def numbered(sources: Sources, numbers: Mapping[str, int]) -> Sources:
    """Return rules that know the numbers of their channels, as the log calls them."""
    if sources.sources is None:
        return sources
    return sources.model_copy(
        update={
            "sources": [
                one.model_copy(
                    update={
                        "channel_numbers": sorted(
                            numbers[name] for name in one.channels if name in numbers
                        )
                    }
                )
                for one in sources.sources
            ]
        }
    )
