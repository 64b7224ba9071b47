"""Find links on a page that may lead to the page where an institution lists its releases.

The links are recognized by words in their text and address, in many languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from lxml import etree

from data.text.clean import clean_line
from data.text.urls import canonical_url, page_key
from spiders.page.embedded_metadata import json_ld_scripts, parse_json, type_of
from spiders.page.json_text import json_objects
from spiders.page.links import resolve
from spiders.page.media_urls import leads_to_file
from spiders.page.page import Page

RELEASES: Final = re.compile(
    r"press[ -]?releases?|press[ -]?(?:room|office|cent(?:re|er)|corner|notices?|statements?)|"
    r"news[ -]?(?:room|releases?|desk)|media[ -]?releases?|media[ -]?(?:room|cent(?:re|er))|"
    r"(?:presse|medien)[ -]?(?:mitteilungen|informationen|meldungen|erklärungen|portal|raum|"
    r"center|zentrum|bereich|stelle|archiv)|pressemitteilung|"
    r"communiqués(?: de presse)?|communiques?-de-presse|communiqués et dossiers|salle de presse|"
    r"espace presse|espace-presse|"
    r"notas? de prensa|notas-de-prensa|comunicados?(?: de prensa| de imprensa)?|sala de prensa|"
    r"sala-de-prensa|notas? (?:à|de) imprensa|sala de imprensa|releases|"
    r"comunicati(?: stampa)?|comunicati-stampa|sala stampa|ufficio stampa|ufficio-stampa|"
    r"persberichten|perskamer|nieuwsberichten|pressmeddelanden|pressrum|pressemeddelelser|"
    r"pressemeldinger|presserom|lehdistötiedotteet|tiedotteet|mediatiedotteet|"
    r"komunikaty(?: prasowe)?|informacje prasowe|biuro prasowe|tiskové zprávy|tiskove-zpravy|"
    r"tlačové správy|tlacove-spravy|sajtóközlemények|sajtoszoba|comunicate(?: de presă)?|"
    r"comunicate-de-presa|прес+-?рел[иі]зы?|пресс-?центр|пресс-?служба|прессъобщения|"
    r"прес-?център|саопштења|priopćenja|saopštenja|sporočila za javnost|basın (?:bültenleri|"
    r"açıklamaları|odası)|basin-(?:bultenleri|aciklamalari|odasi)|mətbuat xidməti|press-relizlər|"
    r"δελτία τύπου|deltia-typou|بيانات صحفية|البيانات الصحفية|المركز الإعلامي|הודעות לעיתונות|"
    r"प्रेस विज्ञप्ति(?:याँ|यां)?|সংবাদ বিজ্ঞপ্তি|ข่าวประชาสัมพันธ์|siaran pers|siaran akhbar|"
    r"thông cáo báo chí|新闻稿|新聞稿|新闻发布|新聞發佈|新闻中心|新聞中心|"
    r"プレスリリース|報道発表(?:資料)?|"
    r"記者発表|보도자료",
    re.IGNORECASE,
)
"""Pattern of words for a page of releases, or for a press room that leads to such a page."""

NEWS: Final = re.compile(
    r"(?:all |latest |our |more |current )?news(?: archive| and updates| & updates)?|"
    r"news (?:and|&) (?:events|media|stories|views|press|announcements)|announcements|"
    r"latest updates|what'?s new|"
    r"aktuelles|aktuelle meldungen|meldungen|nachrichten|neuigkeiten|neues|"
    r"actualités?|actualites?|nouvelles|noticias|actualidad|novedades|novidades|notícias|"
    r"notizie|novità|primo piano|nieuws|actueel|nyheter|aktuellt|nyheder|aktuelt|uutiset|"
    r"ajankohtaista|aktualności|aktualnosci|wiadomości|aktuality|novinky|zprávy|správy|hírek|"
    r"știri|ştiri|stiri|noutăți|новости|новини|навіны|вести|вијести|vijesti|novosti|novice|naujienos|"
    r"aktualijos|jaunumi|ziņas|uudised|lajme|haberler|duyurular|xəbərlər|xeberler|жаңалықтар|"
    r"yangiliklar|νέα|ανακοινώσεις|أخبار|الأخبار|آخر الأخبار|اخبار|חדשות|समाचार|সংবাদ|খবর|செய்திகள்|"
    r"ข่าว|ข่าวสาร|tin tức|tin-tuc|berita|新闻|新聞|"
    r"新闻动态|要闻|最新消息|公告|通知公告|ニュース|お知らせ|新着情報|"
    r"뉴스|소식|공지사항",
    re.IGNORECASE,
)
"""Pattern of words for a news page. Many institutions list their releases on such a page."""

MEDIA: Final = re.compile(
    r"(?:the )?(?:press|media)(?: (?:&|and) (?:media|press|news|public(?:ity| relations)))?|"
    r"presse(?: (?:&|und|et) (?:medien|médias|öffentlichkeitsarbeit|aktuelles))?|medien|médias|"
    r"prensa|imprensa|stampa|pers|pressen?|media|média|prasa|prasowe|tisk|média|pro média|"
    r"пресса|преса|прес-?служба|сми|медиа|basın|mətbuat|media-?ja|sajtó|presă|τύπος|"
    r"الإعلام|اعلام|媒体|媒體|報道|언론|สื่อ",
    re.IGNORECASE,
)
"""Pattern of words for a page for journalists, which may only lead to the list of releases."""

NOT_A_ROOM: Final = re.compile(
    r"newsletter|social[ -]?media|multi[ -]?media|mediathek|mediation|media[ -]?kit|press[ -]?kit|"
    r"contacts?\b|kontakt|subscribe|abonn|anmeld|log[ -]?in|sign[ -]?(?:in|up)|rss|accredit|"
    r"akkredit|photo|foto|video|bilder|gallery|galerie|logo|policy|privacy|cookie|in the news|"
    r"coverage|wordpress|express|impress|jobs|career|podcast",
    re.IGNORECASE,
)
"""Pattern of words like *newsletter*, which resemble those for a press room but mean other
pages."""


MAX_LINKS: Final = 4_000
"""Maximum number of links checked per page."""

MAX_WORDS: Final = 5
"""Maximum number of words in the text of a link to a section. Longer texts are headlines."""

MAX_PARENTS: Final = 4
"""Maximum number of folders above a page that are tried."""

RANKS: Final = ((RELEASES, 1.0), (NEWS, 0.8), (MEDIA, 0.7))
PATH_ALONE: Final = 0.75
"""Factor applied to the score of a link if only its address contains a press room word."""

ABOVE: Final = 0.65
"""Minimum score (0 to 1) of a page in a folder above the current page, whatever its name."""

FRONT: Final = re.compile(
    r"/*(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:(?:index|default|home|start|welcome|main)(?:\.\w{2,5})?/?)?",
    re.IGNORECASE,
)
SEPARATORS: Final = re.compile(r"[-_+. ]+")
ENDING: Final = re.compile(r"\.\w{2,5}$")


@dataclass(frozen=True, slots=True)
class PressLink:
    """A link that may lead to a press room, with its text and its ``score`` (0 to 1)."""

    url: str
    text: str
    score: float


def press_links(page: Page) -> tuple[PressLink, ...]:
    """Return links on a page that may lead to a press room, most promising first.

    The texts of the links count most, then their addresses. Pages in folders above this page are
    included.
    """
    best: dict[str, PressLink] = {}
    for link in (*_named(page), *_above(page)):
        key = canonical_url(link.url)
        known = best.get(key)
        if key != page_key(page.url) and (known is None or link.score > known.score):
            best[key] = link
    # If two links have the same score, the shorter address is more likely the whole list.
    return tuple(sorted(best.values(), key=lambda link: (-link.score, len(link.url))))


def is_front(url: str) -> bool:
    """Whether an address is a site's home page in any language."""
    parts = urlsplit(url)
    return not parts.query and FRONT.fullmatch(parts.path) is not None


