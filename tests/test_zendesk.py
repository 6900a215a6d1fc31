"""The help centre of Zendesk as a source, over HTTP against a twin written from Zendesk's documentation: what is read, who may see it, what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from glassine.connect import source
from glassine.words.errors import Refused
from glassine.words.knowledge import Audience
from glassine.words.sources import SourceFailed
from tests.mirrored import Mirror
from tests.vendors import Response, Vendor, link, vendor
from tests.zendesk_twin import OAUTH, SETTINGS, HelpCentre, paths

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def centre() -> HelpCentre:
    return HelpCentre()


@pytest_asyncio.fixture
async def server(centre: HelpCentre) -> AsyncIterator[Vendor]:
    async with vendor(centre) as made:
        yield made


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(source("zendesk"), SETTINGS)


async def checked(server: Vendor, **changes: str) -> str:
    given = SETTINGS | changes
    async with link(server.url, given, hosts=source("zendesk").hosts(given)) as way:
        return await source("zendesk").check(way)


# -- what is read -------------------------------------------------------------------------------------------------------------


async def test_each_language_is_a_document_of_its_own_with_its_category_and_section(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    article = centre.write("Refunds", "<h2>When?</h2><p>Within 14 days.</p>", section=8)
    centre.translate(article, "de", "Erstattung", "<p>Innerhalb von 14 Tagen.</p>")
    await mirror.run(server)
    english, german = mirror.items[f"articles/{article.id}/en-us"], mirror.items[f"articles/{article.id}/de"]
    assert (english.title, english.language, english.content, english.media_type) == ("Refunds", "en", b"<h2>When?</h2><p>Within 14 days.</p>", "text/html")
    assert english.url == f"https://acme.zendesk.com/hc/en-us/articles/{article.id}"
    assert english.trail == ("Billing", "Refunds", "Abroad")
    assert (german.title, german.language, german.trail) == ("Erstattung", "de", ("Billing (de)", "Refunds", "Abroad"))
    assert mirror.public == set(mirror.items)


def restricted(centre: HelpCentre) -> None:
    centre.restrict(next(iter(centre.articles.values())), 12)


def of_several_segments(centre: HelpCentre) -> None:
    next(iter(centre.articles.values())).segments = [12, 13]


def draft(centre: HelpCentre) -> None:
    centre.edit(next(iter(centre.articles.values())), "en-us", draft=True)


def shut(centre: HelpCentre) -> None:
    centre.open = False


def language_off(centre: HelpCentre) -> None:
    centre.locales = ["de"]


@pytest.mark.parametrize("closing", [restricted, of_several_segments, draft, shut, language_off])
async def test_what_not_everybody_sees_is_for_the_team(centre: HelpCentre, server: Vendor, mirror: Mirror, closing: Callable[[HelpCentre], None]) -> None:
    article = centre.write()
    other = centre.write("Ablage", locale="de")
    await mirror.run(server)
    assert len(mirror.public) == 2
    closing(centre)
    await mirror.run(server)
    assert f"articles/{article.id}/en-us" not in mirror.public
    assert len(mirror.items) == 2
    assert (f"articles/{other.id}/de" in mirror.public) is (closing is not shut)


async def test_what_zendesk_does_not_say_is_public_is_not(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    centre.write()
    centre.unsaid = ("user_segment_id",)
    await mirror.run(server)
    assert [item.audience for item in mirror.items.values()] == [Audience.INTERNAL]


async def test_team_only_articles_are_left_out_where_they_are_not_wanted(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    article, open_one = centre.write(), centre.write("Open")
    await mirror.run(server)
    centre.restrict(article, 12)
    mirror.settings = SETTINGS | {"team_only": "skip"}
    await mirror.run(server)
    assert set(mirror.items) == {f"articles/{open_one.id}/en-us"}
    assert "restricted" in mirror.skipped[f"articles/{article.id}/en-us"]


async def test_articles_with_an_unwanted_label_are_left_out(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    mirror.settings = SETTINGS | {"unwanted_labels": "Beta\nold stuff\n"}
    centre.write(labels=["beta"])
    kept = centre.write("Kept", labels=["new"])
    await mirror.run(server)
    assert set(mirror.items) == {f"articles/{kept.id}/en-us"}


@pytest.mark.parametrize(("choice", "public", "kept"), [("", 2, 2), ("as_shown", 2, 2), ("internal", 1, 2), ("skip", 1, 1)])
async def test_outdated_translations_are_treated_as_chosen(centre: HelpCentre, server: Vendor, mirror: Mirror, choice: str, public: int, kept: int) -> None:
    mirror.settings = SETTINGS | {"outdated": choice}
    centre.translate(centre.write(), "de", "Alt", "<p>Alt.</p>", outdated=True)
    await mirror.run(server)
    assert (len(mirror.public), len(mirror.items)) == (public, kept)


async def test_files_of_articles_are_documents_that_are_seen_as_their_article_is(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    article = centre.write("Manuals")
    centre.translate(article, "de", "Handbuch", "<p>Hier.</p>", draft=True)
    manual = centre.attach(article, "manual.pdf", b"%PDF-1.7 manual")
    german = centre.attach(article, "Handbuch.docx", b"PK docx", locale="de", content_type="application/octet-stream")
    centre.attach(article, "photo.png", b"png", content_type="image/png", inline=True)
    await mirror.run(server)
    files = {path: item for path, item in mirror.items.items() if "/attachments/" in path}
    assert set(files) == {f"articles/{article.id}/attachments/{manual.id}", f"articles/{article.id}/attachments/{german.id}"}
    first, second = (files[f"articles/{article.id}/attachments/{one.id}"] for one in (manual, german))
    assert (first.title, first.content, first.media_type, first.audience) == ("Manuals: manual.pdf", b"%PDF-1.7 manual", "application/pdf", Audience.PUBLIC)
    assert first.url == f"https://acme.zendesk.com/hc/en-us/articles/{article.id}"
    assert (second.media_type.rpartition(".")[2], second.audience, second.language) == ("document", Audience.INTERNAL, "de")
    centre.restrict(article, 12)
    await mirror.run(server)
    assert not mirror.public
    del article.attachments[manual.id]
    await mirror.run(server)
    assert f"articles/{article.id}/attachments/{manual.id}" not in mirror.items


async def test_a_file_that_cannot_be_had_is_a_failure_of_its_own(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    article = centre.write()
    one = centre.attach(article, "manual.pdf", b"%PDF-1.7")
    centre.faults = lambda request: Response(status=403) if "/article_attachments/" in request.target else None
    await mirror.run(server)
    assert set(mirror.items) == {f"articles/{article.id}/en-us"}
    assert set(mirror.failed) == {f"articles/{article.id}/attachments/{one.id}"}
    one.content = b"x" * 21_000_000
    await mirror.run(server)
    assert "20 MB" in mirror.skipped[f"articles/{article.id}/attachments/{one.id}"]


async def test_the_login_is_not_told_to_where_zendesk_keeps_files(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    async with vendor(lambda _: Response(body=b"%PDF-1.7 stored")) as store:
        centre.attach(centre.write(), "manual.pdf", b"%PDF-1.7")
        centre.faults = lambda request: Response(status=302, headers={"Location": f"{store.url}/signed"}) if "/article_attachments/" in request.target else None
        await mirror.run(server)
        assert not store.seen, "a host that the source does not declare is not reached"
    assert "egress gate" in next(iter(mirror.failed.values()))
    assert source("zendesk").hosts(SETTINGS) == ("acme.zendesk.com", "*.zdassets.com", "*.zdusercontent.com")


async def test_articles_without_text_and_translations_that_are_not_sideloaded(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    centre.sideloads = False
    article, empty = centre.write(), centre.write("Empty", "")
    centre.translate(article, "de", "Erstattung", "<p>14 Tage.</p>")
    await mirror.run(server)
    assert set(mirror.items) == {f"articles/{article.id}/en-us", f"articles/{article.id}/de"}
    assert mirror.skipped == {f"articles/{empty.id}/en-us": "has no text"}


# -- what changes ------------------------------------------------------------------------------------------------------------


async def test_a_second_run_fetches_only_what_changed(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    first, _ = centre.write(), centre.write("Other")
    centre.attach(first, "manual.pdf", b"%PDF-1.7")
    await mirror.run(server)
    await mirror.run(server)
    assert mirror.fetched == []
    centre.edit(first, "en-us", body="<p>Within 30 days.</p>")
    server.seen.clear()
    await mirror.run(server)
    assert mirror.fetched == [f"articles/{first.id}/en-us"]
    assert not any("/article_attachments/" in path for path in paths(server.seen))


async def test_a_renamed_section_is_a_change_of_its_articles(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    article = centre.write()
    await mirror.run(server)
    centre.sections[7] = ("Money back", None, 3)
    await mirror.run(server)
    assert mirror.items[f"articles/{article.id}/en-us"].trail == ("Billing", "Money back")


async def test_deleted_articles_and_translations_go(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    first, second = centre.write(), centre.write("Other")
    centre.translate(first, "de", "Erstattung", "<p>14 Tage.</p>")
    await mirror.run(server)
    del first.translations["de"]
    centre.archive(second)
    await mirror.run(server)
    assert set(mirror.items) == {f"articles/{first.id}/en-us"}


async def test_a_large_help_centre_is_read_by_its_changes_and_listed_when_the_count_is_not_as_known(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    mirror.settings = SETTINGS | {"attachments": "skip"}
    some = [centre.write(f"Number {number}") for number in range(305)]
    await mirror.run(server)
    assert len(mirror.items) == 305
    for article in some[:5]:
        centre.edit(article, "en-us", body="<p>New.</p>")
    server.seen.clear()
    mirror.later(minutes=15)
    await mirror.run(server)
    assert sorted(mirror.fetched) == sorted(f"articles/{article.id}/en-us" for article in some[:5])
    listed = [path for path in paths(server.seen) if path == "/api/v2/help_center/articles"]
    assert len(listed) == 1, "only the count was asked for"
    centre.archive(some[7])
    fresh = centre.write("Fresh")
    centre.restrict(some[8], 12)
    mirror.later(minutes=15)
    await mirror.run(server)
    assert f"articles/{some[7].id}/en-us" not in mirror.items
    assert f"articles/{fresh.id}/en-us" in mirror.public
    assert f"articles/{some[8].id}/en-us" not in mirror.public


async def test_a_large_help_centre_is_listed_each_hour_so_that_quiet_changes_are_met(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    mirror.settings = SETTINGS | {"attachments": "skip"}
    some = [centre.write(f"Number {number}") for number in range(301)]
    await mirror.run(server)
    centre.quiet_translations = True
    centre.edit(some[3], "en-us", draft=True)
    mirror.later(minutes=59)
    await mirror.run(server)
    assert f"articles/{some[3].id}/en-us" in mirror.public, "until Zendesk tells of it"
    mirror.later(minutes=2)
    await mirror.run(server)
    assert f"articles/{some[3].id}/en-us" not in mirror.public


async def test_closing_a_large_help_centre_closes_all_of_it_with_the_next_run(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    mirror.settings = SETTINGS | {"attachments": "skip"}
    for number in range(301):
        centre.write(f"Number {number}")
    await mirror.run(server)
    centre.open = False
    mirror.later(minutes=1)
    await mirror.run(server)
    assert len(mirror.items) == 301
    assert not mirror.public


async def test_files_that_were_added_without_a_change_of_the_article_are_met_within_a_day(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    article = centre.write()
    await mirror.run(server)
    one = centre.attach(article, "manual.pdf", b"%PDF-1.7")
    mirror.later(hours=25)
    await mirror.run(server)
    assert f"articles/{article.id}/attachments/{one.id}" in mirror.items


async def test_articles_take_turns_to_be_asked_for_files_so_that_each_comes_once_a_day(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    some = [centre.write(f"Number {number}") for number in range(12)]
    await mirror.run(server)
    asked: list[int] = []
    for _ in range(24):
        mirror.later(hours=1)
        server.seen.clear()
        await mirror.run(server)
        asked.append(len([path for path in paths(server.seen) if path.endswith("/attachments")]))
    assert asked == [1] * 24, "one in an hour, for a twelfth of them is two hours' share"
    one = centre.attach(some[3], "manual.pdf", b"%PDF-1.7")
    for _ in range(12):
        mirror.later(hours=2)
        await mirror.run(server)
    assert f"articles/{some[3].id}/attachments/{one.id}" in mirror.items


async def test_a_first_run_that_was_stopped_does_not_ask_again_for_files_it_had_asked_for(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    for number in range(6):
        centre.write(f"Number {number}")
    left = iter(range(9))
    centre.faults = lambda _: Response(status=403) if next(left, None) is None else None
    await mirror.run_failing(server)
    already, mirror.cursor = len(mirror.items), None
    assert 0 < already < 6
    centre.faults = lambda _: None
    server.seen.clear()
    await mirror.run(server)
    assert len([path for path in paths(server.seen) if path.endswith("/attachments")]) <= 6 - already + 1
    assert len(mirror.items) == 6


async def test_one_page_is_read_again_when_asked_for(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    first, second = centre.write(), centre.write("Other")
    await mirror.run(server)
    since = mirror.since
    await mirror.run(server, only=(f"articles/{first.id}/en-us", "articles/999/en-us"))
    assert mirror.fetched == [f"articles/{first.id}/en-us"]
    centre.archive(second)
    await mirror.run(server, only=(f"articles/{second.id}/en-us",))
    assert set(mirror.items) == {f"articles/{first.id}/en-us"}
    assert mirror.since == since


# -- settings ----------------------------------------------------------------------------------------------------------------


async def test_the_check_says_whom_it_reached_and_what_there_is(centre: HelpCentre, server: Vendor) -> None:
    centre.write()
    centre.write("Other")
    said = await checked(server)
    assert said == (
        "acme.zendesk.com lets Ada (admin) see 2 articles in de, en-us. The account has further help centres (acme-outdoor): add each as a source of its own."
    )
    assert (await checked(server, email="", token=OAUTH)).startswith("acme.zendesk.com lets Ada")
    centre.open = False
    assert "all are for your team only" in await checked(server)


@pytest.mark.parametrize("written", ["acme", "ACME", " acme.zendesk.com ", "https://acme.zendesk.com/hc/en-us"])
def test_the_subdomain_may_be_written_as_people_write_it(written: str) -> None:
    assert source("zendesk").hosts({"subdomain": written})[0] == "acme.zendesk.com"


@pytest.mark.parametrize("written", ["", "acme.example.com", "https://evil.example/acme.zendesk.com", "acme/../x", "a b", "acme.zendesk.com@evil.example"])
def test_what_is_no_subdomain_is_refused(written: str) -> None:
    with pytest.raises(Refused, match=r"before \.zendesk\.com"):
        source("zendesk").hosts({"subdomain": written})


@pytest.mark.parametrize(("changes", "words"), [
    ({"token": "wrong"}, "refuses this login"), ({"token": ""}, "needs an API token"), ({"token": "tök en"}, "Copy them again"), ({"email": "eve@acme.example"}, "refuses this login"),
])
async def test_credentials_that_are_wrong_are_told_so(server: Vendor, changes: dict[str, str], words: str) -> None:
    with pytest.raises((SourceFailed, Refused), match=words) as failed:
        await checked(server, **changes)
    assert "wrong" not in str(failed.value)


def no_account(centre: HelpCentre) -> None:
    centre.faults = lambda _: Response(status=404, body=b'{"error": "No help desk"}')


def no_centre(centre: HelpCentre) -> None:
    centre.exists = False


def end_user(centre: HelpCentre) -> None:
    centre.role = "end-user"


def suspended(centre: HelpCentre) -> None:
    centre.faults = lambda _: Response(status=403)


def moved(centre: HelpCentre) -> None:
    centre.faults = lambda _: Response(status=301, headers={"Location": "https://acme-two.zendesk.com/api/v2/users/me"})


@pytest.mark.parametrize(("change", "words"), [
    (no_account, "There is no Zendesk account at acme"), (no_centre, "no help centre that is switched on"), (end_user, "end user"), (suspended, "not suspended"),
    (moved, "has moved to acme-two.zendesk.com"),
])
async def test_what_keeps_a_help_centre_from_being_read_is_told(centre: HelpCentre, server: Vendor, change: Callable[[HelpCentre], None], words: str) -> None:
    change(centre)
    with pytest.raises((SourceFailed, Refused), match=words):
        await checked(server)
