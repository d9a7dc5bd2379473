"""What is done on the machine itself, past the doors: an act, too, of ``machine:<account>``.

Commands that ask the running platform go through its doors and are written down there. Those that
open the database themselves say here what they did.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lianyi.messagelog.postgres import PostgresLog


async def note(messages: PostgresLog, kind: str, facts: Mapping[str, Any]) -> None:
    """Write down what a command does.

    Args:
        messages: the log.
        kind: what happened: ``log.exported``.
        facts: what else is known.
    """
    from lianyi.security.acts import act
    from lianyi.security.machine import by_machine

    user = pwd.getpwuid(os.getuid()).pw_name
    await messages.append_act(act(kind, facts, by=by_machine(user)))
