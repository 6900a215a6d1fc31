"""A session and its ticket: opened once with everything, told what follows, taken back into the inbox when that fails, and both ways in step."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from glassine.story import contacts, conversations, desk, files
from glassine.story.boundary import crossings
from glassine.story.contacts import Identity
from glassine.story.helpdesks import hooks, setting_up
from glassine.story.helpdesks.setting_up import Options
from glassine.story.inbound import receive
from glassine.story.privacy import redacting
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import NotFound, Refused
from glassine.words.helpdesks import Connected, HelpdeskId, RawHook
from glassine.words.ids import new_id
from glassine.words.people import ActorKind
from glassine.words.sessions import EventType, OwnerKind, Status
from tests import desks
from tests.generic_webhook_twin import GenericTwin
from tests.helpdesk_twins import Fault
from tests.shop import Shop

KIND = "generic_webhook"


@pytest_asyncio.fixture
async def twin(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GenericTwin]:
    async with desks.reaching(world, monkeypatch, GenericTwin()) as running:
        assert isinstance(running, GenericTwin)
        yield running


@pytest_asyncio.fixture
async def acme(world: World, shop: Shop, twin: GenericTwin) -> Connected:
    return await desks.connected(world, shop.owner, KIND, twin)


async def test_a_ticket_holds_the_conversation_and_what_is_said_later_follows(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme, "My lamp is broken.", "It is the red one.")
    await desks.write(world, shop.org, id, "And it buzzes.")
    await desk.note(world, shop.owner, id, "Third lamp this week.")
    await desks.bring(world, shop.org, acme.id)
    (there,) = twin.tickets()
    assert [(one.text, one.public) for one in there.comments] == [("My lamp is broken.", True), ("It is the red one.", True), ("And it buzzes.", True), ("Third lamp this week.", False)]
    assert {"opencx_channel_web", "opencx_handedoff"} <= set(there.tags)
    assert there.fields["session_id"] == str(id)
    assert there.fields["link"].endswith(f"/inbox/sessions/{id}")
    assert (await desks.filed(world, shop, id, acme)).external_id == there.id


async def test_what_is_told_is_masked_unless_the_policy_says_otherwise(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    who = Identity(email="mara.keller@customers.example", name="Mara Keller", phone_number="+49 30 1234567")
    await desks.handed(world, shop, acme, "I am Mara Keller, write to mara.keller@customers.example.", identity=who)
    raw = await desks.connected(world, shop.owner, KIND, twin, text="raw", email="raw", name="pseudonym")
    await desks.handed(world, shop, raw, "I am Mara Keller, write to mara.keller@customers.example.", identity=who)
    other = await desks.connected(world, shop.owner, KIND, twin, text="pseudonym", email="pseudonym")
    await desks.handed(world, shop, other, "Mail mara.keller@customers.example, I say: mara.keller@customers.example.", identity=who)
    masked, open, pseudonym = twin.tickets()
    assert masked.comments[0].text == "I am [NAME_1], write to [EMAIL_1]."
    assert (masked.requester["email"], masked.requester["name"], masked.requester["phone"]) == ("", "", "")
    assert open.comments[0].text == "I am Mara Keller, write to mara.keller@customers.example."
    assert open.requester["email"] == "mara.keller@customers.example"
    assert open.requester["name"].startswith("Customer ")
    first, second = pseudonym.comments[0].text.removeprefix("Mail ").rstrip(".").split(", I say: ")
    assert first == second != "[EMAIL_1]"
    assert pseudonym.requester["email"].endswith("@pseudonym.invalid")
    left = await crossings.ever_left(world, shop.owner, "mara.keller@customers.example")
    assert {one.row.purpose for one in left} == {"helpdesk"}, "the ledger knows that it left, and only where the policy says so"
    assert len(left) == 1


async def test_files_go_along_only_where_the_policy_says_so(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    raw = await desks.connected(world, shop.owner, KIND, twin, files="raw")
    for helpdesk in (acme, raw):
        id = await desks.talk(world, shop)
        contact = (await conversations.session(world, shop.org, id)).contact
        file = await files.upload(world, shop.org, contact, name="receipt.txt", media_type="text/plain", content=b"paid")
        attached = await files.attachment(world, shop.org, contact, file)
        await receive(world, shop.org, id, Inbound(external_id=file, text="Here it is.", attachments=(attached,)))
        await desks.hand_off(world, shop.org, id, helpdesk)
        await desks.bring(world, shop.org, helpdesk.id)
    kept, sent = [one.comments[0] for one in twin.tickets()]
    assert (kept.files, sent.files) == ((), ("receipt.txt",))
    assert "receipt.txt" in kept.text
    assert "/inbox/sessions/" in kept.text


async def test_an_answer_reaches_the_customer_and_a_note_does_not(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    (there,) = twin.tickets()
    await twin.answer(there.id, "Grace here. Call +49 30 7654321, we send you a new one.")
    await twin.answer(there.id, "Customer seems fine.", public=False)
    said, note = [event for event in await desks.log(world, shop, id) if event.actor is ActorKind.HELPDESK and event.text]
    assert (said.type, note.type) == (EventType.AGENT_MESSAGE, EventType.AGENT_COMMENT)
    assert "+49" not in said.text, "masked before it is stored"
    assert said.payload["helpdesk"] == acme.name
    await desks.bring(world, shop.org, acme.id)
    assert len(there.comments) == 3, "what came from there does not go there again"


async def test_the_same_hook_twice_is_one_answer(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    await twin.answer(twin.tickets()[0].id, "Only once.")
    assert twin.post is not None
    assert [await twin.post(hook) for hook in twin.hooks * 2] == [0, 0]
    await desks.look(world, shop.org, id)
    assert [event.text for event in await desks.log(world, shop, id) if event.actor is ActorKind.HELPDESK and event.text] == ["Only once."]


async def test_a_hook_that_was_lost_is_made_good_by_a_look(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    twin.mute = True
    await twin.answer(twin.tickets()[0].id, "Nobody told you of this.")
    await twin.solve(twin.tickets()[0].id)
    assert (await conversations.session(world, shop.org, id)).open
    await desks.look(world, shop.org, id)
    assert [event.text for event in await desks.log(world, shop, id) if event.actor is ActorKind.HELPDESK and event.text] == ["Nobody told you of this."]
    assert (await conversations.session(world, shop.org, id)).status is Status.CLOSED_RESOLVED


async def test_status_goes_both_ways_and_older_news_is_none(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    there = twin.tickets()[0].id
    await twin.solve(there)
    assert not (await conversations.session(world, shop.org, id)).open
    assert (await desks.log(world, shop, id))[-1].actor is ActorKind.HELPDESK
    await twin.reopen(there)
    assert (await conversations.session(world, shop.org, id)).open
    assert twin.post is not None
    await twin.solve(there)
    late = twin.hooks[-2]  # that it was opened again, told once more with another id and an old time
    body = late.body.replace(b'"id": "', b'"id": "9')
    with pytest.raises(Refused):
        await twin.post(type(late)(url=late.url, headers=late.headers, body=body))
    assert not (await conversations.session(world, shop.org, id)).open
    await desk.reopen(world, shop.owner, id)
    await desks.bring(world, shop.org, acme.id)
    assert not twin.held[there].solved
    await desk.close(world, shop.owner, id, Status.CLOSED_UNRESOLVED)
    await desks.bring(world, shop.org, acme.id)
    assert twin.held[there].solved


async def test_an_answer_that_comes_after_the_ticket_was_solved_is_still_said(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    there, post = twin.tickets()[0].id, twin.post
    twin.post = None
    await twin.answer(there, "It is on its way.")
    await twin.solve(there)
    assert post is not None
    for hook in reversed(twin.hooks):
        await post(hook)
    assert [event.text for event in await desks.log(world, shop, id) if event.actor is ActorKind.HELPDESK and event.text] == ["It is on its way."]
    assert not (await conversations.session(world, shop.org, id)).open


async def test_a_ticket_that_is_deleted_gives_the_session_back(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    await twin.delete(twin.tickets()[0].id)
    assert await desks.owner(world, shop, id) is OwnerKind.TEAM
    assert "deleted" in (await desks.filed(world, shop, id, acme)).why
    await desks.write(world, shop.org, id, "Hello?")
    await desks.bring(world, shop.org, acme.id)
    assert twin.tickets() == []


async def test_a_merged_ticket_lives_on_but_not_as_another_customers(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    first, second = await desks.handed(world, shop, acme), await desks.handed(world, shop, acme)
    one, other = [each.id for each in twin.tickets()]
    await twin.merge(one, other)
    assert await desks.owner(world, shop, first) is OwnerKind.TEAM, "the other is somebody else's conversation"
    third = await desks.handed(world, shop, acme)
    mine = (await desks.filed(world, shop, third, acme)).external_id
    twin.held["OLD-1"] = type(twin.held[mine])(id="OLD-1")
    twin.mute = True
    await twin.answer("OLD-1", "This was said to somebody else.")
    twin.mute = False
    await twin.merge(mine, "OLD-1")
    await desks.look(world, shop.org, third)
    await twin.answer("OLD-1", "This is for you.")
    assert [event.text for event in await desks.log(world, shop, third) if event.actor is ActorKind.HELPDESK and event.text] == ["This is for you."]
    assert (await desks.filed(world, shop, third, acme)).external_id == "OLD-1"
    assert await desks.owner(world, shop, second) is OwnerKind.HELPDESK


async def test_a_helpdesk_that_is_down_costs_nobody(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    await twin.stop()
    id = await desks.handed(world, shop, acme)
    assert await desks.owner(world, shop, id) is OwnerKind.TEAM, "at the first try that fails"
    assert (await desks.filed(world, shop, id, acme)).why
    await desks.bring(world, shop.org, acme.id, rounds=4)
    told = [event for event in await desks.log(world, shop, id) if event.type is EventType.HANDOFF_TO_THIRD_PARTY_FAILED]
    assert len(told) == 1
    assert "cannot be reached" in told[0].payload["why"]
    await desks.write(world, shop.org, id, "Is anybody there?")
    await twin.start()
    await desks.bring(world, shop.org, acme.id, rounds=2)
    (there,) = twin.tickets()
    assert [one.text for one in there.comments] == ["My lamp is broken.", "Is anybody there?"]
    assert [event.type for event in await desks.log(world, shop, id)].count(EventType.HANDOFF_TO_THIRD_PARTY_RECOVERED) == 1
    assert await desks.owner(world, shop, id) is OwnerKind.HELPDESK
    assert (await desks.filed(world, shop, id, acme)).failed_at is None


async def test_who_took_it_meanwhile_keeps_it_and_the_ticket_mirrors(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    await twin.stop()
    id = await desks.handed(world, shop, acme)
    await desk.take_over(world, shop.owner, id)
    await twin.start()
    await desks.bring(world, shop.org, acme.id, rounds=2)
    assert len(twin.tickets()) == 1
    assert await desks.owner(world, shop, id) is OwnerKind.PERSON
    await desk.reply(world, shop.owner, id, "I look into it.")
    await desks.bring(world, shop.org, acme.id)
    assert twin.tickets()[0].comments[-1].text == "I look into it."
    await twin.solve(twin.tickets()[0].id)
    assert (await conversations.session(world, shop.org, id)).open, "a mirror closes nobody's conversation"


@pytest.mark.parametrize("fault", [Fault.AFTER, Fault.RESET, Fault.MALFORMED], ids=str)
async def test_what_nobody_knows_the_end_of_is_not_doubled(world: World, shop: Shop, twin: GenericTwin, acme: Connected, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glassine.story.helpdesks.helpdesk_reach.SECONDS", 0.3)
    twin.faults = [fault, None, fault]
    id = await desks.handed(world, shop, acme)
    await desks.write(world, shop.org, id, "And it buzzes.")
    await desks.bring(world, shop.org, acme.id, rounds=4)
    assert [[one.text for one in each.comments] for each in twin.tickets()] == [["My lamp is broken.", "And it buzzes."]]
    assert {state for _, state in await desks.states(world, shop.org, id)} == {"done"}


async def test_a_refused_key_is_told_at_once_and_a_new_one_brings_everything(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    twin.secret = "whsec_" + "YW5vdGhlciBzZWNyZXQgYWx0b2dldGhlciwgMzIgYnl0ZXM="
    id = await desks.handed(world, shop, acme)
    assert [event.type for event in await desks.log(world, shop, id)].count(EventType.HANDOFF_TO_THIRD_PARTY_FAILED) == 1
    assert await desks.states(world, shop.org, id) == [("open", "dead")]
    await desks.write(world, shop.org, id, "Hello?")
    await desks.bring(world, shop.org, acme.id)
    await setting_up.change(world, shop.owner, acme.id, {**twin.settings(), "hook_secret": twin.secret}, Options(name=acme.name))
    await desks.bring(world, shop.org, acme.id, rounds=2)
    assert [[one.text for one in each.comments] for each in twin.tickets()] == [["My lamp is broken.", "Hello?"]]
    assert await desks.owner(world, shop, id) is OwnerKind.HELPDESK


async def test_what_has_nothing_to_bring_ends_no_trouble(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    """A message that waited behind the helpdesk's breaker is taken along by whoever opens the ticket. That it is done with says nothing of the ticket, which is not there."""
    twin.secret = "whsec_" + "YW5vdGhlciBzZWNyZXQgYWx0b2dldGhlciwgMzIgYnl0ZXM="
    id = await desks.handed(world, shop, acme)
    await desks.write(world, shop.org, id, "Hello?")
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update deliveries set why = 'It waits: the tries before it have failed.' where effect = 'say' and session_id = %s", (id,))
    await desks.bring(world, shop.org, acme.id)
    assert await desks.states(world, shop.org, id) == [("open", "dead"), ("say", "done")]
    assert await desks.owner(world, shop, id) is OwnerKind.TEAM
    assert EventType.HANDOFF_TO_THIRD_PARTY_RECOVERED not in [event.type for event in await desks.log(world, shop, id)]


