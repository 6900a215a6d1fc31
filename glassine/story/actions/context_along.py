"""What goes along with a call beside its values and keys, where an action wants it: who is asking, and what the company's own systems set for them. Nothing of it comes from a browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from glassine.rules.calling import schemas
from glassine.rules.calling.definitions import may_be_header
from glassine.rules.calling.requests import Extra, is_whole
from glassine.store import contacts
from glassine.story.contacts import own_key
from glassine.story.masking import Mask, to_bytes, to_text
from glassine.story.world import World
from glassine.words.actions import Action, Where
from glassine.words.errors import Refused
from glassine.words.ids import ContactId, OrgId

PREFIXES = ("x-glassine", "x-opencx")  # the second is what such APIs read already
_PARTS = ("headers", "query_params", "body_params", "path_params")
_PLACES = {Where.QUERY: "query_params", Where.PATH: "path_params", Where.BODY: "body_params"}
_SECRET = 8  # characters from which a value is covered where an answer repeats it: a shorter one may be any word
_LONGEST, _MOST = 20_000, 100  # characters and values of all overrides of a contact


async def keep(world: World, org: OrgId, contact: ContactId, overrides: Mapping[str, Any]) -> None:
    """What the company's server sets for a contact whom it vouches for, in place of what was set before; sealed under the contact's key. Raises Refused."""
    given = _checked(overrides)
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        row = await contacts.load(tx, org, contact, lock=True)
        sealed = own_key(org_key, org, row).seal(to_bytes(json.dumps(given)), org, "contacts", "overrides", contact)
        await contacts.set_overrides(tx, org, contact, sealed)


def _checked(overrides: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    if strange := set(overrides) - set(_PARTS):
        raise Refused(f"There is no part {', '.join(sorted(map(str, strange)))[:80]} of a call to override. There are {', '.join(_PARTS)}.")
    given = {part: dict(overrides.get(part) or {}) for part in _PARTS}
    try:
        schemas.bounded(given)
    except schemas.Unfit as unfit:
        raise Refused(f"One of the overrides {unfit}.") from None
    if len(json.dumps(given)) > _LONGEST or sum(map(len, given.values())) > _MOST:
        raise Refused(f"The overrides hold at most {_MOST} values and {_LONGEST:,} characters.")
    for name, value in given["headers"].items():
        ours = name.lower().startswith(PREFIXES)
        if ours or not may_be_header(name) or not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise Refused(f"{name[:60]} cannot be a header that goes along: a plain name, and a text on one line.")
    if any(not isinstance(value, str | int | float | bool) for part in ("query_params", "path_params") for value in given[part].values()):
        raise Refused("Overrides of the query and the path are texts and numbers.")
    return given


async def of(world: World, org: OrgId, action: Action, mask: Mask) -> tuple[Extra, tuple[str, ...]]:
    """What goes along, and the secrets among it, which nobody is shown. What the company's systems set counts for contacts that they vouched for."""
    if not action.context_headers:
        return Extra(), ()
    set_for = await _overrides(world, org, mask) if mask.session.verified else {}
    headers = {**set_for.get("headers", {}), **_headers(org, mask)}
    query, path = ({name: str(value) for name, value in set_for.get(part, {}).items()} for part in ("query_params", "path_params"))
    extra = Extra(headers=headers, query=query, body=set_for.get("body_params", {}), path=path)
    return extra, tuple(text for part in set_for.values() for text in map(str, part.values()) if len(text) >= _SECRET)


async def names_set(world: World, org: OrgId, action: Action, mask: Mask) -> frozenset[str]:
    """The parameters whose values the company's own systems replace. One of the same name in another place, or deeper in the body, is sent as it is."""
    if not action.context_headers or not mask.session.verified:
        return frozenset()
    set_for = await _overrides(world, org, mask)
    return frozenset(one.name for one in action.parameters if one.name in set_for.get(_PLACES.get(one.where, ""), {}) and not is_whole(one) and not (one.where is Where.BODY and "." in one.name))


async def _overrides(world: World, org: OrgId, mask: Mask) -> dict[str, dict[str, Any]]:
    async with world.store.tx(org) as tx:
        sealed = await contacts.overrides(tx, org, mask.session.contact)
    return json.loads(to_text(mask.key.open(sealed, org, "contacts", "overrides", mask.session.contact))) if sealed else {}


def _headers(org: OrgId, mask: Mask) -> dict[str, str]:
    session = mask.session
    facts = {"org-id": str(org), "session-id": str(session.id), "ticket-number": str(session.ticket_number)}
    if session.verified:
        facts["external-user-id"] = str(mask.identity.custom_data.get("external_id") or session.contact)
    return {f"{prefix}-{name}": value for prefix in PREFIXES for name, value in facts.items()}
