"""The command ``lianyi`` and its groups."""

from __future__ import annotations

import click

from lianyi.cli.serving import demo, role, serve
from lianyi.simulate.command import simulate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lianyi")
def main() -> None:
    """联医 Lianyi：医院各业务系统之下的开放平台 / the open platform under a hospital's systems."""


for _command in (serve, demo, role, simulate):
    main.add_command(_command)
