"""What the fault matrix hands off to and asks in the end: an organisation for each connector with its vendor's twin, an endpoint for events, and conversations."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from glassine import connect
from glassine.rules.reactions import look_at
from glassine.store import events, jobs, rows, tickets
from glassine.store import helpdesks as stored
from glassine.store.outgoing import Filter
from glassine.story import contacts as people
from glassine.story import exchange, files, house, inbound, watching
from glassine.story.behaviour import autopilot
from glassine.story.contacts import Identity
from glassine.story.delivery import endpoints, outgoing
from glassine.story.helpdesks import helpdesk_reach
from glassine.story.world import World
from glassine.words.channels import Attachment, Inbound
from glassine.words.deliveries import Delivery, DeliveryState, Effect
from glassine.words.helpdesks import Guarantee, HelpdeskId
from glassine.words.ids import ContactId, EventId, OrgId, SessionId, new_id
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.routing import Goes, Route, Routing
from glassine.words.sessions import ChannelKind
from tests.helpdesk_twins import Comment, SentHook, Twin, TwinTicket
from tests.vendors import Request, Response

CHANNEL = ChannelKind.API
_LOOKS = ["broken", "wooden", "yellow", "plastic", "heavy", "tiny", "rusty", "folded", "striped", "empty", "noisy", "painted", "rounded", "crooked", "shiny", "dusty", "leaking", "loose", "melted", "torn", "wrong", "missing", "frozen", "sticky", "bent", "scratched", "squeaky", "slippery", "stained", "wobbly", "cracked", "narrow", "faded", "swollen", "damp", "chipped", "hollow", "stiff", "blurry", "cloudy", "curved", "greasy", "itchy", "flat", "square"]
_THINGS = ["lamp", "chair", "kettle", "carpet", "bottle", "hammer", "ladder", "mirror", "basket", "blanket", "drawer", "button", "cushion", "handle", "shelf", "spoon", "table", "teapot", "zipper", "bucket", "candle", "whistle", "saucer", "needle", "envelope", "keyboard", "backpack", "umbrella", "notebook", "suitcase", "tripod", "vase", "plate", "sofa", "bicycle", "printer", "helmet", "bracelet"]
_ABOUT = iter(random.Random(1).sample([f"{look} {thing}" for look in _LOOKS for thing in _THINGS], len(_LOOKS) * len(_THINGS)))  # plain words, which no mask takes away, and more of them than one run says
_TOLD = ("conversation.handoff_to_third_party_failed", "conversation.handoff_to_third_party_recovered")
_SAID = ("conversation.contact_response", "conversation.third_party_agent_response")
_PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@dataclass(slots=True, kw_only=True)
class Sink(Twin):
    """An endpoint of ours: which event came, under which id, with what in it, and the messages in the order in which they were heard of first."""

    came: set[tuple[str, str, str]] = field(default_factory=set)
    firsts: list[str] = field(default_factory=list)

    def respond(self, request: Request) -> Response:
        told = json.loads(request.body)
        self.came.add((told["event"], request.headers["webhook-id"], request.body.decode()))
        if told["event"] in _SAID and told["data"]["message"]["id"] not in self.firsts:
            self.firsts.append(told["data"]["message"]["id"])
        return Response(status=200)

    def settings(self) -> dict[str, str]:
        return {}

    def told(self, ticket: TwinTicket, what: str, comment: Comment | None = None, into: str = "") -> list[SentHook]:  # noqa: ARG002 - it tells nothing
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conversation that was handed off, the words of its customer, each in a message of its own, and those of the people over there.
    `picture`: whether a file came with one; `again`: what a person had sent once more, so that it stands behind what came later."""

    session: SessionId
    words: tuple[str, ...]
    picture: bool = False
    answers: list[str] = field(default_factory=list)
    again: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Desk:
    """An organisation whose handoffs go to one helpdesk, and the other side of it."""

    kind: str
    org: OrgId
    owner: Actor
    id: HelpdeskId
    twin: Twin
    sink: Sink
    cases: list[Case] = field(default_factory=list)
    ownerless: int = 0
    unseen: int = 0

    def guarantee(self, effect: Effect) -> Guarantee:
        return connect.helpdesk(self.kind).guarantees[effect]


