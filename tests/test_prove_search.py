"""The search of a proof finds a value in every form it may be wrapped in, counts it once, and does not cry wolf."""

from __future__ import annotations

import base64
import html
import json
import quopri
import random
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from glassine.edge.names import Names
from glassine.proof.prove import known, report
from glassine.proof.prove.canaries import Canary, Drawer, draw
from glassine.proof.prove.kinds import CUSTOM_PATTERN, KINDS, Guarantee
from glassine.proof.prove.needles import Needle, Needles
from glassine.proof.prove.report import Sent, wilson
from glassine.proof.prove.search import Search, without_page_headers
from glassine.rules.redaction import before_names, redact
from glassine.words.privacy import CustomPattern, Known, PiiType, Policy

VALUE = "grace.ashworth4711@mailxq.example"
NOISE = random.Random(7).randbytes(5_000)

WRAPPED: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode, "lowered": lambda value: value.lower().encode(), "capitals": lambda value: value.upper().encode(),
    "base64": lambda value: base64.b64encode(value.encode()), "base64 one further": lambda value: base64.b64encode(b"x" + value.encode() + b"tail"),
    "base64 two further": lambda value: base64.b64encode(b"xx" + value.encode() + b"t"), "base64 for addresses": lambda value: base64.urlsafe_b64encode(b"?>" + value.encode()),
    "URL": lambda value: quote(value, safe="").encode(), "URL, small letters": lambda value: re.sub("%..", lambda escape: escape[0].lower(), quote(value, safe="")).encode(),
    "JSON": lambda value: json.dumps({"a": value}).encode(), "JSON in JSON": lambda value: json.dumps(json.dumps({"a": value})).encode(),
    "JSON, every letter": lambda value: "".join(f"\\u{ord(letter):04x}" for letter in value).encode(),
    "JSON, every letter, capitals": lambda value: "".join(f"\\u{ord(letter):04X}" for letter in value).encode(),
    "UTF-16, little end first": lambda value: value.encode("utf-16-le"), "UTF-16, big end first": lambda value: value.encode("utf-16-be"),
    "hex": lambda value: value.encode().hex().encode(), "hex, capitals": lambda value: value.encode().hex().upper().encode(), "HTML": lambda value: html.escape(value).encode(),
    "HTML, every letter": lambda value: "".join(f"&#{ord(letter)};" for letter in value).encode(), "reversed": lambda value: value[::-1].encode(),
    "quoted-printable": lambda value: quopri.encodestring(value.encode()),
}


def canary(value: str, id: int = 1, **more: object) -> Canary:
    kind = next(kind for kind in KINDS if kind.type is PiiType.EMAIL)
    fields = {"id": id, "kind": kind, "guarantee": Guarantee.PATTERNED, "value": value, "sent": value, "text": value, "spelling": "as usual", "wrapping": "in a sentence", **more}
    return Canary(**fields)  # type: ignore[arg-type]  # fields by name, for short tests


@pytest.mark.parametrize("name", WRAPPED)
@pytest.mark.parametrize("value", [VALUE, 'Zoë "Ash"worth/Müller 4711', "4111 1111 1111 1111"])
def test_a_value_is_found_however_it_is_wrapped(name: str, value: str) -> None:
    search = Search(canaries=[canary(value)], markers=["zorbilutanep"])
    assert search.look("somewhere", "here", [NOISE + WRAPPED[name](value) + NOISE]), name
    assert {found.canary for found in search.findings} == {1}


@pytest.mark.parametrize("cut", [1, 7, 8, 20, len(VALUE) - 1])
def test_a_value_that_two_reads_cut_in_two_is_found_once(cut: int) -> None:
    raw = VALUE.encode()
    needles = Needles([Needle(raw)])
    assert list(needles.find_in([NOISE + raw[:cut], raw[cut:] + NOISE, NOISE])) == [0]
    assert list(needles.find_in([NOISE, raw, NOISE, NOISE + raw])) == [0, 0]


def test_many_strings_in_much_noise_are_found_exactly() -> None:
    chance = random.Random(3)
    strings = [chance.randbytes(chance.randrange(8, 40)) for _ in range(5_000)]
    planted = sorted(chance.sample(range(5_000), 50))
    haystack = b"".join(chance.randbytes(chance.randrange(200)) + strings[index] for index in planted)
    assert sorted(Needles([Needle(text) for text in strings]).find(haystack)) == planted


def test_a_short_number_counts_only_where_it_stands_alone() -> None:
    needles = Needles([Needle(b"4155552671", alone=True)])
    assert list(needles.find(b"call 4155552671, please")) == [0]
    assert list(needles.find(rb'{"a": "\n4155552671\n"} or %0A4155552671 or \u000a4155552671')) == [0, 0, 0]
    assert list(needles.find(b"0.41555526719931 and a4155552671")) == []


def test_what_is_too_short_cannot_be_looked_for() -> None:
    with pytest.raises(ValueError, match="too short"):
        Needles([Needle(b"short")])


