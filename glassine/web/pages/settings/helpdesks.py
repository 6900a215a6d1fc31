"""Settings › Helpdesks: what is connected and how it stands, connecting one step by step, what leaves for it, and a handoff to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.config import resource
from glassine.rules import ticketing as rules
from glassine.rules.permits import may, require
from glassine.story.filling import WrongFields
from glassine.story.helpdesks import setting_up, trying_helpdesk
from glassine.story.helpdesks.setting_up import Options, Seen
from glassine.web.pages.frame import Said, done, form, fragment
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.custom_fields import Form
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import NotFound, Refused
from glassine.words.helpdesks import TOLD, HelpdeskId, Telling
from glassine.words.people import Verb

router = APIRouter(prefix="/helpdesks", route_class=PageRoute)
_HERE = "/settings/helpdesks"
_HOW = {Telling.MASKED: "Masked", Telling.PSEUDONYM: "Pseudonym", Telling.RAW: "Raw"}
_FORMS = {
    Form.TEXT: "a few words", Form.WHOLE: "a whole number", Form.NUMBER: "a number", Form.DATE: "a date", Form.YES_NO: "yes or no", Form.CHOICE: "one of its choices", Form.OTHER: "only people can fill it in",
}  # fmt: skip
# What the example shows: somebody who does not exist, by each way of telling.
_EXAMPLE: Mapping[str, Mapping[Telling, str]] = {
    "email": {Telling.MASKED: "", Telling.PSEUDONYM: "customer-4f1d09c2@pseudonym.invalid", Telling.RAW: "ada@example.com"},
    "phone": {Telling.MASKED: "", Telling.RAW: "+44 20 7946 0018"},
    "name": {Telling.MASKED: "", Telling.PSEUDONYM: "Customer 4F1D09C2", Telling.RAW: "Ada Example"},
    "text": {
        Telling.MASKED: "I am [NAME_1], please answer to [EMAIL_1].", Telling.PSEUDONYM: "I am [NAME-7c02e9], please answer to [EMAIL-1f8b33].",
        Telling.RAW: "I am Ada Example, please answer to ada@example.com.",
    },
    "files": {Telling.MASKED: "Attached, to be seen in the conversation: receipt.pdf", Telling.RAW: "receipt.pdf, as a file"},
}  # fmt: skip


class Told(NamedTuple):
    """A line of the policy: the field, how it is told, what else could be chosen, and what would be sent."""

    name: str
    title: str
    how: Telling
    choices: tuple[tuple[Telling, str], ...]
    example: str


def told(policy: Mapping[str, Telling]) -> list[Told]:
    return [Told(name, title, policy[name], tuple((one, _HOW[one]) for one in rules.choices_of(name)), _EXAMPLE[name][policy[name]]) for name, title in TOLD.items()]


@router.get("")
async def show_list(request: Request, staff: Signed) -> Response:
    return await sheet(request, staff, "helpdesks", desks=await setting_up.listing(staff.world, staff.actor))


@router.get("/new")
async def new(request: Request, staff: Signed, kind: str = "") -> Response:
    """First the kind, then what it asks for."""
    require(staff.actor, Verb.CHANGE_SETTINGS)
    chosen = _kind(kind)
    if chosen is None:
        return await sheet(request, staff, "helpdesk_kinds", listed="helpdesks", kinds=setting_up.kinds())
    given = {"name": await _free_name(staff, chosen.title), **{one.name: one.default for one in chosen.fields}}
    return await _form(request, staff, chosen, None, given, rules.policy_of({}, chosen.needs))


def _kind(name: str) -> setting_up.Kind | None:
    return next((one for one in setting_up.kinds() if one.name == name), None)


async def _free_name(staff: Staff, title: str) -> str:
    """A kind's title, with a number from the second of its kind on: most leave it as it is."""
    taken = {one.desk.name.lower() for one in await setting_up.listing(staff.world, staff.actor)}
    return next(name for number in range(1, len(taken) + 2) if (name := title if number == 1 else f"{title} {number}").lower() not in taken)


async def _form(
    request: Request, staff: Staff, kind: setting_up.Kind, seen: Seen | None, given: Mapping[str, str], policy: Mapping[str, Telling], wrong: Mapping[str, str] | None = None,
) -> Response:
    """`given`: what stands in it. Secrets never do."""
    return await sheet(
        request, staff, "helpdesk_form", listed="helpdesks", status=400 if wrong else 200, kind=kind, seen=seen, f=given, wrong=wrong or {}, lines=told(policy), needs=kind.needs,
        fills_by=await setting_up.fills_by(staff.world, staff.actor), form_words=_FORMS,
    )


def _options(given: Mapping[str, str]) -> Options:
    return Options(name=given.get("name", "").strip(), policy={name: given[f"policy_{name}"] for name in TOLD if given.get(f"policy_{name}")})


@router.get("/example")
async def example(request: Request, staff: Signed, kind: str = "") -> Response:
    """What would be sent if the form were saved as it stands."""
    require(staff.actor, Verb.CHANGE_SETTINGS)
    chosen = _kind(kind)
    given = {name: request.query_params.get(f"policy_{name}", "") for name in TOLD}
    needs = chosen.needs if chosen else ()
    return fragment(request, staff, "settings/helpdesk_example.html", lines=told(rules.policy_of(given, needs)), needs=needs)


