"""Records as they are written: their fields, digests and leaves."""

from __future__ import annotations

import gzip
import hashlib
import io

import pytest
from fastwarc.warc import ArchiveIterator
from hypothesis import given
from hypothesis import strategies as st

from data.archive.warc import records
from data.archive.warc.records import NewRecord, Original
from tests.exchanges import NOON, PAGE, answer, not_modified

URI = "http://harbour.example/news/1"
DIGEST = hashlib.sha256(PAGE).digest()
ORIGINAL = Original("urn:uuid:00000000-0000-4000-8000-000000000001", URI, "2026-01-01", DIGEST)


def fields_of(record: NewRecord) -> dict[str, str]:
    """The named fields of a record, as FastWARC reads them."""
    (found,) = ArchiveIterator(io.BytesIO(record.member))
    return dict(found.headers.to_tuples())


def test_a_response_is_reported_completely() -> None:
    made = records.response(answer(protocol="HTTP/1.1"), URI, DIGEST)
    block = gzip.decompress(made.member).split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n\r\n")
    assert block.endswith(PAGE)
    fields = fields_of(made)
    assert fields.pop("WARC-Record-ID") == f"<{made.record_id}>"
    assert len(fields.pop("Communique-Salt")) == 32
    assert fields == {
        "WARC-Type": "response",
        "WARC-Date": "2026-03-02T12:00:00.123456Z",
        "WARC-Target-URI": URI,
        "WARC-IP-Address": "203.0.113.7",
        "WARC-Protocol": "http/1.1",
        "WARC-Block-Digest": f"sha256:{hashlib.sha256(block).hexdigest()}",
        "WARC-Payload-Digest": f"sha256:{DIGEST.hex()}",
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
    }
    assert (made.media_type, made.status, made.listed) == ("text/html", 200, True)


def test_the_leaf_of_a_record_covers_the_written_bytes() -> None:
    made = records.response(answer(), URI, DIGEST)
    assert made.leaf.record == hashlib.sha256(made.member).digest()
    assert made.leaf.payload == DIGEST
    assert made.leaf.record_id.urn == made.record_id
    assert made.leaf.at == NOON
    salt = bytes.fromhex(fields_of(made)["Communique-Salt"])
    assert made.leaf.uri == hashlib.sha256(salt + URI.encode()).digest()


def test_two_records_of_one_answer_have_nothing_in_common_in_the_log() -> None:
    one, other = (records.response(answer(), URI, DIGEST) for _ in range(2))
    assert one.leaf.uri != other.leaf.uri
    assert one.record_id != other.record_id


def test_a_request_is_tied_to_its_answer() -> None:
    made = records.response(answer(), URI, DIGEST)
    asked = records.request(answer(), made)
    fields = fields_of(asked)
    assert fields["WARC-Concurrent-To"] == f"<{made.record_id}>"
    assert fields["WARC-Date"] == fields_of(made)["WARC-Date"]
    assert "WARC-Payload-Digest" not in fields
    assert asked.leaf.payload == hashlib.sha256(b"").digest()
    assert not asked.listed


@pytest.mark.parametrize(
    ("exchange", "profile"),
    [(answer(), "identical-payload-digest"), (not_modified(), "server-not-modified")],
    ids=["200", "304"],
)
def test_a_revisit_holds_the_head_and_refers_to_the_payload(exchange: object, profile: str) -> None:
    made = records.response(exchange, URI, b"\0" * 32, original=ORIGINAL)  # type: ignore[arg-type]
    fields = fields_of(made)
    assert fields["WARC-Type"] == "revisit"
    assert fields["WARC-Profile"] == f"http://netpreserve.org/warc/1.1/revisit/{profile}"
    assert fields["WARC-Refers-To"] == f"<{ORIGINAL.record_id}>"
    assert fields["WARC-Refers-To-Target-URI"] == URI
    assert fields["WARC-Refers-To-Date"] == "2026-01-01"
    assert fields["WARC-Payload-Digest"] == f"sha256:{DIGEST.hex()}"
    assert PAGE not in gzip.decompress(made.member)
    assert made.leaf.payload == DIGEST
    assert made.media_type == "warc/revisit"


def test_truncated_and_rendered_records_are_marked() -> None:
    cut = fields_of(records.response(answer(truncated="length"), URI, DIGEST))
    assert cut["WARC-Truncated"] == "length"
    rendered = fields_of(records.response(answer(rendered=True), URI, DIGEST))
    assert rendered["Communique-Rendered"] == "browser"
    assert "WARC-Protocol" not in rendered


@given(st.text(), st.text(), st.binary())
def test_any_record_is_read_back(uri: str, kind: str, block: bytes) -> None:
    made = records.metadata(uri, kind or "text/plain", block, NOON)
    found = next(iter(ArchiveIterator(io.BytesIO(made.member), parse_http=False)))
    assert found.reader.read() == block
    assert found.headers.get("WARC-Target-URI", "") == made.uri
    assert set(dict(found.headers.to_tuples())) <= {
        "WARC-Type",
        "WARC-Record-ID",
        "WARC-Date",
        "WARC-Target-URI",
        "WARC-Block-Digest",
        "WARC-Payload-Digest",
        "Communique-Salt",
        "Content-Type",
        "Content-Length",
    }


@pytest.mark.parametrize(
    ("url", "uri", "whole"),
    [
        ("http://harbour.example/a?page=2", "http://harbour.example/a?page=2", True),
        ("http://harbour.example/a#top", "http://harbour.example/a", True),
        ("http://u:p@harbour.example/a", "http://harbour.example/a", False),
        ("http://harbour.example/?token=a1&b=2", "http://harbour.example/?token=***&b=2", False),
        ("http://harbour.example/é ü", "http://harbour.example/%C3%A9%20%C3%BC", True),
        ("http://harbour.example/a\r\nb", "http://harbour.example/ab", True),
        ("urn:communique:file:sources/a.toml", "urn:communique:file:sources/a.toml", True),
    ],
)
def test_an_address_holds_no_secret_and_no_fragment(url: str, uri: str, *, whole: bool) -> None:
    assert records.target_uri(url) == (uri, whole)


def test_an_endless_address_is_cut() -> None:
    uri, whole = records.target_uri("http://harbour.example/" + "a" * 100_000)
    assert (len(uri), whole) == (8000, False)


def test_facts_about_a_file_are_lines_that_no_value_breaks() -> None:
    lines = records.about_writer("", "", "a@b.example\r\nsoftware: another").split(b"\r\n")
    assert b"operator: a@b.example software: another" in lines
    assert not any(line.startswith(b"robots") for line in lines)
