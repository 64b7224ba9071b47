"""Recognize metadata in the text of a blog post: author, date, category, comments.

For example, old WordPress themes print "This entry was posted on … and is filed under …. You can
follow any responses to this entry through the RSS 2.0 feed."
"""

import re
from functools import lru_cache
from typing import Final

from lxml import etree

from data.languages.vocabulary import pattern

MAX_METADATA_LENGTH: Final = 600
"""Maximum length of post metadata, in characters."""

MAX_LABEL_LINE_LENGTH: Final = 160
"""Maximum length in characters of a line that only labels a post."""

METADATA_CLASSES: Final = re.compile(
    r"post-?_?meta-?_?(?:data)?|(?:entry|article|news)-?_?meta(?:data)?|meta-post|"
    r"(?:entry|post)-(?:utility|footer|byline|categories|tags|terms|info)|postinfo|posted-(?:on|by|in)|"
    r"(?:cat|categories|tags?|comments|edit|permalink)-links?|post-edit-link|wp-block-post-(?:date|terms|"
    r"author(?:-name)?|comments-\w+)|field--name-(?:uid|created)|node__(?:meta|submitted)|submitted|"
    r"article-info",
    re.IGNORECASE,
)
"""Pattern that matches class names for post metadata in WordPress, Drupal, Joomla and their
themes."""

NORMALIZED_TEXT: Final = etree.XPath("normalize-space()")

POSTED_SENTENCE: Final = r"^\W*{}"
"""Template of a pattern for the start of a sentence about when or where a post was published."""

FILING_WORDS: Final = r"\b{}\b"
"""Template of the pattern of words about category, tags or comments, which are searched in
sentences that match `POSTED_SENTENCE`."""

LABEL: Final = r"^\W*{}"
"""Template of a pattern for the start of a post's label, such as "Posted in"."""

SENTENCE_END: Final = re.compile(r"[^\W\d]{4,}[.!?]\s*$")
"""Pattern of the end of a sentence. Most labels of posts are not sentences."""

LABEL_SENTENCE: Final = re.compile(
    r"^\W*(?:(?:both )?comments(?: and pings)? are|responses are|you can|bookmark the|"
    r"this entry was posted)",
    re.IGNORECASE,
)
"""Pattern for labels of posts that are sentences."""


def metadata_parts(root: etree._Element) -> list[etree._Element]:
    """Return the descendants of ``root`` that have a class for post metadata and a short text."""
    return [
        part
        for part in root.iterdescendants("*")
        if calls_itself_metadata(part.get("class", ""))
        and len(str(NORMALIZED_TEXT(part))) <= MAX_METADATA_LENGTH
    ]


@lru_cache(maxsize=10_000)  # Cached because the elements of a page share a few hundred classes.
def calls_itself_metadata(named: str) -> bool:
    """Whether one of the classes in ``named`` is a class for post metadata."""
    return any(map(METADATA_CLASSES.fullmatch, named.split()))


def is_metadata(text: str) -> bool:
    """Whether a line contains only post metadata: author, date, category or comments."""
    if len(text) > MAX_METADATA_LENGTH:
        return False
    posted = pattern("posts.sentences", POSTED_SENTENCE).match(text)
    if posted and pattern("posts.filing", FILING_WORDS).search(text, posted.end()):
        return True
    if len(text) > MAX_LABEL_LINE_LENGTH or not pattern("posts.labels", LABEL).match(text):
        return False
    return not SENTENCE_END.search(text) or bool(LABEL_SENTENCE.match(text))
