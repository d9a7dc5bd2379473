"""What a batch says of codes that no table maps, and how it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lianyi.messagelog.message import LogMessage, Position, storable_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.hl7v2 import Unmapped
from lianyi.projections.clinical.ids import hashed
from lianyi.projections.clinical.uncoded import uncoded_store
from lianyi.projections.clinical.uncoded.uncoded_store import Code, Used
from lianyi.projections.projection import source_of

TEXT_MAX: Final = 200
"""So many characters of a code and of the sender's words for it are kept."""


async def learn(
    connection: Connection,
    schema: str,
    unmapped: Sequence[tuple[LogMessage, Sequence[Unmapped]]],
    erased: Sequence[Position],
) -> bool:
    """Count the codes of a batch, and those of erased messages no more; say whether any was.

    Args:
        connection: in the transaction that learns.
        schema: of the version.
        unmapped: messages and the codes in them that no table maps.
        erased: where the messages were that are erased.
    """
    used: dict[tuple[int, int, int, int], Used] = {}
    codes: dict[int, Code] = {}
    for message, found in unmapped:
        source = source_of(message)
        for one in found:
            code = code_of(message.sender, one)
            cid = hashed("uncoded", *code)
            codes[cid] = code
            used[cid, message.channel, message.shard, message.number] = Used(
                cid,
                message.channel,
                message.shard,
                message.number,
                source.shard,
                source.number,
                message.received_at,
            )
    changed = False
    if used:
        changed = bool(await uncoded_store.keep(connection, schema, list(used.values()), codes))
    if erased:
        changed |= await uncoded_store.forget(connection, schema, erased)
    return changed


def code_of(sender: str, one: Unmapped) -> Code:
    """Return a code as it is counted: whoever sends it, and where it stands."""
    said = (sender, one.where, one.codes, one.system, one.code, one.display)
    return Code(*(storable_text(text)[:TEXT_MAX] for text in said))
