"""Reading what an installation says of its data: the shipped file, or the hospital's own."""

from __future__ import annotations

import importlib.resources
import re
from fnmatch import fnmatchcase
from pathlib import Path as FilePath
from typing import Annotated

import structlog
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from lianyi.base.errors import LianyiError
from lianyi.base.plain_yaml import plain_yaml
from lianyi.security.model import Purpose
from lianyi.security.privacy.failures import BadClassification
from lianyi.security.privacy.model import (
    LEVEL_MAX,
    Category,
    Classification,
    DataSet,
    Domain,
    Element,
    GlassReason,
    Levels,
    Mask,
    Place,
    PurposeRule,
    Sharing,
)

FILE = "classification.yaml"
FOLDER = "privacy"
FILE_BYTES_MAX = 262_144
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\.(\d{1,3})(?:-(\d{1,3}))?)?")
_RANGE = re.compile(r"([A-Z]\d[\d.]{0,3}\d?)(?:-([A-Z]\d\d))?")

log = structlog.get_logger(__name__)

Level = Annotated[int, Field(ge=0, le=LEVEL_MAX)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Title(_Part):
    zh: str = Field(min_length=1, max_length=100)
    en: str = Field(min_length=1, max_length=100)


class _Element(_Part):
    name: Name
    title: _Title
    category: Category
    level: int = Field(ge=1, le=LEVEL_MAX)
    mask: Mask = Mask.HIDDEN
    hl7: list[Annotated[str, StringConstraints(pattern=rf"^{_PLACE.pattern}$")]] = []
    words: list[Word] = []
    icd10: list[Annotated[str, StringConstraints(pattern=rf"^{_RANGE.pattern}$")]] = []
    about: list[Word] = []


class _Purpose(_Part):
    personal: Level = 0
    health: Level = 0
    treatment: Level = 0
    payment: Level = 0
    resources: Level = 0
    public: Level = 0
    relation: bool = False
    consent: bool = False
    otherwise: Purpose | None = None


class _Reason(_Part):
    name: Name
    zh: str = Field(min_length=1, max_length=100)
    en: str = Field(min_length=1, max_length=100)
    purpose: Purpose


class _Glass(_Part):
    minutes: int = Field(default=30, ge=1, le=1440)
    minutes_max: int = Field(default=240, ge=1, le=1440)
    reasons: list[_Reason] = Field(min_length=1)


class _DataSet(_Part):
    name: Name
    title: _Title
    sharing: Sharing
    domain: Domain
    kinds: list[Word] = Field(min_length=1)


class _File(_Part):
    elements: list[_Element]
    purposes: dict[Purpose, _Purpose]
    glass: _Glass
    data_sets: list[_DataSet]


def parse_classification(text: str, name: str) -> Classification:
    """Read a classification.

    Args:
        text: YAML.
        name: of the file, for errors.

    Raises:
        BadClassification: with what is wrong first.
    """
    try:
        data = plain_yaml(text)
        file = _File.model_validate(data)
    except (yaml.YAMLError, RecursionError) as error:
        raise BadClassification(
            where=name, why="it is no YAML", why_zh="不是有效的 YAML"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _bad(f"{name}: {place}", first["msg"], first["msg"]) from error
    missing = [one.value for one in Purpose if one not in file.purposes]
    if missing:
        names = ", ".join(missing)
        raise _bad(f"{name}: purposes", f"nothing is said of {names}", f"缺少 {names}")
    for purpose, said in file.purposes.items():
        if (said.relation or said.consent) and said.otherwise in (None, purpose):
            raise _bad(
                f"{name}: purposes.{purpose.value}",
                "relation or consent needs 'otherwise', another purpose",
                "声明 relation 或 consent 时必须用 otherwise 指明另一用途",
            )
    return _built(file)


def _bad(where: str, why: str, why_zh: str) -> BadClassification:
    return BadClassification(where=where, why=why, why_zh=why_zh)


def _built(file: _File) -> Classification:
    return Classification(
        elements=[_element(one) for one in file.elements],
        purposes={purpose: _rule(said) for purpose, said in file.purposes.items()},
        reasons=[GlassReason(one.name, one.zh, one.en, one.purpose) for one in file.glass.reasons],
        glass_minutes=min(file.glass.minutes, file.glass.minutes_max),
        glass_minutes_max=file.glass.minutes_max,
        data_sets=[
            DataSet(one.name, one.title.zh, one.title.en, one.sharing, one.domain, one.kinds)
            for one in file.data_sets
        ],
    )


def _element(one: _Element) -> Element:
    return Element(
        one.name,
        one.title.zh,
        one.title.en,
        one.category,
        one.level,
        one.mask,
        places=[_place(written) for written in one.hl7],
        words=frozenset(plain_word(word) for word in one.words),
        icd10=[_range(written) for written in one.icd10],
        about=tuple(word.casefold() for word in one.about),
    )


def _place(written: str) -> Place:
    found = _PLACE.fullmatch(written)
    assert found  # noqa: S101 - the model has looked
    segment, field, first, last = found.groups()
    if first is None:
        return Place(segment, int(field))
    return Place(segment, int(field), int(first), int(last or first))


def _range(written: str) -> tuple[str, str]:
    first, _, last = written.partition("-")
    return first, last or first


def _rule(said: _Purpose) -> PurposeRule:
    levels = {one: getattr(said, one.value) for one in Category}
    return PurposeRule(Levels(levels), said.relation, said.consent, said.otherwise)


def plain_word(word: str) -> str:
    """Return the name of a column, key or element as classifications write it."""
    return re.sub(r"[_\-\s.]", "", word).casefold()


def data_set_of(classification: Classification, kind: str) -> DataSet | None:
    """Return the data set of a kind of messages; None when none fits."""
    for one in classification.data_sets:
        if any(fnmatchcase(kind, pattern) for pattern in one.kinds):
            return one
    return None


def shipped() -> Classification:
    """Return what the product says of data."""
    text = (importlib.resources.files("lianyi.security.privacy") / FILE).read_text("utf-8")
    return parse_classification(text, FILE)


class ClassificationBook:
    """The classification as the file is now; read anew when it has changed.

    As long as the hospital's own file is wrong, the last good one holds.
    """

    def __init__(self, content_dir: FilePath) -> None:
        self._path = content_dir / FOLDER / FILE
        self._stamp: object = None
        self._read: Classification | None = None
        self.problem: LianyiError | None = None

    @property
    def now(self) -> Classification:
        """What holds now."""
        try:
            about = self._path.stat()
            stamp: object = (about.st_mtime_ns, about.st_size)
        except OSError:
            stamp = "none"
        if self._read is None or stamp != self._stamp:
            self._stamp = stamp
            self._read = self._look(own=stamp != "none")
        return self._read

    def _look(self, *, own: bool) -> Classification:
        self.problem = None
        if not own:
            return shipped()
        try:
            return parse_classification(self._text(), FILE)
        except BadClassification as error:
            self.problem = error
        except (OSError, UnicodeDecodeError) as error:
            kind = type(error).__name__
            self.problem = _bad(FILE, kind, kind)
        log.warning("classification.refused", where=str(self.problem.where))
        return self._read or shipped()

    def _text(self) -> str:
        written = self._path.read_bytes()
        if len(written) > FILE_BYTES_MAX:
            raise _bad(FILE, "it is too long", "文件过大")
        return written.decode("utf-8")
