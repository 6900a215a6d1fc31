"""What the AI may have done, and how: which actions it is offered, and how a call that it asks for is refused, waits for somebody, or runs once.

The policy is applied here, outside the model. A call is written down before its request leaves, so that a crash never sends it twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from glassine.rules.calling import arguments, policy, requests, telling, told_names
from glassine.rules.calling import built_in as rules
from glassine.rules.calling.arguments import Given, Unfilled, Values
from glassine.rules.permits import require
from glassine.rules.redaction import PLACEHOLDER, cover, masked_again
from glassine.store import Taken, Tx, calls, jobs, vault
from glassine.store.actions import host_of
from glassine.store.calls import Kept, Writing
from glassine.store.live import notify
from glassine.story import masking
from glassine.story.actions import built_in, calling, codes, context_along, lapsing, offering
from glassine.story.masking import Mask, to_bytes, to_text
from glassine.story.world import World
from glassine.words.actions import TAKEN_BACK, WAITING, Action, ActionId, Call, CallId, CallState, Filler
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId, SessionId, TurnId, new_id
from glassine.words.people import Actor, ActorKind, Role, Verb
from glassine.words.privacy import Known, PiiType
from glassine.words.turns import ToolCall, ToolSpec
from glassine.words.work import JobKind, NewJob

if TYPE_CHECKING:
    from glassine.story.scene import Scene

_TRIES = 8
_FOLLOWS = {CallState.APPROVAL: JobKind.NOTIFY_APPROVAL, CallState.CODE: JobKind.SEND_CODE}
_SOFT = ("[NAME_", "[ADDRESS_")


@dataclass(slots=True, kw_only=True)
class Attempt:
    """A call on its way: the action as it was when it was asked for, what was given, and how far it has come."""

    org: OrgId
    action: Action
    mask: Mask
    writing: Writing
    given: Mapping[str, Any] = field(repr=False)  # as the model wrote it, with placeholders
    form: Mapping[str, Any] = field(default_factory=dict, repr=False)  # as the customer wrote it
    before: Kept | None = None  # it waits already, as this
    by: Actor | None = None
    values: Values | None = field(default=None, repr=False)


async def offered(world: World, scene: Scene) -> tuple[Action, ...]:
    """The actions that the model may hear of now: for this channel and customer, the pinned ones first, then the nearest to the message where there are many."""
    own = await offering.offered(world, scene.org, scene.session, scene.message.text, scene.language)
    return (*own, *await built_in.offered(world, scene, own))


def specs(offered: Sequence[Action]) -> tuple[ToolSpec, ...]:
    """As the model sees them: nothing of the address, the policy or what others fill in."""
    return tuple(ToolSpec(name=one.name, description=one.description, parameters=arguments.spec(one)) for one in offered)


async def ask(world: World, scene: Scene, turn: TurnId | None, wanted: ToolCall, offered: Sequence[Action], objection: str = "") -> Call:
    """Does what the policy says with a call that the model wants. `objection`: why its words may not be shown to a customer. Raises nothing that a model can cause."""
    action = next((one for one in offered if one.name == wanted.name), None)
    return await ask_in(world, scene.org, scene.session.id, turn, wanted, action, objection)


async def ask_in(world: World, org: OrgId, session: SessionId, turn: TurnId | None, wanted: ToolCall, action: Action | None, objection: str = "") -> Call:
    """The same in a session, for one action; None: there is none of this name."""
    id, fault = CallId(new_id()), objection or _fault_of(wanted, action)
    wanted = replace(wanted, arguments=told_names.own(wanted.arguments, arguments.spec(action))) if action else wanted
    try:
        action = action and rules.shaped(action, wanted.arguments)
    except Unfilled as why:
        fault = fault or str(why)
    for _ in range(_TRIES):
        mask, _event = await masking.look(world, org, session)
        attempt = Attempt(org=org, action=action or _nothing(wanted.name), mask=mask, given=wanted.arguments, writing=_asked(id, mask, turn, wanted, action))
        try:
            return await _go(world, attempt, fault)
        except Taken:
            continue  # another text reached the vault first, or another call waits since a moment ago
    raise Refused("This session is receiving too many messages at once. Send it again in a moment.", status=429, code="too_many_messages")


def _nothing(name: str) -> Action:
    return Action(id=ActionId(new_id()), name=name[:64], title=name[:64], description="", method="GET", url="https://nowhere.invalid/")


def _asked(id: CallId, mask: Mask, turn: TurnId | None, wanted: ToolCall, action: Action | None) -> Writing:
    return Writing(
        id=id, session=mask.session.id, contact=mask.session.contact, turn=turn, action=action.id if action else None, name=_kept(wanted.name[:64], mask), version=action.version if action else 0,
        host=host_of(action.url) if action else "", arguments=_kept_all(wanted.arguments, mask), state=CallState.REFUSED,
    )


def _fault_of(wanted: ToolCall, action: Action | None) -> str:
    return "" if action else f"There is no action called {wanted.name[:64]} here."


def _kept_all(given: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """The model's arguments as they are stored: whatever shows as personal is covered; of what is too large nothing is kept."""
    try:
        arguments.within_bounds(given)
    except Unfilled:
        return {"left out": "They were too large to be kept."}
    kept: dict[str, Any] = arguments.mapped(given, lambda text: _kept(text, mask))
    return kept


