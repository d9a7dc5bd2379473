"""What people ask beyond the number itself; each use case is one method of one of these."""

from __future__ import annotations

from lianyi.applications.indicators.insight.comparing import Comparing
from lianyi.applications.indicators.insight.explaining import Explaining
from lianyi.applications.indicators.insight.foreseeing import Foreseeing
from lianyi.applications.indicators.insight.showing import Showing
from lianyi.applications.indicators.insight.working import Working
from lianyi.applications.indicators.service import IndicatorService


class Insight:
    """All of it, on the ground of the indicators: one window, one set of definitions and cells.

    Attributes:
        explaining: who caused a change, whom it affected.
        foreseeing: how it may go on.
        comparing: how others stand.
        showing: topics.
        working: what a doctor did.
    """

    def __init__(self, indicators: IndicatorService) -> None:
        """Stand on a service of indicators."""
        ground = indicators.ground
        self.explaining = Explaining(ground)
        self.foreseeing = Foreseeing(ground)
        self.comparing = Comparing(ground)
        self.showing = Showing(ground, indicators.today)
        self.working = Working(ground)
