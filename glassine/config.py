"""Settings: read once from the environment and the command line, checked, frozen. The only reader of the environment; it decides nothing else.

Where state lives when neither --home nor GLASSINE_HOME says so: in a checkout `.glassine` beside the code; otherwise `/var/lib/glassine`
for root and `~/.local/share/glassine` for everybody else.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from glassine.words.errors import Misconfigured

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy reads it when it is first imported: its products are small, and threads of its own would wait in circles for them

VARIABLES: Mapping[str, str] = {
    "GLASSINE_HOME": "The folder that holds all state: the embedded database, the master key and the lock.",
    "GLASSINE_HOST": "The address to listen on; 127.0.0.1 unless set, so that nothing outside this machine reaches it without a proxy.",
    "GLASSINE_PORT": "The port to listen on, 4470 unless set; 0 takes any free one.",
    "GLASSINE_PUBLIC_URL": "Where browsers reach Glassine when a proxy stands before it, for example https://support.example.com.",
    "GLASSINE_TRUSTED_PROXIES": "Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas.",
    "GLASSINE_DATABASE_URL": "A PostgreSQL 16 or newer with pgvector, as postgresql://user:password@host/name; without it an embedded one is started.",
    "GLASSINE_POOL_SIZE": "How many database connections one process may hold; 10 unless set.",
    "GLASSINE_PG_BIN": "The folder of PostgreSQL's programs to use for the embedded database, and for backups, in place of the packaged ones.",
    "GLASSINE_MASTER_KEY": "The master key, base64 of 32 bytes; without it the key is read from master.key in the home folder. While it is changed: the new one, a comma, the former one.",
    "GLASSINE_LLM_URL": "The base address of a language model, for example http://localhost:11434/v1; without it answers are quoted.",
    "GLASSINE_LLM_MODEL": "The name of the language model at that address.",
    "GLASSINE_LLM_KEY": "The key that the language model's address asks for.",
    "GLASSINE_LLM_WIRE": "How that address is spoken to: openai (chat completions, unless set), responses or anthropic.",
    "GLASSINE_LLM_TIMEOUT": "How many seconds a language model may take for one answer before the session is handed off; 20 unless set.",
    "GLASSINE_SMTP_URL": "A mail server for invitations and notices, as smtp://user:password@host:587 or smtps://…; without it they are only logged.",
    "GLASSINE_MAIL_FROM": "The sender of such mail, for example support@example.com.",
    "GLASSINE_ALLOW_PRIVATE": "Places in the private network that may be reached nevertheless, as host:port separated by commas.",
    "GLASSINE_VENDOR_URLS": "Other addresses for the vendors of knowledge sources and helpdesks, as name=url separated by commas, for example zendesk=http://127.0.0.1:4101; for self-hosted and test instances.",
    "GLASSINE_CONTENT_ROOTS": "Folders of this machine that knowledge sources may be read from, with everything in them, separated by commas; none unless set.",
    "GLASSINE_ANCHOR_FILE": "The file to which heads of the ledger are appended, best on another disk or machine; anchors.jsonl in the home folder unless set.",
    "GLASSINE_ANCHOR_MAIL": "An address outside your team's reach that is sent the ledger's heads by mail; nobody unless set.",
    "GLASSINE_ANCHOR_URL": "An address that is sent the ledger's heads as JSON by POST, for example a write-once store; none unless set.",
    "GLASSINE_ANCHOR_MINUTES": "How many minutes after a crossing the ledger's head is put in these places at the latest; 60 unless set.",
    "GLASSINE_REGIONS": "Countries whose phone numbers and ids are looked for in a new organisation, most likely first, for example US,GB,DE.",
    "GLASSINE_LANGUAGES": "Languages that customers of a new organisation write in, for example en,de.",
    "GLASSINE_API_RATE": "How many requests one API key may make in a minute; 6000 unless set.",
    "GLASSINE_VISITOR_RATE": "How many requests one visitor of a widget may make in a minute; 240 unless set.",
    "GLASSINE_CONTENT_URL": "Where glassine content finds your Glassine, for example https://support.example.com; the folder's own setting unless set.",
    "GLASSINE_CONTENT_KEY": "The API key that glassine content uses; it needs the scope help-center:write, or help-center:read to pull only.",
    "GLASSINE_LOG_LEVEL": "How much is logged: debug, info, warning or error; info unless set.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator has decided. Each field is the variable GLASSINE_ + its name in upper case; what may hold a secret is not in its repr."""

    home: Path
    host: str = "127.0.0.1"
    port: int = 4470
    public_url: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    database_url: str | None = field(default=None, repr=False)
    pool_size: int = 10
    pg_bin: Path | None = None
    master_key: str | None = field(default=None, repr=False)
    llm_url: str | None = field(default=None, repr=False)
    llm_model: str | None = None
    llm_key: str | None = field(default=None, repr=False)
    llm_wire: str = "openai"
    llm_timeout: float = 20.0  # seconds
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    allow_private: tuple[str, ...] = ()
    vendor_urls: tuple[str, ...] = ()  # name=url
    content_roots: tuple[str, ...] = ()
    anchor_file: Path | None = None
    anchor_mail: str | None = None
    anchor_url: str | None = field(default=None, repr=False)
    anchor_minutes: int = 60
    regions: tuple[str, ...] = ("US",)
    languages: tuple[str, ...] = ("en",)
    api_rate: int = 6_000  # requests a minute
    visitor_rate: int = 240
    content_url: str | None = None
    content_key: str | None = field(default=None, repr=False)
    log_level: str = "info"

    @property
    def url(self) -> str:
        """Where browsers reach this process: the public address, or the one it listens on."""
        if self.public_url:
            return self.public_url
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)  # noqa: S104 - read, not bound
        return f"http://{host}:{self.port}"

    @property
    def private_places(self) -> tuple[str, ...]:
        """What the egress gate may reach though it is private: the operator's list, and the addresses the operator configured."""
        return tuple(place for place in (*self.allow_private, *self.vendors.values(), self.llm_url, self.smtp_url, self.anchor_url) if place)

    @property
    def private_purposes(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """What each of those addresses is there for, where it is not in the operator's list, which is for everything."""
        named = ((self.llm_url, ("model", "what-if", "writing")), (self.smtp_url, ("mail", "anchor", "customer-mail", "helpdesk")), (self.anchor_url, ("anchor",)), *((url, ("source", "helpdesk")) for url in self.vendors.values()))
        return tuple((address, frozenset(purposes)) for address, purposes in named if address)

    @property
    def vendors(self) -> Mapping[str, str]:
        """The operator's address for a vendor, by the connector's name."""
        return dict(entry.split("=", 1) for entry in self.vendor_urls)

    @property
    def told(self) -> str:
        """What the operator has set and may be said to anybody: where this is, and the addresses that mail comes from and goes to."""
        return " ".join(filter(None, (self.url, self.mail_from, self.anchor_mail)))


def read(environ: Mapping[str, str] | None = None, **overrides: str | None) -> Settings:
    """The settings of this process; an override (by field name, from the command line) wins over the environment. Raises Misconfigured."""
    environ = os.environ if environ is None else environ
    _check_names(environ)
    texts = {name: overrides.get(name) or environ.get(_variable(name)) for name in _READERS}
    values = {name: _value(name, text) for name, text in texts.items() if text}
    settings = Settings(**{"home": _default_home(environ), **values})
    if bool(settings.llm_url) != bool(settings.llm_model):
        raise Misconfigured("GLASSINE_LLM_URL and GLASSINE_LLM_MODEL belong together: set both or neither.")
    if settings.smtp_url and not settings.mail_from:
        raise Misconfigured("GLASSINE_SMTP_URL is set, but not GLASSINE_MAIL_FROM: say from which address mail is sent.")
    return settings


def environment(settings: Settings) -> dict[str, str]:
    """The whole environment for a child process that shall read the same settings."""
    ours = {_variable(each.name): _text(getattr(settings, each.name)) for each in fields(settings)}
    return {name: value for name, value in os.environ.items() if name not in VARIABLES} | {name: value for name, value in ours.items() if value}


def checkout() -> Path | None:
    """The root of the checkout this runs from, or None when it was installed from a wheel."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "dev").is_file() else None


def resource(name: str) -> Path:
    """A folder that ships with the product, `docs` or `widget`: from the checkout, or from inside the installed package."""
    root = checkout()
    return root / name if root else Path(__file__).resolve().parent / "shipped" / name


def _variable(name: str) -> str:
    return "GLASSINE_" + name.upper()


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)


def _default_home(environ: Mapping[str, str]) -> Path:
    root = checkout()
    if root:
        return root / ".glassine"
    if os.geteuid() == 0:
        return Path("/var/lib/glassine")
    if not environ.get("HOME"):
        raise Misconfigured("There is no home folder to keep state in. Name a folder: --home DIR, or GLASSINE_HOME.")
    return Path(environ["HOME"]) / ".local/share/glassine"


def _check_names(environ: Mapping[str, str]) -> None:
    # A mistyped name must not pass: GLASSINE_MASTERKEY ignored would mean a second key made in silence.
    for name in sorted(environ):
        if name.startswith("GLASSINE_") and name not in VARIABLES:
            near = difflib.get_close_matches(name, VARIABLES, n=1)
            raise Misconfigured(f"{name} is not a setting." + (f" Did you mean {near[0]}?" if near else " docs/configuration.md lists them all."))


def _value(name: str, text: str) -> Any:
    try:
        return _READERS[name](text.strip())
    except ValueError as error:
        raise Misconfigured(f"{_variable(name)} cannot be used: {error}.") from None


# The readers below raise ValueError with the end of a sentence; they never repeat a value that may hold a secret.


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read_whole(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return read_whole


def _host(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z.:-]+", text):
        raise ValueError(f"{text!r} is not a host name or IP address")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 600:
        raise ValueError(f"{text!r} is not a number of seconds above 0 and up to 600")
    return seconds


def _address(*schemes: str) -> Callable[[str], str]:
    def read_address(text: str) -> str:
        try:
            parts = urlsplit(text)
            usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError(f"it must begin with {' or '.join(scheme + '://' for scheme in schemes)} and name a host")
        return text.rstrip("/")

    return read_address


def _database(text: str) -> str:
    # libpq reads several hosts, and sockets as a parameter: what a host may look like is left to it.
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("it must begin with postgresql://")
    return text


def _origin(text: str) -> str:
    address = _address("http", "https")(text)
    parts = urlsplit(address)
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError("it must be a scheme and a host only, for example https://support.example.com")
    return address


def _list_of(pattern: str, what: str, change: Callable[[str], str] = str) -> Callable[[str], tuple[str, ...]]:
    def read_list(text: str) -> tuple[str, ...]:
        words = tuple(change(word.strip()) for word in text.split(",") if word.strip())
        for word in words:
            if not re.fullmatch(pattern, word):
                raise ValueError(f"{word!r} is not {what}")
        return words

    return read_list


def _folders(text: str) -> tuple[str, ...]:
    found = tuple(Path(word.strip()).expanduser() for word in text.split(",") if word.strip())
    for folder in found:
        if not folder.is_absolute():
            raise ValueError(f"{str(folder)!r} is not a full path")
    return tuple(map(str, found))


def _vendors(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        name, _, url = word.partition("=")
        if not re.fullmatch(r"[a-z][a-z0-9_-]*", name) or "@" in url:
            raise ValueError("each entry must be name=url, for example zendesk=http://127.0.0.1:4101")
        _address("http", "https")(url)
    return tuple(word.rstrip("/") for word in words)


def _networks(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        try:
            ipaddress.ip_network(word, strict=False)
        except ValueError:
            raise ValueError(f"{word!r} is not an IP address or network") from None
    return words


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text.rpartition("<")[2].rstrip(">")):
        raise ValueError(f"{text!r} is not a mail address")
    return text


def _one_of(*words: str) -> Callable[[str], str]:
    def read_word(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"{text!r} is none of {', '.join(words)}")
        return text.lower()

    return read_word


_READERS: Mapping[str, Callable[[str], Any]] = {
    "home": _folder,
    "host": _host,
    "port": _whole(0, 65535),
    "public_url": _origin,
    "trusted_proxies": _networks,
    "database_url": _database,
    "pool_size": _whole(2, 500),
    "pg_bin": _folder,
    "master_key": str,
    "llm_url": _address("http", "https"),
    "llm_model": str,
    "llm_key": str,
    "llm_wire": _one_of("openai", "responses", "anthropic"),
    "llm_timeout": _seconds,
    "smtp_url": _address("smtp", "smtps"),
    "mail_from": _mail_address,
    "allow_private": _list_of(r"(https?://)?(\[[0-9A-Fa-f:]+\]|[^\s:/\[\]]+)(:\d{1,5})?(/\S*)?", "a place; write host:port, for example localhost:11434"),
    "vendor_urls": _vendors,
    "content_roots": _folders,
    "anchor_file": _folder,
    "anchor_mail": _mail_address,
    "anchor_url": _address("http", "https"),
    "anchor_minutes": _whole(1, 100_000),
    "regions": _list_of(r"[A-Z]{2}", "a country's two letters", str.upper),
    "languages": _list_of(r"[a-z]{2}", "a language's two letters", str.lower),
    "api_rate": _whole(1, 1_000_000),
    "visitor_rate": _whole(1, 1_000_000),
    "content_url": _address("http", "https"),
    "content_key": str,
    "log_level": _one_of("debug", "info", "warning", "error"),
}
