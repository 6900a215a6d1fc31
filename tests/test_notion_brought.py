"""Notion and Shopify through whole runs of the product: what their twins hold is answered from, by customers only what everybody sees there."""

from __future__ import annotations

import pytest
import pytest_asyncio

from glassine.story.filling import WrongFields
from glassine.story.sources import connecting, tending
from glassine.story.sources.connecting import Options
from glassine.story.world import World
from glassine.words.ids import new_id
from glassine.words.sources import RunOutcome
from tests import notion_twin, shopify_twin
from tests.notion_twin import Workspace, block, error, paragraph, say, text
from tests.shop import Shop, founded_shop
from tests.shopify_twin import ShopTwin, variant
from tests.test_vendors_brought import again, at, connected, known, settled, told
from tests.vendors import Request, Response

pytestmark = pytest.mark.enable_socket
NOTION = {"token": notion_twin.TOKEN, "published": "on", "files": "on", "filter": "Status = Live"}
SHOPIFY = {"shop": "lamps", "token": shopify_twin.TOKEN}


@pytest_asyncio.fixture(loop_scope="session")
async def company(world: World) -> Shop:
    return await founded_shop(world, "Company", f"owner@{new_id()}.example")


def shown(notion: Workspace) -> dict[str, bool]:
    """What should be known, and whether customers are told of it."""
    pages = [thing for thing in notion.things.values() if thing.kind == "page" and notion.seen(thing)]
    return {f"pages/{page.id}": page.public for page in pages if page.properties.get("Status", {"select": {"name": "Live"}})["select"]["name"] == "Live"}


async def test_customers_are_told_what_is_published_in_notion(world: World, company: Shop) -> None:
    notion = Workspace()
    top = notion.page("Returns", say("toggle", "How long can I return a lamp?", paragraph("You can return a lamp within 14 days.")), paragraph("We repair as well."), public=True)
    notion.page("Goodwill", paragraph("Staff may return a lamp after 90 days."), under=top)
    base = notion.database("Codes", under=top)
    for name, status in (("AURORA-7", "Live"), ("AURORA-8", "Draft")):
        facts = {"Status": {"type": "select", "select": {"name": status}}, "Meaning": {"type": "rich_text", "rich_text": text(f"{name} blinks red")}}
        notion.page(name, paragraph(f"Reset {name} with the small button."), under=base, properties=facts, public=True)
    async with at(world, "notion", notion.answer):
        source = await connected(world, company, "notion", NOTION)
        assert await known(world, company, source) == shown(notion)
        answers = await told(world, company, "How long can I return a lamp?")
        assert any("Returns › How long can I return a lamp?: You can return a lamp within 14 days." in one for one in answers), answers
        assert not any("90 days" in one or "blinks" in one for one in answers)
        assert any("90 days" in one for one in await told(world, company, "How long can I return a lamp?", team=True))
        assert any("small button" in one for one in await told(world, company, "How do I reset AURORA-7?"))
        assert not any("AURORA-8" in one for one in await told(world, company, "How do I reset AURORA-8?", team=True))
        top.public = False
        await again(world, company, source)
        assert not any("14 days" in one for one in await told(world, company, "How long can I return a lamp?"))
        next(thing for thing in notion.things.values() if thing.title == "AURORA-7").trashed = True
        await again(world, company, source)
        assert await known(world, company, source) == shown(notion)
        assert not any("AURORA-7" in one for one in await told(world, company, "How do I reset AURORA-7?", team=True))


async def test_the_text_of_files_in_notion_is_found(world: World, company: Shop) -> None:
    notion = Workspace(files={"/kept/care.txt": b"Clean the lamp Aurora with a dry cloth only."})
    page = notion.page("Care", paragraph("See the file."), public=True)
    async with at(world, "notion", notion.answer):
        url = dict(entry.split("=", 1) for entry in world.settings.vendor_urls)["notion"]
        page.blocks.append(block("file", {"type": "file", "name": "care.txt", "file": {"url": f"{url}/kept/care.txt?sig=1"}}))
        source = await connected(world, company, "notion", NOTION)
        assert any("dry cloth" in one for one in await told(world, company, "How do I clean the lamp Aurora?"))
        page.blocks.pop()
        notion.later(minutes=5)
        notion.touch(page)
        await again(world, company, source)
        assert not any("dry cloth" in one for one in await told(world, company, "How do I clean the lamp Aurora?"))


