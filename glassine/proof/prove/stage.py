"""The throw-away organisations of a proof: founded as any other, with a team, keys and a help page, and removed with every row in the end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from glassine.proof.prove.door import Door
from glassine.proof.prove.kinds import CUSTOM_PATTERN
from glassine.proof.prove.sinks import ACTION, ADDRESSES, EVENTS, RERANK, TAKES, Model
from glassine.store import house as stored
from glassine.store import whole
from glassine.story import access, house
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId
from glassine.words.models import Endpoint
from glassine.words.people import Actor, ActorKind, Role

MARK = "throwaway_of_prove"  # in the settings: by it a later run finds what an interrupted one has left
_NO_CONTACTS = ["chat-sessions:read"]
_HELP = (
    ("Returns and refunds", "You can return a lamp within 30 days of delivery. Refunds for a returned lamp arrive within five working days on the card you paid with. "
     "If your card was charged twice, we refund the second charge within two days."),
    ("Delivery", "We deliver to every address in the country within three days. A parcel that could not be delivered waits at the post office for a week."),
    ("Your account", "You can change your e-mail address, phone number and password in your account. We never ask for your password or your card number in a chat."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One organisation. `with_model`: a language model answers; without, the help pages are quoted."""

    org: OrgId
    with_model: bool
    widget_token: str = field(repr=False)
    api_key: str = field(repr=False)  # may do everything
    narrow_key: str = field(repr=False)  # reads sessions, but not whose they are
    agent: str = field(repr=False)  # cookies
    admin: str = field(repr=False)
    viewer: str = field(repr=False)


async def found(world: World, *, model_url: str, notify: str, founded: Callable[[OrgId], None]) -> Stage:
    """An organisation whose model, if an address is given, is the recording one. `founded` is told of it at once."""
    settings = OrgSettings(
        regions=("US", "GB", "DE"), notify=(notify,), models=(Endpoint(id="recording", name="recording", url=model_url, model="recording").stored(),) if model_url else (),
        patterns=({"id": "member", "name": "Member number", "pattern": CUSTOM_PATTERN},),
    )
    made = await house.found(world, "Throw-away of glassine prove", f"owner-{secrets.token_hex(8)}@prove.invalid", "Prove", settings)
    async with world.store.tx(made.organization) as tx:
        await stored.change(tx, made.organization, settings={MARK: True})
    founded(made.organization)
    owner = Actor(org=made.organization, kind=ActorKind.AGENT, id=made.owner, name="Prove", role=Role.OWNER)
    for title, body in _HELP:
        article = await learning.save(world, made.organization, title=title, body=body)
        await learning.publish(world, made.organization, article.id)
    return Stage(
        org=made.organization, with_model=bool(model_url), widget_token=made.widget_token, api_key=await access.create_key(world, owner, "prove", None),
        narrow_key=await access.create_key(world, owner, "prove, without contacts", _NO_CONTACTS),
        agent=await _joined(world, owner, Role.AGENT), admin=await _joined(world, owner, Role.ADMIN), viewer=await _joined(world, owner, Role.VIEWER),
    )


async def with_an_action(door: Door, where: Stage, model: Model) -> None:
    """Something that the model may have done, at the recording service: it takes an e-mail address in one parameter, and no value in the other."""
    taken = {"name": TAKES, "in": "body", "takes": "email", "description": "The customer's e-mail address"}
    action = {
        "name": ACTION, "title": "Note an address down", "description": "Notes the customer's e-mail address down. Call it when they name one.", "request_type": "POST",
        "api_endpoint": f"http://127.0.0.1:{model.port}{ADDRESSES}", "parameters": [taken, {"name": "note", "in": "body"}], "policy": {"channels": ["web", "api"]},
    }
    await door.api(where.api_key, "POST", "/actions", action, expect=(201,))


async def with_an_endpoint(door: Door, where: Stage, model: Model) -> None:
    """The recording service hears of everything that happens, as a system of the organisation's own would."""
    await door.api(where.api_key, "POST", "/webhooks", {"url": f"http://127.0.0.1:{model.port}{EVENTS}", "name": "Recording"}, expect=(201,))


async def with_a_reranker(door: Door, where: Stage, model: Model) -> None:
    """The recording service is asked for the order of the best passages, with each question."""
    await door.api(where.api_key, "PUT", "/knowledge/search/reranker", {"url": f"http://127.0.0.1:{model.port}{RERANK}", "model": "recording"}, expect=(204,))


async def _joined(world: World, owner: Actor, role: Role) -> str:
    """A person's cookie."""
    invitation = await access.invite(world, owner, role, None)
    address = f"{role}-{secrets.token_hex(8)}@prove.invalid"
    return await access.accept_invite(world, invitation, name=f"Prove {role}", email=address, password=secrets.token_urlsafe(24))


def strike(url: str, orgs: Sequence[OrgId]) -> dict[str, int]:
    """Removes the organisations with everything of theirs. Returns the rows that are still there, by table: none, or it has failed."""
    left: dict[str, int] = {}
    with whole.opened(url) as database:
        for org in orgs:
            database.remove(org)
            for table, count in database.left(org).items():
                left[table] = left.get(table, 0) + count
    return left


def clear_away(url: str) -> int:
    """Removes what interrupted runs have left behind; returns how many organisations that were. Hold the lock of `whole.alone`."""
    with whole.opened(url) as database:
        behind = database.throwaways(MARK)
    if behind:
        strike(url, behind)
    return len(behind)
