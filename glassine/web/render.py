"""Turns data into pages: the template environment, the one Markdown renderer, and the chip of a masked value. It reads no database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from glassine.rules.markdown import slug
from glassine.rules.redaction import PLACEHOLDER, restore
from glassine.web import callouts

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
VERSION = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(STATIC.rglob("*")) if path.is_file())).hexdigest()[:12]

_KINDS = {  # as a tooltip says them
    "EMAIL": "an e-mail address", "PHONE": "a phone number", "CARD": "a card number", "IBAN": "a bank account number", "BANK": "a bank account number",
    "NATIONAL_ID": "a national identity number", "TAX_ID": "a tax number", "PASSPORT": "a passport number", "LICENCE": "a driving licence number",
    "IP": "an IP address", "MAC": "a hardware address", "IMEI": "a device number", "COORDINATES": "a place on the map", "CREDENTIALS": "a user name and password",
    "SECRET": "an API key or token", "BIRTHDATE": "a date of birth", "PLATE": "a number plate", "VIN": "a vehicle's chassis number", "NAME": "a person's name",
    "ADDRESS": "a street address", "CUSTOM": "something your organisation's own patterns look for",
}
_KIND_NAMES = {  # as a list names them
    "email": "E-mail", "phone": "Phone", "card": "Card", "iban": "IBAN", "bank": "Bank account", "national_id": "National id", "tax_id": "Tax number",
    "passport": "Passport", "licence": "Driving licence", "ip": "IP address", "mac": "MAC address", "imei": "Device number", "coordinates": "Coordinates",
    "credentials": "Password in a link", "secret": "API key", "birthdate": "Date of birth", "plate": "Number plate", "vin": "Chassis number", "name": "Name",
    "address": "Address", "custom": "Own pattern",
}
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td",
    "th", "thead", "tr", "ul",
}
_SCHEMES = {"http", "https", "mailto"}
_MARKS = re.compile(r"[*`#>]+|^\s*[-+]\s", re.MULTILINE)
_HTML_TAG = re.compile(r'(<(?:"[^"]*"|[^">])*>)')
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def _image(renderer: RendererProtocol, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG001 - the renderer's shape
    """A link in the place of an image: opening a page must not tell anybody that it was read."""
    return str(Markup('<a href="{}">{}</a>').format(str(tokens[at].attrs.get("src", "")), tokens[at].content or "Image"))


_markdown.add_render_rule("image", _image)
_articles = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])  # articles come from files whose lines are wrapped anywhere


def _picture(renderer: RendererProtocol, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    """A picture of ours is shown; any other stays a link."""
    source = str(tokens[at].attrs.get("src", ""))
    if not callouts.PICTURE.fullmatch(source):
        return _image(renderer, tokens, at, options, env)
    return str(Markup('<img src="{}" alt="{}" loading="lazy">').format(source, tokens[at].content))


_articles.add_render_rule("image", _picture)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_WITHIN = re.compile(r"(?:/help(?:/(?!\.)(?:[\w.~-]|%(?!2[ef])[0-9a-f]{2})+)+)?(?:#[^\s#]+)?", re.IGNORECASE)  # what a link of an article may name on this site


def static(name: str) -> str:
    """The address of a static file; the version in it changes with any of them, so that browsers may keep it forever."""
    return f"/static/{VERSION}/{name}"


def chip(placeholder: str, reveals: bool = False) -> Markup:
    """`[EMAIL_1]` as the chip EMAIL 1. With `reveals` it is a button of the page's form #reveal, which works without JavaScript too.

    `[EMAIL]` has nothing behind it.
    """
    word = placeholder.strip("[]")
    label = word.replace("_", " ")
    if word in _KINDS:
        tip = f"Here stood {_KINDS[word]}. It was removed for good before it was stored, as your organisation has set: nobody can see it again."
        return Markup('<span class="mask gone" data-tip="{}">{}</span>').format(tip, label)
    kind = _KINDS.get(word.rsplit("_", 1)[0], "a personal value")
    if not reveals:
        tip = f"Here stood {kind}. It was masked before it was stored. Agents, admins and owners can reveal it in the conversation."
        return Markup('<span class="mask" data-tip="{}">{}</span>').format(tip, label)
    tip = f"Here stood {kind}. It was masked before it was stored. Select to see it: only you, only here, and the audit log records it."
    return Markup('<button class="mask" form="reveal" name="placeholder" value="{}" data-tip="{}" aria-label="{}, masked. Reveal">{}</button>').format(
        placeholder, tip, label, label
    )


def contact_chip(name: str, label: str, reveals: bool = False) -> Markup:
    """A covered field of a contact: `contact.email` as the chip E-MAIL."""
    if not reveals:
        return Markup('<span class="mask" data-tip="Known, and sealed. Agents, admins and owners can reveal it here.">{}</span>').format(label.upper())
    tip = "Known, and sealed. Select to see it: only you, only here, and the audit log records it."
    return Markup('<button class="mask" form="reveal" name="placeholder" value="{}" data-tip="{}" aria-label="{}, masked. Reveal">{}</button>').format(
        name, tip, label, label.upper()
    )


def kind(type: str) -> str:
    """A kind of personal value in words."""
    return _KIND_NAMES.get(type, type.replace("_", " ").capitalize())


def glance(text: str, marked: bool = False) -> str:
    """The first words of a text on one line; of a `marked` one, which is Markdown as the AI writes it, without the marks."""
    return " ".join((_MARKS.sub("", text[:400]) if marked else text[:400]).split())


def plain(text: str, reveals: bool = False) -> Markup:
    """Somebody's words as they wrote them: never markup, only masked values become chips."""
    return _with_chips(text, reveals, lambda piece: restore(piece, {}))


