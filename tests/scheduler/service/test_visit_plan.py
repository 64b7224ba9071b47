"""What the service does with source files that changed."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

from data.clock import utc_now
from scheduler.home.home import open_home
from scheduler.service.visit_plan import VisitPlan
from spiders.sources.source_file import load_source

SOURCE = 'name = "{}"\nurl = "http://{}.example/news/"\ntimezone = "Europe/London"\n'


def test_an_edited_name_is_stored_without_a_visit_unless_the_source_is_removed(
    tmp_path: Path,
) -> None:
    (tmp_path / "sources").mkdir()
    home = open_home(tmp_path)
    for name in ("harbour", "wire", "new"):
        (home.sources / f"{name}.toml").write_text(SOURCE.format(name.title(), name))
    with closing(home.store()) as store:
        for name in ("harbour", "wire"):
            store.register(load_source(home.sources, name).source)
        store.remove_source("wire", at=utc_now(), kept=True)
    for name in ("harbour", "wire"):
        (home.sources / f"{name}.toml").write_text(SOURCE.format("Edited", name))
    VisitPlan(home, random.Random(1)).load({})
    with closing(home.store()) as store:
        names = {name: source.name for name, source in store.sources().items()}
        assert names == {"harbour": "Edited", "wire": "Wire"}
        assert [*store.removed_sources()] == ["wire"]
