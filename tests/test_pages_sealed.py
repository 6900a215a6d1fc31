"""What customers upload and what host pages attach: people see that it is there, who may reveal opens it, and each look is one line of the audit log."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import uuid4

import pytest

from glassine.story import contacts, conversations, files
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session
from glassine.story.privacy import previewing, revealing
from glassine.story.world import World
from glassine.web.uploads import safe_name
from glassine.words.channels import Attachment, Inbound
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ContactId, FileId, SessionId
from glassine.words.people import Actor, Role
from glassine.words.sessions import ChannelKind
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop, founded_shop

PIXEL = b"\x89PNG\r\n\x1a\n not a real one"
PDF = "application/pdf"


class Told(NamedTuple):
    """A session with two files and custom data at three places; the contact has data of their own."""

    session: SessionId
    contact: ContactId
    image: FileId
    receipt: FileId

    @property
    def at(self) -> str:
        return f"/inbox/sessions/{self.session}"


@pytest.fixture(scope="module")
async def told(world: World, shop: Shop) -> Told:
    known = Identity(non_verified_name="Grace Hopper", non_verified_custom_data={"plan": "gold <i>", "seats": 3})
    contact = (await contacts.create(world, shop.org, known, verified=False)).id
    session = (await open_session(world, shop.org, contact, ChannelKind.WEB, external_id=uuid4(), custom_data={"cart": "cart-4711", "trial": True})).id
    image = await files.upload(world, shop.org, contact, name="lamp.png", media_type="image/png", content=PIXEL)
    receipt = await files.upload(world, shop.org, contact, name="receipt for grace@navy.example.exe", media_type=PDF, content=b"%PDF-1.4 " + b"x" * 1_200_000)
    sent = (
        Attachment(id=image, name="lamp.png", type="image/png", size=len(PIXEL)), Attachment(id=receipt, name="receipt for grace@navy.example.exe", type=PDF, size=1_200_009),
    )
    page = {"page": "/checkout", "secret": "sealed-word"}
    for text, attachments, data in (("My lamp is broken.", sent, page), ("Do you see it?", (), page), ("Hello?", (), {"page": "/help"}), ("", sent[:1], {})):
        await exchange(world, shop.org, session, Inbound(external_id=uuid4(), text=text, attachments=attachments, custom_data=data))
    return Told(session, contact, image, receipt)


@pytest.fixture(scope="module")
async def viewer(world: World, shop: Shop) -> Actor:
    return await colleague(world, shop.owner, Role.VIEWER, "Viktor Viewer")


@pytest.fixture
async def desk(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


async def looks(world: World, shop: Shop) -> int:
    return len(await previewing.audit_log(world, shop.owner, only="reveals"))


async def test_files_stand_at_their_message_with_kind_and_size_and_under_their_masked_name(world: World, shop: Shop, desk: Browser, told: Told) -> None:
    before = await looks(world, shop)
    page = (await desk.get(told.at)).text
    first = page[page.index('id="log"') :].partition("</li>\n<li class=\"event")[0]
    assert re.findall(r'class="file" href="([^"]+)"', first) == [f"{told.at}/files/{told.image}", f"{told.at}/files/{told.receipt}"]
    assert "PNG, 23 bytes" in first
    assert "PDF, 1.2 MB" in first
    assert "EMAIL 1" in first
    assert "grace@navy" not in page
    assert await looks(world, shop) == before, "to see that a file exists is no look at it"


async def test_a_message_of_files_alone_has_no_empty_bubble(desk: Browser, told: Told) -> None:
    page = (await desk.get(told.at)).text
    assert page.count('class="file"') == 3
    assert 'dir="auto"></div>' not in page


async def test_opening_a_file_is_one_look_and_the_browser_runs_and_keeps_nothing(world: World, shop: Shop, desk: Browser, told: Told) -> None:
    shown = await desk.get(f"{told.at}/files/{told.image}")
    assert shown.content == PIXEL
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''lamp.png"
    saved = await desk.get(f"{told.at}/files/{told.receipt}")
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''receipt%20for%20grace%40navy.example.exe.pdf"
    for answer in (shown, saved):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    log = (await previewing.audit_log(world, shop.owner))[:2]
    assert [(row["verb"], row["thing"], row["thing_id"], row["detail"]) for row in reversed(log)] == [
        ("privacy.reveal", "file", id, {"session": str(told.session), "why": ""}) for id in (told.image, told.receipt)
    ]
    page = (await desk.get("/settings/audit?only=reveals")).text
    assert "opened a customer&#39;s file" in page
    assert f'<a href="{told.at}">Conversation</a>' in page


async def test_a_viewer_sees_that_there_is_a_file_and_no_more(world: World, shop: Shop, told: Told, viewer: Actor) -> None:
    before = await looks(world, shop)
    async with signed_in(world, viewer) as at:
        page = (await at.get(told.at)).text
        assert "PDF, 1.2 MB" in page
        assert "/files/" not in page
        assert (await at.get(f"{told.at}/files/{told.image}")).status_code == 403
        assert (await at.post(f"{told.at}/reveal", placeholder="attached")).status_code == 403
        assert "cart-4711" not in page
    assert await looks(world, shop) == before


async def test_a_file_opens_in_its_contacts_sessions_only(world: World, shop: Shop, desk: Browser, told: Told) -> None:
    someone = (await contacts.create(world, shop.org, Identity(), verified=False)).id
    theirs = await files.upload(world, shop.org, someone, name="theirs.pdf", media_type=PDF, content=b"%PDF")
    other = await founded_shop(world, "Elsewhere", "owner@elsewhere.example")
    before = await looks(world, shop)
    for path in (f"{told.at}/files/{theirs}", f"{told.at}/files/{uuid4()}", f"/inbox/sessions/{uuid4()}/files/{told.image}", f"{told.at}/files/nonsense"):
        assert (await desk.get(path)).status_code in (404, 422), path
    async with signed_in(world, other.owner) as stranger:
        assert (await stranger.get(f"{told.at}/files/{told.image}")).status_code == 404
    assert await looks(world, shop) == before


@pytest.mark.parametrize(("name", "kind", "safe"), [
    ("lamp.JPG", "image/jpeg", "lamp.JPG"), ("bill.exe", PDF, "bill.exe.pdf"), ("", "image/png", "file.png"), ("../../etc/passwd", "text/plain", "_.._etc_passwd.txt"),
    ("report\u202efdp.exe", PDF, "reportfdp.exe.pdf"), ("a\r\nb\0.csv", "text/csv", "ab.csv"), ("C:\\bill.pdf", PDF, "C:_bill.pdf"), (".pdf", PDF, "pdf.pdf"), ("x", "odd/kind", "x.bin"),
])  # fmt: skip
def test_a_name_cannot_pass_for_another_kind_of_file(name: str, kind: str, safe: str) -> None:
    assert safe_name(name, kind) == safe


async def test_what_the_host_page_gave_is_covered_until_one_reveal_shows_all_of_it(world: World, shop: Shop, desk: Browser, told: Told) -> None:
    page = (await desk.get(told.at)).text
    assert 'name="placeholder" value="attached"' in page
    assert not [word for word in ("cart-4711", "sealed-word", "checkout", "gold") if word in page]
    before = await looks(world, shop)
    shown = (await desk.swap(f"{told.at}/reveal", placeholder="attached")).text
    assert re.findall(r"<caption>([^<]+)", shown) == ["With the conversation", "With a message, ", "With a message, "], "what is only repeated is shown once"
    assert [json.dumps(row) for row in re.findall(r'<th scope="row" dir="auto">(.*?)</th><td dir="auto">(.*?)</td>', shown)] == [
        json.dumps(row) for row in [("cart", "cart-4711"), ("trial", "true"), ("page", "/checkout"), ("secret", "sealed-word"), ("page", "/help")]
    ]
    assert await looks(world, shop) == before + 1
    line = (await previewing.audit_log(world, shop.owner))[0]
    assert (line["verb"], line["thing"], line["thing_id"], line["detail"]) == ("privacy.reveal", "session", told.session, {"field": "custom_data", "why": ""})
    whole = await desk.post(f"{told.at}/reveal", placeholder="attached")
    assert "cart-4711" in whole.text
    assert whole.headers["cache-control"] == "no-store"
    assert "looked behind custom data of a session" in (await desk.get("/settings/audit")).text


async def test_a_contacts_own_data_is_a_table_too(desk: Browser, told: Told) -> None:
    assert 'value="contact.non_verified_custom_data"' in (await desk.get(told.at)).text
    for send in (desk.swap, desk.post):
        answer = await send(f"{told.at}/reveal", placeholder="contact.non_verified_custom_data")
        assert '<th scope="row" dir="auto">plan</th><td dir="auto">gold &lt;i&gt;</td>' in answer.text
        assert '<td dir="auto">3</td>' in answer.text
    assert "nothing in it" in (await desk.swap(f"{told.at}/reveal", placeholder="contact.custom_data")).text


async def test_a_session_without_such_data_offers_nothing(world: World, shop: Shop, desk: Browser, told: Told) -> None:
    bare = (await open_session(world, shop.org, told.contact, ChannelKind.WEB, external_id=uuid4())).id
    assert 'value="attached"' not in (await desk.get(f"/inbox/sessions/{bare}")).text
    assert await revealing.reveal_attached(world, shop.owner, bare) == []
    await exchange(world, shop.org, bare, Inbound(external_id=uuid4(), text="hello", custom_data={"page": "/late"}))
    assert 'value="attached"' in (await desk.get(f"/inbox/sessions/{bare}")).text


async def test_the_stories_ask_for_the_permission_themselves(world: World, shop: Shop, told: Told, viewer: Actor) -> None:
    before = await looks(world, shop)
    with pytest.raises(Refused, match=r"privacy\.reveal"):
        await revealing.reveal_attached(world, viewer, told.session)
    with pytest.raises(Refused, match=r"privacy\.reveal"):
        await revealing.reveal_file(world, viewer, told.session, told.image)
    other = await founded_shop(world, "Nowhere", "owner@nowhere.example")
    with pytest.raises(NotFound):
        await revealing.reveal_attached(world, other.owner, told.session)
    with pytest.raises(NotFound):
        await revealing.reveal_file(world, other.owner, told.session, told.image)
    assert await looks(world, shop) == before


async def test_the_log_holds_no_custom_data(world: World, shop: Shop, told: Told) -> None:
    log = await conversations.timeline(world, shop.org, told.session)
    assert [event.payload.get("custom_data") for event in log if event.actor == "user"] == [2, 2, 1, None], "how many, and nothing else"
    assert "sealed-word" not in str(log)
