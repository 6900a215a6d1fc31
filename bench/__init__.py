"""Measurements: each module prints a table and JSON. Nothing in the product imports them."""

import glassine.config  # noqa: F401 - says how many threads numpy may use, which it must hear before it is imported: a bench may import it first
