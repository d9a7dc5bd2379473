"""``python -m lianyi.cli`` is ``lianyi``."""

from lianyi.cli.main import main

main()
