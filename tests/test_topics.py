"""Topics: a message about what is left to people is handed off before the AI says a word, with the topic and how sure that is; lists are tried out before they count."""

from __future__ import annotations

import numpy as np
import pytest
from httpx2 import AsyncClient

from glassine.rules import topic_scores
from glassine.rules.topic_scores import Seen
from glassine.story import about, contacts, conversations, exchange, inbound
from glassine.story.behaviour import autopilot, topic_lists
from glassine.story.contacts import Identity
from glassine.story.inspection import replaying
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.autopilot import Stance, Topic, Topics
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.replays import Verdict
from glassine.words.sessions import Autopilot, ChannelKind, EventType
from tests.shop import Shop, founded_shop

LEGAL = Topic(name="legal threats", examples=("I will sue you", "you will hear from my lawyer", "I am taking this to court"))
LISTS = Topics(hands_off=(LEGAL, Topic(name="closing an account")), answers=(Topic(name="returns and refunds"), Topic(name="delivery times")))
RETURNS = "How long can I return a lamp?"


async def shop_with(world: World, topics: Topics, name: str) -> Shop:
    shop = await founded_shop(world, name, f"{name}@example.com")
    body = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns and refunds", body=body, language="en")).id)
    await topic_lists.save(world, shop.owner, topics)
    return shop


async def ask(world: World, shop: Shop, *texts: str) -> tuple[SessionId, exchange.Sent]:
    contact = await contacts.create(world, shop.org, Identity(), verified=False)
    session = await inbound.open_session(world, shop.org, contact.id, ChannelKind.API)
    for text in texts:
        sent = await exchange.exchange(world, shop.org, session.id, Inbound(external_id=new_id(), text=text))
    return session.id, sent


async def inspected(client: AsyncClient, shop: Shop, session: SessionId) -> dict[str, object]:
    found: dict[str, object] = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"][-1]
    return found


async def types(world: World, org: OrgId, session: SessionId) -> list[EventType]:
    return [event.type for event in await conversations.timeline(world, org, session)]


async def test_a_message_about_what_is_left_to_people_is_handed_off_and_says_why(world: World, client: AsyncClient) -> None:
    shop = await shop_with(world, LISTS, "gate")
    session, sent = await ask(world, shop, "My lawyer will be in touch")
    assert sent.handed_off
    events = await conversations.timeline(world, shop.org, session)
    detected = next(event for event in events if event.type is EventType.PROHIBITED_TOPIC_DETECTED)
    assert detected.payload["topic"] == "legal threats"
    assert detected.payload["score"] >= 0.5
    handoff = next(event for event in events if event.type is EventType.HANDOFF)
    assert (handoff.payload["reasons"], detected.seq < handoff.seq) == (["prohibited_topic"], True)
    turn = await inspected(client, shop, session)
    assert turn["given"]["topics"][0]["topic"] == "legal threats"  # type: ignore[index]  # JSON
    _, [id] = session, await replaying.turns_of(world, shop.owner, shop.org, session)
    replay = await replaying.replay(world, shop.owner, session, id)
    assert {step.verdict for step in replay.steps} <= {Verdict.SAME, Verdict.GIVEN}


async def test_other_messages_are_answered_and_the_near_miss_is_kept(world: World, client: AsyncClient) -> None:
    shop = await shop_with(world, LISTS, "answers")
    session, sent = await ask(world, shop, RETURNS)
    assert (sent.handed_off, "30 days" in sent.text) == (False, True)
    kept = (await inspected(client, shop, session))["given"]["topics"]  # type: ignore[index]  # JSON
    assert kept[0]["topic"] == "returns and refunds"
    assert any(one["list"] == "hands_off" for one in kept)
    [id] = await replaying.turns_of(world, shop.owner, shop.org, session)
    assert {step.verdict for step in (await replaying.replay(world, shop.owner, session, id)).steps} <= {Verdict.SAME, Verdict.GIVEN}


async def test_a_sentence_of_a_long_message_is_enough(world: World) -> None:
    shop = await shop_with(world, LISTS, "long")
    long = "I bought a lamp in spring and like its warm light very much. The shade has a scratch that I only saw at home. I will see you in court over this. Can I return it within the thirty days?"
    _, sent = await ask(world, shop, long)
    assert sent.handed_off


async def test_what_a_message_goes_on_from_hides_no_topic(world: World) -> None:
    """A short message is searched for together with the question before it, and is about what it says itself all the same."""
    shop = await shop_with(world, LISTS, "on")
    _, sent = await ask(world, shop, RETURNS, "I will sue you")
    assert sent.handed_off


