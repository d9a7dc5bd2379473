"""``lianyi config``: check and show the settings."""

from __future__ import annotations

import json
import re
from typing import Any

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.groups import Group

SECRET = re.compile(r"password|secret|token|credential|_key$|headers")
MASK = "********"


@click.group(cls=Group)
def config() -> None:
    """检查和显示设置 / check and show the settings."""


@config.command()
@where_options
@json_option
@told
def check(where: Where, *, as_json: bool) -> None:
    """检查设置文件 / check the settings file.

    写错的键会连同最接近的正确名称一起指出。

    A misspelt key is named together with the nearest right one.
    """
    where.load()
    file = where.chosen_file
    if as_json:
        say_json({"ok": True, "file": str(file) if file else None})
    else:
        click.echo(
            in_words(f"设置无误：{file}", f"these settings are good: {file}")
            if file
            else in_words(
                "没有设置文件，使用默认值", "there is no settings file; defaults are used"
            )
        )


@config.command()
@where_options
@json_option
@told
def show(where: Where, *, as_json: bool) -> None:
    """显示实际生效的设置，密码已遮蔽 / show the settings in force, secrets masked."""
    from lianyi.app import SECTIONS

    settings = where.load()
    sections = {
        name: {
            key: masked(key, value) for key, value in getattr(settings, name).model_dump().items()
        }
        for name in SECTIONS
    }
    if as_json:
        folders = {"data_dir": str(settings.data_dir), "content_dir": str(settings.content_dir)}
        say_json({**folders, "file": str(where.chosen_file or ""), "settings": sections})
        return
    click.echo(f"# --data {settings.data_dir}\n# --content {settings.content_dir}")
    click.echo(f"# --settings {where.chosen_file or ''}".rstrip())
    for name, section in sections.items():
        click.echo(f"\n[{name}]")
        for key, value in section.items():
            click.echo(f"# {key} =" if value is None else f"{key} = {_toml(value)}")


def masked(key: str, value: Any) -> Any:  # noqa: ANN401 - whatever a section holds
    """Return a setting as it may be shown: no password, neither its own nor in an address."""
    if isinstance(value, dict):
        return {inner: masked(inner, one) for inner, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(key, one) for one in value]
    if SECRET.search(key) and not key.endswith(("_file", "_max")) and value:
        return MASK
    if isinstance(value, str) and "://" in value:
        value = re.sub(r"(?<=://)([^/@:]*):[^/@]*@", rf"\1:{MASK}@", value)
        return re.sub(r"(?<=[?&])(password|token|secret)=[^&]*", rf"\1={MASK}", value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _toml(value: Any) -> str:  # noqa: ANN401
    """Return a value as a settings file would write it."""
    if isinstance(value, dict):
        if not value:
            return "{}"
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
