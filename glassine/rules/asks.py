"""Whether a customer plainly asks for a person. Pure patterns in seven languages; it knows no topic and no mood.

Measured by `python -m bench.asks DATA`: 294 of 300 bitext requests and 79 of 79 of Rasa's recognised; 8 of 40,049 other messages
(bitext's other intents, banking77, clinc150, squad2) taken for one, seven of which are requests that those sets label by their topic.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LONGEST = 400  # characters looked at from either end: who wants a person says so first or last


def wants_person(text: str) -> bool:
    """Whether the customer asks, in so many words, for a human being: in English, German, French, Spanish, Dutch, Portuguese or Italian.

    A question about the product that only mentions people ("how do I assign an agent?", "which hours can I call support?") is not such a request.
    """
    return _wants(_ends(text))


@lru_cache(maxsize=500)  # a turn asks more than once, and of its history too
def _wants(text: str) -> bool:
    plain = plain_words(text)
    if _ABOUT_OTHERS.search(plain):
        return False
    return bool(_WISH.search(plain) or (len(plain.split()) <= 4 and _ALONE.search(plain)) or (_TO_SUPPORT.search(plain) and not _ENQUIRY.search(plain)))


def about_others(text: str) -> bool:
    """Whether somebody else is to be talked to, it is asked who is speaking, or people are to be added to or taken from a list."""
    plain = plain_words(text)
    return bool(_ABOUT_OTHERS.search(plain) or _TO_A_LIST.search(plain))


def plain_words(text: str) -> str:
    """Lower case without accents or signs, words apart by one blank, slips in the words that matter mended."""
    text = _ends(text)
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = re.findall(r"[a-z]+|\d+", re.sub(r"['’`´]", "", bare))
    return " ".join(_mend(word) for word in words)


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _LONGEST else f"{text[:_LONGEST]} {text[-_LONGEST:]}"


@lru_cache(maxsize=10_000)  # customers share their words
def _mend(word: str) -> str:
    """The key word that a word of five letters or more is one slip away from (a letter more, less, other, or two swapped)."""
    if len(word) < 5 or word in _KEY_WORDS or word in _NO_SLIPS:
        return word
    return next((key for key in _KEY_WORDS if abs(len(key) - len(word)) <= 1 and _one_slip(word, key)), word)


def _one_slip(one: str, other: str) -> bool:
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[start:], other[start:]
    return rest[1:] == other_rest[1:] or rest[1:] == other_rest or rest == other_rest[1:] or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:])


def any_of(words: str, *phrases: str) -> str:
    """A pattern for any of some words, given in one string, or of some phrases, longest tried first."""
    return "(?:" + "|".join(sorted([*words.split(), *phrases], key=len, reverse=True)) + ")"


def _near(first: str, second: str, between: int) -> str:
    """`first`, then `second` at most `between` words later."""
    return rf"\b{first}(?: \w+){{0,{between}}}? {second}\b"


_KEYS = (
    "human person people agent operator representative someone somebody assistant speak speaking talking chatting contact contacting mensch menschen mitarbeiter sprechen "
    "personne humain parler persona humano agente hablar medewerker spreken praten pessoa atendente falar parlare operatore"
)
_KEY_WORDS = tuple(_KEYS.split())
_NO_SLIPS = frozenset({"taking", "walking", "personal", "contract", "contacts", "agenda", "angel", "sneak"})
_PERSON = any_of(
    "humans? persons? people agents? operators? representatives? reps? someone somebody assistants? advis[eo]rs? employees? supervisors? managers? staff founders?"
)
_TALK = any_of("talk(?:ing)? speak(?:ing)? chat(?:ting)? contact(?:ing)? took speakwith talkwith talkk spak taok")
_ME = "(?:me|us)"

_WISH = re.compile(
    "|".join(
        (
            # English
            rf"\b(?<!about )(?<!\ba )(?<!the )(?<!this )(?<!that )(?<!live )(?<!each )(?<!every )(?<!their )(?<!of ){_TALK}(?! (?:about|persons?|assistants?|agents? (?:name|id|settings?|list|role|status)))(?: (?!about)\w+){{0,5}}? {_PERSON}\b",
            r"\bhave a (?:chat|talk|word) with (?:a |an |the )?(?:real |human |live )?(?:human|person|agent|operator|someone|somebody)\b",
            rf"\b(?:reach|get hold of|get in touch with|call)(?: (?:a|an|the|your|real|live|actual|human)){{1,3}} {_PERSON}\b",
            rf"\b(?:want|need|give {_ME}|gimme|get {_ME}|id like|would like|prefer)(?: (?:a|an|the|to|have|real|live|actual|proper|with|help|from|some)){{0,4}} (?:humans?|operator|representative|(?:real|live|human|actual|proper) (?:person|agent|people|being))\b",
            rf"\b(?:want|need|give {_ME}|gimme|get {_ME}) (?:an? )?(?:person|agent|supervisor|manager|rep|operator)\b(?! \w+ing\b)(?! (?:id|name|number|account|app|key|role|seat|list))",
            rf"\b(?:transfer|connect|forward|direct|redirect|pass|hand|put|escalate|refer|switch)(?: to)? {_ME}(?: \w+){{0,5}}? (?:{_PERSON}|team|department|support|somewhere else)\b",
            rf"\b(?:direct|redirect|connect) to {_ME}\b",
            rf"\bput {_ME} (?:through|in touch)\b",
            rf"\b(?:can|could|would|will) (?:you|u|ya) (?:\w+ ){{0,3}}?(?:hand|transfer|pass|escalate)(?: \w+){{0,5}}? {_PERSON}\b",
            rf"\b(?:get|have) (?:a|an|some) {_PERSON} (?:to )?(?:help|assist|call|contact|look)",
            r"\b(?:dont|do not|not|never|stop|hate|tired of|sick of|instead of|no more)(?: \w+){0,4}? (?:talk|speak|chat|talking|speaking|chatting)(?: \w+){0,2}? (?:a |the )?(?:bots?|chatbots?|machines?|robots?|computers?|ai)\b",
            r"\btalking to (?:a |an )?(?:bot|machine|robot|ai) is\b",
            r"\b(?:are there|is there|do you have|have you)(?: \w+){0,4}? (?:humans?|human support|real (?:person|people)|live (?:agent|support|person|chat)|anyone i can (?:talk|speak))\b",
            r"\b(?:is there|isnt there)(?: \w+){0,2}? (?:anyone|anybody|someone|somebody|a person|a human)(?: \w+){0,3}? (?:talk|speak|help)\b",
            r"\bsomeone (?:from|in|at) (?:the |your )?(?:customer )?(?:care|service|support|team|staff)\b",
            # German
            _near(
                any_of("mit an"),
                any_of(
                    "menschen mensch mitarbeiter(?:in)? person jemand(?:em|en)? berater(?:in)? kollegen kundenservice support(?:mitarbeiter)? team ansprechpartner(?:in)?"
                )
                + r"(?: \w+){0,5}? "
                + any_of("sprechen reden chatten verbinden verbunden weiterleiten weitergeben unterhalten telefonieren schreiben uberge(?:ben)?"),
                3,
            ),
            r"\b(?:verbinde[nt]?|leite[nt]?)(?: sie)? (?:mich|uns)(?: \w+){0,5}? (?:menschen|mitarbeiter(?:in)?|person|jemand(?:em)?|berater(?:in)?|kundenservice|support|kollegen)\b",
            r"\b(?:will|mochte|brauche|hatte gern(?:e)?)(?: \w+){0,3}? (?:echten?|richtigen?) (?:menschen?|mitarbeiter(?:in)?|person|ansprechpartner(?:in)?)\b",
            r"\b(?:keinen?|nicht mit (?:einem|einer|der|dem)) (?:bot|maschine|chatbot|roboter|ki)\b",
            # French
            _near(
                any_of("parler discuter echanger contacter joindre"),
                any_of("humain(?:e)? personne conseiller(?:e)? agent quelquun operateur operatrice employe responsable"),
                5,
            ),
            r"\b(?:mettez|mets|passez|passe|transferez|connectez|transferer|mettre)(?: \w+){0,4}? (?:humain|personne|conseiller(?:e)?|agent|quelquun|operateur)\b",
            r"\b(?:veux|voudrais|besoin)(?: \w+){0,3}? (?:humain|vraie personne|vrai conseiller|conseiller humain|dun conseiller|un conseiller)\b",
            r"\bpas (?:parler )?(?:a |avec )?un (?:robot|bot)\b",
            # Spanish
            _near(
                any_of("hablar chatear comunicarme contactar conversar hable comunicame"),
                any_of("persona humano humana agente alguien operador operadora asesor asesora representante ejecutivo encargado"),
                4,
            ),
            r"\b(?:paseme|pasame|comuniqueme|conecteme|conectame|transfierame|transfiereme|ponme|pongame)(?: \w+){0,4}? (?:persona|humano|agente|alguien|operador|asesor|representante)\b",
            r"\b(?:quiero|necesito|quisiera)(?: \w+){0,3}? (?:humano|persona real|agente humano|operador)\b",
            r"\bno quiero hablar con (?:un |una )?(?:bot|robot|maquina)\b",
            # Dutch
            _near(
                "(?:met|een)",
                any_of("mens medewerker persoon iemand collega adviseur klantenservice")
                + r"(?: \w+){0,3}? "
                + any_of("spreken praten chatten doorverbinden doorverbonden overleggen contact bellen"),
                3,
            ),
            r"\b(?:spreken|praten|chatten|verbind|doorverbinden)(?: \w+){0,4}? (?:mens|medewerker|persoon|iemand|collega|klantenservice)\b",
            r"\b(?:wil|nodig|graag)(?: \w+){0,3}? (?:echt mens|echte persoon|echte medewerker|mens)\b",
            # Portuguese
            _near(
                any_of("falar conversar contatar contactar fale"),
                any_of("pessoa humano humana atendente agente alguem operador operadora assistente representante"),
                4,
            ),
            r"\b(?:transfira|transfere|passe|passa|conecte|ligue)(?: \w+){0,4}? (?:pessoa|humano|atendente|agente|alguem|operador)\b",
            r"\b(?:quero|preciso|queria|gostaria)(?: \w+){0,3}? (?:humano|pessoa real|atendente|operador)\b",
            # Italian
            _near(
                any_of("parlare chattare contattare comunicare conversare parlo"),
                any_of("persona umano umana operatore operatrice agente qualcuno assistente consulente responsabile addetto"),
                4,
            ),
            r"\b(?:passami|mi passi|passatemi|mettimi|mettetemi|trasferiscimi|collegami)(?: \w+){0,5}? (?:persona|umano|operatore|operatrice|agente|qualcuno|consulente)\b",
            r"\b(?:voglio|vorrei|bisogno)(?: \w+){0,3}? (?:umano|persona reale|persona vera|operatore|operatrice)\b",
        )
    )
)

# Said alone, in a message of four words at most, these are requests: "human please", "operator", "real agent", "Mensch bitte".
_ALONE = re.compile(
    r"^(?:(?:a|an|the|please|pls|some|un|une|een|ein|einen|um|uma|una|uno) )?(?:(?:real|live|actual|human|service|support|customer|echter?|echten|vrai|vraie|vero|echt) )*"
    r"(?:human|humans|person|agent|operator|representative|handoff|hand off|handover|live chat|real people|mensch|menschen|mitarbeiter|humain|conseiller|humano|agente|operador|asesor|medewerker|mens|atendente|"
    r"operatore|umano|supervisor|manager)"
    r"(?: (?:please|pls|now|handoff|needed|bitte|svp|por favor|per favore|alstublieft|aub|jetzt|ahora|agora|subito|here|help|required))*$",
)

# Support as a body: "speak to customer service" is a request, "which hours can I call customer service" a question with an answer.
_SUPPORT = r"(?:customer |your |the |live |human |technical |tech |a |damn )*(?:service|support|assistance|care|team|helpdesk|help desk)"
_TO_SUPPORT = re.compile(rf"\b(?:talk(?:ing)?|speak(?:ing)?|chat(?:ting)?) (?:to |with )?{_SUPPORT}\b")
_ENQUIRY = re.compile(r"\b(?:hours?|times?|when|number|phone|mail|email|address|available|open|free|toll|how (?:do|can|could|to|i)|where|which|what do)\b")

# Somebody else is to be talked to, or it is asked who is speaking: no request of this customer for a person.
_ABOUT_OTHERS = re.compile(
    r"\b(?:am i|are we|was i|were we) (?:talking|speaking|chatting)\b|\bare you (?:a |an )?(?:even |really )?(?:a |an )?(?:real )?(?:human|person|bot|robot)\b"
    r"|\b(?:customers?|users?|visitors?|clients?|contacts?|members?|people|they|she|he|patients?|guests?) (?:\w+ )?(?:can |could |to |may |will |must |should )?(?:\w+ )?(?:talk|speak|chat|contact|reach|ask)\b"
    r"|\b(?<!how )(?<!what )(?<!where )(?<!who )(?:do|must|should|would) i (?:have to|need to|really have to|always need to)? ?(?:talk|speak|chat|contact|call)\b"
    r"|\b(?:have|has) (?:no one|nobody|noone) to (?:talk|speak)\b",
)
_COLLEAGUE = any_of("colleagues? coworkers? teammates? members? agents? users? employees? managers? admins? persons? people contacts? customers?")
_TO_A_LIST = re.compile(  # people of theirs, who are put on a list or taken from it: it sounds like a wish for a person to whoever goes by meaning
    rf"\b(?:add|invite|remove|delete|disable|deactivate|create|import|export|onboard) (?:\w+ ){{0,3}}?{_COLLEAGUE}\b(?! (?:in|into|to) (?:this|the|our|my) (?:chat|conversation|call)\b)"
    r"|\b(?:kolleg(?:en|in)|mitarbeiter\w*|benutzer|nutzer|mitglied\w*|agenten) (?:\w+ ){0,2}?(?:hinzufugen|einladen|entfernen|anlegen|loschen)\b"
    r"|\b(?:ajouter|inviter|supprimer|retirer) (?:\w+ ){0,2}?(?:collegue|utilisateur|membre|agent|employe)s?\b"
    r"|\b(?:agreg|anad|invit|elimin|quit)(?:ar|ir|o) (?:\w+ ){0,2}?(?:colega|usuario|miembro|agente|companero|empleado)s?\b",
)
