"""Reads the text of one file, in a process of its own with hard limits: a file may be made to harm whoever reads it. It knows nothing of ours.

Started by attachments.py as `python -I file_text.py TYPE CHARACTERS SECONDS PAGES`: the file comes in by standard input, and one JSON object goes
out. With `headings` after that, a Word document keeps its headings, lists and tables as Markdown.
"""

from __future__ import annotations

import codecs
import contextlib
import encodings
import importlib
import json
import pkgutil
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import IO, Any
from xml.parsers import expat

MEMORY = 768 << 20  # bytes of address space: Python with a PDF of 5 MB needs about a third of it
_PARTS, _UNPACKED = 5_000, 60 << 20  # entries of an archive, and bytes of those that are read
_STRINGS = 4_000_000  # characters of a workbook's shared texts
_LOCKED_OFFICE = b"\xd0\xcf\x11\xe0"  # a password-protected document is wrapped in the older format
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


_LIMITS = (
    (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NOFILE, 3),  # input, output and errors are open; no file and no connection can be opened beside them
)


class Unreadable(Exception):
    """With a word for why: locked, broken, too_big, no_text, not_read."""


class _Enough(Exception):
    """What may be shown is full."""


def main() -> None:
    """Limits itself, reads, and tells."""
    kind, most, seconds, pages = sys.argv[1], *map(int, sys.argv[2:5])
    content = sys.stdin.buffer.read()
    _prepare(kind)
    for what, limit in ((resource.RLIMIT_CPU, seconds), *_LIMITS):
        with contextlib.suppress(ValueError, OSError):  # a system that does not know a limit keeps to the others, and to the clock of whoever started this
            resource.setrlimit(what, (limit, limit))
    text, note = read(kind, content, most, pages=pages, headings=sys.argv[5:] == ["headings"])
    json.dump({"text": text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "note": note}, sys.stdout)


def _prepare(kind: str) -> None:
    """Loads what reading needs, because nothing can be opened afterwards."""
    for encoding in ("utf-8-sig", "utf-16", "cp1252", "cp437"):
        codecs.lookup(encoding)
    if kind == "application/pdf":
        import pypdf  # takes 0.2 s with all its parts, so only where there is a PDF

        for package in (pypdf, encodings):  # it loads parts of itself, and encodings, when they are first used
            for part in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
                with contextlib.suppress(ImportError):  # what needs another library, or another system, is not used
                    importlib.import_module(part.name)


def read(kind: str, content: bytes, most: int, *, pages: int = 200, headings: bool = False) -> tuple[str, str]:
    """At most so many characters, and a word where there is something to say: cut, locked, broken, too_big, no_text, not_read."""
    found = _Text(most, pages, headings)
    try:
        if kind not in _READERS:
            raise Unreadable("not_read")
        _READERS[kind](content, found)
    except _Enough:
        text = found.tidy()
        return text, "cut" if text else "too_big"
    except Unreadable as why:
        return found.tidy(), str(why)
    except (MemoryError, OverflowError):
        return "", "too_big"
    except Exception:  # a malformed file may raise anything, and all of it means the same
        return found.tidy(), "broken"
    text = found.tidy()
    return text, "" if text else "no_text"


class _Text:
    """Gathers text up to a limit. `pages` and `headings`: how much of a PDF is read, and whether a Word document becomes Markdown."""

    def __init__(self, most: int, pages: int, headings: bool) -> None:
        self._pieces: list[str] = []
        self._left, self.pages, self.headings = most, pages, headings

    def add(self, piece: str) -> None:
        self._pieces.append(piece[: self._left])
        self._left -= len(piece)
        if self._left < 0:
            raise _Enough

    def tidy(self) -> str:
        """Without trailing spaces and more than one empty line."""
        return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", "".join(self._pieces).replace("\r\n", "\n").replace("\r", "\n"))).strip()


def _plain(content: bytes, found: _Text) -> None:
    found.add(decoded(content))


