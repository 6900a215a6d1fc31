"""Every way by which a text can enter: channel, direction, format. Each is one function that sends canaries through a door; `WAYS` lists them.

A new channel or field of the product gets its line here; tests/test_prove_ways.py compares the list with the routes of the API.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

from glassine.proof.prove import documents
from glassine.proof.prove.canaries import Canary
from glassine.proof.prove.door import Door, Unexpected, proof_of
from glassine.proof.prove.sinks import DESK, Model
from glassine.proof.prove.stage import Stage

IN, OUT, MODEL, ANSWER, MAIL = "customer in", "team out", "model request out", "AI answer out", "mail out"
CALL, WEBHOOK, RERANK, TICKET = "action called", "webhook out", "question to a reranker out", "ticket out"
_ACTS_A_SESSION = 3
_TICKET_TRIES = 120  # half a second each
DESK_SECRET = "prove signs what a helpdesk says with this"  # noqa: S105 - of a throw-away organisation, and written down with everything else of it


@dataclass(slots=True, kw_only=True)
class Talk:
    """One customer at one door, with the sessions they have open. A session is used for a few acts only, so that the AI still answers in it."""

    door: Door
    stage: Stage
    model: Model
    marker: str  # a harmless word that each session begins with
    sessions: list[str] = field(default_factory=list)  # every one that was opened
    _api: str = ""
    _web: str = ""
    _left: int = 0
    _visitor: str = ""
    _browser: str = field(default_factory=lambda: str(uuid4()))
    _proof: str = ""
    _desk: str = ""

    async def session(self) -> str:
        """An open session of the channel `api`, whose first message is harmless."""
        if not self._api or self._left <= 0:
            self._api, self._left = await self.fresh(), _ACTS_A_SESSION
        self._left -= 1
        return self._api

    async def fresh(self, **fields: object) -> str:
        session = str((await self.door.api(self.stage.api_key, "POST", "/chat/sessions", fields))["id"])
        self.sessions.append(session)
        await self.say(session, f"Hello, the {self.marker} lamp is broken. Can I return it?")
        return session

    async def say(self, session: str, text: str, **more: object) -> None:
        await self.door.api(self.stage.api_key, "POST", f"/chat/sessions/{session}/send", {"message": {"text": text}, **more})

    async def visitor(self) -> str:
        """A contact token of the widget."""
        if not self._visitor:
            self._visitor = await self.claim({})
        return self._visitor

    async def claim(self, claims: dict[str, object]) -> str:
        return str((await self.door.widget(self.stage.widget_token, "", "POST", "/contact/create-unverified", claims))["token"])

    async def web(self) -> str:
        """An open session of the widget."""
        if not self._web or self._left <= 0:
            made = await self.widget("POST", "/create-session", {"customData": {"external_id": self._browser}})
            self._web, self._left = str(made["id"]), _ACTS_A_SESSION
            self.sessions.append(self._web)
            await self.widget("POST", "/chat/send", {"session_id": self._web, "content": f"Good day, my {self.marker} lamp does not shine."})
        self._left -= 1
        return self._web

    async def widget(self, method: str, path: str, body: object) -> dict[str, object]:
        return await self.door.widget(self.stage.widget_token, await self.visitor(), method, path, body)

    async def form(self, path: str, **fields: str) -> None:
        """A member of the team sends a form of the inbox."""
        if not self._proof:
            self._proof = proof_of(await self.door.page(self.stage.agent, "/inbox"))
        await self.door.form(self.stage.agent, path, self._proof, **fields)

    async def ticket(self, *said: str) -> tuple[str, str]:
        """A helpdesk that is connected to the recording service, and the ticket that a fresh session in which this was said has got there."""
        if not self._desk:
            settings = {"url": f"http://127.0.0.1:{self.model.port}{DESK}", "hook_secret": DESK_SECRET}
            wanted = {"kind": "generic_webhook", "name": f"Prove {uuid4().hex[:8]}", "settings": settings}
            self._desk = str((await self.door.api(self.stage.api_key, "POST", "/helpdesks", wanted))["helpdesk"]["id"])
        session = await self.fresh()
        for text in said:
            await self.say(session, text)
        await self.door.api(self.stage.api_key, "PUT", f"/chat/sessions/{session}/owner", {"kind": "helpdesk", "id": self._desk})
        for _ in range(_TICKET_TRIES):
            found = (await self.door.api(self.stage.api_key, "GET", f"/chat/sessions/{session}"))["ticketing_system"]
            if found and found["external_id"]:
                return self._desk, str(found["external_id"])
            await asyncio.sleep(0.5)
        raise Unexpected("a handoff to a helpdesk got no ticket")

    async def write(self, session: str, mode: str, text: str) -> None:
        await self.form(f"/inbox/sessions/{session}/write", mode=mode, text=text)


Send = Callable[[Talk, Sequence[Canary]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`holds`: how many canaries go in one act. `plain`: the format cannot hold letters of every script. `needs_model`: only where one answers."""

    channel: str
    direction: str
    format: str
    send: Send
    holds: int = 1
    plain: bool = False
    needs_model: bool = False
    seen_by_model: bool = False  # what is sent so becomes part of a prompt
    searched_with: bool = False  # … and of a question that a reranker is asked
    told: bool = False  # … and of an event that webhooks tell


