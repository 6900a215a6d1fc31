"""Writes a session's words as the comments of a ticket, and plans which entries share one. It sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from glassine.words.helpdesks import Draft, Enclosed, Entry, Speaker

LONGEST = 60_000  # characters of a comment's HTML: Zendesk keeps 64 KB
_ROOM = 2_000  # of that for who said it and when, and for what stands around
OWN = 12  # entries that get a comment of their own; Zendesk takes 30 changes of one ticket in ten minutes, and 100 of all tickets in one

_TOGETHER = 60  # entries in one comment: their markers must fit into a kilobyte of metadata
_BETWEEN = "<hr>"
_ROLES = {Speaker.CUSTOMER: "customer", Speaker.AI: "AI", Speaker.TEAM: "team", Speaker.SYSTEM: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment to be written. `markers` go into the change's custom metadata, which people do not see."""

    markers: tuple[str, ...]
    html: str
    files: tuple[Enclosed, ...] = ()
    by_requester: bool = False


def first(draft: Draft, left_out: str = "") -> str:
    """The comment that a ticket opens with: what it is about, and where the whole stands. `left_out`: what Zendesk did not take."""
    facts = [("Why it was handed off", "; ".join(one.replace("_", " ") for one in draft.reasons)), ("Mood", draft.sentiment), ("Language", draft.language), ("Channel", draft.channel)]
    lines = "".join(f"<li>{name}: {escape(value)}</li>" for name, value in facts if value)
    link = f'<p><a href="{escape(draft.link, quote=True)}">Session #{draft.number} in Glassine</a> ({draft.session})</p>' if draft.link else f"<p>Session #{draft.number} ({draft.session})</p>"
    asked = "<p>Answer with a public reply: it goes to the customer where they wrote. Internal notes stay with your team.</p>"
    lost = f"<p>Not set, because Zendesk did not take it: {escape(left_out)}. The helpdesk's settings in Glassine say which.</p>" if left_out else ""
    return f"<p>{_lines(draft.summary)}</p><ul>{lines}</ul>{link}{lost}{asked}"


def transcript(entries: Sequence[Entry]) -> Iterator[Comment]:
    """All entries in order: the newest each a comment of its own, those before them together."""
    split = max(0, len(entries) - OWN)
    yield from _together(entries[:split])
    yield from (comment(one) for one in entries[split:])


def _together(entries: Sequence[Entry]) -> Iterator[Comment]:
    """As few comments as hold them. The same entries make the same comments at every try."""
    group: list[Entry] = []
    for one in entries:
        if len(group) == _TOGETHER or (group and sum(len(written(each)) + len(_BETWEEN) for each in (*group, one)) > LONGEST):
            yield _group(group)
            group = []
        group.append(one)
    if group:
        yield _group(group)


def _group(entries: Sequence[Entry]) -> Comment:
    return Comment(markers=tuple(one.marker for one in entries), html=_BETWEEN.join(written(one) for one in entries), files=tuple(file for one in entries for file in one.files))


def comment(entry: Entry) -> Comment:
    """One entry as a comment of its own; a customer's words stand there in the requester's name."""
    return Comment(markers=(entry.marker,), html=written(entry), files=entry.files, by_requester=entry.speaker is Speaker.CUSTOMER)


def written(entry: Entry) -> str:
    """Who said it and when, and the words as they are."""
    role = "internal note of your team" if entry.speaker is Speaker.TEAM and not entry.public else _ROLES[entry.speaker]
    who = f"{escape(entry.author)} ({role})" if role and role.lower() != entry.author.lower() else escape(entry.author)
    return f"<p><b>{who}</b> · {entry.at:%Y-%m-%d %H:%M} UTC</p><p>{_lines(entry.text)}</p>"


def without(comment: Comment, lost: Sequence[str]) -> str:
    """The comment's HTML, naming files that Zendesk did not take."""
    return comment.html + "".join(f"<p>The file {escape(name)} was not taken by Zendesk; it is in Glassine.</p>" for name in lost)


def _lines(text: str) -> str:
    """The words as HTML, within what a comment holds: a character takes six at most."""
    whole = escape(text).replace("\n", "<br>")
    if len(whole) <= LONGEST - _ROOM:
        return whole
    return escape(text[: (LONGEST - _ROOM) // 6]).replace("\n", "<br>") + "<br>… shortened; all of it is in Glassine."
