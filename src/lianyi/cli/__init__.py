"""The command ``lianyi``: one file for each group of commands."""

from lianyi.cli.main import main

__all__ = ["main"]
