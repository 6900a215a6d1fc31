"""Knowledge sources over the public API: from an empty organisation to an answer out of an uploaded file, and refusals in plain words."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from glassine.story import access, worker
from glassine.story.sources.tending import LARGEST_UPLOAD
from glassine.story.world import World
from glassine.web.api import described_sources as described
from glassine.words.ids import new_id
from tests.shop import Shop, founded_shop

FAQ = "Question,Answer\nHow long can I return a lamp?,You can return an unused lamp within 30 days.\nDo you repair lamps?,We repair every lamp for ten years.\n"


@pytest_asyncio.fixture(loop_scope="session")
async def lamps(world: World) -> Shop:
    return await founded_shop(world, "Lamps", f"owner@{new_id()}.example")


async def asked(client: httpx2.AsyncClient, shop: Shop, method: str, path: str, model: Any = None, status: int = 200, **more: Any) -> Any:
    answer = await client.request(method, f"/api/knowledge{path}", headers=shop.bearer, **more)
    assert answer.status_code == status, answer.text
    return TypeAdapter(model).validate_json(answer.content) if model else answer.json() if answer.content else None


async def settled(world: World) -> None:
    while found := await worker._claim(world, 8):
        world.running.update(job.id for job in found)
        for job in found:
            await worker._run_one(world, job)


async def test_an_uploaded_file_is_answered_from_and_gone_when_it_is_deleted(client: httpx2.AsyncClient, world: World, lamps: Shop) -> None:
    kinds = await asked(client, lamps, "GET", "/source-kinds", described.Kinds)
    assert {"files", "folder"} <= {one.kind for one in kinds.items}
    made = await asked(client, lamps, "POST", "/sources", described.Connected, 201, json={"kind": "files", "name": "Papers", "cadence": "manual"})
    at = f"/sources/{made.source.id}"
    await settled(world)
    for _ in range(2):  # the same name again replaces it
        assert (await asked(client, lamps, "PUT", f"{at}/files/faq.csv", described.Uploaded, content=FAQ.encode())).name == "faq.csv"
        await settled(world)
    [file] = (await asked(client, lamps, "GET", f"{at}/files", described.Uploads)).items
    assert (file.type, file.size) == ("text/csv", len(FAQ))
    answer = await client.get(f"/api/knowledge{at}/files/faq.csv", headers=lamps.bearer)
    assert (answer.content.decode(), answer.headers["content-disposition"]) == (FAQ, "attachment; filename*=UTF-8''faq.csv")
    runs = (await asked(client, lamps, "GET", f"{at}/runs", described.Runs)).items
    assert [(run.status, run.counts) for run in runs] == [("completed", {"unchanged": 1}), ("completed", {"added": 1}), ("completed", {})]
    [page] = (await asked(client, lamps, "GET", f"{at}/pages", described.Pages)).items
    assert (page.path, page.status, page.title) == ("faq.csv", "synced", "Faq")
    hits = await asked(client, lamps, "GET", "/search", params={"q": "do you repair lamps"})
    assert hits["items"][0]["heading"] == "Faq › Do you repair lamps?"
    await asked(client, lamps, "DELETE", f"{at}/files/faq.csv", None, 204)
    assert (await asked(client, lamps, "GET", "/search", params={"q": "do you repair lamps"}))["items"] == []
    assert (await asked(client, lamps, "GET", at, described.Source)).pages["synced"] == 0
    await asked(client, lamps, "DELETE", f"{at}/files/faq.csv", None, 404)


async def test_what_is_left_out_and_taken_in(client: httpx2.AsyncClient, world: World, lamps: Shop) -> None:
    made = await asked(client, lamps, "POST", "/sources", described.Connected, 201, json={"kind": "files", "name": "Papers"})
    at = f"/sources/{made.source.id}"
    await asked(client, lamps, "PUT", f"{at}/files/care.md", None, content=b"# Care\n\nWipe the lamp with a dry cloth.")
    await settled(world)
    assert (await asked(client, lamps, "POST", f"{at}/pages/exclude", described.Changed, json={"paths": ["care.md"]})).pages == 1
    assert (await asked(client, lamps, "GET", "/search", params={"q": "dry cloth"}))["items"] == []
    assert [one.reason for one in (await asked(client, lamps, "GET", f"{at}/pages", described.Pages, params={"status": "excluded"})).items] == ["a person excluded it"]
    assert (await asked(client, lamps, "POST", f"{at}/pages/include", described.Changed, json={"paths": ["care.md"]})).pages == 1
    await settled(world)
    assert (await asked(client, lamps, "GET", "/search", params={"q": "dry cloth"}))["items"]
    changed = await asked(client, lamps, "PATCH", at, described.Connected, json={"name": "Care", "cadence": "hour", "readers": "internal", "max_age_hours": 48})
    assert (changed.source.name, changed.source.cadence, changed.source.max_age_hours) == ("Care", "hour", 48)
    await settled(world)
    assert (await asked(client, lamps, "GET", "/search", params={"q": "dry cloth"}))["items"] == [], "it is for the team only now"
    assert (await asked(client, lamps, "POST", f"{at}/sync", described.Begun)).run_id
    assert (await asked(client, lamps, "POST", f"{at}/stop", described.Stopped)).stopped
    assert (await asked(client, lamps, "GET", at, described.Source)).run.status == "cancelled"
    assert (await asked(client, lamps, "POST", f"{at}/decide", described.Changed, json={"delete": True})).pages == 0
    await asked(client, lamps, "DELETE", at, None, 204)
    assert (await asked(client, lamps, "GET", "/articles"))["total"] == 0


@pytest.mark.parametrize(("method", "path", "status", "more", "words"), [
    ("POST", "/sources", 404, {"json": {"kind": "pigeon", "name": "P"}}, "no kind of source"),
    ("POST", "/sources", 400, {"json": {"kind": "folder", "name": "P", "settings": {"path": ""}}}, "Folder is missing"),
    ("POST", "/sources", 400, {"json": {"kind": "folder", "name": "P", "settings": {"path": "/etc"}}}, "has not opened this folder"),
    ("POST", "/sources", 400, {"json": {"kind": "files", "name": "P", "readers": "segment"}}, "at least one segment"),
    ("GET", "/sources/00000000-0000-4000-8000-000000000000", 404, {}, "no such source"),
    ("PUT", "/sources/00000000-0000-4000-8000-000000000000/files/a.md", 404, {"content": b"x"}, "no such source"),
    ("PUT", "/sources/00000000-0000-4000-8000-000000000000/files/a.exe", 415, {"content": b"MZ"}, "not read"),
    ("PUT", "/sources/00000000-0000-4000-8000-000000000000/files/a.pdf", 413, {"content": b"%PDF" + bytes(LARGEST_UPLOAD)}, "larger than 25 MB"),
], ids=lambda given: str(given)[:30])
async def test_refusals_in_plain_words(client: httpx2.AsyncClient, lamps: Shop, method: str, path: str, status: int, more: dict[str, Any], words: str) -> None:
    assert words in (await asked(client, lamps, method, path, None, status, **more))["message"]


async def test_a_key_that_only_reads_changes_nothing(client: httpx2.AsyncClient, world: World, lamps: Shop) -> None:
    key = await access.create_key(world, lamps.owner, "Reader", ["help-center:read"])
    reader = Shop(lamps.org, lamps.owner, key, lamps.widget_token)
    assert (await asked(client, reader, "GET", "/sources", described.Sources)).items == []
    await asked(client, reader, "POST", "/sources", None, 403, json={"kind": "files", "name": "P"})
