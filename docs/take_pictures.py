"""Take the pictures of docs/pictures: python docs/take_pictures.py.

Starts ``communique demo``, and has the system's Chromium show its pages.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

PICTURES = Path(__file__).parent / "pictures"

LARGEST = 150_000
"""Bytes of a picture, at the most."""

PATIENCE = 120
"""Seconds after which a picture is given up."""

SERVED = re.compile(r"Look at (http://127\.0\.0\.1:\d+)/")
"""How the demo says that it is ready, and where."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page to show in a window of ``width`` by ``height`` pixels."""

    name: str
    path: str
    width: int = 1280
    height: int = 720
    dark: bool = False


def pictures(site: str) -> tuple[Picture, ...]:
    """All pictures; the release is one that was corrected."""
    with urlopen(f"{site}/api/search?q=breakwater&state=corrected") as answer:  # noqa: S310 - our own
        release = json.load(answer)["releases"][0]["id"]
    return (
        Picture("home", "/"),
        Picture("home-dark", "/", width=390, height=844, dark=True),
        Picture("release", f"/releases/{release}/"),
        Picture("search", "/search?q=harbour"),
        Picture("health", "/health/"),
        Picture("builder", "/feeds/builder/"),
    )


@contextlib.contextmanager
def demo() -> Iterator[str]:
    """The address of a demo that is served meanwhile."""
    command = [sys.executable, "-m", "scheduler", "demo"]
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen([*command, "--home", home], stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stdout
            found = next(filter(None, map(SERVED.search, process.stdout)), None)
            if not found:
                raise SystemExit("the demo ended before it served anything")
            yield found[1]
        finally:
            process.send_signal(signal.SIGTERM)


def take(chromium: str, site: str, picture: Picture) -> None:
    """Write a picture. Raises SystemExit where it is too large."""
    path = PICTURES / f"{picture.name}.png"
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                f"--window-size={picture.width},{picture.height}",
                f"--blink-settings=preferredColorScheme={0 if picture.dark else 1}",
                f"--screenshot={path}",
                site + picture.path,
            ],
            check=True,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
        )
    size = path.stat().st_size
    print(f"{path.name}: {size:,} bytes")
    if size > LARGEST:
        raise SystemExit(f"{path} is larger than {LARGEST:,} bytes: show less of the page")


def main() -> None:
    """Take all pictures."""
    chromium = shutil.which("chromium")
    if not chromium:
        raise SystemExit("there is no chromium here: install the system's package")
    PICTURES.mkdir(exist_ok=True)
    with demo() as site:
        for picture in pictures(site):
            take(chromium, site, picture)


if __name__ == "__main__":
    main()
