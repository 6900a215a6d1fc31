"""The report of a proof: what was sent, what was found where, what was not checked, and the verdict. Counts and ids, never a value."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glassine.proof.prove.canaries import Canary
from glassine.proof.prove.kinds import Guarantee
from glassine.proof.prove.search import Finding, Search

Json = dict[str, Any]
_SHOWN = 20  # lines of findings in the table; the JSON has all


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """That a canary went in, by which way."""

    canary: int
    channel: str
    direction: str
    format: str


def wilson(missed: int, of: int) -> tuple[float, float]:
    """The 95 % confidence interval of a rate (Wilson's score interval): zero found in few tries is not zero."""
    if not of:
        return 0.0, 1.0
    z, rate = 1.959964, missed / of
    centre, spread = rate + z * z / (2 * of), z * math.sqrt(rate * (1 - rate) / of + z * z / (4 * of * of))
    return max(0.0, (centre - spread) / (1 + z * z / of)), min(1.0, (centre + spread) / (1 + z * z / of))


def made(search: Search, sent: Sequence[Sent], facts: Mapping[str, Any], *, blind: Sequence[str], trouble: Sequence[str]) -> Json:
    """The whole report as plain JSON. `blind`: places in which the markers should have been found and were not; `trouble`: what failed on the way."""
    known = {canary.id: canary for canary in search.canaries}
    went = {each.canary for each in sent}
    found = search.findings
    alarms = [each for each in found if known[each.canary].blank]
    leaks = [each for each in found if not known[each.canary].blank]
    promised = [each for each in leaks if known[each.canary].guarantee is not Guarantee.FREE]
    return {
        "title": "Glassine proof", **facts,
        "sent": {
            "canaries": len(went), "kinds": len({known[id].kind.name for id in went}), "ways": len({(each.channel, each.direction, each.format) for each in sent}),
            "blanks_never_sent": sum(canary.blank for canary in search.canaries), "by_way": _ways(sent, known), "spellings": dict(Counter(known[id].spelling for id in went)),
            "wrappings": dict(Counter(known[id].wrapping for id in went)),
        },
        "kinds": _kinds(went, leaks, known),
        "searched": {place: asdict(looked) for place, looked in search.looked.items()},
        "strings_sought": search.size, "not_checked": list(search.not_checked), "blind": list(blind), "trouble": list(trouble),
        "findings": [_line(each, known) for each in leaks], "false_alarms": [_line(each, known) for each in alarms],
        "passed": not promised and not alarms and not blind and not trouble and bool(went),
    }


def _ways(sent: Iterable[Sent], known: Mapping[int, Canary]) -> list[Json]:
    ways: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
    for each in sent:
        ways[each.direction, each.channel, each.format].add(each.canary)
    return [
        {"direction": direction, "channel": channel, "format": form, "canaries": len(ids), "types": len({known[id].kind.type for id in ids})}
        for (direction, channel, form), ids in sorted(ways.items())
    ]


def _kinds(went: set[int], leaks: Iterable[Finding], known: Mapping[int, Canary]) -> list[Json]:
    """One line for each kind. The rate is of what was sent and stood somewhere in the clear, whole or by a telling part."""
    sent = Counter((known[id].guarantee, known[id].kind.type, known[id].kind.name) for id in went)
    out = {each.canary for each in leaks}
    lines = []
    for (guarantee, type, name), count in sorted(sent.items()):
        missed = sum(id in out for id in went if (known[id].guarantee, known[id].kind.name) == (guarantee, name))
        low, high = wilson(missed, count)
        lines.append({
            "guarantee": str(guarantee), "type": str(type), "kind": name, "sent": count, "found_in_the_clear": missed,
            "rate": round(missed / count, 4), "rate_95": [round(low, 4), round(high, 4)],
        })
    return lines


def _line(each: Finding, known: Mapping[int, Canary]) -> Json:
    canary = known[each.canary]
    return {
        "canary": each.canary, "type": str(canary.kind.type), "kind": canary.kind.name, "guarantee": str(canary.guarantee), "spelling": canary.spelling,
        "wrapping": canary.wrapping, "place": each.place, "where": each.where, "encoding": each.encoding, "part": each.part, "count": each.count,
    }


def table(report: Json) -> str:
    """The report for people."""
    sent = report["sent"]
    lines = [
        f"{sent['canaries']} canaries of {sent['kinds']} kinds went in by {sent['ways']} ways; {sent['blanks_never_sent']} more were never sent, to see that the search does not cry wolf.",
        f"{report['strings_sought']:,} byte strings were looked for. Seed {report['seed']}, version {report['version']}, {report['seconds']} seconds.", "",
        *_columns(("guarantee", "kind", "sent", "found", "rate", "95 % interval"), [
            (k["guarantee"], k["kind"], k["sent"], k["found_in_the_clear"], f"{k['rate']:.1%}", f"{k['rate_95'][0]:.1%} to {k['rate_95'][1]:.1%}") for k in report["kinds"]
        ]), "",
        *_columns(("direction", "channel", "format", "canaries", "types"), [(w["direction"], w["channel"], w["format"], w["canaries"], w["types"]) for w in sent["by_way"]]), "",
        *_columns(("searched", "things", "MB", "markers"), [(place, each["things"], f"{each['bytes'] / 1e6:.1f}", each["markers"]) for place, each in report["searched"].items()]), "",
    ]
    for heading, name in (("Not checked", "not_checked"), ("The search was blind in", "blind"), ("Went wrong", "trouble")):
        lines += [f"{heading}:", *(f"  - {each}" for each in report[name]), ""] if report[name] else []
    for heading, name in (("Found in the clear", "findings"), ("False alarms: found, though never sent", "false_alarms")):
        lines += [f"{heading}:", *_findings(report[name]), ""] if report[name] else []
    return "\n".join([*lines, _verdict(report)])


def _findings(found: Sequence[Json]) -> list[str]:
    rows = [(f["canary"], f["guarantee"], f["kind"], f["place"], f["where"], f["encoding"] + (", a part" if f["part"] else ""), f["count"]) for f in found[:_SHOWN]]
    more = [f"  … and {len(found) - _SHOWN} more in the JSON"] if len(found) > _SHOWN else []
    return [*_columns(("canary", "guarantee", "kind", "place", "where", "as", "times"), rows), *more]


def _verdict(report: Json) -> str:
    promised = sum(k["found_in_the_clear"] for k in report["kinds"] if k["guarantee"] != Guarantee.FREE)
    free = [k for k in report["kinds"] if k["guarantee"] == Guarantee.FREE]
    missed, of = sum(k["found_in_the_clear"] for k in free), sum(k["sent"] for k in free)
    low, high = wilson(missed, of)
    words = f"Checksummed, patterned and known values found in the clear: {promised}. "
    if of:
        words += f"Free names and addresses: {missed} of {of} were missed, {missed / of:.1%} (95 % interval {low:.1%} to {high:.1%}). "
    return words + ("PASSED" if report["passed"] else "FAILED")


def _columns(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> list[str]:
    texts = [head, *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[n]) for row in texts) for n in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts]
