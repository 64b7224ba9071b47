"""Recognize pages that a site shows in place of the requested page, and of which kind.

The first of these rules that applies decides:

1. A challenge, a login page or a captcha, if the page has no date.
2. A password form or a paywall in the page's markup, with or without a date.
3. A notice of maintenance or a paywall within the title or a heading, if the page has no date, no
   attachment and fewer than ``MIN_WORDS_BEYOND_NOTICE`` words.
4. A title that only reports that the page is missing (soft 404), if the page has no date.
5. A title that only reports that the site is out of order, if the page has no date.

A page with at least ``MIN_RELEASE_WORDS`` words of its own text is not a barrier. A page with a
captcha for another purpose, such as a newsletter form, is not a challenge. An error page at the URL
of a stored release may show the current day. It is compared with the release
(``missing_release_message``).
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from typing import Final, Literal, NamedTuple, TypeAlias

from lxml import etree

from data.health.run_errors import ErrorKind, FixedErrorKind, http_kind
from data.identity.decision import REPLACED_SIMILARITY
from data.languages.vocabulary import alternatives, pattern, words
from data.models import Content
from data.revisions.edits import DOCUMENT
from data.text.similarity import jaccard, signature
from data.text.words import tokens, word_hashes
from spiders.body.frames import own_names
from spiders.page.html_tree import element_line
from spiders.page.page import Page

NO_CONTENT: Final = Content("")

MIN_WORDS_BEYOND_NOTICE: Final = 40
"""Minimum number of words in a release whose title or heading contains the words of a notice.

Some releases are about maintenance. A title that is only a notice always counts.
"""

NOT_FREE: Final = re.compile(rb'"isAccessibleForFree"\s*:\s*"?false\b', re.IGNORECASE)
"""Pattern that matches the markup of a page behind a paywall (schema.org)."""

PAYWALL_FIRST: Final = "the site shows a paywall instead, for subscribers"


BarrierKind: TypeAlias = Literal["challenge", "login", "maintenance", "missing"]

ERROR_KINDS: Final[dict[BarrierKind, FixedErrorKind]] = {
    "challenge": "blocked:challenge",
    "login": "blocked:login",
    "maintenance": "blocked:maintenance",
    "missing": "soft-404",
}
"""Error kinds in a visit's report, by kind of barrier."""


class Barrier(NamedTuple):
    """The kind of page shown in place of a release or listing, and a sentence about it.

    The kind ``maintenance`` includes any outage of the site.
    """

    kind: BarrierKind
    message: str

    @property
    def error_kind(self) -> FixedErrorKind:
        """The error kind of this barrier in a visit's report."""
        return ERROR_KINDS[self.kind]


def barrier_to_listing(page: Page) -> Barrier | None:
    """Return the barrier that a page shows in place of a list of releases, or None."""
    return barrier_to_release(page, NO_CONTENT, "")


def barrier_to_release(page: Page, content: Content, listed: str) -> Barrier | None:
    """Return the barrier that a page shows in place of a release, or None.

    ``content`` was extracted from the page, without the listing's date. ``listed`` is the page's
    title on the listing, or "". A page with this title is never a notice.
    """
    lock = _lock(page, content)
    if lock is None and content.published is not None:
        return None
    words = len(tokens(content.body_text))
    if words >= MIN_RELEASE_WORDS:
        return None
    if content.published is not None:
        return lock
    found = barrier_to_programs(page) or lock or _notice(page, content, listed, words)
    if found:
        return found
    if message := title_message(page, _missing_titles()):
        return Barrier("missing", message)
    is_titled_so = _outages().fullmatch(listed.strip())
    message = None if is_titled_so else title_message(page, _outages())
    return Barrier("maintenance", message) if message else None


def barrier_to_programs(page: Page) -> Barrier | None:
    """Return the challenge, login page or captcha that a page shows to programs, or None."""
    if is_challenge(page):
        return Barrier("challenge", CHALLENGED)
    if is_login_page(page):
        return Barrier("login", LOGIN_FIRST)
    return Barrier("challenge", CAPTCHA_SHOWN) if has_captcha(page) else None


