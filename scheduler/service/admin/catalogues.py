"""Pages for browsing catalogues, and for adding their entries as jobs.

A job runs `communique catalogue add`. Its progress is read from the record of attempts, which
survives a restart of the service.
"""

import asyncio
import re
import secrets
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.errors import CommuniqueError
from data.text.masking import masked
from data.wording import counted
from scheduler.adding.attempts_and_tiers import Attempt, AttemptLog, BadRecord, Tiers
from scheduler.operations.catalogue_writes import run_catalogue
from scheduler.service.admin.pages import PageGroup
from spiders.catalogue.catalogue import (
    Catalogue,
    CatalogueError,
    EntrySelection,
    countries,
    known_catalogues,
    read_catalogue,
)

MAX_JOBS: Final = 20
"""Maximum number of jobs in memory, including ended jobs with their results."""

PAGE_ROWS: Final = 100
"""Number of entries per page."""

PAGE_NUMBER: Final = re.compile("[0-9]{1,5}")

CHOSEN_PREFIX: Final = "entry:"
"""Prefix of the names of form fields for chosen entries."""


FILTER_FIELDS: Final = ("country", "kind", "group")
"""Names of the fields that filter entries."""


class NothingChosen(CommuniqueError):
    """Raised if a form is submitted without a selected entry."""


class TooManyJobs(CommuniqueError):
    """Raised if `MAX_JOBS` jobs are already waiting or running."""


@dataclass
class CatalogueJob:
    """A job that adds or checks entries of a catalogue, or updates its sources.

    ``verb`` is the subcommand of `communique catalogue`. ``catalogue`` is the name of the
    catalogue's file, and ``record`` the catalogue's id in this file. ``rows`` are the results from
    the command.
    """

    id: str
    catalogue: str
    record: str
    entries: tuple[str, ...]
    verb: str = "add"
    is_busy: bool = True
    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: tuple[str, ...] = ()
    task: asyncio.Task[None] | None = None

    @property
    def counts(self) -> Counter[str]:
        """The number of catalogue entries per state of their result."""
        return Counter(row["state"] for row in self.rows)

    @property
    def title(self) -> str:
        """The title of the job's page."""
        return {"add": "Add sources", "check": "Check entries"}.get(self.verb, "Update sources")


