"""Every address that the API answers at, in the order in which they are looked at."""

from __future__ import annotations

from functools import cache
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from lianyi.api import doors, endpoints, link_doors, oauth_doors, sign_in_doors, smart_doors
from lianyi.api.failures import install
from lianyi.api.operations import Operations, operations_of
from lianyi.applications.indicators import endpoints as indicators
from lianyi.applications.indicators.data_services import endpoints as data_services
from lianyi.applications.indicators.forms import endpoints as indicator_forms
from lianyi.applications.indicators.insight import endpoints as insight
from lianyi.applications.indicators.publishing import endpoints as publishing
from lianyi.applications.indicators.quality import endpoints as quality
from lianyi.applications.indicators.reports import endpoints as indicator_reports
from lianyi.applications.indicators.requests import endpoints as figure_requests
from lianyi.applications.indicators.saved import endpoints as saved_explorations
from lianyi.applications.indicators.scores import endpoints as scores
from lianyi.channels import endpoints as channels
from lianyi.projections import endpoints as projections
from lianyi.projections.care import endpoints as care
from lianyi.projections.clinical import endpoints as clinical
from lianyi.projections.clinical.bulk import endpoints as clinical_bulk
from lianyi.projections.clinical.definitions import endpoints as clinical_definitions
from lianyi.projections.clinical.flat import endpoints as clinical_views
from lianyi.projections.clinical.flat.runs import endpoints as clinical_view_runs
from lianyi.projections.clinical.graph import endpoints as clinical_graph
from lianyi.projections.clinical.parameter_work import endpoints as clinical_parameters
from lianyi.projections.clinical.record import endpoints as record
from lianyi.projections.clinical.search import endpoints as clinical_search
from lianyi.projections.clinical.subscriptions import endpoints as clinical_subscriptions
from lianyi.projections.clinical.terms import endpoints as clinical_terms
from lianyi.projections.clinical.uncoded_list import endpoints as uncoded
from lianyi.projections.identity import endpoints as identity
from lianyi.projections.identity.carding import endpoints as identity_carding
from lianyi.projections.identity.fhir import endpoints as identity_fhir
from lianyi.projections.identity.seconding import endpoints as identity_seconding
from lianyi.projections.identity.upkeep import endpoints as identity_upkeep
from lianyi.projections.lake import endpoints as lake
from lianyi.projections.masterdata import endpoints as masterdata
from lianyi.security import endpoints as security
from lianyi.security.audit import endpoints as audit
from lianyi.security.privacy import endpoints as privacy
from lianyi.security.smart import endpoints as smart

PREFIX = "/api/v1"
API_VERSION = "1"


_FHIR: Final = (
    clinical_bulk.router,
    clinical_graph.router,
    clinical_view_runs.router,
    clinical_definitions.router,
    identity_fhir.router,
    clinical_search.first,
    clinical_terms.router,
    clinical_subscriptions.router,
    clinical.router,
    clinical_search.router,  # last: its doors have the widest addresses
)


@cache
def bare_app() -> FastAPI:
    """Return the application with its addresses and no house behind them; enough for OpenAPI."""
    return _app_with_addresses()


def _app_with_addresses() -> FastAPI:
    app = _app_without_addresses()
    app.router.routes.extend(_addresses())
    install(app)
    return app


def _app_without_addresses() -> FastAPI:
    return FastAPI(
        title="Lianyi 联医",
        version=API_VERSION,
        description="The console's JSON API. Every answer that is not 2xx is a `Failure`.",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        redirect_slashes=False,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
    )


@cache
def _addresses() -> tuple[BaseRoute, ...]:
    """Return the addresses of every application; FastAPI works them out once, not for each."""
    app = _app_without_addresses()
    before = len(app.routes)
    app.include_router(endpoints.router, prefix=PREFIX)
    app.include_router(sign_in_doors.router, prefix=PREFIX, responses=sign_in_doors.PAGES)
    app.include_router(channels.router, prefix=PREFIX)
    app.include_router(security.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(projections.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(masterdata.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(privacy.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(care.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(identity.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(identity_carding.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(identity_seconding.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(identity_upkeep.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(link_doors.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(record.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(clinical_parameters.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(uncoded.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(clinical_views.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(lake.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(indicator_forms.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(publishing.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(indicator_reports.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(data_services.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(figure_requests.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(saved_explorations.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(audit.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(scores.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(insight.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(quality.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(indicators.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(smart.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(doors.router)
    app.include_router(oauth_doors.router)
    app.include_router(smart_doors.router)
    for router in _FHIR:
        _pass_by(router, "/fhir")
        app.include_router(router)
    return tuple(app.routes[before:])


def served_app() -> FastAPI:
    """Return a new one for a house to stand behind, the doors that are asked most first."""
    app = _app_with_addresses()
    first = (smart_doors.router, *_FHIR)  # in this order: one of its doors lies below /fhir/
    app.router.routes.sort(key=lambda route: getattr(route, "original_router", None) not in first)
    return app


def _pass_by(router: APIRouter, address: str) -> None:
    """Let nobody look at the doors of a router, one after the other, for what is not below it."""
    looked_at = router.matches

    def matches(scope: Scope) -> tuple[Match, Scope]:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return looked_at(scope) if path.startswith(address) else (Match.NONE, {})

    router.matches = matches  # type: ignore[method-assign]


@cache
def every_operation() -> Operations:
    """Return the operations of the API; they are the same for every application."""
    return operations_of(bare_app())
