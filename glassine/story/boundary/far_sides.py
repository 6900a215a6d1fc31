"""Who is on the other side of each boundary, derived from configuration and from what the organisation holds. It names; it counts nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from glassine.config import Settings
from glassine.edge import embed
from glassine.rules.permits import PERMITS, SCOPES, may
from glassine.story.models.chain import of_operator
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId
from glassine.words.models import OPERATOR, Use, chosen
from glassine.words.people import Actor, Person, Role, Verb
from glassine.words.webhooks import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Far:
    """Somebody or something on the other side: `who` in words, `where` as a machine would write it, `detail` more in words."""

    who: str
    where: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the far sides are derived from."""

    org: OrgId
    actor: Actor
    config: Settings
    settings: OrgSettings
    keys: Sequence[Mapping[str, Any]]
    team: Sequence[Person]
    connection: Mapping[str, Any]
    articles: Mapping[str, Any]
    actions: Mapping[str, int] = field(default_factory=dict)  # host -> how many that are in use call it
    sources: Sequence[Mapping[str, Any]] = ()  # name, title of its kind, reach
    helpdesks: Sequence[Mapping[str, Any]] = ()  # name, title of its kind, hosts
    webhooks: Sequence[Webhook] = ()

    @property
    def live_keys(self) -> list[Mapping[str, Any]]:
        return [key for key in self.keys if key["revoked_at"] is None]

    @property
    def people(self) -> list[Person]:
        return [person for person in self.team if person.disabled_at is None]


def of(name: str, facts: Facts) -> tuple[Far, ...]:
    """Nobody (an empty tuple) where nothing is configured; of what stays inside, what works on it."""
    return tuple(_SIDES[name](facts)) if name in _SIDES else ()


def _web(facts: Facts) -> list[Far]:
    return [Far(who="Customers' browsers", where=facts.config.url, detail="on every page that carries your widget's token")]


def _api(facts: Facts) -> list[Far]:
    return _keys(facts, facts.live_keys, "programs")


def _keys(facts: Facts, keys: Sequence[Mapping[str, Any]], whose: str) -> list[Far]:
    """Names and scopes for those who manage keys; the others see how many there are."""
    if not keys:
        return []
    if not may(facts.actor, Verb.MANAGE_KEYS):
        return [Far(who=f"{len(keys)} {'key' if len(keys) == 1 else 'keys'} of {whose}")]
    return [Far(who=f"Key “{key['name']}”", where=f"{key['prefix']}…", detail=f"{_scopes(key)}, {_used(key)}") for key in keys]


def _scopes(key: Mapping[str, Any]) -> str:
    return "full access" if key["scopes"] is None else ", ".join(sorted(key["scopes"])) or "no scope"


def _used(key: Mapping[str, Any]) -> str:
    return f"last used {key['last_used_at']:%-d %b %Y}" if key["last_used_at"] else "never used"


def _local_models(_: Facts) -> list[Far]:
    return [
        Far(who="Finds names and addresses", detail="a model that ships with Glassine"),
        Far(who="Turns texts into numbers for search", where=f"{embed.MINILM}, {embed.E5}"),
    ]


def _database(facts: Facts) -> list[Far]:
    at = facts.connection
    if at["local"]:
        return [Far(who=f"PostgreSQL {at['version']} on this machine", where="socket in the home folder", detail="no network between")]
    inside = at["address"].startswith("127.") or at["address"] == "::1"
    wire = at["tls_version"] if at["tls"] else "on the loopback interface" if inside else "not encrypted on the wire"
    place = "on this machine" if inside else "elsewhere"
    return [Far(who=f"PostgreSQL {at['version']} {place}", where=f"{at['address']}:{at['port']}", detail=wire)]


def _files(_: Facts) -> list[Far]:
    return [Far(who="Customers' browsers", detail="through the widget, and by signed links")]


def _operator(_: Facts) -> list[Far]:
    return [Far(who="The operator of this machine")]


def _links(_: Facts) -> list[Far]:
    return [Far(who="Sites that your articles link to", detail="whether the page is there, once a day")]


def _specs(_: Facts) -> list[Far]:
    return [Far(who="Addresses of OpenAPI files that your team enters", detail="each once, when somebody asks")]


def _source(facts: Facts) -> list[Far]:
    return [
        Far(who=one["name"], where=", ".join(one["reach"].hosts), detail=f"{one['title']}: its settings are refused, so nothing leaves. {one['reach'].fault}" if one["reach"].fault else one["title"])
        for one in facts.sources if one["reach"].hosts or one["reach"].fault
    ]


