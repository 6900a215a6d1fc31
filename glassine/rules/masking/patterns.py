"""Finds what its own form gives away: e-mail addresses, IP addresses, credentials in URLs. It needs no context and no model."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from glassine.words.privacy import PiiType, Span

_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+/=?^_`{|}~-")
_LONGEST_LOCAL = 64  # RFC 5321
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,23}|\[[0-9A-Fa-f:.]{3,45}\]")
_AT = r"(?:at|ät|aet|arroba|arobase|chiocciola|klammeraffe|apestaartje|małpa|malpa|snabel-a|kukac|собака)"
_DOT = r"(?:dot|punkt|point|punto|punt|ponto|kropka|piste|tečka|точка)"
_SPELLED = re.compile(
    rf"(?<![\w.+-])[\w+-]{{1,40}}(?:(?:\.|\s?[\[(]?\b{_DOT}\b[\])]?\s?)[\w+-]{{1,40}}){{0,4}}"
    rf"(?:\s?[\[({{<]\s?(?:{_AT}|@)\s?[\])}}>]\s?[\w-]{{1,63}}(?:(?:\.|\s?[\[(]?\b{_DOT}\b[\])]?\s?)[\w-]{{2,63}}){{1,4}}"
    rf"|\s{_AT}\s[\w-]{{1,63}}(?:\s{_DOT}\s[\w-]{{2,63}}){{1,4}})",
    re.IGNORECASE,
)
_SPELLED_HINT = re.compile(rf"[\[({{<]\s?(?:{_AT}|@)\s?[\])}}>]|\s{_AT}\s[\w-]{{1,63}}\s{_DOT}\s", re.IGNORECASE)
_SPACED = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}(?:\s@\s?|\s?@\s)[\w-]{1,63}(?:\s?\.\s?[\w-]{1,63}){0,3}\s?\.\s?(?:com|net|org|edu|gov|info|biz|app|dev|io|co|me|eu|us|uk|de|fr|es|it|nl|pl|pt|br|ru|ch|at|be|se|no|dk|fi|ie|ca|au|in|jp|cn|mx|ar|nz|za|cz|tr)\b",
    re.IGNORECASE,
)

_USERINFO = re.compile(r"://([^\s/?#@\"'<>]{1,200}(?:@[^\s/?#@\"'<>]{1,200})?)@(?=[\w\[])")
_QUERY = re.compile(
    r"[?&;#](?:[\w-]{0,20}[_-])?(?:token|key|api_?key|secret|password|passwd|pass|pwd|sig|signature|auth|authorization|session|sessionid|sid|jwt|credential|otp)"
    r"=([^\s&#;\"'<>\]\[)(]{4,2000})",
    re.IGNORECASE,
)

_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4})(?![\w:]|\.\d)")
_VERSION_BEFORE = re.compile(
    r"(?:[A-Za-z]/|\bv|\b(?:version|ver|release|build|firmware|update|upgraded?|driver|section|chapter)[ :.]{0,2}(?:to |is |v)?)$", re.IGNORECASE
)


_WRITTEN_DOTS = "dot punkt point punto punt ponto kropka piste tecka точка (at [at {at <at (@ [@ {@ <@"
_DOTS = tuple(_WRITTEN_DOTS.split())


def emails(text: str, folded: str) -> Iterator[Span]:
    """Addresses as RFC 5321 writes them, letters of all scripts allowed, and those spelled with (at) and dot. `folded` is `text` in lower case without accents."""
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        end = at + 1
        if domain:
            start = _local_part(text, at)
            end = domain.end() - (len(domain.group()) - len(domain.group().rstrip("-_")))
            if start < at and not (text[start:at] == "git" and text[end : end + 1] == ":"):  # a repository, not a person
                yield Span(start=start, end=end, type=PiiType.EMAIL)
        at = text.find("@", end)
    if "@ " in text or " @" in text:
        for match in _SPACED.finditer(text):
            yield Span(start=match.start(), end=match.end(), type=PiiType.EMAIL, score=0.9)
    if any(word in folded for word in _DOTS) and _SPELLED_HINT.search(text):
        for match in _SPELLED.finditer(text):
            yield Span(start=match.start(), end=match.end(), type=PiiType.EMAIL, score=0.9)


def _local_part(text: str, at: int) -> int:
    """Where the part before the `@` begins: walked backwards, because a pattern would look ahead from every letter."""
    if at and text[at - 1] == '"':
        opening = text.rfind('"', max(0, at - _LONGEST_LOCAL), at - 1)
        return opening if opening >= 0 else at
    start = at
    while start and at - start < _LONGEST_LOCAL and (text[start - 1] in _LOCAL or (text[start - 1] > "\x7f" and text[start - 1].isalnum())):
        start -= 1
    while start < at and text[start] in ".'`*/=|{~#!?&":
        start += 1
    mailto = text[start:at].lower().rfind("mailto=")
    return start if mailto < 0 else start + mailto + 7


def credentials(text: str) -> Iterator[Span]:
    """`user:password` of a URL and the values of query parameters that name a secret."""
    if "://" in text:
        for match in _USERINFO.finditer(text):
            yield Span(start=match.start(1), end=match.end(1), type=PiiType.CREDENTIALS)
    if "=" in text:
        for match in _QUERY.finditer(text):
            yield Span(start=match.start(1), end=match.end(1), type=PiiType.CREDENTIALS)


def addresses_of_machines(text: str) -> Iterator[Span]:
    """IPv4 and IPv6 addresses of one machine; loopback, wildcard and net masks name nobody and stay."""
    if text.count(".") >= 3:
        for match in _IPV4.finditer(text):
            if _names_a_machine(match.group()) and not _VERSION_BEFORE.search(text, max(0, match.start() - 20), match.start()):
                yield Span(start=match.start(), end=match.end(), type=PiiType.IP)
    if text.count(":") >= 2:
        for match in _IPV6.finditer(text):
            if _names_a_machine(match.group()):
                yield Span(start=match.start(), end=match.end(), type=PiiType.IP)


def _names_a_machine(written: str) -> bool:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast or written.startswith(("255.", "0.")))
