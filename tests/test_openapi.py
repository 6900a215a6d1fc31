"""The API against its own description: schemathesis sends what the OpenAPI allows and what it does not; nothing may be answered with 5xx or off the description."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from tests.running import Product, product  # noqa: F401 - a fixture

_ROOT = Path(__file__).parent.parent
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,ignored_auth"


def _schemathesis() -> str | None:
    """In an environment of its own (requirements/fuzz.txt), because it pins what the product pins otherwise. CI makes it: .ci/run."""
    own = _ROOT / ".venv-fuzz" / "bin" / "schemathesis"
    return str(own) if own.exists() else shutil.which("schemathesis")


def test_the_description_names_every_error_form(product: Product) -> None:  # noqa: F811 - the fixture above
    described = httpx2.get(f"{product.api_base}/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary") or operation.get("description"), f"{method} {path} says nothing"
            assert {"400", "401", "404"} <= operation["responses"].keys(), f"{method} {path}"


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
        capture_output=True, text=True, timeout=400, cwd=tmp_path, check=False,
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
