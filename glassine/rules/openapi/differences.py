"""What an import would change: the file's operations held against the actions that are there, field by field. What admins set is carried over; it writes nothing.

Three states meet: `was`, as the file said it last time; `now`, as it stands with what admins changed; and `said`, as the file says it today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlsplit

from glassine.words.actions import Action, Filler, Parameter
from glassine.words.openapi import Change, Field, Kind

_NOT_COMPARED = frozenset({"id", "version", "created_at", "updated_at", "parameters"})
_FROM_FILE = ("schema", "description", "required")
_SETTABLE = ("filler", "value", "source", "takes")


def compare(now: Sequence[Action], said: Sequence[Action], was: Sequence[Action] = (), notes: Mapping[str, Sequence[str]] | None = None) -> tuple[Change, ...]:
    """Every action of one origin and every operation of its file, in the file's order, what is gone last. `notes` by the operation's name."""
    left = list(now)
    changes = []
    for action in said:
        before = _same_as(action, left)
        if before:
            left.remove(before)
        own = tuple((notes or {}).get(action.name, ()))
        changes.append(_changed(before, action, _same_as(before, was) if before else None, own) if before else Change(kind=Kind.ADDED, name=action.name, after=action, notes=own))
    return (*changes, *(Change(kind=Kind.REMOVED, name=gone.name, before=gone) for gone in left))


def _same_as(action: Action, among: Sequence[Action]) -> Action | None:
    """The one with this name, else the one that sends the same request."""
    return (
        next((each for each in among if each.name == action.name), None)
        or next((each for each in among if (each.method, each.url) == (action.method, action.url)), None)
        or next((each for each in among if (each.method, urlsplit(each.url).path) == (action.method, urlsplit(action.url).path)), None)
    )


def _changed(now: Action, said: Action, was: Action | None, notes: tuple[str, ...]) -> Change:
    after, kept = _merged(now, said, was)
    parameters, lost = _parameters(now, said, was)
    after = replace(after, parameters=parameters)
    lost = [*lost, *_limits_lost(after)]
    if lost and after.enabled and after.policy.limits.amount not in ("", *(each.name for each in parameters)):
        after = replace(after, enabled=False)
    found = tuple(_fields(now, after))
    return Change(kind=Kind.CHANGED if found or lost else Kind.SAME, name=after.name, before=now, after=after, fields=found, kept=tuple(kept), lost=tuple(lost), notes=notes)


def _merged(now: Action, said: Action, was: Action | None) -> tuple[Action, list[str]]:
    """A field that an admin changed stays; every other is as the file says. Where nothing tells what the file said last time, only the settings stay."""
    settings = {"policy", "enabled", "pinned", "shown", "handoff_like", "context_headers", "timeout"}
    values, kept = {}, []
    for name in _compared():
        mine, theirs = getattr(now, name), getattr(said, name)
        touched = mine != getattr(was, name) if was else name in settings
        if touched and name not in ("method", "origin"):
            values[name] = mine
            kept += [name] if mine != theirs else []
    return replace(said, **values, id=now.id, version=now.version, created_at=now.created_at, updated_at=now.updated_at), kept


def _parameters(now: Action, said: Action, was: Action | None) -> tuple[tuple[Parameter, ...], list[str]]:
    mine, once = {(each.name, each.where): each for each in now.parameters}, {(each.name, each.where): each for each in was.parameters} if was else {}
    made, lost = [], []
    for parameter in said.parameters:
        key = (parameter.name, parameter.where)
        held, before = mine.pop(key, None), once.get(key)
        if held is None and before is not None and not parameter.required:
            continue  # an admin took it away, and it is not needed
        carried, why = _carried(parameter, held, before)
        made.append(carried)
        lost += [why] if why else []
    for key, held in mine.items():
        if was and key not in once:
            made.append(held)  # an admin added it: the file never said it
        elif held.filler is not Filler.MODEL:
            lost.append(f"`{held.name}` is gone, and how it was filled in with it ({held.filler}).")
    return tuple(made), lost


def _carried(said: Parameter, held: Parameter | None, was: Parameter | None) -> tuple[Parameter, str]:
    if held is None:
        return said, ""
    settings = {name: getattr(held, name) for name in _SETTABLE if was is None or getattr(held, name) != getattr(was, name)}
    carried = replace(said, **settings)
    if was and held.description != was.description:
        carried = replace(carried, description=held.description)
    if carried.filler is Filler.FIXED and said.filler is not Filler.FIXED and not fits(carried.value, carried.schema):
        return said, f"`{said.name}` was fixed to {held.value!r}, which it no longer takes."
    return carried, ""


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a fixed value is still of the type, and one of the choices, that a parameter takes."""
    if "enum" in schema and value not in schema["enum"]:
        return False
    types = schema.get("type")
    kinds: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,), "object": (dict,), "null": (type(None),)}
    return not types or any(
        isinstance(value, kinds.get(each, (object,))) and (each == "boolean" or not isinstance(value, bool)) for each in (types if isinstance(types, list) else [types])
    )


def _limits_lost(action: Action) -> Iterator[str]:
    """A limit on a value that is no longer there limits nothing: better nothing runs until somebody looks."""
    amount = action.policy.limits.amount
    if amount and amount not in {each.name for each in action.parameters}:
        yield f"The limit on the amount names `{amount}`, which is gone: the action is switched off until you set the limit again."


def _compared() -> tuple[str, ...]:
    return tuple(each.name for each in fields(Action) if each.name not in _NOT_COMPARED)


def _fields(before: Action, after: Action) -> Iterator[Field]:
    """What differs, parameter by parameter and the rest by name."""
    for name in _compared():
        if getattr(before, name) != getattr(after, name):
            yield Field(name=name, before=getattr(before, name), after=getattr(after, name))
    old, new = {(each.name, each.where): each for each in before.parameters}, {(each.name, each.where): each for each in after.parameters}
    for key in [*old, *(key for key in new if key not in old)]:
        mine, theirs = old.get(key), new.get(key)
        if mine is None or theirs is None:
            yield Field(name=f"parameter {key[0]}", before=mine and _told(mine), after=theirs and _told(theirs))
        elif mine != theirs:
            for each in (*_FROM_FILE, *_SETTABLE):
                if getattr(mine, each) != getattr(theirs, each):
                    yield Field(name=f"parameter {key[0]}: {each}", before=_bare(getattr(mine, each)), after=_bare(getattr(theirs, each)))


def _told(parameter: Parameter) -> str:
    type = parameter.schema.get("type", "any value")
    return f"{' or '.join(type) if isinstance(type, list) else type} in the {parameter.where}{', needed' if parameter.required else ''}"


def _bare(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
