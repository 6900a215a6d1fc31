"""A helpdesk's way out: one request through the egress gate, tried once, with every way in which it can go wrong told apart. It parses no answer.

What matters most of a failure is whether the request may have had its effect all the same. Failures name the host and nothing else of an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from glassine.edge.addresses import declared
from glassine.edge.gate import Answer, Crossing, Gate
from glassine.edge.links import asked_to_wait, host_of, place_of
from glassine.edge.mail import Mailer, NotTaken
from glassine.words.crossings import Lets
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import CrossingRefused, LeakStopped, NotReached, Refused, TooLarge
from glassine.words.helpdesks import Letter
from glassine.words.ids import OrgId, SessionId

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_TOLD = frozenset({404, 409, 410, 422})  # what a connector can make sense of
# Under these names a vendor tells its own numbers and addresses of things, which look like numbers of people as often as not.
_NAMED = re.compile(rb'"\w*(?:[iI]d|ids|[tT]oken|[cC]ursor|after|next|prev|[uU]rl|code)"\s*:\s*(?:"([^"]{1,2000})"|(\d{1,30})|\[([\d\s,"]{1,4000})\])')
_MOST_NAMED = 20_000
_LATER = frozenset({408, 425, 429})  # nothing was done, and it may be another time


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class GateHelpdeskLink:
    """What a connector is handed. `hosts`: where it may go; `own`: the operator's address for this vendor; `session`: whose words it carries.

    `lets`: what may be seen of personal values over there. Nothing may unless whoever hands it out says so (`tells`)."""

    gate: Gate
    org: OrgId
    settings: Mapping[str, str] = field(repr=False)
    hosts: tuple[str, ...]
    session: SessionId | None = None
    own: str = ""
    mailer: Mailer | None = None
    now: datetime = field(default_factory=_utc)
    seconds: float = 30.0  # of one exchange, from the name to the last byte
    lets: Lets = field(default_factory=Lets)
    _theirs: set[str] = field(default_factory=set)  # what the vendor calls its things, as far as it has said so here

    def tells(self, *, values: Iterable[str] = (), told: Iterable[str] = (), ours: Iterable[str] = ()) -> None:
        """From now on this is told there as well."""
        known = self.lets
        self.lets = Lets(values=known.values | frozenset(values), told=(*known.told, *told), ours=known.ours | frozenset(ours))

    def _let(self) -> Lets:
        return Lets(values=self.lets.values, told=self.lets.told, ours=self.lets.ours | self._theirs | set(self.settings.values()) | {str(int(self.now.timestamp()))})

    def base(self, default: str) -> str:
        """The vendor's address without a slash at its end: the operator's, or else `default`."""
        return (self.own or default).rstrip("/")

    def leads_to(self, url: str) -> bool:
        """Whether an address that the vendor named is one of those where this helpdesk may go."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and declared(host, port, self._places())

    def _places(self) -> tuple[str, ...]:
        return (*self.hosts, *filter(None, (place_of(self.own),)))

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", max_bytes: int = 4_000_000,
    ) -> Answer:
        """One exchange, as `HelpdeskLink` says. Raises DeliveryFailed."""
        host, reads = host_of(url), method.upper() in _READS
        crossing = Crossing(org=self.org, session=self.session, purpose="helpdesk", hosts=self._places(), lets=self._let())
        try:
            answer = await self.gate.request(crossing, method, url, headers=headers, body=body, timeout=self.seconds, max_bytes=max_bytes)
        except TooLarge:
            raise DeliveryFailed(f"{host} sent more than {max_bytes:,} bytes at once, which is more than is read.", again=not reads, unknown=not reads) from None
        except LeakStopped as refusal:
            raise _kept(f"the request to {host}", refusal) from None
        except CrossingRefused as refusal:
            raise DeliveryFailed(f"The egress gate did not let the request to {host} out: {refusal}.") from None
        except TimeoutError:
            raise DeliveryFailed(f"{host} did not answer within {self.seconds:.0f} seconds.", unknown=not reads) from None
        except NotReached:
            raise DeliveryFailed(f"{host} cannot be reached. Check the address, and whether it is up.") from None
        except ConnectionError:
            raise DeliveryFailed(f"{host} broke the connection off.", unknown=not reads) from None
        if len(self._theirs) < _MOST_NAMED:
            self._theirs.update(_names_in(answer.body))
        return _told(answer, host, reads=reads, now=self.now)

    async def mail(self, letter: Letter) -> None:
        """One letter, as `HelpdeskLink` says. Raises DeliveryFailed."""
        try:
            sent = self.mailer is not None and await self.mailer.letter(letter, org=self.org, session=self.session, lets=self._let())
        except NotTaken as refused:
            raise DeliveryFailed(f"{refused}", again=not refused.final) from None
        except LeakStopped as refusal:
            raise _kept("the letter", refusal) from None
        except CrossingRefused as refusal:
            raise DeliveryFailed(f"The egress gate did not let the letter out: {refusal}.") from None
        except Refused as refused:
            raise DeliveryFailed(refused.message, again=False) from None
        except (ConnectionError, TimeoutError):
            raise DeliveryFailed("The connection to the mail server broke off while it took the letter.", unknown=True) from None
        if not sent:
            raise DeliveryFailed("No mail server is set on this machine, so no letter can be sent. The operator sets one with GLASSINE_SMTP_URL.", again=False)


def _kept(what: str, refusal: LeakStopped) -> DeliveryFailed:
    """It would say the same at every try, until the conversation or the policy says otherwise."""
    words = f"The egress gate kept {what} back: {refusal}. Redact the message that holds it, or let more leave in this helpdesk's settings, and try again."
    return DeliveryFailed(words, again=False)


def _names_in(body: bytes) -> Iterator[str]:
    for match in _NAMED.finditer(body):
        yield from (part.decode("utf-8", "replace") for part in match.groups() if part)


def _told(answer: Answer, host: str, *, reads: bool, now: datetime) -> Answer:
    """The answer, where a connector can make something of it."""
    status = answer.status
    if status < 400 or status in _TOLD:
        return answer
    if status in (401, 407):
        raise DeliveryFailed(f"{host} refused the key or password ({status}). It may be wrong, revoked or expired: enter a new one.", again=False, status=status)
    if status in (402, 403, 451):
        raise DeliveryFailed(f"{host} knows who asks but does not allow it ({status}). Give the key the rights it lacks.", again=False, status=status)
    if status in _LATER:
        words = "says that it is asked too often" if status == 429 else "asks to come back later"
        raise DeliveryFailed(f"{host} {words} ({status}).", after=asked_to_wait(answer, now), status=status)
    if status == 503:
        raise DeliveryFailed(f"{host} is not available at the moment (503).", unknown=not reads, after=asked_to_wait(answer, now), status=status)
    if status >= 500:
        raise DeliveryFailed(f"{host} has an error of its own ({status}).", unknown=not reads, status=status)
    raise DeliveryFailed(f"{host} did not take the request ({status}), and would not another time.", again=False, status=status)