def _kept(text: str, mask: Mask) -> str:
    clean = masked_again(masking.storable(text), mask.policy, _by_form(mask))
    return cover(clean, mask.policy, clean if clean.isdigit() else "")


def _by_form(mask: Mask) -> Known:
    """What is known and has a form of its own. A name may be a word that the model means otherwise; it cannot know whose name it is."""
    tokens = {placeholder: value for placeholder, value in mask.tokens.items() if not placeholder.startswith(_SOFT)}
    return Known(tokens=tokens, values=tuple((kind, value) for kind, value in mask.identity.known_values if kind is not PiiType.NAME))


async def _go(world: World, attempt: Attempt, fault: str = "") -> Call:
    """One step: values, policy, and then it is refused, waits, or runs."""
    why = _kept(fault or await _fill(world, attempt), attempt.mask)  # it may name what the model made up
    stage = None if why or attempt.action.policy.dry else policy.next_stage(attempt.action, attempt.writing.passed)
    state = CallState.REFUSED if why else stage or (CallState.DRY if attempt.action.policy.dry else CallState.RUNNING)
    writing = replace(attempt.writing, state=state, why=why, minutes=policy.minutes(state) if state in WAITING else None)
    if stage is not None:
        writing = await _shown(world, attempt, writing)
    attempt.writing = writing if state in WAITING else replace(writing, sealed=None)
    written = await _write(world, attempt)
    return await _run(world, attempt) if written.state is CallState.RUNNING else written


async def _fill(world: World, attempt: Attempt) -> str:
    """Finds every value, and returns why there is none; empty: all is well so far."""
    mask, action = attempt.mask, attempt.action
    waits_for_form = policy.next_stage(action, attempt.writing.passed) is CallState.FORM
    if waits_for_form:  # what it will hold is not known yet
        action = replace(action, parameters=tuple(one for one in action.parameters if one.filler is not Filler.FORM))
    given = Given(
        arguments=attempt.given, form={} if waits_for_form else attempt.form, contact=_contact(mask), tokens=mask.tokens, told=await _told(world, attempt), policy=mask.policy,
        known=_by_form(mask), looked_at=attempt.before is not None,
    )
    try:
        attempt.values = arguments.values(action, given)
        if waits_for_form or action.does:
            return ""
        requests.request(action, attempt.values.by_name, boundary=attempt.writing.id.hex)
    except Unfilled as why:
        return str(why)
    return policy.too_much(action, attempt.values.by_name)


def _contact(mask: Mask) -> dict[str, Any]:
    """What the contact's own data are, where the session is theirs for certain: what a browser claims is nobody's data."""
    if not mask.session.verified:
        return {}
    own = mask.identity
    data = {f"custom_data.{key}": value for key, value in own.custom_data.items()}
    return {"email": own.email, "phone_number": own.phone_number, "name": own.name, "id": str(mask.session.contact), "external_id": own.custom_data.get("external_id"), **data}


