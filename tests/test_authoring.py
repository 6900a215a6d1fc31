"""Writing articles: what is live stays until it is published, of two writers none loses a word, and rules hold back what must not go out."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import pytest
import pytest_asyncio

from glassine.rules.pasted import to_markdown
from glassine.rules.pictures import NoPicture, read
from glassine.store import articles
from glassine.story.knowledge import authoring, content_rules, history, learning, linking, pictures, tidying, topics
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.articles import ContentRule, Fields, RuleKind, Severity, Topic
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import new_id
from glassine.words.knowledge import EVERYBODY, TRASH, Article, ArticleStatus, Audience
from tests.shop import Shop, founded_shop

OLD, NEW = "Lamps can be returned within thirty days.", "Lamps can be returned within sixty days."


@pytest_asyncio.fixture(loop_scope="session")
async def house(world: World) -> Shop:
    """A new organisation for each test."""
    return await founded_shop(world, "Lamp house", f"owner@{new_id()}.example")


async def published(world: World, house: Shop, title: str = "Returns", body: str = OLD, **fields: str) -> Article:
    made = await authoring.create(world, house.org, Fields(title=title, body=body, language="en", **fields), by=house.owner)  # type: ignore[arg-type]  # texts only
    return await learning.publish(world, house.org, made.id, by=house.owner)


async def answer(world: World, house: Shop) -> list[str]:
    return [hit.text for hit in await finding.find(world, house.org, "how long can I return a lamp?", viewer=EVERYBODY)]


async def test_what_is_live_stays_until_it_is_published(world: World, house: Shop) -> None:
    live = await published(world, house)
    now = await authoring.working(world, house.org, live.id)
    written = await authoring.edit(world, house.org, live.id, replace(now.fields, body=NEW), token=now.token, by=house.owner)
    assert written.apart
    assert written.fields.body == NEW
    assert (await learning.article(world, house.org, live.id)).body == OLD
    assert await answer(world, house) == [OLD]
    assert [one.id for one in (await learning.listing(world, house.org, edited=True)).articles] == [live.id]
    again = await learning.publish(world, house.org, live.id, by=house.owner)
    assert (again.body, again.version, again.edited) == (NEW, 2, False)
    assert await answer(world, house) == [NEW]
    assert [(one.number, one.published, one.fields.body) for one in await history.versions(world, house.org, live.id)] == [(2, True, NEW), (1, True, OLD)]
    assert (await learning.publish(world, house.org, live.id, by=house.owner)).version == 2, "the same text again is no version"


async def test_of_two_writers_none_loses_a_word(world: World, house: Shop) -> None:
    live = await published(world, house)
    began = await authoring.working(world, house.org, live.id)
    await authoring.edit(world, house.org, live.id, replace(began.fields, body="The first writer's text."), token=began.token, by=house.owner)
    second = replace(began.fields, body="The second writer's text.")
    with pytest.raises(Refused, match="Somebody else") as refused:
        await authoring.edit(world, house.org, live.id, second, token=began.token, by=house.owner)
    assert (refused.value.status, refused.value.code) == (409, "conflict")
    now = await authoring.working(world, house.org, live.id)
    await authoring.edit(world, house.org, live.id, second, token=now.token, aside=True, by=house.owner)
    texts = {one.fields.body for one in await history.versions(world, house.org, live.id)}
    assert texts == {OLD, "The first writer's text."}
    await authoring.set_aside(world, house.org, live.id, replace(began.fields, body="A third text."), by=house.owner)
    assert (await authoring.working(world, house.org, live.id)).fields.body == "The second writer's text."
    back = await authoring.discard(world, house.org, live.id, by=house.owner)
    assert (back.apart, back.fields.body) == (False, OLD)
    texts = {one.fields.body for one in await history.versions(world, house.org, live.id)}
    assert texts == {OLD, "The first writer's text.", "The second writer's text.", "A third text."}


async def test_a_version_is_restored_into_the_working_copy(world: World, house: Shop) -> None:
    live = await published(world, house)
    now = await authoring.working(world, house.org, live.id)
    await authoring.edit(world, house.org, live.id, replace(now.fields, body=NEW), token=None, by=house.owner)
    await learning.publish(world, house.org, live.id, by=house.owner)
    await authoring.edit(world, house.org, live.id, replace(now.fields, body="Half a sentence"), token=None, by=house.owner)
    restored = await history.restore(world, house.org, live.id, 1, by=house.owner)
    assert (restored.apart, restored.fields.body) == (True, OLD)
    assert await answer(world, house) == [NEW]
    assert "Half a sentence" in {one.fields.body for one in await history.versions(world, house.org, live.id)}
    with pytest.raises(NotFound):
        await history.restore(world, house.org, live.id, 99, by=house.owner)


async def test_unpublishing_keeps_what_was_written_last(world: World, house: Shop) -> None:
    live = await published(world, house)
    now = await authoring.working(world, house.org, live.id)
    await authoring.edit(world, house.org, live.id, replace(now.fields, body=NEW), token=now.token, by=house.owner)
    draft = await learning.unpublish(world, house.org, live.id, by=house.owner)
    assert (draft.status, draft.body) == (ArticleStatus.DRAFT, NEW)
    assert await answer(world, house) == []
    copy = await authoring.duplicate(world, house.org, live.id, by=house.owner)
    assert (copy.title, copy.body, copy.status, copy.slug) == ("Returns (copy)", NEW, ArticleStatus.DRAFT, "returns-copy")


async def test_deleted_articles_wait_in_the_trash(world: World, house: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    live = await published(world, house)
    await learning.delete(world, house.org, live.id, by=house.owner)
    assert await answer(world, house) == []
    with pytest.raises(NotFound):
        await authoring.working(world, house.org, live.id)
    assert [one.title for one in (await learning.listing(world, house.org, deleted=True)).articles] == ["Returns"]
    other = await published(world, house, body="Another article with its address.")
    assert other.slug == "returns"
    back = await learning.bring_back(world, house.org, live.id, by=house.owner)
    assert (back.status, back.slug) == (ArticleStatus.DRAFT, "returns-2")
    await learning.delete(world, house.org, live.id, by=house.owner)
    assert await tidying.run(world, house.org) == (0, 0)
    now = world.clock
    monkeypatch.setattr(world, "clock", lambda: now() + TRASH * 1.01)
    assert await tidying.run(world, house.org) == (1, 0)
    with pytest.raises(NotFound):
        await learning.bring_back(world, house.org, live.id, by=house.owner)


async def test_an_old_address_leads_on(world: World, house: Shop) -> None:
    live = await published(world, house)
    assert live.slug == "returns"
    now = await authoring.working(world, house.org, live.id)
    await authoring.edit(world, house.org, live.id, replace(now.fields, slug="Rückgabe & Umtausch"), token=now.token, by=house.owner)
    assert (await learning.publish(world, house.org, live.id, by=house.owner)).slug == "rückgabe-umtausch"
    async with world.store.tx(house.org) as tx:
        assert (await articles.by_slug(tx, house.org, "en", "returns")).id == live.id
        with pytest.raises(NotFound):
            await articles.by_slug(tx, house.org, "de", "returns")


async def test_topics_keep_their_order_and_articles(world: World, house: Shop) -> None:
    made = [await topics.create(world, house.owner, Topic(id=new_id(), name=name, slug="")) for name in ("Orders", "Returns", "Returns")]
    assert [one.slug for one in made] == ["orders", "returns", "returns-2"]
    first, second = await published(world, house, "A"), await published(world, house, "B")
    await topics.move(world, house.owner, [first.id, second.id], made[1].id)
    await topics.order_articles(world, house.owner, made[1].id, [second.id])
    assert [one.title for one in (await learning.listing(world, house.org, topic=made[1].id)).articles] == ["B", "A"]
    await topics.order(world, house.owner, [made[2].id])
    assert [one.slug for one in await topics.all_of(world, house.org)] == ["returns-2", "orders", "returns"]
    gone, stood = await topics.delete(world, house.owner, made[1].id)
    assert (await learning.article(world, house.org, first.id)).topic is None
    await topics.bring_back(world, house.owner, gone, stood)
    assert [one.title for one in (await learning.listing(world, house.org, topic=gone.id)).articles] == ["B", "A"]
    with pytest.raises(Refused, match="below itself"):
        await topics.change(world, house.owner, replace(gone, parent=gone.id))


def rule(kind: RuleKind, value: str = "", severity: Severity = Severity.MUST) -> ContentRule:
    return ContentRule(id=new_id(), name=str(kind), kind=kind, value=value, severity=severity)


async def test_a_rule_that_must_be_kept_holds_an_article_back(world: World, house: Shop) -> None:
    for made in (
        rule(RuleKind.FORBIDDEN, "/click\\s+here/"), rule(RuleKind.DESCRIPTION), rule(RuleKind.HEADINGS), rule(RuleKind.BARE_LINKS, severity=Severity.SHOULD),
        rule(RuleKind.LONGEST_TITLE, "20"), rule(RuleKind.PLAIN, "Speak to the reader."),
    ):
        await content_rules.save(world, house.owner, made)
    body = "# Second title\n\nClick  here.\n\n## One\n\n#### Two\n\n```\n# no heading, click here\n```\n\nSee https://example.org/x."
    made_at = await authoring.create(world, house.org, Fields(title="A title that is too long", body=body), by=house.owner)
    found = await content_rules.faults(world, house.org, Fields.of(made_at), id=made_at.id)
    assert [(one.rule, one.line, one.field) for one in found if not one.unchecked] == [
        ("forbidden", 3, "body"), ("forbidden", 10, "body"), ("description", 0, "description"), ("headings", 7, "body"), ("bare_links", 13, "body"), ("longest_title", 0, "title"),
    ]
    assert [one.rule for one in found if one.unchecked] == ["plain"]
    with pytest.raises(content_rules.Kept, match="must be kept"):
        await learning.publish(world, house.org, made_at.id, by=house.owner)
    assert (await learning.article(world, house.org, made_at.id)).status is ArticleStatus.DRAFT
    good = Fields(title="A short title", body="Choose Return.\n\nSee https://example.org/x.", description="How to return.", language="en")
    await authoring.edit(world, house.org, made_at.id, good, token=None, by=house.owner)
    assert (await learning.publish(world, house.org, made_at.id, by=house.owner)).status is ArticleStatus.PUBLISHED
    for bad in (rule(RuleKind.FORBIDDEN, "/(/"), rule(RuleKind.LONGEST_TITLE, "many"), rule(RuleKind.PLAIN)):
        with pytest.raises(Refused):
            await content_rules.save(world, house.owner, bad)


async def test_links_inside_are_followed(world: World, house: Shop) -> None:
    target = await published(world, house, "Target", "Text.\n\n## A heading\n\nMore.")
    at = f"/help/{house.org}/en/target"
    body = f"[a]({at}) [b]({at}#a-heading) [c]({at}#nothing) [d](/help/{house.org}/en/nowhere) [e](#here) [f](#gone) [g](/images/{house.org}/{new_id()}.png)\n\n## Here\n"
    source = await published(world, house, "Source", body)
    broken = await linking.broken_in(world, house.org, Fields.of(source), id=source.id)
    assert list(broken) == [f"{at}#nothing", f"/help/{house.org}/en/nowhere", "#gone", body.split("(")[-1].split(")")[0]]
    found, _ = await linking.report(world, house.owner)
    assert {one["url"] for one in found} == set(broken)
    await learning.unpublish(world, house.org, target.id, by=house.owner)
    found, _ = await linking.report(world, house.owner)
    assert {one["url"]: one["reason"] for one in found}[at] == "The article at this address is not published."
    await learning.publish(world, house.org, target.id, by=house.owner)
    found, _ = await linking.report(world, house.owner)
    assert at not in {one["url"] for one in found}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 2, height: int = 2, more: bytes = b"") -> bytes:
    """A real picture, grey."""
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def test_pictures_are_what_their_bytes_say(world: World, house: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    place = chunk(b"eXIf", b"52.5200 N 13.4050 E") + chunk(b"tEXt", b"Author\0Ada")
    made = await pictures.add(world, house.owner, "../../lamp [x].png", png(more=place))
    assert (made.media_type, made.width, made.height) == ("image/png", 2, 2)
    assert (await pictures.add(world, house.owner, "again.png", png())).id == made.id, "the same picture is kept once"
    at = pictures.address(house.org, made)
    with pytest.raises(NotFound):
        await pictures.served(world, house.org, made.id)
    assert b"52.52" not in (await pictures.served(world, house.org, made.id, house.owner)).content
    live = await published(world, house, "Shown", f"![A lamp]({at})")
    assert (await pictures.served(world, house.org, made.id)).content == png()
    with pytest.raises(Refused, match="shows this picture"):
        await pictures.delete(world, house.owner, made.id)
    await learning.unpublish(world, house.org, live.id, by=house.owner)
    with pytest.raises(NotFound):
        await pictures.served(world, house.org, made.id)
    draft = await authoring.working(world, house.org, live.id)
    await authoring.edit(world, house.org, live.id, replace(draft.fields, body="No picture."), token=None, by=house.owner)
    await learning.publish(world, house.org, live.id, by=house.owner)
    now = world.clock
    monkeypatch.setattr(world, "clock", lambda: now() + TRASH * 1.01)
    assert await tidying.run(world, house.org) == (0, 1)


@pytest.mark.parametrize("content", [
    b"", b"<html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"\x89PNG\r\n\x1a\n", png()[:40], b"GIF89a",
    b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\xff\xd8\xff" + b"\xff" * 50, b"RIFF\0\0\0\0WEBP", png(0, 1), b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)),
])
def test_what_is_no_picture_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(NoPicture, match=r"\w"):
        read(content)


def test_a_camera_s_notes_are_left_out_of_a_jpeg_but_which_way_up() -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0GPS 52.52"
    segments = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + b"\xff\xfe\0\x06Ada!" + b"\xff\xc0\0\x0b\x08\0\x10\0\x20\x01\x01\x11\0"
    found = read(b"\xff\xd8" + segments + b"\xff\xda\0\x02rest")
    assert (found.media_type, found.width, found.height) == ("image/jpeg", 32, 16)
    assert b"GPS" not in found.content
    assert b"Ada" not in found.content
    assert b"\x01\x12\0\x03\0\0\0\x01\0\x06" in found.content


def test_pasted_text_keeps_its_form_and_nothing_that_runs() -> None:
    html = (
        '<h2>Hi <b>you</b></h2><p>A <a href="https://a.example/x y">link</a>, <a href="javascript:alert(1)">none</a> <em>it</em><script>alert(1)</script></p>'
        "<ul><li><p>One</p></li><li>Two<ul><li>Deep</li></ul></li></ul><table><tr><th>A</th><th>B|C</th></tr><tr><td>1</td><td><b>2</b></td></tr></table>"
        '<pre>x\n y</pre><blockquote><p>said</p></blockquote><p style="mso-list:l0 level1">·  From Word</p><img src="https://a.example/i.png" alt="A [b]" onerror="x()">'
    )
    assert to_markdown(html) == (
        "## Hi **you**\n\nA [link](https://a.example/x%20y), none *it*\n\n- One\n- Two\n   - Deep\n\n| A | B\\|C |\n| --- | --- |\n| 1 | **2** |\n\n"
        "```\nx\n y\n```\n\n> said\n\n- From Word\n\n![A b](https://a.example/i.png)\n"
    )
    deep = to_markdown("<div>" * 30_000 + "text" + "</div>" * 30_000)
    assert deep.strip() == "text"
    assert to_markdown("<" * 50_000 + "<iframe src=x>") .count("iframe") == 0


async def test_an_internal_article_s_working_copy_says_so_only_when_published(world: World, house: Shop) -> None:
    live = await published(world, house)
    now = await authoring.working(world, house.org, live.id)
    await authoring.edit(world, house.org, live.id, replace(now.fields, audience=Audience.INTERNAL), token=now.token, by=house.owner)
    assert await answer(world, house) == [OLD]
    await learning.publish(world, house.org, live.id, by=house.owner)
    assert await answer(world, house) == []
