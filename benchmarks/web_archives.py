"""Measure the backfill of a press room's history from a web archive on loopback.

    python -m benchmarks.web_archives [--few] [--kills N] [--pywb PATH] [--redesign]

The room published 500 releases in five years. 40 % of them were deleted since, and 10 % edited.
Listings, releases and other pages were captured at random times. With pywb (its command ``wayback``
on the PATH, or PATH), its CDX server stands for the archive. Otherwise, a small server answers as
pywb does. With ``--redesign``, all pages have a new frame after three years. Then a version may
have two payloads. Both must be fetched, because digests do not show whether the text changed too.

Expected are each release with a usable capture, each text that a capture shows, and each deletion
that two captures at least six hours apart show. A second backfill is killed repeatedly and must end
with the same releases.

The exit code is 1 if less than 98 % of releases are found, if a release is doubled, if an edit or a
deletion is missing or invented, if more than 1.3 requests per version (with ``--redesign``: per
payload) are sent, or if the killed backfill ends differently. The last line is JSON.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.pages_parts.invented import sentence
from tests.command import make_home
from tests.foreign_warc import packed, record
from tests.ports import free_port
from tests.web_archive import Held, LoopbackArchive, web_archive

SITE: Final = "https://harbour.example"
START: Final = dt.datetime(2016, 1, 1, tzinfo=dt.UTC)
YEARS: Final = 5
RELEASES, FEW_RELEASES = 500, 80
KILLS, FEW_KILLS = 20, 4
LISTED: Final = 15
"""Number of releases on the room's listing."""
CAPTURES_PER_RELEASE: Final = 3
CONFIRMED_AFTER: Final = dt.timedelta(hours=6)
MIN_FOUND: Final = 0.98
MAX_REQUESTS_PER_PAYLOAD: Final = 1.3
"""Without a redesign, each version has one payload."""


@dataclass
class Invented:
    """A release: its address, times and texts, and the captures of its page."""

    number: int
    url: str
    title: str
    published: dt.datetime
    texts: list[str]
    edited: dt.datetime | None = None
    deleted: dt.datetime | None = None
    captures: list[dt.datetime] = field(default_factory=list)

    def text_at(self, at: dt.datetime) -> str | None:
        """The text on the page at a time, or None if the page was deleted."""
        if self.deleted and at >= self.deleted:
            return None
        return self.texts[1] if self.edited and at >= self.edited else self.texts[0]

    @property
    def shown(self) -> list[str]:
        """The texts that captures show, in order."""
        found: list[str] = []
        for at in self.captures:
            text = self.text_at(at)
            if text is not None and (not found or found[-1] != text):
                found.append(text)
        return found

    @property
    def gone(self) -> dt.datetime | None:
        """The first capture of the deleted page, if another one confirms it."""
        missing = [at for at in self.captures if self.text_at(at) is None]
        if not self.shown or not missing or missing[-1] - missing[0] < CONFIRMED_AFTER:
            return None
        return missing[0]


def releases_of(chance: random.Random, count: int) -> list[Invented]:
    """Releases of five years, with edits, deletions and captures."""
    span = dt.timedelta(days=365 * YEARS)
    found = []
    for number, share in enumerate(sorted(chance.random() for _ in range(count))):
        published = (START + share * span).replace(minute=0, second=0, microsecond=0)
        title = sentence(chance, 5, 9).rstrip(".")
        texts = ["\n".join(sentence(chance) for _ in range(chance.randint(4, 9)))]
        url = f"{SITE}/news/{published:%Y/%m}/{number}-{'-'.join(title.lower().split()[:4])}.html"
        one = Invented(number, url, title, published, texts)
        if chance.random() < 0.1:  # noqa: PLR2004 - the share of edits
            lines = texts[0].split("\n")
            lines[chance.randrange(len(lines))] = sentence(chance, 10, 18)
            texts.append("\n".join(lines))
            one.edited = published + dt.timedelta(days=chance.uniform(1, 200))
        if chance.random() < 0.4:  # noqa: PLR2004 - the share of deletions
            one.deleted = published + dt.timedelta(days=chance.uniform(60, 900))
        while chance.random() < CAPTURES_PER_RELEASE / (1 + CAPTURES_PER_RELEASE):
            at = published + dt.timedelta(days=chance.expovariate(1 / 300), minutes=5)
            one.captures.append(at.replace(microsecond=0))
        one.captures = sorted({at for at in one.captures if at < START + 1.3 * span})
        found.append(one)
    return found


