"""Markdown and its relatives (MDX, ERB, Liquid, Docusaurus, HTML) made into plain Markdown, and plain Markdown into blocks of text.

Works on text only: it reads no file, follows no include, and runs nothing that it finds.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from glassine.rules import html_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A document without its wrapping: what its front matter says, and its body in Markdown that any reader renders alike."""

    title: str | None
    body: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""  # why its front matter cannot be read


class Block(NamedTuple):
    """One stretch of plain text, in which code keeps its backticks. `kind`: heading | paragraph | item | row | code; `level` is that of a heading, else 0."""

    kind: str
    text: str
    level: int = 0


def page(text: str, suffix: str = ".md", fragments: Mapping[str, str] | None = None) -> Page:
    """Takes the wrapping off. `suffix` is the end of the file's name (`.md`, `.mdx`, `.html.markerb`, `.html` …).

    `fragments` maps the names of shared fragments to their text: an ERB `partial "…/name"` is replaced by the fragment it names.
    """
    meta, said, fault = _unwrapped(text, suffix, fragments or {})
    title = meta.get("title")
    named = _one_line(str(title)) if isinstance(title, str | int | float) else ""
    return Page(title=named or _first_heading(said), body=said, meta=meta, fault=fault)


def body(text: str) -> str:
    """The same body, of a text whose title is known: looking for one takes as long as all the rest."""
    return _unwrapped(text, ".md", {})[1]


def _unwrapped(text: str, suffix: str, fragments: Mapping[str, str]) -> tuple[dict[str, Any], str, str]:
    """What the front matter says, the Markdown after it, and what is wrong with it."""
    meta, said, fault = _front_matter(_normal(text))
    if "<%" in said and "%>" in said:
        said = _without_erb(said, fragments, rendered=suffix.endswith("erb"))
    if suffix in {".html", ".htm", ".html.erb"}:
        said = html_text.to_markdown(said)
    return meta, _outside_code(said).strip() + "\n", fault


