"""The API as one application, mounted at /api: its routes, its errors, its OpenAPI, open to browsers of every origin because it reads no cookie."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.middleware.cors import CORSMiddleware

from glassine import __version__
from glassine.story.world import World
from glassine.web.api import (
    action_imports,
    actions,
    approvals,
    articles,
    autopilot,
    boundaries,
    centre,
    chat,
    contacts,
    content,
    deliveries,
    errors,
    events,
    files,
    gaps,
    guard,
    handoffs,
    help_site,
    helpdesks,
    hints,
    hooks,
    knowledge,
    ledger,
    models,
    office_hours,
    owners,
    policy,
    privacy,
    redaction,
    rehearsals,
    reranker,
    segments,
    sources,
    training,
    turns,
    webhooks,
    widget,
)
from glassine.web.limits import BodyLimit

_ERROR = {
    "description": "What went wrong, in a sentence.",
    "content": {"application/json": {"schema": {
        "type": "object", "required": ["statusCode", "message", "error"],
        "properties": {"statusCode": {"type": "integer"}, "message": {"type": "string"}, "error": {"type": "string"}},
    }}},
}


class _Api(FastAPI):
    """Describes itself without the 422 that FastAPI adds: here a malformed request is a 400 in the API's own form."""

    async def describe(self, _: Request) -> Response:
        """Made once and in a thread, because it takes seconds of a busy machine, in which no customer shall wait; kept as it is sent."""
        async with self.state.describing:
            if not self.state.described:
                self.state.described = await asyncio.to_thread(lambda: json.dumps(self.openapi(), ensure_ascii=False, separators=(",", ":")).encode())
        return Response(self.state.described, media_type="application/json")

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            for operation in (each for path in super().openapi()["paths"].values() for each in path.values()):
                operation["responses"].pop("422", None)
        return super().openapi()


def create_api(world: World) -> FastAPI:
    api = _Api(
        title="Glassine API", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, servers=[{"url": f"{world.settings.url}/api"}],
        description="Sessions, contacts, knowledge and privacy. Errors are `{statusCode, message, error}`.",
        responses={400: _ERROR, 401: _ERROR, 403: _ERROR, 404: _ERROR, 409: _ERROR, 413: _ERROR, 415: _ERROR, 429: _ERROR, 503: _ERROR},
        root_path_in_servers=False,
    )
    api.state.world, api.state.known_keys, api.state.known_sites = world, {}, {}
    api.state.describing, api.state.described = asyncio.Lock(), b""
    api.add_route("/openapi.json", api.describe, include_in_schema=False)
    for module in (chat, turns, contacts, segments, gaps, training, actions, action_imports, approvals, hints, reranker, knowledge, sources, articles, centre, help_site, content, privacy, policy, redaction, guard, handoffs, owners, office_hours, rehearsals, autopilot, models, boundaries, ledger, deliveries, webhooks, events, widget, files, helpdesks, hooks):
        api.include_router(module.router)
    errors.install(api)
    # From the inside out: whatever answers, a refusal of a body or a failure too, can be read by a browser of any origin.
    api.add_middleware(errors.Guard)
    api.add_middleware(BodyLimit)
    api.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"], max_age=86_400,
        allow_headers=["Authorization", "Content-Type", "Accept", "X-Bot-Token"],
    )
    return api
