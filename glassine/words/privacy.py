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
    CUSTOM = "custom"  # what a pattern written by the organisation's admins finds


class Treatment(StrEnum):
    """What becomes of a value that was found."""

    KEEP = "keep"  # left as it is
    PSEUDONYM = "pseudonym"  # `[EMAIL_1]`; the value is sealed in the vault
    MASK = "mask"  # `[EMAIL]`; the value is kept nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomPattern:
    """What admins look for besides the kinds that are built in: an RE2 expression, and words one of which must stand near a match."""

    id: str
    name: str
    pattern: str
    context: tuple[str, ...] = ()
    treatment: Treatment = Treatment.PSEUDONYM
    on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of text, in code points, `text[start:end]`, with what it is and how sure its finder is (0 to 1)."""

    start: int
    end: int
    type: PiiType
    score: float = 1.0
    treatment: Treatment | None = None  # of an admin's own pattern, or what the policy says of the type where that is not the usual pseudonym


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One placeholder and the raw value it stands for. Never stored or logged as it is: the value is sealed first."""

    placeholder: str
    type: PiiType
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is already known when a text is masked: placeholders given earlier in the session (placeholder -> raw value), the contact's own
    values (type, raw value), which are masked wherever they appear, and, in a text that was sealed, where something was masked for good
    (`Redacted.gone`): only by that does masking it again tell our placeholder from one that a customer typed."""

    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    values: tuple[tuple[PiiType, str], ...] = field(default=(), repr=False)
    gone: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How to mask on one channel: the organisation's phone regions (ISO 3166 alpha-2, most likely first), what becomes of each type, words of
    its own (products and brands, lower case) that are no person's name however much they look like one, and the patterns of its admins."""

    regions: tuple[str, ...] = ("US",)
    treatments: Mapping[PiiType, Treatment] = field(default_factory=dict)  # a type that is not named gets a pseudonym
    own_words: frozenset[str] = frozenset()
    patterns: tuple[CustomPattern, ...] = ()

    def treatment(self, span: Span) -> Treatment:
        return span.treatment or self.treatments.get(span.type, Treatment.PSEUDONYM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A masked text, the numbered placeholders in it (old and new), and where each finding stood in the raw text. `original` is the raw text
    as it may be sealed: what was masked for good is replaced there too, and `gone` says where, in its offsets."""

    text: str
    tokens: tuple[Token, ...]
    findings: tuple[Span, ...]
    original: str = field(repr=False)
    gone: tuple[Span, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each type: all that may be shown or counted without a reveal."""
        return dict(Counter(str(span.type) for span in self.findings))
