"""communique add: inspect a site and write a source file for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import click

from data.clock import fault_of_zone
from data.errors import CommuniqueError, RenamedSource
from data.text.masking import masked, masked_toml
from data.text.urls import host_of
from data.toml_files import ID
from data.wording import counted
from scheduler.adding.source_writer import SourceExists, former_ids, write, write_text
from scheduler.children.fetch import PageFetcher
from scheduler.cli import answer, complain, print_json, say, wants_json, with_later_home
from scheduler.home.home import Home
from scheduler.terminal.progress_and_tables import status_line
from scheduler.terminal.source_report import show, source_values
from spiders.discovery.address_list import ListedAddress, read_addresses
from spiders.discovery.certainty import MIN_CERTAINTY
from spiders.discovery.explore import Explored, Explorer, NothingFound, named
from spiders.discovery.fetcher import NEVER_FETCHED, WEB_URL, NotFetched, StatusReporter
from spiders.discovery.propose import GivenFields
from spiders.sources.source_file import LoadedSource, load_sources


class NotSure(CommuniqueError):
    """Raised if a proposed source is too uncertain to be saved."""

    def __init__(self, found: Explored) -> None:
        certainty = found.proposed.certainty
        tried = f" (tried: {named(found.tried)})" if found.tried else ""
        super().__init__(
            f"{masked(found.site.page.url)}: these may not be the releases (certainty "
            f"{certainty.value:.0%}, minimum {MIN_CERTAINTY:.0%}): {'; '.join(certainty.reasons)}"
            f"{tried}. Nothing was written. Give the address of the page that lists the releases, "
            "or, if these are correct, use --save --force"
        )
        self.found = found


@click.command()
@click.argument("page", metavar="[URL]", default="")
@click.option("--url", default="", help="Original address, if URL is a saved file.")
@click.option("--page", "single", is_flag=True, help="Track changes of the single page at URL.")
@click.option("--save", is_flag=True, help="Write the source file and its sample pages.")
@click.option("--force", is_flag=True, help="Also write uncertain results (with --save).")
@click.option(
    "--id", "source", default="", metavar="ID", help="Id of the source (default from the name)."
)
@click.option(
    "--name", default="", help="Name of the institution in feeds (default from the site)."
)
@click.option(
    "--timezone",
    default="",
    metavar="ZONE",
    help="IANA time zone of the source's dates (default from the site).",
)
@click.option(
    "--from",
    "listed",
    type=click.File("rb"),
    help="File with one address per line, or OPML file (- for standard input).",
)
@with_later_home
def add(
    home: Home,
    *,
    page: str,
    url: str,
    single: bool,
    save: bool,
    force: bool,
    source: str,
    name: str,
    timezone: str,
    listed: IO[bytes] | None,
) -> int:
    """Inspect a press room and propose a source file.

    URL is the page that lists the releases, any other page of the site, a feed, or the path of a
    saved page. With --page, the source is the single page at URL, such as a policy, and its changes
    are tracked. With --save, the source file is written into HOME/sources, and sample pages with
    their extracted values into HOME/samples. The exit code is 1 if the result is uncertain.
    """
    given = GivenFields(source, name.strip(), timezone)
    _check(given, page, listed)
    if single and (listed is not None or url):
        raise click.UsageError("--page accepts one page and can't be combined with --from or --url")
    if save:
        home.check_writable()
    with status_line() as on_status:
        adding = Adding(home, on_status, given, save=save, force=force)
        if listed is not None:
            return adding.all(read_addresses(listed.read(), listed.name))
        try:
            found, written = adding.one(page, url, single=single)
        except NothingFound as error:
            return _report_nothing(adding, error)
    unsure = None if written or found.proposed.certainty.enough else NotSure(found)
    if wants_json():
        print_json(source_values(found) | {"saved": str(written) if written else None})
    else:
        show(found)
        if written:
            say(f"wrote {written}; collect it with: communique collect {written.stem}")
        elif unsure is None:
            say("nothing was written; --save writes this file and its sample pages")
    if unsure is not None:
        raise unsure
    return 0


def _check(given: GivenFields, page: str, listed: IO[bytes] | None) -> None:
    """Raise click.BadParameter or UsageError if arguments can't be combined."""
    if bool(page.strip()) == (listed is not None):
        why = "give either an address or --from, not both"
        if listed is None:
            why = "the address is missing; give a page of the site, or a list with --from"
        raise click.BadParameter(why, param_hint="URL")
    if listed is not None and (given.id or given.name):
        raise click.UsageError("--id and --name can't be combined with --from")
    if given.id and not ID.fullmatch(given.id):
        why = "use at most 64 lower-case letters, digits and hyphens"
        raise click.BadParameter(why, param_hint="--id")
    if given.timezone and (fault := fault_of_zone(given.timezone)):
        raise click.BadParameter(fault, param_hint="--timezone")


