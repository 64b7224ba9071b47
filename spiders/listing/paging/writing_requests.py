"""Recognize requests that would change data on a site, by their address and fields."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

_VERBS: Final = re.compile(
    r"(?:^|[^a-z])(?:add|approve|ban|block|buy|clear|create|delete|destroy|disable|drop|edit|"
    r"enable|erase|flag|insert|kill|modify|patch|pay|publish|purge|put|reject|remove|rename|"
    r"reset|save|send|truncate|unpublish|update|wipe|write)(?:$|[^a-z])",
    re.IGNORECASE,
)
"""Pattern of verbs for changes in a path, or in the value of a field that selects an action."""

_ACTIONS: Final = re.compile(
    r"_*(?:action|act|cmd|command|do|event|eventargument|func|function|method|mode|op|operation|"
    r"oper|task|todo)_*"
)
"""Pattern for names of fields that select an action."""

_METHODS: Final = frozenset(["_method", "x-http-method", "x-http-method-override"])
"""Names of fields whose value replaces the method of a POST request in many frameworks."""

MAX_VALUE: Final = 200
"""Maximum length of a value that may select an action, in characters."""


def may_write(url: str, fields: Iterable[tuple[str, str]]) -> bool:
    """Whether a request with these fields may change data on the site.

    This is so if its path, or a field that selects an action, contains a verb such as "delete", or
    if a field replaces the method of the request.
    """
    if _VERBS.search(urlsplit(url).path):
        return True
    for name, value in fields:
        folded = name.lower()
        if folded in _METHODS and value.strip().lower() not in {"", "get", "head"}:
            return True
        if _ACTIONS.fullmatch(folded) and _VERBS.search(value[:MAX_VALUE]):
            return True
    return False
