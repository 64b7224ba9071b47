"""Change keys of source files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.errors import SourceError
from data.files import rewrite
from data.toml_files import read_text
from scheduler.home.home import Home
from scheduler.operations.toml_keys import with_keys
from spiders.sources.loader import load_source, parse_source


def change_source(
    home: Home, source: str, changes: Mapping[str, Any], *, dry_run: bool = False
) -> bool:
    """Set keys of a source file, and remove keys whose new value is empty.

    Returns whether it changes. A bundled source is first copied into the home directory, whose
    files take precedence. Raises SourceError, UnknownSource, HomeInUse and OSError.
    """
    with home.files_lock():
        loaded = load_source(home.sources, source)
        text = read_text(loaded.path, SourceError)
        changed = with_keys(text, changes)
        path = home.sources / f"{source}.toml"
        parse_source(changed, str(path))
        if changed != text and not dry_run:
            path.parent.mkdir(exist_ok=True)
            rewrite(path, changed)
        return changed != text
