"""Messages that want no knowledge: greetings, thanks, goodbyes, and the question who is answering. Pure patterns; it writes no reply.

Only a message that is small talk from end to end counts: "thanks, but it still fails" is a question.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from glassine.rules.asks import any_of, plain_words


class SmallTalk(StrEnum):
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    WHO_ARE_YOU = "who_are_you"


@lru_cache(maxsize=2_000)  # a turn asks several times, and of all that was said before: give it masked texts only
def small_talk(text: str) -> SmallTalk | None:
    """What kind of small talk the whole message is; None as soon as it holds anything else."""
    said = re.sub(r"([a-z])\1{2,}", r"\1", plain_words(text))
    if not said or len(said.split()) > 12:
        return None
    return next((kind for kind, pattern in _SMALL_TALK if pattern.fullmatch(said)), None)


_FILL = any_of(
    "there all everyone everybody team you again my dear friend guys sir madam folks buddy boss man well so i said its me please pls ey to just wanted say"
)
_HELLO = any_of(
    "hi hello helo hey heya hiya hihi hallo holla hola howdy greetings yo sup ayy hie wassup wazzup whaddup goodmorning goodevening ciao salut aloha "
    "bonjour bonsoir coucou servus goedemorgen goedemiddag goedenavond ola oi buongiorno buonasera salve hru",
    "whats up(?: with you)?",
    "what is up",
    "how (?:are|have) you(?: been)?(?: doing| feeling)?(?: today)?",
    "how(?:s| is) (?:it going|it hanging|life|everything|everything going)(?: with you| for you)?",
    "how are things(?: going)?(?: with you| for you)?",
    "(?:its )?(?:nice|good) to (?:see|meet) you",
    "anyone there",
    "good (?:morning|afternoon|evening|day)",
    "guten (?:tag|morgen|abend)",
    "moin(?: moin)?",
    "buenos dias",
    "buenas(?: tardes| noches)?",
    "bom dia",
    "boa (?:tarde|noite)",
)
_HELP = r"(?: for (?:all )?(?:the |your )?(?:\w+ing(?: me| my questions?| us| that| out| know| to me| it| this)*(?: today)?|quick reply|reply|response|answer|time|help|assist|info|cooperation))?"
_THANK = any_of(
    "thanks? thankyou thx tx ty tks tnx thankx thnks appreciated? grateful thankful danke dank merci gracias bedankt obrigad[oa] grazie cheers",
    f"thanks{_HELP}",
    f"thank (?:you|ya){_HELP}",
    "that (?:helped|worked|helps)",
    "much obliged",
    "(?:you have|youve|you) been (?:a )?(?:very )?(?:great|big|helpful)(?: help)?",
    "good job",
    "i owe you one",
)
_WITH_THANKS = any_of(
    "you u very much many so lot alot a lots ton tons bunch million great good awesome perfect excellent cool nice amazing super ok okay oh wow why really im am i for the your all help "
    "helping info information assistance answer it that thats all need this was is very helpful worked works kind kindly again anyways? everything yes bot man buddy to special would like "
    "want schon vielen sehr beaucoup bien muchas mil je wel hartelijk muito mille tante molte prego",
)
_BYE = any_of(
    "bye goodbye byee byebye buhbye cya farewell ciao adios goodnight later sayonara tschuss tschuess doei tchau adeus arrivederci",
    "see (?:you|u|ya)(?: again)?(?: later| soon| around| tomorrow)?",
    "good (?:by|bye|night)",
    "take (?:care|it easy)",
    "(?:i )?(?:gotta|have to|need to|must) (?:go|run)(?: now)?",
    "catch you (?:later|around)",
    "talk to you (?:later|soon)",
    "toodle oo",
    "auf wiedersehen",
    "au revoir",
    "hasta luego",
    "tot ziens",
    "ate logo",
    "until next time",
    "(?:it was |its been )?(?:nice|great|good|cool) (?:talking|chatting|speaking)(?: to| with)? (?:you|again)",
    "have a (?:nice|good|great) (?:day|one|evening|weekend)",
    "thanks for (?:talking|chatting)",
)
_WITH_BYE = any_of("ok okay then well now for thanks thank you buh bot ai my friend all thats and was it the dag pronto")
_MACHINE = any_of(
    "bots? chatbot robot robo machine ai computer human real artificial automated program software",
    "artificial intelligence",
    "(?:real |live |actual |human )+(?:person|human|being|bot)",
    "person",
)
_WHO = any_of(
    "who are you",
    "what are you",
    "who am i (?:talking|speaking|chatting) (?:to|with)",
    rf"(?:are|arent|if|whether|that|think|guess|because|cuz) you(?: are|re)?(?: (?:an?|even|really|actually|just|sure that you are|sure that youre|in fact))* {_MACHINE}",
    rf"(?:you are|youre|you)(?: (?:an?|just|really))* {_MACHINE}",
    rf"(?:am i|is this)(?: (?:talking|speaking|chatting) (?:to|with))?(?: (?:an?|an actual|a real))* {_MACHINE}",
    r"(?:bist du|sind sie)(?: ein(?:e)?)? (?:bot|mensch|roboter|maschine|ki)",
    "(?:es tu|etes vous) une? (?:robot|humain|ia|bot|personne)",
    "(?:eres|es usted) una? (?:robot|bot|humano|persona|ia)",
    "(?:ben je|bent u) een (?:robot|bot|mens)",
    "voce e uma? (?:robo|bot|humano|pessoa|ia)",
    "(?:sei|e) una? (?:bot|robot|umano|persona|ia)",
)
_WITH_WHO = any_of(
    "so hey hi wait but ok oh cuz because then right lol please now",
    "tell me(?: now)?",
    "i guess",
    "i think",
    "i (?:need|want) to know",
    "may i know",
    "can you tell me",
    f"or(?: (?:an?|are you|in fact))* (?:{_MACHINE}|not|fake)",
    "arent you",
    "are you",
)


def _made_of(core: str, around: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{around} )*{core}(?: (?:{core}|{around}))*")


_SMALL_TALK = (
    (SmallTalk.WHO_ARE_YOU, _made_of(f"(?:{_WHO}|(?:real )?(?:bot|robot|ai))", _WITH_WHO)),
    (SmallTalk.THANKS, _made_of(_THANK, _WITH_THANKS)),
    (SmallTalk.GOODBYE, _made_of(_BYE, _WITH_BYE)),
    (SmallTalk.GREETING, _made_of(_HELLO, _FILL)),
)
