"""The properties of a row in a Notion database as names and values in plain words, and whether they meet a filter. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glassine.connect.notion import rich_text
from glassine.connect.notion.api import Json
from glassine.words.errors import Refused

Named = Callable[[str], str | None]  # the title of a page, by its id; None where readers may not know it

_TOO_PERSONAL = frozenset({"people", "created_by", "last_edited_by", "email", "phone_number"})  # never in what everybody may read
_SAY_NOTHING = frozenset({"title", "created_by", "created_time", "last_edited_by", "last_edited_time", "button", "verification", "files"})
_CONDITION = re.compile(r"\s*([^=]+?)\s*=\s*(.+?)\s*")
_YES, _NO = frozenset({"yes", "true", "checked"}), frozenset({"no", "false", "unchecked"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A property, and the values of which it must have one."""

    name: str
    values: tuple[str, ...]


def conditions(text: str) -> tuple[Condition, ...]:
    """One a line: `Status = Published, Live`. Raises Refused for a line that is none."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        parts = _CONDITION.fullmatch(line)
        values = tuple(filter(None, map(str.strip, parts[2].split(",")))) if parts else ()
        if not parts or not values:
            raise Refused(f"“{line[:80]}” is no condition. Write the name of a property, an equals sign and its value, for example: Status = Published.")
        found.append(Condition(parts[1], values))
    return tuple(found)


def unmet(properties: Json, wanted: tuple[Condition, ...]) -> str:
    """The first condition that a row does not meet, in words, or nothing. A row without the property is not concerned."""
    for condition in wanted:
        held = next((value for name, value in properties.items() if name.casefold() == condition.name.casefold()), None)
        if not isinstance(held, Mapping):
            continue
        has = {value.casefold() for value in _values(held)}
        if not has & set(_meant(held, condition.values)):
            return f"{condition.name} is not {' or '.join(condition.values)}"
    return ""


def _meant(held: Json, values: tuple[str, ...]) -> Iterator[str]:
    ticks = held.get("type") == "checkbox" or (held.get("type") == "formula" and (held.get("formula") or {}).get("type") == "boolean")
    for value in map(str.casefold, values):
        yield "yes" if ticks and value in _YES else "no" if ticks and value in _NO else value


def title(properties: Json) -> str:
    """Of any page: the one property that is its title."""
    for value in properties.values():
        if isinstance(value, Mapping) and value.get("type") == "title":
            return " ".join(rich_text.plain(value.get("title")).split())
    return ""


def facts(properties: Json, chosen: frozenset[str], named: Named, *, public: bool) -> list[tuple[str, str]]:
    """(name, value) of what has a value. `chosen`: only these, small letters; empty for all, but for none where everybody reads:
    what a database holds for the team does not get out because a row of it is published."""
    found = []
    for name, value in properties.items():
        if not isinstance(value, Mapping) or value.get("type") in _SAY_NOTHING:
            continue
        if ((chosen or public) and name.casefold() not in chosen) or (public and value.get("type") in _TOO_PERSONAL):
            continue
        if said := ", ".join(filter(None, (" ".join(one.split()) for one in _values(value, named, public=public)))):
            found.append((name, said))
    return found


def _values(value: Json, named: Named | None = None, *, public: bool = False) -> Iterator[str]:
    kind = value.get("type")
    held: Any = value.get(kind) if isinstance(kind, str) else None
    match kind, held:
        case _, None:
            return
        case ("title" | "rich_text"), _:
            yield rich_text.plain(held)
        case ("select" | "status"), _:
            yield str(held.get("name") or "")
        case "multi_select", _:
            yield from (str(one.get("name") or "") for one in held)
        case "checkbox", _:
            yield "yes" if held else "no"
        case ("date" | "created_time" | "last_edited_time"), _:
            yield _date(held)
        case "number", _:
            yield _number(held)
        case ("url" | "email" | "phone_number" | "string"), _:
            yield str(held)
        case "boolean", _:
            yield "yes" if held else "no"
        case ("people" | "created_by" | "last_edited_by"), _:
            yield from (str(one.get("name") or "") for one in (held if isinstance(held, list) else [held]))
        case "relation", _:
            yield from ((named(str(one.get("id"))) or "" for one in held) if named else ())
        case "unique_id", _:
            yield f"{held['prefix']}-{held['number']}" if held.get("prefix") else _number(held.get("number"))
        case "place", _:
            yield ", ".join(filter(None, (held.get("name"), held.get("address"))))
        case "formula", _:
            yield from _values(held, named, public=public)
        case "rollup", {"type": "array", "array": list(parts)}:
            for part in parts:
                if not (public and part.get("type") in _TOO_PERSONAL):
                    yield from _values(part, named, public=public)
        case "rollup", _:
            yield from _values(held, named, public=public)
        case _:
            return


def _date(held: Any) -> str:
    if isinstance(held, str):
        return held
    start, end = held.get("start") or "", held.get("end")
    return f"{start} to {end}" if end else start


def _number(held: Any) -> str:
    return "" if held is None else f"{held:g}" if isinstance(held, float) and held.is_integer() and abs(held) < 1e15 else str(held)
