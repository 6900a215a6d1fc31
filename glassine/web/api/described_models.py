"""What answers about language models look like, for the OpenAPI description only; described.py says more."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from glassine.words.models import Then, Use, WireName


class Model(BaseModel):
    id: str
    name: str
    wire: WireName
    url: str
    model: str
    has_key: bool
    timeout: float
    price_in: float | None
    price_out: float | None
    operator: bool
    left_alone: str | None


class Models(BaseModel):
    items: list[Model]
    uses: dict[Use, list[str]]


class Budget(BaseModel):
    tokens: int
    money: float
    then: Then
    used_tokens: int
    used_money: float
    share: float


class Used(BaseModel):
    day: date
    endpoint: str
    purpose: str
    name: str
    calls: int
    failures: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    money: float


class Usage(BaseModel):
    items: list[Used]


class Tried(BaseModel):
    model: str
    said: str
    prompt_tokens: int
    completion_tokens: int
