"""A repeated request finds the effect of an interrupted one, and secrets are shown once."""

from __future__ import annotations

import logging
import os
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from scheduler.operations.watches import pause_watch
from tests.scheduler.operations.conftest import Operated
from tests.scheduler.operations.test_writes import finished, problem

WATCH = {
    "name": "Lamps",
    "query": "harbour OR lamps",
    "feed": True,
    "outputs": {"webhook": ["http://127.0.0.1:9/"]},
}


def interrupt(operated: Operated) -> None:
    """Restore the record of the last operation as it is if the service is killed before its end."""
    with closing(operated.home.plain_store()) as store:
        (record,) = store.operations(limit=1)
        store.end_operation(record, 0, None)


def secrets_in(path: Path) -> tuple[str, str]:
    """The token of the feed and the secret of the webhook in a watch file."""
    values: dict[str, Any] = tomllib.loads(path.read_text())
    return values["feed"]["token"], values["webhook"]["secret"]


def test_only_the_creation_of_a_watch_shows_its_secrets(
    operated: Operated, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = {"idempotency-key": "lamps-1"}
    dry = operated.post("/api/watches", {**WATCH, "dry_run": True}).json()
    assert (dry["id"], dry["feed"], dry["secrets"]) == ("lamps", None, None)
    first = operated.post("/api/watches", WATCH, **key).json()
    path = operated.home.watches / "lamps.toml"
    token, secret = secrets_in(path)
    assert first["secrets"] == {"webhook": secret}
    assert first["feed"].endswith(f"/feeds/watch/lamps.atom?token={token}")
    again = operated.post("/api/watches", WATCH, **key)
    assert again.json() == first
    assert again.headers["cache-control"] == "no-store"

    with closing(operated.home.plain_store()) as store:
        (record,) = store.operations(limit=1)
    known = [record.response or b"", operated.get("/api/watches").content]
    known += [one.read_bytes() for one in operated.home.path.glob("communique.db*")]
    for hidden in (token, secret):
        assert not [one for one in known if hidden.encode() in one]
        assert hidden not in caplog.text

    # A new secret was not drawn by this request, so a repeated request does not show it.
    path.write_text(path.read_text().replace(secret, "whsec_" + "B" * 32))
    changed = operated.post("/api/watches", WATCH, **key).json()
    assert (changed["feed"], changed["secrets"]) == (first["feed"], None)
    path.unlink()
    assert operated.post("/api/watches", WATCH, **key).json()["feed"] is None


def test_a_repeated_request_finds_the_watch_that_it_created(operated: Operated) -> None:
    key = {"idempotency-key": "lamps-2"}
    first = operated.post("/api/watches", WATCH, **key).json()
    interrupt(operated)
    assert operated.post("/api/watches", WATCH, **key).json() == first
    # Another request did not create it.
    other = operated.post("/api/watches", WATCH, **{"idempotency-key": "lamps-3"})
    assert problem(other)["parameter"] == "id"
    # The watch was changed meanwhile, so it may be another one of the same name.
    interrupt(operated)
    pause_watch(operated.home, "lamps", paused=True)
    refused = operated.post("/api/watches", WATCH, **{"idempotency-key": "lamps-3"})
    assert problem(refused)["parameter"] == "id"
    (operated.home.watches / "lamps.toml").unlink()


def test_an_older_watch_is_not_the_effect_of_a_request(operated: Operated) -> None:
    operated.post("/api/watches", WATCH)
    key = {"idempotency-key": "lamps-4"}
    path = operated.home.watches / "lamps.toml"
    assert operated.post("/api/watches", WATCH, **key).status_code == 422
    interrupt(operated)
    with closing(operated.home.plain_store()) as store:
        began = store.operations(limit=1)[0].at
    os.utime(path, (began - 10, began - 10))
    assert operated.post("/api/watches", WATCH, **key).status_code == 422
    path.unlink()


@pytest.mark.thorough
def test_a_repeated_request_finds_the_source_that_it_added(operated: Operated) -> None:
    url = f"{operated.room.base}/news/".replace("127.0.0.1", "localhost")
    body = {"url": url, "id": "again", "name": "Again", "timezone": "UTC"}
    key = {"idempotency-key": "again-1"}
    first = finished(operated, operated.post("/api/sources", body, **key))
    assert first["saved"] is True, first
    interrupt(operated)
    assert finished(operated, operated.post("/api/sources", body, **key)) == first
    other = operated.post("/api/sources", body, **{"idempotency-key": "again-2"})
    assert finished(operated, other)["status"] == 422
    # Other tests add a source of this address, too.
    (operated.home.sources / "again.toml").unlink()


def test_a_repeated_request_finds_what_it_removed(operated: Operated) -> None:
    operated.post("/api/searches/gone/save", {"query": "harbour"})
    operated.post("/api/searches/gone/remove", **{"idempotency-key": "gone-1"})
    interrupt(operated)
    again = operated.post("/api/searches/gone/remove", **{"idempotency-key": "gone-1"})
    assert again.status_code == 200
    assert operated.post("/api/searches/gone/remove").status_code == 404
