"""The commands ``lianyi simulate city`` and ``lianyi simulate traps``: JSON, one line each."""

from __future__ import annotations

import click
import msgspec

from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings
from lianyi.simulate.city.traps import TRAPS, trap_pairs


@click.command()
@click.option("--count", default=1000, help="条数 / how many registrations.")
@click.option("--seed", default=1, help="同样的种子，同样的字节 / the same seed, the same bytes.")
def city(count: int, seed: int) -> None:
    """一座城市的登记记录及其真相 / registrations of a city, each with whom it is really about."""
    for entry in registrations(CitySettings(seed=seed), count):
        click.echo(msgspec.json.encode(entry))


@click.command()
@click.option("--each", default=1, help="每种陷阱的对数 / pairs of each trap.")
@click.option("--only", type=click.Choice(list(TRAPS)), help="只要这一种 / only this trap.")
@click.option("--seed", default=1, help="种子 / seed.")
def traps(each: int, only: str | None, seed: int) -> None:
    """绝不可自动关联的成对记录 / pairs of two persons whom nothing may link by itself."""
    for pair in trap_pairs(seed, each, only or ""):
        click.echo(msgspec.json.encode(pair))
