"""Finds what opens doors: API keys by the prefixes vendors give them, tokens, private keys, and passwords that are told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glassine.words.privacy import PiiType, Span

_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{16,200}"  # OpenAI, Anthropic, OpenRouter …
    r"|(?:sk|pk|rk|whsec|pat|key|tok)_(?:live_|test_|prod_)?[A-Za-z0-9]{16,200}"  # Stripe and its imitators
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255}"
    r"|gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent)-[A-Za-z0-9_.-]{20,100}"
    r"|(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}"  # AWS
    r"|xox[a-z]-[A-Za-z0-9-]{10,250}|xapp-[A-Za-z0-9-]{10,250}"  # Slack
    r"|hooks\.slack\.com/services/[A-Za-z0-9/]{20,100}"
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,500}|GOCSPX-[A-Za-z0-9_-]{20,60}"  # Google
    r"|eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,4000}){0,3}"  # JOSE
    r"|SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,80}"  # SendGrid
    r"|(?:npm|hf|dop_v1|doo_v1|dapi|lin_api|nfp|secret|ntn|rnd|figd|sbp|PMAK|shpat|shpss|shpca|shppa|EAAC|EAAA|atlasv1|hvs|hvb|pypi|phx|phc|gsk|r8|xai|tvly|pcsk)[-_][A-Za-z0-9_-]{24,400}"
    r"|key-[0-9a-f]{32}|SK[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}"  # Mailgun, Twilio, Mailchimp
    r"|\d{8,10}:AA[A-Za-z0-9_-]{33}"  # Telegram
    r"|sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,60}"
    r"|age-secret-key-1[a-z0-9]{50,70}|AGE-SECRET-KEY-1[A-Z0-9]{50,70}"
    r")(?![A-Za-z0-9])"
)
_BEARER = re.compile(r"\b(?:bearer|basic|apikey|token)[ \t:=]{1,3}([A-Za-z0-9._~+/-]{16,4000}={0,2})(?![A-Za-z0-9])", re.IGNORECASE)
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?|CERTIFICATE)-----")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,60}-----")
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=\s\\]*")
_LONGEST_KEY = 20_000

_NAMED = re.compile(
    r"(?<![\w-])(?:[\w-]{0,30}[_-])?(?P<name>pass ?words?|passwd|pwd|pass ?phrase|pass ?code|api[ _-]?keys?|apikey|secret(?:[ _-]?(?:access[ _-]?)?key)?|access[ _-]?(?:key|token)"
    r"|auth(?:entication)?[ _-]?token|client[ _-]?secret|private[ _-]?key|signing[ _-]?key|(?:refresh|id|session|bot|personal access)[ _-]?token|recovery[ _-]?code"
    r"|(?:verification|security|login|one[ -]time|2fa|mfa|otp|access)[ _-]?(?:pass)?code|otp|cvv2?|cvc2?|pin(?:[ -]?(?:code|number))?|secret answer"
    r"|passwort|kennwort|geheimzahl|contraseña|clave(?: secreta)?|mot de passe|mdp|code secret|senha|palavra-passe|parola(?: d'ordine)?|wachtwoord|hasło|lösenord|passord|adgangskode|salasana|heslo|şifre|пароль)"
    r"(?:[\"']?\s{0,2}(?P<sign>:=|=>|->|=|:)|\s{1,2}(?P<verb>is now|is|was|now|ist|lautet|es|est|é|è|jest|är|er|on)\b\s?:?)\s{0,3}"
    r"(?P<quote>[\"'`«“]?)(?P<value>[^\s\"'`«»“”<>]{3,200})",
    re.IGNORECASE,
)
_WRITTEN_NOT_A_VALUE = (
    "required optional none null nil true false string text number yes no here reset change changed changes forgot forgotten lost wrong correct incorrect invalid valid "
    "expired not empty blank hidden unknown different same set the your my you our this that it i he she we they to too in on at of for and or but if is was are be been "
    "very only still also never always please missing field protected weak strong short long being sent shown stored saved working hashed encrypted sensitive case "
    "case-sensitive needed something anything about what when where how why which enter choose select create click see contact use go try open call ask visit log sign"
)
_NOT_A_VALUE = frozenset(_WRITTEN_NOT_A_VALUE.split())


_WRITTEN_HINTS = "pass pwd key secret token code otp cvv cvc pin wort geheim clave contrase mdp senha palavra parola hasl losen adgang salasana heslo sifre парол kenn"
_HINTS = tuple(_WRITTEN_HINTS.split())
_MORE_DIGITS = re.compile(r"(?:[ -]\d{2,6}(?![\w:.,]\d|[A-Za-z]))*")
_LONG = re.compile(r"(?<![A-Za-z0-9_\-./:~+=])[A-Za-z0-9_\-./:~+=]{16,}")
_AROUND = 40  # characters before a hint that its name may begin in
_LONGEST_VALUE = 280


def secrets(text: str, folded: str) -> Iterator[Span]:
    """Keys and tokens with their vendor's prefix, bearer tokens, PEM blocks, and values that a word like "password" announces."""
    if "-----BEGIN" in text:
        yield from _key_blocks(text)
    for start, end in [match.span() for match in _LONG.finditer(text)]:
        for match in _PREFIXED.finditer(text, start, end):
            yield _span(match.start(), match.end())
        for match in _BEARER.finditer(text, max(0, start - _AROUND), end):
            if _looks_random(match.group(1)):
                yield _span(match.start(1), match.end(1))
    for start, end in _announced(folded):
        for match in _NAMED.finditer(text, start, end):
            value = match.group("value").rstrip(".,;:!?)]}")
            if _told(match, value):
                begins = match.start("value")
                more = _MORE_DIGITS.match(text, begins + len(value)) if value.isdigit() else None
                yield _span(begins, more.end() if more else begins + len(value))


