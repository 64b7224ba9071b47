"""communique sources check and sample: check source files, and save pages as their tests."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import click

from data.clock import utc_now
from data.errors import CommuniqueError, SourceError
from data.store.core.store import Store
from data.text.masked_values import without_secrets
from data.text.source_secrets import Secrets
from data.topics.taxonomy import load_taxonomy
from scheduler.cli import (
    answer,
    complain,
    say,
    wants_json,
    with_any_home,
    with_home_only,
)
from scheduler.home.home import Home
from scheduler.sources.drift_guard import DriftGuard, why_held
from scheduler.terminal.source_report import drift_lines
from spiders.crawl.visits.fact_finder import unmatched_at_last
from spiders.extract.golden import EXPECTED, BadGolden, differences, write_golden
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.sources.source_file import (
    LoadedSource,
    UnknownProxy,
    check_proxy,
    choose,
    load_source,
    load_sources,
    read_source,
)
from spiders.stored.drift import Drift, harms_of

TOML_SUFFIX: Final = ".toml"
"""Suffix of source files. Ids of sources never end with it."""


@click.command()
@click.argument("source", nargs=-1, metavar="[SOURCE|FILE …]")
@with_any_home
def check(home: Home, *, source: tuple[str, ...]) -> int:
    """Check source files.

    Each file is checked for errors. If it changed since it was last used, it is applied to the
    newest stored pages, and differences are shown. Values from sample pages are compared with
    expected.json. Selectors that match nothing on these pages or in the last visit are reported.
    FILE is the path of a file outside of HOME. The exit code is 1 for differences, unmatched
    selectors, and a file that `collect` would hold for review. It is 2 for a file with errors.
    """
    chosen, errors = chosen_to_check(home, source)
    reports: list[dict[str, Any]] = []
    with stored(home) as store:
        guard = store and DriftGuard(home, store, load_taxonomy(home.topics))
        for one in chosen:
            folder = home.samples / one.id
            try:
                found = [*differences(folder, one.file)] if (folder / EXPECTED).exists() else []
            except BadGolden as bad:
                errors.append(bad)
                continue
            try:
                check_proxy(one.file, home.settings.network)
            except UnknownProxy as unknown:
                errors.append(SourceError(str(one.path), "proxy", str(unknown)))
            secrets = Secrets(one.file.addresses)
            found = without_secrets(found, secrets)
            drifts = without_secrets(guard.drifts(one) if guard else (), secrets)
            last = next(iter(store.runs(one.id, limit=1)), None) if store else None
            missing = unmatched_at_last(last, one.file)
            report = {"id": one.id, "path": str(one.path), "differences": found, "drift": drifts}
            reports.append({**report, "unmatched": missing})
            if not wants_json():
                print_check(home, one, found, drifts, missing)
    for error in errors:
        complain(str(error))
    answer({"sources": reports, "errors": [*map(str, errors)]})
    worse = any(drift.is_mass_change for one in reports for drift in one["drift"])
    wrong = any(one["differences"] or one["unmatched"] for one in reports)
    return 2 if errors else int(worse or wrong)


def chosen_to_check(
    home: Home, names: tuple[str, ...]
) -> tuple[Sequence[LoadedSource], list[CommuniqueError]]:
    """Load the sources with the given ids or file paths, or all sources, and errors in their files.

    Raises UnknownSource.
    """
    loaded, broken = load_sources(home.sources)
    if not names:
        return [*loaded.values()], [*broken]
    paths = [Path(name) for name in names if name.endswith(TOML_SUFFIX)]
    named = [name for name in names if not name.endswith(TOML_SUFFIX)]
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
    """Print the result of checking a source file."""
    worse = [drift for drift in drifts if drift.is_mass_change]
    word = "held for review" if worse else "problems" if found or missing else "ok"
    say(f"{one.id}: {word} ({one.path})", *drift_lines(drifts))
    for key in missing:
        complain(f"{one.id}: {key} matched nothing in the last visit; correct it in {one.path}")
    for difference in found:
        complain(f"{home.samples / one.id}: {difference}")
    for drift in worse:
        complain(f"{one.id}: {why_held(one.id, drift.cause, harms_of(drift))}")


@contextmanager
def stored(home: Home) -> Iterator[Store | None]:
    """Context manager that yields the store of a home directory, or None if it has no store yet."""
    if not home.has_store:
        yield None
        return
    with closing(home.plain_store()) as store:
        yield store


@click.command()
@click.argument("source")
@with_home_only
def sample(home: Home, *, source: str) -> None:
    """Save sample pages of a source as a test.

    The listing and the newest release are saved into HOME/samples, with the values extracted from
    them. Correct these values in expected.json: `communique sources check` reports differences.
    """
    one = load_source(home.sources, source)
    folder = home.samples / one.id
    listing, release = sample_pages(home, one)
    write_golden(folder, one.file, listing, release, utc_now())
    say(f"wrote {folder}; check its expected.json and correct it")


def sample_pages(home: Home, one: LoadedSource) -> tuple[Page, Page]:
    """Fetch the listing of a source and its newest release.

    Raises NotFetched if a page can't be fetched, or if the listing contains no release.
    """
    # Imported here: only this command fetches pages.
    from scheduler.children.fetch import PageFetcher  # noqa: PLC0415
    from spiders.discovery.fetcher import NotFetched  # noqa: PLC0415
    from spiders.download.settings import FILE_PATH  # noqa: PLC0415

    with ExitStack() as stack:
        pages = plain = stack.enter_context(PageFetcher(home, archive=True))
        if one.file.render:
            pages = stack.enter_context(PageFetcher(home, render=True, archive=True))
        url = one.file.feed or one.file.url
        listing = (plain if one.file.feed else pages).page(url)
        context = one.file.date_context(utc_now())
        found = read_listing(listing, context, one.file.listing)
        release = next((item for item in found.items if not FILE_PATH.search(item.url)), None)
        if release is None:
            why = "; ".join(found.reasons) or "the page lists only documents"
            raise NotFetched(url, f"no release was found on the page ({why})")
        return listing, pages.page(release.url)
