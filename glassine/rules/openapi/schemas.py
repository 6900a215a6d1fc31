"""Schemas of an OpenAPI file become JSON Schema that stands alone: references written out, dialects of 2.0 and 3.0 translated, faults mended. It never fetches anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

_DEEPEST = 9  # levels of one schema as it is kept, lists and mappings counted alike
_MOST_VALUES = 1_500  # keywords of one operation's schemas
_MOST_FIELDS, _MOST_CHOICES = 200, 200  # of one object, of one enum
_LONGEST_TEXT, _LONGEST_PATTERN = 400, 80
_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array", "null"})
_MEANT = {  # what people write where a type belongs
    "int": "integer", "int32": "integer", "int64": "integer", "long": "integer", "float": "number", "double": "number", "decimal": "number", "str": "string", "text": "string",
    "date": "string", "datetime": "string", "date-time": "string", "timestamp": "string", "uuid": "string", "email": "string", "password": "string", "enum": "string",
    "bool": "boolean", "list": "array", "dict": "object", "map": "object", "hash": "object", "json": "object",
}
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")

Schema = dict[str, Any]


class Absent(Exception):
    """A reference that leads nowhere, or out of the file; the text says which."""


class Schemas:
    """Writes out one operation's schemas, with a limit on all of them together. `notes` are what had to be mended, each said once."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document, self._left = document, _MOST_VALUES
        self.notes: dict[str, None] = {}

    def referred(self, node: Any) -> Any:
        """What stands at the end of a chain of references, with what stands beside them. Raises Absent."""
        seen: list[str] = []
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in seen:
                raise Absent(f"`{reference}` refers to itself and to nothing else")
            seen.append(reference)
            found = self._at(reference)
            node = {**found, **{key: value for key, value in node.items() if key != "$ref"}} if isinstance(found, dict) else found
        return node

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            found = self._by_name(reference)
            if found is None:
                raise Absent(f"`{reference[:120]}` is in another file, and nothing is fetched")
            return found
        node: Any = self._document
        for part in reference.removeprefix("#").strip("/").split("/") if reference.strip("#/") else ():
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, dict) else node[int(key)] if isinstance(node, list) and key.isdecimal() and int(key) < len(node) else None
            if node is None:
                raise Absent(f"`{reference[:120]}` leads nowhere")
        return node

    def _by_name(self, name: str) -> Any:
        """Old files name a definition without saying where it stands."""
        for place in (self._document.get("definitions"), _inner(self._document, "components", "schemas")):
            if isinstance(place, dict) and name in place:
                return place[name]
        return None

    def schema(self, node: Any, trail: tuple[str, ...] = (), depth: int = 0) -> Schema:
        """One schema of a value that is sent, written out. What cannot be kept becomes `{}`: any value. `trail`: the references that led here."""
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST or len(trail) > 2 * _DEEPEST:
            self._note("Its values are described at such length that the rest is left to the API: any value is taken there.")
            return {}
        if isinstance(node, list):
            self._note("A list stands where a schema belongs: one of its entries is to fit.")
            return {"anyOf": [self.schema(each, trail, depth + 2) for each in node if isinstance(each, dict)]} if node else {}
        if not isinstance(node, dict):
            return {"not": {}} if node is False else {}
        return self._followed(node, trail, depth) if isinstance(node.get("$ref"), str) else self._translated(node, trail, depth)

    def _followed(self, node: Schema, trail: tuple[str, ...], depth: int) -> Schema:
        reference = node["$ref"]
        if reference in trail:
            self._note(f"`{reference}` contains itself: it is written out once, and any value is taken further in.")
            return _described(node)
        try:
            found = self._at(reference)
        except Absent as fault:
            self._note(f"{fault}: any value is taken there.")
            return _described(node)
        beside = {key: value for key, value in node.items() if key != "$ref"}
        made = self.schema(found, (*trail, reference), depth)
        return {**made, **self._translated(beside, trail, depth)} if beside else made

    def _translated(self, node: Schema, trail: tuple[str, ...], depth: int) -> Schema:
        made = {**self._typed(node), **self._said(node), **self._bounded(node), **self._inside(node, trail, depth)}
        if node.get("nullable") is True or node.get("x-nullable") is True:
            _allow_null(made)
        return made

    def _typed(self, node: Schema) -> Schema:
        made: Schema = {}
        types = [known for each in _listed(node.get("type")) if (known := self._type(each))]
        if types:
            made["type"] = types[0] if len(types) == 1 else types
        elif isinstance(node.get("properties"), dict | list):
            made["type"] = "object"
        if "enum" in node and (values := [value for value in _listed(node["enum"]) if not isinstance(value, dict | list)]):
            made["enum"] = list(dict.fromkeys(values))[:_MOST_CHOICES]
        if "const" in node:
            made["const"] = node["const"]
        if isinstance(node.get("format"), str):
            made["format"] = node["format"]
        if "default" in node and not isinstance(node["default"], dict | list) and node["default"] is not None:
            made["default"] = node["default"]
        return made

    def _type(self, said: Any) -> str | None:
        name = said.strip().lower() if isinstance(said, str) else "null" if said is None else ""
        if name in _TYPES:
            return name
        meant = _MEANT.get(name)
        self._note(f"`{said}` is no type of a value{f': {meant} is taken for it' if meant else ', and any value is taken'}.")
        return meant

    @staticmethod
    def _said(node: Schema) -> Schema:
        """A pattern is told in words: the API itself holds to it, and one from a stranger's file could keep a checker busy for hours."""
        said = _described(node)
        pattern = node.get("pattern")
        if isinstance(pattern, str) and len(pattern) <= _LONGEST_PATTERN:
            said["description"] = f"{said.get('description', '')} (form: {pattern})".strip()
        return said

    @staticmethod
    def _bounded(node: Schema) -> Schema:
        made: Schema = {key: int(node[key]) for key in _COUNTS if _number(node.get(key)) and int(node[key]) >= 0}
        made |= {key: node[key] for key in _BOUNDS if _number(node.get(key)) and (key != "multipleOf" or node[key] > 0)}
        for way in ("inimum", "aximum"):
            edge = "m" + way
            if node.get(f"exclusiveM{way}") is True and edge in made:
                made[f"exclusiveM{way}"] = made.pop(edge)
        return made | ({"uniqueItems": True} if node.get("uniqueItems") is True else {})

    def _inside(self, node: Schema, trail: tuple[str, ...], depth: int) -> Schema:
        made: Schema = {}
        for key in _LISTS:
            if isinstance(node.get(key), list) and node[key]:
                made[key] = [self.schema(each, trail, depth + 2) for each in node[key]]
        items = node.get("items")
        if isinstance(items, list):
            self._note("A list stands where a schema belongs: one of its entries is to fit.")
            made["items"] = {"anyOf": [self.schema(each, trail, depth + 3) for each in items]} if items else {}
        elif items is not None:
            made["items"] = self.schema(items, trail, depth + 1)
        if "not" in node:
            made["not"] = self.schema(node["not"], trail, depth + 1)
        if isinstance(more := node.get("additionalProperties"), bool | dict):
            made["additionalProperties"] = more if isinstance(more, bool) else self.schema(more, trail, depth + 1)
        return made | self._properties(node, trail, depth + 2)

    def _properties(self, node: Schema, trail: tuple[str, ...], depth: int) -> Schema:
        inner = node.get("properties")
        if isinstance(inner, list):
            self._note("Its properties are a list: those with a name are taken.")
            inner = {each["name"]: each for each in inner if isinstance(each, dict) and isinstance(each.get("name"), str)}
        if not isinstance(inner, dict):
            return {"required": names} if (names := _names(node.get("required"))) else {}
        if len(inner) > _MOST_FIELDS:
            self._note(f"Of an object with {len(inner):,} fields the first {_MOST_FIELDS} are taken.")
        sent = {name: value for name, value in list(inner.items())[:_MOST_FIELDS] if not (isinstance(value, dict) and value.get("readOnly") is True)}
        required = [name for name in _names(node.get("required")) if name not in inner or name in sent]
        marked = [name for name, value in sent.items() if isinstance(value, dict) and value.get("required") is True]
        if marked:
            self._note("`required: true` stands beside single properties, as it did in older drafts: they are taken as required.")
        made: Schema = {"properties": {name: self.schema(value, trail, depth) for name, value in sent.items()}}
        return made | ({"required": list(dict.fromkeys([*required, *marked]))} if required or marked else {})

    def _note(self, text: str) -> None:
        self.notes[text] = None


