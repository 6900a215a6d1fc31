"""A proof knows every way in: a route of the API that takes text and is in no way fails here, until it has one or a reason why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from glassine.proof.prove import documents, known, places, ways
from glassine.proof.prove.canaries import draw
from glassine.proof.prove.course import planned
from glassine.proof.prove.kinds import KINDS, Guarantee
from glassine.proof.prove.run import CAUGHT
from glassine.proof.prove.ways import WAYS
from glassine.words.boundaries import BOUNDARIES
from glassine.words.privacy import PiiType
from tests.test_docs import routes

SOURCE = (Path(__file__).resolve().parent.parent / "glassine/proof/prove/ways.py").read_text(encoding="utf-8")
NO_TEXT_OF_CUSTOMERS = {  # routes that change something, and why a canary has nothing to do there
    "POST /backend/widget/v2/chat/vote": "a word and two ids", "POST /backend/widget/v2/session/resolve": "an id",
    "POST /chat/sessions/{id}/turns/{turn}/replay": "ids; it reads what is stored", "POST /chat/sessions/{id}/turns/{turn}/what-if": "words of the organisation", "POST /knowledge/articles": "published words of the organisation",
    "PATCH /knowledge/articles/{id}": "published words of the organisation", "POST /redaction/message": "ids", "POST /redaction/session": "ids",
    "POST /knowledge/articles/{id}/bring-back": "an id",
    "POST /knowledge/articles/{id}/discard": "an id",
    "POST /knowledge/articles/{id}/versions/{number}/restore": "an id and a number",
    "POST /knowledge/articles/{id}/translations": "a language",
    "POST /knowledge/topics": "words of the organisation",
    "PUT /knowledge/topics/{id}": "words of the organisation",
    "PUT /knowledge/topics/order": "ids",
    "POST /knowledge/rules": "words of the organisation",
    "PUT /knowledge/rules/{id}": "words of the organisation",
    "PUT /knowledge/links/ignored": "an address that the organisation published",
    "POST /redaction/reveal": "a placeholder; it shows a value to those who may see it", "PUT /ai": "a switch", "PUT /autopilot/{channel}": "a switch",
    "PUT /boundaries/{name}": "a switch", "PUT /redaction/policy": "settings of the organisation",
    "PATCH /actions/{id}": "settings of the organisation",
    "POST /actions": "settings of the organisation",
    "POST /actions/variables": "a key of the organisation",
    "PUT /actions/variables/{id}": "a key of the organisation",
    "POST /actions/{id}/versions/{number}/restore": "an id and a number",
    "POST /actions/{id}/test": "values that the team types, to the organisation's own system; nothing of them is kept",
    "POST /action-imports/{id}/undo": "an id",
    "PATCH /autopilot-guard": "words and numbers of the organisation",
    "POST /autopilot/versions/{number}/undo": "a number",
    "POST /autopilot/rehearsals": "words and numbers of the organisation", "POST /autopilot/rehearsals/{id}/ask": "an id", "POST /autopilot/rehearsals/{id}/cancel": "an id",
    "POST /autopilot/rehearsals/{id}/continue": "an id", "POST /autopilot/rehearsals/{id}/publish": "an id", "POST /autopilot/rehearsals/{id}/drop": "an id",
    "POST /approvals/{id}": "a yes or no of the team's",
    "POST /chat/sessions/{id}/calls/{call}": "a yes or no, or a form whose values tests/test_acting.py and tests/test_calling.py follow",
    "PUT /autopilot/assist": "settings of the organisation",
    "PUT /autopilot/handoff": "settings of the organisation",
    "PUT /autopilot/routing": "settings of the organisation",
    "PUT /chat/sessions/{id}/owner": "an id",
    "PUT /on-call": "addresses of the team",
    "POST /deliveries/retry": "a time", "POST /deliveries/try-now": "an id", "POST /deliveries/{id}/retry": "an id", "POST /deliveries/{id}/drop": "an id",
    "POST /deliveries/{id}/arrived": "an id",
    "PUT /autopilot/rollout": "settings of the organisation",
    "PUT /autopilot/topics": "words of the organisation",
    "PUT /office-hours": "settings of the organisation",
    "PATCH /help-center/site": "settings of the organisation",
    "PATCH /knowledge/gaps/{id}": "a title, and how it stands",
    "PATCH /knowledge/sources/{id}": "settings of the organisation",
    "PATCH /segments/{id}": "settings of the organisation",
    "PATCH /training/{id}": "words of the organisation",
    "POST /help-center/content": "words of the organisation",
    "POST /help-center/content/{id}/publish": "an id",
    "POST /knowledge/gaps/{id}/article": "an id; it reads masked text",
    "POST /knowledge/gaps/{id}/merge": "ids",
    "POST /knowledge/search/pins": "a question that the organisation words",
    "PUT /knowledge/search/reranker": "an address, a name and a key of the organisation",
    "POST /webhooks": "settings of the organisation", "PATCH /webhooks/{id}": "settings of the organisation", "POST /webhooks/{id}/rotate": "a number", "POST /webhooks/{id}/test": "a name",
    "POST /webhooks/{id}/deliveries/{delivery}/resend": "ids", "POST /webhooks/{id}/replay": "a time",
    "POST /models": "an address, names and a key of the organisation", "PUT /models/{id}": "an address, names and a key of the organisation", "PUT /models/order": "ids",
    "PUT /models/uses": "ids", "PUT /models/budget": "numbers", "POST /models/{id}/restore": "an id", "POST /models/{id}/test": "an id",
    "POST /knowledge/search/synonyms": "words of the organisation",
    "POST /knowledge/sources": "settings of the organisation",
    "POST /knowledge/sources/{id}/decide": "a choice",
    "POST /knowledge/sources/{id}/pages/exclude": "a path",
    "POST /knowledge/sources/{id}/pages/include": "a path",
    "POST /knowledge/sources/{id}/stop": "an id",
    "POST /knowledge/sources/{id}/sync": "an id",
    "POST /helpdesks": "an address and a key of the organisation", "PATCH /helpdesks/{id}": "settings of the organisation",
    "POST /helpdesks/{id}/test": "an id; its ticket holds no word of a customer's", "POST /helpdesks/{id}/install": "an id",
    "POST /segments": "settings of the organisation",
    "POST /training": "words of the organisation",
    "POST /training/generate": "an id; it reads masked text",
    "PUT /autopilot/live": "yes or no", "PATCH /actions/built-in/{name}": "yes or no, and a number",
    "PUT /contacts/{id}/segments": "ids",
    "PUT /help-center/content/topics": "words of the organisation",
    "PUT /help-center/content/{id}": "words of the organisation",
    "PUT /knowledge/sources/{id}/files/{name}": "a document of the organisation",
}


def last_word(route: str) -> str:
    """The end of a route's path that is written out, as the source of the ways has it."""
    parts = [part for part in route.partition(" ")[2].split("/") if not part.startswith("{")]
    return "/" + parts[-1]


