"""The public help centre over its addresses: what is there and what is as absent as if it never was, what machines read, validators, votes, domains."""

from __future__ import annotations

import gzip
import json
import re
import xml.etree.ElementTree as ElementTree
from datetime import timedelta
from uuid import uuid4

import httpx2
import pytest

from glassine.rules.colours import DARK_GROUND, LIGHT_GROUND, contrast, readable
from glassine.store import sites
from glassine.story.knowledge import authoring, learning, site, site_settings
from glassine.story.world import World
from glassine.web.help.maps import sheet
from glassine.words.articles import Fields
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId
from glassine.words.knowledge import Audience
from glassine.words.site import Link
from tests.office import signed_in
from tests.shop import Shop, founded_shop

pytestmark = pytest.mark.asyncio(loop_scope="session")
BODY = "Send it back within 30 days.\n\n## How do I pack it?\n\nIn paper.\n\n## Who pays?\n\nWe do.\n\n## How long does it take?\n\nA week.\n"


async def written(world: World, shop: Shop, title: str, body: str = BODY, **fields: object) -> ArticleId:
    made = await authoring.create(world, shop.org, Fields(title=title, body=body, **fields))  # type: ignore[arg-type]  # fields of Fields
    return (await learning.publish(world, shop.org, made.id)).id


async def at(client: httpx2.AsyncClient, path: str, host: str = "glassine.test", **headers: str) -> httpx2.Response:
    return await client.get(path, headers={"host": host, **headers}, follow_redirects=False)


async def test_an_article_is_at_its_slug_and_an_old_link_leads_there(world: World, shop: Shop, client: httpx2.AsyncClient) -> None:
    id = await written(world, shop, "How do I return a lamp?", description="Returns of lamps, in short.")
    old = await at(client, f"/help/{shop.org}/{id}")
    assert (old.status_code, old.headers["location"]) == (301, f"/help/{shop.org}/en/how-do-i-return-a-lamp")
    page = await at(client, old.headers["location"])
    assert page.status_code == 200
    assert re.search(r"<h1>How do I return a lamp\?</h1>", page.text)
    assert '<meta name="description" content="Returns of lamps, in short.">' in page.text
    assert f'<link rel="canonical" href="{world.settings.url}/help/{shop.org}/en/how-do-i-return-a-lamp">' in page.text
    assert re.findall(r'<li><a href="#([^"]+)"', page.text) == ["how-do-i-pack-it", "who-pays", "how-long-does-it-take"]
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text)[1])  # type: ignore[index]  # it is there
    assert [each["@type"] for each in data] == ["TechArticle", "BreadcrumbList"]
    assert "set-cookie" not in page.headers
    assert "script-src 'self'" in page.headers["content-security-policy"]
    front = await at(client, f"/help/{shop.org}/en")
    assert "How do I return a lamp?" in front.text
    entry = await at(client, f"/help/{shop.org}", **{"accept-language": "fr;q=.5, en"})
    assert (entry.status_code, entry.headers["location"]) == (302, f"/help/{shop.org}/en")


