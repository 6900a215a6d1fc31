"""The reviewer's pack as files: one page that needs nothing else, and the signed document as JSON. It gathers nothing; story/boundary/pack.py does."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from glassine.story.boundary import pack
from glassine.story.boundary.data_map import DataMap
from glassine.story.world import World
from glassine.web.map_lanes import ICONS, lanes
from glassine.web.render import STATIC, article, render
from glassine.words.people import Actor

KIND = pack.KIND
PAGE, DOCUMENT, PROOF = "reviewers-pack.html", "pack.json", "proof.json"
_STYLES = ("tokens.css", "app.css", "map.css", "pack.css")
_CONTENTS = (
    ("map", "Data map"), ("boundaries", "All boundaries"), ("subprocessors", "Sub-processors"), ("retention", "What is kept"), ("redaction", "Redaction"),
    ("isolation", "Isolation"), ("roles", "Roles and keys"), ("proof", "Proof"), ("ledger", "Ledger"), ("audit", "Audit log"), ("software", "Software"), ("check", "How to check this"),
)  # fmt: skip
_HOW = """Reviewer's pack of Glassine, an open customer support system.

reviewers-pack.html  everything as one page; it loads nothing from anywhere
pack.json            the same facts for programs, signed with Ed25519
proof.json           the newest report of `glassine prove`, signed likewise, if one was made

To check that nothing was changed since it was made, run: glassine pack --check FILE
It needs no network and no database. Compare the fingerprint that it prints with the one that the installation shows under Settings, Data map.
"""


async def archive(world: World, actor: Actor) -> bytes:
    """The pack as a ZIP. The signature covers the document, and by their digests the other files too."""
    document, drawn = await pack.gather(world, actor)
    files = {PAGE: _page(document, drawn).encode(), **({PROOF: _json(document["proof"])} if document["proof"] else {})}
    signed = world.signer.sign(_plain({**document, "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}}))
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in {**files, DOCUMENT: _json(signed), "README.txt": _HOW.encode()}.items():
            made.writestr(name, content)
    return into.getvalue()


async def page(world: World, actor: Actor) -> bytes:
    """The pack as one page that carries its signed document inside."""
    document, drawn = await pack.gather(world, actor)
    return _page(document, drawn, world.signer.sign(_plain(document))).encode()


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON reads it back, so that what is signed is what a checker sees."""
    read: dict[str, Any] = json.loads(_json(document))
    return read


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True).encode()


def _page(document: Mapping[str, Any], drawn: DataMap, signed: Mapping[str, Any] | None = None) -> str:
    # No page of the site: no content policy of ours is over it, and it must not load anything, so styles and document stand in it.
    carried = json.dumps(signed, ensure_ascii=False).replace("<", "\\u003c")
    embedded = Markup(f'<script type="application/json" id="signed">{carried}</script>') if signed else ""  # noqa: S704 - nothing in it can end the element
    styles = Markup(f"<style>{''.join((STATIC / name).read_text(encoding='utf-8') for name in _STYLES)}</style>")  # noqa: S704 - files of ours
    return render("pack.html", {
        "d": document, "short": pack.in_short(document), "map": drawn, "lanes": lanes(drawn), "icons": ICONS, "now": drawn.at, "styles": styles, "embedded": embedded, "contents": _CONTENTS,
        "figures": article(document["redaction"]["figures"]["text"], lambda _: None) if document["redaction"]["figures"] else None,
    })
