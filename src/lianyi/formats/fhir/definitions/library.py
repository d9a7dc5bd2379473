"""The built definitions of R4, read as far as they are asked for.

The file is opened at the first question; each of its parts is unpacked when something of it is
asked, and each type is decoded when that type is asked. What was decoded is kept.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from copy import copy
from functools import cache, cached_property
from importlib.resources import as_file, files
from typing import Any, Generic, TypeVar

import msgspec

from lianyi.formats.fhir.definitions.model import (
    CodeSystem,
    Constraint,
    Element,
    ElementRecord,
    Place,
    SearchParameter,
    Structure,
    StructureRecord,
    ValueSet,
)

T = TypeVar("T")
URL_OF_TYPES = "http://hl7.org/fhir/StructureDefinition/"


class _Types(msgspec.Struct):
    structures: dict[str, msgspec.Raw]
    constraints: tuple[Constraint, ...]


class _Search(msgspec.Struct):
    parameters: dict[str, dict[str, SearchParameter]]
    compartments: dict[str, dict[str, tuple[str, ...]]]


class _Shelf(Generic[T]):
    """Things by name, decoded when first asked for."""

    def __init__(self, text: bytes, kind: type[T]) -> None:
        self._raw = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        self._decoder = msgspec.json.Decoder(kind)
        self._found: dict[str, T] = {}

    def find(self, name: str) -> T | None:
        """Return what is called so, None when nothing is."""
        found = self._found.get(name)
        if found is None and (raw := self._raw.get(name)) is not None:
            found = self._found[name] = self._decoder.decode(raw)
        return found


class Definitions:
    """What one release of FHIR says. Nothing in it changes; it may be shared."""

    def __init__(self, built: zipfile.ZipFile) -> None:
        self._built = built
        self._structures: dict[str, Structure] = {}
        self._searched: dict[str, Mapping[str, SearchParameter]] = {}
        self._own: Mapping[str, Mapping[str, SearchParameter]] = {}

    # ---------------------------------------------------------------- types

    @cached_property
    def _types(self) -> _Types:
        return msgspec.json.decode(self._built.read("types.json"), type=_Types)

    def find_structure(self, name: str) -> Structure | None:
        """Return a type (``Patient``, ``HumanName``) or backbone (``Patient.contact``)."""
        found = self._structures.get(name)
        if found is None and (raw := self._types.structures.get(name)) is not None:
            record = msgspec.json.decode(raw, type=StructureRecord)
            found = self._structures[name] = self._structure(record)
        return found

    def structure(self, name: str) -> Structure:
        """Return a type or backbone that is known to be one.

        Raises:
            KeyError: FHIR R4 has no such type.
        """
        found = self.find_structure(name)
        if found is None:
            raise KeyError(name)
        return found

    def _structure(self, record: StructureRecord) -> Structure:
        elements = {one.name: self._element(one) for one in record.elements}
        return Structure(
            name=record.name,
            type=record.type,
            kind=record.kind,
            is_abstract=record.is_abstract,
            base=record.base,
            elements=elements,
            places={
                key: Place(element, kind, element.structure or kind.code)
                for element in elements.values()
                for key, kind in element.keys().items()
            },
            constraints=self._constraints(record.constraints),
            regex=record.regex,
        )

    def _element(self, record: ElementRecord) -> Element:
        said = {name: getattr(record, name) for name in record.__struct_fields__}
        return Element(**{**said, "constraints": self._constraints(record.constraints)})

    def _constraints(self, places: tuple[int, ...]) -> tuple[Constraint, ...]:
        return tuple(self._types.constraints[place] for place in places)

    @cached_property
    def resource_types(self) -> frozenset[str]:
        """Names of the resource types of which there can be instances."""
        return frozenset(
            name
            for name in self._types.structures
            if "." not in name
            and (found := self.structure(name)).kind == "resource"
            and not found.is_abstract
        )

    def is_resource_type(self, name: str) -> bool:
        """Whether instances of this type are resources, without reading every type."""
        found = self.find_structure(name)
        return found is not None and found.kind == "resource" and not found.is_abstract

    def is_kind_of(self, name: str, ancestor: str) -> bool:
        """Whether a type is another or specializes it: ``Age`` is a kind of ``Quantity``."""
        while name and name != ancestor:
            found = self.find_structure(name)
            name = found.base if found else ""
        return name == ancestor

    # --------------------------------------------------------------- search

    @cached_property
    def _search(self) -> _Search:
        return msgspec.json.decode(self._built.read("search.json"), type=_Search)

    def search_parameters(self, resource_type: str) -> Mapping[str, SearchParameter]:
        """Return the search parameters of a resource type by code, those of its bases included."""
        found = self._own.get(resource_type) or self._searched.get(resource_type)
        if found is None:
            found = self._searched[resource_type] = self._parameters_of(resource_type)
        return found

    def extended(self, own: Mapping[str, Mapping[str, SearchParameter]]) -> Definitions:
        """Return the same definitions with other search parameters for some resource types.

        Args:
            own: by type, all that it then has, by code.
        """
        found = copy(self)
        found._own = own
        return found

    def _parameters_of(self, resource_type: str) -> Mapping[str, SearchParameter]:
        found: dict[str, SearchParameter] = {}
        for name in ("Resource", "DomainResource", resource_type):
            if self.is_kind_of(resource_type, name):
                found.update(self._search.parameters.get(name, {}))
        return found

    @cached_property
    def parameters_by_url(self) -> Mapping[str, SearchParameter]:
        """Every search parameter by its canonical URL."""
        return {
            parameter.url: parameter
            for parameters in self._search.parameters.values()
            for parameter in parameters.values()
        }

    @cached_property
    def parameter_numbers(self) -> Mapping[tuple[str, str], int]:
        """A number for each (type, code), from 1; the same for ever with the same definitions."""
        names = sorted(
            (base, code) for base, found in self._search.parameters.items() for code in found
        )
        return {name: number for number, name in enumerate(names, start=1)}

    def compartment(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """Return, for ``Patient`` and its like, which parameters place a type's resources in it.

        Raises:
            KeyError: FHIR R4 has no such compartment.
        """
        return self._search.compartments[name]

    # ------------------------------------------------------ profiles, codes

    @cached_property
    def _profiles(self) -> _Shelf[dict[str, Any]]:
        return _Shelf(self._built.read("profiles.json"), dict[str, Any])

    @cached_property
    def _value_sets(self) -> _Shelf[ValueSet]:
        return _Shelf(self._built.read("valuesets.json"), ValueSet)

    @cached_property
    def _code_systems(self) -> _Shelf[CodeSystem]:
        return _Shelf(self._built.read("codesystems.json"), CodeSystem)

    @cached_property
    def _hierarchies(self) -> _Shelf[dict[str, tuple[str, ...]]]:
        return _Shelf(self._built.read("hierarchies.json"), dict[str, tuple[str, ...]])

    def find_profile(self, url: str) -> dict[str, Any] | None:
        """Return a profile or extension that HL7 published with R4, its prose left out."""
        return self._profiles.find(url.partition("|")[0])

    def find_value_set(self, url: str) -> ValueSet | None:
        """Return a value set by its URL, with or without a version."""
        return self._value_sets.find(url.partition("|")[0])

    def find_code_system(self, url: str) -> CodeSystem | None:
        """Return a code system by its URL, with or without a version."""
        return self._code_systems.find(url.partition("|")[0])

    def codes_above(self, url: str) -> Mapping[str, tuple[str, ...]]:
        """Return for the codes of a code system what stands directly above each, if anything."""
        return self._hierarchies.find(url.partition("|")[0]) or {}


@cache
def r4() -> Definitions:
    """Return what FHIR R4 (4.0.1) says.

    Raises:
        FileNotFoundError: it was not built; ``make setup`` builds it, the wheel carries it.
    """
    with as_file(files("lianyi.formats.fhir") / "generated" / "r4.zip") as path:
        return Definitions(zipfile.ZipFile(path))
