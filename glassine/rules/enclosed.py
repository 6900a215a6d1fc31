"""What came in files with a customer's message, as masked text: what to search for, and what the model may see. It reads no file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from glassine.rules import extract, spelling
from glassine.rules.courtesies import asking, polite
from glassine.rules.grounding import Grounded
from glassine.words.people import ActorKind
from glassine.words.sessions import Event

Files = tuple[tuple[str, str], ...]  # name and text of each
_WORDS, _GLIMPSE = 3, 300  # a question has so many words; characters of a file that stand for one


def enclosed(message: Event) -> Files:
    """The files of a message, as far as their texts were read."""
    return tuple((str(file["name"]), str(file["text"])) for file in message.payload.get("attachments", ()) if file.get("text"))


def in_hand(message: Event, history: Sequence[Event]) -> Files:
    """The files of the message, or else of the customer's newest message before it that brought any."""
    said = [event for event in reversed(history) if event.actor is ActorKind.USER and event.seq <= message.seq]
    return next((files for event in said if (files := enclosed(event))), ())


def question(message: Event, history: Sequence[Event], language: str = "en") -> str:
    """What to search for: what the customer asks, without courtesies, with what it goes on from. Of a file that comes with hardly a word, its beginning."""
    said = [text for event in history if event.actor is ActorKind.USER and event.seq < message.seq and not polite(text := _asking(event.text))]
    chosen, files = extract.query(message.text, history), enclosed(message)
    asked = spelling.carried(_asking(chosen), said, language) if chosen == message.text else chosen
    return asked if len(asked.split()) >= _WORDS or not files else f"{asked} {files[0][1][:_GLIMPSE]}".strip()


_asking = lru_cache(maxsize=2_000)(asking)  # a turn asks twice, and of all that was said before; these texts are masked


def small_talk(message: Event, language: str | None) -> Grounded | None:
    """The reply to a greeting that brings nothing; None for anything else."""
    return None if enclosed(message) else extract.chat(message.text, language)