def decoded(content: bytes) -> str:
    """Plain text in the encoding that it says or shows. Raises Unreadable for what is no text."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if len(_CONTROL.findall(text[:20_000])) > max(2, 0.01 * len(text[:20_000])):
        raise Unreadable("broken")
    return text


def _pdf(content: bytes, found: _Text) -> None:
    from pypdf import PdfReader  # takes 0.15 s, so only where there is a PDF

    if not content[:1024].lstrip().startswith(b"%PDF"):
        raise Unreadable("broken")
    reader = PdfReader(BytesIO(content), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("locked")
    for number, page in enumerate(reader.pages):
        if number >= found.pages:
            raise _Enough
        found.add(page.extract_text() + "\n\n")
    for name, value in (reader.get_form_text_fields() or {}).items():
        if value:
            found.add(f"{name}: {value}\n")


def _document(content: bytes, found: _Text) -> None:
    """A Word document: its body with tables and text boxes, then notes, comments, headers and footers."""
    archive = _Archive(content)
    if found.headings:
        styles = _Styles()
        if archive.has("word/styles.xml"):
            archive.parse("word/styles.xml", styles)
        archive.parse("word/document.xml", _Markdown(found, styles.levels))
        return
    archive.parse("word/document.xml", _Words(found))
    for name in archive.named(r"word/(?:footnotes|endnotes|comments|header\d*|footer\d*)\.xml"):
        found.add("\n")
        archive.parse(name, _Words(found))


def _workbook(content: bytes, found: _Text) -> None:
    """A workbook: every sheet row by row, cells with tabs between, then comments."""
    archive = _Archive(content)
    shared = _Strings()
    if archive.has("xl/sharedStrings.xml"):
        archive.parse("xl/sharedStrings.xml", shared)
    sheets = list(archive.named(r"xl/worksheets/sheet\d+\.xml"))
    if not sheets:
        raise Unreadable("broken")
    for name in sheets:
        archive.parse(name, _Cells(shared.texts, found))
        found.add("\n")
    for name in archive.named(r"xl/comments\d*\.xml|xl/threadedComments/[^/]+\.xml"):
        archive.parse(name, _Words(found))


class _Archive:
    """The parts of an Office file. Archives inside it are not opened, and no more is unpacked than the limit, whatever the archive says."""

    def __init__(self, content: bytes) -> None:
        if content.startswith(_LOCKED_OFFICE):
            raise Unreadable("locked")
        try:
            self._zip = zipfile.ZipFile(BytesIO(content))
        except zipfile.BadZipFile:
            raise Unreadable("broken") from None
        if len(self._zip.infolist()) > _PARTS:
            raise Unreadable("too_big")
        self._left = _UNPACKED

    def has(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def named(self, pattern: str) -> Iterator[str]:
        names = [name for name in self._zip.namelist() if re.fullmatch(pattern, name)]
        return iter(sorted(names, key=lambda name: (re.sub(r"\d+", "", name), int((re.findall(r"\d+", name) or ["0"])[-1][:6]))))

    def parse(self, name: str, handler: _Handler) -> None:
        if not self.has(name):
            raise Unreadable("broken")
        if self._zip.getinfo(name).flag_bits & 1:
            raise Unreadable("locked")
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _no_doctype
        parser.StartElementHandler = lambda name, attributes: handler.begin(name.rpartition(" ")[2], _said(attributes))
        parser.EndElementHandler = lambda name: handler.end(name.rpartition(" ")[2])
        parser.CharacterDataHandler = handler.characters
        with self._zip.open(name) as part:
            for piece in self._pieces(part):
                parser.Parse(piece, False)
        parser.Parse(b"", True)

    def _pieces(self, part: IO[bytes]) -> Iterator[bytes]:
        while piece := part.read(1 << 16):
            self._left -= len(piece)
            if self._left < 0:
                raise Unreadable("too_big")
            yield piece


def _said(attributes: Mapping[str, str]) -> Mapping[str, str]:
    """Without the namespaces of their names."""
    return {name.rpartition(" ")[2]: value for name, value in attributes.items()}


def _no_doctype(*_: object) -> None:
    """Office writes none; whoever does means to multiply entities."""
    raise Unreadable("broken")


class _Handler:
    said: Mapping[str, str] = {}  # the last element's attributes

    def begin(self, name: str, said: Mapping[str, str]) -> None:
        self.said = said
        self.start(name)

    def start(self, name: str) -> None:
        """An element begins, by its name without namespace."""

    def end(self, name: str) -> None:
        """It ends."""

    def characters(self, text: str) -> None:
        """Text between."""


class _Words(_Handler):
    """The visible words of a Word part: what was deleted is left out, and a text box that is there twice for older programs is read once."""

    def __init__(self, found: _Text) -> None:
        self._found, self._in_text, self._twice = found, False, 0

    def start(self, name: str) -> None:
        self._twice += name == "Fallback"
        self._in_text = name in ("t", "text")
        if name in _SIGNS and not self._twice:
            self._found.add(_SIGNS[name])

    def end(self, name: str) -> None:
        self._twice -= name == "Fallback"
        self._in_text = False
        if name in _ENDS and not self._twice:
            self._found.add(_ENDS[name])

    def characters(self, text: str) -> None:
        if self._in_text and not self._twice:
            self._found.add(text)


_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_ENDS = {"p": "\n", "tc": "\t", "tr": "\n", "comment": "\n", "threadedComment": "\n"}


class _Styles(_Handler):
    """Which of a document's styles are headings, and of which level. Their ids differ by language, the names inside do not."""

    def __init__(self) -> None:
        self.levels: dict[str, int] = {}
        self._id = ""

    def start(self, name: str) -> None:
        if name == "style":
            self._id = self.said.get("styleId", "")
        elif name == "name" and (level := re.fullmatch(r"heading (\d)|(title)", self.said.get("val", "").lower())):
            self.levels[self._id] = int(level[1] or 1)


