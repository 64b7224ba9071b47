"""Recognize login pages, and password forms in place of a page's text."""

import re
from typing import Final

from lxml import etree

from data.languages.vocabulary import pattern
from data.models import Content
from data.text.words import tokens
from spiders.body.frames import own_names
from spiders.page.html_tree import element_line
from spiders.page.page import Page

MIN_RELEASE_WORDS: Final = 150
"""Minimum number of words for a text to be certainly a release, not a barrier."""

LOGIN_FIRST: Final = "the site shows a login form instead"
"""Error message for a page replaced by a login."""

TITLE_SEPARATOR: Final = re.compile(r"\s[-|–—·»:]\s|\|")
"""Pattern that matches the separator between a page's title and the site's name."""

MIN_FORM_SHARE: Final = 0.6
"""Minimum share (0 to 1) of an extracted body's words that are also in a login form, for the body
to be the form itself."""

SIDE_TAGS: Final = frozenset(["header", "footer", "nav", "aside", "dialog"])
ASIDE_NAMES: Final = frozenset(
    "header footer sidebar aside nav navbar navigation menu modal popup offcanvas topbar toolbar "  # noqa: SIM905 - words are easier to read in a row
    "widget login-box loginbox".split()
)
"""Class names of elements outside the main content of a page."""

NAME_FIELD_TYPES: Final = frozenset(["", "text", "email", "tel"])
"""Types of form fields for a user name."""


def is_login_page(page: Page) -> bool:
    """Whether a page is a login page: it has a password field and the title of a login page."""
    has_password = any(
        node.get("type", "").lower() == "password" for node in page.tree.iter("input")
    )
    return has_password and any(
        pattern("barriers.login").fullmatch(TITLE_SEPARATOR.split(text)[0].strip())
        for node in page.tree.iter("title", "h1")
        if (text := element_line(node))
    )


def password_form_message(page: Page, content: Content) -> str | None:
    """Return an error message if a page has a password form in place of its text, else None."""
    forms = page.tree.iter("form")
    return next((message for form in forms if (message := _form_message(form, content))), None)


def _form_message(form: etree._Element, content: Content) -> str | None:
    """Return an error message if ``form`` replaces the page's text, else None.

    A form with only a password protects a single page (WordPress's post_password, Drupal's
    protected pages). A form with a user name is a login form, which may be on every page.
    """
    kinds = [node.get("type", "").lower() for node in form.iter("input")]
    if "password" not in kinds or _beside(form):
        return None
    if kinds.count("password") == 1 and NAME_FIELD_TYPES.isdisjoint(kinds):
        return "the page is protected by a password"
    own, words = set(tokens(element_line(form))), tokens(content.body_text)
    covered = sum(word in own for word in words) >= MIN_FORM_SHARE * len(words)
    if covered and content.published is None and not content.attachments:
        return LOGIN_FIRST
    return None


def _beside(form: etree._Element) -> bool:
    for node in (form, *form.iterancestors()):
        if node.tag in ("body", "html"):
            return False
        if node.tag in SIDE_TAGS or not ASIDE_NAMES.isdisjoint(own_names(node)):
            return True
    return False
