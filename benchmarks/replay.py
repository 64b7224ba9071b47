"""Compare screenshots of replayed pages with screenshots of the live pages.

    python -m benchmarks.replay [--few] [--shots FOLDER]

Invented press rooms in 30 designs serve 60 pages on loopback. Chromium takes a screenshot of each
page at widths of 1280 and 390 pixels. The pages and the files that these widths show are archived.
Then Chromium takes screenshots of the archived pages. Each pair is compared by structural
similarity (Wang et al. 2004, in gray, with windows of 7 pixels). The benchmark also counts
requests that leave the archive: at the servers of the press rooms, and in the log of the browser.
The last line is JSON. Without Chromium or Playwright, nothing is measured.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import uvicorn
from PIL import Image

from benchmarks.requisite_themes.server import Host, serving
from benchmarks.requisite_themes.sites import THEMES, Site
from data.archive.archive import Archive
from data.models.capture import Exchange
from data.settings import ArchiveSettings, SiteSettings
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.server.app import HomeFolders, create_app
from scheduler.service.web import server_config

WIDTHS: Final = (1280, 390)
HEIGHT: Final = 800
DESIGNS: Final = 30
MIN_SIMILARITY: Final = 0.98
MIN_SIMILAR_SHARE: Final = 57 / 60
WINDOW: Final = 7
"""Side in pixels of the windows that are compared."""
CAPTURED: Final = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
PAUSE_MS: Final = 150
TIMEOUT_MS: Final = 300_000
"""Maximum time of each action of the browser, which is slow on a busy machine."""
MAX_PAUSES: Final = 100
"""Maximum number of pauses until all files of a page are loaded."""
AFTERWARDS: Final = dt.timedelta(seconds=20)
"""Time between the captures of a page and of its parts."""


@dataclass
class Results:
    """Similarity of each page by name and width, and the requests to other servers."""

    similarity: dict[tuple[str, int], float] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    frames: set[tuple[int, int]] = field(default_factory=set)
    """Widths of the window and of the frame in it."""


def similarity(one: Image.Image, other: Image.Image) -> float:
    """Return the mean structural similarity of two pictures. The smaller one is padded."""
    height, width = max(one.height, other.height), max(one.width, other.width)
    first, second = (padded(picture, height, width) for picture in (one, other))
    if np.array_equal(first, second):
        return 1.0
    mean_1, mean_2 = means(first), means(second)
    variance_1 = means(first * first) - mean_1**2
    variance_2 = means(second * second) - mean_2**2
    covariance = means(first * second) - mean_1 * mean_2
    light, contrast = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_1 * mean_2 + light) * (2 * covariance + contrast)
    below = (mean_1**2 + mean_2**2 + light) * (variance_1 + variance_2 + contrast)
    return float((above / below).mean())


def padded(picture: Image.Image, height: int, width: int) -> Any:
    """Return the gray values of a picture, with black below and beside it up to a size."""
    gray = np.asarray(picture.convert("L"), dtype=np.float64)
    return np.pad(gray, ((0, height - gray.shape[0]), (0, width - gray.shape[1])))


def means(values: Any) -> Any:
    """Return the mean of each window."""
    sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    side = WINDOW
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return inside / side**2


def archive_site(archive: Archive, site: Site, hosts: list[Host]) -> dict[str, str]:
    """Archive the pages of a press room and the files that they show.

    Returns the path of each archived page on our site, by its original URL.
    """
    pages: dict[str, str] = {}
    with httpx.Client() as client:
        for host in hosts:
            for path, file in host.files.items():
                if not file.needed:
                    continue
                url = host.origin + path
                is_page = host.origin == site.origin and path in site.pages
                at = CAPTURED if is_page else CAPTURED + AFTERWARDS
                answer = client.get(url)
                headers = tuple(
                    (name, value)
                    for name, value in answer.headers.raw
                    if name.lower() != b"content-encoding"
                )
                capture = archive.exchange(
                    Exchange(
                        url=url,
                        at=at,
                        status=answer.status_code,
                        reason="OK",
                        headers=headers,
                        body=answer.content,
                    )
                )
                if is_page:
                    pages[url] = f"/memento/{at:%Y%m%d%H%M%S}-{capture.leaf}/{url}"
    return pages


@contextmanager
def replaying(home: Path) -> Iterator[str]:
    """Serve the archive of a HOME. Yields the URL of the server."""
    store = f"sqlite:{home / 'communique.db'}"
    with closing(open_store(store)) as opened:
        publish(opened, home / "site", SiteSettings())
    app = create_app(home / "site", store, home=HomeFolders(home / "archive"))
    server = uvicorn.Server(server_config(app))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Tab:
    """A browser tab that counts its open requests. ``requested`` are their URLs."""

    def __init__(self, browser: Any) -> None:
        self.page = browser.new_page()
        self.page.set_default_timeout(TIMEOUT_MS)
        self.requested: list[str] = []
        self.open = 0
        self.page.on("request", self._begin)
        for event in ("requestfinished", "requestfailed"):
            self.page.on(event, self._end)

    def _begin(self, request: Any) -> None:
        self.requested.append(request.url)
        self.open += 1

    def _end(self, _: Any) -> None:
        self.open -= 1

    def shot(self, url: str, width: int) -> Image.Image:
        """Return a screenshot of a whole page."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.open = 0
        self.page.goto(url)
        # Load images that a browser loads when they are near.
        self.page.mouse.wheel(0, 100_000)
        for _ in range(MAX_PAUSES):
            self.page.wait_for_timeout(PAUSE_MS)
            if self.open <= 0:
                break
        self.page.mouse.wheel(0, -100_000)
        return Image.open(io.BytesIO(self.page.screenshot(full_page=True, animations="disabled")))

    def frame_widths(self, url: str) -> tuple[int, int]:
        """Return the widths of the window and of the first frame of a page."""
        self.page.goto(url)
        box = self.page.locator("iframe").bounding_box()
        return int(self.page.viewport_size["width"]), round(box["width"])