def exact(text: str, reveals: bool = False) -> Markup:
    """The same letter by letter, escapes included: for what was sent elsewhere."""
    return _with_chips(text, reveals, str)


def _with_chips(text: str, reveals: bool, between: Callable[[str], str]) -> Markup:
    parts: list[Markup] = []
    end = 0
    for match in PLACEHOLDER.finditer(text):
        parts += [escape(between(text[end : match.start()])), chip(match.group(), reveals)]
        end = match.end()
    return Markup("").join([*parts, escape(between(text[end:]))])


def markdown(text: str, reveals: bool = False) -> Markup:
    """The one way from Markdown to HTML: no raw HTML, no images, links only to the web and to mail addresses."""
    clean = nh3.clean(
        _markdown.render(text), tags=_TAGS, attributes={"a": {"href", "title"}, "td": {"align"}, "th": {"align"}}, url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow", url_relative="deny",
    )
    return _with_chips_between_tags(clean, reveals)


def article(text: str, linked: Callable[[str], str | None]) -> Markup:
    """An article for its readers: as `markdown`, with an id on each heading, lines joined to paragraphs, and links to other articles.

    `linked` is given a relative link as it was written, without its fragment, and answers where that is here; None: nowhere, and its words stay as text.
    """
    env: EnvType = {}
    tokens = _articles.parse(text, env)
    _name_headings(tokens)
    callouts.mark(tokens)
    for token in (child for block in tokens for child in block.children or []):
        if token.type == "link_open":
            token.attrs["href"] = _here(str(token.attrs["href"]), linked)
    clean = nh3.clean(
        _articles.renderer.render(tokens, _articles.options, env), tags=_TAGS | {"img"}, url_schemes=_SCHEMES, link_rel="noopener nofollow",
        url_relative="pass_through", allowed_classes=callouts.CLASSES,
        attributes={"a": {"href", "title"}, "td": {"align"}, "th": {"align"}, "img": {"src", "alt", "loading"}} | {tag: {"id"} for tag in _HEADINGS},
        set_tag_attribute_values={"pre": {"tabindex": "0"}}, attribute_filter=_only_ours,
    )
    return _with_chips_between_tags(clean, reveals=False, numbered=True)


