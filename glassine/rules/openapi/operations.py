"""An OpenAPI file as a whole becomes actions that can be imported, with what was mended and what could not be taken said for each. It writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

from glassine.rules.calling.definitions import checked
from glassine.rules.openapi.addresses import base_of, choices, first_server
from glassine.rules.openapi.naming import name_of, title_of
from glassine.rules.openapi.parameters import Inputs, NotPossible, inputs_of
from glassine.rules.openapi.reading import UNREADABLE, read
from glassine.rules.openapi.schemas import Absent, Schemas
from glassine.words.actions import Action, ActionId, Filler, Policy
from glassine.words.errors import Refused
from glassine.words.openapi import Description, Found

NO_TOOLS = "invalid_tool_schema"
MOST = 1_000  # operations of one file
_LONGEST_DESCRIPTION, _LONGEST_ORIGIN, _MOST_TAGS = 1_500, 80, 20
_METHODS = ("get", "post", "put", "patch", "delete")
_NOT_SENT = ("head", "options", "trace")
_NOBODY = ActionId(UUID(int=0))  # it gets its id when it is taken over


def describe(
    data: bytes | str, *, base: str = "", came_from: str = "", origin: str = "", taken: Collection[str] = (), private: Callable[[str], bool] = lambda _: False,
) -> Description:
    """Everything the file offers. `taken` are names of other actions; `private` says which addresses the operator listed, so that they may do without TLS.

    Raises Refused with a code that says what is wrong with the file as a whole.
    """
    document = read(data)
    notes = _version_notes(document)
    paths = _paths(document)
    root = base_of(document, chosen=base, came_from=came_from)
    title, version = _titled(document)
    title = title or root.split("//")[-1]
    found = tuple(_operations(document, paths, _Place(root=root, chosen=bool(base.strip()), came_from=came_from, origin=origin or title, private=private), set(taken)))
    if not any(each.action for each in found):
        why = found[0].notes[0] if found else "It has no paths with operations."
        raise Refused(f"Nothing in this file can be called. {why}", code=NO_TOOLS)
    return Description(
        title=title, version=version, base=root, bases=choices(document, came_from), found=found, notes=tuple(notes), keys=tuple(_keys(document)),
    )


def _titled(document: Mapping[str, Any]) -> tuple[str, str]:
    info = document.get("info")
    said = info if isinstance(info, dict) else {}
    return " ".join(str(said.get("title") or "").split())[:_LONGEST_ORIGIN], str(said.get("version") or "")[:40]


def _version_notes(document: Mapping[str, Any]) -> list[str]:
    said = document.get("openapi", document.get("swagger"))
    if said is None:
        if not isinstance(document.get("paths"), dict):
            raise Refused("The file cannot be read. It is no OpenAPI description: one begins with `openapi: 3…` or `swagger: \"2.0\"`.", code=UNREADABLE)
        return ["It does not say which version of OpenAPI it follows: it is read as 3."]
    if not str(said).startswith(("2", "3.0", "3.1")):
        return [f"It follows OpenAPI {str(said)[:20]}, which is read as far as it is like 3.1."]
    return []


def _paths(document: Mapping[str, Any]) -> dict[str, Any]:
    paths = document.get("paths")
    if not isinstance(paths, dict):
        raise Refused("Nothing in this file can be called. It has no paths with operations.", code=NO_TOOLS)
    count = sum(method.lower() in _METHODS for item in paths.values() if isinstance(item, dict) for method in item)
    if count == 0 and not any(isinstance(item, dict) and "$ref" in item for item in paths.values()):
        raise Refused("Nothing in this file can be called. It has no paths with operations.", code=NO_TOOLS)
    if count > MOST:
        raise Refused(f"The file has {count:,} operations, and {MOST:,} are the most. Take a part of it, with those that an AI should use.", code=NO_TOOLS)
    return paths


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the operations are reached and what they belong to."""

    root: str
    chosen: bool
    came_from: str
    origin: str
    private: Callable[[str], bool]

    def of(self, *servers: Any) -> str:
        """A path or an operation may have a server of its own, unless somebody chose one for all."""
        own = next((said for each in servers if (said := first_server(each))), None)
        return self.root if own is None or self.chosen else base_of({"servers": [{"url": own}]}, came_from=self.came_from or f"{self.root}/")


def _operations(document: Mapping[str, Any], paths: Mapping[str, Any], place: _Place, taken: set[str]) -> Iterator[Found]:
    keys = frozenset(_key_names(document))
    for path, item in paths.items():
        if path.startswith("x-"):
            continue
        try:
            item = Schemas(document).referred(item)
        except Absent as fault:
            yield Found(method="", path=path, action=None, notes=(f"Not taken: {fault}.",))
            continue
        for method, operation in item.items() if isinstance(item, dict) else ():
            if method.lower() in _NOT_SENT:
                yield Found(method=method.upper(), path=path, action=None, notes=(f"Not taken: {method.upper()} is not something that an AI would call.",))
            elif method.lower() in _METHODS and isinstance(operation, dict):
                found = _operation(document, place, path, item, method.lower(), operation, keys, taken)
                taken |= {found.action.name} if found.action else set()
                yield found


