"""What became of a call, in words for the team, with the colour each has."""

from __future__ import annotations

from collections.abc import Mapping

from glassine.words.actions import CallState

STATES: Mapping[str, tuple[str, str]] = {
    CallState.REFUSED: ("Refused", "warn"), CallState.FORM: ("Waits for a form", ""), CallState.CODE: ("Waits for a code", ""), CallState.CONFIRM: ("Waits for the customer's yes", ""),
    CallState.APPROVAL: ("Waits for approval", "ai"), CallState.RUNNING: ("Under way", ""), CallState.DONE: ("Done", "good"), CallState.FAILED: ("Failed", "bad"),
    CallState.UNKNOWN: ("Not known", "bad"), CallState.DECLINED: ("Declined", ""), CallState.EXPIRED: ("Expired", ""), CallState.DRY: ("On trial", ""),
}
