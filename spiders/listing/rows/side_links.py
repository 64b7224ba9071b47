"""Recognize links of a row to its author, category, tags, comments or monthly archive."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from spiders.listing.rows.flat_page import LinkMark
from spiders.page.links import MAX_CACHED_LENGTH, MAX_CACHED_LINKS

_AUTHORS: Final = r"authors?|autor|autor[ei]s|auteurs?|autori|autrici|forfatter|yazar(?:lar)?|avtor"
_TERMS: Final = (
    r"categor(?:y|ies)|categor[ií]as?|categorie|cat[ée]gories?|kategori(?:e|en|a|ar|er|et|ler)?|"
    r"tags?|hashtags?|etiquetas?|etiquettes?|etiketler|etiket|labels?|schlagw(?:ort|oerter|örter)|"
    r"trefwoord(?:en)?|termino|taxonomy/term|search/label"
)
_SIDE_PATH: Final = re.compile(
    rf"/(?:{_AUTHORS}|{_TERMS})/[^/]{{1,200}}(?:/index\.\w{{2,5}}|/)?$", re.IGNORECASE
)
_SIDE_QUERY: Final = re.compile(r"(?:author|cat|tag|m)=[^&]{1,200}", re.IGNORECASE)
_MONTH_PATH: Final = re.compile(
    r"/(?:19|20)\d\d/(?:0?[1-9]|1[0-2])(?:/(?:0?[1-9]|[12]\d|3[01]))?(?:/index\.\w{2,5}|/)?$"
)
_COMMENTS: Final = re.compile(r"(?:respond|comments?|disqus_thread|comment-\d{1,12})")
_SIDE_RELATIONS: Final = frozenset(("author", "tag", "category"))


def is_side_link(link: LinkMark) -> bool:
    """Whether a link's address or ``rel`` leads to an author, category, tag or comments."""
    relation = link.node.get("rel")
    if relation and not _SIDE_RELATIONS.isdisjoint(relation.lower().split()):
        return True
    if _COMMENTS.fullmatch((link.node.get("href") or "").rpartition("#")[2]):
        return True
    return len(link.url) <= MAX_CACHED_LENGTH and _is_side_address(link.url)


def is_month_archive(link: LinkMark) -> bool:
    """Whether the address of a link looks like a monthly or daily archive.

    Addresses of releases that are numbered per year may look the same.
    """
    return len(link.url) <= MAX_CACHED_LENGTH and _is_month_address(link.url)


# Cached because the links of a row are checked in every region that contains the row.
@lru_cache(maxsize=MAX_CACHED_LINKS)
def _is_side_address(url: str) -> bool:
    parts = urlsplit(url)
    return bool(_SIDE_PATH.search(parts.path) or _SIDE_QUERY.fullmatch(parts.query))


@lru_cache(maxsize=MAX_CACHED_LINKS)
def _is_month_address(url: str) -> bool:
    return bool(_MONTH_PATH.search(urlsplit(url).path))
