"""What of the values found in a payload may leave by a crossing's own leave, and what only looks like one."""

from __future__ import annotations

import pytest

from glassine.rules.letting import parted
from glassine.words.crossings import Lets
from glassine.words.privacy import PiiType

MAIL, PHONE, NAME = PiiType.EMAIL, PiiType.PHONE, PiiType.NAME


@pytest.mark.parametrize(("kind", "value", "lets", "personal", "let"), [
    (MAIL, "ada@example.com", Lets(), True, False),
    (MAIL, "Ada@Example.com", Lets(values=frozenset({"ada@example.com"})), True, True),
    (MAIL, "eve@example.com", Lets(values=frozenset({"ada@example.com"})), True, False),
    (MAIL, "customer-1a2b3c4d@pseudonym.invalid", Lets(), False, False),
    (MAIL, "ada%40example.com", Lets(values=frozenset({"ada@example.com"})), True, True),
    (MAIL, "eve%40example.com", Lets(values=frozenset({"ada@example.com"})), True, False),
    (MAIL, "ada%40example.com", Lets(), True, False),
    (MAIL, "customer-1a2b3c4d%40pseudonym.invalid", Lets(), False, False),
    (PHONE, "030 1234567", Lets(values=frozenset({"+49 30 1234567"})), True, True),
    (PHONE, "030 1234568", Lets(values=frozenset({"+49 30 1234567"})), True, False),
    (PHONE, "4915123456", Lets(ours=frozenset({"4915123456"})), False, False),
    (PHONE, "4915123457", Lets(ours=frozenset({"4915123456"})), True, False),
    (PHONE, "000", Lets(values=frozenset({"anything"})), True, False),
    (PiiType.SECRET, "1234", Lets(values=frozenset({"+49 30 1234567"})), True, False),  # a part of the number by chance
    (PiiType.SECRET, "1234", Lets(values=frozenset({"my PIN is 1234"})), True, True),
    (PiiType.BIRTHDATE, "12.3.45", Lets(values=frozenset({"+49 30 1234567"})), True, False),
    (PiiType.BIRTHDATE, "12.3.45", Lets(values=frozenset({"born 12.3.45"})), True, True),
    (PiiType.ADDRESS, "10115", Lets(told=("to 10115 Berlin",), values=frozenset({"Torstr. 1, 10115 Berlin"})), True, True),
    (NAME, "Ticket", Lets(told=("My lamp is broken.",)), False, False),
    (NAME, "Ada Lovelace", Lets(told=("I am ada\nlovelace.",)), True, False),
    (NAME, "Ada", Lets(told=("I live in Canada.",)), False, False),
    (NAME, "田中", Lets(told=("私は田中です",)), True, False),
    (NAME, "Ada", Lets(told=("I am Ada.",), values=frozenset({"Ada Lovelace"})), True, True),
])
def test_what_may_leave(kind: PiiType, value: str, lets: Lets, personal: bool, let: bool) -> None:
    found = parted([(kind, value)], lets)
    assert ((kind, value) in found.personal, (kind, value) in found.let) == (personal, let)
