"""An action as the fields of a form and back: rows of parameters, samples read into rows, and the policy. It saves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from starlette.datastructures import FormData

from glassine.rules.calling import schemas
from glassine.rules.calling.requests import HOLE
from glassine.words.actions import Action, ActionId, Filler, IdentityLevel, Limits, Parameter, Policy, Where
from glassine.words.errors import Refused
from glassine.words.ids import SegmentId, new_id
from glassine.words.privacy import PiiType

KINDS = (("string", "Text"), ("integer", "Whole number"), ("number", "Number"), ("boolean", "Yes or no"), ("schema", "As its schema says"))
FILLERS = ((Filler.MODEL, "The AI"), (Filler.CONTACT, "The contact's own data"), (Filler.FIXED, "Always this value"), (Filler.FORM, "The customer, in a form"))
PLACES = ((Where.PATH, "Path"), (Where.QUERY, "Query"), (Where.HEADER, "Header"), (Where.BODY, "Body"))
IDENTITIES = ((IdentityLevel.ANYONE, "Anyone"), (IdentityLevel.VERIFIED, "Contacts that your site vouched for"), (IdentityLevel.CODE, "Whoever enters a one-time code"))
SOURCES = ("email", "phone_number", "name", "id", "external_id", "custom_data.")
_ROW = ("name", "where", "type", "filler", "value", "takes", "required", "description", "schema")
_MOST_FIELDS = 200
_LISTS = ("channels", "segments", "roles", "shown")


def empty() -> dict[str, Any]:
    """A new action's form."""
    return written(Action(id=ActionId(new_id()), name="", title="", description="", method="GET", url="", reads=True)) | {"reads": "yes"}


def written(action: Action) -> dict[str, Any]:
    """What stands in the form of an action."""
    policy, limits = action.policy, action.policy.limits
    return {
        "name": action.name, "title": action.title, "description": action.description, "method": action.method, "url": action.url, "body": action.body, "rows": [_row(one) for one in action.parameters],
        "shown": list(action.shown), "fields": list(action.shown), "sample_body": "", "sample_answer": "", "channels": list(policy.channels), "segments": [str(id) for id in policy.segments],
        "identity": str(policy.identity), "confirm": _yes(policy.confirm), "approve": _yes(policy.approve), "roles": list(policy.roles), "dry": _yes(policy.dry),
        "a_day": str(limits.a_day or ""), "per_contact": str(limits.per_contact_a_day or ""), "amount": limits.amount, "most": "" if limits.most is None else f"{limits.most:g}",
        "enabled": _yes(action.enabled), "pinned": _yes(action.pinned), "tags": ", ".join(action.tags), "reads": _yes(action.reads),
        "idempotency_header": action.idempotency_header, "context_headers": _yes(action.context_headers), "timeout": f"{action.timeout:g}",
    }


def _yes(given: bool) -> str:
    return "yes" if given else ""


def _row(one: Parameter) -> dict[str, str]:
    simple = next((kind for kind, _ in KINDS if dict(one.schema) == {"type": kind}), "schema")
    value = one.source if one.filler is Filler.CONTACT else "" if one.value is None else one.value if isinstance(one.value, str) else json.dumps(one.value, ensure_ascii=False)
    return {
        "name": one.name, "where": str(one.where), "type": simple, "filler": str(one.filler), "value": value, "takes": str(one.takes or ""), "required": _yes(one.required),
        "description": one.description, "schema": json.dumps(dict(one.schema), ensure_ascii=False, indent=2) if simple == "schema" else "",
    }


def typed(raw: FormData, fields: Mapping[str, str]) -> dict[str, Any]:
    """What somebody filled in, as the form shows it again."""
    columns = {name: [str(each) for each in raw.getlist(f"p_{name}")] for name in _ROW}
    rows = [dict(zip(_ROW, each, strict=True)) for each in zip(*(columns[name] for name in _ROW), strict=False)]
    lists = {name: [str(each) for each in raw.getlist(name)][:_MOST_FIELDS] for name in _LISTS}
    usual = dict.fromkeys(empty(), "")
    known = [str(each) for each in raw.getlist("fields")][:_MOST_FIELDS]
    return {**usual, **fields, **lists, "rows": [row for row in rows if row["name"].strip()], "fields": known}


def with_row(given: dict[str, Any]) -> dict[str, Any]:
    """One more, to be filled in."""
    fresh = {"name": "", "where": "query", "type": "string", "filler": "model", "value": "", "takes": "", "required": "", "description": "", "schema": ""}
    return {**given, "rows": [*given["rows"], fresh]}


