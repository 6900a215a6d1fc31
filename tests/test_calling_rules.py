"""Whatever the arguments are, a request goes to the action's own host and path, with its own headers; schemas never repeat a value; answers show what was chosen."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from glassine.rules.calling import answers, arguments, policy, requests, schemas
from glassine.rules.calling.arguments import Given, Unfilled
from glassine.rules.calling.policy import Counts
from glassine.words.actions import Action, ActionId, Filler, Limits, Parameter, Policy, Where
from glassine.words.crossings import Answer
from glassine.words.ids import new_id
from glassine.words.privacy import Known, PiiType

TEXT: dict[str, Any] = {"type": "string"}
BOUNDARY = "0f" * 16
NASTY = st.text() | st.sampled_from([
    "..", ".", "../..", "..\\..", "a/../..", "%2e%2e", "%2f..", "//evil.example", "@evil.example", "?x=1", "#x", "a\r\nX-Evil: 1", "a\nHost: evil.example", "\x00", "é", "\u2028", "https://evil.example/",
    ";a=b", "a b", "", " ", ":80", "\\\\evil", f"--{BOUNDARY}--", '"; filename="x', "a&b=c", "[EMAIL_1]", "🙂", "\ud800",
])
VALUES = st.recursive(NASTY | st.integers() | st.floats() | st.booleans() | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3), max_leaves=8)


def everything(body: str = requests.JSON) -> Action:
    places = ((Where.PATH, True), (Where.QUERY, False), (Where.HEADER, False), (Where.BODY, False))
    parameters = tuple(Parameter(name=f"X-{where.title()}" if where is Where.HEADER else f"{where}_value", where=where, schema={}, required=needed) for where, needed in places)
    return Action(
        id=ActionId(new_id()), name="do_it", title="Do it", description="", method="POST", url="https://api.example:8443/v1/a-{path_value}/end?fixed=1", parameters=parameters, body=body,
        idempotency_header="Idempotency-Key",
    )


@settings(max_examples=400, deadline=None)
@given(st.fixed_dictionaries({"path_value": VALUES}, optional={"query_value": VALUES, "X-Header": VALUES, "body_value": VALUES}), st.sampled_from(requests.BODIES))
def test_no_arguments_make_a_request_to_another_place(given_: dict[str, Any], body: str) -> None:
    action = everything(body)
    try:
        values = arguments.values(action, Given(arguments=given_))
        made = requests.request(action, values.by_name, boundary=BOUNDARY)
    except Unfilled as why:
        assert str(why)
        return
    assert made.url.isascii()
    assert made.url.isprintable()
    parts = urlsplit(made.url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example:8443", "")
    before, value, after = parts.path.partition("a-")[0], parts.path.removeprefix("/v1/a-").removesuffix("/end"), parts.path[-4:]
    assert (before, after, "/" in value) == ("/v1/", "/end", False)
    assert not {".", ".."} & set(unquote(parts.path).replace("\\", "/").split("/"))
    assert {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} <= {"fixed", "query_value"}
    assert set(made.headers) <= {"Accept", "X-Header", "Content-Type", "Idempotency-Key"}
    assert all(text.isascii() and not any(ord(letter) < 32 or ord(letter) == 127 for letter in text) for text in made.headers.values())
    if body == requests.MULTIPART and made.body:
        assert made.body.count(f"--{BOUNDARY}".encode()) == made.body.count(b"Content-Disposition") + 1
    if body == requests.JSON and made.body:
        assert set(json.loads(made.body)) <= {"body_value"}


_NAMED = st.sampled_from(["a", "#/$defs/a", "#a b", "^a+$", "^a[", "string", "none"])
_PLAIN = _NAMED | st.booleans() | st.sampled_from([-1, 0, 1, 1.5]) | st.lists(_NAMED, max_size=2)
_KEYWORDS = st.sampled_from(sorted(set(Draft202012Validator.VALIDATORS) | {"$defs", "$id", "$anchor", "$comment", "definitions", "dependencies", "default", "title", "readOnly", "contentSchema", "x"}))
SCHEMAS = st.dictionaries(_KEYWORDS, st.recursive(_PLAIN, lambda inner: st.dictionaries(_KEYWORDS, inner, max_size=3) | st.lists(inner, max_size=2), max_leaves=10), max_size=4)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS)
def test_what_is_a_schema_is_decided_as_by_the_standards_own_files(schema: dict[str, Any]) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        with pytest.raises(schemas.Unfit) as unfit:
            schemas.check(schema)
        assert str(unfit.value) == f"It is no JSON Schema: {error.message[:200]}"
    else:
        schemas.check(schema)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_a_fault_of_a_value_never_repeats_it(value: Any) -> None:
    schema = {"type": "object", "properties": {"code": {"type": "string", "pattern": "^zz[0-9]{9}$", "enum": ["zz000000001"]}}, "required": ["code"], "additionalProperties": False}
    secret = "marigold-77431"
    for made in ({"code": secret}, {"code": value, secret: 1}, [secret], secret):
        said = schemas.fault(made, schema)
        assert said
        assert secret not in said


@pytest.mark.parametrize(("value", "schema", "words"), [
    (5, {"type": "string"}, "string"), ("a", {"type": "integer"}, "integer"), ({"a": 1}, {"type": "object", "required": ["b"]}, "lacks b"), (float("nan"), {}, "does not exist"),
    ([0] * 501, {}, "entries"), ("x" * 10_001, {}, "longer"), ("x", {"pattern": "^y"}, "match"), ("x", {"enum": ["a", "b"]}, "a, b"), (3, {"maximum": 2}, "at most 2"), ("2026-13-01", {"type": "string", "format": "date"}, "date"),
    ({"a": 1}, {"$ref": "https://evil.example/schema.json"}, "leads nowhere"), ("a" * 5_000 + "!", {"pattern": "^(a+)+$"}, "match"),
    ({"a" * 5_000 + "!": 1}, {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}, "not asked for"), ({"x-a": 1}, {"patternProperties": {"^x-": {"type": "string"}}}, "string"),
])
def test_values_are_held_against_their_schema(value: Any, schema: dict[str, Any], words: str) -> None:
    assert words in schemas.fault(value, schema)


def test_a_schema_may_lead_to_itself() -> None:
    tree = {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"child": {"$ref": "#/$defs/node"}}}}}
    assert schemas.fault({"child": {"child": {}}}, tree) == ""
    assert schemas.fault({"child": {"child": 5}}, tree) != ""


@pytest.mark.parametrize("regions", [("US", "DE")])
def test_values_of_the_customer_stand_only_where_they_are_taken(regions: tuple[str, ...]) -> None:
    action = Action(
        id=ActionId(new_id()), name="do_it", title="", description="", method="POST", url="https://api.example/",
        parameters=(Parameter(name="mail", where=Where.BODY, schema=TEXT, takes=PiiType.EMAIL), Parameter(name="note", where=Where.BODY, schema={})),
    )
    tokens = {"[EMAIL_1]": "ada@example.com", "[PHONE_1]": "+49 30 1234567"}
    known = Known(tokens=tokens)

    def filled(told: frozenset[str] = frozenset(), **given_: Any) -> Any:
        return arguments.values(action, Given(arguments=given_, tokens=tokens, known=known, told=told))

    done = filled(mail="write to [EMAIL_1]!", note="hi")
    assert (done.by_name["mail"], done.raw, [one.placeholder for one in done.reveals]) == ("write to ada@example.com!", True, ["[EMAIL_1]"])
    assert filled(note={"deep": ["[PHONE_1]"]}, told=frozenset({"[PHONE_1]"})).by_name == {"note": {"deep": ["+49 30 1234567"]}}
    for wrong in (
        {"note": "[EMAIL_1]"}, {"mail": "[PHONE_1]"}, {"mail": "[EMAIL_2]"}, {"mail": "[EMAIL]"}, {"note": {"[EMAIL_1]": 1}}, {"note": [["[EMAIL_1]"]]}, {"note": "ada@example.com"},
        {"mail": "eve@evil.example"}, {"note": "4111 1111 1111 1111"}, {"note": "+49 30 1234567"}, {"other": "x"},
    ):
        with pytest.raises(Unfilled):
            filled(**wrong)
    assert filled(note=r"[\EMAIL_1]").by_name == {"note": "[EMAIL_1]"}, "what a customer typed like that is only words"
    assert filled(note="9523456873").raw is True


def test_a_body_that_is_one_value_and_fields_within_fields() -> None:
    base = Action(id=ActionId(new_id()), name="do_it", title="", description="", method="POST", url="https://api.example/")
    whole = Parameter(name="body", where=Where.BODY, schema={"type": "array", requests.WHOLE: True})
    action = Action(**{**{name: getattr(base, name) for name in Action.__slots__}, "parameters": (whole,)})
    assert requests.request(action, {"body": [1, 2]}, boundary=BOUNDARY).body == b"[1, 2]"
    assert requests.request(action, {}, boundary=BOUNDARY).body == b""
    assert requests.nested({"a.b": 1, "a.c.d": 2, "e": 3}) == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}


def test_fields_are_chosen_by_their_paths() -> None:
    answer = {"order": {"id": 1, "margin": 9, "lines": [{"sku": "a", "cost": 2}, {"sku": "b"}]}, "note": None}
    assert answers.chosen(answer, ["order.id", "order.lines.sku"]) == {"order": {"id": 1, "lines": [{"sku": "a"}, {"sku": "b"}]}}
    assert answers.chosen([{"a": 1, "b": 2}, {"b": 3}], ["a"]) == [{"a": 1}, {}]
    assert answers.chosen(answer, ["nothing.here"]) == {}
    assert answers.chosen("words", []) == "words"


@settings(max_examples=200, deadline=None)
@given(st.recursive(st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12))
def test_an_answer_that_nothing_is_masked_in_is_read_back_as_it_was(answer: Any) -> None:
    assert answers.read_back(answers.written(answer), answer) == answer


@pytest.mark.parametrize(("kind", "body", "shown"), [
    ("application/json", b'{"a": 1}', {"a": 1}), ("application/problem+json; charset=utf-8", b'\xef\xbb\xbf{"a": 1}', {"a": 1}), ("text/plain", b"hello", "hello"), ("", b"plain", "plain"), ("application/json", b"  ", None),
    ("application/json", b'{"a": NaN}', {"a": "NaN"}),
])
def test_answers_are_read(kind: str, body: bytes, shown: Any) -> None:
    assert answers.content(Answer(status=200, headers={"content-type": kind}, body=body)) == shown


@pytest.mark.parametrize(("kind", "body"), [("application/pdf", b"%PDF"), ("image/png", b"\x89PNG"), ("application/json", b"<html>"), ("application/json", b"[" * 100_000)])
def test_what_cannot_be_shown_is_said_in_words(kind: str, body: bytes) -> None:
    with pytest.raises(answers.Unreadable):
        answers.content(Answer(status=200, headers={"content-type": kind}, body=body))


def test_the_policy_refuses_by_what_was_called_before() -> None:
    limits = Limits(per_contact_a_day=2, a_day=5)
    writes = Action(id=ActionId(new_id()), name="do_it", title="", description="", method="POST", url="https://api.example/", policy=Policy(limits=limits))
    assert policy.refusal(writes, Counts(of_contact=1, of_all=4)) == ""
    for counts in (Counts(of_contact=2), Counts(of_all=5), Counts(same=True), Counts(row=[True] * 5, seconds=10)):
        assert policy.refusal(writes, counts)
    assert policy.refusal(writes, Counts(row=[True] * 5, seconds=61)) == "", "one is let through after a minute"
    assert policy.refusal(writes, Counts(row=[True, True, False, True, True], seconds=1)) == ""


def test_what_others_fill_in_is_not_in_the_models_spec() -> None:
    fillers = [Parameter(name=str(filler), where=Where.QUERY, schema=TEXT, filler=filler, value="x", source="email", required=True) for filler in Filler]
    spec = arguments.spec(Action(id=ActionId(new_id()), name="do_it", title="", description="", method="GET", url="https://api.example/", parameters=tuple(fillers)))
    assert (list(spec["properties"]), spec["required"], spec["additionalProperties"]) == (["model"], ["model"], False)
