"""How a customer sounds: angry, pleased, or neither. Signs in the text, and what its vector says where there is one; it decides nothing.

Measured by `python -m bench.tone DATA`: by words alone 31 of 96 angry messages in 13 languages are known and none of 128 calm or happy ones, and 46 of
20,291 messages of the public sets are taken for angry; with their meaning 4 of 1,015 are. bench/heads.py measures the meaning alone, each language left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from glassine.rules.asks import any_of, plain_words
from glassine.rules.meant import Heard
from glassine.rules.small_talk import SmallTalk, small_talk
from glassine.words.handoffs import Sentiment

_LOOKED_AT = 1_000  # characters
_LOUD = 12  # letters from which capitals are shouted
_SURE = 0.0

_INSULT = re.compile(
    r"\b"
    + any_of(
        "idiots? morons? liars? scammers? thieves crooks bullshit wtf dumbass assholes? bastards? pissed "
        "arschloch idioten scheissladen saftladen verarschen stinksauer betruger unverschamt frechheit "
        "connards? escrocs? voleurs? arnaqueurs? estafadores ladrones inutiles oplichters klootzak ladroes ladri truffatori incapaci",
        "fuck(?:ing|ed)?", "shitty?", "sick of (?:this|you|your)", "fed up with", "(?:a |such a )joke of a", "your (?:\\w+ )?(?:service|support|company) (?:is|sucks)(?: (?:a|an|so|really|absolutely))* (?:joke|useless|terrible|awful|pathetic|horrible|trash|garbage|disgrace)",
        "(?:you|you people|you guys|you are|youre)(?: (?:are|all|a|bunch|of|just|so|really))* (?:useless|liars|pathetic|incompetent|idiots|thieves|scammers|ridiculous)",
        "this is (?:\\w+ )?(?:ridiculous|outrageous|unacceptable|disgusting|a disgrace|disgraceful|a scam|bullshit|insane)",
        "worst (?:\\w+ )?(?:service|company|support|experience|app|shop)", "are you (?:fucking |effing )?kidding me", "waste of (?:my )?time", "wasting my time", "rip off",
        "losing my patience", "lost my patience", "had enough of", "nie wieder", "die nase voll", "jetzt reicht es", "jen ai marre", "vous vous moquez", "estoy harto", "estoy harta",
        "tomando el pelo", "spuugzat", "mi state prendendo in giro", "estao brincando",
    )
    + r"\b"
)  # fmt: skip
_SHOUT = re.compile(r"[!?]{3,}|[!！]{2,}\s*$|[😡🤬😠]")
_PLEASED = re.compile(r"[😊😍🥰👍❤]|\b" + any_of("perfect awesome wonderful brilliant fantastic parfait genial perfekt klasse perfetto ottimo geweldig otimo", "love it", "that worked", "thank you so much", "thanks so much", "thanks a lot") + r"\b")


def angry(text: str, heard: Heard | None = None) -> str:
    """What shows anger, in words for the team; empty: nothing does. Capitals or exclamation marks alone are loud, not angry: two signs are needed, or a plain one."""
    said = text[:_LOOKED_AT]
    if insult := _insult(said):
        return f"says “{insult}”"
    letters = [letter for letter in said if letter.isalpha() and letter.lower() != letter.upper()]
    loud = len(letters) >= _LOUD and sum(letter.isupper() for letter in letters) > 0.7 * len(letters)
    shouts = bool(_SHOUT.search(said))
    if loud and shouts:
        return "shouts, in capitals and with exclamation marks"
    if heard is not None and heard.angry > (_SURE if not (loud or shouts) else _SURE - 1.0):
        return "sounds angry"
    return ""


@lru_cache(maxsize=1_000)  # a turn asks more than once
def _insult(said: str) -> str:
    """The words that insult, or that nobody writes in a good mood."""
    found = _INSULT.search(plain_words(said))
    return found[0] if found else ""


def sentiment(said: Sequence[str], heard: Heard | None = None) -> Sentiment:
    """The mood of a customer who said this, the newest last. Anger counts as long as it is among the last three messages; `heard` is of the newest."""
    recent = said[-3:]
    if any(angry(text, heard if place == len(recent) else None) for place, text in enumerate(recent, 1)):
        return Sentiment.ANGRY
    newest = recent[-1] if recent else ""
    pleased = small_talk(newest) is SmallTalk.THANKS or bool(_PLEASED.search(newest.casefold()[:_LOOKED_AT]))
    return Sentiment.HAPPY if pleased else Sentiment.NEUTRAL
