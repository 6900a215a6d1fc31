"""What a turn depends on beside the conversation and the knowledge: settings, version, models. Kept once for all turns that share it; it holds no customer's data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from glassine import __version__
from glassine.edge import embed, models
from glassine.store import Tx, turns
from glassine.store.sessions import Mode
from glassine.story.world import World
from glassine.words.ids import OrgId

_LEFT_OUT = frozenset({"models", "rerank_key", "notify", "escalate", "notify_in_hours"})  # secrets, and people's addresses: no outcome depends on them


class Conditions(NamedTuple):
    """`id` is the content's own, so that equal ones are one row."""

    id: UUID
    content: Mapping[str, Any]


def conditions(world: World, mode: Mode, since: datetime, rulebook: int) -> Conditions:
    """What holds now. `since`: when the settings were changed last; `rulebook`: the number of the version in force."""
    content = {
        "program": __version__, "models": _models(), "name": mode.name, "autopilot": str(mode.autopilot), "since": since.isoformat(), "rulebook": rulebook,
        "settings": {name: value for name, value in mode.settings.items() if name not in _LEFT_OUT},
        "language models": [{name: value for name, value in one.items() if name != "key"} for one in mode.settings.get("models", ()) if not one.get("removed")],
        "operator": {"llm_url": world.settings.llm_url or "", "llm_model": world.settings.llm_model or "", "llm_wire": world.settings.llm_wire},
    }
    written = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return Conditions(UUID(bytes=hashlib.sha256(written.encode("utf-8", "replace")).digest()[:16]), content)


@lru_cache(maxsize=1)
def _models() -> dict[str, str]:
    """The models inside, by name or, where files have none, by what is in them."""
    names = hashlib.sha256(models.path("names_int8.onnx").read_bytes()).hexdigest()[:12]
    return {"names": f"rampart.int8.{names}", "english": embed.MINILM, "other languages": embed.E5}


async def keep(world: World, tx: Tx, org: OrgId, now: Conditions) -> None:
    """Writes them down unless this process has seen them written. `kept` is told after the commit."""
    if (org, now.id) not in world.kept:
        await turns.keep_conditions(tx, org, now.id, now.content)


def kept(world: World, org: OrgId, now: Conditions) -> None:
    """They are committed: the next turn need not write them."""
    if len(world.kept) > 10_000:
        world.kept.clear()
    world.kept.add((org, now.id))
