"""Parse JSON from sites, repairing invalid characters, and iterate over its values."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_PAIRED: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE: Final = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
ESCAPES: Final = re.compile(rf"\\\\|{_PAIRED}|(?P<lone>{_LONE})")

MAX_VALUES: Final = 500_000
"""Maximum number of values read from one JSON document."""

MAX_OBJECTS: Final = 5_000
"""Maximum number of lists and objects read from one JSON-LD document."""

REPLACEMENT_ESCAPE: Final = r"\ufffd"
"""Escape sequence of the replacement character, as long as the escape that it replaces."""


def load_json(text: str) -> Any:
    """Parse a JSON text that may contain raw control characters in strings.

    Raises ValueError if the text is invalid, and RecursionError if it is nested too deeply.
    """
    return json.loads(without_lone_surrogates(text), strict=False)


def without_lone_surrogates(text: str) -> str:
    r"""Replace escapes of unpaired surrogates (``\ud800``) in JSON or in a script.

    RFC 8259, section 8.2, allows these escapes, but their characters cannot be encoded in UTF-8.
    The length of the text does not change.
    """
    if r"\ud" not in text and r"\uD" not in text:
        return text
    return ESCAPES.sub(lambda found: REPLACEMENT_ESCAPE if found["lone"] else found[0], text)


def values_of(document: Any) -> Iterator[Any]:
    """Yield all values in a JSON document in document order, containers before their contents.

    An object that is reachable by two paths is yielded once. Yields at most MAX_VALUES values. Deep
    nesting is safe, because the function does not recurse.
    """
    waiting = [document]
    seen: set[int] = set()
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, (dict, list)):
            if id(value) in seen:
                continue
            seen.add(id(value))
            waiting.extend(reversed(value.values() if isinstance(value, dict) else value))
        yield value


def json_objects(document: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a JSON document, outer objects before the objects inside them.

    Reads at most MAX_OBJECTS lists and objects, and 200 values per list. Does not recurse.
    """
    queue = [document]
    for place in range(MAX_OBJECTS):
        if place >= len(queue):
            return
        item = queue[place]
        if isinstance(item, dict):
            yield item
            queue.extend(part for part in item.values() if isinstance(part, (dict, list)))
        elif isinstance(item, list):
            queue.extend(part for part in item[:200] if isinstance(part, (dict, list)))
