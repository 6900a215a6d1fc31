"""Callouts and pictures of an article: `> [!NOTE]` becomes a box with a name, and a picture of ours is shown. It changes tokens and renders nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

NAMES = {"note": "Note", "tip": "Tip", "important": "Important", "warning": "Warning", "caution": "Caution"}
CLASSES = {"blockquote": {"callout", *NAMES}, "p": {"callout-name"}}
PICTURE = re.compile(r"/images/[0-9a-f-]{36}/[0-9a-f-]{36}(?:\.(?:png|jpg|gif|webp))?")  # where pictures of ours are
_MARK = re.compile(r"\[!(\w+)\][ \t]*", re.IGNORECASE)


def mark(tokens: list[Token]) -> None:
    """Names those quotations that begin as GitHub's callouts do; all others stay quotations."""
    for at in range(len(tokens) - 3, -1, -1):
        opening, inline = tokens[at], tokens[at + 2]
        if opening.type != "blockquote_open" or inline.type != "inline" or not (children := inline.children):
            continue
        found = _MARK.match(children[0].content) if children[0].type == "text" else None
        if not found or found[1].lower() not in NAMES:
            continue
        kind = found[1].lower()
        opening.attrs["class"] = f"callout {kind}"
        children[0].content = children[0].content[found.end() :]
        if not children[0].content and len(children) > 1 and children[1].type in ("softbreak", "hardbreak"):
            del children[:2]
        tokens[at + 1 : at + 1] = _named(NAMES[kind])
        if not any(child.content for child in children):
            _without(tokens, at + 4)


def _without(tokens: list[Token], at: int) -> None:
    """A callout whose first paragraph held its mark alone has no empty one."""
    if tokens[at].type == "paragraph_open":
        del tokens[at : at + 3]


def _named(name: str) -> Sequence[Token]:
    text = Token("text", "", 0, content=name)
    return [
        Token("paragraph_open", "p", 1, attrs={"class": "callout-name"}, block=True), Token("inline", "", 0, content=name, children=[text], block=True),
        Token("paragraph_close", "p", -1, block=True),
    ]