async def connected(world: World, kind: str, twin: Twin, sink: Sink) -> Desk:
    """As an admin has set it up."""
    founded = await house.found(world, f"Shop of {kind}", f"owner@{kind.replace('_', '-')}.example", "Olivia Owner")
    owner = Actor(org=founded.organization, kind=ActorKind.AGENT, id=founded.owner, name="Olivia Owner", role=Role.OWNER)
    id, given = HelpdeskId(new_id()), twin.settings()
    hidden = {one.name for one in connect.helpdesk(kind).fields if one.kind == "secret"}
    secrets = await helpdesk_reach.sealed(world, founded.organization, id, {name: value for name, value in given.items() if name in hidden})
    hook = await helpdesk_reach.sealed_hook(world, founded.organization, id, "a secret that is long enough, 1234567890")
    async with world.store.tx(founded.organization) as tx:
        shown = {name: value for name, value in given.items() if name not in hidden}
        await stored.insert(tx, founded.organization, id, kind=kind, name=kind, settings=shown, secrets=secrets, hook_secret=hook, policy={"email": "raw", "phone": "raw", "name": "raw", "files": "raw"})
    routing = Routing(channels={CHANNEL: Route(to=Goes.HELPDESK, helpdesk=id)})
    await autopilot.change(world, owner, "routing", routing.written())
    await endpoints.create(world, owner, endpoints.Given(url=f"{sink.url}/{kind}", events=(*_TOLD, *_SAID), ordered=True))
    return Desk(kind=kind, org=founded.organization, owner=owner, id=id, twin=twin, sink=sink)


async def converse(world: World, desk: Desk, chance: random.Random, entries: int) -> None:
    """Somebody asks for a person, and goes on writing while they wait, with a picture beside one of their messages."""
    words, shown = tuple(itertools.islice(_ABOUT, entries)), chance.randrange(entries)
    assert len(words) == entries, "a word that was said before would be found on an older ticket"
    key = new_id().hex
    contact = await people.create(world, desk.org, Identity(email=f"{key}@example.org", name="Mara Keller"), verified=True)
    session = (await inbound.open_session(world, desk.org, contact.id, CHANNEL, verified=True)).id
    desk.cases.append(Case(session=session, words=words, picture=True))
    for number, word in enumerate(words):
        text = f"I want to talk to a person about the {word}" if number == 0 else f"and also about the {word}"
        pictures = (await _picture(world, desk.org, contact.id, word),) if number == shown else ()
        await exchange.exchange(world, desk.org, session, Inbound(external_id=new_id(), text=text, attachments=pictures))
        await asyncio.sleep(chance.uniform(0.0, 0.6))


async def _picture(world: World, org: OrgId, contact: ContactId, word: str) -> Attachment:
    id = await files.upload(world, org, contact, name=_named(word), media_type="image/png", content=_PICTURE)
    return await files.attachment(world, org, contact, id)


async def decide(world: World, desk: Desk) -> int:
    """What stopped because this helpdesk cannot be asked is decided by a person, who looks there: it arrived, or send it again. Returns how often."""
    many = 0
    for case in desk.cases:
        stopped = [one.delivery for one in await outgoing.page(world, desk.owner, Filter(state=DeliveryState.UNKNOWN, session=case.session))]
        many += len(stopped)
        for one in sorted(stopped, key=lambda delivery: delivery.created_at):
            await _decide(world, desk, case, one)
    return many


async def _decide(world: World, desk: Desk, case: Case, stopped: Delivery) -> None:
    assert stopped.ref is not None, "what stops is an entry"
    there = desk.twin.held[await _ticket_of(world, desk, case)]
    async with world.store.tx(desk.org) as tx:
        event = await events.find(tx, desk.org, EventId(stopped.ref))
    assert event is not None, "nothing is erased here"
    if any(_plain(event.text) in _plain(comment.text) for comment in there.comments):
        await outgoing.arrived(world, desk.owner, stopped.id)
    else:
        case.again.update(word for word in case.words if word in event.text)
        await outgoing.retry(world, desk.owner, stopped.id)


def _plain(text: str) -> str:
    return " ".join(text.split())


