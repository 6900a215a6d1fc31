"""Personal data in words: what a finding, a placeholder and a redacted text are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PiiType(StrEnum):
    """What kind of personal value a placeholder stands for; `[EMAIL_1]` is made of its upper-cased value."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    BANK = "bank"  # accounts written otherwise: sort code and account, routing number, BSB, CLABE, BIC, wallets
    NATIONAL_ID = "national_id"  # what a state numbers its people by
    TAX_ID = "tax_id"  # what it taxes people and companies by
    PASSPORT = "passport"
    LICENCE = "licence"  # to drive
    IP = "ip"
    MAC = "mac"  # the hardware address of a network card
    IMEI = "imei"  # a telephone, or the SIM card in it
    COORDINATES = "coordinates"  # a place on the map, precise enough to be a home
    CREDENTIALS = "credentials"  # user:password in a URL
    SECRET = "secret"  # noqa: S105 - the name of a kind, not a password: API keys and tokens
    BIRTHDATE = "birthdate"
    PLATE = "plate"  # of a vehicle
    VIN = "vin"  # its chassis number
    NAME = "name"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of text, in code points, `text[start:end]`, with what it is and how sure its finder is (0 to 1)."""

    start: int
    end: int
    type: PiiType
    score: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One placeholder and the raw value it stands for. Never stored or logged as it is: the value is sealed first."""

    placeholder: str
    type: PiiType
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is already known when a text is masked: placeholders given earlier in the session (placeholder -> raw value),
    and the contact's own values (type, raw value), which are masked wherever they appear."""

    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    values: tuple[tuple[PiiType, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How to mask: the organisation's phone regions (ISO 3166 alpha-2, most likely first), types left alone, and words of its own
    (products and brands, lower case) that are no person's name however much they look like one."""

    regions: tuple[str, ...] = ("US",)
    keep: frozenset[PiiType] = frozenset()
    own_words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A masked text, the placeholders in it (old and new), and where each finding stood in the raw text."""

    text: str
    tokens: tuple[Token, ...]
    findings: tuple[Span, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each type: all that may be shown or counted without a reveal."""
        return dict(Counter(str(span.type) for span in self.findings))
