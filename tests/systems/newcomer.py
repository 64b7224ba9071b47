"""What a newcomer does with an address: add it, name its zone, collect, export."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from data.network.hosts import queue_of
from data.store.sqlite.store import SqliteStore
from tests.systems.posts import ZONE
from tests.systems.truth import Kept

COMMUNIQUE = (sys.executable, "-P", "-m", "scheduler")
LONGEST = 300
"""Seconds after which a command is given up."""


class NotDone(Exception):
    """A command failed; the message is what it said."""


@dataclass
class Newcomer:
    """A HOME of its own, and what was done in it. ``said`` is what the commands told."""

    home: Path
    said: list[str] = field(default_factory=list)

    def settle(self, **collect: object) -> None:
        """Make the HOME, with more settings of ``collect``."""
        self.home.mkdir(parents=True, exist_ok=True)
        lines = ["[network]", "allow_private = true"]
        if collect:
            lines += ["[collect]", *(f"{key} = {json.dumps(v)}" for key, v in collect.items())]
        (self.home / "communique.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def add(self, url: str) -> Path:
        """`communique add URL --timezone ZONE --save`; the source file. Raises NotDone."""
        self.run("add", url, "--timezone", ZONE.key, "--save")
        (path,) = (self.home / "sources").glob("*.toml")
        return path

    def collect(self) -> dict[str, Any]:
        """`communique collect --json`; the report of the one run. Raises NotDone."""
        done = self.run("collect", "--json", wrong=(0, 1))
        try:
            (run,) = json.loads(done)["runs"]
        except ValueError as error:
            raise NotDone(f"collect reported no run: {done[-200:]}") from error
        return dict(run)

    def let_waits_end(self, url: str) -> None:
        """Let the time be over for which the host of a site asked to be let alone."""
        store = SqliteStore(self.home / "communique.db")
        host = queue_of(url)
        if (wait := store.wait(host)) is not None:
            store.keep_wait(host, replace(wait, until=dt.datetime.now(dt.UTC)))
        store.close()

    def export(self) -> list[Kept]:
        """`communique export`; all releases, in the order of first sight."""
        return [kept(json.loads(line)) for line in self.run("export").splitlines()]

    def run(self, *arguments: str, wrong: Sequence[int] = (0,)) -> str:
        """One command's standard output. Raises NotDone."""
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                [*COMMUNIQUE, *arguments, "--home", str(self.home)],
                capture_output=True,
                encoding="utf-8",
                check=False,
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired as error:
            raise NotDone(f"{arguments[0]} took more than {LONGEST} s") from error
        self.said.append(f"$ communique {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        if done.returncode not in wrong:
            said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
            raise NotDone(f"{arguments[0]} exited {done.returncode}: {said[-1]}")
        return done.stdout


def kept(line: dict[str, Any]) -> Kept:
    """A release as the export says it."""
    return Kept(
        line["id"],
        line["url"],
        line["title"],
        line["published"] or "",
        line["body_text"] or "",
        line["revision"],
        line["retracted"],
    )
