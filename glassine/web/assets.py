"""Static files of the team's pages. Their address holds a version, so that browsers keep them for good and still get new ones at once."""

from __future__ import annotations

import os

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from glassine.web.render import STATIC


class Assets(StaticFiles):
    """To be mounted at /static: /static/VERSION/name. Any version gives the file of today, so that a page from before an upgrade still works."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    def get_path(self, scope: Scope) -> str:
        _, _, name = super().get_path(scope).partition(os.sep)
        return name or "."

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
