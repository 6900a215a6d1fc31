"""Addresses of a website: one spelling for each, and which of them belong to what the admin asked for. It opens no connection."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from glassine.words.errors import Refused

MOST_PAGES = 20_000
_LONGEST = 1_000  # characters of an address
_DEEPEST = 14  # parts of a path
_MOST_PARAMETERS = 4
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|gclsrc|dclid|msclkid|yclid|mc_[ce]id|_hs\w+|_ga|_gl|igshid|phpsessid|jsessionid|sessionid|srsltid|wbraid|gbraid", re.IGNORECASE)
_SESSION = re.compile(r";(?:jsessionid|sid|phpsessid)=[^/?;]*", re.IGNORECASE)
_NO_PAGE = re.compile(
    r"\.(?:avif|bmp|gif|ico|jpe?g|png|svg|tiff?|webp|css|js|mjs|map|json|xml|rss|atom|woff2?|ttf|otf|eot|mp[34]|m4[av]|wav|ogg|og[av]|webm|mov|avi|mkv|flac|zip|gz|tgz|bz2|xz|7z|rar|tar|dmg"
    r"|exe|msi|apk|deb|rpm|iso|img|bin|jar|wasm|xlsx?|pptx?|doc|odt|ods|epub|ics|vcf|csv)$", re.IGNORECASE,
)
_FOR_MACHINES = frozenset({"/robots.txt", "/ads.txt", "/app-ads.txt", "/humans.txt", "/security.txt", "/.well-known/security.txt"})
_FILE = re.compile(r"\.(?:pdf|docx)$", re.IGNORECASE)
_LOGIN = re.compile(r"/(?:log-?in|sign-?in|sso|saml2?|oauth2?|authorize|wp-login(?:\.php)?|accounts?/login|users/sign_in|session/new)(?:[/?#.]|$)", re.IGNORECASE)
_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What belongs to the source, as the admin set it. `below` are the folders of the start addresses; empty when the whole of each site counts."""

    starts: tuple[str, ...]
    hosts: frozenset[str]  # host, or host:port
    below: tuple[str, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    limit: int
    depth: int
    files: bool

    def holds(self, url: str) -> bool:
        """Whether a page may be read at all: its site, and its folder."""
        parts = urlsplit(url)
        return parts.netloc in self.hosts and (not self.below or any(_place(parts).startswith(folder) or f"{_place(parts)}/" == folder for folder in self.below))

    def spelled(self, url: str | None) -> str | None:
        """An address found on the site in its one spelling: with https and www as the start address on the same site has them. None for what is no address."""
        found = normal(url) if url else None
        if found is None:
            return None
        root, slash, rest = found.partition("://")[2].partition("/")
        for start in self.starts:
            parts = urlsplit(start)
            if parts.netloc.removeprefix("www.") == root.removeprefix("www."):
                return f"{parts.scheme}://{parts.netloc}{slash}{rest}"
        return found

    def of_site(self, url: str | None) -> str | None:
        """As `spelled`, and None for what is on another site."""
        found = self.spelled(url)
        return found if found and urlsplit(found).netloc in self.hosts else None

    def belongs(self, url: str) -> bool:
        return self.holds(url) and self.worth(url) and not self.refusal(url)

    def refusal(self, url: str) -> str:
        """Why a page of the site is left out by the admin's patterns, or nothing."""
        for pattern in self.exclude:
            if fits(url, pattern):
                return f"is left out by the pattern {pattern}"
        if self.include and not any(fits(url, pattern) for pattern in self.include):
            return "fits none of the patterns to read"
        return ""

    def worth(self, url: str) -> bool:
        """Whether there can be a page: no picture, no archive, no trap, and no file unless files are wanted."""
        parts = urlsplit(url)
        if _NO_PAGE.search(parts.path) or parts.path in _FOR_MACHINES or (_FILE.search(parts.path) and not self.files):
            return False
        return not _is_trap(parts) and not _LOGIN.search(parts.path)


def is_file(url: str) -> bool:
    return bool(_FILE.search(urlsplit(url).path))


def is_login(url: str) -> bool:
    return bool(_LOGIN.search(urlsplit(url).path))


def scope_of(settings: Mapping[str, str]) -> Scope:
    """Reads the admin's settings. Raises Refused with what to write instead."""
    starts = tuple(dict.fromkeys(_start(line) for line in lines_of(settings, "start")))
    if not starts:
        raise Refused("Enter the address of the website, for example https://help.example.com.")
    hosts = {host for url in starts for host in _with_and_without_www(urlsplit(url).netloc)} | {_host(line) for line in lines_of(settings, "hosts")}
    below = () if settings.get("scope") == "site" else tuple(folder_of(url) for url in starts if not urlsplit(url).path.endswith((".xml", ".xml.gz")))
    return Scope(
        starts=starts, hosts=frozenset(hosts), below=below, include=tuple(map(_pattern, lines_of(settings, "include"))), exclude=tuple(map(_pattern, lines_of(settings, "exclude"))),
        limit=_number(settings, "limit", 1_000, MOST_PAGES), depth=_number(settings, "depth", 20, 100), files=settings.get("files", "") in ("1", "true", "on", "yes"),
    )


def lines_of(settings: Mapping[str, str], name: str) -> list[str]:
    return [line.strip() for line in settings.get(name, "").splitlines() if line.strip()]


def _start(line: str) -> str:
    url = normal(line if "://" in line else f"https://{line}")
    if url is None:
        raise Refused(f"{line[:100]} is no address of a website. Write it as in the browser, for example https://help.example.com.")
    return url


def _host(line: str) -> str:
    url = normal(line if "://" in line else f"https://{line}")
    if url is None or urlsplit(url).path not in ("", "/"):
        raise Refused(f"{line[:100]} is no name of a site. Write it without a path, for example docs.example.com.")
    return urlsplit(url).netloc


def _pattern(line: str) -> str:
    if not line.startswith(("/", "*", "http://", "https://")):
        raise Refused(f"The pattern {line[:100]} must begin with / or *, for example /blog/*. A star stands for any characters.")
    return line


def _number(settings: Mapping[str, str], name: str, default: int, most: int) -> int:
    said = settings.get(name, "").strip().replace(",", "").replace(".", "") or str(default)
    if not said.isdigit() or not 1 <= int(said[:9]) <= most:
        raise Refused(f"{said[:20]} cannot be: the {'page limit' if name == 'limit' else 'depth'} is a number from 1 to {most:,}.")
    return int(said)


def _with_and_without_www(host: str) -> tuple[str, ...]:
    if re.fullmatch(r"[\d.]+(?::\d+)?|\[.*|[^.]*", host):
        return (host,)  # an IP address or a name without dots has no www
    return (host, host.removeprefix("www.")) if host.startswith("www.") else (host, f"www.{host}")


def folder_of(url: str) -> str:
    """The folder that a start address stands for, without its scheme: the address itself unless its last part is a file."""
    parts = urlsplit(url)
    path = parts.path or "/"
    if not path.endswith("/"):
        path = path.rpartition("/")[0] + "/" if re.search(r"/[^/]*\.\w{2,5}$", path) else path + "/"
    return parts.netloc.removeprefix("www.") + path


def _place(parts: SplitResult) -> str:
    return parts.netloc.removeprefix("www.") + (parts.path or "/")


def normal(url: str) -> str | None:
    """The one spelling of an address: small host, no default port, no fragment, no tracking, everything in ASCII. None for what is no web address."""
    if len(url) > _LONGEST:
        return None
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        port = str(parts.port or "")
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc or not re.fullmatch(r"[\w.-]+|[0-9a-f:.]+", host):
        return None
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port and port != _PORTS[parts.scheme] else "")
    path = quote(_SESSION.sub("", _without_dots(parts.path)), safe="/%:@!$&'()*+,;=~-._") or "/"
    query = _query(parts.query) if parts.query else ""
    found = urlunsplit((parts.scheme, netloc, _escapes(path), query, ""))
    return found if len(found) <= _LONGEST else None


