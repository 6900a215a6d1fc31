"""Numbers that are written in words, in English and the main European languages. Data, and how a word is read; it looks at no text."""

from __future__ import annotations

from collections.abc import Mapping

from glassine.rules.masking.plain import fold

# Words for 0 to 9, 10 to 19 and the tens, language by language. A word that two languages read differently is left out.
_DIGITS = (
    "zero one two three four five six seven eight nine", "null eins zwei drei vier funf sechs sieben acht neun", "zero un deux trois quatre cinq six sept huit neuf",
    "cero uno dos tres cuatro cinco seis siete ocho nueve", "zero uno due tre quattro cinque sei sette otto nove", "nul een twee drie vier vijf zes zeven acht negen",
    "zero um dois tres quatro cinco seis sete oito nove", "zero jeden dwa trzy cztery piec szesc siedem osiem dziewiec", "noll ett tva tre fyra fem sex sju atta nio",
    "nul en to tre fire fem seks syv otte ni", "null en to tre fire fem seks sju atte ni", "nolla yksi kaksi kolme nelja viisi kuusi seitseman kahdeksan yhdeksan",
    "ноль один два три четыре пять шесть семь восемь девять", "нуль один два три чотири п'ять шість сім вісім дев'ять", "zero unu doi trei patru cinci sase sapte opt noua",
    "nula jedna dva tri ctyri pet sest sedm osm devet", "sifir bir iki uc dort bes alti yedi sekiz dokuz", "μηδεν ενα δυο τρια τεσσερα πεντε εξι επτα οκτω εννεα", "nulla egy ketto harom negy ot hat het nyolc kilenc",
)  # fmt: skip
_TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", "zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn",
    "dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf", "diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve",
    "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove", "tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
    "dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove",
)  # fmt: skip
_TENS = (
    "twenty thirty forty fifty sixty seventy eighty ninety", "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig", "vingt trente quarante cinquante soixante septante huitante nonante",
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa", "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "twintig dertig veertig vijftig zestig zeventig tachtig negentig", "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
)  # fmt: skip
_ALSO = {
    "oh": "0", "o": "0", "nought": "0", "naught": "0", "nil": "0", "zwo": "2", "ein": "1", "une": "1", "una": "1", "uma": "1", "duas": "2", "meia": "6", "odin": "1", "раз": "1",
    "hundred": "00", "hundert": "00", "cent": "00", "cento": "00", "thousand": "000",
}  # fmt: skip
TIMES: Mapping[str, int] = {"double": 2, "twice": 2, "doppel": 2, "doble": 2, "doppio": 2, "dubbel": 2, "dupla": 2, "triple": 3, "treble": 3, "dreifach": 3, "tripla": 3, "drievoudig": 3}
SIGNS: Mapping[str, str] = {
    "dash": "-", "hyphen": "-", "minus": "-", "strich": "-", "bindestrich": "-", "tiret": "-", "guion": "-", "trattino": "-", "streepje": "-", "hifen": "-", "slash": "/",
    "schragstrich": "/", "dot": ".", "point": ".", "punkt": ".", "punto": ".", "punt": ".", "ponto": ".", "plus": "+", "colon": ":", "space": " ",
}  # fmt: skip


def _words() -> dict[str, str]:
    found: dict[str, str] = {}
    doubtful: set[str] = set()
    for lists, first in ((_DIGITS, 0), (_TEENS, 10)):
        for line in lists:
            for value, word in enumerate(line.split(), first):
                if found.setdefault(fold(word), str(value)) != str(value):
                    doubtful.add(fold(word))
    for line in _TENS:
        found |= {fold(word): str(10 * tens) for tens, word in enumerate(line.split(), 2)}
    for units, tens in ((_DIGITS[1], _TENS[1]), (_DIGITS[5], _TENS[5])):  # einundzwanzig, eenentwintig
        for one, unit in enumerate(units.split()):
            for ten, word in enumerate(tens.split(), 2):
                found |= {fold(stem + joint + word): str(10 * ten + one) for stem in {unit, unit.removesuffix("s")} for joint in ("und", "en", "ën") if one}
    return {word: value for word, value in (found | _ALSO).items() if word not in doubtful}


WORDS: Mapping[str, str] = _words()
ENGLISH = frozenset(f"{_DIGITS[0]} {_TEENS[0]} {_TENS[0]} oh".split())
ALSO_ENGLISH = frozenset(("to", "fire", "pet", "um", "het"))  # numbers elsewhere, and ordinary words before English numbers: "pay to one two …"
