"""Recognize metadata in the text of a blog post: author, date, category, comments.

For example, old WordPress themes print "This entry was posted on … and is filed under …. You can
follow any responses to this entry through the RSS 2.0 feed."
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from lxml import etree

MAX_METADATA_LENGTH: Final = 600
"""Maximum length of post metadata, in characters."""

SHORT: Final = 160
"""Maximum length of a line that contains only a label of a post, in characters."""

METADATA_CLASSES: Final = re.compile(
    r"post-?_?meta-?_?(?:data)?|(?:entry|article|news)-?_?meta(?:data)?|meta-post|"
    r"(?:entry|post)-(?:utility|footer|byline|categories|tags|terms|info)|postinfo|posted-(?:on|by|in)|"
    r"(?:cat|categories|tags?|comments|edit|permalink)-links?|post-edit-link|wp-block-post-(?:date|terms|"
    r"author(?:-name)?|comments-\w+)|field--name-(?:uid|created)|node__(?:meta|submitted)|submitted|"
    r"article-info",
    re.IGNORECASE,
)
"""Pattern of class names for post metadata in WordPress, Drupal, Joomla and their themes."""

SAID: Final = etree.XPath("normalize-space()")

POSTED: Final = re.compile(
    r"^\W*(?:(?:this|the) (?:entry|post|article|item|news item) (?:was|has been|is) |"
    r"(?:dieser|der) (?:eintrag|beitrag|artikel) (?:wurde|ist) |"
    r"(?:cet|cette|ce) (?:article|entrée|contenu|billet) a été |"
    r"est[ae] (?:entrada|post|artículo|artigo|publicación) (?:fue|foi|está|se) |"
    r"quest[oa] (?:articolo|post|voce|elemento) è stat[oa] |"
    r"dit (?:bericht|artikel) (?:is|werd) |(?:det här|detta) inlägget? |"
    r"dette (?:indlæg|innlegget) |ten wpis został |(?:tento )?příspěvek byl |"
    r"(?:эта )?запись (?:опубликована|была) )",
    re.IGNORECASE,
)
"""Pattern of the beginning of a sentence about where and when a post was published."""

FILED: Final = re.compile(
    r"\b(?:filed (?:under|in)|posted (?:on|in|by|at)|tagged|permalink|rss|comments?|trackback|"
    r"categor(?:y|ies)|responses?|abgelegt|verschlagwortet|wurde unter|permanentlink|"
    r"kommentare?|kategorien?|classée?|marquée?|permalien|commentaires?|archivad[oa]|etiquetad[oa]|"
    r"enlace permanente|comentarios?|marcad[oa]|contrassegnat[oa]|commenti|reacties|"
    r"(?:bokmärk|bogmærk|bokmerk)\w*|kategori\w*|rubri(?:ce|ka|que)|komentarz\w*|рубрик\w+|метк\w+)\b",
    re.IGNORECASE,
)
"""Pattern of words about category, tags or comments in a sentence that matches `POSTED`."""

LABEL: Final = re.compile(
    r"^\W*(?:(?:posted|filed)(?: on .{4,30})? (?:in|under|by)\b|tagged(?: (?:with|as))?\b|"
    r"this entry was posted\b|leave a (?:comment|reply|response)\b|bookmark the permalink\b|"
    r"edit(?: this)?(?: entry| post)?\W*$|(?:no|one|\d+) (?:comments?|responses?)\b|"
    r"(?:both )?comments(?: and pings)? are (?:currently )?closed|"
    r"(?:you can|responses are currently closed).{0,80}\b(?:response|trackback|rss|feed)\b|"
    r"(?:categor(?:y|ies)|tags?|keywords?|topics?)\s*:|"
    r"(?:abgelegt|veröffentlicht) unter\b|verschlagwortet mit\b|"
    r"(?:kategorien?|schlagw[oö]rter)\s*:|"
    r"(?:kommentar hinterlassen|schreibe einen kommentar)\b|"
    r"(?:classé|publié) (?:dans|sous)\b|(?:catégories?|étiquettes?|mots-clés)\s*:|"
    r"laisser un commentaire\b|(?:archivado|publicado) (?:en|bajo)\b|etiquetado\b|"
    r"(?:categorías?|etiquetas?)\s*:|deja un comentario\b|(?:archiviato|pubblicato) in\b|"
    r"(?:categori[ae]|tag)\s*:|lascia un commento\b|(?:geplaatst|gepubliceerd) in\b|"
    r"(?:categorie(?:ën)?|kategorier?)\s*:|publicerat i\b|(?:рубрик[аи]|метки)\s*:)",
    re.IGNORECASE,
)
"""Pattern of the beginning of a label of a post, such as "Posted in" or "Leave a comment"."""

CLOSED: Final = re.compile(r"[^\W\d]{4,}[.!?]\s*$")
"""Pattern of the end of a sentence. Most labels of posts are not sentences."""

ALWAYS: Final = re.compile(
    r"^\W*(?:(?:both )?comments(?: and pings)? are|responses are|you can|bookmark the|"
    r"this entry was posted)",
    re.IGNORECASE,
)
"""Pattern of labels of posts that are sentences."""


def metadata_parts(root: etree._Element) -> list[etree._Element]:
    """Return the descendants of ``root`` that have a class for post metadata and a short text."""
    return [
        part
        for part in root.iterdescendants("*")
        if calls_itself_metadata(part.get("class", ""))
        and len(str(SAID(part))) <= MAX_METADATA_LENGTH
    ]


@lru_cache(maxsize=10_000)  # Cached because the elements of a page share a few hundred classes.
def calls_itself_metadata(named: str) -> bool:
    """Whether one of the classes in ``named`` is a class for post metadata."""
    return any(map(METADATA_CLASSES.fullmatch, named.split()))


def is_metadata(text: str) -> bool:
    """Whether a line contains only post metadata: author, date, category or comments."""
    if len(text) > MAX_METADATA_LENGTH:
        return False
    if (match := POSTED.match(text)) and FILED.search(text, match.end()):
        return True
    if len(text) > SHORT or not LABEL.match(text):
        return False
    return not CLOSED.search(text) or bool(ALWAYS.match(text))
