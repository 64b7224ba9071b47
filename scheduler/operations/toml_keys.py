"""Edit keys in hand-written TOML files, and leave the rest of the file unchanged."""

from collections.abc import Mapping
from typing import Any

import tomlkit


def with_keys(text: str, changes: Mapping[str, Any]) -> str:
    """Return a TOML document with changed keys. A key whose new value is empty is removed."""
    document = tomlkit.parse(text)
    for key, value in changes.items():
        if value:
            document[key] = list(value) if isinstance(value, tuple) else value
        else:
            document.pop(key, None)
    return document.as_string()
