"""Signed notes, by the examples of their specification and by what others may send."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.log.notes import (
    COSIGNER,
    InvalidNote,
    SignedNote,
    SigningKey,
    VerifierKey,
    parse_checkpoint,
    parse_key,
    parse_note,
    sign_checkpoint,
)

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7"
    "Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
KEY = SigningKey("acme.example/log", b"s" * 32)
WITNESS = SigningKey("witness.example", b"w" * 32, COSIGNER)
AT = dt.datetime(2023, 3, 20, 12, 25, 47, tzinfo=dt.UTC)


def test_the_example_of_the_specification_is_verified() -> None:
    """The example at the end of https://c2sp.org/signed-note."""
    key = parse_key(EXAMPLE_KEY)
    assert str(key) == EXAMPLE_KEY
    note = parse_note(EXAMPLE.encode())
    assert note.text == "This is an example message.\n"
    assert note.signed_by(key) == note.signatures[0]
    assert note.encode() == EXAMPLE.encode()


def test_a_changed_text_is_not_signed() -> None:
    changed = EXAMPLE.replace("an example", "another").encode()
    with pytest.raises(InvalidNote, match="signature by this key does not match"):
        parse_note(changed).signed_by(parse_key(EXAMPLE_KEY))


def test_a_signature_of_an_unknown_key_counts_for_nothing() -> None:
    note = parse_note(EXAMPLE.encode())
    assert note.signed_by(VerifierKey("example.com/foo", b"k" * 32)) is None
    assert note.signed_by(VerifierKey("example.com/bar", parse_key(EXAMPLE_KEY).public)) is None


def test_a_checkpoint_and_a_cosignature_follow_their_specifications() -> None:
    checkpoint = sign_checkpoint(KEY, 20852163, b"r" * 32)
    root = base64.b64encode(b"r" * 32).decode()
    assert checkpoint.note.text == f"acme.example/log\n20852163\n{root}\n"
    signature = WITNESS.sign(checkpoint.note.text, AT)
    assert int.from_bytes(signature.value[:8]) == 1679315147
    assert len(signature.value) == 72
    assert signature.time == AT
    both = checkpoint.note.with_signatures([signature])
    assert parse_checkpoint(both.encode()).note == both
    assert both.signed_by(KEY.verifier)
    assert both.signed_by(WITNESS.verifier) == signature


def test_the_time_of_a_cosignature_cannot_be_changed() -> None:
    text = sign_checkpoint(KEY, 1, b"r" * 32).note.text
    value = WITNESS.sign(text, AT).value
    moved = (int.from_bytes(value[:8]) + 1).to_bytes(8) + value[8:]
    assert WITNESS.verifier.verifies(text, value)
    assert not WITNESS.verifier.verifies(text, moved)


def test_a_newer_signature_of_a_key_takes_the_place_of_its_older_one() -> None:
    text = "text\n"
    first, second = WITNESS.sign(text, AT), WITNESS.sign(text, AT + dt.timedelta(days=1))
    assert SignedNote(text, (first,)).with_signatures([second]).signatures == (second,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\n\n\xe2\x80\x94 a AAAA\n",
        b"text\n\n- a AAAA\n",
        b"text\n\n\xe2\x80\x94 a b AAAA\n",
        b"text\n\n\xe2\x80\x94 a+b AAAA\n",
        b"text\n\n\xe2\x80\x94 a no base64\n",
        b"text\n\n\xe2\x80\x94 a AAAA",
        b"te\x00xt\n\n\xe2\x80\x94 a AAAA\n",
        b"te\rxt\n\n\xe2\x80\x94 a AAAA\n",
        b"\xff\n\n\xe2\x80\x94 a AAAA\n",
        b"x" * 1_000_001,
    ],
)
def test_what_is_not_a_signed_note_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidNote):
        parse_note(data)


@pytest.mark.parametrize("size", ["", "-1", "01", "1_0", "١", " 1", "1" * 20])
def test_what_is_not_a_size_of_a_tree_is_refused(size: str) -> None:
    root = base64.b64encode(b"r" * 32).decode()
    note = SignedNote(text := f"origin\n{size}\n{root}\n", (KEY.sign(text),))
    with pytest.raises(InvalidNote):
        parse_checkpoint(note.encode())


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8")))
def test_any_bytes_are_read_as_a_note_or_refused(data: bytes) -> None:
    signed = sign_checkpoint(KEY, 20852163, b"r" * 32).encode()
    place = len(data) * 7 % len(signed)
    for content in (data, signed + data, signed[:place] + data + signed[place:]):
        for read in (parse_note, parse_checkpoint):
            try:
                note = read(content)
            except InvalidNote:
                continue
            # What is read is all that it says: written anew it reads as the same.
            assert read(note.encode()) == note


@pytest.mark.parametrize(
    "text", ["", "name", "name+00000000+AAAA", EXAMPLE_KEY.replace("530d", "530e"), "a+b+é"]
)
def test_what_is_not_a_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidNote):
        parse_key(text)
