"""Zendesk Support as one of the twins: its tickets on a server of its own, what its people do, and the messages that it signs and sends of that."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.helpdesk_twins import Comment, SentHook, Twin, TwinTicket
from tests.vendors import Request, Response
from tests.zendesk_tickets_twin import EMAIL, TOKEN, Support


@dataclass(slots=True, kw_only=True)
class ZendeskTwin(Twin):
    """`support` keeps everything; `held` is what of it every twin shows. A message names a ticket only, and of a deleted one there is none."""

    support: Support = field(default_factory=Support)
    signed: list[SentHook] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.support.hooks.send = lambda url, headers, body: self.signed.append(SentHook(url=url, headers=headers, body=body))

    def settings(self) -> dict[str, str]:
        return {"subdomain": "acme", "email": EMAIL, "token": TOKEN}

    def respond(self, request: Request) -> Response:
        answer = self.support(request)
        self._show()
        return answer

    async def answer(self, ticket: str, text: str, *, public: bool = True, author: str = "Grace", files: tuple[tuple[str, str, bytes], ...] = ()) -> Comment:
        by = next((id for id, one in self.support.users.items() if one["name"] == author), 0) or self.support.hire(author)
        id = str(self.support.answer(int(ticket), text, public=public, by=by, files=files))
        await self._tell()
        return next(one for one in self.held[ticket].comments if one.id == id)

    async def solve(self, ticket: str) -> None:
        self.support.set_status(int(ticket), "solved")
        await self._tell()

    async def reopen(self, ticket: str) -> None:
        self.support.set_status(int(ticket), "open")
        await self._tell()

    async def merge(self, ticket: str, into: str) -> None:
        self.support.merge(int(ticket), int(into))
        self._show()
        self.held[ticket].merged_into = into
        await self._tell()

    async def delete(self, ticket: str) -> None:
        self.support.delete(int(ticket))
        await self._tell()

    async def _tell(self) -> None:
        self._show()
        told, self.signed = self.signed, []
        await self._send(told)

    def _show(self) -> None:
        for id, one in self.support.held.items():
            shown = self.held.setdefault(str(id), TwinTicket(id=str(id)))
            shown.subject, shown.tags, shown.solved, shown.deleted = one.fields.get("subject", ""), tuple(one.tags), one.status in ("solved", "closed"), one.deleted
            shown.comments = [
                Comment(id=str(each["id"]), text=each["plain_body"], public=each["public"], ours=audit["via"]["channel"] == "api", files=tuple(file["file_name"] for file in each["attachments"]), author=str(each["author_id"]))
                for audit in one.audits for each in audit["events"] if each["type"] == "Comment"
            ]  # fmt: skip
            shown.requester = {name: str(value) for name, value in self.support.users.get(one.requester, {}).items()}
            shown.fields = {"description": one.comments()[0]["html_body"], **{str(each["id"]): str(each["value"]) for each in one.fields.get("custom_fields", ())}}
