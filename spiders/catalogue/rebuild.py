"""Rebuild a bundled catalogue from a copy of the public data set that it comes from.

    python -m spiders.catalogue.rebuild us-congress FOLDER 2026-06-15
    python -m spiders.catalogue.rebuild public-bodies FOLDER 2026-08-16

FOLDER is a copy of github.com/unitedstates/congress-legislators or of
github.com/datasets/publicbodies, and the day is the day of its last change. The same copy and day
give the same bytes. This script needs PyYAML.
"""

import csv
import datetime as dt
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import yaml
from anyascii import anyascii

from data.text.clean import clean_line
from data.text.urls import is_web
from spiders.catalogue.catalogue import (
    CatalogueHead,
    Entry,
    EntryKind,
    bundled_catalogues,
    read_catalogue,
)

MAX_ID_LENGTH: Final = 64
"""Maximum length of an id in characters."""

MAX_BODIES_PER_SITE: Final = 5
"""Maximum number of bodies that may share a site. A site with more is a directory or belongs to a
supervising institution."""

MAX_NAMES: Final = 3
"""Maximum number of alternative names per institution."""

COUNTRIES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "br": (("pt",), "America/Sao_Paulo"),
    "ch": (("de", "fr", "it"), "Europe/Zurich"),
    "de": (("de",), "Europe/Berlin"),
    "eu": (("en", "fr", "de"), "Europe/Brussels"),
    "gb": (("en",), "Europe/London"),
    "gr": (("el",), "Europe/Athens"),
    "np": (("ne", "en"), "Asia/Kathmandu"),
    "nz": (("en",), "Pacific/Auckland"),
    "se": (("sv",), "Europe/Stockholm"),
    "us": (("en",), "America/New_York"),
}
"""Languages and time zones of the countries in the data set of public bodies."""

KIND_WORDS: Final[tuple[tuple[EntryKind, str], ...]] = (
    ("university", r"universit|hochschule|högskola|universidade|πανεπιστ|college of"),
    ("police", r"\bpolice|polizei|polis(?:en|myn)|polícia|constabulary"),
    ("court", r"\bcourt|gericht\b|domstol|tingsrätt|hovrätt|\btribunal"),
    ("parliament", r"\bparliament|bundestag|bundesrat$|riksdagen$|\bassembly$|senado\b"),
    (
        "government",
        r"council\b|kommun\b|municipal|minist|departement|department of|regierung|cabinet|υπουργ",
    ),
)
"""Patterns of words in a name that reveal the kind of a body. All other bodies are agencies."""

LOCAL_AUTHORITY: Final = re.compile(r"council|municipality|kommun\b")
"""Pattern of words in the name or tags of a local authority."""


def us_congress(folder: Path, day: dt.date) -> tuple[CatalogueHead, Iterable[Entry]]:
    """Return the members of the Congress of the United States and its committees."""
    head = CatalogueHead(
        "us-congress",
        "Congress of the United States: members and committees",
        "CC0-1.0",
        "https://github.com/unitedstates/congress-legislators",
        day,
    )
    members = _yaml(folder / "legislators-current.yaml")
    committees = _yaml(folder / "committees-current.yaml")
    found = (*map(_member, members), *map(_committee, committees))
    return head, [entry for entry in found if entry]


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader


def _member(row: dict[str, Any]) -> Entry | None:
    term, name = row["terms"][-1], row["name"]
    if not is_web(term.get("url") or ""):
        return None
    bioguide = row["id"]["bioguide"].lower()
    other = clean_line(f"{name.get('nickname') or name['first']} {name['last']}")
    full = clean_line(name.get("official_full") or f"{name['first']} {name['last']}")
    return _american(
        id=f"{_slug(name['last'], 40)}-{bioguide}",
        name=full,
        names=(other,) if other != full else (),
        url=term["url"],
        feed=term.get("rss_url") or "",
        kind="member",
        group="senate" if term["type"] == "sen" else "house",
    )


def _committee(row: dict[str, Any]) -> Entry | None:
    if not is_web(row.get("url") or ""):
        return None
    return _american(
        id=f"committee-{row['thomas_id'].lower()}",
        name=clean_line(row["name"]),
        url=row["url"],
        feed=row.get("rss_url") or "",
        kind="parliament",
        group=f"{row['type']}-committees",
    )


