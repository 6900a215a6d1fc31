"""A session as a conversation in Intercom: begun in its contact's name with everything that was said, found again by our marker, written on and closed. It hears nothing.

Opening can be broken off anywhere and gone on with: each step looks first whether it was taken. The tag that comes last says that it is whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from glassine.connect.intercom import parts
from glassine.connect.intercom.api import Intercom, Json, segment
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Draft, Entry, Requester, Ticket

WHOLE = "opencx_handed_off"
_LAG = 30.0  # seconds until Intercom's search surely knows a conversation that was begun: nobody asks again before
_HAS_ID = re.compile(r"id=([0-9a-f]{24})")
_TAKES_NOT = (400, 413, 415, 422)
_GONE = "The conversation is not in Intercom any more."


async def found(intercom: Intercom, marker: str) -> Json | None:
    """The conversation whose first words hold the marker."""
    told = await intercom.send("POST", "/conversations/search", {"query": {"field": "source.body", "operator": "~", "value": marker}}) or {}
    for one in told.get("conversations") or []:
        if marker in str((one.get("source") or {}).get("body") or "") and (there := await intercom.get(f"/conversations/{segment(str(one['id']))}")) is not None:
            return there
    return None


async def found_whole(intercom: Intercom, settings: Mapping[str, str], marker: str) -> Ticket | None:
    """None for one whose opening was broken off: opening it again goes on with it."""
    there = await found(intercom, marker)
    if there is None or WHOLE not in _tags(there):
        return None
    return _ticket(intercom, there, *await who(intercom, settings))


async def open(intercom: Intercom, settings: Mapping[str, str], draft: Draft) -> Ticket:
    admin, app = await who(intercom, settings)
    there = await found(intercom, draft.marker) or await _begin(intercom, draft)
    ticket = _ticket(intercom, there, admin, app)
    at = f"/conversations/{segment(ticket.id)}"
    await _write(intercom, at, there, draft, ticket.state["contact"], admin)
    await _describe(intercom, at, draft, admin)
    if draft.group:
        kind, _, id = draft.group.rpartition(":")
        await _to(intercom, f"{at}/parts", {"message_type": "assignment", "type": "team" if kind == "team" else "admin", "admin_id": admin, "assignee_id": id})
    await _tag(intercom, at, [*draft.tags, WHOLE], _tags(there), admin)
    return ticket


async def _begin(intercom: Intercom, draft: Draft) -> Json:
    contact = await _contact(intercom, draft.requester)
    begun = int(draft.transcript[0].at.timestamp()) if draft.transcript else int(intercom.link.now.timestamp())
    try:
        made = await intercom.send("POST", "/conversations", {"from": {"type": "user", "id": contact}, "body": parts.opening(draft), "created_at": begun})
    except DeliveryFailed as failure:
        if failure.unknown:  # it is searched for before another try, and search has to know it by then
            raise DeliveryFailed(failure.message, unknown=True, after=max(failure.after or 0.0, _LAG), status=failure.status) from None
        raise
    id = str((made or {}).get("conversation_id") or "")
    if not id:
        raise DeliveryFailed("Intercom did not begin the conversation: its contact was deleted meanwhile." if made is None else "Intercom began a conversation and did not say which.", unknown=made is not None, after=_LAG)
    return {"id": id, "contacts": {"contacts": [{"id": contact}]}}


async def _contact(intercom: Intercom, requester: Requester) -> str:
    """Found by e-mail address or by our own id, or made with what may be told and nothing else. Somebody whom Intercom knows stays as they are."""
    if requester.email:
        told = await intercom.send("POST", "/contacts/search", {"query": {"field": "email", "operator": "=", "value": requester.email}}) or {}
        known = sorted((one for one in told.get("data") or [] if isinstance(one, dict)), key=lambda one: one.get("role") != "user")
        if known:
            return str(known[0]["id"])
    key = f"glassine-{requester.key}"
    there = await intercom.get(f"/contacts/find_by_external_id/{segment(key)}")
    if there is None:
        told_ = {"email": requester.email, "name": requester.name, "phone": requester.phone}
        there = await intercom.send("POST", "/contacts", {"role": "user", "external_id": key} | {name: value for name, value in told_.items() if value})
    if there is not None and "conflict" in there:  # somebody made it in between, or search did not know it yet
        match = _HAS_ID.search(str(there["conflict"]))
        there = {"id": match[1]} if match else None
    if there is None:
        raise DeliveryFailed("Intercom knows a contact with these identifiers and does not say which. It is tried again.")
    return str(there["id"])


async def _write(intercom: Intercom, at: str, there: Json, draft: Draft, contact: str, admin: str) -> None:
    """What is not there yet: the summary as a note, then everything that was said, in order."""
    written = parts.marked(there)
    if draft.marker not in written:
        await _to(intercom, f"{at}/reply", parts.note(parts.summary(draft), admin, draft.transcript[0].at if draft.transcript else None))
    missing = [entry for entry in draft.transcript if entry.marker not in written]
    notes, alone = parts.folded(missing)
    for body, when in notes:
        await _to(intercom, f"{at}/reply", parts.note(body, admin, when))
    for entry in alone:
        await _put(intercom, at, entry, contact, admin)


async def _put(intercom: Intercom, at: str, entry: Entry, contact: str, admin: str) -> Json:
    """With its files, if Intercom takes them: what a customer said is worth more than a kind of file that it does not take."""
    try:
        return await _to(intercom, f"{at}/reply", parts.reply(entry, contact, admin))
    except DeliveryFailed as failure:
        if not entry.files or failure.status not in _TAKES_NOT:
            raise
    return await _to(intercom, f"{at}/reply", parts.reply(entry, contact, admin, most=0))


async def _describe(intercom: Intercom, at: str, draft: Draft, admin: str) -> None:
    """Title and mapped attributes. An attribute that is not there keeps nobody from being helped: a note says so."""
    try:
        await _to(intercom, at, {"title": draft.subject} | ({"custom_attributes": dict(draft.fields)} if draft.fields else {}), "PUT")
    except DeliveryFailed as failure:
        if not draft.fields or failure.status not in (400, 422):
            raise
        await _to(intercom, at, {"title": draft.subject}, "PUT")
        lines = "".join(f"<p>{name} = {value}</p>" for name, value in draft.fields.items())
        await _to(intercom, f"{at}/reply", parts.note(f"<p>Intercom did not take these conversation attributes, which must be made in Intercom first:</p>{lines}<p>Ref. {draft.marker}</p>", admin))


async def _tag(intercom: Intercom, at: str, wanted: list[str], has: frozenset[str], admin: str) -> None:
    told = await intercom.get("/tags") or {}
    ids = {str(one.get("name")): str(one.get("id")) for one in told.get("data") or [] if isinstance(one, dict)}
    for name in wanted:
        if name in has:
            continue
        if name not in ids:
            ids[name] = str((await _to(intercom, "/tags", {"name": name}))["id"])
        await _to(intercom, f"{at}/tags", {"id": ids[name], "admin_id": admin})


async def said(intercom: Intercom, ticket: Ticket, marker: str) -> str | None:
    there = await intercom.get(f"/conversations/{segment(ticket.id)}")
    return parts.marked(there).get(marker) if there is not None else None


async def say(intercom: Intercom, settings: Mapping[str, str], ticket: Ticket, entry: Entry) -> str:
    admin = ticket.state.get("admin") or (await who(intercom, settings))[0]
    there = await _put(intercom, f"/conversations/{segment(ticket.id)}", entry, ticket.state.get("contact", ""), admin)
    return parts.marked(there).get(entry.marker, ticket.id)


async def set_status(intercom: Intercom, settings: Mapping[str, str], ticket: Ticket, *, solved: bool) -> None:
    """A note goes before it, for the team to read, and by it we know afterwards that it was us."""
    at = f"/conversations/{segment(ticket.id)}"
    there = await intercom.get(at)
    if there is None:
        raise DeliveryFailed(_GONE, again=False, status=404)
    if (there.get("state") == "closed") is solved:
        return
    admin = ticket.state.get("admin") or (await who(intercom, settings))[0]
    words, last = parts.CLOSED_HERE if solved else parts.OPENED_HERE, parts.every(there)[-1:]
    if not (last and parts.ours(last[0], admin) and words in str(last[0].get("body"))):
        await _to(intercom, f"{at}/reply", parts.note(f"<p>{words}</p>", admin))
    await _to(intercom, f"{at}/parts", {"message_type": "close", "type": "admin", "admin_id": admin} if solved else {"message_type": "open", "admin_id": admin})


async def _to(intercom: Intercom, path: str, body: Json, method: str = "POST") -> Json:
    """For what must be there."""
    told = await intercom.send(method, path, body)
    if told is None or "conflict" in told:
        raise DeliveryFailed(_GONE if path.startswith("/conversations/") else "Intercom does not know what it was asked to change.", again=False, status=404)
    return told


async def who(intercom: Intercom, settings: Mapping[str, str]) -> tuple[str, Json]:
    """In whose name notes are written, and the workspace."""
    me = await intercom.get("/me") or {}
    return settings.get("admin", "").strip() or str(me.get("id") or ""), me.get("app") or {}


def _ticket(intercom: Intercom, there: Json, admin: str, app: Json) -> Ticket:
    contacts = (there.get("contacts") or {}).get("contacts") or []
    site = {"api.eu.intercom.io": "app.eu.intercom.com", "api.au.intercom.io": "app.au.intercom.com"}.get(intercom.host, "app.intercom.com")
    id = str(there["id"])
    return Ticket(id=id, url=f"https://{site}/a/inbox/{app.get('id_code') or '_'}/inbox/conversation/{id}", state={"contact": str(contacts[0]["id"]) if contacts else "", "admin": admin})


def _tags(there: Json) -> frozenset[str]:
    return frozenset(str(one.get("name")) for one in (there.get("tags") or {}).get("tags") or [])