def _lock(page: Page, content: Content) -> Barrier | None:
    if message := password_form_message(page, content):
        return Barrier("login", message)
    return Barrier("login", PAYWALL_FIRST) if NOT_FREE.search(page.markup) else None


def _notice(page: Page, content: Content, listed: str, words: int) -> Barrier | None:
    if words >= MIN_WORDS_BEYOND_NOTICE or content.attachments:
        return None
    title = tokens(listed)
    for line in _headings(page):
        if title and tokens(line)[: len(title)] == title:
            return None
        if pattern("barriers.maintenance").search(line):
            message = f"the site shows a maintenance notice instead: {line[:80]!r}"
            return Barrier("maintenance", message)
        if pattern("barriers.paywall").search(line):
            return Barrier("login", f"the site shows a paywall instead: {line[:80]!r}")
    return None


@cache
def _outages() -> re.Pattern[str]:
    """Return the pattern of titles that only report that the site is out of order."""
    maintenance = alternatives(words("barriers.maintenance"))
    return error_title_pattern(
        "50[0234]",
        rf"(?:{NOUN})? ?(?:is )?unavailable|internal server error|bad gateway|server error"
        r"|gateway time-?out|service (?:is )?(?:temporarily )?unavailable"
        r"|error establishing a database connection"
        rf"|(?:(?:this |our )?(?:web ?)?site (?:is )?)?(?:currently )?{maintenance}",
    )


CHALLENGE: Final = re.compile(
    r"_cf_chl_opt|cf-chl-|/challenge-platform/h/\w/orchestrate|cf-browser-verification|captcha-delivery\.com"
    r"|px-captcha|awsWafCookieDomainList|gokuProps|sucuri_cloudproxy_js|/_sec/cp_challenge"
    r"|ddos-guard/js-challenge|/\.well-known/sgcaptcha"
    # Imperva also adds a different `_Incapsula_Resource` script to ordinary pages.
    r"|_Incapsula_Resource\?[SC]WUDNSAI|Incapsula incident ID|anubis_challenge"
    r"|The requested URL was rejected\.\s+Please\s+consult with your administrator"
)
"""Pattern of the markup of challenges from Cloudflare, DataDome, HUMAN, AWS, Sucuri, Akamai,
Imperva, Anubis, F5 and others."""

CAPTCHA: Final = re.compile(r"""\b(?:g-recaptcha|h-captcha|cf-turnstile|captcha)\b""")
"""Pattern that matches the markup of captchas."""

MAX_CHALLENGE_HEADINGS: Final = 3
"""Maximum number of headings on a challenge page, including the page's title."""

CHALLENGED: Final = "the site shows a challenge instead, to keep programs out"
"""Error message for a page replaced by a challenge."""

CAPTCHA_SHOWN: Final = "the site shows a captcha instead, to keep programs out"