def _american(**values: Any) -> Entry:
    return Entry(country="US", languages=("en",), timezone="America/New_York", **values)


def public_bodies(folder: Path, day: dt.date) -> tuple[CatalogueHead, Iterable[Entry]]:
    """Return the public bodies that have a site of their own."""
    head = CatalogueHead(
        "public-bodies",
        "Public bodies of nine countries and the European Union",
        "PDDL-1.0",
        "https://github.com/datasets/publicbodies",
        day,
        "Only bodies with a site of their own. A site has one entry.",
    )
    return head, _bodies(folder)


def _bodies(folder: Path) -> Iterator[Entry]:
    rows = [
        (country, row)
        for country in COUNTRIES
        for row in csv.DictReader(
            (folder / "data" / f"{country}.csv").read_text("utf-8").splitlines(keepends=True)
        )
        if is_web(row["url"].strip()) and "defunct" not in row["tags"].split()
    ]
    shared = Counter(_host(row) for _, row in rows)
    # Of the bodies that share a site, the one with the shortest address and name comes first. The
    # others are often commissioners and departments of the same institution.
    rows.sort(key=_rank)
    hosts: set[str] = set()
    ids: set[str] = set()
    for country, row in rows:
        host = _host(row)
        if host in hosts or shared[host] > MAX_BODIES_PER_SITE or not clean_line(row["name"]):
            continue
        entry = _body(country, row)
        if entry.id not in ids:
            hosts.add(host)
            ids.add(entry.id)
            yield entry


def _rank(pair: tuple[str, dict[str, str]]) -> tuple[str, int, int, str]:
    country, row = pair
    return country, len(row["url"].strip()), len(row["name"]), row["id"]


def _host(row: dict[str, str]) -> str:
    return (urlsplit(row["url"].strip()).hostname or "").removeprefix("www.")


def _body(country: str, row: dict[str, str]) -> Entry:
    languages, zone = COUNTRIES[country]
    # Swiss names begin with the superior bodies.
    name = clean_line(row["name"].rpartition(" - ")[2])[:200].strip()
    others = [row["abbreviation"], *row["other_names"].split(";")]
    names = dict.fromkeys(clean_line(one)[:200].strip() for one in others)
    tags = row["tags"].lower().replace("_", " ")
    text = f"{name} {tags}".lower()
    return Entry(
        id=_slug(f"{country}-{row['id'].partition('/')[2]}", MAX_ID_LENGTH),
        name=name,
        names=tuple(one for one in names if one and one != name)[:MAX_NAMES],
        # Some addresses end with an invisible mark of direction.
        url="".join(filter(str.isprintable, row["url"])).strip(),
        kind=next((kind for kind, words in KIND_WORDS if re.search(words, text)), "agency"),
        country=country.upper(),
        group="local" if LOCAL_AUTHORITY.search(f"{tags} {name}".lower()) else "",
        languages=languages,
        timezone=zone,
    )


def _slug(text: str, most: int) -> str:
    """Convert a text to an id. A digest at the end keeps ids distinct that had to be cut."""
    slug = re.sub(r"[^a-z0-9]+", "-", anyascii(text).lower()).strip("-")
    if len(slug) <= most:
        return slug
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{slug[: most - 9].strip('-')}-{digest}"


DATA_SETS: Final[dict[str, Callable[[Path, dt.date], tuple[CatalogueHead, Iterable[Entry]]]]] = {
    "us-congress": us_congress,
    "public-bodies": public_bodies,
}
"""Functions that read the data sets, by the ids of their catalogues."""


def catalogue_text(head: CatalogueHead, entries: Iterable[Entry]) -> bytes:
    """Return the content of a catalogue file, with the entries sorted by id."""
    rows = [head, *sorted(entries, key=lambda entry: entry.id)]
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def main(arguments: list[str]) -> int:
    """Write the catalogue, and check it."""
    name, folder, day = arguments
    head, entries = DATA_SETS[name](Path(folder), dt.date.fromisoformat(day))
    path = next(iter(bundled_catalogues().values())).with_name(f"{name}.jsonl")
    path.write_bytes(catalogue_text(head, entries))
    print(f"{path}: {len(read_catalogue(path).entries)} entries")  # noqa: T201 - a script
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
