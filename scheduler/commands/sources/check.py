"""communique sources check: whether source files can be used, and read as they should."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from data.errors import CommuniqueError, SourceError
from data.store.protocol import Store
from data.store.public_view import without_secrets
from data.text.source_secrets import Secrets
from data.topics.taxonomy import load_taxonomy
from scheduler.cli import as_json, complain, print_json, say, with_any_home
from scheduler.home import Home
from scheduler.sources.drift import DriftGuard, why_held
from scheduler.terminal.drift_report import drift_lines
from spiders.archived.drift import Drift, harms_of
from spiders.crawl.facts.visit_facts import unmatched_at_last
from spiders.golden.golden import BadGolden, differences
from spiders.sources.loader import LoadedSource, choose, load_sources, read_source

TOML = ".toml"
"""How the path of a source file ends, which no id does."""


@click.command()
@click.argument("source", nargs=-1, metavar="[SOURCE|FILE …]")
@as_json
@with_any_home
def check(home: Home, *, source: tuple[str, ...], as_json: bool) -> int:
    """Check source files: say of each whether it can be used, and if not, what to mend.

    Of one that changed, say what it reads otherwise on the newest stored pages; the path of a FILE
    that is not in HOME yet will do. Where sample pages are kept, say also what is read otherwise
    than expected.json tells, and which selectors match nothing, there or in the last visit. Exit
    code 1 where there is anything of it, or where `collect` would hold the file back.
    """
    chosen, errors = chosen_to_check(home, source)
    told: list[dict[str, Any]] = []
    with stored(home) as store:
        guard = store and DriftGuard(home, store, load_taxonomy(home.topics))
        for one in chosen:
            try:
                found = golden_of(home, one)
            except BadGolden as bad:
                errors.append(bad)
                continue
            secrets = Secrets((one.file.url, one.file.feed or ""))
            found = without_secrets(found, secrets)
            drifts = without_secrets(guard.drifts(one) if guard else (), secrets)
            last = next(iter(store.runs(one.id, limit=1)), None) if store else None
            missing = unmatched_at_last(last, one.file)
            report = {"id": one.id, "path": str(one.path), "differences": found, "drift": drifts}
            told.append({**report, "unmatched": missing})
            if not as_json:
                print_check(home, one, found, drifts, missing)
    for error in errors:
        complain(str(error))
    if as_json:
        print_json({"sources": told, "errors": [str(error) for error in errors]})
    worse = any(drift.is_mass_change for one in told for drift in one["drift"])
    wrong = any(one["differences"] or one["unmatched"] for one in told)
    return 2 if errors else int(worse or wrong)


def chosen_to_check(
    home: Home, names: tuple[str, ...]
) -> tuple[Sequence[LoadedSource], list[CommuniqueError]]:
    """The sources that ids and paths of files name, or all; and what is wrong with their files.

    Raises UnknownSource.
    """
    loaded, broken = load_sources(home.sources)
    if not names:
        return [*loaded.values()], [*broken]
    paths = [Path(name) for name in names if name.endswith(TOML)]
    named = [name for name in names if not name.endswith(TOML)]
    errors: list[CommuniqueError] = [one for one in broken if Path(one.path).stem in named]
    unusable = {Path(one.path).stem for one in broken}
    ids = tuple(name for name in named if name not in unusable)
    chosen = [*choose(loaded, ids)] if ids else []
    for path in paths:
        try:
            chosen.append(LoadedSource(path.stem, path, own=True, file=read_source(path)))
        except SourceError as error:
            errors.append(error)
    return chosen, errors


def print_check(
    home: Home,
    one: LoadedSource,
    found: Sequence[str],
    drifts: Sequence[Drift],
    missing: Sequence[str],
) -> None:
    """Print what was found of one source file."""
    worse = [drift for drift in drifts if drift.is_mass_change]
    word = "held back" if worse else "not well" if found or missing else "well"
    say(f"{one.id}: {word} ({one.path})", *drift_lines(drifts))
    for key in missing:
        complain(f"{one.id}: {key} matched nothing in the last visit: correct it in {one.path}")
    for difference in found:
        complain(f"{home.samples / one.id}: {difference}")
    for drift in worse:
        complain(f"{one.id}: {why_held(one.id, drift.cause, harms_of(drift))}")


@contextmanager
def stored(home: Home) -> Iterator[Store | None]:
    """The store of a HOME; None where it has none yet."""
    if not home.has_store:
        yield None
        return
    with closing(home.plain_store()) as store:
        yield store


def golden_of(home: Home, one: LoadedSource) -> tuple[str, ...]:
    """What a source's sample pages say otherwise than expected. Raises BadGolden."""
    folder = home.samples / one.id
    return tuple(differences(folder, one.file)) if folder.is_dir() else ()