def test_every_route_that_takes_text_is_a_way_in() -> None:
    taking = {route for route in routes() if route.split()[0] in ("POST", "PATCH", "PUT")}
    unknown = {route for route in taking - set(NO_TEXT_OF_CUSTOMERS) if last_word(route) not in SOURCE and "upload" not in route}
    assert unknown == set(), "give each a way in glassine/proof/prove/ways.py, or a reason here"
    assert "talk.door.upload" in SOURCE
    stale = set(NO_TEXT_OF_CUSTOMERS) - taking
    assert {route for route in stale if "redaction" not in route} == set(), "these routes are gone"


def test_what_leaves_by_every_boundary_is_caught_or_nothing_of_a_customers_leaves_there() -> None:
    guarded = {name for name, boundary in BOUNDARIES.items() if boundary.gate}
    assert set(places.CAUGHT_AT) | set(places.NOTHING_TO_CATCH) == guarded
    assert set(places.CAUGHT_AT) & set(places.NOTHING_TO_CATCH) == set()
    assert set(places.CAUGHT_AT.values()) | {places.OTHERS} == {place for _, place in CAUGHT}
    assert all(getattr(way, goes) is True for goes in ("seen_by_model", "searched_with", "told") for way in WAYS if way.format == "message")
    assert {way.direction for way in WAYS} == {ways.IN, ways.OUT, ways.ANSWER, ways.MAIL, ways.CALL, ways.TICKET}


def test_a_route_without_a_way_would_be_noticed() -> None:
    assert last_word("POST /helpdesk/{id}/inbound-mail") not in SOURCE
    assert last_word("POST /backend/widget/v2/checkpoint") in SOURCE


def test_each_canary_but_the_blanks_goes_in_once_and_every_way_is_used() -> None:
    course = planned(1_000, seed=3)
    dealt = [canary.id for acts in course.acts.values() for act in acts for canary in act.canaries]
    assert sorted(dealt) == sorted(canary.id for canary in course.canaries if not canary.blank)
    assert len(course.canaries) == 1_000
    ways = {(act.way.channel, act.way.direction, act.way.format) for acts in course.acts.values() for act in acts}
    assert ways >= {(way.channel, way.direction, way.format) for way in WAYS}
    assert {canary.kind.type for canary in course.canaries} == set(PiiType)
    assert {canary.guarantee for canary in course.canaries} == set(Guarantee)


def test_with_enough_canaries_every_type_goes_by_every_way() -> None:
    course = planned(10_000, seed=1)
    met = {(act.way.format, canary.kind.type) for acts in course.acts.values() for act in acts for canary in act.canaries}
    free = {kind.type for kind in KINDS if kind.guarantee is Guarantee.FREE}
    wanted = {(way.format, type) for way in WAYS for type in PiiType if not (way.needs_model and type in free)}
    assert wanted - met == set()


@pytest.mark.parametrize("write", [documents.text, documents.table])
def test_small_files_hold_their_lines(write: object) -> None:
    assert callable(write)
    lines = [canary.text for canary in draw(40, seed=1)]
    written = write(lines).decode()
    assert all(line.replace('"', '""') in written or line in written for line in lines)


def test_a_known_contact_is_three_canaries() -> None:
    assert [kind.type for kind in known.KNOWN] == [PiiType.EMAIL, PiiType.PHONE, PiiType.NAME]

