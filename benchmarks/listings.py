"""Measure how many releases and how many next pages are found on real listing pages.

    python benchmarks/listings.py [SHARED]

SHARED is the folder with the data sets and the scoring code (by default ``../shared`` beside the
project). Each page is read alone, without rules and without learning. Scores are given by item over
all pages, and by page: mean recall, precision and F1, and the share of pages that are completely
correct (recall and precision of 0.95 or more). For comparison, a naive rule takes every link of
four words or more outside of nav, header, footer and aside. The last line contains all scores as
JSON.
"""

from __future__ import annotations

import datetime as dt
import gzip
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from data.dates.context import DateContext
from spiders.listing.paging.pagination import next_pages
from spiders.listing.read import read_listing
from spiders.page.page import Page

READING = DateContext(zone="UTC", now=dt.datetime.now(dt.UTC))
NAIVE_WORDS = 4
NAIVE_OUTSIDE = ("nav", "header", "footer", "aside")
WHOLE = 0.95
"""Recall and precision from which on a page counts as right as a whole."""

Row = dict[str, Any]


def rows(path: Path) -> list[Row]:
    """The JSON lines of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def page_of(corpus: Path, row: Row) -> Page:
    """The page that a row names."""
    body = gzip.decompress((corpus / row["html_path"]).read_bytes())
    encoding = row.get("encoding")
    kind = f"text/html; charset={encoding}" if encoding else ""
    return Page(row.get("base_url") or row.get("url") or "", body, kind)


def found(page: Page) -> list[Row]:
    """The items of a listing as we read it."""
    return [
        {
            "url": item.url,
            "title": item.title,
            "published": item.published.iso if item.published else None,
        }
        for item in read_listing(page, READING).items
    ]


def naive(page: Page) -> list[Row]:
    """Every link of four words and more outside of what calls itself a frame of the page."""
    links = page.tree.iter("a")
    inside = (link for link in links if next(link.iterancestors(*NAIVE_OUTSIDE), None) is None)
    texts = ((" ".join(map(str, link.itertext())), link.get("href")) for link in inside)
    return [
        {"url": href, "title": " ".join(text.split()), "published": None}
        for text, href in texts
        if href and len(text.split()) >= NAIVE_WORDS
    ]


def predict(corpus: Path, listings: Iterable[Row], reader: Callable[[Page], list[Row]]) -> Row:
    """The answers of ``reader``, by the row's id."""
    return {row["id"]: {"items": reader(page_of(corpus, row))} for row in listings}


def by_page(listings: Iterable[Row], predicted: Row, key: Callable[..., str]) -> Row:
    """Mean recall, precision and F1 of pages, and the share of them right as a whole."""
    scores = []
    for row in listings:
        base = row.get("base_url")
        want = {key(item["url"], base) for item in row["expected_items"] if item.get("url")}
        if not want:
            continue
        got = {key(item["url"], base) for item in predicted[row["id"]]["items"]}
        hit = len(want & got)
        recall, precision = hit / len(want), hit / len(got) if got else 0.0
        f1 = 2 * hit / (len(want) + len(got))
        scores.append((recall, precision, f1, recall >= WHOLE and precision >= WHOLE))
    names = ("mean_recall", "mean_precision", "mean_f1", "pages_right")
    return {
        name: round(sum(score[at] for score in scores) / len(scores), 4)
        for at, name in enumerate(names)
    }


def wanted(page: Page, selector: str) -> set[str]:
    """The addresses of the links that a selector of next pages is about."""
    links = set()
    for node in page.selector.css(selector):
        around = [*node.root.iterancestors("a"), *node.root.iter("a")]
        links |= {urljoin(page.base, link.get("href", "").strip()).split("#")[0] for link in around}
    return links


def pagination(corpus: Path) -> tuple[int, int]:
    """Next pages found right, and pages whose next link is known."""
    known = [row for row in rows(corpus / "pagination.jsonl") if "next" in row["css"]]
    pages = [(page_of(corpus, row), row["css"]["next"]) for row in known]
    right = sum(
        (next_pages(page).next or "").split("#")[0] in wanted(page, css) for page, css in pages
    )
    return right, len(known)


def main(shared: Path) -> None:
    """Print the scores of press rooms, of all listings, and of next pages."""
    corpus = shared / "corpora" / "dev"
    spec = importlib.util.spec_from_file_location("score", shared / "tools" / "score.py")
    if spec is None or spec.loader is None or not corpus.exists():
        sys.exit(
            f"no corpora in {shared}; give the folder that holds corpora/dev and tools/score.py"
        )
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    listings = rows(corpus / "listings.jsonl")
    press = [row for row in listings if row["corpus"] == "statement"]
    started = time.process_time()
    ours = predict(corpus, listings, found)
    seconds = time.process_time() - started
    simple = predict(corpus, listings, naive)
    right, known = pagination(corpus)

    def scored(some: list[Row], answers: Row) -> Row:
        by_item: Row = score.score_listing(some, answers)
        return by_item | by_page(some, answers, score.url_key)

    result = {
        "press_rooms": scored(press, ours),
        "press_rooms_naive": scored(press, simple),
        "all_listings": scored(listings, ours),
        "all_listings_naive": scored(listings, simple),
        "next_pages": {"right": right, "known": known, "share": round(right / known, 4)},
        "pages_per_second_of_cpu": round(len(listings) / seconds, 1),
    }
    print(json.dumps(result, indent=1))
    print(json.dumps(result))


if __name__ == "__main__":
    beside = Path(__file__).resolve().parents[2] / "shared"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else beside)
