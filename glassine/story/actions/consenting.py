"""A call that waits for the customer or has just ended, at the beginning of a turn: their yes or no, what is asked next, and what came of it. It runs nothing itself.

The customer's word counts only for the call that they were asked about: by its button, or by a message that answers that question and says nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from glassine.rules import consent
from glassine.rules.calling import telling
from glassine.rules.calling.built_in import which
from glassine.rules.prompt import Told
from glassine.story.masking import shortened
from glassine.story.scene import Means, Scene, hand_off
from glassine.words.actions import REPLACED, WAITING, BuiltIn, Call, CallId, CallState
from glassine.words.ids import SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType
from glassine.words.turns import HandOff, Outcome, Reason, Reply, Trace

_LOST = {Reason.NOT_GROUNDED, Reason.MODEL_FAILED, Reason.STOPPED_AT_GATE}
UNKNOWN = "It is not known whether an action worked."  # noted
_MOST_OF_NEW, _MOST_OF_OLD = 4_000, 600  # characters of a call that the model hears of
_ENDED = frozenset({CallState.DONE, CallState.FAILED, CallState.UNKNOWN, CallState.DECLINED, CallState.DRY})


async def gone_on(scene: Scene, trace: Trace, means: Means) -> tuple[Scene, Outcome | None]:
    """The scene with the customer's word on it, and what to say if that is all there is to it; None: the message is still to be answered."""
    said = _said(scene)
    if said is not None:
        call, yes = said
        if call.state in (WAITING if not yes else {CallState.CONFIRM, CallState.RUNNING}):
            call = await means.go_on(call, yes)
            trace.called.append(call)
            scene = _with(scene, call)
        if call.state is CallState.EXPIRED or (call.state is CallState.DECLINED and call.by is None) or (call not in untold(scene) and call.state in _ENDED):
            return scene, fixed(scene, trace, call)
    if (undecided := [call for call in untold(scene) if call.undecided and call.settled_at and call.settled_at > scene.message.created_at]):
        trace.notes.append(undecided[-1].why)
        return scene, fixed(scene, trace, undecided[-1])
    if (waits := scene.waiting) is not None and not _was_asked(scene, waits):
        return scene, waiting(scene, trace, waits)
    if any(_broken(scene, call) for call in scene.calls):
        trace.notes.append(UNKNOWN)
        return scene, hand_off(scene, (Reason.ACTION_FAILED,))
    return scene, None


def _said(scene: Scene) -> tuple[Call, bool] | None:
    """The call that this message says yes or no to."""
    answers = scene.message.payload.get("answers")
    if isinstance(answers, dict):  # a button names its call
        call = next((call for call in scene.calls if str(call.id) == answers.get("call")), None)
        return (call, answers.get("yes") is True) if call else None
    before = _last_words(scene)
    asked = before.payload.get("call") if before else None
    call = next((call for call in scene.calls if asked and str(call.id) == asked["id"]), None)
    yes = consent.says_yes(scene.message.text, scene.language) if call else None
    if asked is None or call is None or yes is None or (yes and asked["state"] != CallState.CONFIRM):
        return None
    return call, yes


def _last_words(scene: Scene) -> Event | None:
    """What the customer read last before they wrote this."""
    return next((event for event in reversed(scene.history) if event.seq < scene.message.seq and _to_customer(event)), None)


def _to_customer(event: Event) -> bool:
    return event.type is EventType.AGENT_MESSAGE or (event.type is EventType.MESSAGE and event.actor is not ActorKind.USER)


def _was_asked(scene: Scene, call: Call) -> bool:
    asked = (event.payload.get("call") for event in scene.history)
    return any(one and one["id"] == str(call.id) and one["state"] == call.state for one in asked)


def waiting(scene: Scene, trace: Trace, call: Call) -> Reply:
    """Asks the customer for what a call waits for, or tells them that somebody of the team has to agree."""
    trace.given["waits"] = plain(call)
    before = scene.waiting if scene.waiting and scene.waiting.id != call.id else None
    if before:
        trace.given["gave_way"] = before.says
        trace.notes.append(f"{before.name} does not wait any more. {REPLACED}")
    return asks(call, scene.language, before.says if before else "")


def asks(call: Call, language: str, gave_way: str = "") -> Reply:
    """`gave_way`: what had waited until the customer wanted this instead."""
    text, choices = consent.asked(call, language, gave_way)
    shown = {"id": str(call.id), "state": str(call.state), "action": call.name, "says": call.says}
    return Reply(text=text, reasons=(Reason.ACTION_WAITS,), choices=choices, call=shown)


