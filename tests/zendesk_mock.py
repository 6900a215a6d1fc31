"""A Zendesk on this machine to try handoffs with: `python -m tests.zendesk_mock` serves the twin's API and a small desk for agents. It is no part of the product."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import pickle
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.helpdesk_twins import SentHook, running
from tests.vendors import Request, Response
from tests.zendesk_desk_twin import ZendeskTwin
from tests.zendesk_tickets_twin import EMAIL, TOKEN, Ticket

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 6%, transparent) }
* { box-sizing: border-box } body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem }
a { color: LinkText } h1 { font-size: 1.35rem; margin: 0 0 .25rem } p { margin: .3rem 0 } ul { margin: .3rem 0; padding-left: 1.2rem }
table { border-collapse: collapse; width: 100% } td, th { border-bottom: 1px solid var(--line); padding: .5rem; text-align: left }
.tag { background: var(--soft); border-radius: 4px; display: inline-block; font-size: .85rem; margin: 0 .25rem .25rem 0; padding: .1rem .45rem }
article { border: 1px solid var(--line); border-radius: 8px; margin: .75rem 0; overflow-wrap: anywhere; padding: .75rem 1rem } .note { background: color-mix(in srgb, #d9a400 14%, transparent) }
.by { font-size: .85rem; opacity: .75 } textarea { font: inherit; min-height: 6rem; padding: .5rem; width: 100% } button { cursor: pointer; font: inherit; margin: .25rem .5rem .25rem 0; padding: .45rem .9rem }
"""


@dataclass(slots=True, kw_only=True)
class Mock(ZendeskTwin):
    """The twin with pages. Its API stands below /api/v2, as Zendesk's does."""

    keep: Path | None = None
    doing: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        super(Mock, self).__post_init__()
        if self.keep is not None and self.keep.exists():
            for (place, names), values in zip(self._kept(), pickle.loads(self.keep.read_bytes()), strict=True):
                for name, value in zip(names, values, strict=True):
                    setattr(place, name, value)
        self._show()

    def _kept(self) -> tuple[tuple[object, tuple[str, ...]], ...]:
        return (self.support, ("held", "users", "files", "keys", "_last")), (self.support.hooks, ("known", "secrets", "rules", "_last"))

    def _save(self) -> None:
        if self.keep is not None:
            self.keep.write_bytes(pickle.dumps([[getattr(place, name) for name in names] for place, names in self._kept()]))

    def respond(self, request: Request) -> Response:
        path = urlsplit(request.target).path
        if path.startswith(("/api/", "/attachments/")):
            answer = super(Mock, self).respond(request)
            self._save()
            return answer
        match request.method, path.strip("/").split("/"):
            case "GET", [""] | ["agent"]:
                return _page("Tickets", self._list())
            case "GET", ["agent", "tickets", id] if self._there(id):
                return _page(f"Ticket {id}", self._shown(self.support.held[int(id)]))
            case "POST", ["agent", "tickets", id] if self._there(id):
                self._does(id, {name: values[0] for name, values in parse_qs(request.body.decode()).items()})
                return Response(status=303, headers={"Location": f"/agent/tickets/{id}"})
        return _page("Not found", "<p>There is no such page.</p>", 404)

    def _there(self, id: str) -> bool:
        return id.isdecimal() and int(id) in self.support.held and not self.support.held[int(id)].deleted

    def _does(self, id: str, form: dict[str, str]) -> None:
        """What the agent pressed. The page does not wait for the product's answer to the message."""
        held, text = self.support.held[int(id)], form.get("text", "").strip()
        match form.get("do"):
            case "reply" | "note" if text and held.status != "closed":
                work = self._said(id, text, public=form["do"] == "reply")
            case "solve" if held.status not in ("solved", "closed"):
                work = self.solve(id)
            case "reopen" if held.status == "solved":
                work = self.reopen(id)
            case "delete":
                work = self.delete(id)
            case _:
                return
        task = asyncio.create_task(self._kept_after(work))
        self.doing.add(task)
        task.add_done_callback(self.doing.discard)

    async def _kept_after(self, work: Coroutine[None, None, None]) -> None:
        await work
        self._save()

    async def _said(self, id: str, text: str, *, public: bool) -> None:
        await self.answer(id, text, public=public, author="Bob Builder")

    def _list(self) -> str:
        rows = "".join(
            f'<tr><td><a href="/agent/tickets/{one.id}">{one.id}</a></td><td>{escape(str(one.fields.get("subject", "")))}</td><td>{one.status}</td></tr>'
            for one in reversed(self.support.held.values()) if not one.deleted
        )
        return f"<table><tr><th>Ticket</th><th>Subject</th><th>Status</th></tr>{rows}</table>" if rows else "<p>No tickets yet. Hand a conversation off, and reload this page.</p>"

    def _shown(self, held: Ticket) -> str:
        tags = "".join(f'<span class="tag">{escape(tag)}</span>' for tag in held.tags)
        requester = self.support.users.get(held.requester, {})
        facts = [("Requester", " ".join(filter(None, (requester.get("name"), requester.get("email"))))), ("Status", held.status), ("Priority", held.fields.get("priority", "–")), ("External id", held.fields.get("external_id", "–"))]
        facts += [(self.support.custom_fields.get(one["id"], str(one["id"])), one["value"]) for one in held.fields.get("custom_fields", ())]
        lines = "".join(f"<li>{escape(name)}: {escape(str(value))}</li>" for name, value in facts)
        return f'<p><a href="/agent">All tickets</a></p><p><b>{escape(str(held.fields.get("subject", "")))}</b></p><p>{tags}</p><ul>{lines}</ul>{"".join(self._comments(held))}{_FORM}'

    def _comments(self, held: Ticket) -> Iterator[str]:
        for one in held.comments():
            who = self.support.users.get(one["author_id"], {}).get("name", "somebody")
            kind = "public reply" if one["public"] else "internal note"
            files = "".join(f"<p>File: {escape(file['file_name'])}</p>" for file in one["attachments"])
            yield f'<article class="{"" if one["public"] else "note"}"><p class="by">{escape(who)} · {kind} · {one["created_at"]}</p>{one["html_body"]}{files}</article>'


