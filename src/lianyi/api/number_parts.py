"""Puts together what counts: the lake, indicators, what is published of them, their quality."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from lianyi.api.dependencies import ApiDependencies
from lianyi.applications.indicators.data_services.service import DataServiceDesk
from lianyi.applications.indicators.forms.service import Forms
from lianyi.applications.indicators.insight.service import Insight
from lianyi.applications.indicators.naming import Naming
from lianyi.applications.indicators.now import StarNow
from lianyi.applications.indicators.publishing.counts import Counts
from lianyi.applications.indicators.publishing.service import Publishing
from lianyi.applications.indicators.quality.service import Quality
from lianyi.applications.indicators.reports.files import Files
from lianyi.applications.indicators.reports.gathering import Gatherer
from lianyi.applications.indicators.reports.keeping import FOLDER
from lianyi.applications.indicators.reports.noting import Noting
from lianyi.applications.indicators.reports.running import House, Maker, access_now
from lianyi.applications.indicators.reports.service import Reports
from lianyi.applications.indicators.requests.existing import Existing
from lianyi.applications.indicators.requests.files import AnswerFiles
from lianyi.applications.indicators.requests.service import FigureRequestDesk
from lianyi.applications.indicators.saved.service import SavedQuestions
from lianyi.applications.indicators.scores.files import ScoreFiles
from lianyi.applications.indicators.scores.service import Scoring
from lianyi.applications.indicators.service import IndicatorService
from lianyi.applications.indicators.warming import warm
from lianyi.projections.lake.service import LakeService
from lianyi.security.privacy.service import Privacy

if TYPE_CHECKING:
    from lianyi.applications.indicators.engine import Star


def add_reports(app: FastAPI, deps: ApiDependencies, zone: ZoneInfo) -> None:
    """Build what leaves the screens as a file or by mail, and notes; after what knows accounts."""
    counts = Counts(deps.data_dir / "star", deps.data_dir / "indicators" / "evidence")

    def stands(fact: str) -> Hashable:
        from lianyi.applications.indicators.engine import ShelfStar

        return ShelfStar(deps.data_dir / "star").signature(fact)

    files = Files(
        app.state.indicators, deps.clock, zone, stands=stands, signatures=counts.signature
    )
    noting = Noting(deps.pool, deps.log, deps.clock, deps.ids, indicators=app.state.indicators)
    house = House(
        deps.pool,
        deps.log,
        deps.clock,
        deps.ids,
        zone,
        Gatherer(files, noting),
        partial(access_now, deps.pool, app.state.keeper.signing_in),
        deps.data_dir / FOLDER,
        deps.mail,
        deps.reports,
    )
    app.state.score_files = ScoreFiles(app.state.scoring, files)
    app.state.indicator_files, app.state.indicator_notes = files, noting
    app.state.indicator_explorations = SavedQuestions(
        deps.pool, deps.log, deps.clock, deps.ids, indicators=app.state.indicators
    )
    app.state.figure_requests = FigureRequestDesk(
        (deps.pool, deps.log, deps.clock, deps.ids),
        indicators=app.state.indicators,
        saved=app.state.indicator_explorations,
    )
    app.state.answer_files = AnswerFiles(app.state.figure_requests, files)
    app.state.data_services = DataServiceDesk(
        (deps.pool, deps.log, deps.clock),
        zone,
        indicators=app.state.indicators,
        saved=app.state.indicator_explorations,
        roles=lambda: app.state.accounts.roles,
        stands=files.standing,
        calls_kept=timedelta(days=deps.indicators.calls_kept_days),
    )
    app.state.existing_figures = Existing(deps.pool, app.state.publishing.desk)
    app.state.indicator_reports = Reports(house, Maker(house), files)


def add_numbers(app: FastAPI, deps: ApiDependencies, zone: ZoneInfo, privacy: Privacy) -> None:
    """Build what tells of the lake, counts and publishes; the star is opened when it is asked."""
    naming = Naming(app.state.masterdata, app.state.code_names)
    app.state.lake = LakeService(deps.data_dir / "lake", deps.lake, deps.clock)

    def star() -> Star:
        from lianyi.applications.indicators.engine import ShelfStar

        return ShelfStar(deps.data_dir / "star")

    app.state.indicators = IndicatorService(
        deps.pool,
        deps.clock,
        zone,
        content_dir=deps.content_dir,
        star=star,
        now=StarNow(deps.pool, deps.data_dir / "star", zone),
        settings=deps.indicators,
        naming=naming,
        privacy=privacy,
        identity=app.state.identity,
    )
    app.state.insight = Insight(app.state.indicators)
    app.state.publishing = Publishing(
        (deps.pool, deps.log, deps.clock),
        zone,
        data_dir=deps.data_dir,
        content_dir=deps.content_dir,
        settings=deps.publishing,
    )
    filed = deps.data_dir / "indicators" / "filings"
    app.state.indicator_forms = Forms(app.state.publishing.desk, filed)
    app.state.quality = Quality(
        (deps.pool, deps.log, deps.clock),
        zone,
        data_dir=deps.data_dir,
        content_dir=deps.content_dir,
        settings=deps.quality,
        naming=naming,
        privacy=privacy,
        identity=app.state.identity,
        lake=app.state.lake,
    )
    app.state.scoring = Scoring(app.state.indicators.ground, app.state.quality.looking)
    indicators: IndicatorService = app.state.indicators
    app.state.prepare_figures = (
        partial(warm, indicators, app.state.scoring, deps.data_dir / "star")
        if deps.indicators.prepare
        else indicators.warm
    )
