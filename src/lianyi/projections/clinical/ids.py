r"""The numbers and names under which resources are kept and found. Pure.

Every number is a hash of what it stands for, so every machine and every rebuild gives the same one
without asking. 64 bits: among ten million resources two would share one with a chance of 1 to
400 000; whoever reads a resource compares its type and id as well.

Source:
    BLAKE2b (RFC 7693); HL7 FHIR R4, 2.24.0.1: an id is ``[A-Za-z0-9\-\.]{1,64}``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import Final

from lianyi.projections.identity.ids import shown

UNIT_SEPARATOR: Final = "\x1f"
ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)

_BIGINT: Final = Struct(">q")
_INTEGER: Final = Struct(">i")
_PAIR: Final = Struct(">qq")


def hashed(*parts: str) -> int:
    """Return the 64-bit number of some texts: a signed integer, as PostgreSQL's bigint."""
    text = UNIT_SEPARATOR.join(parts)
    (value,) = _BIGINT.unpack(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())
    return int(value)


def resource_number(type_: str, id_: str) -> int:
    """Return the number of a resource, ``rid`` in the tables."""
    return hashed("resource", type_, id_)


def contained_number(container: int, type_: str, id_: str) -> int:
    """Return the number of what the resource of a number contains."""
    return hashed("contained", str(container), type_, id_)


@lru_cache(maxsize=8192)
def parameter_number(type_: str, code: str) -> int:
    """Return the number of a search parameter, ``p`` in the tables: from 1 to 2**30.

    Args:
        type_: of the resource that is indexed: ``Patient`` also for a parameter of every resource.
        code: of the parameter: ``birthdate``.
    """
    digest = blake2b(f"{type_}{UNIT_SEPARATOR}{code}".encode(), digest_size=4).digest()
    (value,) = _INTEGER.unpack(digest)
    return (int(value) & (1 << 30) - 1) + 1


def clinical_id(type_: str, authority: str, *keys: str) -> str:
    """Return the id of a resource that its sender names by keys of its own: 26 characters.

    Args:
        type_: FHIR resource type.
        authority: within which the keys are unique.
        keys: as sent: an order's number, the set of a result ...
    """
    text = UNIT_SEPARATOR.join(("id", type_, authority, *keys))
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
    return "".join(shown(number) for number in _PAIR.unpack(digest))
