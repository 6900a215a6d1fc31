"""Actions as a prompt offers them: names, what they are for, and only what a model has to fill in, within a budget. It decides nothing of what may be called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from glassine.rules.calling.told_names import told
from glassine.rules.trimming import cut, defused, estimate
from glassine.words.turns import ToolSpec

_ABOUT, _ABOUT_ONE = 50, 14  # tokens that a description may have: the action's, a parameter's
_DEEPEST = 3  # objects within objects that a model is shown
_MOST_CHOICES = 20
_FRAME = 12  # tokens that a provider puts around each
_KEPT = ("type", "format", "minimum", "maximum", "minItems", "maxItems")


class Offer(NamedTuple):
    """What a prompt offers, and the names of what did not fit."""

    tools: tuple[ToolSpec, ...]
    left_out: tuple[str, ...]
    tokens: int


def offer(specs: Sequence[ToolSpec], budget: int) -> Offer:
    """The actions in their order, as many as fit; one that is too large does not keep a later one out."""
    kept: list[ToolSpec] = []
    left_out: list[str] = []
    spent = 0
    for spec in specs:
        short, cost = _shortened(spec.name, spec.description, json.dumps(spec.parameters, sort_keys=True, default=str))
        if spent + cost > budget:
            left_out.append(spec.name)
            continue
        spent += cost
        kept.append(short)
    return Offer(tuple(kept), tuple(left_out), spent)


@lru_cache(maxsize=2_000)  # the same actions are offered again and again
def _shortened(name: str, description: str, parameters: str) -> tuple[ToolSpec, int]:
    schema = json.loads(parameters)
    shown = {"type": "object", "properties": {}, **_reduced(schema, _DEEPEST), "additionalProperties": False}
    spec = ToolSpec(name=name, description=cut(defused(description), _ABOUT), parameters=shown)
    return spec, estimate(spec.name) + estimate(spec.description) + estimate(json.dumps(shown, ensure_ascii=False)) + _FRAME


def _reduced(schema: Any, deep: int, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Names, types, choices and what is required. What is left out of a schema still holds when the call is checked.

    Fields have names that every provider takes (`names`: those of the object that this is one shape of), and where one is not the field's own, its description begins with that.
    """
    if not isinstance(schema, Mapping) or deep < 0:
        return {}
    names = told(schema) if names is None else names
    shown: dict[str, Any] = {name: schema[name] for name in _KEPT if name in schema}
    if isinstance(schema.get("description"), str) and deep < _DEEPEST:
        shown["description"] = cut(defused(schema["description"]), _ABOUT_ONE)
    if isinstance(schema.get("enum"), list) and len(schema["enum"]) <= _MOST_CHOICES:
        shown["enum"] = schema["enum"]
    if "const" in schema:
        shown["const"] = schema["const"]
    for several in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(several), list) and deep:
            shown[several] = [_reduced(one, deep - 1, names) for one in schema[several][:5]]
    if isinstance(schema.get("items"), Mapping):
        shown["items"] = _reduced(schema["items"], deep - 1)
    elif "array" in _types(schema):
        shown["items"] = {}  # OpenAI refuses a list without
    if isinstance(schema.get("properties"), Mapping) and deep:
        shown["properties"] = {names[str(name)]: _named(str(name), names[str(name)], _reduced(one, deep - 1)) for name, one in schema["properties"].items()}
        shown["required"] = [names[name] for name in schema.get("required", ()) if name in schema["properties"]]
    return shown


def _types(schema: Mapping[str, Any]) -> Sequence[Any]:
    types = schema.get("type")
    return types if isinstance(types, list) else [types]


def _named(own: str, name: str, shown: dict[str, Any]) -> dict[str, Any]:
    if own == name:
        return shown
    return {**shown, "description": cut(defused(f"{own}: {shown['description']}" if "description" in shown else own), _ABOUT_ONE)}
