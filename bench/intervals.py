"""How sure a measured share is: Wilson's interval, as the product's own calibration has it. Measures nothing itself."""

from __future__ import annotations

from glassine.rules.calibration import wilson

__all__ = ["wilson"]