async def test_a_person_is_asked_for_between_courtesies(world: World) -> None:
    """In words that no pattern knows, so by their meaning, and by that of the request alone."""
    shop = await shop_with(world, LISTS, "polite")
    session, sent = await ask(world, shop, "Hello there! My name is Ada Lovelace. I would prefer a member of your crew to deal with it. Thank you in advance!")
    assert sent.handed_off
    handoff = next(event for event in await conversations.timeline(world, shop.org, session) if event.type is EventType.HANDOFF)
    assert "user_requested_human_assistance" in handoff.payload["reasons"]


async def test_with_only_these_what_is_about_nothing_listed_goes_to_people(world: World) -> None:
    shop = await shop_with(world, Topics(answers=LISTS.answers, only=True), "only")
    session, sent = await ask(world, shop, "Who won the football game last night?")
    assert sent.handed_off
    assert EventType.PROHIBITED_TOPIC_DETECTED not in await types(world, shop.org, session)
    _, sent = await ask(world, shop, RETURNS)
    assert not sent.handed_off
    _, sent = await ask(world, shop, "Hello!")
    assert not sent.handed_off, "a greeting is about nothing, and answered all the same"


async def test_nothing_is_drafted_about_a_topic_of_the_third_list(world: World) -> None:
    shop = await shop_with(world, Topics(no_assist=(Topic(name="returning a lamp", examples=("can I return my lamp", "how do I send a lamp back")),)), "quiet")
    await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.ASSIST)
    session, sent = await ask(world, shop, RETURNS, "How long can I return it?")
    assert sent.handed_off
    assert EventType.AGENT_COMMENT not in await types(world, shop.org, session)
    await autopilot.change(world, shop.owner, "topics", {})
    session, _ = await ask(world, shop, RETURNS)
    assert EventType.AGENT_COMMENT in await types(world, shop.org, session)


async def test_other_languages(world: World) -> None:
    shop = await founded_shop(world, "Sprachen", "sprachen@example.com")
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update organizations set settings = settings || '{\"languages\": [\"en\", \"de\"]}' where id = %s", (shop.org,))
    await topic_lists.save(world, shop.owner, LISTS)
    legal = await topic_lists.of_text(world, shop.owner, LISTS, "Sie hören von meinem Anwalt, ich werde Sie verklagen")
    other = await topic_lists.of_text(world, shop.owner, LISTS, "Wie lange kann ich eine Lampe zurückgeben?")
    assert topic_scores.together(legal, Stance.HANDS_OFF) >= 0.5 > topic_scores.together(other, Stance.HANDS_OFF)


async def test_a_list_is_tried_on_past_messages_before_it_counts(world: World, client: AsyncClient) -> None:
    shop = await shop_with(world, Topics(), "past")
    await ask(world, shop, RETURNS)
    threatened, _ = await ask(world, shop, "I will take you to court over this, my mail is ada@example.com")
    trial = await topic_lists.on_past(world, shop.owner, Topics(hands_off=(LEGAL,)))
    assert (trial.looked_at, [one.session for one in trial.handed_off], trial.spared) == (2, [threatened], [])
    [proposed] = trial.examples["legal threats"][:1]
    assert "court" in proposed
    assert "[" not in proposed, "placeholders are no example"
    assert (await topic_lists.current(world, shop.owner))[0] == Topics(), "nothing was saved"
    await topic_lists.save(world, shop.owner, Topics(hands_off=(LEGAL,)))
    await topic_lists.add_example(world, shop.owner, Stance.HANDS_OFF, "legal threats", proposed)
    assert proposed in (await topic_lists.current(world, shop.owner))[0].hands_off[0].examples
    over = (await client.post("/api/autopilot/topics/try", json={}, headers=shop.bearer)).json()
    assert (over["looked_at"], over["handed_off"]) == (2, [])


async def test_lists_are_checked(world: World) -> None:
    shop = await founded_shop(world, "Checked", "checked@example.com")
    for topics, says in (
        (Topics(hands_off=(Topic(name="x" * 200),)), "one line"), (Topics(hands_off=(Topic(name="Refunds"),), answers=(Topic(name="refunds"),)), "both lists"),
        (Topics(least=0.0), "0.05"), (Topics(hands_off=tuple(Topic(name=f"topic {number}") for number in range(101))), "100 is the most"),
        (Topics(hands_off=(Topic(name="a", examples=tuple(f"example {number}" for number in range(31))),)), "30 is the most"),
    ):
        with pytest.raises(Refused, match=says):
            await topic_lists.save(world, shop.owner, topics)
    made = topic_lists.checked(Topics(hands_off=(Topic(name=" Legal \n threats "), Topic(name="legal threats", examples=("I sue", "I sue")), Topic(name="?"))))
    assert made.hands_off == (Topic(name="Legal threats", examples=("I sue",)),)


