"""The folder of `glassine content`: its files, the lock that says what both sides agreed on, and the texts of that moment. It asks no server."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glassine.rules.content import TOPIC_FILE, is_inside, mark
from glassine.rules.content import folder as rules_folder
from glassine.words.content import Locked
from glassine.words.errors import Misconfigured

SETTINGS, LOCK, HIDDEN = "glassine-content.toml", "glassine-content.lock.json", ".glassine"
_LARGEST, _LARGEST_PICTURE = 2_000_000, 5_000_000  # bytes
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})


@dataclass(slots=True, kw_only=True)
class Folder:
    """`pages` and `topics` are whole texts by path; both locks are changed in place and written by `save_lock`."""

    root: Path
    url: str
    pages: dict[str, str] = field(repr=False)
    topics: dict[str, str] = field(repr=False)
    lock: dict[str, Locked] = field(repr=False)
    topic_lock: dict[str, Locked] = field(repr=False)

    def put(self, path: str, text: str) -> None:
        """Writes a file whole or not at all."""
        place = self._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(place, text)

    def picture(self, page: str, target: str) -> bytes | None:
        """The file that a page shows, if it is one of this folder's."""
        place = (self.root / rules_folder(page) / target).resolve()
        inside = place.is_relative_to(self.root.resolve()) and place.suffix.lower() in _PICTURES
        return place.read_bytes() if inside and place.is_file() and place.stat().st_size <= _LARGEST_PICTURE else None

    def remove(self, path: str) -> None:
        """A file, and the folders that it leaves empty."""
        place = self._place(path)
        place.unlink(missing_ok=True)
        while place.parent != self.root and not any(place.parent.iterdir()):
            place = place.parent
            place.rmdir()

    def agree(self, path: str, text: str, id: str) -> None:
        """Both sides have this text now."""
        lock = self.topic_lock if path.endswith(f"/{TOPIC_FILE}") else self.lock
        for former in [each for each, locked in lock.items() if locked.id == id]:
            del lock[former]
        lock[path] = Locked(id=id, hash=mark(path, text))
        base = self.root / HIDDEN / "base" / path
        base.parent.mkdir(parents=True, exist_ok=True)
        _write(base, text)

    def forget(self, path: str) -> None:
        self.lock.pop(path, None)
        self.topic_lock.pop(path, None)

    def base(self, path: str) -> str | None:
        """The text that both sides had, if this very folder saw it."""
        try:
            text = (self.root / HIDDEN / "base" / path).read_text(encoding="utf-8")
        except OSError:
            return None
        locked = self.lock.get(path) or self.topic_lock.get(path)
        return text if locked and locked.hash == mark(path, text) else None

    def save_lock(self) -> None:
        told = {
            "version": 1, "articles": {path: {"id": each.id, "hash": each.hash} for path, each in sorted(self.lock.items())},
            "topics": {path: {"hash": each.hash} for path, each in sorted(self.topic_lock.items())},
        }
        _write(self.root / LOCK, json.dumps(told, indent=1, ensure_ascii=False) + "\n")

    def _place(self, path: str) -> Path:
        """A path may come from the server: it must stay in here, also behind links."""
        place = self.root / path
        if not is_inside(path) or not place.parent.resolve().is_relative_to(self.root.resolve()) or place.is_symlink():
            raise Misconfigured(f"“{path}” would lie outside of {self.root}, so nothing was written there.")
        return place


def _write(place: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def begin(root: Path, url: str) -> None:
    """Makes the folder. Raises Misconfigured where there is one already."""
    if (root / SETTINGS).exists():
        raise Misconfigured(f"{root} is such a folder already: it has a {SETTINGS}.")
    (root / HIDDEN).mkdir(parents=True, exist_ok=True)
    _write(root / HIDDEN / ".gitignore", "*\n")
    _write(root / SETTINGS, f"# Where `glassine content` finds your Glassine. The key is read from GLASSINE_CONTENT_KEY.\nurl = {json.dumps(url)}\n")


def load(root: Path) -> Folder:
    """Raises Misconfigured."""
    try:
        settings = tomllib.loads((root / SETTINGS).read_text(encoding="utf-8"))
    except OSError:
        raise Misconfigured(f"{root} has no {SETTINGS}. Run: glassine content init {root} --url https://…") from None
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{SETTINGS} is not valid TOML: {error}.") from None
    articles, topics = _lock(root / LOCK)
    files = _files(root)
    return Folder(
        root=root, url=str(settings.get("url", "")), lock=articles, topic_lock=topics,
        pages={path: text for path, text in files.items() if path.endswith(".md")}, topics={path: text for path, text in files.items() if path.endswith(f"/{TOPIC_FILE}")},
    )


def _lock(file: Path) -> tuple[dict[str, Locked], dict[str, Locked]]:
    try:
        told: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(file.read_text(encoding="utf-8"))
        articles = {path: Locked(id=each["id"], hash=each["hash"]) for path, each in told["articles"].items()}
        return articles, {path: Locked(id=path, hash=each["hash"]) for path, each in told["topics"].items()}
    except FileNotFoundError:
        return {}, {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Misconfigured(f"{file} cannot be read. Take it back from git, or delete it: pages that are the same on both sides are found again.") from None


def _files(root: Path) -> dict[str, str]:
    """Pages and topics; what begins with a dot, links, and README.md at the top are passed over."""
    found = {}
    for place in sorted(root.rglob("*")):
        path = place.relative_to(root).as_posix()
        wanted = place.suffix == ".md" or place.name == TOPIC_FILE
        if not wanted or path == "README.md" or any(part.startswith(".") for part in path.split("/")) or place.is_symlink() or not place.is_file():
            continue
        if place.stat().st_size > _LARGEST:
            raise Misconfigured(f"{path} is larger than 2 MB.")
        try:
            found[path] = place.read_bytes().decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise Misconfigured(f"{path} is not written in UTF-8.") from None
    return found
