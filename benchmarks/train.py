"""Train the models that find body and headline, and measure them on sites not used for training.

    python benchmarks/train.py [SHARED] [--wcxb FOLDER] [--write]

SHARED is the folder of real pages, by default the one beside the project. FOLDER is a clone of WCXB
(benchmarks/articles.py), whose development articles are also used to train body models. Its test
articles are not used: `benchmarks/unseen.py` reads them. The press rooms of tests/sources are used
for training, too. Training needs catboost, which nothing else in the project needs.

The pages of one site are never on both sides of a fold. Each page is used a second time as an old
press room would serve it, with the site's name as the title and an otherwise empty head. With
--write, the models are trained on all pages and written to the project. Body models come first,
because the start of a body helps to find the headline.
"""

from __future__ import annotations

import argparse
import gzip
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from articles import Article, press_rooms, seed, wcxb  # type: ignore[import-not-found]  # beside this script
from catboost import CatBoostClassifier
from labels import HALF, f1, labels  # type: ignore[import-not-found]  # as above

from spiders.body import main_content as mainbody
from spiders.body.block_features import block_features
from spiders.body.layout_features import AT, best_run, context_features
from spiders.body.text_blocks import segment
from spiders.page.embedded_metadata import EmbeddedMetadata, read_metadata
from spiders.page.page import Page
from spiders.page.phrases import comparison_key
from spiders.release.title_candidates import headline_candidates, headline_features

SHARED = Path(__file__).resolve().parents[2] / "shared"
MODELS = Path(mainbody.__file__).with_name("models")
ROOMS = Path(__file__).resolve().parents[1] / "tests" / "sources"
FOLDS = 5
ROOM_WEIGHT, WCXB_WEIGHT = 2.0, 0.5
"""What a release of our press rooms weighs beside a real page, and an article of WCXB, whose texts
keep what others leave out."""

LEAD_IN = 80
"""Characters of what WCXB keeps above the first paragraph: headline, date, author."""

BARE_WEIGHT = 0.3
"""What a page weighs whose head says nothing, beside the same page as it was served."""

PAGE = 60
"""What a page weighs."""

LEAST, SHORT, SHORT_WEIGHT = 60, 300, 3.0
"""Characters from which a known text teaches, up to which it is short, and what it weighs then:
there are few such pages."""

FIRST_SHAPE, SECOND_SHAPE, HEADLINE_SHAPE = (6, 160, 0.12), (5, 120, 0.1), (5, 150, 0.1)
"""Depth, number of trees and learning rate of each model."""

LEARNT_FROM = 0.85
"""How well the blocks can say the known text at the least, for a page to be learnt from."""

Array = Any


@dataclass
class Sample:
    """One page: its rows, and which of them are right."""

    site: str
    corpus: str
    rows: Array
    right: Array
    weight: Array
    usable: bool = True
    bare: bool = False
    texts: list[str] = field(default_factory=list)
    known: str = ""
    table: Any = None

    @property
    def fold(self) -> int:
        """The fold that the page's site falls into."""
        return zlib.crc32(self.site.encode()) % FOLDS


def rows_of(shared: Path) -> Iterator[tuple[dict[str, Any], Page]]:
    """The real pages with what is known of each."""
    folder = shared / "corpora" / "dev"
    for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        body = gzip.decompress((folder / row["html_path"]).read_bytes())
        yield row, Page(row["url"] or f"http://{row['id']}.example/", body)


def read_bodies(shared: Path) -> Iterator[Sample]:
    """The samples for bodies among the real pages whose text somebody marked."""
    for row, page in rows_of(shared):
        known = row.get("body") or ""
        marked = str(row["gt_quality"]).startswith(("gold", "silver"))
        if marked and len(known) >= LEAST:
            weight = SHORT_WEIGHT if len(known) <= SHORT else 1.0
            yield from body_samples(page, row["corpus"], known, weight)


def read_articles(
    articles: Iterable[Article], corpus: str, weight: float, lead_in: int = 0
) -> Iterator[Sample]:
    """The samples for bodies among articles."""
    for article in articles:
        if len(article.text) > SHORT:
            yield from body_samples(
                Page(article.url, article.body), corpus, article.text, weight, lead_in
            )


