"""The page of deliveries in a real browser: nothing that axe can find, nothing cut off, live, and a choice that is not disturbed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect

from glassine.config import Settings
from glassine.story.helpdesks.ticketing import Undecided
from glassine.words.ids import new_id
from tests.running import Product, product
from tests.visitors import AXE, browser, owner

__all__ = ["browser", "owner", "product"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
_HERE = "/settings/deliveries"
UNDECIDED = str(Undecided("desk.example broke the connection off."))


@pytest.fixture(scope="module")
def desk(settings: Settings, product: Product) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A helpdesk that fails, with one delivery in each state; none has a job, so that nobody tries them meanwhile."""
    assert settings.database_url
    with psycopg.connect(settings.database_url, autocommit=True) as found:
        found.execute("select set_config('glassine.org_id', %s, false)", (product.organization_id,))
        id = new_id()
        found.execute(
            "insert into helpdesks (org_id, id, kind, name, settings) values (%s, %s, 'generic_webhook', 'Acme desk', %s)",
            (product.organization_id, id, json.dumps({"url": "https://desk.example/in"})),
        )
        session = product.ask("POST", "/chat/sessions", {"channel": {"type": "web"}}).json()["id"]
        found.execute("insert into tickets (org_id, session_id, helpdesk_id, external_id) values (%s, %s, %s, '1')", (product.organization_id, session, id))
        found.execute(
            "insert into lanes (id, org_id, target, failures, since, until) values (%s, %s, 'helpdesk', 4, now() - interval '20 minutes', now() + interval '4 minutes')",
            (id, product.organization_id),
        )
        for state, attempts, why in (
            ("done", 1, ""), ("waiting", 3, "desk.example has an error of its own (500)."), ("dead", 1, "desk.example refused the key or password (401). It may be wrong, revoked or expired: enter a new one."),
            ("unknown", 1, UNDECIDED), ("dropped", 0, ""),
        ):
            found.execute(
                "insert into deliveries (org_id, id, target, target_id, effect, session_id, line, state, attempts, why, tried_at, next_at, settled_at) values "
                "(%s, gen_random_uuid(), 'helpdesk', %s, 'say', %s, 'none', %s, %s, %s, now(), now() + interval '4 minutes', case when %s <> 'waiting' then now() end)",
                (product.organization_id, id, session, state, attempts, why, state),
            )
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768, 390])
def test_the_page_has_no_fault_that_axe_can_find_and_fits(owner: Page, product: Product, desk: object, scheme: str, width: int) -> None:
    owner.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    owner.set_viewport_size({"width": width, "height": 900})
    owner.goto(f"{product.url}{_HERE}")
    expect(owner.get_by_role("heading", name="Deliveries", exact=True).first).to_be_visible()
    owner.add_script_tag(path=AXE)
    assert owner.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))") == []
    assert owner.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert owner.evaluate("(pane => pane.scrollWidth <= pane.clientWidth)(document.querySelector('main.page'))")
    decide = owner.get_by_role("region", name="To decide").locator(".scroll-x")
    assert decide.evaluate("box => box.scrollWidth <= box.clientWidth + 1"), "what is asked of a person stands in sight"


def test_it_keeps_itself_up_to_date_and_leaves_what_is_being_chosen_alone(owner: Page, product: Product, desk: psycopg.Connection[tuple[object, ...]]) -> None:
    owner.goto(f"{product.url}{_HERE}")
    owner.get_by_label("State", exact=True).select_option("dead")
    owner.get_by_label("Since (UTC)").fill("2026-01-02T03:04")
    desk.execute("update deliveries set why = 'desk.example is not available at the moment (503).' where state = 'waiting'")
    expect(owner.locator("#list")).to_contain_text("is not available at the moment (503)")
    assert owner.get_by_label("State", exact=True).input_value() == "dead"
    assert owner.get_by_label("Since (UTC)").input_value() == "2026-01-02T03:04"


def test_a_person_decides_on_what_may_have_arrived(owner: Page, product: Product, desk: psycopg.Connection[tuple[object, ...]]) -> None:
    owner.goto(f"{product.url}{_HERE}")
    owner.get_by_role("region", name="To decide").get_by_role("button", name="It arrived").click()
    expect(owner.locator("#toasts")).to_contain_text("it has arrived, and is not sent again")
    expect(owner.get_by_role("region", name="To decide")).to_have_count(0)
    owner.locator("#list").get_by_role("button", name="Drop").first.click()
    expect(owner.locator("#toasts")).to_contain_text("It was dropped.")
