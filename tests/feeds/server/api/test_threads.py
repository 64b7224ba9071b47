"""Answers that take long hold up nobody else, and only so many wait for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from data.health.state import Health
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.server.app import create_app
from feeds.server.monitoring import Measurements
from feeds.server.requests import work_queue
from tests.feeds.serving import served_by
from tests.peer import PATIENCE


def test_slow_responses_leave_threads_to_others_and_the_queue_is_bounded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_queue, "MAX_WAITING", 1)
    go_on = threading.Event()

    def judge(_: Store) -> Iterator[Health]:
        assert go_on.wait(PATIENCE)
        yield from ()

    site = path.parent / "site"
    site.mkdir(exist_ok=True)
    (site / "file.json").write_text("{}")
    app = create_app(site, f"sqlite:{path}", SiteSettings(api_rate=0), measured=Measurements(judge))
    for web in served_by(app):
        many = work_queue.MAX_THREADS + 2
        with ThreadPoolExecutor(many) as clients:
            slow = [clients.submit(web.get, "/api/health") for _ in range(many)]
            (refused,) = wait(slow, return_when=FIRST_COMPLETED).done
            answer = refused.result()
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"] == "1"
            # The loop is free: what needs no thread of the API is answered.
            assert web.get("/file.json").status_code == 200
            assert web.options("/api/health").status_code == 204
            go_on.set()
            statuses = sorted(one.result().status_code for one in slow)
        assert statuses == [200] * (many - 1) + [503]
        assert web.get("/api/sources").status_code == 200
