"""Articles as files: how one is written and read, where it stands, and what is to be done when folder and server differ. Pure; it touches no file.

Writing is stable: what is read and written again has the same bytes.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import yaml

from glassine.words.content import Act, Locked, Page, Remote, Shelf, Step

TOPIC_FILE = "topic.toml"
_PLAIN = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[^\W\d_][^\n\r:#'\"\[\]{}&*!|>%@`\\\t\u0085\u2028\u2029]*(?<! )", re.IGNORECASE)
_FRONT = re.compile(r"\A---\r?\n(.*?)^---[ \t]*\r?\n?", re.DOTALL | re.MULTILINE)
_IMAGE = re.compile(r"(!\[[^\]]*\]\()(?![a-z]+:|/)([^)\s]+)((?:\s+\"[^\"]*\")?\))")
_TEXTS = ("title", "description", "meta_title", "meta_description", "slug", "locale", "audience", "url", "translation_of")
_SEGMENT = re.compile(r"[^\s/\\.][^/\\]*")


class Unreadable(Exception):
    """A file that is no page or topic; the text says why."""


def write(page: Page) -> str:
    """A page as the text of its file. Empty fields and what is usual are left out."""
    said = {name: getattr(page, name) for name in _TEXTS if getattr(page, name) and (name, getattr(page, name)) != ("audience", "public")}
    lines = [f"{name}: {_scalar(value)}" for name, value in said.items()]
    lines += [f"segments: {json.dumps(list(page.segments), ensure_ascii=False)}"] if page.segments else []
    lines += [f"position: {page.position}"] if page.position else []
    return "---\n" + "\n".join(lines) + "\n---\n\n" + _body(page.body) + "\n"


def _scalar(value: str) -> str:
    if value.isprintable() and _PLAIN.fullmatch(value):
        return value
    return '"' + "".join(letter if letter.isprintable() and letter not in '"\\' else _escaped(letter) for letter in value) + '"'


def _escaped(letter: str) -> str:
    """As YAML reads it: what JSON writes for letters beyond U+FFFF would be two of them."""
    return f"\\{letter}" if letter in '"\\' else f"\\U{ord(letter):08x}"


def _body(body: str) -> str:
    return body.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def read(text: str, topic: str) -> Page:
    """A file's text in the folder `topic`. Raises Unreadable."""
    text = text.removeprefix("\ufeff")
    found = _FRONT.match(text)
    if not found:
        raise Unreadable("It does not begin with front matter: a line of ---, `title: …`, and another line of ---.")
    try:
        meta = yaml.safe_load(found[1]) or {}
    except yaml.YAMLError:
        raise Unreadable("Its front matter is not valid YAML.") from None
    if not isinstance(meta, dict) or not str(meta.get("title") or "").strip():
        raise Unreadable("Its front matter names no title.")
    if strange := sorted(set(map(str, meta)) - {*_TEXTS, "segments", "position"}):
        raise Unreadable(f"Its front matter has a field that is not known: {', '.join(strange)}.")
    position, segments = meta.get("position", 0), meta.get("segments", [])
    if not isinstance(position, int) or isinstance(position, bool) or not isinstance(segments, list):
        raise Unreadable("`position` is a whole number and `segments` a list.")
    texts = {name: " ".join(str(meta[name]).split()) for name in _TEXTS if meta.get(name) is not None}
    if texts.setdefault("audience", "public") not in ("public", "segment", "internal"):
        raise Unreadable("`audience` is public, segment or internal.")
    return Page(**texts, body=_body(text[found.end() :]), position=position, segments=tuple(map(str, segments)), topic=topic)


def with_pictures(body: str, sent: Callable[[str], str | None]) -> str:
    """The text with pictures of the folder shown from where they are then; `sent` is given a path as it was written, and tells None for what is no such picture."""

    def elsewhere(match: re.Match[str]) -> str:
        to = sent(unquote(match[2]))
        return match[0] if to is None else f"{match[1]}{to}{match[3]}"

    return _IMAGE.sub(elsewhere, body)


def write_topic(shelf: Shelf) -> str:
    said: dict[str, Any] = {"name": shelf.name, "description": shelf.description, "icon": shelf.icon, "position": shelf.position}
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in said.items() if value or name == "name"]
    names = [f"{json.dumps(language)} = {json.dumps(name, ensure_ascii=False)}" for language, name in sorted(shelf.names)]
    return "\n".join([*lines, *(["", "[names]", *names] if names else [])]) + "\n"


