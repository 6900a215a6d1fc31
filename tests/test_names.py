"""Names and addresses found by the model and the rules around it, with the vendored weights."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassine.edge.names import Names, windows
from glassine.rules.redaction import before_names, redact, restore
from glassine.words.privacy import Known, Policy

US = Policy()


@pytest.fixture(scope="module")
def names() -> Names:
    return Names()


async def masked(names: Names, text: str) -> str:
    return redact(text, US, Known(), await names.find(before_names(text, US))).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thanks,\nMaria", "Thanks,\n[NAME_1]"),
        ("Hi, I'm João da Silva from Lisbon", "Hi, I'm [NAME_1] from Lisbon"),
        ("Hi Müller, please help", "Hi [NAME_1], please help"),
        ("my name is john smith", "my name is [NAME_1]"),
        ("Kind regards, Dr. Ada Lovelace-Byron", "Kind regards, [NAME_1]"),
        ("This is O'Brien, Sean", "This is [NAME_1], [NAME_2]"),
        ("My wife Nguyễn Thị Minh Khai lost the parcel", "My wife [NAME_1] lost the parcel"),
        ("I am @ada_l, or @lovelace on Twitter", "I am @[NAME_1], or @[NAME_2] on Twitter"),
        ("Меня зовут Иван Петров", "Меня зовут [NAME_1]"),
        ("私の名前は田中太郎です", "私の名前は[NAME_1]です"),
        ("123 Main St Apt 4B, Springfield, IL 62701 is my address", "[ADDRESS_1] is my address"),
        ("i live at 742 evergreen terrace springfield", "i live at [ADDRESS_1]"),
        ("Ich wohne in der Hauptstraße 12, 10115 Berlin", "Ich wohne in der [ADDRESS_1]"),
        ("Je m'appelle François Dupont, 12 rue de la Paix, 75002 Paris", "Je m'appelle [NAME_1], [ADDRESS_1]"),
        ("Please write to P.O. Box 123 instead", "Please write to [ADDRESS_1] instead"),
        ("Ada Lovelace, ada@example.com, 4111 1111 1111 1111", "[NAME_1], [EMAIL_1], [CARD_1]"),
    ],
)
async def test_names_and_addresses_are_masked(names: Names, text: str, expected: str) -> None:
    assert await masked(names, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Go to Settings > Users",
        "We run Fly Postgres with Plausible",
        "Thanks, Team",
        "Dear Customer Support,",
        "Connect Zendesk to Slack, then Shopify",
        "Click Save and open Google Analytics in Chrome",
        "Can I pay with American Express in New York?",
        "Apple Pay does not work in Germany",
        "The service listens on port 8080 and 443; this is step 3",
        "Edit fly.toml and set DATABASE_URL in /etc/app/config.yml",
        "I ordered an XPS 13 9310 and a Samsung Galaxy S21, order 4155552671",
        "Use @media and @property, then npm install @acme/widget",
        "Someone stole my phone, what is my next step?",
    ],
)
async def test_words_of_products_and_help_pages_survive(names: Names, text: str) -> None:
    assert await masked(names, text) == text


async def test_a_long_text_is_read_in_windows_without_losing_a_name(names: Names) -> None:
    filler = "The parcel arrived late and the box was open on one side. "
    text = "".join(f"{filler * 3}My name is Maria Kowalska. " for _ in range(12))
    found = await masked(names, text)
    assert "Kowalska" not in found
    assert found.count("[NAME_1]") == 12


async def test_what_lies_beyond_the_cap_is_left_to_the_word_lists(names: Names) -> None:
    text = "so it goes on. " * 2100 + "Regards, Maria"
    assert (await masked(names, text)).endswith("Regards, [NAME_1]")


@pytest.mark.parametrize("text", ["", " \n", "\x00\x00", "\ud800 Ada \udfff", "\u202eAda", "￼" * 700, "a" * 3000, "가" * 700, "\u0301" * 100, "🙂" * 600])
async def test_odd_text_is_no_problem(names: Names, text: str) -> None:
    result = redact(text, US, Known(), await names.find(before_names(text, US)))
    assert restore(result.text, {token.placeholder: token.value for token in result.tokens}) == text


async def test_texts_are_read_at_the_same_time(names: Names) -> None:
    texts = [f"My name is {name}." for name in ("Maria Rossi", "John Smith", "Hans Huber")]
    assert await asyncio.gather(*(masked(names, text) for text in texts)) == ["My name is [NAME_1]."] * 3


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="ab .\n", max_size=2500))
def test_windows_cover_all_words_and_move_on(text: str) -> None:
    found = list(windows(text))
    assert all(0 < end - start <= 480 for start, end in found)
    assert all(after[0] > before[0] for before, after in pairwise(found))
    covered = {at for start, end in found for at in range(start, end)}
    assert not {at for at, character in enumerate(text) if not character.isspace()} - covered


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=120))
def test_spans_lie_within_any_text(names: Names, text: str) -> None:
    assert all(0 <= span.start < span.end <= len(text) for span in names.spans(text))
