"""Writes the pages of ``docs/reference/`` that the code itself knows best.

``python tools/reference_pages.py`` writes them, ``make docs`` too; a test
compares them with what this module gives. What a key or a metric means is taken from its owner's
docstring, so there is one place to say it.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import json
import pkgutil
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import lianyi
from lianyi.base.settings import Section
from lianyi.base.telemetry import every_metric

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
CHINESE = re.compile("[\u4e00-\u9fff]")
COMMON_OPTIONS = {"settings_file", "data_dir", "content_dir", "as_json"}
HEAD = "<!-- Written by tools/reference_pages.py from the code; change it there. -->\n\n"


def import_everything() -> None:
    """Import every module of the product, so that all of it has declared what it declares."""
    for module in pkgutil.walk_packages(lianyi.__path__, "lianyi."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


# -- settings


def every_section() -> list[type[Section]]:
    """Return every class of settings, in the order of their modules."""

    def below(kind: type[Section]) -> Iterator[type[Section]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    found = {kind for kind in below(Section) if kind.__module__.startswith("lianyi.")}
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


def sections_of_the_file() -> Mapping[str, type[Section]]:
    """Return the sections of ``lianyi.toml`` by name: the class or its module says ``[name]``."""
    found: dict[str, type[Section]] = {}
    for kind in every_section():
        module = sys.modules[kind.__module__]
        for words in (kind.__doc__, module.__doc__):
            if name := re.search(r"[Ss]ection ``\[(\w+)\]``", words or ""):
                found[name[1]] = kind
                break
    return dict(sorted(found.items()))


def meanings(kind: type) -> dict[str, str]:
    """Return what the ``Attributes:`` of a class and of its bases say, by name."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        _, _, attributes = (inspect.getdoc(base) or "").partition("Attributes:\n")
        block = re.split(r"\n(?=\S)", attributes)[0]
        for names, words in re.findall(
            r"^ {4}(\w+(?:, \w+)*): (.*(?:\n {6,}.*)*)", block, re.MULTILINE
        ):
            found |= dict.fromkeys(names.split(", "), " ".join(words.split()))
    return found


def kind_in_words(annotation: object) -> str:
    """Return a type as a person writes it: ``int``, ``"in" or "out"``, ``list of text``."""
    if annotation is type(None):
        return "nothing"
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind_in_words(inside[0])
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" if value != "" else "empty" for value in inside)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(kind_in_words(part) for part in inside if part is not type(None))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return f"table of {kind_in_words(inside[1])}"
    if origin in (list, tuple, set, frozenset):
        return f"list of {kind_in_words(inside[0])}"
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return " or ".join(f"`{value.value}`" for value in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    names = {str: "text", int: "integer", float: "number", bool: "true or false", Path: "path"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))  # type: ignore[call-overload]


def default_in_words(field: FieldInfo) -> str:
    """Return the default as TOML would write it; empty means nothing."""
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, BaseModel):
        return "its own defaults"
    if isinstance(value, enum.Enum):
        value = value.value
    return f"`{json.dumps(value, ensure_ascii=False, default=str)}`"


def limits_in_words(field: FieldInfo) -> str:
    """Return the limits of a number: ``≥ 1, ≤ 1000``."""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return ", ".join(
        f"{sign} {getattr(limit, name):,}"
        for limit in field.metadata
        for name, sign in signs.items()
        if getattr(limit, name, None) is not None
    )


