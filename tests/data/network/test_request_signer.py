"""Signatures of requests and of the key directory, verified with a library of another project."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import CommuniqueError
from data.network.request_signer import (
    LIFETIME_SECONDS,
    OVERLAP,
    RequestKey,
    RequestSigner,
    authority_of,
)
from tests.signature_judge import directory_problem, problem

START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
KEY = RequestKey.new(START)
SIGNER = RequestSigner("https://press.example", lambda: (KEY,))
URL = "https://Harbour.example:443/news?page=2"


def test_a_signed_request_is_valid_for_its_host_and_for_no_other() -> None:
    headers = SIGNER.headers(URL)
    directory = SIGNER.directory()
    assert problem(directory, URL, headers) == ""
    assert problem(directory, "https://harbour.example/another", headers) == ""
    for other in ("https://harbour.example:444/", "https://harbours.example/"):
        assert problem(directory, other, headers)


def test_another_agent_key_or_moment_makes_a_signature_invalid() -> None:
    headers, directory = SIGNER.headers(URL), SIGNER.directory()
    assert problem(directory, URL, headers | {"Signature-Agent": '"https://rogue.example"'})
    another = RequestSigner("https://press.example", lambda: (RequestKey.new(START),))
    assert problem(directory, URL, another.headers(URL))
    now = SIGNER.now()
    for seconds in (-LIFETIME_SECONDS - 10, 60):
        early = RequestSigner("https://press.example", lambda: (KEY,), lambda: now + seconds)  # noqa: B023
        assert problem(directory, URL, early.headers(URL))


@given(st.from_regex(r"https?://[a-z0-9-]{1,20}\.example(:[1-9][0-9]{0,3})?/", fullmatch=True))
def test_a_request_for_any_host_is_signed(url: str) -> None:
    assert problem(SIGNER.directory(), url, SIGNER.headers(url)) == ""


def test_the_authority_is_written_as_in_the_host_header() -> None:
    assert authority_of("http://user:pass@Bücher.example:8080/") == "xn--bcher-kva.example:8080"
    assert authority_of("http://[2001:DB8::1]:80/x") == "[2001:db8::1]"


def test_the_directory_is_signed_for_our_own_host() -> None:
    signer = RequestSigner("https://press.example", lambda: (KEY, RequestKey.new(START + OVERLAP)))
    signer.now = START.timestamp
    document = signer.directory()
    assert len(json.loads(document)["keys"]) == 2
    signer.now = SIGNER.now
    headers = SIGNER.directory_headers()
    assert directory_problem(SIGNER.directory(), "https://press.example/x", headers) == ""
    assert directory_problem(SIGNER.directory(), "https://rogue.example/x", headers)


def test_a_new_key_is_published_before_it_signs_and_an_old_key_after_it_signed() -> None:
    new = RequestKey.new(START + OVERLAP)
    signer = RequestSigner("https://press.example", lambda: (KEY, new))
    known = []
    for hours in (0, 23, 25, 47, 49):
        at = START + dt.timedelta(hours=hours)
        signer.now = at.timestamp
        published = {one["kid"] for one in json.loads(signer.directory())["keys"]}
        signing = new.id if new.id in signer.headers(URL)["Signature-Input"] else KEY.id
        assert signing in published
        known.append((signing == new.id, len(published)))
    assert known == [(False, 2), (False, 2), (True, 2), (True, 2), (True, 1)]


def test_requests_are_signed_with_the_known_key_if_it_cannot_be_read_again() -> None:
    answers = iter([(KEY,)])

    def load() -> tuple[RequestKey, ...]:
        found = next(answers, None)
        if found is None:
            raise CommuniqueError("gone")
        return found

    signer = RequestSigner("https://press.example", load)
    signer.headers(URL)
    later = signer.now() + 3600
    signer.now = lambda: later
    assert KEY.id in signer.headers(URL)["Signature-Input"]
    with pytest.raises(CommuniqueError):
        RequestSigner("https://press.example", load).headers(URL)


def test_a_request_does_not_wait_while_the_keys_are_loaded_again() -> None:
    new = RequestKey.new(START)
    may_load, loaded = threading.Event(), threading.Event()

    def load() -> Sequence[RequestKey]:
        if threading.current_thread() is threading.main_thread():
            return (KEY,)
        assert may_load.wait(60)
        loaded.set()
        return (KEY, new)

    signer = RequestSigner("https://press.example", load)
    signer.headers(URL)
    later = signer.now() + 3600
    signer.now = lambda: later
    assert KEY.id in signer.headers(URL)["Signature-Input"]
    may_load.set()
    assert loaded.wait(60)
    reload = signer._reload  # noqa: SLF001 - the test waits for its end
    assert reload is not None
    reload.join(60)
    assert new.id in signer.headers(URL)["Signature-Input"]


JUDGE = """
import { verify } from "web-bot-auth";
import { verifierFromJWK } from "web-bot-auth/crypto";
const { url, headers, jwk } = JSON.parse(process.argv[2]);
await verify(new Request(url, { headers }), await verifierFromJWK(jwk));
console.log("valid");
"""


@pytest.mark.integration
def test_the_reference_implementation_accepts_a_request(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        pytest.skip("npm is not installed")
    packages = ["web-bot-auth@0.1.3"]
    install = [npm, "install", "--silent", "--prefix", str(tmp_path), *packages]
    subprocess.run(install, check=True, timeout=120)  # noqa: S603 - npm of the system
    (tmp_path / "judge.mjs").write_text(JUDGE)
    jwk = json.loads(SIGNER.directory())["keys"][0]
    for url, valid in ((URL, True), ("https://other.example/", False)):
        asked = json.dumps({"url": url, "headers": SIGNER.headers(URL), "jwk": jwk})
        done = subprocess.run(  # noqa: S603 - our own script
            [node, str(tmp_path / "judge.mjs"), asked], capture_output=True, timeout=60, check=False
        )
        assert (done.stdout == b"valid\n") is valid, done.stderr