async def reply(world: World, desk: Desk) -> None:
    """Their people answer each customer, if there is a ticket and answers come back from there."""
    for case in desk.cases if desk.twin.answers else ():
        id = await _ticket_of(world, desk, case)
        if id in desk.twin.held:
            word = next(_ABOUT)
            case.answers.append(word)
            await desk.twin.answer(id, f"We have looked at the {word}.", files=((_named(word), "image/png", _PICTURE),))


def _named(word: str) -> str:
    return f"{word.replace(' ', '-')}.png"


async def _ticket_of(world: World, desk: Desk, case: Case) -> str:
    async with world.store.tx(desk.org) as tx:
        return (await tickets.load(tx, desk.org, case.session, desk.id)).external_id


async def unheard(world: World, desk: Desk) -> int:
    """How many of their answers, or of the pictures with them, have not come here. Each of those tickets is looked at, as it would be in some minutes."""
    missing = 0
    for case in desk.cases:
        async with world.store.tx(desk.org) as tx:
            said = await rows(tx, "select text, payload from events where session_id = %(id)s and actor_kind = 'helpdesk'", {"id": case.session})
            late = sum(not any(word in (one["text"] or "") for one in said) or not _pictures(said, word) for word in case.answers)
            if late:
                await jobs.add(tx, desk.org, look_at(case.session))
        missing += late
    return missing


async def waiting(world: World) -> list[datetime]:
    """When each delivery is tried next that has no outcome yet and no other before it on its line."""
    asked = (
        "select greatest(j.run_at, l.until) as at from jobs j left join lanes l on l.id = j.lane where j.kind = 'deliver' and j.failed_at is null "
        "and not exists (select from jobs e where e.key = j.key and e.id < j.id and e.failed_at is null)"
    )
    async with world.store.outside() as tx:
        return [row["at"] for row in await rows(tx, asked, {})]


async def glance(world: World, desk: Desk) -> None:
    """A moment: who owns what, and whether anything waits in a helpdesk that it cannot reach without the team being told."""
    desk.ownerless += len(await watching.ownerless(world, desk.org))
    async with world.store.tx(desk.org) as tx:
        [row] = await rows(tx, "select count(*)::int as n from sessions s join deliveries d on d.session_id = s.id and d.effect = 'open' "
                               "where s.owner_kind = 'helpdesk' and d.state in ('dead', 'unknown')", {})
    desk.unseen += row["n"]


