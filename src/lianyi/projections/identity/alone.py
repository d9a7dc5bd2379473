"""How large a person may be that one alone decides about; of more a second person is asked."""

from __future__ import annotations

from typing import Final

ALONE_RECORDS_MAX: Final = 5
"""One person decides about persons that have so many records together; see ``[identity]``."""
