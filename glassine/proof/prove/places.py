"""Where a proof looks, one function a place: what was caught, what others may see, tables, files, exports. Each says what it could not check."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glassine.edge.gate import Crossing
from glassine.proof.prove.door import Door, Unexpected
from glassine.proof.prove.search import Search
from glassine.proof.prove.stage import Stage
from glassine.store import whole
from glassine.story.boundary import crossings
from glassine.story.world import World
from glassine.words.errors import Misconfigured
from glassine.words.ids import OrgId

TABLES, FILES, WAL, PAGES_OF_WAL, TEMPORARY, SERVER_LOG = (
    "tables, through SQL", "database files", "write-ahead log", "write-ahead log, page images unpacked", "database's temporary files", "database's log and statistics",
)
HOME, LOG, SCRATCH, BACKUP = "home folder", "the product's log", "the product's temporary files", "backup, decoded"
MODEL, WEBHOOKS, DESK, ACTIONS, RERANKER = "caught: language model", "caught: webhooks", "caught: helpdesk", "caught: calls of an action", "caught: reranker"
OTHERS, MAIL, NOTICES, STREAM = "caught: anything else", "caught: mail", "live notices (NOTIFY)", "live stream of the inbox"
VIEWER, NARROW, OPEN_PAGES, ADMIN, LEDGER = (
    "inbox as a viewer sees it", "API without contacts", "health, metrics and descriptions", "settings, audit log and data map as an admin sees them", "ledger, exported",
)
HOLD_MARKERS = (TABLES, FILES, WAL, BACKUP, MODEL, WEBHOOKS, DESK, RERANKER, VIEWER, NARROW)  # what is not personal is stored in the clear, and must be found there

_SEEN = 150  # sessions of each organisation that are looked at as other roles see them
_OPEN = ("/health", "/metrics", "/api/openapi.json", "/sign-in", "/favicon.ico", "/api/signing-key", "/api/metrics")
_SETTINGS = ("/settings/audit", "/settings/data-map", "/settings/privacy", "/settings/patterns", "/settings/model", "/settings/people", "/settings/keys", "/settings/webhooks")
_WHAT_EACH_MAY_SEE = (
    "what shows values to those who may see them: the customer's own view, the contacts API with its scope, a reveal by the team, an export for an access request",
    "names and addresses that a model makes up: they are nobody's that the product knows", "memory, swap and core dumps of the machine", "backups, replicas and logs that are kept elsewhere",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the operator can reach of the system. Of what is None, the report says that it was not checked."""

    home: Path
    url: str  # the database as its owner …
    all_rows_url: str  # … and as somebody who sees past row-level security, if there is one
    database: Path | None  # the folder that holds the server's data folder and log
    log: Path  # of the process that the proof starts
    logs: tuple[Path, ...]  # of others, as the operator names them
    scratch: Path  # the temporary folder of that process
    backup: Callable[[], Iterator[bytes]]  # raises Misconfigured
    page_images: Callable[[str, str], Iterator[bytes]] | None  # of the write-ahead log between two positions
    oldest_wal: Callable[[], str] | None  # the first position that the server still keeps


@dataclass(slots=True, kw_only=True)
class Caught:
    """Bytes that came while the product ran, to be looked through afterwards."""

    seen: list[tuple[str, str, bytes]] = field(default_factory=list)  # place, where, what
    not_checked: list[str] = field(default_factory=list)