def body_samples(
    page: Page, corpus: str, known: str, weight: float, lead_in: int = 0
) -> Iterator[Sample]:
    """The blocks of a page whose body is known: as it was served, and with a bare head.

    Known blocks of up to ``lead_in`` characters above the first longer one are no body.
    """
    seen, meta = segment(page.tree), read_metadata(page)
    if not seen.blocks:
        return
    texts = [block.text for block in seen.blocks]
    right = np.array(labels(texts, known)) >= HALF
    for place in takewhile(lambda at: len(texts[at]) <= lead_in, np.flatnonzero(right).tolist()):
        right[place] = False
    kept = (text for text, is_kept in zip(texts, right, strict=True) if is_kept)
    usable = f1("\n".join(kept), known) > LEARNT_FROM
    for head, worth in ((meta, weight), (bare(meta, page), weight * BARE_WEIGHT)):
        table = block_features(seen, head)
        words = np.sqrt(np.minimum(table.columns[AT["spaces"]] + 1, 150))
        weights = words * (PAGE * worth / words.sum())
        sample = Sample(site_of(page), corpus, table.columns.T, right, weights, usable)
        sample.bare = head is not meta
        sample.texts, sample.known, sample.table = texts, known, table
        yield sample


def read_heads(shared: Path) -> Iterator[Sample]:
    """The samples for headlines, with bodies as the models in place find them."""
    for row, page in rows_of(shared):
        if row.get("title"):
            yield from head_samples(page, row["corpus"], row["title"], 1.0)
    for article in (*press_rooms(ROOMS), seed(shared / "seed")):
        page = Page(article.url, article.body)
        yield from head_samples(page, "rooms", article.title, ROOM_WEIGHT)


def head_samples(page: Page, corpus: str, title: str, weight: float) -> Iterator[Sample]:
    """What may be the headline of a page: as it was served, and with a bare head."""
    seen, meta = segment(page.tree), read_metadata(page)
    for head, worth in ((meta, weight), (bare(meta, page), weight * BARE_WEIGHT)):
        found = mainbody.find_main_content(seen, head)
        start = found.kept[0].order if found else len(seen.blocks)
        named = headline_candidates(head, seen, start)
        hit = np.array([comparison_key(one.text) == comparison_key(title) for one in named])
        if named and (head is meta or hit.any()):
            facts = headline_features(named, head, seen, start, page.url)
            sample = Sample(site_of(page), corpus, facts, hit, np.full(len(hit), worth))
            sample.usable, sample.bare = bool(hit.any()), head is not meta
            yield sample


def bare(meta: EmbeddedMetadata, page: Page) -> EmbeddedMetadata:
    """What a page would say in its head if it named only its site, as old press rooms do."""
    name = meta.meta("og:site_name") or (urlsplit(page.url).hostname or "")
    return EmbeddedMetadata({}, (), name)


def site_of(page: Page) -> str:
    """The last two parts of a page's host name."""
    return ".".join((urlsplit(page.url).hostname or "").split(".")[-2:])


def fit(samples: list[Sample], rows: list[Array], depth: int, trees: int, rate: float) -> Any:
    """A model of the samples that can be learnt from."""
    used = [at for at, sample in enumerate(samples) if sample.usable]
    model = CatBoostClassifier(
        depth=depth,
        iterations=trees,
        learning_rate=rate,
        rsm=0.5,
        l2_leaf_reg=5,
        subsample=0.7,
        bootstrap_type="Bernoulli",
        boosting_type="Plain",
        random_seed=0,
        verbose=0,
        thread_count=2,
        allow_writing_files=False,
    )
    model.fit(
        np.concatenate([rows[at] for at in used]),
        np.concatenate([samples[at].right for at in used]).astype(int),
        sample_weight=np.concatenate([samples[at].weight for at in used]),
    )
    return model