def folders_above(url: str) -> Iterator[str]:
    """Yield the addresses of the folders that contain a page, nearest first, without the root."""
    parts = urlsplit(url)
    names = [name for name in parts.path.split("/") if name]
    for depth in range(len(names) - 1, max(0, len(names) - 1 - MAX_PARENTS), -1):
        yield urljoin(url, "/" + "/".join(names[:depth]) + "/")


def is_of_site(url: str, other: str) -> bool:
    """Whether two addresses belong to one site.

    This is the case if they have the same host, if one host is a subdomain of the other, or if both
    are subdomains of one domain.
    """
    hosts = [(urlsplit(one).hostname or "").removeprefix("www.") for one in (url, other)]
    first, second = sorted(hosts, key=len)
    tail = ".".join(second.split(".")[-2:])
    return (
        first == second
        or second.endswith(f".{first}")
        or (first.endswith(f".{tail}") and len(tail) > len("gov.uk") + 1)
    )


def _named(page: Page) -> Iterator[PressLink]:
    for node in islice(page.tree.iter("a", "area"), MAX_LINKS):
        url = resolve(node.get("href") or "", page.base)
        if url is None or leads_to_file(url) or not is_of_site(url, page.url):
            continue
        text = _text(node)
        if score := max(_of_text(text), PATH_ALONE * _of_path(url)):
            # Text and address together are more certain than either alone.
            both = 0.05 if _of_text(text) and _of_path(url) else 0.0
            yield PressLink(url, text or url, round(min(1.0, score + both), 2))


