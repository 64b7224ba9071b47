"""Programs of others take our log for one: its tiles, notes, proofs, witnesses and time stamps."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from data.archive.log.attestations import Attestations, signed_by_log
from data.archive.log.cosigning import ask_witness, asked_witness, stamp
from data.archive.log.tree_log import TreeLog, log_of, prove
from data.archive.log.witness import Witness
from data.clock import utc_now
from data.errors import ArchiveError
from data.network.client import Outbound
from feeds.publishing.log_files import publish_log
from tests.command import COMMUNIQUE
from tests.data.archive.log.leaves import grown, leaves_of
from tests.http_handlers import answered_by
from tests.ports import free_port
from tests.systems.installed import from_pypi, newer_python
from tests.systems.processes import Absent, answers, needed, running

pytestmark = pytest.mark.integration

CLIENT = Outbound(allow_private=True)


@pytest.fixture(scope="module")
def judges() -> Path:
    """The folder of the programs aics-tlog and aics-witness."""
    try:
        return from_pypi("tlog", "aics-tlog", "aics-witness", python=newer_python(12))
    except Absent as error:
        pytest.skip(str(error))


@pytest.fixture
def log(tmp_path: Path) -> TreeLog:
    return grown(log_of(tmp_path / "home"), "a", 800)


def said(command: Sequence[str | Path]) -> str:
    """What a program says that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)  # noqa: S603 - programs that we name
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def judged(judges: Path, command: str, log: TreeLog, *arguments: str | Path) -> Any:
    """What aics-tlog finds of a log."""
    key = str(log.key().verifier)
    return json.loads(said([judges / "aics-tlog", command, "--log-key", key, *arguments]))


def test_aics_tlog_verifies_tiles_entries_and_growth(
    judges: Path, log: TreeLog, tmp_path: Path
) -> None:
    folder = log.folder
    found = judged(judges, "verify-checkpoint", log, "--tiles", folder)
    assert (found["size"], found["tiles_ok"]) == (800, True)
    earlier = tmp_path / "earlier"
    earlier.write_bytes((folder / "checkpoint").read_bytes())
    grown(log, "b", 70_000)
    entry = tmp_path / "entry"
    for index in (0, 255, 256, 799, 65_536, 70_799):
        reading = ("--tiles", folder, "--index", str(index), "--entry-out", entry)
        judged(judges, "verify-inclusion", log, *reading)
        assert entry.read_bytes() == log.tree(70_800).entry(index)
    both = ("--tiles", folder, "--old-checkpoint", earlier)
    assert judged(judges, "verify-consistency", log, *both)["new_size"] == 70_800


