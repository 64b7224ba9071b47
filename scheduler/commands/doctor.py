"""communique doctor: checks of a home directory and its system, with suggested fixes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from data.errors import CommuniqueError
from data.settings import Settings
from data.settings.load import load_settings
from data.wording import counted
from scheduler.cli import answer, home_option
from scheduler.home.doctor.archive import check_archive
from scheduler.home.doctor.files import (
    check_permissions,
    check_scans,
    check_screenshots,
    check_searches,
    check_settings,
    check_sources,
    check_tokens,
    check_topics,
    check_watches,
)
from scheduler.home.doctor.finding import Check, Examination, Finding
from scheduler.home.doctor.machine import (
    check_clock,
    check_disk,
    check_leftovers,
    check_locks,
    check_versions,
)
from scheduler.home.doctor.signatures import check_signatures
from scheduler.home.doctor.store import check_store
from scheduler.home.errors import NoHome
from scheduler.home.home import Home, check_places

CHECK_BY_NAME: Final[Mapping[str, Check]] = {
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
    "scans": check_scans,
    "screenshots": check_screenshots,
    "watches": check_watches,
    "searches": check_searches,
    "tokens": check_tokens,
    "signatures": check_signatures,
}
"""All checks by name, in the order of the report. A new check must be added here."""


def _unchecked(folder: Path, _: bool) -> Home:  # noqa: FBT001 - home_option calls it this way
    if not folder.is_dir():
        raise NoHome(folder)
    # The settings are not loaded, because they may be invalid.
    return Home(folder.resolve(), Settings())


with_unchecked_home = home_option(_unchecked)


@click.command()
@with_unchecked_home
def doctor(home: Home) -> int:
    """Check a home directory and suggest fixes.

    It checks settings, permissions, disk, versions, store, clock, archive, locks, files of killed
    processes, topics, sources, programs for scans, the browser for screenshots, watches, searches,
    tokens, and the keys of signed requests. It changes nothing. The exit code is 1 if there is an
    error.
    """
    found = examine(home.path)
    errors = sum(one.level == "error" for one in found)
    warnings = sum(one.level == "warning" for one in found)
    answer(
        {"home": str(home.path), "errors": errors, "warnings": warnings, "checks": found},
        *(
            f"{one.level:7}  {one.check:12}  {one.text}{f': {one.fix}' if one.fix else ''}"
            for one in found
        ),
        f"{counted(errors, 'error')}, {counted(warnings, 'warning')}",
    )
    return 1 if errors else 0


def examine(path: Path) -> list[Finding]:
    """Run all checks on the home directory at ``path``, and return their findings."""
    checks = dict(CHECK_BY_NAME)
    found: list[Finding] = []
    home = Home(path, Settings())
    try:
        check_places(path)
        home = Home(path, load_settings(path / "communique.toml"))
    except CommuniqueError as error:
        fix = "correct it; the other checks used the default settings"
        found.append(Finding("settings", "error", str(error), fix))
        del checks["settings"]
    examination = Examination(home)
    for name, check in checks.items():
        # An error that stops a check becomes a finding.
        try:
            found += check(examination)
        except CommuniqueError as error:
            found.append(Finding(name, "error", str(error)))
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            found.append(Finding(name, "error", f"{where}{error.strerror or error}"))
    return found
