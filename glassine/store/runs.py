"""Runs over sources in the store, the pages they named, and how long changes took. What a run does is told in story/sources/syncing.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.errors import NotFound
from glassine.words.ids import ArticleId, OrgId, RunId, SourceId, new_id
from glassine.words.sources import RunOutcome
from glassine.words.syncing import Delay, Leaving, Page, PageState, Run

_SQL = Statements(__file__)


class Known(NamedTuple):
    """What is known of a page when a run begins. `published` is false also for what people have taken out of answers."""

    path: str
    part_of: str
    article: ArticleId | None
    digest: str
    published: bool
    marker: str
    state: PageState
    reason: str
    by_hand: bool
    withdrawn: bool


class Counted(NamedTuple):
    """How far a run is."""

    counts: Mapping[str, int]
    done: int
    total: int | None

    def sent(self) -> dict[str, Any]:
        return {"counts": Jsonb(dict(self.counts)), "done": self.done, "total": self.total}


async def open_run(tx: Tx, org: OrgId, source: SourceId, *, by: str, only: Sequence[str] = ()) -> RunId | None:
    """None while another one waits or runs."""
    row = await one(tx, _SQL.open, {"org": org, "id": new_id(), "source": source, "by": by, "asked": list(only)})
    return RunId(row["id"]) if row else None


async def begin(tx: Tx, org: OrgId, id: RunId) -> Run | None:
    """None when it has ended meanwhile."""
    row = await one(tx, _SQL.begin, {"org": org, "id": id})
    return _run(row) if row else None


async def progress(tx: Tx, org: OrgId, id: RunId, at: Counted) -> bool:
    """Writes how far it is, and returns whether somebody wants it to stop, or it is gone."""
    row = await one(tx, _SQL.progress, {"org": org, "id": id, **at.sent()})
    return row is None or bool(row["stop"])


async def checkpoint(tx: Tx, org: OrgId, id: RunId, at: Counted, cursor: Mapping[str, Any]) -> None:
    """Everything up to `cursor` is done."""
    await tx.execute(_SQL.checkpoint, {"org": org, "id": id, "cursor": Jsonb(dict(cursor)), **at.sent()})


async def end(tx: Tx, org: OrgId, id: RunId, at: Counted, outcome: RunOutcome, *, trouble: str = "", reason: str = "") -> None:
    await tx.execute(_SQL.end, {"org": org, "id": id, "outcome": outcome, "trouble": trouble, "reason": reason, **at.sent()})


async def failures(tx: Tx, org: OrgId, source: SourceId) -> int:
    """How many runs in a row have failed by now; more than twenty are not counted."""
    row = await one(tx, _SQL.failures, {"org": org, "source": source})
    return int(row["n"]) if row else 0


async def settle(tx: Tx, org: OrgId, source: SourceId, reason: str) -> None:
    """Runs that waited for a person wait no more."""
    await tx.execute(_SQL.settle, {"org": org, "source": source, "reason": reason})


async def stop(tx: Tx, org: OrgId, source: SourceId) -> RunId | None:
    row = await one(tx, _SQL.stop, {"org": org, "source": source})
    return RunId(row["id"]) if row else None


async def load(tx: Tx, org: OrgId, id: RunId) -> Run:
    """Raises NotFound."""
    row = await one(tx, _SQL.load, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such run.")
    return _run(row)


async def under_way(tx: Tx, org: OrgId, source: SourceId) -> RunId | None:
    """The one that waits or runs."""
    row = await one(tx, _SQL.under_way, {"org": org, "source": source})
    return RunId(row["id"]) if row else None


async def of_source(tx: Tx, org: OrgId, source: SourceId, limit: int = 20) -> list[Run]:
    """Newest first."""
    return [_run(row) for row in await rows(tx, _SQL.of_source, {"org": org, "source": source, "limit": limit})]


async def newest(tx: Tx, org: OrgId) -> dict[SourceId, Run]:
    """The newest of each source."""
    return {SourceId(row["source_id"]): _run(row) for row in await rows(tx, _SQL.newest, {"org": org})}


async def forget(tx: Tx, org: OrgId, source: SourceId, *, delays_before: datetime) -> None:
    """Old runs, and delays that are not counted any more."""
    await tx.execute(_SQL.forget, {"org": org, "source": source})
    await tx.execute(_SQL.forget_delays, {"org": org, "source": source, "before": delays_before})


async def known(tx: Tx, org: OrgId, source: SourceId, key: str) -> dict[str, Known]:
    """Every page by its path."""
    await tx.execute(_SQL.adopt, {"org": org, "source": source, "key": key})
    found = await rows(tx, _SQL.known, {"org": org, "source": source})
    return {
        row["path"]: Known(
            row["path"], row["part_of"], row["article_id"], row["digest"] or "", row["published"], row["marker"], PageState(row["state"]), row["reason"], row["by_hand"], row["withdrawn"],
        )
        for row in found
    }


async def put_page(
    tx: Tx, org: OrgId, source: SourceId, run: RunId, *, path: str, part_of: str, state: PageState, article: ArticleId | None = None, title: str = "", url: str | None = None,
    marker: str = "", reason: str = "", updated_at: datetime | None = None, synced_at: datetime | None = None,
) -> None:
    await tx.execute(_SQL.put_page, {
        "org": org, "source": source, "run": run, "path": path, "part_of": part_of, "state": state, "article": article, "title": title, "url": url, "marker": marker,
        "reason": reason, "updated_at": updated_at, "synced_at": synced_at,
    })


async def named(tx: Tx, org: OrgId, source: SourceId, run: RunId, paths: Sequence[str]) -> None:
    """These are still there."""
    await tx.execute(_SQL.named, {"org": org, "source": source, "run": run, "paths": list(paths)})


async def trouble(tx: Tx, org: OrgId, source: SourceId, run: RunId, path: str, reason: str, marker: str = "") -> bool:
    """It could not be read; what was known of it stays. False: nothing was known of it."""
    return bool(await rows(tx, _SQL.trouble, {"org": org, "source": source, "run": run, "path": path, "reason": reason, "marker": marker}))


async def unnamed(tx: Tx, org: OrgId, source: SourceId, run: RunId) -> dict[str, ArticleId | None]:
    """What is known and was not named by this run."""
    return {row["path"]: row["article_id"] for row in await rows(tx, _SQL.unnamed, {"org": org, "source": source, "run": run})}


async def names_any(tx: Tx, org: OrgId, source: SourceId, run: RunId) -> bool:
    """Whether this run has named a page."""
    row = await one(tx, _SQL.names, {"org": org, "source": source, "run": run})
    return bool(row and row["any"])


async def hold(tx: Tx, org: OrgId, source: SourceId, paths: Sequence[str]) -> None:
    await tx.execute(_SQL.hold, {"org": org, "source": source, "paths": list(paths)})


async def held(tx: Tx, org: OrgId, source: SourceId, limit: int = 100_000) -> list[DictRow]:
    """`path`, `article_id`, `title` and `url` of what waits for a person's word."""
    return await rows(tx, _SQL.held, {"org": org, "source": source, "limit": limit})


