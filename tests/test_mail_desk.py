"""A mailbox of the team's as a helpdesk: a thread of letters by the operator's server, one way; what nobody knows the end of is not sent twice by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
import pytest_asyncio

from glassine import connect
from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.edge.mail import Mailer
from glassine.store import deliveries as stored
from glassine.store.outgoing import Filter
from glassine.story import conversations
from glassine.story.delivery import outgoing
from glassine.story.helpdesks import setting_up
from glassine.story.helpdesks.setting_up import Options
from glassine.story.world import World
from glassine.words.deliveries import Delivery, DeliveryFailed, DeliveryState, Effect
from glassine.words.errors import Refused
from glassine.words.helpdesks import Connected, Guarantee, RawHook, Ticket
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.sessions import OwnerKind
from tests import desks
from tests.deliveries import Clock, emptied, moved_by_hand, round_of
from tests.post import Post
from tests.shop import Shop
from tests.test_helpdesks_contract import _AT, _draft, _entry

MODULE = connect.helpdesk("mail_desk")


@pytest_asyncio.fixture
async def post() -> AsyncIterator[Post]:
    async with Post() as running:
        yield running


def link(post: Post | None, port: int = 0) -> GateHelpdeskLink:
    port = post.port if post else port
    gate = Gate(allowed_private=places([f"smtp://127.0.0.1:{port}"])) if port else Gate()
    mailer = Mailer(f"smtp://127.0.0.1:{port}" if port else None, sender="Glassine <desk@shop.example>", gate=gate)
    return GateHelpdeskLink(gate=gate, org=OrgId(new_id()), settings={"to": "team@shop.example"}, hosts=(), mailer=mailer)


async def test_a_conversation_is_one_thread_of_letters(post: Post) -> None:
    there = link(post)
    ticket = await MODULE.open(there, _draft(), "key")
    await MODULE.say(there, ticket, _entry(9, "And it buzzes."), "key-2")
    first, second = post.letters
    assert (first["Subject"], second["Subject"]) == ("Conversation #42", "Re: Conversation #42"), "no word of the customer's"
    assert first["Message-ID"] == f"<{_draft().marker}@shop.example>" == second["In-Reply-To"] == second["References"]
    text = first.get_body().get_content()  # type: ignore[union-attr]  # a letter of text has one
    places = [text.find(f"Entry {n} of the transcript.") for n in (1, 2, 3)]
    assert -1 not in places
    assert places == sorted(places)
    assert "https://support.example.com/inbox/sessions/7" in text
    assert "And it buzzes." in second.get_body().get_content()  # type: ignore[union-attr]  # as above
    assert (first["To"], first["Auto-Submitted"]) == ("team@shop.example", "auto-generated")


async def test_what_the_server_refuses_is_not_unknown() -> None:
    async with Post(refuse=True) as post:
        with pytest.raises(DeliveryFailed) as failed:
            await MODULE.open(link(post), _draft(1), "key")
    assert (failed.value.unknown, failed.value.again) == (False, False)


async def test_a_server_that_is_down_is_tried_again() -> None:
    async with Post() as post:
        gone = post.port
    with pytest.raises(DeliveryFailed) as failed:
        await MODULE.open(link(None, gone), _draft(1), "key")
    assert (failed.value.unknown, failed.value.again) == (False, True)


async def test_a_connection_that_breaks_after_the_letter_is_unknown() -> None:
    async with Post() as post:
        post.cuts = 1
        with pytest.raises(DeliveryFailed) as failed:
            await MODULE.say(link(post), Ticket(id=_draft().marker, url="https://support.example.com/inbox/sessions/7", state={"number": "42"}), _entry(1, "Hello."), "key")
    assert failed.value.unknown
    assert MODULE.guarantees[Effect.SAY] is Guarantee.NONE, "so it stops, and a person decides"


async def test_an_answer_that_is_none_after_the_letter_is_unknown() -> None:
    async with Post() as post:
        post.mumbles = 1
        with pytest.raises(DeliveryFailed) as failed:
            await MODULE.open(link(post), _draft(1), "key")
    assert failed.value.unknown, "the server has the letter, and may well deliver it"
    assert len(post.letters) == 1


async def test_a_connection_that_breaks_before_the_letter_is_tried_again_and_stops_for_nobody() -> None:
    async with Post() as post:
        post.hangs_up = 1
        with pytest.raises(DeliveryFailed) as failed:
            await MODULE.open(link(post), _draft(1), "key")
    assert (failed.value.unknown, failed.value.again) == (False, True)
    assert post.letters == []


async def test_without_a_server_it_cannot_be_connected() -> None:
    with pytest.raises(DeliveryFailed, match="No mail server is set"):
        await MODULE.check(link(None))


@pytest.mark.parametrize("to", ["", "nobody", "a@b@c", "a b@c.example", "a@c.example,b@c.example"])
def test_an_address_is_one(to: str) -> None:
    with pytest.raises(Refused):
        MODULE.hosts({"to": to})


async def test_nothing_comes_back() -> None:
    with pytest.raises(Refused):
        MODULE.verify(RawHook(method="POST", path="/", query="", headers={}, body=b"{}", at=_AT), "")


class Office(NamedTuple):
    """A team whose conversations go to a mailbox, one that is there already, and the clock that their worker goes by."""

    world: World
    shop: Shop
    post: Post
    desk: Connected
    session: SessionId
    clock: Clock

    async def works(self) -> None:
        """For three hours, in which everything is tried whenever it is due."""
        for _ in range(20):
            self.clock.on(minutes=10)
            await round_of(self.world)

    async def says(self, text: str) -> None:
        """The customer goes on writing."""
        await desks.write(self.world, self.shop.org, self.session, text)
        await self.works()

    def read(self, text: str) -> int:
        """How many letters hold this."""
        return sum(text in one.get_body().get_content() for one in self.post.letters)  # type: ignore[union-attr]  # a letter of text has one

    async def waits(self) -> list[Delivery]:
        """What a person is asked about."""
        return [one.delivery for one in await outgoing.page(self.world, self.shop.owner, Filter(state=DeliveryState.UNKNOWN, session=self.session))]

    async def owner(self) -> OwnerKind:
        return (await conversations.session(self.world, self.shop.org, self.session)).owner.kind


@pytest_asyncio.fixture
async def office(world: World, shop: Shop, post: Post, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    await emptied(world)
    monkeypatch.setattr(world, "mail", link(post).mailer)
    desk, _ = await setting_up.create(world, shop.owner, "mail_desk", {"to": "team@shop.example"}, Options(name=f"Mailbox {new_id()}"))
    with moved_by_hand(world) as clock:
        session = await desks.talk(world, shop, "My lamp is broken.")
        await desks.hand_off(world, shop.org, session, desk)
        made = Office(world, shop, post, desk, session, clock)
        await made.works()
        assert made.read("My lamp is broken.") == 1
        yield made


async def test_what_a_customer_said_stops_for_a_person_where_nobody_knows_whether_it_arrived(office: Office) -> None:
    office.post.cuts = 1
    await office.says("And it buzzes.")
    assert office.read("And it buzzes.") == 1, "sent again by itself it would stand there twice"
    (one,) = await office.waits()
    assert one.why.startswith("Whether this arrived is not known, and this helpdesk cannot be asked. Look there, and choose It arrived or Send again")
    assert one.why.endswith("The connection to the mail server broke off while it took the letter.")
    assert await office.owner() is OwnerKind.TEAM, "what may never have been read must not wait for anybody over there"
    await office.says("Are you there?")
    assert office.read("Are you there?") == 1, "what follows goes on"


async def test_a_try_that_died_in_the_middle_stops_for_a_person_too(office: Office) -> None:
    await desks.write(office.world, office.shop.org, office.session, "And it buzzes.")
    async with office.world.store.tx(office.shop.org) as tx:
        (row,) = await (await tx.execute("select id from deliveries where session_id = %s and state = 'waiting'", (office.session,))).fetchall()
        await stored.begin(tx, office.shop.org, [row["id"]], office.clock())  # and nobody ever says how it ended
    await office.works()
    assert office.read("And it buzzes.") == 0
    assert [one.id for one in await office.waits()] == [row["id"]]


async def test_send_again_really_sends_it_and_only_once_more(office: Office) -> None:
    office.post.cuts = 2
    await office.says("And it buzzes.")
    (one,) = await office.waits()
    await outgoing.retry(office.world, office.shop.owner, one.id)
    await office.works()
    assert office.read("And it buzzes.") == 2, "again by that decision, and then it stops once more"
    (one,) = await office.waits()
    assert one.why.count("Whether this arrived") == 1
    await outgoing.retry(office.world, office.shop.owner, one.id)
    await office.works()
    assert office.read("And it buzzes.") == 3
    assert await office.waits() == []
    assert await office.owner() is OwnerKind.HELPDESK, "the trouble is over"


async def test_it_arrived_settles_it(office: Office) -> None:
    office.post.cuts = 1
    await office.says("And it buzzes.")
    (one,) = await office.waits()
    settled = await outgoing.arrived(office.world, office.shop.owner, one.id)
    await office.works()
    assert settled.state is DeliveryState.DONE
    assert office.read("And it buzzes.") == 1
    assert await office.waits() == []
    assert await office.owner() is OwnerKind.HELPDESK


async def test_trying_everything_again_does_not_decide_for_a_person(office: Office) -> None:
    office.post.cuts = 1
    await office.says("And it buzzes.")
    (one,) = await office.waits()
    await outgoing.retry_since(office.world, office.shop.owner, office.clock().replace(year=2020))
    await setting_up.change(office.world, office.shop.owner, office.desk.id, {"to": "team@shop.example"}, Options(name=office.desk.name))
    await outgoing.drop(office.world, office.shop.owner, one.id)
    await office.works()
    assert office.read("And it buzzes.") == 1


async def test_a_first_letter_that_may_have_arrived_goes_again_with_its_marker(office: Office) -> None:
    office.post.cuts = 1
    other = await desks.talk(office.world, office.shop, "The chair is wooden.")
    await desks.hand_off(office.world, office.shop.org, other, office.desk)
    await office.works()
    assert len({one["Message-ID"] for one in office.post.letters if "The chair is wooden." in one.get_body().get_content()}) == 1  # type: ignore[union-attr]  # as above
    assert office.read("The chair is wooden.") == 2
