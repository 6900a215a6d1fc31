"""The parameters and the body of one operation become the values that a call needs, and who fills each in. It decides nothing about when a call may run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from glassine.rules.calling.requests import WHOLE
from glassine.rules.openapi.schemas import Absent, Schema, Schemas, fields, shaped_otherwise
from glassine.words.actions import Filler, Parameter, Where
from glassine.words.privacy import PiiType

_MOST = 100  # parameters of one operation
_LONGEST_DESCRIPTION = 400
_IN_PATH = re.compile(r"\{([^{}]+)\}")
_BODIES = (r"application/json(;.*)?", r"application/[\w.+-]+\+json(;.*)?", r"\*/\*|application/\*", r"application/x-www-form-urlencoded(;.*)?", r"multipart/form-data(;.*)?")
_KEYS = re.compile(r"authorization|proxy-authorization|cookie|(x-)?(api|access|auth|secret)[-_]?(key|token|secret)|(x-)?auth|token|apikey|client[-_]?secret|password", re.IGNORECASE)
_OURS = frozenset({
    "accept", "content-type", "content-length", "host", "connection", "user-agent", "transfer-encoding", "accept-encoding", "upgrade", "te", "trailer", "expect",
})
_ONCE = re.compile(r"(x-)?idempotency-key", re.IGNORECASE)
_TAKES = (
    (re.compile(r"(\w*_)?e-?mail(_?address)?", re.IGNORECASE), PiiType.EMAIL), (re.compile(r"(\w*_)?(tele)?phone(_?number)?|mobile(_?number)?", re.IGNORECASE), PiiType.PHONE),
    (re.compile(r"(\w*_)?(first|last|given|family|full|middle|sur)_?name", re.IGNORECASE), PiiType.NAME),
    (re.compile(r"(\w*_)?(street(_?(name|number|address))?|address(_?line)?_?\d?|zip(_?code)?|post(al)?_?code|city|town)", re.IGNORECASE), PiiType.ADDRESS),
)


class NotPossible(Exception):
    """This operation cannot become an action; the text says why."""


@dataclass(slots=True, kw_only=True)
class Inputs:
    """What one operation wants: its parameters, the media type of its body, and what was mended."""

    parameters: list[Parameter] = field(default_factory=list)
    body: str = "application/json"
    idempotency_header: str = ""
    complete: bool = True  # False: somebody has to enter a value before it can be called
    notes: dict[str, None] = field(default_factory=dict)

    def note(self, text: str) -> None:
        self.notes[text] = None


def inputs_of(schemas: Schemas, path: str, shared: Any, operation: Mapping[str, Any], keys: frozenset[str], reads: bool) -> Inputs:
    """`shared` are the parameters of the path, `keys` the names that the file's security schemes use. Raises NotPossible."""
    made = Inputs()
    declared = _declared(schemas, made, shared, operation.get("parameters"))
    body = operation.get("requestBody")
    for node in declared:
        if node["in"] == "body":
            body = {"content": {"application/json": {"schema": node.get("schema")}}, "required": node.get("required")}
        elif node["in"] != "formData":
            made.parameters += _parameter(schemas, made, node, path, keys)
    made.parameters += _undeclared(made, path)
    form = [node for node in declared if node["in"] == "formData"]
    if reads and (form or body):
        made.note("Its body is left out: a request that only reads has none.")
    elif form:
        made.parameters += _form(schemas, made, form, operation, keys)
    elif body is not None:
        made.parameters += _body(schemas, made, body)
    made.parameters = _told_apart(made)
    if len(made.parameters) > _MOST:
        raise NotPossible(f"It takes {len(made.parameters)} values, and {_MOST} are the most.")
    return made