def read_topic(text: str, path: str) -> Shelf:
    """Raises Unreadable."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(f"It is not valid TOML: {error}.") from None
    names = said.get("names", {})
    if not isinstance(said.get("name"), str) or not isinstance(names, dict) or not isinstance(said.get("position", 0), int):
        raise Unreadable("A topic has a name in quotes, and perhaps description, icon, position and a table of names by language.")
    return Shelf(
        path=path, name=said["name"], description=str(said.get("description", "")), icon=str(said.get("icon", "")), position=said.get("position", 0),
        names=tuple(sorted((str(language), str(name)) for language, name in names.items())),
    )


def place(page: Page, first: str) -> str:
    """Where the file of a page stands: in the folders of its topic, by its slug; in another than the organisation's `first` language with that before the ending."""
    name = page.slug or "article"
    return "/".join(filter(None, [page.topic, f"{name}.md" if page.locale in ("", first) else f"{name}.{page.locale}.md"]))


def is_inside(path: str) -> bool:
    """Whether a path that a server named stays in the folder."""
    return all(_SEGMENT.fullmatch(part) for part in path.split("/"))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def mark(path: str, text: str) -> str:
    """What the lock keeps of a file: changed by another text, or by another folder."""
    return digest(f"{folder(path)}\n{text}")


def folder(path: str) -> str:
    return path.rpartition("/")[0]


def plan(mine: Mapping[str, str], theirs: Iterable[Remote], lock: Mapping[str, Locked], first: str) -> list[Step]:
    """What is to be done with each file, by path. `mine` are the folder's files, `lock` what both sides agreed on last."""
    steps: list[Step] = []
    held = {locked.id: path for path, locked in lock.items()}
    loose = {path: text for path, text in mine.items() if path not in lock}
    for each in theirs:
        text, before = write(each.page), held.get(each.id)
        own = before if before in mine else _moved_to(loose, each, lock.get(before or ""))
        base = lock[before].hash if before else None
        there = before if before and folder(before) == each.page.topic else place(each.page, first)
        act = _act(mark(own, mine[own]) if own else None, mark(there, text), base)
        loose.pop(own or "", None)
        steps.append(Step(act=act, path=own or there, mine=mine[own] if own else None, theirs=text, remote=each, to=there))
    known = {step.path for step in steps}
    for path, own_text in mine.items():
        if path not in known:
            base = lock[path].hash if path in lock else None
            steps.append(Step(act=_act(mark(path, own_text), None, base), path=path, mine=own_text, theirs=None, remote=None, to=path))
    return sorted(steps, key=lambda step: step.path)


def _moved_to(loose: Mapping[str, str], remote: Remote, before: Locked | None) -> str | None:
    """Where a file went that the lock knows elsewhere, or one that was never locked but says the same address."""
    for path, text in loose.items():
        try:
            page = read(text, "")
        except Unreadable:
            continue
        if page.slug == remote.page.slug and page.locale in ("", remote.page.locale) and (before or remote.page.topic == folder(path)):
            return path
    return None


def plan_topics(mine: Mapping[str, str], theirs: Iterable[Shelf], lock: Mapping[str, Locked]) -> list[Step]:
    """The same for topics, whose files stand where their slugs say."""
    there = {f"{each.path}/{TOPIC_FILE}": write_topic(each) for each in theirs}
    steps = []
    for path in sorted({*mine, *there}, key=lambda path: (path.count("/"), path)):  # those above come first
        here, text, base = mine.get(path), there.get(path), lock.get(path)
        act = _act(None if here is None else mark(path, here), None if text is None else mark(path, text), base.hash if base else None)
        steps.append(Step(act=act, path=path, mine=here, theirs=text, remote=None, to=path))
    return steps


def _act(here: str | None, there: str | None, base: str | None) -> Act:
    if here == there:
        return Act.SAME
    if base is None:  # never agreed on: new on one side, or different on both
        return Act.PULL if here is None else Act.PUSH if there is None else Act.CONFLICT
    if here == base:
        return Act.DROP_HERE if there is None else Act.PULL
    if there == base:
        return Act.DROP_THERE if here is None else Act.PUSH
    return Act.CONFLICT


def difference(before: str | None, after: str | None, names: tuple[str, str]) -> str:
    """What changed, as a unified diff."""
    lines = difflib.unified_diff((before or "").splitlines(), (after or "").splitlines(), *names, lineterm="")
    return "\n".join(lines)


def conflict(step: Step, base: str | None) -> str:
    """A conflict in full: what changed here and what changed there since both agreed; where that text is not at hand, the two against each other."""
    if base is None:
        return difference(step.theirs, step.mine, ("on the server", "in the folder"))
    sides = [("in the folder", step.mine), ("on the server", step.theirs)]
    return "\n".join(_side(base, text, name) for name, text in sides)


def _side(base: str, text: str | None, name: str) -> str:
    return f"=== changed {name}\n" + (difference(base, text, ("as both had it", name)) if text is not None else "(deleted)")


def summary(steps: Iterable[Step]) -> Iterator[tuple[Act, list[str]]]:
    """Paths by what is to be done, in the order of the acts."""
    listed = list(steps)
    for act in Act:
        paths = [step.path for step in listed if step.act is act]
        if paths:
            yield act, paths