def shaped(given: dict[str, Any]) -> dict[str, Any]:
    """With a row for each name in the path and each field of a sample of the body, and the fields of a sample answer to choose from. Raises Refused."""
    rows, holes = list(given["rows"]), dict.fromkeys(HOLE.findall(given["url"].partition("?")[0]))
    rows = [row for row in rows if row["where"] != "path" or row["name"] in holes]
    rows = [*(_fresh(name, "path", {"type": "string"}) for name in holes if name not in _names(rows)), *rows]
    if given["sample_body"].strip():
        sample = _json(given["sample_body"], "The sample of the body")
        fields = schemas.guessed(sample).get("properties", {}) if isinstance(sample, dict) else {}
        rows += [_fresh(name, "body", schema) for name, schema in fields.items() if name not in _names(rows)]
    paths = list(_paths(_json(given["sample_answer"], "The sample answer"))) if given["sample_answer"].strip() else []
    return {**given, "rows": rows, "fields": list(dict.fromkeys([*given["fields"], *paths]))[:_MOST_FIELDS]}


def _names(rows: Sequence[Mapping[str, str]]) -> set[str]:
    return {row["name"] for row in rows}


def _fresh(name: str, where: str, schema: Mapping[str, Any]) -> dict[str, str]:
    return _row(Parameter(name=name, where=Where(where), schema=schema, required=where == "path"))


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(f"{what} is no JSON. Copy it whole, from its first brace to its last.") from None


def _paths(value: Any, at: str = "", depth: int = 0) -> Iterator[str]:
    """Every field of an answer, by its dotted path; lists are looked into by their first entry."""
    if isinstance(value, list) and value:
        yield from _paths(value[0], at, depth)
    elif isinstance(value, dict) and depth < 6:
        for name, each in value.items():
            yield from _paths(each, f"{at}.{name}" if at else name, depth + 1)
    elif at:
        yield at


def action(given: Mapping[str, Any], before: Action | None) -> Action:
    """The action that a form describes; what the form does not show stays. Raises Refused."""
    base = before or Action(id=ActionId(new_id()), name="", title="", description="", method="GET", url="")
    return replace(
        base, name=given["name"].strip(), title=given["title"].strip(), description=given["description"], method=given["method"], url=given["url"].strip(), body=given["body"],
        parameters=tuple(map(_parameter, given["rows"])), shown=tuple(given["shown"]), policy=_policy(given), enabled=given["enabled"] == "yes", pinned=given["pinned"] == "yes",
        tags=tuple(filter(None, (tag.strip() for tag in given["tags"].split(",")))), reads=given["reads"] == "yes",
        idempotency_header=given["idempotency_header"].strip(), context_headers=given["context_headers"] == "yes", timeout=_number(given["timeout"], "The time limit") or 20,
    )


def _policy(given: Mapping[str, Any]) -> Policy:
    try:
        segments = tuple(SegmentId(UUID(each)) for each in given["segments"])
        identity = IdentityLevel(given["identity"])
    except ValueError:
        raise Refused("Choose the segments and who may ask from the lists.") from None
    most = _number(given["most"], "The largest amount") if given["amount"].strip() or given["most"].strip() else None
    limits = Limits(
        per_contact_a_day=int(_number(given["per_contact"], "A limit") or 0), a_day=int(_number(given["a_day"], "A limit") or 0), amount=given["amount"].strip(), most=most,
    )
    return Policy(
        channels=tuple(given["channels"]), segments=segments, identity=identity, confirm=given["confirm"] == "yes", approve=given["approve"] == "yes", roles=tuple(given["roles"]),
        dry=given["dry"] == "yes", limits=limits,
    )


def _number(text: str, what: str) -> float | None:
    if not text.strip():
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e12:
        raise Refused(f"{what} is a number of 0 or more.")
    return number


def _parameter(row: Mapping[str, str]) -> Parameter:
    name, filler = row["name"].strip(), next((one for one, _ in FILLERS if one == row["filler"]), Filler.MODEL)
    schema = _schema(name, row)
    return Parameter(
        name=name, where=next((one for one, _ in PLACES if one == row["where"]), Where.QUERY), schema=schema, description=row["description"].strip(), required=row["required"] == "yes" or row["where"] == "path",
        filler=filler, value=_value(name, row["value"], schema) if filler is Filler.FIXED else None, source=row["value"].strip() if filler is Filler.CONTACT else "",
        takes=PiiType(row["takes"]) if row["takes"] in {str(kind) for kind in PiiType} else None,
    )


def _schema(name: str, row: Mapping[str, str]) -> Mapping[str, Any]:
    if row["type"] != "schema":
        return {"type": row["type"] if row["type"] in {kind for kind, _ in KINDS} else "string"}
    schema = _json(row["schema"] or "{}", f"The schema of {name}")
    if not isinstance(schema, dict):
        raise Refused(f"The schema of {name} is an object, such as {{\"type\": \"string\"}}.")
    return schema


def _value(name: str, text: str, schema: Mapping[str, Any]) -> Any:
    return text if schema.get("type", "string") == "string" else _json(text, f"The value of {name}")


def arguments(action: Action, fields: Mapping[str, str]) -> dict[str, Any]:
    """What somebody types into the test console, by each parameter's own type. Raises Refused."""
    made: dict[str, Any] = {}
    for number, one in enumerate(action.parameters):
        text = fields.get(f"a_{number}", "")
        if text.strip():
            made[one.name] = _value(one.name, text, one.schema)
    return made
