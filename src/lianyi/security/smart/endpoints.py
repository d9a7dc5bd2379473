"""HTTP in, one call, HTTP out: apps as the console knows them. No decision is made here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request

from lianyi.base.sensitive import Sensitive
from lianyi.security.permissions import SIGNED_IN, needs
from lianyi.security.scopes import Scopes, parse
from lianyi.security.smart.apps import Apps
from lianyi.security.smart.authorising import WORDS, Authorising
from lianyi.security.smart.model import App, Context
from lianyi.security.smart.rules import PARAMETERS, identifier_of
from lianyi.security.smart.views import (
    AppRequest,
    ApprovalView,
    AppView,
    Decision,
    Identifier,
    LaunchView,
    Onward,
    QuestionView,
    RegisteredApp,
    ScopeView,
    StartedApp,
)
from lianyi.security.smart.words import in_words
from lianyi.security.tokens import Kind, stored_form

router = APIRouter(tags=["apps"])

AccountName = Annotated[str, Path(max_length=64)]


def _apps(request: Request) -> Apps:
    found: Apps = request.app.state.apps
    return found


def _authorising(request: Request) -> Authorising:
    found: Authorising = request.app.state.authorising
    return found


def _view(app: App) -> AppView:
    return AppView(
        kind=app.kind,
        redirect_uris=list(app.redirect_uris),
        launch_uri=app.launch_uri,
        scopes=str(app.scopes),
    )


def _in_words(scopes: Scopes) -> list[ScopeView]:
    return [ScopeView(**line._asdict()) for line in in_words(scopes)]


async def _approved(authorising: Authorising) -> list[ApprovalView]:
    return [
        ApprovalView(
            id=one.approval,
            app=one.app,
            display_name=one.display_name,
            scopes=_in_words(parse(one.scopes)),
            patient=one.patient,
            approved_at=one.approved_at,
            expires_at=one.expires_at,
        )
        for one in await authorising.approved()
    ]


def _identifier(entered: Identifier | None, what: str) -> str:
    if entered is None:
        return ""
    zh, en = WORDS[what]
    return identifier_of(entered.value, entered.authority, what=en, what_zh=zh)


def _asked(wanted: AppRequest) -> dict[str, str]:
    return {name: value for name, value in wanted.request.items() if name in PARAMETERS}


@router.get("/accounts/{name}/app", openapi_extra=needs("accounts.read"))
async def get_app(request: Request, name: AccountName) -> AppView:
    """What a system is registered with as an app."""
    return _view(await _apps(request).get(name))


@router.put("/accounts/{name}/app", openapi_extra=needs("accounts.manage"))
async def register_app(request: Request, name: AccountName, wanted: RegisteredApp) -> AppView:
    """Register a system as an app, or anew; what people have approved of it ends."""
    return _view(
        await _apps(request).register(
            name,
            kind=wanted.kind,
            redirect_uris=wanted.redirect_uris,
            launch_uri=wanted.launch_uri,
            scopes=parse(wanted.scopes),
        )
    )


@router.post("/apps/launches", openapi_extra=needs(SIGNED_IN))
async def launch_app(request: Request, wanted: StartedApp) -> LaunchView:
    """Start an app about a patient; only a person can, and only he can finish it."""
    context = Context(
        patient=_identifier(wanted.patient, "patient"),
        encounter=_identifier(wanted.encounter, "encounter"),
        banner=wanted.need_patient_banner,
    )
    started = await _apps(request).start(wanted.app, context)
    return LaunchView(launch=started.launch.reveal(), url=started.url)


@router.post("/apps/question", openapi_extra=needs(SIGNED_IN))
async def describe_app_request(request: Request, wanted: AppRequest) -> QuestionView:
    """What an app asks the person for, in words; nothing is changed."""
    found = await _authorising(request).describe(_asked(wanted))
    return QuestionView(
        app=found.app.name,
        display_name=found.app.display_name,
        host=found.host,
        scopes=_in_words(found.scopes),
        patient=found.context.patient,
        encounter=found.context.encounter,
        misses=found.misses,
    )


@router.post("/apps/decisions", openapi_extra=needs(SIGNED_IN))
async def decide_about_app(request: Request, wanted: Decision) -> Onward:
    """Approve or refuse what an app asks for; the browser then goes back to the app."""
    authorising = _authorising(request)
    if not wanted.approve:
        return Onward(url=await authorising.refuse(_asked(wanted)))
    chosen = Context(
        patient=_identifier(wanted.patient, "patient"),
        encounter=_identifier(wanted.encounter, "encounter"),
    )
    shown = Sensitive(request.cookies.get("lianyi_session", ""))
    session = stored_form(shown, Kind.SESSION) or b""
    return Onward(url=await authorising.approve(_asked(wanted), chosen, session=session))


@router.get("/me/apps", openapi_extra=needs(SIGNED_IN))
async def list_my_apps(request: Request) -> list[ApprovalView]:
    """The apps that one lets act for oneself, the newest approval first."""
    return await _approved(_authorising(request))


@router.delete("/me/apps/{approval}", openapi_extra=needs(SIGNED_IN))
async def end_my_app(request: Request, approval: UUID) -> list[ApprovalView]:
    """Let an app act for oneself no more; its tokens end."""
    authorising = _authorising(request)
    await authorising.end(approval)
    return await _approved(authorising)
