"""Everything about a contact in the clear, as one JSON document, for the contact's own request. One audited act; nothing is sent anywhere from here."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from glassine.edge.secrets import Key
from glassine.rules.permits import require
from glassine.rules.redaction import restore
from glassine.store import Tx, calls, contacts, events, house, segments, sessions, summaries, turns, vault
from glassine.store.sessions import Filter
from glassine.story.contacts import identity_of, own_key
from glassine.story.conversations import attached
from glassine.story.files import opened
from glassine.story.masking import to_text
from glassine.story.privacy.reasons import written
from glassine.story.visitor import restored
from glassine.story.world import World
from glassine.words.actions import Call
from glassine.words.ids import ContactId, OrgId, SessionId
from glassine.words.knowledge import Audience
from glassine.words.people import Actor, Verb
from glassine.words.sessions import Event

_ALL = 1_000_000


async def export(world: World, actor: Actor, id: ContactId, why: str = "") -> dict[str, Any]:
    """The document, ready to be written as JSON. Raises NotFound, and Unreadable when the contact's key is gone."""
    require(actor, Verb.EXPORT)
    await world.switches.admit(actor.org, "reveal")
    org, org_key = actor.org, await world.key(actor.org)
    async with world.store.tx(org) as tx:
        known = await contacts.sessions_of(tx, org, id)
    reason = await written(world, org, why, known[0] if known else None)
    async with world.store.tx(org) as tx:
        row = await contacts.load(tx, org, id)
        own = own_key(org_key, org, row)
        found = await sessions.page(tx, org, Filter(contact=id), limit=_ALL)
        document = {
            "kind": "glassine contact export", "version": 1, "exported_at": world.clock().isoformat(timespec="seconds"),
            "organization": {"id": str(org), "name": (await house.load(tx, org))["name"]},
            "contact": {"id": str(id), "verified": row.verified, "segments": [one.name for one in await segments.of_contact(tx, org, id)], "created_at": _at(row.created_at), "updated_at": _at(row.updated_at), **asdict(identity_of(org_key, org, row)), "http_action_overrides": await _overrides(tx, own, org, id)},
            "sessions": [await _session(tx, own, org, each) for each in reversed(found)],
            "files": [_file(own, org, each) for each in await vault.files_of(tx, org, id)],
            "looks": [_look(each) for each in await vault.audit_of(tx, org, id)],
            "left_for": [{**each, "bytes": int(each["bytes"]), "first": _at(each["first"]), "last": _at(each["last"])} for each in await contacts.copies(tx, org, id)],
        }
        await vault.audit(tx, actor, "privacy.export", "contact", id, {"sessions": len(found), "why": reason})
    return document


async def _overrides(tx: Tx, own: Key, org: OrgId, id: ContactId) -> Any:
    sealed = await contacts.overrides(tx, org, id)
    return json.loads(to_text(own.open(sealed, org, "contacts", "overrides", id))) if sealed else {}


async def _session(tx: Tx, own: Key, org: OrgId, row: Mapping[str, Any]) -> dict[str, Any]:
    id = SessionId(row["id"])
    tokens = {t.placeholder: to_text(own.open(bytes(t.sealed), org, "vault", "sealed", id, t.placeholder)) for t in await vault.all_of(tx, org, id)}
    came = {each["event_id"]: json.loads(to_text(own.open(bytes(each["sealed"]), org, "originals", "sealed", each["event_id"]))) for each in await vault.originals_of(tx, org, id)}
    return {
        "id": str(id), "ticket_number": row["ticket_number"], "channel": row["channel"], "status": row["status"], "language": row["language"],
        "created_at": _at(row["created_at"]), "updated_at": _at(row["updated_at"]), "sentiment": row["sentiment"],
        "summary": restore(row["summary"], tokens) if row["summary"] else None, "custom_data": attached(own, org, dict(row)),
        "saved_state": restored(row["checkpoint"], tokens), "log": [_entry(event, tokens, came.get(event.id, {})) for event in await events.newest(tx, org, id, limit=_ALL)],
        "calls": [_call(each, tokens) for each in await calls.of_session(tx, org, id)],
        "turns": [{"at": _at(turn["created_at"]), "outcome": turn["outcome"], "reasons": turn["reasons"], "model": turn["model"]} for turn in await turns.all_of(tx, org, id)],
        "summaries": [_summing(each, tokens) for each in await summaries.all_of(tx, org, id)],
    }


def _entry(event: Event, tokens: Mapping[str, str], came: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the log, in the words that came, or with the values back in place. A draft for the team that quotes what is not public holds the company's words, not the contact's."""
    if event.payload.get("suggestion") and any(source.get("audience", Audience.PUBLIC) != Audience.PUBLIC for source in event.payload.get("sources", [])):
        return {"number": event.seq, "at": _at(event.created_at), "type": event.type, "by": event.actor, "text": "", "left_out": "a draft made from articles that are not public"}
    entry = {"number": event.seq, "at": _at(event.created_at), "type": event.type, "by": event.actor, "text": came.get("text", restore(event.text, tokens))}
    data = {name: restored(event.payload[name], tokens) for name in ("attachments", "context", "score", "reasons") if name in event.payload}
    return entry | data | ({"custom_data": came["custom_data"]} if came.get("custom_data") else {}) | ({"redacted": True} if event.redacted else {})


def _call(call: Call, tokens: Mapping[str, str]) -> dict[str, Any]:
    """What the AI had done for them, with their values back in place."""
    return {
        "at": _at(call.created_at), "action": call.name, "state": call.state, "status": call.status, "arguments": restored(call.arguments, tokens), "done": restore(call.says, tokens),
        "answer": restore(call.seen, tokens),
    }


def _summing(row: Mapping[str, Any], tokens: Mapping[str, str]) -> dict[str, Any]:
    """What a model was asked of them when people took over, and what it filled in on tickets."""
    filled = {name: restore(str(value), tokens) for fields in row["fields"].values() for name, value in fields.items()}
    return {"at": _at(row["created_at"]), "model": row["model"], "outcome": row["outcome"], "ticket_fields": filled}


def _file(own: Key, org: OrgId, row: Mapping[str, Any]) -> dict[str, Any]:
    base = {"id": str(row["id"]), "type": row["media_type"], "created_at": _at(row["created_at"])}
    if row["removed_at"]:
        return base | {"removed_at": _at(row["removed_at"])}
    file = opened(own, org, row)
    return base | {"name": file.name, "size": len(file.content), "content_base64": base64.b64encode(file.content).decode()}


def _look(row: Mapping[str, Any]) -> dict[str, Any]:
    """Who looked is told by kind only: a colleague's name is not the contact's datum."""
    what = {name: row["detail"][name] for name in ("type", "placeholder", "field", "why") if row["detail"].get(name)}
    return {"at": _at(row["created_at"]), "by": row["actor_kind"], "act": row["verb"], "thing": row["thing"], **what}


def _at(moment: Any) -> str:
    return str(moment.isoformat(timespec="seconds"))


def as_file(document: Mapping[str, Any]) -> bytes:
    """As it is written: readable by people, and by every program."""
    return (json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n").encode("utf-8", "replace")


def name_of(document: Mapping[str, Any]) -> str:
    """A file name without anything personal."""
    return f"contact-{document['contact']['id']}.json"
