"""The last look at what is about to leave: patterns, and the values that its session's vault knows. The gate is handed this by the world.

It says what it found, by type; whether that stops the crossing is the gate's to say. Nothing here keeps a value.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from glassine.edge.secrets import Key
from glassine.rules import letting, prompt, rescan
from glassine.rules.calling import built_in
from glassine.rules.policies import policy_of
from glassine.rules.redaction import PLACEHOLDER, alike, find, known_in
from glassine.store import house, ledger
from glassine.story import masking
from glassine.story.world import World
from glassine.words.crossings import Crossing, Payload, Scan
from glassine.words.errors import NotFound
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.privacy import Known, PiiType, Policy, Span

_LARGE = 30_000  # characters: more than any prompt has, so other requests shall not wait for it
_REMEMBERED = 10_000
_PUBLISHED_SECONDS = 60.0  # how long what was once published stays exempt

Found = Counter[tuple[PiiType, str]]  # what was found, and how often


class Judge(NamedTuple):
    """By what a payload is judged: how the organisation masks, what is known of the session's customer, and their key."""

    policy: Policy
    known: Known
    key: Key | None


@dataclass(slots=True)
class Rescan:
    """One per process. Remembers where patterns matched in texts that come again, by their hash and without the text, and for a minute
    which values the organisation has published itself."""

    world: World
    _seen: dict[tuple[bytes, str], tuple[Span, ...]] = field(default_factory=dict)
    _published: dict[tuple[OrgId, bytes], float] = field(default_factory=dict)
    _reading: dict[tuple[OrgId, SessionId], asyncio.Task[Judge]] = field(default_factory=dict, repr=False)

    async def __call__(self, crossing: Crossing, payload: Payload) -> Scan:
        org_key = await self.world.key(crossing.org)
        judge = await self._judge(crossing)
        text = rescan.without(rescan.readable(payload, crossing.ours), (*prompt.FIXED, *built_in.WORDS))
        if len(text) > _LARGE:
            found = await asyncio.to_thread(self._found, text, rescan.key_headers(payload), judge)
        else:
            found = self._found(text, rescan.key_headers(payload), judge)
        public = await self._public(crossing.org, {value for _, value in found})
        let: frozenset[letting.Value] = frozenset()
        if crossing.lets is not None:
            personal, let = letting.parted([each for each in found if each[1] not in public], crossing.lets)
            found = Counter({each: count for each, count in found.items() if each in personal or each[1] in public})
        return Scan(
            digest=hmac.digest(org_key.signing("ledger"), payload.body, hashlib.sha256),
            masked=rescan.masked(text),
            found=_by_type({each: count for each, count in found.items() if each[1] not in public}),
            let=_by_type({each: found[each] for each in let}),
            exempt=sum(count for (_, value), count in found.items() if value in public),
            carried=_remembered(found, judge),
        )

    async def _judge(self, crossing: Crossing) -> Judge:
        """One event goes to many endpoints at the same moment: what is known of its session is read once for all of them."""
        if crossing.purpose != "webhook" or crossing.session is None or masking.lately(self.world, crossing.org, crossing.session):
            return await _judge(self.world, crossing)
        place = (crossing.org, crossing.session)
        if place not in self._reading:
            reading = self._reading[place] = asyncio.create_task(_judge(self.world, crossing))
            reading.add_done_callback(lambda _: self._reading.pop(place, None))
        return await asyncio.shield(self._reading[place])

    def _found(self, text: str, keys: str, judge: Judge) -> Found:
        """What stands raw in a text, and what is known of the customer in our own keys to the destination."""
        how = repr(judge.policy)
        by_form = [
            replace(span, start=at + span.start, end=at + span.end)
            for at, segment in rescan.segments(rescan.blot_links_to(self.world.settings.url, text)) for span in self._by_form(segment, judge.policy, how)
        ]
        whole = text + rescan.BETWEEN + keys
        known = [span for span in known_in(whole, judge.policy, judge.known) if not any(one.start <= span.start and span.end <= one.end for one in by_form)]
        return Counter((span.type, whole[span.start : span.end]) for span in [*by_form, *known])

    def _by_form(self, segment: str, policy: Policy, how: str) -> tuple[Span, ...]:
        mark = (hashlib.blake2b(segment.encode("utf-8", "surrogatepass"), digest_size=16).digest(), how)
        if mark not in self._seen:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            # Behind "my password is" whatever stands is taken for one, a placeholder too.
            self._seen[mark] = tuple(span for span in find(segment, policy, Known(), ()) if PLACEHOLDER.sub("", segment[span.start : span.end]))
        return self._seen[mark]

    async def _public(self, org: OrgId, values: set[str]) -> set[str]:
        """Those values that the organisation has published, or set, itself. What is not yet is asked for each time: it may be by now."""
        now = time.monotonic()
        ours = self.world.settings.told
        marks = {value: hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).digest() for value in values}
        fresh = {value for value, mark in marks.items() if value in ours or self._published.get((org, mark), 0.0) > now}
        if values - fresh:
            async with self.world.store.tx(org) as tx:
                found = await ledger.published(tx, org, sorted(values - fresh))
            if len(self._published) >= _REMEMBERED:
                self._published.clear()
            self._published |= {(org, marks[value]): now + _PUBLISHED_SECONDS for value in found}
            fresh |= set(found)
        return fresh


async def _judge(world: World, crossing: Crossing) -> Judge:
    if crossing.session is not None:
        with contextlib.suppress(NotFound):  # erased a moment ago: nothing is known of it any more
            mask = masking.lately(world, crossing.org, crossing.session) or (await masking.look(world, crossing.org, crossing.session))[0]
            return Judge(mask.policy, Known(tokens=mask.tokens, values=mask.identity.known_values), mask.key)
    async with world.store.tx(crossing.org) as tx:
        row = await house.load(tx, crossing.org)
    return Judge(policy_of(row["name"], OrgSettings.read(row["settings"])), Known(), None)


def carried(key: Key, kind: PiiType, value: str, regions: tuple[str, ...]) -> bytes:
    """The hash under which the ledger remembers that a value crossed: its spellings share one, and nobody without the contact's key can make it."""
    return key.digest("crossed", kind, alike(kind, value, regions))


def _remembered(found: Found, judge: Judge) -> tuple[bytes, ...]:
    """The hashes of what was found. A number that is written without its country code is remembered as the known one that it is, too."""
    if judge.key is None:
        return ()
    known = [value for kind, value in judge.known.values if kind is PiiType.PHONE] + [
        value for placeholder, value in judge.known.tokens.items() if placeholder.startswith("[PHONE_")
    ]
    values = set(found) | {(kind, full) for kind, value in found if kind is PiiType.PHONE for full in known if _ends_with(full, value)}
    return tuple(sorted({carried(judge.key, kind, value, judge.policy.regions) for kind, value in values}))


def _ends_with(full: str, short: str) -> bool:
    digits = "".join(filter(str.isdigit, short)).lstrip("0")
    return len(digits) >= 6 and "".join(filter(str.isdigit, full)).endswith(digits)


def _by_type(found: Mapping[tuple[PiiType, str], int]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for (kind, _), count in found.items():
        counted[str(kind)] += count
    return dict(counted)
