"""What a customer reads where the AI does not hand off, or not yet, and above words in another language than theirs. Plain words by language; it decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from glassine.rules.phrases import FALLBACK, tag

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "declined": "I cannot put you through to a person here: I am an AI, and I answer from this team's help articles. Tell me in a sentence what you need, and I will look for it.",
        "basics": "I can pass this on to our team. So that they can help you at once: what is it about?",
        "try": "I can pass this on to our team. Let me try first: tell me in a sentence or two what happened and what you need. If I cannot help, ask for a person once more.",
        "unanswered": "I did not find an answer to this in our articles. Please ask once more in other words, with as much detail as you can.",
        "elsewhere": "Our page on this exists in {language} only:",
    },
    "de": {
        "declined": "Ich kann Sie hier nicht mit einem Menschen verbinden: Ich bin eine KI und antworte aus den Hilfeartikeln dieses Teams. Sagen Sie mir in einem Satz, was Sie brauchen, dann suche ich danach.",
        "basics": "Ich kann das an unser Team weitergeben. Damit es Ihnen gleich helfen kann: Worum geht es?",
        "try": "Ich kann das an unser Team weitergeben. Lassen Sie es mich zuerst versuchen: Was ist passiert, und was brauchen Sie? Wenn ich nicht helfen kann, fragen Sie noch einmal nach einem Menschen.",
        "unanswered": "Dazu habe ich in unseren Artikeln keine Antwort gefunden. Bitte fragen Sie noch einmal mit anderen Worten und möglichst genau.",
        "elsewhere": "Unsere Seite dazu gibt es nur auf {language}:",
    },
    "fr": {
        "declined": "Je ne peux pas vous mettre en relation avec une personne ici : je suis une IA et je réponds à partir des articles d'aide de cette équipe. Dites-moi en une phrase ce dont vous avez besoin, et je cherche.",
        "basics": "Je peux transmettre à notre équipe. Pour qu'elle puisse vous aider tout de suite : de quoi s'agit-il ?",
        "try": "Je peux transmettre à notre équipe. Laissez-moi d'abord essayer : dites-moi en une ou deux phrases ce qui s'est passé et ce dont vous avez besoin. Si je ne peux pas vous aider, redemandez une personne.",
        "unanswered": "Je n'ai pas trouvé de réponse dans nos articles. Posez la question autrement, avec le plus de détails possible.",
        "elsewhere": "Notre page à ce sujet n'existe qu'en {language} :",
    },
    "es": {
        "declined": "Aquí no puedo ponerle en contacto con una persona: soy una IA y respondo con los artículos de ayuda de este equipo. Dígame en una frase qué necesita y lo busco.",
        "basics": "Puedo pasarlo a nuestro equipo. Para que puedan ayudarle enseguida: ¿de qué se trata?",
        "try": "Puedo pasarlo a nuestro equipo. Déjeme intentarlo primero: dígame en una o dos frases qué ha pasado y qué necesita. Si no puedo ayudarle, pida de nuevo una persona.",
        "unanswered": "No he encontrado una respuesta en nuestros artículos. Pregunte de nuevo con otras palabras y con el mayor detalle posible.",
        "elsewhere": "Nuestra página sobre esto solo existe en {language}:",
    },
    "nl": {
        "declined": "Ik kan u hier niet met een mens verbinden: ik ben een AI en antwoord op basis van de hulpartikelen van dit team. Zeg in één zin wat u nodig hebt, dan zoek ik het op.",
        "basics": "Ik kan dit aan ons team doorgeven. Zodat zij u meteen kunnen helpen: waar gaat het over?",
        "try": "Ik kan dit aan ons team doorgeven. Laat mij het eerst proberen: wat is er gebeurd en wat hebt u nodig? Als ik niet kan helpen, vraag dan nog eens naar een mens.",
        "unanswered": "Ik heb hierop geen antwoord gevonden in onze artikelen. Stel de vraag nog eens met andere woorden en zo precies mogelijk.",
        "elsewhere": "Onze pagina hierover bestaat alleen in het {language}:",
    },
    "pt": {
        "declined": "Aqui não posso passar para uma pessoa: sou uma IA e respondo com os artigos de ajuda desta equipe. Diga numa frase do que precisa, e eu procuro.",
        "basics": "Posso passar isto para a nossa equipe. Para que possam ajudar logo: de que se trata?",
        "try": "Posso passar isto para a nossa equipe. Deixe-me tentar primeiro: diga numa ou duas frases o que aconteceu e do que precisa. Se eu não conseguir ajudar, peça novamente uma pessoa.",
        "unanswered": "Não encontrei resposta nos nossos artigos. Pergunte de novo com outras palavras e com o máximo de detalhes.",
        "elsewhere": "A nossa página sobre isto existe apenas em {language}:",
    },
    "it": {
        "declined": "Qui non posso metterla in contatto con una persona: sono un'IA e rispondo con gli articoli di aiuto di questo team. Mi dica in una frase di cosa ha bisogno e lo cerco.",
        "basics": "Posso passare la richiesta al nostro team. Perché possano aiutarla subito: di cosa si tratta?",
        "try": "Posso passare la richiesta al nostro team. Mi lasci provare prima: mi dica in una o due frasi cosa è successo e di cosa ha bisogno. Se non riesco ad aiutarla, chieda di nuovo una persona.",
        "unanswered": "Non ho trovato una risposta nei nostri articoli. Chieda di nuovo con altre parole e con più dettagli possibile.",
        "elsewhere": "La nostra pagina su questo esiste solo in {language}:",
    },
    "pl": {
        "declined": "Nie mogę tu połączyć z człowiekiem: jestem AI i odpowiadam na podstawie artykułów pomocy tego zespołu. Proszę napisać w jednym zdaniu, czego dotyczy sprawa, a poszukam odpowiedzi.",
        "basics": "Mogę przekazać to naszemu zespołowi. Aby mógł od razu pomóc: czego dotyczy sprawa?",
        "try": "Mogę przekazać to naszemu zespołowi. Najpierw spróbuję pomóc: proszę napisać w jednym lub dwóch zdaniach, co się stało i co jest potrzebne. Jeśli nie pomogę, proszę jeszcze raz poprosić o człowieka.",
        "unanswered": "Nie znalazłem odpowiedzi w naszych artykułach. Proszę zapytać jeszcze raz innymi słowami i możliwie dokładnie.",
        "elsewhere": "Nasza strona na ten temat istnieje tylko w tym języku: {language}.",
    },
    "cs": {
        "declined": "Tady vás nemohu spojit s člověkem: jsem umělá inteligence a odpovídám podle článků nápovědy tohoto týmu. Napište jednou větou, co potřebujete, a já to vyhledám.",
        "basics": "Mohu to předat našemu týmu. Aby vám mohl hned pomoci: o co jde?",
        "try": "Mohu to předat našemu týmu. Nejdřív to ale zkusím já: napište jednou či dvěma větami, co se stalo a co potřebujete. Pokud nepomohu, požádejte o člověka znovu.",
        "unanswered": "Odpověď jsem v našich článcích nenašel. Zeptejte se prosím znovu jinými slovy a co nejpodrobněji.",
        "elsewhere": "Naše stránka na toto téma existuje jen v jazyce: {language}.",
    },
    "tr": {
        "declined": "Sizi burada bir insana bağlayamıyorum: Ben bir yapay zekâyım ve bu ekibin yardım makalelerinden yanıt veriyorum. Neye ihtiyacınız olduğunu bir cümleyle yazın, arayayım.",
        "basics": "Bunu ekibimize iletebilirim. Size hemen yardımcı olabilmeleri için: konu nedir?",
        "try": "Bunu ekibimize iletebilirim. Önce ben deneyeyim: ne olduğunu ve neye ihtiyacınız olduğunu bir iki cümleyle yazın. Yardımcı olamazsam bir kez daha bir insan isteyin.",
        "unanswered": "Makalelerimizde bunun yanıtını bulamadım. Lütfen başka kelimelerle ve olabildiğince ayrıntılı olarak yeniden sorun.",
        "elsewhere": "Bu konudaki sayfamız yalnızca şu dilde var: {language}.",
    },
    "uk": {
        "declined": "Тут я не можу з'єднати вас із людиною: я ШІ й відповідаю за довідковими статтями цієї команди. Напишіть одним реченням, що вам потрібно, і я пошукаю.",
        "basics": "Я можу передати це нашій команді. Щоб вам одразу допомогли: про що йдеться?",
        "try": "Я можу передати це нашій команді. Спершу спробую допомогти: напишіть одним-двома реченнями, що сталося і що вам потрібно. Якщо не допоможу, попросіть людину ще раз.",
        "unanswered": "Я не знайшов відповіді в наших статтях. Запитайте, будь ласка, ще раз іншими словами й якомога докладніше.",
        "elsewhere": "Наша сторінка про це є лише цією мовою: {language}.",
    },
    "ru": {
        "declined": "Здесь я не могу соединить вас с человеком: я ИИ и отвечаю по справочным статьям этой команды. Напишите одним предложением, что вам нужно, и я поищу.",
        "basics": "Я могу передать это нашей команде. Чтобы вам сразу помогли: о чём идёт речь?",
        "try": "Я могу передать это нашей команде. Сначала попробую помочь: напишите одним-двумя предложениями, что случилось и что вам нужно. Если не помогу, попросите человека ещё раз.",
        "unanswered": "Я не нашёл ответа в наших статьях. Пожалуйста, спросите ещё раз другими словами и как можно подробнее.",
        "elsewhere": "Наша страница об этом есть только на этом языке: {language}.",
    },
    "sv": {
        "declined": "Jag kan inte koppla dig till en människa här: jag är en AI och svarar utifrån det här teamets hjälpartiklar. Skriv i en mening vad du behöver, så letar jag.",
        "basics": "Jag kan skicka detta vidare till vårt team. Så att de kan hjälpa dig direkt: vad gäller det?",
        "try": "Jag kan skicka detta vidare till vårt team. Låt mig försöka först: skriv i en eller två meningar vad som har hänt och vad du behöver. Om jag inte kan hjälpa, be om en människa igen.",
        "unanswered": "Jag hittade inget svar på detta i våra artiklar. Fråga gärna igen med andra ord och så detaljerat du kan.",
        "elsewhere": "Vår sida om detta finns bara på {language}:",
    },
    "da": {
        "declined": "Jeg kan ikke stille dig om til et menneske her: jeg er en AI og svarer ud fra dette teams hjælpeartikler. Skriv i én sætning, hvad du har brug for, så leder jeg efter det.",
        "basics": "Jeg kan give dette videre til vores team. Så de kan hjælpe dig med det samme: hvad drejer det sig om?",
        "try": "Jeg kan give dette videre til vores team. Lad mig prøve først: skriv i en eller to sætninger, hvad der er sket, og hvad du har brug for. Hvis jeg ikke kan hjælpe, så bed om et menneske igen.",
        "unanswered": "Jeg fandt ikke noget svar på dette i vores artikler. Spørg gerne igen med andre ord og så præcist som muligt.",
        "elsewhere": "Vores side om dette findes kun på {language}:",
    },
    "ja": {
        "declined": "ここでは担当者におつなぎできません。私はAIで、このチームのヘルプ記事をもとにお答えしています。ご用件を一文でお書きください。お調べします。",
        "basics": "担当チームにお伝えできます。すぐにお手伝いできるよう、どのようなご用件かお聞かせください。",
        "try": "担当チームにお伝えできますが、まず私にお手伝いさせてください。何が起きたか、何が必要かを一、二文でお書きください。解決しない場合は、もう一度担当者をご希望とお書きください。",
        "unanswered": "記事の中に答えが見つかりませんでした。別の言葉で、できるだけ詳しくもう一度お尋ねください。",
        "elsewhere": "このページは次の言語でのみご用意しています：{language}",
    },
    "zh": {
        "declined": "这里无法为您转接人工：我是人工智能，根据本团队的帮助文章回答问题。请用一句话说明您需要什么，我来查找。",
        "basics": "我可以转交给我们的团队。为了让他们马上帮到您，请问是关于什么问题？",
        "try": "我可以转交给我们的团队。请先让我试试：用一两句话说明发生了什么、您需要什么。如果我帮不上，请再次提出转人工。",
        "unanswered": "我在我们的文章中没有找到答案。请换一种说法，尽量详细地再问一次。",
        "elsewhere": "这方面的页面只有以下语言版本：{language}",
    },
    "ko": {
        "declined": "여기에서는 상담원에게 연결해 드릴 수 없습니다. 저는 AI이며 이 팀의 도움말을 바탕으로 답합니다. 필요한 내용을 한 문장으로 적어 주시면 찾아보겠습니다.",
        "basics": "저희 팀에 전달해 드릴 수 있습니다. 바로 도와드릴 수 있도록 어떤 일인지 알려 주세요.",
        "try": "저희 팀에 전달해 드릴 수 있습니다. 먼저 제가 도와드리겠습니다. 무슨 일이 있었고 무엇이 필요한지 한두 문장으로 적어 주세요. 도움이 되지 않으면 상담원을 다시 요청해 주세요.",
        "unanswered": "저희 도움말에서 답을 찾지 못했습니다. 다른 말로 가능한 한 자세히 다시 질문해 주세요.",
        "elsewhere": "이 내용의 페이지는 다음 언어로만 있습니다: {language}",
    },
    "ar": {
        "declined": "لا يمكنني هنا تحويلك إلى شخص: أنا ذكاء اصطناعي وأجيب من مقالات المساعدة لهذا الفريق. اكتب في جملة واحدة ما تحتاجه وسأبحث عنه.",
        "basics": "يمكنني تحويل هذا إلى فريقنا. كي يساعدوك على الفور: ما الموضوع؟",
        "try": "يمكنني تحويل هذا إلى فريقنا. دعني أحاول أولا: اكتب في جملة أو جملتين ماذا حدث وماذا تحتاج. إن لم أستطع المساعدة فاطلب شخصا مرة أخرى.",
        "unanswered": "لم أجد إجابة عن هذا في مقالاتنا. يرجى السؤال مرة أخرى بكلمات أخرى وبأكبر قدر من التفاصيل.",
        "elsewhere": "صفحتنا عن هذا الموضوع متوفرة بهذه اللغة فقط: {language}",
    },
}

# What languages are called where they stand in the sentence `elsewhere`; where a name is missing, the language's own name for itself is shown.
_CALLED: Mapping[str, Mapping[str, str]] = {
    "en": {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "nl": "Dutch", "pt": "Portuguese", "it": "Italian", "pl": "Polish"},
    "de": {"en": "Englisch", "de": "Deutsch", "fr": "Französisch", "es": "Spanisch", "nl": "Niederländisch", "pt": "Portugiesisch", "it": "Italienisch", "pl": "Polnisch"},
    "fr": {"en": "anglais", "de": "allemand", "fr": "français", "es": "espagnol", "nl": "néerlandais", "pt": "portugais", "it": "italien", "pl": "polonais"},
    "es": {"en": "inglés", "de": "alemán", "fr": "francés", "es": "español", "nl": "neerlandés", "pt": "portugués", "it": "italiano", "pl": "polaco"},
    "nl": {"en": "Engels", "de": "Duits", "fr": "Frans", "es": "Spaans", "nl": "Nederlands", "pt": "Portugees", "it": "Italiaans", "pl": "Pools"},
    "pt": {"en": "inglês", "de": "alemão", "fr": "francês", "es": "espanhol", "nl": "neerlandês", "pt": "português", "it": "italiano", "pl": "polonês"},
    "it": {"en": "inglese", "de": "tedesco", "fr": "francese", "es": "spagnolo", "nl": "olandese", "pt": "portoghese", "it": "italiano", "pl": "polacco"},
    "sv": {"en": "engelska", "de": "tyska", "fr": "franska", "es": "spanska", "nl": "nederländska", "pt": "portugisiska", "it": "italienska", "pl": "polska"},
    "da": {"en": "engelsk", "de": "tysk", "fr": "fransk", "es": "spansk", "nl": "nederlandsk", "pt": "portugisisk", "it": "italiensk", "pl": "polsk"},
}
_OWN_NAMES: Mapping[str, str] = {
    "en": "English", "de": "Deutsch", "fr": "français", "es": "español", "nl": "Nederlands", "pt": "português", "it": "italiano", "pl": "polski", "cs": "čeština", "tr": "Türkçe",
    "uk": "українська", "ru": "русский", "sv": "svenska", "da": "dansk", "nb": "norsk", "no": "norsk", "fi": "suomi", "el": "ελληνικά", "hu": "magyar", "ro": "română", "ja": "日本語",
    "zh": "中文", "ko": "한국어", "ar": "العربية", "he": "עברית", "hi": "हिन्दी", "vi": "Tiếng Việt", "id": "Bahasa Indonesia", "th": "ไทย", "bg": "български", "sk": "slovenčina",
}  # fmt: skip

LANGUAGES = frozenset(_TEXTS)


def notice(name: str, language: str | None) -> str:
    return _said(language)[name]


def elsewhere(written: str, language: str | None) -> str:
    """The line above a quote that is in another language than the customer's. `written`: the one that it is in."""
    known = _CALLED.get(tag(language), {})
    return _said(language)["elsewhere"].format(language=known.get(written) or _OWN_NAMES.get(written, written))


def _said(language: str | None) -> Mapping[str, str]:
    return _TEXTS.get(tag(language), _TEXTS[FALLBACK])
