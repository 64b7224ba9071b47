"""Other instances of Communique, of which one altered its copies, or whose pages change."""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from data.clock import utc_now
from data.models import SeenDraft
from scheduler.home.home import open_home
from tests.command import collect, make_home
from tests.drafts import draft, published
from tests.press_room import Room, listing_html, release_html, served
from tests.services import started

SHIPS: Final = ("Albatross", "Petrel", "Fulmar", "Gannet", "Skua", "Tern", "Puffin", "Kittiwake")
CARGOES: Final = ("timber", "salt", "barley", "copper", "wool", "glass", "cork", "paper")


def text_of(number: int, chance: random.Random) -> str:
    """Return the text of an invented release."""
    ship, cargo = chance.choice(SHIPS), chance.choice(CARGOES)
    return "\n".join(
        (
            f"The {ship} {number} unloaded {chance.randrange(100, 9999)} tonnes of {cargo}.",
            f"Berth {number % 40} stays closed until {chance.randrange(1, 28)} May for dredging.",
            f"The council approved {chance.randrange(10, 900)} crowns as the new fee.",
            f"Pilot {chance.choice(SHIPS)} Lund said that the channel is safe for {ship} {number}.",
        )
    )


def forged(text: str, chance: random.Random) -> str:
    """Return a text with one alteration: a figure, a word, a negation, or a sentence."""
    lines = text.splitlines()
    line = chance.randrange(len(lines))
    kind = chance.randrange(5)
    if kind == 0:
        figure = re.search(r"\d+", lines[line])
        assert figure
        lines[line] = lines[line].replace(figure[0], str(int(figure[0]) + 7), 1)
    elif kind == 1:
        lines[line] = lines[line].replace(" closed", " open").replace(" safe", " unsafe")
        lines[line] = lines[line].replace("approved", "rejected").replace("unloaded", "lost")
    elif kind == 2:  # noqa: PLR2004 - the third kind
        words = lines[line].split(" ")
        lines[line] = " ".join([*words[:3], "not", *words[3:]])
    elif kind == 3:  # noqa: PLR2004 - the fourth kind
        del lines[line]
    else:
        lines.insert(line, "The harbour master resigned on the same day.")
    return "\n".join(lines)


def measure_forgeries(folder: Path, releases: int, altered: int) -> dict[str, int]:
    """Alter releases in the store of one of two instances, and count those that are named."""
    chance = random.Random(releases)  # noqa: S311 - no secret
    home = make_home(folder / "ours", "http://93.184.216.34/news/")
    now = utc_now()
    drafts = [
        draft(
            f"http://93.184.216.34/news/{number}",
            title=f"Berth report {number}",
            body_text=text_of(number, chance),
            published=published(now.date().isoformat()),
        )
        for number in range(releases)
    ]
    with closing(open_home(home).store()) as store:
        for start in range(0, releases, 100):
            store.record_all([SeenDraft(one, now, now) for one in drafts[start : start + 100]])
    others = [folder / "honest", folder / "forger"]
    for one in others:
        shutil.copytree(home, one)
    victims = alter(others[1], altered, chance)
    with instances(*others) as addresses:
        report = compared(home, addresses, releases)
    named = {
        one["id"]
        for one in report["releases"]
        for finding in one["archives"]
        if finding["accused"] and finding["archive"] == addresses[1]
    }
    wrong = sum(
        finding["accused"] and finding["archive"] == addresses[0]
        for one in report["releases"]
        for finding in one["archives"]
    ) + sum(one["ours"] is not None for one in report["releases"])
    return {
        "releases": len(report["releases"]),
        "altered": len(victims),
        "named": len(named & victims),
        "false": len(named - victims) + wrong,
    }


def alter(home: Path, number: int, chance: random.Random) -> set[str]:
    """Alter the texts of releases in a store, and return the ids of these releases."""
    with closing(sqlite3.connect(home / "communique.db")) as db, db:
        rows = db.execute("SELECT id, content FROM releases").fetchall()
        victims = chance.sample(rows, number)
        for release, content in victims:
            fields = json.loads(content)
            before = fields["body_text"]
            while fields["body_text"] == before:
                fields["body_text"] = forged(before, chance)
            db.execute(
                "UPDATE releases SET content = ? WHERE id = ?", [json.dumps(fields), release]
            )
    return {release for release, _ in victims}


def measure_noise(folder: Path, pages: int) -> dict[str, int]:
    """Collect changing pages with three instances, and count contradictions between them."""
    with served() as room:
        room.page("/news/", listing_html([*range(1, pages + 1)]))
        make_restless(room, pages)
        homes = [make_home(folder / name, f"{room.base}/news/") for name in ("ours", "one", "two")]
        for home in (*homes, *homes, homes[0]):
            collect(home)
    with instances(*homes[1:]) as addresses:
        report = compared(homes[0], addresses, pages)
    return {
        "pages": len(report["releases"]),
        "compared": sum(
            finding["agreement"] in {"payload", "text", "differs"}
            for one in report["releases"]
            for finding in one["archives"]
        ),
        "contradicted": report["contradicted"],
        "accused": sum(report["accused"].values()),
    }


def make_restless(room: Room, pages: int) -> None:
    """Let each response for a release have other counters, dates, words and teasers."""
    chance, views = random.Random(pages), count(4000)  # noqa: S311 - no secret

    def page(number: int) -> Callable[[], str]:
        facts = random.Random(number)  # noqa: S311 - no secret
        lines = text_of(number, facts).splitlines()

        def made() -> str:
            now = utc_now()
            noise = (
                f"This notice was read {next(views)} times.",
                f"Reference {chance.getrandbits(64):016x} of this visit.",
                f"Printed on {now:%d %B %Y} at {now:%H:%M:%S}.",
                f"Also read: {chance.choice(SHIPS)} brings {chance.choice(CARGOES)} next week.",
            )
            body = (*lines[:2], noise[number % 4], *lines[2:], noise[(number + 1) % 4])
            return release_html(number, text="".join(f"<p>{line}</p>" for line in body))

        return made

    for number in range(1, pages + 1):
        room.fresh(f"/news/{number}.html", page(number))


@contextmanager
def instances(*homes: Path) -> Iterator[list[str]]:
    """Yield the addresses of the sites of home directories, while they are served."""
    with ExitStack() as stack:
        addresses = []
        for home in homes:
            _, log = stack.enter_context(
                started("serve", home, environ={"COMMUNIQUE_SITE__PORT": "0"})
            )
            found = re.search(r"at (http://[\w.:]+)", log.readline())
            assert found
            addresses.append(found[1])
        yield addresses


def compared(home: Path, addresses: list[str], size: int) -> dict[str, Any]:
    """Return the report of a comparison with other instances."""
    with (home / "communique.toml").open("a") as file:
        file.write(f"\n[archive]\ninstances = {json.dumps(addresses)}\n")
    asked = ("mirror", "corroborate", "--sample", str(size), "--json", "--home", str(home))
    result = subprocess.run(
        [sys.executable, "-m", "scheduler", *asked], capture_output=True, text=True, check=False
    )
    assert result.stdout, result.stderr
    return dict(json.loads(result.stdout))