async def keep_held(tx: Tx, org: OrgId, source: SourceId) -> int:
    return len(await rows(tx, _SQL.keep_held, {"org": org, "source": source}))


async def withdraw(tx: Tx, org: OrgId, source: SourceId, paths: Sequence[str]) -> None:
    await tx.execute(_SQL.withdraw, {"org": org, "source": source, "paths": list(paths)})


async def withdrawn(tx: Tx, org: OrgId, source: SourceId) -> dict[str, ArticleId]:
    """What is out of answers for a while, and not by a person's wish."""
    return {row["path"]: row["article_id"] for row in await rows(tx, _SQL.withdrawn, {"org": org, "source": source})}


async def returned(tx: Tx, org: OrgId, source: SourceId, paths: Sequence[str]) -> None:
    await tx.execute(_SQL.returned, {"org": org, "source": source, "paths": list(paths)})


async def delete_pages(tx: Tx, org: OrgId, source: SourceId, paths: Sequence[str]) -> None:
    await tx.execute(_SQL.delete_pages, {"org": org, "source": source, "paths": list(paths)})


async def exclude(tx: Tx, org: OrgId, source: SourceId, paths: Sequence[str], *, on: bool, reason: str = "") -> dict[str, ArticleId | None]:
    """Marks pages (by their paths in the source) as excluded by a person, or as wanted again; returns what is known of them."""
    found = await rows(tx, _SQL.excluded, {"org": org, "source": source, "paths": list(paths), "on": on, "reason": reason})
    return {row["path"]: row["article_id"] for row in found}


