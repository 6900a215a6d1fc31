"""Whatever happens in Notion between and during runs, after a complete run the knowledge is what Notion holds, and nothing internal is public."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from glassine.connect.notion import connector
from glassine.edge.links import GateLink
from glassine.words.knowledge import Audience
from glassine.words.sources import SourceFailed
from tests.known import Known
from tests.notion_twin import TOKEN, Thing, Workspace, block, error, paragraph
from tests.vendors import Request, Response, Waits, link, vendor

pytestmark = pytest.mark.enable_socket

WISHES = {"token": TOKEN, "published": "on"}


class NotionInAnyOrder(RuleBasedStateMachine):
    things = Bundle("things")
    pages = Bundle("pages")

    def __init__(self) -> None:
        super().__init__()
        self.runner, self.stack = asyncio.Runner(), AsyncExitStack()
        self.notion, self.known, self.words, self.up_to_date = Workspace(most=3), Known(), 0, True
        self.url = self.runner.run(self._begin())

    async def _begin(self) -> str:
        return (await self.stack.enter_async_context(vendor(self.notion.answer))).url

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def _changed(self, thing: Thing) -> None:
        self.notion.touch(thing)
        self.up_to_date = False

    def _search_names_all(self) -> None:
        """What comes back is named again: nothing else could tell that it did."""
        self.up_to_date = False
        for thing in self.notion.things.values():
            thing.indexed = True

    def _paragraph(self) -> dict[str, Any]:
        self.words += 1
        return paragraph(f"Words {self.words}.")

    @initialize(target=pages)
    def begin(self) -> Thing:
        self.up_to_date = False
        return self.notion.page("Page 0", self._paragraph(), public=True)

    @rule(target=pages, under=st.none() | pages, public=st.booleans())
    def write(self, under: Thing | None, public: bool) -> Thing:
        self.up_to_date = False
        return self.notion.page(f"Page {len(self.notion.things)}", self._paragraph(), under=under, public=public)

    @rule(target=things, under=st.none() | pages)
    def make_database(self, under: Thing | None) -> Thing:
        self.up_to_date = False
        return self.notion.database(f"Base {len(self.notion.things)}", under=under)

    @rule(target=pages, base=things, public=st.booleans())
    def add_row(self, base: Thing, public: bool) -> Thing:
        self.up_to_date = False
        return self.notion.page(f"Row {len(self.notion.things)}", self._paragraph(), under=base, public=public)

    @rule(page=pages, long=st.booleans())
    def edit(self, page: Thing, long: bool) -> None:
        kept = [one for one in page.blocks if one["type"].startswith("child_")]
        page.blocks = [self._paragraph() for _ in range(5 if long else 1)] + kept
        self._changed(page)

    def borrow(self, page: Thing, lender: Thing) -> None:
        original = block("synced_block", {"synced_from": None}, paragraph(f"Lent by {lender.title}."))
        lender.blocks.append(original)
        page.blocks.append(block("synced_block", {"synced_from": {"type": "block_id", "block_id": original["id"]}}, has_children=True))
        self._changed(lender)
        self._changed(page)

    @rule(page=pages)
    def publish_or_not(self, page: Thing) -> None:
        page.public = not page.public
        self.up_to_date = False

    @rule(thing=pages | things)
    def trash_or_restore(self, thing: Thing) -> None:
        thing.trashed = not thing.trashed
        self._search_names_all()

    @rule(thing=pages | things)
    def share_or_not(self, thing: Thing) -> None:
        thing.shared = not thing.shared
        self._search_names_all()

    @rule(thing=consumes(pages))
    def delete_for_good(self, thing: Thing) -> None:
        thing.trashed, thing.shared = True, False
        self.up_to_date = False

    @rule(page=pages)
    def search_forgets(self, page: Thing) -> None:
        """What has been read once stays known, whether search names it or not."""
        self.run()
        page.indexed = f"pages/{page.id}" not in self.known.items
        self.run()

    @rule(page=pages)
    def edit_around_a_run(self, page: Thing) -> None:
        """In one minute, so that Notion's time of the last change is the same before and after."""
        self.edit(page, long=False)
        self.runner.run(self._run())
        self.edit(page, long=True)
        self.run()

    @rule(lender=pages, page=pages)
    def publish_what_borrows(self, lender: Thing, page: Thing) -> None:
        self.borrow(page, lender)
        page.public, lender.public = True, page is lender
        self.run()

    @rule(minutes=st.sampled_from([0, 1, 30, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.notion.later(minutes=minutes)
        self.up_to_date = False  # what is borrowed may have changed, which Notion does not say: it is looked at again the next day

    @rule(told=st.integers(1, 12))
    def run_and_die(self, told: int) -> None:
        self.runner.run(self._run(stop_after=told))
        self.up_to_date = False

    @rule(answers=st.integers(0, 8), how=st.sampled_from(["revoked", "broken", "gone silent"]))
    def run_into_a_fault(self, answers: int, how: str) -> None:
        left = [answers]

        def fault(_: Request) -> Response | None:
            left[0] -= 1
            if left[0] >= 0:
                return None
            return {"revoked": error(401, "unauthorized", "API token is invalid."), "broken": Response(body=b'{"results": ['), "gone silent": Response(status=503)}[how]

        self.notion.faults.append(fault)
        try:
            self.runner.run(self._run())
        except SourceFailed as failure:
            assert TOKEN not in failure.message
        self.notion.faults.clear()
        self.up_to_date = False

    @rule()
    def run(self) -> None:
        self.notion.later(days=1)
        self.runner.run(self._run())
        self.up_to_date = True

    @invariant()
    def after_a_run_the_knowledge_is_what_notion_holds(self) -> None:
        if not self.up_to_date:
            return
        there = {f"pages/{thing.id}": thing for thing in self.notion.things.values() if thing.kind == "page" and self.notion.seen(thing)}
        assert set(self.known.items) == set(there)
        for path, thing in there.items():
            item = self.known.items[path]
            assert item.audience is (Audience.PUBLIC if thing.public else Audience.INTERNAL)
            assert all(one["paragraph"]["rich_text"][0]["plain_text"] in item.content.decode() for one in thing.blocks if one["type"] == "paragraph")

    @invariant()
    def nothing_internal_is_in_what_everybody_reads(self) -> None:
        if not self.up_to_date:
            return
        hidden = [thing.title for thing in self.notion.things.values() if not thing.public]
        for item in self.known.items.values():
            if item.audience is Audience.PUBLIC:
                said = item.content.decode()
                assert not [title for title in hidden if f"Lent by {title}." in said or f"[{title}]" in said or title in item.trail]

    async def _run(self, stop_after: int | None = None) -> None:
        source = connector.source
        assert source is not None
        async with link(self.url, WISHES, now=self.notion.now, wait=Waits()) as way:
            assert isinstance(way, GateLink)
            await self.known.run(source, way, stop_after=stop_after)


NotionInAnyOrder.TestCase.settings = settings(max_examples=10, stateful_step_count=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
TestNotionInAnyOrder = NotionInAnyOrder.TestCase
