"""Every sentence of ours that a customer reads, by language. Plain words: what happens next, and when. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glassine.rules.more_phrases import MORE
from glassine.rules.small_talk import SmallTalk
from glassine.words.turns import Reason

FALLBACK = "en"

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "greeting": "Hello. What can we help you with?",
        "thanks": "You are welcome. If anything else comes up, just write here.",
        "goodbye": "Goodbye. If anything else comes up, just write here.",
        "who_are_you": "I am an AI and answer from this team's help articles. If you would rather talk to a person, say so and I pass this on to the team.",
        "did_you_mean": "I am not sure which of these you mean:",
        "choose": "Reply with a number, or ask in other words. If none of these fits, say so and our team takes over.",
        "is_it_this": "Do you mean this?",
        "confirm": "Reply “yes” to read it, or ask in other words. If it does not fit, say so and our team takes over.",
        "requested": "I am passing this on to our team.",
        "unknown": "I did not find an answer to this in our articles, so I am passing it on to our team.",
        "trouble": "I cannot answer this myself right now, so I am passing it on to our team.",
        "switched_off": "This chat is switched off at the moment. What was written here before is kept.",
        "file_missing": "The file {name} could not be shown here.",
        "next": "Someone from our team will read this conversation and reply here.",
        "within": "We aim to reply within {time}; you do not have to stay, the reply will be waiting here.",
        "no_time": "You do not have to stay: the reply will be waiting here.",
        "minutes": "{n} minute|{n} minutes",
        "hours": "{n} hour|{n} hours",
        "days": "{n} day|{n} days",
    },
    "de": {
        "greeting": "Guten Tag. Wobei können wir helfen?",
        "thanks": "Gern geschehen. Wenn noch etwas ist, schreiben Sie einfach hier.",
        "goodbye": "Auf Wiedersehen. Wenn noch etwas ist, schreiben Sie einfach hier.",
        "who_are_you": "Ich bin eine KI und antworte aus den Hilfeartikeln dieses Teams. Wenn Sie lieber mit einem Menschen sprechen, sagen Sie es, dann gebe ich an das Team weiter.",
        "did_you_mean": "Ich bin nicht sicher, was davon Sie meinen:",
        "choose": "Antworten Sie mit einer Nummer oder fragen Sie mit anderen Worten. Wenn nichts davon passt, sagen Sie es, dann übernimmt unser Team.",
        "is_it_this": "Meinen Sie das hier?",
        "confirm": "Antworten Sie mit „ja“, um es zu lesen, oder fragen Sie mit anderen Worten. Wenn es nicht passt, sagen Sie es, dann übernimmt unser Team.",
        "requested": "Ich gebe das an unser Team weiter.",
        "unknown": "Dazu habe ich in unseren Artikeln keine Antwort gefunden, deshalb gebe ich es an unser Team weiter.",
        "trouble": "Das kann ich gerade nicht selbst beantworten, deshalb gebe ich es an unser Team weiter.",
        "switched_off": "Dieser Chat ist zurzeit abgeschaltet. Was hier schon geschrieben wurde, bleibt erhalten.",
        "file_missing": "Die Datei {name} konnte hier nicht gezeigt werden.",
        "next": "Jemand aus unserem Team liest dieses Gespräch und antwortet hier.",
        "within": "Wir wollen innerhalb von {time} antworten; Sie müssen nicht warten, die Antwort steht dann hier.",
        "no_time": "Sie müssen nicht warten: Die Antwort steht dann hier.",
        "minutes": "{n} Minute|{n} Minuten",
        "hours": "{n} Stunde|{n} Stunden",
        "days": "{n} Tag|{n} Tagen",
    },
    "fr": {
        "greeting": "Bonjour. En quoi pouvons-nous vous aider ?",
        "thanks": "Avec plaisir. Si vous avez une autre question, écrivez-nous ici.",
        "goodbye": "Au revoir. Si vous avez une autre question, écrivez-nous ici.",
        "who_are_you": "Je suis une IA et je réponds à partir des articles d'aide de cette équipe. Si vous préférez parler à une personne, dites-le et je transmets à l'équipe.",
        "did_you_mean": "Je ne sais pas lequel de ces sujets vous intéresse :",
        "choose": "Répondez avec un numéro, ou posez la question autrement. Si rien ne convient, dites-le et notre équipe prend le relais.",
        "is_it_this": "Est-ce ce que vous cherchez ?",
        "confirm": "Répondez « oui » pour le lire, ou posez la question autrement. Si cela ne convient pas, dites-le et notre équipe prend le relais.",
        "requested": "Je transmets votre demande à notre équipe.",
        "unknown": "Je n'ai pas trouvé de réponse dans nos articles, je transmets donc votre question à notre équipe.",
        "trouble": "Je ne peux pas y répondre moi-même pour le moment, je transmets donc votre question à notre équipe.",
        "switched_off": "Ce chat est désactivé pour le moment. Ce qui y a déjà été écrit est conservé.",
        "file_missing": "Le fichier {name} n’a pas pu être affiché ici.",
        "next": "Une personne de notre équipe va lire cette conversation et répondre ici.",
        "within": "Nous visons une réponse sous {time} ; vous n'avez pas besoin d'attendre, elle sera affichée ici.",
        "no_time": "Vous n'avez pas besoin d'attendre : la réponse sera affichée ici.",
        "minutes": "{n} minute|{n} minutes",
        "hours": "{n} heure|{n} heures",
        "days": "{n} jour|{n} jours",
    },
    "es": {
        "greeting": "Hola. ¿En qué podemos ayudarle?",
        "thanks": "De nada. Si surge algo más, escríbanos aquí.",
        "goodbye": "Hasta luego. Si surge algo más, escríbanos aquí.",
        "who_are_you": "Soy una IA y respondo con los artículos de ayuda de este equipo. Si prefiere hablar con una persona, dígalo y lo paso al equipo.",
        "did_you_mean": "No sé con seguridad a cuál de estos temas se refiere:",
        "choose": "Responda con un número o pregunte con otras palabras. Si ninguno encaja, dígalo y nuestro equipo se encarga.",
        "is_it_this": "¿Se refiere a esto?",
        "confirm": "Responda «sí» para leerlo o pregunte con otras palabras. Si no encaja, dígalo y nuestro equipo se encarga.",
        "requested": "Paso su mensaje a nuestro equipo.",
        "unknown": "No he encontrado una respuesta en nuestros artículos, así que paso su pregunta a nuestro equipo.",
        "trouble": "Ahora mismo no puedo responder yo, así que paso su pregunta a nuestro equipo.",
        "switched_off": "Este chat está desactivado en este momento. Lo que ya se escribió aquí se conserva.",
        "file_missing": "El archivo {name} no se pudo mostrar aquí.",
        "next": "Una persona de nuestro equipo leerá esta conversación y responderá aquí.",
        "within": "Intentamos responder en {time}; no hace falta que espere, la respuesta quedará aquí.",
        "no_time": "No hace falta que espere: la respuesta quedará aquí.",
        "minutes": "{n} minuto|{n} minutos",
        "hours": "{n} hora|{n} horas",
        "days": "{n} día|{n} días",
    },
    "nl": {
        "greeting": "Hallo. Waarmee kunnen we u helpen?",
        "thanks": "Graag gedaan. Is er nog iets, schrijf het dan gewoon hier.",
        "goodbye": "Tot ziens. Is er nog iets, schrijf het dan gewoon hier.",
        "who_are_you": "Ik ben een AI en antwoord op basis van de hulpartikelen van dit team. Spreekt u liever een mens, zeg het dan en ik geef het door aan het team.",
        "did_you_mean": "Ik weet niet zeker welke van deze u bedoelt:",
        "choose": "Antwoord met een nummer of stel de vraag anders. Past er niets, zeg het dan en ons team neemt het over.",
        "is_it_this": "Bedoelt u dit?",
        "confirm": "Antwoord „ja” om het te lezen, of stel de vraag anders. Past het niet, zeg het dan en ons team neemt het over.",
        "requested": "Ik geef dit door aan ons team.",
        "unknown": "Ik heb hierop geen antwoord gevonden in onze artikelen, dus ik geef het door aan ons team.",
        "trouble": "Ik kan dit nu zelf niet beantwoorden, dus ik geef het door aan ons team.",
        "switched_off": "Deze chat is op dit moment uitgeschakeld. Wat hier al is geschreven, blijft bewaard.",
        "file_missing": "Het bestand {name} kon hier niet worden getoond.",
        "next": "Iemand van ons team leest dit gesprek en antwoordt hier.",
        "within": "We streven ernaar binnen {time} te antwoorden; u hoeft niet te wachten, het antwoord staat dan hier.",
        "no_time": "U hoeft niet te wachten: het antwoord staat straks hier.",
        "minutes": "{n} minuut|{n} minuten",
        "hours": "{n} uur|{n} uur",
        "days": "{n} dag|{n} dagen",
    },
    "pt": {
        "greeting": "Olá. Em que podemos ajudar?",
        "thanks": "De nada. Se surgir mais alguma coisa, escreva aqui.",
        "goodbye": "Até logo. Se surgir mais alguma coisa, escreva aqui.",
        "who_are_you": "Sou uma IA e respondo com os artigos de ajuda desta equipe. Se preferir falar com uma pessoa, diga e eu passo para a equipe.",
        "did_you_mean": "Não tenho certeza de qual destes temas se trata:",
        "choose": "Responda com um número ou pergunte com outras palavras. Se nenhum servir, diga e a nossa equipe assume.",
        "is_it_this": "É isto que procura?",
        "confirm": "Responda “sim” para ler ou pergunte com outras palavras. Se não servir, diga e a nossa equipe assume.",
        "requested": "Vou passar isto para a nossa equipe.",
        "unknown": "Não encontrei resposta nos nossos artigos, por isso vou passar a pergunta para a nossa equipe.",
        "trouble": "Neste momento não consigo responder, por isso vou passar a pergunta para a nossa equipe.",
        "switched_off": "Este chat está desativado no momento. O que já foi escrito aqui fica guardado.",
        "file_missing": "O ficheiro {name} não pôde ser mostrado aqui.",
        "next": "Alguém da nossa equipe vai ler esta conversa e responder aqui.",
        "within": "Procuramos responder em até {time}; não precisa esperar, a resposta ficará aqui.",
        "no_time": "Não precisa esperar: a resposta ficará aqui.",
        "minutes": "{n} minuto|{n} minutos",
        "hours": "{n} hora|{n} horas",
        "days": "{n} dia|{n} dias",
    },
    "it": {
        "greeting": "Buongiorno. Come possiamo aiutarla?",
        "thanks": "Prego. Se serve altro, scriva pure qui.",
        "goodbye": "Arrivederci. Se serve altro, scriva pure qui.",
        "who_are_you": "Sono un'IA e rispondo con gli articoli di aiuto di questo team. Se preferisce parlare con una persona, lo dica e passo la richiesta al team.",
        "did_you_mean": "Non sono sicuro di quale di questi argomenti si tratti:",
        "choose": "Risponda con un numero o chieda con altre parole. Se nessuno va bene, lo dica e il nostro team prenderà in carico la richiesta.",
        "is_it_this": "Intende questo?",
        "confirm": "Risponda «sì» per leggerlo o chieda con altre parole. Se non va bene, lo dica e il nostro team prenderà in carico la richiesta.",
        "requested": "Passo la richiesta al nostro team.",
        "unknown": "Non ho trovato una risposta nei nostri articoli, quindi passo la domanda al nostro team.",
        "trouble": "In questo momento non posso rispondere, quindi passo la domanda al nostro team.",
        "switched_off": "Questa chat è disattivata al momento. Quello che è stato scritto qui resta conservato.",
        "file_missing": "Il file {name} non si è potuto mostrare qui.",
        "next": "Una persona del nostro team leggerà questa conversazione e risponderà qui.",
        "within": "Cerchiamo di rispondere entro {time}; non serve aspettare, la risposta resterà qui.",
        "no_time": "Non serve aspettare: la risposta resterà qui.",
        "minutes": "{n} minuto|{n} minuti",
        "hours": "{n} ora|{n} ore",
        "days": "{n} giorno|{n} giorni",
    },
}
_ALL: Mapping[str, Mapping[str, str]] = {**_TEXTS, **MORE}

_OPENINGS = {
    Reason.USER_REQUESTED_HUMAN: "requested",
    Reason.AUTOPILOT_OFF: "requested",
    Reason.AI_OFF: "requested",
    Reason.ASSIST_ONLY: "requested",
    Reason.PROHIBITED_TOPIC: "requested",
    Reason.FRUSTRATION: "requested",
    Reason.REPEAT_CONTACT: "requested",
    Reason.REOPENED: "requested",
    Reason.LOOP: "requested",
    Reason.TIME_LIMIT: "requested",
    Reason.INSUFFICIENT_KNOWLEDGE: "unknown",
    Reason.LOW_CONFIDENCE: "unknown",
}


def spoken(language: str | None) -> str:
    """The language that every part has words in and that is nearest to this tag: its own (`de` for `de-AT`), or English."""
    return tag(language) if tag(language) in _TEXTS else FALLBACK


def tag(language: str | None) -> str:
    """The two letters of a language, whatever stands behind them."""
    return (language or FALLBACK).lower().replace("_", "-").split("-")[0]


def _said(language: str | None) -> Mapping[str, str]:
    return _ALL.get(tag(language), _ALL[FALLBACK])


def small_talk(kind: SmallTalk, language: str | None) -> str:
    return _said(language)[kind.value]


def did_you_mean(titles: Sequence[str], language: str | None) -> str:
    """A numbered list of titles, or the only one, and how to go on."""
    said = _said(language)
    if len(titles) == 1:
        return f"{said['is_it_this']}\n\n- {titles[0]}\n\n{said['confirm']}"
    listed = "\n".join(f"{number}. {title}" for number, title in enumerate(titles, 1))
    return f"{said['did_you_mean']}\n\n{listed}\n\n{said['choose']}"


def handed_off(reasons: Sequence[Reason], language: str | None, *, minutes: int | None = None, back: str = "") -> str:
    """What the customer reads when a person takes over: why, who acts next, and by when. `minutes` is the team's own aim, if it has one; `back` says when it is back."""
    said = _said(language)
    opening = said[next((_OPENINGS[reason] for reason in reasons if reason in _OPENINGS), "trouble")]
    when = back or (said["within"].format(time=_time(minutes, said)) if minutes else said["no_time"])
    return f"{opening} {said['next']} {when}"


def switched_off(language: str | None) -> str:
    """What a customer reads where their channel is switched off."""
    return _said(language)["switched_off"]


def file_missing(name: str, language: str | None) -> str:
    """What a customer reads where a person sent a file that could not be had."""
    return _said(language)["file_missing"].format(name=name)


def _time(minutes: int, said: Mapping[str, str]) -> str:
    """A time span in words, rounded up, never in a finer unit than people think in."""
    unit, size = next((unit, size) for unit, size, most in (("minutes", 1, 90), ("hours", 60, 2880), ("days", 1440, 10**9)) if minutes < most)
    number = -(-minutes // size)
    one, many = said[unit].split("|")
    return (one if number == 1 else many).format(n=number)