def meaning(kind: type[BaseModel], name: str) -> str:
    """Return what a key means: by its class, or by the class of its value; or nothing."""
    field = kind.model_fields[name]
    told = meanings(kind)
    for word in (name, field.alias or name, name.rstrip("_")):
        if word in told:
            return told[word]
    for part in (field.annotation, *typing.get_args(field.annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return first_sentence(part)
    return field.description or ""


def settings_table(kind: type[BaseModel]) -> str:
    """Return one section as a table of its keys."""
    rows = ["| key | is | default | means |", "| --- | --- | --- | --- |"]
    for name, field in kind.model_fields.items():
        limits = limits_in_words(field)
        is_a = kind_in_words(field.annotation) + (f", {limits}" if limits else "")
        rows.append(
            f"| `{field.alias or name}` | {is_a} | {default_in_words(field)}"
            f" | {cell(meaning(kind, name))} |"
        )
    return "\n".join(rows)


def cell(text: str) -> str:
    """Return text that may stand in a table."""
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`").replace("|", "\\|")


def first_sentence(thing: object) -> str:
    """Return the first paragraph of a docstring."""
    return cell(" ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split()))


def settings_page() -> str:
    """Return ``settings.md``: the sections of ``lianyi.toml``."""
    page = [
        "# Settings 设置项\n\n"
        + HEAD
        + "One file, `lianyi.toml`; every key has a default unless it"
        " says required. `LIANYI__SECTION__KEY` in the environment wins over the file. An unknown"
        " key stops the start and names the nearest known one."
    ]
    page += [
        f"## [{name}]\n\n{first_sentence(kind)}\n\n{settings_table(kind)}"
        for name, kind in sections_of_the_file().items()
    ]
    return "\n\n".join(page) + "\n"


# -- channels


def parts_of_a_channel() -> list[type[BaseModel]]:
    """Return what a channel's file is made of: the definition, then the connectors' settings."""
    definition = importlib.import_module("lianyi.channels.definition")
    parts = [
        kind
        for kind in vars(definition).values()
        if isinstance(kind, type)
        and issubclass(kind, BaseModel)
        and kind.__module__ == definition.__name__
        and kind.model_fields
    ]
    in_the_file = list(sections_of_the_file().values())
    parts.sort(key=lambda kind: kind.__name__ != "Channel")
    return parts + [kind for kind in every_section() if kind not in in_the_file]


def channels_page() -> str:
    """Return ``channels.md``: every key of a channel's YAML file."""
    page = [
        "# The file of a channel 通道文件\n\n" + HEAD + "One YAML file for each channel under"
        " `content/channels/`. `lianyi channel check` reads it, names every unknown key with the"
        " nearest known one, and runs its examples."
    ]
    page += [
        f"## {kind.__name__}\n\n{first_sentence(kind)}\n\n{settings_table(kind)}"
        for kind in parts_of_a_channel()
    ]
    return "\n\n".join(page) + "\n"


# -- ways to sign in


def sign_in_page() -> str:
    """Return ``sign-in.md``: every key of a provider's YAML file."""
    files = importlib.import_module("lianyi.security.providers.files")
    page = [
        "# The file of a way to sign in 登录方式文件\n\n"
        + HEAD
        + "One YAML file for each way under"
        " `content/sign-in/`, named like its `provider`; the kinds share the keys of the first"
        " table. `lianyi sign-in check` reads them and asks every directory."
    ]
    shared = set(files.ProviderFile.model_fields)
    for kind in (files.ProviderFile, files.Title, files.GrantRule, *files.KINDS.values()):
        rows = settings_table(kind).split("\n")
        if files.ProviderFile in kind.__mro__[1:]:
            rows = [
                row for row in rows if row.split("`")[1:2] == [] or row.split("`")[1] not in shared
            ]
        page.append(f"## {kind.__name__}\n\n{first_sentence(kind)}\n\n" + "\n".join(rows))
    return "\n\n".join(page) + "\n"


# -- metrics


def metrics_page() -> str:
    """Return ``metrics.md``: everything of ours that ``GET /metrics`` may show."""
    rows = ["| metric | kind | labels | means |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)}"
        f" | {cell(metric.help)} |"
        for metric in every_metric()
    ]
    return (
        "# Metrics 监控量\n\n"
        + HEAD
        + "`GET /metrics` gives them in the text format of Prometheus;"
        " each process shows its own, and `process_…` and `python_info` besides. No label ever"
        " holds a patient.\n\n" + "\n".join(rows) + "\n"
    )


# -- HTTP


def api_page() -> str:
    """Return ``api.md``: every address of the console's API and the shapes that it uses."""
    openapi = importlib.import_module("lianyi.api.openapi")
    document = json.loads(openapi.document())
    page = [
        "# HTTP API\n\n" + HEAD + "JSON in and out, instants in ISO 8601 UTC. The same as OpenAPI:"
        " `GET /api/v1/openapi.json`. Every answer that is not 2xx is an error with its code; see"
        " [errors](errors.md).",
        "\n".join(
            ["| | address | takes | gives | |", "| --- | --- | --- | --- | --- |"]
            + [
                row
                for path, methods in sorted(document["paths"].items())
                for method, operation in methods.items()
                for row in [endpoint_row(path, method, operation)]
            ]
        ),
        "## Shapes",
    ]
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        page.append(f"### {name}\n\n{schema_words(schema)}")
    return "\n\n".join(page) + "\n"


def endpoint_row(path: str, method: str, operation: Mapping[str, Any]) -> str:
    """Return one address as a row of the table."""
    takes = [
        f"`{parameter['name']}`"
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    ]
    takes += [
        shape_in_words(content["schema"])
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    gives = [
        shape_in_words(content["schema"]) if content.get("schema") else f"`{media}`"
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for media, content in answer.get("content", {}).items()
    ]
    words = operation.get("description") or operation.get("summary", "")
    means = " ".join(words.split("\n\n")[0].split())
    return (
        f"| {method.upper()} | `{path}` | {' '.join(takes)} | {' or '.join(gives)}"
        f" | {cell(means)} |"
    )


def schema_words(schema: Mapping[str, Any]) -> str:
    """Return a shape: its sentence and its keys."""
    words = " ".join(schema.get("description", "").split("Attributes:")[0].split())
    said = dict(
        re.findall(
            r"^\s*(\w+): (.*)$", schema.get("description", "").partition("Attributes:")[2], re.M
        )
    )
    keys = [
        f"- `{key}`: {shape_in_words(part)}" + (f", {cell(said[key])}" if key in said else "")
        for key, part in schema.get("properties", {}).items()
    ]
    return "\n\n".join(filter(None, [cell(words), "\n".join(keys)])) or shape_in_words(schema)


def shape_in_words(schema: Mapping[str, Any]) -> str:
    """Return one JSON schema in a few words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(shape_in_words(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {shape_in_words(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"table of {shape_in_words(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type", "anything"))


# -- command line


def every_command() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that people use with its words, e.g. ``("channel", "check")``."""

    def below(
        group: click.Group, words: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], click.Command]]:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is None or command.hidden:
                continue
            yield (*words, name), command
            if isinstance(command, click.Group):
                yield from below(command, (*words, name))

    yield from below(importlib.import_module("lianyi.cli.main").main, ())


def in_language(text: str, language: str) -> str:
    """Return the half of a help text in one language: ``中文 / English``, or whole paragraphs."""
    zh = language == "zh"
    found = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        words = " ".join(paragraph.split())
        first, slash, second = words.partition(" / ")
        if slash and CHINESE.search(first):
            found.append(first if zh else second[:1].upper() + second[1:])
        elif bool(CHINESE.search(words)) == zh:
            found.append(words)
    return "\n\n".join(found)


def command_words(words: tuple[str, ...], command: click.Command, language: str) -> str:
    """Return a command: what it does, its arguments and its options."""
    context = click.Context(command, info_name=" ".join(["lianyi", *words]))
    usage = " ".join(context.command.collect_usage_pieces(context))
    part = [
        f"{'#' * (len(words) + 1)} lianyi {' '.join(words)}",
        in_language(command.help or "", language),
    ]
    if isinstance(command, click.Group):
        return "\n\n".join(part)
    part.insert(1, f"```console\n$ lianyi {' '.join(words)} {usage}\n```")
    own = [
        f"- `{' '.join([*option.opts, *option.secondary_opts])}`"
        + ("" if option.is_flag else f" {option.make_metavar(context)}")
        + f": {in_language(option.help or '', language)}"
        + option_default(option)
        for option in command.params
        if isinstance(option, click.Option) and option.name not in COMMON_OPTIONS
    ]
    return "\n\n".join([*part, "\n".join(own)]).rstrip()


def option_default(option: click.Option) -> str:
    """Return the default of an option in brackets where there is one worth telling."""
    default = option.default
    if option.is_flag or not option.show_default or not isinstance(default, str | int | float):
        return ""
    return f" [`{default}`]"


def command_line_page(language: str) -> str:
    """Return ``cli.md`` or ``cli.zh.md``: every command with its options."""
    main_command = importlib.import_module("lianyi.cli.main").main
    common = [
        f"- `{option.opts[0]}` (`{option.envvar}`): {in_language(option.help or '', language)}"
        for option in dict(every_command())[("doctor",)].params
        if isinstance(option, click.Option) and option.name in COMMON_OPTIONS and option.envvar
    ]
    words = {
        "en": ("The command line", "Nearly every command takes:", "prints JSON for programs"),
        "zh": ("命令行", "几乎每个命令都接受：", "以 JSON 输出，供程序使用"),
    }[language]
    page = [
        f"# {words[0]}\n\n{HEAD}{in_language(main_command.help or '', language)}",
        "\n".join([words[1] + "\n", *common, f"- `--json`: {words[2]}"]),
    ]
    page += [command_words(*one, language) for one in every_command()]
    return "\n\n".join(page) + "\n"


PAGES = {
    "settings.md": settings_page,
    "channels.md": channels_page,
    "sign-in.md": sign_in_page,
    "metrics.md": metrics_page,
    "api.md": api_page,
    "cli.md": lambda: command_line_page("en"),
    "cli.zh.md": lambda: command_line_page("zh"),
}


def main() -> int:
    """Write the pages, and the document from which the console gets its types."""
    import_everything()
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
    openapi = importlib.import_module("lianyi.api.openapi")
    (ROOT / "web" / "openapi.json").write_text(openapi.document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
