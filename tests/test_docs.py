"""Holds the documentation to the code: what the code names stands in docs, what docs name exists, and every link leads somewhere."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

import glassine.connect
import glassine.web.api
from glassine import __main__ as command_line
from glassine.config import VARIABLES
from glassine.rules.permits import PERMITS, SCOPES
from glassine.rules.phrases import spoken
from glassine.story.boundary import far_sides
from glassine.story.exchange import _CODES
from glassine.words.boundaries import BOUNDARIES
from glassine.words.channels import Connector
from glassine.words.people import ActorKind, Role, Verb
from glassine.words.privacy import PiiType
from glassine.words.sessions import Autopilot, EventType, Status
from glassine.words.turns import Reason

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
HELP = sorted(DOCS.glob("*.md"))
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
WRITTEN = [*sorted(ROOT.glob("*.md")), *HELP, *DECISIONS, ROOT / "widget/README.md", ROOT / "glassine/edge/models/README.md"]

_FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[(?P<words>[^\]]*)\]\((?P<to>[^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_ROUTE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S*)")


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def quoted(text: str) -> set[str]:
    """What stands in backquotes in the prose of a page."""
    return set(_CODE.findall(_FENCE.sub("", text)))


def missing(names: Iterable[object], text: str) -> list[str]:
    """Those that a page does not name in backquotes."""
    said = quoted(text)
    return sorted(str(name) for name in names if str(name) not in said)


def routes() -> set[str]:
    """Every route of the public API, as `METHOD /path`."""
    modules = [importlib.import_module(f"glassine.web.api.{found.name}") for found in pkgutil.iter_modules(glassine.web.api.__path__)]
    return {f"{method} {route.path}" for module in modules if hasattr(module, "router") for route in module.router.routes for method in route.methods}


def commands() -> dict[str, set[str]]:
    """Every command with the options that its help names."""
    parser = command_line._parser()
    chosen = next(action for action in parser._actions if action.choices)
    assert isinstance(chosen.choices, dict)
    return {name: set(re.findall(r"--[a-z-]+", sub.format_help())) - {"--help"} for name, sub in chosen.choices.items()}


# -- what the code names stands in docs -----------------------------------------------------------------------------------------


def test_every_variable_is_explained_in_its_own_words() -> None:
    text = page("configuration.md")
    unexplained = [name for name, words in VARIABLES.items() if f"### {name}\n\n{words}\n" not in text]
    assert unexplained == []


@pytest.mark.parametrize(("names", "name"), [
    ([*EventType], "events.md"), ([*ActorKind], "events.md"), (SCOPES, "api.md"), ([*Status], "concepts.md"), ([*PiiType], "redaction.md"),
    ([*Verb], "people-and-roles.md"), ([*Reason], "autopilot.md"), ({*_CODES.values(), "duplicate_message_ignored", "skipping_unuseful_response"}, "api.md"),
    ([*Autopilot], "api.md"), (BOUNDARIES, "data-map.md"),
], ids=lambda given: given if isinstance(given, str) else "")
def test_every_word_of_the_vocabulary_is_explained(names: Iterable[object], name: str) -> None:
    assert missing(names, page(name)) == []


def test_every_route_is_explained() -> None:
    assert missing(routes(), page("api.md")) == []


def test_every_command_and_option_is_explained() -> None:
    text = page("configuration.md")
    for name, options in commands().items():
        line = next((line for line in text.splitlines() if re.match(rf"- `glassine {name}[ `]", line)), "")
        assert line, f"the command {name} is missing"
        assert [option for option in options - {"--home"} if f"`{option}" not in line] == [], name


def test_every_connector_is_explained() -> None:
    modules = [importlib.import_module(f"glassine.connect.{found.name}") for found in pkgutil.iter_modules(glassine.connect.__path__)]
    connectors = [module.connector for module in modules if isinstance(getattr(module, "connector", None), Connector)]
    assert connectors
    assert missing([one.name for one in connectors if one.source], page("sources.md")) == []
    assert missing([one.name for one in connectors if one.helpdesk], page("helpdesks.md")) == []


def test_every_purpose_of_a_crossing_is_a_boundary() -> None:
    product = [path for path in (ROOT / "glassine").rglob("*.py") if "proof" not in path.parts]  # a proof speaks as a customer, through a gate of its own
    used = [purpose for path in product for purpose in purposes(path.read_text(encoding="utf-8"))]
    assert len(used) > 1
    assert [purpose for purpose in used if not (purpose in BOUNDARIES and BOUNDARIES[purpose].gate)] == []
    assert list(purposes('Crossing(org=org, purpose="carrier-pigeon", hosts=())\nCrossing(org=org, purpose=named, hosts=())')) == ["carrier-pigeon", "named"]


def test_every_boundary_has_another_side_and_every_side_a_boundary() -> None:
    assert set(far_sides._SIDES) == set(BOUNDARIES)


def test_the_switches_that_are_named_are_those_there_are() -> None:
    named = re.search(r"^These boundaries can be switched off: (.*?)\.", page("data-map.md"), re.MULTILINE)
    assert named
    assert set(_CODE.findall(named[1])) == {name for name, boundary in BOUNDARIES.items() if boundary.off}


def purposes(source: str) -> Iterator[str]:
    """What each `Crossing(…)` in a file is for; one whose purpose is not written out gives the name that stands for it, which is no boundary."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Crossing":
            given = next((each.value for each in node.keywords if each.arg == "purpose"), None)
            yield str(given.value) if isinstance(given, ast.Constant) else ast.unparse(given) if given else ""


