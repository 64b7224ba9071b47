"""Pausing a watch: a line of its file, in which all else stays as a person wrote it."""

from __future__ import annotations

from pathlib import Path

import tomlkit

from data.errors import WatchError
from data.files import rewrite
from data.toml_files import read_text
from data.watches.watch import Watch, load_watch, parse_watch


def set_paused(folder: Path, watch_id: str, kind: type[Watch], *, paused: bool) -> Watch:
    """Pause a watch or have it work again; the watch as it is then.

    Raises UnknownWatch, WatchError and OSError.
    """
    watch = load_watch(folder, watch_id, kind)
    if watch.paused == paused:
        return watch
    path = folder / f"{watch_id}.toml"
    document = tomlkit.parse(read_text(path, WatchError))
    if paused:
        document["paused"] = True
    else:
        document.remove("paused")
    text = document.as_string()
    changed = parse_watch(text, str(path), kind)
    rewrite(path, text)
    return changed
