"""Checks of files that people write: settings, topics, sources, watches, tokens, permissions."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from data.access.tokens import load_tokens
from data.environment import KEY_OF_FILE, TABLE_SEPARATOR, VARIABLE_PREFIX, settings_named
from data.errors import SettingsError
from data.search.saved_searches import load_searches
from data.settings import Settings
from data.toml_files import decode, read_text
from data.topics.taxonomy import load_taxonomy
from data.watches.watch_file import load_watches
from data.wording import counted
from feeds.alerts.channels import AlertWatch
from scheduler.home.backup.contents import SECRET_FILE_NAME, own_files
from scheduler.home.doctor.finding import Examination, Finding
from scheduler.home.home import BROKEN_LINK_MESSAGE, NO_FOLDER, Home
from spiders.attachments.scan import missing_programs
from spiders.download.settings import BrowserMissing, find_browser
from spiders.sources.source_file import UnknownProxy, load_sources

MAX_NAMED_SOURCES: Final = 5
"""Maximum number of sources listed in one finding."""


def check_settings(examination: Examination) -> Iterator[Finding]:
    """Report which settings are used, and whether a contact address is missing."""
    home = examination.home
    exists = (home.path / "communique.toml").exists()
    text = "communique.toml is valid" if exists else "all settings have their defaults"
    yield Finding("settings", "ok", text)
    if variables := settings_named(os.environ, Settings, home.path):
        names = ", ".join(f"{one.part}.{one.key} ({one.variable})" for one in variables)
        text = f"environment variables override communique.toml: {names}"
        yield Finding("settings", "ok", text)
    if not home.settings.network.contact:
        text = "network.contact is empty, so the sites that you visit can't reach you"
        fix = "set it in communique.toml to your mail address or a page about you"
        yield Finding("settings", "warning", text, fix)
    for setting, variable, _ in file_settings(home.settings):
        text = f"{setting} is deprecated, and version 0.3 removes it"
        yield Finding("settings", "warning", text, f"name the file in {variable} instead")


def check_topics(examination: Examination) -> Iterator[Finding]:
    """Check that the taxonomy of topics is valid."""
    topics = examination.home.topics
    try:
        load_taxonomy(topics)
    except SettingsError as error:
        yield Finding("topics", "error", str(error), "correct the file")
    else:
        text = "topics.toml is valid" if topics.exists() else "the bundled topics are used"
        yield Finding("topics", "ok", text)


def check_sources(examination: Examination) -> Iterator[Finding]:
    """Check for invalid source files, and for visited sources whose file is missing."""
    home, stored = examination.home, examination.stored
    visited = stored.visited if stored else ()
    loaded, broken = load_sources(home.sources)
    missing = sorted({*visited} - {*loaded} - {Path(error.path).stem for error in broken})
    if missing:
        more = ", …" if len(missing) > MAX_NAMED_SOURCES else ""
        names = f"{', '.join(missing[:MAX_NAMED_SOURCES])}{more}"
        text = f"the files of these visited sources are missing in {home.sources}: {names}"
        fix = "restore the files from a backup, or remove a source with `communique sources remove`"
        yield Finding("sources", "error", text, fix)
    for error in broken:
        fix = "correct it; `communique sources check` lists all its errors"
        yield Finding("sources", "error", str(error), fix)
    proxies = home.settings.network.proxies
    for one in loaded.values():
        if one.file.proxy and one.file.proxy not in proxies:
            text, fix = f"{one.path}: proxy: {UnknownProxy(one.file.proxy)}", "or remove the key"
            yield Finding("sources", "error", text, fix)
    own = sum(one.own for one in loaded.values())
    text = f"{own} of your own and {len(loaded) - own} bundled sources are valid"
    yield Finding("sources", "ok", text)


def check_scans(examination: Examination) -> Iterator[Finding]:
    """Check that the programs for scanned attachments are installed, if any source needs them."""
    settings = examination.home.settings.archive
    sources, _ = load_sources(examination.home.sources)
    asked = {one.file.attachment_text or settings.attachment_text for one in sources.values()}
    if not settings.enabled or "scans" not in asked:
        return
    if missing := missing_programs():
        text = f"scanned attachments are not read; missing programs: {', '.join(missing)}"
        yield Finding("scans", "warning", text, "install tesseract-ocr and poppler-utils")
    else:
        yield Finding("scans", "ok", "the programs for scanned attachments are installed")


def check_screenshots(examination: Examination) -> Iterator[Finding]:
    """Check that the browser for screenshots is installed, if the settings require screenshots."""
    settings = examination.home.settings.archive
    if not (settings.enabled and settings.screenshots):
        return
    try:
        find_browser()
    except BrowserMissing as error:
        yield Finding("screenshots", "warning", str(error), "or set archive.screenshots = false")
    else:
        yield Finding("screenshots", "ok", "the browser for screenshots is installed")


def check_watches(examination: Examination) -> Iterator[Finding]:
    """Check for invalid watch files."""
    watches, errors = load_watches(examination.home.watches, AlertWatch)
    for error in errors:
        yield Finding("watches", "error", str(error), "correct the file, or delete it")
    mute = [name for name, one in watches.items() if one.sends_nothing]
    for name in mute:
        text = f"the watch {name} has no output, so it sends nothing"
        yield Finding("watches", "warning", text, "add a table such as [mail] to its file")
    count = counted(len(watches) - len(mute), "watch is", "watches are")
    yield Finding("watches", "ok", f"{count} valid")


def check_searches(examination: Examination) -> Iterator[Finding]:
    """Check for invalid saved searches."""
    searches, errors = load_searches(examination.home.searches)
    for error in errors:
        yield Finding("searches", "error", str(error), "correct the file, or delete it")
    count = counted(len(searches), "saved search is", "saved searches are")
    yield Finding("searches", "ok", f"{count} valid")


def check_tokens(examination: Examination) -> Iterator[Finding]:
    """Check for invalid token files."""
    tokens, errors = load_tokens(examination.home.tokens)
    for error in errors:
        fix = "delete the file, and create another token with `communique token new`"
        yield Finding("tokens", "error", str(error), fix)
    yield Finding("tokens", "ok", f"{counted(len(tokens), 'token is', 'tokens are')} valid")


def check_permissions(examination: Examination) -> Iterator[Finding]:
    """Check for secrets that other users can read, and for files that this process can't read."""
    home = examination.home
    found = [*check_secrets(home), *check_folders(home)]
    for name, path in own_files(home):
        if not os.access(path, os.R_OK):
            text = f"{name} can't be read"
            found.append(Finding("permissions", "error", text, run_as_owner(path)))
    yield from found
    if not found:
        yield Finding("permissions", "ok", "only their owner can read secrets")