async def again(tx: Tx, org: OrgId, source: SourceId, paths: Sequence[str]) -> list[str]:
    """To be read anew by the next run; returns those that are known and not excluded."""
    return list(dict.fromkeys(row["part_of"] for row in await rows(tx, _SQL.again, {"org": org, "source": source, "paths": list(paths)})))


async def left_over(tx: Tx, org: OrgId, source: SourceId, run: RunId) -> list[str]:
    return [row["part_of"] for row in await rows(tx, _SQL.left_over, {"org": org, "source": source, "run": run})]


class Pages(NamedTuple):
    pages: list[Page]
    total: int


async def pages(tx: Tx, org: OrgId, source: SourceId, *, state: str = "", contains: str = "", limit: int = 50, offset: int = 0) -> Pages:
    """By path. `state`: a PageState, or `leaving`."""
    found = await rows(tx, _SQL.page, {
        "org": org, "source": source, "state": state, "contains": contains.replace("\0", ""), "limit": limit, "offset": offset,
    })
    return Pages([_page(row) for row in found], found[0]["found"] if found else 0)


async def page(tx: Tx, org: OrgId, source: SourceId, path: str) -> Page:
    """Raises NotFound."""
    row = await one(tx, _SQL.one_page, {"org": org, "source": source, "path": path})
    if row is None:
        raise NotFound("This source has no such page.")
    return _page(row)


async def of_article(tx: Tx, org: OrgId, article: ArticleId) -> tuple[SourceId, Page] | None:
    """The page that an article was made of."""
    row = await one(tx, _SQL.of_article, {"org": org, "article": article})
    return (SourceId(row["source_id"]), _page(row)) if row else None


async def parts(tx: Tx, org: OrgId, source: SourceId, path: str) -> dict[str, ArticleId | None]:
    """What a page of the source became here, by path."""
    return {row["path"]: row["article_id"] for row in await rows(tx, _SQL.parts, {"org": org, "source": source, "path": path})}


async def states(tx: Tx, org: OrgId) -> dict[SourceId, dict[str, int]]:
    """How many pages of each source are synced, pending, in error, excluded, and held."""
    return {SourceId(row["source_id"]): {name: row[name] for name in ("synced", "pending", "error", "excluded", "held")} for row in await rows(tx, _SQL.states, {"org": org})}


async def put_delay(tx: Tx, org: OrgId, source: SourceId, path: str, changed_at: datetime, seconds: float) -> None:
    await tx.execute(_SQL.put_delay, {"org": org, "id": new_id(), "source": source, "path": path, "changed_at": changed_at, "seconds": seconds})


async def delays(tx: Tx, org: OrgId, since: datetime, *, canary: bool = False) -> dict[UUID, Delay]:
    """By source; `canary`: of its canary page alone."""
    return {row["source_id"]: Delay(row["p50"], row["p95"], row["changes"]) for row in await rows(tx, _SQL.delays, {"org": org, "since": since, "canary": canary})}


def _run(row: DictRow) -> Run:
    return Run(
        id=RunId(row["id"]), source=SourceId(row["source_id"]), by=row["by"], outcome=RunOutcome(row["outcome"]), made_at=row["made_at"], started_at=row["started_at"],
        ended_at=row["ended_at"], trouble=row["trouble"], reason=row["reason"], counts=row["counts"], done=row["done"], total=row["total"], cursor=row["cursor"],
        only=tuple(row["asked"]),
    )


def _page(row: DictRow) -> Page:
    return Page(
        path=row["path"], part_of=row["part_of"], article=row["article_id"], title=row["title"], url=row["url"], marker=row["marker"], state=PageState(row["state"]),
        by_hand=row["by_hand"], reason=row["reason"], leaving=Leaving(row["leaving"]), updated_at=row["updated_at"], synced_at=row["synced_at"],
    )
