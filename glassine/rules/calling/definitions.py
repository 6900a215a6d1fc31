"""What an action may look like before it is kept: names, addresses, headers and schemas are checked once here, so that calls need not trust them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from glassine.rules.calling import schemas
from glassine.rules.calling.requests import BODIES, HOLE, METHODS, is_whole
from glassine.words.actions import Action, Filler, Parameter, Where
from glassine.words.errors import Refused

MOST_PARAMETERS = 100
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PARAMETER = re.compile(r"[^\x00-\x1f\x7f{}]{1,200}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?|\[[0-9a-f:.]+\]")
_NOT_TO_BE_SET = frozenset({"host", "connection", "content-length", "content-type", "transfer-encoding", "accept-encoding", "upgrade", "te", "trailer", "expect", "user-agent"})
_NOT_FOR_OTHERS = ("authorization", "cookie", "proxy-", "x-forwarded-", "forwarded", "x-glassine-", "x-opencx-", "x-real-ip")
_SOURCES = re.compile(r"email|phone_number|name|id|external_id|custom_data\.[^\x00-\x1f]{1,100}")


def checked(action: Action, *, private: bool = False) -> Action:
    """The same action. `private`: the operator listed its place, so that it may be reached without TLS. Raises Refused with what to do."""
    fault = next(_faults(action, private), None)
    if fault:
        raise Refused(fault, code="invalid_action")
    return action


def _faults(action: Action, private: bool) -> Iterator[str]:
    if not _NAME.fullmatch(action.name):
        yield "The name is what the model calls it by: letters, digits, _ and -, at most 64."
    if len(action.name) < 5:
        yield "The name has at least 5 characters, such as get_order."
    if len(action.description.strip()) < 20:
        yield "The description has at least 20 characters: by it the AI decides when to call."
    if len(action.description) > 4_000 or len(action.title) > 200:
        yield "The title has at most 200 characters, and the description 4,000."
    if action.method not in METHODS:
        yield f"The method is one of {', '.join(METHODS)}."
    if action.body not in BODIES:
        yield f"The body is one of {', '.join(BODIES)}."
    if not 1 <= action.timeout <= 60:
        yield "The time limit is between 1 and 60 seconds."
    if action.idempotency_header and not may_be_header(action.idempotency_header):
        yield f"{action.idempotency_header} cannot be the header of a key."
    if len(action.shown) > 200 or len(action.tags) > 50:
        yield "At most 200 fields are shown, and 50 tags given."
    yield from _address(action, private)
    yield from _parameters(action)
    yield from _limits(action)


def _address(action: Action, private: bool) -> Iterator[str]:
    try:
        parts = urlsplit(action.url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        yield "The address is not complete: write all of it, such as https://api.example.com/orders/{order_id}."
        return
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        yield "The address begins with https://. Without TLS only places are reached that the operator of this machine has listed."
    if not host or "@" in parts.netloc or "{" in parts.netloc or not _HOST.fullmatch(f"[{host}]" if ":" in host else host) or (port is not None and port == 0):
        yield "The address has a plain host, without a user name and without a parameter in it."
    if len(action.url) > 2_000 or parts.fragment or "#" in action.url or any(ord(letter) < 33 or ord(letter) > 126 or letter == "\\" for letter in action.url):
        yield "The address holds characters that do not belong in one: percent-encode them."
    if "{" in parts.query or "}" in parts.query:
        yield "Parameters stand in the path only. Those of the query are in the table."
    if {".", ".."} & set(parts.path.split("/")) or HOLE.sub("", parts.path).count("{") or HOLE.sub("", parts.path).count("}"):
        yield "The path is a plain one, with whole {names} in it."


def _parameters(action: Action) -> Iterator[str]:
    if len(action.parameters) > MOST_PARAMETERS:
        yield f"An action has at most {MOST_PARAMETERS} parameters."
    holes = set(HOLE.findall(urlsplit(action.url).path))
    named = {one.name for one in action.parameters if one.where is Where.PATH}
    if holes != named:
        yield f"The path and its parameters differ: {', '.join(sorted(holes ^ named))[:200]}."
    twice = [name for name, count in Counter(one.name for one in action.parameters).items() if count > 1]
    if twice:
        yield f"{twice[0]} stands there twice."
    if action.method == "GET" and any(one.where is Where.BODY for one in action.parameters):
        yield "A GET request has no body."
    if sum(is_whole(one) for one in action.parameters) and sum(one.where is Where.BODY for one in action.parameters) > 1:
        yield "Where one parameter is the whole body, there is no other in it."
    for one in action.parameters:
        yield from _parameter(one)


def _parameter(one: Parameter) -> Iterator[str]:
    if not _PARAMETER.fullmatch(one.name):
        yield "A parameter has a name of at most 200 characters."
    if one.where is Where.HEADER and not may_be_header(one.name):
        yield f"{one.name[:60]} cannot be a header that an action sets."
    if one.where is Where.HEADER and one.filler in (Filler.MODEL, Filler.FORM) and one.name.lower().startswith(_NOT_FOR_OTHERS):
        yield f"{one.name} says who is asking: neither the AI nor a customer fills it in. Use a variable."
    if one.filler is Filler.CONTACT and not _SOURCES.fullmatch(one.source):
        yield f"{one.name}: which of the contact's data? One of email, phone_number, name, id, external_id, or custom_data. and a key."
    if one.filler is Filler.FIXED and one.value is None:
        yield f"{one.name} is fixed, and has no value."
    if one.where is Where.PATH and not one.required:
        yield f"{one.name} stands in the path, so it is required."
    try:
        schemas.bounded(one.schema)
        schemas.check(one.schema)
        if one.filler is Filler.FIXED and (wrong := schemas.fault(one.value, one.schema)):
            yield f"{one.name}: its fixed value {wrong}."
    except schemas.Unfit as unfit:
        yield f"{one.name}: its schema {unfit}"


def may_be_header(name: str) -> bool:
    """Whether this is a name that may be sent, and none that decides how we talk to the other side."""
    return bool(_HEADER.fullmatch(name)) and name.lower() not in _NOT_TO_BE_SET


def _limits(action: Action) -> Iterator[str]:
    limits = action.policy.limits
    if min(limits.a_day, limits.per_contact_a_day) < 0 or (limits.most is not None and not 0 <= limits.most < 1e12):
        yield "A limit is a number of 0 or more."
    if bool(limits.amount) != (limits.most is not None):
        yield "A limit on an amount needs both: which parameter, and how much."
    if limits.amount and limits.amount.split(".")[0] not in {one.name for one in action.parameters} | {one.name.split(".")[0] for one in action.parameters}:
        yield f"There is no parameter {limits.amount[:60]} whose amount could be limited."