def _helpdesks(facts: Facts) -> list[Far]:
    return [Far(who=one["name"], where=", ".join(one["hosts"]), detail=one["title"]) for one in facts.helpdesks]


def _help(facts: Facts) -> list[Far]:
    count = facts.articles["public"]
    return [Far(who="Everybody who has the address", where=f"{facts.config.url}/help/{facts.org}", detail=f"{count:,} public {'article' if count == 1 else 'articles'}")]


def _models(*uses: Use) -> Callable[[Facts], list[Far]]:
    """Every model that may be asked for one of these, each once."""

    def found(facts: Facts) -> list[Far]:
        every = dict.fromkeys(one for use in uses for one in chosen(facts.settings, use, of_operator(facts.config)))
        return [Far(who=one.model, where=_host(one.url), detail=f"set by {'the operator of this machine' if one.id == OPERATOR else 'your organisation'}, {_wire(one.url)}") for one in every]

    return found


def _rerank(facts: Facts) -> list[Far]:
    own = facts.settings
    return [Far(who=own.rerank_model, where=_host(own.rerank_url), detail=f"set by your organisation, {_wire(own.rerank_url)}")] if own.rerank_url else []


def _actions(facts: Facts) -> list[Far]:
    """Hosts, with how many actions call each."""
    return [Far(who=host, where=host, detail=f"{count} {'action' if count == 1 else 'actions'}") for host, count in sorted(facts.actions.items())]


def _webhooks(facts: Facts) -> list[Far]:
    return [
        Far(who=f"Endpoint “{one.name}”", where=_host(one.url), detail=", ".join(filter(None, [
            "contact details in the clear" if one.clear else "masked", _wire(one.url), "" if one.enabled else "disabled",
        ]))) for one in facts.webhooks
    ]


def _host(url: str) -> str:
    """Host and port, without whatever else stands in an address: a user name or a key may be in it."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80, "smtp": 25, "smtps": 465}.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.hostname or ''}:{port}"


def _wire(url: str) -> str:
    return "over TLS" if url.startswith(("https:", "smtps:")) else "not encrypted on the wire"


def _team(facts: Facts) -> list[Far]:
    counts = Counter(person.role for person in facts.people)
    told = ", ".join(f"{counts[role]} {role if counts[role] == 1 else f'{role}s'}" for role in (Role.OWNER, Role.ADMIN, Role.AGENT, Role.VIEWER) if counts[role])
    return [Far(who="Signed-in browsers of your team", where=facts.config.url, detail=told)]


def _reveal(facts: Facts) -> list[Far]:
    allowed = [person for person in facts.people if Verb.REVEAL in PERMITS[person.role]]
    sides = [Far(who="People of your team", detail=f"{len(allowed)} of {len(facts.people)}: agents, admins and owners")] if allowed else []
    opening = {scope for scope, verbs in SCOPES.items() if Verb.REVEAL in verbs}
    return sides + _keys(facts, [key for key in facts.live_keys if key["scopes"] is None or opening & set(key["scopes"])], "programs that may read contacts")


def _mail(facts: Facts) -> list[Far]:
    url = facts.config.smtp_url
    if not url:
        return []
    wire = "over TLS" if url.startswith("smtps:") else "over TLS where the server offers it"
    return [Far(who="Mail server", where=_host(url), detail=f"set by the operator of this machine, {wire}")]


def _anchor(facts: Facts) -> list[Far]:
    config = facts.config
    sides = [Far(who="A file", where=str(config.anchor_file or config.home / "anchors.jsonl"), detail="on this machine, unless its folder is another's")]
    if config.anchor_mail and config.smtp_url:
        sides.append(Far(who=f"A mailbox at {config.anchor_mail.rpartition('@')[2]}", where=_host(config.smtp_url), detail="set by the operator of this machine"))
    if config.anchor_url:
        sides.append(Far(who="An address for anchors", where=_host(config.anchor_url), detail=f"set by the operator of this machine, {_wire(config.anchor_url)}"))
    return sides


_SIDES: Mapping[str, Callable[[Facts], list[Far]]] = MappingProxyType({
    "web": _web, "api": _api, "local-models": _local_models, "database": _database, "files": _files, "backup": _operator, "logs": _operator, "import": _operator,
    "source": _source, "help": _help, "model": _models(Use.ANSWER, Use.SUMMARISE), "what-if": _models(Use.WHAT_IF), "writing": _models(Use.TRANSLATE, Use.CLASSIFY), "link-check": _links, "rerank": _rerank, "action": _actions, "action-spec": _specs, "anchor": _anchor, "team": _team, "reveal": _reveal, "mail": _mail, "customer-mail": _mail, "helpdesk": _helpdesks, "webhook": _webhooks,
})  # fmt: skip
