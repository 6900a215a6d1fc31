"""A call that waits for the customer, in our own words: what they are asked, and whether a message says yes or no to it. No model makes or reads these words.

Only a message that says nothing else is a yes. What would be done stands in a block of code, so that no value in it becomes a link or a picture.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from glassine.rules.phrases import spoken
from glassine.words.actions import Call, CallState

_LONGEST = 60  # characters: a yes is short
_OTHER_SCRIPTS = 0x0900
_SIGNS = re.compile(r"[!-,./:-@\[-`{-~¡¿«»‹›“”„‚‘’。、！？…·]+")

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "confirm": "I can do this for you:", "sure": "Shall I go ahead?", "yes": "Yes, do it", "no": "No, leave it", "form": "Please fill in this form, and I go on from there:",
        "code": "To make sure that it is you, a one-time code has been sent to you. Please enter it here:", "approval": "Somebody from our team has to agree to this first. You will read here what comes of it:",
        "done": "This has been done:", "failed": "This could not be done:", "declined": "All right, nothing was done. Is there anything else?",
        "expired": "That took too long, so nothing was done. If you still want it, please ask again.", "refused": "Our team did not agree to this, so nothing was done:",
        "dry": "This was a trial, so nothing was done:",
        "instead": "This will not be done, because you asked for something else:", "undecided": "Nobody from our team has decided on this in time, so nothing was done:",
        "next": "If you still want it, please ask again, or say that you would like to speak to a person.",
    },
    "de": {
        "confirm": "Das kann ich für Sie tun:", "sure": "Soll ich das tun?", "yes": "Ja, bitte ausführen", "no": "Nein, lassen", "form": "Bitte füllen Sie dieses Formular aus, dann mache ich weiter:",
        "code": "Damit sicher ist, dass Sie es sind, wurde Ihnen ein Einmalcode geschickt. Bitte geben Sie ihn hier ein:", "approval": "Dem muss zuerst jemand aus unserem Team zustimmen. Was daraus wird, lesen Sie hier:",
        "done": "Das wurde ausgeführt:", "failed": "Das ging nicht:", "declined": "Gut, es wurde nichts getan. Kann ich sonst etwas tun?",
        "expired": "Das hat zu lange gedauert, deshalb wurde nichts getan. Wenn Sie es noch möchten, sagen Sie es bitte noch einmal.", "refused": "Unser Team hat dem nicht zugestimmt, deshalb wurde nichts getan:",
        "dry": "Das war ein Probelauf, es wurde nichts getan:",
        "instead": "Das wird nicht ausgeführt, weil Sie etwas anderes möchten:", "undecided": "Niemand aus unserem Team hat rechtzeitig darüber entschieden, deshalb wurde nichts getan:",
        "next": "Wenn Sie es noch möchten, sagen Sie es bitte noch einmal, oder sagen Sie, dass Sie mit einem Menschen sprechen möchten.",
    },
    "fr": {
        "confirm": "Je peux faire ceci pour vous :", "sure": "Dois-je le faire ?", "yes": "Oui, allez-y", "no": "Non, laissez", "form": "Veuillez remplir ce formulaire, et je continue :",
        "code": "Pour être sûrs que c'est bien vous, nous vous avons envoyé un code à usage unique. Saisissez-le ici :", "approval": "Une personne de notre équipe doit d'abord donner son accord. Vous lirez la suite ici :",
        "done": "C'est fait :", "failed": "Cela n'a pas pu être fait :", "declined": "Bien, rien n'a été fait. Puis-je vous aider pour autre chose ?",
        "expired": "Cela a pris trop de temps, rien n'a donc été fait. Si vous le souhaitez toujours, redemandez-le.", "refused": "Notre équipe n'a pas donné son accord, rien n'a donc été fait :",
        "dry": "C'était un essai, rien n'a été fait :",
        "instead": "Ceci ne sera pas fait, car vous avez demandé autre chose :", "undecided": "Personne de notre équipe n'a pris de décision à temps, rien n'a donc été fait :",
        "next": "Si vous le souhaitez toujours, redemandez-le, ou dites que vous voulez parler à une personne.",
    },
    "es": {
        "confirm": "Puedo hacer esto por usted:", "sure": "¿Lo hago?", "yes": "Sí, hágalo", "no": "No, déjelo", "form": "Rellene este formulario y continúo:",
        "code": "Para asegurarnos de que es usted, le hemos enviado un código de un solo uso. Introdúzcalo aquí:", "approval": "Alguien de nuestro equipo tiene que aprobarlo antes. Aquí leerá el resultado:",
        "done": "Esto está hecho:", "failed": "Esto no se ha podido hacer:", "declined": "De acuerdo, no se ha hecho nada. ¿Necesita algo más?",
        "expired": "Ha pasado demasiado tiempo, así que no se ha hecho nada. Si todavía lo desea, pídalo de nuevo.", "refused": "Nuestro equipo no lo ha aprobado, así que no se ha hecho nada:",
        "dry": "Era una prueba, no se ha hecho nada:",
        "instead": "Esto no se hará, porque ha pedido otra cosa:", "undecided": "Nadie de nuestro equipo lo ha decidido a tiempo, así que no se ha hecho nada:",
        "next": "Si todavía lo desea, pídalo de nuevo, o diga que quiere hablar con una persona.",
    },
    "nl": {
        "confirm": "Dit kan ik voor u doen:", "sure": "Zal ik dat doen?", "yes": "Ja, doe maar", "no": "Nee, laat maar", "form": "Vul dit formulier in, dan ga ik verder:",
        "code": "Om zeker te weten dat u het bent, hebben we u een eenmalige code gestuurd. Vul die hier in:", "approval": "Iemand van ons team moet hier eerst mee akkoord gaan. U leest hier wat ervan komt:",
        "done": "Dit is gedaan:", "failed": "Dit lukte niet:", "declined": "Goed, er is niets gedaan. Kan ik verder nog iets doen?",
        "expired": "Dat duurde te lang, dus er is niets gedaan. Wilt u het nog, vraag het dan opnieuw.", "refused": "Ons team ging hier niet mee akkoord, dus er is niets gedaan:",
        "dry": "Dit was een proef, er is niets gedaan:",
        "instead": "Dit wordt niet gedaan, omdat u iets anders wilt:", "undecided": "Niemand van ons team heeft hier op tijd over beslist, dus er is niets gedaan:",
        "next": "Wilt u het nog, vraag het dan opnieuw, of zeg dat u een medewerker wilt spreken.",
    },
    "pt": {
        "confirm": "Posso fazer isto por você:", "sure": "Devo fazer?", "yes": "Sim, pode fazer", "no": "Não, deixe", "form": "Preencha este formulário e eu continuo:",
        "code": "Para ter certeza de que é você, enviamos um código de uso único. Digite-o aqui:", "approval": "Alguém da nossa equipe precisa aprovar isto primeiro. O resultado aparecerá aqui:",
        "done": "Isto foi feito:", "failed": "Não foi possível fazer isto:", "declined": "Certo, nada foi feito. Posso ajudar em mais alguma coisa?",
        "expired": "Demorou demais, por isso nada foi feito. Se ainda quiser, peça de novo.", "refused": "A nossa equipe não aprovou, por isso nada foi feito:",
        "dry": "Foi um teste, nada foi feito:",
        "instead": "Isto não será feito, porque você pediu outra coisa:", "undecided": "Ninguém da nossa equipe decidiu a tempo, por isso nada foi feito:",
        "next": "Se ainda quiser, peça de novo, ou diga que quer falar com uma pessoa.",
    },
    "it": {
        "confirm": "Posso fare questo per lei:", "sure": "Procedo?", "yes": "Sì, proceda", "no": "No, lasci stare", "form": "Compili questo modulo e poi vado avanti:",
        "code": "Per essere sicuri che sia lei, le abbiamo inviato un codice monouso. Lo inserisca qui:", "approval": "Qualcuno del nostro team deve prima approvare. Leggerà qui l'esito:",
        "done": "È stato fatto:", "failed": "Non è stato possibile:", "declined": "Va bene, non è stato fatto nulla. Posso fare altro?",
        "expired": "È passato troppo tempo, quindi non è stato fatto nulla. Se lo desidera ancora, lo chieda di nuovo.", "refused": "Il nostro team non ha approvato, quindi non è stato fatto nulla:",
        "dry": "Era una prova, non è stato fatto nulla:",
        "instead": "Questo non sarà fatto, perché ha chiesto altro:", "undecided": "Nessuno del nostro team ha deciso in tempo, quindi non è stato fatto nulla:",
        "next": "Se lo desidera ancora, lo chieda di nuovo, oppure dica che vuole parlare con una persona.",
    },
}  # fmt: skip

_YES = (
    "yes|yes please|yes do it|yes go ahead|yes i confirm|yeah|yep|yup|sure|ok|okay|go ahead|do it|please do|confirm|confirmed|i confirm|that is right|thats right|correct|of course|yes sure|yes of course|"
    "ja|ja bitte|ja gerne|gerne|jawohl|genau|mach das|machen sie das|bitte ausfuhren|ja ausfuhren|ja mach das|bestatigt|ich bestatige|einverstanden|"
    "oui|oui allez-y|allez-y|oui merci|daccord|je confirme|confirme|bien sur|oui svp|"
    "si|si por favor|si hagalo|hagalo|adelante|de acuerdo|confirmo|claro|vale|"
    "ja graag|doe maar|ja doe maar|akkoord|bevestigd|ik bevestig|prima|"
    "sim|sim por favor|pode fazer|sim pode fazer|sim confirmo|pode|isso|"
    "si grazie|si proceda|proceda|daccordo|va bene|confermo|certo|"
    "tak|tak poprosze|ano|da|так|да|evet|tamam|はい|お願いします|是|是的|好的|네|예|نعم|हाँ|हां|ja tack|ja tak"
)
_NO = (
    "no|no thanks|no thank you|nope|no leave it|leave it|cancel|cancel that|stop|dont|do not|dont do it|do not do it|no dont|not now|never mind|nevermind|no stop|"
    "nein|nein danke|nein lassen|lassen sie das|nicht|abbrechen|stopp|lieber nicht|nein lieber nicht|bitte nicht|"
    "non|non merci|non laissez|laissez|annuler|annulez|surtout pas|"
    "no gracias|no dejelo|dejelo|cancelar|cancele|mejor no|"
    "nee|nee dank u|nee bedankt|laat maar|nee laat maar|annuleren|liever niet|"
    "nao|nao obrigado|nao obrigada|nao deixe|deixe|melhor nao|"
    "no grazie|no lasci stare|lasci stare|annulla|meglio di no|"
    "nie|ne|ні|нет|hayir|いいえ|不|不要|不用|아니요|لا|नहीं|nej|nej tack"
)


def asked(call: Call, language: str | None, gave_way: str = "") -> tuple[str, tuple[str, ...]]:
    """What the customer reads of a call that waits, and what they can pick. `gave_way`: what had waited until they wanted this instead."""
    said = _TEXTS[spoken(language)]
    first = f"{said['instead']}\n\n{_block(gave_way)}\n\n" if gave_way else ""
    if call.state is CallState.CONFIRM:
        return f"{first}{said['confirm']}\n\n{_block(call.says)}\n\n{said['sure']}", (said["yes"], said["no"])
    return f"{first}{said[str(call.state)]}\n\n{_block(call.says)}", ()


def ended(call: Call, language: str | None) -> str:
    """What became of a call, where no model tells it: nothing of its answer is in it."""
    said = _TEXTS[spoken(language)]
    if call.undecided:
        return f"{said['undecided']}\n\n{_block(call.says or call.name)}\n\n{said['next']}"
    if call.state is CallState.EXPIRED or (call.state is CallState.DECLINED and call.by is None):
        return said["expired" if call.state is CallState.EXPIRED else "declined"]
    name = {CallState.DONE: "done", CallState.DECLINED: "refused", CallState.DRY: "dry"}.get(call.state, "failed")
    return f"{said[name]}\n\n{_block(call.says or call.name)}"


def _block(text: str) -> str:
    return "```\n" + text.replace("`", "'") + "\n```"


def says_yes(text: str, language: str | None) -> bool | None:
    """Whether the whole of a message is a yes, or a no. None: it says anything else."""
    plain = _plain(text)
    if plain in _SAID[True] or plain in _OWN[spoken(language)][True]:
        return True
    return False if plain in _SAID[False] or plain in _OWN[spoken(language)][False] else None


def _plain(text: str) -> str:
    """Lower case, without accents and signs. Marks of other scripts are letters to their readers, and stay."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text[:200].casefold()) if unicodedata.category(letter) != "Mn" or ord(letter) >= _OTHER_SCRIPTS)
    return " ".join(re.sub(_SIGNS, "", re.sub(r"['’`´]", "", bare)).split()) if len(text) <= _LONGEST else ""


_SAID = {yes: frozenset(map(_plain, words.split("|"))) for yes, words in ((True, _YES), (False, _NO))}
_OWN = {language: {yes: frozenset({_plain(said[name])}) for yes, name in ((True, "yes"), (False, "no"))} for language, said in _TEXTS.items()}