def _report_nothing(adding: Adding, error: NothingFound) -> int:
    """Report that no releases were found, and return the exit code.

    Prints or saves a draft of the source file, with candidate links as comments.
    """
    written = adding.keep_skeleton(error)
    text = masked_toml(error.skeleton)
    lines = [f"wrote {written} with candidates; complete this draft"]
    if not written:
        lines = [f"# draft of sources/{error.draft.proposal.id}.toml", *text.split("\n")]
        lines.append("nothing was written; --save --force writes this draft")
    saved = str(written) if written else None
    answer({"error": str(error), "toml": text, "saved": saved}, *lines)
    complain(str(error))
    return 1


def _zone_of_host(host: str, sources: Iterable[LoadedSource]) -> str:
    """Return the time zone on which all sources of a host agree, or ""."""
    zones = {one.file.timezone for one in sources if host and host_of(one.file.url) == host}
    return zones.pop() if len(zones) == 1 else ""


class Adding:
    """Inspects sites and adds their sources to a home directory.

    With ``save``, the sources of certain results are written. With ``force``, the sources of
    uncertain results are written, too.
    """

    def __init__(
        self, home: Home, on_status: StatusReporter, given: GivenFields, *, save: bool, force: bool
    ) -> None:
        self._home = home
        self._on_status = on_status
        self._given = given
        self._save = save
        self._force = force
        self._proposed: set[str] = set()
        self._former = former_ids(home)

    def one(
        self, page: str, url: str = "", name: str = "", *, single: bool = False
    ) -> tuple[Explored, Path | None]:
        """Inspect one address. Returns the result, and the path of a written source file or None.

        ``url`` is the address of a saved page. ``name`` is the institution's name, if a list of
        addresses contains it. If ``single`` is true, the source is the page itself, and the site is
        not searched for a list. Raises NotFetched, NothingFound, SourceExists, RenamedSource,
        SourceError and BadGolden.
        """
        loaded, taken = self._taken()
        if self._given.id in self._former:
            raise RenamedSource(self._given.id, self._former[self._given.id])
        if self._given.id in taken:
            existing = loaded.get(self._given.id)
            path = existing.path if existing else self._home.sources / f"{self._given.id}.toml"
            raise SourceExists.called(path, self._given.id)
        explorer = Explorer(
            partial(PageFetcher, self._home, archive=self._save),
            tuple(taken),
            self._on_status,
            replace(
                self._given,
                name=name or self._given.name,
                host_timezone=_zone_of_host(host_of(page), loaded.values()),
            ),
        )
        found = explorer.explore_page(page) if single else explorer.explore(page, url)
        self._proposed.add(found.proposed.proposal.id)
        if not self._save or not (self._force or found.proposed.certainty.enough):
            return found, None
        return found, write(self._home, found, loaded)

    def all(self, listed: Iterable[ListedAddress]) -> int:
        """Inspect all addresses of a list, even after errors, and return the exit code."""
        results = [*map(self._result, listed)]
        failed = sum("error" in one for one in results)
        addresses = counted(len(results), "address", "addresses")
        answer({"sources": results}, f"{addresses}, {failed} failed")
        return 1 if failed or not results else 0

    def _result(self, listed: ListedAddress) -> dict[str, Any]:
        """Inspect one address of a list, and return its result or error as JSON values."""
        written, address = None, listed.address
        shown = masked(address)
        try:
            if not listed.may_be_file and not WEB_URL.match(address):
                raise NotFetched(address, NEVER_FETCHED)
            found, written = self.one(address, name=listed.name)
            result = source_values(found) | {
                "given": shown,
                "saved": str(written) if written else None,
            }
            if written is None and not found.proposed.certainty.enough:
                raise NotSure(found)
        except CommuniqueError as error:
            complain(str(error) if shown in str(error) else f"{shown}: {error}")
            if isinstance(error, NotSure):
                return result | {"error": str(error)}
            if isinstance(error, NothingFound):
                written = self.keep_skeleton(error)
            saved = str(written) if written else None
            return {"given": shown, "error": str(error), "saved": saved}
        if not wants_json():
            proposed = found.proposed
            at = masked(proposed.proposal.url)
            what = f"{counted(len(proposed.listing.items), 'release')} at {at}"
            end = f", wrote {written}" if written else ""
            say(f"{proposed.proposal.id}: {what}, {proposed.certainty.value:.0%} sure{end}")
        return result

    def keep_skeleton(self, error: NothingFound) -> Path | None:
        """Save the draft of a source file if both ``save`` and ``force`` are set.

        Raises SourceExists if the file exists already.
        """
        if not (self._save and self._force):
            return None
        proposal = error.draft.proposal
        return write_text(self._home, proposal.id, error.skeleton, proposal.url)

    def _taken(self) -> tuple[Mapping[str, LoadedSource], set[str]]:
        """Return the sources of the home directory, and all ids that are in use."""
        loaded, broken = load_sources(self._home.sources)
        # Unreadable files must not be overwritten.
        unreadable = (Path(one.path).stem for one in broken)
        return loaded, {*loaded, *unreadable, *self._proposed, *self._former}
