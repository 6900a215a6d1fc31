"""What Glassine does itself for a model: which of it is offered, and doing it. The policy is applied in acting.py, as for any action."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glassine.rules.calling import built_in
from glassine.rules.permits import require
from glassine.store import Tx, actions, autopilot, events, house, sessions
from glassine.story import handing, masking
from glassine.story.actions.calling import Came
from glassine.story.behaviour import autopilot as rulebooks
from glassine.story.scene import Scene, hand_off
from glassine.words.actions import Action, BuiltIn, BuiltInRule, Call, CallState, Filler
from glassine.words.boundaries import shut
from glassine.words.errors import CrossingRefused, NotFound, Refused
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Actor, ActorKind, Verb
from glassine.words.sessions import ChannelKind, EventType, Status
from glassine.words.turns import Outcome, Reason, Reply, Trace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glassine.story.actions.acting import Attempt
    from glassine.story.world import World


async def offered(world: World, scene: Scene, taken: Sequence[Action]) -> tuple[Action, ...]:
    """Those that are on and can be done for this customer. A company's own action of the same name comes before."""
    rules, names = built_in.read(scene.rulebook.part("built_in")), {one.name for one in taken}
    found = [built_in.action(which, rule) for which, rule in rules.items() if rule.on and str(which) not in names]
    return tuple([one for one in found if await _can(world, scene, one.does)])


async def _can(world: World, scene: Scene, which: BuiltIn | None) -> bool:
    if which is BuiltIn.CSAT:
        return scene.session.channel is ChannelKind.WEB
    if which is not BuiltIn.EMAIL:
        return True
    if not scene.session.verified or not world.settings.smtp_url or shut("customer-mail", await world.switches.of(scene.org)):
        return False
    mask, _ = await masking.look(world, scene.org, scene.session.id)
    return bool(mask.identity.email)


async def at_version(tx: Tx, org: OrgId, call: Call) -> tuple[Action, bool]:
    """The action of a call as it was asked for, and whether it may still go on as that. Of what is built in, the rule of today holds. Raises NotFound."""
    which = built_in.which(call)
    if call.action is None or which is None:
        assert call.action is not None, "what there is no action for is refused"
        return await actions.at_version(tx, org, call.action, call.version)
    rule = built_in.read((await autopilot.newest(tx, org)).part("built_in"))[which]
    return built_in.shaped(built_in.action(which, rule), call.arguments), rule.on


async def do(world: World, attempt: Attempt) -> Came:
    """Does it. The call is written down as running already; raises nothing that a model can cause."""
    assert attempt.values is not None, "they were filled"
    match attempt.action.does:
        case BuiltIn.COLLECT:
            titles = {one.name: str(one.schema.get("title", one.name)) for one in attempt.action.parameters if one.filler is Filler.FORM}
            return Came(state=CallState.DONE, content={titles[name]: value for name, value in attempt.values.by_name.items() if name in titles})
        case BuiltIn.EMAIL:
            return await _mail(world, attempt)
        case BuiltIn.CSAT:
            return await _ask_how_it_went(world, attempt)
        case BuiltIn.RESOLVE:
            return Came(state=CallState.DONE, content="The conversation is closed with your next words to the customer.")
        case _:
            return Came(state=CallState.DONE)


async def _mail(world: World, attempt: Attempt) -> Came:
    """To the address that the organisation's own systems know, and to no other."""
    to, values = attempt.mask.identity.email, attempt.values.by_name if attempt.values else {}
    if not to or not attempt.mask.session.verified:
        return Came(state=CallState.FAILED, why="The customer's own address is not known for certain.")
    async with world.store.tx(attempt.org) as tx:
        name = str((await house.load(tx, attempt.org))["name"])
    text = f"{values['text']}\n\n-- \n{name} · #{attempt.mask.session.ticket_number}"
    try:
        await world.mail.send(to, str(values["subject"]), text, org=attempt.org, session=attempt.writing.session, purpose="customer-mail")
    except (CrossingRefused, Refused) as refusal:
        return Came(state=CallState.FAILED, why=f"Nothing was sent: {refusal}.")
    except ConnectionError as error:
        return Came(state=CallState.UNKNOWN, why=str(error))
    return Came(state=CallState.DONE, content="The e-mail is on its way to the customer's own address.")


