"""Reads what happened on a ticket from its audits: answers, notes, solving, merging and deleting. What Glassine itself wrote it leaves out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from glassine.connect.enclosures import GONE, had, parted
from glassine.connect.zendesk.account import Account, Json
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Deleted, Enclosed, Heard, Looked, MergedInto, Reopened, Replied, Solved, Unhad

_ENDED = frozenset({"solved", "closed"})
_NUMBER = re.compile(r"#(\d{1,18})")


async def look(account: Account, ticket: str, since: str, *, ours: str, requester: str) -> Looked:
    """Everything after the audit that `since` names. `requester`: whose words are no answer. Raises DeliveryFailed."""
    seen, _, cursor = since.partition(" ")
    newest, came_by, news = int(seen or 0), cursor, list[Json]()
    async for page, by in account.audits(ticket, cursor):
        if page is None:
            return await _gone(account, ticket, since)
        came_by = by
        news += [one for one in page if int(one.get("id") or 0) > newest and not ((one.get("metadata") or {}).get("custom") or {}).get(ours)]
        newest = max([newest, *(int(one.get("id") or 0) for one in page)])
    people = await _people(account, news)
    heard = [one for audit in sorted(news, key=lambda audit: int(audit["id"])) async for one in _of(account, audit, ticket, people | {requester: {"role": "end-user"}})]
    return Looked(heard=tuple(heard), since=f"{newest} {came_by}".strip())


async def _gone(account: Account, ticket: str, since: str) -> Looked:
    """Gone only where the account itself answers: a wrong subdomain knows no ticket either."""
    if await account.get("users/me", to="ask who it is") is None:
        raise DeliveryFailed(f"There is no Zendesk account at {account.host}. Check the subdomain.", again=False, status=404)
    return Looked(heard=(Deleted(ticket=ticket, key=f"{ticket}:deleted", at=account.link.now),), since=since)


async def _people(account: Account, news: Sequence[Json]) -> dict[str, Json]:
    """Who wrote, with names and roles. Asked only when somebody did."""
    authors = sorted({str(one["author_id"]) for audit in news for one in _comments(audit) if one.get("author_id")})
    found: dict[str, Json] = {}
    for at in range(0, len(authors), 100):
        given = await account.get("users/show_many", {"ids": ",".join(authors[at : at + 100])}, to="read users")
        found |= {str(one.get("id")): one for one in account.rows(given or {}, "users")}
    return found


def _comments(audit: Json) -> Iterator[Json]:
    return (one for one in audit.get("events") or () if one.get("type") == "Comment")


async def _of(account: Account, audit: Json, ticket: str, people: Mapping[str, Json]) -> AsyncIterator[Heard]:
    into = _merged_into(audit, ticket)
    key, at = f"audit:{audit['id']}", _at(audit, account)
    if into is not None:
        yield MergedInto(ticket=ticket, key=key, into=into, at=at) if into else Deleted(ticket=ticket, key=key, at=at)
        return
    for one in _comments(audit):
        who = people.get(str(one.get("author_id")), {})
        if who.get("role") != "end-user":  # an agent, an admin, or one who has left since
            files, unhad = await _files(account, one, at)
            yield Replied(
                ticket=ticket, key=f"comment:{one['id']}", text=str(one.get("plain_body") or one.get("body") or "").strip(), at=at, files=files, unhad=unhad,
                public=bool(one.get("public")) and not _is_merge(audit), author=str(who.get("alias") or who.get("name") or ""),
            )
    for change in audit.get("events") or ():
        if change.get("type") == "Change" and change.get("field_name") == "status":
            before, after = change.get("previous_value") in _ENDED, change.get("value") in _ENDED
            if before != after:
                yield (Solved if after else Reopened)(ticket=ticket, key=f"{key}:status", at=at)


def _merged_into(audit: Json, ticket: str) -> str | None:
    """The ticket that this one lives on as; empty where Zendesk does not say which; None where it was not merged into another by this change."""
    changes = [one for one in audit.get("events") or () if one.get("type") == "Change"]
    closed = any(one.get("field_name") == "status" and one.get("value") == "closed" for one in changes)
    tagged = any(one.get("field_name") == "tags" and "closed_by_merge" in (one.get("value") or ()) for one in changes)
    if not closed or not (tagged or _is_merge(audit)):
        return None
    to = ((audit.get("via") or {}).get("source") or {}).get("to") or {}
    told = [str(to.get("ticket_id") or ""), *(number for one in _comments(audit) for number in _NUMBER.findall(str(one.get("body") or "")))]
    return next((number for number in told if number and number != ticket), "")


def _is_merge(audit: Json) -> bool:
    return ((audit.get("via") or {}).get("source") or {}).get("rel") == "merge"


async def _files(account: Account, said: Json, at: datetime) -> tuple[tuple[Enclosed, ...], tuple[Unhad, ...]]:
    """What came along, and what did not: Zendesk found it to be harmful, or it cannot be had."""
    return parted([await _file(account, one, at) for one in said.get("attachments") or ()])


async def _file(account: Account, one: Json, at: datetime) -> Enclosed | Unhad:
    name, url = str(one.get("file_name") or "file"), str(one.get("content_url") or "")
    if one.get("malware_scan_result") == "malware_found" or not url:
        return Unhad(name=name, why="Zendesk found it to be harmful" if url else GONE)
    return await had(account.link, name, str(one.get("content_type") or ""), one.get("size"), at, lambda: account.file(url))


def _at(audit: Json, account: Account) -> datetime:
    try:
        at = datetime.fromisoformat(str(audit.get("created_at")))
    except ValueError:
        return account.link.now
    return at if at.tzinfo else at.replace(tzinfo=UTC)
