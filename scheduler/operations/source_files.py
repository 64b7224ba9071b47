"""Change keys of source files."""

from collections.abc import Mapping
from contextlib import closing
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
    files take precedence. Raises SourceError, UnknownSource, HomeInUse, StoreError
    and OSError.
    """
    with home.files_lock():
        loaded = load_source(home.sources, source)
        text = read_text(loaded.path, SourceError)
        changed = with_keys(text, changes)
        path = home.sources / f"{source}.toml"
        parse_source(changed, str(path))
        if changed == text or dry_run:
            return changed != text
        path.parent.mkdir(exist_ok=True)
        rewrite(path, changed)
    update_description(home, source)
    return True


def update_description(home: Home, source: str) -> None:
    """Store the name, address and time zone in a source file without waiting for the next visit.

    A source without a visit is not stored. Raises SourceError, UnknownSource and StoreError.
    """
    with closing(home.store()) as store:
        if source in store.sources():
            store.register(load_source(home.sources, source).source)
