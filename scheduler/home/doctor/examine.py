"""Run all checks of the doctor on a home directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from data.errors import CommuniqueError
from data.settings import Settings
from data.settings.load import load_settings
from scheduler.home import Home, check_places
from scheduler.home.doctor.archived import check_archive
from scheduler.home.doctor.finding import Check, Examination, Finding
from scheduler.home.doctor.machine import check_clock, check_disk, check_versions
from scheduler.home.doctor.running import check_leftovers, check_locks
from scheduler.home.doctor.stored import check_store
from scheduler.home.doctor.written import (
    check_permissions,
    check_settings,
    check_sources,
    check_tokens,
    check_topics,
    check_watches,
)

CHECKS: Final[Mapping[str, Check]] = {
    "settings": check_settings,
    "permissions": check_permissions,
    "disk": check_disk,
    "versions": check_versions,
    "store": check_store,
    "clock": check_clock,
    "archive": check_archive,
    "locks": check_locks,
    "leftovers": check_leftovers,
    "topics": check_topics,
    "sources": check_sources,
    "watches": check_watches,
    "tokens": check_tokens,
}
"""All checks by name, in the order of the report. To add a check, write a function and list it."""

DEFAULTS_USED: Final = "correct it; the other checks used the default settings"


def examine(path: Path) -> list[Finding]:
    """Run all checks on the home directory at ``path``, and return their findings."""
    checks = dict(CHECKS)
    found: list[Finding] = []
    home = Home(path, Settings())
    try:
        check_places(path)
        home = Home(path, load_settings(path / "communique.toml"))
    except CommuniqueError as error:
        found.append(Finding("settings", "error", str(error), DEFAULTS_USED))
        del checks["settings"]
    examination = Examination(home)
    for name, check in checks.items():
        found += run_check(name, check, examination)
    return found


def run_check(name: str, check: Check, examination: Examination) -> Iterator[Finding]:
    """Run one check. An error that stops the check is a finding too."""
    try:
        yield from check(examination)
    except CommuniqueError as error:
        yield Finding(name, "error", str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        yield Finding(name, "error", f"{where}{error.strerror or error}")
