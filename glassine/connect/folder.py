"""Reads a folder, or a .tar.gz or .zip of one, into documents. Never follows a link out of it, and never unpacks an archive to disk."""

from __future__ import annotations

import codecs
import os
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TypeVar

from glassine.words.channels import Connector
from glassine.words.errors import Refused
from glassine.words.knowledge import Document, ImportLine

T = TypeVar("T")

READABLE = (".md", ".mdx", ".markdown", ".mdown", ".mkd", ".markerb", ".erb", ".html", ".htm", ".txt")

_MOST_BYTES = 2_000_000  # of one document; an article longer than a novel is something else
_MOST_FILES = 50_000
_MOST_IN_ARCHIVE = 1_000_000_000  # bytes unpacked, so that a small archive cannot fill the memory
_PASSED_OVER = frozenset({"node_modules", "__MACOSX", "__pycache__", "venv"})


def read(place: Path) -> Iterator[Document | ImportLine]:
    """Every file under `place`, in order of path: a Document, or a line that says why not. Folders that begin with a dot are passed over.

    Raises Refused when there is nothing to read at that place.
    """
    if place.is_dir():
        yield from _in_folder(place)
    elif place.is_file() and tarfile.is_tarfile(place):
        yield from _in_tar(place)
    elif place.is_file() and zipfile.is_zipfile(place):
        yield from _in_zip(place)
    else:
        raise Refused(f"{place} is neither a folder nor a .tar.gz or .zip archive.")


def _in_folder(root: Path) -> Iterator[Document | ImportLine]:
    top = root.resolve()
    paths: list[Path] = []
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if not _passed_over(name))
        paths.extend(Path(folder, name) for name in files)
    for path in _counted(sorted(paths)):
        name = path.relative_to(top).as_posix()
        if not path.resolve().is_relative_to(top):
            yield ImportLine(path=name, outcome="skipped", reason="is a link that leads out of the folder")
        elif not path.is_file():
            yield ImportLine(path=name, outcome="skipped", reason="is not a regular file")
        elif reason := _not_wanted(name, path.stat().st_size):
            yield ImportLine(path=name, outcome="skipped", reason=reason)
        else:
            yield _document(name, path)


def _document(name: str, path: Path) -> Document | ImportLine:
    try:
        return _decoded(name, path.read_bytes())
    except OSError as error:
        return ImportLine(path=name, outcome="failed", reason=f"cannot be read: {error.strerror or type(error).__name__}")


def _in_tar(place: Path) -> Iterator[Document | ImportLine]:
    with tarfile.open(place) as archive:
        members = {member.name: member for member in _counted(archive) if member.isfile()}
        for name, inside in _named(list(members)):
            member = members[inside]
            if reason := _not_wanted(name, member.size):
                yield ImportLine(path=name, outcome="skipped", reason=reason)
            elif stream := archive.extractfile(member):
                yield _decoded(name, stream.read(_MOST_BYTES + 1))


def _in_zip(place: Path) -> Iterator[Document | ImportLine]:
    with zipfile.ZipFile(place) as archive:
        members = {member.filename: member for member in _counted(archive.infolist()) if not member.is_dir()}
        for name, inside in _named(list(members)):
            if reason := _not_wanted(name, members[inside].file_size):
                yield ImportLine(path=name, outcome="skipped", reason=reason)
            else:
                with archive.open(members[inside]) as stream:
                    yield _decoded(name, stream.read(_MOST_BYTES + 1))


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
    if suffix not in READABLE:
        return f"is not a kind of document that can be read ({suffix or 'no suffix'})"
    return f"is larger than {_MOST_BYTES // 1_000_000} MB" if size > _MOST_BYTES else ""


def _decoded(name: str, content: bytes) -> Document | ImportLine:
    """UTF-8, or UTF-16 with its mark, which is what some editors on Windows write."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return Document(path=name, text=content.decode(encoding))
    except UnicodeDecodeError:
        return ImportLine(path=name, outcome="failed", reason="is not UTF-8 text; save it as UTF-8")


connector = Connector(name="folder", title="A folder of Markdown")
