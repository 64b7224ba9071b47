"""Compare body, title and date with known answers, and with other extractors, in one table.

    python benchmarks/quality.py [SHARED]

SHARED is the folder of real pages, by default the one beside the project. trafilatura, newspaper4k
and readability-lxml are included if they are installed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import importlib
import importlib.util
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table

from data.dates.context import DateContext
from spiders.page.page import Page
from spiders.release.read import read_release

SHARED = Path(__file__).resolve().parents[2] / "shared"
Answer = dict[str, str | None]
Reader = Callable[[str, bytes], Answer]


def ours(url: str, body: bytes) -> Answer:
    """Communique, without learning."""
    found = read_release(Page(url, body), DateContext("UTC", now=dt.datetime.now(dt.UTC))).content
    published = found.published.iso if found.published else None
    return {"title": found.title, "published": published, "body_text": found.body_text}


def readers() -> Iterator[tuple[str, Reader]]:
    """All the extractors that are installed."""
    yield "communique", ours
    with contextlib.suppress(ImportError):
        import trafilatura  # noqa: PLC0415 - each is optional

        def read_trafilatura(url: str, body: bytes) -> Answer:
            got: Any = trafilatura.bare_extraction(
                body, url=url, with_metadata=True, include_comments=False
            )
            if got is None:
                return {}
            return {"title": got.title, "published": got.date, "body_text": got.text}

        yield "trafilatura", read_trafilatura
    with contextlib.suppress(ImportError):
        newspaper = importlib.import_module("newspaper")

        def read_newspaper(url: str, body: bytes) -> Answer:
            article = newspaper.Article(url, fetch_images=False)
            article.download(input_html=Page(url, body).text)
            article.parse()
            day = article.publish_date.date().isoformat() if article.publish_date else None
            return {"title": article.title, "published": day, "body_text": article.text}

        yield "newspaper4k", read_newspaper
    with contextlib.suppress(ImportError):
        readability = importlib.import_module("readability")
        from lxml import html  # noqa: PLC0415 - as above

        def read_readability(url: str, body: bytes) -> Answer:
            document = readability.Document(Page(url, body).text)
            text = " ".join(map(str, html.fromstring(document.summary()).itertext()))
            return {"title": document.short_title(), "published": None, "body_text": text}

        yield "readability-lxml", read_readability


def scorer(shared: Path) -> ModuleType:
    """The measure that lies beside the pages."""
    spec = importlib.util.spec_from_file_location("score", shared / "tools" / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(shared / "tools" / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Print the table."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    score = scorer(shared)
    folder = shared / "corpora" / "dev"
    manifest = score.rows(str(folder / "manifest.jsonl"))
    results: dict[str, dict[str, Any]] = {}
    for name, read in readers():
        answers: dict[str, Answer] = {}
        for row in manifest:
            body = gzip.decompress((folder / row["html_path"]).read_bytes())
            try:
                answers[row["id"]] = read(row["url"] or "http://page.example/", body)
            except Exception as error:
                if name == "communique":
                    raise
                print(f"{name}: {row['id']}: {type(error).__name__}", file=sys.stderr)
        results[name] = score.score_release(manifest, answers)
    corpora = sorted(results["communique"]["mean_f1_by_corpus"])
    table = Table("", "body F1", *corpora, "titles", "dates")
    for name, found in results.items():
        each = [f"{found['mean_f1_by_corpus'][corpus]:.3f}" for corpus in corpora]
        fields = (found["body_f1"], found["title_accuracy"], found["date_accuracy"])
        whole, title, date = (f"{value:.3f}" for value in fields)
        table.add_row(name, whole, *each, title, date)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