async def test_nothing_but_what_is_public_and_published_is_there(world: World, client: httpx2.AsyncClient) -> None:
    shop = await founded_shop(world, "Hidden & Co", "hidden@paper.example")
    await written(world, shop, "Everybody reads this")
    secret = "Zorblax"
    draft = (await authoring.create(world, shop.org, Fields(title=f"{secret} draft", body=f"{secret} body"))).id
    internal = await written(world, shop, f"{secret} internal", f"{secret} body", audience=Audience.INTERNAL)
    withdrawn = await written(world, shop, f"{secret} withdrawn", f"{secret} body")
    await learning.unpublish(world, shop.org, withdrawn)
    deleted = await written(world, shop, f"{secret} deleted", f"{secret} body")
    await learning.delete(world, shop.org, deleted)
    async with world.store.tx(shop.org) as tx:
        await tx.execute("insert into segments (org_id, id, name) values (%s, %s, 'Some')", (shop.org, some := uuid4()))
    await written(world, shop, f"{secret} segment", f"{secret} body", audience=Audience.SEGMENT, segments=(some,))
    changed = await written(world, shop, "Will be changed")
    working = await authoring.working(world, shop.org, changed)
    await authoring.edit(world, shop.org, changed, Fields(title=f"{secret} not live", body=f"{secret} not live"), token=working.token)
    absent = (await at(client, f"/help/{shop.org}/en/{uuid4().hex}")).text
    base = f"/help/{shop.org}"
    paths = [f"{base}/{id}" for id in (draft, internal, withdrawn, deleted)]
    paths += [f"{base}/en/{secret.lower()}-{word}{end}" for word in ("draft", "internal", "withdrawn", "deleted", "not-live", "segment") for end in ("", ".md")]
    for path in paths:
        answer = await at(client, path)
        assert answer.status_code == 404, path
        assert answer.text == absent, "it tells no more than an address that never was"
    for path in ("/en", "/en?q=Zorblax", "/en?q=zorblax+body", "/llms.txt", "/sitemap.xml", "/en/feed.xml", "/en/topics/-", "/en/everybody-reads-this", "/en/will-be-changed", "/en/will-be-changed.md"):
        answer = await at(client, base + path)
        assert answer.status_code == 200, path
        assert secret.lower() not in answer.text.lower().replace("q=zorblax", "").replace("“zorblax”", "").replace("“zorblax body”", "").replace('value="zorblax"', "").replace('value="zorblax body"', ""), path
    said = await client.post(f"{base}/en/{secret.lower()}-draft/helpful", data={"helpful": "yes"})
    assert said.status_code == 404


async def test_one_organisations_articles_are_not_at_anothers_address(world: World, shop: Shop, client: httpx2.AsyncClient) -> None:
    other = await founded_shop(world, "Other", "other@paper.example")
    id = await written(world, other, "Only at the other")
    for path in (f"/help/{shop.org}/{id}", f"/help/{shop.org}/en/only-at-the-other"):
        assert (await at(client, path)).status_code == 404
    assert "Only at the other" not in (await at(client, f"/help/{shop.org}/en?q=only+at+the+other")).text


async def test_search_forgives_and_works_as_one_types(world: World, shop: Shop, client: httpx2.AsyncClient) -> None:
    await written(world, shop, "How do I change my delivery address?", "Open your order and choose Change address before it ships.")
    page = await at(client, f"/help/{shop.org}/en?q=change+delivery+adress")
    assert "How do I change my delivery address?" in page.text
    assert 'name="robots" content="noindex"' in page.text
    part = await at(client, f"/help/{shop.org}/en?q=where+will+you+deliver", **{"hx-request": "true"})
    assert "<html" not in part.text
    assert "delivery address" in part.text
    nothing = await at(client, f"/help/{shop.org}/en?q=", **{"hx-request": "true"})
    assert nothing.text.strip() == ""
    hostile = await at(client, f"/help/{shop.org}/en?q=%3Cscript%3Ealert(1)%3C/script%3E%00")
    assert hostile.status_code == 200
    assert "<script>alert" not in hostile.text


async def test_what_is_withdrawn_is_gone_from_lists_and_related_at_once(world: World, shop: Shop, client: httpx2.AsyncClient) -> None:
    first = await written(world, shop, "How long is the warranty of a lamp?", "Two years.")
    second = await written(world, shop, "What does the warranty of a lamp cover?", "Faults of the lamp.")
    path = f"/help/{shop.org}/en/how-long-is-the-warranty-of-a-lamp"
    assert "What does the warranty of a lamp cover?" in (await at(client, path)).text
    await learning.unpublish(world, shop.org, second)
    assert "What does the warranty" not in (await at(client, path)).text
    await learning.unpublish(world, shop.org, first)
    assert (await at(client, path)).status_code == 404


