"""Files in ``content/clinical/parameters`` as search parameters that can be indexed. No database.

Each file is a FHIR R4 SearchParameter. The number under which its values are kept is made of what
it says, so a file that says something else is another parameter, indexed beside the one before.

Source:
    HL7 FHIR R4, SearchParameter; 3.1.1.2 for the kinds of parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import fhirpath, json_text
from lianyi.formats.fhir.definitions import Definitions, SearchParameter, r4
from lianyi.formats.fhir.fhirpath.syntax import alternatives
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.parameters.problems import UnusableExpression, UnusableParameter

FOLDER: Final = ("clinical", "parameters")
"""In the content folder."""
FILES_MAX: Final = 200
FILE_BYTES_MAX: Final = 100_000
KINDS: Final = ("number", "date", "string", "token", "reference", "quantity", "uri")
MARK: Final = "~"
"""Between the code of a parameter of one's own and what tells apart what it says."""
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9\-]{0,63}", re.ASCII)


class Own(NamedTuple):
    """A search parameter of one's own, of one type.

    Attributes:
        type: of the resources that have it.
        code: by which it is asked for.
        parameter: what it says; its own code tells what it says apart, see :data:`MARK`.
        file: name of the file; for people.
    """

    type: str
    code: str
    parameter: SearchParameter
    file: str

    @property
    def p(self) -> int:
        """The number under which its values are kept."""
        return parameter_number(self.type, self.parameter.code)


class UnusableFile(NamedTuple):
    """A file that cannot be used, and why."""

    file: str
    problem: LianyiError


class Folder(NamedTuple):
    """What the folder holds: what can be used, and what cannot."""

    own: Sequence[Own]
    refused: Sequence[UnusableFile]


def is_own(parameter: SearchParameter) -> bool:
    """Tell whether a parameter is one's own, and not of FHIR itself."""
    return MARK in parameter.code


def read_folder(content_dir: Path) -> Folder:
    """Read every file; of two that name one parameter the first, by name, counts."""
    folder = content_dir.joinpath(*FOLDER)
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []

    def of(number: int, path: Path) -> list[Own]:
        if number >= FILES_MAX:
            raise _unusable(path.name, f"there are more than {FILES_MAX} files", "文件过多")
        return read_file(path)

    return gathered(
        Folder((), ()),
        [(path.name, partial(of, number, path)) for number, path in enumerate(files)],
    )


def gathered(folder: Folder, more: Iterable[tuple[str, Callable[[], Sequence[Own]]]]) -> Folder:
    """Add what else names parameters; of two that name one the first counts, whatever it is.

    Args:
        folder: what is there already.
        more: names for people, each with what reads it.
    """
    own = {(one.type, one.code): one for one in folder.own}
    refused = list(folder.refused)
    for name, reads in more:
        try:
            found = reads()
            for one in found:
                taken = own.get((one.type, one.code))
                if taken is not None:
                    raise _unusable(
                        name,
                        f"{taken.file} has '{one.code}' of {one.type} already",
                        f"{taken.file} 已定义 {one.type} 的“{one.code}”",
                        element="code",
                    )
            own |= {(one.type, one.code): one for one in found}
        except LianyiError as problem:
            refused.append(UnusableFile(name, problem))
    return Folder(list(own.values()), refused)


def read_file(path: Path) -> list[Own]:
    """Read one file.

    Raises:
        UnusableParameter, UnusableExpression: it cannot be used.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise _unusable(path.name, "it is too long", "文件过大")
        said = json_text.read(path.read_bytes())
    except OSError as error:
        kind = type(error).__name__
        raise _unusable(path.name, kind, kind) from error
    except LianyiError as error:
        raise _unusable(path.name, "it is no JSON", "不是 JSON") from error
    return read(said, path.name, r4())


def read(said: Mapping[str, Any], file: str, definitions: Definitions) -> list[Own]:
    """Return what a SearchParameter says, one for each of its types.

    Args:
        said: the resource.
        file: its name.
        definitions: of FHIR.

    Raises:
        UnusableParameter, UnusableExpression: it cannot be used.
    """
    texts = {name: said.get(name) for name in ("url", "status", "code", "type", "expression")}
    missing = [name for name, text in texts.items() if not isinstance(text, str) or not text]
    if said.get("resourceType") != "SearchParameter" or missing:
        without = ", ".join(missing) or "resourceType"
        raise _unusable(
            file, f"it is no SearchParameter, or without {without}",
            f"不是 SearchParameter，或缺少 {without}", element=(missing or ["resourceType"])[0],
        )  # fmt: skip
    url, status, code, kind, expression = (str(text) for text in texts.values())
    if status == "retired":
        return []
    bases, targets = _names(said, "base", file), _names(said, "target", file)
    if not _CODE.fullmatch(code):
        raise _unusable(
            file, "its code has other than letters, digits and -", "code 含非法字符", element="code"
        )
    if kind not in KINDS:
        raise _unusable(
            file, f"a parameter of this type is not offered; there are {', '.join(KINDS)}",
            f"不支持该 type；可用：{', '.join(KINDS)}", element="type",
        )  # fmt: skip
    for name, types in (("base", bases), ("target", targets)):
        if not all(map(definitions.is_resource_type, types)):
            raise _unusable(file, f"{name} names no type", f"{name} 不是资源类型", element=name)
    if not bases:
        raise _unusable(file, "base is empty", "缺少 base", element="base")
    if (kind == "reference") != bool(targets):
        raise _unusable(
            file, "target is empty and it is a reference, or it is none",
            "target 与 type 不符", element="target",
        )  # fmt: skip
    for type_ in bases:
        if code in definitions.search_parameters(type_):
            raise _unusable(
                file, f"'{code}' of {type_} is a parameter of FHIR itself",
                f"{type_} 的“{code}”是 FHIR 自带参数", element="code",
            )  # fmt: skip
        _check(file, expression, type_, definitions)
    mark = _digest(url, kind, expression, *targets)
    named = SearchParameter(f"{code}{MARK}{mark}", kind, expression, targets, (), url)  # type: ignore[arg-type]
    return [Own(type_, code, named, file) for type_ in bases]


def _names(said: Mapping[str, Any], name: str, file: str) -> tuple[str, ...]:
    found = said.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _unusable(file, f"'{name}' is no list of types", f"{name} 不是类型列表", element=name)
    return tuple(dict.fromkeys(found))


def _check(file: str, expression: str, type_: str, definitions: Definitions) -> None:
    """Refuse an expression that cannot be read, or of which no part means anything for a type."""
    try:
        fhirpath.compile(expression, definitions)
        parts = list(alternatives(fhirpath.parse(expression)))
        if len(parts) == 1:  # of several, each may be for another type
            fhirpath.check(expression, definitions, type_)
    except fhirpath.FhirPathError as error:
        raise UnusableExpression(
            where=file,
            element="expression",
            at=str(error.where),
            why=error.told("en").why,
            why_zh=error.told("zh").why,
        ) from error


def _digest(*said: str) -> str:
    return blake2b("\x1f".join(said).encode(), digest_size=8).hexdigest()


def _unusable(file: str, why: str, why_zh: str, *, element: str = "") -> UnusableParameter:
    return UnusableParameter(where=file, why=why, why_zh=why_zh, element=element)
