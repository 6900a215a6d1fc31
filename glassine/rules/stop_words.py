"""Words that carry no meaning of their own in a question, by language. Lexical search leaves them out; nothing else may.

Closed-class words only (articles, pronouns, prepositions, conjunctions, auxiliaries, question words), already case-folded.
"""

from __future__ import annotations

_ENGLISH = """
a about above after again against all also although always am among an and another any anybody anyone anything are aren as at away
be became because become been before being below between both but by
can cannot could couldn d did didn do does doesn doing don done down during
each either else ever every everyone everything
for from further get gets getting got
had hadn has hasn have haven having he hello help her here hers herself hi him himself his how however
i if im in instead into is isn it its itself ive just know let like ll
m many may maybe me might mine more most much must mustn my myself
need neither never no nobody none nor not nothing now
of off often on once one only onto or other others our ours ourselves out over own
perhaps please quite rather re really s same shall she should shouldn since so some somebody someone something sometimes still such
t tell than thank thanks that the their theirs them themselves then there these they this those though through to too
under until up upon us ve very via
want wants was wasn we well were weren what whatever when whenever where whether which while who whom whose why will with within without won would wouldn
yes yet you your yours yourself yourselves
"""

_GERMAN = """
aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch auf aus bei beim bin bis bist bitte da dabei
dafür dagegen daher damit dann daran darauf daraus darf darin darum darunter das dass davon dazu dein deine deinem deinen deiner deines dem den denn
der deren des dessen dich die dies diese dieselbe diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines einige einigem
einigen einiger einiges einmal er es etwa etwas euch euer eure eurem euren eurer eures für gegen gewesen hab habe haben hallo hat hatte hatten hier hin
hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in indem ins ist ja jede jedem jeden jeder jedes jene jenem jenen jener jenes jetzt kann
kannst kein keine keinem keinen keiner keines können könnte machen man manche manchem manchen mancher manches mein meine meinem meinen meiner meines mich
mir mit muss musste möchte müssen nach nein nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seines seit selbst sich sie sind
so solche solchem solchen solcher solches soll sollen sollte sondern sonst um und uns unser unsere unserem unseren unserer unseres unter viel vom von vor
wann war waren warum was weil welche welchem welchen welcher welches wem wen wenn wer werde werden wessen weshalb wie wieder wieso wieviel wieviele will
wir wird wirst wo woher wohin wollen wollte wurde wurden während würde würden zu zum zur zwar zwischen über
"""

_FRENCH = """
a ai aie aient ait alors as au aucun aucune aussi autre autres aux avaient avait avec avez avoir avons bien bonjour c ce ceci cela celle celles celui ces
cet cette ceux chaque chez ci combien comme comment d dans de depuis des deux donc dont du elle elles en encore entre es est et étaient était étant été
être eu eux faire fait fut ici il ils j je jusqu jusque l la laquelle le lequel les lesquels leur leurs lors lorsque lui m ma mais me merci mes moi moins
mon n ne ni nos notre nous on ont ou où par parce pas pendant peu peut peuvent peux plus plusieurs pour pourquoi pouvez puis qu quand que quel quelle
quelles quels qui quoi s sa sans se sera serait ses si sinon soit son sont sous suis sur t ta te tes toi ton tous tout toute toutes très trop tu un une
vers voici voilà vos votre vous vais veux voudrais y
"""

_SPANISH = """
a al algo alguien alguna algunas alguno algunos ante antes aquel aquella aquellas aquello aquellos aquí así aún aunque cada casi como cómo con contra cual
cuál cuales cuáles cualquier cuando cuándo cuanto cuánto cuántos de del desde donde dónde dos durante e el él ella ellas ellos en entonces entre era eran
es esa esas ese eso esos esta está estaba están estar estas este esto estos estoy fue fueron gracias ha haber había hace hacer hacia han hasta hay he hola
la las le les lo los más me mi mis mí muy nada ni ningún ninguna no nos nosotros nuestra nuestras nuestro nuestros o os otra otras otro otros para pero
por porque pueda puede pueden puedo pues que qué quien quién quienes quiero se sea ser si sí sido siempre sin sobre sois solo sólo son soy su sus suya suyo
también tampoco tan tanto te tener tengo ti tiene tienen toda todas todo todos tu tú tus un una uno unos usted ustedes va vosotros voy y ya yo
"""

_ITALIAN = """
a abbia abbiamo ad agli ai al alla alle allo altra altre altri altro anche ancora avere aveva avete c che chi ci ciao ciò coi col come con contro cosa così
cui da dagli dai dal dalla dalle dallo degli dei del della delle dello di dopo dov dove due e ed era erano essere fa fare fino fra gli già grazie ha hai
hanno ho i il in io l la le lei li lo loro lui ma me mi mia mie miei mio molto ne negli nei nel nella nelle nello noi non nostra nostre nostri nostro o
ogni oppure per perché però più poi posso possono puoi può qual quale quali quando quanti quanto quella quelle quelli quello questa queste questi questo qui
sarà se sei sempre senza si sia sono sta stata stato su sua sue sugli sui sul sulla sulle suo suoi te ti tra tu tua tue tuo tuoi tutta tutte tutti tutto un
una uno vi voglio voi vorrei vostra vostre vostri vostro
"""

_PORTUGUESE = """
a à ainda algo alguém algum alguma alguns ao aos aquela aquelas aquele aqueles aquilo as às assim até cada com como contra da das de dela delas dele deles
depois desde deve do dois dos e é ela elas ele eles em enquanto entre era eram essa essas esse esses esta está estão estar estas estava este estes estou eu
fazer foi foram há isso isto já la lhe lhes lo mais mas me mesmo meu meus minha minhas muito na nada não nas nem nenhum no nos nós nossa nossas nosso nossos
num numa o obrigado olá onde os ou outra outras outro outros para pela pelas pelo pelos pode podem por porque posso pouco qual quais qualquer quando quanto
quantos que quem quero são se sem sempre ser será seu seus si sido só sob sobre sua suas também tão te tem têm tenho ter teu tinha toda todas todo todos tu
tua tudo um uma umas uns você vocês vos
"""

_DUTCH = """
aan al alle alleen als altijd andere ben bent bij daar dan dat de deze die dit doe doen door dus een en er geen had hallo hebben hebt heeft hem het hier hij
hoe hun iemand iets ik in is ja je jij jou jouw jullie kan kunnen kun maar me meer men met mij mijn moet moeten na naar nee niet niets nog nu of om omdat
onder ons onze ook op over te tegen toch toe tot u uit uw van veel voor waar waarom wanneer want waren was wat we weer welk welke werd wie wij wil willen
worden wordt zal ze zelf zich zij zijn zo zonder zou
"""

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(_GERMAN.split()),
    "fr": frozenset(_FRENCH.split()),
    "es": frozenset(_SPANISH.split()),
    "it": frozenset(_ITALIAN.split()),
    "pt": frozenset(_PORTUGUESE.split()),
    "nl": frozenset(_DUTCH.split()),
}
