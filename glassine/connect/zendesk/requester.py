"""Finds or makes the user of Zendesk whom a ticket is for, telling no more of them than was handed in. It changes nobody who is there already."""

from __future__ import annotations

from glassine.connect.zendesk.account import Account, Json, NotTaken
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Requester

_TO = "make users"


async def requester(account: Account, who: Requester) -> int:
    """The user's id. One e-mail address is one user there; without one, our own key is. Raises DeliveryFailed."""
    there = await _known(account, who)
    return _id(there if there is not None else await _made(account, who), account)


async def _known(account: Account, who: Requester) -> Json | None:
    query = {"query": f'email:"{who.email}"'} if who.email else {"external_id": who.key}
    found = account.rows(await account.get("users/search", query, to="look for users") or {}, "users")
    if who.email:
        return next((one for one in found if str(one.get("email") or "").lower() == who.email.lower()), None)
    return next((one for one in found if one.get("external_id") == who.key), None)


async def _made(account: Account, who: Requester) -> Json:
    user: Json = {"name": who.name or f"Customer {who.key[-6:]}", "role": "end-user", "external_id": who.key, "skip_verify_email": True}
    user |= {"email": who.email} if who.email else {}
    user |= {"phone": who.phone} if who.phone else {}
    try:
        given = await account.send("POST", "users", {"user": user}, to=_TO)
    except NotTaken as refused:
        return await _taken(account, who, refused)
    return _user(given, account)


async def _taken(account: Account, who: Requester, refused: NotTaken) -> Json:
    """Zendesk's search lags behind: who was made a moment ago, or has this address beside another, is found by asking for them without changing them."""
    if "phone" in refused.about:
        return await _made(account, Requester(key=who.key, email=who.email, name=who.name))
    same: Json = {"email": who.email} if who.email else {"external_id": who.key, "name": who.name or f"Customer {who.key[-6:]}"}
    return _user(await account.send("POST", "users/create_or_update", {"user": {**same, "skip_verify_email": True}}, to=_TO), account)


def _user(given: Json | None, account: Account) -> Json:
    found = (given or {}).get("user")
    if not isinstance(found, dict):
        raise DeliveryFailed(f"{account.host} answered without the user that its API documents.")
    return found


def _id(user: Json, account: Account) -> int:
    if user.get("suspended"):
        raise DeliveryFailed(f"{account.host} has suspended this customer, and takes no ticket of theirs. Lift the suspension in Zendesk, or answer here.", again=False)
    try:
        return int(user["id"])
    except (KeyError, TypeError, ValueError):
        raise DeliveryFailed(f"{account.host} answered without the user's id.") from None
