"""Uploaded files in words: how large one may be, and what reading one gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

LARGEST_FILE = 5 * 1024 * 1024  # bytes


class FileNote(StrEnum):
    """What there is to say of a file's text, where not all of it could be read."""

    CUT = "cut"  # only the beginning was read
    LOCKED = "locked"  # it asks for a password
    BROKEN = "broken"  # damaged, or not what it says it is
    TOO_BIG = "too_big"  # it unpacks to more, or takes longer, than is allowed
    NO_TEXT = "no_text"  # a scan, for example
    NOT_READ = "not_read"  # a kind whose text nobody looks for, such as a picture


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """The text of a file as it stands in it: raw, so it is sealed or masked before it is stored."""

    text: str = field(default="", repr=False)
    note: FileNote | None = None
