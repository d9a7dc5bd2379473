"""What an export is asked for, read from an address or from Parameters. Pure.

Source:
    HL7 FHIR Bulk Data Access 2.0, "Bulk Data Kick-off Request"; ``_until`` of 3.0 (ballot).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from lianyi.projections.clinical.bulk.problems import not_offered, unreadable
from lianyi.projections.clinical.ids import ID
from lianyi.projections.clinical.resources import read_reference
from lianyi.projections.clinical.types import ABOUT_PATIENTS, TYPES

Level = Literal["system", "patient", "group"]
Pair = tuple[str, str]

NDJSON: Final = "application/fhir+ndjson"
FORMATS: Final = frozenset({NDJSON, "application/ndjson", "ndjson"})
PARAMETERS: Final = (
    "_outputFormat", "_since", "_until", "_type", "_typeFilter", "_elements", "patient",
    "includeAssociatedData",
)  # fmt: skip
PATIENTS_MAX: Final = 10_000
FILTERS_MAX: Final = 50
_FORM: Final = frozenset({"_format", "_pretty"})
_NEXT_FILTER: Final = re.compile(r",(?=[A-Z][A-Za-z]+\?)")
_ELEMENT: Final = re.compile(r"(?:([A-Z][A-Za-z]+)\.)?([a-z][A-Za-z]*)")
_LATER: Final = frozenset({"allowPartialManifests", "organizeOutputBy"})
_RESULTS: Final = frozenset(
    {"_include", "_revinclude", "_sort", "_count", "_total", "_summary", "_elements", "_page",
     "_contained", "_containedType", "_type"}
)  # fmt: skip


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an export is asked for.

    Attributes:
        request: the address that was asked, as the manifest repeats it.
        level: of the whole system, of patients, or of a group of them.
        group: id of the Group; empty: none.
        types: that are wanted; none: all that the level has.
        since: only what came to stand so after this instant.
        until: as everything stood at this instant; None: as it stands.
        filters: searches by type, one of which a resource of the type must fulfil.
        elements: names by type that are wanted; under ``*`` those of every type.
        patients: ids of the only Patients it is about; none: all.
        lenient: whether what is not offered is passed over.
    """

    request: str
    level: Level = "system"
    group: str = ""
    types: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    filters: dict[str, list[str]] = {}
    elements: dict[str, list[str]] = {}
    patients: tuple[str, ...] = ()
    lenient: bool = False

    @property
    def wanted(self) -> list[str]:
        """The types that are wanted, in order."""
        every = TYPES if self.level == "system" else ABOUT_PATIENTS
        return sorted(set(self.types) or every)

    def elements_of(self, type_: str) -> list[str]:
        """Return the names of the elements of a type that are wanted; none: all."""
        return [*self.elements.get("*", ()), *self.elements.get(type_, ())]


class Place(NamedTuple):
    """Which export a door begins."""

    request: str
    level: Level
    group: str = ""


def read(place: Place, pairs: Iterable[Pair], *, prefer: str, by_post: bool = False) -> Asked:
    """Read what is asked.

    Args:
        place: the door.
        pairs: names and values, from the address or from Parameters.
        prefer: the header of that name.
        by_post: whether they came as Parameters: only then patients can be named.

    Raises:
        UnreadableExport: it cannot be understood.
        ExportNotOffered: it asks for something that is not done here.
    """
    prefers = {one.strip().lower() for one in re.split("[,;]", prefer)}
    if "respond-async" not in prefers:
        raise unreadable(
            "Prefer",
            "an export is answered later: the header 'Prefer: respond-async' says so",
            "导出为异步操作：请求须携带 Prefer: respond-async",
        )
    asked: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        if value.strip():
            asked[name].append(value.strip())
    lenient = "handling=lenient" in {one.replace(" ", "") for one in prefers}
    _check_names(asked, lenient=lenient)
    _check_format(asked)
    if place.level == "system" and asked["patient"]:
        raise unreadable(
            "patient", "patients are named at Patient/$export", "请在 Patient/$export 指定患者"
        )
    if asked["patient"] and not by_post:
        raise unreadable(
            "patient", "patients are named in the body of a POST", "患者须在 POST 正文中指定"
        )
    since, until = (_instant(asked[name], name) for name in ("_since", "_until"))
    if since is not None and until is not None and until <= since:
        raise unreadable("_until", "it lies before _since", "早于 _since")
    types = _types(asked["_type"], place.level, lenient=lenient)
    return Asked(
        request=place.request,
        level=place.level,
        group=place.group,
        types=types,
        since=since,
        until=until,
        filters=_filters(asked["_typeFilter"], types or tuple(sorted(TYPES))),
        elements=_elements(asked["_elements"]),
        patients=_patients(asked["patient"]),
        lenient=lenient,
    )