async def _told(world: World, attempt: Attempt) -> frozenset[str]:
    """Placeholders for what this host has said itself in this session: it may hear it again, in any parameter."""
    if not any(PLACEHOLDER.search(text) for text in arguments.texts(attempt.given)):
        return frozenset()
    async with world.store.tx(attempt.org) as tx:
        said = await calls.told(tx, attempt.org, attempt.writing.session, attempt.writing.host)
    return frozenset(match[0] for text in said for match in PLACEHOLDER.finditer(text))


async def _shown(world: World, attempt: Attempt, writing: Writing) -> Writing:
    """What whoever says yes is going to read, and a hash of the values: those that are shown are those that run."""
    assert attempt.values is not None, "they were filled"
    theirs = await context_along.names_set(world, attempt.org, attempt.action, attempt.mask)
    values = {name: value for name, value in attempt.values.by_name.items() if name not in theirs}  # what is not sent is not shown
    words = rules.says(attempt.action, values) or telling.says(attempt.action, values)
    says = telling.visible((await attempt.mask.text(world, words)).text)  # masked first: a sign made visible would break a value's form
    agreed = _agreed(attempt) if writing.state in (CallState.CONFIRM, CallState.APPROVAL) else None
    sealed = None
    if attempt.form or dict(attempt.given) != dict(writing.arguments):  # what is stored is masked, and what was shown is what runs
        clear = json.dumps({"form": dict(attempt.form), "given": dict(attempt.given)})
        sealed = attempt.mask.key.seal(to_bytes(clear), attempt.org, "calls", "form", writing.id)
    return replace(writing, says=says, agreed=agreed, sealed=sealed)


def _agreed(attempt: Attempt) -> bytes:
    assert attempt.values is not None, "they were filled"
    return attempt.mask.key.digest("agreed", str(attempt.action.id), str(attempt.action.version), attempt.values.canonical())


async def _write(world: World, attempt: Attempt) -> Call:
    """Writes the call as it goes on, in one transaction: what was called before is counted under a lock, and every reveal is a line of the audit log."""
    org, writing, mask = attempt.org, attempt.writing, attempt.mask
    async with world.store.tx(org) as tx:
        if writing.action is not None and writing.state is not CallState.REFUSED:
            await calls.lock(tx, org, writing.action)
            if why := await lapsing.counted_out(tx, org, attempt.action, writing, fresh=attempt.before is None):
                writing = attempt.writing = replace(writing, state=CallState.REFUSED, why=why, sealed=None, minutes=None)
        moved = await _put(tx, attempt)
        await calls.keep_tokens(tx, org, writing.session, mask.stored, mask.sealed())
        if moved and writing.state is CallState.RUNNING:
            await _audit(tx, attempt)
        if moved and (follows := _FOLLOWS.get(writing.state)):
            await jobs.add(tx, org, NewJob(kind=follows, ref=writing.id, key=f"{follows}:{writing.id}", dedupe=f"{follows}:{writing.id}"))
        await notify(tx, org, writing.session, "call")
        return (await calls.load(tx, org, writing.id)).call


async def _put(tx: Tx, attempt: Attempt) -> bool:
    """False: somebody else has moved it on meanwhile."""
    if attempt.before is None:
        await calls.insert(tx, attempt.org, attempt.writing)
        return True
    person = attempt.by if attempt.by and attempt.by.kind is ActorKind.AGENT else None
    moved = await calls.move(tx, attempt.org, attempt.writing, was=attempt.before.call.state, by=person.id if person else None, by_name=attempt.by.name if attempt.by else "")
    if not moved:
        raise Refused("This call does not wait any more.", status=409, code="conflict")
    return True