def fixed(scene: Scene, trace: Trace, call: Call) -> Reply:
    trace.given["ended"] = plain(call)
    return ends(call, scene.language)


def ends(call: Call, language: str) -> Reply:
    """What became of a call, in our words."""
    told = {CallState.DECLINED: Reason.ACTION_DECLINED, CallState.EXPIRED: Reason.ACTION_EXPIRED if call.undecided else Reason.ACTION_DECLINED, CallState.FAILED: Reason.ACTION_FAILED, CallState.UNKNOWN: Reason.ACTION_FAILED}
    return Reply(text=consent.ended(call, language), reasons=(told.get(call.state, Reason.ACTION_ANSWERED),))


def _broken(scene: Scene, call: Call) -> bool:
    """Whether a process died while it was at work on a call for this very message, or nobody knows what came of one that the customer has not heard of."""
    if call.state is CallState.RUNNING:
        return call.created_at is not None and call.created_at >= scene.message.created_at
    return call.state is CallState.UNKNOWN and call in untold(scene)


def untold(scene: Scene) -> tuple[Call, ...]:
    """The calls that ended since the customer was told anything."""
    told = max((event.created_at for event in scene.history if _to_customer(event)), default=None)
    return tuple(call for call in scene.calls if _counts(call) and call.settled_at is not None and (told is None or call.settled_at > told))


def _counts(call: Call) -> bool:
    """Whether the customer is to hear how it ended: one that was refused only if they were shown it before."""
    return call.state in _ENDED or call.undecided or (call.state is CallState.REFUSED and bool(call.says))


def only_tells(scene: Scene, trace: Trace) -> bool:
    """Whether there is nothing else to answer: the message was the word on a call, or was answered before the call ended."""
    new = untold(scene)
    if any(which(call) is BuiltIn.COLLECT for call in new):
        return False  # what was filled in answers nothing yet: the message that it was asked for does
    return bool(new) and (bool(trace.called) or all(call.settled_at is not None and call.settled_at > scene.message.created_at for call in new))


def told(scene: Scene) -> tuple[Told, ...]:
    """The session's calls as a prompt tells of them."""
    new = untold(scene)
    return tuple(_told(call, new) for call in scene.calls if call.state is not CallState.REFUSED)


def _told(call: Call, new: Sequence[Call]) -> Told:
    words = "\n".join(part for part in (call.says, telling.told(call)) if part)
    return Told(action=call.name, state=str(call.state), words=shortened(words, _MOST_OF_NEW if call in new else _MOST_OF_OLD), new=call in new)


def _with(scene: Scene, call: Call) -> Scene:
    return replace(scene, calls=tuple(call if each.id == call.id else each for each in scene.calls))


def tells(scene: Scene, trace: Trace, outcome: Outcome | None, reads: Collection[str] = ()) -> Outcome | None:
    """What was done has to be said, also where no model says it: then in words of ours. `outcome`: what would be said otherwise."""
    lost = outcome is None or (isinstance(outcome, HandOff) and bool(_LOST & set(outcome.reasons)))
    ended = [*untold(scene), *(call for call in trace.called if call.name not in reads and call.state in (CallState.DONE, CallState.DRY))]
    if not lost or not ended:
        return outcome
    if ended[-1].state in (CallState.DONE, CallState.DRY, CallState.DECLINED):
        trace.notes.append("What was done is told in words of ours.")
        return fixed(scene, trace, ended[-1])
    return outcome or hand_off(scene, (Reason.ACTION_FAILED,))


def plain(call: Call) -> dict[str, Any]:
    """What of a call an outcome depends on."""
    return {
        "id": str(call.id), "session": str(call.session), "name": call.name, "state": str(call.state), "says": call.says, "by": str(call.by) if call.by else None,
        "why": call.why, "seen": shortened(call.seen, _MOST_OF_NEW), "created_at": _moment(call.created_at), "settled_at": _moment(call.settled_at),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def recalled(stored: Mapping[str, Any]) -> Call:
    """The same, read back."""
    return Call(
        id=CallId(UUID(stored["id"])), session=SessionId(UUID(stored["session"])), turn=None, action=None, name=stored["name"], version=0, arguments={},
        state=CallState(stored["state"]), says=stored["says"], by=UUID(stored["by"]) if stored["by"] else None, why=stored["why"], seen=stored["seen"],
        created_at=_at(stored["created_at"]), settled_at=_at(stored["settled_at"]),
    )


def _at(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None
