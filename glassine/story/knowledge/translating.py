"""Translations of articles: which are missing or older than their original, begun by hand or made by the language model. What a person has edited is never overwritten."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from glassine.edge.llm import Llm
from glassine.rules import links
from glassine.rules.permits import require
from glassine.store import articles, vault
from glassine.story import house
from glassine.story.knowledge import authoring, history, pictures
from glassine.story.models.chain import model_for
from glassine.story.search.finding import languages_of
from glassine.story.world import World
from glassine.words.articles import Fields
from glassine.words.errors import ModelFailed, NotFound, Refused
from glassine.words.ids import ArticleId, OrgId, new_id
from glassine.words.knowledge import Article
from glassine.words.models import Use
from glassine.words.people import Actor, Verb
from glassine.words.turns import Prompt, PromptMessage

_PART = 2_500  # characters of Markdown that are translated at once
_MOST = 60_000  # characters of an article that a machine translates
_TASK = (
    "Translate the customer help text from {source} to {target}. It is Markdown: keep its structure, its headings, lists, tables, links, code and callouts such as > [!NOTE] as they are. "
    "Do not translate code, addresses, product names or anything between backquotes. Add nothing, leave nothing out, explain nothing. Answer with the translation alone."
)
_NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch", "pt": "Portuguese", "pl": "Polish", "sv": "Swedish", "da": "Danish",
    "nb": "Norwegian", "fi": "Finnish", "cs": "Czech", "tr": "Turkish", "ru": "Russian", "uk": "Ukrainian", "ar": "Arabic", "ja": "Japanese", "ko": "Korean", "zh": "Chinese",
}


async def overview(world: World, by: Actor) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Originals with their translations by language, and the languages that the organisation speaks. Raises Refused (403)."""
    require(by, Verb.READ_KNOWLEDGE)
    async with world.store.tx(by.org) as tx:
        found = await articles.families(tx, by.org)
    return found, await languages_of(world, by.org)


async def family(world: World, org: OrgId, id: ArticleId) -> tuple[Article, list[Article]]:
    """An article's original (itself, where it is no translation) and that one's translations. Raises NotFound."""
    async with world.store.tx(org) as tx:
        found = await articles.load(tx, org, id)
        if found.translation_of:
            found = await articles.load(tx, org, found.translation_of)
        return found, await articles.translations(tx, org, found.id)


async def begin(world: World, by: Actor, id: ArticleId, language: str) -> Article:
    """A draft in another language that holds the original's text, for a person to translate. Raises NotFound, and Refused (400), (403), (409)."""
    original = await _original(world, by, id, language)
    return await _insert(world, by, original, replace(Fields.of(original), language=language, slug="", url=None), machine=False)


async def _original(world: World, by: Actor, id: ArticleId, language: str) -> Article:
    require(by, Verb.WRITE_KNOWLEDGE)
    original, made = await family(world, by.org, id)
    if original.source != authoring.EDITOR:
        raise Refused("This article comes from a source, and its translations do too. Duplicate it to translate a version of your own.", status=409, code="read_only")
    if language not in await languages_of(world, by.org):
        raise Refused("Your organisation does not speak this language. Add it in the settings first.")
    if language in (original.language, *(one.language for one in made)):
        raise Refused("There is an article in this language already.", status=409, code="conflict")
    return original


async def _insert(world: World, by: Actor, original: Article, fields: Fields, *, machine: bool) -> Article:
    async with world.store.tx(by.org) as tx:
        new = ArticleId(new_id())
        made = await articles.insert(
            tx, by.org, id=new, source=authoring.EDITOR, path=str(new), topic=original.topic, translation_of=original.id, translated_from=original.version, machine=machine,
            **fields.values(),
        )
        await pictures.note_uses(tx, by.org, new, made.body, live=False)
        await vault.audit(tx, by, "knowledge.translate", "article", new, {"title": fields.title, "language": fields.language, "machine": machine})
    return made


async def translate(world: World, by: Actor, id: ArticleId, language: str) -> Article:
    """The language model's translation as a draft, or in the working copy of one that it made before. Nothing is published.

    Raises NotFound, and Refused (400), (403), (409) for a translation that a person has edited, or when the model does not answer usably.
    """
    require(by, Verb.WRITE_KNOWLEDGE)
    original, made = await family(world, by.org, id)
    known = next((one for one in made if one.language == language), None)
    if known is None:
        await _original(world, by, id, language)
    elif not known.machine:
        raise Refused("A person has edited this translation, so no machine overwrites it. See what changed in the original, and bring it up to date by hand.", status=409, code="edited")
    model = await _model(world, by)
    fields = await _translated(model, by.org, original, language)
    if known is None:
        return await _insert(world, by, original, fields, machine=True)
    await authoring.edit(world, by.org, known.id, replace(fields, slug=known.slug, audience=known.audience, segments=known.segments), token=None, machine=True, by=by)
    async with world.store.tx(by.org) as tx:
        await articles.set_translated(tx, by.org, known.id, original.version)
        return await articles.load(tx, by.org, known.id)


