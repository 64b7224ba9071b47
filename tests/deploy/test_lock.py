"""What the image installs: what pyproject.toml asks for, and nothing by its name alone."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CONTAINER = ROOT / "deploy" / "container"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = ("apprise", "postgres", "s3")
"""Extras that are in the image."""

RENEW = "deploy/container/lock renews it"
LOCKED = re.compile(r"^([\w.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


def locked(name: str) -> dict[str, str]:
    """The versions of a file of locked ones, of which each has a hash."""
    text = re.sub(r"^#.*\n", "", (CONTAINER / name).read_text("utf-8"), flags=re.MULTILINE)
    assert LOCKED.sub("", text).strip() == "", "a line has no version or no hash"
    return {canonicalize_name(found[1]): found[2] for found in LOCKED.finditer(text)}


def asked(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for on the image's system."""
    lines = [*PROJECT["project"]["dependencies"]]
    for extra in extras:
        lines += PROJECT["project"]["optional-dependencies"][extra]
    requirements = map(Requirement, lines)
    image = {"sys_platform": "linux", "python_version": "3.13"}
    return [one for one in requirements if one.marker is None or one.marker.evaluate(image)]


@pytest.mark.parametrize("one", asked(*EXTRAS), ids=lambda one: one.name)
def test_the_image_contains_everything_that_the_project_needs(one: Requirement) -> None:
    version = locked("requirements.txt").get(canonicalize_name(one.name))
    assert version, f"{one.name} is not locked; {RENEW}"
    assert version in one.specifier, f"{one.name} {version} is not {one.specifier}; {RENEW}"


@pytest.mark.parametrize("line", PROJECT["build-system"]["requires"])
def test_the_wheel_is_built_by_locked_versions(line: str) -> None:
    one = Requirement(line)
    assert locked("build-requirements.txt")[canonicalize_name(one.name)] in one.specifier


def test_the_bill_of_materials_names_exactly_the_locked_packages() -> None:
    text = (CONTAINER / "sbom.cdx.json").read_text("utf-8")
    assert "externalReferences" not in text
    bill = json.loads(text)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == PROJECT["project"]["name"]
    listed = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}
    assert listed == locked("requirements.txt"), RENEW


@pytest.mark.integration
def test_the_bill_of_materials_is_valid() -> None:
    schema = pytest.importorskip("cyclonedx.schema", reason="cyclonedx-bom is not installed")
    validation = pytest.importorskip("cyclonedx.validation.json")
    validator = validation.JsonStrictValidator(schema.SchemaVersion.V1_6)
    assert validator.validate_str((CONTAINER / "sbom.cdx.json").read_text("utf-8")) is None


def test_both_stages_of_the_image_begin_with_one_version_of_the_base() -> None:
    bases = re.findall(
        r"^FROM (\S+)", (CONTAINER / "Containerfile").read_text("utf-8"), re.MULTILINE
    )
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"\S+:3\.13\.\d+-slim-trixie", bases[0])