async def _audit(tx: Tx, attempt: Attempt) -> None:
    """The AI had a value put back that it never saw."""
    assert attempt.values is not None, "they were filled"
    ai = Actor(org=attempt.org, kind=ActorKind.AI, id=None, name="AI", role=Role.VIEWER)
    for one in attempt.values.reveals:
        detail = {"type": one.type, "placeholder": one.placeholder, "action": attempt.action.name, "parameter": one.parameter, "call": str(attempt.writing.id)}
        await vault.audit(tx, ai, "privacy.reveal", "session", attempt.writing.session, {name: value for name, value in detail.items() if value})


async def _run(world: World, attempt: Attempt) -> Call:
    """Sends it, and writes down what became of it. It stands there as running already; should this process end now, it is swept to unknown."""
    assert attempt.values is not None, "they were filled"
    came = await built_in.do(world, attempt) if attempt.action.does else await _sent(world, attempt, attempt.values)
    for _ in range(_TRIES):
        try:
            return await _settled(world, attempt, came)
        except Taken:
            continue
    raise Refused("This session is receiving too many messages at once. Send it again in a moment.", status=429, code="too_many_messages")


async def _sent(world: World, attempt: Attempt, values: Values) -> calling.Came:
    context, secrets = await context_along.of(world, attempt.org, attempt.action, attempt.mask)
    going = calling.Going(org=attempt.org, session=attempt.writing.session, id=attempt.writing.id, action=attempt.action, values=values, context=context, secrets=secrets)
    return await calling.send(world, going)


async def _settled(world: World, attempt: Attempt, came: calling.Came) -> Call:
    org, session, id = attempt.org, attempt.writing.session, attempt.writing.id
    mask, _ = await masking.look(world, org, session)
    seen = await calling.seen(world, mask, came.content)
    async with world.store.tx(org) as tx:
        call = (await calls.load(tx, org, id)).call
        done = replace(call, state=came.state, why=came.why, status=came.status, seen=seen, milliseconds=came.milliseconds)
        if await calls.settle(tx, org, done, fault=came.fault, attempts=came.attempts):
            await calls.keep_tokens(tx, org, session, mask.stored, mask.sealed())
        await notify(tx, org, session, "call")
        return (await calls.load(tx, org, id)).call


async def go_on(
    world: World, org: OrgId, session: SessionId, call: CallId, *, form: Mapping[str, Any] | None = None, code: str | None = None, yes: bool = True, actor: Actor | None = None,
) -> Call:
    """A call that waits goes on: with the customer's form, code or yes, or (`actor`) with the word of somebody of the team. What does not wait is returned as it is.

    Raises NotFound, and Refused: (400) for a form that lacks something, (403), (409) when somebody else was first, or while all AI is off.
    """
    for _ in range(_TRIES):
        mask, _event = await masking.look(world, org, session)
        async with world.store.tx(org) as tx:
            await lapsing.expire(tx, org, session)
            before = await calls.load(tx, org, call)
            if before.call.session != session:
                raise NotFound("There is no such call.")
            if before.call.state not in WAITING:
                return before.call
            action, current = await built_in.at_version(tx, org, before.call)
        if yes:
            await _was_meant(world, org, before.call.state, {CallState.FORM: form, CallState.CODE: code})
        try:
            return await _gone_on(world, _waiting(org, action, mask, before, actor), current, form, code, yes)
        except Taken:
            continue
    raise Refused("This session is receiving too many messages at once. Send it again in a moment.", status=429, code="too_many_messages")


async def _was_meant(world: World, org: OrgId, state: CallState, given: Mapping[CallState, Any]) -> None:
    """A form or a code that is sent twice is no yes to the question that came after it. Raises Refused (409)."""
    meant = {one for one, value in given.items() if value is not None}
    if meant and state not in meant:
        raise Refused("This call waits for something else by now. Nothing further was done.", status=409, code="not_waiting")
    if (await world.switches.of(org)).ai_off:
        raise Refused("All AI is switched off, so nothing was done. This call waits on until its time is up.", status=409, code="not_waiting")


