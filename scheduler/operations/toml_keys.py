"""Change keys of TOML files that people wrote, without changes to the rest of the file."""

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
