"""``python -m lianyi.simulate``: the same as ``lianyi simulate``."""

from lianyi.simulate.command import simulate

simulate(prog_name="lianyi simulate")
