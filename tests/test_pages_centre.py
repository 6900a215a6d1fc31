"""The pages on which articles are written: saving by itself, both texts of a conflict, history, topics, rules, pictures, languages, and many at once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from glassine.story import house as houses
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.ids import ArticleId
from glassine.words.people import Role
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop
from tests.test_authoring import png

FIELDS = {"title": "Zips", "body": "A zip is repaired for free.", "audience": "public", "language": "en", "url": ""}


@pytest.fixture
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


async def written(admin: Browser, **fields: str) -> str:
    answer = await admin.post("/knowledge", **{**FIELDS, "do": "publish", **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]


async def test_a_new_article_saves_itself_and_stays_one(world: World, shop: Shop, admin: Browser) -> None:
    first = await admin.swap("/knowledge/autosave", **{**FIELDS, "title": "By itself", "body": "One"})
    assert first.headers["X-Saved"] == "yes"
    id, token = hidden(first.text, "id"), hidden(first.text, "read_at")
    second = await admin.swap("/knowledge/autosave", **{**FIELDS, "title": "By itself", "body": "One two", "id": id, "read_at": token})
    assert hidden(second.text, "id") == id
    assert (await learning.listing(world, shop.org, contains="by itself")).total == 1
    late = await admin.swap("/knowledge/autosave", **{**FIELDS, "title": "By itself", "body": "Other", "id": id, "read_at": token})
    assert "X-Saved" not in late.headers
    assert "somebody else changed it" in late.text
    assert hidden(late.text, "read_at") == token, "so that saving by hand shows both"


async def test_what_is_published_stays_while_it_is_written_on(admin: Browser) -> None:
    at = await written(admin, title="Stays")
    page = (await admin.get(at)).text
    saved = await admin.act(at, **{**FIELDS, "title": "Stays", "body": "Not yet.", "do": "save", "read_at": hidden(page, "read_at")})
    assert "What is live stays as it is until you publish." in saved
    assert "Changed since it was published" in saved
    assert 'value="discard"' not in saved
    assert "Stays" in (await admin.get("/knowledge?status=edited")).text
    assert "kept in the history" in await admin.act(f"{at}/discard")
    history = (await admin.get(f"{at}/history?one=1&other=2&beside=true")).text
    assert "<ins>Not yet</ins>" in history or "<ins>Not yet.</ins>" in history
    restored = await admin.act(f"{at}/history/2/restore")
    assert "Not yet.</textarea>" in restored


async def test_a_conflict_shows_both_and_keeps_both(admin: Browser) -> None:
    at = await written(admin, title="Both")
    token = hidden((await admin.get(at)).text, "read_at")
    await admin.act(at, **{**FIELDS, "title": "Both", "body": "The first text.", "read_at": token})
    late = await admin.post(at, **{**FIELDS, "title": "Both", "body": "The second text.", "read_at": token})
    assert late.status_code == 409
    assert re.search(r"<del>.*first.*</del>", late.text, re.DOTALL)
    assert re.search(r"<ins>.*second.*</ins>", late.text, re.DOTALL)
    assert "The second text.</textarea>" in late.text
    theirs = await admin.act(at, **{**FIELDS, "title": "Both", "body": "The second text.", "read_at": hidden(late.text, "read_at"), "over": "yes", "do": "theirs"})
    assert "The first text.</textarea>" in theirs
    assert "Set aside" in (await admin.get(f"{at}/history")).text


async def test_topics_are_made_ordered_deleted_and_brought_back(admin: Browser) -> None:
    for name in ("Orders", "Returns"):
        await admin.act("/knowledge/topics", name=name)
    page = (await admin.get("/knowledge/topics")).text
    ids = re.findall(r'href="/knowledge/topics/([0-9a-f-]{36})"', page)
    await admin.act("/knowledge/topics/order", id=ids[0], way="down")
    assert re.findall(r'href="/knowledge/topics/([0-9a-f-]{36})"', (await admin.get("/knowledge/topics")).text) == ids[::-1]
    at = await written(admin, title="On a shelf", topic=ids[0])
    assert "On a shelf" in (await admin.get(f"/knowledge/topics/{ids[0]}")).text
    gone = await admin.act(f"/knowledge/topics/{ids[0]}/delete")
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', gone.split("data-toast")[1].split("</form>")[0]))
    fields.pop("csrf")
    assert "is there again" in await admin.act(f"/knowledge/topics/{ids[0]}/bring-back", **fields)
    assert "On a shelf" in (await admin.get(f"/knowledge/topics/{ids[0]}")).text
    assert f'value="{ids[0]}" selected' in (await admin.get(at)).text
    assert (await admin.post("/knowledge/topics", name=" ")).status_code == 400


async def test_a_broken_rule_comes_back_with_the_text_and_the_place(admin: Browser) -> None:
    await admin.act("/knowledge/rules", name="No shouting", kind="forbidden", value="AT ONCE", severity="must")
    answer = await admin.post("/knowledge", **{**FIELDS, "title": "Loud", "body": "Quiet.\n\nCome at once.", "do": "publish"})
    assert answer.status_code == 409
    assert "Not published: 1 place breaks a rule" in answer.text
    assert "Line 3" in answer.text
    assert "Come at once.</textarea>" in answer.text
    page = (await admin.get("/knowledge/rules")).text
    at = re.search(r'action="(/knowledge/rules/[0-9a-f-]{36})/switch"', page)
    assert at
    await admin.act(f"{at[1]}/switch", on="")
    assert await written(admin, title="Loud", body="Come at once.")
    await admin.act(f"{at[1]}/delete")
    assert (await admin.post("/knowledge/rules", name="Odd", kind="forbidden", value="/(/")).status_code == 400


async def test_a_picture_is_taken_shown_and_served_with_nothing_that_runs(shop: Shop, admin: Browser) -> None:
    async def sent(content: bytes) -> tuple[int, str]:
        answer = await admin.client.post("/knowledge/images", data={"csrf": admin.csrf}, files={"file": ("lamp.png", content)}, headers={"Sec-Fetch-Site": "same-origin"})
        return answer.status_code, answer.text

    assert (await sent(b"<svg/>"))[0] == 400
    status, text = await sent(png())
    assert status == 200
    at = re.fullmatch(r"\n\n!\[lamp\]\((/images/[0-9a-f/.-]+png)\)\n", text)
    assert at
    shown = await admin.get(at[1])
    assert shown.headers["content-type"] == "image/png"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["x-content-type-options"] == "nosniff"
    stranger = Browser(type(admin.client)(transport=admin.client._transport, base_url="http://glassine.test"))
    assert (await stranger.get(at[1])).status_code == 404
    await written(admin, title="Pictured", body=text)
    assert (await stranger.get(at[1])).status_code == 200
    assert f'<img src="{at[1]}"' in (await admin.swap("/knowledge/preview", body=text)).text
    assert "in 1 article" in (await admin.get("/knowledge/images")).text
    assert (await admin.get("/images/x/y")).status_code in (400, 404)


async def test_many_at_once_and_back(world: World, shop: Shop, admin: Browser) -> None:
    ids = [(await written(admin, title=f"Many {number}")).rpartition("/")[2] for number in range(2)]
    page = await admin.act("/knowledge/bulk", article=ids, do="unpublish", back="q=Many")
    assert "2 articles are taken out of answers." in page
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.split("data-toast")[1].split("</form>")[0]))
    fields.pop("csrf")
    assert "Undone for 2." in await admin.act("/knowledge/again", **fields)
    assert all([str((await learning.article(world, shop.org, ArticleId(one.id))).status) == "published" for one in (await learning.listing(world, shop.org, contains="Many")).articles])
    await admin.act("/knowledge/bulk", article=ids, do="delete", back="")
    assert "Many 0" in (await admin.get("/knowledge?status=trash")).text
    assert "drafts again" in await admin.act("/knowledge/bulk", article=ids, do="bring-back", back="status=trash")
    assert "nothing was done" in await admin.act("/knowledge/bulk", do="publish", back="")


async def test_languages_without_a_model_are_begun_by_hand(world: World, shop: Shop, admin: Browser) -> None:
    await houses.change(world, shop.owner, languages=("en", "de"))
    at = await written(admin, title="In words", language="en")
    assert "Missing in German" in (await admin.get("/knowledge/translations")).text
    assert (await admin.post(f"{at}/translations", language="de", do="machine")).status_code == 409
    page = await admin.act(f"{at}/translations", language="de", do="hand")
    assert "Translate it and publish it" in page
    there = (await admin.get(f"{at}/translations")).text
    assert "Edited by a person" in there
    assert (await admin.post(f"{at}/translations", language="de", do="hand")).status_code == 409
    token = hidden((await admin.get(at)).text, "read_at")
    await admin.act(at, **{**FIELDS, "title": "In words", "body": "Other words.", "language": "en", "do": "publish", "read_at": token})
    assert "The original has changed since" in (await admin.get(f"{at}/translations")).text
    assert "Behind" in (await admin.get("/knowledge/translations")).text
    other = re.search(r'action="(/knowledge/[0-9a-f-]{36})/up-to-date"', (await admin.get(f"{at}/translations")).text)
    assert other
    assert "The original has changed since" not in await admin.act(f"{other[1]}/up-to-date")


async def test_pasted_text_and_passages(admin: Browser) -> None:
    assert (await admin.swap("/knowledge/paste", html="<b>Bold</b><script>x</script>")).text == "**Bold**\n"
    cut = (await admin.swap("/knowledge/passages", title="Lamps", body="One.\n\n## Two\n\nThree.", language="en")).text
    assert "2 passages" in cut
    assert "Lamps › Two" in cut


async def test_who_may_only_read_changes_nothing(world: World, shop: Shop, admin: Browser) -> None:
    at = await written(admin, title="Guarded")
    agent = await colleague(world, shop.owner, Role.AGENT, "Abel Agent")
    async with signed_in(world, agent) as reader:
        for path in ("/knowledge", "/knowledge/topics", "/knowledge/rules", "/knowledge/links", "/knowledge/images", "/knowledge/translations", at, f"{at}/history", f"{at}/translations"):
            assert (await reader.get(path)).status_code == 200, path
        for path, fields in (
            ("/knowledge/topics", {"name": "x"}), ("/knowledge/rules", {"name": "x", "kind": "description", "severity": "must"}), ("/knowledge/links/check", {}), (f"{at}/discard", {}),
            ("/knowledge/autosave", FIELDS), (f"{at}/history/1/restore", {}), (f"{at}/translations", {"language": "de"}), ("/knowledge/bulk", {"do": "delete"}), (f"{at}/bring-back", {}),
        ):
            assert (await reader.post(path, **fields)).status_code == 403, path