def _announced(folded: str) -> Iterator[tuple[int, int]]:
    """Stretches around words that may announce a secret: the pattern for them is too slow for a whole text."""
    places = sorted(match.start() for hint in _HINTS if hint in folded for match in re.finditer(hint, folded))
    low = high = 0
    for place in places:
        if place - _AROUND > high:
            if high:
                yield low, high
            low = max(0, place - _AROUND)
        high = min(len(folded), place + _LONGEST_VALUE)
    if high:
        yield low, high


def _key_blocks(text: str) -> Iterator[Span]:
    """PEM blocks from BEGIN to END; one whose end is missing reaches as far as base64 does."""
    begins = [match.span() for match in _KEY_BLOCK.finditer(text)]
    for n, (start, opened) in enumerate(begins):
        limit = min(opened + _LONGEST_KEY, begins[n + 1][0] if n + 1 < len(begins) else len(text))
        closing = _KEY_END.search(text, opened, limit)
        body = _KEY_BODY.match(text, opened, limit)
        yield _span(start, closing.end() if closing else body.end() if body else opened)


def _span(start: int, end: int) -> Span:
    return Span(start=start, end=end, type=PiiType.SECRET)


def _told(match: re.Match[str], value: str) -> bool:
    """Whether what follows the announcing word is the secret itself, and not the rest of a sentence about it."""
    if len(value) < 3 or value.lower().strip("*.…_-[](){}") in _NOT_A_VALUE or not value.strip("*•.…_-xX"):
        return False
    if value.startswith(("[", "{", "$", "http://", "https://", "/")) and match.group("quote") == "":
        return False
    name = match.group("name").lower()
    if "code" in name or name.startswith(("pin", "cv", "otp")):
        return value[0].isalnum() and any(c.isdigit() for c in value) and len(value) <= 24
    if match.group("sign") or match.group("quote"):
        return True
    return any(c.isdigit() for c in value) or (not value.isalpha() and not value.replace("-", "").replace("'", "").isalpha()) or _mixed_case(value)


def _mixed_case(word: str) -> bool:
    return not word.islower() and not word.isupper() and not (word[0].isupper() and word[1:].islower())


def _looks_random(word: str) -> bool:
    """A token mixes digits and letters, or letters of both cases beyond the first."""
    return any(c.isdigit() for c in word) or (_mixed_case(word) and len(word) >= 20)
