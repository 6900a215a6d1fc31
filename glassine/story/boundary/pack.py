"""What a security reviewer takes away: one document of facts about the running system, signed. It gathers and counts; customers' values are not in it.

Every part is read live: the map from configuration and ledger, isolation from the database itself, the software from what is installed.
"""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

from glassine import __version__
from glassine.config import resource
from glassine.rules import chain
from glassine.rules.permits import PERMITS, require
from glassine.rules.policies import EVERYWHERE, TYPES, patterns, treatments
from glassine.store import boundaries as stored
from glassine.store import house, ledger, people, proofs, vault
from glassine.story.boundary import crossings, data_map
from glassine.story.boundary.data_map import DataMap, plain, when
from glassine.story.world import World
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, new_id
from glassine.words.people import Actor, Person, Role, Verb
from glassine.words.privacy import Treatment

Json = dict[str, Any]
KIND = "glassine.reviewers-pack"
OUTSIDE = {  # tables that hold no organisation's data, or more than one's, and why that is well
    "jobs": "the queue: ids only", "lanes": "destinations that fail: ids, counts and times only", "workers": "running processes: ids only", "migrations": "names of files", "proofs": "reports of glassine prove: counts only",
    "door": "digests of secrets, which the application can only ask for an exact match",
}
_MOST_CHECKED = 100_000  # crossings; a longer chain is checked by its own command
_FIGURES = (("redaction.md", r"How good is the redaction\?|How good is the masking\?"), ("privacy.md", r"How good is the masking\?"))


async def gather(world: World, actor: Actor) -> tuple[Json, DataMap]:
    """The document, unsigned, and the map that is in it. Recorded in the audit log. Raises Refused (403)."""
    require(actor, Verb.READ_AUDIT)
    drawn = await data_map.draw(world, actor)
    org = actor.org
    async with world.store.tx(org) as tx:
        await vault.audit(tx, actor, "pack.make", "organization", org, {"version": __version__})
        row = await house.load(tx, org)
        settings = OrgSettings.read(row["settings"])
        team, keys = await people.all_of(tx, org), await people.api_keys(tx, org)
        crossed, audited = await ledger.summary(tx, org, drawn.since), await stored.audited(tx, org, drawn.since)
        database = await stored.connection(tx)
    document = {
        "kind": KIND, "glassine": __version__, "made_at": when(drawn.at), "made_by": actor.name,
        "organization": {"id": str(org), "name": row["name"]}, "data_map": plain(drawn), "subprocessors": subprocessors(drawn, crossed),
        "redaction": {"policy": _policy(settings), "figures": figures()}, "isolation": await isolation(world),
        "roles": {"may": {verb: [role for role in Role if verb in PERMITS[role]] for verb in Verb}, "people": [_person(one) for one in team]},
        "api_keys": [_key(key) for key in keys], "proof": await _proof(world), "ledger": await chain_of(world, org),
        "audit": [{"verb": line["verb"], "count": line["n"], "last": when(line["last"])} for line in audited],
        "software": software(database["version"]), "signer": world.signer.shown(),
    }  # fmt: skip
    return document, drawn


def subprocessors(drawn: DataMap, crossed: Sequence[ledger.Boundary]) -> list[Json]:
    """Whoever gets bytes through the gate, by destination and purpose: those that are configured now, and those that got any in the last 30 days."""
    found: dict[tuple[str, str], Json] = {}
    for one in drawn.boundaries:
        for far in one.far if one.boundary.gate else ():
            found[far.where, one.boundary.name] = _processor(far.where, one.boundary.name, one.boundary.title, one.boundary.carries, f"{far.who}, {far.detail}")
    for row in crossed:
        known = next((one.boundary for one in drawn.boundaries if one.boundary.name == row.purpose), None)
        entry = found.setdefault((row.destination, row.purpose), _processor(row.destination, row.purpose, known.title if known else row.purpose, known.carries if known else "", ""))
        entry |= {
            "requests": row.allowed, "refused": row.refused, "bytes": row.bytes, "masked": dict(row.masked), "raw": dict(row.found), "stopped": dict(row.stopped),
            "first": when(row.first), "last": when(row.last),
        }
    return [found[key] for key in sorted(found)]


def _processor(destination: str, name: str, title: str, carries: str, now: str) -> Json:
    """`now` is empty for a destination that is not configured any more."""
    nothing: Json = {"requests": 0, "refused": 0, "bytes": 0, "masked": {}, "raw": {}, "stopped": {}, "first": None, "last": None}
    return {"destination": destination, "boundary": name, "purpose": title, "receives": carries, "configured": now, **nothing}


