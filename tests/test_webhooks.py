"""Endpoints are told what happens: signed so that other people's libraries agree, once for each event, masked, and left alone when they fail for days."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks

from glassine.rules import webhook_signing
from glassine.store import Tx, count, one, rows, webhooks
from glassine.story import desk
from glassine.story.boundary import boundaries
from glassine.story.delivery import endpoints
from glassine.story.delivery import webhooks as delivery_webhooks
from glassine.story.delivery.endpoints import Given
from glassine.story.privacy import redacting, rotating
from glassine.story.world import World
from glassine.words.deliveries import DeliveryState
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId, new_id
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.sessions import ChannelKind, Status
from glassine.words.webhooks import WebhookId
from glassine.words.work import JobKind
from tests.companies import said
from tests.customers import quiet
from tests.endpoints import data, deliver, endpoint, events, later, mart, receiver, session
from tests.shop import Shop
from tests.vendors import Request, Response, Vendor

__all__ = ["mart", "receiver"]


def verified(request: Request, secret: str) -> None:
    """By both libraries that Standard Webhooks names; each raises when it is not ours."""
    standardwebhooks.Webhook(secret).verify(request.body, dict(request.headers))
    svix.webhooks.Webhook(secret).verify(request.body, dict(request.headers))


async def test_an_endpoint_is_told_signed_and_masked(world: World, mart: Shop, receiver: Vendor) -> None:
    made, secret = await endpoint(world, mart, receiver)
    id = await session(world, mart)
    assert await deliver(world, mart) == 2
    assert events(receiver) == ["conversation.started", "conversation.contact_response"]
    for request in receiver.seen:
        verified(request, secret)
        assert b"ada@example.com" not in request.body and b"Lovelace" not in request.body
        assert json.loads(request.body)["organization_id"] == str(mart.org)
    assert data(receiver.seen[1])["message"]["text"] == "My mail is [EMAIL_1]. Where is my order?"
    sent = await endpoints.sent(world, mart.owner, made.id)
    assert [one.state for one in sent] == [DeliveryState.DONE, DeliveryState.DONE]
    assert {one.session for one in sent} == {id}
    assert sent[0].tries[0].status == 204
    assert sent[0].request == json.loads(receiver.seen[1].body)


async def test_a_changed_body_or_another_secret_is_found(world: World, mart: Shop, receiver: Vendor) -> None:
    _, secret = await endpoint(world, mart, receiver)
    await session(world, mart)
    await deliver(world, mart)
    request = receiver.seen[0]
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(request.body + b" ", dict(request.headers))
    with pytest.raises(svix.webhooks.WebhookVerificationError):
        svix.webhooks.Webhook(webhook_signing.written(b"x" * 32)).verify(request.body, dict(request.headers))


async def test_two_secrets_sign_while_one_follows_the_other(world: World, mart: Shop, receiver: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    made, former = await endpoint(world, mart, receiver)
    newest = await endpoints.rotate(world, mart.owner, made.id, timedelta(hours=1))
    assert newest != former
    await endpoints.test(world, mart.owner, made.id)
    await deliver(world, mart)
    verified(receiver.seen[0], former)
    verified(receiver.seen[0], newest)
    later(world, monkeypatch, hours=2)
    assert len(await endpoints.secrets_of(world, mart.owner, made.id)) == 1


async def test_a_secret_that_has_leaked_ends_at_once(world: World, mart: Shop, receiver: Vendor) -> None:
    made, former = await endpoint(world, mart, receiver)
    newest = await endpoints.rotate(world, mart.owner, made.id, timedelta(0))
    await endpoints.test(world, mart.owner, made.id)
    await deliver(world, mart)
    verified(receiver.seen[0], newest)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(former).verify(receiver.seen[0].body, dict(receiver.seen[0].headers))


async def test_every_try_has_the_same_id_and_the_same_body(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver, events=("conversation.contact_response",))
    await session(world, mart)
    receiver.answer = lambda _: said({"error": "busy with ada@example.com"}, 500)
    await deliver(world, mart)
    receiver.answer = lambda _: Response(status=200)
    await deliver(world, mart, all=True)
    first, second = receiver.seen
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    [sent] = await endpoints.sent(world, mart.owner, made.id)
    assert [each.status for each in sent.tries] == [500, 200]
    assert sent.tries[0].answer == '{"error": "busy with [EMAIL]"}' or "ada@example.com" not in sent.tries[0].answer
    assert sent.state is DeliveryState.DONE


async def test_a_message_that_is_redacted_before_it_is_sent_is_sent_empty(world: World, mart: Shop, receiver: Vendor) -> None:
    await endpoint(world, mart, receiver, events=("conversation.contact_response",))
    id = await session(world, mart)
    await redacting.redact_session(world, mart.owner, id)
    await deliver(world, mart)
    assert data(receiver.seen[0])["message"]["text"] == ""
    assert data(receiver.seen[0])["message"]["redacted"] is True


async def test_what_endpoints_answered_goes_with_what_was_redacted(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver, events=("conversation.contact_response",))
    receiver.answer = lambda _: said({"order": "purple lamp"})
    id = await session(world, mart)
    await deliver(world, mart)
    assert "purple lamp" in (await endpoints.sent(world, mart.owner, made.id))[0].tries[0].answer
    await redacting.redact_session(world, mart.owner, id)
    assert (await endpoints.sent(world, mart.owner, made.id))[0].tries[0].answer == ""


async def test_filters(world: World, mart: Shop, receiver: Vendor) -> None:
    await endpoint(world, mart, receiver, events=("conversation.started",), channels=("api",))
    await session(world, mart)
    await session(world, mart, channel=ChannelKind.API)
    await deliver(world, mart)
    assert events(receiver) == ["conversation.started"]
    assert data(receiver.seen[0])["channel"] == "api"


async def test_contact_details_only_where_an_admin_said_so(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver, events=("conversation.contact_response",), clear=True)
    receiver.answer = lambda _: said({"seen": "Ada Lovelace, ada@example.com"})
    await session(world, mart)
    await deliver(world, mart)
    sent = data(receiver.seen[0])
    assert sent["contact"]["enriched_data"]["email"] == "ada@example.com"
    assert sent["contact"]["name"] == "Ada Lovelace"
    assert sent["contact"]["custom_data"] == {"plan": "gold"}
    assert sent["message"]["text"] == "My mail is [EMAIL_1]. Where is my order?"
    [kept] = await endpoints.sent(world, mart.owner, made.id)
    assert "Lovelace" not in kept.tries[0].answer and "ada@" not in kept.tries[0].answer
    assert kept.request and kept.request["data"]["contact"]["name"] is None
    async with world.store.tx(mart.org) as tx:
        crossed = await one(tx, "select raw, allowed, purpose from crossings order by created_at desc limit 1", {})
        line = await one(tx, "select detail from audit where verb = 'webhooks.create'", {})
    assert crossed and crossed["raw"] is True and crossed["purpose"] == "webhook"
    assert line and line["detail"]["clear"] is True


async def test_a_program_that_may_not_read_contacts_cannot_have_them_sent(world: World, mart: Shop, receiver: Vendor) -> None:
    program = Actor(org=mart.org, kind=ActorKind.API, id=new_id(), name="Program", role=Role.ADMIN, scopes=frozenset({"webhooks:write"}))
    with pytest.raises(Refused, match="lacks a scope"):
        await endpoints.create(world, program, Given(url=f"{receiver.url}/hook", clear=True))
    made, _ = await endpoint(world, mart, receiver, clear=True)
    with pytest.raises(Refused, match="lacks a scope"):
        await endpoints.change(world, program, made.id, {"url": "https://elsewhere.example/hook"})
    agent = Actor(org=mart.org, kind=ActorKind.AGENT, id=new_id(), name="Agent", role=Role.AGENT)
    with pytest.raises(Refused):
        await endpoints.every(world, agent)


@pytest.mark.parametrize("url", [
    "", "ftp://x.example/", "https://user:key@x.example/", "https:///no-host", "https://x.example/#part", "http://x.example/hook", "https://ex ample/", "https://x.example/ö", "https://[::1",
])
async def test_addresses_that_cannot_be(world: World, mart: Shop, url: str) -> None:
    with pytest.raises(Refused, match="address"):
        await endpoints.create(world, mart.owner, Given(url=url))


async def test_a_private_address_is_refused_by_the_gate(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoints.create(world, mart.owner, Given(url="https://127.0.0.1:1/hook"))
    await endpoints.test(world, mart.owner, made.id)
    await deliver(world, mart)
    [sent] = await endpoints.sent(world, mart.owner, made.id)
    assert sent.state is DeliveryState.WAITING
    assert "gate did not let it through" in sent.why
    assert receiver.seen == []


@pytest.mark.parametrize(("status", "words"), [(301, "redirects are not followed"), (404, "answered 404"), (500, "answered 500"), (429, "answered 429")])
async def test_what_is_no_success(world: World, mart: Shop, receiver: Vendor, status: int, words: str) -> None:
    made, _ = await endpoint(world, mart, receiver)
    receiver.answer = lambda _: Response(status=status, headers={"Location": f"{receiver.url}/other", "Retry-After": "7200"})
    await endpoints.test(world, mart.owner, made.id)
    await deliver(world, mart)
    [sent] = await endpoints.sent(world, mart.owner, made.id)
    assert sent.state is DeliveryState.WAITING
    assert words in sent.why
    assert len(receiver.seen) == 1
    assert (sent.next_at - world.clock() > timedelta(hours=1)) is (status == 429)


async def test_410_disables_at_once_and_is_told(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    other, _ = await endpoint(world, mart, receiver, name="Other", events=("webhook.disabled",))
    receiver.answer = lambda request: Response(status=410 if events(receiver)[-1] == "webhook.test" else 204)
    await endpoints.test(world, mart.owner, made.id)
    await deliver(world, mart)
    gone = await endpoints.one(world, mart.owner, made.id)
    assert not gone.enabled and "410" in gone.why
    await deliver(world, mart)
    assert events(receiver) == ["webhook.test", "webhook.disabled"]
    assert data(receiver.seen[1])["webhook_id"] == str(made.id)
    async with world.store.tx(mart.org) as tx:
        assert len(await rows(tx, "select 1 from jobs where org_id = %(org)s and kind = %(kind)s", {"org": mart.org, "kind": JobKind.NOTIFY_WEBHOOK})) == 1
    assert other.enabled


async def test_five_days_of_failure_disable_and_owners_get_a_mail(world: World, mart: Shop, receiver: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    from glassine.story.delivery import webhooks as story

    made, _ = await endpoint(world, mart, receiver)
    receiver.answer = lambda _: Response(status=500)
    for _ in range(12):
        await endpoints.test(world, mart.owner, made.id)
        await deliver(world, mart)
        later(world, monkeypatch, hours=11)
    gone = await endpoints.one(world, mart.owner, made.id)
    assert not gone.enabled and "Every delivery has failed since" in gone.why
    with pytest.raises(Refused, match="Enable it first"):
        await endpoints.test(world, mart.owner, made.id)
    async with world.store.tx(mart.org) as tx:
        [job] = await rows(tx, "select key from jobs where org_id = %(org)s and kind = %(kind)s", {"org": mart.org, "kind": JobKind.NOTIFY_WEBHOOK})
    before = len(world.mail.kept)
    await story.disabled(world, mart.org, made.id, job["key"])
    assert len(world.mail.kept) == before + 1
    assert "Warehouse" in str(world.mail.kept[-1]["Subject"])
    assert await endpoints.switch(world, mart.owner, made.id, on=True)
    assert (await endpoints.one(world, mart.owner, made.id)).failing_since is None


async def test_a_day_without_any_try_does_not_count_as_failure(world: World, mart: Shop, receiver: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = await endpoint(world, mart, receiver)
    receiver.answer = lambda _: Response(status=500)
    for _ in range(3):
        await endpoints.test(world, mart.owner, made.id)
        await deliver(world, mart)
        later(world, monkeypatch, days=3)
    assert (await endpoints.one(world, mart.owner, made.id)).enabled


async def test_what_was_missed_is_replayed_once(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    began = world.clock()
    await endpoints.switch(world, mart.owner, made.id, on=False)
    await session(world, mart)
    assert await deliver(world, mart) == 0
    with pytest.raises(Refused, match="Enable it first"):
        await endpoints.replay(world, mart.owner, made.id, began)
    await endpoints.switch(world, mart.owner, made.id, on=True)
    assert await endpoints.replay(world, mart.owner, made.id, began) == 2
    assert await endpoints.replay(world, mart.owner, made.id, began) == 0, "what waits does not go twice"
    await deliver(world, mart)
    assert events(receiver) == ["conversation.started", "conversation.contact_response"]
    assert await endpoints.replay(world, mart.owner, made.id, began) == 0
    assert await endpoints.replay(world, mart.owner, made.id, began, all=True) == 2
    await deliver(world, mart)
    assert [one.headers["webhook-id"] for one in receiver.seen[:2]] == [one.headers["webhook-id"] for one in receiver.seen[2:]]
    with pytest.raises(Refused, match="30 days"):
        await endpoints.replay(world, mart.owner, made.id, began - timedelta(days=40))


async def test_resending_has_the_same_id(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    await endpoints.test(world, mart.owner, made.id, "conversation.closed")
    await deliver(world, mart)
    [sent] = await endpoints.sent(world, mart.owner, made.id)
    await endpoints.resend(world, mart.owner, made.id, sent.id)
    await deliver(world, mart)
    assert receiver.seen[0].body == receiver.seen[1].body
    assert receiver.seen[0].headers["webhook-id"] == receiver.seen[1].headers["webhook-id"]
    with pytest.raises(NotFound):
        await endpoints.resend(world, mart.owner, WebhookId(new_id()), sent.id)


async def test_a_removed_endpoint_gets_nothing_more(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    await session(world, mart)
    await endpoints.delete(world, mart.owner, made.id)
    assert await deliver(world, mart, all=True) == 0
    assert receiver.seen == []
    async with world.store.tx(mart.org) as tx:
        assert {row["state"] for row in await rows(tx, "select state from deliveries where target_id = %(id)s", {"id": made.id})} == {"dropped"}
        assert await rows(tx, "select 1 from webhook_secrets", {}) == []


async def test_an_endpoint_is_removed_while_a_try_is_written_down(world: World, mart: Shop, receiver: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one has the delivery and wants the endpoint, the other would have the endpoint and want the delivery: who removes it waits before holding anything."""
    made, _ = await endpoint(world, mart, receiver)
    await session(world, mart)
    receiver.answer = lambda _: Response(status=500)
    really, removing = delivery_webhooks.failed, list[asyncio.Task[None]]()

    async def failed(world: World, tx: Tx, *rest: Any) -> None:
        if not removing:
            removing.append(asyncio.create_task(endpoints.delete(world, mart.owner, made.id)))
            async with world.store.tx(mart.org) as other:
                while not await count(other, "select count(*) as n from pg_locks where not granted", {}):  # noqa: ASYNC110 - the database tells nobody who waits
                    await asyncio.sleep(0.01)
        await really(world, tx, *rest)

    monkeypatch.setattr(delivery_webhooks, "failed", failed)
    await deliver(world, mart)
    await asyncio.gather(*removing)
    assert await endpoints.every(world, mart.owner) == []
    async with world.store.tx(mart.org) as tx:
        assert {row["state"] for row in await rows(tx, "select state from deliveries", {})} == {DeliveryState.DROPPED}


