"""Articles with labelled texts: from the project's press rooms and from public data sets.

WCXB, the Web Content eXtraction Benchmark (M. Foley 2026, CC BY 4.0), has a thousand pages from as
many sites, with headline and date: github.com/Murrough-Foley/web-content-extraction-benchmark. Its
texts begin with the headline if the page does; our texts do not. DAnIEL (G. Lejeune and others,
2015) has news of 2011 and 2012 in Chinese, English, Greek, Polish and Russian:
github.com/rundimeco/waddle. Both are read from clones of these repositories.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spiders.page.phrases import comparison_key


@dataclass(frozen=True)
class Article:
    """A page as served, and what is known of it."""

    url: str
    body: bytes
    text: str
    title: str
    published: str | None


def wcxb(folder: Path, split: str) -> Iterator[Article]:
    """The articles of a split, ``dev`` or ``test``, whose text is known."""
    for path in sorted((folder / split / "ground-truth").glob("*.json")):
        held = json.loads(path.read_text("utf-8"))
        known = held["ground_truth"]
        if held["_internal"]["page_type"]["primary"] != "article" or not known.get("main_content"):
            continue
        page = folder / split / "html" / f"{path.stem}.html.gz"
        url = held.get("url") or f"http://{path.stem}.example/"
        title = known.get("title") or ""
        day = known.get("publish_date")
        body = gzip.decompress(page.read_bytes())
        yield Article(url, body, without_title(known["main_content"], title), title, day)


def without_title(text: str, title: str) -> str:
    """A text without the headline in its first line."""
    first, _, rest = text.partition("\n")
    return rest.strip() if title and comparison_key(first) == comparison_key(title) else text


def daniel(folder: Path) -> Iterator[Article]:
    """The pages of DAnIEL whose text is known; nothing is known of headline and date."""
    corpus = folder / "corpora" / "Corpus_daniel_v2.1"
    for page in sorted((corpus / "html").iterdir()):
        known = corpus / "reference" / page.name
        if known.exists():
            text = re.sub("<[^>]+>", "", known.read_text("utf-8", "replace")).strip()
            host = page.name.split("_")[1]
            yield Article(f"http://{host}/{page.name}", page.read_bytes(), text, "", None)


def press_rooms(folder: Path) -> Iterator[Article]:
    """The releases of tests/sources."""
    for path in sorted(folder.glob("*/expected.json")):
        known = json.loads(path.read_text("utf-8"))["release"]
        page = path.with_name("release.html").read_bytes()
        text = "\n\n".join(known["body_text"])
        yield Article(known["url"], page, text, known["title"], known["published"])


def seed(folder: Path) -> Article:
    """The release beside the real pages, of which the headline is known."""
    known = json.loads((folder / "expected.json").read_text("utf-8"))
    page = folder / "site" / known["url"].partition("example/")[2]
    return Article(known["url"], page.read_bytes(), "", known["title"], known["published"])
