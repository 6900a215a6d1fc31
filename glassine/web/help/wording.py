"""The help centre's own words in the languages that Glassine speaks; in any other language they are English. It holds no article's words."""

from __future__ import annotations

from collections.abc import Mapping

RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
NAMES: Mapping[str, str] = {
    "ar": "العربية", "bg": "Български", "ca": "Català", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "en": "English", "es": "Español", "et": "Eesti",
    "fa": "فارسی", "fi": "Suomi", "fr": "Français", "he": "עברית", "hi": "हिन्दी", "hr": "Hrvatski", "hu": "Magyar", "id": "Bahasa Indonesia", "it": "Italiano", "ja": "日本語",
    "ko": "한국어", "lt": "Lietuvių", "lv": "Latviešu", "nl": "Nederlands", "no": "Norsk", "pl": "Polski", "pt": "Português", "ro": "Română", "ru": "Русский", "sk": "Slovenčina",
    "sl": "Slovenščina", "sr": "Српски", "sv": "Svenska", "th": "ไทย", "tr": "Türkçe", "uk": "Українська", "ur": "اردو", "vi": "Tiếng Việt", "zh": "中文",
}

_EN = {
    "help": "Help", "search": "Search", "ask": "What do you need help with?", "skip": "Skip to the page", "topics": "Topics", "more": "More articles", "all": "All {n} articles",
    "articles": "{n} articles", "article": "1 article", "contents": "On this page", "path": "You are here", "before": "Previous", "after": "Next", "related": "Related articles",
    "language": "Language", "changed": "Changed {date}", "helped": "Did this help?", "yes": "Yes", "no": "No", "why": "What was missing? (optional)",
    "why_not": "Please write no personal details.", "send": "Send", "thanks": "Thank you. This helps to make the article better.", "found": "{n} results for “{q}”",
    "found_one": "1 result for “{q}”", "nothing": "Nothing was found for “{q}”", "nothing_do": "Try other words, or fewer.", "empty": "There are no articles here yet",
    "empty_do": "They will stand here once they are published.", "missing": "There is no help page here",
    "missing_do": "It may have been moved or withdrawn, or the address may be incomplete. Search for what you need:", "front": "To the first page", "page": "Page {n}", "earlier": "Earlier",
    "later": "Later", "other": "This page in other languages", "slow": "Too many searches at once. Wait a minute and try again.", "copied": "Text for machines",
}
_DE = {
    "help": "Hilfe", "search": "Suchen", "ask": "Wobei brauchen Sie Hilfe?", "skip": "Zum Inhalt", "topics": "Themen", "more": "Weitere Artikel", "all": "Alle {n} Artikel",
    "articles": "{n} Artikel", "article": "1 Artikel", "contents": "Auf dieser Seite", "path": "Sie sind hier", "before": "Zurück", "after": "Weiter", "related": "Verwandte Artikel",
    "language": "Sprache", "changed": "Geändert am {date}", "helped": "War das hilfreich?", "yes": "Ja", "no": "Nein", "why": "Was hat gefehlt? (freiwillig)",
    "why_not": "Bitte keine persönlichen Angaben.", "send": "Senden", "thanks": "Danke. Das hilft, den Artikel besser zu machen.", "found": "{n} Treffer für „{q}“",
    "found_one": "1 Treffer für „{q}“", "nothing": "Nichts gefunden für „{q}“", "nothing_do": "Versuchen Sie andere oder weniger Wörter.", "empty": "Hier stehen noch keine Artikel",
    "empty_do": "Sie erscheinen hier, sobald sie veröffentlicht sind.", "missing": "Hier gibt es keine Hilfeseite",
    "missing_do": "Sie wurde vielleicht verschoben oder zurückgezogen, oder die Adresse ist unvollständig. Suchen Sie, was Sie brauchen:", "front": "Zur ersten Seite", "page": "Seite {n}",
    "earlier": "Frühere", "later": "Spätere", "other": "Diese Seite in anderen Sprachen", "slow": "Zu viele Suchen auf einmal. Bitte in einer Minute noch einmal.", "copied": "Text für Maschinen",
}
_FR = {
    "help": "Aide", "search": "Rechercher", "ask": "Comment pouvons-nous vous aider ?", "skip": "Aller au contenu", "topics": "Thèmes", "more": "Autres articles",
    "all": "Les {n} articles", "articles": "{n} articles", "article": "1 article", "contents": "Sur cette page", "path": "Vous êtes ici", "before": "Précédent", "after": "Suivant",
    "related": "Articles liés", "language": "Langue", "changed": "Modifié le {date}", "helped": "Cet article vous a-t-il aidé ?", "yes": "Oui", "no": "Non",
    "why": "Que manquait-il ? (facultatif)", "why_not": "N’écrivez pas de données personnelles.", "send": "Envoyer", "thanks": "Merci. Cela aide à améliorer l’article.",
    "found": "{n} résultats pour « {q} »", "found_one": "1 résultat pour « {q} »", "nothing": "Aucun résultat pour « {q} »", "nothing_do": "Essayez d’autres mots, ou moins de mots.",
    "empty": "Il n’y a pas encore d’articles ici", "empty_do": "Ils apparaîtront ici dès leur publication.", "missing": "Il n’y a pas de page d’aide ici",
    "missing_do": "Elle a peut-être été déplacée ou retirée, ou l’adresse est incomplète. Cherchez ce qu’il vous faut :", "front": "À la première page", "page": "Page {n}",
    "earlier": "Précédents", "later": "Suivants", "other": "Cette page dans d’autres langues", "slow": "Trop de recherches à la fois. Réessayez dans une minute.",
    "copied": "Texte pour les machines",
}
_ES = {
    "help": "Ayuda", "search": "Buscar", "ask": "¿En qué podemos ayudarle?", "skip": "Ir al contenido", "topics": "Temas", "more": "Más artículos", "all": "Los {n} artículos",
    "articles": "{n} artículos", "article": "1 artículo", "contents": "En esta página", "path": "Está aquí", "before": "Anterior", "after": "Siguiente",
    "related": "Artículos relacionados", "language": "Idioma", "changed": "Modificado el {date}", "helped": "¿Le ha servido?", "yes": "Sí", "no": "No",
    "why": "¿Qué faltaba? (opcional)", "why_not": "No escriba datos personales.", "send": "Enviar", "thanks": "Gracias. Esto ayuda a mejorar el artículo.",
    "found": "{n} resultados para «{q}»", "found_one": "1 resultado para «{q}»", "nothing": "No se encontró nada para «{q}»", "nothing_do": "Pruebe con otras palabras, o con menos.",
    "empty": "Aquí todavía no hay artículos", "empty_do": "Estarán aquí en cuanto se publiquen.", "missing": "Aquí no hay ninguna página de ayuda",
    "missing_do": "Puede que se haya movido o retirado, o que la dirección esté incompleta. Busque lo que necesita:", "front": "A la primera página", "page": "Página {n}",
    "earlier": "Anteriores", "later": "Siguientes", "other": "Esta página en otros idiomas", "slow": "Demasiadas búsquedas a la vez. Inténtelo en un minuto.", "copied": "Texto para máquinas",
}
_NL = {
    "help": "Hulp", "search": "Zoeken", "ask": "Waarmee kunnen we helpen?", "skip": "Naar de inhoud", "topics": "Onderwerpen", "more": "Meer artikelen", "all": "Alle {n} artikelen",
    "articles": "{n} artikelen", "article": "1 artikel", "contents": "Op deze pagina", "path": "U bent hier", "before": "Vorige", "after": "Volgende", "related": "Verwante artikelen",
    "language": "Taal", "changed": "Gewijzigd op {date}", "helped": "Was dit nuttig?", "yes": "Ja", "no": "Nee", "why": "Wat ontbrak er? (niet verplicht)",
    "why_not": "Schrijf geen persoonlijke gegevens.", "send": "Versturen", "thanks": "Dank u. Dit helpt om het artikel te verbeteren.", "found": "{n} resultaten voor “{q}”",
    "found_one": "1 resultaat voor “{q}”", "nothing": "Niets gevonden voor “{q}”", "nothing_do": "Probeer andere woorden, of minder.", "empty": "Hier staan nog geen artikelen",
    "empty_do": "Ze staan hier zodra ze gepubliceerd zijn.", "missing": "Hier is geen hulppagina",
    "missing_do": "Misschien is ze verplaatst of ingetrokken, of is het adres onvolledig. Zoek wat u nodig hebt:", "front": "Naar de eerste pagina", "page": "Pagina {n}",
    "earlier": "Eerdere", "later": "Latere", "other": "Deze pagina in andere talen", "slow": "Te veel zoekopdrachten tegelijk. Probeer het over een minuut opnieuw.", "copied": "Tekst voor machines",
}
_PT = {
    "help": "Ajuda", "search": "Pesquisar", "ask": "Em que podemos ajudar?", "skip": "Ir para o conteúdo", "topics": "Temas", "more": "Mais artigos", "all": "Todos os {n} artigos",
    "articles": "{n} artigos", "article": "1 artigo", "contents": "Nesta página", "path": "Está aqui", "before": "Anterior", "after": "Seguinte", "related": "Artigos relacionados",
    "language": "Língua", "changed": "Alterado em {date}", "helped": "Isto ajudou?", "yes": "Sim", "no": "Não", "why": "O que faltou? (opcional)",
    "why_not": "Não escreva dados pessoais.", "send": "Enviar", "thanks": "Obrigado. Isto ajuda a melhorar o artigo.", "found": "{n} resultados para “{q}”",
    "found_one": "1 resultado para “{q}”", "nothing": "Nada foi encontrado para “{q}”", "nothing_do": "Tente outras palavras, ou menos.", "empty": "Ainda não há artigos aqui",
    "empty_do": "Estarão aqui assim que forem publicados.", "missing": "Não há nenhuma página de ajuda aqui",
    "missing_do": "Pode ter sido movida ou retirada, ou o endereço está incompleto. Pesquise o que precisa:", "front": "Para a primeira página", "page": "Página {n}", "earlier": "Anteriores",
    "later": "Seguintes", "other": "Esta página noutras línguas", "slow": "Demasiadas pesquisas ao mesmo tempo. Tente daqui a um minuto.", "copied": "Texto para máquinas",
}
_IT = {
    "help": "Aiuto", "search": "Cerca", "ask": "Come possiamo aiutarla?", "skip": "Vai al contenuto", "topics": "Argomenti", "more": "Altri articoli", "all": "Tutti i {n} articoli",
    "articles": "{n} articoli", "article": "1 articolo", "contents": "In questa pagina", "path": "Lei è qui", "before": "Precedente", "after": "Successivo", "related": "Articoli correlati",
    "language": "Lingua", "changed": "Modificato il {date}", "helped": "È stato utile?", "yes": "Sì", "no": "No", "why": "Che cosa mancava? (facoltativo)",
    "why_not": "Non scriva dati personali.", "send": "Invia", "thanks": "Grazie. Questo aiuta a migliorare l’articolo.", "found": "{n} risultati per “{q}”",
    "found_one": "1 risultato per “{q}”", "nothing": "Nessun risultato per “{q}”", "nothing_do": "Provi con altre parole, o con meno.", "empty": "Qui non ci sono ancora articoli",
    "empty_do": "Saranno qui appena pubblicati.", "missing": "Qui non c’è nessuna pagina di aiuto",
    "missing_do": "Forse è stata spostata o ritirata, o l’indirizzo è incompleto. Cerchi quello che le serve:", "front": "Alla prima pagina", "page": "Pagina {n}", "earlier": "Precedenti",
    "later": "Successivi", "other": "Questa pagina in altre lingue", "slow": "Troppe ricerche insieme. Riprovi tra un minuto.", "copied": "Testo per macchine",
}
_APART = {name: f"\u2066{text}\u2069" for name, text in _EN.items()}  # in the marks that isolate a stretch written from left to right
WORDS: Mapping[str, Mapping[str, str]] = {"en": _EN, "de": _DE, "fr": _FR, "es": _ES, "nl": _NL, "pt": _PT, "it": _IT}


def words(language: str) -> Mapping[str, str]:
    """Where the page runs from right to left and these words do not, each is set apart, so that its full stop stays at its end."""
    return WORDS.get(language, _APART if direction(language) == "rtl" else _EN)


def direction(language: str) -> str:
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def named(language: str) -> str:
    """A language in its own words."""
    return NAMES.get(language, language)