async def test_lines_keep_a_conversation_in_order_where_that_is_wanted(world: World, mart: Shop, receiver: Vendor) -> None:
    ordered, _ = await endpoint(world, mart, receiver, ordered=True)
    loose, _ = await endpoint(world, mart, receiver, name="Loose")
    id = await session(world, mart)
    async with world.store.tx(mart.org) as tx:
        lines = {
            made.id: [row["line"] for row in await rows(tx, "select line from deliveries where target_id = %(id)s order by created_at", {"id": made.id})] for made in (ordered, loose)
        }
    assert lines[ordered.id] == [f"webhook:{ordered.id}:{id}"] * 2
    assert len(set(lines[loose.id])) == 2


async def test_switched_off_nothing_is_sent_and_nothing_counts_as_failure(world: World, mart: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    await boundaries.switch(world, mart.owner, "webhook", on=False)
    await endpoints.test(world, mart.owner, made.id)
    await deliver(world, mart)
    assert receiver.seen == []
    [sent] = await endpoints.sent(world, mart.owner, made.id)
    assert sent.state is DeliveryState.WAITING and "switched off" in sent.why
    assert (await endpoints.one(world, mart.owner, made.id)).failing_since is None
    await boundaries.switch(world, mart.owner, "webhook", on=True)
    world.switches.forget(mart.org)
    await deliver(world, mart, all=True)
    assert events(receiver) == ["webhook.test"]


async def test_secrets_follow_the_organisations_key(world: World, mart: Shop, receiver: Vendor) -> None:
    made, secret = await endpoint(world, mart, receiver)
    await rotating.rotate_organization(world, mart.owner, quiet, pause=0)
    assert (await rotating.check_organization(world, mart.org, newest_only=True)).opened["secrets of webhooks"] == 1
    await endpoints.test(world, mart.owner, made.id)
    await deliver(world, mart)
    verified(receiver.seen[0], secret)


async def test_another_organisation_sees_no_endpoint_and_no_delivery(world: World, mart: Shop, shop: Shop, receiver: Vendor) -> None:
    made, _ = await endpoint(world, mart, receiver)
    await endpoints.test(world, mart.owner, made.id)
    for asked in (endpoints.one, endpoints.sent, endpoints.secrets_of, endpoints.delete, endpoints.test):
        with pytest.raises(NotFound):
            await asked(world, shop.owner, made.id)
    async with world.store.tx(OrgId(shop.org)) as tx:
        assert await webhooks.all_of(tx, mart.org) == []


async def test_closing_by_people_is_told_with_who_it_was(world: World, mart: Shop, receiver: Vendor) -> None:
    await endpoint(world, mart, receiver, events=("conversation.closed",))
    id = await session(world, mart)
    await desk.close(world, mart.owner, id, Status.CLOSED_UNRESOLVED)
    await deliver(world, mart)
    assert data(receiver.seen[0])["closed_by"] == {"type": "human", "id": str(mart.owner.id), "name": "Olivia Owner", "email": None}
    assert data(receiver.seen[0])["ai_resolution_status"] == "not_resolved"