def _name_headings(tokens: Sequence[Token]) -> None:
    """Ids as GitHub makes them: a heading that stands twice gets a number, so that the first keeps its plain name."""
    seen: dict[str, int] = {}
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and (name := slug(_words(tokens[at + 1]))):
            seen[name] = seen.get(name, -1) + 1
            token.attrs["id"] = f"{name}-{seen[name]}" if seen[name] else name


def _words(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [] if child.type in {"text", "code_inline"})


def _here(href: str, linked: Callable[[str], str | None]) -> str:
    target, mark, fragment = href.partition("#")
    if not target or re.match(r"[a-z][a-z0-9+.-]*:|/", target, re.IGNORECASE):
        return href
    found = linked(unquote(target))
    return found + mark + fragment if found else ""


def _only_ours(tag: str, name: str, value: str) -> str | None:
    """A link without a scheme leads to another article or within this one, or it is none: `//elsewhere` has no scheme either."""
    if tag == "img" and name == "src":
        return value if callouts.PICTURE.fullmatch(value) else None
    if tag != "a" or name != "href" or re.match(r"(?:https?|mailto):", value, re.IGNORECASE):
        return value
    return value if value and _WITHIN.fullmatch(value) else None


def _with_chips_between_tags(clean: str, reveals: bool, numbered: bool = False) -> Markup:
    pieces = _HTML_TAG.split(clean)
    return Markup("").join(Markup(piece) if number % 2 else _chipped(piece, reveals, numbered) for number, piece in enumerate(pieces))  # noqa: S704 - sanitised by both callers


def _chipped(html: str, reveals: bool, numbered: bool) -> Markup:
    """The same for a stretch of HTML between two tags, which the sanitiser has escaped already. `numbered`: no others, for `[NAME]` in an article is its author's."""
    return Markup(restore(PLACEHOLDER.sub(lambda match: str(chip(match[0], reveals)) if match[2] or not numbered else match[0], html), {}))  # noqa: S704 - sanitised above


def when(moment: datetime | None, now: datetime | None = None) -> Markup:
    """A time: how long ago within a day, then the date; exact on hover. The browser rewrites it into the viewer's zone."""
    if moment is None:
        return Markup("")
    moment = moment.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), moment.strftime("%-d %B %Y, %H:%M UTC"), _ago(moment, (now or datetime.now(UTC)).astimezone(UTC))
    )


def _ago(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    if -86_400 < seconds < 0:
        return f"in {max(1, round(-seconds / 60))} min" if seconds > -3_600 else f"in {round(-seconds / 3_600)} h"
    if seconds < 60:
        return "now"
    if seconds < 3_600:
        return f"{int(seconds / 60)} min"
    if seconds < 86_400:
        return f"{int(seconds / 3_600)} h"
    return moment.strftime("%-d %b") if moment.year == now.year else moment.strftime("%-d %b %Y")


def deadline(moment: datetime, now: datetime | None = None) -> Markup:
    """Until when somebody must act; the class says whether that moment is near or past."""
    left = (moment - (now or datetime.now(UTC))).total_seconds()
    words = f"overdue by {_span(-left)}" if left < 0 else f"due in {_span(left)}"
    return Markup('<time class="{}" datetime="{}" data-due>{}</time>').format(
        "bad" if left < 0 else "warn" if left < 600 else "quiet", moment.astimezone(UTC).isoformat(timespec="seconds"), words
    )


def _span(seconds: float) -> str:
    if seconds < 3_600:
        return f"{int(seconds // 60)} min"
    return f"{int(seconds // 3_600)} h" if seconds < 86_400 else f"{int(seconds // 86_400)} d"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "parts"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, enable_async=False,
    )
    environment.globals.update(static=static, icon=environment.get_template("icons.html").module.icon)  # type: ignore[attr-defined]  # a macro
    environment.filters.update(plain=plain, markdown=markdown, exact=exact, chip=chip, contact_chip=contact_chip, glance=glance, kind=kind, when=when, deadline=deadline)
    return environment


_templates = _environment()


def render(name: str, values: dict[str, Any]) -> str:
    """A template of parts/ as text."""
    return _templates.get_template(name).render(values)
