"""A request that takes long becomes a job, which its key finds, and which can be followed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.errors import HomeInUse
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.server.access import Access
from feeds.server.api import writes as writes_module
from feeds.server.api.operations import Write, WriteBody, WriteCall, WriteExample
from feeds.server.api.schemas import WriteResult
from feeds.server.api.writes import Outcome, Writes
from feeds.server.app import create_app
from tests.feeds.serving import served_by

ANSWER = WriteResult(changed=True, dry_run=False, message="it is done")
JOB = "/api/slow/1"


class Slow:
    """An operation that ends when the test lets it, and counts how often it ran."""

    def __init__(self) -> None:
        self._released = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.count = 0
        self.error: BaseException | None = None
        example = WriteExample({}, ANSWER)
        self.operation = Write(
            "/api/slow/{id}", "slow", "Wait", WriteBody, WriteResult, self.handle, example
        )

    async def handle(self, call: WriteCall, _: WriteBody) -> WriteResult:
        """Wait for the test."""
        self.count += 1
        call.report("waiting for the test")
        self._loop = asyncio.get_running_loop()
        await self._released.wait()
        if self.error:
            raise self.error
        return ANSWER

    def end(self) -> None:
        """Let the operation end."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._released.set)
        else:
            self._released.set()


@pytest.fixture
def slow() -> Slow:
    """The operation."""
    return Slow()


@pytest.fixture
def web(tmp_path: Path, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A client with the token of an operator."""
    monkeypatch.setattr(writes_module, "WAIT_SECONDS", 0.0)
    url, tokens = f"sqlite:{tmp_path / 'communique.db'}", tmp_path / "tokens"
    open_store(url).close()
    app = create_app(
        tmp_path / "site",
        url,
        SiteSettings(api_rate=0),
        access=Access(Permissions(tokens)),
        writes=Writes(url, [slow.operation]),
    )
    for client in served_by(app):
        client.headers["authorization"] = f"Bearer {new_token(tokens, 'desk', ('operate',))}"
        yield client
        slow.end()


def ended(web: httpx.Client, address: str) -> httpx.Response:
    """The job at an address, once it has ended."""
    while (answer := web.get(address)).json()["state"] == "running":
        pass
    return answer


def test_the_key_of_a_running_job_finds_it_and_later_its_result(
    web: httpx.Client, slow: Slow
) -> None:
    key = {"idempotency-key": "one"}
    begun = web.post(JOB, json={}, headers=key)
    assert begun.status_code == 202
    address = begun.headers["location"]
    again = web.post(JOB, json={}, headers=key)
    assert (again.status_code, again.headers["location"]) == (202, address)
    other = web.post(JOB, json={"dry_run": False}, headers={"idempotency-key": "two"})
    assert other.headers["location"] != address
    assert web.post("/api/slow/2", json={}, headers=key).status_code == 422
    slow.end()
    done = ended(web, address).json()
    assert (done["state"], done["status"], done["result"]) == (
        "done",
        200,
        {
            "changed": True,
            "dry_run": False,
            "message": "it is done",
        },
    )
    stored = web.post(JOB, json={}, headers=key)
    assert (stored.status_code, stored.json()) == (200, done["result"])
    assert slow.count == 2


def test_a_job_that_fails_has_the_problem_as_its_result(web: httpx.Client, slow: Slow) -> None:
    slow.error = HomeInUse("/home", "a visit")
    slow.end()
    address = web.post(JOB, json={}).headers.get("location")
    failed = ended(web, address).json()
    assert (failed["state"], failed["status"]) == ("failed", 409)
    assert "a visit" in failed["result"]["detail"]


def test_a_request_that_failed_for_a_passing_reason_runs_again_with_its_key(
    web: httpx.Client, slow: Slow
) -> None:
    key = {"idempotency-key": "one"}
    slow.error = HomeInUse("/home", "a visit")
    slow.end()
    assert (
        ended(web, web.post(JOB, json={}, headers=key).headers["location"]).json()["status"] == 409
    )
    slow.error = None
    again = ended(web, web.post(JOB, json={}, headers=key).headers["location"])
    assert (again.json()["status"], slow.count) == (200, 2)


def test_a_job_ends_if_its_work_is_cancelled(web: httpx.Client, slow: Slow) -> None:
    slow.error = asyncio.CancelledError()
    slow.end()
    key = {"idempotency-key": "one"}
    address = web.post(JOB, json={}, headers=key).headers["location"]
    assert ended(web, address).json()["status"] == 503
    slow.error = None
    again = ended(web, web.post(JOB, json={}, headers=key).headers["location"])
    assert again.json()["status"] == 200


def test_all_requests_with_the_key_of_a_job_that_can_not_begin_get_its_error(
    slow: Slow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.InterfaceError

    monkeypatch.setattr(writes_module, "open_existing", fail)
    writes = Writes("sqlite:none", [slow.operation])

    async def both() -> list[Outcome]:
        one = (slow.operation, "1", WriteBody())
        calls = (writes.call(*one, by="desk", key="one") for _ in range(2))
        return await asyncio.gather(*calls)

    assert [one.status for one in asyncio.run(both())] == [500, 500]
    assert "InterfaceError" in caplog.text
    assert slow.count == 0


def test_an_unknown_job_is_a_404_and_needs_a_token(web: httpx.Client) -> None:
    assert web.get("/api/jobs/none").status_code == 404
    assert web.get("/api/jobs/none", headers={"authorization": ""}).status_code == 401


def test_the_number_of_running_jobs_is_limited(web: httpx.Client, slow: Slow) -> None:
    statuses = {web.post(JOB, json={}).status_code for _ in range(21)}
    assert statuses == {202, 503}
    slow.end()
