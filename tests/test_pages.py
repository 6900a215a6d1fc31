"""The team's pages as plain pages and forms: the door, the inbox and its acts, masked values, and what is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from glassine.story import access
from glassine.story.knowledge import learning
from glassine.story.privacy import previewing
from glassine.story.world import World
from glassine.web.app import create_app
from glassine.web.staff import COOKIE
from glassine.words.knowledge import Audience
from glassine.words.people import Actor, Role
from tests.office import PASSWORD, Browser, browser, colleague, signed_in
from tests.shop import Shop, founded_shop

Client = httpx2.AsyncClient
QUESTION = "How long do I have to return an unused lamp?"


@pytest.fixture(scope="module")
async def agent(world: World, shop: Shop) -> Actor:
    body = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days.\n"
    article = await learning.save(world, shop.org, title="Returns and refunds", body=body, audience=Audience.PUBLIC, language="en")
    await learning.publish(world, shop.org, article.id)
    return await colleague(world, shop.owner, Role.AGENT, "Anna Agent")


@pytest.fixture(scope="module")
async def viewer(world: World, shop: Shop) -> Actor:
    return await colleague(world, shop.owner, Role.VIEWER, "Viktor Viewer")


@pytest.fixture
async def desk(world: World, agent: Actor) -> AsyncIterator[Browser]:
    """An agent at work."""
    async with signed_in(world, agent) as at:
        yield at


async def conversation(client: Client, shop: Shop, *texts: str, **contact: Any) -> str:
    """A customer's session through the API; each text is answered or handed off before the next."""
    answer = await client.post("/api/chat/sessions", headers=shop.bearer, json={"contact": contact} if contact else {})
    session = str(answer.json()["id"])
    for text in texts:
        said = await client.post(
            f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"sender": {"type": "contact"}, "message": {"type": "text", "text": text}},
        )
        assert said.status_code == 200, said.text
    return session


async def test_a_password_opens_the_inbox_and_a_wrong_one_says_so(world: World, agent: Actor) -> None:
    async with browser(world) as visitor:
        assert (await visitor.get("/inbox?view=mine")).headers["location"] == "/sign-in?next=/inbox%3Fview%3Dmine"
        wrong = await visitor.post("/sign-in", email="anna@team.example", password="wrong")
        assert wrong.status_code == 401
        assert 'role="alert"' in wrong.text
        assert 'value="anna@team.example"' in wrong.text
        right = await visitor.post("/sign-in", email="anna@team.example", password=PASSWORD, next="/knowledge")
        assert right.headers["location"] == "/knowledge"
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await visitor.get("/sign-in")).headers["location"] == "/inbox"
        await visitor.post("/sign-out")
        assert (await visitor.get("/inbox")).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"])
async def test_signing_in_never_leads_to_another_site(world: World, agent: Actor, elsewhere: str) -> None:
    async with browser(world) as visitor:
        answer = await visitor.post("/sign-in", email="anna@team.example", password=PASSWORD, next=elsewhere)
    assert answer.headers["location"] == "/inbox"


async def test_a_login_link_survives_being_looked_at_and_works_once(world: World, agent: Actor) -> None:
    token = await access.login_link(world, agent.org, agent.id)  # type: ignore[arg-type]  # an agent's id is a person's
    async with browser(world) as visitor:
        for _ in range(2):  # a mail scanner, a preview
            assert (await visitor.get(f"/enter/{token}")).status_code == 200
        assert (await visitor.post(f"/enter/{token}")).headers["location"] == "/inbox"
    async with browser(world) as second:
        assert (await second.post(f"/enter/{token}")).status_code in (400, 401, 404)