def _above(page: Page) -> Iterator[PressLink]:
    if is_front(page.url):
        return
    for url in (*_crumbs(page), *folders_above(page.url)):
        if is_of_site(url, page.url) and not is_front(url):
            yield PressLink(url, url, round(max(ABOVE, _of_path(url) * 0.9), 2))


def _crumbs(page: Page) -> Iterator[str]:
    """Yield the addresses in a page's breadcrumbs (schema.org)."""
    for text in json_ld_scripts(page):
        for node in json_objects(parse_json(text)):
            item = node.get("item") if "ListItem" in type_of(node) else None
            address = item.get("@id") if isinstance(item, dict) else item
            if isinstance(address, str) and (url := resolve(address, page.base)):
                yield url


def _text(node: etree._Element) -> str:
    label = "".join(map(str, node.itertext())) or node.get("title") or node.get("aria-label") or ""
    return clean_line(label[:400])


def _of_text(text: str) -> float:
    """Return the score (0 to 1) of a link's text.

    The score is higher the fewer words the text has besides those for a press room.
    """
    if not text or "@" in text or NOT_A_ROOM.search(text) or len(text.split()) > MAX_WORDS:
        return 0.0
    bare = text.strip(" »›>→|·:-")
    for words, worth in RANKS:
        if words.fullmatch(bare):
            return worth
    return max((worth - 0.1 for words, worth in RANKS[:2] if _holds(words, bare)), default=0.0)


def _holds(words: re.Pattern[str], text: str) -> bool:
    """Whether a text contains a match of the pattern as a whole word."""
    return any(
        (found.start() == 0 or not text[found.start() - 1].isalpha() or text[0] >= "\u3040")
        and (found.end() == len(text) or not text[found.end()].isalpha() or text[0] >= "\u3040")
        for found in words.finditer(text)
        if found[0]
    )


def _of_path(url: str) -> float:
    """Return the score (0 to 1) of an address. Its last segment must be a word for a press room."""
    path = ENDING.sub("", unquote(urlsplit(url).path.rstrip("/")))
    names = [SEPARATORS.sub(" ", name) for name in path.split("/") if name]
    if not names or NOT_A_ROOM.search(names[-1]):
        return 0.0
    return _first_worth(names[-1:])


def _first_worth(names: Iterable[str]) -> float:
    for name in names:
        for words, worth in RANKS:
            if words.fullmatch(name):
                return worth
    return 0.0
