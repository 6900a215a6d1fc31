"""The fault matrix of handoffs in small, with a worker that is really killed -9; and that what it looks for would be found. `./dev bench handoff` does it whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.handoff import DOWN, matrix
from bench.handoff_desks import Case, Desk, Found, Sink, _our_endpoint, _the_answers, _the_log, _the_ticket, _the_trouble, waiting
from bench.handoff_worker import Shifted, Worker
from glassine.config import Settings
from glassine.story import inbound
from glassine.story.delivery import endpoints
from glassine.story.world import live
from glassine.words.channels import Inbound
from glassine.words.helpdesks import HelpdeskId
from glassine.words.ids import SessionId, new_id
from tests.generic_webhook_twin import GenericTwin
from tests.helpdesk_twins import Comment, Fault, TwinTicket, running
from tests.shop import founded_shop
from tests.switched import begun


@pytest.mark.long
async def test_nothing_is_lost_doubled_or_out_of_order() -> None:
    figures = await matrix(1, faults=(str(Fault.RESET), DOWN), kinds=("generic_webhook", "zendesk", "mail_desk"), conversations=1, entries=3, kills=1)
    counted = {figure.what.rpartition(": ")[2]: figure.value for figure in figures}
    assert counted.pop("kills (seed 1)") == 4
    assert counted.pop("conversations") == 6
    counted.pop("messages that stopped for a person")
    assert set(counted.values()) == {0}, counted


def _seen(entries: list[str], *, tickets: int = 1, id: str = "1", pictures: int = 1, again: str = "") -> Found:
    """What the matrix says of one ticket that holds these entries, of a customer who said “red”, “blue” and “green”."""
    twin, case, found = GenericTwin(), Case(session=SessionId(new_id()), words=("red", "blue", "green"), picture=True, again={again}), Found()
    for number in range(1, tickets + 1):
        twin.held[str(number)] = TwinTicket(id=str(number), comments=[Comment(id=str(at), text=text, files=("red.png",) * pictures if at == 0 else ()) for at, text in enumerate(entries)])
    desk = Desk(kind="generic_webhook", org=None, owner=None, id=HelpdeskId(new_id()), twin=twin, sink=Sink())  # type: ignore[arg-type]  # nobody is asked here
    _the_ticket(desk, case, id, "it", [], found)
    return found


def test_what_is_wrong_with_a_ticket_would_be_found() -> None:
    assert _seen(["red", "blue", "green"]) == Found()
    assert _seen(["red", "green"]).lost
    assert _seen(["red", "blue", "green"], id="").lost
    assert _seen(["red", "blue", "blue", "green"]).doubled
    assert _seen(["red", "blue", "green"], tickets=2).doubled
    assert _seen(["red", "green", "blue"]).order
    assert _seen(["red", "green", "blue"], again="blue") == Found(), "a person had it sent again, when more had been said"
    assert _seen(["red", "blue", "green"], pictures=0).lost
    assert _seen(["red", "blue", "green"], pictures=2).doubled


def test_what_is_wrong_with_the_log_would_be_found() -> None:
    case, sink = Case(session=SessionId(new_id()), words=()), Sink()
    desk = Desk(kind="generic_webhook", org=None, owner=None, id=HelpdeskId(new_id()), twin=GenericTwin(), sink=sink)  # type: ignore[arg-type]  # as above
    failed, recovered = "handoff_to_third_party_failed", "handoff_to_third_party_recovered"

    def seen(*types: str) -> list[str]:
        found = Found()
        _the_log(types, "it", found)
        _the_trouble(desk, case, types, "it", found)
        return found.events

    assert seen("handoff") == []
    assert seen("handoff", "handoff")
    assert seen("handoff", failed, recovered), "our own endpoint never heard of it"
    sink.came = {(f"conversation.{type}", type, f"session {case.session}") for type in (failed, recovered)}
    assert seen("handoff", failed, recovered) == []
    assert seen("handoff", failed, failed, recovered)
    sink.came.add((f"conversation.{failed}", "another id", f"session {case.session}"))
    assert seen("handoff", failed, recovered)


def test_what_is_wrong_with_the_answers_would_be_found() -> None:
    case = Case(session=SessionId(new_id()), words=(), answers=["red", "blue"])

    def seen(*came: str, pictures: bool = True) -> Found:
        found = Found()
        _the_answers(case, [{"text": text, "payload": {"attachments": [{"name": f"{text.split()[1]}.png"}] if pictures else []}} for text in came], "it", found)
        return found

    assert seen("the red", "the blue") == Found()
    assert len(seen("the red", "the blue", pictures=False).lost) == 2
    assert seen("the red\n\nThe file red.png could not be shown here.", "the blue\n\nThe file blue.png could not be shown here.", pictures=False) == Found(), "one that is named is not lost"
    assert seen("the red").lost
    assert seen("the red", "the blue", "the red").doubled
    assert seen("the blue", "the red").order


def test_what_our_own_endpoint_has_not_heard_or_heard_as_two_or_in_another_order_would_be_found() -> None:
    sink = Sink()
    desk = Desk(kind="generic_webhook", org=None, owner=None, id=HelpdeskId(new_id()), twin=GenericTwin(), sink=sink)  # type: ignore[arg-type]  # as above

    def seen() -> Found:
        found = Found()
        _our_endpoint(desk, ["one", "two"], "it", found)
        return found

    sink.came = {("conversation.contact_response", name, json.dumps({"data": {"message": {"id": name}}})) for name in ("one", "two")}
    assert seen() == Found()
    sink.firsts = ["two", "one"]
    assert seen().order
    sink.came.add(("conversation.contact_response", "another id", json.dumps({"data": {"message": {"id": "two"}}})))
    assert seen().doubled
    sink.came = set()
    assert len(seen().lost) == 2


@pytest.mark.long
async def test_a_worker_that_dies_in_the_middle_sends_it_again_under_the_same_id_and_in_order(settings: Settings, tmp_path: Path) -> None:
    """Beside an endpoint that never answers, which holds up nobody. Its worker waits for an answer for as long as it lives, so it is killed in the middle, and the
    clock is moved on to whatever comes next: on a busy machine a try may fail as well, and the pauses after that are minutes."""
    async with running(Sink()) as sink, running(Sink(faults=[Fault.BEFORE] * 1_000)) as dead:
        ours = replace(settings, allow_private=tuple(one.url.removeprefix("http://") for one in (sink, dead)))
        clock = Shifted(tmp_path / "clock")
        worker = Worker(ours, tmp_path / "clock", seconds=60.0)
        async with live(ours) as world:
            shop = await founded_shop(world, "Paper & Glass", "owner@paper.example")
            for one in (sink, dead):
                await endpoints.create(world, shop.owner, endpoints.Given(url=f"{one.url}/events", events=("conversation.contact_response",), ordered=True))
            session = await begun(world, shop)
            sink.faults = [Fault.AFTER]  # the first arrives, and its answer never comes
            for number in range(1, 6):
                await inbound.receive(world, shop.org, session, Inbound(external_id=new_id(), text=f"This is message {number}"))
            try:
                worker.start()
                await _until(lambda: len(sink.seen) >= 1)
                assert len({request.headers["webhook-id"] for request in dead.seen}) <= 1, "in order, so one at a time there too"
                worker.kill()
                while len({request.headers["webhook-id"] for request in sink.seen}) < 5:
                    ahead = min([(at - clock()).total_seconds() for at in await waiting(world)], default=0.0)
                    clock.move(max(ahead, 0.0))
                    await asyncio.sleep(0.1)
            finally:
                worker.stop()
    ids = [request.headers["webhook-id"] for request in sink.seen]
    assert ids.count(ids[0]) >= 2, "what may have arrived went again, under its id"
    said = [json.loads(request.body)["data"]["message"]["text"] for request in sink.seen]
    assert list(dict.fromkeys(said)) == [f"This is message {number}" for number in range(1, 6)]


async def _until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110 - what came in tells nobody
        await asyncio.sleep(0.05)