_FORM = """<form method="post"><label for="text">Answer</label><textarea id="text" name="text"></textarea>
<p><button name="do" value="reply">Send as public reply</button><button name="do" value="note">Add as internal note</button></p>
<p><button name="do" value="solve">Solve</button><button name="do" value="reopen">Reopen</button><button name="do" value="delete">Delete</button></p></form>"""


def _page(title: str, body: str, status: int = 200) -> Response:
    html = f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title} · Zendesk mock</title><style>{_STYLE}</style><h1>{title}</h1>{body}</html>'
    return Response(status=status, body=html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


async def _post(hook: SentHook) -> int:
    """One message, as Zendesk sends it; what does not arrive is found when the product asks."""
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
        try:
            return (await client.post(hook.url, headers=dict(hook.headers), content=hook.body)).status_code
        except httpx2.HTTPError:
            return 0


async def serve(port: int, keep: Path) -> None:
    async with running(Mock(url=f"http://127.0.0.1:{port}", post=_post, keep=keep)) as mock:
        print(f"Zendesk's mock answers at {mock.url}. Agents answer tickets there in a browser.")
        print(f"Start Glassine with GLASSINE_VENDOR_URLS=zendesk={mock.url}")
        print(f"Connect it under Settings, Helpdesks: subdomain acme, e-mail address {EMAIL}, API token {TOKEN}")
        print("Press Ctrl+C to stop it.")
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A Zendesk on this machine to try handoffs with.")
    parser.add_argument("--port", type=int, default=4700)
    parser.add_argument("--keep", type=Path, help="A file that tickets and webhooks are kept in, so that they are there after a restart.", default=None)
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(given.port, given.keep or Path(gettempdir()) / f"zendesk-mock-{given.port}"))