def measure(browser: Any, home: Path, names: list[str], shots: Path | None) -> Results:
    """Compare the pages of some designs, one design after the other."""
    results = Results()
    with serving(names) as (rooms, other), replaying(home) as base:
        for site, room in rooms:
            hosts = [room, other]
            live, replayed = Tab(browser), Tab(browser)
            addresses = [site.origin + path for path in site.pages]
            pictures = {
                (url, width): live.shot(url, width) for url in addresses for width in WIDTHS
            }
            with closing(Archive(home / "archive", ArchiveSettings())) as archive:
                pages = archive_site(archive, site, hosts)
            for host in hosts:
                host.log.clear()
            for (url, width), picture in pictures.items():
                name = f"{site.design.name}{url.rpartition('/')[2]}"
                shown = replayed.shot(base + pages[url], width)
                found = results.similarity[name, width] = similarity(picture, shown)
                print(f"{name:40} {width:5} {found:.4f}", flush=True)
                if shots and found < MIN_SIMILARITY:
                    picture.save(shots / f"{name}-{width}-live.png")
                    shown.save(shots / f"{name}-{width}-replay.png")
            # A tab shows the page in a frame, which must have the width of the window.
            stamp = f"{CAPTURED:%Y%m%d%H%M%S}"
            results.frames.add(replayed.frame_widths(f"{base}/memento/{stamp}/{addresses[0]}"))
            results.outside += filter(lambda url: is_outside(url, base), replayed.requested)
            results.outside += [path for host in hosts for path, _ in host.log]
            live.page.close()
            replayed.page.close()
    return results


def is_outside(url: str, base: str) -> bool:
    """Return whether a request of the browser leaves the archive."""
    return not url.startswith((base + "/", "data:", "about:"))


def main() -> None:
    """Measure, print one line per screenshot, and end with JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", action="store_true", help="two designs only")
    parser.add_argument("--shots", type=Path, help="folder for screenshots that are not similar")
    chosen = parser.parse_args()
    browser_path = shutil.which("chromium")
    with suppress(ImportError):
        # It comes with the extra `browser`.
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - as above

        if browser_path:
            names = [*THEMES[:DESIGNS]][:: 15 if chosen.few else 1]
            with (
                sync_playwright() as playwright,
                tempfile.TemporaryDirectory(prefix="replay-") as folder,
            ):
                browser = playwright.chromium.launch(
                    executable_path=browser_path, args=["--no-sandbox"]
                )
                results = measure(browser, Path(folder), names, chosen.shots)
                browser.close()
            print(json.dumps(summary(results)))
            return
    print(json.dumps({"skipped": "Chromium or Playwright is not installed"}))


def summary(results: Results) -> dict[str, Any]:
    """Return the figures, and whether they meet the claim."""
    pages = {name for name, _ in results.similarity}
    worst = {
        name: min(results.similarity[name, width] for width in WIDTHS) for name in sorted(pages)
    }
    similar = sum(one >= MIN_SIMILARITY for one in worst.values())
    return {
        "pages": len(pages),
        "similar": similar,
        "lowest": round(min(worst.values()), 4),
        "mean": round(float(np.mean([*results.similarity.values()])), 4),
        "outside_requests": len(results.outside),
        "frame_widths": sorted(results.frames),
        "passed": similar >= len(pages) * MIN_SIMILAR_SHARE
        and not results.outside
        and all(window == frame for window, frame in results.frames),
    }


if __name__ == "__main__":
    main()
