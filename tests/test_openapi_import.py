"""OpenAPI files with the faults that real ones have become actions; what cannot be taken is said in words, and nothing takes long or is fetched."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassine.rules.calling.definitions import checked
from glassine.rules.calling.requests import WHOLE, request
from glassine.rules.openapi.operations import describe
from glassine.rules.openapi.reading import LARGEST, read
from glassine.words.actions import Action, Filler, Parameter, Where
from glassine.words.errors import Refused
from glassine.words.openapi import Description, Found
from glassine.words.privacy import PiiType

HEAD = {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com/v1"}]}


def file(paths: dict[str, Any], **more: Any) -> str:
    return json.dumps({**HEAD, "paths": paths, **more})


def one(operation: dict[str, Any], path: str = "/orders/{id}", method: str = "get", **more: Any) -> Found:
    return describe(file({path: {method: {"operationId": "doAct", **operation}}}, **more)).found[0]


def action(operation: dict[str, Any], path: str = "/orders/{id}", method: str = "get", **more: Any) -> Action:
    found = one(operation, path, method, **more).action
    assert found is not None
    return found


def parameter(found: Action, name: str) -> Parameter:
    return next(each for each in found.parameters if each.name == name)


def body(schema: Any, kind: str = "application/json", **more: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}, **more}


def test_an_operation_becomes_an_action_that_is_safe_until_somebody_decides_otherwise() -> None:
    described = describe(file({
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}, "description": "The number\non the invoice"}],
            "get": {"operationId": "getOrder", "summary": "Look up an order", "parameters": [{"name": "with", "in": "query", "schema": {"type": "string", "enum": ["items", "all"]}}]},
            "post": {"operationId": "cancelOrder", "summary": "Cancel an order", **body({"type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"]})},
        },
    }))
    look, cancel = described.actions
    assert (described.title, described.base, look.origin) == ("Shop", "https://api.example.com/v1", "Shop")
    assert (look.name, look.title, look.method, look.url, look.reads) == ("getOrder", "Look up an order", "GET", "https://api.example.com/v1/orders/{id}", True)
    assert look.description == "Look up an order. (GET https://api.example.com/v1/orders/{id})"
    assert [(each.name, each.where, each.required, dict(each.schema)) for each in look.parameters] == [
        ("id", Where.PATH, True, {"type": "integer"}), ("with", Where.QUERY, False, {"type": "string", "enum": ["items", "all"]}),
    ]
    assert parameter(look, "id").description == "The number on the invoice"
    assert (cancel.reads, cancel.policy.confirm, look.policy.confirm) == (False, True, False)
    assert {*look.policy.channels, *cancel.policy.channels} == {"web"}
    assert [(each.name, each.where, each.required) for each in cancel.parameters] == [("id", Where.PATH, True), ("reason", Where.BODY, True)]


def test_our_own_extensions_are_read() -> None:
    found = action({"x-open-require-form-submission": True, "x-open-pinned": True, "x-open-tags": ["orders", "orders", 3], **body({"properties": {"reason": {"type": "string"}}})}, method="post")
    assert (found.pinned, found.tags) == (True, ("orders",))
    assert {each.filler for each in found.parameters} == {Filler.FORM}


YAML = """
openapi: 3.1.0
info: {title: Yaml, version: 2020-01-01}
servers:
  - url: https://{region}.example.com/{version}
    variables:
      region: {default: eu, enum: [eu, us]}
      version: {enum: [v2]}
paths:
  /find:
    get:
      operationId: find
      parameters:
        - {name: sign, in: query, schema: {type: string, enum: [=, <, '!=', no, 010, 1:30, 2020-02-30]}}
        - {name: nothing, in: query, schema: {type: [string, null], default: ~}}
      responses:
        200: {description: fine}
