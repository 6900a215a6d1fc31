"""Reads NAME.sql beside NAME.py: statements stand under `-- name: word`, parameters are `%(word)s`."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class Statements:
    """The statements of one file, as attributes: `Statements(__file__).load`."""

    def __init__(self, module_file: str) -> None:
        path = Path(module_file).with_suffix(".sql")
        parts = _NAME.split(path.read_text(encoding="utf-8"))
        self._by_name = {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}

    def __getattr__(self, name: str) -> str:
        try:
            return self._by_name[name]
        except KeyError:
            raise AttributeError(f"no statement is named {name}") from None
