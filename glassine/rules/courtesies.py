"""What is left of a message without the sentences that only greet, introduce, thank or take leave: what a search is made with. Pure; it changes no message.

Every word is stored, and a model reads every word. Only what is searched for, and what a passage is measured against, goes without.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import re2

from glassine.rules.asks import any_of, plain_words
from glassine.rules.passages import sentences
from glassine.rules.redaction import PLACEHOLDER
from glassine.rules.small_talk import SmallTalk, small_talk

_READ = 2_000  # characters of a message: what a search reads of it
_MOST_CHARACTERS, _MOST_WORDS, _MOST_STRETCHES = 200, 20, 6  # of what can be nothing but polite
_BREAK = re.compile(r"[,;:!?.–—](?<=[^\s,;:!?.–—].)[,;:!?.–—]*\s+|\s(?<=\S.)(?:(?:and|und|et|y|e|en|&|-)\s+)")
_SIGNS = ",;:!?.–—"
# What follows these words and begins with capital letters is a name, where names are not masked or one was missed.
_NAMED = re.compile(
    r"\b((?i:my name(?: is|'s|’s)|(?:mein|der) name ist|ich hei(?:ß|ss)e|je m['’]appelle|mon nom est|me llamo|mi nombre es|mi chiamo|il mio nome è|me chamo|meu nome é|mijn naam is|ik heet)) "
    r"[^\W\d_a-z][\w'’-]{0,30}(?: [^\W\d_a-z][\w'’-]{0,30}){0,2}(?=\W*$)"
)


def asking(text: str) -> str:
    """The message without what is only polite at its beginning and end: the message itself where nothing is, and where all of it is."""
    found = sentences(text[:_READ], "en")
    first, last = 0, len(found)
    while first < last and polite(found[first]):
        first += 1
    while first < last and polite(found[last - 1]):
        last -= 1
    kept = found[first:last]
    if kept:
        kept[0] = _begun(kept[0])
        kept[-1] = _ended(kept[-1])
    return text if kept == found else " ".join(kept) or text


def _begun(sentence: str) -> str:
    """A sentence without the polite stretches that it begins with: `Hi, I am [NAME_1] and I need …`."""
    at = 0
    for match in islice(_BREAK.finditer(sentence), _MOST_STRETCHES):
        if polite(sentence[at : match.start()]) or polite(sentence[: match.start()]):
            at = match.end()
    return sentence[at:]


def _ended(sentence: str) -> str:
    """A sentence without the thanks that it ends with: `…, thank you in advance!`"""
    for match in islice(_BREAK.finditer(sentence), _MOST_STRETCHES):
        if sentence[match.start()] in _SIGNS and _thanks(sentence[match.end() :]):
            return sentence[: match.start()]
    return sentence


def polite(stretch: str) -> bool:
    """Whether it only greets, introduces whoever writes, asks for help without saying with what, thanks, or takes leave."""
    if len(stretch) > _MOST_CHARACTERS:
        return False
    if small_talk(stretch) in _KINDS:
        return True
    said = _plain(stretch)
    return len(said.split()) <= _MOST_WORDS and (_POLITE.fullmatch(said) is not None or _ONLY_VALUES.fullmatch(said) is not None)


def _thanks(stretch: str) -> bool:
    return len(stretch) <= _MOST_CHARACTERS and ((len(stretch.split()) > 1 and small_talk(stretch) is SmallTalk.THANKS) or _POLITE_END.fullmatch(_plain(stretch)) is not None)


def _plain(stretch: str) -> str:
    """Its words, with one that stands for any name and one for any other value."""
    named = _NAMED.sub(r"\1 zzname", stretch)
    return plain_words(PLACEHOLDER.sub(lambda value: " zzname " if value[1] == "NAME" else " zzvalue ", named))


_KINDS = frozenset((SmallTalk.GREETING, SmallTalk.THANKS, SmallTalk.GOODBYE))
_NAME, _MASKED = "(?:zzname(?: zzname)*)", r"(?:(?:zzvalue|zzname|\d+)(?: (?:zzvalue|zzname|\d+))*)"
_ID = rf"(?:{_MASKED}|[a-z]+(?: [a-z]+)? \d+)"  # such as mia_li_3668
_HELLO = any_of(
    "hi hello hey hiya howdy greetings hallo moin servus bonjour bonsoir salut coucou hola ciao salve buongiorno buonasera ola oi hoi goedemorgen goedemiddag goedenavond goedendag dag zzname",
    "good (?:morning|afternoon|evening|day)", "guten (?:tag|morgen|abend)", "gruss gott", "buenos dias", "buenas(?: tardes| noches)?", "bom dia", "boa (?:tarde|noite)",
    "(?:dear|beste|liebes|liebe|lieber|cher|chere|chers|estimados?|estimadas?|prezados?|prezadas?|caro|cara|cari|gentile|gentili|spettabile|geachte)(?: (?:sir|madam|or|team|support|customer|service|care|all|"
    "everyone|friends?|kundenservice|kundendienst|equipe|equipo|suporte|supporto|assistenza|servizio|clienti|senores|senores|senhores|senhor|senhora|signori|heer|mevrouw|zzname))*",
    "sehr geehrte[rs]?(?: (?:damen|herren|herr|frau|und|team|zzname))*", "madame(?: monsieur)?", "monsieur", "to whom it may concern",
    "i hope (?:that )?(?:you|youre|this|everything|all)(?: (?:are|is|re|all|doing|had|have|having|a|an|your|the|message|email|finds?|you|great|good|nice|lovely|well|fine|ok|okay|day|week|weekend|morning|today))+",
    "(?:ich )?hoffe (?:ihnen|dir|es) geht(?: es)?(?: ihnen| dir)? gut", "espero que (?:este|estes|esten|esteja|estejam) bien?", "how are you(?: doing)?(?: today)?",
)  # fmt: skip
_WHO = any_of(
    "",
    f"(?:my|the) name(?: is|s)? {_NAME}", f"(?:and )?(?:i am|im|this is|its|it is) {_NAME}(?: here| speaking)?", f"{_NAME} (?:here|speaking)", f"(?:mein|der) name ist {_NAME}",
    f"ich (?:bin|heisse)(?: der| die)? {_NAME}", f"hier (?:ist|spricht|schreibt)(?: der| die| herr| frau)? {_NAME}", f"(?:je mappelle|je suis|mon nom est|ici|moi cest|cest) {_NAME}",
    f"(?:me llamo|mi nombre es|soy|yo soy|(?:le )?habla|le escribe) {_NAME}", f"(?:mi chiamo|il mio nome e|sono|io sono|parla) {_NAME}",
    f"(?:(?:o )?meu nome e|me chamo|chamo me|(?:eu )?sou(?: o| a)?|aqui (?:e|fala)(?: o| a)?) {_NAME}", f"(?:(?:mijn|de) naam is|ik ben|ik heet|u spreekt met|met) {_NAME}",
    f"(?:and )?my (?:user|customer|client|member|membership|account|login) ?(?:id|name|number|no) is {_ID}",
    f"(?:and )?my (?:e ?mail|mail|phone|telephone|mobile|cell|zip|post ?code|postal|home|date of birth|birthday|address) ?(?:address|number|code)? is {_MASKED}",
    f"meine? (?:kundennummer|kunden nr|mitgliedsnummer|benutzername|e ?mail|telefonnummer|handynummer|adresse|plz) ?(?:adresse)? (?:ist|lautet) {_MASKED}",
    f"(?:mon|ma|mes) (?:numero(?: de (?:client|telephone))?|e ?mail|adresse(?: e ?mail| mail)?|identifiant) est {_MASKED}",
    f"mi (?:correo(?: electronico)?|e ?mail|telefono|numero de (?:cliente|telefono)|usuario|direccion) es {_MASKED}", f"(?:il mio|la mia) (?:e ?mail|numero(?: di telefono)?|codice cliente|indirizzo) e {_MASKED}",
    f"(?:o )?meu (?:e ?mail|telefone|numero de cliente|endereco|usuario) e {_MASKED}", f"mijn (?:e ?mail(?: ?adres)?|telefoonnummer|klantnummer|adres) is {_MASKED}",
    "i am a (?:new |long ?time |loyal |regular )?customer(?: of yours)?", "ich bin kunde(?: bei ihnen)?",
)  # fmt: skip
_FOR_HELP = any_of(
    "",
    "(?:can|could|would|will) you (?:please )?(?:help|assist) (?:me|us)(?: out)?(?: with (?:this|that|it|something))?(?: please)?", "i need (?:some |your |a little |a bit of )?(?:help|assistance)(?: please)?",
    "please help(?: me)?", "(?:i have|i got|ive got|i have got) (?:a|one|another) (?:quick |small |short )?question(?: for you)?", "(?:quick|just a) question", "(?:konnen sie|kannst du|konnten sie) mir(?: bitte)?(?: weiter)? ?helfen",
    "ich (?:habe|hatte)(?: da| mal)? eine(?: kurze)? frage", "ich brauche(?: bitte)? hilfe", "(?:pouvez|pourriez) vous (?:maider|me aider|nous aider)", "jai (?:une|juste une) question", "jai besoin daide",
    "(?:puede|puedes|podria|podrias|pueden) ayudarme", "tengo una (?:pregunta|duda|consulta)", "necesito ayuda", "(?:puo|puoi|potete|potrebbe) aiutarmi", "ho (?:una domanda|bisogno di aiuto)",
    "(?:pode|poderia|podem) (?:me )?ajudar(?: me)?", "tenho uma (?:pergunta|duvida)", "preciso de ajuda", "(?:kunt u|kun je|kan je) (?:mij|me) helpen", "ik heb (?:een vraag|hulp nodig)",
)  # fmt: skip
_THANKING = any_of(
    "thanks thank danke merci gracias grazie obrigado obrigada bedankt mfg lg vg mvg cordialement atentamente atenciosamente sincerely cheers regards saludos saluti cumprimentos",
    "(?:many )?thanks?(?: you)?(?: so much| very much| a lot| again)?(?: in advance)?(?: for(?: \\w+){1,6})?", "(?:any|your) help (?:is|would be|will be)(?: much| greatly| highly| very)? appreciated",
    "(?:i|id|i would|we)(?: really| would| greatly)*? appreciate (?:it|that|this|you(?:r(?: \\w+){1,2}| explaining| helping))(?: with this| very much)?", "(?:vielen|besten|herzlichen|lieben) dank(?: im voraus| fur (?:ihre|deine|die) hilfe)?",
    "danke(?: schon| sehr| im voraus| fur (?:ihre|deine|die) hilfe)+", "merci (?:beaucoup|davance|par avance|bien|(?:pour|de) votre aide)(?: davance)?", "(?:muchas )?gracias(?: de antemano| por (?:su|tu|la) ayuda)?",
    "(?:mille )?grazie(?: mille| in anticipo| per (?:laiuto|il suo aiuto))?", "(?:muito )?obrigad[oa](?: desde ja| pela (?:sua )?ajuda)?", "(?:alvast |heel erg )?bedankt(?: voor (?:uw|je|de) hulp)?", "bij voorbaat dank", "dank (?:u|je)(?: wel)?",
    "(?:all the )?best", "(?:with )?(?:kind|best|warm|warmest|many|kindest)(?: regards| wishes)", "yours (?:sincerely|faithfully|truly)", "(?:mit )?(?:freundlichen?|besten?|herzlichen?|viele|liebe|schone) (?:grussen|gruss|grusse)",
    "bien (?:cordialement|a vous)", "(?:sinceres|meilleures) salutations", "(?:un )?(?:cordial )?saludo(?:s cordiales)?", "(?:cordiali|distinti) saluti", "(?:com os )?melhores cumprimentos", "(?:met )?vriendelijke groet(?:en)?",
)  # fmt: skip
_FILL = any_of("and so well also please sure yes yeah ok okay great perfect wonderful alright then now there again all everyone team support just here today und ja bitte oui si sim prego por favor et e y en ook", "got it", "will do", "i see", "sounds good", "you too", "that looks (?:good|great)")


def _made_of(*kinds: str) -> Any:
    """By the engine without backtracking: many words fit into several places, and nineteen names in a row would be tried in half a million ways."""
    one = f"(?:{'|'.join(kinds)})"
    return re2.compile(f"(?:{_FILL} )*{one}(?: (?:{one}|{_FILL}|{_NAME}))*")


_POLITE = _made_of(_HELLO, _WHO, _FOR_HELP, _THANKING)
_POLITE_END = _made_of(_THANKING)
_ONLY_VALUES = re2.compile(rf"{_NAME}(?: zzvalue| {_NAME})*|(?:zzvalue ?)+")
