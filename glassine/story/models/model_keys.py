"""Keys of language models: sealed under the organisation's key, and sealed anew when that changes. They are opened for the one request that needs them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from glassine.edge.secrets import Ring
from glassine.story.world import World
from glassine.words.ids import OrgId

SEALED = "llm_key"  # what they are sealed as, whichever model they are for


async def sealed(world: World, org: OrgId, key: str) -> str:
    return _sealed(await world.key(org), org, key) if key else ""


async def opened(world: World, org: OrgId, key: str) -> str:
    return _opened(await world.key(org), org, key) if key else ""


def resealed(ring: Ring, org: OrgId, model: Mapping[str, Any]) -> dict[str, Any]:
    """A model as it is stored, with its key under the newest of the organisation's."""
    key = str(model.get("key") or "")
    return {**model, "key": _sealed(ring, org, _opened(ring, org, key)) if key else ""}


def _sealed(ring: Ring, org: OrgId, key: str) -> str:
    return base64.b64encode(ring.seal(key.encode(), org, "organizations", SEALED, org)).decode()


def _opened(ring: Ring, org: OrgId, key: str) -> str:
    return ring.open(base64.b64decode(key), org, "organizations", SEALED, org).decode()