def test_a_telling_part_counts_only_where_all_is_ours() -> None:
    search = Search(canaries=[canary(VALUE)], markers=["zorbilutanep"])
    part = b"from grace.ashworth4711 himself"
    assert not search.look("files of everybody", "a file", [part])
    assert search.look("our own rows", "a row", [part], ours=True)
    assert [(found.place, found.part) for found in search.findings] == [("our own rows", True)]


def test_the_log_ahead_is_read_over_the_ends_of_its_pages(tmp_path: Path) -> None:
    path = tmp_path / ("0" * 24)
    page = b"h" * 40 + b"." * (8192 - 40 - 10) + VALUE[:10].encode()
    path.write_bytes(page + b"h" * 24 + VALUE[10:].encode() + b"." * 100)
    assert VALUE.encode() not in path.read_bytes()
    assert VALUE.encode() in without_page_headers(path)


# -- canaries -------------------------------------------------------------------------------------------------------------------


def test_every_type_that_is_masked_has_a_kind() -> None:
    assert {kind.type for kind in KINDS} == set(PiiType)


def test_the_same_seed_draws_the_same_and_no_two_share_a_value() -> None:
    drawn = draw(2_000, seed=5)
    assert drawn == draw(2_000, seed=5)
    assert drawn != draw(2_000, seed=6)
    telling = [text.casefold() for each in drawn for text in (each.value, *each.parts)]
    assert len(telling) == len(set(telling))
    assert sum(each.blank for each in drawn) == 100


@pytest.mark.long
def test_ten_thousand_can_be_drawn() -> None:
    assert len({each.value for each in draw(10_000, seed=1)}) == 10_000


POLICY = Policy(regions=("US", "GB", "DE"), patterns=(CustomPattern(id="member", name="Member number", pattern=CUSTOM_PATTERN),))


def still_there(each: Canary, names: Names, known_values: Known) -> bool:
    masked = redact(each.text, POLICY, known_values, names.spans(before_names(each.text, POLICY))).text
    return any(form in masked for form in (*each.forms, *each.parts))


def test_a_known_contacts_values_are_masked_however_they_are_spelled() -> None:
    names = Names()
    for person in known.draw(Drawer(4), 40, seed=4):
        own = Known(values=tuple((each.kind.type, each.value) for each in person.canaries))
        assert [each.sent for each in person.canaries if still_there(each, names, own)] == []


# -- the report -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("missed", "of", "low", "high"), [(0, 100, 0.0, 0.0370), (3, 100, 0.0103, 0.0845), (50, 100, 0.4038, 0.5962), (0, 0, 0.0, 1.0)])
def test_a_rate_comes_with_its_interval(missed: int, of: int, low: float, high: float) -> None:
    assert wilson(missed, of) == pytest.approx((low, high), abs=0.0001)


def made(search: Search, *, blind: tuple[str, ...] = (), trouble: tuple[str, ...] = ()) -> report.Json:
    sent = [Sent(canary=each.id, channel="API", direction="customer in", format="message") for each in search.canaries if not each.blank]
    return report.made(search, sent, {"seed": 1, "version": "test", "seconds": 1}, blind=blind, trouble=trouble)


def test_nothing_found_is_a_pass_and_no_rate_is_called_zero() -> None:
    search = Search(canaries=draw(100, seed=2), markers=["zorbilutanep"])
    search.look("a place", "here", [NOISE])
    document = made(search)
    assert document["passed"]
    assert document["sent"]["canaries"] == 95
    free = [kind for kind in document["kinds"] if kind["guarantee"] == "free"]
    assert free
    assert all(kind["rate_95"][1] > 0 for kind in free)
    assert "95 % interval" in report.table(document)


def test_a_promised_value_fails_and_the_report_holds_no_value() -> None:
    search = Search(canaries=draw(60, seed=2), markers=["zorbilutanep"])
    leaked = next(each for each in search.canaries if each.kind.type is PiiType.CARD and not each.blank)
    search.look("a place", "here", [leaked.value.encode()])
    document = made(search)
    assert not document["passed"]
    assert [(found["canary"], found["place"], found["encoding"]) for found in document["findings"]] == [(leaked.id, "a place", "plain")]
    assert not any(each.value in text for each in search.canaries for text in (json.dumps(document, ensure_ascii=False), report.table(document)))


def test_a_missed_name_is_a_rate_and_no_failure() -> None:
    search = Search(canaries=draw(60, seed=2), markers=["zorbilutanep"])
    missed = next(each for each in search.canaries if each.kind.type is PiiType.NAME and not each.blank)
    search.look("a place", "here", [missed.value.encode()])
    document = made(search)
    assert document["passed"]
    assert sum(kind["found_in_the_clear"] for kind in document["kinds"]) == 1
    assert "1 of" in report.table(document).splitlines()[-1]


def test_a_blank_that_is_found_a_blind_place_and_trouble_fail() -> None:
    search = Search(canaries=draw(60, seed=2), markers=["zorbilutanep"])
    assert not made(search, blind=("tables",))["passed"]
    assert not made(search, trouble=("it broke",))["passed"]
    blank = next(each for each in search.canaries if each.blank)
    search.look("a place", "here", [blank.value.encode()])
    document = made(search)
    assert not document["passed"]
    assert document["findings"] == []
    assert document["false_alarms"][0]["canary"] == blank.id
