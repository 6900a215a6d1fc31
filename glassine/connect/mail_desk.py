"""A mailbox of the team's as a helpdesk: each conversation is a thread of mail, one letter for the beginning and one for each entry. It decides nothing and keeps nothing.

It goes one way: nothing that is answered to these letters is read. Answers are written in the conversation, which every letter links to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from glassine.words.channels import Connector
from glassine.words.deliveries import Effect
from glassine.words.errors import Refused
from glassine.words.helpdesks import Checked, Draft, Entry, Guarantee, Heard, HelpdeskLink, Hook, Letter, Looked, RawHook, Speaker, Step, Ticket
from glassine.words.sources import Field

_NAMES = {Speaker.CUSTOMER: "Customer", Speaker.AI: "AI", Speaker.TEAM: "Team", Speaker.SYSTEM: "System"}


class Mailbox:
    """Of a letter that was on its way when the connection broke nobody can ask whether it arrived."""

    fields: tuple[Field, ...] = (Field(name="to", title="Address", help="The mailbox or list that gets a letter for each handoff, such as support@example.com."),)
    begin: tuple[Step, ...] = ()
    guarantees: Mapping[Effect, Guarantee] = MappingProxyType(dict.fromkeys((Effect.OPEN, Effect.SAY, Effect.STATUS), Guarantee.NONE))
    steps: tuple[Step, ...] = (
        Step(
            title="Answer in the conversation",
            text="Mail goes one way: what your people answer to a letter is not read. Each letter links to its conversation, and there they answer."
            " Under Routing choose both, with the inbox as its owner.",
            picture="mail-desk-thread.svg",
        ),
    )
    wire_name = "mail_desk"
    id_type = "ticket_id"
    needs: tuple[str, ...] = ()

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        """None of its own: the operator's mail server carries it."""
        to = settings.get("to", "")
        if to.count("@") != 1 or any(letter.isspace() or letter in ",;<>" for letter in to) or not all(to.split("@")):
            raise Refused("Enter one e-mail address.")
        return ()

    async def check(self, link: HelpdeskLink) -> Checked:
        """A letter that says what it is: there is no other way to know whether the server takes mail for this address."""
        await link.mail(Letter(to=link.settings["to"], subject="Handoffs come here", text="Conversations that are handed off are going to be sent to this address. Nothing needs to be done."))
        return Checked(reached=f"The mail server took a letter to {link.settings['to']}.")

    async def install(self, link: HelpdeskLink, hook: Hook) -> Mapping[str, str]:  # noqa: ARG002 - every helpdesk is asked alike
        """There is nothing to make."""
        return {}

    async def uninstall(self, link: HelpdeskLink, made: Mapping[str, str]) -> None:
        """There is nothing to take away."""

    async def find(self, link: HelpdeskLink, marker: str) -> Ticket | None:  # noqa: ARG002 - every helpdesk is asked alike
        """Never asked: nobody can be."""
        return None

    async def open(self, link: HelpdeskLink, draft: Draft, key: str) -> Ticket:  # noqa: ARG002 - letters have no such key; their Message-ID is the marker
        text = "\n".join(_beginning(draft))
        files = tuple(file for entry in draft.transcript for file in entry.files)
        await link.mail(Letter(to=link.settings["to"], subject=_subject(draft.number), text=text, id=draft.marker, files=files))
        return Ticket(id=draft.marker, url=draft.link, state={"number": str(draft.number)})

    async def said(self, link: HelpdeskLink, ticket: Ticket, marker: str) -> str | None:  # noqa: ARG002 - every helpdesk is asked alike
        """Never asked, as `find`."""
        return None

    async def say(self, link: HelpdeskLink, ticket: Ticket, entry: Entry, key: str) -> str:  # noqa: ARG002 - as `open`
        text = f"{_said(entry)}\n\nAnswer here: {ticket.url}\n"
        subject = f"Re: {_subject(int(ticket.state.get('number', '0')))}"
        await link.mail(Letter(to=link.settings["to"], subject=subject, text=text, id=entry.marker, thread=ticket.id, files=entry.files))
        return entry.marker

    async def set_status(self, link: HelpdeskLink, ticket: Ticket, *, solved: bool) -> None:
        """A mailbox knows no states."""

    def verify(self, raw: RawHook, secret: str) -> None:  # noqa: ARG002 - every helpdesk is asked alike
        raise Refused("A mailbox sends nothing here.", status=401)

    def parse(self, raw: RawHook) -> Sequence[Heard]:  # noqa: ARG002 - as above
        return ()

    async def look(self, link: HelpdeskLink, ticket: Ticket, since: str) -> Looked:  # noqa: ARG002 - as above
        return Looked(heard=(), since=since)


def _subject(number: int) -> str:
    """Without a word of the customer's, and the same for the whole thread."""
    return f"Conversation #{number}"


def _beginning(draft: Draft) -> Iterator[str]:
    yield f"A customer was handed off. Answer here: {draft.link}\n"
    facts = {
        "Summary": draft.summary, "Reasons": ", ".join(draft.reasons), "Channel": draft.channel, "Language": draft.language, "Mood": draft.sentiment, "Priority": draft.priority,
        "For": draft.group, "Tags": ", ".join(draft.tags), **draft.fields, "E-mail address": draft.requester.email, "Phone number": draft.requester.phone, "Name": draft.requester.name,
    }
    yield from (f"{name}: {value}" for name, value in facts.items() if value)
    yield from (f"\n{_said(entry)}" for entry in draft.transcript)
    yield f"\nSession {draft.session}\n"


def _said(entry: Entry) -> str:
    who = entry.author if entry.author != _NAMES[entry.speaker] else ""
    title = f"{_NAMES[entry.speaker]}{f' ({who})' if who else ''}, {entry.at:%Y-%m-%d %H:%M} UTC{'' if entry.public else ', note'}"
    return f"{title}\n{entry.text}"


connector = Connector(name="mail_desk", title="A mailbox of your team", helpdesk=Mailbox())