async def test_examples_keep_no_personal_values(world: World) -> None:
    shop = await founded_shop(world, "Clean", "clean@example.com")
    await topic_lists.save(world, shop.owner, Topics(hands_off=(Topic(name="legal threats", examples=("My lawyer ada@example.com will call +44 20 7946 0958",)),)))
    [example] = (await topic_lists.current(world, shop.owner))[0].hands_off[0].examples
    assert example == "My lawyer will call"


async def test_over_the_api(client: AsyncClient, world: World) -> None:
    shop = await shop_with(world, Topics(), "wire")
    body = {"hands_off": [{"name": "legal threats", "examples": list(LEGAL.examples)}]}
    saved = (await client.put("/api/autopilot/topics", json=body, headers=shop.bearer)).json()
    assert (saved["hands_off"], saved["version"]) == ([{"name": "legal threats", "examples": list(LEGAL.examples)}], 2)
    assert (await client.get("/api/autopilot/topics", headers=shop.bearer)).json() == saved
    found = (await client.post("/api/autopilot/preview", json={"text": "I will sue you, mail ada@example.com", "channel": "web"}, headers=shop.bearer)).json()
    assert (found["decision"], found["reasons"], found["topic"], found["version"]) == ("hand_off", ["prohibited_topic"], "legal threats", 2)
    assert found["score"] >= 0.5
    found = (await client.post("/api/autopilot/preview", json={"text": RETURNS}, headers=shop.bearer)).json()
    assert (found["decision"], found["reasons"]) == ("answer", [])
    assert (await client.post("/api/autopilot/preview", json={"text": "I want to talk to a human"}, headers=shop.bearer)).json()["reasons"] == ["user_requested_human_assistance"]


def test_a_name_is_turned_toward_messages_and_examples_are_not() -> None:
    axes = np.eye(384, dtype=np.float32)
    texts = {name: Seen(axes[place], axes[:0]) for place, name in enumerate(("fee", "why so much", "other"))}
    turn = np.zeros((385, 385), np.float32)
    turn[1, 0], turn[384, 2] = 0.8, 0.5  # who names the first axis is asked along the second; whatever names the third is meant more often
    lists = Topics(hands_off=(Topic(name="fee"), Topic(name="other")), answers=(Topic(name="like fee", examples=("fee",)),))
    plain, turned = (topic_scores.known(lists, {**texts, "like fee": texts["fee"]}, form) for form in (None, turn))
    before, after = ([like for like, _ in topic_scores.likeness("", texts["why so much"], known)] for known in (plain, turned))
    assert before == [0.0, 0.0, 0.0]
    assert after == pytest.approx([0.8, 0.5 * topic_scores.BESIDE, 0.0])
    assert np.array_equal(plain[2].centre, turned[2].centre)


async def test_the_lists_of_a_turn_are_compared_by_turned_names(world: World, shop: Shop) -> None:
    form = world.embed.turn("en")
    assert form is not None
    assert form.shape == (385, 385)
    assert world.embed.turn("de") is None
    lists = about.Lists(Topics(hands_off=(Topic(name="press inquiries"), Topic(name="legal threats"))), {})
    text = "I'm a journalist writing about your company"
    found = await about.compare(world, shop.org, lists, text, "en", across=False)
    known = lists.by_model[world.embed.model("en")]
    assert [one.level != 0 for one in known] == [True, True]
    assert found[0].topic == "press inquiries"
    read = await about.read(world, shop.org, topic_scores.texts(lists.topics), "en")
    said = await world.embed.asked(text)
    plain = topic_scores.scored(text, Seen(said.vector, said.tokens), topic_scores.known(lists.topics, read))
    assert next(one.score for one in plain if one.topic == "press inquiries") < found[0].score


def test_shares_of_topics_add_up_and_a_message_without_words_is_about_nothing() -> None:
    axes = np.eye(384, dtype=np.float32)
    texts = {name: Seen(axes[place], axes[place : place + 1]) for place, name in enumerate(("one", "two", "three"))}
    known = topic_scores.known(Topics(hands_off=(Topic(name="one"),), answers=(Topic(name="two"),), no_assist=(Topic(name="three"),)), texts)
    found = {one.topic: one.score for one in topic_scores.scored("one", texts["one"], known)}
    assert found["one"] > 0.9
    assert found["two"] < 0.1
    nothing = topic_scores.scored("", Seen(axes[9], axes[:0]), known)
    assert topic_scores.together(nothing, Stance.HANDS_OFF) < 0.1
    assert topic_scores.scored("x", texts["one"], ()) == ()
