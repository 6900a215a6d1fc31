"""One-time codes: what one looks like, how it is told to the customer, and where one stands in a message. It keeps and sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

MINUTES, TRIES, MOST_AN_HOUR = 10, 5, 5
_WRITTEN = re.compile(r"(?<![\w#-])(?<!\d[.,])(\d{3})[ -]?(\d{3})(?!\w|[.,#-]\w)", re.ASCII)
_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType({  # subject and text
    "en": ("Your code for {org}", "{code} is your code for {org}. It is good for 10 minutes, and only in the conversation that asked for it.\n\nIf you did not ask for it, give it to nobody: nothing is done without it."),
    "de": ("Ihr Code für {org}", "{code} ist Ihr Code für {org}. Er gilt 10 Minuten, und nur in dem Gespräch, für das er angefordert wurde.\n\nHaben Sie ihn nicht angefordert, geben Sie ihn niemandem: Ohne ihn geschieht nichts."),
    "fr": ("Votre code pour {org}", "{code} est votre code pour {org}. Il est valable 10 minutes, et seulement dans la conversation qui l'a demandé.\n\nSi vous ne l'avez pas demandé, ne le donnez à personne : rien n'est fait sans lui."),
    "es": ("Su código para {org}", "{code} es su código para {org}. Vale 10 minutos, y solo en la conversación que lo pidió.\n\nSi no lo ha pedido, no se lo dé a nadie: sin él no se hace nada."),
    "nl": ("Uw code voor {org}", "{code} is uw code voor {org}. Hij is 10 minuten geldig, en alleen in het gesprek dat erom vroeg.\n\nHebt u er niet om gevraagd, geef hem dan aan niemand: zonder code gebeurt er niets."),
    "pt": ("O seu código para {org}", "{code} é o seu código para {org}. É válido por 10 minutos, e só na conversa que o pediu.\n\nSe não o pediu, não o dê a ninguém: sem ele nada é feito."),
    "it": ("Il suo codice per {org}", "{code} è il suo codice per {org}. Vale 10 minuti, e solo nella conversazione che l'ha chiesto.\n\nSe non l'ha chiesto, non lo dia a nessuno: senza di esso non si fa nulla."),
})


def mail(code: str, org: str, language: str) -> tuple[str, str]:
    """Subject and text, in the customer's language where we have it."""
    subject, text = _WORDS.get(language.split("-")[0], _WORDS["en"])
    return subject.format(org=org), text.format(org=org, code=code)


def typed(text: str) -> str:
    """The digits of what somebody entered as a code."""
    return "".join(letter for letter in text if letter in "0123456789")[:12]


def in_text(text: str) -> str:
    """The code that stands in a message; empty: none does."""
    found = _WRITTEN.search(text[:500])
    return found[1] + found[2] if found else ""


def without(text: str) -> str:
    """The message without anything that could be a code."""
    return _WRITTEN.sub("••••••", text)
