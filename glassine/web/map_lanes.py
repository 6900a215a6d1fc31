"""How the data map is laid out: which boundary stands beside which step, on which side, under which icon. For the page and for the reviewer's pack."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from glassine.story.boundary.data_map import DataMap, Mapped
from glassine.words.boundaries import STAGES, Direction, Stage

ICONS: Mapping[str, str] = MappingProxyType({
    "web": "chat", "api": "plug", "local-models": "model", "database": "rows", "files": "file", "backup": "copy", "logs": "note", "import": "book", "source": "plug", "writing": "note", "link-check": "out", "rerank": "rows", "help": "globe",
    "model": "model", "what-if": "help", "team": "people", "reveal": "eye", "mail": "mail", "anchor": "lock",
})  # fmt: skip
_STAGES = {Stage.MASK: "lock", Stage.STORE: "rows", Stage.SEARCH: "search", Stage.MODEL: "ai", Stage.GUARD: "shield", Stage.DELIVER: "send"}
_LEFT = frozenset({"web", "api", "files", "import", "team"})  # where customers, programs and the team are; machines are on the other side


class Lane(NamedTuple):
    """One step of the way with the boundaries beside it: what people bring on the left, where machines are on the right, what stays in between."""

    title: str
    what: str
    icon: str
    left: list[Mapped]
    inside: list[Mapped]
    right: list[Mapped]


def lanes(drawn: DataMap) -> list[Lane]:
    return [_lane(stage, [one for one in drawn.boundaries if one.boundary.stage is stage]) for stage in Stage]


def _lane(stage: Stage, beside: list[Mapped]) -> Lane:
    left = [one for one in beside if one.boundary.name in _LEFT]
    inside = [one for one in beside if one.boundary.direction is Direction.STAYS]
    return Lane(*STAGES[stage], _STAGES[stage], left, inside, [one for one in beside if one not in left and one not in inside])
