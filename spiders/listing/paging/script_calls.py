"""Find script functions that page through a listing, such as ``goPage(2)``.

The functions are recognized by their source text. They are never run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from lxml import etree

MAX_SCRIPTS: Final = 100
"""Maximum number of scripts searched per page."""

MAX_FUNCTIONS: Final = 200
"""Maximum number of functions parsed per page."""

MAX_BODY: Final = 1_500
"""Maximum length of a function body that is searched, in characters."""

MAX_CALL: Final = 500
"""Maximum length of an event handler that is searched for a function call, in characters."""

_FUNCTION = re.compile(
    r"(?:\bfunction\s+(?P<named>[\w$]{1,60})\s*|"
    r"\b(?P<set>[\w$]{1,60})\s*[=:]\s*function\s*)\(\s*(?P<first>[\w$]{1,40})[^)]{0,100}\)\s*\{"
)
_CALL = re.compile(r"(?<![\w$.])([\w$]{1,60})\(\s*['\"]?(\d{1,6})['\"]?\s*[,)]")
_NAME = r"[\w$.\[\]-]{1,60}"
_ACTION = re.compile(
    r"""\.(?:action\s*=\s*|attr\(\s*['"]action['"]\s*,\s*)['"]([^'"]{1,500})['"]"""
)


@dataclass(frozen=True, slots=True)
class PagingFunction:
    """The effect of a script function that receives a page number.

    The function sets ``field`` of a form and submits the form, to ``action`` if that is set. Or it
    opens the address ``before`` + number + ``after``.
    """

    field: str = ""
    action: str = ""
    before: str = ""
    after: str = ""


def paging_functions(root: etree._Element) -> dict[str, PagingFunction]:
    """Return the script functions of a page that page through a listing, by name."""
    found: dict[str, PagingFunction] = {}
    scripts = (str(one.text) for one in root.iter("script") if one.text and "function" in one.text)
    left = MAX_FUNCTIONS
    for text in islice(scripts, MAX_SCRIPTS):
        for match in islice(_FUNCTION.finditer(text), left):
            left -= 1
            body = text[match.end() : match.end() + MAX_BODY]
            body = _own(body)
            made = _read(body, match["first"])
            if made:
                found.setdefault(match["named"] or match["set"], made)
    return found


def call_in(script: str) -> tuple[str, str] | None:
    """Return the name and number of the first function call with a number in a handler, or None."""
    found = _CALL.search(script[:MAX_CALL])
    return (found[1], found[2]) if found else None


def _own(body: str) -> str:
    """Cut a text at the brace that closes the function."""
    depth = 1
    for match in re.finditer(r"[{}]", body):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return body[: match.start()]
    return body


def _read(body: str, first: str) -> PagingFunction | None:
    number = re.escape(first)
    opened = re.search(
        rf"""location(?:\.href)?\s*(?:=|\.(?:assign|replace)\()\s*['"]([^'"]{{1,500}}=)['"]\s*\+\s*"""
        rf"""{number}\b(?:\s*\+\s*['"]([^'"]{{0,200}})['"])?""",
        body,
    )
    if opened:
        return PagingFunction(before=opened[1], after=opened[2] or "")
    if "submit" not in body:
        return None
    field = re.search(
        rf"""(?:\.({_NAME})\.value|getElementById\(\s*['"]({_NAME})['"]\s*\)\.value)\s*=\s*{number}\b"""
        rf"""|\$\(\s*['"](?:\#|[a-z]{{0,10}}\[name=['"]?)({_NAME}?)['"]?\]?['"]\s*\)\.val\(\s*{number}\b""",
        body,
    )
    if field is None:
        return None
    action = _ACTION.search(body)
    name = next(filter(None, field.groups())).rpartition(".")[2]
    return PagingFunction(field=name, action=action[1] if action else "")
