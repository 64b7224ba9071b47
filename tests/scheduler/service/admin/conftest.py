"""A real service with the operator's room, which visits a press room on loopback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.command import command, make_home
from tests.peer import PATIENCE
from tests.press_room import Room, listing_html, release_html, served
from tests.services import wait_for

FIELD = re.compile(r'<input type="hidden" name="form" value="([0-9a-f]{64})">')


@dataclass
class Running:
    """A running service, its home directory, its press room, and a local HTTP client."""

    home: Path
    room: Room
    web: httpx.Client
    site: str

    def form_token(self, page: str = "/admin/sources/harbour/") -> str:
        """The token in the forms of a page."""
        found = FIELD.search(self.web.get(page).text)
        assert found is not None
        return found[1]

    def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of a page as a browser does, and return the next page."""
        return self.web.post(
            path,
            data={"form": self.form_token(), **fields},
            headers={"origin": self.site, "sec-fetch-site": "same-origin"},
            follow_redirects=True,
        )


def kill_command(*words: str) -> None:
    """Wait for a process whose command line has these words, and kill it."""
    wanted = {one.encode() for one in words}

    def killed() -> bool:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if wanted <= set(path.read_bytes().split(b"\0")):
                    os.kill(int(path.parent.name), signal.SIGKILL)
                    return True
        return False

    wait_for(killed)


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that has visited its one source, ``harbour``."""
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        home = make_home(tmp_path_factory.mktemp("admin") / "home", f"{room.base}/news/")
        with (home / "communique.toml").open("a") as settings:
            settings.write("\n[site]\nport = 0\n")
        with subprocess.Popen(  # noqa: S603 - our own program
            [*command(), "run", "--home", str(home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as service:
            assert service.stdout is not None
            site = ""
            try:
                for line in service.stdout:
                    if found := re.search(r"event=running .*admin=(\S+)/admin/", line):
                        site = found[1]
                    if "event=visited" in line:
                        break
                with httpx.Client(base_url=site, timeout=PATIENCE) as web:
                    yield Running(home, room, web, site)
                service.terminate()
                assert service.wait(PATIENCE) == 0
            finally:
                service.kill()
