"""A conversation goes on in the language that the customer writes, answers come from passages in any, and people are asked for in every one."""

from __future__ import annotations

import pytest

from glassine.edge.language import detect, follow, speaks
from glassine.story import contacts, conversations, exchange, house, inbound
from glassine.story.contacts import Identity
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.ids import new_id
from glassine.words.sessions import ChannelKind, OwnerKind
from tests.shop import founded_shop

SPOKEN = ("en", "de", "fr")


@pytest.mark.parametrize(("text", "before", "found"), [
    ("Wie lange kann ich eine Lampe zurückgeben?", None, "de"), ("Wie lange kann ich eine Lampe zurückgeben?", "en", "de"), ("ok", "de", "de"), ("ok", None, None),
    ("Combien de temps puis-je rendre une lampe ?", "de", "fr"), ("Ile trwa dostawa do Warszawy i ile kosztuje?", None, "pl"), ("配送にはどのくらいかかりますか", "en", "ja"),
    ("Where is my order 12345?", "de", "en"), ("Mein Login-Password Reset Link ist expired", "de", "de"), ("My order DHL Packstation Berlin Mitte", "en", "en"),
])  # fmt: skip
def test_a_conversation_follows_the_customer(text: str, before: str | None, found: str | None) -> None:
    assert follow(text, SPOKEN, before) == found


def test_an_organisation_of_one_language_is_asked_for_none() -> None:
    assert follow("Wie lange kann ich eine Lampe zurückgeben?", ("en",), None) == "en"
    assert detect("anything at all", ("de",)) == "de"


@pytest.mark.parametrize(("text", "language", "yes"), [
    ("You can return a lamp within thirty days of delivery.", "en", True), ("You can return a lamp within thirty days of delivery.", "de", False),
    ("Sie können eine Lampe innerhalb von dreißig Tagen zurückgeben.", "de", True), ("OK, [EMAIL_1]", "de", True), ("三十日以内であれば返品できます", "en", False),
    ("Du kan returnere en lampe innen tretti dager etter levering.", "no", True),
])  # fmt: skip
def test_whether_a_reply_speaks_a_language(text: str, language: str, yes: bool) -> None:
    assert speaks(text, language) is yes


async def test_a_quote_in_another_language_says_so_and_the_session_follows(world: World) -> None:
    shop = await founded_shop(world, "Languages", "languages@paper.example")
    await house.change(world, shop.owner, languages=SPOKEN)
    article = await learning.save(world, shop.org, title="Returns", body="You can return an unused lamp within 30 days of delivery. Keep the receipt.")
    await learning.publish(world, shop.org, article.id)
    contact = await contacts.create(world, shop.org, Identity(), verified=False)
    id = (await inbound.open_session(world, shop.org, contact.id, ChannelKind.API)).id

    async def writes(text: str) -> str:
        return (await exchange.exchange(world, shop.org, id, Inbound(external_id=new_id(), text=text))).text

    assert "30 days" in await writes("How long can I return an unused lamp?")
    german = await writes("Wie viele Tage nach der Lieferung kann ich eine unbenutzte Lampe zurückgeben?")
    assert german.startswith("Unsere Seite dazu gibt es nur auf Englisch:\n\n")
    assert "30 days" in german
    assert (await conversations.session(world, shop.org, id)).language == "de"
    told = await writes("Proszę połączyć mnie z kimś z waszej obsługi klienta")
    session = await conversations.session(world, shop.org, id)
    assert (session.language, session.owner.kind) == ("pl", OwnerKind.TEAM)
    assert told.startswith("Przekazuję to naszemu zespołowi.")
