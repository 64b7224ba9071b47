"""JSON of sites: decoded without what no text may hold, and gone through within bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_PAIRED: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE: Final = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
ESCAPES: Final = re.compile(rf"\\\\|{_PAIRED}|(?P<lone>{_LONE})")

MAX_VALUES: Final = 500_000
"""Values of one document that are looked at."""

MAX_OBJECTS: Final = 5_000
"""Lists and objects that are looked at in what describes a page (JSON-LD)."""

UNKNOWN: Final = r"\ufffd"
"""What stands for a character that is none, in as many characters as the escape of one."""


def load_json(text: str) -> Any:
    """The value of a JSON text, raw controls in its strings forgiven. Raises ValueError.

    Raises RecursionError too, where it is nested too deeply.
    """
    return json.loads(without_lone_surrogates(text), strict=False)


def without_lone_surrogates(text: str) -> str:
    r"""JSON or a script without escapes for halves of surrogate pairs (``\ud800``).

    RFC 8259, section 8.2, allows them, and no encoding can write what they stand for. The text
    keeps its length.
    """
    if r"\ud" not in text and r"\uD" not in text:
        return text
    return ESCAPES.sub(lambda found: UNKNOWN if found["lone"] else found[0], text)


def values_of(document: Any) -> Iterator[Any]:
    """The values in a document, as they stand in it; lists and objects once, also if held twice.

    Each comes before those within it. At most MAX_VALUES; never recursive.
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
    """The objects in a document, all outer ones before all inner ones; never recursive.

    At most MAX_OBJECTS lists and objects are looked at, and 200 values of each list.
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
