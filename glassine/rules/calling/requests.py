"""An action and its values become one HTTP request. Whatever the values are, its scheme, host, port, path's segments and names of headers are the action's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from glassine.rules.calling.arguments import Unfilled
from glassine.words.actions import Action, Parameter, Where

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
BODIES = (JSON, FORM, MULTIPART)
WHOLE = "x-glassine-whole"  # in the schema of a body's parameter: its value is the whole body

HOLE = re.compile(r"\{([^{}/?#]*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Ready to be sent. It may hold raw values of the customer: it is never kept."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What goes along beside the parameters: keys of the organisation's, context, and what its own systems set for this contact."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    path: Mapping[str, str] = field(default_factory=dict, repr=False)


def request(action: Action, values: Mapping[str, Any], *, boundary: str, extra: Extra | None = None) -> Request:
    """Raises Unfilled for values that have no place in a request."""
    extra = extra or Extra()
    by_place = {where: {one.name: values[one.name] for one in action.parameters if one.where is where and one.name in values} for where in Where}
    parts = urlsplit(action.url)
    path = filled_path(parts.path, {**by_place[Where.PATH], **extra.path})
    query = "&".join(part for part in (parts.query, urlencode(list(_pairs({**by_place[Where.QUERY], **extra.query})))) if part)
    headers = {"Accept": "application/json", **{name: _header(name, value) for name, value in by_place[Where.HEADER].items()}}
    body, media_type = _body(action, by_place[Where.BODY], extra.body, boundary)
    if body:
        headers["Content-Type"] = media_type
    for name, value in extra.headers.items():
        headers = {known: each for known, each in headers.items() if known.lower() != name.lower()} | {name: _header(name, value)}
    if action.idempotency_header:
        headers[action.idempotency_header] = boundary
    return Request(method=action.method, url=f"{parts.scheme}://{parts.netloc}{path}{f'?{query}' if query else ''}", headers=headers, body=body)


def filled_path(template: str, values: Mapping[str, Any]) -> str:
    """Each value stays in the segment that it stands in: it is percent-encoded, and one that would name another place is refused."""
    segments = []
    for segment in template.split("/"):
        filled = HOLE.sub(lambda hole: _segment(hole[1], values), segment)
        if filled in (".", "..") or (not filled and segment):
            raise Unfilled("A value of the path would lead to another address.")
        segments.append(filled)
    return "/".join(segments) or "/"


def _segment(name: str, values: Mapping[str, Any]) -> str:
    if name not in values:
        raise Unfilled(f"{name} is missing, and the address needs it.")
    text = _scalar(name, values[name])
    if not text or _CONTROL.search(text) or any(part in (".", "..") for part in re.split(r"[/\\]", text)):
        raise Unfilled(f"{name}: it cannot be part of an address.")
    return quote(text.encode("utf-8", "replace"), safe="")


def _scalar(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise Unfilled(f"{name}: it must be a text or a number.")


def _pairs(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Lists repeat their name, objects travel as JSON."""
    for name, value in values.items():
        for each in value if isinstance(value, list | tuple) else [value]:
            if each is not None:
                text = json.dumps(each, ensure_ascii=False) if isinstance(each, Mapping | list | tuple) else _scalar(name, each)
                yield name, text.encode("utf-8", "replace").decode()


def _header(name: str, value: Any) -> str:
    text = _scalar(name, value)
    if _CONTROL.search(text) or not text.isascii():
        raise Unfilled(f"{name}: it cannot be a header.")
    return text.strip()


def _body(action: Action, values: Mapping[str, Any], extra: Mapping[str, Any], boundary: str) -> tuple[bytes, str]:
    """Only for actions that have parameters in the body: an empty object is not sent unasked."""
    asked = [one for one in action.parameters if one.where is Where.BODY]
    if not asked and not extra:
        return b"", ""
    content: Any = {**nested(values), **extra}
    if whole := next((one for one in asked if is_whole(one)), None):
        content = values.get(whole.name)
        if content is None:
            return b"", ""
    if action.body == JSON:
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace"), JSON
    if not isinstance(content, Mapping):
        raise Unfilled("A form's body is made of fields.")
    if action.body == FORM:
        return urlencode(list(_pairs(content))).encode(), FORM
    return _multipart(content, boundary), f"{MULTIPART}; boundary={boundary}"


def is_whole(parameter: Parameter) -> bool:
    return bool(parameter.schema.get(WHOLE))


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """`address.city` stands in `address`."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        at, *steps = made, *name.split(".")
        for step in steps[:-1]:
            inner = at.get(step)
            at[step] = dict(inner) if isinstance(inner, Mapping) else {}
            at = at[step]
        at[steps[-1]] = value
    return made


def _multipart(values: Mapping[str, Any], boundary: str) -> bytes:
    parts = []
    for name, text in _pairs(values):
        safe = name.replace("%", "%25").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        if f"--{boundary}" in text:
            raise Unfilled(f"{name}: it cannot be part of a form.")
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{safe}"\r\n\r\n{text}\r\n')
    return "".join([*parts, f"--{boundary}--\r\n"]).encode("utf-8", "replace")
