"""Every request that a run of Notion makes, held to Notion's own OpenAPI description by Prism, which answers what breaks it with a violation.

Prism proves the form of single requests. What follows from what, and what Notion answers, is played by notion_twin.py.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import httpx2
import pytest

from glassine.connect.notion import connector
from tests.known import Known
from tests.notion_twin import TOKEN, Workspace, block, paragraph
from tests.prism import ROOT, needs_prism, running, violations
from tests.vendors import Request, link, vendor

pytestmark = needs_prism


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Prism with Notion's description."""
    spec = tmp_path_factory.mktemp("prism") / "notion.json"
    spec.write_bytes(gzip.decompress((ROOT / "tests/vendor/notion-openapi.json.gz").read_bytes()))
    with running(spec) as url:
        yield url


async def requests() -> list[Request]:
    """Of the settings check and of runs that come across everything, each kind of request once or more."""
    source, notion = connector.source, Workspace(most=2)
    assert source is not None
    top = notion.page("Top", *(paragraph(f"Line {number}") for number in range(5)), public=True)
    base = notion.database("Base", under=top, indexed=False)
    for number in range(3):
        notion.page(f"Row {number}", paragraph("a"), under=base)
    original = block("synced_block", {"synced_from": None}, paragraph("Lent"))
    notion.page("Lender", original)
    top.blocks.append(block("synced_block", {"synced_from": {"type": "block_id", "block_id": original["id"]}}, has_children=True))
    lost = notion.page("Lost", paragraph("b"))
    async with vendor(notion.answer) as server, link(server.url, {"token": TOKEN, "published": "on", "roots": f"{top.id}\n{base.source}"}, now=notion.now) as way:
        known = Known()
        await source.check(way)
        await known.run(source, way)
        way.settings = {"token": TOKEN}
        await known.run(source, way)
        lost.trashed = True
        await known.run(source, way)
        return list(server.seen)


async def test_every_request_keeps_to_notions_own_description(prism: str) -> None:
    made = await requests()
    assert {request.method + " " + "/".join(request.target.split("?")[0].split("/")[:3]) for request in made} == {
        "GET /v1/users", "POST /v1/search", "GET /v1/pages", "GET /v1/databases", "GET /v1/data_sources", "POST /v1/data_sources", "GET /v1/blocks",
    }
    assert any(b"start_cursor" in request.body for request in made)
    assert await violations(prism, made) == []


async def test_what_breaks_it_is_seen(prism: str) -> None:
    async with httpx2.AsyncClient(base_url=prism, timeout=30) as client:
        wrong = await client.post("/v1/search", content=json.dumps({"page_size": "many"}), headers={"Content-Type": "application/json", "Notion-Version": "2026-03-11"})
        assert wrong.status_code >= 400 or "sl-violations" in wrong.headers
        assert (await client.get("/v1/nothing")).status_code == 404
