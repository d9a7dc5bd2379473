"""What the entries of a Bundle come to: criteria looked up, ids given, references resolved.

A single conditional request is a Bundle of one entry.
"""

from __future__ import annotations

from collections.abc import Sequence

from lianyi.projections.clinical.bundles import Step, linked
from lianyi.projections.clinical.problems import NoSuchResource, SeveralMatch, broken
from lianyi.projections.clinical.sending import kept
from lianyi.projections.clinical.service import ClinicalService, Written
from lianyi.projections.clinical.writing import Intent

NOTHING = ""
"""Stands for the id of a resource that is to be deleted and is not there."""


class Meaning:
    """Finds what entries come to, as whoever asks may see what stands."""

    def __init__(self, service: ClinicalService, writes: Sequence[Step]) -> None:
        """Look at entries that write.

        Args:
            service: knows what stands.
            writes: in the order in which they are done.
        """
        self._service = service
        self._writes = writes
        self._leads: dict[str, str] = {}

    async def found(self) -> dict[int, Intent | Written]:
        """Return what each entry comes to, by its place; what is there already as it stands.

        Raises:
            BrokenTransaction: an entry means nothing, or two mean the same.
            SeveralMatch: criteria mean several resources.
            NoSuchResource: a patch means none.
        """
        found: dict[int, Intent | Written] = {}
        ids: dict[int, str] = {}
        for step in self._writes:
            stands = await self._service.meant(step.type, step.criteria, where=step.where)
            ids[step.place] = id_ = self._id_of(step, stands)
            if step.method == "POST" and stands is not None:
                found[step.place] = stands
            if step.url and id_:
                self._lead(step, f"{step.type}/{id_}")
        await self._look_outside()
        seen: set[tuple[str, str]] = set()
        for step in self._writes:
            id_ = ids[step.place]
            if step.place in found:
                continue
            if not id_:
                found[step.place] = Written(step.type, NOTHING, 0, None, False, b"")
                continue
            if (step.type, id_) in seen:
                raise broken(
                    step.where, "another entry means the same resource", "另有条目指向同一资源"
                )
            seen.add((step.type, id_))
            found[step.place] = await self._intent(step, id_)
        return found

    def _id_of(self, step: Step, stands: Written | None) -> str:
        """Return the id of the resource that an entry means."""
        if step.id:
            return step.id
        if step.method == "DELETE":
            return stands.id if stands else NOTHING
        if step.method == "PATCH" and stands is None:
            raise NoSuchResource(where=step.where)
        sent = step.resource.get("id") if step.resource and step.method == "PUT" else None
        own = sent if isinstance(sent, str) else ""
        if stands is None:
            return own or self._service.new_id()
        if own and own != stands.id:
            raise broken(
                step.where,
                "the criteria mean a resource with another id",
                "条件所指资源的 id 与提交的不一致",
            )
        return stands.id

    def _lead(self, step: Step, name: str) -> None:
        """Remember where the addresses of an entry lead."""
        if step.url in self._leads:
            raise broken(step.where, "another entry has the same fullUrl", "fullUrl 重复")
        self._leads[step.url] = name
        head, _, own_id = step.url.rpartition("/")
        type_ = head.rpartition("/")[2]
        if type_ == step.type and not step.url.startswith("urn:"):
            self._leads.setdefault(f"{type_}/{own_id}", name)

    async def _look_outside(self) -> None:
        """Find where references lead that are criteria: to the one resource that they mean."""
        for step in self._writes:
            for text in step.references if step.method in ("POST", "PUT") else ():
                if text in self._leads:
                    continue
                if text.startswith(("urn:uuid:", "urn:oid:")) and step.is_in_transaction:
                    raise broken(
                        step.where,
                        "a reference leads to no entry of the Bundle",
                        "引用未指向 Bundle 中的条目",
                    )
                type_, mark, query = text.partition("?")
                if mark and query and type_.isalpha() and step.is_in_transaction:
                    meant = await self._service.meant(type_, text, where=step.where)
                    if meant is None:
                        raise SeveralMatch(where=step.where)
                    self._leads[text] = f"{type_}/{meant.id}"

    async def _intent(self, step: Step, id_: str) -> Intent:
        if step.method == "DELETE":
            return Intent(step.type, id_, None, step.if_match, where=step.where)
        if step.method == "PATCH":
            assert step.patch is not None  # noqa: S101 - whoever reads a step reads its patch
            return await self._service.patched(
                step.type, id_, step.patch, step.if_match, where=step.where
            )
        sent = step.resource or {}
        if sent.get("resourceType") != step.type:
            raise broken(
                step.where, "its resource is of another type", "资源类型与 request.url 不一致"
            )
        if step.method == "PUT" and step.id and sent.get("id", step.id) != step.id:
            raise broken(step.where, "its resource has another id", "资源 id 与 request.url 不一致")
        return Intent(
            step.type,
            id_,
            linked(kept(sent, id_), self._leads.get),
            step.if_match,
            only_new=step.if_none_match == "*",
            where=step.where,
        )


def needs_looking(steps: Sequence[Step]) -> bool:
    """Tell whether entries can be decided only by what stands."""
    return any(step.criteria or step.method == "PATCH" for step in steps) or any(
        "?" in text for step in steps for text in step.references
    )