def _normal(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


_FRONT = re.compile(r"\A\s*(---|\+\+\+)[ \t]*\n(.*?)\n\1[ \t]*(?:\n|\Z)", re.DOTALL)
_LONGEST_FRONT = 100_000  # characters; what says more about a page is no front matter
_MOST_REFERENCES = 10  # in it: references to references unfold into more than any memory holds


_UNCLOSED = re.compile(r"\A\s*(?:---[ \t]*\n\w[\w-]*:\s|\+\+\+[ \t]*\n\w[\w-]*\s*=)")


def _front_matter(text: str) -> tuple[dict[str, Any], str, str]:
    """What it says, the text after it, and what is wrong with it."""
    found = _FRONT.match(text)
    if not found:
        return {}, text, "its front matter has no end: a line like the first one is missing" if _UNCLOSED.match(text) else ""
    if len(found[2]) > _LONGEST_FRONT:
        return {}, text[found.end() :], f"its front matter has more than {_LONGEST_FRONT:,} characters"
    try:
        meta = _read_yaml(found[2]) if found[1] == "---" else tomllib.loads(found[2])
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f", see its line {line + 2}"
        return {}, text[found.end() :], f"its front matter is not valid {'YAML' if found[1] == '---' else 'TOML'}{where}"
    if not isinstance(meta, dict):
        return {}, text, ""
    return {str(name): value for name, value in meta.items()}, text[found.end() :], ""


class _Front(yaml.SafeLoader):
    """As the safe one, but for how often it follows references (`*name`)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            self.references = getattr(self, "references", 0) + 1
            if self.references > _MOST_REFERENCES:
                raise yaml.YAMLError
        return super().compose_node(parent, index)


_LEFT_BARE = re.compile(r"^(\w[\w-]*:[ \t]++)(?![\"'\[{|>])((?:[@`%*&!].*|.*:[ \t].*|.*:)?)[ \t]*$", re.MULTILINE)


def _read_yaml(text: str) -> Any:
    """Titles with a colon are often left without quotes, which YAML does not allow: if need be, they are put in quotes."""
    try:
        return yaml.load(text, _Front)  # noqa: S506 - it is the safe loader
    except yaml.YAMLError:
        bare = _LEFT_BARE.sub(lambda line: line[1] + json.dumps(line[2], ensure_ascii=False) if line[2] else line[0], text)
        return yaml.load(bare, _Front)  # noqa: S506 - as above


# Here and below: no pattern looks through the same text again from each place where it could begin, and none gives back what it took (`++`, `*+`).
# They hold up the whole process while they search, and what they read is a stranger's.
_ERB = re.compile(r"<%(%|#|=|-)?([^<%]*(?:(?:<(?!%)|%(?!>))[^<%]*)*)%>")  # possessive groups match wrongly before Python 3.11.5
_QUOTED = re.compile(r"\"([^\"#]*)\"|'([^']*)'")


def _without_erb(text: str, fragments: Mapping[str, str], *, rendered: bool, depth: int = 0) -> str:
    """In a file that is rendered, ERB counts inside code too; in plain Markdown, ERB inside code is somebody's example."""

    def replaced(tag: re.Match[str]) -> str:
        mark, code = tag[1], tag[2].removesuffix("-").strip()
        if mark == "%":  # an escaped tag: the page shows it
            return f"<%{tag[2].removesuffix('-')}%>"
        name = re.match(r"(?:render\s++)?(?:partial)?[\s:(]*+[\"'](?:[^\"']*/)?_?([\w-]+)[\"']", code) if mark == "=" and code.startswith(("partial", "render")) else None
        if name:
            return _without_erb(fragments.get(name[1], ""), fragments, rendered=True, depth=depth + 1) if depth < 3 else ""
        quoted = _QUOTED.search(code) if mark == "=" and "link" in code.partition(" ")[0] else None
        return (quoted[1] or quoted[2] or "") if quoted else ""

    if rendered:
        return _ERB.sub(replaced, text)
    return "".join(part if is_code else _ERB.sub(replaced, part) for is_code, part in _parts(text))


_FENCE = re.compile(r"^[ \t]*(?:>[ \t]?)*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(`{3,}|~{3,})")


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """The text in order, as (is fenced code, lines): what stands in a fence is never cleaned."""
    gathered: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if not fence and mark:
            yield False, "".join(gathered)
            gathered, fence = [line], mark[1]
        elif fence and mark and mark[1].startswith(fence) and not line.strip().strip("`~> "):
            yield True, "".join([*gathered, line])
            gathered, fence = [], ""
        else:
            gathered.append(line)
    yield bool(fence), "".join(gathered)


_LEFTOVERS = [
    (re.compile(r"^(?:import\s[^\n]*?from\s*['\"][^'\"\n]+['\"];?|import\s+['\"][^'\"\n]+['\"];?|export\s+(?:const|default|function|let)\b[^\n]*)$", re.MULTILINE), ""),  # MDX
    (re.compile(r"^\{:.*\}$|\{: ?[.#][^{}\n]*\}|\[\[toc\]\]", re.MULTILINE | re.IGNORECASE), ""),  # kramdown's attribute lists
    (re.compile(r"^(#{1,6} .*)\{#[\w-]+\}[ \t]*$", re.MULTILINE), r"\1"),  # explicit ids of headings
    (re.compile(r"^([ \t]*+):{3,}+[ \t]*+(?:[a-z]+\b)?[ \t]*+\[?+([^\]\n]*+)\]?+[ \t]*+$", re.MULTILINE), r"\n\1\2\n"),  # Docusaurus: ':::note A title'
    (re.compile(r"^(>[ \t]*)\[!\w+\][ \t]*", re.MULTILINE), r"\1"),  # GitHub: '> [!NOTE]'
]


def _outside_code(body: str) -> str:
    return "".join(part if is_code else _cleaned(part) for is_code, part in _parts(body))


_SPANS = [("{/*", "*/}"), ("<!--", "-->"), ("{%", "%}")]  # comments of MDX and HTML, tags of Liquid


def _cleaned(text: str) -> str:
    for opening, closing in _SPANS:
        text = html_text.without_spans(text, opening, closing)
    for pattern, replacement in _LEFTOVERS:
        text = pattern.sub(replacement, text)
    return re.sub(r"\n{3,}", "\n\n", html_text.without_tags(text))


_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def blocks(markdown: str) -> list[Block]:
    """The document's text in order, without any markup. Empty blocks are left out; images leave no text."""
    found: list[Block] = []
    in_item = in_row = False
    cells: list[str] = []
    level = 0
    for token in _parser.parse(markdown):
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
            case "heading_close":
                level = 0
            case "list_item_open":
                in_item = True
            case "tr_open":
                in_row, cells = True, []
            case "tr_close":
                found.append(Block("row", " | ".join(cell for cell in cells if cell)))
                in_row = False
            case "fence" | "code_block":
                found.append(Block("code", token.content.strip("\n")))
            case "inline" if in_row:
                cells.append(_one_line(_inline(token)))
            case "inline":
                kind = "heading" if level else "item" if in_item else "paragraph"
                found.append(Block(kind, _inline(token, plain=kind == "heading").strip(), level))
                in_item = False
            case _:
                pass
    return [block for block in found if block.text.strip()]


def _inline(token: Token, *, plain: bool = False) -> str:
    parts: list[str] = []
    for child in token.children or []:
        if child.type == "text":
            parts.append(child.content)
        elif child.type == "code_inline":
            edge = " " if "`" in (child.content[:1], child.content[-1:]) else ""
            parts.append(child.content if plain else f"{child.markup}{edge}{child.content}{edge}{child.markup}")
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak":
            parts.append("\n")
    return "".join(parts)


def _first_heading(body: str) -> str | None:
    """The heading of the whole: one of the first level, or one that comes before any text. 'Usage' further down names only its section."""
    found = blocks(body)
    return next((_one_line(block.text) for place, block in enumerate(found) if block.kind == "heading" and (block.level == 1 or place == 0)), None)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def slug(heading: str) -> str:
    """The id of a heading, from its plain text, as GitHub makes it: small letters, no punctuation, a hyphen for each space."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
