"""What the class, id and role of an element say of its purpose, as a bit mask.

The words are those that site makers in many countries use; a word counts wherever it stands in a
token (``articleBody``, ``news-text``, ``haber_detay``). They are features for a decision, never the
decision itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from lxml import etree

WORDS: Final = {
    "body": "article-?_?body|articlebody|article-?_?content|article-?_?text|story-?_?body|"
    "post-?_?body|post-?_?content|entry-?_?content|body-?_?text|bodytext|main-?_?text|news-?_?text|"
    "text-?_?content|content-?_?body|rich-?_?text|richtext|wysiwyg|field-name-body|"
    "field--name-body|news-?_?content|news-?_?detail|detail-?_?text|haber-?_?detay|paragraph|"
    "page-?_?content|articletext|artikel-?_?text|prose|editor",
    "content": "article|content|story|entry|inhalt|artikel|beitrag|contenido|contenu|corps|texte?|"
    "post|main|detail|detay|haber|news|body|copy|noticia|conteudo|yazi|xeber|blog|page",
    "title": "title|headline|heading|titre|titulo|titel|baslik|header|schlagzeile|rubrik",
    "lead": "lead|teaser|summary|intro|abstract|excerpt|standfirst|dek|kicker|subtitle|sub-?title|"
    "subhead|chapo|vorspann|anriss|entradilla|sumario|spot|description",
    "date": "date|datum|fecha|tarih|tarix|datetime|timestamp|published|pubdate|time|veroeffent",
    "byline": "byline|author|autor|writer|credit|source|contributor|reporter|redakt",
    "meta": "meta|info|posted|details|categor|tags?\\b|tag-|breadcrumb|topic|keyword|label|rubric",
    "share": "share|sharing|social|facebook|twitter|addthis|addtoany|teilen|partag|compart|paylas|"
    "whatsapp|bookmark|print|follow|tools|toolbar|action",
    "related": "relat|recommend|more-?_?(news|stories|articles|from)|read-?_?more|also|similar|"
    "other|suggest|teaser|promo|popular|trending|most-?_?(read|viewed)|latest|recent|weitere|verwandt|"
    "mehr|aehnlich|voir|lire|seealso|next|prev|carousel|slider|card|tease|listing|feed|widget|"
    "outbrain|taboola|playlist|hot|further",
    "nav": "nav|menu|crumb|toc|pager|paginat|skip|jump|tabs?\\b|language|lang-|sitemap|search|login",
    "comment": "comment|disqus|respond|reply|discussion|kommentar|forum|feedback|rating|vote|poll",
    "ad": "\\bads?\\b|advert|sponsor|banner|adslot|anzeige|werbung|publicid|reklam|commercial|"
    "affiliate|google|dfp|\\bad-|-ad\\b|outbrain|taboola|shop|deal|product|price",
    "caption": "caption|gallery|galerie|figure|photo|image|img|picture|bild|thumb|media|video|"
    "player|lightbox|slide|legende",
    "subscribe": "subscri|newsletter|signup|sign-?up|register|abo\\b|abonn|paywall|premium|donat|"
    "piano|regwall|membership|cta\\b|callout",
    "cookie": "cookie|consent|gdpr|cmp|privacy|overlay|modal|popup|dialog|alert|notice|warning|"
    "onetrust|disclaimer|legal|copyright",
    "footer": "foot|bottom|colophon|copyright|end\\b|impressum|pied",
    "side": "side|aside|rail|right|left|column|secondary|complementary|marginal|spalte",
    "hidden": "hidden|hide\\b|invisible|sr-only|visually|screen-?_?reader|offscreen|collapse|"
    "noprint|no-print|d-none|print-only",
    "bio": "\\bbio|about|profile|contact|kontakt|boilerplate|person",
    "quote": "quote|zitat|pull|highlight|inset|box|infobox|factbox|kasten",
}
"""Words of each hint. Regular expressions, matched without case, anywhere in a class or id."""

BIT: Final = {name: 1 << place for place, name in enumerate(WORDS)}
_EACH = tuple((BIT[name], re.compile(words)) for name, words in WORDS.items())
_ROLES = {
    "navigation": BIT["nav"],
    "complementary": BIT["side"],
    "contentinfo": BIT["footer"],
    "banner": BIT["nav"],
    "search": BIT["nav"],
    "dialog": BIT["cookie"],
    "alert": BIT["cookie"],
    "main": BIT["content"],
    "article": BIT["content"],
}
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")


def hints_of(element: etree._Element) -> int:
    """The hints of one element, from its class, id, role, itemprop and hidden state."""
    if not element.attrib:
        return 0
    get = element.get
    named = f"{get('class') or ''} {get('id') or ''} {get('itemprop') or ''}"
    mask = hints_in(named) if len(named) > 2 else 0
    role = get("role")
    if role:
        mask |= _ROLES.get(role, 0)
    if get("hidden") is not None or "none" in (get("style") or "") and _is_hidden(get("style")):
        mask |= BIT["hidden"]
    return mask


def _is_hidden(style: str | None) -> bool:
    return "display:none" in (style or "").replace(" ", "").lower()


@lru_cache(maxsize=20_000)
def hints_in(named: str) -> int:
    """The hints in a text of classes and ids."""
    text = _CAMEL.sub("-", named[:400]).lower()
    mask = 0
    for bit, words in _EACH:
        if words.search(text):
            mask |= bit
    return mask
