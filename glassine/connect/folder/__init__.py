"""A folder or git checkout on this machine as a source: what changed by its mark, what is gone by what is there. It reads only below what the operator opened."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from glassine.connect.folder import entries
from glassine.connect.folder.entries import Entry
from glassine.words.channels import Connector
from glassine.words.errors import Refused
from glassine.words.knowledge import Audience
from glassine.words.sources import (
    FRAGMENT,
    Asked,
    Checkpoint,
    Complete,
    Failed,
    Field,
    FieldKind,
    Item,
    Link,
    Progress,
    Rooted,
    Skipped,
    Told,
    Unchanged,
)

_EVERY = 50  # files between two checkpoints


class Folder:
    """The source. Settings: where it is, where readers find its pages, what to leave out, and who may see it."""

    fields: tuple[Field, ...] = (
        Field(name="path", title="Folder", help="Its full path on the machine that Glassine runs on. The operator opens folders to sources with GLASSINE_CONTENT_ROOTS."),
        Field(name="base_url", title="Public address", kind=FieldKind.URL, required=False, help="Where readers find the pages, so that answers link to them: this address and the file's path without its ending."),
        Field(name="exclude", title="Leave out", kind=FieldKind.LINES, required=False, help="One pattern a line: drafts/ for a folder, *.txt for a kind of file."),
        Field(name="audience", shown=True, title="Readers", kind=FieldKind.CHOICE, default="public", choices={"public": "Everybody", "internal": "Your team only"}, help="A file whose front matter says audience: internal is for your team either way."),
    )

    async def check(self, link: Link) -> str:
        place = _place(link)
        found = await asyncio.to_thread(_wanted, place, link.settings)
        fit = [one for one in found if not one.unfit]
        if not fit:
            raise Refused(f"{place} holds no file that can be read. These can: {', '.join(entries.TYPES)}.")
        head = await asyncio.to_thread(commit, place)
        return f"{place} holds {len(fit):,} files that can be read{f', at the commit {head[:10]}' if head else ''}."

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's signature; a folder is reached without a connection
        return ()

    async def read(self, link: Link, asked: Asked) -> AsyncIterator[Told]:
        place = _place(link)
        head = await asyncio.to_thread(commit, place)
        found = await asyncio.to_thread(_wanted, place, link.settings)
        fragments = [one for one in found if one.is_fragment and not one.unfit]
        shared = await asyncio.to_thread(_shared, fragments)
        for one in fragments:  # before all pages that may include them
            yield await _item(one, link.settings, "")
        after = str((asked.cursor or {}).get("after", ""))
        rest = [one for one in found if one not in fragments and one.path > after and (not asked.only or one.path in asked.only)]
        for count, one in enumerate(rest, start=1):
            if count % _EVERY == 1:
                yield Progress(done=len(found) - len(rest) + count - 1, total=len(found))
            yield await _told(one, link.settings, shared, asked)
            if count % _EVERY == 0:
                yield Checkpoint(cursor={"after": one.path})
        yield Complete(marker={"commit": head}, everything=not asked.only)


async def _told(one: Entry, settings: Mapping[str, str], shared: str, asked: Asked) -> Told:
    if one.unfit:
        return Failed(path=one.path, reason=one.unfit) if one.unfit.startswith("cannot be read") else Skipped(path=one.path, reason=one.unfit)
    if asked.markers.get(one.path) == one.marker + shared:
        return Unchanged(path=one.path)
    try:
        return await _item(one, settings, shared)
    except (OSError, EOFError, RuntimeError) as error:  # RuntimeError: an encrypted archive
        return Failed(path=one.path, reason=f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}")


async def _item(one: Entry, settings: Mapping[str, str], shared: str) -> Item:
    content = await asyncio.to_thread(one.read)
    return Item(
        path=one.path, title="", content=content, media_type=FRAGMENT if one.is_fragment else one.media_type, url=_address(settings.get("base_url", ""), one.path),
        audience=Audience.INTERNAL if settings.get("audience") == "internal" else Audience.PUBLIC, marker=one.marker + shared, updated_at=one.changed_at,
    )


def _place(link: Link) -> Path:
    """Raises Refused for a folder that the operator has not opened."""
    given = link.settings.get("path", "").strip()
    if not given.startswith("/"):
        raise Refused("Give the folder's full path, which begins with /.")
    roots = [Path(root).resolve() for root in link.roots] if isinstance(link, Rooted) else []
    place = Path(given).resolve()
    if not any(place.is_relative_to(root) for root in roots):
        raise Refused("The operator of this machine has not opened this folder to sources. Ask them to name it, or one above it, in GLASSINE_CONTENT_ROOTS.", status=403)
    if not place.exists():
        raise Refused(f"There is no folder or archive {given}.")
    return place


def _wanted(place: Path, settings: Mapping[str, str]) -> list[Entry]:
    patterns = [line.strip() for line in settings.get("exclude", "").splitlines() if line.strip()]
    return [one for one in entries.of(place) if not _left_out(one.path, patterns)]


def _left_out(path: str, patterns: Sequence[str]) -> bool:
    return any(path.startswith(one) if one.endswith("/") else fnmatchcase(path, one) or fnmatchcase(PurePosixPath(path).name, one) for one in patterns)


def _shared(fragments: Sequence[Entry]) -> str:
    """What all fragments are, as a part of every page's mark: a page may include any of them."""
    if not fragments:
        return ""
    return "-" + hashlib.sha256("\0".join(f"{one.path}={one.marker}" for one in fragments).encode("utf-8", "replace")).hexdigest()[:12]


def _address(base_url: str, path: str) -> str | None:
    """Under the base address by its path without suffixes, an index by its folder."""
    if not base_url:
        return None
    place = PurePosixPath(path)
    place = place.with_name(place.name.partition(".")[0])
    place = place.parent if place.name.lower() in {"index", "readme"} else place
    return f"{base_url.rstrip('/')}/{'' if str(place) == '.' else place}"


_REF = re.compile(r"ref: (refs/[\w./-]{1,200})")
_HASH = re.compile(r"[0-9a-f]{40,64}")


def commit(place: Path) -> str:
    """The commit that a git checkout stands at, read from its files; empty where there is none. No program is run."""
    git = place / ".git"
    try:
        said = (git / "HEAD").read_text(encoding="ascii")[:300].strip()
        ref = _REF.fullmatch(said)
        if ref is None:
            return said if _HASH.fullmatch(said) else ""
        loose = (git / ref[1]).resolve()
        if loose.is_relative_to(git.resolve()) and loose.is_file():
            found = loose.read_text(encoding="ascii")[:80].strip()
            return found if _HASH.fullmatch(found) else ""
        packed = (line.split(" ") for line in (git / "packed-refs").read_text(encoding="utf-8").splitlines())
        return next((words[0] for words in packed if len(words) == 2 and words[1] == ref[1] and _HASH.fullmatch(words[0])), "")
    except (OSError, ValueError):
        return ""


connector = Connector(name="folder", title="Folder or git checkout", source=Folder())
