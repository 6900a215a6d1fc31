"""`glassine scrub`: overwrites what erasures, redactions and retention have left in free space of the database's files."""

from __future__ import annotations

from collections.abc import Callable

from glassine.commands import home
from glassine.config import Settings
from glassine.store import migrate
from glassine.store.scrubbing import scrub


def run(settings: Settings, say: Callable[[str], None]) -> int:
    """The product may run meanwhile and waits for each table in turn. Raises Misconfigured."""
    if settings.database_url:
        migrate.migrate(settings.database_url)
        if not scrub(settings.database_url, say):
            say("The tables are rewritten. The write-ahead log could not be begun anew, because this role may not do that: it is overwritten in the course of things.")
            return 0
    else:
        with home.embedded(settings, "scrub", say) as server:
            migrate.migrate(server.url)
            scrub(server.superuser_url, say)
    say("The tables are rewritten and the write-ahead log begins anew. What the disk's own free space still holds is up to the disk: encrypt it.")
    return 0
