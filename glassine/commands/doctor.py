"""`glassine doctor`: looks at everything the product needs and says in plain words what to do. It repairs nothing."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace

from glassine.commands import home
from glassine.config import Settings
from glassine.edge.embed import Embedder
from glassine.edge.names import Names
from glassine.edge.secrets import Unreadable, master_key
from glassine.store import health, jobs, migrate
from glassine.story import house
from glassine.story.models import chain as story_models
from glassine.story.world import World, live
from glassine.words.errors import Misconfigured, ModelFailed, Refused
from glassine.words.ids import OrgId
from glassine.words.models import OPERATOR, Endpoint, endpoints
from glassine.words.people import Actor, ActorKind, Role

_ROOM = 1_000_000_000  # bytes that should be free where the state grows
_SKEW = 2.0  # seconds

Check = Callable[[Settings], Coroutine[None, None, str]]


def run(settings: Settings, say: Callable[[str], None]) -> int:
    """Prints one line per check. Returns 0 when all is well, 1 when something is to be done."""
    sound = [_report(name, settings, check) for name, check in _WITHOUT_DATABASE]
    if not settings.database_url and not (settings.home / "postgres").exists():
        _line("--", "database", "There is none yet; `glassine up` makes it.")
        return 0 if all(sound) else 1
    try:
        with home.database(settings, "doctor", say) as url:
            reached = replace(settings, database_url=url)
            sound += [_report(name, reached, check) for name, check in _WITH_DATABASE]
    except Misconfigured as problem:
        _line("BAD", "database", str(problem))
        return 1
    return 0 if all(sound) else 1


def _report(name: str, settings: Settings, check: Check) -> bool:
    try:
        _line("ok", name, asyncio.run(check(settings)))
    except (Misconfigured, Refused) as problem:
        _line("BAD", name, str(problem))
        return False
    return True


def _line(verdict: str, name: str, words: str) -> None:
    sys.stdout.write(f"{verdict:<4} {name:<12} {words}\n")
    sys.stdout.flush()


async def _disk(settings: Settings) -> str:
    place = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < _ROOM:
        raise Misconfigured(f"Only {free / 1e6:.0f} MB are free at {place}. Make room, or move the home folder: --home DIR.")
    return f"{free / 1e9:.0f} GB free at {place}"


async def _models(settings: Settings) -> str:
    found = await Names().find("My name is Ada Lovelace")
    embedder = Embedder()
    for language in settings.languages:
        await embedder.query("Where is my parcel?", language)
    if not found:
        raise Misconfigured("The model that finds names loads but finds none. Install Glassine anew: its files may be damaged.")
    return f"names, and embeddings for {', '.join(settings.languages)}, load and answer"


async def _master_key(settings: Settings) -> str:
    if not settings.master_key and not (settings.home / "master.key").exists():
        return "none yet; the first start makes one, unless the database already holds data"
    master_key(settings.home, settings.master_key, may_create=False)
    return "in the environment" if settings.master_key else f"{settings.home / 'master.key'}, readable by its owner only; keep a copy elsewhere"


async def _database(settings: Settings) -> str:
    found = health.look(_url(settings))
    version = f"{found.version // 10_000}.{found.version % 10_000}"
    if found.version < 160_000:
        raise Misconfigured(f"PostgreSQL is {version}, and Glassine needs 16 or newer. Point GLASSINE_DATABASE_URL at a newer server.")
    if found.vector is None or _numbers(found.vector) < (0, 8):
        raise Misconfigured(f"pgvector is {found.vector or 'missing'}, and Glassine needs 0.8 or newer. Install the server's pgvector package.")
    if found.encoding != "UTF8":
        raise Misconfigured(f"The database's encoding is {found.encoding}. Make one with: create database glassine encoding 'UTF8' template template0")
    if not found.owns or not found.may_create_roles:
        raise Misconfigured("The role must own the database and may need to make one role: alter database … owner to …; alter role … createrole.")
    missing = migrate.missing(_url(settings))
    if missing:
        raise Misconfigured(f"Not of this version: {', '.join(missing)} is missing. Run: glassine migrate")
    return f"PostgreSQL {version} with pgvector {found.vector}, {found.bytes / 1e6:.0f} MB"


async def _clock(settings: Settings) -> str:
    skew = health.look(_url(settings)).clock_skew
    if abs(skew) > _SKEW:
        raise Misconfigured(f"This machine's clock and the database's are {abs(skew):.0f} seconds apart. Switch on time synchronisation on both.")
    return "agrees with the database's"


async def _seals(settings: Settings) -> str:
    if migrate.missing(_url(settings)) or not health.holds_data(_url(settings)):
        return "nothing is sealed yet"
    async with live(settings) as world:
        async with world.store.outside() as tx:
            everybody = await jobs.organizations(tx)
        try:
            for org in everybody:
                await world.key(org)
        except Unreadable:
            raise Misconfigured("The master key does not open what this database holds. Put the key back that belongs to it: master.key, or GLASSINE_MASTER_KEY.") from None
    return f"the master key opens the keys of {len(everybody)} organisation{'s' * (len(everybody) != 1)}"


async def _language_models(settings: Settings) -> str:
    """Asks every model that is set for one sentence, through the gate as a turn would."""
    if migrate.missing(_url(settings)) or not health.holds_data(_url(settings)):
        return "looked at once there is an organisation; `glassine up` makes one"
    async with live(settings) as world:
        async with world.store.outside() as tx:
            everybody = await jobs.organizations(tx)
        told = [await _answers(world, org, story_models.of_operator(settings) if number == 0 else None) for number, org in enumerate(everybody)]
    answers, silent = [name for well, _ in told for name in well], [words for _, bad in told for words in bad]
    if silent:
        raise Misconfigured(" ".join(silent))
    return f"{', '.join(answers)} {'answers' if len(answers) == 1 else 'answer'}" if answers else "none is set: answers quote the knowledge base"


async def _answers(world: World, org: OrgId, operators: Endpoint | None) -> tuple[list[str], list[str]]:
    """The names of the organisation's models that answer, with the operator's where it is asked here, and a sentence on each that does not."""
    actor, well, bad = Actor(org=org, kind=ActorKind.SYSTEM, id=None, name="the operator", role=Role.OWNER), list[str](), list[str]()
    own = endpoints((await house.organization(world, org)).settings)
    for endpoint in (*own, *([operators] if operators else [])):
        try:
            well.append((await story_models.try_out(world, actor, endpoint.id)).model)
        except Refused as refusal:
            bad.append(f"{endpoint.name} was not asked: {refusal}")
        except ModelFailed as failed:
            where = "GLASSINE_LLM_URL, _MODEL, _KEY and _WIRE" if endpoint.id == OPERATOR else "Settings › Language model"
            bad.append(f"{endpoint.name} at {endpoint.url} gave no answer: {failed} Check {where}.")
    return well, bad


_WITHOUT_DATABASE: tuple[tuple[str, Check], ...] = (("disk", _disk), ("models", _models), ("master key", _master_key))
_WITH_DATABASE: tuple[tuple[str, Check], ...] = (("database", _database), ("clock", _clock), ("sealing", _seals), ("model", _language_models))


def _url(settings: Settings) -> str:
    assert settings.database_url, "`run` sets it"
    return settings.database_url


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
