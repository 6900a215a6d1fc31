"""What becomes of a value: kept, given a pseudonym, or masked for good; by type and channel, and for patterns of the organisation's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassine.rules.policies import GRAVE, TYPES, policy_of
from glassine.rules.redaction import before_names, escape, redact, restore
from glassine.web import render
from glassine.words.house import OrgSettings
from glassine.words.privacy import CustomPattern, Known, PiiType, Policy, Redacted, Span, Treatment

GONE = Policy(treatments=dict.fromkeys(PiiType, Treatment.MASK))
MEMBER = CustomPattern(id="1", name="Member number", pattern=r"\bMEM-\d{6}\b")


def masked(text: str, policy: Policy, known: Known | None = None, spans: tuple[Span, ...] = ()) -> Redacted:
    return redact(text, policy, known or Known(), spans)


def test_each_type_is_treated_as_the_policy_says() -> None:
    policy = Policy(treatments={PiiType.IP: Treatment.KEEP, PiiType.CARD: Treatment.MASK})
    found = masked("from 203.0.113.7, ada@example.com paid with 4111 1111 1111 1111", policy)
    assert found.text == "from 203.0.113.7, [EMAIL_1] paid with [CARD]"
    assert found.original == "from 203.0.113.7, ada@example.com paid with [CARD]"
    assert [token.placeholder for token in found.tokens] == ["[EMAIL_1]"]
    assert found.counts == {"email": 1, "card": 1}


def test_what_is_masked_for_good_is_left_nowhere() -> None:
    text = "I am Ada Lovelace, ada@example.com, +1 415 555 2671, DE89 3704 0044 0532 0130 00, sk-proj-abcdefghijklmnop1234"
    found = masked(text, GONE, spans=(Span(start=5, end=17, type=PiiType.NAME),))
    assert found.text == found.original == "I am [NAME], [EMAIL], [PHONE], [IBAN], [SECRET]"
    assert found.tokens == ()
    assert restore(found.text, {}) == found.text


def test_the_contacts_own_values_are_masked_for_good_too() -> None:
    known = Known(values=((PiiType.EMAIL, "ada@example.com"), (PiiType.NAME, "Ada Lovelace")))
    assert masked("Ada here: ADA@example.com", GONE, known).original == "[NAME] here: [EMAIL]"


def test_the_strictest_treatment_of_what_overlaps_holds_for_the_whole() -> None:
    number = CustomPattern(id="1", name="Digits", pattern=r"2671 is mine", treatment=Treatment.MASK)
    found = masked("+1 415 555 2671 is mine", Policy(patterns=(number,)))
    assert found.tokens == ()
    assert not any(character.isdigit() for character in found.original)


def test_a_name_inside_a_kept_value_leaves_it_whole_and_what_has_a_form_does_not() -> None:
    known = Known(values=((PiiType.NAME, "Grace Hopper"),))
    policy = Policy(treatments={PiiType.EMAIL: Treatment.KEEP})
    assert masked("grace.hopper@navy.example, says Hopper", policy, known).text == "grace.hopper@navy.example, says [NAME_1]"
    pattern = CustomPattern(id="1", name="Navy", pattern="navy")
    assert masked("grace@navy.example", Policy(treatments={PiiType.EMAIL: Treatment.KEEP}, patterns=(pattern,)), known).text == "grace@[CUSTOM_1].example"


@pytest.mark.parametrize("typed", ["[EMAIL]", "[EMAIL_1]", r"[\EMAIL]", "[CUSTOM]", r"[\\NATIONAL_ID_12]", "see [NAME] and [NAME_2]"])
def test_what_a_customer_typed_as_a_placeholder_stays_theirs(typed: str) -> None:
    for policy in (Policy(), GONE):
        found = masked(typed, policy)
        assert found.text == escape(typed) != typed
        assert found.original == typed
        assert restore(found.text, {"[EMAIL_1]": "somebody@else.example", "[NAME_2]": "Somebody"}) == typed


@given(
    pieces=st.lists(st.sampled_from(["[EMAIL]", "[EMAIL_1]", "\\", "ada@example.com", " ", "4111 1111 1111 1111", "x", "é", "203.0.113.7", "[\\CARD]", "MEM-123456"]), max_size=12),
    treatments=st.dictionaries(st.sampled_from(list(PiiType)), st.sampled_from(list(Treatment))), gone=st.booleans(),
)
def test_the_sealed_original_masks_to_the_same_text_again(pieces: list[str], treatments: dict[PiiType, Treatment], gone: bool) -> None:
    text = "".join(pieces)
    policy = Policy(treatments=treatments, patterns=(CustomPattern(id="1", name="Member", pattern=MEMBER.pattern, treatment=Treatment.MASK if gone else Treatment.PSEUDONYM),))
    first = masked(text, policy)
    again = masked(first.original, policy, Known(gone=first.gone))
    assert (again.text, again.original, again.gone, again.counts) == (first.text, first.original, first.gone, first.counts)
    assert all(first.original[span.start : span.end] == f"[{span.type.value.upper()}]" for span in first.gone)
    assert restore(first.text, {token.placeholder: token.value for token in first.tokens}) == first.original
    if not first.gone:
        assert first.original == text


# -- patterns of an organisation's own ------------------------------------------------------------------------------------------


def test_an_own_pattern_finds_its_matches_whatever_the_case_and_the_script_of_the_digits() -> None:
    policy = Policy(patterns=(MEMBER,))
    assert masked("Ich bin mem-123456, grüße von MEM-654321 und MEM-１２３４５６.", policy).text == "Ich bin [CUSTOM_1], grüße von [CUSTOM_2] und [CUSTOM_1]."
    assert "123456" not in before_names("Ich bin MEM-123456", policy)


def test_a_pattern_that_is_off_finds_nothing() -> None:
    off = CustomPattern(id="1", name="Off", pattern=r"\d+", on=False)
    assert masked("12 lamps", Policy(patterns=(off,))).text == "12 lamps"


def test_words_nearby_can_be_asked_for() -> None:
    policy = Policy(patterns=(CustomPattern(id="1", name="Policy number", pattern=r"\b\d{8}\b", context=("police", "Vertragsnummer")),))
    assert masked("Meine vertragsnummer: 20391188.", policy).text == "Meine vertragsnummer: [CUSTOM_1]."
    assert masked("20391188 ist meine POLICE", policy).text == "[CUSTOM_1] ist meine POLICE"
    assert masked("order 20391188 was for policemen", policy).text == "order 20391188 was for policemen"
    assert masked("police " + "x " * 40 + "20391188", policy).text.endswith("20391188"), "too far away"


def test_each_pattern_has_its_own_treatment() -> None:
    gone = CustomPattern(id="2", name="Room", pattern=r"room \d+", treatment=Treatment.MASK)
    found = masked("MEM-123456 in room 12", Policy(patterns=(MEMBER, gone)))
    assert found.text == "[CUSTOM_1] in [CUSTOM]"
    assert found.original == "MEM-123456 in [CUSTOM]"


def test_a_part_found_by_a_pattern_never_shows_the_rest_of_a_card() -> None:
    policy = Policy(patterns=(CustomPattern(id="1", name="Four digits", pattern=r"\b4111\b"),))
    assert masked("4111 1111 1111 1111", policy).text == "[CARD_1]"


def test_more_matches_than_are_counted_cover_the_rest() -> None:
    letter = CustomPattern(id="1", name="Letter", pattern="x", treatment=Treatment.MASK)
    found = masked("x y " * 3_000 + "the end", Policy(patterns=(letter,)))
    assert "the end" not in found.text
    assert "x" not in found.original


# -- how settings become a policy -----------------------------------------------------------------------------------------------


def test_a_channels_own_rules_stand_over_those_for_all() -> None:
    settings = OrgSettings(treatments={"": {"card": "mask", "ip": "keep"}, "web": {"ip": "pseudonym"}})
    assert policy_of("Shop", settings, "web").treatments == {PiiType.CARD: Treatment.MASK, PiiType.IP: Treatment.PSEUDONYM}
    assert policy_of("Shop", settings, "api").treatments == {PiiType.CARD: Treatment.MASK, PiiType.IP: Treatment.KEEP}
    assert policy_of("Shop", settings).treatments == policy_of("Shop", settings, "api").treatments


def test_what_this_version_does_not_know_is_given_a_pseudonym() -> None:
    settings = OrgSettings.read({"treatments": {"": {"aura": "keep", "email": "shred", "custom": "keep"}}, "patterns": [{"id": "1", "name": "M", "pattern": "m", "treatment": "keep"}]})
    policy = policy_of("Shop", settings)
    assert policy.treatments == {}
    assert policy.patterns[0].treatment is Treatment.PSEUDONYM
    assert policy.treatment(Span(start=0, end=1, type=PiiType.EMAIL)) is Treatment.PSEUDONYM


def test_the_types_that_can_be_set_are_all_but_own_patterns() -> None:
    assert set(TYPES) == set(PiiType) - {PiiType.CUSTOM}
    assert set(TYPES) > GRAVE


# -- how it is shown ------------------------------------------------------------------------------------------------------------


def test_a_value_that_is_gone_has_a_chip_that_reveals_nothing() -> None:
    shown = str(render.plain("[EMAIL] and [EMAIL_2]", reveals=True))
    assert 'class="mask gone"' in shown
    assert "removed for good" in shown
    assert shown.count("<button") == 1
    assert 'value="[EMAIL_2]"' in shown


def test_an_articles_own_brackets_are_its_authors() -> None:
    shown = str(render.article("Write: Dear [NAME], your mail [EMAIL_1] …", lambda _: None))
    assert "Dear [NAME]," in shown
    assert "EMAIL 1</span>" in shown
