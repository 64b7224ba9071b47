"""Train the models that find body and headline, and say how good they are on sites never seen.

    python benchmarks/train.py [SHARED] [--write]

SHARED is the folder of real pages, by default the one beside the project. Needs catboost,
newspaper4k, readability-lxml and resiliparse, which nothing else here does. The pages of one site
are never on both sides of a fold. On pages without a known body five readings of other extractors
vote on each block, which weighs the less the less they agree: these teach what menus and comments
look like on six hundred more sites. With --write the models are trained on all pages and put in
place.
"""

from __future__ import annotations

import argparse
import gzip
import json
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from catboost import CatBoostClassifier
from labels import HALF, f1, labels  # type: ignore[import-not-found]  # beside this script
from teachers import texts as taught_texts  # type: ignore[import-not-found]  # as above

from spiders import context, mainbody
from spiders.columns import AT
from spiders.features import block_features
from spiders.headlines import candidates, headline_features
from spiders.metadata import read_metadata
from spiders.page import Page
from spiders.phrases import squash
from spiders.survey import survey

SHARED = Path(__file__).resolve().parents[2] / "shared"
MODELS = Path(mainbody.__file__).with_name("models")
FOLDS = 5
TAUGHT_WEIGHT, UNSURE, VOTES = 0.7, 0.25, 2
"""What a page of the teachers weighs beside a known one, what a block weighs on which they do not
agree beside one on which they do, and how many of them must speak."""

PAGE = 60
"""What a page weighs."""

SHORT = 300
"""Characters up to which a known text teaches nothing."""

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
    taught: bool = False
    texts: list[str] = field(default_factory=list)
    known: str = ""
    table: Any = None

    @property
    def fold(self) -> int:
        """The fold that the page's site falls into."""
        return zlib.crc32(self.site.encode()) % FOLDS


def read(shared: Path) -> tuple[list[Sample], list[Sample]]:
    """The samples for bodies and for headlines."""
    folder = shared / "corpora" / "dev"
    bodies, heads = [], []
    for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        body = gzip.decompress((folder / row["html_path"]).read_bytes())
        page = Page(row["url"] or "http://page.example/", body)
        seen, meta = survey(page.tree), read_metadata(page)
        if not seen.blocks:
            continue
        host = urlsplit(row["url"] or "").hostname or row["id"]
        site = ".".join(host.split(".")[-2:])
        known = row.get("body") or ""
        taught = not known or not str(row["gt_quality"]).startswith(("gold", "silver"))
        texts = [block.text for block in seen.blocks]
        table = block_features(seen, meta)
        rows = table.columns.T
        words = np.sqrt(np.minimum(table.columns[AT["spaces"]] + 1, 150))
        if taught:
            known = ""
            votes = [np.array(labels(texts, one)) >= HALF for one in taught_texts(page.url, body)]
            share = np.mean(votes, axis=0) if len(votes) >= VOTES else np.zeros(len(texts))
            right, usable = share >= HALF, len(votes) >= VOTES
            weight = TAUGHT_WEIGHT * words * (UNSURE + (1 - UNSURE) * np.abs(2 * share - 1))
        else:
            right, weight = np.array(labels(texts, known)) >= HALF, words
            kept = (text for text, is_kept in zip(texts, right, strict=True) if is_kept)
            usable = f1("\n".join(kept), known) > LEARNT_FROM
        sample = Sample(
            site, row["corpus"], rows, right, weight * PAGE / words.sum(), usable, taught
        )
        sample.texts, sample.known, sample.table = texts, known, table
        if taught or len(known) > SHORT:
            bodies.append(sample)
        if row.get("title"):
            found = mainbody.find_body(seen, meta)
            start = found.kept[0].order if found else len(texts)
            named = candidates(meta, seen, start)
            facts = headline_features(named, meta, seen, start, page.url)
            hit = np.array([squash(one.text) == squash(row["title"]) for one in named])
            heads.append(
                Sample(site, row["corpus"], facts, hit, np.ones(len(hit)), bool(hit.any()))
            )
    return bodies, heads


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
    low, high = context.best_run(opinion, sample.rows[:, AT["spaces"]] + 1)
    kept = range(low, high)
    return "\n".join(sample.texts[at] for at in kept if opinion[at] >= mainbody.KEPT)


def main() -> None:
    """Cross-validate, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    bodies, heads = read(options.shared)
    rows = [sample.rows for sample in bodies]
    first = unseen(bodies, rows, FIRST_SHAPE)
    wide = [
        np.concatenate(
            [
                sample.rows,
                context.context_features(opinion, sample.rows[:, AT["spaces"]] + 1, sample.table).T,
            ],
            axis=1,
        )
        for sample, opinion in zip(bodies, first, strict=True)
    ]
    scores: dict[str, list[float]] = defaultdict(list)
    for sample, opinion in zip(bodies, unseen(bodies, wide, SECOND_SHAPE), strict=True):
        if not sample.taught:
            scores[sample.corpus].append(f1(decoded(sample, opinion), sample.known))
    for corpus, each in sorted(scores.items()):
        print(f"body F1 on unseen sites, {corpus:12} {np.mean(each):.3f} ({len(each)} pages)")
    picks = unseen(heads, [sample.rows for sample in heads], HEADLINE_SHAPE)
    hits = [bool(sample.right[pick.argmax()]) for sample, pick in zip(heads, picks, strict=True)]
    print(f"headlines on unseen sites       {np.mean(hits):.3f} ({len(hits)} pages)")
    if options.write:
        export(fit(bodies, rows, *FIRST_SHAPE), "blocks")
        export(fit(bodies, wide, *SECOND_SHAPE), "surroundings")
        export(fit(heads, [sample.rows for sample in heads], *HEADLINE_SHAPE), "headlines")


if __name__ == "__main__":
    main()