def frame(body: str, at: dt.datetime, *, redesign: bool) -> str:
    """A page of the room, in its design of that time."""
    if redesign and at >= START + dt.timedelta(days=3 * 365):
        return (
            "<html lang='en'><head><title>Harbour</title></head><body><div class='top'><a href='/'>"
            f"Harbour</a><a href='/about.html'>About the harbour</a></div><main>{body}</main>"
            "<div class='foot'>All rights remain with the harbour</div></body></html>"
        )
    return (
        "<html lang='en'><head><title>Harbour</title></head><body><header><a href='/'>Start</a>"
        f"</header><main>{body}</main><footer>Quay street 4</footer></body></html>"
    )


def page_of(one: Invented, text: str) -> str:
    """The body of a release's page."""
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    day = one.published
    return (
        f"<article><h1>{one.title}</h1><time datetime='{day:%Y-%m-%dT%H:%M:%SZ}'>{day.day}"
        f" {day:%B %Y}</time>{paragraphs}</article>"
    )


def listing_at(releases: list[Invented], at: dt.datetime) -> str:
    """The body of the listing at a time."""
    shown = [one for one in releases if one.published <= at and one.text_at(at) is not None]
    rows = "".join(
        f"<li><time datetime='{one.published:%Y-%m-%d}'>{one.published.day}"
        f" {one.published:%B %Y}</time> <a href='{one.url}'>{one.title}</a></li>"
        for one in sorted(shown, key=lambda one: one.published, reverse=True)[:LISTED]
    )
    return f"<h1>News</h1><ul class='news'>{rows}</ul>"


def captures_of(releases: list[Invented], chance: random.Random, *, redesign: bool) -> list[Held]:
    """The captures of releases, of listings with gaps, and of other pages."""
    found: list[Held] = []

    def add(url: str, at: dt.datetime, body: str | None) -> None:
        page = (
            "<html><body>Not found</body></html>"
            if body is None
            else frame(body, at, redesign=redesign)
        )
        status = 404 if body is None else 200
        found.append(Held(url, f"{at:%Y%m%d%H%M%S}", page.encode(), status))

    for one in releases:
        for at in one.captures:
            text = one.text_at(at)
            add(one.url, at, None if text is None else page_of(one, text))
    for _ in range(120):
        at = START + dt.timedelta(days=chance.uniform(1, 365 * YEARS))
        add(f"{SITE}/news/", at.replace(microsecond=0), listing_at(releases, at))
    for number in range(40):
        at = START + dt.timedelta(days=chance.uniform(1, 365 * YEARS))
        text = f"<h1>Page {number}</h1><p>{sentence(chance)}</p>"
        add(f"{SITE}/harbour/{number}.html", at.replace(microsecond=0), text)
        add(f"{SITE}/news/about-{number}.html", at.replace(microsecond=0), text)
    return found