@dataclass(eq=False)
class CataloguePages(PageGroup):
    """The pages at /admin/catalogues/."""

    _jobs: OrderedDict[str, CatalogueJob] = field(default_factory=OrderedDict, init=False)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def routes(self) -> list[Route]:
        """Return the routes of the admin pages for catalogues."""
        return [
            Route("/admin/catalogues/", self._list),
            Route("/admin/catalogues/jobs/{job}/", self._job),
            Route("/admin/catalogues/{catalogue}/", self._one),
            *(
                Route(
                    f"/admin/catalogues/{{catalogue}}/{verb}", self._posts.to(act), methods=["POST"]
                )
                for verb, act in (
                    ("add", partial(self._start, "add")),
                    ("check", partial(self._start, "check")),
                    ("update", self._update),
                )
            ),
        ]

    async def close(self) -> None:
        """Cancel all running jobs."""
        tasks = [one.task for one in self._jobs.values() if one.task and one.is_busy]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _list(self, request: Request) -> Response:
        rows = await asyncio.to_thread(self._catalogue_rows)
        jobs = [*reversed(self._jobs.values())]
        return await self._pages.show(
            request, "catalogues.html", "Catalogues", rows=rows, jobs=jobs
        )

    def _catalogue_rows(self) -> list[dict[str, Any]]:
        tiers = Tiers(self._home)
        rows: list[dict[str, Any]] = []
        for name, path in known_catalogues(self._home.catalogues).items():
            try:
                read = cached_catalogue(path)
            except CatalogueError as error:
                rows.append({"id": name, "fault": str(error)})
            else:
                added = tiers.added(read.id)
                count = len(read.entries)
                rows.append({"id": name, "head": read.head, "count": count, "added": added})
        return rows

    async def _one(self, request: Request) -> Response:
        values = await asyncio.to_thread(self._entry_values, request)
        return await self._pages.show(request, "catalogue.html", values["head"].name, **values)

    def _entry_values(self, request: Request) -> dict[str, Any]:
        read = self._catalogue(request)
        query = request.query_params
        filters = {name: query.get(name, "") for name in FILTER_FIELDS}
        try:
            chosen = _selection(filters).of(read)
        except CatalogueError:
            chosen = ()
        number = query.get("page", "1")
        page = max(1, int(number)) if PAGE_NUMBER.fullmatch(number) else 1
        first = (page - 1) * PAGE_ROWS
        tiers, attempts = Tiers(self._home), self._attempts(read.id)
        shown = chosen[first : first + PAGE_ROWS]
        entries = read.entries.values()
        names = countries()
        has_more = first + PAGE_ROWS < len(chosen)
        return {
            "head": read.head,
            "filters": filters,
            "countries": {code: names[code] for code in _values(one.country for one in entries)},
            "kinds": _values(one.kind for one in entries),
            "groups": _values(one.group for one in entries),
            "rows": [(entry, tiers.of(read.key(entry)), attempts.get(entry.id)) for entry in shown],
            "count": len(chosen),
            "first": first + 1,
            "next": urlencode({**filters, "page": page + 1}) if has_more else "",
        }

    def _attempts(self, catalogue: str) -> Mapping[str, Attempt]:
        with suppress(BadRecord):
            return AttemptLog(self._home, catalogue).attempts
        # Commands report this error.
        return {}

    async def _update(self, request: Request, form: Mapping[str, str]) -> tuple[str, str]:
        """Update all sources of a catalogue, or report what would change."""
        read = await asyncio.to_thread(self._catalogue, request)
        is_dry = form.get("dry") == "yes"
        job = CatalogueJob(
            secrets.token_hex(8), request.path_params["catalogue"], read.id, (), "update"
        )
        self._begin(job, ["--dry-run"] * is_dry)
        what = "comparing sources with" if is_dry else "updating sources to"
        return f"{what} this catalogue", f"../jobs/{job.id}/"

    async def _start(self, verb: str, request: Request, form: Mapping[str, str]) -> tuple[str, str]:
        read = await asyncio.to_thread(self._catalogue, request)
        fields = (name for name in form if name.startswith(CHOSEN_PREFIX))
        ids = tuple(name.removeprefix(CHOSEN_PREFIX) for name in fields)
        if form.get("all") != "yes" and not ids:
            raise NothingChosen(f"no institutions are selected; select those to {verb}")
        chosen = _selection(form) if form.get("all") == "yes" else EntrySelection(ids)
        entries = tuple(entry.id for entry in chosen.of(read))
        job = CatalogueJob(
            secrets.token_hex(8), request.path_params["catalogue"], read.id, entries, verb
        )
        options = ["--yes"] if verb == "add" else []
        if form.get("all") == "yes":
            options += [f"--{name}={form[name]}" for name in FILTER_FIELDS if form.get(name)]
            ids = ()
        self._begin(job, options, ids)
        doing = "adding" if verb == "add" else "checking"
        return f"{doing} {counted(len(entries), 'entry', 'entries')}", f"../jobs/{job.id}/"

    def _begin(self, job: CatalogueJob, options: list[str], ids: tuple[str, ...] = ()) -> None:
        """Run a job in the background. Raises TooManyJobs if no job can be dropped to make room."""
        make_room(self._jobs)
        job.task = asyncio.create_task(self._run(job, options, ids))
        self._jobs[job.id] = job

    async def _run(self, job: CatalogueJob, options: list[str], ids: tuple[str, ...]) -> None:
        """Run the command of a job for the entries ``ids``, and store its result."""
        try:
            async with self._one_at_a_time:
                result = await run_catalogue(self._home, job.verb, job.catalogue, options, ids)
            output = result.printed if isinstance(result.printed, dict) else {}
            job.rows = output.get("entries") or [*map(update_row, output.get("sources", ()))]
            job.faults = tuple(map(masked, result.errors))
            if not output and not job.faults:
                job.faults = ("the command ended early; start it again to continue",)
        except (CommuniqueError, OSError) as error:
            job.faults = (str(error),)
        finally:
            job.is_busy = False
        await self._service.reload_sources()
        await self._live.note()

    async def _job(self, request: Request) -> Response:
        job = self._jobs.get(request.path_params["job"])
        if job is None:
            raise HTTPException(404)
        done = await asyncio.to_thread(self._progress, job) if job.is_busy else len(job.rows)
        return await self._pages.show(request, "catalogue_job.html", job.title, job=job, done=done)

    def _progress(self, job: CatalogueJob) -> int:
        """Return how many entries of a running job have a result."""
        if job.verb != "add":
            return 0
        try:
            attempts = AttemptLog(self._home, job.record).unfinished
        except BadRecord:
            # The command reports this error.
            return 0
        return len(attempts.keys() & {*job.entries})

    def _catalogue(self, request: Request) -> Catalogue:
        path = known_catalogues(self._home.catalogues).get(request.path_params["catalogue"])
        if path is None:
            raise HTTPException(404)
        try:
            return cached_catalogue(path)
        except CatalogueError as error:
            raise HTTPException(404) from error


def update_row(update: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of an update as a row of a job's results."""
    kept = [f"kept your {', '.join(update['kept'])}"] if update.get("kept") else []
    why = [update.get("reason", ""), ", ".join(update.get("changed", ())), *kept]
    return {
        "id": update["entry"],
        "source": update["source"],
        "state": update["outcome"],
        "reason": "; ".join(filter(None, why)),
    }


def make_room(jobs: OrderedDict[str, CatalogueJob]) -> None:
    """Drop the oldest job that has ended if there are `MAX_JOBS` jobs.

    Raises TooManyJobs if none has ended.
    """
    if len(jobs) < MAX_JOBS:
        return
    ended = next((one.id for one in jobs.values() if not one.is_busy), None)
    if ended is None:
        raise TooManyJobs(f"{MAX_JOBS} jobs are waiting or running; wait until a job has ended")
    del jobs[ended]


def cached_catalogue(path: Path) -> Catalogue:
    """Read a catalogue, or return it from memory if its file is unchanged.

    Raises CatalogueError if the file is invalid.
    """
    with suppress(OSError):
        at = path.stat()
        return _read_version(path, at.st_mtime_ns, at.st_size)
    return read_catalogue(path)


@lru_cache(maxsize=8)
def _read_version(path: Path, time: int, size: int) -> Catalogue:
    del time, size
    return read_catalogue(path)


def _selection(values: Mapping[str, str]) -> EntrySelection:
    country, kind, group = (
        (value,) if (value := values.get(name)) else () for name in FILTER_FIELDS
    )
    return EntrySelection(countries=country, kinds=kind, groups=group)


def _values(values: Iterable[str]) -> list[str]:
    return sorted({*values} - {""})
