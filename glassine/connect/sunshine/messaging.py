"""Zendesk messaging as a helpdesk: what an admin fills in, and how a session becomes a conversation there and grows. It decides nothing and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import quote

from glassine.connect.sunshine import hook as its_hook
from glassine.connect.sunshine.app import App, Json, host, login
from glassine.connect.sunshine.happenings import held_by, look
from glassine.connect.sunshine.saying import OURS, Part, first, parts, wants
from glassine.words.deliveries import DeliveryFailed, Effect
from glassine.words.errors import Refused
from glassine.words.helpdesks import Checked, Draft, Entry, Guarantee, Heard, HelpdeskLink, Hook, Looked, RawHook, Step, Ticket
from glassine.words.sources import Field, FieldKind

TEAM = "zd:agentWorkspace"  # Zendesk's own kind of who answers in a switchboard
_SESSION, _OPENED = "glassine_session", "glassine_opened"  # in a conversation's metadata


class Messaging:
    """Sunshine Conversations. A session is a conversation of a user who has no other way in, so that nobody but Glassine tells the customer of it."""

    fields: tuple[Field, ...] = (
        Field(name="subdomain", shown=True, title="Subdomain", help="What stands before .zendesk.com, such as acme.", required=False),
        Field(name="app_id", title="App id", help="From Admin Center › Apps and integrations › APIs › Conversations API."),
        Field(name="key_id", title="Key id", help="Of a key of that app; it begins with app_."),
        Field(name="secret", title="Secret", help="Of the same key. Zendesk shows it only once.", kind=FieldKind.SECRET),
        Field(
            name="server", title="Server", help="Only for accounts of Sunshine Conversations that are not part of a Zendesk account.", kind=FieldKind.CHOICE, required=False, default="zendesk",
            choices=MappingProxyType({"zendesk": "Your Zendesk account", "us": "api.smooch.io", "eu": "api.eu-1.smooch.io"}),
        ),
        Field(name="to", title="Who answers", help="The name or the kind of the switchboard integration that gets the conversation.", required=False, default=TEAM),
    )
    begin: tuple[Step, ...] = (
        Step(
            title="Make a key in Zendesk", text="As an admin, open Admin Center › Apps and integrations › APIs › Conversations API, create a key, and copy the app id, the key id and the secret, which is shown only once.",
            picture="sunshine-key.svg",
        ),
    )
    guarantees: Mapping[Effect, Guarantee] = MappingProxyType({Effect.OPEN: Guarantee.LOOKUP, Effect.SAY: Guarantee.LOOKUP, Effect.STATUS: Guarantee.LOOKUP})
    steps: tuple[Step, ...] = ()
    wire_name = "zendesk_v2"
    id_type = "conversation_id"
    needs: tuple[str, ...] = ()

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        return (host(settings), "*.smooch.io", "*.zdusercontent.com")

    async def check(self, link: HelpdeskLink) -> Checked:
        login(link.settings)
        app = App(link)
        known = (await app.get("")) or {}
        if not isinstance(known.get("app"), dict):
            raise Refused(f"There is no app {app.id} at {app.host}. Check the app id and the subdomain.")
        answering = await _answering(app)
        to, found = _to(link), {str(one.get(name)) for one in answering for name in ("id", "name", "integrationType")}
        missing = () if to in found else (
            f"Nobody called {to} answers in this app, so nobody would see a conversation. Switch messaging on in Zendesk (Admin Center › Channels › Messaging), or choose who answers.",
        )
        choices = {"to": {str(one["name"]): f"{one['name']} ({one.get('integrationType')})" for one in answering if one.get("name")}}
        return Checked(reached=f"{app.host} has the app {known['app'].get('displayName') or app.id}.", missing=missing, choices=choices)

    async def install(self, link: HelpdeskLink, hook: Hook) -> Mapping[str, str]:
        return await its_hook.install(App(link), hook)

    async def uninstall(self, link: HelpdeskLink, made: Mapping[str, str]) -> None:
        await its_hook.uninstall(App(link), made)

    async def find(self, link: HelpdeskLink, marker: str) -> Ticket | None:  # noqa: ARG002 - Sunshine lists conversations by user only, so `open` looks itself, and finds every double
        return None

    async def open(self, link: HelpdeskLink, draft: Draft, key: str) -> Ticket:  # noqa: ARG002 - Sunshine takes no key; what is there already is looked for
        app, user = App(link), draft.requester.key
        there = await _marked(app, user, draft.marker) or await _made(app, draft)
        ticket = Ticket(id=str(there["id"]), state={"user": user})
        if (there.get("metadata") or {}).get(_OPENED):
            return ticket
        written = await _written(app, ticket.id)
        said = [first(draft), *(part for entry in draft.transcript for part in parts(entry, user))]
        for part in said:
            if part.mark not in written:
                written[part.mark] = await _post(app, ticket.id, part)
        await _pass(app, ticket.id, _to(link), wants(draft, written[said[0].mark]))
        await _send(app, "PATCH", f"/conversations/{ticket.id}", {"metadata": {**(there.get("metadata") or {}), _OPENED: "yes"}})
        return ticket

    async def said(self, link: HelpdeskLink, ticket: Ticket, marker: str) -> str | None:
        """Whole: a long entry is several messages, of which the last counts."""
        return (await _written(App(link), ticket.id)).get(marker)

    async def say(self, link: HelpdeskLink, ticket: Ticket, entry: Entry, key: str) -> str:  # noqa: ARG002 - as above
        """Returns the id of its last message. An internal note is not told: messaging has none, and the customer's own side of the conversation is all there is."""
        app, id, written = App(link), "", dict[str, str]()
        said = parts(entry, ticket.state.get("user", ""))
        if len(said) > 1:
            written = await _written(app, ticket.id)
        for part in said:
            id = written.get(part.mark) or await _post(app, ticket.id, part)
        return id

    async def set_status(self, link: HelpdeskLink, ticket: Ticket, *, solved: bool) -> None:
        app = App(link)
        there = (await app.get(f"/conversations/{quote(ticket.id, safe='')}")) or {}
        holder = held_by(there.get("conversation") or {})
        if solved and holder:
            await _send(app, "POST", f"/conversations/{ticket.id}/releaseControl", {"metadata": {OURS: "status"}})
        if not solved and _to(link) not in holder:
            await _pass(app, ticket.id, _to(link), {OURS: "status"})

    def verify(self, raw: RawHook, secret: str) -> None:
        its_hook.verify(raw, secret)

    def parse(self, raw: RawHook) -> Sequence[Heard]:
        return its_hook.parse(raw)

    async def look(self, link: HelpdeskLink, ticket: Ticket, since: str) -> Looked:
        return await look(App(link), ticket.id, since, to=_to(link))


