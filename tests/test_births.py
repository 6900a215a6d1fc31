"""Dates of birth in many languages: every word that announces one is looked for, however the text was sifted before."""

from __future__ import annotations

import pytest

from glassine.rules.redaction import redact
from glassine.words.privacy import Known, Policy


@pytest.mark.parametrize("text", [
    "I was born on 03.05.1980", "Geboren am 03.05.1980", "née le 03.05.1980", "ne le 03.05.1980", "né(e) 03.05.1980", "nato il 03.05.1980", "nata l 03.05.1980", "fecha de nacimiento: 03.05.1980",
    "nasci em 03.05.1980", "urodzona 03.05.1980", "født 03.05.1980", "född 03.05.1980", "fødselsdato 03.05.1980", "syntymäaika 03.05.1980", "дата рождения 03.05.1980", "роден на 03.05.1980",
    "народжений 03.05.1980", "γεννήθηκα 03.05.1980", "narozen 03.05.1980", "született 03.05.1980", "născut 03.05.1980", "data nașterii 03.05.1980", "rojstva 03.05.1980", "rođena 03.05.1980",
    "gimimo data 03.05.1980", "dzimšanas datums 03.05.1980", "doğum tarihi 03.05.1980", "생년월일 1980.05.03", "生年月日 1980.05.03", "תאריך לידה 03.05.1980", "ولدت 03.05.1980",
])  # fmt: skip
def test_a_date_of_birth_is_masked_in_many_languages(text: str) -> None:
    assert "[BIRTHDATE_1]" in redact(text, Policy(), Known(), ()).text


@pytest.mark.parametrize("text", ["One lamp of 03.05.2024", "the product of 03.05.2024", "our regiment, 03.05.2024", "a project due 03.05.2024"])
def test_other_dates_stay(text: str) -> None:
    assert redact(text, Policy(), Known(), ()).text == text
