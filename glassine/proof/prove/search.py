"""Looks through one place after the other for every canary in every form, and keeps what was found where: counts, never values."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glassine.proof.prove.canaries import Canary
from glassine.proof.prove.encodings import needles
from glassine.proof.prove.needles import Needle, Needles

_READ = 1 << 23
_PAGE = 8192
_FIRST_HEADER, _HEADER = 40, 24  # bytes at the head of a segment's first page of the write-ahead log, and of its other pages
_WAL_SEGMENT_NAME = 24


@dataclass(frozen=True, slots=True)
class Sought:
    """What one needle stands for."""

    canary: int  # its id; 0 for a marker
    encoding: str
    part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A canary that was found. `place` is the kind of place, `where` says which: a column, a file."""

    canary: int
    place: str
    where: str
    encoding: str
    part: bool
    count: int


@dataclass(slots=True)
class Looked:
    """What was looked through under one heading."""

    things: int = 0
    bytes: int = 0
    markers: int = 0  # how often harmless words were found that were sent with the canaries: a place that should hold them and does not is a search that is blind


@dataclass(slots=True, kw_only=True)
class Search:
    """`markers`: words that are not personal, sent with the canaries. A telling part of a canary (a last name) counts only where all that is
    there is ours; elsewhere somebody else may have it too."""

    canaries: Sequence[Canary]
    markers: Sequence[str]
    looked: dict[str, Looked] = field(default_factory=dict)
    not_checked: list[str] = field(default_factory=list)
    _found: Counter[tuple[str, str, Sought]] = field(default_factory=Counter)
    _sought: list[Sought] = field(default_factory=list)
    _needles: Needles = field(init=False)

    def __post_init__(self) -> None:
        flat: list[Needle] = []
        for sought, needle in self._all():
            self._sought.append(sought)
            flat.append(needle)
        self._needles = Needles(flat)

    def _all(self) -> Iterator[tuple[Sought, Needle]]:
        for marker in self.markers:
            yield from ((Sought(0, name), needle) for name, needle in needles(marker))
        for canary in self.canaries:
            for form in canary.forms:
                yield from ((Sought(canary.id, name), needle) for name, needle in needles(form))
            for part in canary.parts:
                yield from ((Sought(canary.id, name, part=True), needle) for name, needle in needles(part))

    @property
    def size(self) -> int:
        """How many byte strings are looked for."""
        return len(self._sought)

    @property
    def findings(self) -> list[Finding]:
        """Without the markers, the worst places first."""
        found = [
            Finding(canary=sought.canary, place=place, where=where, encoding=sought.encoding, part=sought.part, count=count)
            for (place, where, sought), count in self._found.items() if sought.canary
        ]
        return sorted(found, key=lambda each: (each.place, each.where, each.canary, each.encoding))

    def look(self, place: str, where: str, pieces: Iterable[bytes], *, ours: bool = False) -> bool:
        """Looks through bytes that belong together. True when a canary stands in them."""
        looked = self.looked.setdefault(place, Looked())
        looked.things += 1
        return self._note(place, where, self._counted(looked, pieces), ours=ours)

    def _counted(self, looked: Looked, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            looked.bytes += len(piece)
            yield piece

    def _note(self, place: str, where: str, pieces: Iterable[bytes], *, ours: bool) -> bool:
        alarmed = False
        for index in self._needles.find_in(pieces):
            sought = self._sought[index]
            if sought.part and not ours:
                continue
            self.looked[place].markers += not sought.canary
            self._found[place, where, sought] += 1
            alarmed = alarmed or bool(sought.canary)
        return alarmed

    def look_closer(self, place: str, where: str, pieces: Iterable[bytes], *, ours: bool) -> None:
        """For what `look` has just found: the same bytes under a more exact name, which are not counted as read again."""
        markers = self.looked[place].markers
        self._note(place, where, pieces, ours=ours)
        self.looked[place].markers = markers

    def forget(self, place: str, where: str) -> None:
        """What was found under this name is found under more exact ones."""
        for key in [key for key in self._found if key[:2] == (place, where) and key[2].canary]:
            del self._found[key]

    def file(self, place: str, where: str, path: Path, *, ours: bool = False) -> None:
        """A file; one that has gone meanwhile has nothing to hold."""
        try:
            with path.open("rb") as opened:
                self.look(place, where, iter(lambda: opened.read(_READ), b""), ours=ours)
        except (FileNotFoundError, IsADirectoryError):
            return
        except OSError as error:
            self.not_checked.append(f"the file {where}: {error.strerror}")

    def folder(self, folder: Path, since: float, named: Callable[[str], str | None]) -> int:
        """Every file that was written since that moment: an older one cannot hold what did not exist then. Returns how many were left out.

        `named` gives a file's kind of place by its path within the folder; None leaves it out."""
        older = 0
        for path in sorted(files_of(folder)):
            within = path.relative_to(folder).as_posix()
            place = named(within)
            if place is None:
                continue
            if written_at(path) < since:
                older += 1
            elif path.parent.name == "pg_wal" and len(path.name) == _WAL_SEGMENT_NAME:
                self.look(place, within, [without_page_headers(path)])
            else:
                self.file(place, within, path)
        return older


def files_of(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names if (Path(parent) / name).is_file() and not (Path(parent) / name).is_symlink())


def written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def without_page_headers(path: Path) -> bytes:
    """A segment of the write-ahead log in one piece: a record that goes on over the end of a page has a header in the middle of its bytes."""
    try:
        raw = path.read_bytes()
    except OSError:
        return b""
    return b"".join(raw[at + (_HEADER if at else _FIRST_HEADER) : at + _PAGE] for at in range(0, len(raw), _PAGE))
