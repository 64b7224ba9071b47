"""Recognize texts that are not names of institutions: page types, home pages, files and hosts."""

from __future__ import annotations

import re
from typing import Final

LISTING = re.compile(
    r"(?:latest |all )?(?:news(?:room)?|press(?: (?:releases?|room|office|centre|center))?|feed|"
    r"rss|blog|home|media(?: centre| center| releases)?|updates|announcements|notices|statements|"
    r"aktuelles|presse(?:mitteilungen|portal)?|nachrichten|actualit[ée]s|communiqués(?: de presse)?"
    r"|noticias|actualidad|sala de prensa|notas de prensa|notícias|comunicati(?: stampa)?|notizie|"
    r"nieuws(?:berichten)?|nyheter|nyheder|uutiset|ajankohtaista|aktualno[śs]ci|aktuality|"
    r"novice|novosti|hírek|ştiri|știri|naujienos|jaunumi|uudised|haberler|duyurular|xəbərlər|"
    r"новости|новини|вести|навіны|жаңалықтар|пресс-релизы|пресс-центр|νέα|ανακοινώσεις|"
    r"الأخبار|أخبار|اخبار|חדשות|समाचार|সংবাদ|செய்திகள்|ข่าว|tin tức|berita|"
    r"新闻|新聞|ニュース|お知らせ|報道発表|보도자료|뉴스|공지사항)",
    re.IGNORECASE,
)
"""Pattern of usual titles of listing pages, which are not names of sites."""

RELEASE = re.compile(
    r"(?:press|media|news) (?:releases?|statements?|notices?|information)|"
    r"(?:presse|medien)(?:mitteilung|information|meldung|erklärung)|(?:press|pers)bericht|"
    r"communiqué(?: de presse)?|notas? (?:de prensa|informativa|de imprensa)|"
    r"comunicado(?: de (?:prensa|imprensa))?|comunicato(?: stampa)?|pressmeddelanden?|"
    r"pressemeddelelser?|pressemelding(?:er)?|(?:lehdistö)?tiedote|komunikat(?: prasowy)?|"
    r"informacja prasowa|tisková zpráva|tlačová správa|sajtóközlemény|comunicat(?: de presă)?|"
    r"пресс?-?рел[иі]з|сообщение для прессы|прессъобщение|саопштење(?: за јавност)?|"
    r"priopćenje|saopštenje|sporočilo za javnost|basın (?:bülteni|açıklaması)|mətbuat xəbəri|"
    r"press-reliz|баспасөз хабарламасы|δελτίο τύπου|بيان صحفي|خبر صحفي|הודעה לעיתונות|"
    r"प्रेस विज्ञप्ति|ข่าวประชาสัมพันธ์|siaran pers|thông cáo báo chí|新闻稿|新聞稿|プレスリリース|"
    r"報道(?:発表)?資料|보도자료",
    re.IGNORECASE,
)
"""Pattern of words for "press release" in many languages."""

NUMBERED = re.compile(
    r"[\s\W]*(?:\b(?:no|nr|n[°º]|num|num[eé]ro|č|sz|бр|№)\b)?[\s\W\d]*$", re.IGNORECASE
)
"""Pattern of a number or year at the end of a label such as "Press release No. 44/2025"."""

_GENERIC: Final = """
    a about access account agendas all and archive archived archives article articles available
    blog board by calendar category center centre committee contact content court decisions
    default document documents en english error events feed for found front frontpage gallery
    hearings home homepage in index information journal judgments latest library list listing
    log login main media meeting meetings menu minutes most my new news newsroom no not notices of
    official on online opinion opinions orders our page pages portal post posts press public
    publications published recent release releases report reports resources results room rss
    search section site slip speeches start statements stories test the this to topics
    uncategorized untitled update updates us view we web webpage www website welcome year years term
    session sitename wordpress joomla drupal typo3 cms accueil actualité actualités
    bienvenue communiqués officiel officielle presse aktuelles startseite willkommen webseite
    offizielle pressemitteilungen meldungen inicio bienvenidos noticias portada sitio oficial
    prensa início notícias página inicial benvenuti notizie pagina sito ufficiale principale
    comunicati stampa nieuws welkom startpagina hem startsida hjem forside etusivu strona główna
    oficjalna domů úvod hlavní úvodní kezdőlap főoldal acasă acasa начало главная официальный
    сайт новости пресс-центр головна новини почетна ana sayfa anasayfa resmi əsas səhifə αρχική
    الرئيسية بيت דף הבית हिंदी होम मुख्य पृष्ठ
"""

