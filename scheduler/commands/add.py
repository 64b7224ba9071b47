"""communique add: look at a site, and write a source file for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import click

from data.clock import fault_of_zone
from data.errors import CommuniqueError, RenamedSource, SourceError
from data.files import write_new
from data.text.redaction import redacted, redacted_toml
from data.toml_files import ID
from data.wording import counted
from scheduler.children.fetch import PageFetcher
from scheduler.cli import as_json, complain, print_json, say, with_later_home
from scheduler.home import Home, open_home
from scheduler.terminal.source_report import show, source_values
from scheduler.terminal.status import status_line
from spiders.discovery.address_list import ListedAddress, read_addresses
from spiders.discovery.certainty import FLOOR
from spiders.discovery.explore import Explored, Explorer, NothingFound, named
from spiders.discovery.fetcher import NEVER_FETCHED, WEB, NotFetched, StatusReporter
from spiders.discovery.propose import GivenFields
from spiders.golden.golden import write_golden
from spiders.sources.loader import LoadedSource, load_sources


class AlreadyThere(CommuniqueError):
    """A source of this HOME collects from the address already, or has the id."""

    exit_code = 2

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} {what}")
        self.path = path
        self.what = what

    @classmethod
    def at(cls, path: Path, url: str) -> AlreadyThere:
        """A source that collects from the address."""
        return cls(path, f"collects from {redacted(url)} already; edit it, or remove it first")

    @classmethod
    def called(cls, path: Path, source: str) -> AlreadyThere:
        """A source that has the id."""
        return cls(path, f"has the id {source!r} already; choose another with --id")


class NotSure(CommuniqueError):
    """What was found is too unsure to be saved."""

    def __init__(self, found: Explored) -> None:
        certainty = found.proposed.certainty
        tried = f" (tried: {named(found.tried)})" if found.tried else ""
        super().__init__(
            f"{redacted(found.site.page.url)}: it is not sure that these are the releases "
            f"({certainty.value:.0%}, {FLOOR:.0%} are needed): {'; '.join(certainty.reasons)}"
            f"{tried}. Nothing was written; give the page that lists them, or, if these are right, "
            "--save --force"
        )
        self.found = found


@click.command()
@click.argument("page", metavar="[URL]", default="")
@click.option("--url", default="", help="The address that a saved page came from.")
@click.option("--save", is_flag=True, help="Write the source file and a golden test of it.")
@click.option("--force", is_flag=True, help="Save also what is not sure, or only candidates.")
@click.option("--id", "source", default="", metavar="ID", help="The id of the source.")
@click.option("--name", default="", help="The institution, as feeds shall name it.")
@click.option("--timezone", default="", metavar="ZONE", help="The IANA zone of its dates.")
@click.option(
    "--from",
    "listed",
    type=click.File("rb"),
    help="A file of addresses, one a line, or an OPML file, each looked at; - is standard input.",
)
@as_json
@with_later_home
def add(
    home: Home,
    *,
    page: str,
    url: str,
    save: bool,
    force: bool,
    source: str,
    name: str,
    timezone: str,
    listed: IO[bytes] | None,
    as_json: bool,
) -> int:
    """Look at a press room, show what would be collected, and propose a source file.

    URL is the page that lists the releases, any other page of the site, a feed, or the path of a
    saved page. With --save the file is written into HOME/sources, and the pages with what was read
    of them into HOME/samples. Exit code 1 where it is not sure what the releases are.
    """
    said = GivenFields(source, name.strip(), timezone)
    _check(said, page, listed)
    if save:
        home.check_writable()
    with status_line() as on_status:
        adding = Adding(home, on_status, said, save=save, force=force)
        if listed is not None:
            return adding.all(read_addresses(listed.read(), listed.name), as_json=as_json)
        try:
            found, written = adding.one(page, url)
        except NothingFound as error:
            return _nothing(adding, error, as_json=as_json)
    unsure = None if written or found.proposed.certainty.enough else NotSure(found)
    if as_json:
        print_json(source_values(found) | {"saved": str(written) if written else None})
    else:
        show(found)
        if written:
            say(f"wrote {written}; collect it with: communique collect {written.stem}")
        elif unsure is None:
            say("nothing was written; --save writes this file, and a golden test of it")
    if unsure is not None:
        raise unsure
    return 0


def _check(said: GivenFields, page: str, listed: IO[bytes] | None) -> None:
    """Raise click.BadParameter or UsageError for what can't be meant."""
    if bool(page.strip()) == (listed is not None):
        why = "give an address or --from, not both"
        if listed is None:
            why = "none was given: name a page of the site, or a list of addresses with --from"
        raise click.BadParameter(why, param_hint="URL")
    if listed is not None and (said.id or said.name):
        raise click.UsageError("--id and --name are for one address, not for --from")
    if said.id and not ID.fullmatch(said.id):
        why = "use lower-case letters, digits and hyphens, at most 64"
        raise click.BadParameter(why, param_hint="--id")
    if said.timezone and (fault := fault_of_zone(said.timezone)):
        raise click.BadParameter(fault, param_hint="--timezone")


def _nothing(adding: Adding, error: NothingFound, *, as_json: bool) -> int:
    """Show, or write where that was asked for, a source file to go on with."""
    written = adding.keep_skeleton(error)
    if as_json:
        saved = str(written) if written else None
        print_json({"error": str(error), "toml": redacted_toml(error.skeleton), "saved": saved})
    elif written:
        say(f"wrote {written} with candidates; go on with it there")
    else:
        name = error.draft.proposal.id
        say(f"# sources/{name}.toml, to go on with", *redacted_toml(error.skeleton).split("\n"))
        say("nothing was written; --save --force writes this file")
    complain(str(error))
    return 1


