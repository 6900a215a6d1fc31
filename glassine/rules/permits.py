"""Who may do what: one table, read as a yes or no. Decides; never loads anything."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glassine.words.errors import Refused
from glassine.words.people import Actor, Role, Verb

_VIEWER = frozenset({Verb.READ_SESSIONS, Verb.READ_KNOWLEDGE, Verb.INSPECT, Verb.READ_MAP, Verb.READ_LEDGER, Verb.READ_ACTIONS})
_AGENT = _VIEWER | {Verb.ANSWER, Verb.APPROVE, Verb.DEBUG, Verb.REVEAL, Verb.REDACT, Verb.SETTLE_DELIVERIES}
_ADMIN = _AGENT | {Verb.ERASE, Verb.EXPORT, Verb.WRITE_KNOWLEDGE, Verb.WRITE_ACTIONS, Verb.CHANGE_SETTINGS, Verb.MANAGE_PEOPLE, Verb.MANAGE_KEYS, Verb.MANAGE_WEBHOOKS, Verb.READ_AUDIT, Verb.SWITCH}
_OWNER = _ADMIN | {Verb.TRANSFER_OWNERSHIP}

PERMITS: Mapping[Role, frozenset[Verb]] = MappingProxyType({Role.VIEWER: _VIEWER, Role.AGENT: _AGENT, Role.ADMIN: _ADMIN, Role.OWNER: _OWNER})

# What each scope of an API key opens, by the wire's names `resource:read|write`.
SCOPES: Mapping[str, frozenset[Verb]] = MappingProxyType(
    {
        "chat-sessions:read": frozenset({Verb.READ_SESSIONS, Verb.INSPECT}),
        "chat-sessions:write": frozenset({Verb.READ_SESSIONS, Verb.ANSWER, Verb.DEBUG}),
        "contacts:read": frozenset({Verb.REVEAL, Verb.EXPORT}),
        "contacts:write": frozenset({Verb.REVEAL, Verb.ANSWER, Verb.ERASE}),
        "help-center:read": frozenset({Verb.READ_KNOWLEDGE}),
        "help-center:write": frozenset({Verb.READ_KNOWLEDGE, Verb.WRITE_KNOWLEDGE}),
        "training:read": frozenset({Verb.READ_KNOWLEDGE}),
        "training:write": frozenset({Verb.READ_KNOWLEDGE, Verb.WRITE_KNOWLEDGE}),
        "actions:read": frozenset({Verb.READ_ACTIONS}),
        "actions:write": frozenset({Verb.READ_ACTIONS, Verb.WRITE_ACTIONS, Verb.APPROVE}),
        "deliveries:read": frozenset({Verb.READ_SESSIONS}),
        "deliveries:write": frozenset({Verb.READ_SESSIONS, Verb.SETTLE_DELIVERIES}),
        "handoff-analytics:read": frozenset({Verb.READ_SESSIONS}),
        "autopilot:read": frozenset({Verb.READ_SESSIONS}),
        "autopilot:write": frozenset({Verb.CHANGE_SETTINGS}),
        "office-hours:read": frozenset({Verb.READ_SESSIONS}),
        "office-hours:write": frozenset({Verb.CHANGE_SETTINGS}),
        "redaction:write": frozenset({Verb.REDACT, Verb.CHANGE_SETTINGS}),
        "widget:write": frozenset({Verb.ANSWER}),
        "ledger:read": frozenset({Verb.READ_LEDGER}),
        "webhooks:read": frozenset({Verb.MANAGE_WEBHOOKS}),
        "webhooks:write": frozenset({Verb.MANAGE_WEBHOOKS}),
        "events:read": frozenset({Verb.READ_SESSIONS}),
        "helpdesks:read": frozenset({Verb.READ_SESSIONS}),
        "helpdesks:write": frozenset({Verb.READ_SESSIONS, Verb.CHANGE_SETTINGS}),
        "boundaries:read": frozenset({Verb.READ_MAP}),
        "boundaries:write": frozenset({Verb.READ_MAP, Verb.SWITCH}),
    }
)


def may(actor: Actor, verb: Verb) -> bool:
    return verb in PERMITS[actor.role] and (actor.scopes is None or any(verb in SCOPES[scope] for scope in actor.scopes if scope in SCOPES))


def answers(role: Role) -> bool:
    """Whether people of this role can own a session."""
    return Verb.ANSWER in PERMITS[role]


def require(actor: Actor, verb: Verb) -> None:
    """Raises Refused (403) with the reason in words."""
    if may(actor, verb):
        return
    who = "This API key lacks a scope for it" if actor.scopes is not None else f"Your role ({actor.role}) does not allow it"
    raise Refused(f"{who}: {verb}. Ask an admin of your organisation.", status=403, code="forbidden")


def require_scope(actor: Actor, scope: str) -> None:
    """An API key with scopes must name this one; a key without scopes has full access. Raises Refused (403)."""
    if actor.scopes is None or scope in actor.scopes or (scope.endswith(":read") and scope.replace(":read", ":write") in actor.scopes):
        return
    raise Refused(f"This API key lacks the scope {scope}. Make one that has it in Settings › API keys.", status=403, code="forbidden")
