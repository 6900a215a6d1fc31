"""What a site's robots.txt asks of this robot (RFC 9309). It is read, never argued with."""

from __future__ import annotations

from dataclasses import dataclass, field

from protego import Protego

from glassine import __version__

NAME = "Glassine"
AGENT = f"{NAME}/{__version__} (reads this site as a knowledge source; see docs/websites.md)"
MOST_BYTES = 500_000  # RFC 9309 asks to read this much at least
_LONGEST_DELAY = 30.0  # seconds between two pages; who asks for more would never be read to the end


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one host. Without a file everything is allowed."""

    rules: Protego = field(default_factory=Protego)

    @staticmethod
    def of(content: bytes) -> Robots:
        text = content[:MOST_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
        return Robots() if "<html" in text[:2_000].lower() else Robots(Protego.parse(text))  # many sites answer every address with a page

    def allows(self, url: str) -> bool:
        return bool(self.rules.can_fetch(url, NAME))

    @property
    def delay(self) -> float:
        return min(float(self.rules.crawl_delay(NAME) or 0), _LONGEST_DELAY)

    @property
    def sitemaps(self) -> tuple[str, ...]:
        return tuple(self.rules.sitemaps)
