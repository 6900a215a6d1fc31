"""Masking by form and by what is known, placeholders and their way back. No model runs here; test_names.py has those."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glassine.rules.redaction import PLACEHOLDER, before_names, redact, restore
from glassine.words.privacy import Known, PiiType, Policy, Redacted, Span, Treatment

US = Policy()


def masked(text: str, policy: Policy = US, known: Known | None = None, spans: tuple[Span, ...] = ()) -> str:
    return redact(text, policy, known or Known(), spans).text


def given_by(result: Redacted) -> dict[str, str]:
    return {token.placeholder: token.value for token in result.tokens}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to ada.lovelace+tag@mail.example.co.uk.", "write to [EMAIL_1]."),
        ("mailto:ada@example.com?subject=hi", "mailto:[EMAIL_1]?subject=hi"),
        ("ada (at) example (dot) com", "[EMAIL_1]"),
        ("ada dot lovelace at example dot com", "[EMAIL_1]"),
        ("ada@bücher.example", "[EMAIL_1]"),
        ("call +1 (415) 555-2671 today", "call [PHONE_1] today"),
        ("(415) 555-2671 x12", "[PHONE_1]"),
        ("+1 415 555 2671 2 tickets", "[PHONE_1] 2 tickets"),
        ("Tel: +1 415 555 2671\n10 Main Street", "Tel: [PHONE_1]\n10 Main Street"),
        ("call 415-555-2671 2 times", "call [PHONE_1] 2 times"),
        ("call 415 555\n2671 now", "call [PHONE_1] now"),
        ("my number is 4155552671", "my number is [PHONE_1]"),
        ("4111 1111 1111 1111", "[CARD_1]"),
        ("11000119900101001X", "[NATIONAL_ID_1]"),  # of a place for which the library's list of counties has a gap
        ("4111-1111-1111-1111 exp 12/26", "[CARD_1] exp 12/26"),
        ("4111-1111\n-1111-1111", "[CARD_1]"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[CARD_1]"),
        ("my visa card is 4111111111111112", "my visa card is [CARD_1]"),
        ("3782 822463 10005", "[CARD_1]"),
        ("order 12 4111 1111 1111 1111", "order 12 [CARD_1]"),
        ("DE89 3704 0044 0532 0130 00 bitte", "[IBAN_1] bitte"),
        ("gb82west12345698765432", "[IBAN_1]"),
        ("IBAN: DE89 3704 0044 0532 0130 01", "IBAN: [IBAN_1]"),
        ("my SSN is 536-90-4399", "my SSN is [NATIONAL_ID_1]"),
        ("536-90-4399", "[NATIONAL_ID_1]"),
        ("It is 536-90-4399 ok", "It is [NATIONAL_ID_1] ok"),  # a short word before it is no prefix of it
        ("mein 756.9217.0769.85, von mir", "mein [NATIONAL_ID_1], von mir"),
        ("SSN 536904399", "SSN [NATIONAL_ID_1]"),
        ("Mein Steuer-ID lautet 36 574 261 809", "Mein Steuer-ID lautet [TAX_ID_1]"),
        ("codice fiscale RCCMNL83S18D969H", "codice fiscale [NATIONAL_ID_1]"),
        ("passport number X1234567", "passport number [PASSPORT_1]"),
        ("PESEL 44051401359", "PESEL [NATIONAL_ID_1]"),
        ("from 203.0.113.7 and 2001:db8::17", "from [IP_1] and [IP_2]"),
        ("https://ada:hunter2@example.com/x", "https://[CREDENTIALS_1]@example.com/x"),
        ("https://example.com/?user=1&api_key=abcd1234", "https://example.com/?user=1&api_key=[CREDENTIALS_1]"),
        ("sk-proj-abcdefghijklmnop1234", "[SECRET_1]"),
        ("ghp_" + "a1B2" * 9, "[SECRET_1]"),
        ("AKIAIOSFODNN7EXAMPLE", "[SECRET_1]"),
        ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer [SECRET_1]"),
        ("password: hunter2!", "password: [SECRET_1]!"),
        ("mein Passwort ist geheim123", "mein Passwort ist [SECRET_1]"),
        ("key -----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAA=\n-----END RSA PRIVATE KEY----- end", "key [SECRET_1] end"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "[SECRET_1]"),
    ],
)
def test_each_kind_is_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "order 123456789012, order 4155552671, SKU AB-12345-C, invoice INV-2024-00123",
        "tracking 1Z999AA10123456784 and commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        "version 1.2.3.4, v10.15.7, Windows 10.0.19045, Chrome/120.0.0.0",
        "$1,234,567.89 or 1.234.567,89 € or 1 234 567 kr",
        "2024-01-15 10:30:00, 12/31/2024, 15.01.2024, 20240115103000, 2019-2023",
        "port 8080 and 443, localhost:3000, 127.0.0.1 and ::1, 255.255.255.0",
        "XPS 13 9310, 10023 and 10024, 24/7, 4-5 business days",
        "std::vector at 12:30:45, ISBN 978-3-16-148410-0",
        "UUID 123e4567-e89b-12d3-a456-426614174000",
        "my password is not working, the password field is required, reset password: click here",
        "https://example.com/path?page=2&sort=name#top",
        "use @media and a@b, git@github.com:org/repo.git",
    ],
)
def test_what_only_looks_personal_survives(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada\u200b@exa\u00admple.com", "[EMAIL_1]"),
        ("ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[EMAIL_1]"),
        ("٤١١١ ١١١١ ١١١١ ١١١١", "[CARD_1]"),
        ("4111\u20111111\u20131111\u22121111", "[CARD_1]"),
        ("4111\u00a01111\u20091111\u202f1111", "[CARD_1]"),
        ("x \u202e4111\u200d1111\ufeff1111 1111\u202c y", "x \u202e[CARD_1] y"),
        ("Jose\u0301@example.com!", "[EMAIL_1]!"),
    ],
)
def test_unicode_disguises_do_not_help(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_equal_values_share_a_placeholder_and_new_ones_count_on() -> None:
    first = redact("Ada@Example.com and bob@example.com, +1 415 555 2671", US, Known(), ())
    assert first.text == "[EMAIL_1] and [EMAIL_2], [PHONE_1]"
    second = redact("eve@example.com ADA@EXAMPLE.COM (415) 555-2671", US, Known(tokens=given_by(first)), ())
    assert second.text == "[EMAIL_3] [EMAIL_1] [PHONE_1]"
    assert given_by(second)["[EMAIL_1]"] == "Ada@Example.com"
    assert second.counts == {"email": 2, "phone": 1}


def test_numbering_goes_on_after_gaps() -> None:
    assert masked("new@example.com", known=Known(tokens={"[EMAIL_7]": "old@example.com"})) == "[EMAIL_8]"


def test_the_contacts_own_values_are_masked_wherever_they_stand() -> None:
    own = ((PiiType.NAME, "João da Silva"), (PiiType.PHONE, "+44 20 7946 0958"), (PiiType.ADDRESS, "12 Rue X, Paris"), (PiiType.NATIONAL_ID, "AB-123 456"))
    known = Known(values=own)
    assert masked("I am JOAO  DA SILVA, 020 79460958", known=known) == "I am [NAME_1], [PHONE_1]"
    assert masked("joão here; parcel to 12 rue x\nparis; paper ab123456", known=known) == "[NAME_1] here; parcel to [ADDRESS_1]; paper [NATIONAL_ID_1]"
    assert masked("the silvae sold 1202079460958", known=known) == "the silvae sold 1202079460958"
    assert masked("田中太郎さんです", known=Known(values=((PiiType.NAME, "田中太郎"),))) == "[NAME_1]さんです"
    assert masked("Will you do it?", known=Known(values=((PiiType.NAME, "Will Young"),))) == "Will you do it?"


def test_what_was_masked_once_stays_masked_in_the_session() -> None:
    first = redact("password: correct-horse7", US, Known(), ())
    assert masked("correct-horse7 does not work", known=Known(tokens=given_by(first))) == "[SECRET_1] does not work"


def test_typed_placeholders_are_escaped_and_come_back_as_typed() -> None:
    typed = "I saw [EMAIL_1], [\\EMAIL_1] and [\\\\NAME_2] but mail a@b.example"
    result = redact(typed, US, Known(), ())
    assert [match[0] for match in PLACEHOLDER.finditer(result.text)] == ["[EMAIL_1]"]
    assert restore(result.text, given_by(result)) == typed
    assert restore(result.text, {}) == typed.replace("a@b.example", "[EMAIL_1]")


def test_restore_is_one_pass_over_known_placeholders() -> None:
    assert restore("[NAME_1] [NAME_2] [NAME_3]", {"[NAME_1]": "[NAME_2]", "[NAME_2]": "Ada"}) == "[NAME_2] Ada [NAME_3]"


def test_kept_types_stay_and_regions_decide() -> None:
    assert masked("203.0.113.7 a@b.example", Policy(treatments={PiiType.IP: Treatment.KEEP})) == "203.0.113.7 [EMAIL_1]"
    assert masked("es ist 030 12345678 hier", Policy(regions=("DE",))) == "es ist [PHONE_1] hier"


def test_overlaps_leave_no_half_of_a_value() -> None:
    text = "Ada Lovelace ada@example.com 12 Main Street"
    spans = (
        Span(start=0, end=3, type=PiiType.NAME),
        Span(start=0, end=12, type=PiiType.NAME),
        Span(start=9, end=20, type=PiiType.NAME),
        Span(start=25, end=36, type=PiiType.ADDRESS),
        Span(start=32, end=43, type=PiiType.ADDRESS),
    )
    assert masked(text, spans=spans) == "[NAME_1] [EMAIL_1] [ADDRESS_1]"


def test_spans_outside_the_text_do_no_harm() -> None:
    spans = (Span(start=-5, end=2, type=PiiType.NAME), Span(start=2, end=900, type=PiiType.NAME), Span(start=900, end=950, type=PiiType.NAME))
    assert masked("abcd", spans=spans) == "[NAME_1][NAME_2]"


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "\udc00\ud800 a@b.example", "\u202e\u202d", "﷽" * 50, "[" * 100, "\n" * 100])
def test_odd_text_is_no_problem(text: str) -> None:
    result = redact(text, US, Known(), ())
    assert restore(result.text, given_by(result)) == text
    assert len(before_names(text, US)) == len(text)


def test_the_names_model_sees_plain_text_at_the_same_offsets() -> None:
    text = "Ａda [NAME_1] wrote from ada@example.com on 4111 1111 1111 1111"
    seen = before_names(text, US)
    assert len(seen) == len(text)
    assert seen.split() == ["Ada", "wrote", "from", "on"]
    assert seen.index("wrote") == text.index("wrote")


_PIECES = st.sampled_from(
    [
        "a@b.example",
        "+1 415 555 2671",
        "4111 1111 1111 1111",
        "DE89370400440532013000",
        "203.0.113.7",
        "[EMAIL_1]",
        "[\\NAME_2]",
        "password: x7yz!",
        "\u200b",
        "\u0301",
        "é",
        "１２",
        "\ud800",
        "\x00",
        " ",
        "\n",
        "SSN ",
        "12",
        "://u:p@",
        "-",
        "(",
        "Ada",
    ]
)
_TEXTS = st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=12).map("".join))


@settings(max_examples=300, deadline=None)
@given(text=_TEXTS)
@example(text="[\\\\EMAIL_1][EMAIL_1][[EMAIL_2]]")
def test_any_text_comes_back_when_nothing_is_masked(text: str) -> None:
    everything = Policy(treatments=dict.fromkeys(PiiType, Treatment.KEEP))
    result = redact(text, everything, Known(), ())
    assert not result.tokens
    assert not PLACEHOLDER.search(result.text)
    assert restore(result.text, {}) == text


@settings(max_examples=300, deadline=None)
@given(text=_TEXTS, cuts=st.lists(st.tuples(st.integers(-3, 90), st.integers(-3, 90), st.sampled_from([PiiType.NAME, PiiType.ADDRESS])), max_size=5))
def test_findings_are_in_order_within_the_text_and_replaced_one_by_one(text: str, cuts: list[tuple[int, int, PiiType]]) -> None:
    spans = tuple(Span(start=start, end=end, type=kind) for start, end, kind in cuts)
    result = redact(text, US, Known(), spans)
    at = 0
    for finding in result.findings:
        assert at <= finding.start < finding.end <= len(text)
        at = finding.end
    assert len(PLACEHOLDER.findall(result.text)) == len(result.findings)
    assert {match[0] for match in PLACEHOLDER.finditer(result.text)} == set(given_by(result))
    assert len(before_names(text, US)) == len(text)


@settings(max_examples=100, deadline=None)
@given(before=st.text(alphabet="abc \n.,é\u200b", max_size=20), after=st.text(alphabet="abc \n,é\u200b", max_size=20))
def test_a_planted_value_never_survives(before: str, after: str) -> None:
    text = f"{before} ada@example.com {after}"
    result = redact(text, US, Known(), ())
    assert "example.com" not in result.text
    assert restore(result.text, given_by(result)) == text


def test_the_organisations_own_words_are_no_persons_name() -> None:
    policy = Policy(own_words=frozenset({"glassine", "kestrel"}))
    guess = [Span(start=8, end=16, type=PiiType.NAME, score=0.6)]
    assert redact("What is Glassine?", policy, Known(), guess).text == "What is Glassine?"
    assert redact("What is Glassine?", Policy(), Known(), guess).text == "What is [NAME_1]?"
    assert redact("I am Kestrel", policy, Known(values=((PiiType.NAME, "Kestrel"),)), []).text == "I am [NAME_1]"
