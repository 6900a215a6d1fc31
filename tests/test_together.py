"""What is wanted written at the same moment is written in one go, and one that cannot be written spoils it for no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from glassine.store import Unreachable
from glassine.story.together import Together
from glassine.words.ids import OrgId, new_id

ORG, OTHER = OrgId(new_id()), OrgId(new_id())


class Written:
    """Keeps what was written in one go; the first go waits for `go_on`."""

    def __init__(self) -> None:
        self.goes: list[tuple[OrgId, list[str]]] = []
        self.go_on = asyncio.Event()

    async def __call__(self, org: OrgId, some: Sequence[str]) -> None:
        await self.go_on.wait()
        self.goes.append((org, list(some)))
        if "gone" in some:
            raise Unreachable("no database")
        if "bad" in some:
            raise ValueError("it cannot be stored")


async def test_what_comes_while_one_is_written_goes_with_the_next() -> None:
    written = Written()
    together = Together(written)
    putting = [asyncio.create_task(together.put(ORG, str(number))) for number in range(3)]
    await asyncio.sleep(0.01)
    putting += [asyncio.create_task(together.put(ORG, str(number))) for number in range(3, 250)]
    putting.append(asyncio.create_task(together.put(OTHER, "theirs")))
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in putting)
    written.go_on.set()
    await asyncio.gather(*putting)
    assert [len(some) for org, some in written.goes if org == ORG] == [3, 100, 100, 47]
    assert [each for org, some in written.goes if org == ORG for each in some] == [str(number) for number in range(250)]
    assert (OTHER, ["theirs"]) in written.goes
    await together.put(ORG, "later")
    assert written.goes[-1] == (ORG, ["later"])


async def test_one_that_cannot_be_written_is_told_so_and_the_others_are_written() -> None:
    written = Written()
    written.go_on.set()
    together = Together(written)
    one, bad, other = await asyncio.gather(*(together.put(ORG, word) for word in ("one", "bad", "other")), return_exceptions=True)
    assert (one, other) == (None, None)
    assert isinstance(bad, ValueError)
    assert written.goes == [(ORG, ["one", "bad", "other"]), (ORG, ["one"]), (ORG, ["bad"]), (ORG, ["other"])]


async def test_without_a_database_all_hear_so_at_once() -> None:
    written = Written()
    written.go_on.set()
    outcomes = await asyncio.gather(*(Together(written).put(ORG, word) for word in ("one",)), return_exceptions=True)
    assert outcomes == [None]
    together = Together(written)
    found = await asyncio.gather(*(together.put(ORG, word) for word in ("one", "gone")), return_exceptions=True)
    assert all(isinstance(each, Unreachable) for each in found)
    assert written.goes[-1] == (ORG, ["one", "gone"])


async def test_who_goes_away_keeps_nobody_from_being_written() -> None:
    written = Written()
    together = Together(written)
    first = asyncio.create_task(together.put(ORG, "first"))
    second = asyncio.create_task(together.put(ORG, "second"))
    await asyncio.sleep(0.01)
    first.cancel()
    written.go_on.set()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    assert written.goes == [(ORG, ["first", "second"])]
