"""Pages for what went wrong: what happened, what it means, what to do. Never a code alone, and never what a customer wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from glassine.web.render import render
from glassine.words.errors import Refused
from glassine.words.people import Verb


class Fault(NamedTuple):
    title: str
    words: str


_FAULTS = {
    400: Fault("This could not be read", "Something in the request is not as this page expects it. Nothing was changed. Go back, check what you entered and try again."),
    403: Fault("This is not open to you", "Your role does not allow it. Nothing was changed. An admin of your organisation can change your role under Settings › People."),
    404: Fault("There is nothing here", "The page or conversation does not exist, or it belongs to another organisation. Check the address, or go to the inbox."),
    405: Fault("This address only takes forms", "Open the page that leads here and use its button."),
    429: Fault("Too many tries", "To keep accounts safe, tries are limited. Wait a minute and try again."),
    500: Fault(
        "This page could not be made",
        "Something failed on our side. Customers are not affected: their messages are kept and answered as usual. Try again; if it happens twice, your operator finds the cause in the log.",
    ),
}


_VERBS: Mapping[str, str] = {
    Verb.READ_SESSIONS: "reading conversations", Verb.ANSWER: "answering customers and changing conversations", Verb.REVEAL: "looking behind a mask",
    Verb.REDACT: "removing what was said", Verb.ERASE: "erasing contacts", Verb.EXPORT: "exporting contacts",
    Verb.INSPECT: "inspecting what the AI did", Verb.DEBUG: "debug mode and what-if", Verb.READ_KNOWLEDGE: "reading articles", Verb.WRITE_KNOWLEDGE: "writing articles", Verb.CHANGE_SETTINGS: "changing settings",
    Verb.READ_ACTIONS: "reading actions", Verb.WRITE_ACTIONS: "writing actions and trying them out", Verb.APPROVE: "approving calls",
    Verb.MANAGE_PEOPLE: "managing the team", Verb.MANAGE_KEYS: "managing API keys", Verb.MANAGE_WEBHOOKS: "managing webhooks", Verb.READ_AUDIT: "reading the audit log",
    Verb.READ_MAP: "reading the data map", Verb.READ_LEDGER: "reading what left", Verb.SWITCH: "switching boundaries", Verb.TRANSFER_OWNERSHIP: "choosing who is an owner",
}
_VERB = re.compile("|".join(re.escape(verb.value) for verb in Verb))


def page_for(request: Request, error: Exception) -> Response:
    """The page for an error; for a request by htmx, a message that the page already open can show."""
    status, said = _read(error)
    fault = _FAULTS.get(status, _FAULTS[500 if status >= 500 else 400])
    words = said or fault.words
    if "hx-request" in request.headers:
        return Response(status_code=status, headers={"HX-Trigger": json.dumps({"say": {"text": words, "kind": "bad"}})})
    return HTMLResponse(render("fault.html", {"title": fault.title, "words": words, "status": status, "theme": theme_of(request)}), status_code=status)


def _read(error: Exception) -> tuple[int, str]:
    if isinstance(error, Refused):
        return error.status, _VERB.sub(lambda verb: _VERBS[verb[0]], error.message) if error.status == 403 else error.message
    if isinstance(error, HTTPException):
        return error.status_code, ""
    return (404, "") if isinstance(error, RequestValidationError) else (500, "")


def theme_of(request: Request) -> str:
    """`light`, `dark` or empty (as the system says), from the cookie that the colours button sets."""
    chosen = request.cookies.get("glassine_theme", "")
    return chosen if chosen in ("light", "dark") else ""
