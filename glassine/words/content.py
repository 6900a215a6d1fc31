"""Articles as files, in words: what a file of `glassine content` holds, what the lock remembers of it, and what is to be done with it. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a file says: front matter and text. `topic` are the slugs of the folders it is in, `translation_of` another page as `locale/slug`."""

    title: str
    body: str = field(default="", repr=False)
    description: str = ""
    meta_title: str = ""
    meta_description: str = ""
    slug: str = ""
    locale: str = ""
    audience: str = "public"
    segments: tuple[str, ...] = ()
    url: str = ""
    topic: str = ""
    position: int = 0
    translation_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A page as the server has it: the text that is being written, its state by `token`, and whether readers see it as it is."""

    id: str
    token: str
    page: Page
    published: bool = False
    apart: bool = False  # what is live differs


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A topic as its topic.toml says it. `path` are the slugs from the top."""

    path: str
    name: str
    description: str = ""
    icon: str = ""
    position: int = 0
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What the lock remembers of a file that was the same on both sides: which article it is, and the hash of its text then."""

    id: str
    hash: str


class Act(StrEnum):
    """What is to be done with one file."""

    SAME = "same"
    PULL = "pull"  # the server has something newer, or something more
    PUSH = "push"  # the folder has
    DROP_HERE = "drop here"  # it is gone from the server
    DROP_THERE = "drop there"  # it is gone from the folder
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One file with what is to be done. Texts are whole files; None: there is none on that side."""

    act: Act
    path: str
    mine: str | None = field(repr=False)
    theirs: str | None = field(repr=False)
    remote: Remote | None = field(repr=False)
    to: str  # where the server has it stand
