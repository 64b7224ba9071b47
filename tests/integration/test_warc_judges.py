"""Tools of other projects check the files of the archive, and index them as we do."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.archive import Archive
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import surt
from data.archive.warc.reader import read_file
from data.archive.warc.warc_file import cdxj_path, own_files
from data.settings import ArchiveSettings as Settings
from tests.examples import examples
from tests.exchanges import NOON, PAGE, answer, not_modified
from tests.systems.installed import from_pypi
from tests.systems.processes import Absent

pytestmark = pytest.mark.integration


def program(name: str) -> Path:
    """One of the programs; where they can't be installed, the test skips."""
    try:
        return from_pypi("warc", "warcio", "fastwarc>=2", "cdxj-indexer", "setuptools<81") / name
    except Absent as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files with records of every kind, and of what servers do badly."""
    archive = Archive(tmp_path_factory.mktemp("home") / "archive", Settings(), agent="Communique")
    url = "http://www.Harbour.example/News/?b=2&a=1"
    page = archive.exchange(answer(url))
    shown = archive.record(page.file, page.offset)
    for form, media_type in (("screenshot", "image/webp"), ("pdf", "application/pdf")):
        archive.rendition(shown, form, media_type, form.encode(), at=NOON)
    archive.exchange(answer("http://harbour.example/copy"))
    archive.exchange(not_modified(url))
    archive.exchange(not_modified("http://harbour.example/unknown"))
    archive.exchange(answer("http://harbour.example/rendered", body=b"<p>", rendered=True))
    archive.exchange(answer("http://harbour.example/cut", body=PAGE[:20], truncated="length"))
    posted = "__EVENTARGUMENT=Page%242&q=%C3%A9+1"
    kind = (b"Content-Type", b"application/x-www-form-urlencoded")
    length = (b"Content-Length", str(len(posted)).encode())
    archive.exchange(
        answer(url, body=b"2", method="POST", posted=posted, request_headers=(kind, length))
    )
    archive.exchange(answer("http://harbour.example/gone", status=404, body=b""))
    archive.exchange(
        answer(
            "http://harbour.example/é?token=secret",
            status=301,
            reason="Moved\r\nSet-Cookie: a=b",
            headers=(
                (b"Location", b"/a\r\n\r\n<p>"),
                (b"Content-Type", b"text/html;charset=\xe9"),
                (b"X-Control", bytes(range(32))),
                (b"Transfer-Encoding", b"chunked"),
                (b"Content-Encoding", b"gzip"),
                (b"Set-Cookie", b"a" * 200_000),
            ),
            body=b"no gzip, not in chunks",
        )
    )
    archive.metadata("urn:communique:journal", "application/json", b"{}", at=NOON)
    archive.metadata("urn:communique:a", "application/warc-fields", b"a: b\r\n", at=NOON)
    archive.resource("urn:communique:file:a.toml", "application/toml", b"a = 1\n", at=NOON)
    archive.close()
    # To the next process the file is full.
    archive = Archive(archive.folder, Settings(max_file=1), agent="Communique")
    archive.exchange(answer("http://harbour.example/next", body=b"next"))
    archive.close()
    found = own_files(archive.folder)
    assert {one.suffix for one in found} == {".gz", ".open"}
    return found


def run(*command: str | Path) -> str:
    """What a program says that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)  # noqa: S603 - programs that we name
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_warcio_finds_every_digest_right(files: list[Path]) -> None:
    for path in files:
        said = run(program("warcio"), "check", "-v", path)
        count = sum(isinstance(one, ArchiveRecord) for one in read_file(path))
        assert said.count("WARC-Record-ID") == count
        assert said.count("digest pass") + said.count("(revisit)") == count


def test_fastwarc_finds_every_digest_right(files: list[Path], tmp_path: Path) -> None:
    for path in files:
        run(program("fastwarc"), "check", "-d", "gzip", "-q", "-o", tmp_path / "told", path)
        told = (tmp_path / "told").read_text().splitlines()
        records = [one for one in read_file(path) if isinstance(one, ArchiveRecord)]
        assert told == [f"<{one.record_id}>: OK" for one in records]


def test_gzip_finds_every_file_whole(files: list[Path]) -> None:
    for path in files:
        unpacked = run("sh", "-c", 'gzip -t < "$0" && gzip -dc < "$0" | wc -c', path)
        assert int(unpacked) == len(gzip.decompress(path.read_bytes())) > path.stat().st_size


def test_cdxj_indexer_writes_the_same_index(files: list[Path]) -> None:
    for path in files:
        named = path.rename(path.with_name(path.name.removesuffix(".open")))
        theirs = run(program("cdxj-indexer"), "-s", "-p", named).splitlines()
        named.rename(path)
        ours = sorted(map(without_leaf, cdxj_path(path).read_text().splitlines()))
        assert ours == theirs
        assert len(ours) > (path.suffix == ".gz") * 9


def without_leaf(line: str) -> str:
    """A line of CDXJ without the field that is our own."""
    key, at, told = line.split(" ", 2)
    fields = json.loads(told)
    fields.pop("leaf")
    if "requestBody" in fields:
        # Theirs is not percent-encoded.
        fields["requestBody"] = unquote(fields["requestBody"])
    return f"{key} {at} {json.dumps(fields)}"


KEYS = """
import sys, json
from surt import surt
for line in sys.stdin:
    try:
        print(json.dumps(surt(json.loads(line))))
    except Exception:
        print("null")
"""

paths = st.text(
    st.sampled_from("abWw./?&=%2Ee5:;~+é[]-_ ü") | st.characters(exclude_categories=["Cs"])
)
hosts = st.sampled_from(
    [
        "harbour.example",
        "WWW3.Harbour.example:80",
        "www.harbour.example",
        "www.example",
        "www2.12",
        "10.1",
        "bücher.example.",
        "u:p@harbour.example:8080",
        "[::1]:8080",
        "u@[2001:DB8::1]",
    ]
)
ends = st.sampled_from("/?#")


@examples(20)
@given(st.lists(st.builds("http://{}{}{}".format, hosts, ends, paths), min_size=50))
def test_keys_are_those_of_the_package_surt(uris: list[str]) -> None:
    lines = "".join(f"{json.dumps(uri)}\n" for uri in uris)
    done = subprocess.run(  # noqa: S603 - a program that we name
        [program("python"), "-c", KEYS], input=lines, capture_output=True, text=True, check=True
    )
    for uri, line in zip(uris, done.stdout.splitlines(), strict=True):
        if (theirs := json.loads(line)) is not None:
            assert surt(uri) == theirs