async def test_a_session_never_has_two_tickets(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    await desk.hand_back(world, shop.owner, id)
    await desks.hand_off(world, shop.org, id, acme)
    await desks.bring(world, shop.org, acme.id)
    assert len(twin.tickets()) == 1


async def test_what_is_removed_for_good_is_not_told_any_more(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    await twin.stop()
    id = await desks.handed(world, shop, acme, "My lamp is broken.", "My password is hunter2, please forget that.")
    secret = next(event for event in await desks.log(world, shop, id) if "forget" in event.text)
    await redacting.redact_message(world, shop.owner, secret.id)
    await twin.start()
    await desks.bring(world, shop.org, acme.id, rounds=2)
    assert [one.text for one in twin.tickets()[0].comments] == ["My lamp is broken."]


async def test_a_stranger_is_not_let_in(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    await desks.handed(world, shop, acme)
    await twin.answer(twin.tickets()[0].id, "Hello.")
    hook = twin.hooks[-1]
    raw = RawHook(method="POST", path="/", query="", headers=dict(hook.headers), body=hook.body.replace(b"Hello", b"Hullo"), at=world.clock())
    with pytest.raises(Refused, match="signature"):
        await hooks.take(world, acme.id, raw)
    with pytest.raises(NotFound):
        await hooks.take(world, HelpdeskId(new_id()), raw)


async def test_disconnecting_gives_everybody_back_and_shuts_the_door(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    id = await desks.handed(world, shop, acme)
    await twin.answer(twin.tickets()[0].id, "Hello.")
    await setting_up.disconnect(world, shop.owner, acme.id)
    assert await desks.owner(world, shop, id) is OwnerKind.TEAM
    assert twin.post is not None
    with pytest.raises(NotFound):
        await twin.post(twin.hooks[-1])
    await desks.write(world, shop.org, id, "Hello?")
    await desks.bring(world, shop.org, acme.id)
    assert len(twin.tickets()[0].comments) == 2
    assert acme.name not in [one.desk.name for one in await setting_up.listing(world, shop.owner)]


async def test_a_contact_is_changed_and_nothing_else_happens(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    """Nobody's ticket waits for an address here: the change touches none."""
    id = await desks.handed(world, shop, acme)
    contact = (await conversations.session(world, shop.org, id)).contact
    await contacts.update(world, shop.org, contact, Identity(name="Mara K."))
    await desks.bring(world, shop.org, acme.id)
    assert len(twin.tickets()[0].comments) == 1
