"""The API against its own description: schemathesis sends what the OpenAPI allows and what it does not; nothing may be answered with 5xx or off the description."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from pydantic import TypeAdapter

from glassine.web.api import described, described_articles, described_turns
from glassine.words.boundaries import BOUNDARIES
from tests.running import Product, product  # noqa: F401 - a fixture
from tests.shop import Shop

_ROOT = Path(__file__).parent.parent
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,ignored_auth"


NOT_JSON = {"get /knowledge/sources/{id}/files/{name}", "get /files/{org}/{id}/{signature}", "get /backend/widget/v2/stream/{id}", "post /backend/widget/v2/action/execute"}


def _schemathesis() -> str | None:
    """In an environment of its own (requirements/fuzz.txt), because it pins what the product pins otherwise. CI makes it: .ci/run."""
    own = _ROOT / ".venv-fuzz" / "bin" / "schemathesis"
    return str(own) if own.exists() else shutil.which("schemathesis")


def _description(running: Product) -> Any:
    """Waited for long: on a busy machine making it, which happens once, takes more than the client's usual five seconds."""
    return httpx2.get(f"{running.api_base}/openapi.json", timeout=60).json()


def test_the_description_names_every_error_form(product: Product) -> None:  # noqa: F811 - the fixture above
    description = _description(product)
    assert description["openapi"].startswith("3.1")
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary") or operation.get("description"), f"{method} {path} says nothing"
            assert {"400", "401", "404"} <= operation["responses"].keys(), f"{method} {path}"


def test_the_description_shows_what_every_answer_looks_like(product: Product) -> None:  # noqa: F811 - the fixture above
    paths = _description(product)["paths"]
    silent = [
        f"{method} {path}" for path, methods in paths.items() for method, operation in methods.items()
        for status in ("200", "201") for shown in operation["responses"].get(status, {}).get("content", {}).values() if not shown.get("schema")
    ]
    assert set(silent) <= NOT_JSON


async def test_answers_look_as_described(client: httpx2.AsyncClient, shop: Shop) -> None:
    async def asked(method: str, path: str, model: Any, body: Any = None, headers: dict[str, str] = shop.bearer) -> Any:
        answer = await client.request(method, f"/api{path}", json=body, headers=headers)
        return TypeAdapter(model).validate_json(answer.content)

    about = {"contact": {"email": "ada@example.com", "name": "Ada"}, "custom_data": {"plan": "pro"}}
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json=about)).json()["id"]
    await asked("POST", f"/chat/sessions/{session}/send", described.Sent, {"message": {"text": "I want to talk to a human being, please"}})
    await asked("POST", f"/chat/sessions/{session}/send", described.Sent, {"sender": "human_agent", "message": {"text": "Hello."}})
    await asked("GET", "/chat/sessions?limit=1", described.Page[described.Session])
    await asked("GET", f"/chat/sessions/{session}/history", described.Page[described.HistoryItem])
    [turn] = (await asked("GET", f"/chat/sessions/{session}/inspect", described.Turns)).turns
    assert (await asked("POST", f"/chat/sessions/{session}/turns/{turn['id']}/replay", described_turns.Replay)).same
    await asked("POST", f"/chat/sessions/{session}/turns/{turn['id']}/what-if", described_turns.WhatIf, {"autopilot": "assist"})
    await asked("GET", "/contacts?limit=1", described.Page[described.Contact])
    await asked("POST", "/knowledge/articles", described_articles.Article, {"title": "Returns", "body": "You can return an unused lamp within 30 days."})
    await asked("GET", "/knowledge/articles", described_articles.Articles)
    assert (await asked("GET", "/knowledge/search?q=return a lamp", described.Hits)).items
    assert (await asked("GET", "/signing-key", described.SigningKey)).algorithm == "Ed25519"
    assert (await asked("POST", "/redaction/preview", described.Preview, {"text": "ada@example.com"})).findings
    policy = await asked("GET", "/redaction/policy", described.RedactionPolicy)
    await asked("PUT", "/redaction/policy", described.RedactionPolicy, policy.model_dump(mode="json"))
    await asked("GET", "/autopilot", described.Modes)
    assert len((await asked("GET", "/data-map", described.DataMap)).boundaries) == len(BOUNDARIES)
    assert (await asked("PUT", "/ai", described.Switched, {"enabled": True})).enabled
    await asked("PUT", "/boundaries/help", described.Switched, {"enabled": True})
    who = {"X-Bot-Token": shop.widget_token}
    who |= {"Authorization": "Bearer " + (await asked("POST", "/widget/authenticate-user", described.Vouched, {"email": "ada@example.com"})).token}
    begun = await asked("POST", "/backend/widget/v2/create-session", described.WidgetSession, {}, who)
    for text in ("I want to talk to a human being, please", ""):
        await asked("POST", "/backend/widget/v2/chat/send", described.WidgetSent, {"session_id": str(begun.id), "content": text}, who)
    await asked("POST", "/backend/widget/v2/session/resolve", described.WidgetSession, {"session_id": str(begun.id)}, who)
    assert len((await asked("GET", f"/backend/widget/v2/poll/{begun.id}", described.Polled, headers=who)).history) == 3


@pytest.mark.long
@pytest.mark.parametrize("part", ["", "/chat/sessions/{id}", "/backend/widget"])
@pytest.mark.skipif(_schemathesis() is None and os.environ.get("CI") != "true", reason="schemathesis is not installed: python -m venv .venv-fuzz, then requirements/fuzz.txt")
def test_nothing_breaks_the_api(product: Product, tmp_path: Path, part: str) -> None:  # noqa: F811 - the fixture above
    """Everything with an API key; then what hangs on a session, with a real one; then the widget, as a visitor with a session."""
    program = _schemathesis()
    assert program, "CI installs schemathesis (.ci/run)"
    token, session = (product.api_key, product.ask("POST", "/chat/sessions", {}).json()["id"]) if "widget" not in part else _visitor(product)
    (tmp_path / "schemathesis.toml").write_text("".join(f'"{name}" = "{session}"\n' for name in ("path.id", "body.session_id", "body.sessionId")).join(["[parameters]\n", ""]) if part else "")
    run = subprocess.run(
        [
            program, "--config-file", "schemathesis.toml", "run", f"{product.api_base}/openapi.json", "--header", f"Authorization: Bearer {token}",
            "--header", f"X-Bot-Token: {product.widget_token}", "--checks", _CHECKS, "--phases", "coverage,fuzzing", "--max-examples", "8", "--seed", "1",
            "--generation-database", "none", "--suppress-health-check", "all", "--exclude-path-regex", "/stream/", "--request-timeout", "30", "--no-color",
            *(["--include-path-regex", re.escape(part)] if part else []),
        ],
        capture_output=True, text=True, timeout=1_500, cwd=tmp_path, check=False,
    )
    assert run.returncode == 0, run.stdout[-6_000:] + run.stderr[-2_000:]
    assert "passed" in run.stdout


def _visitor(running: Product) -> tuple[str, str]:
    """A widget contact's token and a session of theirs."""
    site = {"X-Bot-Token": running.widget_token}
    token = httpx2.post(f"{running.api_base}/backend/widget/v2/contact/create-unverified", headers=site, json={}).json()["token"]
    made = httpx2.post(
        f"{running.api_base}/backend/widget/v2/create-session", headers=site | {"Authorization": f"Bearer {token}"}, json={"customData": {"external_id": str(uuid4())}},
    )
    return token, str(made.json()["id"])