def test_the_table_of_permits_is_the_one_that_decides() -> None:
    said = {}
    for line in page("people-and-roles.md").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[1].startswith("`"):
            said[cells[1].strip("`")] = dict(zip((Role.VIEWER, Role.AGENT, Role.ADMIN, Role.OWNER), (cell == "yes" for cell in cells[2:]), strict=True))
    assert said == {str(verb): {role: verb in PERMITS[role] for role in Role} for verb in Verb}


def test_every_room_of_the_house_is_named_and_no_other() -> None:
    rooms = {path.parent.name for path in (ROOT / "glassine").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `([a-z]+)/` \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)) == rooms


def test_the_languages_of_the_ais_sentences_are_named() -> None:
    languages = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "nl": "Dutch", "pt": "Portuguese", "it": "Italian"}
    assert all(spoken(code) == code and name in page("autopilot.md") for code, name in languages.items())


# -- what docs name exists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*HELP, ROOT / "README.md"], ids=lambda path: path.name)
def test_nothing_is_named_that_does_not_exist(path: Path) -> None:
    assert invented(path.read_text(encoding="utf-8")) == []


def invented(text: str) -> list[str]:
    """Variables, routes, commands and options in a text that the product does not have."""
    known, options = commands(), set().union(*commands().values())
    found = [name for name in re.findall(r"GLASSINE_[A-Z_]+[A-Z]", text) if name not in VARIABLES]
    found += [one for one in quoted(text) if (match := _ROUTE.fullmatch(one)) and f"{match[1]} {match[2]}" not in routes()]
    found += [f"glassine {name}" for name in re.findall(r"(?:`|^|bin/)glassine ([a-z]+(?:-[a-z]+)*)", text, re.MULTILINE) if name not in known]
    found += [f"./dev {name}" for name in re.findall(r"\./dev ([a-z]+)", text) if name not in {*known, "test", "bench"}]
    return found + [one for one in quoted(text) if re.match(r"--[a-z-]+\b", one) and one.split()[0] not in {*options, "--help"}]


# -- links ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    assert list(broken(path, path.read_text(encoding="utf-8"))) == []


def broken(path: Path, text: str) -> Iterator[str]:
    """Relative links of a page whose file, or whose heading, is not there."""
    for link in _LINK.finditer(_FENCE.sub("", text)):
        to, _, heading = unquote(link["to"]).partition("#")
        if re.match(r"[a-z]+:", to):
            continue
        target = (path.parent / to).resolve() if to else path
        if not target.is_relative_to(ROOT) or not target.exists() or (heading and heading not in headings(target)):
            yield link["to"]


def headings(path: Path) -> set[str]:
    """The headings of a page as their links are written."""
    found = re.findall(r"^#{1,6} (.+)$", _FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for words in found}


def test_one_message_names_real_functions() -> None:
    path = DOCS / "01-one-message.md"
    links = [(link["words"].strip("`"), path.parent / link["to"]) for link in _LINK.finditer(path.read_text(encoding="utf-8")) if link["to"].endswith(".py")]
    assert len(links) > 30
    assert [name for name, target in links if name not in defined(target)] == []


def defined(path: Path) -> set[str]:
    """The functions and classes that a file defines at its top."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


# -- form -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", HELP, ids=lambda path: path.name)
def test_every_page_has_a_title_and_says_what_it_is(path: Path) -> None:
    front = re.match(r"---\ntitle: (.+)\ndescription: (.+\.)\n---\n\n# (.+)\n", path.read_text(encoding="utf-8"))
    assert front
    assert front[1] == front[3]


@pytest.mark.parametrize("path", [path for path in DECISIONS if path.name != "README.md"], ids=lambda path: path.name)
def test_decisions_keep_to_a_page(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").split()) < 700


# -- every check can fail -------------------------------------------------------------------------------------------------------


def test_the_checks_can_fail() -> None:
    assert missing(["handoff", "no_such_event"], "an event `handoff`, and no_such_event without quotes") == ["no_such_event"]
    assert missing(["a"], "```sh\n`a`\n```\n") == ["a"], "examples explain nothing"
    assert invented("`GLASSINE_NOTHING`") == ["GLASSINE_NOTHING"]
    assert invented("`GET /nothing`") == ["GET /nothing"]
    assert invented("run `glassine nothing`") == ["glassine nothing"]
    assert invented("run `./dev nothing`") == ["./dev nothing"]
    assert invented("give `--nothing`") == ["--nothing"]
    assert invented("`GLASSINE_HOME`, `GET /contacts`, `glassine up`, `./dev test`, `--fresh`") == []
    assert list(broken(DOCS / "x.md", "[a](nowhere.md) [b](concepts.md#nothing) [c](concepts.md#what-is-a-turn)")) == ["nowhere.md", "concepts.md#nothing"]
    assert "take_turn" in defined(ROOT / "glassine/story/turn.py")
    assert "no_such_function" not in defined(ROOT / "glassine/story/turn.py")
