"""Zendesk's tickets as a helpdesk: what an admin fills in, and how a session becomes a ticket and grows. It decides nothing and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from glassine.connect.zendesk import hook as its_hook
from glassine.connect.zendesk.account import Account, Json, NotTaken
from glassine.connect.zendesk.api import FILE_HOSTS, subdomain
from glassine.connect.zendesk.happenings import look
from glassine.connect.zendesk.requester import requester
from glassine.connect.zendesk.rights import check
from glassine.connect.zendesk.saying import Comment, comment, first, transcript, without
from glassine.connect.zendesk.wishes import wishes
from glassine.words.deliveries import DeliveryFailed, Effect
from glassine.words.helpdesks import Checked, Draft, Entry, Guarantee, Heard, HelpdeskLink, Hook, Looked, RawHook, Step, Ticket
from glassine.words.sources import Field, FieldKind

OURS = "glassine"  # the name in a change's custom metadata, and the tag that the trigger looks for
_OPENED = "glassine_opened"  # stands in the last change that opening a ticket makes
_ENDED = frozenset({"solved", "closed"})


class Tickets:
    """Zendesk Support. Everything that Glassine writes is private to the team there, so that Zendesk mails no customer what they know."""

    fields: tuple[Field, ...] = (
        Field(name="subdomain", title="Subdomain", help="What stands before .zendesk.com, such as acme."),
        Field(name="email", shown=True, title="E-mail address", help="Of the admin whose API token this is. Leave it empty for an OAuth access token.", required=False),
        Field(
            name="token", title="API token", kind=FieldKind.SECRET,
            help="From Admin Center › Apps and integrations › APIs › API tokens; or an OAuth access token with the scopes read and write.",
        ),
    )
    begin: tuple[Step, ...] = (
        Step(title="Make an API token in Zendesk", text="As an admin, open Admin Center › Apps and integrations › APIs › API tokens, add one, and copy it: Zendesk shows it only once.", picture="zendesk-api-token.svg"),
    )
    guarantees: Mapping[Effect, Guarantee] = MappingProxyType({Effect.OPEN: Guarantee.LOOKUP, Effect.SAY: Guarantee.LOOKUP, Effect.STATUS: Guarantee.LOOKUP})
    steps: tuple[Step, ...] = (
        Step(
            title="Keep Zendesk from mailing what the customer has read",
            text="In Zendesk, open Admin Center › Objects and rules › Business rules › Triggers and choose “Notify requester and CCs of comment update”."
            " Under “Meet ALL of the following conditions” add: Ticket › Tags, Contains none of the following, glassine. Save."
            " Answers reach the customer where they wrote; without this step, one whose e-mail address Zendesk knows gets them by mail as well.",
            picture="zendesk-notify-trigger.svg",
        ),
    )
    wire_name = "zendesk"
    id_type = "ticket_id"
    needs: tuple[str, ...] = ()

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        return (f"{subdomain(settings)}.zendesk.com", *FILE_HOSTS)

    async def check(self, link: HelpdeskLink) -> Checked:
        return await check(Account(link))

    async def install(self, link: HelpdeskLink, hook: Hook) -> Mapping[str, str]:
        return await its_hook.install(Account(link), hook, OURS)

    async def uninstall(self, link: HelpdeskLink, made: Mapping[str, str]) -> None:
        await its_hook.uninstall(Account(link), made)

    async def find(self, link: HelpdeskLink, marker: str) -> Ticket | None:
        """One that was opened whole. A ticket whose transcript broke off is none yet: `open` goes on with it."""
        account = Account(link)
        there = await _marked(account, marker)
        if there is None or _OPENED not in await _written(account, str(there["id"])):
            return None
        return _ticket(account, there)

    async def open(self, link: HelpdeskLink, draft: Draft, key: str) -> Ticket:
        account = Account(link)
        there = await _marked(account, draft.marker) or await _made(account, draft, key)
        ticket = _ticket(account, there)
        comments = list(transcript(draft.transcript))
        written = await _written(account, ticket.id) if comments else {}
        for at, one in enumerate(comments, 1):
            if _short(one.markers[-1]) not in written:
                await _add(account, ticket, one, last=at == len(comments))
        return ticket

    async def said(self, link: HelpdeskLink, ticket: Ticket, marker: str) -> str | None:
        return (await _written(Account(link), ticket.id)).get(_short(marker))

    async def say(self, link: HelpdeskLink, ticket: Ticket, entry: Entry, key: str) -> str:  # noqa: ARG002 - Zendesk takes no key with a change; the marker tells doubles
        return await _add(Account(link), ticket, comment(entry))

    async def set_status(self, link: HelpdeskLink, ticket: Ticket, *, solved: bool) -> None:
        account = Account(link)
        there = ((await account.get(f"tickets/{ticket.id}")) or {}).get("ticket")
        if not isinstance(there, dict) or (there.get("status") in _ENDED) == solved:
            return
        change: Json = {"status": "solved" if solved else "open", "metadata": _metadata(("status",))}
        if solved and not there.get("assignee_id"):
            change["assignee_id"] = there.get("submitter_id")  # Zendesk solves no ticket that is nobody's; the submitter is the login that made it
        try:
            await account.send("PUT", f"tickets/{ticket.id}", {"ticket": change})
        except NotTaken as refused:
            raise _not_changed(refused, account.host, there, solved=solved) from None

    def verify(self, raw: RawHook, secret: str) -> None:
        its_hook.verify(raw, secret)

    def parse(self, raw: RawHook) -> Sequence[Heard]:
        return its_hook.parse(raw)

    async def look(self, link: HelpdeskLink, ticket: Ticket, since: str) -> Looked:
        return await look(Account(link), ticket.id, since, ours=OURS, requester=ticket.state.get("requester", ""))


async def _marked(account: Account, marker: str) -> Json | None:
    """The oldest ticket with this external id: of two that were made at once, every later try keeps to the same."""
    given = await account.get("tickets", {"external_id": marker})
    found = [one for one in account.rows(given or {}, "tickets") if one.get("external_id") == marker and one.get("status") != "deleted"]
    return min(found, key=lambda one: int(one["id"]), default=None)


async def _made(account: Account, draft: Draft, key: str) -> Json:
    """A new ticket. Without what Zendesk does not take of the settings rather than not at all: somebody waits."""
    ticket: Json = {
        "subject": draft.subject, "external_id": draft.marker, "requester_id": await requester(account, draft.requester), "tags": sorted({OURS, *(_tag(one) for one in draft.tags)} - {""}),
        "comment": {"html_body": first(draft), "public": False}, "metadata": _metadata((draft.marker,), last=not draft.transcript),
    }
    extras = await wishes(account, draft)
    try:
        return await _posted(account, ticket | extras, draft.marker, key)
    except NotTaken as refused:
        if not extras:
            raise
        words = {"html_body": first(draft, ", ".join(refused.about) or "group, priority and custom fields"), "public": False}
        return await _posted(account, ticket | {"comment": words}, draft.marker, f"{key}:plain")


async def _posted(account: Account, ticket: Json, marker: str, key: str) -> Json:
    try:
        given = await account.send("POST", "tickets", {"ticket": ticket}, to="make tickets", headers={"Idempotency-Key": key})
    except DeliveryFailed as failed:
        # The key was used before with other words, so the ticket is there; anything else that Zendesk minds (400) is told as it is.
        there = await _marked(account, marker) if failed.status == 400 else None
        if there is None:
            raise
        return there
    if given is None:
        raise DeliveryFailed(f"There is no Zendesk account at {account.host}. Check the subdomain.", again=False, status=404)
    return _object(given, "ticket", account)


async def _add(account: Account, ticket: Ticket, one: Comment, *, last: bool = False) -> str:
    """One comment more; returns its id. Private, so that Zendesk tells nobody but the team."""
    tokens = [(file.name, await account.upload(file)) for file in one.files]
    words: Json = {"html_body": without(one, [name for name, token in tokens if token is None]), "public": False}
    words |= {"uploads": uploads} if (uploads := [token for _, token in tokens if token]) else {}
    requester = ticket.state.get("requester", "")
    author: Json = {"author_id": int(requester)} if one.by_requester and requester.isdecimal() else {}
    metadata = _metadata(one.markers, last=last)
    try:
        given = await account.send("PUT", f"tickets/{ticket.id}", {"ticket": {"comment": words | author, "metadata": metadata}})
    except NotTaken as refused:
        if refused.about and "status" in refused.about:
            raise DeliveryFailed(f"Ticket {ticket.id} is closed for good at {account.host}, and Zendesk takes no more words on it.", again=False, status=422) from None
        if not author:
            raise
        given = await account.send("PUT", f"tickets/{ticket.id}", {"ticket": {"comment": words, "metadata": metadata}})  # the user may be gone or suspended over there
    if given is None:
        raise DeliveryFailed(f"Ticket {ticket.id} is no longer there at {account.host}.", again=False, status=404)
    return _comment_id(given.get("audit") or {})


async def _written(account: Account, ticket: str) -> dict[str, str]:
    """What of ours the ticket holds: the end of a marker -> the comment's id."""
    found: dict[str, str] = {}
    async for page, _ in account.audits(ticket):
        for audit in page or ():
            ours = (audit.get("metadata") or {}).get("custom") or {}
            found |= dict.fromkeys(str(ours.get(OURS) or "").split(), _comment_id(audit))
            found |= {_OPENED: _comment_id(audit)} if ours.get(_OPENED) else {}
    return found