def pairs_of(parameters: Mapping[str, Any]) -> list[Pair]:
    """Return what Parameters say as names and values.

    Raises:
        UnreadableExport: they are none.
    """
    if parameters.get("resourceType") != "Parameters":
        raise unreadable("resourceType", "the body is no Parameters", "请求正文不是 Parameters")
    pairs = []
    said = parameters.get("parameter")
    for one in said if isinstance(said, list) else []:
        if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
            raise unreadable("parameter", "a parameter has no name", "参数缺少名称")
        values = [value for key, value in one.items() if key.startswith("value")]
        if len(values) != 1:
            raise unreadable(
                "parameter", f"{_plain(one['name'])} has no value", "参数没有取值，或取值不止一个"
            )
        (value,) = values
        if isinstance(value, Mapping):
            value = value.get("reference")
        if not isinstance(value, str | int | bool):
            raise unreadable("parameter", "a value is no text or reference", "参数取值无法识别")
        pairs.append((one["name"], str(value)))
    return pairs


def _check_names(asked: Mapping[str, Sequence[str]], *, lenient: bool) -> None:
    if lenient:
        return
    if "includeAssociatedData" in asked:
        raise not_offered(
            "includeAssociatedData",
            "nothing but the resources themselves is exported; ask for Provenance in _type",
            "仅导出资源本身；如需来源信息请在 _type 中包含 Provenance",
        )
    for name in sorted(asked):
        if name in _LATER:
            raise not_offered(name, "this parameter is not known here", "不支持该参数")
        if name not in PARAMETERS and name not in _FORM:
            raise unreadable(_plain(name), "there is no such parameter", "没有该参数")


def _check_format(asked: Mapping[str, Sequence[str]]) -> None:
    for value in asked["_outputFormat"]:
        if value.partition(";")[0].strip().replace(" ", "+") not in FORMATS:
            raise unreadable(
                "_outputFormat", f"files are {NDJSON} and nothing else", f"仅支持 {NDJSON}"
            )


def _instant(values: Sequence[str], where: str) -> datetime | None:
    if not values:
        return None
    try:
        at = datetime.fromisoformat(values[-1].replace(" ", "+"))
    except ValueError as error:
        raise unreadable(where, "it is no instant", "不是时间") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _types(values: Sequence[str], level: Level, *, lenient: bool) -> tuple[str, ...]:
    named = [one.strip() for value in values for one in value.split(",") if one.strip()]
    known = TYPES if level == "system" else ABOUT_PATIENTS
    strange = [one for one in named if one not in known]
    if strange and not lenient:
        raise unreadable(
            "_type",
            "one of the types is none of R4, or is about no patient",
            "其中有类型不属于 R4，或与患者无关",
        )
    found = tuple(dict.fromkeys(one for one in named if one in known))
    if named and not found:
        raise unreadable("_type", "none of the types is offered here", "所列类型均不提供")
    return found


def _filters(values: Sequence[str], types: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    queries = [one for value in values for one in _NEXT_FILTER.split(value)]
    if len(queries) > FILTERS_MAX:
        raise unreadable("_typeFilter", "there are too many", "数量过多")
    for one in queries:
        type_, mark, query = one.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        if not mark or not pairs or type_ not in types:
            raise unreadable(
                "_typeFilter",
                "it is written Type?name=value, for one of the types that are exported",
                "应写作 类型?参数=值，且类型在导出范围内",
            )
        if any(name.partition(":")[0] in _RESULTS for name, _ in pairs):
            raise unreadable(
                "_typeFilter", "it holds criteria and nothing else", "只能包含检索条件"
            )
        found[type_].append(query)
    return dict(found)


def _elements(values: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in (part.strip() for value in values for part in value.split(",")):
        match = _ELEMENT.fullmatch(one)
        if match is None or (match[1] and match[1] not in TYPES):
            raise unreadable(
                "_elements", "it names elements: id or Patient.id", "应写作元素名，如 Patient.id"
            )
        found[match[1] or "*"].append(match[2])
    return dict(found)


def _patients(values: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for one in values:
        leads = read_reference(one)
        if leads is None or leads.type != "Patient" or not ID.fullmatch(leads.id):
            raise unreadable("patient", "it is no reference Patient/id", "不是 Patient/id 引用")
        found[leads.id] = None
    if len(found) > PATIENTS_MAX:
        raise unreadable(
            "patient", f"more than {PATIENTS_MAX} are named", f"超过 {PATIENTS_MAX} 个"
        )
    return tuple(found)


def _plain(name: str) -> str:
    return name if name.isascii() and name.isprintable() and len(name) <= 60 else "parameter"
