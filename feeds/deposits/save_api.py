"""Client of an archive's API for saving pages (Save Page Now), and of its CDX server."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from data.clock import utc_now
from data.models import DepositReceipt
from data.network.client import Outbound, OutboundError, OutboundResponse
from data.network.http_dates import MAX_RETRY_WAIT, asked_until
from data.network.web_archive_index import EARLIEST, parse_cdx, time_of_stamp
from data.settings.archive import DepositSettings
from data.text.clean import allowed
from data.text.masking import MASK

MAX_ANSWER_BYTES: Final = 2_000_000
"""Maximum size of a response in bytes. The report about a job lists all parts of a page."""

MAX_TEXT: Final = 200
"""Maximum length in characters of an error message from an archive."""

MAX_CDX_ROWS: Final = 50
"""Maximum number of captures in one response of a CDX server."""

BUSY_STATUSES: Final = frozenset(
    (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
)
"""HTTP statuses by which an archive shows that it temporarily accepts no requests from us."""

LIMIT_ERROR: Final = re.compile(r"limit|too-many|bandwidth|busy|overload|unauthori[sz]ed")
"""Pattern of errors in ``status_ext`` (Save Page Now) that are about limits or access, not the
page.
"""

FINAL_ERROR: Final = re.compile(
    r"blocked-url|invalid-url|not-found|gone|no-access|forbidden|unauthorized"
)
"""Pattern of errors in ``status_ext`` (Save Page Now) after which a retry is useless."""

CLOCK_SKEW_SECONDS: Final = 60
"""Maximum difference in seconds between our clock and an archive's clock."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Result of a request: the archive has started a job with this id."""

    job: str


@dataclass(frozen=True, slots=True)
class Saved:
    """Result of a request: the archive has a capture of the page."""

    receipt: DepositReceipt


@dataclass(frozen=True, slots=True)
class Rejected:
    """Result of a request: the page was not saved. ``final`` means that retrying is useless."""

    problem: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """Result of a request: the archive is busy, possibly ``until`` a time in seconds since 1970."""

    problem: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Result of a request: no usable response. It is unknown whether the archive saves the page."""

    problem: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Result of a request: the job is still running, or no capture exists."""