class _Markdown(_Handler):
    """A Word part's paragraphs as Markdown: headings by their style, items of lists, rows of tables."""

    def __init__(self, found: _Text, levels: Mapping[str, int]) -> None:
        self._found, self._levels = found, levels
        self._text: list[str] = []
        self._cells: list[str] | None = None
        self._mark, self._in_text, self._twice, self._rows = "", False, 0, 0

    def start(self, name: str) -> None:
        self._twice += name == "Fallback"
        self._in_text = name == "t" and not self._twice
        if name == "p" and self._cells is None:
            self._mark = ""
        elif name == "pStyle" and self._cells is None:
            level = self._levels.get(self.said.get("val", ""))
            self._mark = "#" * min(level, 6) + " " if level else self._mark
        elif name == "numPr":
            self._mark = self._mark or "- "
        elif name in _SIGNS and not self._twice:
            self._text.append(_SIGNS[name] if name == "noBreakHyphen" else " ")
        elif name in ("tbl", "tr"):
            self._rows, self._cells = (0, None) if name == "tbl" else (self._rows, [])

    def end(self, name: str) -> None:
        self._twice -= name == "Fallback"
        self._in_text = False
        if name == "tc" and self._cells is not None:
            self._cells.append(self._taken().replace("|", "\\|"))
        elif name == "tr" and self._cells is not None:
            self._found.add(f"| {' | '.join(self._cells)} |\n" + (f"|{'---|' * len(self._cells)}\n" if self._rows == 0 else ""))
            self._cells, self._rows = None, self._rows + 1
        elif name == "tbl":
            self._found.add("\n")
        elif name == "p" and self._cells is None and (text := self._taken()):
            self._found.add(f"{self._mark}{text}\n" + ("" if self._mark == "- " else "\n"))
        elif name == "p":
            self._text.append(" ")

    def _taken(self) -> str:
        text, self._text = " ".join("".join(self._text).split()), []
        return text

    def characters(self, text: str) -> None:
        if self._in_text:
            self._text.append(text)


class _Strings(_Handler):
    """The texts that a workbook's cells share."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] | None = None
        self._in_text, self._left = False, _STRINGS

    def start(self, name: str) -> None:
        if name == "si":
            self._pieces = []
        self._in_text = name == "t"

    def end(self, name: str) -> None:
        self._in_text = False
        if name == "si":
            self.texts.append("".join(self._pieces or ()))

    def characters(self, text: str) -> None:
        if self._in_text and self._pieces is not None:
            self._left -= len(text)
            if self._left < 0:
                raise Unreadable("too_big")
            self._pieces.append(text)


class _Cells(_Handler):
    """The cells of a sheet as they are stored: a date is its number there."""

    def __init__(self, shared: list[str], found: _Text) -> None:
        self._shared, self._found = shared, found
        self._cell, self._value, self._in_value, self._row = "", "", False, False

    def start(self, name: str) -> None:
        if name == "c":
            self._cell, self._value = self.said.get("t", ""), ""
        self._in_value = name in ("v", "t")

    def end(self, name: str) -> None:
        self._in_value = False
        if name == "c" and self._value:
            if self._cell == "s":
                number = int(self._value)
                self._value = self._shared[number] if 0 <= number < len(self._shared) else ""
            self._found.add(("\t" if self._row else "") + self._value)
            self._row = True
        if name == "row":
            self._found.add("\n" if self._row else "")
            self._row = False

    def characters(self, text: str) -> None:
        if self._in_value:
            self._value += text


_READERS: Mapping[str, Callable[[bytes, _Text], Any]] = {
    "application/pdf": _pdf, "text/plain": _plain, "text/csv": _plain,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _document,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _workbook,
}


if __name__ == "__main__":
    main()
