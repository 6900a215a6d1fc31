"""The whole face as one ASGI application over one world."""

from __future__ import annotations

from fastapi import FastAPI

from glassine.story.world import World
from glassine.web import routes
from glassine.web.help.domains import Domains
from glassine.web.limits import keep_uploads_in_memory


def create_app(world: World) -> FastAPI:
    keep_uploads_in_memory()
    app = FastAPI(title="Glassine", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.world = world
    app.add_middleware(Domains, world=world)
    routes.install(app, world)
    return app