async def _message(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.say(await talk.session(), "\n".join(canary.text for canary in canaries))


async def _context(talk: Talk, canaries: Sequence[Canary]) -> None:
    first, *rest = canaries
    await talk.say(await talk.session(), "Where is my order?", clientContext={"note": first.text, **{canary.text: "seen" for canary in rest}})


async def _custom_data(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.say(await talk.session(), "Where is my order?", custom_data={f"field {n}": canary.text for n, canary in enumerate(canaries)})


async def _session_fields(talk: Talk, canaries: Sequence[Canary]) -> None:
    first, *rest = canaries
    session = await talk.fresh(contact={"name": first.value, "custom_data": {f"field {n}": each.text for n, each in enumerate(rest)}}, custom_data={"note": first.text})
    await talk.say(session, "Where is my order?")


async def _saved_contact(talk: Talk, canaries: Sequence[Canary]) -> None:
    first, *rest = canaries
    made = await talk.door.api(talk.stage.api_key, "POST", "/contacts", {"name": first.value, "custom_data": {f"field {n}": each.text for n, each in enumerate(rest)}})
    await talk.door.api(talk.stage.api_key, "PATCH", f"/contacts/{made['id']}", {"custom_data": {"note": first.text}})


async def _vouched_for(talk: Talk, canaries: Sequence[Canary]) -> None:
    first, *rest = canaries
    data = {f"field {n}": each.text for n, each in enumerate(rest)}
    body = {"email": f"{uuid4().hex}@prove.invalid", "name": first.value, "customData": data}
    await talk.door.api(talk.stage.api_key, "POST", "/widget/authenticate-user", body)


async def _asks_for_a_person(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.say(await talk.fresh(), f"{canaries[0].text} I want to talk to a human.")


async def _to_a_closed_session(talk: Talk, canaries: Sequence[Canary]) -> None:
    session = await talk.fresh()
    await talk.door.api(talk.stage.api_key, "PATCH", f"/chat/sessions/{session}", {"status": "closed_resolved"})
    await talk.door.api(talk.stage.api_key, "POST", f"/chat/sessions/{session}/send", {"message": {"text": canaries[0].text}}, expect=(409,))


async def _malformed(talk: Talk, canaries: Sequence[Canary]) -> None:
    session, text = await talk.session(), canaries[0].text
    wrong = {"message": {"text": [text], text: 1}, "uuid": text, "language": text}
    await talk.door.api(talk.stage.api_key, "POST", f"/chat/sessions/{session}/send", wrong, expect=(400,))
    await talk.door.api(talk.stage.api_key, "GET", f"/chat/sessions/{quote(text, safe='')}", expect=(400, 404))
    form = {"sessionId": await talk.web(), "formMessageId": text, "actionId": text}
    await talk.door.widget(talk.stage.widget_token, await talk.visitor(), "POST", "/action/execute", form, expect=(400, 404))


async def _preview(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.door.api(talk.stage.api_key, "POST", "/redaction/preview", {"text": canaries[0].text})


async def _ever_left(talk: Talk, canaries: Sequence[Canary]) -> None:
    session = await talk.session()
    await talk.door.api(talk.stage.api_key, "POST", "/ledger/ever-left", {"value": canaries[0].value, "session_id": session})


async def _search(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.door.api(talk.stage.api_key, "GET", f"/knowledge/search?audience=public&q={quote(canaries[0].text, safe='')}")


async def _reply_by_api(talk: Talk, canaries: Sequence[Canary]) -> None:
    session = await talk.fresh()
    await talk.say(session, canaries[0].text, sender={"type": "human_agent"})


async def _reply(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.write(await talk.fresh(), "reply", canaries[0].text)


async def _handed_to_a_helpdesk(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.ticket(*(canary.text for canary in canaries))


async def _answered_elsewhere(talk: Talk, canaries: Sequence[Canary]) -> None:
    """Somebody writes in a helpdesk: to the customer, with a file, and a note to colleagues."""
    first, *rest = canaries
    desk, ticket = await talk.ticket()
    at, file = datetime.now(UTC).isoformat(), base64.b64encode(first.text.encode()).decode()
    said: dict[str, object] = {"type": "reply", "ticket": ticket, "at": at, "text": first.text, "author": first.value[:100], "files": [{"name": "answer.txt", "type": "text/plain", "content_base64": file}]}
    notes: list[dict[str, object]] = [{"type": "note", "ticket": ticket, "at": at, "text": each.text, "author": each.value[:100]} for each in rest]
    body = json.dumps([{**one, "id": uuid4().hex} for one in [said, *notes]]).encode()
    id, stamp = uuid4().hex, str(int(time.time()))
    signature = base64.b64encode(hmac.digest(DESK_SECRET.encode(), f"{id}.{stamp}.".encode() + body, hashlib.sha256)).decode()
    headers = {"Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}
    await talk.door.ask("POST", f"/api/hooks/helpdesks/{desk}", headers=headers, body=body)


async def _note(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.write(await talk.session(), "note", canaries[0].text)


async def _try_question(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.form("/knowledge/try", question=canaries[0].text)


async def _web_message(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.widget("POST", "/chat/send", {"session_id": await talk.web(), "content": canaries[0].text})


async def _web_first_words(talk: Talk, canaries: Sequence[Canary]) -> None:
    made = await talk.widget("POST", "/create-session", {"customData": {"external_id": str(uuid4()), "note": canaries[0].text}})
    talk.sessions.append(str(made["id"]))
    first = [{"uuid": str(uuid4()), "content": canary.text} for canary in canaries]
    await talk.widget("POST", "/chat/send", {"session_id": made["id"], "content": "Yes, please.", "initial_messages": first})


async def _web_context(talk: Talk, canaries: Sequence[Canary]) -> None:
    first, *rest = canaries
    more = {"clientContext": {"note": first.text}, "custom_data": {f"field {n}": each.text for n, each in enumerate(rest)}}
    await talk.widget("POST", "/chat/send", {"session_id": await talk.web(), "content": "How long does delivery take?", **more})


async def _saved_state(talk: Talk, canaries: Sequence[Canary]) -> None:
    first, *rest = canaries
    state = {"form": {"lines": [first.text], "count": 2}, **{canary.text: True for canary in rest}}
    await talk.widget("POST", "/checkpoint", {"session_id": await talk.web(), "payload": state})


async def _rating(talk: Talk, canaries: Sequence[Canary]) -> None:
    await talk.widget("POST", "/submit-csat", {"session_id": await talk.web(), "score": 4, "feedback": canaries[0].text})


async def _claims(talk: Talk, canaries: Sequence[Canary]) -> None:
    first, *rest = canaries
    data = {f"field {n}": canary.text for n, canary in enumerate(rest)}
    await talk.claim({"non_verified_name": first.value[:200], "non_verified_custom_data": data})


def _file(ending: str, media_type: str, write: Callable[[Sequence[str]], bytes]) -> Send:
    async def send(talk: Talk, canaries: Sequence[Canary]) -> None:
        session = await talk.web()
        content = write([canary.text for canary in canaries])
        await _attached(talk, session, f"letter.{ending}", media_type, content)

    return send


async def _file_name(talk: Talk, canaries: Sequence[Canary]) -> None:
    session = await talk.web()
    await _attached(talk, session, f"{canaries[0].text} letter.txt", "text/plain", b"see the name")


async def _attached(talk: Talk, session: str, name: str, media_type: str, content: bytes) -> None:
    made = await talk.door.upload(talk.stage.widget_token, await talk.visitor(), name, media_type, content)
    await talk.widget("POST", "/chat/send", {"session_id": session, "content": "Here is the letter.", "attachments": [{"url": made["fileUrl"]}]})


async def _invented(talk: Talk, canaries: Sequence[Canary]) -> None:
    talk.model.inventions.append(canaries[0].text)
    await talk.say(await talk.fresh(), "Can I return the lamp?")


async def _has_noted(talk: Talk, canaries: Sequence[Canary]) -> None:
    """The model has an action called with it, in the parameter that takes it or in one that does not. (`/actions` was set up with the stage.)"""
    one_that_it_takes = f"{uuid4().hex}@prove.invalid"  # whatever kind the canary is of
    for value in (canaries[0].text, one_that_it_takes):
        session = str((await talk.door.api(talk.stage.api_key, "POST", "/chat/sessions", {}))["id"])  # nothing was said in it that went to people
        talk.sessions.append(session)
        await talk.say(session, f"Please note it down: {value}")


WAYS: tuple[Way, ...] = (
    Way(channel="API", direction=IN, format="message", send=_message, seen_by_model=True, searched_with=True, told=True),
    Way(channel="API", direction=IN, format="message, several values", send=_message, holds=3, seen_by_model=True, searched_with=True, told=True),
    Way(channel="API", direction=IN, format="clientContext, values and names", send=_context, holds=2, seen_by_model=True),
    Way(channel="API", direction=IN, format="custom data of a message", send=_custom_data, holds=2),
    Way(channel="API", direction=IN, format="contact and session fields", send=_session_fields, holds=2),
    Way(channel="API", direction=IN, format="contact, saved and changed", send=_saved_contact, holds=2),
    Way(channel="API", direction=IN, format="visitor whom the site vouches for", send=_vouched_for, holds=2),
    Way(channel="API", direction=IN, format="message to a closed session", send=_to_a_closed_session),
    Way(channel="API", direction=IN, format="malformed request", send=_malformed),
    Way(channel="API", direction=IN, format="redaction preview", send=_preview),
    Way(channel="API", direction=IN, format="question whether a value ever left", send=_ever_left),
    Way(channel="API", direction=IN, format="knowledge search", send=_search),
    Way(channel="API", direction=OUT, format="reply of another system", send=_reply_by_api, told=True),
    Way(channel="API", direction=MAIL, format="message that asks for a person", send=_asks_for_a_person, told=True),
    Way(channel="inbox", direction=OUT, format="reply", send=_reply, told=True),
    Way(channel="inbox", direction=OUT, format="note", send=_note),
    Way(channel="inbox", direction=IN, format="question that the team tries", send=_try_question),
    Way(channel="widget", direction=IN, format="message", send=_web_message, seen_by_model=True, searched_with=True, told=True),
    Way(channel="widget", direction=IN, format="the page's first words", send=_web_first_words, holds=2),
    Way(channel="widget", direction=IN, format="clientContext and custom data", send=_web_context, holds=2, seen_by_model=True),
    Way(channel="widget", direction=IN, format="saved state, values and names", send=_saved_state, holds=2),
    Way(channel="widget", direction=IN, format="comment on a rating", send=_rating),
    Way(channel="widget", direction=IN, format="what a visitor says of themselves", send=_claims, holds=2),
    Way(channel="widget", direction=IN, format="file name", send=_file_name),
    Way(channel="widget", direction=IN, format="file, text", send=_file("txt", "text/plain", documents.text), holds=2),
    Way(channel="widget", direction=IN, format="file, CSV", send=_file("csv", "text/csv", documents.table), holds=2),
    Way(channel="widget", direction=IN, format="file, PDF", send=_file("pdf", "application/pdf", documents.pdf), holds=2, plain=True),
    Way(channel="widget", direction=IN, format="file, Word", send=_file("docx", documents.WORD, documents.word), holds=2),
    Way(channel="model", direction=CALL, format="a value that an action is called with", send=_has_noted, needs_model=True, seen_by_model=True),
    Way(channel="model", direction=ANSWER, format="a value that the model made up", send=_invented, needs_model=True),
    Way(channel="helpdesk", direction=TICKET, format="conversation that is handed off", send=_handed_to_a_helpdesk, holds=2, needs_model=True),
    Way(channel="helpdesk", direction=OUT, format="reply, note and file", send=_answered_elsewhere, holds=2, needs_model=True),  # only its organisation can reach the recording service
)
