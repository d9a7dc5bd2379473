"""The words in which FHIR describes itself, as records.

Each is an array in the built file, in the order of its fields here; ``tools/build_fhir.py``
writes them. Names of HL7's own types are short (``Patient``), every other profile is a URL.

Source:
    FHIR R4, StructureDefinition, ElementDefinition, SearchParameter, ValueSet, CodeSystem.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["primitive-type", "complex-type", "resource", "backbone"]
Strength = Literal["required", "extensible", "preferred", "example"]


class Record(msgspec.Struct, frozen=True, array_like=True):
    """One record of the built file."""


class TypeRef(Record, frozen=True, array_like=True):
    """One type that an element may have.

    Attributes:
        code: name of the type, e.g. ``Reference``, ``string``; never a ``System`` type.
        profiles: the value must fit one of these, e.g. ``SimpleQuantity``.
        targets: what a reference may point at; ``Resource`` is anything.
    """

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


class Binding(Record, frozen=True, array_like=True):
    """Which codes an element may have.

    Attributes:
        value_set: URL, with ``|version`` where one is said; empty when only words say it.
        widest: the value set that no code may leave, whatever the strength; often empty.
    """

    strength: Strength
    value_set: str
    widest: str = ""


class Constraint(Record, frozen=True, array_like=True):
    """A rule that must hold on an element: an invariant.

    Attributes:
        expression: FHIRPath, read on the element itself.
    """

    key: str
    severity: Literal["error", "warning"]
    human: str
    expression: str


class ElementRecord(Record, frozen=True, array_like=True):
    """An element as it stands in the built file; see :class:`Element`."""

    name: str
    min: int
    max: int | None
    types: tuple[TypeRef, ...]
    structure: str | None
    is_choice: bool
    binding: Binding | None
    constraints: tuple[int, ...]
    is_summary: bool
    is_modifier: bool
    representation: str
    max_length: int | None


class StructureRecord(Record, frozen=True, array_like=True):
    """A structure as it stands in the built file; see :class:`Structure`."""

    name: str
    type: str
    kind: Kind
    is_abstract: bool
    base: str
    elements: tuple[ElementRecord, ...]
    constraints: tuple[int, ...]
    regex: str | None


class Element(msgspec.Struct, frozen=True):
    """One element of a type.

    Attributes:
        name: as FHIRPath says it: ``value``, not ``value[x]``.
        max: None is any number.
        structure: name of the structure that its value has (``Patient.contact``, ``HumanName``);
            None for a choice, where the type that was chosen is it.
        representation: how XML writes it: empty, ``xmlAttr`` or ``xhtml``.
        max_length: of the text, in characters.
    """

    name: str
    min: int
    max: int | None
    types: tuple[TypeRef, ...]
    structure: str | None
    is_choice: bool
    binding: Binding | None
    constraints: tuple[Constraint, ...]
    is_summary: bool
    is_modifier: bool
    representation: str
    max_length: int | None

    @property
    def is_list(self) -> bool:
        """Whether JSON writes it as an array."""
        return self.max is None or self.max > 1

    def keys(self) -> dict[str, TypeRef]:
        """Return every JSON key it may have, and the type that the key says."""
        if not self.is_choice:
            return {self.name: self.types[0]}
        return {self.name + t.code[0].upper() + t.code[1:]: t for t in self.types}


class Place(msgspec.Struct, frozen=True):
    """What a JSON key of a structure is.

    Attributes:
        type: the type of the value, e.g. ``Quantity`` for ``valueQuantity``.
        structure: name of the structure of the value, e.g. ``Patient.contact``.
    """

    element: Element
    type: TypeRef
    structure: str


class Structure(msgspec.Struct, frozen=True):
    """A type, or a backbone element inside one (``Patient.contact``), with all its elements.

    Attributes:
        type: name of the FHIR type: the same as ``name``, but ``BackboneElement`` or
            ``Element`` for a backbone element.
        base: the type it specializes; empty for ``Element`` and ``Resource``.
        elements: by name, in the order of the standard, those of the base included.
        places: by JSON key, one for each type of a choice.
        constraints: what holds on every value of it.
        regex: of a primitive type: what its text must match as a whole.
    """

    name: str
    type: str
    kind: Kind
    is_abstract: bool
    base: str
    elements: dict[str, Element]
    places: dict[str, Place]
    constraints: tuple[Constraint, ...]
    regex: str | None


class Component(Record, frozen=True, array_like=True):
    """A part of a composite search parameter: which parameter, read where."""

    definition: str
    expression: str


class SearchParameter(Record, frozen=True, array_like=True):
    """How a resource type can be searched.

    Attributes:
        expression: FHIRPath over the resource; empty for what is not read from it (``_text``).
            It names every type that the parameter is defined for, joined by ``|``.
        targets: resource types that a reference may point at.
    """

    code: str
    type: Literal[
        "number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special"
    ]
    expression: str
    targets: tuple[str, ...]
    components: tuple[Component, ...]
    url: str


class Part(Record, frozen=True, array_like=True):
    """A part of a value set.

    Attributes:
        system: empty when only other value sets are named.
        codes: None is every code of the system, False what only a terminology server knows.
        sets: the code must be in all of these value sets, too.
    """

    system: str
    codes: frozenset[str] | Literal[False] | None
    sets: tuple[str, ...] = ()


class ValueSet(Record, frozen=True, array_like=True):
    """Codes chosen from code systems."""

    include: tuple[Part, ...]
    exclude: tuple[Part, ...] = ()


class CodeSystem(Record, frozen=True, array_like=True):
    """Codes and what they mean.

    Attributes:
        is_complete: every code of it stands in ``codes``.
        codes: code -> display; the display may be empty.
    """

    is_complete: bool
    is_case_sensitive: bool
    codes: dict[str, str]
