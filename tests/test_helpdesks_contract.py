"""What every helpdesk's module keeps, each against its twin: a ticket is opened once whatever goes wrong, with everything in order; what people do there is heard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from glassine import connect
from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.words.deliveries import DeliveryFailed, Effect
from glassine.words.errors import Refused
from glassine.words.files import LARGEST_FILE
from glassine.words.helpdesks import Deleted, Draft, Entry, Guarantee, Heard, Helpdesk, Hook, RawHook, Reopened, Replied, Requester, Solved, Speaker, Ticket
from glassine.words.ids import OrgId, SessionId, new_id
from tests.generic_webhook_twin import GenericTwin
from tests.helpdesk_twins import Fault, SentHook, Twin, running
from tests.hubspot_desk import HubSpotTwin
from tests.intercom_desk import IntercomTwin
from tests.sunshine_twin import SunshineTwin
from tests.zendesk_desk_twin import ZendeskTwin

# Every connector with its twin. One that comes adds its line here, and nothing else.
TWINS: dict[str, Callable[[], Twin]] = {
    "generic_webhook": GenericTwin,
    "zendesk": ZendeskTwin,
    "sunshine": SunshineTwin,
    "hubspot": HubSpotTwin,
    "intercom": IntercomTwin,
}
_AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
_SECRET = "a secret that is long enough, 1234567890"


class Side(NamedTuple):
    """A twin that runs, its module, and the link to it."""

    twin: Twin
    module: Helpdesk
    link: GateHelpdeskLink


@pytest_asyncio.fixture(params=TWINS, ids=str)
async def side(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    async with running(TWINS[request.param]()) as twin:
        gate = Gate(allowed_private=places([twin.url]))
        module = connect.helpdesk(request.param)
        settings = twin.settings()
        yield Side(twin, module, GateHelpdeskLink(gate=gate, org=OrgId(new_id()), settings=settings, hosts=module.hosts(settings), own=twin.url, seconds=20))
        await gate.aclose()


def _marker(number: int) -> str:
    return f"gls{number:024x}"


def _entry(number: int, text: str, speaker: Speaker = Speaker.CUSTOMER, *, public: bool = True) -> Entry:
    return Entry(marker=_marker(number), speaker=speaker, author="Customer" if speaker is Speaker.CUSTOMER else "AI", text=text, public=public, at=_AT + timedelta(seconds=number))


def _draft(entries: int = 3) -> Draft:
    said = [_entry(n, f"Entry {n} of the transcript.", Speaker.CUSTOMER if n % 2 else Speaker.AI) for n in range(1, entries + 1)]
    return Draft(
        session=SessionId(UUID(int=7)), marker=_marker(999), number=42, subject="#42: My lamp is broken", summary="The lamp came broken.", reasons=("user_requested_human_assistance",),
        sentiment="neutral", language="en", channel="web", link="https://support.example.com/inbox/sessions/7", tags=("opencx_channel_web", "opencx_sentiment_neutral", "opencx_handedoff", "vip"),
        priority="high", group="", fields={}, requester=Requester(key="0c9d2f10-0000-4000-8000-000000000001", email="casey@example.com"), transcript=tuple(said),
    )


async def _opened(side: Side, draft: Draft, tries: int = 8) -> Ticket:
    """As whoever delivers does it: once more after each failure, and looked for first where nobody knows how the last try ended."""
    doubtful, open = False, side.module.guarantees[Effect.OPEN]
    for _ in range(tries):
        try:
            found = await side.module.find(side.link, draft.marker) if doubtful and open is Guarantee.LOOKUP else None
            if found is not None:
                for entry in draft.transcript:
                    if await side.module.said(side.link, found, entry.marker) is None:
                        await side.module.say(side.link, found, entry, f"k:{entry.marker}")
                return found
            return await side.module.open(side.link, draft, "the-delivery")
        except DeliveryFailed as failed:
            doubtful = doubtful or failed.unknown
    raise AssertionError("it never came through")


async def _said(side: Side, ticket: Ticket, entry: Entry, tries: int = 6) -> str:
    doubtful, say = False, side.module.guarantees[Effect.SAY]
    for _ in range(tries):
        try:
            there = await side.module.said(side.link, ticket, entry.marker) if doubtful and say is Guarantee.LOOKUP else None
            return there or await side.module.say(side.link, ticket, entry, f"say:{entry.marker}")
        except DeliveryFailed as failed:
            doubtful = doubtful or failed.unknown
            if doubtful and say is Guarantee.NONE:
                return "unknown"
    raise AssertionError("it never came through")


def _texts(side: Side, ticket: Ticket) -> str:
    return "\n".join(comment.text for comment in side.twin.comments(ticket.id))


def _once_and_in_order(text: str, words: list[str]) -> bool:
    places = [text.find(one) for one in words]
    return -1 not in places and places == sorted(places) and all(text.count(one) == 1 for one in words)


def _patience(fault: Fault) -> float:
    """Seconds: short where a time-out is what is tested, and longer than a busy machine takes where it is not."""
    return 0.4 if fault in (Fault.BEFORE, Fault.AFTER) else 20


_THREE = [f"Entry {n} of the transcript." for n in (1, 2, 3)]


async def test_settings_are_tried_and_wrong_ones_are_refused_in_plain_words(side: Side) -> None:
    assert (await side.module.check(side.link)).reached
    wrong = {name: f"{value}x" for name, value in side.link.settings.items()} | {name: value for name, value in side.link.settings.items() if "://" in value}
    side.link.settings = wrong
    with pytest.raises((DeliveryFailed, Refused)) as refused:
        await side.module.check(side.link)
    assert not any(value in str(refused.value) for value in wrong.values() if len(value) > 12)


async def test_a_ticket_holds_everything_that_was_said_in_order(side: Side) -> None:
    ticket = await _opened(side, _draft())
    (there,) = side.twin.tickets()
    assert there.id == ticket.id
    assert "opencx_handedoff" in there.tags
    assert _once_and_in_order(_texts(side, ticket), _THREE)
    everything = "\n".join([there.subject, *there.fields.values(), _texts(side, ticket)])
    assert "https://support.example.com/inbox/sessions/7" in everything
    assert "The lamp came broken." in everything


@pytest.mark.parametrize("at", [0, 1, 2, 3])
@pytest.mark.parametrize("fault", list(Fault), ids=str)
async def test_a_ticket_is_opened_once_whatever_goes_wrong(side: Side, fault: Fault, at: int) -> None:
    side.twin.faults, side.link.seconds = [*[None] * at, fault], _patience(fault)
    ticket = await _opened(side, _draft())
    if side.module.guarantees[Effect.OPEN] is not Guarantee.NONE:
        assert [one.id for one in side.twin.tickets()] == [ticket.id]
    assert _once_and_in_order(_texts(side, ticket), _THREE)


@pytest.mark.parametrize("fault", list(Fault), ids=str)
async def test_an_entry_is_said_once_whatever_goes_wrong(side: Side, fault: Fault) -> None:
    ticket = await _opened(side, _draft(1))
    side.twin.faults, side.link.seconds = [fault], _patience(fault)
    await _said(side, ticket, _entry(11, "And it buzzes."))
    await _said(side, ticket, _entry(12, "A note for the team.", Speaker.TEAM, public=False))
    if side.module.guarantees[Effect.SAY] is not Guarantee.NONE:
        assert _once_and_in_order(_texts(side, ticket), ["And it buzzes.", *(["A note for the team."] if side.twin.takes_notes else [])])
    assert all(_texts(side, ticket).count(one) <= 1 for one in ("And it buzzes.", "A note for the team."))
    assert [one.public for one in side.twin.comments(ticket.id) if "A note for the team." in one.text] == [False] * side.twin.takes_notes


async def test_a_ticket_is_solved_and_opened_again_however_often(side: Side) -> None:
    ticket = await _opened(side, _draft(1))
    for solved in (True, True, False, False, True):
        await side.module.set_status(side.link, ticket, solved=solved)
        assert side.twin.held[ticket.id].solved is solved


async def _hooked(side: Side) -> str:
    """The hook is made; returns what the vendor signs with."""
    made = await side.module.install(side.link, Hook(url="https://support.example.com/api/hooks/helpdesks/1", secret=_SECRET))
    side.twin.hook_url = side.twin.hook_url or "https://support.example.com/api/hooks/helpdesks/1"
    return made.get("secret") or side.link.settings.get("hook_secret") or _SECRET


def _raw(hook: SentHook, *, body: bytes | None = None, at: datetime | None = None) -> RawHook:
    return RawHook(
        method=hook.method, path="/api/hooks/helpdesks/1", query="", headers={name.lower(): value for name, value in hook.headers.items()}, body=hook.body if body is None else body,
        at=at or datetime.now(UTC), url=hook.url,
    )


def _heard(side: Side, secret: str) -> list[Heard]:
    heard: list[Heard] = []
    for hook in side.twin.hooks:
        side.module.verify(_raw(hook), secret)
        heard += side.module.parse(_raw(hook))
    return heard


async def _all_heard(side: Side, secret: str, ticket: Ticket) -> list[Heard]:
    """What the hooks say, and what a look brings where they only say that something happened."""
    return [*_heard(side, secret), *(await side.module.look(side.link, ticket, "")).heard]


async def test_what_people_answer_is_heard_and_a_note_is_no_answer(side: Side) -> None:
    secret = await _hooked(side)
    ticket = await _opened(side, _draft())
    await side.twin.answer(ticket.id, "We send you a new one.")
    await side.twin.answer(ticket.id, "Third lamp this week.", public=False)
    replied = {one.key: one for one in await _all_heard(side, secret, ticket) if isinstance(one, Replied)}
    told = [("We send you a new one.", True), *([("Third lamp this week.", False)] if side.twin.takes_notes else [])]
    assert [(one.text.strip(), one.public) for one in replied.values()] == told, "each once, and nothing of ours"
    assert all(one.ticket == ticket.id for one in replied.values())


async def test_files_of_answers_come_along_and_nothing_is_told_of_who_asks(side: Side) -> None:
    secret = await _hooked(side)
    ticket = await _opened(side, _draft(1))
    files = (("label.pdf", "application/pdf", b"%PDF-1.7 a label"), ("where.png", "image/png", b"\x89PNG a picture"))
    await side.twin.answer(ticket.id, "Put this label on it.", files=files)
    replied = {one.key: one for one in await _all_heard(side, secret, ticket) if isinstance(one, Replied) and one.public}
    assert [(file.name, file.media_type, file.content) for one in replied.values() for file in one.files] == list(files)
    assert [one.unhad for one in replied.values() if one.unhad] == []
    assert next(iter(replied.values())).text.strip() == "Put this label on it."


async def test_a_file_that_is_too_large_is_named_and_holds_no_answer_up(side: Side) -> None:
    ticket = await _opened(side, _draft(1))
    await side.twin.answer(ticket.id, "See the film.", files=(("film.png", "image/png", b"x" * (LARGEST_FILE + 1)),))
    replied = [one for one in (await side.module.look(side.link, ticket, "")).heard if isinstance(one, Replied) and one.public]
    assert "See the film." in replied[0].text
    assert [(one.name, "large" in one.why) for each in replied for one in each.unhad] == [("film.png", True)]
    assert [file for each in replied for file in each.files] == []


async def test_what_becomes_of_a_ticket_is_heard(side: Side) -> None:
    secret = await _hooked(side)
    ticket, other = await _opened(side, _draft()), await side.module.open(side.link, _draft(1), "another")
    await side.twin.solve(ticket.id)
    assert any(isinstance(one, Solved) and one.ticket == ticket.id for one in await _all_heard(side, secret, ticket))
    await side.twin.reopen(ticket.id)
    assert any(isinstance(one, Reopened) and one.ticket == ticket.id for one in await _all_heard(side, secret, ticket))
    await side.twin.delete(other.id)
    assert any(isinstance(one, Deleted) and one.ticket == other.id for one in await _all_heard(side, secret, other))


async def test_a_hook_that_is_not_the_vendors_is_refused(side: Side) -> None:
    secret = await _hooked(side)
    ticket = await _opened(side, _draft(1))
    await side.twin.answer(ticket.id, "Hello.")
    for hook in side.twin.hooks:
        side.module.verify(_raw(hook), secret)
        if side.twin.signs:
            with pytest.raises(Refused):
                side.module.verify(_raw(hook, body=hook.body + b" "), secret)
        with pytest.raises(Refused):
            side.module.verify(_raw(hook), secret + "x")
        with pytest.raises(Refused):
            side.module.verify(RawHook(method="POST", path="/", query="", headers={}, body=hook.body, at=datetime.now(UTC)), secret)
    assert side.twin.hooks


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"null", b"[" * 5_000, b'{"ticket": {}}', b"\xff\xfe", b'[{"id": null}]', b'{"type": 7, "ticket": 7, "id": 7, "at": 7}', b'"x"'], ids=range(11))
async def test_whatever_comes_is_read_or_refused(side: Side, body: bytes) -> None:
    try:
        heard = side.module.parse(RawHook(method="POST", path="/", query="", headers={"content-type": "application/json"}, body=body, at=_AT))
    except Refused as refused:
        assert refused.status == 400
    else:
        assert all(isinstance(one, Heard) for one in heard)


async def test_what_is_told_again_has_the_same_key(side: Side) -> None:
    secret = await _hooked(side)
    ticket = await _opened(side, _draft(1))
    await side.twin.answer(ticket.id, "Only once, please.")
    keys = {one.key for one in [*await _all_heard(side, secret, ticket), *await _all_heard(side, secret, ticket)] if isinstance(one, Replied)}
    assert len(keys) == 1


async def test_what_was_made_there_is_made_once_and_taken_away(side: Side) -> None:
    hook = Hook(url="https://support.example.com/api/hooks/helpdesks/1", secret=_SECRET)
    first = await side.module.install(side.link, hook)
    assert await side.module.install(side.link, hook) == first
    await side.module.uninstall(side.link, first)
    await side.module.uninstall(side.link, first)
