"""The redaction policy over the public API: what becomes of each type, on which channel, and the organisation's own patterns."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from pydantic import Field

from glassine.rules.policies import EVERYWHERE, TYPES
from glassine.story.privacy import policies
from glassine.story.privacy.policies import Policies
from glassine.story.world import World
from glassine.web.api import described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.errors import Refused
from glassine.words.ids import OrgId
from glassine.words.people import Actor
from glassine.words.privacy import CustomPattern, PiiType, Treatment
from glassine.words.sessions import ChannelKind

router = APIRouter(prefix="/redaction/policy", tags=["Privacy"])
Writer = Annotated[Actor, Depends(Scope("redaction:write"))]
Treatments = dict[PiiType, Treatment]


@router.get("", responses=shows(described.RedactionPolicy))
async def policy(world: Here, actor: Writer) -> Any:
    """What becomes of each type of personal data, the channels that differ, and the organisation's own patterns."""
    return JSONResponse(_shape(await policies.current(world, actor.org)))


def _shape(found: Policies) -> dict[str, Any]:
    everywhere = found.rules[EVERYWHERE]
    return {
        "version": found.version, "types": {type: everywhere.get(type, Treatment.PSEUDONYM) for type in TYPES},
        "channels": {channel: found.rules[channel] for channel in found.channels},
        "patterns": [
            {"id": one.id, "name": one.name, "pattern": one.pattern, "context": list(one.context), "treatment": one.treatment, "on": one.on} for one in found.patterns
        ],
    }


class Pattern(Body):
    """A pattern is in RE2's syntax. `context`: words one of which must stand within 60 characters of a match; none: no word is needed."""

    id: UUID | None = None
    name: str
    pattern: str
    context: list[str] = Field(default_factory=list, max_length=100)
    treatment: Treatment = Treatment.PSEUDONYM
    on: bool = True


class Change(Body):
    """What is left out stays. `types` that are not named get a pseudonym, and channels that are not named have no rules of their own."""

    version: int | None = Field(None, description="The version that was read; if somebody changed the policy since, the answer is 409.")
    types: Treatments | None = None
    channels: dict[ChannelKind, Treatments] | None = None
    patterns: list[Pattern] | None = Field(None, max_length=200)


@router.put("", responses=shows(described.RedactionPolicy))
async def set_policy(world: Here, actor: Writer, body: Change) -> Any:
    """Set the policy. It holds for messages from then on. A pattern that would cover ordinary writing is refused, and then nothing is changed."""
    wanted = {EVERYWHERE: _checked(body.types)} if body.types is not None else {}
    if body.channels is not None:
        wanted |= {channel: {} for channel in await _channels(world, actor.org)} | {str(channel): _checked(given) for channel, given in body.channels.items()}
    own = [_pattern(one) for one in body.patterns] if body.patterns is not None else None
    await policies.replace_all(world, actor, wanted, own, version=body.version)
    return JSONResponse(_shape(await policies.current(world, actor.org)))


async def _channels(world: World, org: OrgId) -> tuple[str, ...]:
    return (await policies.current(world, org)).channels


def _checked(given: Treatments) -> Treatments:
    if PiiType.CUSTOM in given:
        raise Refused("The type custom has no treatment of its own: each pattern in `patterns` has one.")
    return given


def _pattern(given: Pattern) -> CustomPattern:
    if given.treatment is Treatment.KEEP:
        raise Refused("A pattern's treatment is pseudonym or mask. To leave its matches alone, set `on` to false.")
    return CustomPattern(
        id=str(given.id or uuid4()), name=" ".join(given.name.split()), pattern=given.pattern, context=tuple(" ".join(word.split()) for word in given.context),
        treatment=given.treatment, on=given.on,
    )
