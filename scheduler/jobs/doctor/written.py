"""What people wrote: settings, topics, sources, watches, tokens, and who may read it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from data.access.tokens import load_tokens
from data.environment import KEY_OF_FILE, settings_named
from data.errors import SettingsError
from data.settings import Settings
from data.topics.taxonomy import load_taxonomy
from data.watches.folder import load_watches
from data.wording import counted
from feeds.alerts.channels import AlertWatch
from scheduler.home import NO_FOLDER, NOWHERE, Home
from scheduler.jobs.backup.contents import SECRET, own_files
from scheduler.jobs.doctor.finding import Finding
from spiders.sources.loader import load_sources

NAMED: Final = 5
"""Maximum number of sources that one finding names."""


def examine_settings(home: Home) -> Iterator[Finding]:
    """What communique.toml says that is no mistake, and yet not meant so for long."""
    path = home.path / "communique.toml"
    told = "communique.toml can be used" if path.exists() else "all settings are as by default"
    yield Finding("settings", "ok", told)
    if named := settings_named(os.environ, Settings, home.path):
        said = ", ".join(f"{one.part}.{one.key} ({one.variable})" for one in named)
        yield Finding("settings", "ok", f"from the environment, before that file: {said}")
    if not home.settings.network.contact:
        yield Finding(
            "settings",
            "warning",
            "network.contact is empty, so no site that is visited can reach you",
            "set it in communique.toml to a mail address or a page of yours",
        )


def examine_topics(home: Home) -> Iterator[Finding]:
    """Whether the taxonomy of topics can be used."""
    try:
        load_taxonomy(home.topics)
    except SettingsError as error:
        yield Finding("topics", "error", str(error), "correct the file")
    else:
        yield Finding("topics", "ok", "topics.toml" if home.topics.exists() else "those shipped")


def examine_sources(home: Home, visited: Iterable[str]) -> Iterator[Finding]:
    """Which source files can't be used, and which of the ``visited`` sources have no file."""
    loaded, broken = load_sources(home.sources)
    without = sorted({*visited} - {*loaded} - {Path(error.path).stem for error in broken})
    if without:
        named = ", ".join(without[:NAMED]) + (", …" if len(without) > NAMED else "")
        text = f"visited sources without a file in {home.sources}: {named}"
        fix = "restore the files from a backup, or end a source by `communique sources remove`"
        yield Finding("sources", "error", text, fix)
    for error in broken:
        fix = "correct it; `communique sources check` tells all that is wrong with it"
        yield Finding("sources", "error", str(error), fix)
    own = sum(one.own for one in loaded.values())
    told = f"{own} of your own can be used, and {len(loaded) - own} that are shipped"
    yield Finding("sources", "ok", told)


def examine_watches(home: Home) -> Iterator[Finding]:
    """Which watches can't be used."""
    watches, errors = load_watches(home.watches, AlertWatch)
    for error in errors:
        yield Finding("watches", "error", str(error), "correct it, or remove the file")
    yield Finding("watches", "ok", f"{counted(len(watches), 'watch', 'watches')} can be used")


def examine_tokens(home: Home) -> Iterator[Finding]:
    """Which files of tokens can't be used."""
    tokens, errors = load_tokens(home.tokens)
    for error in errors:
        fix = "remove the file, and make another token by `communique token new`"
        yield Finding("tokens", "error", str(error), fix)
    yield Finding("tokens", "ok", f"{counted(len(tokens), 'token')} can be used")


def examine_permissions(home: Home) -> Iterator[Finding]:
    """Which secrets others can read, and which files their owner's service can't."""
    found = [*examine_secrets(home), *examine_folders(home)]
    for name, path in own_files(home):
        if not os.access(path, os.R_OK):
            found.append(Finding("permissions", "error", f"{name} can't be read", owned(path)))
    yield from found
    if not found:
        yield Finding("permissions", "ok", "secrets are for their owner alone")


def examine_secrets(home: Home) -> Iterator[Finding]:
    """Which secrets others can read."""
    names = [name for name, _ in own_files(home) if SECRET.fullmatch(name)]
    some = [home.path / name for name in names if holds_secret(home, name)]
    some = [] if is_closed(home.path) else some
    some += files_of_secrets(home)
    for path in some:
        if path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            text = f"others can read {path}, a secret"
            yield Finding("permissions", "warning", text, f"chmod go= {path}")


def examine_folders(home: Home) -> Iterator[Finding]:
    """Which folders are none, or anybody can write into, and whether we can."""
    for folder in (home.archive, home.site):
        if folder.is_symlink() and not folder.exists():
            yield Finding("permissions", "error", f"{folder} is a link", NOWHERE)
        elif folder.exists() and not folder.is_dir():
            yield Finding("permissions", "error", f"{folder} is to be a folder", NO_FOLDER)
    for folder in (home.path, home.sources, home.watches, home.tokens, home.archive):
        if folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
            text = f"anybody can write into {folder}"
            yield Finding("permissions", "error", text, f"chmod o-w {folder}")
    # A disk that can only be read is told by itself: no rights help there.
    is_mounted_so = os.statvfs(home.path).f_flag & os.ST_RDONLY
    if not is_mounted_so and not os.access(home.path, os.W_OK):
        text = f"nothing can be written into {home.path}: it can be read, and nothing collected"
        yield Finding("permissions", "warning", text, owned(home.path))


def files_of_secrets(home: Home) -> Iterator[Path]:
    """The files that settings name, each of which holds a secret."""
    for part in msgspec.structs.astuple(home.settings):
        for name, value in msgspec.structs.asdict(part).items():
            if name.endswith(KEY_OF_FILE) and isinstance(value, str) and value:
                yield home.path / value


def is_closed(folder: Path) -> bool:
    """Whether others come to nothing in a folder."""
    return not folder.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH)


def holds_secret(home: Home, name: str) -> bool:
    """Whether a file that may hold a secret does."""
    settings = home.settings
    written = (settings.alerts.smtp_password, urlsplit(settings.store.url).password)
    return name != "communique.toml" or any(written)


def owned(path: Path) -> str:
    """The fix for a file of somebody else."""
    return f"run Communique as the owner of {path}, or `chown -R` HOME to who runs it"
