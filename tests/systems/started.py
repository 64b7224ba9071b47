"""A system for a test, which skips with a reason where the system can't run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systems.outcome import Outcome, outcome
from tests.systems.processes import Absent
from tests.systems.site import Running, System


@contextlib.contextmanager
def started(system: System, folder: Path) -> Iterator[Running]:
    """The system while the block runs. Skips the test where it is absent."""
    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(system.start(folder))
        except Absent as error:
            pytest.skip(f"{system.name} can't run here: {error}")
        yield running


def seen_by_a_newcomer(system: System, running: Running, name: str, home: Path) -> Outcome:
    """What comes of the variant with that name, without the system's own."""
    (variant,) = (v for v in system.variants() if v.name == f"{system.name}/{name}")
    return outcome(variant, running.show(variant), home)
