"""Custom fields that a language model fills in with its summary: what may stand in one, what stays empty, and where it all can be seen and is gone again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from bench.stub_model import StubModel
from glassine.connect.hubspot import setting_up as hubspot
from glassine.connect.zendesk import rights
from glassine.rules import custom_fields as rules
from glassine.rules import summarising as asking
from glassine.story import contacts, conversations, desk, summarising
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.filling import WrongFields
from glassine.story.helpdesks import setting_up
from glassine.story.helpdesks.setting_up import Options
from glassine.story.inbound import open_session
from glassine.story.inspection import inspecting, replaying
from glassine.story.privacy import erasing, exporting, redacting
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.custom_fields import FieldForm, Form, Wanted
from glassine.words.helpdesks import Connected
from glassine.words.ids import SessionId
from glassine.words.replays import StepName, Verdict
from glassine.words.sessions import ChannelKind
from tests import desks
from tests.generic_webhook_twin import GenericTwin
from tests.office import signed_in
from tests.shop import Shop
from tests.tables import holding

SETTINGS = {"llm_model": "stub"}
KIND = "generic_webhook"
FILLING = "product = Which product is it about? | lamp | kettle\nsince = Since when is it broken?\nreply_to = Where does the customer want an answer?"
FORMS = {
    "1": FieldForm(title="Product", form=Form.CHOICE, choices={"p_lamp": "Desk lamp", "p_kettle": "Kettle"}), "2": FieldForm(title="Amount", form=Form.WHOLE), "3": FieldForm(title="Bought", form=Form.DATE),
    "4": FieldForm(title="Urgent", form=Form.YES_NO), "5": FieldForm(title="Related tickets", form=Form.OTHER), "6": FieldForm(title="Note"),
}  # fmt: skip
SAID = "I bought 2 kettles on 2026-03-15 and one leaks since 12 May. Answer to max@muster.example, please."


def wanted(lines: str) -> tuple[Wanted, ...]:
    return rules.wanted(lines, FORMS, "desk")


def test_fields_are_found_by_number_and_by_name_and_take_the_choices_of_the_helpdesk() -> None:
    found = wanted("1 = Which product?\nAmount = How many?\nproduct = Which? | Kettle\nelse = What else? | a | b\n5 = Which others?\nnonsense")
    assert [(one.name, one.form, dict(one.choices)) for one in found] == [
        ("1", Form.CHOICE, {"p_lamp": "Desk lamp", "p_kettle": "Kettle"}), ("Amount", Form.WHOLE, {}), ("product", Form.CHOICE, {"p_kettle": "Kettle"}), ("else", Form.CHOICE, {"a": "a", "b": "b"}),
    ]  # fmt: skip
    assert "F1: Which product? Answer with one of: Desk lamp; Kettle." in rules.asks(found)


@pytest.mark.parametrize(("lines", "says"), [
    ("1", "is not a field"), ("1 =", "is not a field"), ("1 = A?\n1 = B?", "stands there twice"), ("7 = What?", "filled from a value above"), ("5 = Which?", "only people can choose"),
    ("1 = Which? | Toaster", "no choice called Toaster. It has: Desk lamp, Kettle"), (f"6 = {'x' * 400}", "too long"), ("\n".join(f"f{n} = What?" for n in range(13)), "at most 12"),
])  # fmt: skip
def test_lines_that_cannot_be_right_are_named(lines: str, says: str) -> None:
    assert says in rules.wrong(lines, {"7"}, FORMS)


def test_lines_that_are_right_are_not() -> None:
    assert rules.wrong("1 = Which? | Kettle\n2 = How many?\nAny = What else?", {"7"}, FORMS) == ""


@pytest.mark.parametrize(("field", "answer", "value"), [
    ("1", "kettle", "p_kettle"), ("1", "p_lamp", "p_lamp"), ("1", "toaster", None), ("2", "2", "2"), ("2", "3", None), ("2", "two", None), ("2", "2.5", None), ("3", "2026-03-15", "2026-03-15"),
    ("3", "2026-03-16", None), ("3", "2026-02-30", None), ("4", "Yes", "true"), ("4", "no", "false"), ("4", "maybe", None), ("6", "one leaks", "one leaks"), ("6", "13 May", None),
    ("6", "[EMAIL_1]", "[EMAIL_1]"), ("6", "[EMAIL_2]", None), ("6", "eve@evil.example", None), ("6", "", None), ("6", 7, None), ("6", None, None), ("6", "x" * 201, None),
])  # fmt: skip
def test_only_what_fits_and_was_said_is_filled_in(field: str, answer: object, value: str | None) -> None:
    said = SAID.replace("max@muster.example", "[EMAIL_1]")
    found = rules.read({"F1": answer}, wanted(f"{field} = What?"), lambda text: asking._covered(text, said))
    assert found.fields == ({"desk": {field: value}} if value else {})
    assert bool(found.notes) == (value is None)


@pytest_asyncio.fixture
async def twin(world: World, monkeypatch: pytest.MonkeyPatch, model: StubModel) -> AsyncIterator[GenericTwin]:
    async with desks.reaching(world, monkeypatch, GenericTwin(), also=model.url) as running:
        assert isinstance(running, GenericTwin)
        world.models.clear()  # those that are kept go out by the gate of before
        model.mode = "ok"
        yield running
    world.models.clear()


@pytest_asyncio.fixture
async def acme(world: World, shop: Shop, twin: GenericTwin) -> Connected:
    made, _ = await setting_up.create(world, shop.owner, KIND, {**twin.settings(), "filling": FILLING, "mapping": "reason = reasons"}, Options(name=f"Desk {uuid4().hex[:6]}"))
    return made


def answers(fields: dict[str, Any], summary: str = "A kettle leaks.") -> str:
    return json.dumps({"summary": summary, "sentiment": "neutral", "fields": fields})


async def handed(world: World, shop: Shop, acme: Connected) -> SessionId:
    id = await desks.talk(world, shop, SAID)
    await desks.hand_off(world, shop.org, id, acme)
    return id


async def test_the_summarys_own_call_fills_them_in_and_the_ticket_bears_them(world: World, shop: Shop, twin: GenericTwin, acme: Connected, model: StubModel) -> None:
    id = await handed(world, shop, acme)
    model.answer = lambda _: answers({"F1": "Kettle", "F2": "12 May", "F3": "[EMAIL_1]"})
    before, model.bodies[:] = model.calls, []
    await summarising.run(world, shop.org, id)
    assert model.calls == before + 1, "no call beside the summary's"
    assert "F1: Which product is it about? Answer with one of: lamp; kettle." in model.bodies[0]["messages"][0]["content"]
    assert "max@muster.example" not in json.dumps(model.bodies)
    await desks.summed_up(world, shop.org, id)
    await desks.bring(world, shop.org, acme.id)
    (there,) = twin.tickets()
    told = there.fields
    assert told["product"] == "kettle"
    assert told["since"] == "12 May"
    assert told["reply_to"] == "[EMAIL_1]", "this helpdesk is told texts masked"
    (row,) = await inspecting.every_summary(world, shop.owner, id)
    assert (row["outcome"], row["model"], row["turn_id"]) == ("written", "stub", None)
    assert row["trace"]["asked"][0]["request"]["messages"] == model.bodies[0]["messages"], "word for word as it was sent"
    assert row["trace"]["masked"] == {"email": 1}
    assert row["trace"]["usage"]["prompt_tokens"] > 0


async def test_what_is_not_sure_stays_empty_and_inspect_says_why(world: World, shop: Shop, twin: GenericTwin, acme: Connected, model: StubModel) -> None:
    id = await handed(world, shop, acme)
    model.answer = lambda _: answers({"F1": "toaster", "F2": "", "F3": "eve@evil.example"}, summary="Call 555 1234.")
    await summarising.run(world, shop.org, id)
    (row,) = await inspecting.every_summary(world, shop.owner, id)
    assert (row["outcome"], row["fields"]) == ("refused", {})
    assert [note.partition(":")[0] for note in row["trace"]["notes"]] == ["product stays empty", "since stays empty", "reply_to stays empty"]
    assert "eve@evil.example" not in json.dumps(row["trace"]), "what the model makes up of somebody is not kept"
    await desks.summed_up(world, shop.org, id)
    await desks.bring(world, shop.org, acme.id)
    assert not {"product", "since", "reply_to"} & set(twin.tickets()[0].fields)


async def test_a_model_that_fails_leaves_its_request_and_why(world: World, shop: Shop, acme: Connected, model: StubModel) -> None:
    id = await handed(world, shop, acme)
    model.mode = "500"
    await summarising.run(world, shop.org, id)
    (row,) = await inspecting.every_summary(world, shop.owner, id)
    assert row["outcome"] == "failed"
    assert row["trace"]["asked"][0]["failed"]
    assert row["trace"]["answer"] is None
    async with signed_in(world, shop.owner) as page:
        shown = (await page.get(f"/inbox/sessions/{id}/summaries")).text
    assert "It gave no answer, so the customer" in shown
    assert "500" in shown


async def test_the_pages_and_the_api_show_it(world: World, shop: Shop, acme: Connected, model: StubModel) -> None:
    id = await handed(world, shop, acme)
    model.answer = lambda _: answers({"F1": "kettle", "F2": "", "F3": ""})
    await summarising.run(world, shop.org, id)
    async with signed_in(world, shop.owner) as page:
        shown = (await page.get(f"/inbox/sessions/{id}/summaries")).text
        form = (await page.get(f"/settings/helpdesks/{acme.id}/edit")).text
    assert "What it wrote is what your team reads first" in shown
    assert "Which product is it about?" in shown
    assert "since stays empty: the model was not sure" in shown
    assert "Custom fields that the AI fills" in form
    assert "No language model is set" not in form


async def test_redacting_empties_it_and_erasing_removes_it(world: World, shop: Shop, acme: Connected, model: StubModel) -> None:
    id = await handed(world, shop, acme)
    model.answer = lambda _: answers({"F1": "kettle", "F2": "the zinc spout", "F3": ""}, summary="The brass lid drips.")
    await summarising.run(world, shop.org, id)
    session = await conversations.session(world, shop.org, id)
    document = await exporting.export(world, shop.owner, session.contact)
    assert document["sessions"][0]["summaries"][0]["ticket_fields"] == {"product": "kettle", "since": "the zinc spout"}
    assert {"summaries.trace", "summaries.fields"} <= holding(world.settings, "the zinc spout")
    await redacting.redact_session(world, shop.owner, id)
    assert holding(world.settings, "the zinc spout", "The brass lid drips") == set()
    (row,) = await inspecting.every_summary(world, shop.owner, id)
    assert row["redacted_at"] is not None
    async with signed_in(world, shop.owner) as page:
        assert "has been erased for good" in (await page.get(f"/inbox/sessions/{id}/summaries")).text
    await erasing.erase(world, shop.owner, session.contact)
    assert not {one for one in holding(world.settings, str(id)) if one.startswith("summaries.")}


async def test_what_is_redacted_while_the_model_is_asked_is_not_kept(world: World, shop: Shop, acme: Connected, model: StubModel, monkeypatch: pytest.MonkeyPatch) -> None:
    id = await handed(world, shop, acme)
    model.answer = lambda _: answers({"F1": "kettle", "F2": "", "F3": ""})
    keep = summarising._keep

    async def redacted_before(*given: Any) -> None:
        await redacting.redact_session(world, shop.owner, id)
        await keep(*given)

    monkeypatch.setattr(summarising, "_keep", redacted_before)
    await summarising.run(world, shop.org, id)
    assert await inspecting.every_summary(world, shop.owner, id) == []


async def test_a_helpdesk_that_gets_a_conversation_later_is_filled_in_for_too(world: World, shop: Shop, acme: Connected, model: StubModel) -> None:
    id = await desks.talk(world, shop, SAID)
    await desk.take_over(world, shop.owner, id)
    await desks.summed_up(world, shop.org, id)
    await desk.give(world, shop.owner, id, acme.id)
    assert await desks.waits_to_be_summed_up(world, shop.org, id)


async def test_settings_that_cannot_be_right_are_refused(world: World, shop: Shop, twin: GenericTwin, acme: Connected) -> None:
    with pytest.raises(WrongFields) as refused:
        await setting_up.change(world, shop.owner, acme.id, {**acme.settings, "mapping": "product = reasons"}, Options(name=acme.name))
    assert "filled from a value above" in refused.value.wrong["filling"]


async def test_a_turn_that_handed_off_shows_its_summary_and_replays_it(world: World, shop: Shop, model: StubModel) -> None:
    contact = await contacts.create(world, shop.org, Identity(non_verified_name="Max Muster"), verified=False)
    id = (await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4())).id
    assert (await exchange(world, shop.org, id, Inbound(external_id=uuid4(), text="My kettle leaks. Let me speak to a real person please"))).handed_off
    model.mode, model.answer = "ok", lambda _: json.dumps({"summary": "A leaking kettle.", "sentiment": "neutral"})
    await summarising.run(world, shop.org, id)
    turn = await inspecting.newest(world, shop.owner, id)
    (row,) = (await inspecting.look(world, shop.owner, id, turn)).summed
    assert row["outcome"] == "written"
    async with signed_in(world, shop.owner) as page:
        shown = (await page.get(f"/inbox/sessions/{id}/turns/{turn}")).text
        assert "Summed up for people" in shown
        assert "A leaking kettle." in shown
        assert "Summed up by stub" in (await page.get(f"/inbox/sessions/{id}")).text
    step = (await replaying.replay(world, shop.owner, id, turn)).steps[-1]
    assert (step.name, step.verdict) == (StepName.SUMMARY, Verdict.SAME)
    assert "No model is asked again" in step.says


def test_zendesk_and_hubspot_tell_what_may_stand_in_a_field() -> None:
    kinds = {"text": Form.TEXT, "integer": Form.WHOLE, "decimal": Form.NUMBER, "date": Form.DATE, "checkbox": Form.YES_NO, "multiselect": Form.OTHER, "lookup": Form.OTHER, "tagger": Form.OTHER}
    assert {kind: rights._form({"id": 7, "type": kind, "title": "T"}).form for kind in kinds} == kinds
    found = rights._form({"id": 7, "type": "tagger", "title": "Product", "custom_field_options": [{"name": "Desk lamp", "value": "p_lamp"}]})
    assert found == FieldForm(title="Product", form=Form.CHOICE, choices={"p_lamp": "Desk lamp"})
    options = [{"label": "Billing", "value": "BILLING_ISSUE"}, {"label": "Old", "value": "OLD", "hidden": True}]
    assert hubspot._form({"name": "hs_ticket_category", "label": "Category", "type": "enumeration", "options": options}) == FieldForm(title="Category", form=Form.CHOICE, choices={"BILLING_ISSUE": "Billing"})
    assert hubspot._form({"name": "met", "type": "datetime"}).form is Form.OTHER
    assert [hubspot._writable(one) for one in ({"name": "colour"}, {"name": "subject"}, {"name": "glassine_link"}, {"name": "x", "calculated": True}, {"name": "y", "modificationMetadata": {"readOnlyValue": True}})] == [True, False, False, False, False]


def test_what_is_stored_of_a_form_and_a_wish_is_read_back() -> None:
    for one in FORMS.values():
        assert FieldForm.read(one.stored()) == one
    for each in wanted("1 = Which?\n2 = How many?\nelse = What? | a | b"):
        assert Wanted.read(each.stored()) == each
