"""Puts together what answers in FHIR: reading and writing, exports, subscriptions."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import FastAPI

from lianyi.api.dependencies import ApiDependencies
from lianyi.api.rest_hooks import HttpHook
from lianyi.projections.clinical import endpoints as clinical
from lianyi.projections.clinical.bulk.gathering import Gatherer
from lianyi.projections.clinical.bulk.service import exports_of
from lianyi.projections.clinical.definitions.service import DefinitionsService
from lianyi.projections.clinical.entries import Entries
from lianyi.projections.clinical.flat.service import FlatService
from lianyi.projections.clinical.graph.service import GraphService
from lianyi.projections.clinical.parameter_work.service import ParametersService
from lianyi.projections.clinical.patients.service import PatientSearch
from lianyi.projections.clinical.search.last_observations import LastObservations
from lianyi.projections.clinical.search.service import SearchService
from lianyi.projections.clinical.service import ClinicalService
from lianyi.projections.clinical.subscriptions.assembling import subscriptions_of
from lianyi.projections.clinical.subscriptions.discovering import with_topics
from lianyi.projections.clinical.subscriptions.following import Watches
from lianyi.projections.clinical.subscriptions.topics import TopicBook
from lianyi.projections.clinical.terms.naming import CodeNames
from lianyi.projections.clinical.terms.service import TermsService
from lianyi.projections.clinical.uncoded_list.service import UncodedService
from lianyi.projections.identity.fhir.changes import FhirChanges
from lianyi.projections.identity.fhir.patients import FhirPatients
from lianyi.projections.identity.service import IdentityService
from lianyi.security.privacy.service import Privacy


def add_fhir(app: FastAPI, deps: ApiDependencies, zone: ZoneInfo, privacy: Privacy) -> None:
    """Build what answers in FHIR."""
    service: IdentityService = app.state.identity
    base = f"{deps.settings.address(secure=deps.https.on)}/fhir"
    patients = FhirPatients(service, deps.clock, zone, base=base)
    app.state.fhir_patients = patients
    app.state.fhir_changes = FhirChanges(service, patients, deps.pool, deps.log, deps.clock, zone)
    app.state.flat = FlatService(deps.pool, deps.content_dir, privacy=privacy)
    app.state.uncoded = UncodedService(deps.pool)
    parameters = app.state.parameters = ParametersService(deps.pool, deps.content_dir)
    app.state.fhir_statement = parameters.statement
    app.state.read_written_patient = clinical.read_written_patient
    search = SearchService(deps.pool, deps.clock, zone, privacy=privacy, base=base)
    app.state.clinical_search = search
    app.state.clinical_terms = TermsService(
        deps.pool, deps.clock, deps.ids, privacy=privacy, terms=search.terms
    )
    app.state.code_names = CodeNames(deps.pool, deps.clock, privacy=privacy, terms=search.terms)
    app.state.clinical = ClinicalService(
        deps.pool, deps.log, deps.ids, privacy=privacy, find=search.find
    )
    app.state.definitions = DefinitionsService(app.state.clinical, deps.ids, deps.content_dir)
    last = LastObservations(deps.pool, deps.clock, zone, privacy=privacy, base=base)
    app.state.last_observations = last
    found = PatientSearch(
        deps.pool, deps.clock, zone, privacy=privacy, patients=patients, identity=service
    )
    app.state.find_patients = found.find_patients
    app.state.bundle_reads = Entries(app.state.clinical, search, last, patients=found)
    app.state.graph = GraphService(app.state.bundle_reads, base=base)
    app.state.zone = zone


def add_exports(app: FastAPI, deps: ApiDependencies, zone: ZoneInfo, privacy: Privacy) -> None:
    """Build what exports many resources at once."""
    app.state.bulk = exports_of(
        (deps.pool, deps.log, deps.clock, deps.ids),
        Gatherer(privacy, zone, base=app.state.fhir_patients.base),
        clinical=app.state.clinical,
        signing_in=app.state.keeper.signing_in,
        vault=app.state.strongroom.open,
        data_dir=deps.data_dir,
        settings=deps.exports,
    )


def add_subscriptions(
    app: FastAPI, deps: ApiDependencies, zone: ZoneInfo, privacy: Privacy
) -> None:
    """Build what tells receivers of changes."""
    app.state.hook = HttpHook(deps.subscriptions)
    book = TopicBook(deps.content_dir)
    base = app.state.fhir_patients.base
    built = subscriptions_of(
        (deps.pool, deps.log, deps.clock, deps.ids),
        Watches(book, deps.clock, zone, base=base),
        book,
        clinical=app.state.clinical,
        privacy=privacy,
        signing_in=app.state.keeper.signing_in,
        vault=app.state.strongroom.open,
        hook=app.state.hook,
        base=base,
        settings=deps.subscriptions,
    )
    app.state.subscriptions, app.state.telling = built
    app.state.fhir_statement = with_topics(app.state.fhir_statement, book)
