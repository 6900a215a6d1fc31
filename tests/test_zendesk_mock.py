"""The Zendesk that newcomers try handoffs with: its desk shows tickets, answers go out as signed messages, and a restart loses nothing."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.helpdesk_twins import SentHook, running
from tests.zendesk_mock import Mock
from tests.zendesk_talk import HOOK, TALK, ZENDESK, draft, opened, way

pytestmark = pytest.mark.enable_socket


async def test_an_agent_answers_solves_and_finds_everything_again_after_a_restart(tmp_path: Path) -> None:
    sent: list[SentHook] = []

    async def post(hook: SentHook) -> int:
        sent.append(hook)
        return 200

    async with running(Mock(keep=tmp_path / "kept", post=post)) as mock, httpx2.AsyncClient(base_url=mock.url, trust_env=False) as browser:
        assert "No tickets yet" in (await browser.get("/")).text
        async with way(mock) as link:
            made = await ZENDESK.install(link, HOOK)
        ticket = await opened(mock, draft(*TALK))
        page = (await browser.get(ticket.url.removeprefix(mock.url))).text
        for words in ("opencx_handedoff", "My lamp is broken &lt;b&gt;", "Session #4521 in Glassine", "internal note", "Session: 7"):
            assert words in page
        for form in ({"do": "reply", "text": "A new one is on its way."}, {"do": "note", "text": "Angry."}, {"do": "solve"}, {"do": "nonsense"}, {"do": "reply", "text": " "}):
            assert (await browser.post(f"/agent/tickets/{ticket.id}", data=form)).status_code == 303
        for work in list(mock.doing):
            await work
        assert "A new one is on its way." in (await browser.get(f"/agent/tickets/{ticket.id}")).text
        assert len(sent) == 3
        assert (await browser.get("/agent/tickets/77")).status_code == 404
    async with running(Mock(keep=tmp_path / "kept", post=post)) as again, way(again) as link:
        assert again.held[ticket.id].solved
        assert await ZENDESK.install(link, HOOK) == made
        assert [one.text for one in again.comments(ticket.id)][-2:] == ["A new one is on its way.", "Angry."]
