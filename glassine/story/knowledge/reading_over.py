"""Content rules in plain words, read by the language model when somebody asks. It says what it found and never holds an article back by itself."""

from __future__ import annotations

import json
import re
from typing import Any

from glassine.rules.permits import require
from glassine.store import content_rules
from glassine.story import house
from glassine.story.knowledge import authoring
from glassine.story.models.chain import model_for
from glassine.story.world import World
from glassine.words.articles import ContentRule, Fault, RuleKind
from glassine.words.errors import ModelFailed, Refused
from glassine.words.ids import ArticleId
from glassine.words.models import Use
from glassine.words.people import Actor, Verb
from glassine.words.turns import Prompt, PromptMessage

_MOST = 24_000  # characters of a text that are read
_TASK = (
    "You check a customer help article against rules. For each rule answer whether the article keeps it. Answer with JSON alone, a list with one object per rule: "
    '{"rule": its number, "kept": true or false, "why": one short sentence, "quote": the words of the article that break it, exactly, or an empty string}.'
)


async def ask(world: World, by: Actor, id: ArticleId) -> list[Fault]:
    """What the model finds in the working copy. Raises NotFound, and Refused (400) without a rule for it, (403), (409) without a model or an answer."""
    require(by, Verb.WRITE_KNOWLEDGE)
    await world.switches.admit(by.org, "writing")
    working = await authoring.working(world, by.org, id)
    async with world.store.tx(by.org) as tx:
        rules = [rule for rule in await content_rules.all_of(tx, by.org, active=True) if rule.kind is RuleKind.PLAIN]
    if not rules:
        raise Refused("There is no rule in plain words. Write one under Knowledge › Rules.")
    model = await model_for(world, by.org, (await house.organization(world, by.org)).settings, Use.CLASSIFY)
    if model is None:
        raise Refused("No language model is set, so rules in plain words are not checked. Set one in Settings › Language model.", status=409, code="no_model")
    body = working.fields.body[:_MOST]
    listed = "\n".join(f"{number}. {rule.value}" for number, rule in enumerate(rules, 1))
    asked = f"Rules:\n{listed}\n\nArticle:\n# {working.fields.title}\n\n{body}"
    prompt = Prompt(messages=(PromptMessage(role="system", content=_TASK), PromptMessage(role="user", content=asked)), tokens=len(asked) // 4, longest=1_500)
    try:
        reply = await model.complete(prompt, org=by.org, session=None, purpose="writing")
    except ModelFailed as failure:
        raise Refused(f"The language model did not help: {failure}", status=409, code="model_failed") from None
    return _found(reply.text, rules, body)


def _found(said: str, rules: list[ContentRule], body: str) -> list[Fault]:
    """A rule that the model says nothing of is not checked; a quotation that is none is left out."""
    try:
        told = json.loads(re.sub(r"^```(?:json)?\s*|\s*```$", "", said.strip()))
    except ValueError:
        told = []
    by_number: dict[int, dict[str, Any]] = {
        one["rule"]: one for one in (told if isinstance(told, list) else []) if isinstance(one, dict) and isinstance(one.get("rule"), int) and isinstance(one.get("kept"), bool)
    }
    return [_fault(rule, by_number.get(number), body) for number, rule in enumerate(rules, 1) if number not in by_number or not by_number[number]["kept"]]


def _fault(rule: ContentRule, told: dict[str, Any] | None, body: str) -> Fault:
    if told is None:
        return Fault(rule=rule.name, severity=rule.severity, words=f"{rule.name}: {rule.value}", unchecked=True)
    quote = str(told.get("quote") or "").strip()
    at = body.find(quote) if quote else -1
    why = " ".join(str(told.get("why") or "it is not kept.").split())[:300]
    return Fault(rule=rule.name, severity=rule.severity, words=f"{rule.name}: {why}", quote=quote[:120] if at >= 0 else "", line=body[:at].count("\n") + 1 if at >= 0 else 0, machine=True)
