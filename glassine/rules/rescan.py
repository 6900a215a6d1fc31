"""Makes a payload readable for a last look: what its format hides (JSON, forms, MIME, escapes) is written out. Decides nothing, finds nothing.

Base64 and compression are not undone but for the transfer encodings of mail: nothing of ours sends text in either.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from urllib.parse import unquote_plus

from glassine.rules.redaction import PLACEHOLDER
from glassine.words.crossings import Payload

BETWEEN = "\n|\n"  # no pattern reaches over it
_DEEPEST = 4  # JSON in a string of JSON in a string …
KEYS = frozenset({"authorization", "proxy-authorization", "api-key", "x-api-key", "webhook-signature"})  # our own key to the destination, or what is made with it
_TOLD_BY_MAIL = ("From", "To", "Cc", "Bcc", "Reply-To", "Subject")
_HALF = re.compile("[\ud800-\udfff]")  # of a pair: no database takes it
_SECTION = re.compile(r'(?<=>)\n|\n(?=<)|(?<=") (?=title=")')
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_BETWEEN_PARTS = re.compile(r"([/?&=#])")
_AT = re.compile(r"@|%40")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|\w{2,8});")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")


def readable(payload: Payload, ours: Collection[str] = ()) -> str:
    """Every text in a payload, decoded: its address, its headers but for our own key, its body. What is one of `ours` as a whole is left out."""
    headers = {name.lower(): value for name, value in payload.headers.items()}
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    pieces = [*_address(payload.url), *(value for name, value in headers.items() if name not in KEYS), *_body(payload.body, kind, headers.get("content-type", ""))]
    text = BETWEEN.join(variant for piece in pieces if piece not in ours for variant in _variants(piece)).replace("\x00", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _HALF.search(text) else text


def _address(url: str) -> tuple[str, ...]:
    """An address of the web without those of its parts that hold an address of mail, and each of these by itself: all signs that part them may stand in an address
    of mail as well, so one in a path would be read together with the path, and be nobody's."""
    parts = _BETWEEN_PARTS.split(url)
    return ("".join("" if _AT.search(part) else part for part in parts), *filter(_AT.search, parts))


def key_headers(payload: Payload) -> str:
    """What opens the destination for us. It is random, so only values that are known are looked for in it."""
    return BETWEEN.join(value for name, value in payload.headers.items() if name.lower() in KEYS)


def masked(text: str) -> dict[str, int]:
    """How many placeholders of each type stand in a text."""
    return dict(Counter(match[1].lower() for match in PLACEHOLDER.finditer(text)))


def segments(text: str) -> Iterator[tuple[int, str]]:
    """A text in the pieces that come again, each with where it begins: a prompt's sections begin with a marker at the start of a line, and a passage keeps its title but not its number."""
    at = 0
    for match in _SECTION.finditer(text):
        yield at, text[at : match.start()]
        at = match.end()
    yield at, text[at:]


def _body(body: bytes, kind: str, full: str) -> Iterator[str]:
    if not body:
        return
    if kind == "message/rfc822":
        yield from _mail(body)
    elif kind.startswith("multipart/"):
        yield from _parts(b"Content-Type: " + full.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    else:
        text = _decoded(body)
        yield from _json(text, _DEEPEST) if kind.endswith("json") or text[:1] in "{[" else (text,)


def _decoded(body: bytes) -> str:
    """UTF-8, with what is not shown as such; UTF-16 of plain letters is UTF-8 with zeros in between."""
    return body.replace(b"\x00", b"").decode("utf-8", "replace")


def _json(text: str, deepest: int) -> Iterator[str]:
    """Every string, name and number of a JSON document. The same name twice in one object hides nothing; what is no JSON is a text."""
    try:
        leaves = list(_leaves(json.loads(text, object_pairs_hook=lambda pairs: [part for pair in pairs for part in pair], parse_int=str, parse_float=str)))
    except (ValueError, RecursionError):
        yield text
        return
    for leaf in leaves:
        if deepest and leaf[:1] in ("{", "[") and leaf[-1:] in ("}", "]"):
            yield from _json(leaf, deepest - 1)
        else:
            yield leaf


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)


def _mail(raw: bytes) -> Iterator[str]:
    """What a message tells: who, to whom, what about, and its texts. The rest of its headers is made by the mailer."""
    message = message_from_bytes(raw, policy=default)
    for name in _TOLD_BY_MAIL:
        yield from (str(value) for value in message.get_all(name, []))
    yield from _parts(raw)


def _parts(raw: bytes) -> Iterator[str]:
    for part in message_from_bytes(raw, policy=default).walk():
        assert isinstance(part, EmailMessage), "the policy makes nothing else"
        if part.is_multipart():
            continue
        if part.get_filename():
            yield str(part.get_filename())
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield _decoded(content)


def _variants(text: str) -> Iterator[str]:
    """A text, and what it says once its escapes are read, where it has any."""
    yield text
    read = text
    if _ESCAPE.search(read):
        read = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), read)
    if _ENTITY.search(read):
        read = html.unescape(read)
    if _PERCENT.search(read):
        read = unquote_plus(read)
    if read != text:
        yield PLACEHOLDER.sub("", read)  # they have been counted


def without(text: str, fixed: Iterable[str]) -> str:
    """A text without the product's own fixed words: they name nobody, but a customer may be called like one of them."""
    for words in fixed:
        text = text.replace(words, "\n")
    return text


def blot_links_to(home: str, text: str) -> str:
    """A text of the same length without links into the product itself; their random ends look like secrets."""
    return re.sub(re.escape(home) + r"/[\w./-]*", lambda match: " " * len(match[0]), text) if home in text else text