GENERIC: Final = frozenset(_GENERIC.split())
"""Words that describe the type of a page but do not identify an institution."""

GENERIC_WHOLE: Final = re.compile(
    r"(?:官方)?(?:网站|網站|官网|官網)?(?:首页|首頁|主页)?|官方网站|官方網站|ホーム(?:ページ)?|トップ(?:ページ)?|公式サイト|"
    r"新着情報|홈|홈페이지|หน้าแรก|หน้าหลัก|trang chủ|beranda"
)
"""Pattern of page titles that do not identify an institution, in languages without spaces between
words."""

OFFICIAL: Final = re.compile(
    r"(?<!\s)\s*+(?:官方网站|官方網站|官网|官網|公式(?:ウェブ)?サイト|公式ホームページ)\s*+$|"
    r"(?i:^(?:welcome to|willkommen (?:bei|auf)|bienvenue (?:sur|à)|bienvenidos a)\s+(?:the\s+)?|"
    r"(?<!\s)\s*+[-–|:(]?\s*+(?:official (?:web ?site|site|page)|offizielle (?:web)?seite|"
    r"site officiel|sitio (?:web )?oficial|sito ufficiale|(?:home ?page|website))\)?\s*+$)"
)
"""Pattern of words before or after a name that are not part of it, such as "welcome to" or
"website"."""

FILE: Final = re.compile(r"\S+\.(?:jpe?g|png|gif|svg|webp|php|x?html?|aspx?|jsp|pdf)")
HOST: Final = re.compile(
    r"(?:[\w-]+\.)+[a-z]{2,24}(?::\d+)?|[\d.]+(?::\d+)?|\[?[\da-f:]+\]?|localhost"
)
CLOCK: Final = re.compile(r"\b\d{1,2}[:.]\d\d\s*[ap]\.?m\b")
LETTERED: Final = re.compile(r"[^\W\d_]")
MAX_LABEL: Final = 500
"""Maximum length of a release label, in characters."""

PART: Final = re.compile(r"[\w'’-]+")


def is_generic(name: str) -> bool:
    """Whether a text identifies no institution, such as a page type, a file name or digits."""
    folded = name.casefold().strip()
    if (
        not LETTERED.search(CLOCK.sub("", folded))
        or LISTING.fullmatch(folded)
        or RELEASE.fullmatch(folded)
    ):
        return True
    if GENERIC_WHOLE.fullmatch(folded) or FILE.fullmatch(folded):
        return True
    words = [word for word in PART.findall(folded) if LETTERED.search(word)]
    return all(word in GENERIC or LISTING.fullmatch(word) for word in words)


def is_host(name: str) -> bool:
    """Whether a text is a host name or an IP address."""
    return HOST.fullmatch(name.casefold()) is not None


def without_frills(name: str) -> str:
    """Return a name without words such as "welcome to" and "official site".

    Runs of spaces become single spaces.
    """
    # `OFFICIAL` takes cubic time on long runs of spaces.
    name = " ".join(name.split())
    return OFFICIAL.sub("", name).strip(" -–|:·") or name


def is_label(text: str) -> bool:
    """Whether a text is only the label of a release (*Press release No. 44/2025*) or a section.

    Many sites print the same label above each release.
    """
    if len(text) > MAX_LABEL:
        return False
    bare = NUMBERED.sub("", text).strip()
    return bool(bare) and bool(RELEASE.fullmatch(bare) or LISTING.fullmatch(bare))
