"""Measure how well attachments are read: words, scans, and hostile files.

    python -m benchmarks.attachments [--few]

1. Word recall of 500 made files of eight kinds in 12 scripts, and the share of words on the right
   page. 2. Character errors of 60 scans at 200 dots per inch in five languages, if tesseract has
these languages. 3. Time, memory and reported reasons of 40 hostile files, while ordinary files are
read beside them.

The last line is JSON. The exit code is 1 if a goal is missed.
"""

from __future__ import annotations

import itertools
import json
import random
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from benchmarks.attachments_parts.hostile import HOSTILE
from benchmarks.attachments_parts.texts import RIGHT_TO_LEFT, SCRIPTS, SENTENCES, page, sentences
from spiders.attachments.read import MAX_CPU_SECONDS, read_attachment
from spiders.attachments.scan import MODELS, installed_models
from spiders.download.pdf_reader import MAX_MEMORY_BYTES
from tests.spiders.attachments import made_files as made

MIN_RECALL: Final = 0.99
MAX_CHARACTER_ERROR: Final = 0.03
KINDS: Final[Sequence[str]] = ("pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "rtf")
FILES, FEW_FILES = 500, 96
SCANS, FEW_SCANS = 60, 5
FEW_HOSTILE: Final = 5
"""With ``--few``, one of this number of hostile files is read."""


def file_of(kind: str, script: str, pages: Sequence[str]) -> bytes:
    """A file of a kind with pages of text."""
    if kind == "pdf":
        return made.pdf(pages, right_to_left=script in RIGHT_TO_LEFT)
    maker: Callable[[Sequence[str]], bytes] = getattr(made, kind)
    return maker(pages)


def recall(number: int, kind: str, script: str) -> tuple[int, int, int]:
    """The number of words of one file, of words found, and of words on the right page."""
    chance = random.Random(number)  # noqa: S311 - no secret
    pages = [page(script, chance) for _ in range(chance.randint(1, 4))]
    read = read_attachment(file_of(kind, script, pages))
    everywhere = {word for text in read.pages for word in text.split()}
    wanted = [(place, word) for place, text in enumerate(pages) for word in text.split()]
    found = sum(word in everywhere for _, word in wanted)
    there = sum(
        place < len(read.pages) and word in set(read.pages[place].split()) for place, word in wanted
    )
    return len(wanted), found, there


def measure_words(count: int) -> dict[str, Any]:
    """Recall of all made files, and the worst pair of kind and script."""
    pairs = itertools.islice(itertools.cycle(itertools.product(KINDS, SCRIPTS)), count)
    jobs = [(number, kind, script) for number, (kind, script) in enumerate(pairs)]
    with ThreadPoolExecutor(2) as pool:
        results = [*pool.map(lambda job: recall(*job), jobs)]
    total, found, there = (sum(column) for column in zip(*results, strict=True))
    worst = min(zip(results, jobs, strict=True), key=lambda pair: pair[0][1] / pair[0][0])
    return {
        "files": count,
        "recall": round(found / total, 4),
        "right_page": round(there / total, 4),
        "worst": f"{worst[1][1]} {worst[1][2]}: {worst[0][1] / worst[0][0]:.3f}",
    }


def errors(wanted: str, read: str) -> int:
    """The edit distance of two texts, line by line."""
    total = 0
    for left, right in itertools.zip_longest(
        wanted.splitlines(), [one for one in read.splitlines() if one.strip()], fillvalue=""
    ):
        row = [*range(len(right) + 1)]
        for number, letter in enumerate(left, start=1):
            before, row[0] = row[0], number
            for place, other in enumerate(right, start=1):
                change = before + (letter != other)
                before, row[place] = row[place], min(change, row[place] + 1, row[place - 1] + 1)
        total += row[-1]
    return total


def recognized(number: int, language: str) -> tuple[str, int, int]:
    """The language of a scan, its number of characters, and the errors of the recognized text."""
    chance = random.Random(number)  # noqa: S311 - no secret
    text = sentences(language, 12, chance)
    image = made.scan(text, tilt=chance.uniform(-0.4, 0.4))
    body = image if number % 2 else made.scanned_pdf([image])
    read = read_attachment(body, [language])
    return language, len(text), errors(text, "\n".join(read.pages))


def measure_scans(count: int) -> dict[str, Any]:
    """Character errors of scans, in total and by language, or the reason why none was read."""
    missing = [one for one in SENTENCES if MODELS[one] not in installed_models()]
    if missing:
        return {"skipped": f"tesseract has no models for {', '.join(missing)}"}
    jobs = [*zip(range(count), itertools.cycle(SENTENCES), strict=False)]
    with ThreadPoolExecutor(2) as pool:
        results = [*pool.map(lambda job: recognized(*job), jobs)]
    by_language = {
        one: round(
            sum(wrong for language, _, wrong in results if language == one)
            / sum(size for language, size, _ in results if language == one),
            4,
        )
        for one in SENTENCES
    }
    total = sum(wrong for _, _, wrong in results) / sum(size for _, size, _ in results)
    return {"scans": count, "character_error": round(total, 4), "by_language": by_language}


def others(stop: threading.Event) -> Iterator[float]:
    """Read an ordinary file until stopped, and yield the seconds of each reading."""
    body = made.docx(["The board met"])
    while not stop.is_set():
        started = time.monotonic()
        assert read_attachment(body).pages == ("The board met",)
        yield time.monotonic() - started


def measure_hostile(step: int) -> dict[str, Any]:
    """Hostile files whose result is not allowed, and the largest costs."""
    stop, waits, wrong, slowest = threading.Event(), list[float](), list[str](), (0.0, "")
    beside = threading.Thread(target=lambda: waits.extend(others(stop)))
    beside.start()
    chosen = [*HOSTILE.items()][::step]
    for name, (make, allowed) in chosen:
        body = make()
        started = time.monotonic()
        read = read_attachment(body, ["en"] if name.startswith("PNG") else [])
        slowest = max(slowest, (time.monotonic() - started, name))
        if read.cut not in allowed:
            wrong.append(f"{name}: {read.cut or 'no reason'}")
        print(f"{name}: {read.cut or 'read'}, {time.monotonic() - started:.1f} s", flush=True)
    stop.set()
    beside.join()
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return {
        "files": len(chosen),
        "wrong": wrong,
        "slowest": f"{slowest[1]}: {slowest[0]:.1f} s",
        "bounded": slowest[0] < 2 * MAX_CPU_SECONDS + 5 and memory < MAX_MEMORY_BYTES,
        "memory_megabytes": memory // 1_000_000,
        "slowest_beside_seconds": round(max(waits, default=0.0), 1),
    }


def main() -> int:
    """Print the figures."""
    few = "--few" in sys.argv[1:]
    results = {
        "words": measure_words(FEW_FILES if few else FILES),
        "scans": measure_scans(FEW_SCANS if few else SCANS),
        "hostile": measure_hostile(FEW_HOSTILE if few else 1),
    }
    good = (
        results["words"]["recall"] >= MIN_RECALL
        and results["scans"].get("character_error", 0) <= MAX_CHARACTER_ERROR
        and not results["hostile"]["wrong"]
        and results["hostile"]["bounded"]
    )
    print(json.dumps(results | {"good": good}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
