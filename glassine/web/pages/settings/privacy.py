"""Settings › Privacy: what becomes of each kind of personal data, on which channel, tried out on a text that is not stored."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from glassine.rules.policies import EVERYWHERE, GRAVE, TYPES
from glassine.story import house
from glassine.story.privacy import policies, previewing
from glassine.story.privacy.policies import Policies
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.kinds import SAYS, TREATMENTS, groups
from glassine.web.pages.settings.sheet import last_change, sheet
from glassine.web.pages.wording import CHANNELS
from glassine.web.render import kind
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.privacy import PiiType, Redacted, Treatment

router = APIRouter(prefix="/privacy", route_class=PageRoute)
_TRY = "Hello, I am Mara Keller. Write to mara.keller@example.org or call +49 30 901820. I paid with 4111 1111 1111 1111."
_WORDS = {treatment: name for treatment, name, _ in TREATMENTS}


class Row(NamedTuple):
    """One kind: its rule on the chosen channel (None: none of its own), what holds there, where else it differs, and whether to keep it is grave."""

    type: PiiType
    says: str
    rule: Treatment | None
    holds: Treatment
    elsewhere: list[str]
    grave: bool


@router.get("")
async def show(request: Request, staff: Signed, channel: str = EVERYWHERE) -> Response:
    return await _sheet(request, staff, channel)


async def _sheet(request: Request, staff: Staff, channel: str, text: str = _TRY, masked: Redacted | None = None) -> Response:
    settings = (await house.organization(staff.world, staff.actor.org)).settings
    found = await policies.current(staff.world, staff.actor.org)
    channel = channel if channel in found.channels else EVERYWHERE
    return await sheet(
        request, staff, "privacy", text=text, masked=masked, regions=" ".join(settings.regions), changed=await last_change(staff, "regions"),
        vocabulary=", ".join(settings.vocabulary), taught=await last_change(staff, "vocabulary"), channel=channel, treatments=TREATMENTS,
        channels=[(each, *CHANNELS.get(each, (each, "chat"))) for each in found.channels], groups=[(name, [_row(found, type, channel) for type in types]) for name, types in groups()],
        kept=_kept(found), treated=await last_change(staff, verb="redaction.treatment"), version=found.version, patterns=len(found.patterns),
    )


def _row(found: Policies, type: PiiType, channel: str) -> Row:
    usual = found.rules[EVERYWHERE].get(type, Treatment.PSEUDONYM)
    rule = usual if channel == EVERYWHERE else found.rules[channel].get(type)
    if channel == EVERYWHERE:
        elsewhere = [f"{CHANNELS.get(other, (other,))[0]}: {_WORDS[own].lower()}" for other in found.channels if (own := found.rules[other].get(type))]
    else:
        elsewhere = [f"All channels: {_WORDS[usual].lower()}"] if usual is not Treatment.PSEUDONYM else []
    return Row(type, SAYS.get(type, ""), rule, rule or usual, elsewhere, (rule or usual) is Treatment.KEEP and type in GRAVE)


def _kept(found: Policies) -> list[tuple[str, str]]:
    """The grave kinds that are kept, and where, in words."""
    result = []
    for type in (type for type in TYPES if type in GRAVE):
        usual = found.rules[EVERYWHERE].get(type)
        where = [CHANNELS.get(channel, (channel,))[0] for channel in found.channels if found.rules[channel].get(type, usual) is Treatment.KEEP]
        if where:
            result.append((kind(type), "on every channel" if len(where) == len(found.channels) else "on " + " and ".join(where)))
    return result


@router.post("/treatment")
async def treat(request: Request, staff: Signed) -> Response:
    """One kind on one channel, or on all that have no rule of their own. `set` is the kind and the treatment; without a treatment the channel's rule goes."""
    given = await form(request)
    name, _, word = given.get("set", "").partition(" ")
    channel = given.get("channel", EVERYWHERE)
    type, treatment = next((type for type in TYPES if type == name), None), next((each for each in Treatment if each == word), None)
    if type is None or (word and treatment is None):
        raise Refused("Choose keep, pseudonym or mask for one of the kinds in the list.")
    was = await policies.treat(staff.world, staff.actor, type, treatment, channel)
    where = f"?channel={channel}" if channel else ""
    undo: dict[str, Any] = {"set": f"{type} {was or ''}".strip(), "channel": channel}
    said = Said(text=_said(type, treatment, channel), undo="/settings/privacy/treatment", fields=undo)
    return done(request, staff, f"/settings/privacy{where}#kind-{type}", said, "reload")


def _said(type: PiiType, treatment: Treatment | None, channel: str) -> str:
    where = f"{CHANNELS.get(channel, (channel,))[0]}: " if channel else ""
    if treatment is Treatment.KEEP and type in GRAVE:
        return f"{where}{kind(type)} is kept from now on. Everybody who reads a conversation reads it too, and so does the language model."
    words = {None: "is treated as on all channels" if channel else "gets a pseudonym", Treatment.KEEP: "is kept", Treatment.PSEUDONYM: "gets a pseudonym", Treatment.MASK: "is masked for good"}
    return f"{where}{kind(type)} {words[treatment]}. It holds for messages from now on."


@router.post("/try")
async def try_out(request: Request, staff: Signed) -> Response:
    """What would be masked in a text on a channel. Nothing of it is stored."""
    given = await form(request)
    text, channel = given.get("text", ""), given.get("channel", EVERYWHERE)
    masked = await previewing.preview(staff.world, staff.actor.org, text, channel)
    if by_htmx(request):
        return fragment(request, staff, "settings/privacy_found.html", masked=masked)
    return await _sheet(request, staff, channel, text, masked)


@router.post("/regions")
async def set_regions(request: Request, staff: Signed) -> Response:
    given = await form(request)
    regions = tuple(dict.fromkeys(re.split(r"[\s,;]+", given.get("regions", "").strip().upper())))
    if not regions[0] or not all(re.fullmatch(r"[A-Z]{2}", region) for region in regions):
        raise Refused("Countries are written with their two letters, most likely first, for example: US GB DE")
    before = (await house.organization(staff.world, staff.actor.org)).settings.regions
    await house.change(staff.world, staff.actor, regions=regions)
    return done(request, staff, "/settings/privacy", Said(text="Saved. It holds for messages from now on.", undo="/settings/privacy/regions", fields={"regions": " ".join(before)}), "reload")


@router.post("/vocabulary")
async def set_vocabulary(request: Request, staff: Signed) -> Response:
    """Names of products and brands, which are no person's name."""
    given = (await form(request)).get("vocabulary", "")
    words = tuple(dict.fromkeys(" ".join(word.split())[:60] for word in given.split(",") if word.strip()))[:200]
    before = (await house.organization(staff.world, staff.actor.org)).settings.vocabulary
    await house.change(staff.world, staff.actor, vocabulary=words)
    undo = Said(text="Saved. It holds for messages from now on.", undo="/settings/privacy/vocabulary", fields={"vocabulary": ", ".join(before)})
    return done(request, staff, "/settings/privacy", undo, "reload")
