"""Every form in which a value may stand in bytes: as it is, and as programs commonly wrap it. It searches nothing itself."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from urllib.parse import quote, quote_plus

from glassine.proof.prove.needles import ANCHOR, Needle

_ALONE = 15  # digits: a shorter number may be part of a longer one by chance


def needles(value: str) -> Iterator[tuple[str, Needle]]:
    """The name of each encoding with what to look for. What is too short to mean anything is left out."""
    seen: set[bytes] = set()
    for name, encode in ENCODINGS.items():
        for text in encode(value):
            if len(text) >= ANCHOR and text not in seen:
                seen.add(text)
                yield name, Needle(text, alone=text.isdigit() and len(text) < _ALONE)


def _plain(value: str) -> Iterator[bytes]:
    """In either case too: what is compared is often lowered first."""
    yield from (each.encode() for each in (value, value.lower(), value.upper()))


def _base64(value: str) -> Iterator[bytes]:
    """In all three alignments, without the characters at the ends that its neighbours decide; the ordinary alphabet and the one for addresses."""
    raw = value.encode()
    for before in range(3):
        padded = b"\0" * before + raw
        whole = len(padded) // 3 * 3
        text = base64.b64encode(padded[:whole])[4 if before else 0 :]
        yield text
        yield text.replace(b"+", b"-").replace(b"/", b"_")


def _url(value: str) -> Iterator[bytes]:
    for text in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield from (text.encode(), _lower_escapes(text).encode())


def _lower_escapes(text: str) -> str:
    head, *rest = text.split("%")
    return head + "".join("%" + part[:2].lower() + part[2:] for part in rest)


def _json(value: str) -> Iterator[bytes]:
    """As a JSON writer that keeps to ASCII, as one that does not, as JSON within JSON, and with every character escaped."""
    ascii_only = json.dumps(value)[1:-1]
    yield from (text.encode() for text in (ascii_only, json.dumps(value, ensure_ascii=False)[1:-1], json.dumps(ascii_only)[1:-1]))
    units = value.encode("utf-16-be")
    escaped = "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
    yield from (text.encode() for text in (escaped, escaped.upper().replace("\\U", "\\u")))


def _utf16(value: str) -> Iterator[bytes]:
    yield from (value.encode(each) for each in ("utf-16-le", "utf-16-be"))


def _hex(value: str) -> Iterator[bytes]:
    text = value.encode().hex()
    yield from (each.encode() for each in (text, text.upper()))


def _html(value: str) -> Iterator[bytes]:
    yield html.escape(value).encode()
    yield "".join(f"&#{ord(letter)};" for letter in value).encode()
    yield "".join(f"&#x{ord(letter):x};" for letter in value).encode()


def _quoted_printable(value: str) -> Iterator[bytes]:
    """As in mail, without the soft line breaks: mail that was caught is also taken apart by a mail reader."""
    for first in (32, 33):  # a space may stay
        yield "".join(chr(byte) if first <= byte < 127 and byte != 61 else f"={byte:02X}" for byte in value.encode()).encode()


def _reversed(value: str) -> Iterator[bytes]:
    yield value[::-1].encode()


ENCODINGS: Mapping[str, Callable[[str], Iterator[bytes]]] = MappingProxyType({
    "plain": _plain, "base64": _base64, "url": _url, "json": _json, "utf-16": _utf16, "hex": _hex, "html": _html, "quoted-printable": _quoted_printable,
    "reversed": _reversed,
})
