"""Help sites in the store: how an organisation's help centre looks, where it is, and whether its articles helped. It shows nothing to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, count, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId, new_id

_SQL = Statements(__file__)


async def load(tx: Tx, org: OrgId) -> DictRow:
    """The organisation with its site; the site's columns are null where nothing was ever set. Raises NotFound."""
    row = await one(tx, _SQL.load, {"org": org})
    if row is None:
        raise NotFound("This organisation does not exist.")
    return row


async def change(tx: Tx, org: OrgId, fields: Mapping[str, Any]) -> None:
    links = {name: Jsonb(fields[name]) for name in ("header_links", "footer_links")}
    await tx.execute(_SQL.change, {**fields, **links, "org": org})


async def set_logo(tx: Tx, org: OrgId, logo: bytes | None, media_type: str, digest: str) -> None:
    await tx.execute(_SQL.set_logo, {"org": org, "logo": logo, "type": media_type, "digest": digest})


async def logo(tx: Tx, org: OrgId) -> DictRow | None:
    return await one(tx, _SQL.logo, {"org": org})


async def claim(tx: Tx, address: str) -> None:
    """Until this transaction ends, nobody else who asks for the same address goes on."""
    await tx.execute(_SQL.claim, {"address": address})


async def vote(tx: Tx, org: OrgId, article: ArticleId, *, helpful: bool, comment: str, visitor: bytes) -> None:
    """The same visitor's second vote on an article within a day takes the place of the first."""
    await tx.execute(_SQL.forget_visitors_of_votes, {"org": org})
    await tx.execute(_SQL.vote, {"org": org, "id": new_id(), "article": article, "helpful": helpful, "comment": comment, "visitor": visitor})


async def forget_comments(tx: Tx, org: OrgId, before: datetime) -> int:
    """What readers wrote before then; their votes still count."""
    return await count(tx, _SQL.forget_comments, {"org": org, "before": before})


async def votes(tx: Tx, org: OrgId, article: ArticleId) -> tuple[int, int]:
    """How many found it helpful, and how many did not."""
    row = await one(tx, _SQL.votes, {"org": org, "article": article})
    return (row["helpful"], row["unhelpful"]) if row else (0, 0)


async def comments(tx: Tx, org: OrgId, article: ArticleId, limit: int) -> list[DictRow]:
    """What readers wrote, masked, newest first."""
    return await rows(tx, _SQL.comments, {"org": org, "article": article, "limit": limit})


async def popularity(tx: Tx, org: OrgId, since: datetime) -> dict[UUID, int]:
    """Helpful votes less unhelpful ones, by article."""
    return {row["article_id"]: row["votes"] for row in await rows(tx, _SQL.popularity, {"org": org, "since": since})}
