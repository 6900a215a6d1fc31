"""What a customer's widget, and a program for them, see and say of calls that wait: a yes with its call, a form, what came of it, and never another's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, asks, told
from bench.stub_wires import Says
from glassine.config import Settings
from glassine.story.actions import definitions
from glassine.story.world import World
from glassine.words.actions import Action, ActionId, Filler, Parameter, Policy, Where
from glassine.words.ids import new_id
from tests.shop import Shop
from tests.vendors import Response, Vendor, vendor

Client = httpx2.AsyncClient
Json = dict[str, Any]
TEXT = {"type": "string", "minLength": 2}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api() -> AsyncIterator[Vendor]:
    async with vendor(lambda _: Response(body=json.dumps({"case": "K-7", "state": "open"}).encode(), headers={"Content-Type": "application/json"})) as running:
        yield running


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, model: StubModel, api: Vendor) -> Settings:
    return Settings(home=home, database_url=database_url, llm_model="stub", llm_url=model.url, allow_private=(api.url,))


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def made(world: World, shop: Shop, api: Vendor) -> None:
    fields = (
        Parameter(name="order", where=Where.BODY, schema={"type": "string"}, required=True),
        Parameter(name="what", where=Where.BODY, schema=TEXT, required=True, filler=Filler.FORM, description="What is broken?"),
        Parameter(name="how_many", where=Where.QUERY, schema={"type": "integer", "minimum": 1}, filler=Filler.FORM),
    )
    await definitions.create(world, shop.owner, Action(id=ActionId(new_id()), name="open_case", title="Open a case", description="Opens a case for something broken.", method="POST", url=f"{api.url}/cases", parameters=fields, policy=Policy(channels=())))
    await definitions.create(world, shop.owner, Action(id=ActionId(new_id()), name="close_case", title="Close a case", description="Closes a case for the customer.", method="POST", url=f"{api.url}/close", policy=Policy(channels=(), confirm=True)))


@pytest.fixture(autouse=True)
def well(model: StubModel, api: Vendor) -> None:
    api.seen.clear()
    model.script = [
        (lambda body: 'new="yes"' in str(body["messages"][1]["content"]), "Your case K-7 is open."),
        (asks("It is broken"), Says(calls=(("open_case", {"order": "W-1"}),))),
        (asks("Close it"), Says(calls=(("close_case", {}),))),
        (told(""), "I cannot do that. What else?"),
    ]
    model.answer = "HANDOFF: no"


class Visitor:
    """A browser with our widget in it."""

    def __init__(self, client: Client, shop: Shop) -> None:
        self.client, self.headers, self.external = client, {"X-Bot-Token": shop.widget_token}, str(uuid4())

    async def begin(self) -> str:
        self.headers["Authorization"] = f"Bearer {(await self.post('contact/create-unverified', {}))['token']}"
        self.session = str((await self.post("create-session", {"customData": {"external_id": self.external}}))["id"])
        return self.session

    async def post(self, path: str, body: Json, status: int | None = None) -> Json:
        answer = await self.client.post(f"/api/backend/widget/v2/{path}", headers=self.headers, json=body)
        assert answer.status_code == status if status else answer.is_success, answer.text
        found: Json = answer.json()
        return found

    async def say(self, text: str, **more: Any) -> Json:
        return await self.post("chat/send", {"uuid": str(uuid4()), "content": text, "session_id": self.session, "bot_token": "", **more})

    async def rows(self) -> list[Json]:
        found: list[Json] = (await self.client.get(f"/api/backend/widget/v2/poll/{self.session}", headers=self.headers)).json()["history"]
        return found


@pytest_asyncio.fixture
async def visitor(client: Client, shop: Shop) -> Visitor:
    made = Visitor(client, shop)
    await made.begin()
    return made


async def test_a_form_is_shown_filled_in_and_its_outcome_told(visitor: Visitor, api: Vendor) -> None:
    sent = await visitor.say("It is broken, my mail is ada@example.com")
    form = sent["formSubmission"]
    assert (form["name"], form["schema"]["required"], form["schema"]["properties"]["what"]["description"]) == ("open_case", ["what"], "What is broken?")
    assert [one["name"] for one in form["openapi"]["parameters"]] == ["how_many"]
    assert form["openapi"]["requestBody"]["content"]["application/json"]["schema"]["required"] == ["what"]
    [asked] = [row for row in await visitor.rows() if row["waiting"]]
    assert (asked["waiting"]["kind"], asked["waiting"]["open"], asked["waiting"]["lines"]) == ("form", True, [["Order", "W-1"]])
    assert asked["actionCalls"][0]["action"]["required_form_submission"] is True
    body = {"sessionId": visitor.session, "formMessageId": form["formMessageId"], "actionId": form["id"], "request": {"queryParams": {"how_many": 2, "other": "x"}, "bodyParams": {"what": "x"}}}
    wrong = await visitor.post("action/execute", body, 400)
    assert "what" in wrong["message"]
    body["request"] = {"queryParams": {"how_many": 2}, "pathParams": {}, "bodyParams": {"what": "The shade, write to ada@example.com"}, "headers": {}}
    done = await visitor.post("action/execute", body)
    assert done == {"action": {"response": {"case": "K-7", "state": "open"}}, "state": "done"}
    assert (api.seen[-1].target, json.loads(api.seen[-1].body)) == ("/cases?how_many=2", {"order": "W-1", "what": "The shade, write to ada@example.com"})
    assert (await visitor.post("action/execute", body, 409))["message"].startswith("This does not wait for you any more.")
    after = await visitor.say("", action_form_submitted_prompt="The form was sent.")
    assert after["autopilotResponse"]["value"]["content"] == "Your case K-7 is open."
    rows = await visitor.rows()
    assert [row["content"]["text"] for row in rows][-1] == "Your case K-7 is open."
    assert [row["waiting"]["open"] for row in rows if row["waiting"]] == [False]
    assert len(api.seen) == 1


async def test_a_button_names_its_call_and_its_words_stand_in_the_conversation(visitor: Visitor, api: Vendor) -> None:
    sent = await visitor.say("Close it")
    waits = sent["autopilotResponse"]["waiting"]
    assert (waits["kind"], waits["title"], sent["autopilotResponse"]["choices"]) == ("confirm", "Close a case", ["Yes, do it", "No, leave it"])
    done = await visitor.say("Ja, gerne doch", answers={"call": waits["id"], "yes": True})
    assert done["autopilotResponse"]["value"]["content"] == "Your case K-7 is open."
    assert [request.target for request in api.seen] == ["/close"]
    again = await visitor.say("Ja, gerne doch", answers={"call": waits["id"], "yes": True})
    assert again["autopilotResponse"]["value"]["content"].startswith("This has been done:")
    assert len(api.seen) == 1
    told_ = [row for row in await visitor.rows() if row["actionCalls"]]
    assert told_[-1]["actionCalls"][0]["actionName"] == "close_case"


async def test_nobody_answers_for_somebody_else(visitor: Visitor, client: Client, shop: Shop, api: Vendor) -> None:
    sent = await visitor.say("It is broken")
    form = sent["formSubmission"]
    other = Visitor(client, shop)
    await other.begin()
    body = {"formMessageId": form["formMessageId"], "actionId": form["id"], "request": {"bodyParams": {"what": "The shade"}}}
    await other.post("action/execute", {"sessionId": visitor.session, **body}, 404)
    await other.post("action/execute", {"sessionId": other.session, **body}, 404)
    await other.say("Close it")
    await other.say("Yes", answers={"call": form["callId"], "yes": True})
    assert api.seen == []


async def test_a_customer_may_leave_a_form(visitor: Visitor, api: Vendor) -> None:
    form = (await visitor.say("It is broken"))["formSubmission"]
    left = await visitor.post("action/execute", {"sessionId": visitor.session, "formMessageId": form["formMessageId"], "cancel": True})
    assert left["state"] == "declined"
    after = await visitor.say("", action_form_submitted_prompt="left")
    assert after["autopilotResponse"]["value"]["content"].startswith("All right, nothing was done.")
    assert api.seen == []


async def test_a_program_gets_and_gives_the_same(client: Client, shop: Shop, api: Vendor) -> None:
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
    at = f"/api/chat/sessions/{session}"
    data = (await client.post(f"{at}/send", headers=shop.bearer, json={"message": {"type": "text", "text": "It is broken"}})).json()["data"]
    call = data["formSubmission"]["callId"]
    assert data["autopilotResponse"]["debugInfo"]["actionCalls"] == [{"action": "open_case", "arguments": {"order": "W-1"}, "result": None}]
    refused = await client.post(f"{at}/calls/{call}", headers=shop.bearer, json={"form": {"what": "x"}})
    assert refused.status_code == 400
    done = (await client.post(f"{at}/calls/{call}", headers=shop.bearer, json={"form": {"what": "The shade"}})).json()
    assert (done["action"], done["state"]) == ("open_case", "done")
    for _ in range(200):
        if "K-7" in (await client.get(f"{at}/history", headers=shop.bearer)).text:
            break
        await asyncio.sleep(0.05)
    asked = (await client.post(f"{at}/send", headers=shop.bearer, json={"message": {"type": "text", "text": "Close it"}})).json()["data"]["autopilotResponse"]
    sent = (await client.post(f"{at}/send", headers=shop.bearer, json={"message": {"type": "text", "text": "No"}, "answers": {"call": asked["waiting"]["id"], "yes": False}})).json()["data"]
    assert sent["autopilotResponse"]["value"]["content"].startswith("All right")
    assert [request.target for request in api.seen] == ["/cases"]


async def test_a_form_that_is_sent_twice_does_not_say_yes(visitor: Visitor, world: World, shop: Shop, api: Vendor, model: StubModel) -> None:
    what = Parameter(name="what", where=Where.BODY, schema=TEXT, required=True, filler=Filler.FORM)
    await definitions.create(world, shop.owner, Action(id=ActionId(new_id()), name="send_back", title="Send back", description="Sends something back for the customer.", method="POST", url=f"{api.url}/back", parameters=(what,), policy=Policy(channels=(), confirm=True)))
    model.script = [(asks("Send it back"), Says(calls=(("send_back", {}),))), *model.script]
    form = (await visitor.say("Send it back"))["formSubmission"]
    body = {"sessionId": visitor.session, "formMessageId": form["formMessageId"], "actionId": form["id"], "request": {"bodyParams": {"what": "The shade"}}}
    assert (await visitor.post("action/execute", body))["state"] == "confirm"
    await visitor.post("action/execute", body, 409)
    at = f"/api/chat/sessions/{visitor.session}/calls/{form['callId']}"
    assert (await visitor.client.post(at, headers=shop.bearer, json={"form": {"what": "The shade"}})).status_code == 409
    assert api.seen == []
