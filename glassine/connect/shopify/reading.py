"""A run over a shop: a cheap list of everything tells what is there and what changed, and only that is read. It stores nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from glassine.connect.shopify import queries, writing
from glassine.connect.shopify.api import Json, Shopify, TooCostly, connection
from glassine.words.knowledge import Audience
from glassine.words.sources import Asked, Complete, Failed, Gone, Item, Link, Progress, Skipped, SourceFailed, Told, Trouble, Unchanged

KINDS = ("products", "pages", "articles", "collections")  # what has a list; policies are few and come whole

_FORM = 1  # of the text that is made: another one reads everything again
_MOST_VARIANTS = 2_048  # of one product, as many as Shopify has
_FRESH, _DOUBTED = timedelta(seconds=2), timedelta(hours=1)  # what changed so shortly before the newest change may change again within Shopify's second


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the admin chose."""

    kinds: frozenset[str]  # of KINDS, and `policies`
    hidden: bool = True  # whether drafts and what is not in the online store are read, for the team
    languages: bool = False
    metafields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What holds for everything in it."""

    url: str
    currency: str
    open: bool  # whether its storefront asks for no password
    primary: str | None = None
    locales: tuple[str, ...] = ()  # further ones that readers see


@dataclass(frozen=True, slots=True)
class State:
    """One thing as the list names it."""

    id: str
    published: bool = False  # in the online store
    shown: bool = False  # to everybody there
    why: str = ""  # it is not
    updated: str = ""
    url: str = ""


@dataclass(slots=True)
class Run:
    link: Link
    shopify: Shopify
    wishes: Wishes
    asked: Asked
    shop: Shop = field(default_factory=lambda: Shop(url="", currency="", open=False))
    _newest: datetime | None = None
    _known: dict[str, list[str]] = field(default_factory=dict)  # paths by the one of their first language

    async def tell(self) -> AsyncIterator[Told]:
        """Everything, and at the end that it was everything: what was not named is gone. Or only what was asked for."""
        self.shop = await shop(self.shopify, self.wishes)
        for path in self.asked.markers:
            self._known.setdefault("/".join(path.split("/")[:2]), []).append(path)
        listed = {kind: [state async for state in self._listed(kind)] for kind in KINDS if kind in self.wishes.kinds}
        self._newest = max(filter(None, (_moment(state.updated) for states in listed.values() for state in states)), default=None)
        done, total = 0, sum(map(len, listed.values()))
        for kind, states in listed.items():
            for batch in self._batches(kind, states):
                async for told in self._batch(kind, batch):
                    yield told
                done += len(batch)
                yield Progress(done=done, total=total)
        if "policies" in self.wishes.kinds:
            async for told in self._policies():
                yield told
        yield Complete(marker={"at": self.link.now.isoformat()}, everything=not self.asked.only)

    async def _listed(self, kind: str) -> AsyncIterator[State]:
        published = None
        if kind == "collections":  # which do not say themselves whether they are
            published = {str(node.get("id")) async for nodes in self.shopify.entries(queries.LISTS[kind], kind, which="published_status:published") for node in nodes}
        if self.asked.only:
            for number in sorted({path.split("/")[1] for path in self.asked.only if path.startswith(f"{kind}/")}):
                yield State(number, published=published is not None and queries.gid(kind, number) in published)
            return
        async for nodes in self.shopify.entries(queries.LISTS[kind], kind, **({"which": None} if kind == "collections" else {})):
            for node in nodes:
                yield self._state(kind, node, published is not None and str(node.get("id")) in published)

    def _state(self, kind: str, node: Json, published: bool) -> State:
        """`published` counts for collections only."""
        url = str(node.get("onlineStoreUrl") or "")
        if kind == "products":
            status = str(node.get("status") or "").lower()
            why = f"is {status}" if status != "active" else "is not in the online store" if not url else ""
        else:
            why = "" if (published if kind == "collections" else node.get("isPublished") is True) else "is not published"
        shut = "" if self.shop.open else "stands behind the storefront's password"
        return State(_number(node), not why, not (why or shut), why or shut, str(node.get("updatedAt") or ""), url)

    def _batches(self, kind: str, states: Sequence[State]) -> Iterator[Sequence[State]]:
        """What was not changed goes together with what was: it costs nothing."""
        batch: list[State] = []
        changed = 0
        for state in states:
            batch.append(state)
            changed += bool(self.asked.only) or (self._wanted(state) and not self._is_known(kind, state))
            if changed >= queries.AT_ONCE[kind] or len(batch) >= 250:
                yield batch
                batch, changed = [], 0
        if batch:
            yield batch

    async def _batch(self, kind: str, batch: Sequence[State]) -> AsyncIterator[Told]:
        changed: list[State] = []
        for state in batch:
            path = f"{kind}/{state.id}"
            if self.asked.only:
                changed.append(state)
            elif not self._wanted(state):
                yield Skipped(path=path, reason=state.why)
            elif self._is_known(kind, state):
                for known in self._known[path]:
                    yield Unchanged(path=known)
            else:
                changed.append(state)
        async for told in self._texts(kind, changed):
            yield told

    async def _texts(self, kind: str, states: Sequence[State]) -> AsyncIterator[Told]:
        """Reads what changed. A thing that is gone by now is told to be; a query that is too large for Shopify is asked in halves."""
        if not states:
            return
        query = queries.texts(kind, self.shop.locales, self.wishes.metafields)
        try:
            found = (await self.shopify.ask(query, ids=[queries.gid(kind, state.id) for state in states])).get("nodes")
        except (TooCostly, SourceFailed) as failure:
            if isinstance(failure, SourceFailed) and failure.trouble is not Trouble.LARGE:
                raise
            if len(states) == 1:
                yield Failed(path=f"{kind}/{states[0].id}", reason="This is more than Shopify tells, or Glassine reads, at once. Choose fewer languages or metafields.")
                return
            for half in (states[: len(states) // 2], states[len(states) // 2 :]):
                async for told in self._texts(kind, half):
                    yield told
            return
        if not isinstance(found, list) or len(found) != len(states):
            raise SourceFailed(Trouble.MALFORMED, "Shopify answered with another number of entries than were asked for. Try again later.")
        for state, node in zip(states, found, strict=True):
            try:
                told_of = await self._node(kind, state, node)
            except (KeyError, TypeError, AttributeError, ValueError):
                told_of = [Failed(path=f"{kind}/{state.id}", reason="Shopify described this in a form that its documentation does not know.")]
            for told in told_of:
                yield told

    async def _node(self, kind: str, listed: State, node: Json | None) -> list[Told]:
        """One thing in all its languages, as it is by now. Its own comes last: a run that breaks off before it reads the others again."""
        path = f"{kind}/{listed.id}"
        if not node:
            return [Gone(path=known, reason="It was deleted in Shopify.") for known in self._known.get(path, [path])]
        state = self._state(kind, node, listed.published)
        if not self._wanted(state):
            return [Skipped(path=path, reason=state.why)]
        variants = await self._variants(node) if kind == "products" else []
        told: list[Told] = []
        for place, locale in [*enumerate(self.shop.locales), (None, self.shop.primary)]:
            words = writing.translated(node, place)
            if place is not None and not words:
                continue
            told.append(self._item(kind, path if place is None else f"{path}/{locale}", state, node, words, variants, locale if place is not None else None))
        return told

    def _item(self, kind: str, path: str, state: State, node: Json, words: Mapping[str, str], variants: Sequence[Json], locale: str | None) -> Told:
        content, media_type = writing.body(kind, node, words, variants, self.shop.currency, self.wishes.metafields)
        if not re.sub(rb"<[^>]*>|&nbsp;|\s", b"", content):
            return Skipped(path=path, reason="has no text")
        title = words.get("title") or str(node.get("title") or "")
        trail = (str((node.get("blog") or {}).get("title") or ""),) if kind == "articles" else ()
        return Item(
            path=path, title=title or "Untitled", content=content, media_type=media_type, url=self._url(kind, state, node, words, locale),
            language=_language(locale or self.shop.primary), audience=Audience.PUBLIC if state.shown else Audience.INTERNAL, marker=self._settled(kind, state),
            updated_at=_moment(state.updated), trail=tuple(filter(None, trail)),
        )

    async def _variants(self, node: Json) -> list[Json]:
        variants, info = connection(node.get("variants"))
        variants = list(variants)
        while info.get("hasNextPage") and info.get("endCursor") and len(variants) < _MOST_VARIANTS:
            data = await self.shopify.ask(queries.MORE_VARIANTS, id=node["id"], after=info["endCursor"])
            more, info = connection((data.get("product") or {}).get("variants"))
            variants += more
        return variants

    def _url(self, kind: str, state: State, node: Json, words: Mapping[str, str], locale: str | None) -> str | None:
        """Where readers find it; None where they do not."""
        if not state.shown:
            return None
        handle = words.get("handle") or str(node.get("handle") or "")
        place = {"products": "products", "pages": "pages", "collections": "collections", "articles": f"blogs/{(node.get('blog') or {}).get('handle')}"}[kind]
        if kind == "products" and locale is None:
            return state.url
        return "/".join(filter(None, [self.shop.url, locale.lower() if locale else "", place, handle]))

    async def _policies(self) -> AsyncIterator[Told]:
        if self.asked.only and not any(path.startswith("policies/") for path in self.asked.only):
            return
        try:
            found = (await self.shopify.ask(queries.policies(self.shop.locales))).get("shop") or {}
        except TooCostly:
            for path in (path for path in self.asked.markers if path.startswith("policies/")):
                yield Failed(path=path, reason="Shopify refuses to tell so much at once. Choose fewer languages.")
            return
        for node in found.get("shopPolicies") or []:
            path = f"policies/{str(node.get('type') or '').lower().replace('_', '-')}"
            for place, locale in [(None, self.shop.primary), *enumerate(self.shop.locales)]:
                words = writing.translated(node, place)
                if place is None or words:
                    yield self._policy(path if place is None else f"{path}/{locale}", node, words, str(locale or ""))

    def _policy(self, path: str, node: Json, words: Mapping[str, str], locale: str) -> Told:
        content, media_type = writing.body("policies", node, words, (), "", ())
        if not re.sub(rb"<[^>]*>|&nbsp;|\s", b"", content):
            return Skipped(path=path, reason="has no text")
        marker = _digest([_FORM, content.decode(), node.get("title"), node.get("url"), self.shop.open])
        if self.asked.markers.get(path) == marker and path not in self.asked.only:
            return Unchanged(path=path)
        return Item(
            path=path, title=words.get("title") or str(node.get("title") or ""), content=content, media_type=media_type, url=str(node.get("url") or "") or None,
            language=_language(locale), audience=Audience.PUBLIC if self.shop.open else Audience.INTERNAL, marker=marker, updated_at=_moment(str(node.get("updatedAt") or "")),
        )

    def _wanted(self, state: State) -> bool:
        return state.shown or self.wishes.hidden

    def _is_known(self, kind: str, state: State) -> bool:
        path = f"{kind}/{state.id}"
        return self.asked.markers.get(path) == self._marker(kind, state)

    def _marker(self, kind: str, state: State) -> str:
        """Shopify's time, and a digest of what else the text is made of. Translations and metafields may change without it, so those are read again each day."""
        told = [_FORM, state.shown, state.url, self.shop.url, self.shop.currency, self.shop.primary, self.shop.locales, self.wishes.metafields]
        daily = f" {self.link.now:%Y-%m-%d}" if self.shop.locales or (kind == "products" and self.wishes.metafields) else ""
        return f"{state.updated} {_digest(told)}{daily}"

    def _settled(self, kind: str, state: State) -> str:
        updated, marker = _moment(state.updated), self._marker(kind, state)
        fresh = updated and (self._newest is None or updated >= self._newest - _FRESH) and abs(self.link.now - updated) < _DOUBTED
        return f"{marker} ~" if fresh else marker


async def shop(shopify: Shopify, wishes: Wishes) -> Shop:
    """What holds for all of a shop."""
    about = (await shopify.ask(queries.SHOP)).get("shop") or {}
    try:
        locked = ((await shopify.ask(queries.PASSWORD)).get("onlineStore") or {}).get("passwordProtection") or {}
    except SourceFailed as failure:
        if failure.trouble is not Trouble.FORBIDDEN:
            raise
        locked = {}  # who may not know whether it is open cannot say that everybody sees what is in it
    locales = [one for one in (await shopify.ask(queries.LOCALES)).get("shopLocales") or [] if one.get("published")] if wishes.languages else []
    return Shop(
        url=str((about.get("primaryDomain") or {}).get("url") or "").rstrip("/"), currency=str(about.get("currencyCode") or ""), open=locked.get("enabled") is False,
        primary=next((str(one["locale"]) for one in locales if one.get("primary")), None),
        locales=tuple(sorted(str(one["locale"]) for one in locales if not one.get("primary") and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", str(one["locale"])))),
    )


def _number(node: Json) -> str:
    return str(node.get("id")).rpartition("/")[2]


def _language(locale: str | None) -> str | None:
    return locale.partition("-")[0].lower() if locale else None


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:20]


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
