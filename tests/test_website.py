"""The website crawler on a site that means well: what it finds, what it leaves out and why, what it asks again, and how it goes on after a crash."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta

import pytest

from glassine.words.errors import Refused
from glassine.words.knowledge import Audience
from glassine.words.sources import Asked, SourceFailed, Trouble
from tests.sites import NOW, Pages, article, html, site, to
from tests.vendors import Request, Response


def three() -> Pages:
    return {
        "/": article("Help", links='<a href="/returns">Returns</a> <a href="/shipping/">Shipping</a>'),
        "/returns": article("Returns", links='<a href="/">Help</a> <a href="https://elsewhere.example/">Elsewhere</a> <a href="/gone">Gone</a>'),
        "/shipping/": article("Shipping"),
    }


async def test_pages_are_found_by_links_and_told_as_they_are() -> None:
    async with site(three()) as one:
        run = await one.run()
        assert set(run.items) == {"/", "/returns", "/shipping/"}
        returns = run.items["/returns"]
        assert (returns.title, returns.url, returns.language, returns.audience) == ("Returns", f"{one.url}/returns", "en", Audience.PUBLIC)
        assert run.text("/returns").startswith("# Returns\n\nAll that there is to know about returns")
        assert run.complete.everything
        assert not run.failed
        assert all("Glassine" in request.headers["user-agent"] for request in one.server.seen)


async def test_pages_are_found_by_sitemaps_also_packed_ones_and_ones_in_an_index() -> None:
    pages: Pages = {path: article(path.strip("/").title()) for path in ("/", "/a", "/b", "/c", "/d")}
    async with site(pages) as one:
        def index(_: Request) -> Response:
            body = f"<sitemapindex><sitemap><loc>{one.url}/one.xml.gz</loc></sitemap><sitemap><loc>{one.url}/two.xml</loc></sitemap></sitemapindex>"
            return Response(body=body.encode())

        def packed(_: Request) -> Response:
            return Response(body=gzip.compress(f"<urlset><url><loc>{one.url}/a</loc></url><url><loc>\n {one.url}/b#x </loc></url></urlset>".encode()))

        def languages(_: Request) -> Response:
            alternate = f'<xhtml:link rel="alternate" hreflang="de" href="{one.url}/d"/>'
            return Response(body=f'<urlset><url><loc><![CDATA[{one.url}/c]]></loc>{alternate}</url><url><loc>https://elsewhere.example/</loc></url></urlset>'.encode())

        one.pages |= {"/robots.txt": lambda _: Response(body=f"Sitemap: {one.url}/map.xml".encode()), "/map.xml": index, "/one.xml.gz": packed, "/two.xml": languages}
        run = await one.run()
        assert set(run.items) == set(pages)
        assert "its sitemap lists 4 pages to read, such as /a, /b and /" in await one.check()


async def test_a_sitemap_can_be_the_start() -> None:
    async with site({"/x/y": article("Deep"), "/": article("Home")}) as one:
        one.pages["/pages.xml"] = lambda _: Response(body=f"<urlset><url><loc>{one.url}/x/y</loc></url></urlset>".encode())
        run = await one.run(start="SITE/pages.xml")
        assert set(run.items) == {"/x/y"}


async def test_only_what_lies_below_the_start_address_is_read_unless_the_whole_site_is_meant() -> None:
    pages: Pages = {
        "/help": to("/help/"), "/help/": article("Help", links='<a href="/help/a">a</a><a href="/shop">shop</a><a href="/helpless">no</a>'), "/help/a": article("A"),
        "/shop": article("Shop"), "/helpless": article("Helpless"), "/": article("Home", links='<a href="/help/">help</a>'),
    }
    async with site(pages) as one:
        assert set((await one.run(start="SITE/help", scope="below")).items) == {"/help/", "/help/a"}
        assert set((await one.run(start="SITE/help", scope="site")).items) == {"/help/", "/help/a", "/shop", "/helpless"}


async def test_patterns_decide_what_is_read_and_what_was_read_before_is_taken_out() -> None:
    pages: Pages = {f"/{folder}/{name}": article(f"{folder} {name}") for folder in ("docs", "blog") for name in ("a", "b")}
    pages["/"] = article("Home", links="".join(f'<a href="{path}">x</a>' for path in list(pages)))
    async with site(pages) as one:
        assert set((await one.run(include="/docs/*")).items) == {"/", "/docs/a", "/docs/b"}
        assert set((await one.run(include="/docs/*\n/blog/*", exclude="*/b")).items) == {"/", "/docs/a", "/blog/a"}
        before = await one.run()
        after = await one.run(before.next, exclude="/blog/*")
        assert after.skipped == {"/blog/a": "is left out by the pattern /blog/*", "/blog/b": "is left out by the pattern /blog/*"}
        assert set(after.items) == {"/", "/docs/a", "/docs/b"}


@pytest.mark.parametrize(("settings", "says"), [
    ({"start": ""}, "Enter the address"), ({"start": "file:///etc/passwd"}, "is no address of a website"), ({"start": "http://user:key@x.example"}, "is no address"),
    ({"include": "blog"}, "must begin with"), ({"limit": "0"}, "1 to 20,000"), ({"limit": "many"}, "1 to 20,000"), ({"hosts": "https://x.example/path"}, "without a path"),
])
async def test_settings_that_cannot_be_are_refused(settings: dict[str, str], says: str) -> None:
    async with site(three()) as one:
        with pytest.raises(Refused, match=says):
            await one.check(**settings)


async def test_reading_stops_at_the_limit_and_says_that_it_is_not_everything() -> None:
    async with site({"/": article("Home", links="".join(f'<a href="/{number}">x</a>' for number in range(30)))} | {f"/{n}": article(f"Page {n} {'x' * n}") for n in range(30)}) as one:
        run = await one.run(limit="10")
        assert len(run.items) == 10
        assert not run.complete.everything
        assert len(one.asked_for()) <= 12
        less = await one.run(run.next, limit="5")
        assert len(less.items) == 5
        assert set(less.skipped.values()) == {"is beyond the limit of 5 pages"}
        assert len(less.skipped) == 5


async def test_depth_counts_links() -> None:
    pages: Pages = {f"/{n}": article(f"Page {'x' * n}", links=f'<a href="/{n + 1}">next</a>') for n in range(9)}
    async with site(pages) as one:
        run = await one.run(start="SITE/0", depth="3")
        assert set(run.items) == {"/0", "/1", "/2", "/3"}
        again = await one.run(run.next, start="SITE/0", depth="3")
        assert set(again.items) == {"/0", "/1", "/2", "/3"}, "what is known does not become a start"


async def test_robots_are_obeyed() -> None:
    robots = b"User-agent: *\nDisallow: /private\nCrawl-delay: 7\n\nUser-agent: other\nDisallow: /\n"
    pages = three() | {
        "/robots.txt": Response(body=robots), "/private/x": article("Private"), "/quiet": article("Quiet", head='<meta name="robots" content="noindex">'),
        "/ours": article("Ours", head='<meta name="robots" content="noindex"><meta name="glassine" content="index">'),
        "/header": replace(article("Header"), headers={"Content-Type": "text/html", "X-Robots-Tag": "otherbot: none, glassine: noindex"}),
        "/dead": article("Dead", links='<a href="/behind">x</a>', head='<meta name="robots" content="nofollow">'), "/behind": article("Behind"),
    }
    pages["/"] = article("Help", links="".join(f'<a href="{path}">x</a>' for path in pages if path != "/behind") + '<a rel="nofollow" href="/behind">x</a>')
    async with site(pages) as one:
        run = await one.run()
        assert set(run.items) == {"/", "/returns", "/shipping/", "/ours", "/dead"}
        assert run.skipped == {
            "/private/x": "robots.txt asks robots to leave it alone", "/quiet": "asks robots not to keep it (noindex)", "/header": "asks robots not to keep it (noindex)",
        }
        assert "/private/x" not in one.asked_for()
        assert sum(6 < seconds <= 7 for seconds in one.waits) >= len(run.items), "it waits as long as robots.txt asks"


async def test_a_site_that_shuts_robots_out_says_how_to_let_this_one_in() -> None:
    async with site(three() | {"/robots.txt": Response(body=b"User-agent: *\nDisallow: /\n")}) as one:
        with pytest.raises(SourceFailed, match="allow the robot Glassine") as caught:
            await one.run()
        assert caught.value.trouble is Trouble.FORBIDDEN
        one.pages["/robots.txt"] = Response(body=b"User-agent: *\nDisallow: /\nUser-agent: Glassine\nAllow: /\n")
        assert len((await one.run()).items) == 3


async def test_a_robots_txt_that_fails_shuts_the_site_and_one_that_is_missing_opens_it() -> None:
    async with site(three() | {"/robots.txt": Response(status=500)}) as one:
        with pytest.raises(SourceFailed) as caught:
            await one.run()
        assert caught.value.trouble is Trouble.UNREACHABLE
        one.pages["/robots.txt"] = Response(status=403)
        assert len((await one.run()).items) == 3


async def test_one_page_has_one_address() -> None:
    pages: Pages = {
        "/": article("Home", links='<a href="/a?utm_source=x&fbclid=1">1</a><a href="/A/../a#top">2</a><a href="/old">3</a><a href="/a?print=1">4</a><a href="/copy">5</a>'),
        "/a": article("A"), "/old": to("/a"), "/a?print=1": article("A to print", head='<link rel="canonical" href="/a">'), "/copy": article("A"),
    }
    async with site(pages) as one:
        run = await one.run()
        assert set(run.items) == {"/", "/a"}
        assert run.skipped == {"/copy": f"says the same as {one.host}/a"}
        assert one.asked_for().count("/a") == 1


async def test_pages_that_differ_in_numbers_only_are_given_up_and_named() -> None:
    pages: Pages = {f"/lamp/{n}": article("Lamp", text=f"Lamp number {n} has {n} bulbs. Nothing else is to be said of it. ") for n in range(60)}
    pages["/"] = article("Home", links="".join(f'<a href="{path}">x</a>' for path in list(pages)))
    async with site(pages) as one:
        run = await one.run()
        assert len(run.items) == 31
        assert set(run.skipped.values()) == {"is one of many pages that differ in numbers only"}
        assert len(run.skipped) == 30
        one.pages["/sitemap.xml"] = lambda _: Response(body="".join(f"<url><loc>{one.url}{path}</loc></url>" for path in pages).encode())
        assert len((await one.run()).items) == 61, "what the site lists itself is no trap"


async def test_an_answer_of_unchanged_that_nobody_asked_for_is_no_page() -> None:
    async with site({"/": article("Home", links='<a href="/x">x</a>'), "/x": Response(status=304)}) as one:
        run = await one.run()
        assert run.failed == {"/x": "was answered with 304 and no page"}


async def test_a_canonical_address_that_cannot_be_meant_is_not_believed() -> None:
    pages: Pages = {
        "/": article("Home", links="".join(f'<a href="/{n}">x</a>' for n in range(8)) + '<a href="/lost">x</a>'),
        "/lost": article("Lost", head='<link rel="canonical" href="/nowhere">'), "/home": article("Home page", head='<link rel="canonical" href="/">'),
    }
    pages |= {f"/{n}": article(f"Page {'x' * n}", head='<link rel="canonical" href="/0">') for n in range(8)}
    async with site(pages) as one:
        run = await one.run()
        assert set(run.items) == {"/", "/lost", *(f"/{n}" for n in range(8))}


async def test_each_language_is_a_page_of_its_own() -> None:
    head = '<link rel="alternate" hreflang="de" href="/de/a"><link rel="alternate" hreflang="en" href="/en/a"><link rel="alternate" hreflang="x-default" href="/en/a">'
    pages: Pages = {"/en/": article("Home", links='<a href="/en/a">a</a>'), "/en/a": article("Returns", head=head), "/de/a": html("<main><h1>Rückgabe</h1><p>Dreißig Tage.</p></main>", lang="de", head=head)}
    async with site(pages) as one:
        run = await one.run(start="SITE/en/", scope="below")
        assert {path: item.language for path, item in run.items.items()} == {"/en/": "en", "/en/a": "en", "/de/a": "de"}
        assert set((await one.run(run.next, start="SITE/en/", scope="below")).items) == set(run.items), "known ones stay"


async def test_what_has_not_changed_is_not_fetched_again() -> None:
    def answer(request: Request) -> Response:
        if request.headers.get("if-none-match") == '"1"':
            return Response(status=304)
        return replace(article("Tagged"), headers={"Content-Type": "text/html", "ETag": '"1"'})

    def dated(request: Request) -> Response:
        if request.headers.get("if-modified-since") == "Wed, 25 Nov 2026 10:00:00 GMT":
            return Response(status=304)
        return replace(article("Dated"), headers={"Content-Type": "text/html", "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT"})

    async with site({"/": article("Home", links='<a href="/tag">x</a><a href="/date">x</a>'), "/tag": answer, "/date": dated}) as one:
        run = await one.run()
        assert run.items["/date"].updated_at is not None
        again = await one.run(run.next)
        assert again.unchanged == {"/tag", "/date"}
        assert set(again.items) == {"/"}


async def test_a_sitemaps_dates_spare_requests_for_a_day() -> None:
    async with site({"/": article("Home"), "/a": article("A"), "/b": article("B")}) as one:
        dates = {"/a": "2026-11-01", "/b": "2026-11-01"}
        one.pages["/sitemap.xml"] = lambda _: Response(body="".join(f"<url><loc>{one.url}{path}</loc><lastmod>{date}</lastmod></url>" for path, date in dates.items()).encode())
        run = await one.run()
        dates["/b"] = "2026-11-25"
        one.server.seen.clear()
        soon = await one.run(run.next, now=NOW + timedelta(hours=1))
        assert soon.unchanged == {"/a"}
        assert set(soon.items) == {"/", "/b"}
        assert "/a" not in one.asked_for()
        del one.pages["/a"]
        late = await one.run(replace(run.next, since=soon.complete.marker), now=NOW + timedelta(hours=25))
        assert late.gone == {"/a": "is no longer there (404)"}, "once a day every page is asked for itself"


async def test_pages_that_are_gone_shut_or_moved_are_told() -> None:
    names = ("deleted", "expired", "account", "staff", "moved", "away", "soft")
    pages: Pages = {f"/{name}": article(name.title()) for name in names}
    pages["/"] = article("Home", links="".join(f'<a href="/{name}">x</a>' for name in names))
    async with site(pages) as one:
        run = await one.run()
        assert len(run.items) == 8
        del one.pages["/deleted"]
        one.pages |= {
            "/expired": Response(status=410), "/account": to("/login?next=/account", 302), "/staff": Response(status=403), "/moved": to("/new"), "/new": article("New"),
            "/away": to("https://elsewhere.example/x"), "/soft": html("<main><h1>Page not found</h1><p>Try the search.</p></main>", title="Page not found"),
            "/": article("Home"),
        }
        after = await one.run(run.next)
        assert after.gone == {
            "/deleted": "is no longer there (404)", "/expired": "is no longer there (410)", "/account": "asks for a login", "/staff": "is not shown to everybody",
            "/moved": f"has moved to {one.host}/new", "/away": "leads to elsewhere.example, which is not among the sites to read", "/soft": "shows that it was not found",
        }
        assert set(after.items) == {"/", "/new"}


async def test_a_page_that_shows_what_every_wrong_address_shows_is_gone() -> None:
    shown = html("<main><p>We have a new look. Enjoy a walk through our shop, look at our offers of this week, and find what you like best.</p></main>", title="Acme")
    async with site({"/": article("Home", links='<a href="/x">x</a>'), "/x": article("X")}) as one:
        run = await one.run()
        one.pages |= {"/glassine-asks-for-a-page-that-is-not-there": shown, "/x": shown}
        assert list((await one.run(run.next)).gone) == ["/x"]


async def test_a_site_that_suddenly_refuses_everything_loses_nothing() -> None:
    pages: Pages = {f"/{n}": article(f"Page {'x' * n}") for n in range(20)}
    pages["/"] = article("Home", links="".join(f'<a href="/{n}">x</a>' for n in range(20)))
    async with site(pages) as one:
        run = await one.run()
        one.pages |= {f"/{n}": Response(status=403) for n in range(20)}
        with pytest.raises(SourceFailed, match=r"10 pages of .* in a row") as caught:
            await one.run(run.next)
        assert caught.value.trouble is Trouble.FORBIDDEN


async def test_a_crawl_that_broke_off_goes_on_where_it_was() -> None:
    pages: Pages = {f"/{n}": article(f"Page {'x' * n}", links=f'<a href="/{n + 1}">x</a>') for n in range(150)}
    pages["/"] = article("Home", links="".join(f'<a href="/{n}">x</a>' for n in range(150)))
    async with site(pages) as one:
        whole = await one.run()
        first = whole.checkpoints[0]
        before = {told.path for told in whole.told[: whole.told.index(first)] if hasattr(told, "path")}
        one.server.seen.clear()
        rest = await one.run(Asked(cursor=first.cursor))
        assert set(rest.items) | {path.removeprefix(one.host) for path in before} == set(whole.items)
        assert not {f"{one.host}{path}" for path in rest.items} & before, "nothing is read twice"
        assert rest.complete.everything
        assert len(str(first.cursor)) < 8_000
        other = await one.run(Asked(cursor=first.cursor), exclude="/1*")
        assert "/0" in other.items, "with other settings it begins anew"


async def test_a_page_that_failed_is_asked_for_again_though_no_page_leads_to_it_anew() -> None:
    def home(request: Request) -> Response:
        return Response(status=304) if request.headers.get("if-none-match") == '"1"' else replace(article("Hub", links='<a href="/x">x</a>'), headers={"Content-Type": "text/html", "ETag": '"1"'})

    async with site({"/": article("Home", links='<a href="/hub">x</a>'), "/hub": home, "/x": Response(status=500)}) as one:
        run = await one.run()
        assert list(run.failed) == ["/x"]
        assert not run.complete.everything
        one.pages["/x"] = article("X")
        assert set((await one.run(run.next)).items) == {"/", "/x"}


async def test_single_pages_are_read_by_themselves() -> None:
    async with site(three()) as one:
        run = await one.run()
        del one.pages["/shipping/"]
        one.server.seen.clear()
        only = await one.run(replace(run.next, only=(f"{one.host}/returns", f"{one.host}/shipping/")))
        assert set(only.items) == {"/returns"}
        assert set(only.gone) == {"/shipping/"}
        assert set(one.asked_for()) == {"/returns", "/shipping/"}
        assert not only.complete.everything


async def test_files_are_read_only_when_they_are_wanted() -> None:
    pages: Pages = {"/": article("Home", links='<a href="/manual-2.pdf">x</a><a href="/picture.png">x</a><a href="/notes">x</a>'), "/manual-2.pdf": Response(body=b"%PDF-1.7 x", headers={"Content-Type": "application/pdf"}), "/notes": Response(body="Größe: 5".encode("latin-1"), headers={"Content-Type": "text/plain; charset=iso-8859-1"})}
    async with site(pages) as one:
        assert set((await one.run()).items) == {"/", "/notes"}
        run = await one.run(files="true")
        assert (run.items["/manual-2.pdf"].media_type, run.items["/manual-2.pdf"].title) == ("application/pdf", "manual 2")
        assert run.text("/notes") == "Größe: 5"
        assert "/picture.png" not in one.asked_for()


async def test_pages_without_a_text_of_their_own_say_why() -> None:
    pages: Pages = {
        "/": article("Home", links="".join(f'<a href="/{name}">x</a>' for name in ("app", "list", "form", "empty", "zip"))),
        "/app": html('<div id="root"></div><script src="/app.js"></script><noscript>You need to enable JavaScript to run this app.</noscript>'),
        "/list": html("<main><h1>All</h1><ul>" + "".join(f'<li><a href="/a{n}">An article with number {n}</a></li>' for n in range(9)) + "</ul></main>"),
        "/form": html('<main><h1>Sign in</h1><form><input name=u><input type=password></form></main>'), "/empty": html("<nav><a href=/>Home</a></nav>"),
        "/zip": Response(body=b"PK", headers={"Content-Type": "application/zip"}),
    }
    async with site(pages) as one:
        run = await one.run()
        assert run.failed == {"/app": "has no text without JavaScript, and scripts are not run"}
        assert run.skipped == {"/list": "only lists other pages", "/empty": "has no text", "/zip": "is application/zip, not a page"}
        assert set(run.items) == {"/"}


async def test_what_was_found_is_said_before_it_is_saved() -> None:
    async with site(three()) as one:
        assert await one.check() == "Reached Help: it has no sitemap; pages are found by their links, and the first leads to 2, such as /returns and /shipping/."
        one.pages["/sitemap.xml"] = lambda _: Response(body="".join(f"<url><loc>{one.url}/p{n}</loc></url>" for n in range(1_234)).encode())
        assert await one.check(exclude="/p99*") == "Reached Help: its sitemap lists 1,223 pages of 1,234 to read, such as /p0, /p1 and /p2. The limit of 1,000 pages leaves some of them out."
        with pytest.raises(SourceFailed, match="There is no page at"):
            await one.check(start="SITE/nothing")
        one.pages.clear()
        one.pages["/"] = html('<div id="app"></div><script src=x.js></script>')
        with pytest.raises(SourceFailed, match="no text without JavaScript"):
            await one.check()
        one.pages["/"] = to("https://help.elsewhere.example/")
        with pytest.raises(SourceFailed, match=r"leads to help.elsewhere.example\. If that is the site you mean"):
            await one.check()
