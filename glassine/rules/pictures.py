"""What a picture is by its bytes: its kind and size, and the same picture without what a camera wrote beside it. Pure; it draws and decodes nothing."""

from __future__ import annotations

import struct
from typing import NamedTuple

LARGEST = 5 * 1024 * 1024  # bytes
MOST_PIXELS = 50_000_000  # a browser needs four bytes for each
_STARTS_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_KEPT_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"bKGD", b"pHYs", b"sBIT", b"acTL", b"fcTL", b"fdAT"})


class Picture(NamedTuple):
    media_type: str
    width: int
    height: int
    content: bytes


class NoPicture(ValueError):
    """Its words say why."""


def read(content: bytes) -> Picture:
    """PNG, JPEG, GIF or WebP by what the bytes say, never by a name. Where and when it was taken is left out. Raises NoPicture."""
    if len(content) > LARGEST:
        raise NoPicture(f"This picture is larger than {LARGEST // 1024 // 1024} MB. Make it smaller, or save it as JPEG or WebP.")
    try:
        picture = _read(content)
    except (struct.error, IndexError):
        raise NoPicture("This picture is cut off or damaged. Save it anew and try again.") from None
    if not 0 < picture.width * picture.height <= MOST_PIXELS:
        raise NoPicture("This picture has too many pixels. Make it smaller.")
    return picture


def _read(content: bytes) -> Picture:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    if content[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack("<HH", content[6:10])
        return Picture("image/gif", width, height, content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    raise NoPicture("This is no picture that every browser shows. Use PNG, JPEG, GIF or WebP; SVG can hold scripts, so it is not taken.")


def _png(content: bytes) -> Picture:
    width, height = struct.unpack(">II", content[16:24])
    kept, at = [content[:8]], 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            raise IndexError
        if kind in _KEPT_CHUNKS:
            kept.append(content[at:end])
        at = end
        if kind == b"IEND":
            break
    return Picture("image/png", width, height, b"".join(kept))


def _jpeg(content: bytes) -> Picture:
    """Segments up to the picture itself; of the application's own only JFIF, colour profiles and Adobe's colour transform stay."""
    kept, at, size = [content[:2]], 2, (0, 0)
    while True:
        while content[at] == 0xFF and content[at + 1] == 0xFF:
            at += 1
        if content[at] != 0xFF:
            raise IndexError
        mark = content[at + 1]
        if mark == 0xDA:  # the picture: everything that follows
            kept.append(content[at:])
            break
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        segment = content[at : at + 2 + length]
        if length < 2 or len(segment) < 2 + length:
            raise IndexError
        if mark in _STARTS_FRAME:
            size = struct.unpack(">HH", segment[5:9])
        if mark in (0xE0, 0xE2, 0xEE) or not (0xE0 <= mark <= 0xEF or mark == 0xFE):
            kept.append(segment)
        elif mark == 0xE1 and (turn := _turned(segment)):
            kept.append(turn)
        at += 2 + length
    return Picture("image/jpeg", size[1], size[0], b"".join(kept))


def _turned(segment: bytes) -> bytes:
    """The one thing of a camera's notes that the eye needs: which way up. Empty where it says nothing."""
    body = segment[4:]
    if not body.startswith(b"Exif\0\0") or len(body) < 14:
        return b""
    order = "<" if body[6:8] == b"II" else ">"
    (first,) = struct.unpack(f"{order}I", body[10:14])
    at = 6 + first
    if at + 2 > len(body):
        return b""
    (entries,) = struct.unpack(f"{order}H", body[at : at + 2])
    for place in range(at + 2, min(at + 2 + 12 * entries, len(body) - 11), 12):
        tag, kind = struct.unpack(f"{order}HH", body[place : place + 4])
        if tag == 0x0112 and kind == 3:
            (way,) = struct.unpack(f"{order}H", body[place + 8 : place + 10])
            told = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">H", way) + b"\0\0\0\0\0\0"
            return b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told if 2 <= way <= 8 else b""
    return b""


def _webp(content: bytes) -> Picture:
    """Chunks of a RIFF; EXIF and XMP are left out, and the flags that announce them are cleared."""
    kept, at, size = [], 12, (0, 0)
    while at + 8 <= len(content):
        kind, (length,) = content[at : at + 4], struct.unpack("<I", content[at + 4 : at + 8])
        body, end = content[at + 8 : at + 8 + length], at + 8 + length + length % 2
        if len(body) < length:
            raise IndexError
        if kind == b"VP8X":
            size = (int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1)
            kept.append(content[at : at + 8] + bytes([body[0] & ~0x0C]) + body[1:])
        elif kind not in (b"EXIF", b"XMP "):
            size = size if size != (0, 0) else _webp_size(kind, body)
            kept.append(content[at:end])
        at = end
    inside = b"WEBP" + b"".join(kept)
    return Picture("image/webp", *size, b"RIFF" + struct.pack("<I", len(inside)) + inside)


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int]:
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return 0, 0