async def test_an_invitation_makes_a_colleague_and_keeps_what_was_typed_when_it_cannot(world: World, shop: Shop) -> None:
    token = await access.invite(world, shop.owner, Role.AGENT, None)
    async with browser(world) as visitor:
        assert "invited as agent" in (await visitor.get(f"/invite/{token}")).text
        short = await visitor.post(f"/invite/{token}", name="Nora", email="nora@team.example", password="short")
        assert short.status_code == 400
        assert 'value="Nora"' in short.text
        assert (await visitor.post(f"/invite/{token}", name="Nora", email="nora@team.example", password=PASSWORD)).headers["location"] == "/inbox"
        assert "Nora" in (await visitor.get("/inbox")).text
        assert (await visitor.get(f"/invite/{token}")).status_code in (400, 401, 404, 410)


async def test_forged_requests_do_nothing(desk: Browser, client: Client, shop: Shop) -> None:
    session = await conversation(client, shop, QUESTION)
    at = f"/inbox/sessions/{session}/close"
    good = {"csrf": desk.csrf}
    assert (await desk.client.post(at, data={})).status_code == 403
    assert (await desk.client.post(at, data={"csrf": "ö" * 32})).status_code == 403
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert (await desk.client.post(at, data=good, headers=headers)).status_code == 403
    assert "Reopen" not in (await desk.get(f"/inbox/sessions/{session}")).text
    assert (await desk.client.post(at, data=good, headers={"Origin": "http://glassine.test"})).status_code == 303