def _declared(schemas: Schemas, made: Inputs, *lists: Any) -> list[dict[str, Any]]:
    """Those of the path and of the operation; the operation's stand for the same name in the same place."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for node in [each for some in lists if isinstance(some, list) for each in some]:
        try:
            node = schemas.referred(node)
        except Absent as fault:
            made.note(f"One of its parameters is left out: {fault}.")
            continue
        if not isinstance(node, dict) or not isinstance(node.get("name"), str) or not node["name"].strip() or not isinstance(node.get("in"), str):
            made.note("One of its parameters is left out: it has no name, or no place.")
            continue
        found[node["name"], node["in"]] = node
    return list(found.values())


def _parameter(schemas: Schemas, made: Inputs, node: Mapping[str, Any], path: str, keys: frozenset[str]) -> Iterator[Parameter]:
    name, where = node["name"], node["in"]
    if where not in ("path", "query", "header"):
        made.note(f"`{name}` is left out: values in a {where} are not sent.")
    elif where == "path" and f"{{{name}}}" not in path:
        made.note(f"`{name}` is left out: the path has no such place.")
    elif where == "header" and name.lower() in _OURS:
        return
    elif where == "header" and _ONCE.fullmatch(name):
        made.idempotency_header = name
    elif where != "path" and _is_key(node, keys):
        made.note(f"`{name}` is left out: it is a key. Keep it as a variable, which the AI never sees.")
    else:
        built = _built(schemas, node, Where(where))
        yield from _header(made, built) if where == "header" else (built,)


def _is_key(node: Mapping[str, Any], keys: frozenset[str]) -> bool:
    """Values that say who calls are never for a model to fill in. A query's `token` may also be the mark of a page."""
    name = node["name"]
    if name.lower() in keys or (node["in"] == "header" and _KEYS.fullmatch(name)):
        return True
    return bool(_KEYS.fullmatch(name)) and "authenticat" in str(node.get("description", "")).lower()


def _built(schemas: Schemas, node: Mapping[str, Any], where: Where) -> Parameter:
    schema = schemas.schema(_schema_of(node))
    only = [schema["const"]] if "const" in schema else schema.get("enum", ())
    required = where is Where.PATH or node.get("required") is True or str(node.get("required")).lower() == "true"
    if where is Where.PATH and "type" not in schema:
        schema["type"] = "string"
    parameter = Parameter(name=node["name"].strip(), where=where, schema=schema, description=_text(node.get("description")) or schema.pop("description", ""), required=required)
    schema.pop("description", None)
    return replace(parameter, filler=Filler.FIXED, value=only[0]) if required and len(only) == 1 else replace(parameter, takes=_takes(parameter))


def _schema_of(node: Mapping[str, Any]) -> Any:
    """In 3.x it stands under `schema` or in `content`; in 2.0 the parameter is its own."""
    if "schema" in node:
        return node["schema"]
    content = node.get("content")
    if isinstance(content, dict) and content:
        first = next(iter(content.values()))
        return first.get("schema", {}) if isinstance(first, dict) else {}
    return {key: value for key, value in node.items() if key not in ("name", "in", "required", "description")}


def _header(made: Inputs, parameter: Parameter) -> Iterator[Parameter]:
    """A header is how one talks to an API, and nothing that a customer says belongs there: a fixed value, or none."""
    schema, default = parameter.schema, parameter.schema.get("default")
    if parameter.filler is Filler.FIXED:
        yield parameter
    elif default is not None:
        yield replace(parameter, filler=Filler.FIXED, value=default, takes=None)
    elif parameter.required:
        choices = schema.get("enum", ())
        made.complete = made.complete and bool(choices)
        made.note(f"The header `{parameter.name}` is needed: {f'`{choices[0]}` is sent.' if choices else 'enter its value before you switch this on.'}")
        yield replace(parameter, schema=schema if choices else {"type": "string"}, filler=Filler.FIXED, value=next(iter(choices), ""), takes=None)


def _undeclared(made: Inputs, path: str) -> Iterator[Parameter]:
    known = {each.name for each in made.parameters if each.where is Where.PATH}
    for name in dict.fromkeys(_IN_PATH.findall(path)):
        elsewhere = next((each for each in made.parameters if each.name == name and each.where is Where.QUERY), None)
        if name in known:
            continue
        if elsewhere:
            made.note(f"`{name}` stands in the path and is declared for the query: it is taken into the path.")
            made.parameters.remove(elsewhere)
            yield replace(elsewhere, where=Where.PATH, required=True)
        else:
            made.note(f"`{name}` stands in the path and is not declared: it is taken as a text that is needed.")
            yield Parameter(name=name, where=Where.PATH, schema={"type": "string"}, required=True)


