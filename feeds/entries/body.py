"""The text of a release as safe HTML, bare and with the notes that feeds add to it."""

from __future__ import annotations

from html import escape
from typing import Final

from data.models import Content, Release, Revision
from data.revisions.diff import COARSE
from data.revisions.stored_difference import changes_between
from data.text.clean import allowed
from data.text.html_text import paragraphs
from data.text.language_tags import feed_language, is_right_to_left
from data.text.paragraphing import with_paragraphs
from data.text.sanitize import sanitize
from feeds.catalog import Person

REDACTION: Final = (
    "Redacted: the operator of this archive took out the text of this release for a lawful order."
)
"""The text of a redacted release in feeds."""


def body_of(release: Release, base: str) -> str:
    """The whole body of a release as safe HTML, relative addresses against ``base``."""
    content = release.content
    body = safe_html(content.body_html, base) if content.body_html else ""
    return body.strip() or paragraphs(allowed(content.body_text))


def is_long(content: Content) -> bool:
    """Whether a body is too long for feeds."""
    return max(len(content.body_html), len(content.body_text)) > LARGEST_BODY


def summary_and_link(summary: str, page: str) -> str:
    """A summary and a link, in place of a text that is too long for a feed."""
    return f"<p>{escape(summary)}</p>" + note(f"The full text is long: {anchor(page, page)}.")


def with_notes(body: str, release: Release, url: str, page: str, also: tuple[Person, ...]) -> str:
    """A ``body`` of safe HTML with our notes before and after it."""
    content = release.content
    if content.redacted:
        return note(REDACTION)
    if is_right_to_left(content.language):
        body = f'<div dir="rtl" lang="{feed_language(content.language) or "und"}">{body}</div>'
    if release.edited > 1:
        changed = anchor(f"{page}revisions/{release.edited}/", "see what changed")
        body = note(f"Corrected by its publisher (version {release.edited}): {changed}.") + body
    if release.retracted:
        day = release.retracted.date().isoformat()
        gone = anchor(url, "the publisher’s site")
        body = note(f"Retracted: gone from {gone} since {day}; this is the copy kept.") + body
    if also:
        named = ", ".join(anchor(person.url, person.name) for person in also)
        body += note(f"Also published by {named}.")
    return body


def difference(before: Revision, after: Revision, *, whole: bool = True) -> str:
    """What an edit took out (``del``) and put in (``ins``), field by field, as HTML.

    Unless the ``whole`` of a field is wanted, only its paragraphs that differ. A note comes first
    if a difference is coarse.
    """
    if after.content.redacted:
        return f'<p lang="en" dir="ltr">{REDACTION}</p>'
    differing = changes_between(before, after)
    found = "".join(change.html if whole else change.html_of_changes for change in differing)
    if any(change.is_coarse for change in differing):
        found = note(COARSE) + found
    same = '<p lang="en" dir="ltr">Its title, text and files stayed as they were.</p>'
    return allowed(found) or same


def note(html: str) -> str:
    """A paragraph of ours within a body of theirs."""
    return f'<p lang="en" dir="ltr"><em>{html}</em></p>'


def quoted(html: str, language: str | None, tag: str = "span") -> str:
    """Words of theirs within a text of ours, marked with their language and its direction."""
    direction = "rtl" if is_right_to_left(language) else "ltr"
    return f'<{tag} lang="{feed_language(language) or "und"}" dir="{direction}">{html}</{tag}>'


def anchor(url: str | None, text: str) -> str:
    """A link, or the text alone where there is no address."""
    return f'<a href="{escape(url)}">{escape(text)}</a>' if url else escape(text)


LARGEST_BODY = 1_000_000
"""Characters of HTML that one entry may bring into a feed; beyond it the entry has the summary."""


def safe_html(html: str, base: str) -> str:
    """HTML without scripts, styles, frames or forms, in paragraphs, with absolute addresses.

    ``base`` is what relative addresses start from.
    """
    # Twice: a character reference such as &#1; becomes a character only by sanitizing.
    return with_paragraphs(allowed(sanitize(allowed(html), base)))
