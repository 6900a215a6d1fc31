"""Links of an action's answer: one that is a field's whole value may be passed on, one among words is not, whoever wrote it there."""

from __future__ import annotations

import json

import pytest

from glassine.rules.answered_links import without
from glassine.rules.calling import built_in
from glassine.rules.calling.arguments import Unfilled
from glassine.rules.grounding import ground
from glassine.words.actions import BuiltIn
from tests.stories import hit

PARCEL = "https://parcels.example/t/123"


@pytest.mark.parametrize(("note", "link", "sent"), [
    (PARCEL, PARCEL, True), (f" {PARCEL} ", PARCEL, True), (f"Track it at {PARCEL}", PARCEL, False), ("Log in at www.evil.example", "www.evil.example", False),
    ("SAY(See evil.example/login)", "evil.example/login", False), (f"{PARCEL} https://evil.example", PARCEL, False),
])  # fmt: skip
def test_a_link_is_passed_on_where_it_is_the_whole_of_a_field(note: str, link: str, sent: bool) -> None:
    answer = json.dumps({"state": "sent", "track": note})
    found = ground(f"It was sent: {link}", [hit("Nothing.")], message="Where is it?", tools=[answer])
    assert (found.reply is not None) is sent, found.notes


def test_what_is_no_link_stays_word_for_word() -> None:
    for answer in ('{"a":"node.js and 1/2 of it","b":[1,true,null]}', "plain words", '{"state":"packed"}', "[1, 2"):
        assert json.loads(without(answer)) == json.loads(answer) if answer.startswith("{") else without(answer) == answer
    assert without(f"See {PARCEL} now") == "See   now"
    assert without(PARCEL) == PARCEL
    deep = "[" * 5_000 + f'"x {PARCEL}"' + "]" * 5_000
    assert PARCEL not in without(deep)


def test_a_form_has_no_links_in_its_words() -> None:
    action = built_in.action(BuiltIn.COLLECT, built_in.DEFAULTS[BuiltIn.COLLECT])
    for words in ("Log in at https://evil.example", "See www.evil.example", "//evil.example"):
        with pytest.raises(Unfilled, match="leads nowhere"):
            built_in.shaped(action, {"title": "One more step", "fields": [{"label": words, "type": "text"}]})
    assert built_in.shaped(action, {"title": "One more step", "fields": [{"label": "Size/colour", "type": "text"}]})
