"""What the routes under /autopilot-guard return beside the settings themselves, as the API describes itself. It holds shapes only."""

from __future__ import annotations

from pydantic import BaseModel


class Point(BaseModel):
    """What a threshold would have meant. The true share of wrong answers lies between `wrong_low` and `wrong_high` in 95 of 100 measurements."""

    threshold: float
    answered: int
    of: int
    wrong: int
    wrong_share: float
    wrong_low: float
    wrong_high: float


class Proposal(BaseModel):
    """`advice`: more, less, as_now, unknown (fewer answers than `cases_needed`) or none (no threshold keeps to it)."""

    allowed: float
    advice: str
    cases_needed: int
    at: Point | None


class Calibration(BaseModel):
    of: str
    threshold: float
    turns: int
    cases: int
    now: Point
    points: list[Point]
    proposals: list[Proposal]
