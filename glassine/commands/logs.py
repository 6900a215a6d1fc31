"""Logging of a product process: to standard error, one line a record. An error's own words are left out, for they may quote a customer."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType


class _Discreet(logging.Formatter):
    """Shows where an error came from and of what kind it is, never what it says."""

    def formatException(  # noqa: N802 - the standard library's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        kind, _, trace = ei
        lines = traceback.format_tb(trace) if trace else []
        return "".join(lines) + (f"{kind.__module__}.{kind.__qualname__}" if kind else "")


def to_standard_error(level: str) -> None:
    """Sets logging up for this process. `level` is one of the words of GLASSINE_LOG_LEVEL."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("uvicorn", "uvicorn.error", "asyncio"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # while the database is away it repeats what we say ourselves