def _metadata(markers: Sequence[str], *, last: bool = False) -> Json:
    return {"custom": {OURS: " ".join(map(_short, markers))} | ({_OPENED: "yes"} if last else {})}


def _short(marker: str) -> str:
    """Its end, which tells the entries of one ticket apart: a change holds a kilobyte of metadata."""
    return marker[-12:]


def _comment_id(audit: Json) -> str:
    said = next((one for one in audit.get("events") or () if one.get("type") == "Comment"), audit)
    return str(said.get("id") or "")


def _ticket(account: Account, there: Json) -> Ticket:
    return Ticket(id=str(there["id"]), url=f"{account.base}/agent/tickets/{there['id']}", state={"requester": str(there.get("requester_id") or "")})


def _object(given: Json, name: str, account: Account) -> Json:
    found = given.get(name)
    if not isinstance(found, dict) or not found.get("id"):
        raise DeliveryFailed(f"{account.host} answered without the {name} that its API documents.", unknown=True)
    return found


def _tag(word: str) -> str:
    """As Zendesk keeps tags: in lower case, without what would divide them."""
    return "".join(letter if letter.isalnum() or letter in "-_/." else "_" for letter in word.strip().lower())


def _not_changed(refused: NotTaken, host: str, there: Json, *, solved: bool) -> DeliveryFailed:
    if there.get("status") == "closed":
        return DeliveryFailed(f"Ticket {there['id']} is closed for good at {host}, and Zendesk opens no such ticket again.", again=False, status=422)
    if solved:
        minded = f" ({', '.join(refused.about)})" if refused.about else ""
        return DeliveryFailed(f"{host} does not let ticket {there['id']} be solved before fields that it requires are filled in{minded}. Solve it in Zendesk.", again=False, status=422)
    return refused
