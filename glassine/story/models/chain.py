"""Which language models an organisation asks for what, and asking them in order: the next one where one does not answer. It reads no answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from glassine.config import Settings
from glassine.edge.llm import Llm, OnText, Purpose
from glassine.edge.llm.remote import RemoteModel
from glassine.rules.permits import require
from glassine.story import house
from glassine.story.models import model_keys
from glassine.story.world import World
from glassine.words.boundaries import shut
from glassine.words.errors import ModelFailed, NotFound
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.models import OPERATOR, Budget, Endpoint, Use, WireName, chosen
from glassine.words.people import Actor, Verb
from glassine.words.turns import Asked, ModelReply, Prompt, PromptMessage

_NEXT = frozenset({"timeout", "unreachable", "rate_limited", "denied"})  # after these another model is asked; one that declined is not contradicted
_LONGEST = 45.0  # seconds for all that are asked in turn: somebody waits
_MOST_CLIENTS = 200


async def model_for(world: World, org: OrgId, settings: OrgSettings, use: Use = Use.ANSWER, *, named: str = "") -> Llm | None:
    """Those that are asked for this, as one. None where there are none, also while models are switched off.

    `named`: that model of the organisation's, or else another model at the first one's address.
    """
    members = chosen(settings, use, operator(world))
    if not members or shut("model", settings):
        return None
    if named:
        every = chosen(settings, Use.ANSWER, operator(world))
        members = (next((one for one in (*members, *every) if named in (one.name, one.model)), replace(members[0], model=named)),)
    return Chain(world=world, org=org, use=use, budget=Budget.read(settings.model_budget), members=tuple([(one, await _client(world, org, one)) for one in members]))


def operator(world: World) -> Endpoint | None:
    return of_operator(world.settings)


def of_operator(told: Settings) -> Endpoint | None:
    """The one that the operator of this machine has set for everybody."""
    if not told.llm_url or not told.llm_model:
        return None
    return Endpoint(id=OPERATOR, name=told.llm_model, wire=WireName(told.llm_wire), url=told.llm_url, model=told.llm_model, timeout=told.llm_timeout)


async def _client(world: World, org: OrgId, endpoint: Endpoint) -> RemoteModel:
    """One for each endpoint as it is, so that what it learns of its server is kept."""
    known = (org if endpoint.key else None, endpoint)
    if known not in world.models:
        if len(world.models) > _MOST_CLIENTS:
            world.models.clear()
        key = (world.settings.llm_key or "") if endpoint.id == OPERATOR else await model_keys.opened(world, org, endpoint.key)
        world.models[known] = RemoteModel(
            world.gate, url=endpoint.url, model=endpoint.model, wire=endpoint.wire, key=key, timeout=endpoint.timeout, name=endpoint.name,
        )
    return world.models[known]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Models in the order in which they are asked. Each call is counted, and each failure tells the meter whom to leave alone for a while."""

    world: World
    org: OrgId
    use: Use
    budget: Budget
    members: Sequence[tuple[Endpoint, RemoteModel]]

    @property
    def model(self) -> str:
        return self.members[0][0].model

    async def complete(
        self, prompt: Prompt, *, org: OrgId, session: SessionId | None, purpose: Purpose = "model", on_text: OnText | None = None, asked: list[Asked] | None = None,
    ) -> ModelReply:
        """Raises the last failure; of a model that is left alone, that nobody asks it now."""
        await self._afford()
        asked = [] if asked is None else asked
        until, failure = time.monotonic() + _LONGEST, ModelFailed("unreachable", "No language model could be asked in time.")
        for endpoint, client in self.members:
            left = until - time.monotonic()
            if why := self.world.meter.refuses(self.org, endpoint):
                failure = ModelFailed("unreachable", why)
                asked.append(Asked(endpoint=endpoint.name, wire=endpoint.wire, model=endpoint.model, request={}, failed=f"unreachable: {why}"))
            elif left > 1:
                try:
                    return await self._one(endpoint, client.within(left), prompt, org, session, purpose, on_text, asked)
                except ModelFailed as failed:
                    failure = failed
                    if failed.kind not in _NEXT:
                        raise
        raise failure

    async def _afford(self) -> None:
        """Raises ModelFailed where the day's budget is spent. What other processes used lately is read beside the call, and waited for once a minute at most."""
        if not self.budget.limited:
            return
        tokens, money = await self.world.meter.used(self.org)
        if self.world.meter.stale(self.org):
            self.world.start(self.world.meter.refresh(self.org))
        if self.budget.share(tokens, money) >= 1:
            raise ModelFailed("spent", "No language model is asked: today's budget is spent. An admin can raise it under Settings › Language model.")

    async def _one(
        self, endpoint: Endpoint, client: RemoteModel, prompt: Prompt, org: OrgId, session: SessionId | None, purpose: Purpose, on_text: OnText | None, asked: list[Asked],
    ) -> ModelReply:
        meter, told = self.world.meter, False
        try:
            reply = await client.complete(prompt, org=org, session=session, purpose=purpose, on_text=on_text, asked=asked)
            meter.answered(self.org, endpoint, self.use, reply)
            told = True
            return reply
        except ModelFailed as failure:
            meter.failed(self.org, endpoint, self.use, failure)
            told = True
            raise
        finally:
            if not told:
                meter.let_go(self.org, endpoint)  # whoever asked has gone


async def try_out(world: World, actor: Actor, id: str) -> ModelReply:
    """Asks one model one short question, whatever its breaker says. Raises NotFound, Refused (403), ModelFailed."""
    require(actor, Verb.CHANGE_SETTINGS)
    settings = (await house.organization(world, actor.org)).settings
    await world.switches.admit(actor.org, "model")
    endpoint = next((one for one in (*map(Endpoint.read, settings.models), *filter(None, [operator(world)])) if one.id == id and not one.removed), None)
    if endpoint is None:
        raise NotFound("There is no such model.")
    question = "Answer with one short sentence: are you there?"
    prompt = Prompt(messages=(PromptMessage(role="user", content=question),), tokens=len(question) // 4)
    chain = Chain(world=world, org=actor.org, use=Use.ANSWER, budget=Budget(), members=())
    return await chain._one(endpoint, await _client(world, actor.org, endpoint), prompt, actor.org, None, "model", None, [])
