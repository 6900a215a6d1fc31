"""Content rules: what an organisation's articles must or should keep to. They are checked when an article is saved, and again before it is published.

Rules in plain words are for the language model, which is asked when somebody asks for it, never on the way of publishing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from glassine.rules import house_style
from glassine.rules.permits import require
from glassine.store import content_rules, vault
from glassine.story.knowledge import linking
from glassine.story.world import World
from glassine.words.articles import ContentRule, Fault, Fields, RuleKind, Severity
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, OrgId
from glassine.words.people import Actor, Verb


class Kept(Refused):
    """An article that a rule keeps from being published; `faults` says where."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        told = " ".join(f"{one.words}{f' (line {one.line})' if one.line else ''}" for one in faults[:3])
        super().__init__(f"Not published: {len(faults)} {'place breaks' if len(faults) == 1 else 'places break'} a rule that must be kept. {told}", status=409, code="content_rules")
        self.faults = tuple(faults)


async def all_of(world: World, org: OrgId) -> list[ContentRule]:
    async with world.store.tx(org) as tx:
        return await content_rules.all_of(tx, org)


async def save(world: World, by: Actor, rule: ContentRule) -> ContentRule:
    """Adds a rule or changes it. Raises Refused (400) for one that cannot be kept, (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    made = house_style.ready(replace(rule, name=" ".join(rule.name.split())[:120], value=rule.value.strip()[:1_000]))
    async with world.store.tx(by.org) as tx:
        known = {one.id for one in await content_rules.all_of(tx, by.org)}
        if made.id not in known and len(known) >= house_style.MOST:
            raise Refused(f"There are {house_style.MOST} rules already, which is as many as there can be.")
        await content_rules.put(tx, by.org, made)
        await vault.audit(tx, by, "knowledge.rule_change" if made.id in known else "knowledge.rule_create", "rule", made.id, {"title": made.name})
    return made


async def delete(world: World, by: Actor, id: UUID) -> ContentRule:
    """Returns what it was. Raises NotFound, and Refused (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        gone = await content_rules.delete(tx, by.org, id)
        await vault.audit(tx, by, "knowledge.rule_delete", "rule", id, {"title": gone.name})
    return gone


async def faults(world: World, org: OrgId, fields: Fields, *, id: ArticleId | None = None) -> list[Fault]:
    """What the rules find now. Those in plain words are listed as not checked."""
    async with world.store.tx(org) as tx:
        rules = await content_rules.all_of(tx, org, active=True)
    if not rules:
        return []
    broken = await linking.broken_in(world, org, fields, id=id) if any(rule.kind is RuleKind.BROKEN_LINKS for rule in rules) else {}
    found = await asyncio.to_thread(house_style.faults, fields, rules, broken)
    return found + [
        Fault(rule=rule.name, severity=rule.severity, words=f"{rule.name}: {rule.value}", unchecked=True) for rule in rules if rule.kind is RuleKind.PLAIN
    ]


async def hold(world: World, org: OrgId, fields: Fields, *, id: ArticleId) -> None:
    """Raises Kept when a rule that must be kept is broken. Nothing that is not checked holds an article back."""
    broken = [fault for fault in await faults(world, org, fields, id=id) if fault.severity is Severity.MUST and not fault.unchecked]
    if broken:
        raise Kept(broken)
