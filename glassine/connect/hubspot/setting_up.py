"""Whether HubSpot can be reached with these settings, which rights are missing, what it offers to choose from, and the properties that our tickets need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassine.connect.hubspot.api import VERSION, HubSpot, Json
from glassine.words.custom_fields import FieldForm, Form
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Checked

MARKER = "glassine_session"  # a property whose values are unique: what finds a ticket again, and keeps it from being made twice
_GROUP = "glassine"
_PROPERTIES: tuple[Mapping[str, Any], ...] = (
    {"name": MARKER, "label": "Glassine marker", "description": "Finds the ticket of a conversation again. Leave it as it is.", "hasUniqueValue": True},
    {"name": "glassine_session_id", "label": "Glassine conversation id", "description": "The conversation that this ticket was made for."},
    {"name": "glassine_link", "label": "Glassine conversation", "description": "Where the conversation can be read in Glassine."},
    {"name": "glassine_tags", "label": "Glassine tags", "description": "Channel, mood and your own tags, with semicolons in between."},
    {"name": "glassine_whole", "label": "Glassine brought everything", "description": "Says yes once the whole conversation stands on the ticket."},
)


async def check(hubspot: HubSpot) -> Checked:
    account = await hubspot.get(f"/account-info/{VERSION}/details", right="oauth") or {}
    found, missing = await pipelines(hubspot), []
    for right, method, path, body, what in _RIGHTS:
        if not await _may(hubspot, method, path, body):
            missing.append(f"The scope {right} is missing: {what} Add it to the app or service key in HubSpot.")
    owners = await _owners(hubspot)
    properties = await _properties(hubspot)
    choices = {
        "pipeline": {str(one["id"]): str(one.get("label") or one["id"]) for one in found},
        "stage": _stages(found, closed=False), "closed_stage": _stages(found, closed=True), "group": owners,
        "mapping": {name: form.title for name, form in properties.items()},
    }
    where = f"HubSpot account {account.get('portalId')}" + (f" ({account['uiDomain']})" if account.get("uiDomain") else "")
    return Checked(reached=f"Connected to {where} with {len(found)} ticket {'pipeline' if len(found) == 1 else 'pipelines'}.", missing=tuple(missing), choices=choices, forms=properties)


# Each right, how it is tried without changing anything, and what does not work without it.
_RIGHTS: tuple[tuple[str, str, str, Mapping[str, Any] | None, str], ...] = (
    ("tickets", "GET", f"/crm/objects/{VERSION}/tickets?limit=1", None, "tickets can be neither opened nor read."),
    ("crm.objects.contacts.read", "GET", f"/crm/objects/{VERSION}/contacts?limit=1", None, "a ticket finds no contact, and no notes of your team's are read."),
    ("crm.objects.contacts.write", "POST", f"/crm/objects/{VERSION}/contacts/batch/upsert", {"inputs": []}, "neither contacts nor notes can be written."),
    ("crm.objects.owners.read", "GET", f"/crm/owners/{VERSION}?limit=1", None, "tickets cannot be given to one of your team, and replies bear no name."),
    ("conversations.read", "GET", f"/conversations/conversations/{VERSION}/threads?limit=1", None, "replies that your team sends from the help desk or inbox do not come back. Notes that begin with #reply do."),
    ("sales-email-read", "GET", f"/crm/objects/{VERSION}/emails?limit=1", None, "e-mails that your team sends from a ticket do not come back. Notes that begin with #reply do."),
    ("files", "GET", "/files/2026-03/files/search?limit=1", None, "files of customers stay in Glassine, and those of your team's answers in HubSpot. Add files.ui_hidden.read as well."),
)


async def _may(hubspot: HubSpot, method: str, path: str, body: Mapping[str, Any] | None) -> bool:
    """Whether HubSpot lets the token do this. That it does not like what is asked is no refusal."""
    try:
        await (hubspot.get(path) if body is None else hubspot.send(method, path, body))
    except DeliveryFailed as failure:
        if failure.status == 403:
            return False
        if failure.status != 400:
            raise
    return True


async def _owners(hubspot: HubSpot) -> dict[str, str]:
    try:
        told = await hubspot.get(f"/crm/owners/{VERSION}", {"limit": "100"}, right="crm.objects.owners.read") or {}
    except DeliveryFailed as failure:
        if failure.status != 403:
            raise
        return {}
    return {str(one["id"]): name_of(one) for one in told.get("results") or []}


async def _properties(hubspot: HubSpot) -> dict[str, FieldForm]:
    """Of tickets, those that may be written and that we do not write ourselves."""
    try:
        told = await hubspot.get(f"/crm/properties/{VERSION}/tickets", right="tickets") or {}
    except DeliveryFailed as failure:
        if failure.status != 403:
            raise
        return {}
    found = [one for one in told.get("results") or [] if _writable(one)]
    return {str(one["name"]): _form(one) for one in found}


def _writable(one: Json) -> bool:
    name, marks = str(one.get("name") or ""), one.get("modificationMetadata") or {}
    ours = name.startswith("glassine_") or name in ("subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "hubspot_owner_id")
    return bool(name) and not ours and not (one.get("calculated") or one.get("hidden") or one.get("archived") or marks.get("readOnlyValue"))


def _form(one: Json) -> FieldForm:
    """What may stand in a property. A time of day and references to other records are for people."""
    options = {str(each["value"]): str(each.get("label") or each["value"]) for each in one.get("options") or [] if each.get("value") not in (None, "") and not each.get("hidden")}
    kinds = {"string": Form.TEXT, "number": Form.NUMBER, "date": Form.DATE, "bool": Form.YES_NO, "enumeration": Form.CHOICE if options else Form.OTHER}
    form = kinds.get(str(one.get("type")), Form.OTHER) if one.get("fieldType") != "file" else Form.OTHER
    return FieldForm(title=str(one.get("label") or one["name"]), form=form, choices=options if form is Form.CHOICE else {})


def name_of(owner: Json) -> str:
    return " ".join(filter(None, (str(owner.get("firstName") or ""), str(owner.get("lastName") or "")))) or str(owner.get("email") or "") or "HubSpot"


async def pipelines(hubspot: HubSpot) -> list[Json]:
    """Those of tickets, as they are ordered there."""
    told = await hubspot.get(f"/crm/pipelines/{VERSION}/tickets") or {}
    found = [one for one in told.get("results") or [] if not one.get("archived")]
    return sorted(found, key=lambda one: one.get("displayOrder") or 0)


def closes(stage: Json) -> bool:
    """Whether a ticket in this stage is closed."""
    about = stage.get("metadata") or {}
    return str(about.get("ticketState", "")).upper() == "CLOSED" or str(about.get("isClosed", "")).lower() == "true"


def _stages(found: list[Json], *, closed: bool) -> dict[str, str]:
    several = len(found) > 1
    return {
        str(stage["id"]): f"{one.get('label')}: {stage.get('label')}" if several else str(stage.get("label"))
        for one in found for stage in one.get("stages") or [] if closes(stage) is closed
    }


async def make_properties(hubspot: HubSpot) -> None:
    """What our tickets need, where it is missing. Raises DeliveryFailed where HubSpot does not let the token make it."""
    right = "tickets"
    if await hubspot.get(f"/crm/properties/{VERSION}/tickets/groups/{_GROUP}", right=right) is None:
        await hubspot.send("POST", f"/crm/properties/{VERSION}/tickets/groups", {"name": _GROUP, "label": "Glassine"}, right=right)
    for one in _PROPERTIES:
        there = await hubspot.get(f"/crm/properties/{VERSION}/tickets/{one['name']}", right=right)
        if there is None:
            await hubspot.send("POST", f"/crm/properties/{VERSION}/tickets", {"groupName": _GROUP, "type": "string", "fieldType": "text", **one}, right=right)
        elif one["name"] == MARKER and not there.get("hasUniqueValue"):
            raise DeliveryFailed(
                f"HubSpot has a ticket property {MARKER} whose values need not be unique. Delete it in HubSpot, under Settings, Properties, Ticket properties, and connect again.", again=False,
            )