def unseen(samples: list[Sample], rows: list[Array], shape: tuple[int, int, float]) -> list[Array]:
    """The opinion on each sample of a model that saw no page of its site."""
    opinions: list[Array] = [None] * len(samples)
    for fold in range(FOLDS):
        train = [at for at, sample in enumerate(samples) if sample.fold != fold]
        model = fit([samples[at] for at in train], [rows[at] for at in train], *shape)
        for at, sample in enumerate(samples):
            if sample.fold == fold:
                opinions[at] = model.predict_proba(rows[at])[:, 1].astype(np.float32)
    return opinions


def export(model: Any, name: str) -> None:
    """Write a model as plain arrays."""
    path = MODELS / f"{name}.json"
    model.save_model(str(path), format="json")
    held = json.loads(path.read_text())
    path.unlink()
    trees = held["oblivious_trees"]
    levels = max(len(tree["splits"]) for tree in trees)
    features = np.zeros((levels, len(trees)), np.int16)
    borders = np.full((levels, len(trees)), np.inf, np.float32)
    leaves = np.zeros((len(trees), 2**levels), np.float32)
    columns = [one["flat_feature_index"] for one in held["features_info"]["float_features"]]
    for at, tree in enumerate(trees):
        for level, split in enumerate(tree["splits"]):
            features[level, at] = columns[split["float_feature_index"]]
            borders[level, at] = split["border"]
        leaves[at, : len(tree["leaf_values"])] = tree["leaf_values"]
    scale, bias = held["scale_and_bias"]
    bias = bias[0] if isinstance(bias, list) else bias
    np.savez_compressed(
        MODELS / f"{name}.npz", features=features, borders=borders, leaves=leaves * scale, bias=bias
    )


def decoded(sample: Sample, opinion: Array) -> str:
    """The text that an opinion gives."""
    low, high = best_run(opinion, sample.rows[:, AT["spaces"]] + 1)
    kept = range(low, high)
    return "\n".join(sample.texts[at] for at in kept if opinion[at] >= mainbody.MIN_PROBABILITY)


def main() -> None:
    """Cross-validate, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--wcxb", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    bodies = list(read_bodies(options.shared))
    bodies += read_articles(press_rooms(ROOMS), "rooms", ROOM_WEIGHT)
    if options.wcxb:
        bodies += read_articles(wcxb(options.wcxb, "dev"), "wcxb", WCXB_WEIGHT, LEAD_IN)
    rows = [sample.rows for sample in bodies]
    first = unseen(bodies, rows, FIRST_SHAPE)
    wide = [
        np.concatenate(
            [
                sample.rows,
                context_features(opinion, sample.rows[:, AT["spaces"]] + 1, sample.table).T,
            ],
            axis=1,
        )
        for sample, opinion in zip(bodies, first, strict=True)
    ]
    scores: dict[str, list[float]] = defaultdict(list)
    for sample, opinion in zip(bodies, unseen(bodies, wide, SECOND_SHAPE), strict=True):
        name = f"{sample.corpus}, bare" if sample.bare else sample.corpus
        scores[name].append(f1(decoded(sample, opinion), sample.known))
    for corpus, each in sorted(scores.items()):
        print(f"body F1 on unseen sites, {corpus:18} {np.mean(each):.3f} ({len(each)} pages)")
    if options.write:
        export(fit(bodies, rows, *FIRST_SHAPE), "blocks")
        export(fit(bodies, wide, *SECOND_SHAPE), "surroundings")
    heads = list(read_heads(options.shared))
    picks = unseen(heads, [sample.rows for sample in heads], HEADLINE_SHAPE)
    for is_bare, name in ((False, "as served"), (True, "bare")):
        hits = [
            bool(sample.right[pick.argmax()])
            for sample, pick in zip(heads, picks, strict=True)
            if sample.bare is is_bare
        ]
        print(f"headlines on unseen sites, {name:16} {np.mean(hits):.3f} ({len(hits)} pages)")
    if options.write:
        export(fit(heads, [sample.rows for sample in heads], *HEADLINE_SHAPE), "headlines")


if __name__ == "__main__":
    main()
