"""The twin of HubSpot as every helpdesk's twin is used: its tickets, what people do with them, its hooks. What it answers is said in hubspot_twin.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from glassine.connect.hubspot import notes
from glassine.connect.markup import plain
from tests.helpdesk_twins import Comment, SentHook, Twin, TwinTicket
from tests.hubspot_twin import SETTINGS, Portal
from tests.vendors import Request, Response


@dataclass(slots=True, kw_only=True)
class HubSpotTwin(Twin):
    """A portal with its first pipeline: stage 1 is open, stage 4 closed."""

    portal: Portal = field(default_factory=Portal)

    def settings(self) -> dict[str, str]:
        return dict(SETTINGS)

    def respond(self, request: Request) -> Response:
        self.portal.now, self.portal.files_at = datetime.now(UTC), f"http://{request.headers['host']}"
        answer = self.portal.answer(request)
        self._mirror()
        return answer

    def told(self, ticket: TwinTicket, what: str, comment: Comment | None = None, into: str = "") -> list[SentHook]:
        self.portal.now = datetime.now(UTC)
        if what == "replied" and comment is not None:
            files = ";".join(self.portal.store(name, content) for name, _, content in comment.sent)
            self.portal.reply(ticket.id, comment.text, public=comment.public, files=files)
        elif what in ("solved", "reopened"):
            self.portal.move(ticket.id, "4" if what == "solved" else "1")
        elif what == "merged":
            self.portal.merge(ticket.id, into)
        elif what == "deleted":
            self.portal.delete(ticket.id)
        url = self.hook_url or "https://support.example.com/api/hooks/helpdesks/1"
        headers, body = self.portal.hook(url)
        return [SentHook(url=url, headers=headers, body=body)]

    def _mirror(self) -> None:
        """The portal's tickets as the tests ask for them. Notes are internal in HubSpot; whom one is for stands in it."""
        for record in (one for one in self.portal.records.values() if one.kind == "tickets"):
            held = record.properties
            there = self.held.setdefault(record.id, TwinTicket(id=record.id))
            there.subject, there.tags, there.solved = held.get("subject", ""), tuple(held.get("glassine_tags", "").split(";")), held.get("hs_pipeline_stage") in ("4", "779")
            there.deleted, there.merged_into, there.fields = record.archived, record.merged_into, dict(held)
            there.requester = next((dict(one.properties) for one in self.portal.contacts_of(record.id)), {})
            there.comments = [_comment(one.id, one.properties["hs_note_body"], self._named(one.properties.get("hs_attachment_ids", ""))) for one in self.portal.notes(record.id)]

    def _named(self, ids: str) -> tuple[str, ...]:
        return tuple(self.portal.uploaded[id][0] for id in ids.split(";") if id in self.portal.uploaded)


def _comment(id: str, body: str, files: tuple[str, ...]) -> Comment:
    ours = bool(notes.marker_of(body))
    text, public = (plain(body), "· internal note ·" not in body) if ours else notes.meant(body)
    return Comment(id=id, text=text, public=public, ours=ours, files=files)
