"""`glassine pack FILE`: the reviewer's pack as a ZIP or as one page; and `--check`, which needs nothing but the file."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from glassine.commands import home
from glassine.commands.organization import chosen, operator
from glassine.config import Settings
from glassine.edge.signatures import Forged, verify
from glassine.store import migrate
from glassine.story.world import live
from glassine.web import packed
from glassine.words.errors import Misconfigured

Say = Callable[[str], None]
_BEGINS, _ENDS = b'<script type="application/json" id="signed">', b"</script>"
_LARGEST = 100_000_000  # bytes of one file in a pack


def make(settings: Settings, file: Path, organization: str | None, say: Say) -> int:
    """Writes the pack; the product may run meanwhile. Raises Misconfigured."""
    if file.suffix not in (".zip", ".html"):
        raise Misconfigured(f"Name the file {file.with_suffix('.zip').name} for an archive, or {file.with_suffix('.html').name} for one page.")
    if file.exists():
        raise Misconfigured(f"{file} exists already. Choose another name, so that no pack is overwritten.")
    if not file.absolute().parent.is_dir():
        raise Misconfigured(f"There is no folder {file.absolute().parent}.")
    with home.database(settings, "pack", say) as url:
        migrate.migrate(url)
        content, fingerprint = asyncio.run(_content(replace(settings, database_url=url), organization, as_page=file.suffix == ".html"))
    file.write_bytes(content)
    say(f"Wrote {file} ({len(content) / 1e3:.0f} KB), signed by the key {fingerprint}.")
    return 0


async def _content(settings: Settings, organization: str | None, *, as_page: bool) -> tuple[bytes, str]:
    async with live(settings) as world:
        actor = operator(await chosen(world, organization))
        return await (packed.page if as_page else packed.archive)(world, actor), world.signer.fingerprint


def check(file: Path, say: Say) -> int:
    """0 when nothing was changed since the pack was signed, 1 when something was. Raises Misconfigured."""
    try:
        document, fingerprint = opened(file.read_bytes())
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    except Forged as forged:
        say(f"{file} cannot be trusted: {forged}.")
        return 1
    say(f"{file} is whole: {document['organization']['name']}, made {document['made_at']} by Glassine {document['glassine']}.")
    say(f"It was signed by the key {fingerprint}. Compare it with the one under Settings › Data map, or at /api/signing-key.")
    return 0


def opened(content: bytes) -> tuple[dict[str, Any], str]:
    """The document of a pack in either form, and the fingerprint of the key that signed it. Raises Forged."""
    if not content.startswith(b"PK"):
        return _verified(content.partition(_BEGINS)[2].partition(_ENDS)[0])
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            document, fingerprint = _verified(_read(archive, packed.DOCUMENT))
            for name, digest in document["files"].items():
                if hashlib.sha256(_read(archive, name)).hexdigest() != digest:
                    raise Forged(f"{name} was changed after the pack was signed")
    except (zipfile.BadZipFile, KeyError):
        raise Forged("this is no reviewer's pack, or a file of it is missing") from None
    return document, fingerprint


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _LARGEST:
        raise Forged(f"{name} is larger than any pack's")
    return archive.read(name)


def _verified(text: bytes) -> tuple[dict[str, Any], str]:
    try:
        document, fingerprint = verify(json.loads(text))
    except ValueError:
        raise Forged("this is no reviewer's pack") from None
    if document.get("kind") != packed.KIND:
        raise Forged("this is a signed document, and no reviewer's pack")
    return document, fingerprint