def _waiting(org: OrgId, action: Action, mask: Mask, before: Kept, actor: Actor | None) -> Attempt:
    call = before.call
    clear = json.loads(to_text(mask.key.open(before.sealed, org, "calls", "form", call.id))) if before.sealed else {"form": {}, "given": call.arguments}
    writing = Writing(
        id=call.id, session=call.session, contact=before.contact, turn=call.turn, action=call.action, name=call.name, version=call.version, host=host_of(action.url), arguments=call.arguments,
        form=before.form, sealed=before.sealed, agreed=before.agreed, passed=before.passed, state=call.state, says=call.says,
    )
    return Attempt(org=org, action=action, mask=mask, writing=writing, given=clear["given"], form=clear["form"], before=before, by=actor)


async def _gone_on(world: World, attempt: Attempt, current: bool, form: Mapping[str, Any] | None, code: str | None, yes: bool) -> Call:
    state = attempt.writing.state
    _may_say(attempt, state, yes)
    if not yes:
        attempt.writing = replace(attempt.writing, state=CallState.DECLINED, why="The team said no." if attempt.by else TAKEN_BACK, sealed=None)
        return await _write_end(world, attempt)
    if not current:
        attempt.writing = replace(attempt.writing, state=CallState.EXPIRED, why="The action was changed since it was asked for.", sealed=None)
        return await _write_end(world, attempt)
    if state is CallState.FORM:
        await _take_form(world, attempt, form)
    elif state is CallState.CODE:
        await codes.check(world, attempt.org, attempt.mask, attempt.writing.id, code or "")
    attempt.writing = replace(attempt.writing, passed=(*attempt.writing.passed, str(state)))
    return await _go(world, attempt, await _changed(world, attempt))


def _may_say(attempt: Attempt, state: CallState, yes: bool) -> None:
    """The customer's word counts for what waits for the customer, and the team's for what waits for the team. What they asked for, the customer may take back."""
    if state is not CallState.APPROVAL:
        if attempt.by is not None and attempt.by.kind is ActorKind.AGENT:
            raise Refused("This call waits for the customer, not for the team.", status=409, code="conflict")
        return
    if attempt.by is None and not yes:
        return
    if attempt.by is None:
        raise Refused("This call waits for a person of the team.", status=403, code="forbidden")
    require(attempt.by, Verb.APPROVE)
    roles = attempt.action.policy.roles
    if roles and str(attempt.by.role) not in roles:
        raise Refused(f"Only {' and '.join(roles)} can approve this.", status=403, code="forbidden")


async def _take_form(world: World, attempt: Attempt, form: Mapping[str, Any] | None) -> None:
    """The customer's own values: checked here, so that they can be put right; masked for the store, sealed for the request. Raises Refused."""
    given = dict(form or {})
    asked = replace(attempt.action, parameters=tuple(one for one in attempt.action.parameters if one.filler is Filler.FORM))
    try:
        arguments.values(asked, Given(arguments={}, form=given))
    except Unfilled as why:
        raise Refused(str(why), code="invalid_form") from None
    masked = [(await attempt.mask.text(world, text)).text for text in map(str, given.values())]
    attempt.form = given
    attempt.writing = replace(attempt.writing, form=dict(zip(given, masked, strict=True)))


async def _changed(world: World, attempt: Attempt) -> str:
    """Why what was agreed to is not what would run now; empty: it is."""
    if attempt.before is None or attempt.before.agreed is None:
        return ""
    if why := await _fill(world, attempt):
        return why
    return "" if _agreed(attempt) == attempt.before.agreed else "What would be done has changed since it was shown."


async def _write_end(world: World, attempt: Attempt) -> Call:
    async with world.store.tx(attempt.org) as tx:
        await _put(tx, attempt)
        await notify(tx, attempt.org, attempt.writing.session, "call")
        return (await calls.load(tx, attempt.org, attempt.writing.id)).call


async def calls_of(world: World, org: OrgId, session: SessionId) -> list[Call]:
    """Every call of a session in order, for whoever may see the session: the caller has asked."""
    async with world.store.tx(org) as tx:
        return await calls.of_session(tx, org, session)


async def waiting(world: World, org: OrgId, session: SessionId) -> Call | None:
    """The call that waits in a session, if one does."""
    async with world.store.tx(org) as tx:
        return await calls.waiting(tx, org, session)
