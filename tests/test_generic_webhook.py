"""Any system by HTTP: what is sent and what may be sent back is what its JSON Schema says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import pytest_asyncio

from glassine import connect
from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Enclosed
from glassine.words.ids import OrgId, new_id
from tests.generic_webhook_twin import GenericTwin
from tests.helpdesk_twins import running
from tests.test_helpdesks_contract import Side, _draft, _entry
from tests.vendors import Response

SCHEMA = json.loads((Path(__file__).parent.parent / "docs/generic-webhook.schema.json").read_text(encoding="utf-8"))


def fits(part: str, content: Any) -> bool:
    """Whether it is what the schema calls by this name."""
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": SCHEMA["$defs"]}, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    return bool(validator.is_valid(content))


@pytest_asyncio.fixture
async def side() -> AsyncIterator[Side]:
    async with running(GenericTwin()) as twin:
        gate, module = Gate(allowed_private=places([twin.url])), connect.helpdesk("generic_webhook")
        yield Side(twin, module, GateHelpdeskLink(gate=gate, org=OrgId(new_id()), settings=twin.settings(), hosts=module.hosts(twin.settings())))
        await gate.aclose()


async def test_what_is_sent_is_what_the_schema_says(side: Side) -> None:
    await side.module.check(side.link)
    ticket = await side.module.open(side.link, _draft(), "key")
    await side.module.say(side.link, ticket, _entry(9, "Later."), "key-2")
    await side.module.set_status(side.link, ticket, solved=True)
    await side.module.look(side.link, ticket, "")
    sent = [json.loads(request.body) for request in side.twin.seen]
    assert [one["type"] for one in sent] == ["check", "ticket.open", "ticket.say", "ticket.status", "ticket.look"]
    assert [one["type"] for one in sent if not fits("sent", one)] == []
    assert not fits("sent", {"type": "ticket.open"})


async def test_what_its_people_do_is_what_the_schema_says(side: Side) -> None:
    ticket, other = await side.module.open(side.link, _draft(), "key"), await side.module.open(side.link, _draft(1), "key-2")
    await side.twin.answer(ticket.id, "Hello.")
    await side.twin.answer(ticket.id, "A note.", public=False)
    await side.twin.solve(ticket.id)
    await side.twin.reopen(ticket.id)
    await side.twin.merge(ticket.id, other.id)
    await side.twin.delete(other.id)
    sent = [json.loads(hook.body) for hook in side.twin.hooks]
    assert [one["type"] for one in sent] == ["reply", "note", "solved", "reopened", "merged", "deleted"]
    assert [one["type"] for one in sent if not fits("event", one)] == []
    assert not fits("event", {**sent[0], "text": 7})


async def test_files_go_along_and_what_is_too_large_is_named(side: Side) -> None:
    ticket = await side.module.open(side.link, _draft(1), "key")
    small, large = Enclosed(name="receipt.pdf", media_type="application/pdf", content=b"%PDF"), Enclosed(name="film.bin", media_type="text/plain", content=b"x" * 1_400_000)
    entry = _entry(9, "See these.")
    await side.module.say(side.link, ticket, replace(entry, files=(small, large)), "k")
    sent = json.loads(side.twin.seen[-1].body)["entry"]
    assert ([one["name"] for one in sent["files"]], sent["files_left_out"]) == (["receipt.pdf"], ["film.bin"])
    assert side.twin.comments(ticket.id)[-1].files == ("receipt.pdf",)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"url": "x"}', b'{"id": ""}', b'{"id": {}}'])
async def test_a_ticket_without_an_id_is_none(side: Side, body: bytes) -> None:
    twin = side.twin
    assert isinstance(twin, GenericTwin)
    twin.answered["key"] = Response(status=200, body=body)
    with pytest.raises(DeliveryFailed) as failed:
        await side.module.open(side.link, _draft(1), "key")
    assert failed.value.unknown


async def test_a_link_that_is_no_address_of_the_web_is_not_shown(side: Side) -> None:
    twin = side.twin
    assert isinstance(twin, GenericTwin)
    twin.answered["key"] = Response(status=200, body=b'{"id": "T-1", "url": "javascript:alert(1)"}')
    assert (await side.module.open(side.link, _draft(1), "key")).url == ""
