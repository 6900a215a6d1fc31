"""Who a turn looks at the knowledge base for, and how what it finds may be shown. It searches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import quote

from glassine.rules.autopilot import Kind
from glassine.rules.redaction import escape
from glassine.words.knowledge import EVERYBODY, TEAM, Audience, Hit, Viewer
from glassine.words.sessions import Session
from glassine.words.turns import Source


def viewer_of(session: Session, kind: Kind) -> Viewer:
    """The team where the AI only drafts for it, else the customer: a contact where the session is verified, anybody where it is not."""
    return TEAM if kind is Kind.ASSIST else customer(session)


def customer(session: Session) -> Viewer:
    """Whoever writes in a session. What a browser only claims makes nobody a contact."""
    return Viewer(contact=session.contact) if session.verified else EVERYBODY


def escaped(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Passages as they may stand among masked texts."""
    return tuple(replace(hit, text=escape(hit.text), best_sentence=escape(hit.best_sentence)) for hit in hits)


def reachable(sources: Sequence[Source], address: str, help_centre: str) -> tuple[Source, ...]:
    """With the address of each section where its readers can open it: on the page it came from, in the public help centre, or for the team in the inbox."""
    return tuple(_reachable(source, address, help_centre) for source in sources)


def _reachable(source: Source, address: str, help_centre: str) -> Source:
    places = {Audience.PUBLIC: help_centre and f"{help_centre}/{source.article}", Audience.SEGMENT: "", Audience.INTERNAL: f"{address}/knowledge/{source.article}"}
    url = source.url or places[source.audience]
    return replace(source, url=f"{url}#{quote(source.section)}" if url and source.section and "#" not in url else url or None)
