"""Notion's rich text as Markdown. Pure: what it may link to and name is asked of `Names`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from glassine.connect.notion.api import Json, id_in


class Names(Protocol):
    """What the text of one item may say of other pages: where they are found, and whether its readers may know them."""

    def place(self, id: str) -> str | None:
        """The address of a page or database for these readers; None where they may not know that it is there."""

    def title(self, id: str) -> str:
        """What it is called, or nothing where that is not known."""


_MARKS = {"bold": "**", "italic": "*", "strikethrough": "~~"}
_SPECIAL = re.compile(r"[\\`*_\[\]~|]")
_AT_START = re.compile(r"^(\s*)(#(?=#*(?:\s|$))|>|[+-](?=\s|$)|-(?=[- ]*$)|=(?==*\s*$)|:(?=::)|\d+(?=[.)](?:\s|$)))", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?\w+;)")
_IN_NOTION = re.compile(r"^(?:/|https://(?:www\.)?notion\.(?:so|com)/|https://[\w-]+\.notion\.site/)", re.IGNORECASE)


def plain(items: Any) -> str:
    """The words alone."""
    return "".join(str(item.get("plain_text") or "") for item in _items(items))


def markdown(items: Any, names: Names) -> str:
    """The words with their marks and links. A mention of what readers may not know is left out; a link to it keeps its words only."""
    parts = [part for item in _items(items) if (part := _part(item, names))[0]]
    whole = ""
    for place, (text, marks, href) in enumerate(parts):
        after = parts[place + 1][0] if place + 1 < len(parts) else ""
        whole += _dressed(text, marks, href, whole[-1:], after[:1])
    return _AT_START.sub(_kept_from_starting, whole)


def _items(items: Any) -> Iterable[Json]:
    return (item for item in items if isinstance(item, Mapping)) if isinstance(items, list) else ()


def _part(item: Json, names: Names) -> tuple[str, frozenset[str], str]:
    """The text, how it is marked, and where it leads."""
    said = item.get("annotations")
    marks = frozenset(name for name in (*_MARKS, "code") if isinstance(said, Mapping) and said.get(name) is True)
    text, href = str(item.get("plain_text") or ""), str(item.get("href") or "")
    if item.get("type") == "equation":
        return text, frozenset({"code"}), ""
    if item.get("type") == "mention":
        mention = item.get("mention") or {}
        target = mention.get(kind := mention.get("type")) or {}
        if kind in ("page", "database"):
            place = names.place(str(target.get("id")))
            return (text, marks, place) if place else ("", marks, "")
    if href and _IN_NOTION.match(href) and (id := id_in(href)):
        href = names.place(id) or ""
    return text, marks, href if re.match(r"https?://|mailto:|tel:", href) else ""


def _dressed(text: str, marks: frozenset[str], href: str, before: str, after: str) -> str:
    """Marks close around the words themselves, and only where a reader of Markdown takes them for marks."""
    core = text.strip()
    if not core:
        return text
    head, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    before, after = ("[", "]") if href else (head[-1:] or before, tail[:1] or after)
    dressed = _code(core) if "code" in marks else escaped(core)
    if "code" not in marks and _counts(before, core[0]) and _counts(after, core[-1]):
        for name, mark in _MARKS.items():
            dressed = f"{mark}{dressed}{mark}" if name in marks else dressed
    return head.replace("\n", "  \n") + (f"[{dressed}]({address(href)})" if href else dressed) + tail.replace("\n", "  \n")


def _counts(outside: str, inside: str) -> bool:
    """Whether a mark between these two is one: not where it touches another, nor between a word and punctuation."""
    return outside not in ("*", "~") and (inside.isalnum() or not outside.isalnum())


def escaped(text: str) -> str:
    """As Markdown that shows these very characters. Tags, templates and comments are taken apart, so that none is taken for one."""
    text = _SPECIAL.sub(r"\\\g<0>", _ENTITY.sub("&amp;", text)).replace("<", "&lt;")
    return text.replace("{%", "{\\%").replace("{:", "{\\:").replace("\n", "  \n")


def _code(text: str) -> str:
    text = " ".join(text.split("\n"))
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    edge = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def address(href: str) -> str:
    """Brackets, spaces and line breaks would end it before its end."""
    return re.sub(r"[\s()<>\\]", lambda found: f"%{ord(found[0]):02X}", href)


def _kept_from_starting(found: re.Match[str]) -> str:
    mark = found[2]
    return f"{found[1]}\\{mark}" if not mark.isdigit() else f"{found[1]}{mark}\\"
