"""What the settings wish of a ticket in Zendesk's own numbers: its priority, its group and its custom fields, which people may name instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from glassine.connect.zendesk.account import Account, Json
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Draft

_PAGES = 10  # of a hundred each


async def wishes(account: Account, draft: Draft) -> Json:
    """Only what is wished and known. Zendesk is asked for names only where something is named and not numbered."""
    found: Json = {"priority": draft.priority} if draft.priority else {}
    if draft.group:
        group = numbered([draft.group], await names(account, "groups", "name", [draft.group])).get(draft.group)
        found |= {"group_id": group} if group else {}
    if draft.fields:
        known = numbered(draft.fields, await names(account, "ticket_fields", "title", draft.fields))
        fields = [{"id": known[name], "value": value} for name, value in draft.fields.items() if name in known]
        found |= {"custom_fields": fields} if fields else {}
    return found


def numbered(wanted: Iterable[str], known: Mapping[str, int]) -> dict[str, int]:
    """Each of those that are numbers or known by name, with its number."""
    found = {one: int(one) if one.isascii() and one.isdecimal() else known.get(one.strip().lower()) for one in wanted}
    return {one: number for one, number in found.items() if number is not None}


async def names(account: Account, list: str, title: str, wanted: Iterable[str]) -> dict[str, int]:
    """The names of a list in lower case, each with its number; nothing where all that is wanted is numbered, or where the login may not see the list."""
    if all(one.isascii() and one.isdecimal() for one in wanted):
        return {}
    found: dict[str, int] = {}
    after = ""
    for _ in range(_PAGES):
        try:
            given = await account.get(list, {"page[size]": 100} | ({"page[after]": after} if after else {}))
        except DeliveryFailed as failed:
            if failed.status == 403:
                break
            raise
        found = {str(one.get(title) or "").strip().lower(): int(one["id"]) for one in account.rows(given or {}, list) if one.get("id")} | found
        meta = (given or {}).get("meta") or {}
        after = str(meta.get("after_cursor") or "") if meta.get("has_more") else ""
        if not after:
            break
    return found
