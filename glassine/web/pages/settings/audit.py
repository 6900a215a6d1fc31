"""Settings › Audit log: who looked behind a mask and who changed what. It cannot be changed, by anybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

from fastapi import APIRouter, Request, Response

from glassine.store.vault import AuditKind
from glassine.story.privacy import previewing
from glassine.web.pages.settings.sheet import sheet
from glassine.web.pages.wording import CHANNELS
from glassine.web.render import kind
from glassine.web.staff import PageRoute, Signed
from glassine.words.autopilot import PARTS
from glassine.words.boundaries import BOUNDARIES

router = APIRouter(prefix="/audit", route_class=PageRoute)


class Entry(NamedTuple):
    """One line in words; `link` leads to the thing where it has a page, and `to` says what that is."""

    row: Mapping[str, Any]
    icon: str
    words: str
    link: str
    to: str


_KINDS: tuple[AuditKind, ...] = get_args(AuditKind)
_VERBS = {  # icon, and a sentence over the row's details
    "privacy.reveal": ("eye", "looked behind {what} of a {thing}"), "privacy.reveal file": ("eye", "opened a customer's file"), "settings.change": ("settings", "changed {what}"),
    "privacy.reveal contacts": ("eye", "read {count} contacts in the clear"), "privacy.reveal files": ("eye", "got links to the files of a conversation"),
    "privacy.redact": ("lock", "removed the words of a {thing} for good"), "privacy.erase": ("bin", "erased a contact for good"),
    "privacy.export": ("out", "exported everything about a contact"), "privacy.retain": ("clock", "removed what had grown old"),
    "ledger.ask": ("search", "asked whether a customer's value ever left"), "ledger.export": ("out", "took a copy of the ledger"),
    "keys.rotate": ("key", "gave the organisation a new key"),
    "redaction.treatment": ("shield", "set {type}{where} from {from} to {to} (version {version})"), "patterns.create": ("search", "wrote the pattern “{name}”"),
    "patterns.change": ("search", "changed the pattern “{name}”"), "patterns.delete": ("bin", "deleted the pattern “{name}”"),
    "inspect.open": ("search", "inspected a {thing}"), "inspect.replay": ("search", "replayed a turn"), "inspect.what_if": ("search", "asked what a turn would have been with another {what}"),
    "inspect.debug": ("search", "switched debug mode on for a session"), "inspect.debug_off": ("search", "switched debug mode off for a session"),
    "autopilot.change": ("ai", "set autopilot of {channel} to {autopilot}"), "autopilot.rules": ("ai", "changed {part} (version {version})"), "autopilot.undo": ("undo", "took version {undoes} back: {part} (version {version})"),
    "rehearsal.begin": ("undo", "tried a change of {what} on past conversations"), "rehearsal.ask": ("model", "had a language model asked in a rehearsal of {what}"),
    "rehearsal.publish": ("check", "published the rehearsed change of {what}"), "rehearsal.drop": ("bin", "dropped the rehearsed change of {what}"),
    "people.invite": ("people", "invited somebody as {role}"),
    "people.join": ("people", "joined as {role}"), "people.role": ("people", "changed a role from {from} to {to}"),
    "people.disable": ("people", "removed somebody from the team"), "people.password": ("lock", "set a new password"),
    "keys.create": ("key", "made an API key"), "keys.revoke": ("key", "revoked an API key"),
    "knowledge.create": ("book", "wrote the article “{title}”"), "knowledge.change": ("book", "changed the article “{title}”"),
    "knowledge.publish": ("book", "published the article “{title}”"), "knowledge.unpublish": ("book", "took the article “{title}” out of answers"),
    "scenario.create": ("note", "wrote the scenario “{title}”"), "scenario.change": ("note", "changed the scenario “{title}”"),
    "scenario.publish": ("note", "published the scenario “{title}”"), "scenario.unpublish": ("note", "took the scenario “{title}” back"),
    "scenario.delete": ("bin", "deleted the scenario “{title}”"),
    "help.change": ("globe", "changed {what} of the help centre"),
    "ai.off": ("ai", "switched all AI off"), "ai.on": ("ai", "switched all AI on again"),
    "pack.make": ("shield", "took a reviewer's pack away"), "boundary.off": ("shield", "switched “{boundary}” off"), "boundary.on": ("shield", "switched “{boundary}” on again"),
    "knowledge.delete": ("bin", "deleted the article “{title}”"), "knowledge.bring_back": ("undo", "took the article “{title}” out of the trash"),
    "knowledge.discard": ("undo", "set aside what was written on the article “{title}”"), "knowledge.move": ("book", "moved the article “{title}” to another topic"),
    "knowledge.translate": ("globe", "made or confirmed the translation “{title}” ({language})"), "knowledge.image_add": ("file", "added the picture “{title}”"),
    "knowledge.image_delete": ("bin", "deleted the picture “{title}”"), "knowledge.rule_create": ("check", "wrote the content rule “{title}”"),
    "knowledge.rule_change": ("check", "changed the content rule “{title}”"), "knowledge.rule_delete": ("bin", "deleted the content rule “{title}”"),
    "knowledge.link_check": ("search", "had the links outside checked"), "knowledge.link_ignore": ("check", "set whether a link outside is checked"),
    "knowledge.topic_create": ("rows", "made the topic “{title}”"), "knowledge.topic_change": ("rows", "changed the topic “{title}”"), "knowledge.topic_delete": ("bin", "deleted the topic “{title}”"),
    "knowledge.source_create": ("plug", "connected the source “{name}”"), "knowledge.source_change": ("plug", "changed the source “{name}”"),
    "knowledge.source_delete": ("bin", "deleted the source “{name}”"), "knowledge.source_sync": ("plug", "had the source “{name}” read"),
    "knowledge.source_stop": ("plug", "stopped a run over the source “{name}”"), "knowledge.source_exclude": ("plug", "left {pages} pages of the source “{name}” out"),
    "knowledge.source_include": ("plug", "took {pages} pages of the source “{name}” in again"), "knowledge.file_upload": ("file", "uploaded {file} to “{name}”"),
    "knowledge.source_decide": ("plug", "decided on {pages} pages that are gone from “{name}”: {what}"), "knowledge.file_delete": ("bin", "deleted {file} of “{name}”"),
    "knowledge.pin": ("check", "pinned the article “{title}” to a question"), "knowledge.unpin": ("undo", "took a pin off the article “{title}”"),
    "knowledge.synonyms_add": ("rows", "made synonyms of “{title}”"), "knowledge.synonyms_remove": ("bin", "removed the synonyms “{title}”"),
    "knowledge.topic_order": ("rows", "put topics or articles in another order"),
    "gaps.resolved": ("check", "resolved a gap"), "gaps.archived": ("book", "archived a gap"), "gaps.open": ("book", "opened a gap again"), "gaps.rename": ("book", "renamed a gap"),
    "gaps.merge": ("book", "merged a gap into another"), "gaps.part": ("book", "took the merging of a gap back"), "gaps.draft": ("book", "drafted the article “{title}” for a gap"),
    "models.add": ("model", "added the language model “{name}”"), "models.change": ("model", "changed the language model “{name}”"), "models.remove": ("bin", "removed the language model “{name}”"),
    "models.restore": ("undo", "brought the language model “{name}” back"), "models.order": ("model", "put the language models in another order"), "models.use": ("model", "set what each language model is asked for"),
    "models.budget": ("model", "set the day's budget of language models"), "models.budget_reached": ("alert", "saw that {share} % of the day's budget of language models was used"),
    "webhooks.create": ("out", "added the webhook “{name}” to {host}"), "webhooks.change": ("out", "changed the webhook “{name}”"), "webhooks.delete": ("bin", "removed the webhook “{name}”"),
    "webhooks.enable": ("out", "enabled the webhook “{name}”"), "webhooks.disable": ("out", "disabled the webhook “{name}”"),
    "webhooks.rotate": ("key", "gave the webhook “{name}” a new secret; the former one signs for {hours} hours more"),
    "webhooks.resend": ("out", "sent an event to the webhook “{name}” again"), "webhooks.replay": ("out", "replayed {count} events to the webhook “{name}”"),
    "actions.create": ("bolt", "made the action “{name}”"), "actions.change": ("bolt", "changed the action “{name}” (version {version})"), "actions.delete": ("bin", "deleted the action “{name}”"),
    "actions.restore": ("undo", "brought an earlier version of the action “{name}” back"), "actions.enable": ("bolt", "switched the action “{name}” on"),
    "actions.disable": ("bolt", "switched the action “{name}” off"), "actions.try": ("bolt", "called the action “{name}” for real from the test console"),
    "actions.approve": ("check", "approved a call of {name}"), "actions.decline": ("bolt", "declined a call of {name}"),
    "actions.import": ("bolt", "imported “{origin}”: {added} added, {changed} changed, {removed} taken away"),
    "actions.import_undo": ("undo", "took the import of “{origin}” back"), "actions.variable_create": ("key", "made the variable “{name}”"), "actions.variable_change": ("key", "changed the variable “{name}”"), "actions.variable_delete": ("bin", "deleted the variable “{name}”"),
    "deliveries.retry": ("out", "had a delivery tried again"), "deliveries.retry_since": ("out", "had everything tried again that was given up since {since} ({count})"),
    "deliveries.try_now": ("out", "had a destination tried at once"), "deliveries.arrived": ("check", "said that a delivery has arrived"), "deliveries.drop": ("bin", "dropped a delivery"),
    "helpdesk.connect": ("plug", "connected the helpdesk “{name}”"), "helpdesk.change": ("plug", "changed the helpdesk “{name}”"), "helpdesk.disconnect": ("bin", "disconnected the helpdesk “{name}”"),
    "helpdesk.test": ("plug", "tried a handoff to the helpdesk “{name}”"),
    "helpdesk.try_again": ("undo", "had the ticket of a conversation in {name} tried again"),
    "segments.create": ("people", "made the segment “{name}”"), "segments.change": ("people", "changed the segment “{name}”"),
    "segments.delete": ("bin", "deleted the segment “{name}”"), "segments.members": ("people", "put a contact into these segments by hand: {segments}"),
}

_SETTINGS: Mapping[str, str] = {  # several fields are one thing to whoever sets them
    "rerank_url": "the reranker", "rerank_model": "the reranker", "rerank_key": "the reranker", "patience": "how long a customer may wait",
    "notify": "who is told of handoffs by e-mail", "escalate": "who is told when nobody has answered in time", "notify_in_hours": "when mail about handoffs is sent", "keep_messages": "how long data is kept", "keep_attachments": "how long data is kept", "keep_traces": "how long data is kept",
    "keep_audit": "how long data is kept", "regions": "the countries whose numbers are masked", "vocabulary": "the words that are never masked",
    "languages": "the languages", "name": "the organisation's name", "title": "the name", "slug": "the address", "domain": "the domain", "accent": "the colour", "logo": "the logo",
    "hidden": "whether search engines may look", "header_links": "the links at the top", "footer_links": "the links at the bottom",
}


@router.get("")
async def show(request: Request, staff: Signed, only: str = "") -> Response:
    kind = next((kind for kind in _KINDS if kind == only), None)
    entries = [_entry(row) for row in await previewing.audit_log(staff.world, staff.actor, only=kind)]
    return await sheet(request, staff, "audit", entries=entries, only=kind or "all")


def _entry(row: Mapping[str, Any]) -> Entry:
    usual = ("info", str(row["verb"]).replace(".", " ").replace("_", " "))
    icon, sentence = _VERBS.get(f"{row['verb']} {row['thing']}") or _VERBS.get(row["verb"], usual)
    detail: Mapping[str, Any] = row["detail"]
    changed = dict.fromkeys(_SETTINGS.get(name, name.replace("_", " ")) for name in detail.get("changed") or [])
    what = detail.get("placeholder") or str(detail.get("field") or "").replace("_", " ") or " and ".join(changed) or "a value"
    channel = CHANNELS.get(str(detail.get("channel")), (detail.get("channel") or "…",))[0]
    known = BOUNDARIES.get(str(detail.get("boundary")))
    named = {
        "what": what, "part": PARTS.get(str(detail.get("part")), "how the AI behaves"), "thing": row["thing"], "channel": channel, "boundary": known.title if known else detail.get("boundary") or "…",
        "where": f" on {channel}" if detail.get("channel") else "", **({"type": kind(str(detail["type"]))} if "type" in detail else {}),
    }
    words = sentence.format_map(defaultdict(lambda: "…", {**detail, **named}))
    return Entry(row, icon, words, *_place(row, detail))


def _place(row: Mapping[str, Any], detail: Mapping[str, Any]) -> tuple[str, str]:
    """Where a line leads, and what is there."""
    if session := row["thing_id"] if row["thing"] == "session" else detail.get("session"):
        return f"/inbox/sessions/{session}", "Conversation"
    if row["thing"] == "article" and row["verb"] != "knowledge.delete":
        return f"/knowledge/{row['thing_id']}", "Article"
    return "", ""
