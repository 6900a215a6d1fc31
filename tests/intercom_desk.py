"""The twin of Intercom as every helpdesk's twin is used: its conversations, what people do with them, its notifications. What it answers is said in intercom_twin.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from glassine.connect.markup import plain
from tests.helpdesk_twins import Comment, SentHook, Twin, TwinTicket
from tests.intercom_twin import API, SETTINGS, Workspace
from tests.vendors import Request, Response


@dataclass(slots=True, kw_only=True)
class IntercomTwin(Twin):
    """A workspace. Intercom merges no conversations that a program would hear of, so a merge here is the first one closed and deleted."""

    workspace: Workspace = field(default_factory=Workspace)

    def settings(self) -> dict[str, str]:
        return dict(SETTINGS)

    def respond(self, request: Request) -> Response:
        self.workspace.now = datetime.now(UTC)
        answer = self.workspace.answer(request)
        self._mirror()
        return answer

    def told(self, ticket: TwinTicket, what: str, comment: Comment | None = None, into: str = "") -> list[SentHook]:
        space = self.workspace
        space.now, space.files_at = datetime.now(UTC), self.url
        if what == "replied" and comment is not None:
            space.reply(ticket.id, comment.text, kind="comment" if comment.public else "note", files=comment.sent)
        elif what == "solved":
            space.close(ticket.id)
        elif what == "reopened":
            space.reopen(ticket.id)
        else:
            space.delete(ticket.id)
        self._mirror()
        hooks = []
        while space.told:
            headers, body = space.hook()
            hooks.append(SentHook(url=self.hook_url or "https://support.example.com/api/hooks/helpdesks/1", headers=headers, body=body))
        return hooks

    def _mirror(self) -> None:
        """The workspace's conversations as the tests ask for them. A customer's own words count as public, and what is told the customer here too."""
        for id, held in self.workspace.held.items():
            there = self.held.setdefault(id, TwinTicket(id=id))
            there.subject, there.tags, there.solved, there.deleted = held["title"] or plain(held["source"]["body"]), tuple(held["tags"]), held["state"] == "closed", id in self.workspace.gone
            there.requester = {name: str(value) for name, value in self.workspace.contacts[held["contact"]].items() if value and name in ("email", "name", "phone", "external_id")}
            there.comments = [
                Comment(id=part["id"], text=plain(part["body"]), public=part["part_type"] == "comment", ours=part["author"]["type"] == "user" or part["author"]["id"] == API, author=str(part["author"]["name"]),
                        files=tuple(file["name"] for file in part["attachments"]))
                for part in sorted(held["parts"], key=lambda one: (one["created_at"], int(one["id"]))) if part["body"]
            ]