class Adding:
    """Adds sources to a HOME: with ``save`` those that are sure, with ``force`` all."""

    def __init__(
        self, home: Home, on_status: StatusReporter, said: GivenFields, *, save: bool, force: bool
    ) -> None:
        self._home = home
        self._on_status = on_status
        self._said = said
        self._save = save
        self._force = force
        self._proposed: set[str] = set()
        self._former = former_ids(home)

    def one(self, page: str, url: str = "", name: str = "") -> tuple[Explored, Path | None]:
        """What is at one address, and the file that was written for it.

        ``name`` is what a list calls the institution. Raises NotFetched, NothingFound,
        AlreadyThere, RenamedSource, SourceError and BadGolden.
        """
        loaded, taken = self._taken()
        if self._said.id in self._former:
            raise RenamedSource(self._said.id, self._former[self._said.id])
        if self._said.id in taken:
            there = loaded.get(self._said.id)
            path = there.path if there else self._home.sources / f"{self._said.id}.toml"
            raise AlreadyThere.called(path, self._said.id)
        explorer = Explorer(
            partial(PageFetcher, self._home, archive=self._save),
            tuple(taken),
            self._on_status,
            replace(self._said, name=name) if name else self._said,
        )
        found = explorer.explore(page, url)
        self._proposed.add(found.proposed.proposal.id)
        if not self._save or not (self._force or found.proposed.certainty.enough):
            return found, None
        return found, write(self._home, found, loaded)

    def all(self, listed: Iterable[ListedAddress], *, as_json: bool) -> int:
        """Each address of a list; a bad one spoils no other. Returns the exit code."""
        told = [self._told(one, quiet=as_json) for one in listed]
        failed = sum("error" in one for one in told)
        if as_json:
            print_json({"sources": told})
        else:
            say(f"{counted(len(told), 'address', 'addresses')}, {failed} failed")
        return 1 if failed or not told else 0

    def _told(self, listed: ListedAddress, *, quiet: bool) -> dict[str, Any]:
        """One address of several, and what came of it."""
        written, address = None, listed.address
        shown = redacted(address)
        try:
            if not listed.may_be_file and not WEB.match(address):
                raise NotFetched(address, NEVER_FETCHED)
            found, written = self.one(address, name=listed.name)
            told = source_values(found) | {
                "given": shown,
                "saved": str(written) if written else None,
            }
            if written is None and not found.proposed.certainty.enough:
                raise NotSure(found)
        except CommuniqueError as error:
            complain(str(error) if shown in str(error) else f"{shown}: {error}")
            if isinstance(error, NotSure):
                return told | {"error": str(error)}
            if isinstance(error, NothingFound):
                written = self.keep_skeleton(error)
            saved = str(written) if written else None
            return {"given": shown, "error": str(error), "saved": saved}
        if not quiet:
            proposed = found.proposed
            at = redacted(proposed.proposal.url)
            what = f"{counted(len(proposed.listing.items), 'release')} at {at}"
            end = f", wrote {written}" if written else ""
            say(f"{proposed.proposal.id}: {what}, {proposed.certainty.value:.0%} sure{end}")
        return told

    def keep_skeleton(self, error: NothingFound) -> Path | None:
        """Write a source file to go on with, where that was asked for. Raises AlreadyThere."""
        if not (self._save and self._force):
            return None
        proposal = error.draft.proposal
        return _write(self._home, proposal.id, error.skeleton, proposal.url)

    def _taken(self) -> tuple[Mapping[str, LoadedSource], set[str]]:
        """The sources of the HOME, and the ids that can't be given any more."""
        loaded, broken = load_sources(self._home.sources)
        # A file that is there but can't be read is not to be overwritten either.
        unreadable = (Path(one.path).stem for one in broken)
        return loaded, {*loaded, *unreadable, *self._proposed, *self._former}


def former_ids(home: Home) -> Mapping[str, str]:
    """The ids that sources of a HOME had before, which lead to the present ones."""
    if not home.has_store:
        return {}
    with closing(home.plain_store()) as store:
        return {old: new for old, new in store.source_moves().items() if old != new}


def write(home: Home, found: Explored, loaded: Mapping[str, LoadedSource]) -> Path:
    """Write the source file and, where a release was read, its golden test.

    Raises AlreadyThere, SourceError and BadGolden.
    """
    proposal, site = found.proposed.proposal, found.site
    for source in loaded.values():
        if source.own and source.file.url == proposal.url:
            raise AlreadyThere.at(source.path, proposal.url)
    path = _write(home, proposal.id, proposal.toml, proposal.url)
    if site.releases:
        release = site.releases[0][1]
        folder = home.samples / proposal.id
        write_golden(folder, found.proposed.file, site.listing_page, release, site.now)
    return path


def _write(home: Home, source: str, text: str, url: str) -> Path:
    """Write a source file; the HOME is made where it is not there."""
    open_home(home.path)
    path = home.sources / f"{source}.toml"
    try:
        home.sources.mkdir(exist_ok=True)
        # A service that reads the folder now sees all of it, and a full disk leaves no part.
        write_new(path, text)
    except FileExistsError as error:
        raise AlreadyThere.at(path, url) from error
    except OSError as error:
        raise SourceError(str(path), "file", f"it can't be written ({error})") from error
    return path
