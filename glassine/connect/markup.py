"""The little HTML that helpdesks speak: plain text into paragraphs, and what people wrote over there back into plain text and addresses of images. It renders nothing."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre", "hr"})
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_MOST = 200_000  # characters of markup that are read


def paragraphs(text: str) -> str:
    """Plain text as paragraphs, with everything in it that would be markup made harmless."""
    blocks = [block for block in re.split(r"\n[ \t]*\n", text.strip()) if block.strip()]
    return "".join(f"<p>{html.escape(block.strip(), quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)


def plain(markup: str) -> str:
    """What a reader sees of it, with addresses of links whose words do not say them."""
    reader = _Reader()
    reader.feed(_ended(_uncommented(markup[:_MOST])))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def pictures(markup: str) -> list[str]:
    """The addresses of the images that stand in it, each once."""
    reader = _Pictures()
    reader.feed(_ended(_uncommented(markup[:_MOST])))
    reader.close()
    return list(dict.fromkeys(reader.found))


def _uncommented(markup: str) -> str:
    """Without comments and declarations: on many that are begun and never ended the library's parser spends half a minute."""
    first, *rest = markup.split("<!--")
    return "".join([first, *(part.partition("-->")[2] for part in rest)]).replace("<!", " ").replace("<?", " ")


def _ended(markup: str) -> str:
    """With a `<` after which no tag ends as a plain character: the library's parser looks for each one's end up to the end of the text, which takes the square of its length."""
    first, *rest = markup.split("<")
    return "".join([first, *(f"{'<' if '>' in part else '&lt;'}{part}" for part in rest)])


class _Reader(HTMLParser):
    """Collects words and line breaks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0
        self._link = ""
        self._begun = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BREAKS:
            self.parts.append("\n\n" if tag == "p" else "\n")
        elif tag == "a":
            self._link, self._begun = dict(attrs).get("href") or "", len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BREAKS and tag not in ("br", "hr"):
            self.parts.append("\n")
        elif tag == "a" and self._link.startswith(("https://", "http://")):
            words = "".join(self.parts[self._begun :]).strip()
            if words.rstrip("/") != self._link.rstrip("/"):
                self.parts.append(f" ({self._link})")
            self._link = ""

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data.replace("\r", "").replace("\n", " "))


class _Pictures(HTMLParser):
    """Collects addresses of images."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = (dict(attrs).get("src") or "").strip() if tag == "img" else ""
        self.found += [source] if source.startswith(("https://", "http://")) else []
