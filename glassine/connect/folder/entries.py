"""What lies in a folder or an archive on this machine: every file with its mark, and how to read it. Never follows a link out, never unpacks to disk."""

from __future__ import annotations

import os
import tarfile
import threading
import weakref
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TypeVar

from glassine.words.errors import Refused

T = TypeVar("T")

_MARKDOWN, _HTML, _PLAIN = "text/markdown", "text/html", "text/plain"
TYPES: Mapping[str, str] = MappingProxyType({
    ".md": _MARKDOWN, ".mdx": _MARKDOWN, ".markdown": _MARKDOWN, ".mdown": _MARKDOWN, ".mkd": _MARKDOWN, ".markerb": _MARKDOWN, ".erb": _MARKDOWN,
    ".html": _HTML, ".htm": _HTML, ".txt": _PLAIN, ".csv": "text/csv", ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
})

_MOST_TEXT = 2_000_000  # bytes of one text; an article longer than a novel is something else
_MOST_BYTES = 50_000_000  # of a PDF or Word file, whose pictures weigh and are not read
_MOST_FILES = 50_000
_MOST_IN_ARCHIVE = 1_000_000_000  # bytes unpacked, so that a small archive cannot fill the memory
_PASSED_OVER = frozenset({"node_modules", "__MACOSX", "__pycache__", "venv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file. `unfit` says why it is not read; otherwise `read` gives its bytes. `marker` stays the same while the file does."""

    path: str
    marker: str = ""
    changed_at: datetime | None = None
    unfit: str = ""
    read: Callable[[], bytes] = field(default=bytes, repr=False)

    @property
    def media_type(self) -> str:
        return TYPES.get(PurePosixPath(self.path).suffix.lower(), "")

    @property
    def is_fragment(self) -> bool:
        """Pages include it by its name, which begins with an underscore."""
        return PurePosixPath(self.path).name.startswith("_") and self.media_type in (_MARKDOWN, _HTML, _PLAIN)


def of(place: Path) -> list[Entry]:
    """Every file at a place, in order of path. Folders that begin with a dot are passed over. Raises Refused when nothing can be read there."""
    try:
        if place.is_dir():
            return list(_in_folder(place.resolve()))
        if place.is_file() and tarfile.is_tarfile(place):
            return list(_in_tar(place))
        if place.is_file() and zipfile.is_zipfile(place):
            return list(_in_zip(place))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise Refused(f"{place} is damaged ({type(error).__name__}).") from None
    except OSError as error:
        raise Refused(f"{place} cannot be read: {error.strerror or type(error).__name__}.") from None
    raise Refused(f"{place} is neither a folder nor a .tar.gz or .zip archive.")


def _in_folder(top: Path) -> Iterator[Entry]:
    paths: list[Path] = []
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if not _passed_over(name))
        paths.extend(Path(folder, name) for name in files)
    for path in _counted(sorted(paths)):
        yield _file(path.relative_to(top).as_posix(), path, top)


def _file(name: str, path: Path, top: Path) -> Entry:
    try:
        real = path.resolve()
        if not real.is_relative_to(top):
            return Entry(path=name, unfit="is a link that leads out of the folder")
        if not real.is_file():
            return Entry(path=name, unfit="is not a regular file")
        found = real.stat()
    except OSError as error:
        return Entry(path=name, unfit=f"cannot be read: {error.strerror or type(error).__name__}")
    changed = datetime.fromtimestamp(found.st_mtime, UTC)
    return Entry(path=name, marker=f"{found.st_mtime_ns}-{found.st_size}", changed_at=changed, unfit=_not_wanted(name, found.st_size), read=lambda: _content(real))


def _content(path: Path) -> bytes:
    """Of exactly this file: a link that was put in its place meanwhile is not followed, and no more is read than may be."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        return file.read(_MOST_BYTES)


def _in_tar(place: Path) -> Iterator[Entry]:
    with tarfile.open(place) as archive:
        members = {member.name: member for member in _counted(archive) if member.isfile()}
    tar = _Tar(place)
    for name, inside in _named(list(members)):
        found = members[inside]
        yield Entry(
            path=name, marker=f"{found.mtime}-{found.size}", changed_at=datetime.fromtimestamp(found.mtime, UTC), unfit=_not_wanted(name, found.size),
            read=partial(tar.read, found),
        )


class _Tar:
    """An archive that stays open from the first file that is read until no entry of it is left: opened for each file, a compressed one is unpacked from its beginning each time."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._open: tarfile.TarFile | None = None
        self._reading = threading.Lock()

    def read(self, member: tarfile.TarInfo) -> bytes:
        with self._reading:
            if self._open is None:
                self._open = tarfile.open(self._place)  # noqa: SIM115 - closed by the line below, when the entries are gone
                weakref.finalize(self, self._open.close)
            stream = self._open.extractfile(member)
            return stream.read(_MOST_BYTES) if stream else b""


def _in_zip(place: Path) -> Iterator[Entry]:
    with zipfile.ZipFile(place) as archive:
        members = {member.filename: member for member in _counted(archive.infolist()) if not member.is_dir()}
    for name, inside in _named(list(members)):
        found = members[inside]
        yield Entry(
            path=name, marker=f"{found.CRC:08x}-{found.file_size}", unfit=_not_wanted(name, found.file_size),
            read=lambda inside=inside: _from_zip(place, inside),  # type: ignore[misc]  # as above
        )


def _from_zip(place: Path, inside: str) -> bytes:
    with zipfile.ZipFile(place) as archive, archive.open(inside) as stream:
        return stream.read(_MOST_BYTES)


def _counted(files: Iterable[T]) -> Iterator[T]:
    size = 0
    for count, file in enumerate(files, start=1):
        size += getattr(file, "size", 0) or getattr(file, "file_size", 0) or 0
        if count > _MOST_FILES or size > _MOST_IN_ARCHIVE:
            raise Refused(f"This holds more than {_MOST_FILES:,} files or {_MOST_IN_ARCHIVE // 1_000_000:,} MB. Import it in parts.")
        yield file


def _named(inside: list[str]) -> Iterator[tuple[str, str]]:
    """(path, name in the archive), without the one folder that archives usually wrap around everything."""
    parts = {name: [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in {"/", ".", ".."}] for name in inside}
    kept = {name: path for name, path in parts.items() if path and not any(_passed_over(part) for part in path[:-1])}
    wrapped = len({path[0] for path in kept.values()}) == 1 and all(len(path) > 1 for path in kept.values())
    yield from sorted(("/".join(path[1:] if wrapped else path), name) for name, path in kept.items())


def _passed_over(folder: str) -> bool:
    return folder.startswith(".") or folder in _PASSED_OVER


def _not_wanted(name: str, size: int) -> str:
    """The reason why a file is not read, or an empty text."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in TYPES:
        return f"is not a kind of document that can be read ({suffix or 'no suffix'})"
    most = _MOST_BYTES if suffix in (".pdf", ".docx") else _MOST_TEXT
    return f"is larger than {most // 1_000_000} MB" if size > most else ""
