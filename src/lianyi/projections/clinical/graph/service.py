"""Answering questions in GraphQL by the reads and searches that the doors do.

Every resource that a question touches is read or searched as the door of its address would: with
the same rights, scopes, masks and trail. What one field cannot have is told beside the answer, and
the others are answered.

Source:
    HL7 FHIR R4, 3.1.7 GraphQL; GraphQL Specification, October 2021, 7.1 (Response Format).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.projections.clinical.bundles import Step
from lianyi.projections.clinical.graph import checking
from lianyi.projections.clinical.graph.answering import Budget, Out, chosen, suffix
from lianyi.projections.clinical.graph.asked import Field, On, Selection, read
from lianyi.projections.clinical.graph.checking import CONNECTION, CURSOR, EDGES, REFERENCE
from lianyi.projections.clinical.graph.problems import QueryTooBig, UnreadableQuery, too_big
from lianyi.projections.clinical.problems import NoSuchResource
from lianyi.projections.clinical.reading import check_type
from lianyi.projections.clinical.resources import read_reference
from lianyi.projections.clinical.search.query import PAGE
from lianyi.projections.clinical.transactions import Reads
from lianyi.projections.identity.fhir.resources import outcome

LOOKUPS_MAX: Final = 200
"""So many resources and pages one question may read."""
Resource = Mapping[str, Any]


class Question(NamedTuple):
    """A question as it was sent.

    Attributes:
        text: the document.
        variables: their values.
        operation: which one of the document; empty: its only one.
    """

    text: str
    variables: Mapping[str, Any]
    operation: str = ""


class GraphService:
    """Answers questions."""

    def __init__(self, reads: Reads, *, base: str) -> None:
        """Answer by reads.

        Args:
            reads: reads and searches as the doors do.
            base: address of the doors, without a slash at the end.
        """
        self._reads = reads
        self._base = base

    async def ask(self, question: Question) -> bytes:
        """Answer a question to the whole system, as JSON with ``data`` and ``errors``.

        Raises:
            UnreadableQuery, QueryTooBig: nothing was looked up, or the answer would be too big.
        """
        inside = read(*question)
        checking.check_system(inside)
        answer = _Answer(self._reads, self._base)
        out = Out(answer.budget)
        await answer.system(inside, out)
        return answer.written(out)

    async def ask_of(self, type_: str, id_: str, question: Question) -> bytes:
        """Answer a question to one resource; see :meth:`ask`.

        Raises:
            NoSuchResource, ResourceGone: nothing stands there that may be seen.
        """
        check_type(type_)
        inside = read(*question)
        checking.check(inside, type_, type_)
        answer = _Answer(self._reads, self._base)
        resource = await answer.resource(type_, id_)
        out = Out(answer.budget)
        await answer.fields(_Value(resource, type_, resource), inside, out)
        return answer.written(out)


class _Value(NamedTuple):
    """An object of a resource: its type, and the resource that it stands in."""

    said: Resource
    structure: str
    root: Resource


class _Answer:
    """One answer, as it is looked up."""

    def __init__(self, reads: Reads, base: str) -> None:
        self._reads = reads
        self._base = base
        self._known: dict[tuple[str, str], Resource | LianyiError] = {}
        self._lookups = 0
        self._errors: list[dict[str, Any]] = []
        self.budget = Budget()

    def written(self, out: Out) -> bytes:
        """Return the answer as JSON."""
        told = {"errors": self._errors} if self._errors else {}
        return json_text.write({"data": out.said, **told})

    # --- what is looked up ----------------------------------------------------------------------

    async def resource(self, type_: str, id_: str) -> Resource:
        """Return a resource as its door would show it.

        Raises:
            LianyiError: as the door would refuse it.
        """
        known = self._known.get((type_, id_))
        if known is None:
            step = Step(0, "GET", type_, id_, f"{type_}/{id_}", (), None)
            try:
                known = json_text.read(await self._read(step))
            except QueryTooBig:
                raise
            except LianyiError as failure:
                known = failure
            self._known[type_, id_] = known
        if isinstance(known, LianyiError):
            raise known
        return known

    async def _read(self, step: Step) -> bytes:
        self._lookups += 1
        if self._lookups > LOOKUPS_MAX:
            raise too_big("reads and searches", "读取与检索次数", LOOKUPS_MAX)
        return (await self._reads.read(step, strict=True)).body

    async def _bundle(self, one: Field, type_: str, of: Resource | None) -> Resource:
        """Return the page that a search finds."""
        query = [
            (_parameter(name), text)
            for name, texts in one.arguments.items()
            if name != REFERENCE
            for text in texts
        ]
        if of is not None:
            leads = f"{of.get('resourceType')}/{of.get('id')}"
            query.append((one.arguments[REFERENCE][0].replace("_", "-"), leads))
        return json_text.read(await self._read(Step(0, "GET", type_, "", type_, query, None)))

    def _failed(self, one: Field, failure: LianyiError) -> None:
        """Tell beside the answer what a field cannot have."""
        problem = failure.record() | {name: failure.told(name)._asdict() for name in ("zh", "en")}
        told = outcome(problem, issue=failure.category.value.fhir_issue)
        self._errors.append(
            {
                "message": failure.text("zh"),
                "path": [one.alias],
                "extensions": {"code": failure.code, "resource": told},
            }
        )

    # --- what is answered -----------------------------------------------------------------------

    async def system(self, inside: Iterable[Selection], out: Out) -> None:
        """Answer what is asked of the whole system."""
        for one in inside:
            if isinstance(one, On):
                await self.system(one.inside, out)
            elif one.name == checking.TYPE_NAME:
                out.put(one.alias, "Query", many=False)
            else:
                await self._tried(one, None, out)

    async def _tried(self, one: Field, of: _Value | None, out: Out) -> None:
        """Answer a field that is looked up; a failure is told beside it."""
        try:
            if of is not None and one.name == "resource":
                await self._reference(one, of, out)
            elif checking.searched(one.name) is not None:
                await self._search(one, of, out)
            else:
                found = await self.resource(one.name, one.arguments["id"][0])
                await self._values(one, [_Value(found, one.name, found)], out, is_list=False)
        except (UnreadableQuery, QueryTooBig):
            raise
        except LianyiError as failure:
            self._failed(one, failure)
            out.miss(one.alias)

    async def fields(
        self,
        value: _Value,
        inside: Iterable[Selection],
        out: Out,
        *,
        flat: bool = False,
        behind: str = "",
    ) -> None:
        """Answer what is asked of an object.

        Args:
            value: the object.
            inside: what is asked for.
            out: to which it is added.
            flat: the object itself is left out, so whatever is in it may come several times.
            behind: what ``@slice`` adds to the names of its fields.
        """
        for one in inside:
            if isinstance(one, On):
                if not one.type or r4().is_kind_of(value.structure, one.type):
                    await self.fields(value, one.inside, out, flat=flat, behind=behind)
            elif one.name == checking.TYPE_NAME:
                out.put(one.alias, value.structure, many=False)
            elif one.name == "resourceType":
                out.put(one.alias, value.structure, many=flat)
            elif _is_looked_up(one, value.structure):
                await self._tried(one, value, out)
            else:
                await self._element(one, value, out, flat=flat, behind=behind)

    async def _element(
        self, one: Field, value: _Value, out: Out, *, flat: bool, behind: str
    ) -> None:
        places = r4().structure(value.structure).places
        place = places.get(one.name)
        shadowed = places.get(one.name.removeprefix("_"))
        element = place or shadowed
        if element is None:  # of another type than the one that is here
            return
        structure = element.structure if place else "Element"
        said = value.said.get(one.name)
        listed = said if isinstance(said, list) else [] if said is None else [said]
        values = [
            _Value(each, _type_of(each, structure), value.root)
            for each in chosen(one, listed, structure)
        ]
        is_list = element.element.is_list
        await self._values(one, values, out, is_list=is_list, flat=flat, behind=behind)

    async def _values(
        self,
        one: Field,
        values: Sequence[_Value],
        out: Out,
        *,
        is_list: bool,
        flat: bool = False,
        behind: str = "",
    ) -> None:
        """Add the values of a field, as its directives want them."""
        many = (is_list or flat) and "singleton" not in one.directives
        is_flat = "flatten" in one.directives
        if not values and not (flat or is_flat):
            out.miss(f"{one.alias}{behind}")
        for place, value in enumerate(values):
            ending = behind + suffix(one, value.said, place, value.structure)
            if is_flat:
                await self.fields(value, one.inside, out, flat=True, behind=ending)
            elif one.inside:
                inner = Out(self.budget)
                await self.fields(value, one.inside, inner)
                out.put(f"{one.alias}{ending}", inner.said, many=many)
            else:
                out.put(f"{one.alias}{ending}", value.said, many=many)

    async def _reference(self, one: Field, of: _Value, out: Out) -> None:
        """Answer with the resource that a reference leads to.

        Raises:
            LianyiError: it leads to none that may be seen, and is not optional.
        """
        found: Resource | None = None
        wanted = one.arguments.get("type", (checking.RESOURCE,))[0]
        try:
            found = await self._led_to(str(of.said.get("reference") or ""), of.root, wanted)
        except (UnreadableQuery, QueryTooBig):
            raise
        except LianyiError:
            if one.arguments.get("optional") != ("true",):
                raise
        values = []
        if found is not None:
            values = [_Value(found, _type_of(found, checking.RESOURCE), found)]
        await self._values(one, values, out, is_list=False)

    async def _led_to(self, text: str, root: Resource, wanted: str) -> Resource | None:
        """Return where a reference leads; None: to a resource of another type than is wanted."""
        if text.startswith("#"):
            inside = root.get("contained")
            for each in inside if isinstance(inside, list) else []:
                if each.get("id") == text[1:]:
                    return each if wanted in (checking.RESOURCE, each.get("resourceType")) else None
            raise NoSuchResource(where="contained")
        leads = read_reference(text, base=self._base)
        if leads is None:
            raise NoSuchResource(where="reference")
        if wanted not in (checking.RESOURCE, leads.type):
            return None
        return await self.resource(leads.type, leads.id)

    async def _search(self, one: Field, of: _Value | None, out: Out) -> None:
        found = checking.searched(one.name)
        assert found is not None  # noqa: S101 - the caller has seen that it is one
        type_, form = found
        page = await self._bundle(one, type_, of.root if of else None)
        entries = [entry for entry in page.get("entry") or () if "resource" in entry]
        if form == CONNECTION:
            inner = Out(self.budget)
            await self._connection(one.inside, page, entries, inner)
            out.put(one.alias, inner.said, many=False)
            return
        values = [
            _Value(entry["resource"], type_, entry["resource"])
            for entry in entries
            if entry.get("search", {}).get("mode") == "match"
        ]
        if not values:
            out.said.setdefault(one.alias, [])
        await self._values(one, values, out, is_list=True)

    async def _connection(
        self, inside: Iterable[Selection], page: Resource, entries: Sequence[Resource], out: Out
    ) -> None:
        for one in inside:
            if isinstance(one, On):
                await self._connection(one.inside, page, entries, out)
            elif one.name != EDGES:
                out.put(one.alias, _of_page(one.name, page, entries), many=False)
            else:
                out.said.setdefault(one.alias, [])
                for entry in entries:
                    inner = Out(self.budget)
                    await self._edge(one.inside, entry, inner)
                    out.put(one.alias, inner.said, many=True)

    async def _edge(self, inside: Iterable[Selection], entry: Resource, out: Out) -> None:
        for one in inside:
            if isinstance(one, On):
                await self._edge(one.inside, entry, out)
            elif one.name == "resource":
                resource = entry["resource"]
                value = _Value(resource, _type_of(resource, checking.RESOURCE), resource)
                await self._values(one, [value], out, is_list=False)
            elif one.name == checking.TYPE_NAME:
                out.put(one.alias, "Edge", many=False)
            else:
                out.put(one.alias, entry.get("search", {}).get(one.name), many=False)


def _is_looked_up(one: Field, structure: str) -> bool:
    if one.name == "resource":
        return structure == "Reference"
    return r4().structure(structure).kind == "resource" and checking.searched(one.name) is not None


def _type_of(value: Any, structure: str) -> str:  # noqa: ANN401 - any JSON
    """Return the type of a value: of a resource that may be of any, the one that it says."""
    if structure == checking.RESOURCE and isinstance(value, Mapping):
        said = str(value.get("resourceType"))
        return said if r4().is_resource_type(said) else structure
    return structure


def _parameter(name: str) -> str:
    """Return the search parameter of an argument: GraphQL has no hyphens in names."""
    return PAGE if name == CURSOR else name[:1] + name[1:].replace("_", "-")


def _of_page(name: str, page: Resource, entries: Sequence[Resource]) -> object:
    """Return what a connection says of its page; cursors are arguments of ``_cursor``."""
    if name == "count":
        return page.get("total")
    if name == "pagesize":
        return len(entries)
    if name == checking.TYPE_NAME:
        return CONNECTION
    links = {link["relation"]: link["url"] for link in page.get("link") or ()}
    if name not in links:
        return None
    return parse_qs(urlsplit(links[name]).query).get(PAGE, [""])[0]
