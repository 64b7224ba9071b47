"""Programs of others check what `communique prove` writes: openssl, aics-tlog, sha256sum, gzip."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.log.cosigning import ask_witness, asked_witness, stamp
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.archive.proof.proof_folder import ProofFolder, ProvenCapture, Subject
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import read_file
from data.clock import utc_now
from data.network.client import Outbound
from data.settings import ArchiveSettings as Settings
from tests.exchanges import answer, not_modified
from tests.integration.test_log_judges import authority
from tests.systems.installed import from_pypi, newer_python
from tests.systems.processes import Absent

pytestmark = pytest.mark.integration

CLIENT = Outbound(allow_private=True)


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A proof of a page and of a 304, co-signed by a witness and later dated by an authority."""
    home = tmp_path_factory.mktemp("home")
    with closing(Archive(home / "archive", Settings())) as archive:
        captures = [archive.exchange(answer()), archive.exchange(not_modified())]
        archive.seal()
        witness = Witness(home / "witness", home / "witness.key")
        witness.cosign(archive.log.read, "log", utc_now())
        ask_witness(archive.log, asked_witness(str(home), Path.cwd()), CLIENT)
        archive.exchange(answer("http://harbour.example/2"))
        archive.seal()
    to = home / "proof"
    to.mkdir()
    with closing(log_of(home)) as log, authority(home) as address:
        assert stamp(log, address, CLIENT)
        shown = [ProvenCapture(f"version {n}", one) for n, one in enumerate(captures, 1)]
        subject = Subject("Title", "http://x.example/", {}, shown)
        written = ProofFolder(home / "archive", log, to).write(subject)
    assert written.dated
    assert len(written.witnesses) == 1
    return to


def said(command: Sequence[str | Path], where: Path) -> str:
    """What a program says that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=where)  # noqa: S603 - programs that we name
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_openssl_verifies_the_line_that_verify_py_prints(proof: Path) -> None:
    printed = said([sys.executable, "-I", "verify.py"], proof)
    (line,) = [one for one in printed.splitlines() if one.startswith("openssl ts -verify")]
    root = proof.parent / "root.pem"
    checked = said(line.replace("AUTHORITY.pem", str(root)).split(), proof)
    assert "Verification: OK" in checked
    assert line in " ".join((proof / "README.txt").read_text().split())


def test_sha256sum_and_gzip_find_it_whole(proof: Path) -> None:
    assert ": FAILED" not in said(["sha256sum", "-c", "--strict", "SHA256SUMS"], proof)
    records = sorted((proof / "records").iterdir())
    said(["gzip", "-t", *records], proof)
    joined = proof.parent / "all.warc.gz"
    joined.write_bytes(b"".join(one.read_bytes() for one in records))
    found = list(read_file(joined))
    assert len(found) == len(records) == 4
    assert all(isinstance(one, ArchiveRecord) for one in found)
    assert gzip.decompress(joined.read_bytes()).count(b"WARC/1.1\r\n") == 4


def test_aics_tlog_verifies_each_leaf_and_both_checkpoints(proof: Path, tmp_path: Path) -> None:
    try:
        judges = from_pypi("tlog", "aics-tlog", "aics-witness", python=newer_python(12))
    except Absent as error:
        pytest.skip(str(error))
    key = (proof / "keys/0").read_text().strip()
    (witness,) = (proof / "witnesses").read_text().splitlines()
    sizes = set()
    for path in sorted(proof.rglob("*.tlog-proof")):
        head, _, note = path.read_text().partition("\n\n")
        (record,) = read_file(proof / "records" / f"{path.name.partition('.')[0]}.warc.gz")
        assert isinstance(record, ArchiveRecord)
        leaf = record.leaf()
        assert leaf
        for name, content in (
            ("note", note.encode()),
            ("hashes", "\n".join(head.split("\n")[2:]).encode()),
            ("leaf", leaf.encode()),
        ):
            (tmp_path / name).write_bytes(content)
        program = judges / "aics-tlog"
        command: list[str | Path] = [
            program,
            "verify-checkpoint",
            "--log-key",
            key,
            "--note",
            tmp_path / "note",
        ]
        if witness.partition("+")[0] in note:
            command += ["--witness-key", witness, "--quorum", "1"]
        found = json.loads(said(command, tmp_path))
        sizes.add(found["size"])
        of_root = ("--size", str(found["size"]), "--root", found["root"])
        index = head.split("\n")[1].removeprefix("index ")
        of_leaf = ("--leaf", "leaf", "--index", index, "--proof", "hashes")
        checked = said([program, "verify-inclusion", *of_leaf, *of_root], tmp_path)
        assert json.loads(checked)["ok"]
    assert len(sizes) == 2


def test_an_older_or_newer_python_checks_it_alone(proof: Path) -> None:
    """Whatever Python 3 the system has besides ours: nothing of ours is on its path."""
    for python in ("/usr/bin/python3", "/usr/bin/python3.13"):
        if Path(python).exists():
            assert " is leaf " in said([python, "-I", "-S", "verify.py"], proof)
