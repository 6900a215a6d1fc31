"""What the policy of an action says: whether it is offered, what has to happen before a call runs, and which calls it refuses. No words of a model reach this file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from glassine.rules.calling import amounts
from glassine.words.actions import Action, CallState, Filler, IdentityLevel
from glassine.words.ids import SegmentId

MINUTES_CUSTOMER = 15  # that a form, a code and a yes are waited for
MINUTES_TEAM = 24 * 60
MINUTES_REPEATED = 10
FAILURES_IN_A_ROW, PAUSE_SECONDS = 5, 60  # after so many a host is left alone for so long
_STAGES = (CallState.FORM, CallState.CODE, CallState.CONFIRM, CallState.APPROVAL)


def offers(action: Action, *, channel: str, segments: Collection[SegmentId], verified: bool, code: bool) -> bool:
    """Whether the model hears of it for this customer. `code`: a one-time code can be sent to them."""
    policy = action.policy
    if not action.enabled or (policy.channels and channel not in policy.channels):
        return False
    if policy.segments and not set(policy.segments) & set(segments):
        return False
    return _identity(policy.identity, verified=verified, code=code)


def _identity(level: IdentityLevel, *, verified: bool, code: bool) -> bool:
    match level:
        case IdentityLevel.ANYONE:
            return True
        case IdentityLevel.VERIFIED:
            return verified
        case IdentityLevel.CODE:
            return code


def next_stage(action: Action, passed: Collection[str]) -> CallState | None:
    """What a call waits for now; None: it may run."""
    needed = {
        CallState.FORM: any(one.filler is Filler.FORM for one in action.parameters), CallState.CODE: action.policy.identity is IdentityLevel.CODE,
        CallState.CONFIRM: action.policy.confirm, CallState.APPROVAL: action.policy.approve,
    }
    return next((stage for stage in _STAGES if needed[stage] and stage not in passed), None)


def minutes(state: CallState) -> int:
    """How long a call waits in this state."""
    return MINUTES_TEAM if state is CallState.APPROVAL else MINUTES_CUSTOMER


def too_much(action: Action, values: Mapping[str, Any]) -> str:
    """Why the amount of a call is refused; empty: it is not. An amount is a number of JSON, or a text that says one, as amounts.read understands it."""
    limits = action.policy.limits
    if not limits.amount or limits.most is None:
        return ""
    exact = amounts.read(_at(values, limits.amount))
    if exact is None:
        return f"{limits.amount} cannot be read as one amount, and it has a limit. Give it as a plain number, such as 12.50."
    if not exact.is_finite() or exact < 0:
        return f"{limits.amount} has to be a number of 0 or more."
    return f"{limits.amount} is more than {Decimal(str(limits.most)):f}, the most that one call may have." if exact > Decimal(str(limits.most)) else ""


def _at(values: Mapping[str, Any], path: str) -> Any:
    """By a parameter's whole name, or by a path into one that is an object."""
    if path in values:
        return values[path]
    found: Any = values
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What has been called before. `of_contact` and `of_all` are started calls of this day; `same`: an equal call of this session that did not fail."""

    of_contact: int = 0
    of_all: int = 0
    same: bool = False
    row: Sequence[bool] = ()  # the newest calls to the host: whether each failed for its own reasons
    seconds: float = 1e9  # since the newest of them


def refusal(action: Action, counts: Counts) -> str:
    """Why a call is refused for what was called before; empty: it is not."""
    limits = action.policy.limits
    if counts.same and not action.reads:
        return f"The same call was made less than {MINUTES_REPEATED} minutes ago. It is not made again."
    if limits.per_contact_a_day and counts.of_contact >= limits.per_contact_a_day:
        return f"This customer has had it done {limits.per_contact_a_day} times today, which is the limit."
    if limits.a_day and counts.of_all >= limits.a_day:
        return f"It was called {limits.a_day} times today, which is the limit."
    if resting(counts):
        return "The other side has failed several times in a row and is left alone for a moment."
    return ""


def resting(counts: Counts) -> bool:
    """Whether the circuit breaker of a host is open."""
    return len(counts.row) >= FAILURES_IN_A_ROW and all(counts.row[:FAILURES_IN_A_ROW]) and counts.seconds < PAUSE_SECONDS