def test_aics_tlog_verifies_a_proof_and_its_cosignature_without_the_log(
    judges: Path, log: TreeLog, tmp_path: Path
) -> None:
    witness = Witness(tmp_path / "witness", tmp_path / "witness.key")
    witness.cosign(log.read, "log", utc_now())
    ask_witness(log, asked_witness(str(tmp_path), Path.cwd()), CLIENT)
    grown(log, "b", 10)
    head, _, note = prove(log, 300).encode().decode().partition("\n\n")
    files = {
        "note": note.encode(),
        "hashes": "\n".join(head.split("\n")[2:]).encode(),
        "leaf": leaves_of("a", 800)[300].encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    of_witness = ("--witness-key", str(witness.key().verifier), "--quorum", "1")
    found = judged(judges, "verify-checkpoint", log, "--note", tmp_path / "note", *of_witness)
    assert found["witnesses"] == [witness.key().name]
    root = ("--size", str(found["size"]), "--root", found["root"])
    of_leaf = ("--leaf", tmp_path / "leaf", "--index", "300", "--proof", tmp_path / "hashes")
    plain = [judges / "aics-tlog", "verify-inclusion", *of_leaf, *root]
    assert json.loads(said(plain))["ok"]


def test_aics_tlog_reads_the_log_from_our_own_server(
    judges: Path, log: TreeLog, tmp_path: Path
) -> None:
    publish_log(log, tmp_path / "home/site")
    port = str(free_port())
    serve = [*COMMUNIQUE, "serve", "--home", str(tmp_path / "home"), "--port", port]
    address = f"http://127.0.0.1:{port}/log/"
    with running(serve, lambda: answers(address), log=tmp_path / "said"):
        found = judged(judges, "verify-checkpoint", log, "--tiles", address)
        assert found["tiles_ok"]
        reading = ("--tiles", address, "--index", "700", "--entry-out", tmp_path / "entry")
        assert judged(judges, "verify-inclusion", log, *reading)["ok"]


def test_aics_tlog_verifies_checkpoints_after_a_rotation(judges: Path, log: TreeLog) -> None:
    log.rotate_key()
    assert judged(judges, "verify-checkpoint", log, "--tiles", log.folder)["ok"]


def test_aics_witness_signs_our_log_as_it_grows_and_refuses_a_fork(
    judges: Path, log: TreeLog, tmp_path: Path
) -> None:
    port = free_port()
    program = judges / "aics-witness"
    config = ("--config", tmp_path / "witness.json")
    key = said([program, "init", *config, "--name", "wit.example/w1"]).split()[0]
    known = ("--origin", log.key().name, "--vkey", str(log.key().verifier))
    said([program, "add-log", *config, *known])
    address = f"http://127.0.0.1:{port}"
    serve = [str(program), "serve", *map(str, config), "--listen", f"127.0.0.1:{port}"]
    copy = tmp_path / "copy"
    said(["cp", "-r", tmp_path / "home", copy])
    with running(serve, lambda: answers(f"{address}/healthz"), log=tmp_path / "said"):
        asked = asked_witness(f"{key} {address}", Path.cwd())
        for count, size in ((0, 800), (200, 1000), (0, 1000)):
            signed = ask_witness(grown(log, "b", count), asked, CLIENT)
            assert signed
            assert signed.size == size
            present = log.checkpoint()
            assert present
            assert asked.key
            assert present.note.signed_by(asked.key)
        with pytest.raises(ArchiveError, match="the witness did not sign: 422"):
            ask_witness(grown(log_of(copy), "other", 500), asked, CLIENT)


AUTHORITY = """
[tsa]
default_tsa = own
[own]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
[stamping]
extendedKeyUsage = critical,timeStamping
"""


@contextmanager
def authority(folder: Path) -> Iterator[str]:
    """The address of a time-stamp authority: openssl behind HTTP; its root is root.pem."""
    try:
        needed("openssl")
    except Absent as error:
        pytest.skip(str(error))
    (folder / "tsa.cnf").write_text(AUTHORITY)
    (folder / "serial").write_text("01\n")

    def openssl(*arguments: str) -> None:
        command = ["openssl", *arguments]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S603 - a program that we name

    new = ("req", "-newkey", "rsa:2048", "-nodes", "-sha256")
    openssl(*new, "-x509", "-subj", "/CN=Root", "-keyout", "root.key", "-out", "root.pem")
    openssl(*new, "-subj", "/CN=Stamps", "-keyout", "tsa.key", "-out", "tsa.csr")
    of_root = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial")
    extended = ("-extfile", "tsa.cnf", "-extensions", "stamping")
    openssl("x509", "-req", "-in", "tsa.csr", *of_root, *extended, "-out", "tsa.pem")

    class Stamping(BaseHTTPRequestHandler):
        """Answers queries as RFC 3161, section 3.4, says."""

        def do_POST(self) -> None:
            """Stamp."""
            assert self.headers["content-type"] == "application/timestamp-query"
            query = self.rfile.read(int(self.headers["content-length"]))
            (folder / "query").write_bytes(query)
            signer = ("-signer", "tsa.pem", "-inkey", "tsa.key")
            asked = ("-config", "tsa.cnf", "-queryfile", "query", "-out", "answer")
            openssl("ts", "-reply", *asked, *signer)
            answer = (folder / "answer").read_bytes()
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with answered_by(Stamping) as url:
        yield f"{url}/"


def test_openssl_verifies_the_time_stamp_of_a_checkpoint(log: TreeLog, tmp_path: Path) -> None:
    with authority(tmp_path) as address:
        stamped = stamp(log, address, CLIENT)
        # What is dated is not dated again.
        assert stamp(log, address, CLIENT) is None
    assert stamped
    answer = Attestations(log.folder).timestamp(800)
    assert answer
    (tmp_path / "checkpoint").write_bytes(signed_by_log(stamped))
    (tmp_path / "timestamp.tsr").write_bytes(answer)
    trusted = ("-CAfile", tmp_path / "root.pem")
    verify = ("openssl", "ts", "-verify", "-in", tmp_path / "timestamp.tsr", *trusted)
    said([*verify, "-data", tmp_path / "checkpoint"])
    # It is the file that lies beside it in the log, whatever witnesses sign later.
    said([*verify, "-data", log.folder / "checkpoints/800/checkpoint"])
    (tmp_path / "checkpoint").write_bytes(signed_by_log(stamped) + b"changed")
    with pytest.raises(AssertionError, match="FAILED"):
        said([*verify, "-data", tmp_path / "checkpoint"])
