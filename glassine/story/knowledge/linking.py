"""Whether links of articles lead somewhere: inside when a text is stored and when what it leads to changes, outside by a job that asks each host politely."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from glassine.rules import links as rule
from glassine.rules.permits import require
from glassine.store import Tx, articles, links, vault
from glassine.store.links import Target, Targets
from glassine.story.knowledge import link_check
from glassine.story.world import World
from glassine.words.articles import Fields
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId
from glassine.words.knowledge import Article, ArticleStatus
from glassine.words.people import Actor, Verb

_GONE = "There is no article at this address."
_DRAFT = "The article at this address is not published."


async def broken_in(world: World, org: OrgId, fields: Fields, *, id: ArticleId | None = None) -> dict[str, str]:
    """Links of a text that lead nowhere, with the reason; those outside as they were last found."""
    urls = await asyncio.to_thread(rule.links, fields.body)
    own = world.settings.public_url or ""
    async with world.store.tx(org) as tx:
        inside = await _inside(tx, org, fields.body, urls, own, id)
        outside = await links.known_broken(tx, org, [url for url in urls if rule.outside(url, own)])
    return {url: fault for url, fault in inside.items() if fault} | outside


async def _inside(tx: Tx, org: OrgId, body: str, urls: Sequence[str], own: str, id: ArticleId | None) -> dict[str, str]:
    """Links to something of ours, with what is wrong with each."""
    found = {url: to for url in urls if (to := rule.inside(url, own))}
    if not found:
        return {}
    there = await links.there(
        tx, org, ids=[to.article for to in found.values() if to.article], slugs=[to.slug for to in found.values() if to.slug],
        pictures=[to.picture for to in found.values() if to.picture],
    )
    return await asyncio.to_thread(_faults, found, there, body, id)


def _faults(found: Mapping[str, rule.Inside], there: Targets, body: str, id: ArticleId | None) -> dict[str, str]:
    """In a thread, because a long text takes a while to be read; each is read once."""
    headings: dict[str, set[str]] = {}

    def has(text: str, heading: str) -> bool:
        if text not in headings:
            headings[text] = rule.headings(text)
        return not heading or heading in headings[text]

    return {url: _fault(to, there, body, id, has) for url, to in found.items()}


def _fault(to: rule.Inside, there: Targets, body: str, id: ArticleId | None, has: Callable[[str, str], bool]) -> str:
    if to.picture:
        return "" if to.picture in there.pictures else "There is no such picture."
    if not to.article and not to.slug:
        return "" if has(body, to.heading) else "This article has no such heading."
    target = _target(to, there)
    if target is None:
        return _GONE
    if not target.published and target.id != id:
        return _DRAFT
    return "" if has(target.body, to.heading) else "The article has no such heading."


def _target(to: rule.Inside, there: Targets) -> Target | None:
    former = there.former.get(to.slug)
    fitting = [one for one in there.articles if one.id == to.article or (to.slug and one.slug == to.slug)] or [one for one in there.articles if one.id == former]
    return next((one for one in fitting if one.published), fitting[0] if fitting else None)


async def note(tx: Tx, org: OrgId, article: ArticleId, body: str, own: str) -> None:
    """Keeps where a text leads that has just been published."""
    urls = await asyncio.to_thread(rule.links, body)
    inside = await _inside(tx, org, body, urls, own, article)
    outside = [url for url in urls if rule.outside(url, own)]
    await links.note(tx, org, article, inside, outside)
    if outside:
        await link_check.schedule(tx, org)


async def look_again(world: World, org: OrgId, changed: Article) -> None:
    """Links to an article are looked at anew after it was published, withdrawn, renamed or deleted."""
    own = world.settings.public_url or ""
    async with world.store.tx(org) as tx:
        pointing = await links.pointing(tx, org, [str(changed.id), changed.slug, quote(changed.slug)])
    for id in pointing:
        async with world.store.tx(org) as tx:
            try:
                found = await articles.load(tx, org, id)
            except NotFound:
                continue
            if found.status is ArticleStatus.PUBLISHED:
                await note(tx, org, id, found.body, own)


async def report(world: World, by: Actor) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Links that lead nowhere, and how many outside are known. Raises Refused (403)."""
    require(by, Verb.READ_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        return await links.broken(tx, by.org), await links.counts(tx, by.org)


async def ignore(world: World, by: Actor, url: str, ignored: bool) -> None:
    """An address outside that somebody has looked at counts as no fault, or does again. Raises NotFound, and Refused (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        await links.ignore(tx, by.org, url, ignored)
        await vault.audit(tx, by, "knowledge.link_ignore", "link", by.org)

