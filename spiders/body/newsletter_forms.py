"""Find newsletter sign-up boxes, which are not text of a release.

Their wording differs between languages, but their form fields are the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

from lxml import etree

from spiders.page.class_hints import names_of

MAIL: Final = re.compile(r"e[-_]?mail|(?<![a-z])mail", re.IGNORECASE)
CALLED: Final = re.compile(
    "news-?_?letter|subscri|sign-?_?up|mailing|abonn|abone|iscrizion|suscri|inscri|podpis|zapis",
    re.IGNORECASE,
)
"""Classes and ids of newsletter boxes."""

FIELDS: Final = frozenset(["", "text", "email"])
"""Types of input fields that may be for an e-mail address."""

EMAIL_ATTRIBUTES: Final = ("autocomplete", "name", "id", "placeholder")
"""Attributes of an input field that may contain "mail"."""

MAX_BOX_LENGTH: Final = 400
"""Maximum length of a newsletter box, in characters. Some forms wrap a whole page."""

MAX_FIELDS, MAX_ELEMENTS_AROUND = 50, 20
"""Maximum number of input fields checked per page, and of child elements in a box's wrapper."""

NEVER: Final = ("h1", "article", "main", "time", "nav", "table")
"""Tags of elements that a newsletter box never contains."""

WRAPPERS: Final = frozenset(["div", "section", "aside"])
HEADINGS: Final = frozenset(["h2", "h3", "h4", "h5", "h6", "legend", "b", "strong", "label"])
SAID: Final = etree.XPath("normalize-space()")


def newsletter_forms(inputs: Iterable[etree._Element]) -> list[etree._Element]:
    """Return the boxes around short forms with a field for an e-mail address.

    ``inputs`` are the input fields of the page, in page order.
    """
    fields = islice(filter(asks_for_address, inputs), MAX_FIELDS)
    forms = dict.fromkeys(next(field.iterancestors("form"), None) for field in fields)
    boxes = (box_of(form) for form in forms if form is not None and says_little(form))
    return list(dict.fromkeys(boxes))


def asks_for_address(field: etree._Element) -> bool:
    """Whether an input field is for an e-mail address."""
    kind = (field.get("type") or "").strip().lower()
    if kind not in FIELDS:
        return False
    return kind == "email" or any(MAIL.search(field.get(name) or "") for name in EMAIL_ATTRIBUTES)


def says_little(form: etree._Element) -> bool:
    """Whether a form is a small box, not a wrapper around the main content."""
    size = 0
    for text in form.itertext():
        size += len(text.strip())
        if size > MAX_BOX_LENGTH:
            return False
    return next(form.iter(*NEVER), None) is None


def box_of(form: etree._Element) -> etree._Element:
    """Return the largest element around a form that adds only headings to it.

    An element with a newsletter class may also add a paragraph about the form.
    """
    box = form
    while (around := box.getparent()) is not None and around.tag in WRAPPERS:
        if len(around) > MAX_ELEMENTS_AROUND:
            break
        others = [child for child in around if child is not box]
        loose = [around.text, box.tail, *(child.tail for child in others)]
        if any(text and not text.isspace() for text in loose):
            break
        named = CALLED.search(names_of(around))
        plain = HEADINGS | {"p"} if named and says_little(around) else HEADINGS
        if any(child.tag not in plain and SAID(child) for child in others):
            break
        box = around
    return box
