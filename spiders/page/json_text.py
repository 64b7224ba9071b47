"""JSON of sites, without what no text may hold."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_PAIRED: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE: Final = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
ESCAPES: Final = re.compile(rf"\\\\|{_PAIRED}|(?P<lone>{_LONE})")

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
