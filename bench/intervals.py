"""How sure a measured share is: Wilson's interval. Measures nothing itself."""

from __future__ import annotations

import math


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The interval that holds the true share in 95 of 100 measurements, rounded to four places."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)
