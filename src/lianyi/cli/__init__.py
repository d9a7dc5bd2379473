"""The command ``lianyi``: one file for each group of commands, imported when it is used."""

from lianyi.cli.main import main

__all__ = ["main"]