class SaveApi:
    """Client of one archive. ``name`` is the archive's name in the settings."""

    def __init__(self, name: str, settings: DepositSettings, outbound: Outbound) -> None:
        self.name = name
        self._settings = settings
        self._outbound = replace(outbound, max_body=MAX_ANSWER_BYTES)

    async def save(self, url: str, revision: int) -> Accepted | Saved | Rejected | Busy | Lost:
        """Request a capture of a page."""
        body = urlencode({"url": url, "skip_first_archive": "1"}).encode()
        try:
            answer = await self._ask("POST", self._settings.save, body)
        except OutboundError as error:
            return Lost(str(error))
        if refused := self._refused(answer):
            return refused
        fields = fields_of(answer.body)
        job = fields.get("job_id")
        if isinstance(job, str) and 0 < len(job) <= MAX_TEXT and job.isprintable():
            return Accepted(job)
        return self._outcome(fields, url, revision) or Lost("the response contains no job id")

    async def job(
        self, job: str, url: str, revision: int
    ) -> Saved | Rejected | Busy | Lost | Nothing:
        """Return the state of a job."""
        try:
            answer = await self._ask("GET", f"{self._settings.save}/status/{quote(job, safe='')}")
        except OutboundError as error:
            return Busy(str(error))
        if answer.status == HTTPStatus.NOT_FOUND:
            return Lost("the archive no longer knows the job")
        if refused := self._refused(answer):
            return refused if isinstance(refused, Busy) else Busy(refused.problem)
        return self._outcome(fields_of(answer.body), url, revision) or Nothing()

    async def capture_since(self, url: str, revision: int, since: float) -> Saved | Busy | Nothing:
        """Return the first capture of a page after ``since`` (seconds since 1970), or `Nothing`."""
        first = dt.datetime.fromtimestamp(int(since) - CLOCK_SKEW_SECONDS, dt.UTC)
        query = {
            "url": url,
            "from": f"{first:%Y%m%d%H%M%S}",
            "output": "json",
            "limit": str(MAX_CDX_ROWS),
        }
        try:
            answer = await self._outbound.ask("GET", f"{self._settings.cdx}?{urlencode(query)}")
        except OutboundError as error:
            return Busy(str(error))
        if answer.status == HTTPStatus.NOT_FOUND:
            return Nothing()
        if not answer.is_good:
            return Busy(f"the archive responded with status {answer.status}", until_of(answer))
        page = parse_cdx(answer.body.decode("utf-8", "replace"))
        times = [
            one.at
            for one in (page.captures if page else ())
            if one.at >= first and one.status in {0, HTTPStatus.OK}
        ]
        return Saved(self._receipt(min(times), url, revision)) if times else Nothing()

    async def _ask(self, method: str, url: str, body: bytes = b"") -> OutboundResponse:
        headers = {"accept": "application/json"}
        if body:
            headers["content-type"] = "application/x-www-form-urlencoded"
        if self._settings.credentials:
            headers["authorization"] = f"LOW {self._settings.credentials}"
        return await self._outbound.ask(method, url, headers, body)

    def _refused(self, answer: OutboundResponse) -> Busy | Lost | None:
        """Return the failure that a response reports by its status, or None."""
        problem = f"the archive responded with status {answer.status}"
        if reason := self._reason(fields_of(answer.body)):
            problem = f"{problem}: {reason}"
        if answer.status in BUSY_STATUSES:
            return Busy(problem, until_of(answer))
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and (until := until_of(answer)):
            return Busy(problem, until)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # A gateway may report an error although the archive received the request.
            return Lost(problem)
        return None

    def _outcome(
        self, fields: dict[str, Any], url: str, revision: int
    ) -> Saved | Rejected | Busy | None:
        """Return the result that a response contains, or None."""
        at = time_of_stamp(str(fields.get("timestamp", "")))
        latest = utc_now() + dt.timedelta(seconds=CLOCK_SKEW_SECONDS)
        if fields.get("status") == "success" and at and EARLIEST <= at <= latest:
            return Saved(self._receipt(at, url, revision))
        reason = self._reason(fields)
        if fields.get("status") == "error" or (reason and "status" not in fields):
            if LIMIT_ERROR.search(str(fields.get("status_ext", ""))):
                return Busy(reason)
            return Rejected(
                reason, final=bool(FINAL_ERROR.search(str(fields.get("status_ext", ""))))
            )
        return None

    def _reason(self, fields: dict[str, Any]) -> str:
        """Return the reason that an archive reports, on one line, or an empty string.

        The archive may repeat our credentials. They are masked.
        """
        parts = (fields.get(name) for name in ("status_ext", "message"))
        text = " ".join(" ".join(allowed(one).split()) for one in parts if isinstance(one, str))
        credentials = self._settings.credentials
        for secret in filter(None, (credentials, credentials.partition(":")[2])):
            text = text.replace(secret, MASK)
        return text[:MAX_TEXT]

    def _receipt(self, at: dt.datetime, url: str, revision: int) -> DepositReceipt:
        address = f"{self._settings.captures}{at:%Y%m%d%H%M%S}/{url}"
        return DepositReceipt(self.name, revision, at, address)


def fields_of(body: bytes) -> dict[str, Any]:
    """Return the fields of a JSON object, or none if the text is anything else."""
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def until_of(answer: OutboundResponse) -> float | None:
    """Return when the response allows the next request (seconds since 1970), or None if unknown."""
    now = utc_now()
    until = asked_until(answer.headers.get("retry-after", "").strip(), now)
    return min(until, now + MAX_RETRY_WAIT).timestamp() if until else None
