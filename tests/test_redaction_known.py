"""What is known of a contact, and what a session has masked before, is found again however it is spelled."""

from __future__ import annotations

import pytest

from glassine.rules.redaction import redact, restore
from glassine.words.privacy import Known, PiiType, Policy

POLICY = Policy(regions=("US", "DE"))
OWN = Known(values=(
    (PiiType.NAME, "Zoë Müller-Łukasik"), (PiiType.EMAIL, "zoe.mueller7@example.com"), (PiiType.PHONE, "+49 30 901820"), (PiiType.ADDRESS, "Hauptstraße 5, Berlin"),
))  # fmt: skip


@pytest.mark.parametrize(("written", "kind"), [
    ("Zoë Müller-Łukasik", "NAME"), ("ZOE MULLER LUKASIK", "NAME"), ("zoë  müller-łukasik", "NAME"), ("Zoe Mueller-Lukasik", "NAME"), ("Zoe Mueller Lukasik", "NAME"),
    ("ZoeMullerLukasik", "NAME"), ("Z-o-e M-u-l-l-e-r L-u-k-a-s-i-k", "NAME"), ("Z o e M u e l l e r L u k a s i k", "NAME"), ("Z.O.E. M.U.L.L.E.R. L.U.K.A.S.I.K", "NAME"),
    ("Zoë Mül-\nler-Łukasik", "NAME"), ("Zo\u200bë Mü\u00adller-Łuka\u0301sik", "NAME"), ("Ｚｏｅ Ｍｕｌｌｅｒ Ｌｕｋａｓｉｋ", "NAME"), ("Zое Мullеr-Lukаsіk", "NAME"),
    ("ZOE.MUELLER7@EXAMPLE.COM", "EMAIL"), ("zoe mueller 7 at example dot com", "EMAIL"), ("zoe dot mueller seven at example dot com", "EMAIL"), ("zoe.mueller7 (at) example (dot) com", "EMAIL"),
    ("z o e . m u e l l e r 7 @ e x a m p l e . c o m", "EMAIL"), ("zoe punkt mueller sieben at example punkt com", "EMAIL"), ("zoe_mueller7 example com", "EMAIL"), ("zoë.müller7@example.com", "EMAIL"),
    ("zoe.mueller7\n@example.com", "EMAIL"), ("zoe.mueller7@exam\nple.com", "EMAIL"), ("zoe mueller seven arroba example punto com", "EMAIL"),
    ("030 901820", "PHONE"), ("0049 30 90 18 20", "PHONE"), ("030/901 820", "PHONE"), ("null drei null neun null eins acht zwei null", "PHONE"), ("zero three zero nine zero one eight two zero", "PHONE"),
    ("030 90\n1820", "PHONE"), ("٠٣٠ ٩٠١٨٢٠", "PHONE"),
    ("hauptstrasse 5 berlin", "ADDRESS"), ("HAUPTSTRASSE 5,\nBERLIN", "ADDRESS"), ("Hauptstraße 5 Berlin", "ADDRESS"),
])
def test_the_contacts_own_values_however_they_are_spelled(written: str, kind: str) -> None:
    text = f"Well, {written} it is"
    result = redact(text, POLICY, OWN, ())
    assert result.text == f"Well, [{kind}_1] it is"
    assert restore(result.text, {token.placeholder: token.value for token in result.tokens}) == text


@pytest.mark.parametrize(("value", "kind", "again"), [
    ("ada.l@example.org", PiiType.EMAIL, "ada.l at example dot org"), ("536-90-4399", PiiType.NATIONAL_ID, "five three six nine zero four three nine nine"),
    ("4111 1111 1111 1111", PiiType.CARD, "4111-11\n11-1111-1111"), ("DE89370400440532013000", PiiType.IBAN, "d e 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0"), ("X12345678", PiiType.PASSPORT, "x 1234 5678"),
    ("Grace Hopper", PiiType.NAME, "G R A C E  H O P P E R"), ("B-MW 1234", PiiType.PLATE, "b mw 1234"),
])
def test_what_a_session_masked_before(value: str, kind: PiiType, again: str) -> None:
    placeholder = f"[{kind.value.upper()}_1]"
    result = redact(f"So: {again} then", POLICY, Known(tokens={placeholder: value}), ())
    assert result.text == f"So: {placeholder} then"


@pytest.mark.parametrize("text", [
    "Zo is no name, and neither is mull", "The example of mueller comes", "Hauptstrasse is long; 5 in Berlin", "order 901820123456, room 30", "Zoo, mill and lukas", "a lukasiks mill",
])
def test_what_only_resembles_a_known_value_stays(text: str) -> None:
    assert redact(text, POLICY, OWN, ()).text == text


def test_values_whose_signs_mean_something_are_told_apart() -> None:
    text = "born 1/11/1985, she was born 11/1/1985; I am at 48.8584, 2.2945 and -48.8584, 2.2945"
    assert redact(text, POLICY, Known(), ()).text == "born [BIRTHDATE_1], she was born [BIRTHDATE_2]; I am at [COORDINATES_1] and [COORDINATES_2]"
