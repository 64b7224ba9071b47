"""Measure body, title and date of articles not used for training, beside other extractors.

    python benchmarks/unseen.py [--wcxb FOLDER] [--daniel FOLDER]

Each FOLDER is a clone of a public data set (benchmarks/articles.py). Of WCXB, the test articles are
read; of DAnIEL, one in eight articles. The score of a body is the mean F1 of its sequences of four
words. A title is correct if its letters and digits are equal, and a date if the day is the same.
Other extractors are included if they are installed.

Minimum results (measured on 2026-11-30): WCXB body 0.967, titles 0.852, dates 0.917; DAnIEL body
0.891.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from articles import Article, daniel, wcxb  # type: ignore[import-not-found]  # beside this script
from labels import f1  # type: ignore[import-not-found]  # as above
from quality import Answer, readers  # type: ignore[import-not-found]  # as above
from rich.console import Console
from rich.table import Table

from spiders.page.phrases import comparison_key

EIGHTH = 8


def marks(article: Article, answer: Answer) -> tuple[float | None, ...]:
    """How right an answer is: body, title and date, None where the truth is not known."""
    title = comparison_key(answer.get("title") or "") == comparison_key(article.title)
    day = (answer.get("published") or "")[:10] == (article.published or "")[:10]
    return (
        f1(answer.get("body_text") or "", article.text),
        float(title) if article.title else None,
        float(day) if article.published else None,
    )


def compare(name: str, chosen: Sequence[Article]) -> None:
    """Print what each extractor reads of some articles."""
    table = Table(f"{len(chosen)} articles of {name}", "body F1", "titles", "dates")
    for reader, read in readers():
        found = []
        for article in chosen:
            try:
                answer = read(article.url, article.body)
            except Exception as error:
                if reader == "communique":
                    raise
                print(f"{reader}: {article.url}: {type(error).__name__}", file=sys.stderr)
                answer = {}
            found.append(marks(article, answer))
        columns = [
            [mark for mark in column if mark is not None] for column in zip(*found, strict=True)
        ]
        table.add_row(reader, *(f"{np.mean(one):.3f}" if one else "" for one in columns))
    Console(width=120).print(table)


def main() -> None:
    """Print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wcxb", type=Path)
    parser.add_argument("--daniel", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    if options.wcxb:
        compare("WCXB", list(wcxb(options.wcxb, "test")))
    if options.daniel:
        compare("DAnIEL", list(islice(daniel(options.daniel), None, None, EIGHTH)))


if __name__ == "__main__":
    main()
