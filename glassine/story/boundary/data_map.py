"""The data map: every boundary with who is on its other side now, what crossed it in the last 30 days, and whether it is switched off. Reads only.

It is drawn anew for each reader from configuration, ledger and log; nothing in it is a customer's value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from glassine.rules.permits import require
from glassine.rules.policies import EVERYWHERE, treatments
from glassine.store import actions, helpdesks, house, ledger, people, sources, webhooks
from glassine.store import boundaries as stored
from glassine.story.boundary import far_sides
from glassine.story.boundary.boundaries import AI
from glassine.story.boundary.far_sides import Facts, Far
from glassine.story.helpdesks import helpdesk_reach
from glassine.story.sources import reaching, tending
from glassine.story.world import World
from glassine.words.boundaries import BOUNDARIES, KEPT, STAGES, Boundary, Kept
from glassine.words.house import OrgSettings
from glassine.words.people import Actor, Verb
from glassine.words.privacy import PiiType, Treatment

WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Off:
    """Since when and by whom something is switched off, where that is known."""

    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What crossed a boundary since the map's beginning. `unit` says what is counted; empty: nothing is, and the rest means nothing.
    `types`: kinds of personal data by how often, covered (`masked`) or in the clear (`raw`); `stopped`: found and held back."""

    unit: str = ""
    crossed: int = 0
    refused: int = 0
    bytes: int | None = None
    last: datetime | None = None
    masked: Mapping[str, int] = field(default_factory=dict)
    raw: Mapping[str, int] = field(default_factory=dict)
    stopped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """One boundary as it is now. `off`: by its own switch; `shut`: by that or by the one for all AI."""

    boundary: Boundary
    far: Sequence[Far]
    traffic: Traffic
    off: Off | None = None
    shut: Off | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """How long one kind of data is kept; `days` None: as `until` says."""

    kept: Kept
    days: int | None
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of the ledger's chain: how many links, the newest one in hex, and when it was made."""

    seq: int
    link: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMap:
    """All of it."""

    organization: str
    at: datetime
    since: datetime
    ai_off: Off | None
    boundaries: Sequence[Mapped]
    left: Mapping[str, Sequence[PiiType]]  # by channel ("" for all others): kinds that the policy leaves as they are
    retention: Sequence[Retained]
    head: Head | None


async def draw(world: World, actor: Actor) -> DataMap:
    """The map of the actor's organisation as this actor may see it."""
    require(actor, Verb.READ_MAP)
    org, now = actor.org, world.clock()
    since = now - WINDOW
    async with world.store.tx(org) as tx:
        row = await house.load(tx, org)
        settings = OrgSettings.read(row["settings"])
        facts = Facts(
            org=org, actor=actor, config=world.settings, settings=settings, keys=await people.api_keys(tx, org), team=await people.all_of(tx, org),
            connection=await stored.connection(tx), articles=await stored.articles(tx, org, since),
            actions=Counter(actions.host_of(one.url) for one in await actions.every(tx, org) if one.enabled),
            helpdesks=[helpdesk_reach.told(one) for one in await helpdesks.all_of(tx, org)],
            sources=[{"name": one.name, "title": tending.title_of(one), "reach": reaching.reach(one)} for one in await sources.all_of(tx, org)],
            webhooks=await webhooks.all_of(tx, org),
        )
        counted = _counted(
            crossed=await ledger.summary(tx, org, since), said=await stored.said(tx, org, since), refused=await stored.refused(tx, org, since),
            revealed=await stored.revealed(tx, org, since), files=await stored.files(tx, org, since), articles=facts.articles,
        )
        head = await ledger.head(tx, org)
    mapped = [_mapped(one, facts, counted.get(one.name, Traffic())) for one in BOUNDARIES.values()]
    return DataMap(
        organization=row["name"], at=now, since=since, ai_off=off(settings, AI), boundaries=mapped, left=_left(settings), retention=[_retained(kept, settings) for kept in KEPT],
        head=Head(seq=head.seq, link=head.link.hex(), at=head.sealed_at) if head else None,
    )


def _mapped(boundary: Boundary, facts: Facts, traffic: Traffic) -> Mapped:
    own = off(facts.settings, boundary.name)
    return Mapped(boundary=boundary, far=far_sides.of(boundary.name, facts), traffic=traffic, off=own, shut=own or (off(facts.settings, AI) if boundary.ai else None))


def off(settings: OrgSettings, name: str) -> Off | None:
    """None while it is on."""
    if not (settings.ai_off if name == AI else name in settings.switched_off):
        return None
    told = settings.off_since.get(name, {})
    return Off(at=datetime.fromisoformat(told["at"]) if told.get("at") else None, by=told.get("by", ""))