def fields(schema: Mapping[str, Any]) -> tuple[dict[str, Schema], list[str]] | None:
    """The properties of an object, those of its parts and alternatives with them, and which of them are always needed. None: it is no object."""
    gathered = _gathered(schema)
    return None if gathered is None else (gathered[0], [name for name in dict.fromkeys(gathered[1]) if name in gathered[0]])


def _gathered(schema: Mapping[str, Any]) -> tuple[dict[str, Schema], list[str]] | None:
    if "object" not in _listed(schema.get("type", "object")):
        return None
    found, needed = dict(schema.get("properties", {})), list(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        inner = _gathered(part)
        if inner is None:
            return None
        found, needed = {**inner[0], **found}, [*needed, *inner[1]]
    for key in ("oneOf", "anyOf"):
        shapes = [shape for each in schema.get(key, ()) if each.get("type") != "null" and (shape := _gathered(each)) is not None]
        if schema.get(key) and not shapes:
            return None
        for properties, _ in shapes:
            found = {**properties, **found}
        needed += [name for name in (shapes[0][1] if shapes else ()) if all(name in each[1] for each in shapes)]
    return found, needed


def shaped_otherwise(schema: Mapping[str, Any]) -> bool:
    """Whether it is one of several shapes, which a list of fields cannot say."""
    return any(len([each for each in schema.get(key, ()) if each.get("type") != "null"]) > 1 for key in ("oneOf", "anyOf")) or any(map(shaped_otherwise, schema.get("allOf", ())))


def _inner(node: Any, *keys: str) -> Any:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _described(node: Schema) -> Schema:
    text = node.get("description") or node.get("title")
    return {"description": " ".join(text.split())[:_LONGEST_TEXT]} if isinstance(text, str) and text.strip() else {}


def _allow_null(made: Schema) -> None:
    if "type" in made:
        made["type"] = list(dict.fromkeys([*_listed(made["type"]), "null"]))
    if "enum" in made and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