"""


def test_yaml_is_read_as_what_stands_there() -> None:
    described = describe(YAML)
    assert (described.base, described.version) == ("https://eu.example.com/v2", "2020-01-01")
    found = described.actions[0]
    assert parameter(found, "sign").schema["enum"] == ["=", "<", "!=", "no", "010", "1:30", "2020-02-30"]
    assert parameter(found, "nothing").schema["type"] == ["string", "null"]


TWO = {
    "swagger": "2.0", "info": {"title": "Old"}, "host": "old.example.com", "basePath": "/api/", "schemes": ["http", "https"], "consumes": ["multipart/form-data"],
    "parameters": {"page": {"name": "page", "in": "query", "type": "integer", "minimum": 0, "exclusiveMinimum": True}},
    "definitions": {"Thing": {"properties": {"name": {"type": "string", "x-nullable": True}, "id": {"type": "string", "readOnly": True}}, "required": ["name", "id"]}},
    "paths": {
        "/things": {
            "get": {"operationId": "things", "parameters": [{"$ref": "#/parameters/page"}, {"name": "token", "in": "query", "type": "string", "required": True, "description": "Authentication token"}]},
            "post": {"operationId": "addThing", "parameters": [{"name": "thing", "in": "body", "schema": {"$ref": "Thing"}}]},
            "put": {"operationId": "sendThing", "parameters": [{"name": "name", "in": "formData", "type": "string"}, {"name": "scan", "in": "formData", "type": "file"}]},
            "patch": {"operationId": "scanThing", "parameters": [{"name": "scan", "in": "formData", "type": "file", "required": True}]},
        },
    },
}


def test_version_two_is_read_too() -> None:
    described = describe(json.dumps(TWO))
    assert described.base == "https://old.example.com/api"
    things, add, send, scan = described.found
    assert things.action and add.action and send.action
    assert [(each.name, dict(each.schema)) for each in things.action.parameters] == [("page", {"type": "integer", "exclusiveMinimum": 0})]
    assert any("`token` is left out: it is a key" in note for note in things.notes)
    assert [(each.name, each.where, dict(each.schema), each.required) for each in add.action.parameters] == [("name", Where.BODY, {"type": ["string", "null"]}, True)]
    assert (send.action.body, [each.name for each in send.action.parameters]) == ("multipart/form-data", ["name"])
    assert scan.action is None
    assert scan.notes == ("Not taken: It needs a file (`scan`), and files are not sent.",)


@pytest.mark.parametrize(("operation", "note"), [
    ({"parameters": [{"$ref": "other.yaml#/id"}]}, "is in another file, and nothing is fetched"),
    ({"parameters": [{"$ref": "#/nowhere"}]}, "leads nowhere"),
    ({"parameters": [{"$ref": "https://evil.example/spec.json"}]}, "nothing is fetched"),
    ({"parameters": ["id", {"name": "x"}, None]}, "it has no name, or no place"),
    ({"parameters": [{"name": "session", "in": "cookie", "schema": {"type": "string"}}]}, "values in a cookie are not sent"),
    ({"parameters": [{"name": "other", "in": "path", "schema": {"type": "string"}}]}, "the path has no such place"),
    ({"parameters": [{"name": "id", "in": "query", "schema": {"type": "integer"}}]}, "declared for the query: it is taken into the path"),
    ({"parameters": [{"name": "X-API-Key", "in": "header", "required": True, "schema": {"type": "string"}}]}, "it is a key"),
    ({"parameters": [{"name": "X-Shop", "in": "header", "required": True, "schema": {"type": "string"}}]}, "enter its value before you switch this on"),
    ({}, "`id` stands in the path and is not declared"),
    ({"deprecated": True}, "imported switched off"),
    ({"operationId": "very " * 40}, "It is called `"),
    ({"operationId": ""}, "It has no operationId: `get_orders_id` is made of its method and path."),
])
def test_faults_of_parameters_are_mended_and_said(operation: dict[str, Any], note: str) -> None:
    found = one(operation)
    assert found.action is not None
    assert any(note in each for each in found.notes), found.notes
    assert [each.name for each in found.action.parameters if each.where is Where.PATH] == ["id"]
    assert parameter(found.action, "id").required


@pytest.mark.parametrize(("schema", "becomes", "note"), [
    ({"type": "int"}, {"type": "integer"}, "`int` is no type of a value: integer is taken for it"),
    ({"type": "thing"}, {}, "any value is taken"),
    ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}, ""),
    ([{"type": "string"}, {"type": "integer"}], {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "A list stands where a schema belongs"),
    ({"type": "array", "items": [{"type": "string"}]}, {"type": "array", "items": {"anyOf": [{"type": "string"}]}}, "A list stands where a schema belongs"),
    ({"enum": "only", "nullable": True, "type": "string"}, {"type": ["string", "null"], "enum": ["only", None]}, ""),
    ({"properties": [{"name": "a", "type": "string"}]}, {"type": "object", "properties": {"a": {"type": "string"}}}, "Its properties are a list"),
    ({"properties": {"a": {"type": "string", "required": True}}}, {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, "as it did in older drafts"),
    ({"type": "string", "maxLength": "5", "minLength": -1, "pattern": "^(a+)+$", "example": "b"}, {"type": "string", "description": "(form: ^(a+)+$)"}, ""),
    ({"$ref": "#/components/schemas/Tree", "description": "The root"}, {
        "type": "object", "properties": {"name": {"type": "string"}, "inner": {"type": "array", "items": {}}}, "description": "The root",
    }, "contains itself"),
    ({"$ref": "#/components/schemas/a~1b"}, {"type": "boolean"}, ""),
    ({"$ref": "#/components/schemas/Chain"}, {"type": "boolean"}, ""),
    ({"$ref": "#/components/schemas/Snake"}, {}, "contains itself"),
    ({"$ref": "#/nowhere"}, {}, "leads nowhere"),
    (True, {}, ""),
    (7, {}, ""),
])
def test_faults_of_schemas_are_mended_and_said(schema: Any, becomes: dict[str, Any], note: str) -> None:
    schemas = {
        "Tree": {"type": "object", "properties": {"name": {"type": "string"}, "inner": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}, "a/b": {"type": "boolean"},
        "Chain": {"$ref": "#/components/schemas/a~1b"}, "Snake": {"$ref": "#/components/schemas/Snake"},
    }
    found = one(body({"type": "object", "properties": {"it": schema}}), "/x", "post", components={"schemas": schemas})
    assert found.action is not None
    made = parameter(found.action, "it")
    assert {**made.schema, **({"description": made.description} if made.description else {})} == becomes
    assert any(note in each for each in found.notes) if note else not found.notes, found.notes
    checked(found.action)


def test_a_body_in_parts_or_of_several_shapes_offers_every_field() -> None:
    parts = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"oneOf": [{"properties": {"card": {"type": "string"}}, "required": ["card", "sum"]}, {"properties": {"iban": {"type": "string"}, "sum": {}}, "required": ["sum"]}]}]}
    found = one(body(parts), "/pay", "post", components={"schemas": {"Base": {"type": "object", "properties": {"order": {"type": "string"}, "sum": {"type": "number"}}, "required": ["order"]}}})
    assert found.action is not None
    assert {each.name: each.required for each in found.action.parameters} == {"order": True, "sum": True, "card": False, "iban": False}
    assert found.notes == ("Its body has one of several shapes: the fields of all of them are offered, and those that every shape needs are needed.",)


@pytest.mark.parametrize(("operation", "why"), [
    (body({}, "multipart/form-data"), "Its body is a form whose fields are not described."),
    (body({}, "text/csv"), "Its body is `text/csv`: only JSON and forms can be sent."),
    (body({"properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}, "multipart/form-data"), "It needs a file"),
    ({"requestBody": {"$ref": "#/nowhere"}}, "leads nowhere"),
    (body({"properties": {f"f{number}": {} for number in range(150)}}), "It takes 150 values"),
])
def test_what_cannot_be_called_is_told_and_the_rest_is_taken(operation: dict[str, Any], why: str) -> None:
    described = describe(file({"/a": {"post": {"operationId": "a", **operation}, "get": {"operationId": "b"}}}))
    assert [each.name for each in described.actions] == ["get_b"]
    assert why in described.found[0].notes[0]


def test_headers_are_never_for_the_model() -> None:
    headers = [
        {"name": "X-Version", "in": "header", "schema": {"type": "string", "default": "3"}}, {"name": "X-Kind", "in": "header", "required": True, "schema": {"const": "shop"}},
        {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}, {"name": "Accept", "in": "header", "required": True, "schema": {"type": "string"}},
        {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}, {"name": "Authorization", "in": "header", "schema": {"type": "string"}},
    ]
    found = action({"parameters": headers}, "/x", "post")
    assert {each.name: (each.filler, each.value) for each in found.parameters} == {"X-Version": (Filler.FIXED, "3"), "X-Kind": (Filler.FIXED, "shop")}
    assert found.idempotency_header == "Idempotency-Key"


def test_keys_named_by_the_file_are_left_out_wherever_they_stand() -> None:
    schemes = {"k": {"type": "apiKey", "in": "query", "name": "shop_key"}, "b": {"type": "http", "scheme": "bearer"}, "gone": {"$ref": "#/nowhere"}}
    described = describe(file({"/x": {"get": {"operationId": "x", "parameters": [{"name": "shop_key", "in": "query", "schema": {}}, {"name": "page_token", "in": "query", "schema": {}}]}}}, components={"securitySchemes": schemes}))
    assert [each.name for each in described.actions[0].parameters] == ["page_token"]
    assert described.keys == ("A key in the query `shop_key`.", "A token in the header `Authorization`, as in `Bearer …`.")


def test_what_is_plainly_an_address_or_a_number_may_get_the_masked_value_back() -> None:
    fields = {"email": {"type": "string"}, "to": {"type": "string", "format": "email"}, "customer_phone": {"type": "string"}, "email_sent": {"type": "boolean"}, "note": {"type": "string"}}
    found = action(body({"properties": fields}), "/x", "post")
    assert {each.name: each.takes for each in found.parameters} == {"email": PiiType.EMAIL, "to": PiiType.EMAIL, "customer_phone": PiiType.PHONE, "email_sent": None, "note": None}


def test_one_name_in_two_places_is_one_value() -> None:
    found = one(body({"properties": {"id": {"type": "string"}, "name": {"type": "string"}}, "required": ["name"]}, parameters=[{"name": "name", "in": "query", "required": True, "schema": {}}]), method="put")
    assert found.action is not None
    assert [(each.name, each.where) for each in found.action.parameters] == [("id", Where.PATH), ("name", Where.QUERY)]
    assert "`id` stands in two places: it is sent in the path, and not in the body." in found.notes


def test_a_body_that_is_no_object_is_one_value_and_an_empty_one_is_sent_as_such() -> None:
    assert [(each.name, each.where, dict(each.schema)) for each in action(body({"type": "array", "items": {"type": "string"}}), "/x", "post").parameters] == [
        ("body", Where.BODY, {"type": "array", "items": {"type": "string"}, WHOLE: True}),
    ]
    empty = action(body({"type": "object", "properties": {}}), "/x", "post")
    assert request(empty, {"body": {}}, boundary="b").body == b"{}"
    assert [(each.filler, each.value) for each in empty.parameters] == [(Filler.FIXED, {})]


def test_names_are_such_as_every_provider_takes_unique_and_the_same_next_time() -> None:
    paths = {f"/p{number}/{'long' * 20}": {"get": {"operationId": said}} for number, said in enumerate(["look up", "look.up", "look/up", "x" * 80, "x" * 80, "ä", None, 7, "-"])}
    names = [each.name for each in describe(file(paths)).actions]
    assert len(set(names)) == len(names) == 9
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names), names
    assert (names[0], names[5], names[8]) == ("look_up", f"get_p5_{'long' * 20}"[:55] + names[5][55:], f"get_p8_{'long' * 20}"[:55] + names[8][55:])
    assert [each.name for each in describe(file(paths)).actions] == names
    assert describe(file({"/x": {"get": {"operationId": "mine"}}}), taken={"get_mine"}).actions[0].name.startswith("get_mine_")
    assert describe(file({"/tools/find": {"post": {"operationId": "found_tools_find_post"}}})).actions[0].name == "found"


@pytest.mark.parametrize(("servers", "came_from", "chosen", "base"), [
    ([{"url": "/v2"}], "https://shop.example/docs/openapi.json", "", "https://shop.example/v2"),
    ([], "https://shop.example/docs/openapi.json", "", "https://shop.example"),
    ([{"url": "https://a.example/"}], "", "https://b.example/v1/", "https://b.example/v1"),
    ([{"url": "//c.example"}], "https://shop.example/", "", "https://c.example"),
    ([{"url": "https://D.example:8443/x?y#z"}], "", "", "https://d.example:8443/x"),
])
def test_the_address_comes_from_the_file_its_place_or_whoever_imports(servers: Any, came_from: str, chosen: str, base: str) -> None:
    assert describe(file({"/a": {"get": {}}}, servers=servers), base=chosen, came_from=came_from).base == base


@pytest.mark.parametrize("servers", [[], "x", [{"url": "/v2"}], [{"url": "https://{tenant}.example"}], [{"url": "ftp://a.example"}], [{"url": "https://user:pw@a.example"}], [{"url": "https://"}], [{"url": "https://a.example:99999"}]])
def test_without_an_address_it_is_refused(servers: Any) -> None:
    with pytest.raises(Refused) as fault:
        describe(file({"/a": {"get": {}}}, servers=servers))
    assert fault.value.code == "cannot_determine_api_endpoint"


def test_a_path_may_have_a_server_of_its_own_unless_one_was_chosen() -> None:
    paths = {"/a": {"servers": [{"url": "https://other.example"}], "get": {"operationId": "a"}}, "/b": {"get": {"operationId": "b"}}}
    assert [each.url for each in describe(file(paths)).actions] == ["https://other.example/a", "https://api.example.com/v1/b"]
    assert [each.url for each in describe(file(paths), base="https://mine.example").actions] == ["https://mine.example/a", "https://mine.example/b"]


DEEP = '{"a":' * 200 + "1" + "}" * 200
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True))
MERGES = "a: &a {k: 1}\n" + "".join(f"{new}: &{new} {{<<: [{','.join([f'*{old}'] * 10)}], x{new}: 1}}\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True))


@pytest.mark.parametrize(("data", "why"), [
    ("", "no OpenAPI description"), ("hello", "no OpenAPI description"), ("[1]", "no OpenAPI description"), ("{}", "no OpenAPI description"), ("{'a': ", "line 2"), ("a:\n\tb: 1", "line 2"),
    (b"\xff\xfe\x00\xd8", "UTF-8"), (b"\x80abc", "UTF-8"), (DEEP, "nested"), ("[" * 100_000, "nested"), (LAUGHS, "unfolds"), (MERGES, "merges"), ("a: &a [*a]", "contains itself"),
    ("a: !!python/object/apply:os.system [x]", "line 1"), ("? [a]\n: b", "key"), ("x" * (LARGEST + 1), "MB"),
    ("a: &a 1\nb: [" + "*a," * 6_000 + "]", "aliases"),
])
def test_what_is_no_description_or_a_trap_is_refused_at_once(data: bytes | str, why: str) -> None:
    with pytest.raises(Refused) as fault:
        describe(data, base="https://a.example")
    assert fault.value.code == "failed_to_parse_spec"
    assert why in fault.value.message


@pytest.mark.parametrize("document", [{"openapi": "3.1.0"}, {"openapi": "3.1.0", "paths": {}}, {"openapi": "3.1.0", "paths": {"/a": {"options": {}}}}, {"openapi": "3.1.0", "paths": {"/a": {"post": body([], "text/csv")}}}])
def test_a_file_with_nothing_to_call_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(Refused) as fault:
        describe(json.dumps(document), base="https://a.example")
    assert fault.value.code == "invalid_tool_schema"


def test_schemas_that_unfold_without_end_are_cut() -> None:
    wide = {f"S{number}": {"type": "object", "properties": {f"p{inner}": {"$ref": f"#/components/schemas/S{number + 1}"} for inner in range(12)}} for number in range(12)}
    paths = {f"/{number}": {"post": body({"$ref": "#/components/schemas/S0"})} for number in range(50)}
    described = describe(file(paths, components={"schemas": wide}))
    assert len(described.actions) == 50
    assert max(len(json.dumps([dict(each.schema) for each in found.parameters])) for found in described.actions) < 100_000
    assert any("the rest is left to the API" in note for note in described.found[0].notes)


def test_texts_hold_nothing_that_the_database_or_a_screen_cannot() -> None:
    found = action({"summary": "A\x00 \ud800title\u0007", "description": "x" * 9_000}, "/x")
    assert found.title == "A title"
    assert len(found.description) == 1_500


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([
    "type", "properties", "items", "required", "enum", "$ref", "allOf", "oneOf", "schema", "name", "in", "parameters", "requestBody", "content", "application/json", "default", "get", "x",
]), inner, max_size=5), max_leaves=25)


@settings(max_examples=150, deadline=None)
@given(operation=JSON, shared=JSON, schemas=JSON)
def test_whatever_stands_in_a_file_it_is_taken_or_told_in_words(operation: Any, shared: Any, schemas: Any) -> None:
    document = {**HEAD, "components": {"schemas": schemas}, "paths": {"/a/{b}": {"parameters": shared, "post": operation, "get": {"requestBody": {"content": {"application/json": {"schema": operation}}}}}}}
    try:
        described: Description = describe(json.dumps(document))
    except Refused as fault:
        assert fault.code in ("failed_to_parse_spec", "invalid_tool_schema", "cannot_determine_api_endpoint")
        return
    for found in described.actions:
        checked(found)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!<>=|?,'\"\n \t#0%@"), max_size=60))
def test_whatever_the_bytes_they_are_read_or_refused(text: str) -> None:
    try:
        json.dumps(read(text), allow_nan=False)
    except Refused as fault:
        assert fault.code == "failed_to_parse_spec"
