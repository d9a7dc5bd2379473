"""What ``ViewDefinition/$run`` is asked for, read. Pure.

Source:
    SQL on FHIR v2, OperationDefinition ViewDefinitionRun: ``viewResource``, ``viewReference``,
    ``_format``, ``header``, ``patient``, ``resource``, ``_limit``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.flattening import View, read
from lianyi.formats.fhir.flattening.definition import NAME
from lianyi.projections.clinical.flat.forms import Form
from lianyi.projections.clinical.ids import ID
from lianyi.projections.clinical.problems import UnreadableResource, unreadable
from lianyi.projections.clinical.resources import read_reference

LIMIT, LIMIT_MAX = 500, 2_000
RESOURCES_MAX: Final = 1_000
"""So many resources may be sent to be run over."""
WHERE: Final = "Parameters"
RunForm = Literal["json", "ndjson", "csv", "parquet"]
_FORMS: Final[Mapping[str, RunForm]] = {
    **{one: one for one in get_args(RunForm)},
    "application/json": "json",
    "application/fhir+json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
}
_NUMBER: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_TRUTHS: Final = {"true": True, "false": False}


class Run(NamedTuple):
    """What is to be run, and over what.

    Attributes:
        view: that was sent; None: one of a name.
        name: of the view; empty: one was sent.
        form: of the answer.
        header: whether CSV begins with the names of the columns.
        patient: only what is about this Patient, by all of her records; empty: about anybody.
        resources: that were sent to be run over; None: those that are kept.
        after: where the page begins; None: the first one.
        limit: so many resources of a page.
    """

    view: View | None
    name: str
    form: RunForm
    header: bool
    patient: str
    resources: Sequence[Mapping[str, Any]] | None
    after: int | None
    limit: int

    @property
    def file_form(self) -> Form:
        """The form in which rows are written; an array is made of lines."""
        return "ndjson" if self.form == "json" else self.form


def of_query(name: str, query: Sequence[tuple[str, str]]) -> Run:
    """Read what stands in an address.

    Args:
        name: of the view; empty: what is sent says it.
        query: names and values.

    Raises:
        UnreadableResource: it cannot be read.
    """
    said = dict(query)
    after = said.get("after", "")
    if after and not _NUMBER.fullmatch(after):
        raise unreadable("after", "it is no place of a page", "不是分页位置")
    return Run(
        None,
        name,
        _form(said.get("_format", "")),
        _truth(said.get("header", "true")),
        _patient(said.get("patient", "")),
        None,
        int(after) if after else None,
        _limit(said.get("_limit", "")),
    )


def of_parameters(sent: Mapping[str, Any], run: Run) -> Run:
    """Read what was sent, on top of what stands in the address.

    Raises:
        UnreadableResource: it cannot be read.
        UnusableView: the view that was sent cannot be used.
    """
    if sent.get("resourceType") != "Parameters" or not isinstance(sent.get("parameter", []), list):
        raise unreadable(WHERE, "it is no Parameters", "不是 Parameters")
    resources: list[Mapping[str, Any]] = []
    for part in sent.get("parameter", []):
        if not isinstance(part, Mapping):
            raise unreadable(f"{WHERE}.parameter", "it is no object", "不是对象")
        name, resource = part.get("name"), part.get("resource")
        value = next((one for key, one in part.items() if key.startswith("value")), "")
        if name == "viewResource" and isinstance(resource, Mapping):
            run = run._replace(view=read(resource, r4(), where="viewResource"), name="")
        elif name == "viewReference":
            run = run._replace(name=_view_of(value))
        elif name == "resource" and isinstance(resource, Mapping):
            resources.append(resource)
        elif name == "patient":
            run = run._replace(patient=_patient(_literal(value)))
        elif name == "_format":
            run = run._replace(form=_form(str(value)))
        elif name == "header":
            run = run._replace(header=_truth(str(value).lower()))
        elif name == "_limit":
            run = run._replace(limit=_limit(str(value)))
        else:
            raise _not_offered(str(name))
    if len(resources) > RESOURCES_MAX:
        raise unreadable(
            "resource", f"there are more than {RESOURCES_MAX}", f"资源超过 {RESOURCES_MAX} 个"
        )
    return run._replace(resources=resources) if resources else run


def _not_offered(name: str) -> UnreadableResource:
    return unreadable(
        f"{WHERE}.parameter",
        f"'{name[:64]}' is not offered, or is not what it should be",
        f"不支持参数“{name[:64]}”，或其内容有误",
    )


def _literal(value: object) -> str:
    said = value.get("reference") if isinstance(value, Mapping) else value
    return said if isinstance(said, str) else ""


def _view_of(value: object) -> str:
    name = _literal(value).removeprefix("ViewDefinition/")
    if not (NAME.fullmatch(name) or ID.fullmatch(name)):
        raise unreadable("viewReference", "it names no view", "未指向视图")
    return name


def _patient(text: str) -> str:
    if not text:
        return ""
    leads = read_reference(text if "/" in text else f"Patient/{text}")
    if leads is None or leads.type != "Patient":
        raise unreadable("patient", "it names no Patient", "未指向 Patient")
    return leads.id


def _form(text: str) -> RunForm:
    found = _FORMS.get(text.partition(";")[0].strip().replace(" ", "+") or "json")
    if found is None:
        raise unreadable(
            "_format",
            f"there are {', '.join(get_args(RunForm))}",
            f"可用：{', '.join(get_args(RunForm))}",
        )
    return found


def _truth(text: str) -> bool:
    if text not in _TRUTHS:
        raise unreadable("header", "it is neither true nor false", "须为 true 或 false")
    return _TRUTHS[text]


def _limit(text: str) -> int:
    if not text:
        return LIMIT
    if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) <= LIMIT_MAX):
        raise unreadable(
            "_limit", f"it is no number from 1 to {LIMIT_MAX}", f"须为 1 至 {LIMIT_MAX}"
        )
    return int(text)