async def _ask_how_it_went(world: World, attempt: Attempt) -> Came:
    org, session = attempt.org, attempt.writing.session
    async with world.store.tx(org) as tx:
        log = await events.log(tx, org, session)
        if any(event.type is EventType.CSAT_REQUESTED for event in log):
            return Came(state=CallState.FAILED, why="The customer was asked for a rating already.")
        await events.append(tx, org, session, EventType.CSAT_REQUESTED, ActorKind.AI)
    return Came(state=CallState.DONE, content="The customer is shown the request for a rating.")


def handed_off(scene: Scene, trace: Trace, call: Call) -> Outcome:
    """The handoff that a model asked for. Whether it is one yet is decided by the organisation's level of handoff, like any other."""
    trace.given["handed_off"] = {"reason": str(call.arguments.get("reason", "")), "why": str(call.arguments.get("why", ""))[:300]}
    return handed_off_then(scene, trace.given["handed_off"])


def handed_off_then(scene: Scene, given: Mapping[str, Any]) -> Outcome:
    """The same out of a turn's evidence."""
    asked = given["reason"] == built_in.ASKED and handing.triggers_of(scene).request == 1
    why = f"the AI: “{given['why']}”" if given["why"] else "the AI asked for a person"
    return hand_off(scene, (Reason.USER_REQUESTED_HUMAN if asked else Reason.INSUFFICIENT_KNOWLEDGE,), (why,))


def resolves(scene: Scene, outcome: Outcome, trace: Trace) -> bool:
    """Whether the conversation is closed with these words: that was asked for, and done for the very message that is answered."""
    made = [call for call in (*trace.called, *scene.calls) if built_in.which(call) is BuiltIn.RESOLVE and call.state is CallState.DONE]
    return isinstance(outcome, Reply) and any(call in trace.called or (call.settled_at is not None and call.settled_at > scene.message.created_at) for call in made)


async def resolve(tx: Tx, org: OrgId, session: SessionId) -> None:
    """In the transaction that writes the last words."""
    if await sessions.close(tx, org, session, Status.CLOSED_RESOLVED, ai_closure_type="resolved"):
        await events.append(tx, org, session, EventType.AI_DECIDED_TO_RESOLVE_THE_ISSUE, ActorKind.AI)


async def rules(world: World, actor: Actor) -> dict[BuiltIn, BuiltInRule]:
    """Raises Refused (403)."""
    require(actor, Verb.READ_ACTIONS)
    return built_in.read((await rulebooks.in_force(world, actor.org)).part("built_in"))


async def change(world: World, actor: Actor, name: str, **fields: Any) -> tuple[BuiltInRule, int]:
    """Changes what its rule can have, as a version that can be undone, which is returned too. Raises NotFound, Refused: (400), (403)."""
    require(actor, Verb.WRITE_ACTIONS)
    which = next((one for one in BuiltIn if one == name), None)
    if which is None:
        raise NotFound("There is no such action that is built in.")
    if other := sorted(set(fields) - built_in.may_set(which)):
        raise Refused(f"{built_in.title(which)} has no setting called {other[0]}.")
    if not 0 <= fields.get("per_contact_a_day", 0) <= 1_000:
        raise Refused("A limit is a number from 0 to 1,000. 0 means no limit.")
    now = await rules(world, actor)
    now[which] = replace(now[which], **fields)
    async with world.store.tx(actor.org) as tx:
        book = await rulebooks.write(tx, actor, "built_in", built_in.written(now))
    return now[which], book.number
