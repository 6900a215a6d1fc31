"""A session's ticket in HubSpot: opened for its contact with everything as notes, found again by our marker, written on and closed. It hears nothing.

Opening can be broken off anywhere and gone on with: each step looks first whether it was taken. The last one says on the ticket that it is whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from glassine.connect.hubspot import notes, setting_up
from glassine.connect.hubspot.api import BATCH, VERSION, HubSpot, Json, segment
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Draft, Entry, Requester, Ticket

OBJECTS = f"/crm/objects/{VERSION}"
_PRIORITIES = {"low": "LOW", "normal": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}
_TO_CONTACT, _NOTE_TO_TICKET, _NOTE_TO_CONTACT = 16, 228, 202  # HubSpot's numbers of these associations
_HAS_ID = re.compile(r"Existing ID: (\d+)")
_SHOWN = "hs_pipeline_stage,glassine_session,glassine_whole"


async def find(hubspot: HubSpot, marker: str) -> Json | None:
    """The ticket with this marker. A unique property is looked up where it is kept, and not in the search index, which lags behind."""
    try:
        return await hubspot.get(f"{OBJECTS}/tickets/{segment(marker)}", {"idProperty": setting_up.MARKER, "properties": _SHOWN})
    except DeliveryFailed as failure:
        if failure.status == 400:  # the property is not there yet, so no ticket has it
            return None
        raise


async def found_whole(hubspot: HubSpot, marker: str) -> Ticket | None:
    """None for a ticket whose opening was broken off: opening it again goes on with it."""
    there = await find(hubspot, marker)
    return await _ticket(hubspot, there) if there is not None and (there.get("properties") or {}).get("glassine_whole") == "yes" else None


async def open(hubspot: HubSpot, settings: Mapping[str, str], draft: Draft) -> Ticket:
    there, made, untaken = await find(hubspot, draft.marker), False, ""
    if there is None:
        contact = await _contact(hubspot, draft.requester)
        there, made, untaken = await _create(hubspot, await _properties(hubspot, settings, draft), contact, draft)
    id = str(there["id"])
    written = {} if made else await _markers(hubspot, id)
    begun = (draft.transcript[0].at if draft.transcript else hubspot.link.now).isoformat(timespec="milliseconds")
    batch = [] if draft.marker in written else [_record(id, notes.summary_note(draft, untaken), begun, [])]
    for entry in (one for one in draft.transcript if one.marker not in written):
        batch.append(await _entry(hubspot, id, entry))
        if len(batch) == BATCH:
            await _add_notes(hubspot, id, batch)
            batch = []
    if batch:
        await _add_notes(hubspot, id, batch)
    await hubspot.send("PATCH", f"{OBJECTS}/tickets/{segment(id)}", {"properties": {"glassine_whole": "yes"}})
    return await _ticket(hubspot, there)


async def _contact(hubspot: HubSpot, who: Requester) -> str:
    """Found or made by e-mail address, with nothing else than what may be told. Without an address a ticket stands alone."""
    if not who.email:
        return ""
    right = "crm.objects.contacts.read"
    there = await hubspot.get(f"{OBJECTS}/contacts/{quote(who.email, safe='')}", {"idProperty": "email"}, right=right)
    if there is None:
        first, _, last = who.name.partition(" ")
        told = {"email": who.email, "firstname": first, "lastname": last, "phone": who.phone}
        body = {"properties": {name: value for name, value in told.items() if value}, "associations": []}
        there = await hubspot.send("POST", f"{OBJECTS}/contacts", body, right="crm.objects.contacts.write")
    if there is None:  # somebody made it in between
        there = await hubspot.get(f"{OBJECTS}/contacts/{quote(who.email, safe='')}", {"idProperty": "email"}, right=right)
    return str(there["id"]) if there is not None else ""


async def _properties(hubspot: HubSpot, settings: Mapping[str, str], draft: Draft) -> dict[str, str]:
    pipeline, stage, _ = stages(await setting_up.pipelines(hubspot), settings)
    return {
        **draft.fields,
        "subject": draft.subject, "content": draft.summary, "hs_pipeline": pipeline, "hs_pipeline_stage": stage, setting_up.MARKER: draft.marker,
        "glassine_session_id": str(draft.session), "glassine_link": draft.link, "glassine_tags": ";".join(draft.tags),
        **({"hs_ticket_priority": _PRIORITIES[draft.priority]} if draft.priority in _PRIORITIES else {}),
        **({"hubspot_owner_id": draft.group} if draft.group else {}),
    }


async def _create(hubspot: HubSpot, properties: Mapping[str, str], contact: str, draft: Draft) -> tuple[Json, bool, str]:
    """With whether it was made just now, and what HubSpot did not take of it: an owner who left or a property that is gone keeps nobody waiting.

    Whoever asks twice gets one: HubSpot refuses a second ticket with the same marker."""
    to = [{"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TO_CONTACT}]}] if contact else []
    extra = {name: value for name, value in properties.items() if name in (*draft.fields, "hubspot_owner_id")}
    bare = {name: value for name, value in properties.items() if name not in extra}
    for told, untaken in ((properties, ""), (properties, ""), *([(bare, "; ".join(f"{name} = {value}" for name, value in extra.items()))] if extra else [])):
        made: Json | None = None
        try:
            made = await hubspot.send("POST", f"{OBJECTS}/tickets", {"properties": told, "associations": to})
        except DeliveryFailed as failure:
            if failure.status != 400:
                raise
        there = made or await find(hubspot, draft.marker)
        if there is not None:
            return there, made is not None, untaken
        await setting_up.make_properties(hubspot)  # somebody may have archived them
    raise DeliveryFailed(
        "HubSpot did not take the ticket (400). Its pipeline or stage may be gone, or your HubSpot requires a property that is not set. Check the settings of this helpdesk.", again=False, status=400,
    )


async def _markers(hubspot: HubSpot, ticket: str) -> dict[str, str]:
    """Our entries that stand on a ticket: marker -> id of its note."""
    ids = await hubspot.associated(ticket, "notes")
    bodies = [(str(note["id"]), str((note.get("properties") or {}).get("hs_note_body") or "")) for note in await hubspot.records("notes", ids, ["hs_note_body"])]
    return {marker: id for id, body in bodies if (marker := notes.marker_of(body))}


async def said(hubspot: HubSpot, ticket: Ticket, marker: str) -> str | None:
    return (await _markers(hubspot, ticket.id)).get(marker)


async def say(hubspot: HubSpot, ticket: Ticket, entry: Entry) -> str:
    made: Json | None = None
    try:
        made = await hubspot.send("POST", f"{OBJECTS}/notes", await _entry(hubspot, ticket.id, entry), right="crm.objects.contacts.write")
    except DeliveryFailed as failure:
        if failure.status != 400 or await hubspot.get(f"{OBJECTS}/tickets/{segment(ticket.id)}") is not None:
            raise
    if made is None:
        raise DeliveryFailed("The ticket is not in HubSpot any more.", again=False, status=404)
    return str(made["id"])


async def _add_notes(hubspot: HubSpot, ticket: str, inputs: Sequence[Json]) -> None:
    told = await hubspot.send("POST", f"{OBJECTS}/notes/batch/create", {"inputs": list(inputs)}, right="crm.objects.contacts.write")
    if told is None or len(told.get("results") or []) < len(inputs):
        raise DeliveryFailed(f"HubSpot took only a part of the conversation onto ticket {ticket}. The next try brings what is missing.")


async def _entry(hubspot: HubSpot, ticket: str, entry: Entry) -> dict[str, Any]:
    """With its files, as far as the token may upload some."""
    kept: list[str] = []
    unsent: list[str] = []
    for file in entry.files:
        try:
            kept.append(await hubspot.upload(file))
        except DeliveryFailed as failure:
            if failure.status not in (400, 403):
                raise
            unsent.append(file.name)
    return _record(ticket, notes.entry_note(entry, unsent), entry.at.isoformat(timespec="milliseconds"), kept)


def _record(ticket: str, body: str, at: str, files: Sequence[str]) -> dict[str, Any]:
    properties = {"hs_timestamp": at, "hs_note_body": body} | ({"hs_attachment_ids": ";".join(files)} if files else {})
    return {"properties": properties, "associations": [{"to": {"id": ticket}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _NOTE_TO_TICKET}]}]}


async def set_status(hubspot: HubSpot, settings: Mapping[str, str], ticket: Ticket, *, solved: bool) -> None:
    there = await hubspot.get(f"{OBJECTS}/tickets/{segment(ticket.id)}", {"properties": "hs_pipeline,hs_pipeline_stage"})
    if there is None:
        raise DeliveryFailed("The ticket is not in HubSpot any more.", again=False, status=404)
    held = there.get("properties") or {}
    pipelines = await setting_up.pipelines(hubspot)
    if (str(held.get("hs_pipeline_stage")) in closed_stages(pipelines)) is solved:
        return
    pipeline, stage, closed = stages(pipelines, {**settings, "pipeline": str(held.get("hs_pipeline") or ""), **_own_stages(settings, held)})
    await hubspot.send("PATCH", f"{OBJECTS}/tickets/{segment(ticket.id)}", {"properties": {"hs_pipeline": pipeline, "hs_pipeline_stage": closed if solved else stage}})


def _own_stages(settings: Mapping[str, str], held: Mapping[str, Any]) -> dict[str, str]:
    """The stages of the settings belong to their pipeline: somebody may have moved the ticket to another one."""
    return {} if settings.get("pipeline", "") in ("", str(held.get("hs_pipeline"))) else {"stage": "", "closed_stage": ""}


def stages(pipelines: Sequence[Json], settings: Mapping[str, str]) -> tuple[str, str, str]:
    """The pipeline, its stage for a new ticket, and the one for a closed one: as set, or else the first that fit."""
    wanted = settings.get("pipeline", "").strip()
    chosen = next((one for one in pipelines if str(one.get("id")) == wanted), None) if wanted else (pipelines[0] if pipelines else None)
    if chosen is None:
        raise DeliveryFailed("The pipeline of the settings is not in HubSpot any more. Choose another one in the settings of this helpdesk.", again=False)
    every = sorted(chosen.get("stages") or [], key=lambda one: one.get("displayOrder") or 0)
    opened = [str(one["id"]) for one in every if not setting_up.closes(one)]
    closed = [str(one["id"]) for one in every if setting_up.closes(one)]
    if not opened or not closed:
        raise DeliveryFailed("The pipeline in HubSpot needs a stage for open tickets and one that closes them. Add the one that is missing.", again=False)
    wants, ends = settings.get("stage", "").strip(), settings.get("closed_stage", "").strip()
    return str(chosen["id"]), wants if wants in opened else opened[0], ends if ends in closed else closed[0]


def closed_stages(pipelines: Sequence[Json]) -> frozenset[str]:
    """Of all pipelines."""
    return frozenset(str(stage["id"]) for one in pipelines for stage in one.get("stages") or [] if setting_up.closes(stage))


async def _ticket(hubspot: HubSpot, there: Json) -> Ticket:
    id, url = str(there["id"]), str(there.get("url") or "")
    if not url:
        account = await hubspot.get(f"/account-info/{VERSION}/details") or {}
        url = f"https://{account.get('uiDomain') or 'app.hubspot.com'}/contacts/{account.get('portalId')}/record/0-5/{id}"
    return Ticket(id=id, url=url)
