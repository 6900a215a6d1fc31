"""What a model's answer must survive before a customer reads it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from glassine.rules import facts
from glassine.rules.grounding import Grounded, ground
from glassine.words.knowledge import Audience, Hit
from glassine.words.turns import Reason
from tests.stories import hit

REFUNDS = hit("Refunds take 5 working days. Write to billing@shop.example or open https://shop.example/refunds. The fee is 1,000.50 EUR.", heading="Refunds › Time")
SHIPPING = hit("We ship within three days. See the tracking page.", title="Shipping", url=None)
HITS = [REFUNDS, SHIPPING]


def judged(answer: str, message: str = "How long does a refund take?", hits: list[Hit] | None = None) -> Grounded:
    return ground(answer, HITS if hits is None else hits, message=message)


@pytest.mark.parametrize(("answer", "text", "titles"), [
    ("Refunds take 5 working days [1].", "Refunds take 5 working days.", ["Refunds › Time"]),
    ("Refunds take 5 days[1]. We ship within 3 days [2].", "Refunds take 5 days. We ship within 3 days.", ["Refunds › Time", "Shipping"]),
    ("Five days 【1】, three to ship [2, 1].", "Five days, three to ship.", ["Refunds › Time", "Shipping"]),
    ("Refunds take 5 days 【1】. We ship within 3 days【2】.", "Refunds take 5 days. We ship within 3 days.", ["Refunds › Time", "Shipping"]),
    ("Refunds take 5 days【1†source】. We ship within 3 days 【2:0†shipping.md】.", "Refunds take 5 days. We ship within 3 days.", ["Refunds › Time", "Shipping"]),
    ("Refunds take 5 days 【3†source】.", None, []), ("Refunds take 17 days 【1†17 days】.", None, []), ("We ship within 5 days 【2】.", None, []),
    ("1. Open [the page](https://shop.example/refunds) [1]\n2. Wait 5 days [1]", "1. Open [the page](https://shop.example/refunds)\n2. Wait 5 days", ["Refunds › Time"]),
    ("<think>5 or 17?</think>\nIt takes 5 days [1]", "It takes 5 days", ["Refunds › Time"]),
    ("See ![a chart](https://shop.example/refunds) here [1].", "See a chart here.", ["Refunds › Time"]),
    ("Use `list[0]` like ```\na[7] = 5\n``` in 5 days [1].", None, []),
    ("The fee is 1000.50 EUR [1].", "The fee is 1000.50 EUR.", ["Refunds › Time"]),
    ("The fee is 1000.50 EUR.\n[1]", "The fee is 1000.50 EUR.", ["Refunds › Time"]), ("The fee is 1000.50 EUR.\n\n[2]", None, []),
    ("Open this:\n\n```\nhttps://shop.example/refunds\n``` [1]", "Open this:\n\n```\nhttps://shop.example/refunds\n```", ["Refunds › Time"]),
    ("```\nbilling@shop.example\n```\n[1]", "```\nbilling@shop.example\n```", ["Refunds › Time"]), ("```\nbilling@shop.example\n```\n[2]", None, []),
    ("Write to Billing@Shop.example [1].", "Write to Billing@Shop.example.", ["Refunds › Time"]),
])  # fmt: skip
def test_answers_with_their_sources(answer: str, text: str | None, titles: list[str]) -> None:
    grounded = judged(answer)
    assert (grounded.reply.text if grounded.reply else None) == text
    assert [source.title for source in grounded.reply.sources] == titles if grounded.reply else not titles
    if grounded.reply:
        assert grounded.reasons == (Reason.ANSWERED_FROM_KNOWLEDGE,)
        assert set(grounded.used) <= {str(one.passage) for one in HITS}


@pytest.mark.parametrize("answer", [
    "Refunds take 7 working days [1].",  # a number that stands nowhere
    "We ship within 5 days [2].",  # in another passage than the one cited
    "Refunds take 5 days [3].", "Refunds take 5 days [0].", "Refunds take 5 days [1][99].",  # passages that do not exist
    "Refunds take 5 working days.",  # no source
    "See https://shop.example/refunds?x=1 [1].", "See https://evil.example/ [1].", "See evil.example [1].", "[here](//evil.example/a) [1]", "www.evil.example [1]",
    "Write to sales@shop.example [1].", "Ask [EMAIL_1] [1].", "The fee is 100050 EUR [1].", "The fee is 1.00050 EUR [1].",
    "", "   ", "[1]", "[1][2]", "<passage n=\"1\">Refunds take 5 working days</passage> [1]", "Refunds [1] " * 1_000, "!!! ??? ...", "\U0001f600" * 50,
    "I can do that for you. Consider it refunded.", "Is it? Yes. No.",
])  # fmt: skip
def test_answers_that_are_not_sent(answer: str) -> None:
    grounded = judged(answer)
    assert grounded.reply is None
    assert grounded.reasons == (Reason.NOT_GROUNDED,)
    assert grounded.notes


@pytest.mark.parametrize("answer", ["HANDOFF: not in the passages", "HANDOFF", "**HANDOFF:** no", "I am sorry.\nHANDOFF: account change", "`HANDOFF: x` [1]"])
def test_a_model_may_give_up(answer: str) -> None:
    grounded = judged(answer)
    assert grounded.reply is None
    assert grounded.reasons == (Reason.INSUFFICIENT_KNOWLEDGE,)


def test_without_a_source_only_small_talk_and_a_question_back() -> None:
    assert judged("Hello. What can I help with", "hi").reasons == (Reason.GREETING,)
    assert judged("Which order do you mean?", "it is broken").reasons == (Reason.DID_YOU_MEAN,)
    assert judged("Which of your 12 orders do you mean?", "it is broken").reply is None
    assert judged("Which order do you mean?\nWe refund everything, right?", "it is broken").reply is None


def test_the_customer_s_own_words_may_name_things_and_nothing_else() -> None:
    message = "My order 4711 from [EMAIL_1], SKU-9, the \"Lunar 3\", paid 80 EUR on 2 May, see https://track.example/4711 or call 0123 4567890, 15% off"
    assert judged("Your order 4711 ([EMAIL_1], SKU-9, \"Lunar 3\") is refunded within 5 days [1].", message).reply
    assert ground("For order 4711 it takes 5 days [1].", HITS, message="and?", earlier="My order is 4711").reply
    for words in ("80 EUR", "80", "2 May", "https://track.example/4711", "0123 4567890", "15%", "15"):
        assert judged(f"You get {words} in 5 days [1].", message).reply is None, words


def test_what_an_action_answered_backs_a_reply_without_a_citation() -> None:
    answer = ['{"order": "A-77", "status": "shipped", "total": 49.9, "currency": "EUR", "eta": "2026-03-03T10:00:00Z", "link": "https://dhl.example/t/9"}']
    for reply in ("Order A-77 has shipped and arrives on 3 March 2026.", "You paid 49.90 €. Follow it at https://dhl.example/t/9", "Es kommt am 3.3.2026 an, Refunds take 5 days [1]."):
        assert ground(reply, HITS, message="where is it?", tools=answer).reply, reply
        assert ground(reply, HITS, message="where is it?").reply is None, reply
    for reply in ("It arrives on 4 March.", "You paid 49.90 USD.", "Follow it at https://dhl.example/t/8", "You paid 59.90 €."):
        assert ground(reply, HITS, message="where is it?", tools=answer).reply is None, reply


def test_a_fact_is_looked_for_where_its_sentence_cites() -> None:
    swapped = judged("Refunds take three days [1]. We ship within 5 days [2].")
    assert [(one.kind, one.text, one.elsewhere) for one in swapped.findings] == [("number", "three days", 2), ("number", "5 days", 1)]
    assert swapped.findings[0].says == "No cited passage gives the number three days. Passage 2 has it, and is not cited there."
    for answer in ("[1] Refunds take 5 days.\n[2] We ship within 3 days.", "Refunds take 5 days, shipping takes 3.\nSo it is [1][2].", "- Refunds take 5 days [1]\n- We ship in 3 days [2]", "5 days [1] [2], or 3."):
        assert judged(answer).reply, answer
    assert judged("[1] Refunds take 3 days.\n[2] We ship within 3 days.").reply is None


def test_a_passage_that_was_not_shown_cannot_be_cited() -> None:
    internal = hit("The margin is 40 percent.", audience=Audience.INTERNAL)
    assert judged("The margin is 40 percent [1].", hits=[internal]).reply is None
    assert judged("The margin is 40 percent [2].", hits=[REFUNDS, internal]).reply is None


def test_pictures_and_parts_of_pages_are_not_sent() -> None:
    for answer in ("![x][1]", "<img src=https://shop.example/refunds> [1]", "5 days ![ [1]", "<script>alert(5)</script> [1]", "[a](javascript:alert) [1]", "[a](/refunds) [1]", "<a href='data:x'>5</a> [1]"):
        assert judged(answer).reply is None, answer


@pytest.mark.parametrize("answer", [
    "See evil。example [1].", "See ｅｖｉｌ.example [1].", "See ev\u200bil.example [1].", "See еvil.example [1].", "Open [it](https://shop.example@evil.example/) [1].", "See https://shop.example.evil.example [1].",
    "See ftp://shop.example/refunds [1].", "Refunds take ７ days [1].", "Refunds take ٧ days [1].", "Refunds take 7\u200b days [1].", "Refunds take seven days [1].",
])  # fmt: skip
def test_disguises_do_not_help(answer: str) -> None:
    assert judged(answer).reply is None


def test_promises_need_a_source() -> None:
    shelf = [hit("Returned lamps are refunded. We do not guarantee a colour. Shipping is free of charge in Spain.")]
    assert judged("We refund your lamp [1].", hits=shelf).reply
    assert judged("Wir erstatten die Lampe [1].", hits=shelf).reply, "in any language"
    assert judged("We do not guarantee the colour [1].", hits=shelf).reply
    assert judged("You get it kostenlos [1].", hits=shelf).reply
    for promise in ("We guarantee the colour [1].", "You get a voucher [1].", "We pay compensation [1].", "We waive the fee [1].", "Versprochen, Sie erhalten einen Gutschein [1]."):
        grounded = judged(promise, hits=shelf)
        assert [one.kind for one in grounded.findings] == ["promise"], promise
    assert ground("You get a voucher.", shelf, message="?", tools=['{"voucher": "created"}']).reply
    assert judged("Which order is the voucher for?", "I want a voucher").reply
    assert judged("You get a voucher.", "I want a voucher").reply is None
    assert ground("We hug you [1].", shelf, message="?", promised=("hug*, umarm*",)).reply is None
    assert ground("You get a voucher [1].", shelf, message="?", promised=()).reply


def missing(reply: str, passage: str, language: str | None = None) -> list[str]:
    """The facts of a reply that a passage does not back."""
    source = facts.given(passage, language)
    return [fact.text for fact in facts.stated(reply, language) if fact.needs and not facts.backs(source, fact.needs)]


@pytest.mark.parametrize(("reply", "passage", "found"), [
    ("1.000 EUR", "1,000 EUR", []), ("1000", "1 000", []), ("version 3.10", "version 3.1", ["3.10"]), ("10,50 €", "10.50 €", []), ("10.5 €", "€10.50", []),
    ("1050", "10.50", ["1050"]), ("12", "twelve months", []), ("3", "drei Tage", []), ("1'000'000", "1000000", []), ("24/7", "24/7 and 7 days", []), ("007", "7", []),
    ("2024-05-01", "2024-05-01", []), ("2024-06-01", "2024-05-01", ["2024-06-01"]), ("see config.yaml", "edit config.yaml", []), ("see config.yml", "edit config.yaml", ["config.yml"]),
    ("http://www.Shop.example/A/", "https://shop.example/A", []), ("https://shop.example/a", "https://shop.example/A", ["https://shop.example/a"]), ("up to 10. Then", "", ["10"]),
    ("5 €", "5 days", ["5 €"]), ("5 EUR", "5 USD", ["5 EUR"]), ("$5", "5 US dollars", []), ("$5", "CA$5", ["$5"]), ("5 euros", "5,- €", []), ("£5", "5 pounds", []), ("EUR 1.5 million", "1,500,000 €", []),
    ("5 %", "5 percentage points", ["5 %"]), ("5 %", "fünf Prozent", []), ("5 points de pourcentage", "5 percentage points", []), ("10 to 20 %", "10–20 percent", []), ("15 %", "10–20 %", ["15 %"]),
    ("on 3 March 2026", "am 3. März 2026", []), ("le 3 mars 2026", "2026-03-03", []), ("3.3.2026", "March 3rd, 2026", []), ("March 4, 2026", "3. März 2026", ["March 4, 2026"]), ("3 March", "2026-03-03", []),
    ("3 March 2027", "3 March", ["3 March 2027"]), ("March 2026", "2026-03-03", []), ("March 3-5", "3 to 5 March", []), ("March 2-5", "3 to 5 March", ["March 2-5"]), ("in September", "im September", []),
    ("in October", "im September", ["October"]), ("open on Wednesday", "Monday to Friday", []), ("open on Saturday", "Mon–Fri", ["Saturday"]), ("lundi", "Monday", []), ("03/04/2026", "3 April 2026", []),
    ("at 5 pm", "17:00", []), ("um 17 Uhr", "5 p.m.", []), ("at 5 am", "17:00", ["5 am"]), ("17h30", "5:30 pm", []), ("9–17 Uhr", "from 9 to 17:00", []), ("at 9:45", "9:30 am", ["9:45"]),
    ("two weeks", "14 days", []), ("48 hours", "two days", []), ("a year is 12 months", "one year", []), ("5 working days", "5 days", ["5 working days"]), ("5 days", "5 business days", []),
    ("5 Werktage", "five working days", []), ("5 jours ouvrables", "5 working days", []), ("5 hours", "5 days", ["5 hours"]), ("5GB", "5 gigabytes", []), ("10 kg", "10 km", ["10 kg"]), ("14-day", "14 days", []),
    ("+49 30 1234567", "+49 (0)30 123 45 67", []), ("030 1234567", "+49 30 1234567", []), ("+48 30 1234567", "+49 30 1234567", ["+48 30 1234567"]), ("030 1234568", "+49 30 1234567", ["030 1234568"]),
    ("1-800-555-0142", "(800) 555-0142", []), ("SKU 1234", "SKU-1234", []), ("SKU-1235", "SKU-1234", ["SKU-1235"]), ("E1001", "e1001", []), ("v3.10", "version 3.10", []), ("v3.1", "v3.10", ["v3.1"]),
    ("twenty-one", "21", []), ("einundzwanzig Tage", "21 days", []), ("quatre-vingt-dix", "90", []), ("two hundred and fifty", "250", []), ("treinta y cinco", "35", []), ("there are two ways", "", []), ("two lamps", "three lamps", ["two"]),
    ("press “Reset now”", "Then press Reset  now!", []), ("press “Reset”", "Then press Restart", ["“Reset”"]), ("run `rm -rf /`", "run `rm -rf /`", []), ("run `rm -rf /`", "rm -rf /home", []), ("run `rm -r /`", "rm -rf /", ["rm -r /"]),
    ("the fee is 5 €", "Plan | Price in EUR\nS | 5", []), ("the fee is 7 €", "Plan | Price in EUR\nS | 5", ["7 €"]), ("½ of 50", "50", []),
])  # fmt: skip
def test_facts_compare_by_what_they_mean(reply: str, passage: str, found: list[str]) -> None:
    assert missing(reply, passage) == found


def test_the_numbers_of_a_list_are_not_facts_as_long_as_they_count_it() -> None:
    assert judged("1. Open it [1]\n2. Wait 5 days [1]").reply
    assert judged("Wait\n7. days [1]").reply is None


def test_the_language_says_what_a_point_means() -> None:
    assert missing("1.500 kg", "1500 kg", "de") == []
    assert missing("1.500 kg", "1500 kg", "en") == ["1.500 kg"]
    assert missing("due on Monday, seize it", "Monday", "en") == []


# -- any fact that is changed is found, whatever is copied passes --------------------------------------------------------------

MONTHS = ("January", "March", "May", "July", "October", "December")
SPELLED = ("two", "three", "five", "eleven", "twenty", "twenty-one", "ninety", "two hundred", "a thousand", "three million")
KINDS = {
    "number": lambda n: f"{1_100 + n} visitors came", "amount": lambda n: f"it costs {n + 2},50 EUR", "percent": lambda n: f"it is {n + 2}% cheaper", "days": lambda n: f"it takes {n + 2} working days",
    "date": lambda n: f"on {MONTHS[n % 6]} {n % 28 + 1}, {1990 + n % 60}", "iso": lambda n: f"since {1990 + n % 60}-{n % 12 + 1:02}-{n % 28 + 1:02}", "time": lambda n: f"until {n % 24}:{n % 60:02}",
    "link": lambda n: f"see https://shop.example/{n}/a", "host": lambda n: f"see https://h{n}x.example", "mail": lambda n: f"write to a{n}@shop.example", "phone": lambda n: f"call +49 30 {5_000_000 + n}",
    "code": lambda n: f"order SKU-{n + 100}", "version": lambda n: f"install v{n % 9}.{n}.1", "quote": lambda n: f"press “Button {'abcdefghij'[n % 10]}{n}”", "spelled": lambda n: f"within {SPELLED[n % len(SPELLED)]} hours",
}  # fmt: skip


@given(some.lists(some.tuples(some.sampled_from(sorted(KINDS)), some.integers(0, 900)), min_size=1, max_size=6))
def test_what_is_copied_from_a_passage_passes(chosen: list[tuple[str, int]]) -> None:
    said = [KINDS[kind](number) for kind, number in chosen]
    passage = hit("We say that " + ". We say that ".join(said) + ".")
    grounded = judged(" ".join(f"We say that {one} [1]." for one in said), hits=[passage])
    assert grounded.reply, grounded.notes


@given(some.lists(some.tuples(some.sampled_from(sorted(KINDS)), some.integers(0, 900)), min_size=1, max_size=6), some.integers(0, 900), some.data())
def test_a_fact_that_is_changed_is_found(chosen: list[tuple[str, int]], other: int, data: some.DataObject) -> None:
    at = data.draw(some.integers(0, len(chosen) - 1))
    said = [KINDS[kind](number) for kind, number in chosen]
    changed = KINDS[chosen[at][0]](other)
    source = facts.given(". ".join(said))
    assume(not all(facts.backs(source, fact.needs) for fact in facts.stated(changed)))  # the other passage of two may say this very thing
    grounded = judged(" ".join(f"{changed if place == at else one} [1]." for place, one in enumerate(said)), hits=[hit(". ".join(said) + ".")])
    assert grounded.reply is None
    assert changed.split()[-1].strip("”") in " ".join(grounded.notes) or grounded.notes


@given(some.text(alphabet="0123456789.,-/ €$%:+()abMaiUhr'\"`“”[<>!\n#", max_size=300))
def test_every_text_backs_itself(text: str) -> None:
    assert [one for one in missing(text, text) if one] == []


@given(some.text(max_size=400), some.text(max_size=100))
def test_any_answer_can_be_judged(answer: str, message: str) -> None:
    grounded = judged(answer, message)
    assert grounded.reply is None or grounded.reply.text.strip()
    assert missing(answer, answer) == [], "what stands in the passage is founded"


@pytest.mark.parametrize("answer", ["[1" * 1_900, "`" * 3_999, "![" * 1_900, "1.1" * 1_300, "a." * 1_900, "<think>" * 500, "x@" * 1_900, "HANDOF" * 600])
def test_hostile_answers_are_judged_at_once(answer: str) -> None:
    assert judged(answer).reply is None