def _query(query: str) -> str:
    if not _TRACKING.search(query) and query.isascii() and not re.search(r"[\s\"<>\\^`{|}]", query):
        return query  # as the site wrote it: some read no other spelling
    try:
        kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=50) if not _TRACKING.fullmatch(name)]
    except ValueError:
        return ""
    return urlencode(kept)


def _escapes(path: str) -> str:
    """Escapes in capitals, and none where none is needed; a percent sign that is no escape becomes one."""
    path = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", path)
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)) if chr(int(found[1], 16)) in _PLAIN else f"%{found[1].upper()}", path)


_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif part != ".":
            kept.append(part)
    return "/".join(kept) + ("/" if path.endswith(("/.", "/..")) and kept and kept[-1] else "")


def fits(url: str, pattern: str) -> bool:
    """Whether an address fits a pattern with stars. In time that grows with their lengths, whatever they are."""
    parts = urlsplit(url)
    text = url if pattern.startswith(("http://", "https://")) else parts.path + (f"?{parts.query}" if parts.query else "")
    if "?" not in pattern and not pattern.startswith("http"):
        text = parts.path
    first, *rest = unquote(pattern).split("*")
    text = unquote(text)
    if not rest:
        return text == first or text.rstrip("/") == first.rstrip("/")
    if not text.startswith(first):
        return text + "/" == first and rest == [""]
    at = len(first)
    for piece in rest[:-1]:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - at >= len(rest[-1]) and text.endswith(rest[-1])


def _is_trap(parts: SplitResult) -> bool:
    """Addresses that no person wrote: paths that repeat themselves, or too long a query."""
    segments = [part for part in parts.path.split("/") if part]
    if len(segments) > _DEEPEST or (segments and max(Counter(segments).values()) > 2):
        return True
    names = [part.partition("=")[0] for part in parts.query.split("&") if part]
    return len(names) > _MOST_PARAMETERS or len(names) != len(set(names))


def name_of(url: str) -> str:
    """An address as the source's stable name for it: without the scheme, which may change."""
    return url.partition("://")[2]


def address_of(name: str, scope: Scope) -> str:
    """The other way round; the scheme is that of the start address on the same site."""
    host = name.partition("/")[0]
    scheme = next((urlsplit(start).scheme for start in scope.starts if urlsplit(start).netloc.removeprefix("www.") == host.removeprefix("www.")), "")
    return f"{scheme or urlsplit(scope.starts[0]).scheme}://{name}"


def shape_of(url: str) -> str:
    """What addresses of one kind have in common: numbers in the path are alike, and values of the query."""
    parts = urlsplit(url)
    return parts.netloc + re.sub(r"\d+", "#", parts.path) + ("?" + "&".join(sorted(part.partition("=")[0] for part in parts.query.split("&"))) if parts.query else "")
