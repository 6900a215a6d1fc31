"""What a customer reads of when the team is back, by language. Words only; when that is, is decided in office_hours.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from glassine.rules import phrases

_NEAR = 7  # days within which a weekday says which one is meant


class _Words(NamedTuple):
    says: str
    today: str
    tomorrow: str
    days: Sequence[str]  # from Monday on, as they follow the verb


_TEXTS: Mapping[str, _Words] = {
    "en": _Words("Our team is back {day} at {time} ({zone}). You do not have to stay: the reply will be waiting here.", "today", "tomorrow",
                 ("on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday", "on Sunday")),
    "de": _Words("Unser Team ist {day} um {time} Uhr ({zone}) wieder da. Sie müssen nicht warten: Die Antwort steht dann hier.", "heute", "morgen",
                 ("am Montag", "am Dienstag", "am Mittwoch", "am Donnerstag", "am Freitag", "am Samstag", "am Sonntag")),
    "fr": _Words("Notre équipe est de retour {day} à {time} ({zone}). Vous n'avez pas besoin d'attendre : la réponse sera affichée ici.", "aujourd'hui", "demain",
                 ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")),
    "es": _Words("Nuestro equipo vuelve {day} a las {time} ({zone}). No hace falta que espere: la respuesta quedará aquí.", "hoy", "mañana",
                 ("el lunes", "el martes", "el miércoles", "el jueves", "el viernes", "el sábado", "el domingo")),
    "nl": _Words("Ons team is {day} om {time} ({zone}) terug. U hoeft niet te wachten: het antwoord staat straks hier.", "vandaag", "morgen",
                 ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")),
    "pt": _Words("Nossa equipe volta {day} às {time} ({zone}). Não precisa esperar: a resposta ficará aqui.", "hoje", "amanhã",
                 ("na segunda-feira", "na terça-feira", "na quarta-feira", "na quinta-feira", "na sexta-feira", "no sábado", "no domingo")),
    "it": _Words("Il nostro team torna {day} alle {time} ({zone}). Non serve aspettare: la risposta resterà qui.", "oggi", "domani",
                 ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")),
}


def when_back(back: datetime, now: datetime, zone: str, language: str | None) -> str:
    """The sentence after a handoff, in the team's own time: whose clock it is, it says."""
    words, there = _TEXTS[phrases.spoken(language)], ZoneInfo(zone)
    opens, today = back.astimezone(there), now.astimezone(there).date()
    ahead = (opens.date() - today).days
    day = words.today if ahead == 0 else words.tomorrow if ahead == 1 else words.days[opens.weekday()]
    if ahead >= _NEAR:
        day = f"{day} ({opens.date().isoformat()})"
    return words.says.format(day=day, time=f"{opens:%H:%M}", zone=zone)