async def test_customers_are_told_what_the_online_store_shows(world: World, company: Shop) -> None:
    shop = ShopTwin()
    lamp = shop.product("Aurora", "<p>A lamp for desks.</p>", options=[{"name": "Colour", "values": ["Red", "Blue"]}], variants=[variant("Red", "39.90", sku="AU-R"), variant("Blue", "44.50", sku="AU-B", sold_out=True)])
    shop.product("Borealis", "<p>A lamp for ceilings.</p>", status="DRAFT")
    shop.policy("REFUND_POLICY", "<p>Money comes back within five days.</p>")
    async with at(world, "shopify", shop.answer):
        source = await connected(world, company, "shopify", SHOPIFY)
        assert await known(world, company, source) == {"products/1": True, "products/2": False, "policies/refund-policy": True}
        assert any("39.90 EUR" in one and "AU-R" in one for one in await told(world, company, "What does the lamp Aurora AU-R cost?"))
        assert any("five days" in one for one in await told(world, company, "When do I get my money back?"))
        assert not any("Borealis" in one for one in await told(world, company, "Borealis lamp for ceilings"))
        shop.later(minutes=5)
        shop.change(lamp, variants=[variant("Red", "29.90", sku="AU-R")])
        await again(world, company, source)
        answers = await told(world, company, "What does the lamp Aurora AU-R cost?")
        assert any("29.90 EUR" in one for one in answers)
        assert not any("39.90" in one for one in answers)
        shop.change(lamp, status="ARCHIVED")
        await again(world, company, source)
        assert not any("29.90" in one for one in await told(world, company, "What does the lamp Aurora AU-R cost?"))


async def test_a_first_run_that_breaks_off_is_gone_on_with(world: World, company: Shop) -> None:
    notion = Workspace()
    for number in range(4):
        notion.page(f"Number {number}", paragraph(f"Answer {number}."), public=True)
    notion.later(hours=2)
    read: list[str] = []

    def counted(request: Request) -> Response | None:
        if "children" not in request.target:
            return None
        read.append(request.target)
        return error(401, "unauthorized", "API token is invalid.") if len(read) == 3 else None

    notion.faults.append(counted)
    async with at(world, "notion", notion.answer):
        source = await connected(world, company, "notion", NOTION)
        assert len(await known(world, company, source)) == 2
        await again(world, company, source)
        assert await known(world, company, source) == shown(notion)
        assert len(read) == 3 + 2, "what the broken run had read is not read again"
        changed, _ = await connecting.change(world, company.owner, source.id, {**source.settings, "published": "off"}, Options(name="notion"))
        await settled(world)
        assert set((await known(world, company, changed)).values()) == {False}
        assert len(read) == 3 + 2 + 4, "other settings read everything again"


@pytest.mark.parametrize("kind", ["notion", "shopify"])
async def test_everything_deleted_by_mistake_waits_for_a_person(world: World, company: Shop, kind: str) -> None:
    notion, shop = Workspace(), ShopTwin()
    for number in range(4):
        notion.page(f"Number {number}", paragraph(f"Answer {number}."), public=True)
        shop.page(f"Number {number}", f"<p>Answer {number}.</p>")
    async with at(world, kind, notion.answer if kind == "notion" else shop.answer):
        source = await connected(world, company, kind, NOTION if kind == "notion" else SHOPIFY)
        notion.things.clear()
        shop.pages.clear()
        run = await again(world, company, source)
        assert run.outcome is RunOutcome.WAITING, run.reason
        assert len(await known(world, company, source)) == 4
        assert len(await told(world, company, "Answer")) == 4


@pytest.mark.parametrize("kind", ["notion", "shopify"])
async def test_a_token_that_is_revoked_in_mid_run_is_a_reason_and_loses_nothing(world: World, company: Shop, kind: str) -> None:
    notion, shop = Workspace(), ShopTwin()
    for number in range(4):
        notion.page(f"Number {number}", paragraph(f"Answer {number}."), public=True)
        shop.page(f"Number {number}", f"<p>Answer {number}.</p>")
    async with at(world, kind, notion.answer if kind == "notion" else shop.answer):
        source = await connected(world, company, kind, NOTION if kind == "notion" else SHOPIFY)
        left = iter(range(1))
        refused = error(401, "unauthorized", "API token is invalid.") if kind == "notion" else Response(status=401, body=b"{}")
        notion.faults.append(lambda _: refused if next(left, None) is None else None)
        shop.faults.append(lambda *_: refused if next(left, None) is None else None)
        run = await again(world, company, source)
        assert (run.outcome, run.trouble) == (RunOutcome.FAILED, "credentials")
        assert "refused the" in run.reason
        assert not any(secret in run.reason for secret in (notion_twin.TOKEN, shopify_twin.TOKEN))
        assert len(await told(world, company, "Answer")) == 4
        notion.faults.clear()
        shop.faults.clear()
        assert (await again(world, company, source)).outcome is RunOutcome.DONE
        with pytest.raises(WrongFields, match="refused the"):
            await connecting.change(world, company.owner, source.id, {**source.settings, "token": "another"}, Options(name=kind))
        assert (await tending.history(world, company.owner, source.id))[0].outcome is RunOutcome.DONE
