"""The compose files, by the schema of the Compose Specification."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.home.home import open_home

yaml: Any = pytest.importorskip("yaml")
FILES = sorted((Path(__file__).parents[2] / "deploy" / "container").glob("compose*.yaml"))


@pytest.mark.integration
@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_compose_file_is_valid(file: Path) -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    if not checker.exists():
        pytest.skip("check-jsonschema is not installed")
    done = subprocess.run(  # noqa: S603 - a tool of the tests
        [checker, "--builtin-schema", "vendor.compose-spec", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def services() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The services of our image in each compose file: names, definitions, and the whole file."""
    for file in FILES:
        read = yaml.safe_load(file.read_text("utf-8"))
        for name, service in read["services"].items():
            if service["image"] == "localhost/communique":
                yield f"{file.name}:{name}", service, read


@pytest.mark.parametrize(("name", "service", "file"), [*services()])
def test_each_service_has_a_health_check(
    name: str, service: dict[str, Any], file: dict[str, Any]
) -> None:
    assert service["healthcheck"]["test"][0].startswith("CMD"), name
    assert file["services"]


def test_the_health_check_of_a_worker_ignores_other_workers_on_its_volume(tmp_path: Path) -> None:
    (check,) = (
        service["healthcheck"]["test"][1]
        for name, service, _ in services()
        if name.endswith(":worker")
    )
    command = check.replace("$$", "$").replace("/var/lib/communique", str(tmp_path))

    def is_healthy() -> bool:
        return subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 0  # noqa: S603 - our own file

    for other in ("worker.alive", "worker-other.alive"):
        (tmp_path / other).touch()
    assert not is_healthy()
    open_home(tmp_path).alive.touch()
    assert is_healthy()


@pytest.mark.parametrize(("name", "service", "file"), [*services()])
def test_a_home_outlives_its_container(
    name: str, service: dict[str, Any], file: dict[str, Any]
) -> None:
    if service["command" if "command" in service else "image"] == ["communique", "serve"]:
        pytest.skip("it keeps nothing")
    (volume,) = service["volumes"]
    source, _, place = volume.partition(":")
    assert place == "/var/lib/communique"
    assert source in file["volumes"], name
