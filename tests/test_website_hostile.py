"""The website crawler on a site that means ill, over real sockets: time and memory stay bounded, and each page or run says why."""

from __future__ import annotations

import asyncio
import gzip
import io
import itertools
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from glassine.connect.website.addresses import fits, normal
from glassine.connect.website.markup import DEEPEST, tree
from glassine.connect.website.robots import Robots
from glassine.connect.website.sitemaps import read as read_sitemap
from glassine.connect.website.sitemaps import unpacked
from glassine.words.crossings import CrossingRow
from glassine.words.sources import Item, SourceFailed, Trouble
from tests.sites import Pages, article, html, site, to
from tests.vendors import Request, Response

Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]
BOMB = gzip.compress(bytes(30_000_000))
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    """No more memory than this is taken at once within the block."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * 1_000_000
    finally:
        tracemalloc.stop()


async def streamed(page: Talk) -> tuple[dict[str, Item], dict[str, str]]:
    """What is told of a site whose page /bad answers as `page` does, and of the reasons."""
    async with site({"/": article("Home", links='<a href="/bad">x</a><a href="/good">x</a>'), "/good": article("Good")}) as one:
        one.server.raw["/bad"] = page
        run = await one.run(seconds=0.3)
        return run.items, run.failed


# -- streams --------------------------------------------------------------------------------------------------------------------


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(HTML + b"Content-Length: 10000000000\r\n\r\n")
    for _ in range(10_000):
        writer.write(b"<p>word " * 125_000)
        await writer.drain()


async def endless_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(HTML + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
        await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(HTML + b"Content-Length: 100000\r\n\r\n")
    for _ in range(1_000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def heads(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 3_000_000 + b"\r\n\r\n")
    await writer.drain()


async def many_heads(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: x\r\n" % number for number in range(100_000)) + b"\r\n")
    await writer.drain()


async def broken_off(writer: asyncio.StreamWriter) -> None:
    writer.write(HTML + b"Content-Length: 1000\r\n\r\n<h1>Half")
    await writer.drain()


async def no_http(writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x01 hello \r\n\r\n")
    await writer.drain()


async def bomb(writer: asyncio.StreamWriter) -> None:
    writer.write(HTML + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB)
    await writer.drain()


@pytest.mark.parametrize(("page", "says"), [
    (endless, "is larger than a page may be"), (endless_chunks, "is larger than a page may be"), (bomb, "is larger than a page may be"),
    (drip, "did not answer within"), (heads, "cannot be reached"), (many_heads, "cannot be reached"), (broken_off, "cannot be reached"), (no_http, "cannot be reached"),
])
async def test_a_page_that_never_ends_or_never_begins_costs_its_own_place_only(page: Talk, says: str) -> None:
    items, failed = await streamed(page)
    assert set(items) == {"/", "/good"}
    assert says in failed["/bad"]


async def test_a_page_that_comes_packed_though_that_was_declined_is_read() -> None:
    async def packed(writer: asyncio.StreamWriter) -> None:
        body = gzip.compress(article("Packed").body)
        writer.write(HTML + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    items, failed = await streamed(packed)
    assert set(items) == {"/", "/good", "/bad"}
    assert not failed


async def test_the_memory_of_a_stream_is_bounded() -> None:
    with at_most(40):
        await streamed(endless)


# -- redirects ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [
    "http://127.0.0.1:1/admin", "http://169.254.169.254/latest/meta-data", "http://[::1]/", "file:///etc/passwd", "//10.0.0.1/", "gopher://x/", "http://2130706433/",
    "http://localhost/", "javascript:alert(1)", "http://0x7f.1/", "http://u:p@127.0.0.1/", "https://127.0.0.1\\@evil.example/", "http://127.0.0.1%2f@evil.example/",
])
async def test_a_redirect_leads_to_the_sites_of_the_source_and_nowhere_else(target: str) -> None:
    async with site({"/": article("Home", links=f'<a href="/away">x</a><a href="{target}">x</a>'), "/away": to(target)}) as one:
        asked: list[str] = []

        async def record(row: CrossingRow) -> None:
            asked.append(row.destination)

        run = await one.run(record=record)
        assert set(asked) == {one.host}
        assert set(run.items) == {"/"}
        assert "leads" in run.skipped["/away"]


@pytest.mark.parametrize("start", ["http://169.254.169.254/latest", "http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"])
async def test_a_start_address_in_the_private_network_is_stopped_by_the_gate(start: str) -> None:
    async with site({"/": article("Home")}) as one:
        with pytest.raises(SourceFailed, match="not a public address") as caught:
            await one.run(start=start)
        assert caught.value.trouble is Trouble.STOPPED


async def test_redirects_end() -> None:
    def on(request: Request) -> Response:
        return to(f"/r{int(request.target[2:]) + 1}")

    pages: Pages = {f"/r{number}": on for number in range(200)}
    pages |= {"/": article("Home", links='<a href="/r0">x</a><a href="/a">x</a><a href="/self">x</a>'), "/a": to("/b"), "/b": to("/a"), "/self": to("/self")}
    async with site(pages) as one:
        run = await one.run()
        assert set(run.items) == {"/"}
        assert len(one.asked_for()) < 15
        assert run.failed["/self"] == "leads back to itself, as pages do that need cookies"
        assert "sends readers on without an end" in run.failed["/r5"]
        one.pages["/"] = to("/r0")
        with pytest.raises(SourceFailed, match="without an end"):
            await one.run()


# -- pages ----------------------------------------------------------------------------------------------------------------------


HOSTILE_HTML = {
    "deep boxes": "<div>" * 300_000, "deep lists": "<ul><li>" * 200_000, "fonts": "<p>x" + "".join(f"<font size={n}>" for n in range(2_000)) + "<p>y" * 2_000,
    "open quotes": '<a href="' * 400_000, "comments": "<!--" * 1_000_000, "brackets": "<" * 4_000_000, "ampersands": "&" * 4_000_000, "a long number": "&#" + "9" * 4_000_000,
    "attributes": "<div " + "a=1 " * 900_000 + ">x", "blanks": "<a" + " " * 4_000_000, "tables": "<table><tr><td>" * 200_000, "titles": "<title>" * 500_000,
    "scripts": "<script>" * 400_000, "spans": "<p><button>" + "<span>" * 90 + "<div></div>" * 350_000, "bold": "<b><i>" * 500_000, "cells": "<table>" + "<tr><td>x" * 400_000,
    "backticks": "<pre>" + "`" * 1_000_000, "stars": "<p>" + "*_" * 1_000_000, "json": "<script type='application/ld+json'>" + "[" * 1_000_000 + "</script>",
    "emphasis": "<p>" + "<b>x<i>y" * 100_000, "headings": "<h1>" * 300_000, "details": "<details><summary>" * 200_000,
}


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE_HTML)
async def test_a_page_of_four_megabytes_against_the_reader_is_read_or_left(name: str) -> None:
    """That it ends is the test: with what is quadratic, each of these takes minutes."""
    async with site({"/": article("Home", links='<a href="/bad">x</a><a href="/good">x</a>'), "/bad": html(HOSTILE_HTML[name][:3_990_000]), "/good": article("Good")}) as one:
        run = await one.run()
        assert {"/", "/good"} <= set(run.items)


def test_a_tree_is_never_deeper_than_it_may_be() -> None:
    depth, level = 0, [tree("<div>" * 10_000 + "<p>Text at the bottom" + "</div>" * 10_000 + "<p>after")]
    while level:
        depth, level = depth + 1, [child for one in level for child in one.elements]
    assert depth <= DEEPEST + 2
    assert "Text at the bottom" in tree("<div>" * 10_000 + "<p>Text at the bottom").text()


@pytest.mark.parametrize(("content_type", "body", "text"), [
    ("text/html", "<h1>Grüße</h1><p>Größe".encode("latin-1"), "Größe"), ("text/html; charset=utf-8", "<h1>a</h1><p>Größe und Maß".encode("cp1252"), "Größe und Maß"),
    ("text/html", b"\xff\xfe" + "<h1>a</h1><p>Größe".encode("utf-16-le"), "Größe"), ("text/html; charset=shift_jis", "<h1>a</h1><p>日本語のテキスト".encode("cp932"), "日本語のテキスト"),
    ("text/html", '<meta charset="windows-1251"><h1>a</h1><p>Возврат'.encode("cp1251"), "Возврат"), ("text/html; charset=utf-7", b"<h1>a</h1><p>+ADw-script+AD4- x", "ADw-script"),
    ("text/html; charset=unicode_escape", b"<h1>a</h1><p>\\u0041 stays", "u0041 stays"), ("text/html; charset=zip", b"<h1>a</h1><p>plain", "plain"), ("text/html; charset=", b"\0<p>nul\0l", "null"),
    ("text/html; charset=utf-8", b"\xef\xbb\xbf<p>With a mark", "With a mark"), ("text/html; charset=utf-8", b"<p>half \xf0\x9f\x98 a sign", "half"), ("", b"<p>no type at all", "no type at all"),
])
async def test_whatever_charset_a_page_is_in_its_text_can_be_stored(content_type: str, body: bytes, text: str) -> None:
    async with site({"/": Response(body=body, headers={"Content-Type": content_type})}) as one:
        said = (await one.run()).text("/")
        assert text in said
        assert "\0" not in said


# -- links and addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
async def test_fifty_thousand_links_on_a_page_are_bounded_by_the_limit() -> None:
    links = "".join(f'<a href="/p/{"x" * (number % 50)}{number}">link</a> ' for number in range(50_000))
    async with site({"/": html(f"<h1>Links</h1><p>{'A sentence stands here. ' * 20}</p>{links}")}) as one:
        run = await one.run(limit="5")
        assert len(one.asked_for()) < 540
        assert set(run.items) == {"/"}
        assert len(str(run.checkpoints[-1].cursor)) < 200_000


async def test_calendars_and_pages_that_never_end_are_given_up() -> None:
    months = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")

    def calendar(request: Request) -> Response:
        year, month = (int(part) for part in request.target.split("/")[2:4])
        after, following = (year + month // 12, month % 12 + 1), "".join(f"<td>{day}</td>" for day in range(1, 31))
        return html(f'<main><h1>{months[month - 1]} {year}</h1><table><tr>{following}</tr></table><p>No events this month. Come back soon!</p><a href="/cal/{after[0]}/{after[1]}">next</a></main>')

    def paged(request: Request) -> Response:
        number = int(request.target.partition("=")[2] or 1)
        return html(f'<main><h1>Archive</h1><p>Page {number}. There is nothing more to be shown on this page, but there is a next one.</p><a href="/all?page={number + 1}">next</a></main>')

    def session(request: Request) -> Response:
        return article("Session", links=f'<a href="/s?sessionid={len(request.target)}{id(request)}">x</a>')

    def deeper(request: Request) -> Response:
        return article("Deeper", text=f"Depth {request.target}. " * 10, links=f'<a href="{request.target}a/">x</a><a href="{request.target}b/">x</a>')

    pages: Pages = {"/": article("Home", links='<a href="/cal/2026/11">x</a><a href="/all?page=1">x</a><a href="/s">x</a><a href="/a/">x</a>')}
    async with site(pages) as one:
        def wild(request: Request) -> Response:
            for start, page in (("/cal/", calendar), ("/all", paged), ("/s", session), ("/a/", deeper)):
                if request.target.startswith(start):
                    return page(request)
            return Response(status=404)

        one.otherwise = wild
        run = await one.run(limit="5000", depth="100")
        asked = one.asked_for()
        assert len([path for path in asked if path.startswith("/cal/")]) < 60
        assert len([path for path in asked if path.startswith("/all")]) < 60
        assert len([path for path in asked if path.startswith("/s")]) == 1
        assert all(path.count("a/") < 4 and path.count("b/") < 4 for path in asked), "paths that repeat themselves"
        assert run.complete.everything


@pytest.mark.parametrize("link", [
    "http://[bad", "//", "http://", "http:///x", "\\\\evil", "http://x:99999/", "http://x:port/", "x" * 100_000, "http://" + "a." * 5_000 + "b/", "%", "%zz%", "?" + "&" * 10_000, "/\ud800",
    "http://\u2100.example/", "http://xn--.example/", "/a\nb\tc", "tel:+1", "///////", "http://exa mple/", "http://127.0.0.1:99999999999/",
])
async def test_an_address_that_is_none_harms_nobody(link: str) -> None:
    shown = link.encode("utf-8", "replace").decode()
    async with site({"/": article("Home", links=f'<a href="{shown}">x</a><a href="/good">x</a>', head=f'<link rel="canonical" href="{shown}"><base href="{shown}">')}) as one:
        one.pages["/good"] = article("Good")
        run = await one.run()
        assert "/" in run.items
        normal(link)


def test_patterns_match_in_linear_time() -> None:
    assert not fits("http://x/" + "a" * 900, "/" + "a*" * 200 + "b")
    assert Robots.of(b"User-agent: *\nDisallow: /" + b"a*" * 200 + b"b\n").allows("http://x/" + "a" * 900)
    assert fits("http://x/a/b/c", "/a/*/c")


# -- robots and sitemaps ---------------------------------------------------------------------------------------------------------


async def test_a_robots_txt_of_any_size_is_bounded() -> None:
    rules = b"User-agent: *\n" + b"".join(b"Disallow: /secret/%d\n" % number for number in range(20_000))
    async with site({"/robots.txt": Response(body=rules), "/": article("Home", links='<a href="/secret/77">x</a>'), "/secret/77": article("Secret")}) as one:
        assert set((await one.run()).items) == {"/"}
        one.pages["/robots.txt"] = Response(body=rules * 10)
        with pytest.raises(SourceFailed) as caught:
            await one.run()
        assert caught.value.trouble is Trouble.LARGE


async def test_sitemaps_that_unfold_or_lead_in_circles_are_bounded_and_say_so() -> None:
    lol = "<!DOCTYPE lolz [<!ENTITY lol 'lol'>" + "".join(f"<!ENTITY lol{n} '{f'&lol{n - 1 if n > 1 else str()};' * 10}'>" for n in range(1, 10)) + "]>"
    async with site({"/": article("Home"), "/a": article("A")}) as one:
        names = ("sitemap", "bomb", "lol", "good", "broken")
        one.pages |= {
            "/sitemap.xml": lambda _: Response(body=f"<sitemapindex>{''.join(f'<sitemap><loc>{one.url}/{name}.xml</loc></sitemap>' for name in names)}</sitemapindex>".encode()),
            "/bomb.xml": Response(body=gzip.compress(bytes(200_000_000))), "/broken.xml": Response(body=b"\x1f\x8b\x08 broken"),
            "/lol.xml": lambda _: Response(body=f"{lol}<urlset><url><loc>{one.url}/&lol9;</loc></url></urlset>".encode()),
            "/good.xml": lambda _: Response(body=f"<urlset><url><loc>{one.url}/a</loc></url></urlset>".encode()),
        }
        with at_most(80):
            run = await one.run()
        assert set(run.items) == {"/", "/a"}
        assert not run.complete.everything, "a sitemap could not be read, so what it lists is not known"


def test_a_packed_sitemap_is_unpacked_up_to_its_limit() -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(30):
            file.write(bytes(1_000_000))
    with pytest.raises(ValueError, match="unfolds to more"):
        unpacked(packed.getvalue())


@pytest.mark.parametrize("body", ["<url><loc>" * 300_000, "<loc>" + "x" * 5_000_000, "<" * 5_000_000, "<url " + "a" * 5_000_000, "&#" + "9" * 5_000_000, "<loc>&#" + "9" * 100_000 + "</loc>", "<![CDATA[" * 500_000])
def test_a_malformed_sitemap_is_read_in_linear_time(body: str) -> None:
    pages, indexed = read_sitemap(body.encode())
    assert len(pages) + len(indexed) <= 100_000


async def test_a_server_that_invents_a_new_page_behind_each_is_ended_by_the_limit() -> None:
    numbers = itertools.count()

    def invented(_: Request) -> Response:
        words = f"{next(numbers):b}".replace("0", "zero ").replace("1", "one ")
        return article(f"Page {words}", text=f"{words} and nothing else. " * 9, links="".join(f'<a href="/w/{words.replace(" ", "-")}{letter}">x</a>' for letter in "abcdefgh"))

    async with site({"/": article("Home", links='<a href="/w/x">x</a>')}) as one:
        one.otherwise = invented
        run = await one.run(limit="40")
        assert len(run.items) <= 40
        assert len(one.asked_for()) <= 50
        assert not run.complete.everything


async def test_a_site_of_failures_ends_the_run_and_not_the_patience() -> None:
    pages: Pages = {"/": article("Home", links="".join(f'<a href="/{number}">x</a>' for number in range(1_000)))}
    async with site(pages) as one:
        one.otherwise = lambda _: Response(status=418)
        with pytest.raises(SourceFailed, match=r"10 pages of .* in a row could not be read"):
            await one.run()
        assert len(one.asked_for()) < 15
        one.otherwise = lambda _: replace(html("<h1>Refused</h1>"), status=200)
        run = await one.run()
        assert len(run.items) <= 2, "a thousand times the same is one page"
