"""Which network addresses may be reached: public ones, and the places an operator listed. Resolves names; opens no connection."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from glassine.words.errors import CrossingRefused, Misconfigured, NotReached

Place = tuple[str, int]  # a host as it is written, and a port

_PORTS = {"http": 80, "https": 443, "smtp": 25, "smtps": 465}
_REMEMBER_SECONDS = 30.0
_REMEMBER_NAMES = 1000

# IANA's special-purpose registries. Written out because `ipaddress.is_global` says yes to several of these before Python 3.13.
_V4_SHUT = tuple(map(ipaddress.IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)))
# Only 2000::/3 is handed out to the public; what tunnels to an IPv4 address inside (6to4, Teredo, NAT64) could mean a private one.
_V6_OPEN = ipaddress.IPv6Network("2000::/3")
_V6_SHUT = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet. An IPv4 address written as IPv6 (`::ffff:1.2.3.4`) is judged as what it is."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        return ip in _V6_OPEN and not any(ip in network for network in _V6_SHUT)
    return not any(ip in network for network in _V4_SHUT)


def places(entries: Iterable[str]) -> frozenset[Place]:
    """The operator's list as pairs: `host:port`, `[::1]:port`, or a whole address such as `http://localhost:11434/v1`."""
    found = set()
    for entry in entries:
        try:
            parts = urlsplit(entry if "://" in entry else f"//{entry}")
            port = parts.port or _PORTS.get(parts.scheme)
            host = normal_host(parts.hostname or "")
        except (ValueError, CrossingRefused):
            port, host = None, ""
        if not host or port is None:
            raise Misconfigured(f"{_without_password(entry)!r} is not a place: write host:port, for example localhost:11434")
        found.add((host, port))
    return frozenset(found)


def _without_password(entry: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", entry)


def normal_host(host: str) -> str:
    """A host name in its one spelling: lower case, ASCII (IDNA), no trailing dot. Raises CrossingRefused for what cannot be a name."""
    host = host.rstrip(".").lower()
    if ":" in host:
        return host  # an IPv6 address
    try:
        return host.encode("ascii" if host.isascii() else "idna").decode("ascii")
    except UnicodeError:
        raise CrossingRefused("the host is not a valid name") from None


def declared(host: str, port: int, hosts: Iterable[str]) -> bool:
    """Whether a destination is among the declared ones: by exact name, by name and port, or below `*.name`."""
    return any(_fits(host, port, entry.lower()) for entry in hosts)


def _fits(host: str, port: int, entry: str) -> bool:
    if entry.startswith("*."):
        return host.endswith(entry[1:]) and len(host) > len(entry) - 1
    return entry in (host, f"{host}:{port}", f"[{host}]:{port}")


class AddressBook:
    """Resolves a name once, checks every address it has, and remembers the verdict for half a minute.

    Who connects takes the address from here, so what was checked and what is connected to cannot differ (DNS rebinding).
    """

    def __init__(self, allowed_private: frozenset[Place]) -> None:
        self._allowed = allowed_private
        self._known: dict[Place, tuple[float, tuple[str, ...]]] = {}

    async def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """IP addresses of `host`, all of them permitted. Raises CrossingRefused when one is not, ConnectionError when there is none."""
        known = self._known.get((host, port))
        if known is not None and known[0] > time.monotonic():
            return known[1]
        found = await _resolve(host, port)
        if (host, port) not in self._allowed and not all(map(is_public, found)):
            raise CrossingRefused(f"{host}:{port} is not a public address, and the operator has not listed it")
        if len(self._known) >= _REMEMBER_NAMES:
            self._known.clear()
        self._known[host, port] = (time.monotonic() + _REMEMBER_SECONDS, found)
        return found


async def _resolve(host: str, port: int) -> tuple[str, ...]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReached(f"{host} has no address") from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
