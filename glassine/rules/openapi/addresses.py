"""Where the operations of an OpenAPI file are reached: its servers, their variables and what they stand relative to. It connects to nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from glassine.words.errors import Refused

NO_ADDRESS = "cannot_determine_api_endpoint"
_VARIABLE = re.compile(r"\{([^{}]{1,100})\}")


def base_of(document: Mapping[str, Any], *, chosen: str = "", came_from: str = "") -> str:
    """The address before the paths, without a slash at its end. `chosen` wins over what the file says; `came_from` is the file's own address. Raises Refused."""
    if chosen.strip():
        return _checked(chosen.strip())
    said = _of_two(document, came_from) if "swagger" in document else first_server(document.get("servers"))
    if said is None:
        said = "/"  # so OpenAPI has it: where there is no server, the file's own host
    return _checked(urljoin(came_from, said) if came_from else said)


def choices(document: Mapping[str, Any], came_from: str = "") -> tuple[str, ...]:
    """All addresses that the file names, for whoever chooses one."""
    if "swagger" in document:
        said = [_of_two(document, came_from)]
    else:
        servers = document.get("servers")
        said = [_address(each) for each in servers] if isinstance(servers, list) else []
    found = []
    for each in said:
        try:
            found.append(_checked(urljoin(came_from, each) if came_from else each or ""))
        except Refused:
            continue
    return tuple(dict.fromkeys(found))


def first_server(servers: Any) -> str | None:
    """The first server that has an address; None where there is none."""
    return next((said for each in servers if (said := _address(each))), None) if isinstance(servers, list) else None


def _address(server: Any) -> str:
    if not isinstance(server, dict) or not isinstance(server.get("url"), str):
        return ""
    variables = server.get("variables")
    return _VARIABLE.sub(lambda found: _default(variables, found[1], found[0]), server["url"].strip())


def _default(variables: Any, name: str, as_it_stands: str) -> str:
    """Of a server's variable: its default, or the first of its values."""
    variable = variables.get(name) if isinstance(variables, dict) else None
    if not isinstance(variable, dict):
        return as_it_stands
    among = variable.get("enum")
    value = variable.get("default", among[0] if isinstance(among, list) and among else None)
    return as_it_stands if value is None else str(value)


def _of_two(document: Mapping[str, Any], came_from: str) -> str:
    """OpenAPI 2.0 says scheme, host and base path apart."""
    schemes = document.get("schemes")
    known = [each for each in schemes if each in ("https", "http")] if isinstance(schemes, list) else []
    scheme = "https" if "https" in known or not known else "http"
    host, path = document.get("host"), document.get("basePath")
    path = path if isinstance(path, str) else ""
    if not isinstance(host, str) or not host.strip():
        return path or "/"
    if not known and came_from:
        scheme = urlsplit(came_from).scheme
    return f"{scheme}://{host.strip().strip('/')}/{path.strip('/')}"


def _checked(address: str) -> str:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not parts.username and not parts.password
    except ValueError:
        usable = False
    if not usable or any(mark in address for mark in "{} \t\r\n\\"):
        raise Refused(
            "The file does not say where its API is reached, or not in full. Enter the base address, such as https://api.example.com/v1, and read it again.", code=NO_ADDRESS,
        )
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"), "", ""))