def _policy(settings: OrgSettings) -> Json:
    """What becomes of each kind, by channel. Admins' own patterns by their names only: an expression may hold an example."""
    channels = {channel or "all": {type: treatments(settings, channel).get(type, Treatment.PSEUDONYM) for type in TYPES} for channel in (EVERYWHERE, *settings.treatments)}
    own = [{"name": one.name, "treatment": one.treatment, "on": one.on} for one in patterns(settings.patterns)]
    return {"version": settings.policy_version, "countries": list(settings.regions), "by_channel": channels, "own_patterns": own}


def figures() -> Json | None:
    """How good the masking is, as this version's documentation says, with the command that measures it again."""
    for name, heading in _FIGURES:
        page = resource("docs") / name
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        if found := re.search(rf"^## ({heading})\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
            return {"source": f"docs/{name}", "text": found[2].strip(), "command": "python -m bench.redaction"}
    return None


async def isolation(world: World) -> Json:
    """Asked of the database now: which tables are shut to other organisations, and what a stranger sees of them, which must be nothing."""
    async with world.store.tx(OrgId(new_id())) as tx:  # an organisation that does not exist
        tables, role = await stored.tables(tx), await stored.role(tx)
        shut = [one for one in tables if one.shut and one.forced and one.policy]
        seen = await stored.visible(tx, [one.name for one in shut])
    open_ = [one.name for one in tables if one not in shut]
    holds = not any(seen.values()) and set(open_) <= set(OUTSIDE) and not (role["superuser"] or role["bypasses"] or role["owns"])
    return {
        "holds": holds, "role": role, "shut": [{"table": one.name, "rows_seen_by_a_stranger": seen[one.name]} for one in shut],
        "open": [{"table": name, "why": OUTSIDE.get(name, "nobody has said why")} for name in open_],
    }


async def chain_of(world: World, org: OrgId) -> Json:
    """How the ledger's chain stands, and whether every row still fits its link, checked now."""
    async with world.store.tx(org) as tx:
        state = await ledger.state(tx, org)
    head = {"seq": state.head.seq, "link": state.head.link.hex(), "sealed_at": when(state.head.sealed_at)} if state.head else None
    told: Json = {"head": head, "crossings": state.crossings, "not_sealed_yet": state.waiting, "anchored": state.anchored, "anchored_at": when(state.anchored_at)}
    if state.crossings > _MOST_CHECKED:
        return {**told, "checked": None, "how": "glassine ledger export FILE, then glassine ledger verify FILE"}
    lines = [json.loads(line) async for line in crossings.export(world, org)]
    checked = chain.check(lines[0]["document"], lines[1:])
    return {**told, "checked": {"whole": not checked.faults, "rows": checked.sealed, "faults": list(checked.faults), "more_faults": checked.more_faults}, "how": None}


def _person(person: Person) -> Json:
    return {"name": person.name, "role": person.role, "since": when(person.created_at), "left": when(person.disabled_at)}


def _key(key: Mapping[str, Any]) -> Json:
    return {
        "name": key["name"], "begins": key["prefix"], "scopes": sorted(key["scopes"]) if key["scopes"] is not None else None, "made": when(key["created_at"]),
        "made_by": key["made_by_name"], "last_used": when(key["last_used_at"]), "revoked": when(key["revoked_at"]),
    }


async def _proof(world: World) -> Json | None:
    """The newest report of `glassine prove`, as it was signed; None before the first."""
    async with world.store.outside() as tx:
        return await proofs.latest(tx)


def software(database: str) -> Json:
    """The bill of what is installed beside the product, with versions and licences as the packages state them."""
    found = {}
    for package in metadata.distributions():
        name = str(package.metadata["Name"]).lower().replace("_", "-")
        found[name] = {"name": name, "version": package.version, "licence": _licence(package.metadata)}
    return {"python": platform.python_version(), "system": platform.platform(), "postgresql": database, "packages": [found[name] for name in sorted(found)]}


def _licence(about: metadata.PackageMetadata) -> str | None:
    """As the package states it: by expression, by class, or in the first line of its own words."""
    if "License-Expression" in about:
        return str(about["License-Expression"])
    classes = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    words = str(about["License"]).partition("\n")[0][:80] if "License" in about else ""
    return ", ".join(classes) or words or None


def in_short(document: Mapping[str, Any]) -> Json:
    """The figures that a reviewer looks for first."""
    boundaries = document["data_map"]["boundaries"]
    return {
        "boundaries": len(boundaries), "switched_off": [one["title"] for one in boundaries if not one["open"]], "subprocessors": len({one["destination"] for one in document["subprocessors"]}),
        "roles": dict(Counter(one["role"] for one in document["roles"]["people"] if one["left"] is None)), "keys": sum(key["revoked"] is None for key in document["api_keys"]),
    }
