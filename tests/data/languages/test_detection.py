"""A text's language, told by its words or its script, and by a model where these are not sure."""

from __future__ import annotations

import subprocess
import sys

import pytest

from data.languages.detection import detect_language, language_of_script, language_of_words

TEXTS = {
    "en": "The council has decided that the bridge will be closed to lorries from the end of May.",
    "de": "Der Rat der Stadt hat beschlossen, dass die Brücke im Mai für Lastwagen gesperrt wird.",
    "fr": "Le conseil de la ville a décidé que le pont est fermé aux camions pour un an et plus.",
    "es": "El consejo de la ciudad ha decidido que el puente se cierra a los camiones por un año.",
    "pt": "O conselho da cidade decidiu que a ponte não abre para os caminhões por mais um ano.",
    "pl": "Rada miasta zdecydowała, że most nie będzie otwarty dla ciężarówek do maja i w maju.",
    "ru": "Совет города решил, что мост будет закрыт для грузовиков и что это не на один год.",
    "uk": "Рада міста вирішила, що міст буде закрито для вантажівок до травня і не на один рік.",
    "hi": "नगर परिषद ने कहा है कि पुल को मई से ट्रकों के लिए बंद किया जाएगा और सड़क की मरम्मत होगी।",
    "ja": "市議会は五月から橋をトラックに対して閉鎖することを決定しました。",
    "zh": "市议会决定自五月起大桥禁止卡车通行,为期一年。",
    "ko": "시의회는 오월부터 다리에 트럭 통행을 금지하기로 결정했다.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_frequent_words_and_scripts_identify_a_language(language: str) -> None:
    assert language_of_words(TEXTS[language] * 3) == language


SHORT_NEWS = {
    "it": "Traghetti: dopo mesi fermi, contro ogni ritardo, più corse MERRO, 5 MAG - Oltre "
    "sette battelli hanno ripreso nel porto e nella rada. Alto può essere contento: ha "
    "vinto anche contro nebbia e gelo. Stato dell'acqua buono.",
    "es": "Barcas: según Merro, esta semana fue muy tranquila MERRO, 5 MAY. Entre el dique y la "
    "isla navegaron ayer siete barcas sin retraso, pero también hubo niebla hasta "
    "mediodía. Años atrás eran tres. Este verano navegarán once.",
    "pt": "Balsas: também Merro foi calma até ontem MERRO, 5 MAIO - Pelo menos sete balsas "
    "foram até a ilha, mais duas pela manhã. São onze ao todo. Seu diretor, Rui Alto, já "
    "pode ser ouvido pela rádio. A ponte foi pintada.",
    "nl": "Veerboten varen deze week vaker naar Merro MERRO, 5 MEI - Deze week wordt meer "
    "gevaren: zeven boten uit Merro werden gisteren ingezet, over het hele jaar worden "
    "elf boten verwacht. Reizigers werden tijdig ingelicht.",
    "tr": "Merro vapurları yarına kadar çalışmayacak MERRO, 5 MAYIS - Kaptan Alto tarafından "
    "verilen bilgiye göre yedi vapur akşama kadar bekleyecek. Ancak ada seferleri "
    "sürüyor. Köprü ise eskisi gibi açık. Yılında on bir sefer yapıldı.",
    "pl": "Promy: także Merro płynie przez tamę MERRO, 5 MAJA - Siedem promów, które kursują "
    "przez tamę, jest już gotowych. Są także dwa mniejsze, przez zimę remontowane przy "
    "nabrzeżu. Kapitan Alto jest spokojny. Przy moście stoi tablica.",
    "id": "Feri Merro telah berlayar sebagai angkutan malam MERRO, 5 MEI - Tujuh feri telah "
    "diperiksa oleh kapten Alto. Kapal tersebut juga bisa mengangkut sepeda karena "
    "geladak diperluas. Jembatan itu dicat oleh warga sebagai hadiah.",
    "ca": "Barques: aquesta setmana també surten fins a Merro MERRO, 5 MAIG - Aquest estiu hi "
    "ha més sortides pel canal: són onze barques, fins ara set. La seva capitana ha "
    "parlat pels altaveus. Aquesta tarda han pintat també el pont.",
    "ro": "Bacurile sunt gata după iarnă MERRO, 5 MAI - Acest an va fi liniștit: șapte bacuri "
    "sunt verificate, prin canal trec unsprezece. Această veste a fost bine primită. După "
    "prânz, căpitanul Alto va vorbi. Podul este vopsit acest an.",
    "cs": "Přívozy: také Merro jsou v provozu MERRO, 5 KVĚTNA - Podle kapitána Alta jsou "
    "připraveny také menší lodě, které byly přes zimu opraveny. Byl natřen most nebo spíš "
    "zábradlí. Lodě jsou plné podle počasí, které přeje.",
}
"""Short news with few of the most frequent words of their languages."""


@pytest.mark.parametrize("language", SHORT_NEWS)
def test_a_short_text_in_a_frequent_language_needs_no_model(language: str) -> None:
    assert language_of_words(SHORT_NEWS[language]) == language


@pytest.mark.parametrize(
    "text",
    [
        "Lorries Bridge Council May 2024 Press Office Tel. 020 555 0199",
        "",
        "Det er en by i et land, og den er stor.",  # Danish, or Norwegian
        "2024 · 11 · 25",
    ],
)
def test_uncertain_words_decide_nothing(text: str) -> None:
    assert language_of_words(text) is None


def test_letters_distinguish_languages_with_the_same_words() -> None:
    both = "Мост и дорога в град на река: не по план, а за май от 4, с {}. "
    assert language_of_words(both.format("вагон") * 4) is None
    assert language_of_words(both.format("рынок, выезд, объезды") * 4) == "ru"


SCRIPTS = {
    "fa": "شورای شهر تصمیم گرفت که پل از اردیبهشت به روی کامیون‌ها بسته شود و گزارش آن چاپ شد.",
    "ar": "قرر مجلس المدينة إغلاق الجسر أمام الشاحنات ابتداء من شهر مايو ولمدة سنة كاملة.",
    "ur": "شہر کی کونسل نے فیصلہ کیا ہے کہ پل مئی سے ٹرکوں کے لیے بند رہے گا اور سڑک بھی۔",
    "he": "מועצת העיר החליטה כי הגשר ייסגר לתנועת משאיות החל מחודש מאי ולמשך שנה שלמה.",
    "el": "Το δημοτικό συμβούλιο αποφάσισε ότι η γέφυρα θα κλείσει για τα φορτηγά από τον Μάιο.",
    "hy": "Քաղաքային խորհուրդը որոշել է կամուրջը փակել բեռնատարների համար մայիսից սկսած։",
    "ka": "საქალაქო საბჭომ გადაწყვიტა, რომ ხიდი მაისიდან დაიკეტება სატვირთო მანქანებისთვის.",
    "ta": "மே மாதம் முதல் லாரிகளுக்கு பாலம் மூடப்படும் என்று நகர சபை முடிவு செய்துள்ளது.",
    "ja": "市議会は五月から橋をトラックに対して閉鎖することを決定しました。",
}


@pytest.mark.parametrize("language", SCRIPTS)
def test_a_short_text_shows_its_language_if_its_script_does(language: str) -> None:
    assert detect_language(SCRIPTS[language]) == language
    assert detect_language(SCRIPTS[language][:5]) is None


def test_languages_with_the_same_script_are_not_identified_by_it() -> None:
    pashto = "د ښار شورا پرېکړه وکړه چې پل به د مې له میاشتې د لاریو پر مخ وتړل شي او ټول خلک."
    assert language_of_script(pashto) is None
    assert language_of_script(TEXTS["ru"]) is None
    assert language_of_script(TEXTS["hi"]) is None


def test_the_model_decides_if_words_are_uncertain() -> None:
    text = "Miesto taryba nusprendė, kad tiltas bus uždarytas sunkvežimiams visus metus. " * 4
    assert language_of_words(text) is None
    assert detect_language(text) == "lt"


def test_a_short_text_has_no_language() -> None:
    assert detect_language(TEXTS["en"]) is None


def test_a_plain_text_needs_no_model() -> None:
    """The model takes 0.4 s to load: a page in a frequent language shall not wait for it."""
    code = (
        "import sys; from data.languages.detection import detect_language; "
        f"assert detect_language({TEXTS['en'] * 4!r}) == 'en'; "
        "sys.exit('py3langid' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code
