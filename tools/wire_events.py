"""Writes the list of events in docs/webhooks.md anew, from the catalogue. Run it when the catalogue has changed: python tools/wire_events.py."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs/webhooks.md"
BEGIN, END = "<!-- events: begin (python tools/wire_events.py) -->\n", "<!-- events: end -->\n"


SHARED = ("conversation_id", "timestamp", "ticket_number", "channel", "contact")  # said once


def listed() -> str:
    """The section: what most events say, and for each when it comes and what it says besides."""
    from glassine.words.wire_events import WIRE_EVENTS

    shared = WIRE_EVENTS["csat.requested"].data
    first = ["### Which fields do most events have?", "", *(_field(name, shared[name]) for name in SHARED), ""]
    return "\n".join([*first, *(line for one in WIRE_EVENTS.values() for line in _event(one, shared))])


def _event(one: Any, shared: Mapping[str, Any]) -> Iterator[str]:
    own = {name: schema for name, schema in one.data.items() if shared.get(name) != schema}
    more = [f"`{name}`" for name in one.data if name not in own]
    yield f"### When does {one.name} come?"
    yield ""
    yield f"`{one.name}`: {one.title}{' This event is our own.' if one.ours else ''} Since version {one.since}. {_besides(more, bool(own))}"
    yield ""
    if own:
        yield from (_field(name, schema) for name, schema in own.items())
        yield ""
        yield "```json"
        yield json.dumps({name: one.example[name] for name in own}, ensure_ascii=False)
        yield "```"
        yield ""


def _besides(shared: list[str], own: bool) -> str:
    """Which of the shared fields stand in it."""
    if len(shared) == len(SHARED):
        return "Its data are the fields of most events, and:" if own else "Its data are the fields of most events."
    return f"Its data are {', '.join(shared)}, and:" if shared else "Its data are:"


def _field(name: str, schema: Mapping[str, Any]) -> str:
    return f"- `{name}`: {_kind(schema)}"


def _kind(schema: Mapping[str, Any]) -> str:
    """A field in words."""
    null = any(each.get("type") == "null" for each in schema.get("anyOf", ()))
    inner = next((each for each in schema.get("anyOf", ()) if each.get("type") != "null"), schema)
    kind = ", ".join("null" if value is None else f"`{value}`" for value in inner["enum"]) if "enum" in inner else str(inner.get("format") or inner.get("type"))
    if kind == "null":
        return "always null in this version."
    if names := list(inner.get("properties") or inner.get("items", {}).get("properties", ())):
        kind += f" {'of objects ' if kind == 'array' else ''}with {', '.join(f'`{each}`' for each in names)}"
    about = schema.get("description") or inner.get("description")
    return f"{kind}{' or null' if null else ''}. {about}" if about else f"{kind}{' or null' if null else ''}."


def written(page: str) -> str:
    """The page with the section as it has to be."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + "\n" + listed() + END + rest.split(END)[1]


if __name__ == "__main__":
    sys.path.insert(0, str(PAGE.parent.parent))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
