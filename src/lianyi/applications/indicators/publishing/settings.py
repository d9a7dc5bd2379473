"""The section ``[publishing]`` of ``lianyi.toml``."""

from __future__ import annotations

from lianyi.base.settings import Section


class PublishingSettings(Section):
    """How calibers are approved and figures entered.

    Attributes:
        two_persons: whoever approves a caliber must be another than who proposed it, and whoever
            confirms an entered figure or a filed form another than who entered or filed it.
    """

    two_persons: bool = True
