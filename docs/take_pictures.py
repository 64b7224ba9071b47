"""Take the pictures in docs/pictures: python docs/take_pictures.py.

The script starts ``communique demo`` and takes screenshots of its pages with Chromium.
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

MAX_PICTURE_BYTES = 150_000
"""Maximum size of a picture in bytes."""

SCREENSHOT_TIMEOUT_SECONDS = 120
"""Maximum time for one screenshot, in seconds."""

DEMO_ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)/feeds/all\.atom")
"""Pattern that matches the address of the site in the output of the demo."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to take: a page of the site in a window of ``width`` by ``height`` pixels."""

    name: str
    path: str
    width: int = 1280
    height: int = 720
    dark: bool = False


def pictures(site: str) -> tuple[Picture, ...]:
    """Return all pictures to take of the site at an address.

    The picture of a release shows one that its publisher corrected.
    """
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
    """Run the demo, and yield the address of its site."""
    command = [sys.executable, "-m", "scheduler", "demo"]
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen([*command, "--home", home], stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stdout
            found = next(filter(None, map(DEMO_ADDRESS.search, process.stdout)), None)
            if not found:
                raise SystemExit("the demo ended before it served a page")
            yield found[1]
        finally:
            process.send_signal(signal.SIGTERM)


def take(chromium: str, site: str, picture: Picture) -> None:
    """Take a screenshot of a page and write it to docs/pictures.

    Raises SystemExit if the file is larger than MAX_PICTURE_BYTES.
    """
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
            timeout=SCREENSHOT_TIMEOUT_SECONDS,
        )
    size = path.stat().st_size
    print(f"{path.name}: {size:,} bytes")
    if size > MAX_PICTURE_BYTES:
        raise SystemExit(f"{path} has more than {MAX_PICTURE_BYTES:,} bytes: show less")


def main() -> None:
    """Take all pictures of the demo's site."""
    chromium = shutil.which("chromium")
    if not chromium:
        raise SystemExit("Chromium is missing: install the system package `chromium`")
    PICTURES.mkdir(exist_ok=True)
    with demo() as site:
        for picture in pictures(site):
            take(chromium, site, picture)


if __name__ == "__main__":
    main()
