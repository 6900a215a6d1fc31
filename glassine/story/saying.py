"""An answer while it is being written: each sentence is shown once the guard has passed all that stands there so far. It sends nothing and settles nothing.

What is shown may still be taken back: only `settle` decides what was said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from glassine.rules import saying
from glassine.store.live import Notice
from glassine.words.autopilot import Live

if TYPE_CHECKING:
    from glassine.story.scene import Scene
    from glassine.story.world import Running, World

Show = Callable[[str], None]
KIND = "saying"  # of the notice; the words stand with the running turn, and go nowhere else
_MOST = 40  # beginnings of one answer that are judged


class Saying:
    """The words of one call of a model as they come. `judge` gives a beginning as the customer would read it, or nothing where it may not be shown by itself."""

    def __init__(self, judge: Callable[[str], str], show: Show) -> None:
        self._judge, self._show = judge, show
        self._text, self._at, self._judged = "", 0, 0

    def hear(self, piece: str) -> None:
        if len(self._text) > saying.LONGEST or self._judged >= _MOST:
            return
        self._text += piece
        if not any(sign.isspace() for sign in piece):
            return  # no sentence is known to have ended before something stands behind it
        found = saying.ends(self._text, self._at)
        for end in reversed(found):
            self._at, self._judged = found[-1], self._judged + 1
            if said := self._judge(self._text[:end]):
                self._show(said)
                return


def showing(world: World, scene: Scene, running: Running) -> Callable[[], Show | None]:
    """Where the sentences of this turn can be shown; None: nobody looks, or the organisation shows whole answers only."""
    began = time.perf_counter()

    def show(text: str) -> None:
        before = running.shown
        if text and before.startswith(text):
            return  # an answer that is written again begins as the first did
        running.shown = text
        kept = len(before) if text.startswith(before) else 0
        piece = {"ms": round((time.perf_counter() - began) * 1_000), "keeps": kept, "text": text[kept:]}
        running.trace.given.setdefault("shown", []).append(piece)
        world.live.say(Notice(scene.org, scene.session.id, KIND))

    def where() -> Show | None:
        listened = Live.read(scene.rulebook.part("live")).on and world.live.listened(scene.org, scene.session.id)
        return show if listened else None

    return where


class Shown(NamedTuple):
    """What stood on the customer's page from this moment on, and what of it was new. An empty text: what was shown was taken back."""

    milliseconds: int  # since the turn began
    text: str
    fresh: str


def shown(given: Mapping[str, Any]) -> Iterator[Shown]:
    """What a turn showed before it was settled, out of its evidence."""
    text = ""
    for one in given.get("shown") or ():
        text = text[: int(one["keeps"])] + str(one["text"])
        yield Shown(int(one["ms"]), text, str(one["text"]))


def taken_back(world: World, scene: Scene, running: Running) -> None:
    """The turn ended without saying anything: what was shown of it goes from the customer's page."""
    if running.shown:
        running.shown = ""
        world.live.say(Notice(scene.org, scene.session.id, KIND))