@contextmanager
def served(held: list[Held], pywb: str | None, folder: Path) -> Iterator[str]:
    """Serve captures by pywb, or by the small server, and yield the archive's address."""
    if pywb is None:
        with web_archive(LoopbackArchive(held)) as archive:
            yield f"{archive.address}/coll"
        return
    reasons = {200: b"OK", 404: b"Not Found"}
    head = b"HTTP/1.1 %d %s\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    records = [
        record(
            one.url,
            head % (one.status, reasons[one.status]) + one.body,
            f"{dt.datetime.strptime(one.stamp, '%Y%m%d%H%M%S'):%Y-%m-%dT%H:%M:%SZ}",  # noqa: DTZ007 - UTC, as WARC dates are
        )
        for one in held
    ]
    (folder / "room.warc.gz").write_bytes(packed(records))
    manager = str(Path(pywb).with_name("wb-manager"))
    for arguments in (["init", "coll"], ["add", "coll", "room.warc.gz"]):
        subprocess.run([manager, *arguments], cwd=folder, check=True, capture_output=True)
    port = free_port()
    with subprocess.Popen(
        [pywb, "-p", str(port), "-b", "127.0.0.1"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            address = f"http://127.0.0.1:{port}/coll"
            for _ in range(300):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def command(home: Path, address: str) -> list[str]:
    """The command line of a backfill."""
    return [
        *(sys.executable, "-m", "scheduler", "mirror", "backfill", "harbour"),
        *("--from", address, "--json", "--home", str(home)),
    ]


def backfill(home: Path, address: str) -> dict[str, Any]:
    """Run a backfill to its end."""
    done = subprocess.run(command(home, address), capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(done.stderr)
    return dict(json.loads(done.stdout))


def killed_backfill(
    home: Path, address: str, kills: int, seconds: float, chance: random.Random
) -> int:
    """Run a backfill that is killed at random times, then run it to its end. Return the kills."""
    done = 0
    for _ in range(kills):
        with subprocess.Popen(
            command(home, address), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                process.wait(timeout=1.5 + chance.random() * seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                done += 1
    backfill(home, address)
    return done


def exported(home: Path) -> list[dict[str, Any]]:
    """All releases of a home directory, without the places of archive records."""
    arguments = [sys.executable, "-m", "scheduler", "export", "--home", str(home)]
    lines = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    found = [json.loads(line) for line in lines.splitlines()]
    for one in found:
        del one["provenance"]["capture"]
    return sorted(found, key=lambda one: str(one["id"]))


def judged(releases: list[Invented], found: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare the stored releases with what captures show."""
    stored: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        stored.setdefault(str(one["url"]), []).append(one)
    usable = [one for one in releases if one.shown]
    known = {one.url: one for one in usable}
    met = [one for one in usable if one.url in stored]
    first = {one.url: stored[one.url][0] for one in met}
    return {
        "usable": len(usable),
        "found": len(met),
        "doubled": sum(len(some) - 1 for some in stored.values()),
        "invented": len(stored.keys() - known.keys()),
        "versions": sum(len(one.shown) for one in usable),
        "versions_found": sum(min(len(one.shown), first[one.url]["revision"]) for one in met),
        "edits": sum(len(one.shown) - 1 for one in usable),
        "wrong_edits": sum(first[one.url]["revision"] != len(one.shown) for one in met),
        "retractions": sum(one.gone is not None for one in usable),
        "wrong_retractions": sum(
            first[one.url]["retracted"] != (one.gone.isoformat() if one.gone else None)
            for one in met
        ),
    }


def main() -> int:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--few", action="store_true", help="fewer releases and kills")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pywb", default=shutil.which("wayback"), metavar="PATH")
    parser.add_argument("--redesign", action="store_true")
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - the same in every run
    releases = releases_of(chance, FEW_RELEASES if options.few else RELEASES)
    held = captures_of(releases, chance, redesign=options.redesign)
    kills = (FEW_KILLS if options.few else KILLS) if options.kills is None else options.kills
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "archive").mkdir()
        address = stack.enter_context(served(held, options.pywb, folder / "archive"))
        home, killed = (make_home(folder / name, f"{SITE}/news/") for name in ("home", "killed"))
        for one in (home, killed):
            settings = one / "communique.toml"
            settings.write_text(settings.read_text().replace("retract_after = 0\n", ""))
        began = time.monotonic()
        told = backfill(home, address)
        seconds = time.monotonic() - began
        result = judged(releases, exported(home))
        done = killed_backfill(killed, address, kills, seconds / 6, chance)
        same = exported(home) == exported(killed)
    shown = {one.url for one in releases if one.shown}
    payloads = {(one.url, one.sha1) for one in held if one.url in shown and one.status == 200}  # noqa: PLR2004 - OK
    per_payload = told["requests"] / max(1, len(payloads))
    result |= {
        "archive": "pywb" if options.pywb else "loopback server",
        "requests": told["requests"],
        "requests_per_version": round(told["requests"] / max(1, result["versions_found"]), 3),
        "payloads": len(payloads),
        "requests_per_payload": round(per_payload, 3),
        "errors": len(told["errors"]),
        "seconds": round(seconds, 1),
        "kills": done,
        "same_after_kills": same,
    }
    good = (
        result["found"] >= MIN_FOUND * result["usable"]
        and not result["doubled"] + result["invented"]
        and not result["wrong_edits"] + result["wrong_retractions"]
        and per_payload <= MAX_REQUESTS_PER_PAYLOAD
        and same
    )
    for name, value in result.items():
        print(f"{name}: {value}")
    print(json.dumps(result))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
