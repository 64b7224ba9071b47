"""Schemathesis finds nothing in the API that is not as its OpenAPI document says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.models import Selection
from data.settings import SiteSettings
from data.store.sqlite.store import SqliteStore
from feeds.server.access import Access
from feeds.server.app import create_app
from scheduler.children.child import CommandResult
from scheduler.home.home import open_home
from scheduler.operations.api_writes import writes_of
from scheduler.operations.visits_and_inspections import CommandService, Inspections
from tests.feeds.api_store import fill
from tests.feeds.serving import served_by

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

CONFIG = """
[checks]
# No schema describes our cursors, existing ids, and the fields of a release.
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 404, 410, 422]
# A query may be too long as a whole.
negative_data_rejection.expected-statuses = [
  400, 401, 403, 404, 405, 406, 409, 414, 415, 422, 428, 429, "5xx"
]

[[operations]]
include-name = "GET /api/changes"
# Nor which fields a release has.
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 410, 422]

[[operations]]
include-name = "GET /api/releases"
# Nor which sources there are.
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 422]

[[operations]]
include-name = "GET /api/runs"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 422]

[[operations]]
include-name = "GET /api/search"
# Nor that a query has a word.
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 422]

[[operations]]
include-path = "/api/releases/{id}"
parameters = { "path.id" = "RELEASE" }
checks.positive_data_acceptance.expected-statuses = ["2xx", 404, 410, 422]

[[operations]]
include-path = "/api/releases/{id}/revisions"
parameters = { "path.id" = "RELEASE" }

[[operations]]
include-path = "/api/stories/{id}"
parameters = { "path.id" = "STORY" }
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404, 422]
"""


@pytest.mark.integration
@pytest.mark.skipif(not SCHEMATHESIS.exists(), reason="schemathesis is not installed")
@pytest.mark.parametrize("with_ids", [True, False])
def test_every_response_matches_the_document(tmp_path: Path, *, with_ids: bool) -> None:
    path = tmp_path / "communique.db"
    fill(path)
    store = SqliteStore(path)
    edited = store.select(Selection(state="corrected"), limit=1).found[0].id
    release = store.release(edited)
    assert release is not None
    store.close()
    config = CONFIG if with_ids else CONFIG.partition('[[operations]]\ninclude-path = "')[0]
    (tmp_path / "schemathesis.toml").write_text(
        config.replace("RELEASE", release.id).replace("STORY", str(release.story))
    )
    app = create_app(tmp_path / "site", f"sqlite:{path}", SiteSettings(api_rate=0))
    for web in served_by(app):
        done = checked(web, tmp_path)
    assert done.returncode == 0, done.stdout[-8000:]


WRITES = """
[checks]
# A schema can't express which ids exist, and which changes are possible.
positive_data_acceptance.expected-statuses = ["2xx", 404, 409, 422]
"""


FOUND = {
    "id": "harbour",
    "kind": "list",
    "name": "Harbour",
    "url": "http://harbour.example/",
    "timezone": "UTC",
    "certainty": 1.0,
    "feed": None,
    "doubts": [],
    "notes": [],
    "toml": 'name = "Harbour"',
    "listing": {"items": []},
    "fields": {},
    "releases": [],
    "saved": None,
}
"""Output of `communique add` for a site that is found."""


class NoSites(Inspections):
    """Inspections that send no requests, because random addresses may belong to anyone."""

    async def add(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        page: bool = False,
        save: bool = False,
        force: bool = False,
    ) -> CommandResult:
        """The result for a found site if an id is given, otherwise an error."""
        del url, page, save, force
        if fields["id"]:
            return CommandResult(0, FOUND, ())
        return CommandResult(1, None, ("no site has this address",))


@pytest.mark.integration
@pytest.mark.skipif(not SCHEMATHESIS.exists(), reason="schemathesis is not installed")
def test_every_response_of_a_write_matches_the_document(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    home.plain_store().close()
    home.sources.mkdir(exist_ok=True)
    (home.sources / "harbour.toml").write_text(
        'name = "Harbour"\nurl = "http://127.0.0.1:9/"\ntimezone = "UTC"\n'
    )
    (tmp_path / "schemathesis.toml").write_text(WRITES)
    token = new_token(home.tokens, "fuzz", ("operate",))
    app = create_app(
        home.site,
        home.store_url,
        SiteSettings(api_rate=0),
        access=Access(Permissions(home.tokens)),
        writes=writes_of(home, CommandService(home), NoSites(home)),
    )
    for web in served_by(app):
        options = ("--include-method", "POST", "--header", f"Authorization: Bearer {token}")
        done = checked(web, tmp_path, *options)
    assert done.returncode == 0, done.stdout[-8000:]


def checked(web: httpx.Client, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Check a served API with random requests."""
    return subprocess.run(  # noqa: S603 - our own command
        [
            *(SCHEMATHESIS, "run", f"{web.base_url}/api/openapi.json", "--checks", "all"),
            *("--max-examples", "30", "--no-color", "--warnings", "off", *options),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
