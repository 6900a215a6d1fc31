"""Knowledge › Rules: what articles must or should keep to, and all that breaks them now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.story.knowledge import content_rules
from glassine.web.pages.frame import Said, done, form, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.articles import ContentRule, RuleKind, Severity
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import new_id
from glassine.words.people import Verb

router = APIRouter(prefix="/rules", include_in_schema=False, route_class=PageRoute)
KINDS: Mapping[RuleKind, tuple[str, str]] = {  # what it looks at, and what is filled in
    RuleKind.REQUIRED: ("Says a phrase", "A phrase, or a pattern between slashes: /refunds?/"), RuleKind.FORBIDDEN: ("Does not say a phrase", "A phrase, or a pattern between slashes: /click here/"),
    RuleKind.LONGEST_TITLE: ("Title is short", "Most characters"), RuleKind.LONGEST_DESCRIPTION: ("Description is short", "Most characters"),
    RuleKind.DESCRIPTION: ("Has a description", ""), RuleKind.HEADINGS: ("Headings in order", ""), RuleKind.BARE_LINKS: ("No bare addresses", ""),
    RuleKind.BROKEN_LINKS: ("No broken links", ""), RuleKind.READING_LEVEL: ("Easy to read (English)", "Most years of school"), RuleKind.PLAIN: ("In plain words", "What the language model checks"),
}
_EMPTY: Mapping[str, str] = {"id": "", "name": "", "kind": "forbidden", "value": "", "severity": "should"}


@router.get("")
async def show(request: Request, staff: Signed, edit: UUID | None = None) -> Response:
    require(staff.actor, Verb.READ_KNOWLEDGE)
    known = next((one for one in await content_rules.all_of(staff.world, staff.actor.org) if one.id == edit), None)
    return await _sheet(request, staff, _fields(known) if known else _EMPTY)


async def _sheet(request: Request, staff: Staff, typed: Mapping[str, str], wrong: str = "", status: int = 200) -> Response:
    found = await content_rules.all_of(staff.world, staff.actor.org)
    return await page(request, staff, "rules.html", here="knowledge", status=status, rules=found, kinds=KINDS, f={**_EMPTY, **typed}, wrong=wrong)


def _fields(rule: ContentRule) -> dict[str, str]:
    return {"id": str(rule.id), "name": rule.name, "kind": rule.kind, "value": rule.value, "severity": rule.severity, "active": "yes" if rule.active else ""}


def _given(given: Mapping[str, str]) -> ContentRule:
    try:
        return ContentRule(
            id=UUID(given["id"]) if re.fullmatch(r"[0-9a-f-]{36}", given.get("id", "")) else new_id(), name=given.get("name", ""), kind=RuleKind(given.get("kind", "")),
            value=given.get("value", ""), severity=Severity(given.get("severity", "")), active=given.get("active", "yes") == "yes",
        )
    except ValueError:
        raise Refused("Choose what the rule looks at, and whether it must be kept.") from None


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    given = await form(request)
    try:
        rule = await content_rules.save(staff.world, staff.actor, _given(given))
    except Refused as refused:
        return await _sheet(request, staff, given, refused.message, refused.status)
    return done(request, staff, "/knowledge/rules", Said(text=f"“{rule.name}” holds from now on, for what is saved and published." if rule.active else f"“{rule.name}” is off."), "reload")


@router.post("/{id}/switch")
async def switch(request: Request, staff: Signed, id: UUID) -> Response:
    known = next((one for one in await content_rules.all_of(staff.world, staff.actor.org) if one.id == id), None)
    if known is None:
        raise NotFound("There is no such rule.")
    on = (await form(request)).get("on") == "yes"
    await content_rules.save(staff.world, staff.actor, ContentRule(**{**{name: getattr(known, name) for name in known.__slots__}, "active": on}))
    return done(request, staff, "/knowledge/rules", Said(text=f"“{known.name}” is {'on' if on else 'off'}.", undo=f"/knowledge/rules/{id}/switch", fields={"on": "" if on else "yes"}), "reload")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    gone = await content_rules.delete(staff.world, staff.actor, id)
    return done(request, staff, "/knowledge/rules", Said(text=f"“{gone.name}” is deleted.", undo="/knowledge/rules", fields=_fields(gone)), "reload")