async def as_others_see_it(caught: Caught, door: Door, stage: Stage, sessions: Sequence[str]) -> None:
    """Pages of a viewer, the API with a key that may not read contacts, and what needs no key at all."""
    for path in ("/inbox", "/inbox?view=closed", "/inbox?view=autopilot", "/knowledge"):
        caught.seen.append((VIEWER, path, await door.page(stage.viewer, path)))
    caught.seen.append((NARROW, "the list of sessions", await _narrow(door, stage, "/chat/sessions?limit=100")))
    seen = sessions[:: max(1, len(sessions) // _SEEN)][:_SEEN]
    if len(seen) < len(sessions):
        caught.not_checked.append(f"pages and API answers of {len(sessions) - len(seen):,} of {len(sessions):,} sessions as other roles see them: every {len(sessions) // len(seen)}th was looked at")
    for id in seen:
        caught.seen.append((VIEWER, "a session", await door.page(stage.viewer, f"/inbox/sessions/{id}")))
        for path, name in ((f"/chat/sessions/{id}", "a session"), (f"/chat/sessions/{id}/history", "a history"), (f"/chat/sessions/{id}/inspect", "an inspection")):
            caught.seen.append((NARROW, name, await _narrow(door, stage, path)))
    for path in _OPEN:
        caught.seen.append((OPEN_PAGES, path, (await door.ask("GET", path, expect=(200, 302, 401, 403, 404))).body))
    for path in _SETTINGS:
        caught.seen.append((ADMIN, path, await door.page(stage.admin, path)))
    caught.seen.append((ADMIN, "/api/data-map", (await door.ask("GET", "/api/data-map", headers={"Authorization": f"Bearer {stage.api_key}"})).body))


async def _narrow(door: Door, stage: Stage, path: str) -> bytes:
    return (await door.ask("GET", f"/api{path}", headers={"Authorization": f"Bearer {stage.narrow_key}"}, expect=(200, 403))).body


async def ledger(caught: Caught, world: World, stage: Stage) -> None:
    """The ledger as it is handed to whoever wants to verify it."""
    lines = [line.encode() async for line in crossings.export(world, stage.org)]
    caught.seen.append((LEDGER, "an export", b"\n".join(lines)))


async def listen(caught: Caught, door: Door, stage: Stage) -> None:
    """The inbox's live stream as a viewer hears it, until it is cancelled."""
    crossing = Crossing(org=stage.org, purpose="prove", hosts=(door.host,), raw=True)
    headers = {"Cookie": f"glassine_session={stage.viewer}"}
    async with door.gate.stream(crossing, "GET", f"{door.url}/inbox/stream", headers=headers, timeout=86_400, max_bytes=1 << 30) as stream:
        async for chunk in stream.chunks:
            caught.seen.append((STREAM, "one notice after the other", chunk))


def tables(search: Search, url: str, orgs: Sequence[OrgId]) -> None:
    """Every column of every row that this role may see."""
    with whole.opened(url) as database:
        if not database.everything:
            search.not_checked.append("rows of other organisations in the tables: the database's role does not see past row-level security")
        for table in database.tables():
            for theirs in (True, False):
                _table(search, database, table, orgs, theirs=theirs)


def _table(search: Search, database: whole.Whole, table: whole.Table, orgs: Sequence[OrgId], *, theirs: bool) -> None:
    name = table.name if table.schema == "public" else f"{table.schema}.{table.name}"
    others = ", rows of others" if table.owner and not theirs else ""
    for seen_as, group in _views(database, orgs, theirs=theirs):
        database.seen_as(seen_as)
        if search.look(TABLES, name + others, database.rows(table, group, theirs=theirs), ours=theirs):
            search.forget(TABLES, name + others)
            for column in table.columns:
                search.look_closer(TABLES, f"{name}.{column}{others}", database.rows(table, group, theirs=theirs, columns=(column,)), ours=theirs)


def _views(database: whole.Whole, orgs: Sequence[OrgId], *, theirs: bool) -> list[tuple[OrgId | None, Sequence[OrgId]]]:
    """As whom to look, and at whose rows: behind row-level security at one organisation after the other."""
    if theirs and not database.everything:
        return [(org, [org]) for org in orgs]
    return [(None, orgs)] if orgs or not theirs else []


def files(search: Search, machine: Machine, since: float, positions: tuple[str, str], written_out: bool) -> None:
    """The server's files, and the home folder's."""
    if machine.database is None:
        search.not_checked.append("files of the database: it runs elsewhere, or they may not be read (data files, write-ahead log, temporary files, log)")
    else:
        if not written_out:
            search.not_checked.append("what the database had not yet written to its files: the role may not make a checkpoint")
        older = search.folder(machine.database, since, _kind_of_file)
        search.not_checked.append(f"{older:,} files of the database that were not written since the proof began, and so cannot hold what it sent")
    if machine.page_images is None or machine.oldest_wal is None:
        search.not_checked.append("page images in the write-ahead log, which are compressed: PostgreSQL's pg_waldump, or the log, is not at hand")
    else:
        kept, (first, last) = machine.oldest_wal(), positions
        if _place(kept) > _place(first):  # a long proof writes more than the server keeps
            search.not_checked.append(f"the write-ahead log from {first} to {kept}, whose files the server has used again")
            first = kept
        try:
            search.look(PAGES_OF_WAL, f"from {first} to {last}", machine.page_images(first, last))
        except Misconfigured as problem:
            search.not_checked.append(f"page images in the write-ahead log, which are compressed: {problem}")
    inside = {path.resolve() for path in (machine.database,) if path}
    search.folder(machine.home, since, lambda within: None if _below(machine.home / within, inside) else HOME)


def _place(position: str) -> tuple[int, int]:
    """PostgreSQL's position in the log, in an order."""
    high, low = position.split("/")
    return int(high, 16), int(low, 16)


def _below(path: Path, folders: set[Path]) -> bool:
    return any(folder in path.resolve().parents for folder in folders)


def _kind_of_file(within: str) -> str | None:
    if "pg_wal/" in within:
        return WAL
    if "pgsql_tmp" in within:
        return TEMPORARY
    if within.startswith(("data/base/", "data/global/", "data/pg_tblspc/", "base/", "global/", "pg_tblspc/")):
        return FILES
    return None if within.endswith("passwords") or within.startswith("programs-") else SERVER_LOG


def logs(search: Search, machine: Machine) -> None:
    search.file(LOG, "of the process that the proof started", machine.log)
    for path in machine.logs:
        search.file(LOG, path.name, path)
    if not machine.logs:
        search.not_checked.append("the log of processes that ran before the proof: name its file with --log")
    search.folder(machine.scratch, 0, lambda _: SCRATCH)


def backup(search: Search, machine: Machine) -> None:
    """A backup, as it would be restored."""
    try:
        search.look(BACKUP, "a backup", machine.backup())
    except Misconfigured as problem:
        search.not_checked.append(f"a backup: {str(problem).splitlines()[0]}")


# The boundaries that the gate guards: where what left by each is caught, or why nothing of a customer's can leave there.
CAUGHT_AT = {"model": MODEL, "webhook": WEBHOOKS, "helpdesk": DESK, "action": ACTIONS, "rerank": RERANKER, "mail": MAIL}
NOTHING_TO_CATCH = {
    "source": "requests with the organisation's own key and addresses", "writing": "articles of the organisation", "link-check": "addresses that articles name",
    "action-spec": "an address that the team types", "anchor": "a hash and a number", "customer-mail": "a code to the address that the organisation gave",
    "what-if": "prompts that are stored, and are looked through in the tables",
}


def always_unchecked(search: Search) -> None:
    search.not_checked.extend(_WHAT_EACH_MAY_SEE)
    search.not_checked.append("boundaries at which nothing of a customer's leaves: " + "; ".join(f"{name} ({why})" for name, why in NOTHING_TO_CATCH.items()))


async def answers_for(door: Door, stage: Stage) -> bool:
    """Whether a system that runs at this address serves the same database: only then does it know the organisation's token."""
    try:
        said = await asyncio.wait_for(door.widget(stage.widget_token, "", "GET", "/config"), 5)
    except (ConnectionError, TimeoutError, Unexpected, OSError):
        return False
    return bool(said.get("org", {}).get("id") == str(stage.org))


async def has_a_model_of_its_own(door: Door, stage: Stage) -> bool:
    """Whether a system asks a language model even for an organisation that has set none."""
    session = str((await door.api(stage.api_key, "POST", "/chat/sessions", {}))["id"])
    await door.api(stage.api_key, "POST", f"/chat/sessions/{session}/send", {"message": {"text": "How long can I return a lamp?"}})
    turns = (await door.api(stage.api_key, "GET", f"/chat/sessions/{session}/inspect"))["turns"]
    return any(turn.get("prompt") for turn in turns)


def caught(search: Search, what: Caught) -> None:
    """What `as_others_see_it` and `listen` brought. Pieces of one thing are joined, or a value would be cut in two."""
    search.not_checked.extend(what.not_checked)
    stream = [piece for place, _, piece in what.seen if place == STREAM]
    search.look(STREAM, "one notice after the other", stream, ours=True)
    for place, where, piece in what.seen:
        if place != STREAM:
            search.look(place, where, [piece], ours=place != OPEN_PAGES)
