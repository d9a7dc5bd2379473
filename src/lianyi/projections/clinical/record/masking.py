"""What is left of a line of a record where a purpose does not show all of it. Pure.

A resource has no place for each kind of data as a message has; what stands under a heading is of
the kind of the heading. Whatever speaks of a specially protected disease is hidden whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lianyi.projections.clinical.record.items import Item, Value
from lianyi.projections.clinical.record.sections import Section
from lianyi.security.privacy.hiding import Hider

HIDDEN: Final = "****"

_KIND: Final[Mapping[Section, str]] = {
    Section.PROBLEM: "diagnosis",
    Section.ALLERGY: "diagnosis",
    Section.MEDICATION: "treatment",
    Section.LABORATORY: "result",
    Section.IMAGING: "result",
    Section.VITAL_SIGN: "result",
    Section.DOCUMENT: "result",
    Section.ORDER: "treatment",
    Section.PROCEDURE: "treatment",
    Section.NURSING: "result",
    Section.IMMUNISATION: "treatment",
    Section.CHARGE: "payment",
    Section.OTHER: "result",
}
"""Of which kind of data, by its name in the classification, is what stands under a heading."""


def is_whole(item: Item, body: str, hider: Hider) -> bool:
    """Tell whether a line, and the resource behind it, may be shown as it is.

    Args:
        item: the line.
        body: the resource as JSON.
        hider: of the look.
    """
    return may_show(item.section, body, hider)


def may_show(section: Section | None, body: str, hider: Hider) -> bool:
    """Tell whether a look shows what a resource says of health, treatment or payment.

    Args:
        section: under which heading it stands; None: under none, such as a Patient.
        body: the resource as JSON.
        hider: of the look.
    """
    kind = _KIND.get(section) if section else None
    return not (kind and hider.hides(kind)) and not hider.hides_all_of(body)


def masked(item: Item) -> Item:
    """Return of a line that may not be shown whole: that there is something, when, and of whom."""
    return item._replace(
        title=HIDDEN,
        codes=(),
        value=Value(text=HIDDEN) if item.value.text else Value(),
        parts=(),
        detail=HIDDEN if item.detail else "",
        results=(),
        attached=(),
        severity="",
    )