def _operation(
    document: Mapping[str, Any], place: _Place, path: str, item: Mapping[str, Any], method: str, operation: Mapping[str, Any], keys: frozenset[str], taken: set[str],
) -> Found:
    schemas = Schemas(document)
    try:
        if not path.startswith("/") or path.startswith("//") or any(mark in path for mark in "?#\\ \t\r\n"):
            raise NotPossible("Its path is no path: one begins with a slash, and has no question mark in it.")
        if "consumes" not in operation and isinstance(document.get("consumes"), list):
            operation = {**operation, "consumes": document["consumes"]}
        inputs = inputs_of(schemas, path, item.get("parameters"), operation, keys, method == "get")
        base = place.of(operation.get("servers"), item.get("servers"))
        name = name_of(operation.get("operationId"), method, path, taken)
        action = _action(place, base + quote(path, safe="/{}:@!$&'()*+,;=-._~%"), method, name, operation, inputs)
        checked(action, private=place.private(action.url))
    except (NotPossible, Refused) as fault:
        return Found(method=method.upper(), path=path, action=None, notes=(f"Not taken: {fault}",))
    notes = [*_name_notes(operation.get("operationId"), name, taken), *inputs.notes, *schemas.notes]
    if operation.get("deprecated") is True:
        notes.append("It is deprecated: it is imported switched off.")
    return Found(method=method.upper(), path=path, action=action, notes=tuple(notes))


def _name_notes(operation_id: object, name: str, taken: Collection[str]) -> Iterator[str]:
    if not isinstance(operation_id, str) or not operation_id.strip():
        yield f"It has no operationId: `{name}` is made of its method and path."
    elif operation_id in taken:
        yield f"Its name `{operation_id[:80]}` is taken already: it is called `{name}`."
    elif name != operation_id:
        yield f"It is called `{name}`: models' providers take no name such as `{operation_id[:120]}`, or the rest repeats its path."


def _action(place: _Place, url: str, method: str, name: str, operation: Mapping[str, Any], inputs: Inputs) -> Action:
    """Safe until somebody decides otherwise: on the web only, and what changes something wants the customer's yes."""
    reads = method == "get"
    form = operation.get("x-open-require-form-submission") is True
    parameters = tuple(replace(each, filler=Filler.FORM) if form and each.filler is Filler.MODEL else each for each in inputs.parameters)
    tags = operation.get("x-open-tags", operation.get("tags"))
    title = title_of(operation.get("summary"), name)
    return Action(
        id=_NOBODY, name=name, title=title, description=_description(operation, title, method, url), method=method.upper(), url=url, parameters=parameters, body=inputs.body,
        policy=Policy(confirm=not reads), enabled=operation.get("deprecated") is not True and inputs.complete, pinned=operation.get("x-open-pinned") is True,
        tags=tuple(dict.fromkeys(" ".join(each.split())[:60] for each in tags if isinstance(each, str) and each.strip()))[:_MOST_TAGS] if isinstance(tags, list) else (),
        reads=reads, idempotency_header=inputs.idempotency_header, origin=place.origin,
    )


def _description(operation: Mapping[str, Any], title: str, method: str, url: str) -> str:
    """What the model reads to know when to call it. Where the file says little, the request itself is added."""
    said = operation.get("description")
    text = said.strip() if isinstance(said, str) else ""
    if not text or len(text) < len(title):
        text = f"{title}. {text}".strip()
    return (text if len(text) >= 20 else f"{text} ({method.upper()} {url})")[:_LONGEST_DESCRIPTION]


def _schemes(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    components = document.get("components")
    held = document.get("securityDefinitions", components.get("securitySchemes") if isinstance(components, dict) else None)
    for each in held.values() if isinstance(held, dict) else ():
        try:
            scheme = Schemas(document).referred(each)
        except Absent:
            continue
        if isinstance(scheme, dict):
            yield scheme


def _key_names(document: Mapping[str, Any]) -> Iterator[str]:
    for scheme in _schemes(document):
        if str(scheme.get("type")).lower() == "apikey" and isinstance(scheme.get("name"), str):
            yield scheme["name"].lower()


def _keys(document: Mapping[str, Any]) -> Iterator[str]:
    """How the API wants to know who calls, in words: the file never holds the key itself."""
    for scheme in _schemes(document):
        match (str(scheme.get("type")).lower(), str(scheme.get("scheme")).lower()):
            case "apikey", _:
                yield f"A key in the {scheme.get('in', 'header')} `{str(scheme.get('name'))[:60]}`."
            case ("basic", _) | ("http", "basic"):
                yield "A user name and a password (basic authentication)."
            case "http", _:
                yield "A token in the header `Authorization`, as in `Bearer …`."
            case "oauth2", _:
                yield "A token that OAuth 2.0 gives out, in the header `Authorization`."
            case "openidconnect", _:
                yield "A token that OpenID Connect gives out, in the header `Authorization`."