async def _model(world: World, by: Actor) -> Llm:
    await world.switches.admit(by.org, "writing")
    model = await model_for(world, by.org, (await house.organization(world, by.org)).settings, Use.TRANSLATE)
    if model is None:
        raise Refused("No language model is set, so nothing can be translated by a machine. Set one in Settings › Language model, or translate by hand.", status=409, code="no_model")
    return model


async def _translated(model: Llm, org: OrgId, original: Article, language: str) -> Fields:
    if len(original.body) > _MOST:
        raise Refused(f"This article is longer than {_MOST:,} characters, which is more than a machine translates at once. Make several of it.", status=413, code="too_large")
    task = _TASK.format(source=_NAMES.get(original.language, original.language), target=_NAMES.get(language, language))
    short = {name: getattr(original, name) for name in ("title", "description", "meta_title", "meta_description") if getattr(original, name)}
    told = await _short(model, org, task, short)
    parts = [await _part(model, org, task, part) for part in _parts(original.body)]
    return Fields(
        title=told["title"], body="\n\n".join(parts) + "\n", language=language, audience=original.audience, segments=original.segments, description=told.get("description", ""),
        meta_title=told.get("meta_title", ""), meta_description=told.get("meta_description", ""),
    )


def _parts(body: str) -> list[str]:
    """Cut between paragraphs, never inside a block of code."""
    parts: list[str] = []
    for block in re.split(r"\n{2,}(?![ \t])", body.strip()):
        inside = bool(parts) and len(re.findall(r"^[ \t]*(?:`{3,}|~{3,})", parts[-1], re.MULTILINE)) % 2 == 1
        if parts and (inside or len(parts[-1]) + len(block) < _PART):
            parts[-1] += f"\n\n{block}"
        else:
            parts.append(block)
    return [part for part in parts if part.strip()]


async def _short(model: Llm, org: OrgId, task: str, short: dict[str, str]) -> dict[str, str]:
    said = await _ask(model, org, f"{task} The text is JSON this time: answer with the same JSON and translated values.", json.dumps(short, ensure_ascii=False))
    try:
        told = json.loads(re.sub(r"^```(?:json)?\s*|\s*```$", "", said.strip()))
    except ValueError:
        told = None
    if not isinstance(told, dict) or not all(isinstance(told.get(name), str) and told[name].strip() for name in short):
        raise Refused("The language model did not translate the title usably. Nothing was saved; try again, or translate by hand.", status=409, code="model_failed")
    return {name: told[name] for name in short}


async def _part(model: Llm, org: OrgId, task: str, part: str) -> str:
    """Asked twice at most: a translation that has lost or made up a link is none."""
    for _ in range(2):
        said = (await _ask(model, org, task, part)).strip()
        if said and sorted(links.links(said)) == sorted(links.links(part)):
            return said
    raise Refused("The language model changed links of this article, so nothing was saved. Translate it by hand, or try another model.", status=409, code="model_failed")


async def _ask(model: Llm, org: OrgId, task: str, text: str) -> str:
    messages = (PromptMessage(role="system", content=task), PromptMessage(role="user", content=text))
    try:
        reply = await model.complete(Prompt(messages=messages, tokens=(len(task) + len(text)) // 4, longest=2_000), org=org, session=None, purpose="writing")
    except ModelFailed as failure:
        raise Refused(f"The language model did not help: {failure} Nothing was saved.", status=409, code="model_failed") from None
    return reply.text


async def changed_since(world: World, org: OrgId, id: ArticleId) -> tuple[Fields, Fields] | None:
    """The original as it was translated and as it is published now; None where nothing has changed, or nobody knows."""
    async with world.store.tx(org) as tx:
        found = await articles.load(tx, org, id)
        if not found.translation_of:
            return None
        original = await articles.load(tx, org, found.translation_of)
    if not found.translated_from or found.translated_from >= original.version:
        return None
    try:
        before = (await history.version(world, org, original.id, found.translated_from)).fields
    except NotFound:
        return None
    now = Fields.of(original)
    return None if before == now else (before, now)


async def up_to_date(world: World, by: Actor, id: ArticleId) -> None:
    """A person says that a translation holds what the original says now. Raises NotFound, and Refused (403)."""
    require(by, Verb.WRITE_KNOWLEDGE)
    original, _ = await family(world, by.org, id)
    async with world.store.tx(by.org) as tx:
        found = await articles.load(tx, by.org, id)
        await articles.set_translated(tx, by.org, id, original.version)
        await vault.audit(tx, by, "knowledge.translate", "article", id, {"title": found.title, "language": found.language, "machine": False})


def language_name(code: str) -> str:
    """A language in English."""
    return _NAMES.get(code, code)
