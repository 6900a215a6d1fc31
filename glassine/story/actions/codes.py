"""One-time codes by e-mail: sent to the address that the organisation itself knows of a contact, and checked for the one call that waits for it. The model never sees one."""

from __future__ import annotations

import hmac
import logging
import secrets

from glassine.rules import one_time
from glassine.store import calls, house, one_time_codes
from glassine.story import masking
from glassine.story.masking import Mask
from glassine.story.world import World
from glassine.words.actions import CallId, CallState
from glassine.words.boundaries import shut
from glassine.words.errors import CrossingRefused, Refused
from glassine.words.ids import OrgId, SessionId

_log = logging.getLogger(__name__)


async def can_send(world: World, org: OrgId, session: SessionId) -> bool:
    """Whether one can reach this session's customer: mail is set and open, their address is known for certain, and they had not too many already."""
    if not world.settings.smtp_url or shut("customer-mail", await world.switches.of(org)):
        return False
    mask, _ = await masking.look(world, org, session)
    if not mask.identity.email:
        return False
    async with world.store.tx(org) as tx:
        return await one_time_codes.sent(tx, org, mask.session.contact) < one_time.MOST_AN_HOUR


async def send(world: World, org: OrgId, id: CallId) -> None:
    """A new code for a call that waits for one. Run again it sends another, and the one before is good no more."""
    async with world.store.tx(org) as tx:
        call = (await calls.load(tx, org, id)).call
        name = str((await house.load(tx, org))["name"])
    mask, _ = await masking.look(world, org, call.session)
    if call.state is not CallState.CODE or not mask.identity.email or not await can_send(world, org, call.session):
        return
    code = f"{secrets.randbelow(1_000_000):06}"
    async with world.store.tx(org) as tx:
        await one_time_codes.put(tx, org, id, call.session, mask.session.contact, _digest(mask, id, code), one_time.MINUTES)
    subject, text = one_time.mail(code, name, mask.session.language or "en")
    try:
        await world.mail.send(mask.identity.email, subject, text, org=org, session=call.session, purpose="customer-mail")
    except CrossingRefused as refusal:
        _log.info("A code was not sent: %s", refusal)


def _digest(mask: Mask, id: CallId, code: str) -> bytes:
    return mask.key.digest("one-time code", str(id), code)


async def check(world: World, org: OrgId, mask: Mask, id: CallId, code: str) -> None:
    """Raises Refused (403) for a code that is not the one that was sent, is too old, or was tried too often. Its call goes on with the right one, so that it fits nothing any more."""
    async with world.store.tx(org) as tx:
        tried = await one_time_codes.tried(tx, org, id, one_time.TRIES)
    if tried is None:
        raise Refused("This code is not good any more. Ask again to get a new one.", status=403, code="code_expired")
    if not hmac.compare_digest(tried.digest, _digest(mask, id, one_time.typed(code))):
        left = one_time.TRIES - tried.tries
        raise Refused(f"This code does not fit. {f'You can try {left} more times.' if left > 1 else 'You can try once more.' if left else 'Ask again to get a new one.'}", status=403, code="wrong_code")