def _to(link: HelpdeskLink) -> str:
    return link.settings.get("to", "").strip() or TEAM


async def _answering(app: App) -> list[Json]:
    """Who can answer in this app, from all its switchboards; an app has one."""
    found: list[Json] = []
    for board in app.rows(await app.get("/switchboards") or {}, "switchboards"):
        found += app.rows(await app.get(f"/switchboards/{quote(str(board.get('id')), safe='')}/switchboardIntegrations") or {}, "switchboardIntegrations")
    return found


async def _marked(app: App, user: str, marker: str) -> Json | None:
    """The user's conversation that carries the session's marker; of two that were made at once, the one that came first."""
    query: dict[str, object] = {"filter[userExternalId]": user}
    found: list[Json] = []
    while True:
        given = await app.get("/conversations", query)
        if given is None:
            return None  # nobody knows the user yet
        found += [one for one in app.rows(given, "conversations") if (one.get("metadata") or {}).get(_SESSION) == marker]
        meta = given.get("meta") or {}
        cursor = str(meta.get("afterCursor") or "") if meta.get("hasMore") else ""
        if not cursor or query.get("page[after]") == cursor:
            return min(found, key=lambda one: (str(one.get("createdAt") or ""), str(one["id"])), default=None)
        query["page[after]"] = cursor


async def _made(app: App, draft: Draft) -> Json:
    """A conversation of a user who is told no more than was handed in."""
    who = draft.requester
    profile = {name: value for name, value in (("givenName", who.name[:128]), ("email", who.email[:128])) if value}
    await app.make_user({"externalId": who.key, "profile": profile or {"givenName": f"Customer {who.key[-6:]}"}})
    given = await _send(app, "POST", "/conversations", {
        "type": "personal", "displayName": draft.subject[:100] or f"#{draft.number}", "metadata": {_SESSION: draft.marker},
        "participants": [{"userExternalId": who.key, "subscribeSDKClient": False}],
    })
    made = given.get("conversation")
    if not isinstance(made, dict) or not made.get("id"):
        raise DeliveryFailed(f"{app.host} answered without the conversation that its API documents.", unknown=True)
    return made


async def _written(app: App, conversation: str) -> dict[str, str]:
    """What of ours is there: a part's mark -> the message's id."""
    found: dict[str, str] = {}
    async for page in app.messages(conversation):
        found |= {str(ours): str(one.get("id")) for one in page or () if (ours := (one.get("metadata") or {}).get(OURS))}
    return found


async def _post(app: App, conversation: str, part: Part) -> str:
    content: Json = {"type": "text", "text": part.text}
    if part.file is not None:
        stored = await app.upload(conversation, part.file)
        content = {"type": "text", "text": f"The file {part.file.name} was not taken by Zendesk; it is in Glassine."}
        if stored is not None:
            kind = "image" if str(stored.get("mediaType") or part.file.media_type) in ("image/jpeg", "image/png", "image/gif") else "file"
            content = {"type": kind, "mediaUrl": stored["mediaUrl"], "altText": part.file.name[:128] or "file"}
    given = await _send(app, "POST", f"/conversations/{conversation}/messages", {"author": part.author, "content": content, "metadata": {OURS: part.mark}})
    made = app.rows(given, "messages")
    if not made or not made[-1].get("id"):
        raise DeliveryFailed(f"{app.host} answered without the message that its API documents.", unknown=True)
    return str(made[-1]["id"])


async def _pass(app: App, conversation: str, to: str, metadata: Json) -> None:
    try:
        await _send(app, "POST", f"/conversations/{conversation}/passControl", {"switchboardIntegration": to, "metadata": metadata})
    except DeliveryFailed as failed:
        if failed.status != 404:
            raise
        raise DeliveryFailed(f"Nobody called {to} answers in this app at {app.host}, or the conversation is gone. Choose who answers in the helpdesk's settings.", again=False, status=404) from None


async def _send(app: App, method: str, path: str, body: Json) -> Json:
    given = await app.send(method, path, body)
    if given is None:
        raise DeliveryFailed(f"The conversation, or the app {app.id}, is no longer there at {app.host}.", again=False, status=404)
    return given