def _counted(
    *, crossed: Sequence[ledger.Boundary], said: Sequence[stored.Said], refused: Mapping[str, tuple[int, datetime]], revealed: Sequence[Mapping[str, Any]],
    files: Mapping[str, Any], articles: Mapping[str, Any],
) -> dict[str, Traffic]:
    """What crossed each boundary, by its name."""
    found = {one.name: _at_the_gate([row for row in crossed if row.purpose == one.name]) for one in BOUNDARIES.values() if one.gate}
    customers = [row for row in said if row.actor_kind == "user"]
    found["web"] = _messages([row for row in customers if row.channel == "web"])
    found["api"] = _messages([row for row in said if row.actor_kind == "api" or (row.actor_kind == "user" and row.channel == "api")])
    found["team"] = _messages([row for row in said if row.actor_kind == "agent"])
    found["reveal"] = Traffic(
        unit="reveals", crossed=sum(row["n"] for row in revealed), last=max((row["last"] for row in revealed), default=None),
        raw={row["type"]: row["n"] for row in revealed},
    )
    found["files"] = Traffic(unit="files", crossed=files["n"], bytes=files["bytes"], last=files["last"])
    found["import"] = Traffic(unit="articles", crossed=articles["imported"], last=articles["last_import"])
    return {name: _with_refusals(found.get(name, Traffic()), refused.get(name)) for name in {*found, *refused}}


def _at_the_gate(rows: Sequence[ledger.Boundary]) -> Traffic:
    return Traffic(
        unit="requests", crossed=sum(row.allowed for row in rows), refused=sum(row.refused for row in rows), bytes=sum(row.bytes for row in rows),
        last=max((row.last for row in rows), default=None), masked=_sum(row.masked for row in rows), raw=_sum(row.found for row in rows),
        stopped=_sum(row.stopped for row in rows),
    )


def _messages(rows: Sequence[stored.Said]) -> Traffic:
    return Traffic(unit="messages", crossed=sum(row.n for row in rows), last=max((row.last for row in rows), default=None), masked=_sum(row.types for row in rows))


def _sum(counts: Any) -> dict[str, int]:
    """Counts by type, added up, the most first."""
    total: dict[str, int] = {}
    for each in counts:
        for type, n in each.items():
            total[type] = total.get(type, 0) + int(n)
    return dict(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))


def _with_refusals(traffic: Traffic, refused: tuple[int, datetime] | None) -> Traffic:
    if refused is None:
        return traffic
    last = max(filter(None, (traffic.last, refused[1])))
    return replace(traffic, unit=traffic.unit or "requests", refused=traffic.refused + refused[0], last=last)


def _left(settings: OrgSettings) -> dict[str, list[PiiType]]:
    found = {channel: [type for type, treatment in treatments(settings, channel).items() if treatment is Treatment.KEEP] for channel in {EVERYWHERE, *settings.treatments}}
    return {channel: types for channel, types in sorted(found.items()) if types}


def _retained(kept: Kept, settings: OrgSettings) -> Retained:
    days = getattr(settings, kept.setting, None) if kept.setting else None
    return Retained(kept=kept, days=days or None, until=kept.until or "Until somebody deletes the contact")


def plain(drawn: DataMap) -> dict[str, Any]:
    """The map as JSON: what programs read, and what is signed in the reviewer's pack."""
    return {
        "organization": drawn.organization, "at": when(drawn.at), "since": when(drawn.since), "ai": {"enabled": drawn.ai_off is None, **_off(drawn.ai_off)},
        "path": [{"stage": stage, "title": title, "what": what} for stage, (title, what) in STAGES.items()],
        "boundaries": [_boundary(one) for one in drawn.boundaries], "left_in_the_clear": {channel or "all": list(types) for channel, types in drawn.left.items()},
        "retention": [{"kind": one.kept.name, "title": one.kept.title, "sealed": one.kept.sealed, "days": one.days, "until": one.until} for one in drawn.retention],
        "ledger": {"seq": drawn.head.seq, "link": drawn.head.link, "sealed_at": when(drawn.head.at)} if drawn.head else None,
    }


def _boundary(one: Mapped) -> dict[str, Any]:
    boundary, traffic = one.boundary, one.traffic
    return {
        "name": boundary.name, "title": boundary.title, "direction": boundary.direction, "stage": boundary.stage, "carries": boundary.carries,
        "protected": boundary.protected, "enabled": one.off is None, "open": one.shut is None, **_off(one.off), "switch": bool(boundary.off), "when_off": boundary.off or None,
        "why_no_switch": boundary.always or None, "through_the_gate": boundary.gate,
        "other_side": [{"who": far.who, "where": far.where, "detail": far.detail} for far in one.far],
        "crossed": {
            "unit": traffic.unit, "count": traffic.crossed, "refused": traffic.refused, "bytes": traffic.bytes, "last": when(traffic.last),
            "masked": dict(traffic.masked), "raw": dict(traffic.raw), "stopped": dict(traffic.stopped),
        } if traffic.unit else None,
    }  # fmt: skip


def _off(told: Off | None) -> dict[str, str | None]:
    return {"off_since": when(told.at) if told else None, "off_by": told.by or None if told else None}


def when(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