async def test_every_page_carries_its_security_headers(desk: Browser) -> None:
    for path in ("/sign-in", "/inbox", "/inbox/sessions/nonsense", "/knowledge", "/nowhere"):
        headers = (await desk.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"


async def test_hostile_words_stay_words(desk: Browser, client: Client, shop: Shop) -> None:
    hostile = "<script>alert(1)</script> <img src=x onerror=alert(2)> **bold** [click](javascript:alert(3)) \u202egnp.exe"
    page = (await desk.get(f"/inbox/sessions/{await conversation(client, shop, hostile)}")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<img" not in page
    assert "**bold**" in page
    assert 'href="javascript' not in page


async def test_masked_values_are_chips_and_what_was_typed_like_one_is_not(desk: Browser, client: Client, shop: Shop) -> None:
    session = await conversation(client, shop, "Write to ada.lovelace@example.com, not to [EMAIL_1].")
    page = (await desk.get(f"/inbox/sessions/{session}")).text
    assert "ada.lovelace" not in page
    log = page[page.index('id="log"') :]
    assert len(re.findall(r'<button class="mask"[^>]*value="\[EMAIL_1\]"', log.partition("</li>")[0])) == 1
    assert "not to [EMAIL_1]." in log


async def test_a_reveal_shows_the_value_and_stands_in_the_audit_log(world: World, shop: Shop, desk: Browser, client: Client) -> None:
    session = await conversation(client, shop, "My address is grace.hopper@example.com.", email="contact@example.com", name="Grace Hopper")
    at = f"/inbox/sessions/{session}/reveal"
    shown = await desk.swap(at, placeholder="[EMAIL_1]")
    assert shown.text == "grace.hopper@example.com"
    assert shown.headers["cache-control"] == "no-store"
    page = await desk.post(at, placeholder="contact.email")
    assert "contact@example.com" in page.text
    seen = [row["detail"] for row in await previewing.audit_log(world, shop.owner) if row["verb"] == "privacy.reveal"]
    assert [row.get("placeholder") or row.get("field") for row in seen[:2]] == ["email", "[EMAIL_1]"]  # type: ignore[attr-defined]  # the row's detail is a mapping
    assert (await desk.post(at, placeholder="[PHONE_9]")).status_code == 404
    assert (await desk.post(at, placeholder="contact.password_hash")).status_code == 404


async def test_a_viewer_reads_and_nothing_more(world: World, shop: Shop, viewer: Actor, agent: Actor, client: Client) -> None:
    session = await conversation(client, shop, "Mail me at alan@example.com")
    async with signed_in(world, viewer) as at:
        page = (await at.get(f"/inbox/sessions/{session}")).text
        assert 'class="mask"' in page
        assert "<button class=\"mask\"" not in page
        assert "data-act" not in page
        for act in ("take-over", "hand-back", "close", "reopen", "assign"):
            refused = await at.post(f"/inbox/sessions/{session}/{act}")
            assert refused.status_code == 403
            assert "not open to you" in refused.text
        assert (await at.post(f"/inbox/sessions/{session}/write", mode="note", text="hello")).status_code == 403
        assert (await at.post(f"/inbox/sessions/{session}/reveal", placeholder="[EMAIL_1]")).status_code == 403


async def test_another_organisations_session_is_not_there(world: World, client: Client, desk: Browser) -> None:
    other = await founded_shop(world, "Elsewhere", "owner@elsewhere.example")
    session = await conversation(client, other, "hello there")
    for path in (f"/inbox/sessions/{session}", f"/inbox/sessions/{session}/turns/{uuid4()}", f"/inbox/refresh?session={session}"):
        assert (await desk.get(path)).status_code == 404
    assert (await desk.post(f"/inbox/sessions/{session}/take-over")).status_code == 404
    assert session not in (await desk.get("/inbox?view=autopilot")).text


async def test_a_conversation_moves_through_the_lists_and_each_move_can_be_undone(desk: Browser, client: Client, shop: Shop) -> None:
    session = await conversation(client, shop, QUESTION)
    at = f"/inbox/sessions/{session}"

    async def listed(view: str) -> bool:
        return f"line-{session}" in (await desk.get(f"/inbox?view={view}")).text

    assert await listed("autopilot")
    assert "It is yours" in await desk.act(f"{at}/take-over")
    assert await listed("mine")
    assert "team" in await desk.act(f"{at}/assign", person="")
    assert await listed("unassigned")
    page = await desk.act(f"{at}/assign", person=str(shop.owner.id))
    assert "Assigned to Olivia Owner." in page
    assert await listed("colleagues")
    undo = re.search(r'data-toast>.*?action="([^"]+)".*?name="person" value="([^"]*)"', page, re.DOTALL)
    assert undo
    await desk.act(undo[1], person=undo[2])
    assert await listed("unassigned")
    assert "Closed as unresolved" in await desk.act(f"{at}/close", status="closed_unresolved")
    assert await listed("closed")
    await desk.act(f"{at}/reopen")
    assert "next message" in await desk.act(f"{at}/hand-back")
    assert await listed("autopilot")


async def test_a_note_is_for_the_team_and_a_reply_is_for_the_customer(desk: Browser, client: Client, shop: Shop) -> None:
    session = await conversation(client, shop, QUESTION)
    at = f"/inbox/sessions/{session}"
    page = await desk.act(f"{at}/write", mode="note", text="Her sister wrote yesterday: kim@example.com")
    assert "only your team" in page
    assert "kim@example.com" not in page
    page = await desk.act(f"{at}/write", mode="reply", text="I have looked into it.")
    assert "You own it" in page
    history = (await client.get(f"/api/chat/sessions/{session}/history", headers=shop.bearer)).text
    assert "I have looked into it." in history
    empty = await desk.post(f"{at}/write", mode="reply", text="  ")
    assert empty.status_code == 400
    assert (await desk.post(f"{at}/write", text="for whom?")).status_code == 400
    await desk.act(f"{at}/close")
    late = await desk.swap(f"{at}/write", mode="reply", text="one more thing")
    assert late.status_code == 409
    assert "Reopen" in late.headers["hx-trigger"]


async def test_whose_deadline_is_nearest_stands_first_and_the_next_page_goes_on_from_there(world: World, client: Client) -> None:
    shop = await founded_shop(world, "Patient", "owner@patient.example")
    waiting = [await conversation(client, shop, "I want to talk to a human being, please.") for _ in range(42)]
    await client.post(f"/api/chat/sessions/{waiting[0]}/send", headers=shop.bearer, json={"sender": {"type": "contact"}, "message": {"type": "text", "text": "Hello? Anybody?"}})
    async with signed_in(world, shop.owner) as desk:
        first = (await desk.get("/inbox?view=unassigned", htmx=True)).text
        older = re.search(r'id="more"><a class="button" href="([^"]+)"', first)
        assert older
        rest = (await desk.get(older[1].replace("&amp;", "&"), htmx=True)).text
        await desk.act(f"/inbox/sessions/{waiting[5]}/write", mode="note", text="Looking.")
        assert "No message yet" not in (await desk.get("/inbox?view=unassigned")).text
    assert re.findall(r'id="line-([0-9a-f-]+)"', first + rest) == waiting


async def test_a_closed_conversation_says_so_and_offers_what_comes_next(desk: Browser, client: Client, shop: Shop) -> None:
    session = await conversation(client, shop, QUESTION)
    at = f"/inbox/sessions/{session}"
    assert "It opens again when the customer writes" not in (await desk.get(at)).text
    page = await desk.act(f"{at}/close")
    assert "It opens again when the customer writes" in page
    assert "Reopen to reply" in page


async def test_taking_over_what_waits_is_said_as_such(desk: Browser, client: Client, shop: Shop) -> None:
    session = await conversation(client, shop, "I want to talk to a human being, please.")
    page = await desk.act(f"/inbox/sessions/{session}/take-over")
    assert "Anna Agent took it over" in page
    assert "assigned it" not in page


async def test_a_customers_marks_stand_in_the_title_as_typed(desk: Browser, client: Client, shop: Shop) -> None:
    page = (await desk.get(f"/inbox/sessions/{await conversation(client, shop, 'Order #12 is > 3 days *late*')}")).text
    assert re.search(r"<h2 class=\"cut\">Order #12 is &gt; 3 days \*late\*</h2>", page)


async def test_a_handoff_stands_on_top_with_its_reasons_and_deadline(desk: Browser, client: Client, shop: Shop) -> None:
    session = await conversation(client, shop, QUESTION, "I want to talk to a human being, please.")
    page = (await desk.get(f"/inbox/sessions/{session}")).text
    brief = page[page.index('class="brief"') : page.index('id="log"')]
    assert "The customer asked for a person" in brief
    assert "due in" in brief
    assert f"line-{session}" in page


async def test_every_turn_of_the_ai_can_be_inspected(desk: Browser, client: Client, shop: Shop) -> None:
    session = await conversation(client, shop, f"{QUESTION} I am at ada@example.com.")
    page = (await desk.get(f"/inbox/sessions/{session}")).text
    link = re.search(r'class="inspect" href="([^"]+)"', page)
    assert link
    turn = (await desk.get(link[1])).text
    for step in ("Came in", "Masked", "Decided", "Searched", "Prompt", "Model", "Guard", "Went out"):
        assert f"<h2>{step}</h2>" in turn
    assert "E-mail <b>1</b>" in turn
    assert "Returns and refunds" in turn
    assert "Similarity" in turn
    assert "ada@example.com" not in turn
    assert (await desk.get(f"/inbox/sessions/{session}/turns/{uuid4()}")).status_code == 404


@pytest.mark.parametrize("text", ["I want to talk to a human being, please.", "Who won the regatta of 1987?", "hello", "?!", "Danke"])
async def test_turns_that_end_without_an_answer_can_be_inspected_too(desk: Browser, client: Client, shop: Shop, text: str) -> None:
    page = (await desk.get(f"/inbox/sessions/{await conversation(client, shop, text)}")).text
    links = re.findall(r'class="inspect" href="([^"]+)"', page)
    assert len(links) == 1
    assert (await desk.get(links[0])).status_code == 200


async def test_a_refresh_holds_only_what_is_new(desk: Browser, client: Client, shop: Shop) -> None:
    session = await conversation(client, shop, QUESTION)
    newer = (await desk.get(f"/inbox/refresh?view=autopilot&session={session}&after=1", htmx=True)).text
    assert 'hx-target="#log" hx-swap="beforeend"' in newer
    assert [int(seq) for seq in re.findall(r'data-seq="(\d+)"', newer)] == [2]
    assert "<html" not in newer
    assert 'hx-target="#lines"' in newer
    assert 'hx-target="#lines"' not in (await desk.get(f"/inbox/refresh?view=autopilot&session={session}&lines=false", htmx=True)).text


async def test_a_long_list_is_read_page_by_page_without_gap_or_double(world: World, client: Client) -> None:
    shop = await founded_shop(world, "Busy", "owner@busy.example")
    made = {await conversation(client, shop, "hello") for _ in range(45)}
    silent = await conversation(client, shop)
    seen: list[str] = []
    async with signed_in(world, shop.owner) as desk:
        path: str | None = "/inbox?view=autopilot"
        while path:
            page = (await desk.get(path, htmx=True)).text
            seen += re.findall(r'id="line-([0-9a-f-]+)"', page)
            older = re.search(r'id="more"><a class="button" href="([^"]+)"', page)
            path = older[1].replace("&amp;", "&") if older else None
        assert (await desk.get("/inbox?view=autopilot&before=nonsense")).status_code == 404
    assert silent not in seen, "who has not written waits for nothing"
    assert len(seen) == 45
    assert set(seen) == made


@pytest.mark.parametrize("path", ["/inbox?view=none", "/inbox?before=%00", "/inbox/sessions/1", "/knowledge?skip=-5", "/inbox/refresh?after=x", "/knowledge/%F0%9F%92%A3"])
async def test_odd_addresses_get_a_page_and_no_failure(desk: Browser, path: str) -> None:
    answer = await desk.get(path)
    assert answer.status_code in (200, 404)
    assert "<h1>" in answer.text or "<h2" in answer.text


async def test_a_form_of_documents_is_read_of_people_only(client: httpx2.AsyncClient) -> None:
    headers = {"cookie": "glassine_session=nobodys"}
    answer = await client.post(f"/knowledge/sources/{uuid4()}/files", headers=headers, data={"csrf": "guessed"}, files={"files": ("a.txt", b"x" * 3_000_000)})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


async def test_a_form_too_large_or_without_length_is_refused(desk: Browser) -> None:
    large = await desk.post(f"/inbox/sessions/{uuid4()}/write", mode="note", text="x" * 3_000_000)
    assert large.status_code == 413

    async def drip() -> AsyncIterator[bytes]:
        yield b"mode=note"

    assert (await desk.client.post(f"/inbox/sessions/{uuid4()}/write", content=drip())).status_code == 411


async def test_a_browser_that_leaves_while_it_sends_is_no_error(desk: Browser, world: World, caplog: pytest.LogCaptureFixture) -> None:
    cookie = f"{COOKIE}={desk.client.cookies.get(COOKIE)}".encode()
    headers = [(b"cookie", cookie), (b"content-length", b"9"), (b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"glassine.test")]
    scope = {"type": "http", "method": "POST", "path": "/knowledge/preview", "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1), "scheme": "http"}

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def unread(message: Any) -> None:
        assert message["type"] != "http.response.start" or message["status"] == 400

    await create_app(world)(scope, gone, unread)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_notice_of_a_neighbouring_host_is_not_believed(desk: Browser) -> None:
    desk.client.cookies.set("glassine_flash", "eyJ0ZXh0IjogIkhlbGxvIn0=.0000")
    assert "data-toast" not in (await desk.get("/inbox")).text


async def test_the_cookie_of_somebody_disabled_opens_nothing(world: World, shop: Shop) -> None:
    gone = await colleague(world, shop.owner, Role.AGENT, "Gustav Gone")
    async with signed_in(world, gone) as at:
        await access.disable(world, shop.owner, gone.id)  # type: ignore[arg-type]  # an agent's id is a person's
        assert (await at.get("/inbox")).status_code == 303
        assert at.client.cookies.get(COOKIE)
        assert (await at.get("/inbox/stream")).status_code == 303
