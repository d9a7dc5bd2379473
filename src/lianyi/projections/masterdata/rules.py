"""What may be said about master data, and what follows from it. Pure: no I/O, no clock.

Every rule holds on every day: no record stands under itself in a tree, none has two parents in one
tree, and nothing is linked to what does not exist. A statement that breaks one changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from lianyi.base.errors import LianyiError
from lianyi.messagelog.message import Position
from lianyi.projections.masterdata.model import (
    BEGINNING,
    END,
    TREE,
    Attach,
    Change,
    Close,
    Decide,
    Describe,
    Detach,
    Inherit,
    Kind,
    Lineage,
    LinkKey,
    Repoint,
    Retract,
    SetSources,
    Span,
    Statement,
    Succeed,
    Thing,
    is_tree,
    object_kind,
    subject_kind,
)
from lianyi.projections.masterdata.problems import (
    BadDates,
    CircleInTree,
    CodeTaken,
    NoSuchProposal,
    OverlappingParents,
    StillHasChildren,
    UnknownRecord,
)
from lianyi.projections.masterdata.sources import read as read_sources
from lianyi.projections.masterdata.spans import add, cut, next_start, on_day, only
from lianyi.projections.masterdata.state import State
from lianyi.projections.masterdata.telling import tell

CHILDREN_SHOWN = 5


def apply(state: State, statement: Statement) -> None:
    """Let a statement hold, as a whole.

    Raises:
        LianyiError: it breaks a rule; the state is as before.
    """
    try:
        for change in statement.changes:
            _apply(state, statement, change)
    except BaseException:
        state.roll_back()
        raise
    state.commit()


def check(state: State, statement: Statement) -> None:
    """Raise what :func:`apply` would raise, and change nothing."""
    try:
        for change in statement.changes:
            _apply(state, statement, change)
    finally:
        state.roll_back()


def _apply(state: State, statement: Statement, change: Change) -> None:
    match change:
        case Describe():
            _describe(state, statement, change)
        case Attach():
            _attach(state, statement, change)
        case Detach():
            _detach(state, statement, change)
        case Close():
            _close(state, statement, change)
        case Inherit():
            _inherit(state, statement, change)
        case Repoint():
            _repoint(state, statement, change)
        case Succeed():
            on = change.on or statement.day
            _must_be_known(state, change.predecessor, on)
            _must_be_known(state, change.successor, on)
            state.add_lineage(
                Lineage(change.predecessor, change.successor, change.how, on, statement.position)
            )
        case Decide():
            _decide(state, statement, change)
        case SetSources():
            state.set_sources(read_sources(change.rules, where=str(statement.position)))
        case Retract():
            pass  # what it takes back is left out before anything is applied


def _decide(state: State, statement: Statement, change: Decide) -> None:
    place = (change.position, change.part)
    for key, one in state.proposals.items():
        if (one.position, one.part) == place and one.decided_by is None:
            state.set_proposal(
                key, one._replace(decided_by=statement.position, accepted=change.accepted)
            )
            return
    raise NoSuchProposal(where=str(change.position), position=str(change.position))


def _must_be_known(state: State, code: str, on: date) -> None:
    if Thing(Kind.ORGANISATION, code) not in state.existence:
        raise _unknown(Thing(Kind.ORGANISATION, code), on)


def _unknown(thing: Thing, on: date) -> LianyiError:
    return UnknownRecord(
        where=thing.code,
        kind=thing.kind,
        kind_zh=thing.kind.zh,
        code_=thing.code,
        day="any day" if on == BEGINNING else shown(on),
        day_zh="任何日期" if on == BEGINNING else shown(on),
    )


def shown(day: date) -> str:
    """Return a day for people; an open end has no date."""
    return "…" if day in (BEGINNING, END) else day.isoformat()


def _check_days(on: date, until: date, where: str) -> None:
    if until <= on:
        raise BadDates(
            where=where,
            why=f"the end {shown(until)} is not after the first day {shown(on)}",
            why_zh=f"结束日期 {shown(until)} 不晚于起始日期 {shown(on)}",
        )


# --- records ------------------------------------------------------------------------------------


def _describe(state: State, statement: Statement, change: Describe) -> None:
    thing = Thing(change.kind, change.code)
    existence = state.existence.get(thing, ())
    if change.fresh and thing in state.existence:
        raise CodeTaken(
            where=change.code, kind=change.kind, kind_zh=change.kind.zh, code_=change.code
        )
    on = change.on or (statement.day if existence else BEGINNING)
    _exist(state, statement, thing, on, change.until)
    tell(state, statement, thing, on, change.texts)


def _exist(state: State, statement: Statement, thing: Thing, on: date, until: date | None) -> None:
    """Let a record exist from a day; a day before its first moves its first day."""
    spans = state.existence.get(thing, ())
    holding = on_day(spans, on)
    if until is not None:
        _check_days(on, until, thing.code)
        if holding and holding[0].valid_to > until:
            _end(state, statement, thing, until)
            spans = state.existence[thing]
    elif holding:
        return
    stop = until or (END if not spans or on >= spans[-1].valid_to else next_start(spans, on))
    if holding and holding[0].valid_to >= stop:
        return
    by = statement.position
    first = holding[0] if holding else None
    spans = tuple(span for span in spans if span != first)
    start = first.valid_from if first else on
    ended = first.valid_to if first else start
    # Ranges that touch the new one are one with it: the record was there all the time.
    for span in spans:
        if span.valid_from <= stop and span.valid_to >= start:
            start, stop = min(start, span.valid_from), max(stop, span.valid_to)
    spans = cut(spans, start, stop, by=by)
    state.set_existence(thing, add(spans, Span(start, stop, "", "", by)))
    _stretch(state, thing, ended, stop, by=by)


def _stretch(state: State, thing: Thing, ended: date, stop: date, *, by: Position) -> None:
    """Let the links that ended only because the record did go on as long as it does now."""
    for key in list(state.links_of(thing)):
        for span in state.links.get(key, ()):
            if span.valid_to != ended:
                continue
            target = on_day(
                state.existence.get(Thing(object_kind(key.relation), span.object), ()),
                span.valid_from,
            )
            until = min(stop, target[0].valid_to if target else ended)
            if key.single:
                until = min(until, next_start(state.links[key], span.valid_from))
            if until > ended:
                longer = span._replace(valid_to=until, said=by, ended=None)
                rest = tuple(one for one in state.links[key] if one != span)
                state.set_links(key, add(rest, longer))
                if key.single:
                    _check_no_circle(state, key, longer)


def _close(state: State, statement: Statement, change: Close) -> None:
    thing = Thing(change.kind, change.code)
    on = change.on or statement.day
    spans = state.existence.get(thing, ())
    if not on_day(spans, on):
        if any(span.valid_to == on for span in spans):
            return  # it ends on that day already
        raise _unknown(thing, on)
    _end(state, statement, thing, on)


def _end(state: State, statement: Statement, thing: Thing, on: date) -> None:
    """Let a record end, with its own links and those that lead to it, but never with children."""
    by = statement.position
    span = on_day(state.existence[thing], on)
    stop = span[0].valid_to if span else END
    for key in state.leading_to(thing):
        if not is_tree(key.relation):
            continue
        children = [
            key.subject
            for one in state.links.get(key, ())
            if one.object == thing.code and one.valid_to > on and one.valid_from < stop
        ]
        if children:
            raise _still_has_children(state, thing, key.relation, on)
    state.set_existence(thing, cut(state.existence[thing], on, stop, by=by))
    for key in state.links_of(thing):
        state.set_links(key, cut(state.links.get(key, ()), on, stop, by=by))
    for key in state.leading_to(thing):
        spans = cut(
            state.links.get(key, ()), on, stop, by=by, matches=lambda one: one.object == thing.code
        )
        if spans != state.links.get(key, ()):
            state.set_links(key, spans)


def _still_has_children(state: State, thing: Thing, tree: str, on: date) -> LianyiError:
    children = sorted(
        key.subject
        for key in state.leading_to(thing)
        if key.relation == tree
        and any(
            span.object == thing.code and span.valid_to > on for span in state.links.get(key, ())
        )
    )
    shown_children = ", ".join(children[:CHILDREN_SHOWN])
    if len(children) > CHILDREN_SHOWN:
        shown_children += f" … ({len(children)})"
    return StillHasChildren(
        where=thing.code,
        code_=thing.code,
        tree=tree.removeprefix(TREE),
        day=shown(on),
        children=shown_children,
    )


# --- links --------------------------------------------------------------------------------------


def _attach(state: State, statement: Statement, change: Attach) -> None:
    key = LinkKey(change.relation, change.subject)
    spans = state.links.get(key, ())
    subject = Thing(subject_kind(change.relation), change.subject)
    target = Thing(object_kind(change.relation), change.object)
    on = change.on
    if on is None:
        on = statement.day if spans else _first_day_of_both(state, subject, target)
    for end in (subject, target):
        if not state.exists(end, on):
            raise _unknown(end, on)
    if change.until is not None:
        _check_days(on, change.until, change.subject)
    until = _until(state, key, on, change, (subject, target))
    new = Span(on, until, change.object, change.role, statement.position)
    same = [one for one in on_day(spans, on) if one[2:4] == new[2:4]]
    if same and change.until is None and not change.instead:
        return  # it holds already
    _paint(state, key, new, instead=change.instead, to=END)


def _first_day_of_both(state: State, one: Thing, other: Thing) -> date:
    """Return the first day on which two records can be linked, as far as is known."""
    return max(
        min((span.valid_from for span in state.existence.get(thing, ())), default=BEGINNING)
        for thing in (one, other)
    )


def _until(state: State, key: LinkKey, on: date, change: Attach, ends: Iterable[Thing]) -> date:
    """Return where a link ends: as said, when another begins, or when one of its ends is no more.

    Raises:
        OverlappingParents: another parent begins before the end that was said.
    """
    until = change.until or END
    if key.single:
        spans = state.links.get(key, ())
        following = next_start(spans, on)
        if change.until is not None and following < change.until:
            raise OverlappingParents(
                where=key.subject,
                code_=key.subject,
                tree=key.relation.removeprefix(TREE),
                parent=on_day(spans, following)[0].object,
                day=shown(following),
            )
        until = min(until, following)
    for end in ends:
        until = min(until, on_day(state.existence[end], on)[0].valid_to)
    return until


def _paint(
    state: State, key: LinkKey, new: Span, *, instead: str = "", to: date | None = None
) -> None:
    """Put a link among the others; where only one may hold, it takes the days it needs.

    Where several may hold, the same link is not there twice: the new one counts up to ``to``.
    """
    spans = state.links.get(key, ())
    if key.single:
        spans = cut(spans, new.valid_from, new.valid_to, by=new.said)
    else:
        spans = cut(
            spans,
            new.valid_from,
            to or new.valid_to,
            by=new.said,
            matches=lambda one: one[2:4] == new[2:4],
        )
        if instead:
            spans = cut(
                spans,
                new.valid_from,
                END,
                by=new.said,
                matches=lambda one: instead in ("*", one.object),
            )
    state.set_links(key, add(spans, new))
    if key.single:
        _check_no_circle(state, key, new)


def _detach(state: State, statement: Statement, change: Detach) -> None:
    key = LinkKey(change.relation, change.subject)
    on = change.on or statement.day
    spans = state.links.get(key, ())

    def matches(one: Span) -> bool:
        return change.object in ("", one.object) and change.role in ("", one.role)

    held = [one for one in on_day(spans, on) if matches(one)]
    if not held:
        return
    for one in held:
        spans = cut(spans, on, one.valid_to, by=statement.position, matches=only(one))
    state.set_links(key, spans)


def _check_no_circle(state: State, key: LinkKey, new: Span) -> None:
    """Walk up from the new parent, on all the days of the new link.

    Raises:
        CircleInTree: on some day the child stands above its new parent.
    """
    ahead = [(new.object, new.valid_from, new.valid_to)]
    while ahead:
        code, start, stop = ahead.pop()
        if code == key.subject:
            raise CircleInTree(
                where=key.subject,
                code_=key.subject,
                tree=key.relation.removeprefix(TREE),
                parent=new.object,
                day=shown(start),
            )
        for span in state.links.get(LinkKey(key.relation, code), ()):
            since, until = max(start, span.valid_from), min(stop, span.valid_to)
            if since < until:
                ahead.append((span.object, since, until))


# --- split and merge ----------------------------------------------------------------------------


def _inherit(state: State, statement: Statement, change: Inherit) -> None:
    """Give an organisation the parents and places that another has from a day on."""
    on = change.on or statement.day
    source = Thing(Kind.ORGANISATION, change.source)
    for key in list(state.links_of(source)):
        for span in state.links.get(key, ()):
            if span.valid_to > on and span.object != change.code:
                _carry(state, statement, LinkKey(key.relation, change.code), span, on)


def _carry(state: State, statement: Statement, key: LinkKey, span: Span, on: date) -> None:
    """Add the days of a link from ``on`` to another subject, as far as that exists."""
    subject = Thing(subject_kind(key.relation), key.subject)
    for there in state.existence.get(subject, ()):
        start = max(span.valid_from, on, there.valid_from)
        stop = min(span.valid_to, there.valid_to)
        if start < stop:
            new = Span(start, stop, span.object, span.role, statement.position)
            _paint(state, key, new)


def _repoint(state: State, statement: Statement, change: Repoint) -> None:
    """Let everything that leads to one organisation lead to another from a day on.

    Where the other itself hung on it, it moves up to where that hung.
    """
    on, by = change.on or statement.day, statement.position
    old, new = Thing(Kind.ORGANISATION, change.old), Thing(Kind.ORGANISATION, change.new)
    if not state.exists(new, on):
        raise _unknown(new, on)
    leading = state.leading_to(old)
    for key in sorted(leading, key=lambda key: key.subject != change.new):
        for span in state.links.get(key, ()):
            if span.object != change.old or span.valid_to <= on:
                continue
            start = max(span.valid_from, on)
            rest = cut(state.links[key], start, span.valid_to, by=by, matches=only(span))
            state.set_links(key, rest)
            if key.subject == change.new and is_tree(key.relation):
                for above in state.links.get(LinkKey(key.relation, change.old), ()):
                    if above.valid_to > start and above.valid_from < span.valid_to:
                        _carry(state, statement, key, above, start)
                continue
            for there in state.existence.get(new, ()):
                since, until = max(start, there.valid_from), min(span.valid_to, there.valid_to)
                if since < until:
                    link = Span(since, until, change.new, span.role, by)
                    _paint(state, key, link)
