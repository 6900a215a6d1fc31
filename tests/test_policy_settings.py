"""The redaction policy and own patterns as admins and programs set them: by channel, versioned, undone, and refused where they would do harm."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from glassine.config import Settings
from glassine.store import contacts, sessions, vault
from glassine.story import access
from glassine.story.contacts import own_key
from glassine.story.privacy import previewing
from glassine.story.world import World
from glassine.words.ids import SessionId
from glassine.words.people import Role
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop
from tests.test_masked_at_rest import _dump

MEMBER = {"name": "Member number", "pattern": r"\bMEM-\d{6}\b", "context": "", "treatment": "pseudonym", "sample": "I am MEM-204118, order 8841."}


@pytest.fixture
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


async def policy(client: httpx2.AsyncClient, shop: Shop, **change: Any) -> dict[str, Any]:
    answer = await (client.put("/api/redaction/policy", headers=shop.bearer, json=change) if change else client.get("/api/redaction/policy", headers=shop.bearer))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def said(client: httpx2.AsyncClient, shop: Shop, text: str, channel: str = "api") -> tuple[SessionId, str]:
    """A message on a channel, and how it is stored."""
    id = (await client.post("/api/chat/sessions", headers=shop.bearer, json={"channel": {"type": channel}})).json()["id"]
    assert (await client.post(f"/api/chat/sessions/{id}/send", headers=shop.bearer, json={"message": {"text": text}})).status_code == 200
    items = (await client.get(f"/api/chat/sessions/{id}/history", headers=shop.bearer)).json()["items"]
    return SessionId(UUID(id)), str(next(item["event"]["content"]["text"] for item in items if "content" in item["event"]))


def undo_of(page: str) -> tuple[str, dict[str, str]]:
    """The form of the notice: where it goes, and its fields."""
    toast = page.split("data-toast>")[1].split("</form>")[0]
    action = re.search(r'action="([^"]+)"', toast)
    assert action
    return action[1], {name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', toast) if name != "csrf"}


async def test_each_channel_treats_a_kind_as_it_is_set(client: httpx2.AsyncClient, shop: Shop) -> None:
    await policy(client, shop, types={"email": "mask", "ip": "keep"}, channels={"web": {"email": "pseudonym"}})
    text = "ada@example.com at 203.0.113.77. I paid with 4111 1111 1111 1111."
    assert (await said(client, shop, text))[1] == "[EMAIL] at 203.0.113.77. I paid with [CARD_1]."
    assert (await said(client, shop, text, "web"))[1] == "[EMAIL_1] at 203.0.113.77. I paid with [CARD_1]."
    for channel, expected in (("web", "[EMAIL_1]"), ("api", "[EMAIL]"), (None, "[EMAIL]")):
        answer = await client.post("/api/redaction/preview", headers=shop.bearer, json={"text": "ada@example.com", "channel": channel})
        assert answer.json()["text"] == expected
    back = await policy(client, shop, types={}, channels={})
    assert set(back["types"].values()) == {"pseudonym"}
    assert back["channels"] == {"api": {}, "web": {}}


async def test_what_is_masked_for_good_is_in_no_table_not_even_sealed(client: httpx2.AsyncClient, world: World, settings: Settings, shop: Shop) -> None:
    await policy(client, shop, types=dict.fromkeys(["email", "card", "phone", "name"], "mask"))
    known = {"email": "grace.hopper@navy.example", "name": "Grace Hopper"}
    id = SessionId(UUID((await client.post("/api/chat/sessions", headers=shop.bearer, json={"contact": known})).json()["id"]))
    message = {"message": {"text": "I am Grace Hopper, 4111 1111 1111 1111, GRACE.HOPPER@navy.example, +1 415 555 2671. [EMAIL] I typed."}, "uuid": str(uuid4()),
               "clientContext": {"mail": "grace.hopper@navy.example", "cart": "3 lamps"}}
    await client.post(f"/api/chat/sessions/{id}/send", headers=shop.bearer, json=message)
    async with world.store.tx(shop.org) as tx:
        assert await vault.all_of(tx, shop.org, id) == []
        sealed = [bytes(row["sealed"]) for row in await vault.originals_of(tx, shop.org, id)]
    assert len(sealed) == 1
    original = await opened_original(world, shop, id)
    assert original["text"] == "I am [NAME], [CARD], [EMAIL], [PHONE]. [EMAIL] I typed."
    assert len(original["gone"]) == 4
    whole = _dump(settings)
    assert b"3 lamps" in whole
    assert not any(value in whole for value in (b"4111 1111", b"hopper@navy", b"HOPPER@navy", b"555 2671"))
    items = (await client.get(f"/api/chat/sessions/{id}/history", headers=shop.bearer)).json()["items"]
    assert items[0]["event"]["content"]["text"] == r"I am [NAME], [CARD], [EMAIL], [PHONE]. [\EMAIL] I typed."
    await policy(client, shop, types={})


async def opened_original(world: World, shop: Shop, id: SessionId) -> dict[str, Any]:
    """The first message of a session as it is sealed."""
    org_key = await world.key(shop.org)
    async with world.store.tx(shop.org) as tx:
        session = await sessions.load(tx, shop.org, id)
        own = own_key(org_key, shop.org, await contacts.load(tx, shop.org, session.contact))
        row = (await vault.originals_of(tx, shop.org, id))[0]
    return dict(json.loads(own.open(bytes(row["sealed"]), shop.org, "originals", "sealed", row["event_id"])))


async def test_a_choice_on_the_page_holds_is_recorded_and_can_be_undone(client: httpx2.AsyncClient, world: World, shop: Shop, admin: Browser) -> None:
    page = await admin.act("/settings/privacy/treatment", set="card keep", channel="web")
    assert "Web chat: Card is kept from now on. Everybody who reads a conversation reads it too" in page
    assert "Left in the clear" in page
    assert "Card on Web chat." in page
    assert "Stays readable for everybody" in page
    assert (await said(client, shop, "I paid with 4111 1111 1111 1111.", "web"))[1] == "I paid with 4111 1111 1111 1111."
    assert (await said(client, shop, "I paid with 4111 1111 1111 1111."))[1] == "I paid with [CARD_1]."
    line = (await previewing.audit_log(world, shop.owner))[0]
    version = (await policy(client, shop))["version"]
    assert (line["verb"], line["detail"]) == (
        "redaction.treatment", {"type": "card", "channel": "web", "from": "as on all channels", "to": "keep", "version": version},
    )
    assert f"set Card on Web chat from as on all channels to keep (version {version})" in (await admin.get("/settings/audit")).text
    where, fields = undo_of(page)
    assert "Left in the clear" not in await admin.act(where, **fields)
    assert (await said(client, shop, "I paid with 4111 1111 1111 1111.", "web"))[1] == "I paid with [CARD_1]."
    for name in ("custom mask", "card shred", "aura keep", ""):
        assert (await admin.post("/settings/privacy/treatment", set=name, channel="")).status_code == 400
    assert (await admin.post("/settings/privacy/treatment", set="card keep", channel="pigeon")).status_code == 400


async def test_the_try_box_uses_the_rules_of_the_chosen_channel(admin: Browser) -> None:
    await admin.act("/settings/privacy/treatment", set="email mask", channel="api")
    assert 'class="mask gone"' in (await admin.swap("/settings/privacy/try", text="ada@example.com", channel="api")).text
    assert "EMAIL 1</span>" in (await admin.swap("/settings/privacy/try", text="ada@example.com", channel="web")).text
    assert "API: mask" in (await admin.get("/settings/privacy")).text
    await admin.act("/settings/privacy/treatment", set="email", channel="api")


async def test_a_policy_that_somebody_changed_meanwhile_is_not_overwritten(client: httpx2.AsyncClient, shop: Shop) -> None:
    read = await policy(client, shop)
    await policy(client, shop, types={"ip": "keep"}, version=read["version"])
    late = await client.put("/api/redaction/policy", headers=shop.bearer, json={"types": {}, "version": read["version"]})
    assert late.status_code == 409
    assert (await policy(client, shop))["types"]["ip"] == "keep"
    again = await policy(client, shop, **{name: value for name, value in (await policy(client, shop)).items() if name != "version"})
    assert again["version"] == read["version"] + 1, "what changes nothing is no new version"
    await policy(client, shop, types={})


@pytest.mark.parametrize("change", [
    {"types": {"aura": "keep"}}, {"types": {"email": "shred"}}, {"types": {"custom": "mask"}}, {"channels": {"slack": {}}}, {"channels": {"pigeon": {}}},
    {"patterns": [{"name": "All", "pattern": ".+"}]}, {"patterns": [{"name": "Nul", "pattern": "a\x00b"}]}, {"patterns": [{"name": "K", "pattern": "K-1", "treatment": "keep"}]},
    {"patterns": [{"name": "One", "pattern": "ONE-1"}, {"name": "one", "pattern": "TWO-2"}]},
    {"patterns": [{"name": f"N{n}", "pattern": f"NUM-{n}"} for n in range(51)]},
    {"patterns": [{"id": "7f1f8f5e-6f0e-4a51-b60c-5f5b8a6f3b10", "name": f"Twin {n}", "pattern": f"TWIN-{n}"} for n in (1, 2)]},
])
async def test_a_policy_that_cannot_be_is_refused_and_changes_nothing(client: httpx2.AsyncClient, shop: Shop, change: dict[str, Any]) -> None:
    before = await policy(client, shop)
    answer = await client.put("/api/redaction/policy", headers=shop.bearer, json={"types": {"ip": "keep"}, **change})
    assert answer.status_code in (400, 409), answer.text
    assert answer.json()["message"]
    assert await policy(client, shop) == before


async def test_only_who_may_change_settings_does(client: httpx2.AsyncClient, world: World, shop: Shop) -> None:
    key = await access.create_key(world, shop.owner, "Reads", ["chat-sessions:read"])
    for method in ("GET", "PUT"):
        assert (await client.request(method, "/api/redaction/policy", headers={"Authorization": f"Bearer {key}"}, json={})).status_code == 403
    narrow = await access.create_key(world, shop.owner, "Policy", ["redaction:write"])
    assert (await client.put("/api/redaction/policy", headers={"Authorization": f"Bearer {narrow}"}, json={"types": {}})).status_code == 200
    agent = await colleague(world, shop.owner, Role.AGENT, "Anna Agent")
    async with signed_in(world, agent) as at:
        assert '<button name="set"' not in (await at.get("/settings/privacy")).text
        assert 'id="write"' not in (await at.get("/settings/patterns")).text
        for path, fields in (("/settings/privacy/treatment", {"set": "card keep"}), ("/settings/patterns", MEMBER), ("/settings/patterns/try", MEMBER)):
            assert (await at.post(path, **fields)).status_code == 403, path


async def test_a_pattern_is_tried_saved_switched_deleted_and_brought_back(client: httpx2.AsyncClient, shop: Shop, admin: Browser) -> None:
    await said(client, shop, "Hello, MEM-111111 here. Write to ada@example.com, not to MEM-222222.")
    tried = (await admin.swap("/settings/patterns/try", **MEMBER)).text
    assert "It leaves ordinary writing alone." in tried
    assert re.search(r"It would touch 1 of the last [\d,]+ messages, with 2 matches", tried)
    assert "<mark>MEM-111111</mark>" in tried
    assert "EMAIL 1</span>" in tried
    assert "CUSTOM 1</span>, order 8841" in tried
    assert (await said(client, shop, "MEM-333333"))[1] == "MEM-333333", "trying stores nothing"
    page = await admin.act("/settings/patterns", **MEMBER)
    assert "Member number is looked for from now on." in page
    assert (await said(client, shop, "I am mem-333333"))[1] == "I am [CUSTOM_1]"
    id = re.search(r"/settings/patterns/([0-9a-f-]{36})/switch", page)
    assert id
    page = await admin.act(f"/settings/patterns/{id[1]}/switch", on="")
    assert (await said(client, shop, "I am MEM-333333"))[1] == "I am MEM-333333"
    where, fields = undo_of(page)
    await admin.act(where, **fields)
    page = await admin.act("/settings/patterns", **{**MEMBER, "id": id[1], "treatment": "mask", "context": "member, Mitglied"})
    assert (await said(client, shop, "member MEM-333333"))[1] == "member [CUSTOM]"
    gone = await admin.act(f"/settings/patterns/{id[1]}/delete")
    assert "Member number is deleted." in gone
    assert (await said(client, shop, "member MEM-333333"))[1] == "member MEM-333333"
    where, fields = undo_of(gone)
    assert fields["context"] == "member, Mitglied"
    await admin.act(where, **fields)
    assert (await said(client, shop, "member MEM-333333"))[1] == "member [CUSTOM]"
    where, fields = undo_of(page)
    await admin.act(where, **fields)
    assert (await said(client, shop, "I am MEM-333333"))[1] == "I am [CUSTOM_1]"
    log = (await admin.get("/settings/audit")).text
    assert all(f"{what} the pattern “Member number”" in log for what in ("wrote", "changed", "deleted"))
    assert [one["name"] for one in (await policy(client, shop))["patterns"]] == ["Member number"]
    await policy(client, shop, patterns=[])
    assert (await admin.post(f"/settings/patterns/{id[1]}/delete")).status_code == 404


@pytest.mark.parametrize(("fields", "sentence"), [
    ({"pattern": ".+"}, "matches everything"), ({"pattern": r"\d+"}, "nearly every number"), ({"pattern": "x*"}, "matches nothing at all"),
    ({"pattern": "(MEM"}, "cannot be read: missing )"), ({"pattern": r"(?<=a)b"}, "Look-ahead and look-behind"), ({"pattern": r"(a)\1"}, "References to earlier groups"),
    ({"pattern": ""}, "Write the pattern"), ({"name": " "}, "Give the pattern a name"), ({"pattern": "MEM|" * 80}, "300 is the most"),
    ({"pattern": r"(\p{L}{1,30}){1,30}x"}, "too large"), ({"pattern": "how|what|is|die|que"}, "matches too much"), ({"pattern": r"\s+"}, "empty space"), ({"context": "!"}, "needs at least one letter"),
])
async def test_what_would_do_harm_is_refused_in_words_and_stays_in_the_form(admin: Browser, fields: dict[str, str], sentence: str) -> None:
    answer = await admin.post("/settings/patterns", **{**MEMBER, **fields})
    assert answer.status_code == 400
    assert sentence in html.unescape(answer.text)
    assert f'value="{html.escape(fields.get("name", MEMBER["name"]))}"' in answer.text
    assert 'role="alert"' in answer.text
    tried = html.unescape((await admin.swap("/settings/patterns/try", **{**MEMBER, **fields})).text)
    assert "This cannot be saved" in tried
    assert sentence in tried


async def test_a_pattern_that_would_cover_what_was_written_so_far_is_refused(client: httpx2.AsyncClient, world: World, admin: Browser, shop: Shop) -> None:
    for number in range(25):
        await said(client, shop, f"ZZQ{number} wholly machine made lines of ZZQ sensors ZZQ")
    refused = await admin.post("/settings/patterns", **{**MEMBER, "name": "Lines", "pattern": "ZZQ.*"})
    assert refused.status_code == 400
    assert "of all characters in your last" in refused.text