def _form(schemas: Schemas, made: Inputs, nodes: Sequence[Mapping[str, Any]], operation: Mapping[str, Any], keys: frozenset[str]) -> Iterator[Parameter]:
    """The form fields of OpenAPI 2.0."""
    consumes = operation.get("consumes")
    made.body = "multipart/form-data" if isinstance(consumes, list) and "multipart/form-data" in consumes and "application/x-www-form-urlencoded" not in consumes else "application/x-www-form-urlencoded"
    for node in nodes:
        if node.get("type") == "file":
            _leave_out_file(made, node["name"], node.get("required") is True)
        elif _is_key(node, keys):
            made.note(f"`{node['name']}` is left out: it is a key. Keep it as a variable, which the AI never sees.")
        else:
            yield _built(schemas, node, Where.BODY)


def _body(schemas: Schemas, made: Inputs, body: Any) -> Iterator[Parameter]:
    try:
        body = schemas.referred(body)
    except Absent as fault:
        raise NotPossible(f"Its body is not described: {fault}.") from None
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(content, dict) or not content:
        return
    kind = next((kind for wanted in _BODIES for kind in content if re.fullmatch(wanted, kind.strip(), re.IGNORECASE)), None)
    if kind is None:
        raise NotPossible(f"Its body is `{next(iter(content))[:80]}`: only JSON and forms can be sent.")
    made.body = "application/json" if "json" in kind or "*" in kind else kind.split(";")[0].strip().lower()
    if "+json" in kind:
        made.note(f"Its body is `{kind[:80]}`, and is sent as `application/json`.")
    media = content[kind]
    schema = schemas.schema(media.get("schema", {}) if isinstance(media, dict) else {})
    found = fields(schema) if schema else None
    if found is None:
        yield _whole(made, schema, body.get("required") is True)
        return
    if shaped_otherwise(schema):
        made.note("Its body has one of several shapes: the fields of all of them are offered, and those that every shape needs are needed.")
    if not found[0] and body.get("required") is True:
        yield Parameter(name="body", where=Where.BODY, schema={"type": "object", WHOLE: True}, required=True, filler=Filler.FIXED, value={})
    yield from _fields(made, found)


def _whole(made: Inputs, schema: Schema, required: bool) -> Parameter:
    """A list, a bare value, or something that nobody described is one value: the body itself."""
    if made.body != "application/json":
        raise NotPossible("Its body is a form whose fields are not described.")
    made.note("Its body is no object with named fields: it is one value, called `body`.")
    return Parameter(name="body", where=Where.BODY, schema={**schema, WHOLE: True}, required=required)


def _fields(made: Inputs, found: tuple[dict[str, Schema], list[str]]) -> Iterator[Parameter]:
    properties, needed = found
    for name, schema in properties.items():
        if made.body == "multipart/form-data" and schema.get("format") in ("binary", "byte"):
            _leave_out_file(made, name, name in needed)
            continue
        said = dict(schema)
        parameter = Parameter(name=name, where=Where.BODY, schema=said, description=_text(said.pop("description", "")), required=name in needed)
        only = [said["const"]] if "const" in said else said.get("enum", ())
        fixed = len(only) == 1 and parameter.required
        yield replace(parameter, filler=Filler.FIXED, value=only[0]) if fixed else replace(parameter, takes=_takes(parameter))


def _leave_out_file(made: Inputs, name: str, needed: bool) -> None:
    if needed:
        raise NotPossible(f"It needs a file (`{name}`), and files are not sent.")
    made.note(f"`{name}` is left out: files are not sent.")


def _told_apart(made: Inputs) -> list[Parameter]:
    """Two values of one name in different places cannot be told apart by whoever fills them in: the first place has it, the path before all."""
    kept: dict[str, Parameter] = {}
    for parameter in sorted(made.parameters, key=lambda each: list(Where).index(each.where)):
        if parameter.name in kept:
            made.note(f"`{parameter.name}` stands in two places: it is sent in the {kept[parameter.name].where}, and not in the {parameter.where}.")
        else:
            kept[parameter.name] = parameter
    return list(kept.values())


def _takes(parameter: Parameter) -> PiiType | None:
    """Which masked value is put back here: what is plainly an e-mail address, a telephone number, a person's name or a part of a postal address."""
    if parameter.schema.get("type") not in ("string", ["string", "null"]):
        return None
    if parameter.schema.get("format") == "email":
        return PiiType.EMAIL
    return next((type for form, type in _TAKES if form.fullmatch(parameter.name)), None)


def _text(said: Any) -> str:
    return " ".join(said.split())[:_LONGEST_DESCRIPTION] if isinstance(said, str) else ""
