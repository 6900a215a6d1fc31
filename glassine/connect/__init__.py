"""One module per vendor; each ends in connector = Connector(...). This finds them all, so that a further one is a further module and nothing else."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from glassine.words.channels import Connector
from glassine.words.errors import NotFound
from glassine.words.helpdesks import Helpdesk
from glassine.words.sources import Source


def connectors() -> Mapping[str, Connector]:
    """Every vendor's module that is there, by its connector's name, in order of titles."""
    return _in(tuple(__path__))


@cache
def _in(folders: tuple[str, ...]) -> Mapping[str, Connector]:
    """Looked for once: that reads the folders, and who asks for one connector asks with every delivery."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(folders)]
    found = [module.connector for module in modules if isinstance(getattr(module, "connector", None), Connector)]
    return MappingProxyType({one.name: one for one in sorted(found, key=lambda one: one.title.lower())})


def sources() -> Mapping[str, Connector]:
    """Those of them that knowledge can be read from."""
    return {name: one for name, one in connectors().items() if one.source is not None}


def source(name: str) -> Source:
    """How one vendor is read. Raises NotFound."""
    known = sources().get(name)
    if known is None or known.source is None:
        raise NotFound(f"There is no kind of source called {name[:60]}. There are: {', '.join(sources())}.")
    return known.source


def helpdesks() -> Mapping[str, Connector]:
    """Those of them that a conversation can be handed to."""
    return {name: one for name, one in connectors().items() if one.helpdesk is not None}


def helpdesk(name: str) -> Helpdesk:
    """How one vendor's tickets are opened and read. Raises NotFound."""
    known = helpdesks().get(name)
    if known is None or known.helpdesk is None:
        raise NotFound(f"There is no kind of helpdesk called {name[:60]}. There are: {', '.join(helpdesks()) or 'none yet'}.")
    return known.helpdesk