@dataclass(slots=True)
class Found:
    """What is wrong with the conversations of one helpdesk, each fault by its words."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


async def examine(world: World, desk: Desk) -> tuple[Found, Found]:
    """Asks the twin, which knows the truth, and the log; and what our own endpoint has heard of it all."""
    found, heard = Found(), Found()
    for case in desk.cases:
        async with world.store.tx(desk.org) as tx:
            filed = await tickets.load(tx, desk.org, case.session, desk.id)
            said = await rows(tx, "select id, type, actor_kind, text, payload from events where session_id = %(id)s order by seq", {"id": case.session})
            open_ends = await rows(tx, "select effect, state, why from deliveries where session_id = %(id)s and target = 'helpdesk' and state <> 'done'", {"id": case.session})
        named = f"{desk.kind} {case.session}"
        _the_ticket(desk, case, filed.external_id, named, open_ends, found)
        missing = [word for word in case.words if not any(word in (one["text"] or "") for one in said)]
        assert not missing, f"{named}: masked, so it cannot be looked for: {missing}"
        types = [one["type"] for one in said]
        _the_log(types, named, found)
        _the_trouble(desk, case, types, named, heard)
        _the_answers(case, [one for one in said if one["actor_kind"] == "helpdesk" and one["type"] == "agent_message"], named, found)
        _our_endpoint(desk, [str(one["id"]) for one in said if (one["type"], one["actor_kind"]) in (("message", "user"), ("agent_message", "helpdesk"))], named, heard)
    return found, heard


def _the_ticket(desk: Desk, case: Case, id: str, named: str, open_ends: Sequence[Mapping[str, object]], found: Found) -> None:
    """Each message stands there once and in order, and its picture too; what a person had sent once more comes later than its time."""
    here = [one for one in desk.twin.tickets() if any(case.words[0] in text for text in (one.subject, *(comment.text for comment in one.comments), *one.fields.values()))]
    if len(here) > 1 and desk.guarantee(Effect.OPEN) is not Guarantee.NONE:
        found.doubled.append(f"{named}: {len(here)} tickets")
    mine = next((one for one in here if one.id == id), None)
    if mine is None:
        found.lost.append(f"{named}: no ticket {id!r} of {[one.id for one in here]}, {open_ends}")
        return
    entries = [comment.text for comment in mine.comments]
    at = {word: [place for place, text in enumerate(entries) if word in text and not _summarises(text, case)] for word in case.words}
    found.lost += [f"{named}: {word} is not on the ticket, {open_ends}" for word, places in at.items() if not places]
    found.doubled += [f"{named}: {word} stands there {len(places)} times" for word, places in at.items() if len(places) > 1]
    pictures = [name for comment in mine.comments if comment.ours for name in comment.files]
    if case.picture and len(pictures) != 1:
        (found.doubled if pictures else found.lost).append(f"{named}: {len(pictures)} pictures are on the ticket, {pictures}")
    firsts = [places[0] for word, places in at.items() if places and word not in case.again]
    if firsts != sorted(firsts):
        found.order.append(f"{named}: {firsts}")


def _summarises(text: str, case: Case) -> bool:
    """The entry that tells what it is about, with the way back here, is not what was said."""
    return str(case.session) in text


def _the_log(types: Sequence[str], named: str, found: Found) -> None:
    """Handed off once; each trouble told once, and its end once."""
    if types.count("handoff") != 1:
        found.events.append(f"{named}: {types.count('handoff')} handoffs")
    told = [type for type in types if type.startswith("handoff_to_third_party_")]
    if told != ["handoff_to_third_party_failed", "handoff_to_third_party_recovered"] * (len(told) // 2):
        found.events.append(f"{named}: {told}")


def _the_trouble(desk: Desk, case: Case, types: Sequence[str], named: str, found: Found) -> None:
    """Our endpoint heard of each trouble and of its end under one id, however often that came."""
    for name in _TOLD:
        heard = len({id for event, id, body in desk.sink.came if event == name and str(case.session) in body})
        if heard != types.count(name.removeprefix("conversation.")):
            found.events.append(f"{named}: {name} came under {heard} ids and stands {types.count(name.removeprefix('conversation.'))} times in the log")


def _pictures(came: Sequence[Mapping[str, Any]], word: str) -> int:
    """How often the picture of an answer stands here, or is named as one that could not be had."""
    named = [str(file["name"]) for one in came for file in one["payload"].get("attachments", ())]
    return named.count(_named(word)) + sum(f"The file {_named(word)} could not be shown" in str(one["text"] or "") for one in came)


def _the_answers(case: Case, came: Sequence[Mapping[str, Any]], named: str, found: Found) -> None:
    """What their people wrote stands here once, with its picture, and in its order."""
    at = {word: [place for place, one in enumerate(came) if word in (one["text"] or "")] for word in case.answers}
    pictures = {word: _pictures(came, word) for word in case.answers}
    found.lost += [f"{named}: the picture of the {word} is neither here nor named" for word, many in pictures.items() if not many]
    found.doubled += [f"{named}: the picture of the {word} came {many} times" for word, many in pictures.items() if many > 1]
    found.lost += [f"{named}: the answer about the {word} never came" for word, places in at.items() if not places]
    found.doubled += [f"{named}: the answer about the {word} came {len(places)} times" for word, places in at.items() if len(places) > 1]
    firsts = [places[0] for places in at.values() if places]
    if firsts != sorted(firsts):
        found.order.append(f"{named}: answers {firsts}")


def _our_endpoint(desk: Desk, said: Sequence[str], named: str, found: Found) -> None:
    """It heard of every message of both sides, each under one id, however often that came, and in their order."""
    heard: dict[str, set[str]] = {}
    for event, id, body in desk.sink.came:
        if event in _SAID:
            heard.setdefault(json.loads(body)["data"]["message"]["id"], set()).add(id)
    found.lost += [f"{named}: our endpoint never heard of message {id}" for id in said if id not in heard]
    found.doubled += [f"{named}: our endpoint heard of message {id} under {len(heard[id])} ids" for id in said if len(heard.get(id, ())) > 1]
    firsts = [id for id in desk.sink.firsts if id in said]
    if firsts != [id for id in said if id in firsts]:
        found.order.append(f"{named}: our endpoint heard of {firsts}, and not in the order {said}")
