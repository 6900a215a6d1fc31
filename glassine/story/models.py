"""Which language model an organisation uses: its own settings first, then the operator's, or none."""

from __future__ import annotations

from glassine.edge.llm import Llm
from glassine.edge.llm.remote import RemoteModel
from glassine.rules.permits import require
from glassine.story import house
from glassine.story.world import World
from glassine.words.boundaries import shut
from glassine.words.errors import Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId
from glassine.words.people import Actor, Verb
from glassine.words.turns import ModelReply, Prompt, PromptMessage


async def model_for(world: World, org: OrgId, settings: OrgSettings, *, named: str = "") -> Llm | None:
    """One client per address, model and key, so that what it learns of a provider is kept. None also while models are switched off.

    `named`: another model at the same address.
    """
    if shut("model", settings):
        return None
    if settings.llm_url and settings.llm_model:
        wanted = (settings.llm_url, named or settings.llm_model, settings.llm_key)
        key = await house.llm_key(world, org, settings) if wanted not in world.models else ""
    elif world.settings.llm_url and world.settings.llm_model:
        key = world.settings.llm_key or ""
        wanted = (world.settings.llm_url, named or world.settings.llm_model, "")
    else:
        return None
    if wanted not in world.models:
        if len(world.models) > 100:
            world.models.clear()
        world.models[wanted] = RemoteModel(world.gate, url=wanted[0], model=wanted[1], key=key, timeout=world.settings.llm_timeout)
    return world.models[wanted]


async def try_out(world: World, actor: Actor) -> ModelReply:
    """Asks the model that is set one short question, so that an admin sees whether it answers. Raises Refused without one, else ModelFailed."""
    require(actor, Verb.CHANGE_SETTINGS)
    model = await model_for(world, actor.org, (await house.organization(world, actor.org)).settings)
    await world.switches.admit(actor.org, "model")
    if model is None:
        raise Refused("No language model is set. Save its address and name first.")
    question = "Answer with one short sentence: are you there?"
    return await model.complete(Prompt(messages=(PromptMessage(role="user", content=question),), tokens=len(question) // 4), org=actor.org, session=None)
