"""A call that waits, seen and answered by its customer: the form to fill in, the code to enter, the yes or no. The turn that follows tells what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from glassine.rules.calling import arguments
from glassine.rules.reactions import turn_of
from glassine.rules.redaction import restore
from glassine.store import calls, jobs, sessions
from glassine.story import conversations
from glassine.story.actions import acting, built_in, lapsing
from glassine.story.worker import begin_turn
from glassine.story.world import World
from glassine.words.actions import WAITING, Action, Call, CallId, CallState, Filler, Where
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType

_CUSTOMERS = WAITING - {CallState.APPROVAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A call as its customer sees it; raw, because it is theirs. `form` is the JSON Schema of what they fill in."""

    call: Call
    action: Action | None
    says: str = field(repr=False)
    arguments: Mapping[str, Any] = field(repr=False)
    seen: str = field(repr=False)
    form: Mapping[str, Any]
    expires_at: datetime | None


async def shown(world: World, org: OrgId, session: SessionId, log: Sequence[Event], tokens: Mapping[str, str]) -> dict[str, Shown]:
    """The calls that these events name, by id."""
    wanted = {str(id) for event in log for id in named(event)}
    found: dict[str, Shown] = {}
    if not wanted:
        return found
    async with world.store.tx(org) as tx:
        await lapsing.expire(tx, org, session)
        for id in wanted:
            with contextlib.suppress(NotFound):
                kept = await calls.load(tx, org, CallId(UUID(id)))
                if kept.call.session == session:
                    action = (await built_in.at_version(tx, org, kept.call))[0] if kept.call.action else None
                    found[id] = _shown(kept.call, action, tokens, kept.expires_at)
    return found


def named(event: Event) -> list[str]:
    """The calls that an event of the log is about: the one that waits, and those that its turn had made."""
    waits = event.payload.get("call")
    return [*event.payload.get("called", ()), *([waits["id"]] if waits else [])]


def _shown(call: Call, action: Action | None, tokens: Mapping[str, str], expires_at: datetime | None) -> Shown:
    values = json.loads(json.dumps(dict(call.arguments)))
    form = arguments.schema_of(action, Filler.FORM) if action and call.state is CallState.FORM else {}
    return Shown(
        call=call, action=action, says=restore(call.says, tokens), arguments=arguments.mapped(values, lambda text: restore(text, tokens)), seen=restore(call.seen, tokens), form=form,
        expires_at=expires_at,
    )


def operation(action: Action) -> dict[str, Any]:
    """The fields of a form as an operation of OpenAPI, for widgets that draw them from one."""
    asked = [one for one in action.parameters if one.filler is Filler.FORM]
    body = [one for one in asked if one.where is Where.BODY]
    found: dict[str, Any] = {
        "operationId": action.name, "summary": action.title, "description": action.description, "method": action.method.lower(),
        "parameters": [{"name": one.name, "in": str(one.where), "required": one.required, "description": one.description, "schema": dict(one.schema)} for one in asked if one not in body],
    }
    if body:
        schema = {"type": "object", "properties": {one.name: dict(one.schema) for one in body}, "required": [one.name for one in body if one.required]}
        found["requestBody"] = {"required": bool(schema["required"]), "content": {action.body: {"schema": schema}}}
    return found


async def fitting(world: World, org: OrgId, call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """Of what a widget sent, the fields that the form has; an empty text is none."""
    if call.state is not CallState.FORM or call.action is None:
        return {}
    async with world.store.tx(org) as tx:
        action, _ = await built_in.at_version(tx, org, call)
    names = {one.name for one in action.parameters if one.filler is Filler.FORM}
    return {name: value for name, value in given.items() if name in names and value not in ("", None)}


def own_words(call: Call, tokens: Mapping[str, str]) -> Any:
    """What an action answered, as its customer may read it: JSON where it is some."""
    text = restore(call.seen, tokens)
    with contextlib.suppress(ValueError):
        return json.loads(text)
    return text or None


async def go_on(
    world: World, org: OrgId, session: SessionId, call: CallId, *, form: Mapping[str, Any] | None = None, code: str | None = None, yes: bool = True,
) -> Call:
    """The customer's own word on a call that waits for them; then the AI tells what came of it, in a turn of its own.

    Raises NotFound, and Refused: (400) for what is missing in a form, (403) for a code that does not fit, (409) for what does not wait for the customer any more.
    """
    await still_waits(world, org, session, call, yes=yes)
    settled = await acting.go_on(world, org, session, call, form=form, code=code, yes=yes)
    await told_next(world, org, session)
    return settled


async def still_waits(world: World, org: OrgId, session: SessionId, id: CallId, *, yes: bool = True) -> Call:
    """Raises NotFound, and Refused (409). A customer may say no to what waits for the team: it was their own wish."""
    async with world.store.tx(org) as tx:
        await lapsing.expire(tx, org, session)
        call = (await calls.load(tx, org, id)).call
    if call.session != session:
        raise NotFound("There is no such call.")
    if call.state not in (_CUSTOMERS if yes else WAITING) or (await world.switches.of(org)).ai_off:
        raise Refused("This does not wait for you any more. Nothing further was done. Ask for it again if you still want it.", status=409, code="not_waiting")
    return call


async def told_next(world: World, org: OrgId, session: SessionId) -> None:
    """A call has gone on without a message of the customer's: a turn that tells of it begins, here, or elsewhere should this process end."""
    async with world.store.tx(org) as tx:
        job = await jobs.add(tx, org, turn_of(session), claimed_by=world.process) if await sessions.reopen_turn(tx, org, session) else None
    if job is not None:
        begin_turn(world, org, session, job)


async def said_since(world: World, org: OrgId, session: SessionId, patience: float) -> Event | None:
    """What the AI says once no turn is open any more; None: nothing yet."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    async with world.live.listen(org, session) as notices:
        while True:
            now = await conversations.session(world, org, session)
            if now.settled_seq >= now.last_user_seq:
                log = await conversations.timeline(world, org, session)
                return next((event for event in reversed(log) if event.actor is ActorKind.AI and event.type is EventType.MESSAGE), None)
            if loop.time() >= end:
                return None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(notices.get(), max(0.1, min(2.0, end - loop.time())))
