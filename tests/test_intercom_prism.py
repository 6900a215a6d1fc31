"""Every request to Intercom, and every answer of its twin, held to Intercom's own OpenAPI description: requests by Prism and by JSON Schema, answers by JSON Schema.

A description proves the form of single requests. What follows from what is played by intercom_twin.py.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema import Draft7Validator

from glassine.words.helpdesks import Enclosed
from tests.intercom_stage import INTERCOM, Stage, staged
from tests.prism import PRISM, ROOT, running, violations
from tests.talk import MARKER, draft, entry
from tests.vendors import Request, Response

pytestmark = pytest.mark.enable_socket
SPEC = ROOT / "tests/vendor/intercom-openapi.yaml.gz"


@pytest.fixture(scope="module")
def spec() -> Mapping[str, Any]:
    return plain_schema(yaml.load(gzip.decompress(SPEC.read_bytes()), Loader=yaml.CSafeLoader))  # type: ignore[no-any-return]  # what it is stands in the file


def plain_schema(value: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` is a type more, and examples are none of a schema's business."""
    if isinstance(value, list):
        return [plain_schema(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: plain_schema(one) for name, one in value.items() if name not in ("example", "examples", "format")}
    if found.get("nullable") is True:
        found |= {"type": [found["type"], "null"]} if isinstance(found.get("type"), str) else {}
        found |= {"enum": [*found["enum"], None]} if "enum" in found else {}
    return found


async def everything(stage: Stage) -> None:
    """Each kind of request once or more."""
    files = (Enclosed(name="a.txt", media_type="text/plain", content=b"x"),)
    ticket = await stage.open(draft(entry(1, "See", files=files), entry(2, "Yes"), group="team:5001", fields={"Reason": "request"}))
    await stage.open(draft(marker="gls" + "b" * 24, group="admin:991267"))
    async with stage.way() as link:
        await INTERCOM.check(link)
        await INTERCOM.find(link, MARKER)
        await INTERCOM.said(link, ticket, await INTERCOM.say(link, ticket, entry(9, "More"), "d"))
        await INTERCOM.set_status(link, ticket, solved=True)
        await INTERCOM.set_status(link, ticket, solved=False)
    await stage.look(ticket)


KINDS = {
    "GET /admins", "GET /contacts/find_by_external_id/{external_id}", "GET /conversations/{conversation_id}", "GET /me", "GET /tags", "GET /teams", "POST /contacts", "POST /contacts/search", "POST /conversations",
    "POST /conversations/search", "POST /conversations/{conversation_id}/parts", "POST /conversations/{conversation_id}/reply", "POST /conversations/{conversation_id}/tags", "POST /tags", "PUT /conversations/{conversation_id}",
}


class Held:
    """What was asked and answered, against the description."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec, self.kinds, self.wrong = spec, set[str](), list[str]()

    def check(self, request: Request, answer: Response) -> None:
        path = urlsplit(request.target).path
        fits = [one for one in self.spec["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path) and request.method.lower() in self.spec["paths"][one]]
        kind = min(fits, key=lambda one: str(one).count("{"))
        self.kinds.add(f"{request.method} {kind}")
        described = self.spec["paths"][kind][request.method.lower()]
        if request.body:
            self._against(described["requestBody"], request.body, f"what {kind} is asked")
        if answer.status < 300:
            self._against(described["responses"][str(answer.status)], answer.body, f"what {kind} answers")

    def _against(self, described: Mapping[str, Any], body: bytes, what: str) -> None:
        validator = Draft7Validator({**described["content"]["application/json"]["schema"], "components": self.spec["components"]})  # so that its references lead there
        self.wrong += [f"{what}: {error.message[:200]}" for error in validator.iter_errors(json.loads(body))]


async def test_requests_and_the_answers_of_the_twin_keep_to_intercoms_own_description(spec: Mapping[str, Any]) -> None:
    held = Held(spec)
    async with staged() as stage:
        inner = stage.space.answer

        def answered(request: Request) -> Response:
            answer = inner(request)
            held.check(request, answer)
            return answer

        stage.server.answer = answered
        await everything(stage)
    assert held.kinds == KINDS
    assert held.wrong == []


def test_what_breaks_it_is_seen(spec: Mapping[str, Any]) -> None:
    held = Held(spec)
    held.check(Request(method="POST", target="/conversations", headers={}, body=b'{"from": {"type": "robot"}}'), Response(body=b'{"id": 5}'))
    assert len(held.wrong) > 3


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The description wants ids of contacts that are UUIDs of 24 characters, which none can be: its own example is 24 hexadecimal digits."""
    text, times = re.subn(r"\n +format: uuid(?=\n +minLength: 24\n)", "", gzip.decompress(SPEC.read_bytes()).decode())
    assert times
    path = tmp_path_factory.mktemp("prism") / "intercom.yaml"
    path.write_text(text, encoding="utf-8")
    with running(path) as url:
        yield url


@pytest.mark.long
@pytest.mark.skipif(PRISM is None, reason="no Prism here; .ci/run says how it is installed")
async def test_prism_finds_no_violation(prism: str) -> None:
    async with staged() as stage:
        await everything(stage)
        made = list(stage.server.seen)
    assert await violations(prism, made) == []
    assert await violations(prism, [Request(method="POST", target="/conversations", headers={"authorization": "Bearer x", "content-type": "application/json"}, body=b'{"body": 7}')])
