"""Notion's blocks as Markdown that any reader renders alike, with a heading over what belongs together. Pure; what a page holds is fetched in pages.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from glassine.connect.notion import rich_text
from glassine.connect.notion.api import Json
from glassine.connect.notion.rich_text import Names


@dataclass(frozen=True, slots=True)
class Block:
    """One block with what is nested in it. `body` is what stands under the name of its type."""

    id: str
    type: str
    body: Json = field(repr=False)
    children: tuple[Block, ...] = ()


_LONGEST_HEADING = 200  # characters: what is longer is a paragraph that folds
_SMALLEST = 6  # level of a heading
_HEADINGS = {"heading_1": 2, "heading_2": 3, "heading_3": 4, "heading_4": 5}  # the title is the first


def markdown(blocks: Sequence[Block], title: str, names: Names) -> str:
    """The text of a page. `title` is what stands over it all: what follows a folded part at the top gets it again, for it no longer belongs to that part."""
    return "\n\n".join(_Writer(names).flow(blocks, (1, title))) + "\n"


_Over = tuple[int, str]  # the heading that a part stands under: its level and its words


@dataclass(frozen=True, slots=True)
class _Writer:
    names: Names

    def flow(self, blocks: Sequence[Block], over: _Over) -> list[str]:
        """Parts in order, each to be set apart by an empty line."""
        parts: list[str] = []
        folded = False  # whether the last heading closed over what it held, so that what comes now is not under it
        for run in _runs(blocks):
            if run[0].type in _LISTS:
                said, folds = [self._list(run)], False
            else:
                said, folds = self._folding(run[0], over)
            if not any(said):
                continue
            if run[0].type in _HEADINGS and not folds:
                over = (_HEADINGS[run[0].type], self._words(run[0]))
            elif folded and not folds:
                parts.append(_heading(*over))
            folded = folds
            parts.extend(said)
        return [part for part in parts if part]

    def _folding(self, block: Block, over: _Over) -> tuple[list[str], bool]:
        """What a block says, and whether it is a heading of its own over just what is nested in it: a toggle, or a heading that folds."""
        words = self._words(block)
        level = _HEADINGS.get(block.type) or (min(over[0] + 1, _SMALLEST) if block.type == "toggle" and block.children and len(words) <= _LONGEST_HEADING else 0)
        if not level or not words.strip():
            return self._one(block, over), False
        return [_heading(level, words), *self.flow(block.children, (level, words))], bool(block.children)

    def _words(self, block: Block) -> str:
        return rich_text.markdown(block.body.get("rich_text"), self.names)

    def _list(self, run: Sequence[Block]) -> str:
        """A list with what is nested in its items, as far in as their marks are wide."""
        lines = []
        for number, item in enumerate(run, int(run[0].body.get("list_start_index") or 1)):
            mark = f"{number}. " if item.type == "numbered_list_item" else "- "
            box = ("[x] " if item.body.get("checked") else "[ ] ") if item.type == "to_do" else ""
            inside = [box + self._words(item), *self._nested(item.children)]
            lines.append(mark + _indented("\n\n".join(filter(None, inside)), len(mark)))
        return "\n".join(lines)

    def _nested(self, blocks: Sequence[Block]) -> list[str]:
        """Parts inside a list, a quote or a cell, where a heading would not be one of the page: it becomes bold."""
        parts: list[str] = []
        for run in _runs(blocks):
            if run[0].type in _LISTS:
                parts.append(self._list(run))
            elif run[0].type in _HEADINGS or run[0].type == "toggle":
                words = self._words(run[0]).strip()
                parts.extend([f"**{words}**" if words and "*" not in words else words, *self._nested(run[0].children)])
            else:
                parts.extend(self._one(run[0], (1, "")))
        return [part for part in parts if part]

    def _one(self, block: Block, over: _Over) -> list[str]:
        """A block that is neither a list nor folds. Columns, tabs and what is synced say nothing themselves and are read through."""
        write = _WRITERS.get(block.type)
        said = write(self, block) if write else ""
        if block.type in _WITH_CHILDREN:
            return [said]
        return [said, *(self._nested(block.children) if write else self.flow(block.children, over))]

    def paragraph(self, block: Block) -> str:
        return self._words(block)

    def quote(self, block: Block) -> str:
        parts = filter(None, [self._words(block), *self._nested(block.children)])
        return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(parts).split("\n"))

    def code(self, block: Block) -> str:
        text, language = rich_text.plain(block.body.get("rich_text")), str(block.body.get("language") or "")
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        name = "" if language == "plain text" else re.sub(r"[^\w+#.-]", "-", language)
        caption = self._caption(block)
        return f"{fence}{name}\n{text}\n{fence}" + (f"\n\n{caption}" if caption else "")

    def equation(self, block: Block) -> str:
        return f"```math\n{str(block.body.get('expression') or '').strip()}\n```"

    def table(self, block: Block) -> str:
        rows = [[_cell(rich_text.markdown(cell, self.names)) for cell in row.body.get("cells") or []] for row in block.children if row.type == "table_row"]
        width = max(map(len, rows), default=0)
        if not width:
            return ""
        if not block.body.get("has_column_header"):
            rows.insert(0, [""] * width)
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])

    def leads_to(self, block: Block) -> str:
        """A page below, or a link that stands for itself."""
        target = str(block.body.get(str(block.body.get("type"))) or "") if block.type == "link_to_page" else block.id
        place, title = self.names.place(target), str(block.body.get("title") or "")
        if not place:
            return ""
        return self._link(title or self.names.title(target) or place, place)

    def elsewhere(self, block: Block) -> str:
        """Something of another site that the page shows, or links to."""
        url = str(block.body.get("url") or "")
        return self._link(self._caption(block, plain=True) or url, url) if re.match("https?://", url) else self._caption(block)

    def file(self, block: Block) -> str:
        """What it is called and what is said of it. Its address in Notion ends within the hour, so it is not given; another site's is."""
        name, caption = rich_text.escaped(str(block.body.get("name") or "")), self._caption(block)
        external = block.body.get("external")
        url = str(external.get("url") or "") if isinstance(external, Mapping) else ""
        if url and block.type != "image" and re.match("https?://", url):
            name = self._link(str(block.body.get("name") or "") or url, url)
        return "\n\n".join(filter(None, [name, caption]))

    def _caption(self, block: Block, *, plain: bool = False) -> str:
        caption = block.body.get("caption")
        return rich_text.plain(caption).strip() if plain else rich_text.markdown(caption, self.names)

    def _link(self, words: str, url: str) -> str:
        return f"[{rich_text.escaped(' '.join(words.split()))}]({rich_text.address(url)})"