CHALLENGE_STATUSES: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Status codes of responses that may contain a challenge."""


def is_challenge(page: Page) -> bool:
    """Whether a page has the markup of a challenge, or a waiting message and few headings."""
    if CHALLENGE.search(page.text):
        return True
    headings = _headings(page)
    return len(headings) <= MAX_CHALLENGE_HEADINGS and _waits(headings)


def has_captcha(page: Page) -> bool:
    """Whether a page has the markup of a captcha and the words of a challenge."""
    return bool(CAPTCHA.search(page.text)) and _waits(_headings(page))


def _headings(page: Page) -> list[str]:
    return [text for node in page.tree.iter("title", "h1", "h2") if (text := element_line(node))]


def _waits(headings: list[str]) -> bool:
    return any(map(pattern("barriers.challenge").search, headings))


def error_status(status: int, page: Page) -> tuple[ErrorKind, str]:
    """Return the error kind and a description of a response with an error status."""
    if status in CHALLENGE_STATUSES and CHALLENGE.search(page.text):
        return "blocked:challenge", f"responded with {status}: {CHALLENGED}"
    return http_kind(status), f"responded with {status}"


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


NOUN: Final = (
    r"(?:the |this |requested )*"
    r"(?:page|file|document|article|url|content|resource|(?:press )?release|news item|story)"
)
"""Pattern of English nouns for a page, as in "page not found"."""

MAX_ERROR_WORDS: Final = 40
"""Maximum number of words on a page that is searched for a sentence such as "page not found"."""


def error_title_pattern(code: str, texts: str) -> re.Pattern[str]:
    """Return a pattern that matches the titles of error pages.

    A title matches if it contains the status ``code`` as an error, or one of the ``texts``.
    """
    error = rf"(?:http )?(?:{alternatives(words('barriers.error'))} )?"
    return re.compile(
        rf"{error}(?:{code})(?: error)?|(?:(?:error )?(?:{code})[ :.,-]+)?(?:{texts})[!1. ]*",
        re.IGNORECASE,
    )


@cache
def _missing_titles() -> re.Pattern[str]:
    """Return the pattern of titles that only report a missing page."""
    return error_title_pattern(
        "404|410",
        rf"(?:{NOUN})? ?(?:(?:was |is |could |can ?)?not (?:be )?found|does(?: not|n['’]t) exist)"
        rf"|{NOUN} (?:is no longer available|no longer exists|has been"
        r" (?:removed|deleted|withdrawn))"
        rf"|(?:the |this |requested )*\(?not found\)?|{alternatives(words('barriers.missing'))}",
    )


@cache
def _missing_sentence() -> re.Pattern[str]:
    """Return the pattern of sentences that report a missing page."""
    return re.compile(
        rf"{alternatives(words('barriers.missing'))}"
        rf"|\b{NOUN}\b[^.!?\n]{{0,60}} (?:(?:was|is|could|can ?)(?:not| not|n['’]t)"
        r" (?:be )?found|(?:is )?no longer (?:exists|available)|does(?: not|n['’]t) exist"
        r"|has been (?:removed|deleted|withdrawn))",
        re.IGNORECASE,
    )


def title_message(page: Page, errors: re.Pattern[str]) -> str | None:
    """Return an error message with the first page title that matches ``errors``, or None."""
    return _message((element_line(node) for node in page.tree.iter("title", "h1")), errors)


def missing_release_message(
    page: Page, content: Content, stored: Callable[[], Content | None]
) -> str | None:
    """Return a message if an error page replaces a stored release at its URL, else None.

    ``content`` was extracted from the page. ``stored`` returns the release's stored content, or
    None. A page with the release's title or a similar text is not an error page. A page with a date
    may be an error page, because many sites show the current day on every page.
    """
    if content.body_rule == DOCUMENT:
        return None
    words = len(word_hashes(content.body_text))
    if words > MAX_ERROR_WORDS:
        return None
    headings = _headings(page)
    reason = None
    if words < MIN_RELEASE_WORDS:
        reason = _message([*headings, content.title], _missing_titles())
    if reason is None:
        sentence = _missing_sentence().search(content.body_text)
        reason = f"the page reports {sentence.group()!r} with a success status" if sentence else ""
    known = stored() if reason else None
    if not reason or known is None:
        return None
    title = tokens(known.title)
    whole = f" {' '.join(title)} "
    if title and any(whole in f" {' '.join(tokens(heading))} " for heading in headings):
        return None
    alike = jaccard(signature(content.body_text), signature(known.body_text))
    return reason if not known.body_text or alike < REPLACED_SIMILARITY else None


def _message(texts: Iterable[str], errors: re.Pattern[str]) -> str | None:
    for text in texts:
        for part in map(str.strip, TITLE_SEPARATOR.split(text)):
            if errors.fullmatch(part):
                return f"the page reports {part!r} with a success status"
    return None
