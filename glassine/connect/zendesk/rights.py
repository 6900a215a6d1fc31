"""Tries the login of a helpdesk against Zendesk: whom it is, what it may not do, and what there is to choose from. It changes nothing there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glassine.connect.zendesk.account import Account, Json
from glassine.connect.zendesk.api import login
from glassine.connect.zendesk.wishes import names, numbered
from glassine.words.custom_fields import FieldForm, Form
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import Checked

_MOST = 100  # groups and fields to choose from
_FORMS: Mapping[str, Form] = MappingProxyType({
    "text": Form.TEXT, "textarea": Form.TEXT, "integer": Form.WHOLE, "decimal": Form.NUMBER, "date": Form.DATE, "checkbox": Form.YES_NO, "tagger": Form.CHOICE,
})  # fmt: skip
_SYSTEM = frozenset({"subject", "description", "status", "tickettype", "priority", "group", "assignee", "custom_status", "basic_priority"})


async def check(account: Account) -> Checked:
    """What trying the settings shows. Raises Refused for settings that cannot be right, or DeliveryFailed."""
    login(account.link.settings)
    user = await _me(account)
    missing = [words for words in (_sees_some(user), await _tickets(account), await _rules(account, user), *await _unknown(account)) if words]
    groups, listed = await _listed(account, "groups"), await _listed(account, "ticket_fields")
    fields = [one for one in listed if one.get("active", True) and one.get("type") not in _SYSTEM]
    return Checked(
        reached=f"{account.host} knows {user.get('name') or 'this login'} ({user.get('role') or 'agent'}).", missing=tuple(missing),
        choices={"group": _names(groups, "name"), "mapping": _names(fields, "title")}, forms={str(one["id"]): _form(one) for one in fields if one.get("id")},
    )


async def _me(account: Account) -> Json:
    given = await account.get("users/me", to="ask who it is")
    if given is None:
        raise Refused(f"There is no Zendesk account at {account.host}. Check the subdomain.")
    user = given.get("user")
    if not isinstance(user, dict) or not user.get("id"):
        raise Refused(f"{account.host} does not know this login. Check the e-mail address and the API token.")
    if user.get("role") == "end-user":
        raise Refused("This is the login of an end user, who cannot make tickets for others. Use the token of an admin.")
    return user


def _sees_some(user: Json) -> str:
    if user.get("ticket_restriction") in (None, ""):
        return ""
    return "This login sees only some tickets, so answers on others do not come back. Give it access to all tickets (Admin Center › People › Team members)."


async def _tickets(account: Account) -> str:
    if await _may(account, "tickets", {"external_id": "glassine"}):
        return ""
    return "This login may not read tickets: no ticket could be looked up before it is made again. Give an agent's role access to all tickets; an OAuth token needs the scope read."


async def _rules(account: Account, user: Json) -> str:
    """Only admins, and agents of a role that manages them, make webhooks and triggers."""
    if await _may(account, "webhooks", {"page[size]": 1}) and (user.get("role") == "admin" or user.get("custom_role_id")):
        return ""
    return (
        "This login may not make the webhook and the trigger that tell of answers at once; without them Glassine asks every few minutes."
        " Use the token of an admin, or give the agent's role Business rules and Extensions."
    )


async def _unknown(account: Account) -> list[str]:
    """What the settings name and Zendesk does not have. Tickets are made without it, so nobody would notice."""
    settings = account.link.settings
    lines = [*settings.get("mapping", "").splitlines(), *settings.get("filling", "").splitlines()]
    group, fields = settings.get("group", "").strip(), [line.partition("=")[0].strip() for line in lines if "=" in line]
    found = []
    if group and not numbered([group], await names(account, "groups", "name", [group])):
        found.append(f"Zendesk has no group called {group[:60]} that this login sees, so tickets are in none.")
    if fields:
        known = numbered(fields, await names(account, "ticket_fields", "title", fields))
        found += [f"Zendesk has no ticket field called {one[:60]}, so it stays empty." for one in fields if one not in known]
    return found


async def _may(account: Account, path: str, query: Mapping[str, object]) -> bool:
    try:
        await account.get(path, query)
    except DeliveryFailed as failed:
        if failed.status == 403:
            return False
        raise
    return True


async def _listed(account: Account, name: str) -> list[Json]:
    """To choose from, where the login may see them."""
    try:
        given = await account.get(name, {"page[size]": _MOST})
    except DeliveryFailed as failed:
        if failed.status == 403:
            return []
        raise
    return account.rows(given or {}, name)


def _names(found: list[Json], title: str) -> Mapping[str, str]:
    return {str(one["id"]): str(one.get(title) or one["id"]) for one in found if one.get("id")}


def _form(one: Json) -> FieldForm:
    """What may stand in a field. Several choices at once, other records and patterns of their own are for people."""
    options = {str(each["value"]): str(each.get("name") or each["value"]) for each in one.get("custom_field_options") or [] if each.get("value")}
    form = _FORMS.get(str(one.get("type")), Form.OTHER)
    return FieldForm(title=str(one.get("title") or one["id"]), form=form if options or form is not Form.CHOICE else Form.OTHER, choices=options if form is Form.CHOICE else {})
