"""Wiring: what a process of the platform is made of. It decides nothing itself.

Each role is a module of its own that is imported only where it runs: an intake process carries no
web server.
"""

from lianyi.app.process import ROLES, SECTIONS, Settings, run_role

__all__ = ["ROLES", "SECTIONS", "Settings", "run_role"]
