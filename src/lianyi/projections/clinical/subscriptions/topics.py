"""Topics: what there is to subscribe to, as files. No database.

The shipped ones lie beside this module; those of a hospital in ``content/clinical/topics``. One of
the same URL takes the place of a shipped one. What a file says:

``url``
    by which subscriptions name it.
``title``
    ``zh`` and ``en``.
``type``
    of the resources; ``*``: of those that a subscription names.
``changes``
    ``create``, ``update``, ``delete``: which of them it tells of.
``before``, ``after``
    search criteria of the resource as it was and as it is; where there was nothing, ``before`` is
    fulfilled.
``fhirpath``
    besides, an expression over ``%previous`` and ``%current`` that must be true.
``filters``
    the search parameters that a subscription may filter by; ``*``: every one.

Source:
    HL7 FHIR R5, SubscriptionTopic (resourceTrigger, canFilterBy).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec
import yaml

from lianyi.base.content_files import stamps
from lianyi.base.errors import LianyiError
from lianyi.base.plain_yaml import plain_yaml
from lianyi.formats.fhir import fhirpath
from lianyi.formats.fhir.definitions import r4
from lianyi.projections.clinical.subscriptions.problems import UnusableTopic
from lianyi.projections.clinical.types import TYPES

FOLDER: Final = ("clinical", "topics")
"""In the content folder."""
SHIPPED: Final = Path(__file__).parent / "shipped"
FILES_MAX: Final = 200
FILE_BYTES_MAX: Final = 50_000
ANY: Final = "*"
NOT_TOLD: Final = frozenset({"Subscription"})
"""Telling of these would make more of them."""

Change = Literal["create", "update", "delete"]


class Title(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people call a topic."""

    zh: str
    en: str


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What there is to subscribe to; see the head of this module."""

    url: str
    title: Title
    type: str
    changes: tuple[Change, ...]
    before: str = ""
    after: str = ""
    fhirpath: str = ""
    filters: tuple[str, ...] = ()


class UnusableFile(NamedTuple):
    """A file that cannot be used, and why."""

    file: str
    problem: LianyiError


class Topics(NamedTuple):
    """The topics there are, and the files that cannot be used."""

    by_url: Mapping[str, Topic]
    refused: Sequence[UnusableFile]


class TopicBook:
    """Gives the topics; files that were changed are read again."""

    def __init__(self, content_dir: Path) -> None:
        """Read below a content folder."""
        self._folders = (SHIPPED, content_dir.joinpath(*FOLDER))
        self._seen: Any = None
        self._topics = Topics({}, ())

    @property
    def topics(self) -> Topics:
        """As the files say now."""
        files = [path for folder in self._folders for path in sorted(folder.glob("*.yaml"))]
        files = files[:FILES_MAX]
        seen = stamps(files)
        if seen != self._seen:
            self._topics, self._seen = _read(files), seen
        return self._topics


def _read(files: Sequence[Path]) -> Topics:
    found: dict[str, Topic] = {}
    refused = []
    for path in files:
        try:
            topic = read(path.read_bytes()[: FILE_BYTES_MAX + 1], where=path.name)
        except LianyiError as problem:
            refused.append(UnusableFile(path.name, problem))
        else:
            found[topic.url] = topic
    return Topics(found, refused)


def read(text: bytes, *, where: str) -> Topic:
    """Read the file of a topic.

    Raises:
        UnusableTopic: it is none.
    """
    if len(text) > FILE_BYTES_MAX:
        raise _problem(where, "the file is too long", "文件过长")
    try:
        topic = msgspec.convert(plain_yaml(text.decode()), Topic)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise _problem(where, "it is no YAML", "不是 YAML") from error
    except msgspec.ValidationError as error:
        raise _problem(where, str(error), f"格式不符：{error}") from error
    _check(topic, where)
    return topic


def _check(topic: Topic, where: str) -> None:
    if ":" not in topic.url or any(mark in topic.url for mark in " |?#"):
        raise _problem(where, "url is no canonical address", "url 不是规范地址")
    if topic.type != ANY and (topic.type not in TYPES or topic.type in NOT_TOLD):
        raise _problem(where, "type is no type of R4 that is told of", "type 不是可订阅的 R4 类型")
    if not topic.changes:
        raise _problem(where, "changes names none", "changes 为空")
    if topic.type == ANY and (topic.before or topic.after or topic.fhirpath):
        raise _problem(where, "a topic of any type has no criteria", "type 为 * 的主题不能带有条件")
    known = r4().search_parameters(topic.type) if topic.type != ANY else {}
    strange = [one for one in topic.filters if one != ANY and one not in known]
    if topic.type != ANY and strange:
        raise _problem(
            where,
            f"{strange[0]} is no search parameter of {topic.type}",
            f"{strange[0]} 不是 {topic.type} 的检索参数",
        )
    if topic.fhirpath:
        try:
            fhirpath.compile(topic.fhirpath, r4())
        except fhirpath.FhirPathError as error:
            raise _problem(
                where, f"the FHIRPath cannot be read: {error}", f"FHIRPath 无法识别：{error}"
            ) from error


def _problem(where: str, why: str, why_zh: str) -> UnusableTopic:
    return UnusableTopic(where=where, why=why, why_zh=why_zh)
