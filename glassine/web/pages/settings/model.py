"""Settings › Language model: which models are asked for what, in which order, and how much of the day's budget is used. Keys are written, never shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.story.models import chain, model_settings
from glassine.story.models.model_settings import Current, Given
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import ModelFailed, Refused
from glassine.words.models import Budget, Endpoint, Then, Use, WireName
from glassine.words.people import Verb

router = APIRouter(prefix="/model", route_class=PageRoute)
_AT = "/settings/model"
_MEANWHILE = "Until one answers, conversations that need a model are handed off to the team."
WIRES: Mapping[WireName, str] = {
    WireName.OPENAI: "OpenAI-compatible (chat completions)", WireName.RESPONSES: "OpenAI responses", WireName.ANTHROPIC: "Anthropic",
}  # fmt: skip
USES: Mapping[Use, tuple[str, str]] = {
    Use.ANSWER: ("Answers", "to customers, and drafts for your team"), Use.SUMMARISE: ("Summaries", "of a conversation: for whoever takes it over, and as a scenario"),
    Use.TRANSLATE: ("Translations", "of articles"), Use.CLASSIFY: ("Checks", "of articles against rules in plain words"), Use.WHAT_IF: ("What if", "an earlier turn had been asked otherwise"),
}  # fmt: skip
_BLANK = {"name": "", "wire": "", "url": "", "model": "", "timeout": "20", "price_in": "", "price_out": ""}
_MOST_CHOSEN = 3  # models that the page offers for one purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How asking a model ended: `look` is `good`, `warn` (it was saved all the same) or `bad`."""

    look: str
    words: str


class Day(NamedTuple):
    """One day's use, of all models and purposes."""

    day: Any
    calls: int
    failures: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    money: float
    share: float  # of the busiest day


@router.get("")
async def show(request: Request, staff: Signed, edit: str = "") -> Response:
    return await _sheet(request, staff, edit=edit)


async def _sheet(
    request: Request, staff: Staff, trial: Trial | None = None, *, edit: str = "", typed: dict[str, str] | None = None, wrong: Refused | None = None,
) -> Response:
    """`typed` is what a form held that was refused, and `wrong` why."""
    now = await model_settings.current(staff.world, staff.actor)
    chosen = next((one for one in now.endpoints if one.id == edit), None)
    return await sheet(
        request, staff, "model", status=wrong.status if wrong else 200, now_set=now, trial=trial, wrong=wrong, wires=WIRES, uses=USES, chosen_by_use=_chosen(now), places=range(_MOST_CHOSEN),
        f=_BLANK | (typed or (_fields(chosen) if chosen else {})), edit=chosen, days=_days(now.history), hosts={one.id: _host(one.url) for one in (*now.endpoints, *filter(None, [now.operator]))},
        by_model=_by_model(now), then=Then,
    )


def _fields(one: Endpoint) -> dict[str, str]:
    prices = {name: "" if price is None else f"{price:g}" for name, price in (("price_in", one.price_in), ("price_out", one.price_out))}
    return {"name": one.name, "wire": one.wire, "url": one.url, "model": one.model, "timeout": f"{one.timeout:g}", **prices}


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _chosen(now: Current) -> dict[Use, list[str]]:
    """What each purpose's boxes show: the ids that were chosen for it, or nothing for all in their order."""
    return {use: [*now.own_uses.get(use, ()), *[""] * _MOST_CHOSEN][:_MOST_CHOSEN] for use in USES}


def _days(history: Sequence[Mapping[str, Any]]) -> list[Day]:
    found: dict[Any, Day] = {}
    for row in history:
        before = found.get(row["day"], Day(row["day"], 0, 0, 0, 0, 0, 0.0, 0.0))
        found[row["day"]] = before._replace(**{name: getattr(before, name) + row[name] for name in Day._fields[1:-1]})
    most = max((day.tokens_in + day.tokens_out for day in found.values()), default=0) or 1
    return [day._replace(share=(day.tokens_in + day.tokens_out) / most) for day in found.values()]


def _by_model(now: Current) -> dict[str, dict[str, int]]:
    """Calls and failures of the shown days, by model."""
    found: dict[str, dict[str, int]] = {}
    for row in now.history:
        one = found.setdefault(row["endpoint"], {"calls": 0, "failures": 0})
        one["calls"], one["failures"] = one["calls"] + row["calls"], one["failures"] + row["failures"]
    return found


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    """Adds a model, or changes the one that is named. It is asked at once whether it answers, and kept either way: its server may start later."""
    require(staff.actor, Verb.CHANGE_SETTINGS)
    typed = await form(request)
    id = typed.get("id", "")
    try:
        given = _given(typed)
        made = await (model_settings.change(staff.world, staff.actor, id, given) if id else model_settings.add(staff.world, staff.actor, given))
    except Refused as refusal:
        if refusal.status != 400:
            raise
        return await _sheet(request, staff, edit=id, typed=typed, wrong=refusal)
    try:
        await chain.try_out(staff.world, staff.actor, made.id)
    except ModelFailed as failure:
        return await _sheet(request, staff, Trial(look="warn", words=f"{made.name} was saved, but it did not answer: {failure} {_MEANWHILE}"))
    except Refused as refusal:  # models are switched off
        return done(request, staff, _AT, Said(text=f"{made.name} was saved, and not asked: {refusal}"), "reload")
    return done(request, staff, _AT, Said(text=f"Saved. {made.name} answers."), "reload")


