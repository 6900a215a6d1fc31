"""JSON as it enters and leaves the API: what cannot be stored or written again is stopped or mended here. It knows no route."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi.responses import JSONResponse as Strict
from pydantic import AfterValidator, BaseModel, model_validator

from glassine.story.masking import storable

MOST_VALUES, LONGEST_VALUES = 100, 20_000  # of custom data: names, and characters of names and values together


def _mended(value: Any, number: Any) -> Any:
    """The same structure without half letters; `number` says what becomes of a float."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(key, number): _mended(each, number) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(each, number) for each in value]
    return number(value) if isinstance(value, float) else value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("a number must be finite: JSON has neither NaN nor Infinity")
    return value


class Body(BaseModel):
    """What every request's body is made of. A lone surrogate becomes the replacement character, and a number that is none is refused."""

    @model_validator(mode="before")
    @classmethod
    def _of_json(cls, given: Any) -> Any:
        return _mended(given, _finite)


class JSONResponse(Strict):
    """Also writes what was stored before bodies were checked: a value that JSON does not know is null."""

    def render(self, content: Any) -> bytes:
        try:
            return super().render(content)
        except ValueError:
            return json.dumps(_mended(content, lambda value: value if math.isfinite(value) else None), ensure_ascii=False, separators=(",", ":")).encode()


def _small(given: dict[str, Any]) -> dict[str, Any]:
    if len(given) > MOST_VALUES or sum(len(key) + len(str(value)) for key, value in given.items()) > LONGEST_VALUES:
        raise ValueError(f"custom data holds up to {MOST_VALUES} values and {LONGEST_VALUES:,} characters")
    return {storable(key): storable(value) if isinstance(value, str) else value for key, value in given.items()}


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


Flat = Annotated[dict[str, str | int | float | bool | None], AfterValidator(_small)]
"""Custom data: flat and small."""
Moment = Annotated[datetime, AfterValidator(_aware)]
"""A time; one without an offset is read as UTC, in which all our times are written."""
