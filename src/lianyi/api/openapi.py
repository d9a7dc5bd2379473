"""Writes the OpenAPI document: ``python -m lianyi.api.openapi > web/openapi.json``."""

from __future__ import annotations

import json
import sys
from copy import deepcopy

from lianyi.api.addresses import bare_app
from lianyi.channels.views import NewestMessage


def document() -> str:
    """Return the OpenAPI document of the API, always in the same order."""
    found = deepcopy(bare_app().openapi())
    schemas = found["components"]["schemas"]
    schemas["NewestMessage"] = NewestMessage.model_json_schema()  # only in server-sent events
    return json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
