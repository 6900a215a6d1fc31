"""Errors in the API's form `{statusCode, message, error}`: every refusal is a sentence, and nothing of the inside leaks."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glassine.store import Taken, Unreachable, Unstorable
from glassine.words.errors import Refused

_log = logging.getLogger(__name__)


def error(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"statusCode": status, "message": message, "error": HTTPStatus(status).phrase}, status_code=status, headers=headers)


def install(app: FastAPI) -> None:
    """Gives an app the handlers below."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RecursionError, _deep)
    app.add_exception_handler(Unstorable, _unstorable)
    app.add_exception_handler(Taken, _taken)
    for lost in (Unreachable, ConnectionError, TimeoutError):
        app.add_exception_handler(lost, _database)


async def _refused(_: Request, exception: Exception) -> JSONResponse:
    assert isinstance(exception, Refused)
    return error(exception.status, exception.message, {"Retry-After": "5"} if exception.status == 429 else None)


async def _invalid(_: Request, exception: Exception) -> JSONResponse:
    """Names the fields that are wrong; repeats nothing of what was sent."""
    assert isinstance(exception, RequestValidationError)
    faults = [f"{'.'.join(str(part) for part in fault['loc'] if part != 'body') or 'body'}: {fault['msg']}" for fault in exception.errors()[:5]]
    return error(400, "; ".join(faults).encode("utf-8", "replace").decode())


async def _http(_: Request, exception: Exception) -> JSONResponse:
    assert isinstance(exception, HTTPException)
    return error(exception.status_code, str(exception.detail), dict(exception.headers or {}) or None)


async def _database(request: Request, exception: Exception) -> JSONResponse:
    """Whether it was stored is not known: a commit may have arrived and its answer not. With the same uuid the caller can ask again."""
    route = getattr(request.scope.get("route"), "path", "")  # as it is declared: nothing of what was asked
    _log.error("A request failed for want of the database: %s in %s %s\n%s", type(exception).__name__, request.method, route, "".join(traceback.format_tb(exception.__traceback__)[-6:]))
    return error(503, "Glassine cannot reach its database at the moment. Send it again with the same uuid: what was stored already is not stored twice.", {"Retry-After": "2"})


async def _unstorable(_: Request, exception: Exception) -> JSONResponse:
    _log.warning("The database would not take a value of a request: %s", type(exception).__name__)
    return error(400, "Something in this request cannot be stored: a NUL character, or a number or time out of range. Take it out and send it again.")


async def _taken(_: Request, __: Exception) -> JSONResponse:
    return error(409, "Another request wrote the same a moment ago. Read what is there, then send yours again if it is still needed.")


async def _deep(_: Request, __: Exception) -> JSONResponse:
    return error(400, "The request is nested too deeply. Send it flatter.")


class Guard:
    """ASGI middleware for what nobody foresaw: a 500 in the API's form. It stands inside CORS, where the framework's own handler does not,
    and logs the place only, because an exception's words may hold what a customer wrote."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as failure:
            _log.error("A request failed: %s\n%s", type(failure).__name__, "".join(traceback.format_tb(failure.__traceback__)))
            if begun:
                raise ConnectionAbortedError from None
            await error(500, "Something failed on our side, and the log says where. Send it again with the same uuid; if it happens twice, tell your operator.")(scope, receive, send)
