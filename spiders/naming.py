"""What a site calls itself, and the id that its source gets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from anyascii import anyascii

from data.normalize import clean_line
from spiders.guess import Guess
from spiders.metadata import Metadata, articles, parse_json, plain, read_metadata, type_of, walk
from spiders.page import Page

PARTS = re.compile(
    r"\s+[|–—·•»›>«‹<~/:-]+\s+|\s*[|｜／_]\s*|(?<=[\u3040-\u9fff])-(?=[\u3040-\u9fff])"
)
"""What parts a page's title from the site's name."""

LONGEST = 100
LONGEST_ID = 40
ORGANIZATION = re.compile("Organization|WebSite|GovernmentOffice|Corporation|CollegeOrUniversity")
FEED_TITLE = re.compile(r"<title[^>]*>(?:<!\[CDATA\[)?([^<\]]{2,200})", re.IGNORECASE)
JSON_TITLE = re.compile(r'"title"\s*:\s*"([^"]{2,200})"')
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
"""What a page that lists releases is called, which is not its site's name."""

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
NUMBERED = re.compile(
    r"[\s\W]*(?:\b(?:no|nr|n[°º]|num|num[eé]ro|č|sz|бр|№)\b)?[\s\W\d]*$", re.IGNORECASE
)
"""What may follow a kind of release: its number, its year."""

COMMON = frozenset(
    ("www", "www2", "news", "press", "media", "newsroom", "presse", "m", "en", "gov", "city")
)


def is_label(text: str) -> bool:
    """Whether a text only says that a release is one (*Press release No. 44/2025*), or a section.

    Such a line heads all releases of a site.
    """
    bare = NUMBERED.sub("", text).strip()
    return bool(bare) and bool(RELEASE.fullmatch(bare) or LISTING.fullmatch(bare))


def guess_name(listing: Page, releases: Sequence[Page], feed: Page | None = None) -> Guess:
    """What the site calls itself, most trusted first.

    What it says to machines, what the titles of its pages share, its feed's title, its host.
    """
    found = (guess for guess in _names(listing, releases, feed) if guess.value)
    return next(found, Guess(_host(listing.url), 0.3, "the host"))


def _names(listing: Page, releases: Sequence[Page], feed: Page | None) -> Iterator[Guess]:
    pages = (listing, *releases)
    metas = [read_metadata(page) for page in pages]
    yield Guess(
        _most(clean_line(meta.meta("og:site_name")) for meta in metas), 0.95, "og:site_name"
    )
    yield Guess(_most(name for page in pages for name in _organizations(page)), 0.9, "json-ld")
    publishers = (clean_line(meta.text("publisher", "sourceOrganization")) for meta in metas)
    yield Guess(_most(publishers), 0.9, "json-ld publisher")
    named = (clean_line(meta.meta("application-name", "dc.publisher")) for meta in metas)
    yield Guess(_most(named), 0.85, "meta")
    heading = _heading(listing)
    shared = _shared(metas, heading)
    yield Guess(shared, 0.8 if releases else 0.65, "what the titles of its pages share")
    yield Guess(_of_feed(feed) if feed else "", 0.7, "the feed's title")
    yield Guess(_last_part(metas[0], heading), 0.5, "the page's title")


def source_id(name: Guess, url: str, taken: Iterable[str] = ()) -> str:
    """An id for a source: its name where that is sure, short and Latin, else its host's."""
    used = set(taken)
    labels = (urlsplit(url).hostname or "").split(".")
    own = [label for label in labels[:-1] if label not in COMMON]
    # The longest part of a host is its own; co, gov and the like are short.
    hosts = [max(own, key=len), "-".join(own)] if own and not labels[-1].isdecimal() else []
    slug = _slug(name.value)
    latin = sum(letter < "\u0250" for letter in name.value) * 2 > len(name.value)
    first = [slug] if name.sure and latin and len(slug) <= LONGEST_ID else []
    choices = [*first, *map(_slug, hosts), _shortened(slug), "source"]
    free = [choice for choice in choices if choice]
    for choice in free:
        if choice not in used:
            return choice
    number = next(n for n in range(2, len(used) + 3) if f"{free[0]}-{n}" not in used)
    return f"{free[0]}-{number}"


def _slug(text: str) -> str:
    return _shortened(re.sub(r"[^a-z0-9]+", "-", anyascii(text).lower()).strip("-"), 60)


def _shortened(slug: str, most: int = LONGEST_ID) -> str:
    """As many whole words as fit."""
    return slug if len(slug) <= most else (slug[:most].rpartition("-")[0] or slug[:most])


def _most(names: Iterable[str]) -> str:
    """The name that most pages give."""
    counted = Counter(name for name in names if 1 < len(name) <= LONGEST)
    return counted.most_common(1)[0][0] if counted else ""


def _organizations(page: Page) -> Iterator[str]:
    for script in page.tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            value = parse_json(script.text or "")
            if value is None or articles(value):
                continue
            for node in walk(value):
                if ORGANIZATION.search(type_of(node)):
                    yield clean_line(plain(node.get("name")))


def _parts(meta: Metadata) -> list[str]:
    return [part for part in map(clean_line, PARTS.split(meta.title)) if part]


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "unnamed").removeprefix("www.")


def _heading(page: Page) -> str:
    """The heading of a page, which names the page more often than the site."""
    found = page.tree.find(".//h1")
    return clean_line("".join(map(str, found.itertext()))) if found is not None else ""


def _shared(metas: Sequence[Metadata], heading: str) -> str:
    """The part that the titles of most pages share; of several the last, where sites put it."""
    titles = [parts for meta in metas if (parts := _parts(meta))]
    if len(titles) < 2:  # noqa: PLR2004 - to share takes two
        return ""
    counted = Counter(part for parts in titles for part in dict.fromkeys(parts))
    places = {part: place for parts in titles for place, part in enumerate(parts)}
    shared = [
        part
        for part, count in counted.items()
        if count * 2 > len(titles) and 1 < len(part) <= LONGEST and not LISTING.fullmatch(part)
    ]
    return max(shared, key=lambda part: (part != heading, counted[part], places[part]), default="")


def _last_part(meta: Metadata, heading: str) -> str:
    parts = [
        part
        for part in _parts(meta)
        if not LISTING.fullmatch(part) and part != heading and len(part) <= LONGEST
    ]
    return parts[-1] if parts else ""


def _of_feed(feed: Page) -> str:
    start = feed.text[:5000]
    match = (JSON_TITLE if start.lstrip()[:1] == "{" else FEED_TITLE).search(start)
    parts = [part for part in PARTS.split(clean_line(match[1])) if part] if match else []
    named = [part for part in parts if not LISTING.fullmatch(part)]
    return named[-1] if named else ""
