"""The text of a release as safe HTML, with or without the notes that feeds add."""

from html import escape
from typing import Final

from data.languages.tags import feed_language, is_right_to_left
from data.models import Content, Release, Revision
from data.revisions.diff import COARSE
from data.revisions.stored_difference import changes_between
from data.text.clean import allowed
from data.text.html_text import paragraphs
from data.text.paragraphing import with_paragraphs
from data.text.sanitize import sanitize
from feeds.catalog import Person

REDACTION_NOTE: Final = (
    "Redacted: the operator of this archive removed the text of this release under a legal order."
)
"""Note in feeds that replaces the text of a redacted release."""

MAX_BODY_CHARACTERS = 1_000_000
"""Maximum length in characters of an entry's HTML in feeds. Longer entries contain their summary
instead."""


def body_of(release: Release, base: str) -> str:
    """Return the whole text of a release as safe HTML.

    Relative URLs are resolved against ``base``.
    """
    content = release.content
    body = safe_html(content.body_html, base) if content.body_html else ""
    return body.strip() or paragraphs(allowed(content.body_text))


def is_long(content: Content) -> bool:
    """Whether the body of a release is too long for feeds (MAX_BODY_CHARACTERS)."""
    return max(len(content.body_html), len(content.body_text)) > MAX_BODY_CHARACTERS


def summary_and_link(summary: str, page: str) -> str:
    """Return HTML that replaces a text too long for a feed: the summary and a link to ``page``."""
    return f"<p>{escape(summary)}</p>" + note(f"The full text is long: {anchor(page, page)}.")


def with_notes(body: str, release: Release, url: str, page: str, also: tuple[Person, ...]) -> str:
    """Add notes about corrections, a retraction and other publishers to a safe HTML ``body``.

    ``url`` is the publisher's page, ``page`` is our copy, and ``also`` are the other
    publishers. For a redacted release, the result contains only the redaction note.
    """
    content = release.content
    if content.redacted:
        return note(REDACTION_NOTE)
    if is_right_to_left(content.language):
        body = f'<div dir="rtl" lang="{feed_language(content.language) or "und"}">{body}</div>'
    if release.edited > 1:
        changed = anchor(f"{page}revisions/{release.edited}/", "see what changed")
        body = note(f"Corrected by the publisher (version {release.edited}): {changed}.") + body
    if release.retracted:
        day = release.retracted.date().isoformat()
        gone = anchor(url, "the publisher’s site")
        body = (
            note(f"Retracted: missing from {gone} since {day}. This is the archived copy.") + body
        )
    if also:
        named = ", ".join(anchor(person.url, person.name) for person in also)
        body += note(f"Also published by {named}.")
    return body


def difference(before: Revision, after: Revision, *, whole: bool = True) -> str:
    """Return the changes of an edit as HTML, field by field, with ``del`` and ``ins`` elements.

    If ``whole`` is false, each field shows only the changed paragraphs, as texts of attachments
    always do. If a text was too long to compare word by word, the result begins with a note.
    """
    if after.content.redacted:
        return f'<p lang="en" dir="ltr">{REDACTION_NOTE}</p>'
    differing = changes_between(before, after)
    found = "".join(
        change.html if whole and change.field != "attachment_text" else change.html_of_changes
        for change in differing
    )
    if any(change.is_coarse for change in differing):
        found = note(COARSE) + found
    unchanged = '<p lang="en" dir="ltr">The title, text and files are unchanged.</p>'
    return allowed(found) or unchanged


def note(html: str) -> str:
    """Wrap our ``html`` in a paragraph whose language is marked as English.

    The mark distinguishes our text from the publisher's text.
    """
    return f'<p lang="en" dir="ltr"><em>{html}</em></p>'


def quoted(html: str, language: str | None, tag: str = "span") -> str:
    """Wrap a publisher's ``html`` in an element with its language and text direction."""
    direction = "rtl" if is_right_to_left(language) else "ltr"
    return f'<{tag} lang="{feed_language(language) or "und"}" dir="{direction}">{html}</{tag}>'


def anchor(url: str | None, text: str) -> str:
    """Return a link to ``url``, or only the escaped text if ``url`` is empty."""
    return f'<a href="{escape(url)}">{escape(text)}</a>' if url else escape(text)


def safe_html(html: str, base: str) -> str:
    """Remove scripts, styles, frames and forms from HTML, and split the text into paragraphs.

    Relative addresses are resolved against ``base``.
    """
    # Filter characters twice, because sanitizing turns references such as &#1; into characters.
    return with_paragraphs(allowed(sanitize(allowed(html), base)))
