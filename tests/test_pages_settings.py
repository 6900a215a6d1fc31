"""Knowledge and settings as plain pages: what is written holds, what is refused comes back unharmed, secrets are shown once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from glassine.story import access, house
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.knowledge import ArticleStatus, Audience
from glassine.words.people import Role
from tests.office import PASSWORD, Browser, browser, colleague, signed_in
from tests.shop import Shop

LAMP = {"title": "Returns", "body": "You can return an unused lamp within 30 days.", "audience": "public", "language": "en", "url": ""}


@pytest.fixture
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


async def written(admin: Browser, **fields: str) -> str:
    """An article's address, after it was saved."""
    answer = await admin.post("/knowledge", **{**LAMP, "do": "publish", **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def read_at(page: str) -> str:
    found = re.search(r'name="read_at" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_an_article_is_written_published_withdrawn_deleted_and_brought_back(world: World, shop: Shop, admin: Browser) -> None:
    at = await written(admin, title="Repairs of zips")
    assert "Repairs of zips" in (await admin.get("/knowledge?q=zips&status=published")).text
    assert "Taken out of every answer" in await admin.act(f"{at}/unpublish")
    assert "Repairs of zips" not in (await admin.get("/knowledge?q=zips&status=published")).text
    await admin.act(f"{at}/publish")
    gone = await admin.act(f"{at}/delete")
    assert "is in the trash and out of every answer" in gone
    assert (await admin.get(at)).status_code == 404
    assert f'action="{at}/bring-back"' in gone
    assert 'name="publish" value="yes"' in gone
    back = await admin.act(f"{at}/bring-back", publish="yes")
    assert "Published" in back
    found = await learning.listing(world, shop.org, contains="zips")
    assert [(article.body, article.status) for article in found.articles] == [(LAMP["body"], ArticleStatus.PUBLISHED)]


async def test_what_somebody_else_changed_is_not_overwritten_without_a_word(admin: Browser) -> None:
    at = await written(admin, title="Shared article")
    first = read_at((await admin.get(at)).text)
    await admin.act(at, **{**LAMP, "title": "Shared article", "body": "Mine.", "read_at": first})
    late = await admin.post(at, **{**LAMP, "title": "Shared article", "body": "Theirs.", "read_at": first})
    assert late.status_code == 409
    assert "Somebody else changed this article" in late.text
    assert "Theirs.</textarea>" in late.text
    await admin.act(at, **{**LAMP, "title": "Shared article", "body": "Both.", "read_at": read_at(late.text)})


async def test_a_refused_article_comes_back_with_its_text(admin: Browser) -> None:
    for fields in ({"title": " "}, {"url": "ftp://x.example"}):
        answer = await admin.post("/knowledge", **{**LAMP, "body": "Long work.", **fields})
        assert answer.status_code == 400
        assert "Long work.</textarea>" in answer.text
        assert 'role="alert"' in answer.text


async def test_the_preview_renders_markdown_without_markup_images_or_odd_links(admin: Browser) -> None:
    body = "**bold** <b>raw</b> ![pixel](https://spy.example/p.png) [go](javascript:alert(1)) [here](/inbox) [out](https://example.org)"
    html = (await admin.swap("/knowledge/preview", body=body)).text
    assert "<strong>bold</strong>" in html
    assert "&lt;b&gt;raw" in html
    assert "<img" not in html
    assert re.findall(r'href="([^"]+)"', html) == ["https://spy.example/p.png", "https://example.org"]
    assert 'rel="noopener nofollow"' in html


async def test_a_question_shows_the_passages_it_finds_to_whom_may_see_them(admin: Browser) -> None:
    await written(admin, title="Margins", body="Our margin on lamps is 61 percent.", audience="internal")
    as_team = (await admin.swap("/knowledge/try", question="What is the margin on lamps?", sees="internal")).text
    assert "61 percent" in as_team
    assert "Similarity" in as_team
    page = (await admin.post("/knowledge/try", question="What is the margin on lamps?", sees="public")).text
    assert "61 percent" not in page
    assert 'value="What is the margin on lamps?"' in page


async def test_autopilot_is_set_by_channel_and_says_who_did_it(world: World, shop: Shop, admin: Browser) -> None:
    page = await admin.act("/settings/autopilot/web", mode="assist")
    assert "Web chat: autopilot is assist." in page
    assert "Last changed by Olivia Owner" in page
    assert re.search(r'data-toast>.*action="/settings/autopilot/web".*name="mode" value="on"', page, re.DOTALL)
    await admin.act("/settings/autopilot/web", mode="on")
    assert (await admin.post("/settings/autopilot/web", mode="maybe")).status_code == 400
    assert (await admin.post("/settings/autopilot/carrier-pigeon", mode="on")).status_code == 404


async def test_who_is_on_call_is_set_and_can_be_undone(world: World, shop: Shop, admin: Browser) -> None:
    page = await admin.act("/settings/on-call", minutes="30", **{f"first:{shop.owner.id}": "1"}, first="help@paper.example\nboss@paper.example", then="chief@paper.example")
    settings = (await house.organization(world, shop.org)).settings
    assert (settings.patience, settings.notify) == (30, (f"person:{shop.owner.id}", "help@paper.example", "boss@paper.example"))
    assert (settings.escalate, settings.notify_in_hours) == (("chief@paper.example",), False)
    assert re.search(r'data-toast>.*action="/settings/on-call".*name="minutes" value="15"', page, re.DOTALL)
    for wrong in ({"minutes": "0"}, {"minutes": "soon"}, {"minutes": "15", "first": "nobody"}, {"minutes": "15", "then": "a@b"}):
        assert (await admin.post("/settings/on-call", **wrong)).status_code == 400


async def test_people_are_invited_get_roles_and_leave(world: World, shop: Shop, admin: Browser) -> None:
    page = (await admin.post("/settings/people/invite", role="agent", email="new@team.example")).text
    link = re.search(r"<code>[^<]+(/invite/[^<]+)</code>", page)
    assert link
    async with browser(world) as visitor:
        assert (await visitor.post(link[1], name="New Person", email="new@team.example", password=PASSWORD)).status_code == 303
        assert re.search(r"<td>New Person</td><td>.*joined as agent</td>", (await admin.get("/settings/audit")).text)
        person = re.search(r"/settings/people/([0-9a-f-]+)/role", (await admin.get("/settings/people")).text)
        assert person
        assert "New Person is admin now." in await admin.act(f"/settings/people/{person[1]}/role", role="admin")
        assert (await admin.post(f"/settings/people/{person[1]}/disable", name="Somebody")).status_code == 400
        assert "is no longer in the team" in await admin.act(f"/settings/people/{person[1]}/disable", name="new person")
        assert (await visitor.get("/inbox")).status_code == 303
    assert (await admin.post(f"/settings/people/{shop.owner.id}/role", role="viewer")).status_code == 409
    assert (await admin.post("/settings/people/invite", role="emperor")).status_code == 400


async def test_a_key_is_shown_once_and_revoked_by_its_name(world: World, admin: Browser) -> None:
    page = (await admin.post("/settings/keys", name="Shop backend", reach="some", scope=["contacts:read", "chat-sessions:write"])).text
    secret = re.search(r'<div class="once"><code>([^<]+)</code>', page)
    assert secret
    assert secret[1] not in (await admin.get("/settings/keys")).text
    key = re.search(r"<td>Shop backend</td>.*?/settings/keys/([0-9a-f-]+)/revoke", page, re.DOTALL)
    assert key
    assert (await admin.client.get("/api/contacts", headers={"Authorization": f"Bearer {secret[1]}"})).status_code == 200
    assert (await admin.post(f"/settings/keys/{key[1]}/revoke", name="no")).status_code == 400
    await admin.act(f"/settings/keys/{key[1]}/revoke", name="Shop backend")
    with pytest.raises(Refused):
        await access.by_key(world, secret[1])
    assert (await admin.post("/settings/keys", name="")).status_code == 400
    assert (await admin.post("/settings/keys", name="x", reach="some")).status_code == 400


async def test_masking_can_be_tried_and_nothing_of_it_is_kept(admin: Browser) -> None:
    shown = (await admin.swap("/settings/privacy/try", text="mail ada@example.com <b>now</b> [EMAIL_1]")).text
    assert "EMAIL 1</span>" in shown
    assert "ada@example.com" not in shown
    assert "&lt;b&gt;now" in shown
    page = await admin.act("/settings/privacy/regions", regions="de, at ch")
    assert 'value="DE AT CH"' in page
    assert (await admin.post("/settings/privacy/regions", regions="Germany")).status_code == 400


async def test_the_widgets_snippet_names_the_organisation(shop: Shop, admin: Browser) -> None:
    page = (await admin.get("/settings/widget")).text
    assert shop.widget_token in page
    assert "&lt;script src=" in page


async def test_the_audit_log_tells_changes_and_reveals_apart(admin: Browser) -> None:
    await admin.act("/settings/autopilot/api", mode="on")
    await admin.act("/settings/model/budget", tokens="")
    page = (await admin.get("/settings/audit")).text
    assert "set autopilot of API to on" in page
    assert "set the day&#39;s budget of language models</td>" in page
    assert "set autopilot" not in (await admin.get("/settings/audit?only=reveals")).text


async def test_the_audit_log_names_changed_articles(admin: Browser) -> None:
    at = await written(admin, title="Zippers <b>")
    await admin.act(at, **{**LAMP, "title": "Zippers <b>", "body": "New.", "do": "publish", "read_at": read_at((await admin.get(at)).text)})
    await admin.act(f"{at}/unpublish")
    page = (await admin.get("/settings/audit?only=knowledge")).text
    said = re.findall(r"(wrote|published|changed|took) the article “Zippers &lt;b&gt;”", page)
    assert said == ["took", "published", "changed", "published", "wrote"]
    assert f'<a href="{at}">Article</a>' in page
    await admin.post(f"{at}/delete")
    assert "deleted the article “Zippers &lt;b&gt;”" in (await admin.get("/settings/audit")).text
    assert "Zippers" not in (await admin.get("/settings/audit?only=changes")).text


async def test_a_person_sets_their_password(world: World, shop: Shop, admin: Browser) -> None:
    assert (await admin.post("/settings/account/password", password=PASSWORD, again="something else")).status_code == 400
    assert (await admin.post("/settings/account/password", password="short", again="short")).status_code == 400
    assert "Your password is set." in await admin.act("/settings/account/password", password=PASSWORD, again=PASSWORD)
    async with browser(world) as visitor:
        assert (await visitor.post("/sign-in", email="owner@paper.example", password=PASSWORD)).headers["location"] == "/inbox"


async def test_an_agent_sees_settings_and_changes_none(world: World, shop: Shop) -> None:
    agent = await colleague(world, shop.owner, Role.AGENT, "Aron Agent")
    article = await learning.save(world, shop.org, title="Read only", body="Text.", audience=Audience.PUBLIC, language="en")
    async with signed_in(world, agent) as at:
        page = (await at.get("/settings/autopilot")).text
        assert "API keys" not in page
        assert "<button name=\"mode\"" not in page
        assert "Only admins change this" in page
        assert "Only admins change this" in (await at.get("/settings/model")).text
        assert "Your role (agent) does not allow it: managing API keys." in (await at.get("/settings/keys")).text
        assert (await at.get(f"/knowledge/{article.id}")).status_code == 200
        for path in ("/settings/keys", "/settings/audit", "/knowledge/new"):
            assert (await at.get(path)).status_code == 403
        for path, fields in (
            ("/settings/autopilot/web", {"mode": "off"}), ("/settings/model", {}), ("/settings/people/invite", {"role": "agent"}), ("/settings/keys", {"name": "x"}),
            ("/knowledge", LAMP), (f"/knowledge/{article.id}/delete", {}), ("/settings/privacy/regions", {"regions": "DE"}), ("/settings/model/operator/test", {}), ("/settings/model/budget", {}), ("/settings/model/uses", {}), ("/settings/model/x/remove", {}),
        ):
            assert (await at.post(path, **fields)).status_code == 403, path
