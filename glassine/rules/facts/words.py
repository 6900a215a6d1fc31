"""The words that facts are written with, in the languages that the product speaks: numbers, months, days, units, currencies. Data; it reads no text."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "de", "fr", "es", "nl", "pt", "it")

def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SMALL = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
    "nl": "nul één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
    "pt": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante septante huitante nonante",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
}
_ALSO: Mapping[str, Mapping[str, int]] = {
    "en": {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 1_000_000, "millions": 1_000_000, "billion": 10**9, "mio": 1_000_000, "k": 1_000},
    "de": {"ein": 1, "eine": 1, "einem": 1, "einen": 1, "einer": 1, "zwo": 2, "dreissig": 30, "dutzend": 12, "hundert": 100, "tausend": 1_000, "mio": 1_000_000, "million": 1_000_000, "millionen": 1_000_000, "mrd": 10**9, "milliarde": 10**9, "milliarden": 10**9},
    "fr": {"une": 1, "cent": 100, "cents": 100, "mille": 1_000, "million": 1_000_000, "millions": 1_000_000, "milliard": 10**9, "milliards": 10**9, "vingts": 20, "douzaine": 12, "quinzaine": 15},
    "es": {"un": 1, "una": 1, "veintiuno": 21, "veintidós": 22, "veintitrés": 23, "veinticuatro": 24, "veinticinco": 25, "veintiséis": 26, "veintisiete": 27, "veintiocho": 28, "veintinueve": 29,
           "cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300, "cuatrocientos": 400, "quinientos": 500, "mil": 1_000, "millón": 1_000_000, "millones": 1_000_000, "docena": 12},
    "nl": {"een": 1, "dozijn": 12, "honderd": 100, "duizend": 1_000, "miljoen": 1_000_000, "miljard": 10**9},
    "pt": {"uma": 1, "duas": 2, "dezasseis": 16, "dezassete": 17, "dezanove": 19, "quatorze": 14, "cem": 100, "cento": 100, "duzentos": 200, "trezentos": 300, "quinhentos": 500, "mil": 1_000, "milhão": 1_000_000, "milhões": 1_000_000, "dúzia": 12},
    "it": {"una": 1, "un": 1, "cento": 100, "duecento": 200, "trecento": 300, "cinquecento": 500, "mille": 1_000, "mila": 1_000, "milione": 1_000_000, "milioni": 1_000_000, "miliardo": 10**9, "miliardi": 10**9, "dozzina": 12},
}  # fmt: skip


def _compounds(language: str, small: list[str], tens: list[str]) -> dict[str, int]:
    """German and Dutch write 21 to 99 as one word, and German its hundreds; Italian joins them the other way round."""
    made: dict[str, int] = {}
    for ten, name in enumerate(tens, 2):
        for one in range(1, 10):
            word = small[one]
            if language == "de":
                made[("ein" if one == 1 else word) + "und" + name] = 10 * ten + one
            elif language == "nl":
                made[("een" if one == 1 else word) + ("ën" if word.endswith("e") else "en") + name] = 10 * ten + one
            elif language == "it":
                made[(name[:-1] if one in (1, 8) else name) + ("tré" if one == 3 else word)] = 10 * ten + one
    if language == "de":
        made |= {("ein" if one == 1 else small[one]) + "hundert": 100 * one for one in range(1, 10)}
    return made


def _numbers(language: str) -> dict[str, int]:
    small, tens = _SMALL[language].split(), _TENS[language].split()
    found = {word: value for value, word in enumerate(small)} | {word: 10 * value for value, word in enumerate(tens, 2)}
    return found | _compounds(language, small, tens) | dict(_ALSO[language])


NUMBERS: Mapping[str, Mapping[str, int]] = {language: _numbers(language) for language in LANGUAGES}
# Words of one language that are no numbers in another: where it is not known which is spoken, they are not taken for numbers.
DOUBTFUL = _words("due once elf sei seize cent cents neuf otto dos tien k mil mila mille mio sept")


def _table(text: str) -> dict[str, str]:
    """`name: word word …` line by line, turned round."""
    return {word.replace("_", " "): name for line in text.strip().splitlines() for name, _, words in [line.strip().partition(": ")] for word in words.split()}


MONTHS: Mapping[str, str] = _table("""
01: january jan januar jän jänner janvier janv enero ene januari janeiro gennaio gen
02: february feb februar feber février févr fév febrero februari fevereiro fev febbraio febb
03: march mar märz mär mars marzo maart mrt março
04: april apr avril avr abril abr aprile
05: may mai mayo mei maio maggio magg
06: june jun juni juin junio junho giugno giu
07: july jul juli juillet juil julio julho luglio lug
08: august aug août agosto ago augustus
09: september sep sept septembre septiembre setembro set settembre sett
10: october oct oktober okt octobre octubre outubro out ottobre ott
11: november nov novembre noviembre novembro
12: december dec dezember dez décembre déc diciembre dic dezembro dicembre
""")
# What stands alone for a month and is no other word: "may", "march", "mars", "set" and the like need a number beside them.
NAMED_MONTHS = frozenset(word for word in MONTHS if len(word) > 4) - frozenset(("march", "enero", "marzo", "avril", "magg", "agosto", "janv", "févr"))

WEEKDAYS: Mapping[str, str] = _table("""
1: monday mondays montag montags montage lundi lundis lunes maandag segunda-feira lunedì
2: tuesday tuesdays dienstag dienstags mardi mardis martes dinsdag terça-feira martedì
3: wednesday wednesdays mittwoch mittwochs mercredi mercredis miércoles woensdag quarta-feira mercoledì
4: thursday thursdays donnerstag donnerstags jeudi jeudis jueves donderdag quinta-feira giovedì
5: friday fridays freitag freitags vendredi vendredis viernes vrijdag sexta-feira venerdì
6: saturday saturdays samstag samstags sonnabend samedi samedis sábado sábados zaterdag sabato
7: sunday sundays sonntag sonntags dimanche dimanches domingo domingos zondag domenica
""")
SHORT_WEEKDAYS: Mapping[str, str] = _table("""
1: mon mo lun ma lu
2: tue tues di mar dinsd
3: wed mi mer mié wo
4: thu thur thurs do jeu jue gio
5: fri fr ven vie vr
6: sat sa sam sáb za sab
7: sun so dim dom zo
""")

# Units by their name; time has seconds, days or months in it, so that two weeks are fourteen days.
UNITS: Mapping[str, str] = _table("""
s: second seconds sec secs sekunde sekunden seconde secondes segundo segundos seconden secondo secondi
min: minute minutes min mins minuten minuto minutos minuut minuti
h: hour hours hr hrs h std stunde stunden heure heures hora horas uur uren ora ore
d: day days tag tage tagen tages jour jours día días dia dias dag dagen giorno giorni
wd: werktag werktage werktagen arbeitstag arbeitstage arbeitstagen werkdag werkdagen geschäftstage geschäftstagen bankarbeitstage
w: week weeks woche wochen semaine semaines semana semanas weken settimana settimane
mo: month months monat monate monaten monats mois mes meses maand maanden mês mese mesi
y: year years yr yrs jahr jahre jahren jahres ans année années año años jaar jaren ano anos anno anni
kg: kg kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes kilogramo kilogramos
g: g gram grams gramm gramme grammes gramo gramos grammi
lb: lb lbs pound pounds pfund
oz: oz ounce ounces
km: km kilometer kilometers kilometre kilometres kilometern kilómetros quilómetros quilômetros chilometri
m: m meter meters metre metres metern mètre mètres metro metros metri
cm: cm centimeter centimeters centimetre centimetres zentimeter centimètres centímetros centimetri
mm: mm millimeter millimeters millimetre millimetres
mi: mile miles meile meilen
ft: ft foot feet
inch: inch inches zoll
l: l liter liters litre litres litern litro litros litri
ml: ml milliliter millilitre
kb: kb kib kilobyte kilobytes
mb: mb mib megabyte megabytes
gb: gb gib gigabyte gigabytes
tb: tb tib terabyte terabytes
mbit: mbps mbit
gbit: gbps gbit
kwh: kwh
watt: watt watts
v: volt volts
hz: hz hertz
khz: khz
mhz: mhz
ghz: ghz
deg: degree degrees grad degrés grados graden gradi graus
pct: percent prozent pourcent procent
pp: prozentpunkt prozentpunkte prozentpunkten procentpunt procentpunten
eur: eur euro euros
usd: usd us$ dollar dollars dólar dólares dollari
gbp: gbp sterling
chf: chf franken francs franchi sfr
jpy: jpy yen
cad: cad
aud: aud
sek: sek
nok: nok
dkk: dkk
kr: kronor kroner
pln: pln złoty zloty
czk: czk
inr: inr rupee rupees
brl: brl reais
cents: cent cents
""")
SIGNS: Mapping[str, str] = {"%": "pct", "％": "pct", "‰": "pml", "€": "eur", "$": "usd", "£": "gbp", "¥": "jpy", "₹": "inr", "°": "deg"}
CURRENCIES = frozenset(("eur", "usd", "gbp", "chf", "jpy", "cad", "aud", "sek", "nok", "dkk", "kr", "pln", "czk", "inr", "brl", "cents"))
IN_TIME: Mapping[str, tuple[str, int]] = {
    "s": ("time", 1), "min": ("time", 60), "h": ("time", 3_600), "d": ("days", 1), "w": ("days", 7), "mo": ("months", 1), "y": ("months", 12),
}
WORKING = _words("working business work bank ouvrables ouvrés ouvré hábiles laborables úteis lavorativi werk arbeits werktägliche")
BETWEEN = _words("us full whole calendar consecutive more further additional volle vollen ganze calendaires complets naturales consecutivos corridos volledige interi") | WORKING

# Words before digits that say: this names something, it counts nothing.
NAMES_SOMETHING = _words(
    "order orders ticket invoice number no nr id reference ref case booking customer tracking serial model account bestellung bestellnummer auftrag auftragsnummer rechnung nummer"
    " vorgang ticketnummer kundennummer commande numéro facture référence pedido número factura referencia bestelling bestelnummer factuur fatura ordine numero fattura riferimento #"
)
# What a reply may count of its own: "there are two ways:".
COUNTED = _words(
    "way ways option options step steps thing things possibility possibilities choice choices reason reasons point points case cases question questions"
    " möglichkeit möglichkeiten wege schritte schritten optionen dinge punkte gründe fälle fällen fragen façons options étapes choix possibilités maneras opciones pasos formas"
    " manieren stappen opties mogelijkheden maneiras passos opções modi passi opzioni"
)
NOT = _words(
    "not no never cannot can't don't doesn't won't isn't aren't without neither nor non nicht kein keine keinen keiner keinem nie ohne weder ne pas jamais aucun aucune sans ni"
    " nunca sin ningún ninguna niet geen nooit zonder não nunca sem nenhum nenhuma mai senza nessun nessuna"
)
