"""The steps of a transformation, compiled into closures.

All but ``call`` are pure: the same message gives the same result, today and in a replay years
from now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lianyi.base.errors import LianyiError
from lianyi.channels.content import Content, Hl7Content, RawContent, Test
from lianyi.channels.definition import Call, Copy, Format, Map, Split, Step, Steps, Template
from lianyi.channels.library import Function, Library
from lianyi.channels.places import pairs
from lianyi.channels.problems import (
    BadChannel,
    CodeNotInTable,
    NeedsFunctions,
    NotInFormat,
    TooManyParts,
)
from lianyi.channels.reading import Place, Report
from lianyi.channels.routing import check_path, compile_filter
from lianyi.channels.splitting import split_lines
from lianyi.channels.templates import compile_template
from lianyi.formats import hl7v2

NESTING_MAX = 8
PARTS_LIMIT_BYTES = 67_108_864

Edit = Callable[[Content], None]
Fan = Callable[[Content], Sequence[Content]]


class EditStep(NamedTuple):
    """Changes a message in place."""

    when: Test | None
    edit: Edit


class FanStep(NamedTuple):
    """Makes any number of messages of one; none means it is dropped."""

    when: Test | None
    fan: Fan


class CallStep(NamedTuple):
    """Hands a message to a function that runs apart."""

    when: Test | None
    function: Function
    call: Call


CompiledStep = EditStep | FanStep | CallStep


def run(steps: Iterable[CompiledStep], content: Content) -> list[Content]:
    """Run steps over a copy of a message.

    Returns:
        The messages that come out, in order.

    Raises:
        NeedsFunctions: a step calls a function.
        LianyiError: a step cannot be done with this message; category INVALID.
    """
    drafts = [content.copy()]
    for step in steps:
        if isinstance(step, CallStep):
            raise NeedsFunctions(where="transform", function=step.function.name)
        drafts = run_step(step, drafts)
    return drafts


def run_step(step: EditStep | FanStep, drafts: list[Content]) -> list[Content]:
    """Run one pure step over all messages; see :func:`run`."""
    when = step.when
    if isinstance(step, EditStep):
        for draft in drafts:
            if when is None or when(draft):
                step.edit(draft)
        return drafts
    return [
        part
        for draft in drafts
        for part in (step.fan(draft) if when is None or when(draft) else (draft,))
    ]


@dataclass
class StepCompiler:
    """Compiles step lists of one channel.

    Attributes:
        format: of the messages at this point; a template may change it on the way.
        own: step lists of the channel itself.
        library: the shared ones, with tables and functions.
        timezone: in which templates tell the time.
        report: gets what is wrong.
    """

    format: Format
    own: Mapping[str, Steps]
    library: Library
    timezone: ZoneInfo
    report: Report

    def compile(self, steps: Steps, place: Place, depth: int = 0) -> list[CompiledStep]:
        """Compile a list of steps; what is wrong goes into the report."""
        compiled: list[CompiledStep] = []
        for n, step in enumerate(steps):
            compiled += self._step(step, (*place, n), depth)
        return compiled

    def _step(self, step: Step, place: Place, depth: int) -> list[CompiledStep]:
        when = None
        if step.when is not None:
            when = compile_filter(
                step.when, format_=self.format, report=self.report, place=(*place, "when")
            )
        if step.use is not None:
            return self._use(step.use, when, place, depth)
        if step.call is not None:
            function = self.library.function(step.call.function, self.report, (*place, "call"))
            return [CallStep(when, function, step.call)] if function else []
        made = self._edit(step, place)
        if made is not None:
            return [EditStep(when, made)]
        fan = self._fan(step, place)
        return [FanStep(when, fan)] if fan is not None else []

    def _use(self, name: str, when: Test | None, place: Place, depth: int) -> list[CompiledStep]:
        """Compile a step list that is used by name."""
        if depth >= NESTING_MAX:
            self._bad(place, "step lists use each other in a circle", "步骤列表相互循环引用")
            return []
        if name in self.own:
            inner = self.compile(self.own[name], ("steps", name), depth + 1)
        else:
            known = self.library.step_list(name, self.report, place)
            inner = self.compile(known.steps, place, depth + 1) if known is not None else []
        return [_guarded(step, when) for step in inner] if when is not None else inner

    def _edit(self, step: Step, place: Place) -> Edit | None:
        """Compile a step that changes a message in place; None when it is another kind of step."""
        if step.set_ is not None:
            return _all_of(
                [self._set(path, text, (*place, "set", path)) for path, text in step.set_.items()]
            )
        if step.copy_ is not None:
            return self._copy(step.copy_, (*place, "copy"))
        if step.map_ is not None:
            return self._map(step.map_, (*place, "map"))
        if step.drop_segment is not None:
            return self._drop_segment(step.drop_segment, (*place, "drop_segment"))
        if step.convert is not None:
            return self._convert(step.convert.charset, (*place, "convert"))
        if step.template is not None and step.template.to:
            place = (*place, "template")
            self._target(step.template.to, (*place, "to"))
            return self._set(step.template.to, step.template.text, place)
        return None

    def _fan(self, step: Step, place: Place) -> Fan | None:
        """Compile a step after which there may be another number of messages, or other ones."""
        if step.template is not None:
            return self._body(step.template, (*place, "template"))
        if step.split is not None:
            return self._split(step.split, (*place, "split"))
        return lambda draft: ()

    # --- the verbs -------------------------------------------------------------------------

    def _set(self, path: str, text: str, place: Place) -> Edit:
        self._target(path, place)
        fill = compile_template(
            text, format_=self.format, timezone=self.timezone, report=self.report, place=place
        )
        if "*" not in path:
            return lambda draft: draft.set(path, fill(draft))

        def edit(draft: Content) -> None:
            value = fill(draft)
            for _, one in pairs(draft, path, path):
                draft.set(one, value)

        return edit

    def _copy(self, copy: Copy, place: Place) -> Edit:
        self._path(copy.from_, (*place, "from"))
        self._target(copy.to, (*place, "to"))
        if "*" in copy.from_ + copy.to:
            self._bad(place, "copy takes one place to one place", "copy 只能从一处复制到一处")
        if self.format == "hl7v2":
            return lambda draft: _hl7(draft).set_raw(copy.to, _hl7(draft).get_raw(copy.from_))
        if self.format in ("json", "rows"):
            from lianyi.channels.structured import JsonContent

            def edit(draft: Content) -> None:
                if isinstance(draft, JsonContent):
                    draft.put(copy.to, draft.find(copy.from_))

            return edit
        return lambda draft: draft.set(copy.to, draft.get(copy.from_))

    def _map(self, asked: Map, place: Place) -> Edit:
        self._path(asked.path, (*place, "path"))
        target = asked.to or asked.path
        if asked.to:
            self._target(asked.to, (*place, "to"))
        if "*" in asked.to and asked.path.count("*") != asked.to.count("*"):
            self._bad(place, "path and to must have the same stars", "path 与 to 的星号数目须相同")
        table = self.library.table(asked.table, self.report, (*place, "table"))
        in_place = target == asked.path

        def edit(draft: Content) -> None:
            for source, goal in pairs(draft, asked.path, target):
                code = draft.get(source)
                meaning = table.get(code)
                if meaning is None:
                    if not code or (asked.on_missing == "keep" and in_place):
                        continue
                    meaning = _missing(asked, code, str(source))
                draft.set(goal, meaning)

        return edit

    def _drop_segment(self, names: Sequence[str], place: Place) -> Edit:
        if not self._only_hl7(place):
            return _nothing
        for name in names:
            self._path(f"{name}-1", place)
            if name == "MSH":
                self._bad(place, "MSH cannot be dropped", "不能删除 MSH 段")

        def edit(draft: Content) -> None:
            message = _hl7(draft)
            for name in names:
                for n in range(message.count(name), 0, -1):
                    message.delete_segment(name, n)
            draft.forget()

        return edit

    def _convert(self, charset: str, place: Place) -> Edit:
        if not self._only_hl7(place):
            return _nothing
        probe = hl7v2.parse(b"MSH|^~\\&|")
        try:
            probe.convert(charset)
        except LianyiError as error:
            self.report.note(error, place)

        def edit(draft: Content) -> None:
            message = _hl7(draft)
            message.convert(charset)
            draft.codec = message.codec

        return edit

    def _body(self, template: Template, place: Place) -> Fan:
        fill = compile_template(
            template.text,
            format_=self.format,
            timezone=self.timezone,
            report=self.report,
            place=(*place, "text"),
            escape=template.format,
        )
        self.format = template.format
        kind = content_class(template.format)

        def fan(draft: Content) -> Sequence[Content]:
            made = kind(fill(draft).encode(), codec="utf-8", keys=draft.keys)
            made.take_identity(draft)
            return (made,)

        return fan

    def _split(self, split: Split, place: Place) -> Fan:
        if self.format == "hl7v2":
            self._path(f"{split.by}-1", (*place, "by"))
            if split.by == "MSH":
                self._bad(place, "a message has one MSH", "一条消息只有一个 MSH 段")
            return lambda draft: _split_hl7(draft, split)
        if self.format == "json":
            self._path(split.by, (*place, "by"))
            return lambda draft: _split_json(draft, split)
        self._bad(place, "only hl7v2 and json can be split", "只有 hl7v2 与 json 消息可以拆分")
        return lambda draft: (draft,)

    # --- checks ----------------------------------------------------------------------------

    def _bad(self, place: Place, why: str, why_zh: str) -> None:
        self.report.add(BadChannel, place, why=why, why_zh=why_zh)

    def _path(self, path: str, place: Place) -> None:
        try:
            check_path(self.format, path)
        except LianyiError as error:
            self.report.note(error, place)

    def _target(self, path: str, place: Place) -> None:
        """Check a path that something is written to."""
        before = len(self.report.problems)
        self._path(path, place)
        if len(self.report.problems) > before or self.format != "hl7v2":
            return
        asked = hl7v2.Path.of(path)
        if asked.segment == "MSH" and asked.field < 3:
            self._bad(place, "MSH-1 and MSH-2 cannot be changed", "不能改写 MSH-1 与 MSH-2")

    def _only_hl7(self, place: Place) -> bool:
        if self.format != "hl7v2":
            self._bad(place, "only hl7v2 messages can do this", "只有 hl7v2 消息可以这样做")
        return self.format == "hl7v2"


def content_class(format_: Format) -> type[Content]:
    """Return the class that reads a format. lxml is imported only when somebody needs it."""
    if format_ == "hl7v2":
        return Hl7Content
    if format_ == "raw":
        return RawContent
    from lianyi.channels.structured import JsonContent, XmlContent
    from lianyi.channels.tabular import RowsContent

    if format_ == "rows":
        return RowsContent
    return JsonContent if format_ == "json" else XmlContent


def _missing(asked: Map, code: str, source: str) -> str:
    """Return what is written for a code that the table lacks."""
    if asked.on_missing == "hold":
        raise CodeNotInTable(where=source, table=asked.table)
    if asked.on_missing == "default":
        return asked.default
    return code if asked.on_missing == "keep" else ""


def _split_hl7(draft: Content, split: Split) -> Sequence[Content]:
    content = draft
    if not isinstance(content, Hl7Content):
        raise NotInFormat(
            where=split.by, format=draft.format, why="no HL7 v2", why_zh="不是 HL7 v2"
        )
    message = content.message
    lines = list(message.lines())
    parts = split_lines([line[:3] for line in lines], split.by)
    if not parts:
        return (content,)
    _limit(len(parts), split.parts_max, split.by)
    size = sum(len(lines[n]) for part in parts for n in part)
    if size > PARTS_LIMIT_BYTES:
        raise TooManyParts(where=split.by, found=len(parts), allowed=split.parts_max)
    control_id = content.control_id
    made: list[Content] = []
    for number, part in enumerate(parts, start=1):
        text = "\r".join([lines[n] for n in part]) + "\r"
        one = content.around(
            hl7v2.parse(text.encode(message.codec, "replace"), forced_codec=message.codec)
        )
        one.inherit(content)
        if control_id:  # the number alone would name the parts of every message without one
            one.set("MSH-10", f"{control_id}-{number}")
        made.append(one)
    return made


def _split_json(draft: Content, split: Split) -> Sequence[Content]:
    from lianyi.channels.structured import JsonContent

    items = draft.find(split.by) if isinstance(draft, JsonContent) else None
    if not isinstance(draft, JsonContent) or not isinstance(items, list) or not items:
        return (draft,)
    _limit(len(items), split.parts_max, split.by)
    draft.put(split.by, [])
    made = []
    for number, item in enumerate(items, start=1):
        one = draft.copy()
        one.put(split.by, [item])
        one.suffix += f"-{number}"
        made.append(one)
    return made


def _limit(found: int, allowed: int, by: str) -> None:
    if found > allowed:
        raise TooManyParts(where=by, found=found, allowed=allowed)


def _hl7(draft: Content) -> hl7v2.Message:
    if not isinstance(draft, Hl7Content):
        raise NotInFormat(
            where="message", format=draft.format, why="it is no HL7 v2", why_zh="它不是 HL7 v2"
        )
    return draft.message


def _nothing(draft: Content) -> None:
    """Change nothing."""


def _all_of(edits: Sequence[Edit]) -> Edit:
    if len(edits) == 1:
        return edits[0]

    def edit(draft: Content) -> None:
        for one in edits:
            one(draft)

    return edit


def _guarded(step: CompiledStep, when: Test) -> CompiledStep:
    """Return a step that also asks another condition."""
    own = step.when
    if own is None:
        return step._replace(when=when)
    return step._replace(when=lambda draft: when(draft) and own(draft))
