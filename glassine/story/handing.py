"""Holds a turn against the organisation's triggers for a handoff, before it answers and after. It reads nothing and writes nothing but the turn's own evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from glassine.rules import handing_off
from glassine.rules.autopilot import Decision, Kind
from glassine.rules.courtesies import asking
from glassine.rules.handing_off import Signals
from glassine.rules.meant import Heard, heard
from glassine.story.scene import Scene, decided, hand_off
from glassine.story.search.finding import Sought
from glassine.words.handoffs import HandoffRules, Standing, Triggers
from glassine.words.sessions import Session
from glassine.words.turns import HandOff, Outcome, Reason, Trace


def standing(session: Session, row: Mapping[str, Any], now: datetime) -> Standing:
    """How a session stands, as it was read with what is in place."""
    began = session.handed_back_at or session.created_at
    return Standing(
        begins=session.handed_back_seq, reopened=session.reopened_seq, contacts=tuple(row.get("unsolved") or ()), minutes=round(max(0.0, (now - began).total_seconds()) / 60, 1),
    )


def decision(scene: Scene) -> Decision:
    """Who answers: by the state of things, and then by what the conversation sets off."""
    found = decided(scene)
    if found.kind is not Kind.ANSWER and found.reasons != (Reason.PROHIBITED_TOPIC,):
        return found
    signs = handing_off.triggered(*_seen(replace(scene, heard=None)))
    return Decision(kind=Kind.HAND_OFF, reasons=tuple(dict.fromkeys([*found.reasons, *(sign.reason for sign in signs)]))) if signs else found


def people(scene: Scene, decided: Decision) -> Outcome:
    """The handoff that was decided on, with what showed that it was time."""
    signs = [sign for sign in handing_off.triggered(*_seen(scene)) if sign.reason in decided.reasons]
    return late(scene, hand_off(scene, decided.reasons, [sign.says for sign in signs]))


def early(scene: Scene) -> Outcome | None:
    """What is said before anything is looked up: people take over, or a person was asked for and there is none, or not yet. None: the AI answers, or only drafts."""
    if decided(scene).kind is not Kind.ANSWER:
        return None
    seen, triggers = _seen(scene)
    if signs := handing_off.triggered(seen, triggers):
        return hand_off(scene, tuple(dict.fromkeys(sign.reason for sign in signs)), tuple(sign.says for sign in signs))
    return handing_off.instead(seen, triggers, scene.language)


def hear(scene: Scene, trace: Trace, sought: Sought) -> Scene:
    """With what the message's own vector says of it, which the search was made with; nothing where more or less was searched for than the message without its courtesies."""
    if not sought.vector or trace.query not in (scene.message.text, asking(scene.message.text)):
        return scene
    found = heard(sought.vector, sought.model)
    if found is not None:
        trace.given["heard"] = [found.person, found.angry]
    return replace(scene, heard=found)


def reheard(given: Mapping[str, Any]) -> Heard | None:
    """The same out of a turn's evidence."""
    return Heard(person=given["heard"][0], angry=given["heard"][1]) if given.get("heard") else None


def late(scene: Scene, outcome: Outcome) -> Outcome:
    """What becomes of an outcome: an answer that would be said again and again goes to people, and a first miss may be no handoff yet."""
    seen, triggers = _seen(scene)
    if sign := handing_off.repeats(seen, triggers, outcome):
        return hand_off(scene, (sign.reason,), (sign.says,))
    return handing_off.after(seen, triggers, outcome, scene.language)


def noted(trace: Trace, outcome: Outcome) -> Outcome:
    """The same outcome, with what set it off kept in the turn's evidence."""
    if isinstance(outcome, HandOff) and outcome.evidence:
        trace.given["signs"] = list(outcome.evidence)
    return outcome


def triggers_of(scene: Scene) -> Triggers:
    return HandoffRules.read(scene.rulebook.part("handoff")).triggers


def _seen(scene: Scene) -> tuple[Signals, Triggers]:
    return handing_off.signals(scene.history, scene.message, scene.standing, scene.heard), triggers_of(scene)