def check_secrets(home: Home) -> Iterator[Finding]:
    """Check for secrets that other users can read."""
    names = [name for name, _ in own_files(home) if SECRET_FILE_NAME.fullmatch(name)]
    secrets = [home.path / name for name in names if holds_secret(home, name)]
    if not home.path.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH):
        # Other users can't access any file in the folder.
        secrets = []
    secrets += (home.path / path for _, _, path in file_settings(home.settings))
    for path in secrets:
        if path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            text = f"other users can read the secret in {path}"
            yield Finding("permissions", "warning", text, f"chmod go= {path}")


def check_folders(home: Home) -> Iterator[Finding]:
    """Check for folders that are files or broken links, or that have wrong permissions."""
    for folder in (home.archive, home.site):
        if folder.is_symlink() and not folder.exists():
            yield Finding("permissions", "error", f"{folder} is a link", BROKEN_LINK_MESSAGE)
        elif folder.exists() and not folder.is_dir():
            yield Finding("permissions", "error", f"{folder} must be a folder", NO_FOLDER)
    for folder in (home.path, home.sources, home.watches, home.tokens, home.archive):
        if folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
            text = f"all users can write into {folder}"
            yield Finding("permissions", "error", text, f"chmod o-w {folder}")
    # The check of the disk reports a read-only disk, for which permissions are irrelevant.
    is_read_only = os.statvfs(home.path).f_flag & os.ST_RDONLY
    if not is_read_only and not os.access(home.path, os.W_OK):
        text = f"{home.path} is not writable, so no releases can be collected"
        yield Finding("permissions", "warning", text, run_as_owner(home.path))


def file_settings(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield the settings that contain the path of a secret file (``alerts.smtp_password_file``).

    Each setting is yielded with the environment variable that replaces it and the path of the file.
    """
    for part, table in msgspec.structs.asdict(settings).items():
        for key, value in msgspec.structs.asdict(table).items():
            if key.endswith(KEY_OF_FILE) and isinstance(value, str) and value:
                yield (
                    f"{part}.{key}",
                    f"{VARIABLE_PREFIX}{part}{TABLE_SEPARATOR}{key}".upper(),
                    value,
                )


def holds_secret(home: Home, name: str) -> bool:
    """Return whether a file contains a secret.

    A valid communique.toml contains a secret only if it contains a password. Environment variables
    may set other passwords.
    """
    if name != "communique.toml":
        return True
    path = home.path / name
    try:
        settings = decode(read_text(path, SettingsError), Settings, str(path), SettingsError)
    except SettingsError:
        return False
    addresses = (settings.store.url, *settings.network.proxies.values())
    passwords = (
        settings.alerts.smtp_password,
        *(urlsplit(one).password for one in addresses),
        *(one.credentials for one in settings.archive.deposits.values()),
    )
    return any(passwords)


def run_as_owner(path: Path) -> str:
    """Return advice on fixing a file that belongs to another user."""
    return f"run Communique as the owner of {path}, or change the owner of HOME with `chown -R`"