@router.get("/pictures/{name}")
async def picture(staff: Signed, name: str) -> Response:
    """A picture of a step. Only those that a step names."""
    require(staff.actor, Verb.READ_SESSIONS)
    known = {step.picture for one in setting_up.modules() for step in (*one.begin, *one.steps) if step.picture}
    if name not in known:
        raise NotFound("There is no such picture.")
    media_type = "image/svg+xml" if name.endswith(".svg") else "image/png"
    return Response((resource("docs") / "images" / name).read_bytes(), media_type=media_type, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "X-Content-Type-Options": "nosniff"})


@router.post("")
async def create(request: Request, staff: Signed) -> Response:
    given = await form(request)
    chosen = _kind(given.get("kind", ""))
    if chosen is None:
        raise NotFound("There is no such kind of helpdesk.")
    options = _options(given)
    try:
        made, checked = await setting_up.create(staff.world, staff.actor, chosen.name, given, options)
    except WrongFields as refused:
        return await _form(request, staff, chosen, None, given, rules.policy_of(options.policy, chosen.needs), refused.wrong)
    return done(request, staff, f"{_HERE}/{made.id}", Said(text=" ".join(["Connected.", checked.reached, *checked.missing])))


@router.get("/{id}")
async def show(request: Request, staff: Signed, id: UUID) -> Response:
    seen = await setting_up.seen(staff.world, staff.actor, HelpdeskId(id))
    return await _page(request, staff, seen)


async def _page(request: Request, staff: Staff, seen: Seen, **more: Any) -> Response:
    steps = await setting_up.hand_steps(staff.world, staff.actor, seen) if may(staff.actor, Verb.CHANGE_SETTINGS) else []
    return await sheet(
        request, staff, "helpdesk", listed="helpdesks", seen=seen, steps=steps, lines=told(seen.policy), hook=setting_up.hook_url(staff.world, seen.desk.id), **{"tried": None, "failed": "", **more},
    )


@router.get("/{id}/edit")
async def edit(request: Request, staff: Signed, id: UUID) -> Response:
    require(staff.actor, Verb.CHANGE_SETTINGS)
    seen = await setting_up.seen(staff.world, staff.actor, HelpdeskId(id))
    kind = _known(seen)
    return await _form(request, staff, kind, seen, {**{one.name: one.default for one in kind.fields}, **seen.desk.settings, "name": seen.desk.name}, seen.policy)


def _known(seen: Seen) -> setting_up.Kind:
    found = _kind(seen.desk.kind)
    if found is None:
        raise Refused(f"This version has no connector called {seen.desk.kind}, so its settings cannot be changed. You can disconnect it.", status=409)
    return found


@router.post("/{id}/edit")
async def change(request: Request, staff: Signed, id: UUID) -> Response:
    given = await form(request)
    seen = await setting_up.seen(staff.world, staff.actor, HelpdeskId(id))
    kind, options = _known(seen), _options(given)
    try:
        _, checked = await setting_up.change(staff.world, staff.actor, HelpdeskId(id), given, options)
    except WrongFields as refused:
        return await _form(request, staff, kind, seen, given, rules.policy_of(options.policy, kind.needs), refused.wrong)
    return done(request, staff, f"{_HERE}/{id}", Said(text=" ".join(["Saved.", checked.reached, *checked.missing, *(["What was given up is tried again."] if seen.counts.stuck else [])])))


@router.post("/{id}/test")
async def test(request: Request, staff: Signed, id: UUID) -> Response:
    """A real ticket; the page shows it, or why there is none."""
    seen = await setting_up.seen(staff.world, staff.actor, HelpdeskId(id))
    try:
        tried = await trying_helpdesk.hand_off(staff.world, staff.actor, HelpdeskId(id))
    except DeliveryFailed as failed:
        return await _page(request, staff, seen, failed=failed.message)
    return await _page(request, staff, seen, tried=tried)


@router.post("/{id}/check")
async def check(request: Request, staff: Signed, id: UUID) -> Response:
    """Tries the settings as they are, for rights that were given meanwhile."""
    seen = await setting_up.seen(staff.world, staff.actor, HelpdeskId(id))
    _, checked = await setting_up.change(staff.world, staff.actor, seen.desk.id, seen.desk.settings, Options(name=seen.desk.name, policy=seen.desk.policy))
    return done(request, staff, f"{_HERE}/{id}", Said(text=checked.reached if checked.missing else f"{checked.reached} Its key has every right."))


@router.post("/{id}/install")
async def install(request: Request, staff: Signed, id: UUID) -> Response:
    await setting_up.install(staff.world, staff.actor, HelpdeskId(id))
    seen = await setting_up.seen(staff.world, staff.actor, HelpdeskId(id))
    return done(request, staff, f"{_HERE}/{id}", Said(text="It is set up." if not seen.trouble else "It could not be set up. The page says why."))


@router.post("/{id}/disconnect")
async def disconnect(request: Request, staff: Signed, id: UUID) -> Response:
    """Its key is forgotten for good, so it asks for its name."""
    desk = await setting_up.load(staff.world, staff.actor, HelpdeskId(id))
    if (await form(request)).get("name", "").strip() != desk.name:
        raise Refused(f"Nothing was disconnected: type {desk.name} to confirm.")
    _, trouble = await setting_up.disconnect(staff.world, staff.actor, desk.id)
    return done(request, staff, _HERE, Said(text=" ".join(filter(None, (f"{desk.name} is disconnected. Its open conversations are in your inbox.", trouble)))))
