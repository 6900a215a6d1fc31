"""Talking to the AI as a made-up customer: a turn as it would run, with everything it saw. Nothing of it is stored, no action is called, nobody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glassine.rules.permits import require
from glassine.story import terms, turn
from glassine.story.actions import acting as actions
from glassine.story.behaviour import trying
from glassine.story.behaviour.trying import Customer
from glassine.story.models.chain import model_for
from glassine.story.privacy import previewing
from glassine.story.scene import Acting, Means, Scene, decided
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.actions import Call, CallId, CallState
from glassine.words.errors import Refused
from glassine.words.ids import new_id
from glassine.words.knowledge import EVERYBODY, TEAM, Viewer
from glassine.words.people import Actor, ActorKind, Verb
from glassine.words.turns import HandOff, Outcome, Reply, Suggestion, ToolCall, Trace

MOST = 20  # messages of a conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of the conversation so far, masked."""

    customer: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came out: the outcome, what is read of it, and what was seen on the way. `asked` is the customer's message as it was masked."""

    asked: str
    outcome: Outcome
    words: str
    trace: Trace


async def talk(world: World, actor: Actor, customer: Customer, before: Sequence[Said], text: str) -> Answer:
    """The AI's turn on one more message. A model outside may be asked, through the gate. Raises Refused: (400), (403), (413)."""
    require(actor, Verb.DEBUG)
    if not text.strip():
        raise Refused("Write a message first.")
    masked = (await previewing.preview(world, actor.org, text, customer.channel)).text
    said = [*before[-MOST:], Said(customer=True, text=masked)]
    events = [trying.said(ActorKind.USER if one.customer else ActorKind.AI, one.text) for one in said]
    scene = await terms.applied(world, await trying.scene(world, actor, customer, events))
    trace = turn.begun(scene)
    outcome = await turn.think(world, scene, trace, _means(world, scene, customer))
    return Answer(asked=masked, outcome=outcome, words=words(outcome), trace=trace)


def _means(world: World, scene: Scene, customer: Customer) -> Means:
    """The search of somebody in these segments, the model that answers, and actions that are only tried."""
    viewer = TEAM if decided(scene).kind == "assist" else Viewer(segments=customer.segments) if customer.segments else EVERYBODY
    return Means(
        search=lambda query: finding.seek(world, scene.org, query, viewer=viewer, language=scene.language), model=lambda: model_for(world, scene.org, scene.settings),
        tell=lambda _: None, purpose="what-if", acting=lambda: _dry(world, scene),
    )


async def _dry(world: World, scene: Scene) -> Acting:
    """What would be offered. Every call ends as one that was not made."""
    offered = await actions.offered(world, scene)

    async def ask(wanted: ToolCall) -> Call:
        known = next((one for one in offered if one.name == wanted.name), None)
        return Call(
            id=CallId(new_id()), session=scene.session.id, turn=None, action=known.id if known else None, name=wanted.name, version=known.version if known else 0,
            arguments=wanted.arguments, state=CallState.DRY if known else CallState.REFUSED, why="" if known else "There is no such action.", seen="This was a trial: nothing was called.",
        )

    return replace(Acting(), specs=actions.specs(offered), reads=frozenset(one.name for one in offered), ask=ask) if offered else Acting()


def words(outcome: Outcome) -> str:
    """What the customer would read, or the team where the AI only drafts; nothing for silence."""
    match outcome:
        case Reply() | Suggestion():
            return outcome.text
        case HandOff():
            return outcome.told
        case _:
            return ""
