"""Errors in the API's form `{statusCode, message, error}`: every refusal is a sentence, and nothing of the inside leaks."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from glassine.store import DatabaseError
from glassine.words.errors import Refused

_log = logging.getLogger(__name__)


def error(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"statusCode": status, "message": message, "error": HTTPStatus(status).phrase}, status_code=status, headers=headers)


def install(app: FastAPI) -> None:
    """Gives an app the handlers below."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DatabaseError, _database)
    app.add_exception_handler(OSError, _database)


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


async def _database(_: Request, exception: Exception) -> JSONResponse:
    """Nothing was acknowledged, so nothing is lost: the caller sends it again."""
    _log.error("A request failed for want of the database: %s", type(exception).__name__)
    return error(503, "Glassine cannot reach its database at the moment. Nothing was stored; send it again.", {"Retry-After": "2"})