async def test_machines_read_maps_and_twins(world: World, client: httpx2.AsyncClient) -> None:
    shop = await founded_shop(world, "Maps <&>", "maps@paper.example")
    await written(world, shop, 'Quotes "and" <angles> & [brackets]', "See <b>this</b>.\n", description="It's < more")
    base = f"/help/{shop.org}"
    root = f"{world.settings.url}{base}"
    urls = [element.text for element in ElementTree.fromstring((await at(client, f"{base}/sitemap.xml")).content).iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert urls == [f"{root}/en", f"{root}/en/quotes-and-angles-brackets"]
    feed = ElementTree.fromstring((await at(client, f"{base}/en/feed.xml")).content)
    assert [element.text for element in feed.iter("{http://www.w3.org/2005/Atom}title")] == ["Maps <&>", 'Quotes "and" <angles> & [brackets]']
    models = (await at(client, f"{base}/llms.txt")).text
    assert f'- [Quotes "and" <angles> & (brackets)]({root}/en/quotes-and-angles-brackets.md): It\'s < more' in models
    twin = await at(client, f"{base}/en/quotes-and-angles-brackets.md")
    assert twin.headers["content-type"] == "text/markdown; charset=utf-8"
    assert twin.text.startswith('# Quotes "and" <angles> & [brackets]\n\n> It\'s < more\n\nSee <b>this</b>.')
    assert f"Sitemap: {root}/sitemap.xml" in (await at(client, f"{base}/robots.txt")).text
    assert (await at(client, f"{base}/sitemap-2.xml")).status_code == 404
    assert "Disallow: /\n" in (await at(client, "/robots.txt")).text


async def test_unchanged_pages_are_not_sent_again_and_large_ones_are_small(world: World, shop: Shop, client: httpx2.AsyncClient) -> None:
    await written(world, shop, "A long one", "Words and more words.\n\n" * 200)
    path = f"/help/{shop.org}/en/a-long-one"
    full = await at(client, path, **{"accept-encoding": "identity"})
    assert full.headers["cache-control"] == "public, no-cache"
    assert (await at(client, path, **{"if-none-match": full.headers["etag"]})).status_code == 304
    assert (await at(client, path, **{"if-modified-since": full.headers["last-modified"]})).status_code == 304
    assert (await at(client, path, **{"if-none-match": '"other"'})).status_code == 200
    assert (await at(client, path, **{"if-modified-since": full.headers["last-modified"]})).headers["cache-control"] == "public, no-cache"
    assert (await at(client, f"/help/{shop.org}/zz")).status_code == 404
    async with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as packed:
        raw = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert gzip.decompress(raw) == full.content
    assert (await client.head(path)).status_code == 200


async def test_votes_are_counted_once_a_visitor_and_comments_are_masked(world: World, shop: Shop, client: httpx2.AsyncClient) -> None:
    id = await written(world, shop, "Was this of any use?")
    path = f"/help/{shop.org}/en/was-this-of-any-use/helpful"
    for word in ("yes", "no", "no"):
        assert (await client.post(path, data={"helpful": word}, headers={"user-agent": "one"})).status_code == 200
    said = await client.post(path, data={"helpful": "no", "comment": "Write to mara.keller@example.org, I paid with 4111 1111 1111 1111"}, headers={"user-agent": "one", "hx-request": "true"})
    assert "Thank you" in said.text
    await client.post(path, data={"helpful": "yes"}, headers={"user-agent": "two"})
    votes = await site_settings.votes(world, shop.owner, id)
    assert (votes.helpful, votes.unhelpful) == (1, 1)
    assert [(helpful, words) for helpful, words, _ in votes.comments] == [(False, "Write to [EMAIL], I paid with [CARD]")]
    async with world.store.tx(shop.org) as tx:
        assert (await sites.popularity(tx, shop.org, world.clock() - timedelta(days=1)))[id] == 0
    shown = await client.get(f"/api/knowledge/articles/{id}/votes", headers=shop.bearer)
    assert (shown.json()["helpful"], shown.json()["comments"][0]["comment"]) == (1, "Write to [EMAIL], I paid with [CARD]")
    assert (await client.post(path, data={"helpful": "maybe"})).status_code == 400
    strange = await client.post(path, data={"helpful": "yes"}, headers={"sec-fetch-site": "cross-site", "user-agent": "three"})
    assert strange.status_code == 403
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update article_votes set created_at = now() - interval '2 days'")
    await client.post(path, data={"helpful": "yes"}, headers={"user-agent": "one"})
    async with world.store.tx(shop.org) as tx:
        assert await sites.forget_comments(tx, shop.org, world.clock()) == 1
        rows = await (await tx.execute("select visitor from article_votes where org_id = %s and article_id = %s order by created_at", (shop.org, id))).fetchall()
    assert [row["visitor"] is None for row in rows] == [True, True, False], "after a day nobody knows who it was"


async def test_a_domain_of_its_own_shows_the_help_centre_and_nothing_else(world: World, client: httpx2.AsyncClient) -> None:
    shop = await founded_shop(world, "Domain", "domain@paper.example")
    await written(world, shop, "On a domain", "See [this](on.md) or [that](https://shop.example).")
    await site_settings.change(world, shop.owner, domain="help.shop.example", slug="shop-domain", header_links=(Link("Shop", "https://shop.example"),))
    host = "help.shop.example"
    assert (await at(client, "/", host)).headers["location"] == "/en"
    page = await at(client, "/en/on-a-domain", host + ":8443")
    assert page.status_code == 200
    assert '<link rel="canonical" href="https://help.shop.example/en/on-a-domain">' in page.text
    assert 'href="/en"' in page.text
    assert "/help/" not in page.text
    assert "Sitemap: https://help.shop.example/sitemap.xml" in (await at(client, "/robots.txt", host)).text
    for path in ("/inbox", "/sign-in", "/api/health", "/settings", "/demo", "/help/x"):
        answer = await at(client, path, host)
        assert answer.status_code == 404, path
        assert "There is no help page here" in answer.text
    assert (await at(client, "/help/shop-domain/en/on-a-domain")).status_code == 200
    assert (await at(client, f"/help/{shop.org}/en")).headers["location"] == "/help/shop-domain/en"
    thief = await founded_shop(world, "Thief", "thief@paper.example")
    for fields in ({"domain": host}, {"slug": "shop-domain"}):
        with pytest.raises(Refused, match="another organisation"):
            await site_settings.change(world, thief.owner, **fields)
    await site_settings.change(world, shop.owner, domain="", slug="")
    await site_settings.change(world, thief.owner, slug="shop-domain")


@pytest.mark.parametrize("fields", [
    {"slug": "Not OK"}, {"slug": "-a"}, {"slug": str(uuid4())}, {"slug": "assets"}, {"domain": "http://x.example"}, {"domain": "localhost"}, {"domain": "10.0.0.1"},
    {"accent": "red"}, {"accent": "#12"}, {"header_links": (Link("Bad", "javascript:alert(1)"),)}, {"footer_links": tuple(Link(str(n), "https://x.example") for n in range(9))},
])
async def test_settings_that_could_not_work_are_refused(world: World, shop: Shop, fields: dict[str, object]) -> None:
    with pytest.raises(Refused):
        await site_settings.change(world, shop.owner, **fields)


async def test_a_logo_is_a_picture(world: World, shop: Shop, client: httpx2.AsyncClient) -> None:
    for wrong in (b"<svg onload='alert(1)'/>", b"GIF", b"RIFF1234WAVE", b"\x89PNG\r\n\x1a\n" + b"x" * 300_000):
        with pytest.raises(Refused):
            await site_settings.set_logo(world, shop.owner, wrong)
    await site_settings.set_logo(world, shop.owner, b"\x89PNG\r\n\x1a\nrest")
    logo = (await site.of(world, shop.org)).logo
    answer = await at(client, f"/help/{shop.org}/assets/logo-{logo}")
    assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == ("image/png", "nosniff")
    assert (await at(client, f"/help/{shop.org}/assets/logo-0")).status_code == 404


@pytest.mark.parametrize("accent", ["#ffffff", "#000000", "#ffdd00", "#14549b", "#ff0000", "#808080"])
async def test_every_colour_becomes_one_that_can_be_read(accent: str) -> None:
    css = sheet(accent)
    light, dark = re.findall(r"--accent: light-dark\((#\w{6}), (#\w{6})\)", css)[0]
    assert contrast(light, LIGHT_GROUND) >= 4.5
    assert contrast(dark, DARK_GROUND) >= 4.5
    on_light, on_dark = re.findall(r"--on-accent: light-dark\((#\w{6}), (#\w{6})\)", css)[0]
    assert contrast(on_light, light) >= 4.5
    assert contrast(on_dark, dark) >= 4.5


async def test_a_colour_that_can_be_read_stays() -> None:
    assert readable("#14549b", LIGHT_GROUND) == "#14549b"
    assert round(contrast("#000000", "#ffffff"), 1) == 21


async def test_topics_languages_and_neighbours(world: World, client: httpx2.AsyncClient) -> None:
    shop = await founded_shop(world, "Topics", "topics@paper.example")
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update organizations set settings = settings || '{\"languages\": [\"en\", \"de\"]}' where id = %s", (shop.org,))
        await tx.execute("insert into topics (org_id, id, name, slug, names, position) values (%s, %s, 'Returns', 'returns', '{\"de\": \"Rücksendungen\"}', 1)", (shop.org, top := uuid4()))
        await tx.execute("insert into topics (org_id, id, parent, name, slug) values (%s, %s, %s, 'Abroad', 'abroad')", (shop.org, below := uuid4(), top))
        await tx.execute("insert into topics (org_id, id, name, slug) values (%s, %s, 'Empty one', 'empty')", (shop.org, uuid4()))
    ids = [await written(world, shop, f"Return number {number}", language="en") for number in (1, 2, 3)]
    german = await written(world, shop, "Rücksendung Nummer 1", "Senden Sie es zurück.", language="de")
    async with world.store.tx(shop.org) as tx:
        for place, id in enumerate(ids):
            await tx.execute("update articles set topic = %s, position = %s where id = %s", (below if place == 2 else top, place, id))
        await tx.execute("update articles set topic = %s, translation_of = %s where id = %s", (top, ids[0], german))
    base = f"/help/{shop.org}"
    front = (await at(client, f"{base}/en")).text
    assert "Returns" in front
    assert "Empty one" not in front
    topic = (await at(client, f"{base}/en/topics/returns")).text
    assert topic.index("Return number 1") < topic.index("Return number 2")
    assert "Abroad" in topic
    assert (await at(client, f"{base}/en/topics/empty")).status_code == 404
    page = (await at(client, f"{base}/en/return-number-1")).text
    assert f'<link rel="alternate" hreflang="de" href="{world.settings.url}{base}/de/r' in page
    assert re.search(r'rel="next" href="[^"]*return-number-2"', page)
    assert 'rel="prev"' not in page
    assert 'rel="next"' not in (await at(client, f"{base}/en/return-number-2")).text
    deep = (await at(client, f"{base}/en/return-number-3")).text
    assert re.findall(r'<li><a href="[^"]*">(Topics|Returns|Abroad)</a></li>', deep) == ["Topics", "Returns", "Abroad"]
    other = await at(client, f"{base}/de")
    assert '<html lang="de" dir="ltr">' in other.text
    assert "Rücksendungen" in other.text
    assert "Wobei brauchen Sie Hilfe?" in other.text


async def test_a_switched_off_help_centre_is_shut_everywhere(world: World, client: httpx2.AsyncClient) -> None:
    shop = await founded_shop(world, "Shut", "shut@paper.example")
    await written(world, shop, "Not for now")
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update organizations set settings = settings || '{\"switched_off\": [\"help\"]}' where id = %s", (shop.org,))
    world.switches.forget(shop.org)
    for path in ("", "/en", "/en/not-for-now", "/en/not-for-now.md", "/sitemap.xml", "/llms.txt", "/en?q=now", "/en/feed.xml"):
        answer = await at(client, f"/help/{shop.org}{path}")
        assert answer.status_code == 403, path
        assert "Not for now" not in answer.text


async def test_what_readers_said_stands_on_the_articles_page(world: World, shop: Shop, client: httpx2.AsyncClient) -> None:
    id = await written(world, shop, "Does this help anybody?")
    await client.post(f"/help/{shop.org}/en/does-this-help-anybody/helpful", data={"helpful": "no", "comment": "Which size?"}, headers={"user-agent": "reader"})
    async with signed_in(world, shop.owner) as office:
        page = (await office.get(f"/knowledge/{id}")).text
    assert "It helped 0 of 1 readers who said so." in page
    assert "Which size?" in page
    assert f"/help/{shop.org}/en/does-this-help-anybody" in page