_LISTS = frozenset({"bulleted_list_item", "numbered_list_item", "to_do"})
_WITH_CHILDREN = frozenset({"quote", "callout", "table", "child_page", "child_database"})  # they say themselves what is nested in them, or do not say it
_WRITERS: Mapping[str, Callable[[_Writer, Block], str]] = {
    "paragraph": _Writer.paragraph, "toggle": _Writer.paragraph, "quote": _Writer.quote, "callout": _Writer.quote, "code": _Writer.code, "equation": _Writer.equation,
    "table": _Writer.table, "child_page": _Writer.leads_to, "child_database": _Writer.leads_to, "link_to_page": _Writer.leads_to,
    "bookmark": _Writer.elsewhere, "embed": _Writer.elsewhere, "link_preview": _Writer.elsewhere,
    "image": _Writer.file, "video": _Writer.file, "audio": _Writer.file, "file": _Writer.file, "pdf": _Writer.file,
    "divider": lambda *_: "***",  # not hyphens: at the top those would begin front matter
} | dict.fromkeys(_HEADINGS, _Writer.paragraph)


def _runs(blocks: Sequence[Block]) -> Iterator[Sequence[Block]]:
    """Items of one kind of list together, everything else alone."""
    start = 0
    for end in range(1, len(blocks) + 1):
        if end == len(blocks) or blocks[end].type != blocks[start].type or blocks[start].type not in _LISTS:
            yield blocks[start:end]
            start = end


def _heading(level: int, words: str) -> str:
    return f"{'#' * level} {' '.join(words.split())}" if words.strip() else ""


def _indented(text: str, width: int) -> str:
    return "\n".join(line if number == 0 or not line else " " * width + line for number, line in enumerate(text.split("\n")))


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))
