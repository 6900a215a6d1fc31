"""Draws names and street addresses as people write them, each with a part that no other has. Pure; the chance is handed in."""

from __future__ import annotations

from random import Random


def _words(written: str) -> tuple[str, ...]:
    return tuple(written.split())


_FIRST = _words(
    "Anna Beatrice Carlos Dmitri Elena Farid Grace Hannah Ivan Julia Kwame Leila Marco Nadia Oliver Priya Quentin Rosa Samuel Tariq Ursula Viktor Wendy Xavier Yusuf Zoe "
    "Amara Bruno Chloe Daniel Emeka Fiona Gustavo Helena Ines Jakob Katarina Liam Mateus Noemi Oskar Paula Rania Stefan Teresa Uma Valentina Walter Yara Zoltan Adaeze "
    "Bogdan Camille Diego Esther Felix Giulia Hugo Irina Joanna Kamal Lucia Martin Nina Omar Pavel Ruth Simone Thomas Vera"
)
_LAST_HEADS = _words(
    "Ash Bald Bever Black Bran Brook Cald Car Chat Clay Cran Dun East Ell Fair Farn Gold Gran Hal Hamp Har Hather Hol Hud Kel Kings Lang Leather Lind Lock Mar Mel Mid Mont "
    "Nether North Nor Old Pem Pres Rad Red Rother Rut Shel Sher Stan Stock Sutter Thorn Til Under Wal Wether Whit Win Wool Wren Yar"
)
_LAST_TAILS = _words("worth field wood bridge stead combe burn hurst thwaite borough minster chester mere shaw gate leigh stone water smith wright")
_EAST_HEADS = _words("Kowal Wisnie Lewan Zielin Nowak Kamin Szyman Wozni Dabrow Kozlow Jablon Majew Olszew Stepni Wrobl Malin Piotr Sobol Krasn Bielin")
_EAST_TAILS = _words("owski ewski inski czyk enko ovich escu ovska")
_SCRIPTS = (
    (_words("Анна Борис Виктор Галина Дмитрий Елена Игорь Мария Николай Ольга"),
     _words("Кузнец Соколов Лебедин Козлов Новиков Морозов Волков Зайцев Павлов Семёнов Голубин Виноград Богдан Воробь Фёдоров Михайл Беляев Тарасов Белов Комаров Орлов Киселёв Макаров Андреев"),
     ("ский", "енко", "инский", "ович", "чук")),
    (_words("Αλέξανδρος Γεωργία Δημήτρης Ελένη Κώστας Μαρία Νίκος Σοφία"), _words("Παπα Χατζη Καρα Οικονομο Αναγνωστο Δημητρο Κωνσταντο Θεοδωρο Νικολο Ιωαννο Βασιλο Σταυρο"),
     ("δόπουλος", "κωνσταντίνου", "γεωργίου", "νικολάου", "μιχάλης")),
    (_words("محمد فاطمة يوسف مريم خالد ليلى عمر نور"), ("عبد الرحمن", "عبد الكريم", "عبد العزيز", "عبد اللطيف", "عبد الحميد", "عبد المجيد", "عبد الرزاق", "عبد السلام"),
     (" القحطاني", " الزهراني", " المنصوري", " الشمري", " الغامدي", " الحربي", " الدوسري", " العتيبي")),
)
_STREETS = _words("Street Avenue Road Lane Drive Court Terrace Close")
_TOWNS = (("Springfield", "IL 627{:02}"), ("Portland", "OR 972{:02}"), ("Leeds", "LS{} 4AB"), ("Bristol", "BS{} 6QF"), ("Austin", "TX 787{:02}"))


def name_parts(chance: Random) -> tuple[str, str]:
    """A first name and a last name."""
    if chance.random() < 0.25:
        return chance.choice(_FIRST), chance.choice(_EAST_HEADS) + chance.choice(_EAST_TAILS)
    return chance.choice(_FIRST), chance.choice(_LAST_HEADS) + chance.choice(_LAST_TAILS)


def name(chance: Random) -> str:
    first, last = name_parts(chance)
    middle = f" {chance.choice('ABCDEGHJKLMPRSTW')}." if chance.random() < 0.15 else ""
    return f"{first}{middle} {last}"


def foreign_name(chance: Random) -> str:
    """In Cyrillic, Greek or Arabic script."""
    firsts, heads, tails = chance.choice(_SCRIPTS)
    return f"{chance.choice(firsts)} {chance.choice(heads)}{chance.choice(tails)}"


def address(chance: Random) -> str:
    number, street = chance.randrange(2, 9899), chance.choice(_LAST_HEADS) + chance.choice(_LAST_TAILS)
    if chance.random() < 0.3:
        german = chance.choice(("straße", "weg", "allee", "gasse"))
        return f"{street}{german} {number % 300 + 1}, {chance.randrange(10_115, 99_000)} {chance.choice(('Berlin', 'Köln', 'Leipzig', 'Dresden'))}"
    whole = f"{number} {street} {chance.choice(_STREETS)}"
    if chance.random() < 0.5:
        town, code = chance.choice(_TOWNS)
        whole += f", {town}, {code.format(chance.randrange(1, 99))}"
    return whole