def _given(typed: Mapping[str, str]) -> Given:
    """Raises Refused (400) for what is not a number."""
    key = typed.get("key", "").strip()
    return Given(
        name=typed.get("name", ""), wire=typed.get("wire") or WireName.OPENAI, url=typed.get("url", ""), model=typed.get("model", ""),
        key=key if key or typed.get("forget") else None, timeout=_number(typed.get("timeout", ""), "timeout") or 20.0,
        price_in=_number(typed.get("price_in", ""), "price"), price_out=_number(typed.get("price_out", ""), "price"),
    )


def _number(text: str, field: str) -> float | None:
    try:
        found = float(text.strip().replace(",", ".")) if text.strip() else None
    except ValueError:
        found = float("nan")
    if found is not None and not -1e15 < found < 1e15:
        raise Refused("Write a number, such as 0.25, or leave the field empty.", code=field)
    return found


@router.post("/order")
async def step(request: Request, staff: Signed) -> Response:
    """One up or down."""
    require(staff.actor, Verb.CHANGE_SETTINGS)
    typed = await form(request)
    ids = [one.id for one in (await model_settings.current(staff.world, staff.actor)).endpoints]
    at = ids.index(typed.get("id", "")) if typed.get("id") in ids else 0
    to = at + (-1 if typed.get("way") == "up" else 1)
    if 0 <= to < len(ids):
        ids[at], ids[to] = ids[to], ids[at]
        await model_settings.order(staff.world, staff.actor, ids)
    return done(request, staff, _AT, None, "reload")


@router.post("/uses")
async def set_uses(request: Request, staff: Signed) -> Response:
    typed = await form(request)
    before = (await model_settings.current(staff.world, staff.actor)).own_uses
    await model_settings.set_uses(staff.world, staff.actor, {str(use): picked(typed, use) for use in USES})
    former = {f"{use}-{place}": id for use, ids in before.items() for place, id in enumerate(ids[:_MOST_CHOSEN])}
    return done(request, staff, _AT, Said(text="Saved what each model is asked for.", undo=f"{_AT}/uses", fields=former), "reload")


def picked(typed: Mapping[str, str], use: Use) -> list[str]:
    """The models that a form names for a purpose, in order."""
    return list(dict.fromkeys(filter(None, [typed.get(f"{use}-{place}", "") for place in range(_MOST_CHOSEN)])))


@router.post("/budget")
async def set_budget(request: Request, staff: Signed) -> Response:
    typed = await form(request)
    before = (await model_settings.current(staff.world, staff.actor)).budget
    try:
        then = Then(typed.get("then", Then.QUOTE))
        tokens, money = _number(typed.get("tokens", ""), "budget") or 0, _number(typed.get("money", ""), "budget") or 0
        await model_settings.set_budget(staff.world, staff.actor, Budget(tokens=int(tokens), money=money, then=then))
    except ValueError:
        raise Refused("A spent budget means that answers are quoted, or that people answer.") from None
    except Refused as refusal:
        if refusal.status != 400:
            raise
        return await _sheet(request, staff, wrong=Refused(refusal.message, code="budget"))
    fields = {"tokens": f"{before.tokens}", "money": f"{before.money:g}", "then": str(before.then)}
    return done(request, staff, _AT, Said(text="Saved the day's budget.", undo=f"{_AT}/budget", fields=fields), "reload")


@router.post("/{id}/remove")
async def remove(request: Request, staff: Signed, id: str) -> Response:
    gone = await model_settings.remove(staff.world, staff.actor, id)
    return done(request, staff, _AT, Said(text=f"Removed {gone.name}.", undo=f"{_AT}/{id}/restore"), "reload")


@router.post("/{id}/restore")
async def restore(request: Request, staff: Signed, id: str) -> Response:
    back = await model_settings.restore(staff.world, staff.actor, id)
    return done(request, staff, _AT, Said(text=f"{back.name} is back."), "reload")


@router.post("/{id}/test")
async def test(request: Request, staff: Signed, id: str) -> Response:
    """Asks the model one short question."""
    try:
        reply = await chain.try_out(staff.world, staff.actor, id)
        trial = Trial(look="good", words=f"{reply.model} answered: {reply.text.strip()[:200]}")
    except ModelFailed as failure:
        trial = Trial(look="bad", words=f"{failure} {_MEANWHILE}")
    if by_htmx(request):
        return fragment(request, staff, "settings/model_trial.html", trial=trial)
    return await _sheet(request, staff, trial)
